"""What the scenes of a run show of the housing zone, sensor by sensor.

Candidates and areas are those of the growth analysis. It measures with the sensor that has most
dates; the other sensors are measured alone, since a count of blocks needs small pixels more than
many dates.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import shapely
import xarray as xr
from shapely.geometry.base import BaseGeometry

from analysis import paths
from analysis.errors import CheckFailed, UserError
from analysis.growth import measure as growth
from analysis.growth import site_run
from analysis.growth.buildings import Building, Measured
from analysis.growth.candidates import pixel_area_m2
from analysis.growth.detect import RESULTS, clear, stable
from analysis.growth.measured import dated, measured, restored
from analysis.growth.timeline import DateInterval
from analysis.housing import heights, imagery
from analysis.housing.heights import Height
from analysis.housing.imagery import Looked
from analysis.scenes import cached
from analysis.scenes import grid as grids
from analysis.scenes.cached import prepared
from analysis.scenes.prepare import Prepared
from analysis.site import Site
from analysis.steps import step

NO_ZONE = "the site names no housing zone"
NO_SERIES = "two windows are compared: a count needs a series of dates"
COARSE = (
    f"a block is narrower than {imagery.FINEST_PIXELS:g} pixels: blocks of one row run into one "
    "another"
)

AROUND_M = 60.0
"""Metres around the zone that its picture shows."""


@dataclass(frozen=True)
class Block:
    """A candidate in the zone that may be a block."""

    id: str
    kind: str
    outline: shapely.Polygon
    """Fitted, else the outline of its pixels; in the zone's projection."""
    fitted: bool
    area: np.ndarray | None
    """Draws, square metres; None if no outline could be fitted."""
    why: str
    """Why there is no area."""
    ground_broken: DateInterval | None
    roof_on: DateInterval | None
    height: Height | None = None
    """As its shadow tells it; None if nothing is measured."""
    why_no_height: str = heights.NO_OUTLINE


@dataclass(frozen=True)
class View:
    """What one sensor shows of the zone."""

    sensor: str
    gsd: float
    scenes: int
    blocks: tuple[Block, ...]
    looked: Looked | None = None
    """Injected blocks, by the time at which they were begun; None if none could be injected."""
    chances: np.ndarray | None = None
    """Posterior of the number of blocks begun in the time of the count; None if not given."""
    before: np.ndarray | None = None
    """The same before anything was seen."""
    false: float = 0.0
    """False alarms expected among the blocks seen."""
    why: str = ""
    """Why there is no posterior; empty if there is one."""
    picture: np.ndarray | None = None
    """``(y, x, 3)`` red, green, blue: mean of the last clear dates."""
    extent: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    """West, east, south and north of the picture."""

    @property
    def found_share(self) -> float | None:
        """Share found of the injected blocks that were begun in the time of the count."""
        if self.looked is None:
            return None
        found, tried = self.looked.share("settled")
        return found / tried

    def seen(self, *, recent: bool = False) -> list[Block]:
        """Blocks probably begun in the time for which blocks are counted, or after it."""
        if self.looked is None:
            return []
        _, end = self.looked.days("settled")
        counted = [b for b in self.blocks if self.looked.counted(_span(b)) >= 0.5]
        return [b for b in counted if (_begun(b) > end) == recent]


@dataclass(frozen=True)
class Zone:
    """The housing zone of a site as the scenes of a run show it."""

    kind: str
    """Of the scenes: ``simulated``, ``undeclared`` or ``observed``."""
    zone_kind: str
    """Of the zone's outline in the site file."""
    level: float
    crs: str
    shapes: tuple[BaseGeometry, ...]
    views: tuple[View, ...]
    why: str
    """Why nothing was looked at; empty if it was."""
    scenes: tuple[str, ...] = field(default_factory=tuple)

    @property
    def area_m2(self) -> float:
        """Square metres of the zone."""
        return float(sum(s.area for s in self.shapes))

    @property
    def best(self) -> View | None:
        """The sensor whose count is given: the one that finds the largest share of blocks."""
        counted = [v for v in self.views if v.chances is not None]
        return max(counted, key=lambda v: v.found_share or 0.0, default=None)


def seen(
    *,
    source: str,
    site: str,
    start: str,
    end: str,
    before: str,
    after: str,
    observed: bool,
    seed: int,
    level: float,
) -> Zone:
    """What the scenes of a run show of the housing zone, from the parameters of its notebook.

    Raises
    ------
    UserError, CheckFailed
        As `analysis.scenes.prepare`.
    """
    request = site_run.request(
        source=source, site=site, start=start, end=end, before=before, after=after,
        observed=observed,
    )  # fmt: skip
    place, day = cached.on_disk(request)
    return _seen(asdict(request), place, cached.site_on_disk(request), day, seed, level)


@step(reads=("{place}", "{site_file}", "data/sites", RESULTS))
def _seen(
    request: dict[str, Any], place: str, site_file: str, day: str, seed: int, level: float
) -> Zone:
    plain = restored(request)
    done = prepared(plain)
    if not done.site.role("housing-zone") or plain.before:
        return nothing(done, level, NO_SERIES if plain.before else NO_ZONE)
    done.require()
    found: dict[str, Measured | str] = {}
    for name, cube in sorted(done.cubes.items()):
        try:
            if name == done.sensor:
                found[name] = measured(plain, seed=seed, level=level)
            else:
                alone = replace(done, cubes={name: cube})
                found[name] = dated(growth.measure(alone, seed=seed, level=level))
        except (UserError, CheckFailed) as why:
            found[name] = str(why)
    return look(done, found, seed=seed, level=level)


def nothing(done: Prepared, level: float, why: str) -> Zone:
    """A zone at which nothing was looked at."""
    return Zone(done.kind, "assumed", level, "", (), (), why, _ids(done))


def look(done: Prepared, found: dict[str, Measured | str], *, seed: int, level: float) -> Zone:
    """The zone from what each sensor measured, or why it measured nothing."""
    features = done.site.role("housing-zone")
    if not features:
        return nothing(done, level, NO_ZONE)
    views = []
    crs, shapes = "", ()
    for name, result in sorted(found.items()):
        cube = clear(done.cubes[name])
        crs = str(cube.attrs["crs"])
        shapes = tuple(grids.projected(f.geometry, crs) for f in features)
        views.append(view(name, cube, shapes, done.site, result, seed))
    kinds = [f.kind for f in features]
    return Zone(done.kind, kinds[0], level, crs, shapes, tuple(views), "", _ids(done))


def _ids(done: Prepared) -> tuple[str, ...]:
    return tuple(sorted(s.scene.id for s in done.sheets))


def view(
    name: str,
    cube: xr.Dataset,
    shapes: tuple[BaseGeometry, ...],
    site: Site,
    found: Measured | str,
    seed: int,
) -> View:
    """What one sensor shows of the zone."""
    gsd, scenes = float(np.sqrt(pixel_area_m2(cube))), cube.sizes["time"]
    if isinstance(found, str):
        return View(name, gsd, scenes, (), why=found)
    apart = imagery.tells_blocks_apart(cube)
    file = paths.project_root() / RESULTS / heights.STUDY
    errors = heights.read(file, gsd) if apart else None
    inside = tuple(_block(b, cube, errors) for b in found.candidates if _in_zone(b, shapes))
    named = found.null is None or found.null.from_stable_ground
    quiet = stable(site, cube) if named else None
    try:
        when = imagery.window(_near(cube, shapes, 0.0))
        looked = imagery.look(cube, seed, when, stable=quiet)
    except UserError as why:
        return View(name, gsd, scenes, inside, why=str(why))
    picture, extent = _picture(cube, shapes)
    bare = View(name, gsd, scenes, inside, looked, why=COARSE, picture=picture, extent=extent)
    if not apart:
        return bare
    area = float(sum(s.area for s in shapes))
    most, begun = imagery.most_blocks(area), [_span(b) for b in inside]
    chances, false = imagery.count(begun, looked, found.null, area, most, seed)
    before = imagery.unseen(looked, chances.size - 1)
    return replace(bare, chances=chances, before=before, false=false, why="")


def _in_zone(b: Building, shapes: tuple[BaseGeometry, ...]) -> bool:
    if b.thing is None or b.outline is None or not imagery.is_block(b.thing.kind):
        return False
    return any(s.contains(b.outline.centroid) for s in shapes)


def _block(b: Building, cube: xr.Dataset, errors: heights.Errors | None) -> Block:
    assert b.thing is not None
    assert b.outline is not None
    height, why = heights.of_block(b.thing, b.fit, cube, errors)
    return Block(
        b.id, b.thing.kind, b.outline, b.fit is not None, b.area, b.why,
        b.thing.ground_broken, b.thing.roof_on, height, why,
    )  # fmt: skip


def _span(b: Block) -> tuple[float, float]:
    when = b.ground_broken or b.roof_on
    assert when is not None
    return when.low, when.high


def _begun(b: Block) -> float:
    when = b.ground_broken or b.roof_on
    assert when is not None
    return when.value


def _near(cube: xr.Dataset, shapes: tuple[BaseGeometry, ...], metres: float) -> xr.Dataset:
    """The part of a cube in the rectangle around some shapes."""
    west, south, east, north = shapely.union_all(list(shapes)).bounds
    x, y = cube["x"].values, cube["y"].values
    return cube.isel(
        x=np.flatnonzero((x > west - metres) & (x < east + metres)),
        y=np.flatnonzero((y > south - metres) & (y < north + metres)),
    )


def _picture(
    cube: xr.Dataset, shapes: tuple[BaseGeometry, ...], dates: int = 3
) -> tuple[np.ndarray, tuple[float, float, float, float]]:
    """Mean of each pixel's last clear dates in and around the zone, and where it lies."""
    local = _near(cube, shapes, AROUND_M).sortby("time", ascending=False)
    x, y = local["x"].values, local["y"].values
    clear = local["valid"].values
    used = clear & (np.cumsum(clear, axis=0) <= dates)
    count = used.sum(axis=0)
    colours = [np.where(used, local[b].values, 0.0).sum(axis=0) for b in ("red", "green", "blue")]
    half = abs(float(cube["x"][1] - cube["x"][0])) / 2
    at = (x.min() - half, x.max() + half, y.min() - half, y.max() + half)
    picture = np.stack(colours, axis=-1) / np.maximum(count, 1)[..., None]
    picture[count == 0] = np.nan
    return picture.astype(np.float32), tuple(float(v) for v in at)  # type: ignore[return-value]
