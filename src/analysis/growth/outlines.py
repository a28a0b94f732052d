"""Outlines fitted one by one: windows cut around each building, the fit, and what it tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import xarray as xr
from shapely.geometry import Polygon

from analysis.growth import footprint, stood, window
from analysis.growth.buildings import Building
from analysis.growth.outline import Outline
from analysis.growth.window import NotMeasurable, Window

RUNAWAY = "not measurable: no outline fits what the pixels show"

STOOD_BEFORE = "its outline was there before, in another colour"

SAME = 0.5
"""Share of the smaller of two outlines in the other from which both are one building."""

OUTSIDE = (0.4, 2.5)
"""Fitted area over area of the pixels, beyond which a fit has run away."""


def common(
    chain: Sequence[Building], cubes: Sequence[xr.Dataset], known: Mapping[str, Polygon]
) -> list[xr.Dataset]:
    """Cubes in which all buildings of the ratio can be cut; the main one at least."""
    found = []
    for cube in cubes:
        try:
            for building in chain:
                if building.start is not None:
                    cut(building, cube, known)
        except NotMeasurable:
            continue
        found.append(cube)
    return found or [cubes[0]]


def cut(
    building: Building,
    cube: xr.Dataset,
    known: Mapping[str, Polygon],
    transfer: float | None = None,
) -> Window:
    """The window around a building in one cube, its neighbours and stages known.

    Raises
    ------
    NotMeasurable
        If it cannot be cut; see `analysis.growth.window.cut`.
    """
    assert building.start is not None
    thing = building.thing
    mine = {building.id, thing.id if thing else ""}
    others = [p for name, p in known.items() if name not in mine and _near(p, building.start)]
    before, after, until = thing.stages() if thing else (None, None, None)
    return window.cut(
        cube, building.start, before_until=before, after_from=after, after_until=until,
        others=[p for p in others if not _same(p, building.start)],
        transfer=transfer,
    )  # fmt: skip


def _same(one: Polygon, two: Polygon) -> bool:
    """Whether two outlines are of one building, as where a site names it twice."""
    return one.intersection(two).area >= SAME * min(one.area, two.area)


def _near(one: Polygon, two: Polygon) -> bool:
    return one.distance(two) < window.AROUND_M


def outlined(
    building: Building,
    cubes: Sequence[xr.Dataset],
    known: Mapping[str, Polygon],
    *,
    outline: Outline | None = None,
    transfer: float | None = None,
) -> None:
    """Fit one outline, or say why there is none.

    Parameters
    ----------
    known
        Starting outlines of all that stands, by id, from `standing`.
    outline
        Base about the start's middle that is fitted whatever the evidence; see `footprint.fit`.
    transfer
        Centre of the blur's prior; see `window.cut`.
    """
    if building.start is None:
        return
    if building.thing is not None and building.thing.unmeasured:
        building.why = building.thing.unmeasured
        return
    try:
        fit = footprint.fit(
            [cut(building, c, known, transfer) for c in cubes], building.start, outline=outline
        )
    except NotMeasurable as why:
        building.why = f"not measurable: {why}"
        return
    share = fit.area() / building.start.area
    if not OUTSIDE[0] <= share <= OUTSIDE[1] or not fit.polygon().is_valid:
        building.why = RUNAWAY
        return
    building.fit = fit


def reclass(buildings: Sequence[Building], cube: xr.Dataset, known: Mapping[str, Polygon]) -> None:
    """Classes that only an outline tells.

    A new footprint whose outline was drawn before as well is a roof of another colour, and is
    outlined anew without the ground that it never stood on. One that no outline fits is none.
    """
    time = cube["time"].values
    for b in buildings:
        if b.thing is None or b.thing.kind != "new-footprint" or b.outline is None:
            continue
        until = b.thing.stages()[0]
        if until is not None and stood.before(cube, b.outline, time <= until):
            b.thing.becomes("re-roofing", STOOD_BEFORE)
            b.fit, b.why = None, ""
            outlined(b, [cube], known)
        elif b.why == RUNAWAY:
            b.thing.becomes("other", "no building's outline fits what the pixels show")
