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
from scipy import ndimage
from shapely import affinity
from shapely.geometry import Point, Polygon

from analysis.errors import UserError
from analysis.growth import blend, history, noise, starts
from analysis.growth.blend import Buildings, Ground
from analysis.growth.buildings import Building, Measured
from analysis.growth.detect import clear
from analysis.growth.drawing import CLEARANCE
from analysis.growth.footprint import Fit
from analysis.growth.measure import fitted
from analysis.growth.metric import is_metric
from analysis.growth.outlines import RUNAWAY, outlined
from analysis.growth.psf import LOG_WIDTH_SD
from analysis.growth.references import standing, whole
from analysis.growth.window import AROUND_M
from analysis.scenes import grid as grids
from analysis.scenes.prepare import Prepared
from analysis.site import Feature

ALIKE = 0.25
"""Logarithm by which a drawn hall's length and width may differ from the measured one's."""

SHOWN = (0.25, 0.6)
"""Share of a pixel that a drawn hall must cover to be in the object that starts its fit, drawn
anew for each: detection finds more of one building's rim than of another's."""

POINT = 0.5
"""Standard deviation, east and north, of the point that stands for a hall of a site's file, as a
share of the distance within which its middle is looked for."""

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
        taken = _taken(self.sensors[0], found, self.known)
        self.room = ndimage.distance_transform_edt(np.pad(~taken, 1))[1:-1, 1:-1]
        self.fence = _fence(self.sensors[0], done)
        self.outside = 0
        """Halls for which there was no room inside the perimeter."""

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
            hall, inside = _draw(rng, like, self.sensors, self.room, self.fence)
            building = _measure(rng, hall, like, self.sensors, blurs, self.known)
            if building.fit is not None or building.why == RUNAWAY:
                break
        self.outside += not inside
        return building.fit, hall.length * hall.width


def _sensors(done: Prepared, building: Building) -> list[_Sensor]:
    """The cubes to which a building was fitted, in the order of its windows."""
    assert building.fit is not None
    main = clear(done.cube)
    by_side = {}
    for cube in (clear(c) for name, c in sorted(done.cubes.items()) if name != done.sensor):
        if is_metric(cube) and cube.attrs["crs"] == main.attrs["crs"]:
            by_side[_side(cube)] = cube
    by_side[_side(main)] = main
    made = []
    for gsd in (m.window.gsd for m in building.fit.models):
        cube = by_side[round(gsd, 6)]
        cube = cube.isel(time=np.argsort(cube["time"].values, kind="stable"))
        cube = cube.drop_vars([n for n in FLAT if n in cube.coords])
        made.append(_Sensor(cube, blend.ground(cube, gsd), gsd, noise.jitter(cube)))
    return made


def _side(cube: xr.Dataset) -> float:
    return round(abs(float(cube["x"][1] - cube["x"][0])), 6)


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
    room: np.ndarray,
    fence: np.ndarray | None,
) -> tuple[_Hall, bool]:
    """A hall like a measured one, somewhere else, and whether that is inside the perimeter.

    ``room`` is the distance of each pixel ``(y, x)`` from what is taken, in pixels.
    """
    assert like.fit is not None
    box = np.asarray(like.fit.polygon().minimum_rotated_rectangle.exterior.coords)
    sides = sorted((np.hypot(*(box[1] - box[0])), np.hypot(*(box[2] - box[1]))))
    width, length = sides * np.exp(rng.uniform(-ALIKE, ALIKE, 2))
    main = sensors[0]
    reach = np.hypot(length, width) / 2 / main.gsd
    roomy = room > reach + CLEARANCE
    near = roomy if fence is None else roomy & fence
    free = np.argwhere(near if near.any() else roomy)
    if not free.size:
        raise UserError(
            f"no room to draw a hall of {length:.0f} x {width:.0f} m: enlarge the area of interest"
        )
    row, column = free[int(rng.integers(len(free)))] + rng.uniform(-0.5, 0.5, 2)
    light = math.exp(blend.BRIGHTNESS * rng.normal())
    roofs = tuple(np.asarray(m.roof) * light for m in like.fit.models)
    x, y = (float(np.interp(at, np.arange(main.cube.sizes[d]), main.cube[d].values))
            for at, d in ((column, "x"), (row, "y")))  # fmt: skip
    hall = _Hall(x, y, length, width, rng.uniform(0, np.pi), _days(rng, like), roofs)
    return hall, bool(near.any())


def _days(rng: np.random.Generator, like: Building) -> tuple[float, float]:
    """When ground was broken and the roof was on, from the measured hall's intervals."""
    thing = like.thing
    if thing is None or thing.roof_on is None or not _has_before(like):
        return -np.inf, -np.inf
    begun, roofed = (
        float(history.draw_dates(when, 1, rng)[0])
        for when in (thing.ground_broken or thing.roof_on, thing.roof_on)
    )
    return begun, max(begun, roofed)


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
    building = Building("drawn", None, like.feature, None)
    if like.thing is not None:
        pixels = np.argwhere(covers[0] > rng.uniform(*SHOWN))
        if not len(pixels):
            return building
        building.thing = replace(like.thing, id="drawn", pixels=pixels)
        building.start = starts.of_pixels(pixels, cubes[0])
    if like.feature is not None:
        building.start = _named(rng, hall, like.feature, building, cubes[0])
    if like.feature is not None or len(cubes) > 1:
        fitted([building], cubes, known)
    else:
        outlined(building, cubes, known)
    return building


def _named(
    rng: np.random.Generator, hall: _Hall, feature: Feature, building: Building, cube: xr.Dataset
) -> Polygon | None:
    """Where the fit of a hall begins that a site's file would name."""
    if not isinstance(feature.geometry, Point):
        x, y = np.exp(SIDE * rng.normal(size=2))
        return affinity.scale(hall.outline, x, y)
    near = min(max(feature.precision_m or 0.0, starts.NEAR_M[0]), starts.NEAR_M[1])
    east, north = rng.normal(0, POINT * near, 2)
    point = Point(hall.x + east, hall.y + north)
    if building.thing is None:
        return starts.around(cube, point, feature.precision_m)
    return whole(point, feature, building, cube)


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
