"""Where things stand: outlines of halls, housing, roads, fields and zones."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import shapely
from shapely import affinity
from shapely.geometry import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from analysis.simulate import materials
from analysis.simulate.chance import log_uniform, uniform
from analysis.simulate.outlines import Ring, grown, outline, ring
from analysis.simulate.sensors import SENSORS
from analysis.simulate.spec import Spec
from analysis.simulate.world import Building, Cover, Field, Patch, Spectrum

CLEARANCE = 22.0
"""Metres of open ground around each hall: more than two pixels of 10 m."""


@dataclass
class Site:
    """What has been placed so far."""

    chance: np.random.Generator
    sizes: np.random.Generator
    """Stream of the sizes of reference and new hall: the same in each attempt to place them."""
    spec: Spec
    angle: float
    buildings: list[Building] = field(default_factory=list)
    patches: list[Patch] = field(default_factory=list)
    fields: list[Field] = field(default_factory=list)
    zones: dict[str, tuple[Ring, ...]] = field(default_factory=dict)
    taken: list[BaseGeometry] = field(default_factory=list)

    def free(self, shape: BaseGeometry) -> bool:
        """Whether ``shape`` touches nothing that has been placed."""
        return not any(shape.intersects(t) for t in self.taken)

    def turn(self, u: float, v: float) -> tuple[float, float]:
        """Metres along and across the site's axis, as metres east and north."""
        a = math.radians(self.angle)
        return u * math.cos(a) - v * math.sin(a), u * math.sin(a) + v * math.cos(a)

    def turned(self, u: tuple[float, float], v: tuple[float, float]) -> Polygon:
        """A rectangle given along and across the site's axis."""
        return affinity.rotate(shapely.box(u[0], v[0], u[1], v[1]), self.angle, origin=(0, 0))


def half(spec: Spec, sensor: str | None = None) -> float:
    """Half the side of a sensor's chip in metres; of the smallest chip without a name."""
    sides = [p.pixels * SENSORS[p.sensor].gsd / 2 for p in spec.plans if sensor in (None, p.sensor)]
    return min(sides)


def hall(
    site: Site,
    identity: str,
    role: str,
    *,
    area: float,
    built: tuple[date, date] | None,
    within: BaseGeometry,
    aspect: tuple[float, float] = (2.0, 3.8),
    shape: str | None = None,
    height: tuple[float, float] | None = None,
    turn: float | None = None,
    colours: int | None = None,
    clearance: float = CLEARANCE,
    roofed: bool = True,
) -> Building | None:
    """Place a hall of this roof area somewhere ``within``; None if there is no room."""
    chance, spec = site.chance, site.spec
    if area > within.area:
        return None
    built = None if spec.still else built
    shape = shape or str(chance.choice(list(spec.outlines)))
    ratio = uniform(chance, aspect)
    west, south, east, north = within.bounds
    for _ in range(400):
        angle = turn if turn is not None else uniform(chance, (0.0, 180.0))
        centre = (uniform(chance, (west, east)), uniform(chance, (south, north)))
        roof = outline(shape, area, ratio, angle, centre)
        around = grown(roof, clearance)
        if within.contains(roof) and site.free(around):
            break
    else:
        return None
    site.taken.append(around)
    eaves = uniform(chance, spec.eaves)
    wall = grown(roof, -eaves)
    sides = np.hypot(*np.diff(np.asarray(roof.minimum_rotated_rectangle.exterior.coords), axis=0).T)
    made = Building(
        id=identity,
        role=role,
        shape=shape,
        roof=ring(roof),
        wall=ring(wall),
        foundation=ring(grown(wall, 0.4 if spec.eaves[1] else 0.0)),
        length=float(sides.max()),
        angle=angle,
        height=uniform(chance, height or spec.height),
        pitch=uniform(chance, spec.gable),
        ground_broken=built[0] if built else None,
        roof_on=built[1] if built and roofed else None,
        covers=_covers(site, built, colours) if roofed else (),
    )
    site.buildings.append(made)
    return made


def _covers(site: Site, built: tuple[date, date] | None, colours: int | None) -> tuple[Cover, ...]:
    chance, spec = site.chance, site.spec
    number = colours or int(chance.choice(list(spec.covers)))
    cuts = tuple(sorted(float(c) for c in chance.uniform(0.2, 0.8, number - 1)))
    since = built[1] if built else None
    made = [Cover(since, cuts, tuple(materials.roof(chance) for _ in range(number)))]
    if built is None and chance.random() < spec.recover:
        made.append(Cover(a_day(chance, spec, 0.2, 0.8), (), (materials.roof(chance),)))
    return tuple(made)


def a_day(chance: np.random.Generator, spec: Spec, low: float, high: float) -> date:
    """A day between two shares of the whole series."""
    start = min(p.start for p in spec.plans)
    end = max(p.end for p in spec.plans)
    return start + timedelta(days=round(uniform(chance, (low, high)) * (end - start).days))


def building_time(chance: np.random.Generator, ground: date, days: tuple[float, float]) -> date:
    """The day the roof is on, for ground broken on a day."""
    return ground + timedelta(days=round(log_uniform(chance, days)))


def halls(site: Site) -> None:
    """The layout ``halls``: a reference, the new hall, and others, on open ground."""
    chance, spec = site.chance, site.spec
    edge = half(spec) - 60.0
    room = shapely.box(-edge, -edge, edge, edge)
    reference = uniform(site.sizes, (2200.0, 4200.0))
    ratio = log_uniform(site.sizes, spec.ratio)
    sizes = [
        ("hall-new", "new", ratio * reference),
        ("hall-a", "reference", reference),
    ]
    sizes += [
        (f"hall-{i:02d}", "other", log_uniform(chance, spec.hall_area))
        for i in range(2, spec.halls)
    ]
    # largest first, so that the last ones still find room
    for identity, role, area in sorted(sizes, key=lambda s: -s[2]):
        ground = a_day(chance, spec, 0.15, 0.70)
        built: tuple[date, date] | None = (ground, building_time(chance, ground, (60.0, 360.0)))
        if role == "reference" and not spec.reference_before:
            built = None
        placed = hall(site, identity, role, area=area, built=built, within=room)
        if placed is None and role != "other":
            raise ValueError(f"no room for {identity} of {area:.0f} m2 in a chip of {2 * edge} m")
    site.buildings.sort(key=lambda b: b.id)
    site.zones["aoi"] = (ring(shapely.box(*(v * (edge + 40) / edge for v in room.bounds))),)


def road(identity: str, points: list[tuple[float, float]], width: float, colour: Spectrum,
         since: date | None = None) -> Patch:  # fmt: skip
    """A road along a line."""
    line = LineString(points).buffer(width / 2, cap_style="flat", join_style="mitre")
    return Patch(identity, "road", ring(line), colour, since, None)


def tinted(chance: np.random.Generator, base: Spectrum, spread: float) -> Spectrum:
    """``base``, brighter or darker."""
    factor = math.exp(chance.normal(0, spread))
    b, g, r, n, s = (float(v * factor) for v in base)
    return b, g, r, n, s


def disc(u: float, v: float, radius: float) -> Polygon:
    """A circle, as a polygon."""
    return Point(u, v).buffer(radius, quad_segs=6)
