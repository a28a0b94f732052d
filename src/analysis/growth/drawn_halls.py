"""Halls like the measured ones, drawn into free ground of the same scenes and outlined alike.

A drawn hall is a rectangle of the colour that was fitted to the measured one, on the same dates; it
has no height, casts no shadow, and has no yard. Its blur is drawn from the prior of the sensor's.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
import xarray as xr
from shapely import affinity
from shapely.geometry import Point, Polygon

from analysis.errors import UserError
from analysis.growth import blend, noise, starts
from analysis.growth.blend import Buildings, Ground
from analysis.growth.buildings import Building, Measured
from analysis.growth.detect import clear
from analysis.growth.drawing import places
from analysis.growth.footprint import Fit
from analysis.growth.outlines import RUNAWAY, outlined
from analysis.growth.psf import LOG_WIDTH_SD
from analysis.growth.references import standing
from analysis.growth.window import AROUND_M
from analysis.scenes import Prepared
from analysis.scenes import grid as grids

ALIKE = 0.25
"""Logarithm by which a drawn hall's length and width may differ from the measured one's."""

SHOWN = (0.25, 0.6)
"""Share of a pixel that a drawn hall must cover to be in the object that starts its fit, drawn
anew for each: detection finds more of one building's rim than of another's."""

POINT_M = 15.0
"""Standard deviation in metres of the point that stands for a hall of a site's file."""

SIDE = 0.05
"""Standard deviation of the sides of the polygon that stands for one, relative."""

FLAT = ("sun_azimuth", "sun_elevation", "view_azimuth", "view_zenith")
"""Directions in which only what has a height casts a shadow, or leans."""

HIDDEN = 8
"""Places that are tried for one hall: a roof that stands at the end of the series may be in plain
sight on one date only."""


@dataclass(frozen=True)
class _Sensor:
    """One cube, ready to be built on."""

    cube: xr.Dataset
    ground: Ground
    gsd: float
    jitter: float


@dataclass(frozen=True)
class _Hall:
    """A hall that is drawn: metres in the cube's projection."""

    x: float
    y: float
    length: float
    width: float
    angle: float
    """Radians from east, turning to the south as rows do."""
    days: tuple[float, float]
    """Ground broken and roof on, days since 1970."""
    roofs: tuple[np.ndarray, ...]
    """Reflectance by band, for each sensor."""

    @property
    def outline(self) -> Polygon:
        box = shapely.box(-self.length / 2, -self.width / 2, self.length / 2, self.width / 2)
        turned = affinity.rotate(box, -math.degrees(self.angle), origin=(0, 0))
        return affinity.translate(turned, self.x, self.y)


class Grounds:
    """The scenes of a site, ready to be built on."""

    def __init__(self, done: Prepared, found: Measured, chain: Sequence[Building]) -> None:
        self.sensors = _sensors(done, chain[0])
        self.known = standing(found.candidates, found.references)
        self.taken = _taken(self.sensors[0], found, self.known)
        self.fence = _fence(self.sensors[0], done)

    def blurs(self, rng: np.random.Generator) -> list[float]:
        """Logarithms of the blurs' widths against their priors' centres, one for each sensor."""
        return [LOG_WIDTH_SD * rng.normal() for _ in self.sensors]

    def hall(
        self, rng: np.random.Generator, like: Building, blurs: Sequence[float]
    ) -> tuple[Fit | None, float]:
        """A hall like a measured one: its outline, if it has one, and its true area in m2.

        Where clouds hide it on the dates that show its like, another place is tried.

        Raises
        ------
        UserError
            If there is no room for it.
        """
        for _ in range(HIDDEN):
            hall = _draw(rng, like, self.sensors, self.taken, self.fence)
            building = _measure(rng, hall, like, self.sensors, blurs, self.known)
            if building.fit is not None or building.why == RUNAWAY:
                break
        return building.fit, hall.length * hall.width


def _sensors(done: Prepared, building: Building) -> list[_Sensor]:
    """The cubes to which a building was fitted, in the order of its windows."""
    assert building.fit is not None
    by_side = {}
    for cube in (clear(c) for c in done.cubes.values()):
        by_side[round(abs(float(cube["x"][1] - cube["x"][0])), 6)] = cube
    made = []
    for gsd in (m.window.gsd for m in building.fit.models):
        cube = by_side[round(gsd, 6)]
        cube = cube.isel(time=np.argsort(cube["time"].values, kind="stable"))
        cube = cube.drop_vars([n for n in FLAT if n in cube.coords])
        made.append(_Sensor(cube, blend.ground(cube, gsd), gsd, noise.jitter(cube)))
    return made


def _taken(main: _Sensor, found: Measured, known: Mapping[str, Polygon]) -> np.ndarray:
    """Pixels ``(y, x)`` of the main cube on which no hall may be drawn."""
    taken: np.ndarray = np.asarray(~main.ground.clear.any(axis=0))
    for b in found.candidates:
        if b.thing is not None:
            taken[b.thing.pixels[:, 0], b.thing.pixels[:, 1]] = True
    x, y = np.meshgrid(main.cube["x"].values, main.cube["y"].values)
    for shape in known.values():
        taken |= shapely.contains_xy(shape.buffer(main.gsd), x, y)
    return taken


def _fence(main: _Sensor, done: Prepared) -> np.ndarray | None:
    """Pixels ``(y, x)`` inside the perimeter, where ground is worked as a plant's is."""
    crs = str(main.cube.attrs["crs"])
    fences = [grids.projected(f.geometry, crs) for f in done.site.role("perimeter")]
    if not fences:
        return None
    x, y = np.meshgrid(main.cube["x"].values, main.cube["y"].values)
    return np.asarray(shapely.contains_xy(shapely.union_all(fences), x, y))


def _has_before(b: Building) -> bool:
    """Whether ground was seen before it."""
    return b.fit is not None and any(m.window.before for m in b.fit.models)


def _draw(
    rng: np.random.Generator,
    like: Building,
    sensors: Sequence[_Sensor],
    taken: np.ndarray,
    fence: np.ndarray | None,
) -> _Hall:
    """A hall like a measured one, somewhere else: inside the perimeter if there is room."""
    assert like.fit is not None
    box = np.asarray(like.fit.polygon().minimum_rotated_rectangle.exterior.coords)
    sides = sorted((np.hypot(*(box[1] - box[0])), np.hypot(*(box[2] - box[1]))))
    width, length = sides * np.exp(rng.uniform(-ALIKE, ALIKE, 2))
    main = sensors[0]
    reach = np.array([np.hypot(length, width) / 2 / main.gsd])
    row, column, placed = places(rng, reach, taken, fence)
    if fence is not None and not placed[0]:
        row, column, placed = places(rng, reach, taken, None)
    if not placed[0]:
        raise UserError(
            f"no room to draw a hall of {length:.0f} x {width:.0f} m: enlarge the area of interest"
        )
    light = math.exp(blend.BRIGHTNESS * rng.normal())
    roofs = tuple(np.asarray(m.roof) * light for m in like.fit.models)
    days = (-np.inf, -np.inf)
    if like.thing is not None and _has_before(like) and like.thing.roof_on is not None:
        broken = like.thing.ground_broken or like.thing.roof_on
        days = (broken.value, like.thing.roof_on.value)
    x, y = (np.interp(at[0], np.arange(main.cube.sizes[d]), main.cube[d].values)
            for at, d in ((column, "x"), (row, "y")))  # fmt: skip
    return _Hall(float(x), float(y), length, width, rng.uniform(0, np.pi), days, roofs)


def _measure(
    rng: np.random.Generator,
    hall: _Hall,
    like: Building,
    sensors: Sequence[_Sensor],
    blurs: Sequence[float],
    known: Mapping[str, Polygon],
) -> Building:
    """A drawn hall, outlined as the measured one was."""
    cubes, covers = zip(
        *(
            _built(rng, hall, sensor, roof, blur)
            for sensor, roof, blur in zip(sensors, hall.roofs, blurs, strict=True)
        ),
        strict=True,
    )
    thing, start = None, None
    if like.thing is not None and _has_before(like):
        pixels = np.argwhere(covers[0] > rng.uniform(*SHOWN))
        if len(pixels):
            thing = replace(like.thing, id="drawn", pixels=pixels, unmeasured="")
            start = starts.of_pixels(pixels, cubes[0])
    elif like.feature is not None and isinstance(like.feature.geometry, Point):
        east, north = rng.normal(0, POINT_M / 2, 2)
        near = Point(hall.x + east, hall.y + north)
        start = starts.around(cubes[0], near, like.feature.precision_m)
    else:
        x, y = np.exp(SIDE * rng.normal(size=2))
        start = affinity.scale(hall.outline, x, y)
    building = Building("drawn", thing, None, start)
    outlined(building, cubes, known)
    return building


def _built(
    rng: np.random.Generator, hall: _Hall, sensor: _Sensor, roof: np.ndarray, blur: float
) -> tuple[xr.Dataset, np.ndarray]:
    """The surroundings of a hall with it in them, and the share of each pixel that it covers."""
    reach = AROUND_M + hall.length
    columns = np.flatnonzero(np.abs(sensor.cube["x"].values - hall.x) < reach)
    rows = np.flatnonzero(np.abs(sensor.cube["y"].values - hall.y) < reach)
    local = sensor.cube.isel(x=columns, y=rows)
    part = (..., slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    own = sensor.ground
    ground = replace(
        own, stack=own.stack[part], clear=own.clear[part], season=own.season[part],
        picture=own.picture[part], sigma=own.sigma * math.exp(blur),
    )  # fmt: skip
    soil = np.array([blend.SOIL[b] for b in own.bands])
    wet = np.exp(blend.WET * rng.normal(size=(1, own.days.size, 1)))
    x, y = local["x"].values, local["y"].values
    drawn = Buildings(
        row=np.array([(y[0] - hall.y) / sensor.gsd]),
        column=np.array([(hall.x - x[0]) / sensor.gsd]),
        length=np.array([hall.length / sensor.gsd]), width=np.array([hall.width / sensor.gsd]),
        angle=np.array([hall.angle]),
        first=np.array([hall.days[0]]), second=np.array([hall.days[1]]),
        roof=roof[None], works=soil * wet,
        shift=sensor.jitter * rng.normal(size=(1, own.days.size, 2)),
    )  # fmt: skip
    shown = blend.blend(ground, drawn)
    cover = np.zeros(local["valid"].shape[1:])
    cover[shown.at] = shown.cover
    return blend.built(local, ground, drawn), cover
