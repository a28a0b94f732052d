"""The whole chain on prepared scenes: candidates, outlines, dates, and the ratio of the halls.

Detection runs on the sensor with most dates. Outlines of the new hall and of the references are
fitted to all sensors that show each of them, so that their draws share the blur's error; other
candidates are fitted to the main sensor alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import xarray as xr
from shapely.geometry import Polygon

from analysis.errors import UserError
from analysis.growth import posterior, scan, starts
from analysis.growth import ratio as ratios
from analysis.growth import references as references_of
from analysis.growth.buildings import Building, Measured
from analysis.growth.calibrated import calibrated
from analysis.growth.candidates import Null
from analysis.growth.detect import clear, detect
from analysis.growth.footprint import PLAIN
from analysis.growth.joint import join
from analysis.growth.metric import is_metric
from analysis.growth.outlines import common, outlined, reclass
from analysis.growth.ratio import Ratio
from analysis.scenes import grid as grids
from analysis.scenes.prepare import Prepared
from analysis.site import Site

FEWEST_DATES = 8
"""Clear dates below which a series is too short to tell a season from a building."""

NO_REFERENCE = "no ratio: the site names no reference building whose outline could be measured"

MOST_FITS = 60
"""Candidates whose outline is fitted, the strongest first."""


def measure(
    done: Prepared,
    *,
    seed: int,
    level: float,
    progress: Callable[[str], None] = lambda _: None,
) -> Measured:
    """Measure a site over a series of dates.

    Parameters
    ----------
    done
        Scenes, prepared.
    seed
        Of the draws.
    level
        Of the intervals, between 0 and 1.

    Raises
    ------
    UserError
        If the level is no probability, or there are too few clear dates for a series.
    """
    check_level(level)
    cube = clear(done.cube)
    warnings = warnings_of(done, cube)
    if cube.sizes["time"] < FEWEST_DATES:
        left = done.why_left()
        raise UserError(
            f"{cube.sizes['time']} clear scenes of {done.sensor}: a series needs {FEWEST_DATES}; "
            "give more dates, or compare two windows with --before and --after"
            + (f" (not used: {left})" if left else "")
        )
    progress("detection")
    seen = detect(cube, done.site, level=level)
    warnings += seen.warnings
    buildings = [Building(t.id, t, None, starts.of_pixels(t.pixels, cube)) for t in seen.things]
    references = [references_of.reference(f, cube, buildings) for f in done.site.references]
    references_of.fringes(buildings, references, abs(float(cube["x"][1] - cube["x"][0])))
    made = finish(
        done, cube, buildings, references, seed=seed, level=level,
        null=seen.null, warnings=warnings, progress=progress,
    )  # fmt: skip
    evidence = scan.scan(seen.series).evidence
    made.evidence = np.where(cube["valid"].values.any(axis=0), evidence, np.nan)
    return made


def finish(
    done: Prepared,
    cube: xr.Dataset,
    buildings: list[Building],
    references: list[Building],
    *,
    seed: int,
    level: float,
    null: Null | None,
    warnings: list[str],
    progress: Callable[[str], None],
) -> Measured:
    """Outlines, areas and ratios of what was found."""
    others = [clear(c) for n, c in sorted(done.cubes.items()) if n != done.sensor]
    cubes = [cube, *(c for c in others if is_metric(c) and c.attrs["crs"] == cube.attrs["crs"])]
    known = references_of.standing(buildings, references)
    referred = {r.thing.id: r for r in references if r.thing is not None}
    own = [b for b in buildings if b.id not in referred]
    measurable = [b for b in own if b.thing is not None and not b.thing.unmeasured]
    for building in own:
        if building.thing is not None:
            building.why = building.thing.unmeasured
    for building in measurable[MOST_FITS:]:
        building.why = f"only the {MOST_FITS} strongest candidates are outlined"
    for building in measurable[:MOST_FITS]:
        progress(f"outline of {building.id}")
        outlined(building, [cube], known)
    reclass(own, cube, known)
    hall, why_no_new = _largest(own, done.site, str(cube.attrs["crs"]))
    chain = [b for b in (hall, *references) if b is not None]
    sensors = common(chain, cubes, known)
    rest = [b for b in chain if b is not hall]  # the hall is fitted to the main sensor already
    if len(sensors) > 1:
        # draws of a ratio need the same sensors for all
        sensors, rest = (
            (sensors, []) if fitted(chain, sensors, known, progress) else ([cube], chain)
        )
    fitted(rest, sensors, known, progress)
    for building in references if null is not None else ():  # two windows know no beginnings
        why = references_of.without_event(building, cube) if building.fit else ""
        if why:
            building.fit, building.why = None, why
    gsd = abs(float(cube["x"][1] - cube["x"][0]))
    # where a finer sensor joins in, the coarser one's errors stand: too wide, not too narrow
    known_errors = calibrated(gsd)
    areas = _draw(chain, [b for b in own if b is not hall], seed, known_errors.inflation)
    for building in buildings:
        if building.id in referred:
            same = referred[building.id]
            building.fit, building.area, building.why = same.fit, same.area, same.why
    made: list[Ratio] = []
    other: list[Ratio] = []
    below = [r.id for r in references if r.area is not None]
    if hall is not None and hall.area is not None and below:
        made = ratios.ratios(areas, hall.id, below)
        fits = {b.id: b.fit for b in chain if b.fit is not None}
        other = ratios.other_sizes(areas, fits, hall.id, below, seed)
    elif hall is not None:
        warnings.append(NO_REFERENCE)
    made_so = done.kind == "simulated" and null is not None and len(sensors) == 1
    found = Measured(
        level=level, kind=done.kind, calibrated=known_errors, alike=made_so,
        scenes_used=sum(c.sizes["time"] for c in cubes), crs=str(cube.attrs["crs"]),
        gsd=gsd, sensors=tuple(sorted(done.cubes)), null=null,
        references=references, candidates=buildings, new=hall.id if hall else None,
        why_no_new=why_no_new, ratios=made, other_sizes=other,
        warnings=warnings, days=_days(cube),
        transform=_transform(cube),
    )  # fmt: skip
    for thing in (b.thing for b in buildings if b.thing is not None):
        for event in ("ground_broken", "roof_on"):
            when = getattr(thing, event)
            if when is not None:
                # only dates of new footprints were ever scored
                scored = thing.kind == "new-footprint"
                own_coverage = found.covers(event) if scored else "unproven"
                setattr(thing, event, replace(when, coverage=own_coverage))
    return found


def fitted(
    chain: Sequence[Building],
    sensors: Sequence[xr.Dataset],
    known: Mapping[str, Polygon],
    progress: Callable[[str], None] = lambda _: None,
) -> bool:
    """Fit buildings anew to some sensors; whether all that have a start got an outline.

    Parameters
    ----------
    chain
        Buildings, changed in place.
    sensors
        Cubes, the main one first.
    known
        Starting outlines of all that stands, by id.
    """
    for building in chain:
        progress(f"outline of {building.id}")
        building.fit, building.why = None, building.why if building.start is None else ""
        outlined(building, sensors, known)
        _plainer(building, sensors, known)
    return all(b.fit is not None for b in chain if b.start is not None)


def _plainer(
    building: Building, sensors: Sequence[xr.Dataset], known: Mapping[str, Polygon]
) -> None:
    """Begin once more from the rectangle around a start in pixels, and keep what fits better.

    Pixels of a yard beside a hall make a ragged start, from which a ragged outline may follow.
    """
    start = building.start
    if building.thing is None or start is None:
        return
    around = start.minimum_rotated_rectangle
    if start.area > PLAIN * around.area:
        return
    other = replace(building, start=around, fit=None, why="")
    outlined(other, sensors, known)
    if other.fit and (building.fit is None or other.fit.misfit < building.fit.misfit):
        building.fit, building.why = other.fit, ""


def _days(cube: xr.Dataset) -> np.ndarray:
    return np.sort(cube["time"].values.astype("datetime64[s]").astype(np.float64) / 86400.0)


def _transform(cube: xr.Dataset) -> tuple[float, float, float, float, float, float]:
    """Of the corners of the pixels, whose centres the cube's coordinates are."""
    x, y = cube["x"].values.astype(float), cube["y"].values.astype(float)
    right, down = float(x[1] - x[0]), float(y[1] - y[0])
    return right, 0.0, float(x[0]) - right / 2, 0.0, down, float(y[0]) - down / 2


def check_level(level: float) -> None:
    """Refuse what is no probability.

    Raises
    ------
    UserError
        Naming the value.
    """
    if not 0.5 <= level <= 0.999:
        raise UserError(f"level {level:g}: give a probability from 0.5 to 0.999, as 0.9")


def warnings_of(done: Prepared, cube: xr.Dataset) -> list[str]:
    """What was said of the scenes, and what the site or its grid leave open."""
    said = list(done.warnings)
    if cube is not done.cube and not is_metric(done.cube):
        said.append("the scenes' pixels are not square metres: outlines rest on one resampling")
    if not done.site.role("perimeter"):
        said.append(
            "the site names no perimeter: the new hall is the largest new footprint of the whole "
            "area, and a field that looks like a roof may stand for it"
        )
    for f in done.site.references:
        if any(p.interiors for p in getattr(f.geometry, "geoms", [f.geometry])
               if p.geom_type == "Polygon"):  # fmt: skip
            said.append(f"{f.id} has a courtyard in the site's file: it is measured as if roofed")
    if not done.site.role("stable-ground"):
        said.append(
            "the site names no stable ground: the quiet part of the whole area stands in, and no "
            "rate of false alarms is promised"
        )
    return said


def _largest(buildings: Sequence[Building], site: Site, crs: str) -> tuple[Building | None, str]:
    """The largest new footprint inside the perimeter, else in the whole area."""
    new = [
        b for b in buildings
        if b.thing is not None and b.thing.kind == "new-footprint" and b.fit is not None
    ]  # fmt: skip
    if not new:
        return None, "no new footprint that could be measured"
    fences = [grids.projected(f.geometry, crs) for f in site.role("perimeter")]
    inside = [b for b in new if any(f.contains(_shape(b).centroid) for f in fences)]
    return max(inside or new, key=lambda b: _shape(b).area), ""


def _shape(b: Building) -> Polygon:
    assert b.outline is not None
    return b.outline


def _draw(
    chain: Sequence[Building], rest: Sequence[Building], seed: int, inflation: posterior.Inflation
) -> posterior.Areas:
    """Draws of all areas: those of the ratio together, the others each alone."""
    fits = {b.id: b.fit for b in chain if b.fit is not None}
    areas = posterior.Areas((), np.zeros((0, 0)))
    if fits:
        areas = posterior.draw(join(fits), seed, inflation)
        for b in chain:
            if b.fit is not None:
                b.area = areas.of(b.id)
    for i, b in enumerate(rest):
        if b.fit is not None:
            own = posterior.draw(join({b.id: b.fit}), seed + 1 + i, inflation)
            b.area = own.of(b.id)
    return areas
