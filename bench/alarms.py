"""False alarms where nothing is ever built: still worlds, scan and objects, exposure stated."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from typing import Any

from analysis import simulate
from analysis.growth import candidates
from bench.record import write
from bench.worlds import mask

FIRST_SEED, WORLDS = 910_000, 32
"""The seeds from 900000 on were seen while `analysis.growth.series.LEAST_JITTER` was chosen:
0.87 false objects per square kilometre and year without a floor, 0.30 with 0.2 pixels."""

SPECS = ("all", "terrain", "correlated", "shapes")
SCENES = (24, 60)
EXPOSURE = 50.0
"""Square kilometre-years that the study must see at least."""


def one(task: tuple[str, int, int]) -> dict[str, Any]:
    """Candidates of one still world, all of them false."""
    name, seed, scenes = task
    spec = replace(simulate.with_scenes(simulate.SPECS[name], scenes), still=True)
    world = simulate.draw(seed, spec)
    cube = simulate.cube(world)
    found, held = candidates.find(cube)
    roofs = sum(mask(cube, b.roof, 20.0).astype(int) for b in world.buildings) > 0
    near = [bool(roofs[c.pixels[:, 0], c.pixels[:, 1]].any()) for c in found]
    return {
        "spec": name, "seed": seed, "scenes": scenes, "exposure": held.exposure,
        "threshold": held.threshold, "classes": [c.kind for c in found], "at_buildings": near,
    }  # fmt: skip


def main(count: int = WORLDS) -> None:
    """Run the worlds and write ``bench/results/alarms.json``."""
    tasks = [
        (SPECS[i % len(SPECS)], FIRST_SEED + i, SCENES[(i // len(SPECS)) % len(SCENES)])
        for i in range(count)
    ]
    with ProcessPoolExecutor(2) as pool:
        worlds = list(pool.map(one, tasks))
    exposure = sum(w["exposure"] for w in worlds)
    total = sum(len(w["classes"]) for w in worlds)
    new = sum(w["classes"].count("new-footprint") for w in worlds)
    record = {
        "exposure_km2_years": round(exposure, 1),
        "false_objects": total,
        "false_objects_per_km2_year": round(total / exposure, 4),
        "false_new_footprints_per_km2_year": round(new / exposure, 4),
        "at_buildings": sum(sum(w["at_buildings"]) for w in worlds),
        "classes": dict(Counter(k for w in worlds for k in w["classes"])),
        "enough": exposure >= EXPOSURE,
        "worlds": worlds,
        "seeds": [FIRST_SEED, count],
    }
    write("alarms", record, ("analysis.growth.candidates", "bench.alarms"))


if __name__ == "__main__":
    main()
