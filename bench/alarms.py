"""False alarms where nothing is ever built: still worlds, scan and objects, exposure stated."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np

from analysis import simulate
from analysis.growth import candidates
from bench.record import write
from bench.worlds import mask

FIRST_SEED, WORLDS = 920_000, 64
"""Seeds that no version had seen. Those from 900000 on were seen while
`analysis.growth.noise.LEAST_JITTER` was chosen, those from 910000 on by an earlier run, and those
from 620000 and 640000 on while objects were first held against ground seen from several orbits."""

SPECS = ("all", "terrain", "correlated", "shapes")
SCENES = (24, 60)
EXPOSURE = 50.0
"""Square kilometre-years that the study must see at least."""

DRAWS = 2000


def one(task: tuple[str, int, int]) -> dict[str, Any]:
    """Candidates of one still world, all of them false: no roof is covered anew either."""
    name, seed, scenes = task
    spec = replace(simulate.with_scenes(simulate.SPECS[name], scenes), still=True, recover=0.0)
    world = simulate.draw(seed, spec)
    cube = simulate.cube(world)
    found, held = candidates.find(cube)
    roofs = sum(mask(cube, b.roof, 20.0).astype(int) for b in world.buildings) > 0
    near = [bool(roofs[c.pixels[:, 0], c.pixels[:, 1]].any()) for c in found]
    return {
        "spec": name, "seed": seed, "scenes": scenes, "exposure": held.exposure,
        "threshold": held.threshold, "classes": [c.kind for c in found], "at_buildings": near,
    }  # fmt: skip


def rate(worlds: list[dict[str, Any]], kind: str | None = None) -> dict[str, Any]:
    """Objects per square kilometre and year, with a 90 % interval by bootstrap of worlds."""
    exposure = np.array([w["exposure"] for w in worlds])
    count = np.array([len(w["classes"]) if kind is None else w["classes"].count(kind)
                      for w in worlds])  # fmt: skip
    pick = np.random.default_rng(1).integers(0, len(worlds), (DRAWS, len(worlds)))
    again = count[pick].sum(axis=1) / exposure[pick].sum(axis=1)
    return {
        "objects": int(count.sum()),
        "per_km2_year": round(float(count.sum() / exposure.sum()), 4),
        "interval90": [round(float(q), 4) for q in np.quantile(again, [0.05, 0.95])],
    }


def main(count: int = WORLDS) -> None:
    """Run the worlds and write ``bench/results/alarms.json``."""
    worlds = [
        one((SPECS[i % len(SPECS)], FIRST_SEED + i, SCENES[(i // len(SPECS)) % len(SCENES)]))
        for i in range(count)
    ]
    exposure = sum(w["exposure"] for w in worlds)
    every, new = rate(worlds), rate(worlds, "new-footprint")
    record = {
        "exposure_km2_years": round(exposure, 1),
        "false_objects": every["objects"],
        "false_objects_per_km2_year": every["per_km2_year"],
        "false_new_footprints_per_km2_year": new["per_km2_year"],
        "interval90": {"objects": every["interval90"], "new_footprints": new["interval90"]},
        "by_spec": {s: rate([w for w in worlds if w["spec"] == s]) for s in SPECS},
        "by_scenes": {str(s): rate([w for w in worlds if w["scenes"] == s]) for s in SCENES},
        "at_buildings": sum(sum(w["at_buildings"]) for w in worlds),
        "classes": dict(Counter(k for w in worlds for k in w["classes"])),
        "enough": exposure >= EXPOSURE,
        "worlds": worlds,
        "seeds": [FIRST_SEED, count],
    }
    write("alarms", record, ("analysis.growth.candidates", "bench.alarms"))


if __name__ == "__main__":
    main()
