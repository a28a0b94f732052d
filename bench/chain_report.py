"""Tables of the study of the whole chain: what was found, the errors, and how intervals held."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from analysis.growth import posterior
from analysis.growth.calibrated import widened
from analysis.growth.posterior import Inflation
from analysis.growth.timeline import EVENTS, DateInterval
from bench import chain, conformal, edges
from bench.edges import DRAWS, joint_of, truths
from bench.footprints_report import share_interval
from bench.record import code, write

UNSEEN = 1_272_041
"""Seed from which no plant had been scored before intervals were stretched: scored apart too."""

SECONDS = 3600.0
"""Longest that worlds are run at a time."""


def main() -> None:
    """Run what is missing, and write ``bench/results/chain.json``."""
    chain.run(chain.WORLDS, SECONDS)
    report()


def report() -> None:
    """Calibrate on one half of the logged worlds, score the other, and write both."""
    every = chain.logged(code(chain.MODULES))
    rows = [r for r in every if "failed" not in r]
    calibrate, score = (
        [r for r in rows if r["role"] == role] for role in ("calibrate", "score")
    )  # fmt: skip
    known = edges.calibrate(_records(calibrate), _ratios_of, chain.SMALLEST_M2,
                            lambda r: bool(truths(r).min() >= chain.SMALLEST_M2))  # fmt: skip
    inflation = known.inflation
    later = [r for r in score if r["seed"] >= UNSEEN]
    groups = {"": False, "reference.": True}
    margins = {f"{name}{e}": _margin(_only(calibrate, named), e)
               for name, named in groups.items() for e in EVENTS}  # fmt: skip
    write("chain", {
        "inflation": {"10": asdict(inflation)},
        "seeds": {role: [r["seed"] for r in own] for role, own in
                  (("calibrate", calibrate), ("score", score))},
        "failed": [[r["seed"], r["failed"]] for r in every if "failed" in r],
        "level": chain.LEVEL, "smallest_m2": chain.SMALLEST_M2, "planned_worlds": chain.WORLDS,
        "areas": _coverage(score, inflation),
        "ratios": _ratios(score, inflation),
        "stretches": known.stretches,
        "later": {"worlds": len(later), "areas": _coverage(later, inflation),
                  "ratios": _ratios(later, inflation)},
        "carried": [json.loads(step) for step in
                    sorted({json.dumps(s) for r in rows for s in r.get("carried", [])})],
        "detection": _detection(score),
        "dates": {f"{name}{e}": _dates(_only(score, named), e, margins[f"{name}{e}"])
                  for name, named in groups.items() for e in EVENTS},
        "dates_of_the_scan": {f"{name}{e}": _dates(_only(score, named), e, 0.0)
                              for name, named in groups.items() for e in EVENTS},
        "date_margins": margins,
        "rows": _rows(score, inflation),
        "columns": ["seed", "building", "truth", "estimate", "low", "high"],
        "median_processor_seconds": float(np.median([r["seconds"] for r in rows])),
    }, (*chain.MODULES, "bench.conformal", "bench.edges", "bench.footprints_report",
        "bench.chain_report"))  # fmt: skip


def _records(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Joint fits as the footprint studies keep them, with the true ratio to each reference.

    Also to all of them together, as a run tells it. What was called the new hall where nothing was
    built has no true ratio.
    """
    made = []
    for row in rows:
        for one in row["joints"]:
            names = one["joint"]["names"]
            buildings = {n: {"truth": t} for n, t in zip(names, one["truths"], strict=True)}
            below = [] if row["new"] is None or names[-1].startswith("hall-") else names[:-1]
            sets = [(n,) for n in below] + ([tuple(below)] if len(below) > 1 else [])
            ratios = {own: row["hall_m2"] / sum(buildings[n]["truth"] for n in own)
                      for own in sets}  # fmt: skip
            if row["called"] and row["new"] is None:
                ratios = {(names[0],): math.nan}
            made.append({"seed": row["seed"], "joint": one["joint"], "buildings": buildings,
                         "ratios": ratios})  # fmt: skip
    return made


def _ratios_of(record: dict[str, Any], inflation: Inflation) -> list[tuple[np.ndarray, float]]:
    """Draws of each ratio of a plant, and that of its new hall to the same references."""
    areas = posterior.draw(joint_of(record), record["seed"], inflation, draws=DRAWS)
    return [(areas.over(areas.names[-1], below), real) for below, real in record["ratios"].items()]


def _rows(score: Sequence[dict[str, Any]], inflation: Inflation) -> list[list[Any]]:
    found = []
    for r in _records(score):
        joint = joint_of(r)
        draws = posterior.draw(joint, r["seed"], inflation, draws=DRAWS).draws
        low, high = np.quantile(draws, [0.05, 0.95], axis=0)
        for i, name in enumerate(joint.names):
            found.append([r["seed"], name, round(float(truths(r)[i]), 1),
                          round(float(joint.estimate[i]), 1), round(float(low[i]), 1),
                          round(float(high[i]), 1)])  # fmt: skip
    return found


def _coverage(score: Sequence[dict[str, Any]], inflation: Inflation) -> dict[str, Any]:
    rows = [r for r in _rows(score, inflation) if r[2] >= chain.SMALLEST_M2]
    hits = [(r[0], r[4] <= r[2] <= r[5]) for r in rows]
    error = np.array([r[3] / r[2] - 1 for r in rows])
    return {
        "n": len(rows), "share": _share(hits), "interval90": _again(hits),
        "rmse": _root(error), "bias": round(float(error.mean()), 5),
        "median_width": round(float(np.median([(r[5] - r[4]) / r[2] for r in rows])), 5),
    }  # fmt: skip


def _ratios(score: Sequence[dict[str, Any]], inflation: Inflation) -> dict[str, Any]:
    """Ratios of what was called the new hall, held against those of the hall that was drawn.

    Another building in its place is an error of the ratio; a plant without a ratio is counted
    beside.
    """
    hits, errors, widths, wrong, without = [], [], [], 0, 0
    for row in score:
        told = [one for r in _records([row]) for one in _ratios_of(r, inflation)]
        without += not row["called"]
        wrong += row["called"] and row["new"] != row["hall"]
        if row["called"] and row["new"] is None:  # nothing was built there: no truth to divide
            hits.append((row["seed"], False))
        for draws, real in (one for one in told if math.isfinite(one[1])):
            low, high = np.quantile(draws, [0.05, 0.95])
            hits.append((row["seed"], bool(low <= real <= high)))
            errors.append(float(np.median(draws)) / real - 1)
            widths.append(float(high - low) / real)
    counts = {"n": len(hits), "worlds_without": without, "worlds_of_another_building": wrong}
    if not errors:
        return counts
    return counts | {
        "share": _share(hits), "interval90": _again(hits),
        "relative_rmse": _root(np.array(errors)), "bias": round(float(np.mean(errors)), 5),
        "median_error": round(float(np.median(np.abs(errors))), 5),
        "median_width": round(float(np.median(widths)), 5),
    }  # fmt: skip


def _detection(score: Sequence[dict[str, Any]]) -> dict[str, Any]:
    built = [b for r in score for b in r["built"]]
    large = [b for b in built if b[1] >= chain.SMALLEST_M2]
    called = [c for r in score for c in r["candidates"] if c["class"] == "new-footprint"]
    return {
        "built": len(built), "found": sum(b[2] for b in built), "large": len(large),
        "large_found": sum(b[2] for b in large), "called_new": len(called),
        "called_new_that_are": sum(c.get("event") in ("new-footprint", "ground-works")
                                   for c in called),
        "called_new_of_nothing": sum(c["truth"] is None for c in called),
        "confusion": dict(Counter(f"{c.get('event')} as {c['class']}" for r in score
                                  for c in r["candidates"] if c["truth"] is not None)),
        "references": sum(len(r["references"]) for r in score),
        "references_found": sum(x[2] > 0.6 for r in score for x in r["references"]),
        "new_is_the_hall": sum(r["new"] == r["hall"] for r in score), "worlds": len(score),
    }  # fmt: skip


def _only(rows: Sequence[dict[str, Any]], named: bool) -> list[dict[str, Any]]:
    """Rows with the candidates alone that are, or are not, a building which the site names.

    Those stand long enough to have been covered anew, which may pass for the day of their roof.
    """
    made = []
    for r in rows:
        ids = {name for name, *_ in r["references"]}
        own = [c for c in r["candidates"] if (c["truth"] in ids) == named]
        made.append(r | {"candidates": own})
    return made


def _margin(calibrate: Sequence[dict[str, Any]], event: str) -> float:
    """Clear gaps by which the scan's intervals of an event must be moved out, none if they hold."""
    misses = [
        [conformal.miss(d[1], d[3], d[0], d[4]) for d in _events(r, event)] for r in calibrate
    ]
    return round(max(conformal.margin(misses, chain.LEVEL), 0.0), 4)


def _events(row: dict[str, Any], event: str) -> list[list[float]]:
    return [c[event] for c in row["candidates"] if event in c]


def _wider(told: Sequence[float], margin: float) -> DateInterval:
    """An interval as a run gives it, from a row of true day, low, value, high, gap and ends."""
    _, low, value, high, gap, *ends = told
    scan = DateInterval(value, low, high, chain.LEVEL, gap, "unproven")
    return widened(scan, margin, np.array(ends))


def _dates(score: Sequence[dict[str, Any]], event: str, margin: float) -> dict[str, Any]:
    own = [(r["seed"], d[0], _wider(d, margin)) for r in score for d in _events(r, event)]
    hits = [(seed, w.low <= day <= w.high) for seed, day, w in own]
    if not hits:
        return {"n": 0}
    width = float(np.median([(w.high - w.low) / w.gap for _, _, w in own]))
    return {"n": len(hits), "share": _share(hits), "interval90": _again(hits),
            "median_width_gaps": round(width, 3)}  # fmt: skip


def _share(hits: Sequence[tuple[int, bool]]) -> float:
    return round(float(np.mean([h for _, h in hits])), 4)


def _root(error: np.ndarray) -> float:
    return round(float(np.sqrt((error**2).mean())), 5)


def _again(hits: Sequence[tuple[int, bool]]) -> list[float]:
    """90 % interval of the share by a bootstrap of worlds."""
    worlds: dict[int, list[bool]] = {}
    for seed, hit in hits:
        worlds.setdefault(seed, []).append(hit)
    return [round(v, 4) for v in share_interval([np.array(w) for w in worlds.values()])]
