"""From a source and dates to aligned, checked cubes: the whole path, read from top to bottom."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import xarray as xr
from odc.geo.geobox import GeoBox
from shapely.geometry.base import BaseGeometry

from analysis.errors import CheckFailed, UserError
from analysis.scenes import (
    absent,
    calibration,
    choose,
    omnicloud,
    parse,
    planet,
    search,
    source,
    stages,
    windows,
)
from analysis.scenes.choose import LeftOut, Pass
from analysis.scenes.cube import Sheet
from analysis.scenes.planes import Kept
from analysis.scenes.redact import clean, guard_logs, strip
from analysis.scenes.scene import Refused, Scene
from analysis.scenes.source import Source
from analysis.site import Site

CLEAR = 0.3
"""Share of the area, of what the scene shows of it, that must be in plain sight. Less carries
few buildings and is mostly cloud rim (``choice:scenes.clear-share``)."""

TRUST = ("", "metadata", "pixels")
"""What is believed where catalogue and pixels disagree on the offset: nobody, one, the other."""


@dataclass(frozen=True)
class Request:
    """What a run asks for; all plain values, so that it can stand in a manifest."""

    source: str = "bundled"
    site: str = ""
    start: str = ""
    end: str = ""
    before: str = ""
    after: str = ""
    observed: bool = False
    """The user declares that the scenes were observed, not simulated."""
    months: tuple[int, ...] = ()
    orbits: tuple[int, ...] = ()
    trust: str = ""
    """One of `TRUST`."""
    cloudmask: bool = False
    """Clouds by OmniCloudMask, an optional extra, instead of the scenes' own masks."""
    clear: float = CLEAR
    """Smallest clear share of the area."""
    yes: bool = False
    """An order that spends quota needs no further question."""
    align: bool = True
    """Bring all scenes to one frame; else the shifts are only told."""
    harmonise: bool = True
    """Apply the relative normalisation."""


@dataclass
class Prepared:
    """Aligned, checked scenes, and how they came about."""

    request: Request
    source: Source
    site: Site
    sheets: list[Sheet]
    """Dates in use, by time; their pixels stand in `cubes`."""
    left: list[LeftOut]
    """Scenes that are not used, with the reason."""
    lost: list[str]
    """What could not be read at all, each with its place."""
    chosen: list[Pass] = field(default_factory=list)
    """All that was read, in use or not: masks and offsets are judged by all of it."""
    cubes: dict[str, xr.Dataset] = field(default_factory=dict)
    """One per sensor; their pixels lie in the cache and are read when they are used."""
    kept: dict[str, Kept] = field(default_factory=dict)
    """Where the pixels of each cube lie."""
    boxes: dict[str, GeoBox] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    @property
    def sensor(self) -> str:
        """The sensor with most dates."""
        return max(self.cubes, key=lambda name: (self.cubes[name].sizes["time"], name))

    @property
    def cube(self) -> xr.Dataset:
        """The cube of the sensor with most dates.

        Raises
        ------
        CheckFailed
            If no scene is usable.
        """
        if not self.cubes:
            self.require()
        return self.cubes[self.sensor]

    @property
    def kind(self) -> str:
        """The weakest kind among the scenes in use."""
        found = {s.scene.kind for s in self.sheets}
        return next((k for k in ("simulated", "undeclared") if k in found), "observed")

    def require(self) -> None:
        """Stop when nothing usable is left, or nothing in a window that is asked for.

        Raises
        ------
        UserError
            If no scene lies in a window that is asked for.
        CheckFailed
            If none is usable, with the commonest reasons.
        """
        absent.check(self)
        if self.sheets:
            return
        said = self.why_left() or (self.lost or ["nothing was found"])[0]
        raise CheckFailed(f"source {self.source.name!r}: no usable scene: {said}")

    def why_left(self) -> str:
        """The commonest reasons why scenes were left out, with how many; empty if none was."""
        reasons = Counter(_in_short(item.reason) for item in self.left)
        return "; ".join(f"{n} x {why}" for why, n in reasons.most_common(3))


def _in_short(reason: str) -> str:
    """A reason without the address that it starts with and the detail that it ends with."""
    return re.sub(r"^https?://\S+: ", "", reason).partition(": ")[0]


def prepare(request: Request, progress: Callable[[str], None] | None = None) -> Prepared:
    """Search, choose, read, check, mask, register and harmonise.

    Raises
    ------
    UserError
        For a request that can't be met: a date, a name, a site.
    CheckFailed
        If a service is down and nothing could be read.
    """
    say = progress or (lambda text: None)
    guard_logs()
    _check(request)
    windows.asked(request.start, request.end, request.before, request.after)
    where = source.resolve(request.source)
    if where.form == "manifest":
        request = _as_recorded(request, where)
    dates = windows.asked(request.start, request.end, request.before, request.after)
    site = source.site_for(where, request.site)
    area = site.aoi.geometry
    undelivered: list[str] = []
    if where.form == "planet":
        where, undelivered = planet.downloaded(
            area, dates, request.months, yes=request.yes, say=say
        )
    wish = choose.Wish(dates, request.months, request.orbits, where.collections)
    scenes, left, lost = _scenes(where, area, dates, request)
    lost += undelivered
    passes, more = choose.choose(scenes, area, wish)
    found = len(scenes) + len(left)
    say(f"{found} scene{'s' * (found != 1)} found, {len(passes)} chosen by their metadata")
    done = Prepared(request, where, site, [], left + more, lost, passes)
    by_sensor: dict[str, list[Pass]] = defaultdict(list)
    for one in passes:
        by_sensor[one.scene.sensor].append(one)
    for sensor, members in sorted(by_sensor.items()):
        stages.run(done, sensor, members, say)
    done.sheets.sort(key=lambda s: (s.scene.when, s.scene.id))
    done.left.sort(key=lambda item: (item.scene.when.isoformat() if item.scene else "", item.id))
    _sum_up(done)
    _forget_keys(done)
    return done


def _forget_keys(done: Prepared) -> None:
    """Take signatures and keys out of what is kept."""
    done.request = replace(done.request, source=strip(done.request.source))
    done.source = replace(done.source, place=strip(done.source.place), content=None)
    for sheet in done.sheets:
        sheet.scene = sheet.scene.unsigned()
    done.left = [
        replace(
            item, scene=item.scene.unsigned() if item.scene else None, reason=clean(item.reason)
        )
        for item in done.left
    ]
    done.lost = [clean(text) for text in done.lost]
    done.chosen = [
        replace(one, parts=tuple(part.unsigned() for part in one.parts)) for one in done.chosen
    ]


def _as_recorded(request: Request, where: Source) -> Request:
    """What a manifest was made with, except for what is asked anew."""
    recorded = (where.content or {}).get("request")
    plain_request = Request()
    taken: dict[str, Any] = {}
    for name in ("start", "end", "before", "after", "clear", "align", "harmonise", "trust",
                 "cloudmask"):  # fmt: skip
        value = recorded.get(name) if isinstance(recorded, dict) else None
        same = getattr(request, name) == getattr(plain_request, name)
        if same and type(value) is type(getattr(plain_request, name)):
            taken[name] = value
    return replace(request, **taken)


def _check(request: Request) -> None:
    if request.trust not in TRUST:
        raise UserError(f"--trust {request.trust!r}: give metadata or pixels")
    if not 0 <= request.clear <= 1:
        raise UserError(f"clear share {request.clear}: give a share between 0 and 1")
    if any(not 1 <= m <= 12 for m in request.months):
        raise UserError(f"months {request.months}: give numbers from 1 to 12")
    if request.cloudmask:
        omnicloud.require()


def _scenes(
    where: Source, area: BaseGeometry, dates: windows.Dates, request: Request
) -> tuple[list[Scene], list[LeftOut], list[str]]:
    """Scenes of a source, what was refused, and what was lost."""
    if where.form == "manifest":
        from analysis.scenes import manifest

        return manifest.scenes(where.content or {}, where.name), [], []
    found = search.cached(where, area.bounds, dates.whole())
    scenes: list[Scene] = []
    left: list[LeftOut] = []
    for item, base in found.items:
        try:
            scenes.append(parse.scene(item, base, named_service=where.named_service,
                                      declared=request.observed))  # fmt: skip
        except Refused as reason:
            left.append(LeftOut(None, str(item.get("id") or "(no id)"), str(reason)))
    twice = [i for i, n in Counter(s.id for s in scenes).items() if n > 1]
    seen: set[tuple[str, str]] = set()
    unique = []
    for scene in scenes:
        key = (scene.id, scene.collection)
        if scene.id in twice and key in seen:
            left.append(LeftOut(scene, scene.id, "the catalogue lists it twice"))
        else:
            unique.append(scene)
        seen.add(key)
    return unique, left, found.lost


def _sum_up(done: Prepared) -> None:
    """Warnings that concern the run as a whole."""
    done.warnings += [f"site: {text}" for text in done.site.warnings]
    scenes = [s.scene for s in done.sheets]
    if any(s.level == "toa" for s in scenes):
        done.warnings.append("top-of-atmosphere reflectance: haze is not taken off")
    for text, count in Counter(w for s in scenes for w in s.warnings).items():
        done.warnings.append(f"{count} of {len(scenes)} scenes: {text}")
    fine = [s for s in scenes if s.sensor in ("planetscope", "3m")]
    if len({s.generation for s in fine}) > 1:
        done.warnings.append(
            "scenes of several generations of one sensor, whose bands differ: "
            + ("harmonised" if done.request.harmonise else "not harmonised")
            + ", and a step that is left between them may pass for a change"
        )
    mixed = {(s.baseline, s.collection) for s in scenes if calibration.has_offset(s.baseline)}
    if len({c for _, c in mixed}) > 1:
        done.warnings.append("two collections are mixed, each with its own rule for the offset")
    if {s.kind for s in scenes} > {"simulated"}:
        done.warnings.append("simulated and other scenes are mixed: all results are simulated")
