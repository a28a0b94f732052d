"""From a source and dates to aligned, checked cubes: the whole path, read from top to bottom."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import xarray as xr
from odc.geo.geobox import GeoBox
from shapely.geometry.base import BaseGeometry

from analysis.errors import CheckFailed, UserError
from analysis.scenes import (
    calibration,
    choose,
    gate,
    load,
    masks,
    normalise,
    parse,
    planet,
    search,
    sensors,
    source,
    windows,
)
from analysis.scenes import cube as cubes
from analysis.scenes import grid as grids
from analysis.scenes import registration as register
from analysis.scenes.choose import LeftOut, Pass
from analysis.scenes.cube import Sheet
from analysis.scenes.redact import clean, guard_logs, strip
from analysis.scenes.scene import Refused, Scene
from analysis.scenes.source import Source
from analysis.site import Site

CLEAR = 0.3
"""Share of the area, of what the scene shows of it, that must be in plain sight. Less carries
few buildings and is mostly cloud rim (``choice:scenes.clear-share``)."""

SHOWN = 0.02
"""Share of the area that a scene must show at all."""

MARGIN = 8
"""Pixels read around the area, so that moving a scene leaves no gap at its edge."""

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
    """Dates in use, by time; their pixels stand in `cubes` alone."""
    left: list[LeftOut]
    """Scenes that are not used, with the reason."""
    lost: list[str]
    """What could not be read at all, each with its place."""
    chosen: list[Pass] = field(default_factory=list)
    """All that was read, in use or not: masks and offsets are judged by all of it."""
    cubes: dict[str, xr.Dataset] = field(default_factory=dict)
    """One per sensor."""
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
        self.require()
        return self.cubes[self.sensor]

    @property
    def kind(self) -> str:
        """The weakest kind among the scenes in use."""
        found = {s.scene.kind for s in self.sheets}
        return next((k for k in ("simulated", "undeclared") if k in found), "observed")

    def require(self) -> None:
        """Stop when nothing usable is left.

        Raises
        ------
        CheckFailed
            With the commonest reasons.
        """
        if self.sheets:
            return
        reasons = Counter(item.reason.partition(":")[0] for item in self.left)
        said = "; ".join(f"{n} x {why}" for why, n in reasons.most_common(3))
        raise CheckFailed(f"source {self.source.name!r}: no usable scene: "
                          f"{said or (self.lost or ['nothing was found'])[0]}")  # fmt: skip


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
    say(f"{len(scenes) + len(left)} scenes found, {len(passes)} chosen by their metadata")
    done = Prepared(request, where, site, [], left + more, lost, passes)
    by_sensor: dict[str, list[Pass]] = defaultdict(list)
    for one in passes:
        by_sensor[one.scene.sensor].append(one)
    for sensor, members in sorted(by_sensor.items()):
        _sensor(done, sensor, members, say)
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
    for name in ("start", "end", "before", "after", "clear", "align", "harmonise", "trust"):
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


def _sensor(done: Prepared, sensor: str, passes: list[Pass], say: Callable[[str], None]) -> None:
    """All steps for the scenes of one sensor; what drops out is added to ``done.left``."""
    area = done.site.aoi.geometry
    located = []
    for one in passes:
        try:
            located.append((one, grids.scene_grid(one.scene)))
        except Refused as reason:
            done.left.append(LeftOut(one.scene, one.scene.id, str(reason)))
    if not located:
        return
    usable, box = _box(done, located, area)
    if box is None:
        return
    if done.source.remote:
        megabytes = load.download_bytes(usable, box) / 1e6
        say(f"{sensor}: {len(usable)} scenes, at most {megabytes:.0f} MB before compression")
    wide = grids.wider(box, MARGIN)
    sheets, covers = _read(done, usable, wide)
    if not sheets:
        return
    sheets = _clear(done, sheets, covers, wide)
    if not sheets:
        return
    say(f"{sensor}: {len(sheets)} scenes show the area, checking their offset and position")
    sheets = _gate(done, sheets)
    sheets = _register(done, sheets)
    if not sheets:
        return
    if done.request.align:
        for sheet in sheets:
            cubes.align(sheet)
    _harmonise(sheets, apply=done.request.harmonise)
    for sheet in sheets:
        cubes.crop(sheet, MARGIN)
    done.boxes[sensor] = box
    done.cubes[sensor] = cubes.build(sheets, box, aligned=done.request.align)
    for sheet in sheets:
        sheet.bands, sheet.valid = {}, np.zeros((0, 0), dtype=bool)
    done.sheets += sheets


def _box(
    done: Prepared, located: Sequence[tuple[Pass, grids.Grid]], area: BaseGeometry
) -> tuple[list[Pass], GeoBox | None]:
    """The common grid, and the passes whose own grid holds at the area."""
    good = []
    for one, grid in located:
        try:
            grids.projected(area, grid.crs)
            good.append((one, grid))
        except Refused as reason:
            done.left.append(LeftOut(one.scene, one.scene.id, str(reason)))
    if not good:
        return [], None
    return [one for one, _ in good], grids.common([grid for _, grid in good], area)


def _read(done: Prepared, passes: list[Pass], box: GeoBox) -> tuple[list[Sheet], list[masks.Cover]]:
    area = done.site.aoi.geometry
    sign = _signer(done.source)

    def one(item: Pass) -> load.Pixels | Refused:
        names = [n for n in item.scene.layers if all(n in p.layers for p in item.parts)]
        try:
            return load.read(item, names, box, area, sign=sign)
        except Refused as reason:
            return reason

    sheets, covers = [], []
    for item, pixels in zip(passes, load.read_all(passes, one, remote=done.source.remote),
                            strict=True):  # fmt: skip
        scene = item.scene
        if isinstance(pixels, Refused):
            done.left.append(LeftOut(scene, scene.id, str(pixels)))
            continue
        scene = load.with_kind(scene, pixels.kind_tag, trusted=done.request.observed)
        bands = load.reflectance(scene, pixels.numbers)
        empty = [n for n in sensors.CORE if not np.isfinite(bands[n]).any()]
        if empty:
            where = "any band" if len(empty) == len(sensors.CORE) else ", ".join(empty)
            done.left.append(LeftOut(scene, scene.id, f"no pixel over the area in {where}"))
            continue
        cover, layer = masks.of_numbers(pixels.numbers, bands)
        if pixels.resampled:
            scene = scene.warn("its grid is not that of the others: resampled")
        sheets.append(Sheet(scene, item.role, bands, ~cover.bad, mask=layer,
                            resampled=pixels.resampled))  # fmt: skip
        covers.append(cover)
    return sheets, covers


def _signer(where: Source) -> Callable[[str], str] | None:
    if not where.sign:
        return None
    import planetary_computer

    return planetary_computer.sign


def _clear(
    done: Prepared, sheets: list[Sheet], covers: list[masks.Cover], box: GeoBox
) -> list[Sheet]:
    """Masks, with roofs rescued; scenes with too little in plain sight drop out."""
    height, width = grids.pixel_m(box)
    pixel = float(np.sqrt(height * width))
    blue = np.stack([s.bands["blue"] for s in sheets])
    without = [n for n, s in enumerate(sheets) if not s.mask]
    if without:
        nir = np.stack([s.bands["nir"] for s in sheets])
        guessed = masks.by_series(blue, nir, np.stack([c.bad for c in covers]))
        for n in without:
            covers[n] = guessed[n]
    covers = masks.rescue(covers, blue, pixel)
    zones = cubes.zones(done.site, box)
    area = zones[done.site.aoi.id]
    kept = []
    for sheet, cover in zip(sheets, covers, strict=True):
        sheet.valid = masks.valid(cover, pixel)
        shown = area & ~cover.bad
        share = float((sheet.valid & area).sum() / max(1, shown.sum()))
        known = sheet.mask or len(sheets) >= masks.SERIES_FEWEST
        clouded = float(100 * (cover.cloud & shown).sum() / max(1, shown.sum()))
        sheet.cloud = clouded if known else None
        sheet.masked = {name: float(1 - sheet.valid[zone].mean()) if zone.any() else 1.0
                        for name, zone in zones.items()}  # fmt: skip
        if shown.sum() < SHOWN * area.sum():
            reason = f"it shows {shown.sum() / area.sum():.0%} of the area of interest"
        elif share < done.request.clear:
            reason = f"clouds, shadows or snow: {share:.0%} of the area is in plain sight"
        else:
            kept.append(sheet)
            continue
        done.left.append(LeftOut(sheet.scene, sheet.scene.id, reason))
    return kept


def _gate(done: Prepared, sheets: list[Sheet]) -> list[Sheet]:
    """The radiometric gate: a scene whose pixels contradict its catalogue drops out."""
    stack = np.stack([[s.bands[n] for n in gate.BANDS] for s in sheets])
    verdicts = gate.judge(stack, np.stack([s.valid for s in sheets]))
    kept = []
    for sheet, verdict in zip(sheets, verdicts, strict=True):
        if verdict.step == 0 or done.request.trust == "metadata":
            if verdict.step:
                sheet.scene = sheet.scene.warn(f"metadata trusted although {verdict.evidence}")
            kept.append(sheet)
        elif done.request.trust == "pixels":
            for name in sheet.bands:
                sheet.bands[name] = sheet.bands[name] - np.float32(verdict.step * gate.STEP)
            layers = {n: replace(layer, offset=layer.offset - verdict.step * gate.STEP)
                      if n not in sensors.MASKS else layer
                      for n, layer in sheet.scene.layers.items()}  # fmt: skip
            sheet.scene = replace(sheet.scene, layers=layers).warn(
                f"pixels trusted: {verdict.evidence}"
            )
            kept.append(sheet)
        else:
            reason = (
                f"catalogue and pixels disagree: {sheet.scene.offset_rule}, but "
                f"{verdict.evidence} (--trust pixels or --trust metadata decides)"
            )
            done.left.append(LeftOut(sheet.scene, sheet.scene.id, reason))
    return kept


def _register(done: Prepared, sheets: list[Sheet]) -> list[Sheet]:
    """Shifts of all scenes; one that can't be registered drops out."""
    views = [register.View(s.bands, s.valid, str(s.scene.orbit or "")) for s in sheets]
    kept = []
    for sheet, shift in zip(sheets, register.register(views), strict=True):
        if shift.why_not is not None:
            reason = f"it can't be registered: {shift.why_not}"
            done.left.append(LeftOut(sheet.scene, sheet.scene.id, reason))
            continue
        sheet.shift = shift
        kept.append(sheet)
    return kept


def _harmonise(sheets: list[Sheet], *, apply: bool) -> None:
    stack = np.stack([[s.bands[n] for n in sensors.CORE] for s in sheets])
    found = normalise.fit(stack, np.stack([s.valid for s in sheets]),
                          [s.scene.when for s in sheets])  # fmt: skip
    for sheet, harmony in zip(sheets, found, strict=True):
        sheet.harmony = harmony
        if apply:
            cubes.harmonise(sheet)


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
        done.warnings.append("several generations of one sensor: compare them only harmonised")
    mixed = {(s.baseline, s.collection) for s in scenes if calibration.has_offset(s.baseline)}
    if len({c for _, c in mixed}) > 1:
        done.warnings.append("two collections are mixed, each with its own rule for the offset")
    if {s.kind for s in scenes} > {"simulated"}:
        done.warnings.append("simulated and other scenes are mixed: all results are simulated")
