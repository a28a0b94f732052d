"""Ten thousand synthetic buildings in drawn cubes: how fast, and whether the quick look is right.

The pixels are those of drawn worlds, so the figures say what the method can do, not what would have
been missed at the plant. Asked are: seconds for one recovery; the smallest building found with 90 %
probability by number of scenes and half-year; how often injected buildings of no contrast are
found; and, for some buildings put into the cube one by one, whether the whole detector (threshold,
objects and classes anew) says the same as the quick look, and how often it calls them a building.
"""

from __future__ import annotations

import os
from dataclasses import asdict
from time import perf_counter, process_time
from typing import Any

import numpy as np

from analysis import simulate
from analysis.growth import blend, candidates, detectability, injection, noise, scan, series
from bench.record import write

FIRST_SEED = 950_000
SPECS = ("all", "matched")
SCENES = (24, 60, 120)
INJECTED = 10_000
COMPARED = 24
"""Buildings of each compared cube that go through the whole detector."""

NEAR = 1.5
"""Pixels from a building's centre within which an object is taken for it."""


def recovery(spec: str, scenes: int, seed: int) -> tuple[dict[str, Any], Any]:
    """One cube: seconds, curve and smallest buildings."""
    cube = simulate.cube(simulate.draw(seed, simulate.with_scenes(simulate.SPECS[spec], scenes)))
    wall, cpu = perf_counter(), process_time()
    found = injection.inject(cube, seed, INJECTED)
    wall, cpu = perf_counter() - wall, process_time() - cpu
    null = injection.inject(cube, seed + 1, INJECTED // 5, strength=0.0)
    least = {
        name: {k: round(v, 1) if isinstance(v, float) else v
               for k, v in asdict(injection.smallest(found, **part)).items()}
        for name, part in (("all", {}), *((h, {"half_year": h}) for h in detectability.HALF_YEARS))
    }  # fmt: skip
    curve = injection.curve(found, bins=8)
    dated = found.table[found.table["detected"]]
    roof = dated["roof_on"].to_numpy().astype("datetime64[D]").astype(float)
    return {
        "spec": spec, "scenes": scenes, "seed": seed, "injected": len(found.table),
        "dropped": found.dropped, "threshold": round(found.threshold, 2),
        "seconds": {"wall": round(wall, 1), "processor": round(cpu, 1)},
        "smallest_90": least,
        "curve": curve.round(4).to_dict("list"),
        "found_without_contrast": int(null.table["detected"].sum()),
        "tried_without_contrast": len(null.table),
        "median_roof_error_days": round(float(dated["roof_error_days"].abs().median()), 1),
        "roof_coverage_uncalibrated": round(
            float(((dated["roof_low"] <= roof) & (roof <= dated["roof_high"])).mean()), 3
        ),
    }, cube  # fmt: skip


def agreement(cube: Any, seed: int) -> dict[str, int]:
    """The quick look beside the whole detector, building by building."""
    pixel_m = float(np.sqrt(candidates.pixel_area_m2(cube)))
    site, shaped = blend.ground(cube, pixel_m), series.from_cube(cube)
    held = candidates.find(cube)[1]
    taken = np.zeros(shaped.shape, bool)
    for at in candidates.objects(scan.scan(shaped), held.threshold):
        taken[at[:, 0], at[:, 1]] = True
    drawing = injection.Drawing(area_px=(0.5, 12.0))
    made, _ = injection.draw(np.random.default_rng(seed), site, drawing, COMPARED, taken, None,
                             noise.jitter(cube))  # fmt: skip
    quick = injection.look(site, shaped, made, 1.0, held.threshold, series.directions(cube),
                           noise.jitter(cube), 0.9, None)["detected"].to_numpy()  # fmt: skip
    count = {"compared": quick.size, "same": 0, "quick_only": 0, "whole_only": 0,
             "found": 0, "called_new_footprint": 0}  # fmt: skip
    for i in range(quick.size):
        at = np.array([made.row[i], made.column[i]])
        whole = [c for c in candidates.find(blend.built(cube, site, made.take(slice(i, i + 1))))[0]
                 if np.hypot(*(c.pixels - at).T).min() < NEAR]  # fmt: skip
        count["same"] += bool(whole) == quick[i]
        count["quick_only"] += bool(quick[i] and not whole)
        count["whole_only"] += bool(whole and not quick[i])
        count["found"] += bool(whole)
        count["called_new_footprint"] += any(c.kind == "new-footprint" for c in whole)
    return {k: int(v) for k, v in count.items()}


def main() -> None:
    """Inject, compare and write ``bench/results/injections.json``."""
    injection.inject(simulate.cube(simulate.draw(1, simulate.MATCHED)), 1, 50)  # compiles
    cubes, compared = [], []
    for k, (spec, scenes) in enumerate((s, n) for s in SPECS for n in SCENES):
        row, cube = recovery(spec, scenes, FIRST_SEED + 10 * k)
        cubes.append(row)
        if scenes < max(SCENES):
            compared.append(agreement(cube, FIRST_SEED + 10 * k + 2))
    record = {
        "injections": INJECTED,
        "cubes": cubes,
        "agreement": {k: sum(c[k] for c in compared) for k in compared[0]},
        "slowest_seconds": {k: max(c["seconds"][k] for c in cubes) for k in ("wall", "processor")},
        "load_average": round(os.getloadavg()[0], 1),
        "seeds": [FIRST_SEED, 10 * len(cubes)],
    }
    write("injections", record, ("analysis.growth.injection", "bench.injections"))


if __name__ == "__main__":
    main()
