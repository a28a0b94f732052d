"""The whole chain on prepared scenes: candidates, outlines, dates, and the ratio of the halls.

Detection runs on the sensor with most dates. Outlines of the new hall and of the references are
fitted to all sensors that show each of them, so that their draws share the blur's error; other
candidates are fitted to the main sensor alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
import xarray as xr
from shapely.geometry import Point, Polygon
from shapely.geometry.base import BaseGeometry

from analysis import paths
from analysis.errors import UserError
from analysis.growth import candidates as detection
from analysis.growth import (
    footprint,
    posterior,
    scan,
    series,
    starts,
    stood,
    timeline,
    window,
)
from analysis.growth import ratio as ratios
from analysis.growth.candidates import Null
from analysis.growth.footprint import Fit
from analysis.growth.metric import is_metric, metric
from analysis.growth.objects import Thing, confirm, merged
from analysis.growth.outline import Outline
from analysis.growth.ratio import Ratio
from analysis.growth.window import NotMeasurable, Window
from analysis.scenes import Prepared
from analysis.scenes import grid as grids
from analysis.site import Feature, Site

RESULTS = "bench/results"
"""Folder of the studies that calibrate."""

CALIBRATED_BY = ("chain.json", "footprints-areas.json")
"""Studies of areas, the nearest to this chain first: on whole plants, and on halls alone."""

FEWEST_DATES = 8
"""Clear dates below which a series is too short to tell a season from a building."""

RESTLESS = 40.0
"""Log Bayes factor that stable ground may ask for at most: at twice the usual threshold it is not
noise that scores, and buildings would be lost."""

MOST_FITS = 60
"""Candidates whose outline is fitted, the strongest first."""

SETTLED_DAYS = 365.0
"""Days after ground was broken from which a building that the site names is taken to stand, where
its roof could not be dated: works of a hall take a year."""

WITHIN = 0.6
"""Share of an object that the rectangle around a published point must hold to replace it."""

OUTSIDE = (0.4, 2.5)
"""Fitted area over area of the pixels, beyond which a fit has run away."""


@dataclass
class Building:
    """One outline, and draws of its area where it could be measured."""

    id: str
    thing: Thing | None
    """The candidate that it is; None for a building that stood from the start."""
    feature: Feature | None
    """The reference of the site file that it is."""
    start: Polygon | None
    fit: Fit | None = None
    area: np.ndarray | None = None
    """Draws, square metres."""
    why: str = ""
    """Why there is no area."""

    @property
    def outline(self) -> Polygon | None:
        """The fitted outline, else the pixels'."""
        return self.fit.polygon() if self.fit else self.start


@dataclass
class Measured:
    """All that was measured at one site."""

    level: float
    kind: str
    coverage: str
    """``simulated`` where the intervals were calibrated on worlds like these, else ``unproven``."""
    scenes_used: int
    crs: str
    gsd: float
    sensors: tuple[str, ...]
    null: Null | None
    references: list[Building]
    candidates: list[Building]
    new: str | None
    why_no_new: str
    ratios: list[Ratio]
    warnings: list[str] = field(default_factory=list)
    days: np.ndarray | None = None
    """Dates of the main sensor, days since 1970, ascending."""
    transform: tuple[float, float, float, float, float, float] | None = None
    """Of its pixels: column and row of a corner to metres, as rasterio has it."""
    evidence: np.ndarray | None = None
    """``(y, x)`` what speaks for a change of each pixel: the log Bayes factor of the series, or
    the score of two windows; NaN where nothing was seen."""

    def by_id(self, name: str) -> Building:
        """A candidate or a reference."""
        return next(b for b in (*self.candidates, *self.references) if b.id == name)


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
    cube = metric(done.cube)
    warnings = warnings_of(done, cube)
    if cube.sizes["time"] < FEWEST_DATES:
        raise UserError(
            f"{cube.sizes['time']} clear scenes of {done.sensor}: a series needs {FEWEST_DATES}; "
            "give more dates, or compare two windows with --before and --after"
        )
    progress("detection")
    calibration = timeline.read_calibration(paths.project_root() / RESULTS / "dates.json")
    found, null = detection.find(
        cube, stable=stable(done.site, cube), level=level, calibration=calibration
    )
    if null.from_stable_ground and null.threshold > RESTLESS:
        # it holds real change, or is no ground like the rest: it would hide every building
        warnings.append(
            "the ground that the site names as stable is not: the quiet part of the whole area "
            "stands in, and no rate of false alarms is promised"
        )
        found, null = detection.find(cube, level=level, calibration=calibration)
    things = confirm(merged(found), cube)
    buildings = [Building(t.id, t, None, starts.of_pixels(t.pixels, cube)) for t in things]
    references = [reference(f, cube, buildings) for f in done.site.references]
    made = finish(
        done, cube, buildings, references, seed=seed, level=level, null=null,
        warnings=warnings, progress=progress,
    )  # fmt: skip
    evidence = scan.scan(series.from_cube(cube)).evidence
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
    others = [c for name, c in sorted(done.cubes.items()) if name != done.sensor]
    cubes = [cube, *(c for c in others if is_metric(c) and c.attrs["crs"] == cube.attrs["crs"])]
    known = standing(buildings, references)
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
    _reclass(own, cube)
    hall, why_no_new = _largest(own, done.site, str(cube.attrs["crs"]))
    chain = [b for b in (hall, *references) if b is not None]
    sensors = _common(chain, cubes, known)
    for building in chain:
        if building is not hall or len(sensors) > 1:
            progress(f"outline of {building.id}")
            outlined(building, sensors, known)
    inflation, calibrated = _inflation(cube)
    areas = _draw(chain, [b for b in own if b is not hall], seed, inflation)
    for building in buildings:
        if building.id in referred:
            same = referred[building.id]
            building.fit, building.area, building.why = same.fit, same.area, same.why
    made: list[Ratio] = []
    below = [r.id for r in references if r.area is not None]
    if hall is not None and hall.area is not None and below:
        made = ratios.ratios(areas, hall.id, below)
    trusted = done.kind == "simulated" and calibrated and len(sensors) == 1
    return Measured(
        level=level, kind=done.kind, coverage="simulated" if trusted else "unproven",
        scenes_used=sum(c.sizes["time"] for c in cubes), crs=str(cube.attrs["crs"]),
        gsd=abs(float(cube["x"][1] - cube["x"][0])), sensors=tuple(sorted(done.cubes)), null=null,
        references=references, candidates=buildings, new=hall.id if hall else None,
        why_no_new=why_no_new, ratios=made, warnings=warnings, days=_days(cube),
        transform=_transform(cube),
    )  # fmt: skip


def _days(cube: xr.Dataset) -> np.ndarray:
    return np.sort(cube["time"].values.astype("datetime64[s]").astype(np.float64) / 86400.0)


def _transform(cube: xr.Dataset) -> tuple[float, float, float, float, float, float]:
    """Of the corners of the pixels, whose centres the cube's coordinates are."""
    x, y = cube["x"].values.astype(float), cube["y"].values.astype(float)
    right, down = float(x[1] - x[0]), float(y[1] - y[0])
    return right, 0.0, float(x[0]) - right / 2, 0.0, down, float(y[0]) - down / 2


def _inflation(cube: xr.Dataset) -> tuple[posterior.Inflation, bool]:
    """Errors of the edges from the study that is nearest to what is done here, and whether that
    is the study of the whole chain, with pixels of this size.

    Where a finer sensor joins in, the coarser one's errors stand: too wide rather than too narrow.
    """
    gsd = abs(float(cube["x"][1] - cube["x"][0]))
    chain, alone = (
        posterior.read_inflation(paths.project_root() / RESULTS / name, gsd)
        for name in CALIBRATED_BY
    )
    return chain if chain[1] else (alone[0], False)


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
    if not done.site.role("stable-ground"):
        said.append(
            "the site names no stable ground: the quiet part of the whole area stands in, and no "
            "rate of false alarms is promised"
        )
    return said


def stable(site: Site, cube: xr.Dataset) -> np.ndarray | None:
    """Pixels of the stable ground ``(y, x)``, or nothing if none is named."""
    shapes = [grids.projected(f.geometry, str(cube.attrs["crs"])) for f in
              site.role("stable-ground")]  # fmt: skip
    if not shapes:
        return None
    x, y = np.meshgrid(cube["x"].values, cube["y"].values)
    return shapely.contains_xy(shapely.union_all(shapes), x, y)


def reference(feature: Feature, cube: xr.Dataset, buildings: Sequence[Building]) -> Building:
    """An older building: the candidate that lies there, its own polygon, or what a point finds."""
    shape = grids.projected(feature.geometry, str(cube.attrs["crs"]))
    own = _candidate_at(shape, feature.precision_m, buildings)
    if own is not None:
        own.feature = feature
        if own.thing is not None and own.thing.kind == "ground-works":
            own.thing.becomes("new-footprint", "the site names a building here")
            own.thing.last += SETTLED_DAYS
        start = _whole(shape, feature, own, cube)
        return Building(feature.id, own.thing, feature, start)
    if isinstance(shape, Point):
        start = starts.around(cube, shape, feature.precision_m)
        why = "" if start is not None else "no building is drawn near its point"
        return Building(feature.id, None, feature, start, why=why)
    if shape.geom_type == "MultiPolygon":
        shape = max(shape.geoms, key=lambda g: g.area)
    return Building(feature.id, None, feature, Polygon(shape.exterior))


def _whole(shape: BaseGeometry, feature: Feature, own: Building, cube: xr.Dataset) -> Polygon:
    """Where the fit of a reference begins that was built in the series.

    A strip of its roof may look like the ground did, and be in no object: the rectangle that its
    finished roof draws is taken if it holds most of the object.
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
        if b.start is None or b.thing is None or b.thing.kind == "other":
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


def standing(
    buildings: Sequence[Building], references: Sequence[Building]
) -> Mapping[str, Polygon]:
    """Starting outlines of everything that stands, by id; a reference replaces its candidate."""
    taken = {r.thing.id for r in references if r.thing is not None}
    known = {b.id: b.start for b in references if b.start is not None}
    known |= {
        b.id: b.start
        for b in buildings
        if b.start is not None and b.id not in taken and b.thing is not None
        and b.thing.kind != "other"
    }  # fmt: skip
    return known


def _common(
    chain: Sequence[Building], cubes: Sequence[xr.Dataset], known: Mapping[str, Polygon]
) -> list[xr.Dataset]:
    """Cubes in which all buildings of the ratio can be cut; the main one at least."""
    found = []
    for cube in cubes:
        try:
            for building in chain:
                if building.start is not None:
                    _cut(building, cube, known)
        except NotMeasurable:
            continue
        found.append(cube)
    return found or [cubes[0]]


def _cut(
    building: Building,
    cube: xr.Dataset,
    known: Mapping[str, Polygon],
    transfer: float | None = None,
) -> Window:
    assert building.start is not None
    thing = building.thing
    mine = {building.id, thing.id if thing else ""}
    others = [p for name, p in known.items() if name not in mine and _near(p, building.start)]
    before, after, until = thing.stages() if thing else (None, None, None)
    return window.cut(
        cube, building.start, before_until=before, after_from=after, after_until=until,
        others=[p for p in others if p.intersection(building.start).area < 0.5 * p.area],
        transfer=transfer,
    )  # fmt: skip


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
            [_cut(building, c, known, transfer) for c in cubes], building.start, outline=outline
        )
    except NotMeasurable as why:
        building.why = f"not measurable: {why}"
        return
    share = fit.area() / building.start.area
    if not OUTSIDE[0] <= share <= OUTSIDE[1] or not fit.polygon().is_valid:
        building.why = "not measurable: no outline fits what the pixels show"
        if building.feature is None and building.thing is not None:
            building.thing.becomes("other", "no building's outline fits what the pixels show")
        return
    building.fit = fit


def _reclass(buildings: Sequence[Building], cube: xr.Dataset) -> None:
    """A new footprint whose outline was drawn before as well is a roof of another colour."""
    time = cube["time"].values
    for b in buildings:
        if b.fit is None or b.thing is None or b.thing.kind != "new-footprint":
            continue
        until = b.thing.stages()[0]
        if until is not None and stood.before(cube, b.fit.polygon(), time <= until):
            b.thing.becomes("re-roofing", "its outline was there before, in another colour")


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
        areas = posterior.draw(posterior.join(fits), seed, inflation)
        for b in chain:
            if b.fit is not None:
                b.area = areas.of(b.id)
    for i, b in enumerate(rest):
        if b.fit is not None:
            own = posterior.draw(posterior.join({b.id: b.fit}), seed + 1 + i, inflation)
            b.area = own.of(b.id)
    return areas
