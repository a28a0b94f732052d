"""Dates of two events on drawn worlds: calibration by world, then coverage on other worlds.

Candidates come from the whole chain (scan, objects, class), so that what is calibrated is what is
reported. Calibration and scoring use different seeds; scoring is on worlds that break the model's
assumptions, and once with the calibration of the simple worlds on the broken ones.
"""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np

from analysis import simulate
from analysis.growth import candidates, timeline
from bench.record import write
from bench.worlds import days, matched

WORLDS = 48
LEVELS = (0.5, 0.8, 0.9, 0.95, 0.99)
FIRST_SEED = {"calibrate": 700_000, "score": 800_000}
SCENES = (24, 60)
"""Scenes over five years, half of the worlds each."""


def one(task: tuple[str, int, int]) -> dict[str, Any]:
    """Posterior quantiles and truth for the buildings of one world."""
    name, seed, scenes = task
    spec = simulate.with_scenes(simulate.SPECS[name], scenes)
    world = simulate.draw(seed, spec)
    cube = simulate.cube(world)
    rows = []
    for building in matched(world, cube, candidates.find(cube)[0]):
        candidate = building.candidate
        row: dict[str, Any] = {"pixels": building.pixels, "scenes": scenes, "class": None}
        if candidate is not None:
            row["class"] = candidate.kind
            for e, event in enumerate(timeline.EVENTS):
                truth = getattr(building, event)
                if truth is None or candidate.kind != "new-footprint":
                    continue
                spans = {
                    str(level): timeline.interval(
                        candidate.posterior[e], candidate.days, candidate.seen, event, level, None
                    )
                    for level in LEVELS
                }
                row[event] = {
                    "truth": days(truth),
                    "value": spans["0.9"].value,
                    "gap": spans["0.9"].gap,
                    "spans": {k: [v.low, v.high] for k, v in spans.items()},
                }
        rows.append(row)
    return {"seed": seed, "spec": name, "rows": rows}


def draw(role: str, specs: tuple[str, ...], count: int) -> list[dict[str, Any]]:
    """Results of several worlds, in two processes."""
    tasks = [
        (specs[i % len(specs)], FIRST_SEED[role] + i, SCENES[(i // len(specs)) % len(SCENES)])
        for i in range(count)
    ]
    with ProcessPoolExecutor(2) as pool:
        return list(pool.map(one, tasks))


def misses(worlds: list[dict[str, Any]], event: str, level: float) -> list[list[float]]:
    """By world, how far the truth lay outside each interval, in clear gaps."""
    found = []
    for world in worlds:
        own = []
        for row in world["rows"]:
            if event in row and str(level) in row[event]["spans"]:
                low, high = row[event]["spans"][str(level)]
                own.append(timeline.miss(low, high, row[event]["truth"], row[event]["gap"]))
        found.append(own)
    return found


def margins(worlds: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Conformal margins by event and level."""
    return {
        e: {str(v): timeline.conformal_margin(misses(worlds, e, v), v) for v in LEVELS}
        for e in timeline.EVENTS
    }


def coverage(
    worlds: list[dict[str, Any]], event: str, level: float, margin: float
) -> dict[str, Any]:
    """Share of buildings covered, its 90 % interval by bootstrap of worlds, and widths."""
    hit, width = [], []
    for world in worlds:
        own = []
        for row in world["rows"]:
            if event in row and str(level) in row[event]["spans"]:
                low, high = row[event]["spans"][str(level)]
                own.append(
                    timeline.miss(low, high, row[event]["truth"], row[event]["gap"]) <= margin
                )
                width.append((high - low) / row[event]["gap"] + 2 * margin)
        if own:
            hit.append((sum(own), len(own)))
    counts = np.array(hit, dtype=float)
    rng = np.random.default_rng(1)
    again = []
    for _ in range(2000):
        pick = counts[rng.integers(0, len(counts), len(counts))].sum(axis=0)
        again.append(pick[0] / pick[1])
    return {
        "share": round(float(counts[:, 0].sum() / counts[:, 1].sum()), 4),
        "interval90": [round(float(q), 4) for q in np.quantile(again, [0.05, 0.95])],
        "buildings": int(counts[:, 1].sum()),
        "worlds": len(counts),
        "median_width_gaps": round(float(np.median(width)), 2),
    }


def main(count: int = WORLDS) -> None:
    """Calibrate, score and write ``bench/results/dates.json``."""
    start = time.perf_counter()
    mixed = draw("calibrate", ("matched", "all", "shapes", "noise"), count)
    scored = draw("score", ("all", "terrain", "optics", "correlated"), count)
    simple = [w for w in mixed if w["spec"] == "matched"]
    broken = [w for w in scored if w["spec"] == "all"]
    kept, bare = margins(mixed), margins(simple)
    record: dict[str, Any] = {"margins": kept, "scored": {}, "uncalibrated": {}, "crossed": {}}
    for event in timeline.EVENTS:
        record["scored"][event] = coverage(scored, event, 0.9, kept[event]["0.9"])
        record["uncalibrated"][event] = coverage(scored, event, 0.9, 0.0)
        record["crossed"][event] = coverage(broken, event, 0.9, bare[event]["0.9"])
    rows = [r for w in scored for r in w["rows"]]
    record["classes"] = dict(Counter(str(r["class"]) for r in rows))
    record["recall"] = {
        name: round(
            float(np.mean([r["class"] is not None for r in rows if lo <= r["pixels"] < hi])), 3
        )
        for name, lo, hi in (("15-25 px", 15, 25), ("25-40 px", 25, 40), ("40+ px", 40, 10**6))
    }
    record["seeds"] = {
        "calibrate": [FIRST_SEED["calibrate"], count],
        "score": [FIRST_SEED["score"], count],
    }
    record["seconds"] = round(time.perf_counter() - start, 1)
    write(
        "dates", record, ("analysis.growth.candidates", "analysis.growth.timeline", "bench.dates")
    )


if __name__ == "__main__":
    main()
