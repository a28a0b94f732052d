"""Heights of blocks from their shadows, on drawn estates: how far off, and how often held.

Blocks of one to seven storeys stand in rows, so that they shade each other, and are begun at any
time that the report counts. Candidates, dates and outlines are found as on real scenes; nothing is
handed over but the cube. Ground slopes by a few per cent in all but the plainest estates, as the
analysis does not know: a shadow that falls uphill is shorter. Each half of the estates is
scored with the errors that the other half has; the report uses those of both.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from shapely import affinity
from shapely.geometry import Polygon

from analysis import evidence, simulate
from analysis import site as sites
from analysis.growth import measure
from analysis.growth.buildings import Measured
from analysis.housing.heights import ANGLES, MOST_RMSE_M, Errors, Height, Prior, learn, of_block
from analysis.housing.parameters import from_choice
from analysis.housing.scenarios import build
from analysis.scenes.prepare import Prepared, Request
from analysis.scenes.source import resolve
from analysis.simulate.sensors import SENSORS as KNOWN
from analysis.simulate.world import ORIGIN, World, to_degrees
from bench.blocks import PIXELS, estate
from bench.record import code, write

MODULES = ("analysis.growth.measure", "analysis.housing.heights", "bench.blocks", "bench.heights")

FIRST = {"one": 1_500_000, "other": 1_600_000}
"""Seeds of the halves, that no version had seen; those from 990000 on were looked at during
development, and those from 1300000 and 1400000 on were scored by an earlier version, whose
intervals held too little."""

SENSORS = {"sim-3m": (20, 30), "sim-10m": (24, 60)}
"""Numbers of scenes that are drawn, by sensor."""

KINDS = ("matched", "noise", "optics", "correlated", "resampled", "terrain", "all", "apron")
"""Assumptions of the fit that are broken; the last is ground that was dug up around the block."""

APRON_M = 5.0
SLOPE = 0.03
"""Standard deviation of the ground's rise per metre, eastwards and northwards."""

MOST = 3
"""Blocks of an estate: errors in one are akin, so that many estates tell more than many blocks."""

WORLDS = {"sim-3m": 40, "sim-10m": 40}
"""Of each half."""

MINUTES = 16.0
SAME = 0.5
"""Share of the larger outline that must be common for a candidate to be one block."""

LEVEL = 0.9
DRAWS = 2000


def prior() -> Prior:
    """Storeys and heights as the report takes them, from the evidence alone."""
    tables = evidence.load()
    storeys = build(tables.housing_parameters, tables.choices)["open-roof"]["storeys"]
    each, more = (
        from_choice(name, tables.choices, f"housing.{name}")
        for name in ("storey-height", "roof-extra")
    )
    return Prior.of(
        (int(storeys.low), int(storeys.high)), (each.low, each.high), (more.low, more.high)
    )


def world(
    seed: int, kind: str, sensor: str, scenes: int, before: Prior
) -> tuple[World, dict[str, int]]:
    """An estate of blocks whose heights are drawn from what is taken before, and their storeys."""
    base = simulate.SPECS["matched" if kind == "apron" else kind]
    around = APRON_M if kind == "apron" else base.apron
    plain = replace(
        base, halls=2, hall_area=(1500.0, 1600.0), ratio=(0.5, 0.6), outlines=("rectangle",),
        apron=around, name=kind,
    )  # fmt: skip
    roomy = simulate.with_scenes(plain, scenes, sensor)
    made, _ = estate(seed, roomy)
    rng = np.random.default_rng([seed, 9])
    chosen = rng.permutation(len(made.buildings))[:MOST]
    at = rng.integers(0, before.metres.size, len(made.buildings))
    buildings = tuple(
        replace(made.buildings[i], height=float(before.metres[at[i]])) for i in sorted(chosen)
    )
    storeys = {made.buildings[i].id: int(before.storeys[at[i]]) for i in chosen}
    small = replace(roomy, plans=(replace(roomy.plans[0], pixels=PIXELS[sensor]),))
    return replace(made, buildings=buildings, spec=small), storeys


def sloping(made: World, seed: int) -> World:
    """The same on ground that rises evenly: the sun as it would cast such shadows on level ground.

    A shadow of length L along a direction d ends where height - L tan(elevation) = L slope . d.
    """
    slope = np.random.default_rng([seed, 10]).normal(0.0, SLOPE, 2)
    scenes = []
    for scene in made.scenes:
        turn = np.radians(scene.sun_azimuth + 180.0)
        rise = np.tan(np.radians(scene.sun_elevation)) + slope @ (np.sin(turn), np.cos(turn))
        scenes.append(replace(scene, sun_elevation=float(np.degrees(np.arctan(rise)))))
    return replace(made, scenes=tuple(scenes))


def measured(made: World, sensor: str, seed: int) -> tuple[Measured, Any]:
    """What the growth analysis makes of a world, and the cube it saw: no true shift in it."""
    level = made.spec.name == "matched"
    cube = simulate.cube(made if level else sloping(made, seed))
    told = {k: ("time", np.zeros(cube.sizes["time"])) for k in ("shift_x", "shift_y")}
    told["sun_elevation"] = ("time", np.array([s.sun_elevation for s in made.of(sensor)]))
    cube = cube.assign_coords(told)
    cube.attrs |= {"aligned": True}
    half = made.spec.plans[0].pixels * cube.attrs["gsd"] / 2
    square = ((-half, -half), (half, -half), (half, half), (-half, half))
    aoi = {"type": "Feature", "id": "aoi", "geometry": to_degrees(square).__geo_interface__,
           "properties": {"name": "aoi", "role": "aoi", "kind": "simulated"}}  # fmt: skip
    text = json.dumps({"type": "FeatureCollection", "properties": {"name": "drawn"},
                       "features": [aoi]}).encode()  # fmt: skip
    done = Prepared(Request(), resolve("bundled"), sites.parse(text, "site.geojson"), [], [], [])
    done.cubes = {sensor: cube}
    return measure.measure(done, seed=seed, level=LEVEL), cube


def one(half: str, number: int, sensor: str, before: Prior) -> list[dict[str, Any]]:
    """True and fitted heights of one estate, one row for each true block or stray height.

    A height of an outline that is no block's is held against the block that it covers most of;
    one that covers none is stray.
    """
    kind = KINDS[number % len(KINDS)]
    scenes = SENSORS[sensor][(number // len(KINDS)) % len(SENSORS[sensor])]
    seed = FIRST[half] + number + (50_000 if sensor == "sim-10m" else 0)
    made, storeys = world(seed, kind, sensor, scenes, before)
    truth = {b.id: affinity.translate(Polygon(b.roof), *ORIGIN) for b in made.buildings}
    head = {"half": half, "sensor": sensor, "seed": seed, "spec": kind, "scenes": scenes}
    rows = {
        b.id: head | {"block": b.id, "truth": round(b.height, 2), "roofed": b.roofed,
                      "true_storeys": storeys[b.id]}
        for b in made.buildings
    }  # fmt: skip
    others: list[dict[str, Any]] = []
    if not rows:
        return []
    found, cube = measured(made, sensor, seed)
    anyhow = Errors(1.0, 0.0, 0.0, 0.0, 0.0)
    for b in found.candidates:
        if b.thing is None or b.outline is None:
            continue
        seen, _ = of_block(b.thing, b.fit, cube, anyhow)
        if seen is None or b.fit is None:
            continue
        told = {"fitted": round(seen.metres, 2), "own": round(seen.deviation, 4),
                "misfit": round(b.fit.misfit, 3), "angles": seen.angles}  # fmt: skip
        common = {name: t.intersection(b.outline).area for name, t in truth.items()}
        own = max(common, key=lambda name: common[name])
        told["same"] = common[own] >= SAME * max(truth[own].area, b.outline.area)
        if common[own] > 0 and "fitted" not in rows[own]:
            rows[own] |= told
        else:
            others.append(rows[own] | told | {"block": "" if common[own] == 0 else own})
    return [*rows.values(), *others]


def _blocks(rows: list[dict[str, Any]]) -> int:
    """How many different blocks they are of."""
    return len({(r["seed"], r["block"]) for r in rows})


def scored(rows: list[dict[str, Any]], errors: Errors, before: Prior) -> list[dict[str, Any]]:
    """The rows with a height, with the posterior beside the truth."""
    ends = ((1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2)
    made = []
    for row in rows:
        if "fitted" not in row or not row["block"]:
            continue
        deviation = errors.deviation(row["fitted"], row["own"], row["misfit"])
        seen = Height(row["fitted"], deviation, errors.odd, row["angles"])
        low, middle, high = before.quantiles(seen, ends)
        number, chance = before.chances(seen)
        made.append(row | {
            "low": round(low, 2), "median": round(middle, 2), "high": round(high, 2),
            "storeys": int(number[int(np.argmax(chance))]),
        })  # fmt: skip
    return made


def summary(
    rows: list[dict[str, Any]], every: list[dict[str, Any]], before: Prior
) -> dict[str, Any]:
    """Error and coverage, with 90 % intervals by bootstrap of estates; the prior beside it."""
    ends = before.quantiles(None, ((1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2))
    blocks = [r for r in every if r["block"]]
    found = {
        "worlds": len({r["seed"] for r in every}),
        "blocks": _blocks(blocks),
        "roofed": _blocks([r for r in blocks if r["roofed"]]),
        "used": len(rows),
        "own_outline": sum(r["same"] for r in rows),
        "of_foundations": sum("fitted" in r and not r["roofed"] for r in blocks),
        "stray": len([r for r in every if not r["block"]]),
        "prior_width_m": round(ends[2] - ends[0], 2),
    }
    found["used_share"] = round(_blocks(rows) / max(found["roofed"], 1), 4)
    if not rows:
        return found
    columns = ("truth", "fitted", "low", "median", "high")
    truth, fitted, low, told, high = np.array([[r[k] for k in columns] for r in rows]).T
    squared = (told - truth) ** 2
    held = (low <= truth) & (truth <= high)
    worlds = np.array([r["seed"] for r in rows])
    numbers = np.unique(worlds)
    rng = np.random.default_rng(1)
    drawn = []
    for _ in range(DRAWS):
        pick = np.concatenate([np.flatnonzero(worlds == w)
                               for w in rng.choice(numbers, numbers.size)])  # fmt: skip
        drawn.append((np.sqrt(squared[pick].mean()), held[pick].mean()))
    span = np.quantile(np.array(drawn), [0.05, 0.95], axis=0)
    return found | {
        "rmse_m": round(float(np.sqrt(squared.mean())), 3),
        "rmse_interval90": [round(float(v), 3) for v in span[:, 0]],
        "rmse_fitted_m": round(float(np.sqrt(((fitted - truth) ** 2).mean())), 3),
        "median_error_m": round(float(np.median(np.sqrt(squared))), 3),
        "prior_rmse_m": round(float(np.sqrt(((ends[1] - truth) ** 2).mean())), 3),
        "coverage": round(float(held.mean()), 4),
        "coverage_interval90": [round(float(v), 4) for v in span[:, 1]],
        "mean_width_m": round(float((high - low).mean()), 3),
        "within_a_storey": round(float(np.mean(np.sqrt(squared) <= 3.0)), 4),
        "same_storeys": round(float(np.mean([r["storeys"] == r["true_storeys"] for r in rows])), 4),
    }


def sensor(name: str, rows: list[dict[str, Any]], before: Prior) -> dict[str, Any]:
    """Each half of a sensor's estates, scored with the errors of the other; then those of both."""
    every = [r for r in rows if r["sensor"] == name]
    halves = {half: [r for r in every if r["half"] == half] for half in FIRST}
    used: list[dict[str, Any]] = []
    for half, own in halves.items():
        (others,) = (part for key, part in halves.items() if key != half)
        used += scored(own, errors_of(others), before)
    made = summary(used, every, before)
    narrow = made.get("mean_width_m", np.inf) < made["prior_width_m"]
    kinds = {
        k: summary(*([r for r in part if r["spec"] == k] for part in (used, every)), before)
        for k in KINDS
    }
    return {
        "gsd": KNOWN[name].gsd, "errors": asdict(errors_of(every)), "score": made,
        "usable": bool(made.get("rmse_m", np.inf) <= MOST_RMSE_M and narrow),
        "by_spec": kinds, "blocks": used,
    }  # fmt: skip


def errors_of(rows: list[dict[str, Any]]) -> Errors:
    """Errors of the heights among some rows."""
    told = [r for r in rows if "fitted" in r and r["block"]]
    fitted, truth, sd, misfit = (
        np.array([r[k] for r in told], dtype=float) for k in ("fitted", "truth", "own", "misfit")
    )
    estates = np.array([r["seed"] for r in told])
    return learn(fitted - truth, fitted, sd, misfit, estates)


def main(minutes: float = MINUTES) -> None:
    """Draw estates until there are enough or the time is over, and write what came of them."""
    tested, started = code(MODULES), time.perf_counter()
    before = prior()
    rows: list[dict[str, Any]] = []
    order = [
        (half, number, name)
        for number in range(max(WORLDS.values()))
        for name in SENSORS
        for half in FIRST
        if number < WORLDS[name]
    ]
    done = 0
    for half, number, name in order:
        if time.perf_counter() - started > 60 * minutes:
            break
        rows += one(half, number, name, before)
        done += 1
        if done % 20 == 0:
            print(f"heights: {done} estates", file=sys.stderr, flush=True)
    record = {
        "code": tested, "level": LEVEL, "angles": ANGLES,
        "most_rmse_m": MOST_RMSE_M,
        "sensors": {name: sensor(name, rows, before) for name in SENSORS},
        "asked": len(order), "drawn": done, "kinds": list(KINDS), "seeds": FIRST,
        "seconds": round(time.perf_counter() - started, 1),
    }  # fmt: skip
    write("heights", record, MODULES)


if __name__ == "__main__":
    main()
