"""The older buildings that a site names: which candidate each is, or where its outline begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import shapely
import xarray as xr
from shapely.geometry import Point, Polygon
from shapely.geometry.base import BaseGeometry

from analysis.growth import starts, stood
from analysis.growth.buildings import Building
from analysis.growth.detectability import SUMMER
from analysis.growth.objects import NO_MOMENT
from analysis.growth.outlines import STOOD_BEFORE
from analysis.scenes import grid as grids
from analysis.site import Feature

SETTLED_DAYS = 365.0
"""Days after ground was broken from which a building that the site names is taken to stand, where
its roof could not be dated: works of a hall take a year."""

FRINGE = 0.15
"""Share of a building's area below which what touches it may be its edge."""

ENDS = 8
"""Clear dates at either end of the series on which an outline is looked for."""

FEWEST = 4
"""Clear dates of one half-year that can tell."""

SHOWN = 0.6
"""Share of an outline in plain sight from which a date shows it."""

NOT_FROM_START = (
    "not measurable: the first dates do not show it and no date was found on which it came"
)

WITHIN = 0.6
"""Share of an object that an outline must hold to be the whole of which it is a part."""


def reference(feature: Feature, cube: xr.Dataset, buildings: Sequence[Building]) -> Building:
    """An older building: the candidate that lies there, its own polygon, or what a point finds."""
    shape = grids.projected(feature.geometry, str(cube.attrs["crs"]))
    own = _candidate_at(shape, feature.precision_m, buildings)
    if own is not None:
        own.feature = feature
        if own.thing is not None and own.thing.kind in ("ground-works", "other"):
            if own.thing.kind == "ground-works":
                own.thing.last += SETTLED_DAYS
            own.thing.becomes("new-footprint", "the site names a building here")
        start = whole(shape, feature, own, cube)
        _if_it_stood(own, start, cube)
        return Building(feature.id, own.thing, feature, start)
    if isinstance(shape, Point):
        start = starts.around(cube, shape, feature.precision_m)
        why = "" if start is not None else "no building is drawn near its point"
        return Building(feature.id, None, feature, start, why=why)
    if shape.geom_type == "MultiPolygon":
        shape = max(shape.geoms, key=lambda g: g.area)
    return Building(feature.id, None, feature, Polygon(shape.exterior))


def _if_it_stood(own: Building, start: Polygon, cube: xr.Dataset) -> None:
    """A building whose outline the dates before its works draw as well was covered anew."""
    assert own.thing is not None
    until = own.thing.stages()[0]
    if own.thing.kind != "new-footprint" or until is None:
        return
    if stood.before(cube, start, cube["time"].values <= until):
        own.thing.becomes("re-roofing", STOOD_BEFORE)


def whole(shape: BaseGeometry, feature: Feature, own: Building, cube: xr.Dataset) -> Polygon:
    """Where the fit of a reference begins that was built in the series.

    A strip of its roof may look like the ground did, and be in no object: the rectangle that its
    finished roof draws is taken if it holds most of the object.

    Parameters
    ----------
    shape
        Of the site's feature, in the cube's projection.
    own
        The candidate that it is, with its start in pixels.
    """
    assert own.start is not None
    if not isinstance(shape, Point):
        return Polygon(max(getattr(shape, "geoms", [shape]), key=lambda g: g.area).exterior)
    assert own.thing is not None
    _, since, until = own.thing.stages()
    time = cube["time"].values
    stands = (time >= since) & (np.ones(time.size, bool) if until is None else time <= until)
    if not stands.any():
        return own.start
    drawn = starts.around(cube.isel(time=np.flatnonzero(stands)), shape, feature.precision_m)
    if drawn is None or drawn.intersection(own.start).area < WITHIN * own.start.area:
        return own.start
    return drawn


def _candidate_at(
    shape: BaseGeometry, precision_m: float | None, buildings: Sequence[Building]
) -> Building | None:
    """The new or re-covered building that a reference is."""
    near = 0.0
    if isinstance(shape, Point):
        near = min(max(precision_m or 0.0, starts.NEAR_M[0]), 2 * starts.NEAR_M[0])
    best: tuple[float, Building | None] = (0.0, None)
    for b in buildings:
        if b.start is None or b.thing is None:
            continue
        if b.thing.kind == "other" and b.thing.why != NO_MOMENT:
            continue
        if isinstance(shape, Point):
            away = b.start.distance(shape)
            if away <= near:
                best = max(best, (b.start.area / (1 + away / near), b), key=lambda t: t[0])
        else:
            share = b.start.intersection(shape).area / shape.area
            if share > 0.3:
                best = max(best, (share, b), key=lambda t: t[0])
    return best[1]


def fringes(buildings: Sequence[Building], references: Sequence[Building], gsd: float) -> None:
    """Objects that touch a larger building, an annex or its edge, or that are a part of one.

    Strips of one roof that came on different days are objects of their own, in the outline of the
    building that the site names. Called before outlines are fitted; what these are is not told, so
    they are no new footprints.
    """
    for small in buildings:
        if small.thing is None or small.thing.kind != "new-footprint" or small.start is None:
            continue
        if small.feature is not None:
            continue
        whole = next((r for r in references if _holds(r, small)), None)
        if whole is not None:
            small.thing.becomes("other", f"it is a part of {whole.id}")
            continue
        for large in (*references, *buildings):
            if large.start is None or large is small or small.thing is large.thing:
                continue
            if large.thing is not None and large.thing.kind not in ("new-footprint", "re-roofing"):
                continue
            close = large.start.distance(small.start) <= gsd
            if close and small.start.area < FRINGE * large.start.area:
                small.thing.becomes("other", "it touches a larger building: an annex, or its edge")
                break


def _holds(reference: Building, small: Building) -> bool:
    """Whether another object lies for the most part where a reference stands."""
    if reference.start is None or small.start is None or reference.thing is small.thing:
        return False
    shared = reference.start.intersection(small.start).area
    return bool(shared > WITHIN * small.start.area)


def without_event(building: Building, cube: xr.Dataset) -> str:
    """Why an older building that stood from the start, as far as was found, has no area.

    Its outline must be drawn early in the series as it is on the last dates. Where it is not, it
    was built in the series on days that nobody knows, and was outlined on dates without it. A roof
    may look like bare ground in one season: early dates count by half-years as well.
    """
    if building.thing is not None or building.outline is None:
        return ""
    order = np.argsort(cube["time"].values, kind="stable")
    order = order[_shown(building.outline, cube)[order]]
    if order.size < 2 * ENDS:
        return ""
    early, last = order[: max(order.size // 3, ENDS)], order[-ENDS:]
    summer = np.isin(cube["time"].dt.month.values, list(SUMMER))
    parts = (order[:ENDS], early[summer[early]], early[~summer[early]])
    if any(_drawn(building.outline, cube, part) for part in parts if part.size >= FEWEST):
        return ""
    return NOT_FROM_START if _drawn(building.outline, cube, last) else ""


def _shown(outline: Polygon, cube: xr.Dataset) -> np.ndarray:
    """Dates ``(time,)`` on which most of an outline is in plain sight."""
    x, y = np.meshgrid(cube["x"].values, cube["y"].values)
    inside = shapely.contains_xy(outline, x, y)
    return np.asarray(cube["valid"].values[:, inside].mean(axis=1) > SHOWN)


def _drawn(outline: Polygon, cube: xr.Dataset, dates: np.ndarray) -> bool:
    return stood.before(cube, outline, np.isin(np.arange(cube.sizes["time"]), dates))


def standing(
    buildings: Sequence[Building], references: Sequence[Building]
) -> Mapping[str, Polygon]:
    """Starting outlines of everything that stands, by id; a reference replaces its candidate, and
    stands under its id, so that two names of one building are one."""
    taken = {r.thing.id for r in references if r.thing is not None}
    known = {r.thing.id if r.thing else r.id: r.start for r in references if r.start is not None}
    known |= {
        b.id: b.start
        for b in buildings
        if b.start is not None and b.id not in taken and b.thing is not None
        and b.thing.kind != "other"
    }  # fmt: skip
    return known
