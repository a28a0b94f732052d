"""The layout ``plant``: a walled works, housing beside it, and country around them."""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
import shapely
from shapely import affinity
from shapely.geometry import Polygon

from analysis.simulate import materials
from analysis.simulate.chance import log_uniform, uniform
from analysis.simulate.layout import Site, a_day, building_time, disc, half, hall, road, tinted
from analysis.simulate.outlines import outline, ring
from analysis.simulate.sensors import SENSORS
from analysis.simulate.spec import CENTURY
from analysis.simulate.world import Building, Cover, Field, Patch

CROPS = ("grain", "maize", "rice", "fallow")
ROTATION = (0.25, 0.35, 0.25, 0.15)
"""Shares of the crops over fields and years."""


def plant(site: Site) -> None:
    """Place a whole site: works, housing, roads, water, fields, and its zones."""
    _zones(site)
    _works(site)
    _housing(site)
    _country(site)
    _stable(site)
    site.buildings.sort(key=lambda b: b.id)


def _zones(site: Site) -> None:
    chance = site.chance
    edge = half(site.spec, "sim-10m") - SENSORS["sim-10m"].gsd * SENSORS["sim-10m"].margin
    site.zones["aoi"] = (ring(shapely.box(-edge, -edge, edge, edge)),)
    corners = [(-255, -150), (245, -165), (255, 150), (120, 195), (-240, 180)]
    moved = [
        site.turn(u + chance.uniform(-12, 12), v + chance.uniform(-12, 12)) for u, v in corners
    ]
    site.zones["perimeter"] = (ring(Polygon(moved)),)
    site.zones["housing-zone"] = (ring(site.turned((30, 240), (-335, -205))),)


def _works(site: Site) -> None:
    """Halls inside the perimeter; the largest find their places first."""
    chance, spec = site.chance, site.spec
    inside = Polygon(site.zones["perimeter"][0]).buffer(-25)
    year = 2000 + CENTURY
    first = uniform(site.sizes, (2600.0, 3700.0))
    ratio = log_uniform(site.sizes, spec.ratio)
    second_ground = date(year + 19, 4, 1) + timedelta(days=int(chance.integers(0, 400)))
    new_ground = date(year + 22, 3, 1) + timedelta(days=int(chance.integers(0, 200)))
    plans = [
        ("hall-new", "new", ratio * first, (new_ground, 150.0, 320.0)),
        ("hall-b", "reference", uniform(chance, (3800.0, 5200.0)), (second_ground, 180.0, 400.0)),
        ("hall-a", "reference", first, None),
        ("hall-c", "older", uniform(chance, (1200.0, 2000.0)), None),
    ]
    for identity, role, area, time in sorted(plans, key=lambda p: -p[2]):
        built = None
        if time:
            built = (time[0], building_time(chance, time[0], (time[1], time[2])))
        made = hall(
            site,
            identity,
            role,
            area=area,
            built=built,
            within=inside,
            shape="l-shape" if identity == "hall-c" else "rectangle",
            turn=site.angle + uniform(chance, (-1.5, 1.5)),
            colours=3 if identity == "hall-b" else 1,
        )
        if made is None:
            raise ValueError(f"no room for {identity} of {area:.0f} m2 inside the perimeter")
    if not spec.still:
        _recover(site, "hall-b", date(year + 23, 5, 1), 80)
        _recover(site, "hall-c", date(year + 20, 8, 1), 300)
    limit = 0.4 * ratio * first
    for number in range(int(chance.integers(3, 6))):
        stands = number < 2 or limit < 250
        ground = a_day(chance, spec, 0.15, 0.85)
        hall(
            site,
            f"shed-{number + 1}",
            "other",
            area=log_uniform(chance, (150.0, 700.0) if stands else (150.0, min(700.0, limit))),
            built=None if stands else (ground, building_time(chance, ground, (40.0, 160.0))),
            within=inside,
            aspect=(1.3, 2.6),
            shape="rectangle",
            height=(4.0, 7.0),
            turn=site.angle + uniform(chance, (-4.0, 4.0)),
            clearance=12.0,
        )
    _yards(site, inside)


def _recover(site: Site, identity: str, since: date, spread: int) -> None:
    """Give a hall one new colour, on a day in the ``spread`` days after ``since``."""
    chance = site.chance
    index = next(i for i, b in enumerate(site.buildings) if b.id == identity)
    old = site.buildings[index]
    when = since + timedelta(days=int(chance.integers(0, spread)))
    before = np.mean(old.covers[-1].colours, axis=0)
    while True:
        colour = materials.roof(chance)
        if float(np.abs(np.array(colour) - before).max()) > 0.06:
            break
    covers = (*old.covers, Cover(when, (), (colour,)))
    site.buildings[index] = Building(**{**old.__dict__, "covers": covers})


def _yards(site: Site, inside: Polygon) -> None:
    """Paved yards, a pit that is dug and filled again, and the way to the gate."""
    chance = site.chance
    for number in range(2):
        yard = _spot(site, inside, (25.0, 45.0), 6.0)
        if yard is not None:
            colour = tinted(chance, materials.GRAVEL, 0.15)
            site.patches.append(Patch(f"yard-{number + 1}", "yard", ring(yard), colour, None, None))
    pit = _spot(site, inside, (22.0, 34.0), 8.0)
    if pit is not None and not site.spec.still:
        since = a_day(chance, site.spec, 0.35, 0.8)
        until = since + timedelta(days=int(chance.integers(150, 420)))
        colour = tinted(chance, materials.EARTHWORKS, 0.1)
        site.patches.append(Patch("pit", "ground-works", ring(pit), colour, since, until))


def _spot(
    site: Site, inside: Polygon, size: tuple[float, float], clearance: float
) -> Polygon | None:
    west, south, east, north = inside.bounds
    for _ in range(120):
        centre = (uniform(site.chance, (west, east)), uniform(site.chance, (south, north)))
        side = uniform(site.chance, size)
        shape = outline("rectangle", side * side, 1.4, site.angle, centre)
        if inside.contains(shape) and site.free(shape.buffer(clearance)):
            site.taken.append(shape.buffer(clearance))
            return shape
    return None


def _housing(site: Site) -> None:
    """Blocks of flats outside the perimeter: two old ones, and foundations in two rows."""
    chance = site.chance
    zone = Polygon(site.zones["housing-zone"][0])
    length, width = uniform(chance, (42.0, 54.0)), uniform(chance, (11.0, 13.5))
    start = date(2000 + CENTURY + 24, 3, 10)
    for number in range(9):
        column, row = number % 3, number // 3
        centre = site.turn(68 + 66.0 * column, -232 - 38.0 * row)
        roof = outline("rectangle", length * width, length / width, site.angle, centre)
        old = row == 0 and column < 2
        if site.spec.still and not old:
            continue
        ground = start + timedelta(days=int(chance.integers(0, 200)))
        on = building_time(chance, ground, (90.0, 240.0))
        roofed = old or on < date(2000 + CENTURY + 24, 12, 1)
        cover = Cover(None if old else on, (), (materials.roof(chance),))
        site.buildings.append(
            Building(
                id=f"block-{number + 1}",
                role="housing",
                shape="rectangle",
                roof=ring(roof),
                wall=ring(roof),
                foundation=ring(roof.buffer(0.4, join_style="mitre")),
                length=length,
                angle=site.angle,
                height=uniform(chance, (12.0, 18.0)),
                pitch=0.0,
                ground_broken=None if old else ground,
                roof_on=None if old or not roofed else on,
                covers=(cover,) if roofed else (),
            )
        )
    site.taken.append(zone)


def _country(site: Site) -> None:
    """Roads, a pond and fields around the works."""
    chance, spec = site.chance, site.spec
    far = 1.6 * half(spec, "sim-10m")
    perimeter = Polygon(site.zones["perimeter"][0])
    site.taken.append(perimeter.buffer(20))
    main = [site.turn(u, -395 + 25 * math.sin(u / 260)) for u in np.linspace(-far, far, 30)]
    gate = [site.turn(-40, -150), site.turn(-40, -260), site.turn(-30, -375)]
    track = [site.turn(330 + 20 * math.sin(v / 190), v) for v in np.linspace(-375, far, 24)]
    lanes = [
        road("road-main", main, 9.0, tinted(chance, materials.ROAD, 0.1)),
        road("road-gate", gate, 6.0, tinted(chance, materials.ROAD, 0.1)),
        road(
            "road-new",
            track,
            8.0,
            tinted(chance, materials.EARTHWORKS, 0.1),
            since=None if spec.still else a_day(chance, spec, 0.3, 0.7),
        ),
    ]
    corners = list(perimeter.buffer(-7).exterior.coords)
    for number, (a, b) in enumerate(zip(corners[:-1], corners[1:], strict=True), start=1):
        site.patches.append(road(f"road-wall-{number}", [a, b], 4.5, materials.CONCRETE))
    site.patches.extend(lanes)
    site.taken.extend(Polygon(lane.outline).buffer(6) for lane in lanes)
    place = site.turn(uniform(chance, (-560, -430)), uniform(chance, (-120, 160)))
    pond = shapely.union_all(
        [
            disc(place[0] + dx, place[1] + dy, r)
            for dx, dy, r in chance.uniform((-70, -45, 30), (70, 45, 60), (6, 3))
        ]
    )
    pond = Polygon(shapely.concave_hull(pond, 0.4).buffer(8).exterior)
    water = tinted(chance, materials.WATER, 0.1)
    site.patches.append(Patch("pond", "water", ring(pond), water, None, None))
    site.taken.append(pond.buffer(10))
    _fields(site, far)


def _fields(site: Site, far: float) -> None:
    """Parcels on one side of the country, between the lanes."""
    chance = site.chance
    lean = site.angle + uniform(chance, (-25.0, 25.0))
    years = range(8)
    chip = shapely.box(-far, -far, far, far).buffer(-0.35 * far)
    v = -far
    while v < far:
        depth = uniform(chance, (60.0, 130.0))
        u = -far + uniform(chance, (0.0, 80.0))
        while u < far:
            width = uniform(chance, (70.0, 190.0))
            cell = affinity.rotate(
                shapely.box(u + 2, v + 2, u + width - 2, v + depth - 2), lean, origin=(0, 0)
            )
            u += width
            middle = cell.centroid
            west_or_south = middle.x + 0.4 * middle.y < 120
            seen = cell.intersects(chip)
            if not (seen and west_or_south and site.free(cell)) or chance.random() < 0.12:
                continue
            crops = tuple(CROPS[int(chance.choice(4, p=ROTATION))] for _ in years)
            if chance.random() < 0.3:
                crops = tuple("rice" for _ in years)
            site.fields.append(
                Field(
                    f"field-{len(site.fields) + 1}",
                    ring(cell),
                    crops,
                    float(math.exp(chance.normal(0, 0.15))),
                    float(chance.normal(0, 7)),
                )
            )
        v += depth
    site.taken.extend(Polygon(f.outline).buffer(2) for f in site.fields)


def _stable(site: Site) -> None:
    """Open ground on which nothing happens, for the site's own null."""
    chance = site.chance
    edge = half(site.spec, "sim-10m") - 110
    found: list[Polygon] = []
    for size in (260.0, 220.0, 180.0, 150.0, 120.0, 100.0):
        for _ in range(200):
            centre = (uniform(chance, (-edge, edge)), uniform(chance, (-edge, edge)))
            shape = outline("rectangle", size * size, 1.3, site.angle, centre)
            if shapely.box(-edge, -edge, edge, edge).contains(shape) and site.free(shape):
                found.append(shape)
                site.taken.append(shape.buffer(20))
                break
    site.zones["stable-ground"] = tuple(ring(f) for f in found[:4])
