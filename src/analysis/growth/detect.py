"""What may have been built at a site, from a prepared cube: found, checked, given a class."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely
import xarray as xr

from analysis import paths
from analysis.growth import candidates, haze, series, stood, timeline
from analysis.growth.candidates import Candidate, Null
from analysis.growth.metric import metric
from analysis.growth.objects import Thing, confirm, merged
from analysis.growth.series import Series
from analysis.growth.timeline import Calibration
from analysis.scenes import grid as grids
from analysis.site import Site

RESULTS = "bench/results"
"""Folder of the studies that calibrate."""

RESTLESS = 40.0
"""Log Bayes factor that stable ground may ask for at most: at twice the usual threshold it is not
noise that scores, and buildings would be lost."""

SEASONAL = ("it is grown over afterwards", "it has a season afterwards")
"""Reasons of `analysis.growth.classes` that a building narrower than its pixels may give."""

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
    found = [roofed(c, calibration) for c in found]
    things, read = confirm(merged(found), cube), series.from_cube(cube)
    for thing in things:
        _held_against_ground(thing, cube, read)
    return Detected(things, null, read, said)


def roofed(found: Candidate, calibration: Calibration | None) -> Candidate:
    """A candidate whose roof came with what was taken for a new colour of it.

    Dug ground may lie for months without a season, as even as a roof; then the roof looks like
    another colour. No roof is covered anew so soon.
    """
    again, roof = found.recovered, found.roof_on
    if again is None or roof is None or again.before - roof.value > SOON_DAYS:
        return found
    margin = 0.0 if calibration is None else calibration.margin("roof_on", roof.level) * roof.gap
    when = replace(
        roof, value=(again.before + again.since) / 2,
        low=again.before - max(margin, 0.0), high=again.since + max(margin, 0.0),
    )  # fmt: skip
    return replace(found, roof_on=when, recovered=None)


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
