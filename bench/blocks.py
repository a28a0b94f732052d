"""The count of blocks on drawn estates: is its posterior where it should be?

Estates of none to twelve blocks with their shadows, every number as probable as any other, stand in
rows on the simulator's ground, begun within two hundred days at a time drawn over the series. The
detector, the checks of objects and the injection run on each world as on real scenes; no outline
is fitted.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import shapely
from pyproj import Transformer
from scipy import stats
from shapely import affinity
from shapely.geometry.base import BaseGeometry

import analysis.housing.blocks as blocks
import analysis.housing.imagery as imagery
from analysis import simulate
from analysis.errors import UserError
from analysis.growth import detect
from analysis.growth.candidates import BEFORE_DATES
from analysis.simulate import materials
from analysis.simulate.world import EPSG, ORIGIN, Building, Cover
from analysis.site import Site, parse
from bench.record import code, write
from bench.worlds import days, mask

MODULES = (
    "analysis.growth.detect", "analysis.growth.injection",
    "analysis.housing.blocks", "analysis.housing.imagery", "bench.blocks", "bench.worlds",
)  # fmt: skip

FIRST_SEED = 1_500_000
"""Seeds that no version had seen; those from 950000 and from 980000 on were looked at during
development, and those from 960000, 970000, 980000 and 1400000 on earlier versions were scored."""

ACROSS_SEED = 1_550_000
"""The same, of estates that were begun across the day on which the count begins."""

ROWS, COLUMNS = 3, 4
MOST = ROWS * COLUMNS
PITCH_M = (66.0, 38.0)
"""From block to block along and across a row, as the bundled estate has them."""

TALL_M = (2.7, 24.6)
"""Heights of blocks of one to seven storeys: they shade each other."""

PIXELS = {"sim-3m": 110, "sim-10m": 36}
SPECS = ("matched", "noise", "optics", "correlated")
SCENES = (16, 24)
TOGETHER_DAYS = 200
MINUTES = 38.0
WORLDS = 300
COARSE = 30
"""Worlds that are also looked at with 10 m pixels."""

ACROSS = COARSE
"""Estates begun across the day on which the count begins."""

LEVEL = 0.9
DRAWS = 2000


def estate(
    seed: int, spec: simulate.Spec, *, across: bool = False
) -> tuple[simulate.World, shapely.Polygon]:
    """A world with nothing but an estate, and its housing zone in metres about the origin.

    It is begun in the time for which the report counts: after six dates, before the last stretch;
    or ``across`` the day on which the count begins, so that it is partly older.
    """
    world = simulate.draw(seed, spec)
    rng = np.random.default_rng([seed, 6])
    number = int(rng.integers(0, MOST + 1))
    length, width = rng.uniform(42.0, 54.0), rng.uniform(11.0, 13.5)
    angle = rng.uniform(-40.0, 40.0)
    plan = spec.plans[0]
    every = sorted(scene.date for scene in world.scenes)
    clear = sorted(scene.date for scene in world.scenes if scene.cloud < 1 - imagery.CLEAR)
    first = clear[BEFORE_DATES + imagery.SPARE_DATES - 1]
    last = every[0] + imagery.UNTIL * (every[-1] - every[0])
    begun = first + timedelta(days=int(rng.uniform(1, max((last - first).days - TOGETHER_DAYS, 2))))
    if across:
        begun = first - timedelta(days=int(rng.uniform(0, TOGETHER_DAYS)))
    places = rng.permutation(MOST)[:number]
    made = [
        _block(rng, int(place), (length, width, angle), begun, plan.end) for place in sorted(places)
    ]
    reach = [PITCH_M[0] * COLUMNS / 2 + 5, PITCH_M[1] * ROWS / 2 + 5]
    zone = affinity.rotate(shapely.box(-reach[0], -reach[1], *reach), angle, origin=(0, 0))
    return replace(world, buildings=tuple(made), patches=(), fields=()), zone


def _block(
    rng: np.random.Generator, place: int, size: tuple[float, float, float], begun: date, end: date
) -> Building:
    """One block at its place in the rows."""
    length, width, angle = size
    centre = (PITCH_M[0] * (place % COLUMNS - (COLUMNS - 1) / 2),
              PITCH_M[1] * (place // COLUMNS - (ROWS - 1) / 2))  # fmt: skip
    straight = shapely.box(-length / 2, -width / 2, length / 2, width / 2)
    turned = affinity.rotate(affinity.translate(straight, *centre), angle, origin=(0, 0))
    ground = begun + timedelta(days=int(rng.integers(0, TOGETHER_DAYS)))
    on = ground + timedelta(days=round(float(np.exp(rng.uniform(np.log(90), np.log(240))))))
    height = float(rng.uniform(*TALL_M))
    ring = tuple((float(x), float(y)) for x, y in turned.exterior.coords[:-1])
    roofed = on < end
    return Building(
        id=f"block-{place + 1}", role="housing", shape="rectangle", roof=ring, wall=ring,
        foundation=ring, length=length, angle=angle, height=height, pitch=0.0,
        ground_broken=ground, roof_on=on if roofed else None,
        covers=(Cover(on, (), (materials.roof(rng),)),) if roofed else (),
    )  # fmt: skip


def site(zone: shapely.Polygon, half: float) -> Site:
    """A site whose stable ground is all but the estate, to half the side of its scenes (metres)."""
    square = shapely.box(-half, -half, half, half)
    shapes = {"aoi": square, "stable-ground": square.difference(zone.buffer(20.0))}
    features = [
        {"type": "Feature", "id": role, "geometry": _degrees(shape).__geo_interface__,
         "properties": {"name": role, "role": role, "kind": "simulated"}}
        for role, shape in shapes.items()
    ]  # fmt: skip
    record = {"type": "FeatureCollection", "properties": {"name": "drawn"}, "features": features}
    return parse(json.dumps(record).encode(), "drawn.geojson")


def _degrees(shape: BaseGeometry) -> BaseGeometry:
    """A shape in metres about the origin, in longitude and latitude."""
    turn = Transformer.from_crs(EPSG, 4326, always_xy=True).transform
    return shapely.transform(shape, lambda at: np.column_stack(turn(*(at + ORIGIN).T)))


def _middle_in(inside: np.ndarray, pixels: np.ndarray) -> bool:
    row, column = np.round(pixels.mean(axis=0)).astype(int)
    return bool(inside[row, column])


def one(task: tuple[str, int, int, str], *, across: bool = False) -> dict[str, Any] | None:
    """Truth and posterior of one world; None if clouds leave no time that can be counted.

    True are the blocks that were begun since the count begins: of an estate ``across`` that day
    not all.
    """
    name, seed, scenes, sensor = task
    plain = replace(simulate.SPECS[name], halls=2, hall_area=(1500.0, 1600.0), ratio=(0.5, 0.6))
    roomy = simulate.with_scenes(plain, scenes, sensor)
    world, zone = estate(seed, roomy, across=across)
    small = replace(roomy, plans=(replace(roomy.plans[0], pixels=PIXELS[sensor]),))
    cube = detect.clear(simulate.cube(replace(world, spec=small)))
    try:
        when = imagery.window(cube)
    except UserError:
        return None
    inside = mask(cube, zone.exterior.coords)
    place = site(zone, PIXELS[sensor] * cube.attrs["gsd"] / 2)
    found = detect.detect(cube, place, level=LEVEL)
    null = found.null
    stable = detect.stable(place, cube) if null.from_stable_ground else None
    things = [t for t in found.things if imagery.is_block(t.kind)]
    looked = imagery.look(cube, seed, when, stable=stable)
    begun = [
        (t.ground_broken.low, t.ground_broken.high)
        for t in things
        if t.ground_broken is not None and _middle_in(inside, t.pixels)
    ]
    chances, expected = imagery.count(begun, looked, null, zone.area, MOST, seed)
    low, middle, high = blocks.interval(chances, LEVEL)
    first, _ = looked.days("settled")
    truth = sum(bool(days(b.ground_broken) >= first) for b in world.buildings
                if b.ground_broken is not None)  # fmt: skip
    hit, tried = looked.share("settled")
    return {
        "seed": seed, "spec": name, "scenes": scenes, "sensor": sensor, "truth": truth,
        "seen": sum(looked.counted(b) >= 0.5 for b in begun), "classes": [t.kind for t in things],
        "complete": round(hit / tried, 3), "false": round(expected, 4),
        "threshold": round(float(null.threshold), 2),
        "median": middle, "low": low, "high": high,
        "held": round(float(chances[low : high + 1].sum()), 4),
        "pit": round(blocks.placed(chances, truth, np.random.default_rng([seed, 7])), 5),
    }  # fmt: skip


def task(i: int, sensor: str = "sim-3m") -> tuple[str, int, int, str]:
    """Kind, seed, number of scenes and sensor of the ``i``-th world."""
    return SPECS[i % len(SPECS)], FIRST_SEED + i, SCENES[(i // len(SPECS)) % len(SCENES)], sensor


def summary(worlds: list[dict[str, Any]]) -> dict[str, Any]:
    """Coverage with its 90 % interval by bootstrap of worlds, widths, and the transform's gap."""
    held = np.array([w["low"] <= w["truth"] <= w["high"] for w in worlds], dtype=float)
    pick = np.random.default_rng(1).integers(0, held.size, (DRAWS, held.size))
    ends = np.quantile(held[pick].mean(axis=1), [0.05, 0.95])
    wide = np.array([w["high"] - w["low"] for w in worlds], dtype=float)
    pits = np.array([w["pit"] for w in worlds])
    missed = [w for w in worlds if not w["low"] <= w["truth"] <= w["high"]]
    return {
        "worlds": held.size,
        "coverage": round(float(held.mean()), 4),
        "coverage_interval90": [round(float(e), 4) for e in ends],
        "held_by_posterior": round(float(np.mean([w["held"] for w in worlds])), 4),
        "missed": len(missed),
        "missed_more": sum(w["truth"] > w["high"] for w in missed),
        "mean_width": round(float(wide.mean()), 3),
        "median_width": float(np.median(wide)),
        "pit_gap": round(float(stats.kstest(pits, "uniform").statistic), 4),
        "pit_band95": round(float(stats.kstwo.ppf(0.95, pits.size)), 4),
        "seen_is_truth": round(float(np.mean([w["seen"] == w["truth"] for w in worlds])), 4),
        "mean_truth": round(float(np.mean([w["truth"] for w in worlds])), 3),
        "mean_seen": round(float(np.mean([w["seen"] for w in worlds])), 3),
    }


def tables(
    fine: list[dict[str, Any]], coarse: list[dict[str, Any]], older: list[dict[str, Any]]
) -> dict[str, Any]:
    """All that is told of the worlds: at 3 m, at 10 m, and begun across the count's first day."""
    return {
        "level": LEVEL,
        "most": MOST,
        "all": summary(fine),
        "by_spec": {s: summary([w for w in fine if w["spec"] == s]) for s in SPECS},
        "by_scenes": {str(s): summary([w for w in fine if w["scenes"] == s]) for s in SCENES},
        "ten_metres": summary(coarse),
        "across": summary(older),
    }


def again(row: dict[str, Any]) -> dict[str, Any] | None:
    """The world of a row of the results, made anew, as the results hold it."""
    across = bool(row.get("across"))
    name, seed, scenes, sensor = task(
        row["seed"] - (ACROSS_SEED if across else FIRST_SEED), row["sensor"]
    )
    found = one((name, row["seed"] if across else seed, scenes, sensor), across=across)
    if found is None:
        return None
    return _kept(found | {"across": True} if across else found)


def _kept(world: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in world.items() if k != "classes"}


def main(worlds: int = WORLDS, minutes: float = MINUTES) -> None:
    """Draw worlds until there are enough or the time is over, and write what came of them."""
    tested, started = code(MODULES), time.perf_counter()
    fine: list[dict[str, Any]] = []
    coarse: list[dict[str, Any]] = []
    older: list[dict[str, Any]] = []
    drawn = 0
    while len(fine) < worlds and time.perf_counter() - started < 60 * minutes:
        found = one(task(drawn))
        fine += [found] if found else []
        if drawn % (worlds // COARSE) == 0 and drawn // (worlds // COARSE) < COARSE:
            seen = one(task(drawn // (worlds // COARSE), "sim-10m"))
            coarse += [seen] if seen else []
            name, seed, scenes, sensor = task(drawn // (worlds // COARSE))
            seen = one((name, seed - FIRST_SEED + ACROSS_SEED, scenes, sensor), across=True)
            older += [seen | {"across": True}] if seen else []
        drawn += 1
        if drawn % 20 == 0:
            print(f"blocks: {drawn} worlds", file=sys.stderr, flush=True)
    record = {
        "code": tested,
        **tables(fine, coarse, older),
        "asked": worlds,
        "seconds": round(time.perf_counter() - started, 1),
        "nothing_countable": drawn - len(fine),
        "seeds": {
            "three_metres": [FIRST_SEED, drawn],
            "ten_metres": [FIRST_SEED, COARSE],
            "across": [ACROSS_SEED, ACROSS],
        },
        "worlds": [_kept(w) for w in [*fine, *coarse, *older]],
    }
    write("blocks", record, MODULES)


if __name__ == "__main__":
    main()
