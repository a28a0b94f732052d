"""Dates of two events on drawn worlds: calibration by world, then coverage on other worlds.

Candidates come from the whole chain (scan, objects, class), so that what is calibrated is what is
reported. Calibration and scoring use different seeds; scoring is on worlds that break the model's
assumptions, and once with the calibration of the simple worlds on the broken ones.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from typing import Any

import numpy as np

from analysis import simulate
from analysis.growth import candidates, timeline
from bench import conformal
from bench.record import write
from bench.worlds import days, matched

LEVELS = (0.5, 0.8, 0.9, 0.95, 0.99)
LEVEL = 0.9
FIRST_SEED = {"calibrate": 710_000, "score": 810_000}
"""Seeds that no version had seen. Earlier versions were calibrated on those from 700000 on and
scored on those from 800000 on; those from 620000 to 670000 were looked at during development."""

SPECS = {
    "calibrate": ("matched", "all", "shapes", "noise"),
    "score": ("all", "terrain", "optics", "correlated"),
}
SCENES = (24, 60)
"""Scenes over five years, half of the worlds each."""

ROUND = {"calibrate": 8, "score": 16}
"""Worlds that are drawn in turn: every kind with every number of scenes."""

MINUTES = 32.0
"""After this long no further round is begun. What has been found so far does not matter."""

SIZES = (("15-25 px", 15, 25), ("25-40 px", 25, 40), ("40+ px", 40, 10**6))
DRAWS = 2000

World = dict[str, Any]


def one(task: tuple[str, int, int]) -> World:
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
                clear = candidate.days[candidate.seen]
                at = int(np.clip(np.searchsorted(clear, days(truth)), 1, clear.size - 1))
                row[event] = {
                    "truth": days(truth),
                    "value": spans[str(LEVEL)].value,
                    "gap": spans[str(LEVEL)].gap,
                    "own_gap": float(clear[at] - clear[at - 1]),
                    "spans": {k: [v.low, v.high] for k, v in spans.items()},
                }
        rows.append(row)
    return {"seed": seed, "spec": name, "scenes": scenes, "rows": rows}


def task(role: str, i: int) -> tuple[str, int, int]:
    """Kind, seed and scenes of the ``i``-th world of a role."""
    specs = SPECS[role]
    return specs[i % len(specs)], FIRST_SEED[role] + i, SCENES[(i // len(specs)) % len(SCENES)]


def misses(worlds: list[World], event: str, level: float) -> list[list[float]]:
    """By world, how far the truth lay outside each interval, in clear gaps."""
    return [[conformal.miss(*row[event]["spans"][str(level)], row[event]["truth"],
                            row[event]["gap"])
             for row in world["rows"] if event in row] for world in worlds]  # fmt: skip


def margins(worlds: list[World]) -> dict[str, dict[str, float]]:
    """Conformal margins by event and level."""
    return {
        e: {str(v): conformal.margin(misses(worlds, e, v), v) for v in LEVELS}
        for e in timeline.EVENTS
    }


def coverage(
    worlds: list[World],
    event: str,
    level: float,
    margin: float,
    sizes: tuple[int, int] = (0, 10**9),
) -> dict[str, Any] | None:
    """Share of buildings covered, its 90 % interval by bootstrap of worlds, widths and score."""
    hit, width, floor, score = [], [], [], []
    for world in worlds:
        own = []
        for row in world["rows"]:
            if event not in row or not sizes[0] <= row["pixels"] < sizes[1]:
                continue
            low, high = row[event]["spans"][str(level)]
            gap = row[event]["gap"]
            over = conformal.miss(low, high, row[event]["truth"], gap) - margin
            own.append(over <= 0)
            width.append((high - low) / gap + 2 * margin)
            floor.append(level * row[event]["own_gap"] / gap)
            score.append(width[-1] + 2 / (1 - level) * max(over, 0.0))
        if own:
            hit.append((sum(own), len(own)))
    if not hit:
        return None
    counts = np.array(hit, dtype=float)
    pick = np.random.default_rng(1).integers(0, len(counts), (DRAWS, len(counts)))
    again = counts[pick].sum(axis=1)
    return {
        "share": round(float(counts[:, 0].sum() / counts[:, 1].sum()), 4),
        "interval90": [round(float(q), 4) for q in np.quantile(again[:, 0] / again[:, 1],
                                                               [0.05, 0.95])],
        "buildings": int(counts[:, 1].sum()),
        "worlds": len(counts),
        "median_width_gaps": round(float(np.median(width)), 2),
        "median_floor_gaps": round(float(np.median(floor)), 2),
        "mean_interval_score_gaps": round(float(np.mean(score)), 2),
    }  # fmt: skip


def cells(worlds: list[World], event: str, margin: float) -> dict[str, Any]:
    """Coverage by size and number of scenes."""
    return {
        f"{name}, {scenes} scenes": coverage(
            [w for w in worlds if w["scenes"] == scenes], event, LEVEL, margin, (lo, hi)
        )
        for name, lo, hi in SIZES
        for scenes in SCENES
    }


def summary(mixed: list[World], scored: list[World]) -> dict[str, Any]:
    """Everything that is said of the worlds."""
    simple = [w for w in mixed if w["spec"] == "matched"]
    broken = [w for w in scored if w["spec"] == "all"]
    kept, bare = margins(mixed), margins(simple)
    record: dict[str, Any] = {"margins": kept}
    for event in timeline.EVENTS:
        margin = kept[event][str(LEVEL)]
        for name, value in (
            ("scored", coverage(scored, event, LEVEL, margin)),
            ("uncalibrated", coverage(scored, event, LEVEL, 0.0)),
            ("crossed", coverage(broken, event, LEVEL, bare[event][str(LEVEL)])),
            ("cells", cells(scored, event, margin)),
            ("by_spec", {s: coverage([w for w in scored if w["spec"] == s], event, LEVEL, margin)
                         for s in SPECS["score"]}),
            ("levels", {str(v): coverage(scored, event, v, kept[event][str(v)]) for v in LEVELS}),
        ):  # fmt: skip
            record.setdefault(name, {})[event] = value
    rows = [r for w in scored for r in w["rows"]]
    record["classes"] = dict(Counter(str(r["class"]) for r in rows))
    record["recall"] = {
        name: round(
            float(np.mean([r["class"] is not None for r in rows if lo <= r["pixels"] < hi])), 3
        )
        for name, lo, hi in SIZES
    }
    record["seeds"] = {
        "calibrate": [FIRST_SEED["calibrate"], len(mixed)],
        "score": [FIRST_SEED["score"], len(scored)],
    }
    return record


def main(minutes: float = MINUTES) -> None:
    """Draw rounds of worlds until the time is over, calibrate, score and write."""
    start = time.perf_counter()
    drawn: dict[str, list[World]] = {role: [] for role in ROUND}
    while time.perf_counter() - start < 60 * minutes:
        for role, worlds in drawn.items():
            worlds += [one(task(role, i)) for i in range(len(worlds), len(worlds) + ROUND[role])]
        print(f"dates: {len(drawn['score'])} worlds scored", file=sys.stderr, flush=True)
    record = summary(drawn["calibrate"], drawn["score"])
    record["seconds"] = round(time.perf_counter() - start, 1)
    write(
        "dates", record, ("analysis.growth.candidates", "analysis.growth.timeline", "bench.dates")
    )


if __name__ == "__main__":
    main()
