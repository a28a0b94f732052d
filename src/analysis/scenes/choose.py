"""Which scenes are used, and why each other one is not: decided by metadata alone.

What only the pixels can tell (cloud over the area, a wrong offset, a scene
that can't be registered) is decided later, in the same list of decisions.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from pyproj import Geod
from shapely.geometry.base import BaseGeometry
from shapely.ops import nearest_points, unary_union

from analysis.scenes.scene import Scene
from analysis.scenes.windows import Dates

WHOLE = 0.999
"""Share of the area from which on one tile is taken to cover it."""

WORTH = 0.01
"""Share of the area that a further tile of the same pass must add."""

_GEOD = Geod(ellps="WGS84")


@dataclass(frozen=True)
class Wish:
    """What a run asks of its scenes."""

    dates: Dates
    months: tuple[int, ...] = ()
    """Months of the year, empty for all."""
    orbits: tuple[int, ...] = ()
    """Relative orbits, empty for all."""
    collections: tuple[str, ...] = ()
    """In order of preference among versions of one acquisition."""


@dataclass(frozen=True)
class Pass:
    """One acquisition that is loaded as one date: one tile, or several side by side."""

    parts: tuple[Scene, ...]
    role: str = "series"
    """``series``, ``before`` or ``after``."""

    @property
    def scene(self) -> Scene:
        """The part that covers most of the area; it names the date."""
        return self.parts[0]


@dataclass(frozen=True)
class LeftOut:
    """A scene that is not used."""

    scene: Scene | None
    id: str
    reason: str


def solar_day(scene: Scene) -> date:
    """The day at the place, by the sun."""
    if scene.footprint is None:
        return scene.when.date()
    longitude = scene.footprint.centroid.x
    return (scene.when + timedelta(hours=longitude / 15)).date()


def choose(
    scenes: Iterable[Scene], area: BaseGeometry, wish: Wish
) -> tuple[list[Pass], list[LeftOut]]:
    """Passes to load, by date, and what is left out.

    Parameters
    ----------
    scenes
        All that a search brought and that could be read.
    area
        The area of interest, in degrees.
    """
    left: list[LeftOut] = []

    def drop(scene: Scene, reason: str) -> None:
        left.append(LeftOut(scene, scene.id, reason))

    wanted: list[Scene] = []
    for scene in sorted(scenes, key=lambda s: (s.when, s.id)):
        reason = _unwanted(scene, area, wish)
        if reason:
            drop(scene, reason)
        else:
            wanted.append(scene)
    surface = {(s.sensor, solar_day(s)) for s in wanted if s.level == "surface"}
    mixed = any(s.level == "surface" for s in wanted)
    kept = []
    for scene in wanted:
        if scene.level == "toa" and mixed:
            same = (scene.sensor, solar_day(scene)) in surface
            drop(scene, "top of atmosphere; the surface reflectance of that day is used" if same
                 else "top of atmosphere among surface reflectance")  # fmt: skip
        else:
            kept.append(scene)
    passes: list[Pass] = []
    for versions in _by_pass(kept).values():
        newest, older = _newest(versions, wish.collections)
        for scene, keeper in older:
            drop(scene, f"another version of {keeper.id}, which is {_why_kept(keeper, scene)}")
        parts, rest = _cover(newest, area)
        for scene in rest:
            drop(scene, f"{parts[0].id} of the same pass covers the area")
        role = wish.dates.role(parts[0].when) or "series"
        passes.append(Pass(tuple(parts), role))
    passes.sort(key=lambda p: (p.scene.when, p.scene.id))
    return passes, left


def _unwanted(scene: Scene, area: BaseGeometry, wish: Wish) -> str:
    if wish.dates.role(scene.when) is None:
        return "outside the dates"
    if wish.months and scene.when.month not in wish.months:
        return "outside the season"
    if wish.orbits and scene.orbit not in wish.orbits:
        return f"relative orbit {scene.orbit or 'unknown'}"
    if scene.footprint is not None and not scene.footprint.intersects(area):
        return f"no overlap with the area of interest{_distance(scene.footprint, area)}"
    return ""


def _distance(one: BaseGeometry, two: BaseGeometry) -> str:
    """How far apart two shapes in degrees lie, after a colon; nothing where that can't be told."""
    (x, y), (to_x, to_y) = (p.coords[0] for p in nearest_points(one, two))
    metres = _GEOD.inv(x, y, to_x, to_y)[2]
    if not math.isfinite(metres):
        return ""
    return ": less than 1 km away" if metres < 1000 else f": about {metres / 1000:,.0f} km away"


def _by_pass(scenes: Iterable[Scene]) -> dict[tuple[str, ...], list[Scene]]:
    groups: dict[tuple[str, ...], list[Scene]] = defaultdict(list)
    for scene in scenes:
        name = scene.platform.lower() or scene.acquisition.partition("_")[0]
        key = (scene.sensor, name, str(solar_day(scene)), str(scene.orbit or ""))
        groups[key].append(scene)
    return groups


def _newest(
    scenes: Sequence[Scene], preferred: Sequence[str]
) -> tuple[list[Scene], list[tuple[Scene, Scene]]]:
    """Of each tile the newest baseline, then the preferred collection, then the latest."""

    def rank(scene: Scene) -> tuple[str, int, str, str]:
        place = preferred.index(scene.collection) if scene.collection in preferred else 99
        return (scene.baseline or "", -place, scene.processed, scene.id)

    tiles: dict[tuple[str, str], list[Scene]] = defaultdict(list)
    for scene in scenes:
        tiles[_place(scene)].append(scene)
    newest, older = [], []
    for versions in tiles.values():
        best = max(versions, key=rank)
        newest.append(best)
        older += [(scene, best) for scene in versions if scene is not best]
    return newest, older


def _place(scene: Scene) -> tuple[str, str]:
    """The same for two versions of one tile, different for two tiles."""
    if scene.tile:
        return ("tile", scene.tile)
    grid = scene.layers["red"].grid
    if grid is None:
        return ("id", scene.id)
    return ("grid", f"{grid.crs} {grid.transform[2]:.0f} {grid.transform[5]:.0f} {scene.when:%H%M}")


def _why_kept(keeper: Scene, other: Scene) -> str:
    if (keeper.baseline or "") > (other.baseline or ""):
        return f"of baseline {keeper.baseline}"
    if keeper.collection != other.collection and keeper.collection:
        return f"in {keeper.collection}"
    return "newer"


def _cover(scenes: Sequence[Scene], area: BaseGeometry) -> tuple[list[Scene], list[Scene]]:
    """Tiles that are needed to cover the area, the fullest first, and the others."""

    def share(scene: Scene) -> float:
        if scene.footprint is None:
            return 1.0
        return scene.footprint.intersection(area).area / area.area

    order = sorted(scenes, key=lambda s: (-round(share(s), 3), s.tile, s.id))
    parts, rest = [order[0]], []
    covered = order[0].footprint
    crs = _crs(order[0])
    for scene in order[1:]:
        added = 0.0
        if covered is not None and scene.footprint is not None and _crs(scene) == crs:
            missing = area.difference(covered)
            added = scene.footprint.intersection(missing).area / area.area
        if share(order[0]) < WHOLE and added >= WORTH:
            parts.append(scene)
            covered = unary_union([covered, scene.footprint])
        else:
            rest.append(scene)
    return parts, rest


def _crs(scene: Scene) -> str:
    grid = scene.layers["red"].grid
    return grid.crs if grid else ""
