"""What may have been built at a site, from a prepared cube: found, checked, given a class."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely
import xarray as xr

from analysis import paths
from analysis.growth import bare, candidates, haze, series, stood, timeline
from analysis.growth.candidates import Candidate, Null
from analysis.growth.classes import SEASONAL
from analysis.growth.metric import metric
from analysis.growth.objects import Thing, confirm, merged
from analysis.growth.roads import roads
from analysis.growth.series import Series
from analysis.growth.timeline import Calibration, DateInterval
from analysis.scenes import grid as grids
from analysis.site import Site

RESULTS = "bench/results"
"""Folder of the studies that calibrate."""

RESTLESS = 40.0
"""Log Bayes factor that stable ground may ask for at most: at twice the usual threshold it is not
noise that scores, and buildings would be lost."""

RESTLESS_SURFACE = "the surface still changes from date to date"
"""The reason of `analysis.growth.classes` that works give which ended between few dates."""

SOON_DAYS = 540.0
"""Days after a roof came in which it is not covered anew."""

NOT_STABLE = (
    "the ground that the site names as stable is not: the quiet part of the whole area stands in, "
    "and no rate of false alarms is promised"
)


@dataclass
class Detected:
    """Things that may be buildings, the strongest first, and what they were held against."""

    things: list[Thing]
    null: Null
    series: Series
    """The cube as the scan reads it."""
    warnings: list[str]


def clear(cube: xr.Dataset) -> xr.Dataset:
    """A prepared cube on square metres, without the haze that its masks let through."""
    return haze.cleared(metric(cube))


def stable(site: Site, cube: xr.Dataset) -> np.ndarray | None:
    """Pixels of the stable ground ``(y, x)``, or nothing if none is named."""
    shapes = [grids.projected(f.geometry, str(cube.attrs["crs"])) for f in
              site.role("stable-ground")]  # fmt: skip
    if not shapes:
        return None
    x, y = np.meshgrid(cube["x"].values, cube["y"].values)
    return shapely.contains_xy(shapely.union_all(shapes), x, y)


def detect(cube: xr.Dataset, site: Site, *, level: float, strictness: float = 1.0) -> Detected:
    """Things that a series of dates shows.

    Parameters
    ----------
    cube
        From `clear`.
    level
        Of the intervals of dates.
    strictness
        Factor on the threshold that follows from the stable ground.
    """
    said: list[str] = []
    calibration = timeline.read_calibration(paths.project_root() / RESULTS / "dates.json")
    found, null = candidates.find(
        cube, stable=stable(site, cube), level=level, calibration=calibration, strictness=strictness
    )
    if null.from_stable_ground and null.threshold > RESTLESS * strictness:
        # it holds real change, or is no ground like the rest: it would hide every building
        said.append(NOT_STABLE)
        found, null = candidates.find(
            cube, level=level, calibration=calibration, strictness=strictness
        )
    read = series.from_cube(cube)
    found = bare.divided([roofed(c, calibration) for c in found], cube, read)
    things = confirm(bare.divided(merged(found), cube, read), cube)
    for thing in things:
        _come_to_rest(thing, cube, read, calibration)
        _held_against_ground(thing, cube, read)
    roads(things, abs(float(cube["x"][1] - cube["x"][0])))
    return Detected(things, null, read, said)


def roofed(found: Candidate, calibration: Calibration | None) -> Candidate:
    """A candidate whose roof came with what was taken for a new colour of it.

    Dug ground may lie for months without a season, as even as a roof; then the roof looks like
    another colour. No roof is covered anew so soon.
    """
    again, roof = found.recovered, found.roof_on
    if again is None or roof is None or again.before - roof.value > SOON_DAYS:
        return found
    when = _between(again.before, again.since, roof, calibration, found.days)
    return replace(found, roof_on=when, recovered=None)


def _between(
    last: float, first: float, like: DateInterval, calibration: Calibration | None,
    days: np.ndarray,
) -> DateInterval:  # fmt: skip
    """The interval of a roof that was not there on one clear date, and was on the next."""
    margin = 0.0
    if calibration is not None:
        margin = max(calibration.margin("roof_on", like.level) * like.gap, 0.0)
    low, high = max(last - margin, float(days[0])), min(first + margin, float(days[-1]))
    return replace(like, value=(last + first) / 2, low=low, high=high)


def _come_to_rest(
    thing: Thing, cube: xr.Dataset, read: Series, calibration: Calibration | None
) -> None:
    """Give works that ended the class of what stands there since."""
    if thing.kind != "ground-works" or thing.why != RESTLESS_SURFACE or not thing.ground_broken:
        return
    ground = thing.ground_broken
    rest = stood.settled(cube, thing.pixels, read, ground.value)
    if rest is not None:
        thing.roof_on = _between(*rest, ground, calibration, read.days)
        # it is outlined where it is calmest: a roof that was covered anew has two colours
        calm = stood.settled(cube, thing.pixels, read, ground.value, scatter=0.0)
        thing.last = _between(*(calm or rest), ground, calibration, read.days).high
        thing.becomes("new-footprint", "works came to rest as a surface without a season")


def _held_against_ground(thing: Thing, cube: xr.Dataset, read: Series) -> None:
    """Take the class back from open ground, and give it to what covers a part of its pixels."""
    if thing.ground_broken is None or thing.roof_on is None:
        return
    dates = thing.ground_broken.value, thing.roof_on.value
    if thing.kind == "other" and thing.why in SEASONAL:
        if stood.covered_share(cube, thing.pixels, read, dates) > stood.COVERED:
            thing.becomes("new-footprint", "a part of each of its pixels lost its season for good")
    elif thing.kind == "new-footprint":
        against = stood.ground_again(cube, thing.pixels, read, dates)
        if against and stood.covered_share(cube, thing.pixels, read, dates) < stood.COVERED:
            thing.becomes("other", against)
