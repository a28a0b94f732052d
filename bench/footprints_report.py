"""Tables of the footprint studies: errors, calibration of the intervals, and their score.

The error of the edges is fitted on worlds of the same kind with seeds of their own, by pixel size,
and scored on others. Beside it stands the same fitted on worlds that break one assumption each, and
scored on worlds that break all of them at once: what happens when the simulator is another one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.growth import limit, posterior, readings
from analysis.growth.joint import Joint
from analysis.growth.posterior import Inflation
from bench.edges import (
    AGAIN,
    DRAWS,
    FIRM,
    LEVEL,
    Array,
    Record,
    calibrate,
    fit_inflation,
    joint_of,
    measured,
    together,
)
from bench.footprint_worlds import GSD, LAW_SCENES, MODULES, SINGLES, gsd_of
from bench.footprints import PLAN, current
from bench.record import write

SMALLEST_PIXELS = 15

CELLS: dict[str, tuple[tuple[str, float, float], ...]] = {
    "pixels": (("15 to 25", 15, 25), ("25 to 45", 25, 45), ("45 and more", 45, 1e9)),
    "contrast": (("under 0.04", 0, 0.04), ("0.04 to 0.1", 0.04, 0.1), ("over 0.1", 0.1, 9)),
    "after": (("1 to 4", 1, 5), ("5 to 9", 5, 10), ("10 and more", 10, 1e9)),
}
"""Size, contrast and clear scenes with the roof, in which coverage is shown."""

HALLS = ((100.0, 30.0), (110.0, 42.0))
"""New and older hall, metres, for which the law's bound is computed."""

SENSORS = {10.0: (0.26, 0.0027), 3.0: (0.15, 0.0068)}
"""Transfer at Nyquist and noise at a reflectance of 0.25 of the simulated sensors."""

UNSEEN = {"mixed": 203_294, "matched": 103_038}
"""Seeds from which no world had been scored before intervals were stretched: scored apart too."""

ODDS = 20.0
"""Likelihood ratio from which a reading counts as told apart."""

COLUMNS = (
    "seed", "building", "shape", "colours", "truth", "estimate", "low", "high", "before",
    "after", "contrast", "misfit", "fractions", "seconds",
)  # fmt: skip
RATIO_COLUMNS = ("seed", "truth", "estimate", "low", "high")


# --- one row for each building, one for each ratio


def area_rows(records: Sequence[Record], inflation: Inflation) -> list[tuple[Any, ...]]:
    """Rows in the order of `COLUMNS`, of the buildings that were measured."""
    made: list[tuple[Any, ...]] = []
    for r in measured(records):
        joint = joint_of(r)
        low, high = _intervals(joint, r["seed"], inflation)
        for i, name in enumerate(joint.names):
            b = r["buildings"][name]
            made.append((
                r["seed"], name, b["shape"], b["colours"], b["truth"], float(joint.estimate[i]),
                float(low[i]), float(high[i]), b["before"], b["after"],
                float(np.mean(b["contrast"])), float(joint.misfit[i]), b["fractions"], b["seconds"],
            ))  # fmt: skip
    return made


def _intervals(joint: Joint, seed: int, inflation: Inflation) -> tuple[Array, Array]:
    draws = posterior.draw(joint, seed, inflation, draws=DRAWS).draws
    low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return low, high


def ratio_draws(record: Record, inflation: Inflation) -> list[tuple[Array, float]]:
    """Draws of the ratio of the new hall to the older one, and the true one, where measured."""
    joint = joint_of(record)
    if not {"hall-new", "hall-a"} <= set(joint.names):
        return []
    areas = posterior.draw(joint, record["seed"], inflation, draws=DRAWS)
    b = record["buildings"]
    return [(areas.over("hall-new", ["hall-a"]), b["hall-new"]["truth"] / b["hall-a"]["truth"])]


def ratio_rows(records: Sequence[Record], inflation: Inflation) -> list[tuple[Any, ...]]:
    """Rows in the order of `RATIO_COLUMNS`."""
    made: list[tuple[Any, ...]] = []
    for r in measured(records):
        for draws, truth in ratio_draws(r, inflation):
            low, middle, high = np.quantile(draws, [(1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2])
            made.append((r["seed"], truth, float(middle), float(low), float(high)))
    return made


# --- tables


def _boot(worlds: Sequence[Array], figure: Callable[[Array], float]) -> list[float]:
    """90 % interval of a figure over rows, worlds drawn anew (cluster bootstrap)."""
    chance = np.random.default_rng(7)
    found = []
    for _ in range(AGAIN):
        chosen = chance.integers(0, len(worlds), len(worlds))
        found.append(figure(np.concatenate([worlds[i] for i in chosen])))
    return [float(v) for v in np.quantile(found, [0.05, 0.95])]


def share_interval(worlds: Sequence[Array]) -> list[float]:
    """90 % interval of a share of hits.

    Where all worlds hit, or none does, a bootstrap sees no spread; there the far end is that of
    Clopper and Pearson (1934) over worlds.
    """
    low, high = _boot(worlds, lambda hits: float(hits.mean()))
    if low == high == 1.0:
        low = 0.05 ** (1 / len(worlds))
    elif low == high == 0.0:
        high = 1 - 0.05 ** (1 / len(worlds))
    return [low, high]


def _by_world(seeds: Array, values: Array) -> list[Array]:
    return [values[seeds == s] for s in np.unique(seeds)]


def _rmse(x: Array) -> float:
    return float(np.sqrt((x**2).mean()))


def _score(truth: Array, low: Array, high: Array) -> Array:
    """Interval score (Gneiting and Raftery 2007); lower is better."""
    steep = 2 / (1 - LEVEL)
    return high - low + steep * (np.maximum(low - truth, 0) + np.maximum(truth - high, 0))


def _errors(seeds: Array, off: Array) -> Record:
    """Errors, relative for areas and plain for ratios, with a cluster bootstrap."""
    if not len(off):
        return {"n": 0}
    return {
        "n": len(off), "rmse": _rmse(off), "rmse_interval90": _boot(_by_world(seeds, off), _rmse),
        "bias": float(off.mean()), "median_absolute": float(np.median(np.abs(off))),
        "beyond_10_percent": float((np.abs(off) > 0.1).mean()),
        "farthest": float(np.abs(off).max()), "rmse_but_farthest": _rmse(np.sort(np.abs(off))[:-1]),
    }  # fmt: skip


def areas(rows: Sequence[tuple[Any, ...]], gsd: float) -> Record:
    """Errors and coverage of areas of `SMALLEST_PIXELS` and more."""
    c = {n: np.array([r[i] for r in rows]) for i, n in enumerate(COLUMNS)}
    pixels = c["truth"] / gsd**2
    large = pixels >= SMALLEST_PIXELS
    if not large.any():
        return {"n": 0}
    c = {n: v[large] for n, v in c.items()}
    c["pixels"] = pixels[large]
    off, seeds = c["estimate"] / c["truth"] - 1, c["seed"]
    hit = ((c["truth"] >= c["low"]) & (c["truth"] <= c["high"])).astype(float)
    score = _score(c["truth"], c["low"], c["high"]) / c["truth"]
    seen = c["before"] > 0
    near = (c["truth"] >= 1200) & (c["truth"] <= 2000)
    plain = c["shape"] == "rectangle"

    def part(of: NDArray[np.bool_]) -> Record:
        return _errors(seeds[of], off[of])

    cells = []
    for name, bins in CELLS.items():
        for label, low, high in bins:
            inside = (c[name] >= low) & (c[name] < high)
            if inside.any():
                cells.append({"by": name, "cell": label, "n": int(inside.sum()),
                              "coverage": float(hit[inside].mean())})  # fmt: skip
    crossed = [
        {"pixels": p[0], "contrast": k[0], "after": a[0], "n": int(of.sum()),
         "coverage": float(hit[of].mean())}
        for p in CELLS["pixels"] for k in CELLS["contrast"] for a in CELLS["after"]
        if (of := np.all([(c[n] >= b[1]) & (c[n] < b[2]) for n, b in
                          (("pixels", p), ("contrast", k), ("after", a))], axis=0)).any()
    ]  # fmt: skip
    return {
        "errors": {
            "all": _errors(seeds, off), "with_before": part(seen), "without_before": part(~seen),
            "1200_to_2000_m2": part(near), "rectangles": part(plain), "other_shapes": part(~plain),
            "one_colour": part(c["colours"] == 1), "several_colours": part(c["colours"] > 1),
            "misfit_under_3": part(c["misfit"] < 3), "misfit_3_and_more": part(c["misfit"] >= 3),
            **{f"after_{label}": part((c["after"] >= low) & (c["after"] < high))
               for label, low, high in (("1", 1, 2), ("2_to_4", 2, 5), ("5_to_9", 5, 10),
                                        ("10_and_more", 10, 1e9))},
            "sum_of_fractions": _errors(seeds, c["fractions"] / c["truth"] - 1),
        },
        "coverage": {
            "share": float(hit.mean()), "n": len(hit),
            "interval90": share_interval(_by_world(seeds, hit)),
            "median_width": float(np.median((c["high"] - c["low"]) / c["truth"])),
            "interval_score": float(score.mean()), "cells": cells, "crossed": crossed,
        },
        "seconds_per_footprint": {
            "median": float(np.median(c["seconds"])), "mean": float(c["seconds"].mean()),
        },
    }  # fmt: skip


def ratios(rows: Sequence[tuple[Any, ...]]) -> Record:
    """Errors and coverage of the ratio."""
    if not rows:
        return {"n": 0}
    c = {n: np.array([r[i] for r in rows]) for i, n in enumerate(RATIO_COLUMNS)}
    hit = ((c["truth"] >= c["low"]) & (c["truth"] <= c["high"])).astype(float)
    worlds = _by_world(c["seed"], hit)
    return _errors(c["seed"], c["estimate"] - c["truth"]) | {
        "relative_rmse": _rmse(c["estimate"] / c["truth"] - 1),
        "coverage": float(hit.mean()),
        "coverage_interval90": share_interval(worlds),
        "median_width": float(np.median(c["high"] - c["low"])),
        "interval_score": float(_score(c["truth"], c["low"], c["high"]).mean()),
    }


def reliability(records: Sequence[Record], inflation: Inflation) -> Record:
    """Stated probability of each reading against how often it was true (log-uniform prior)."""
    stated, true = [], []
    found = [one for r in measured(records) for one in ratio_draws(r, inflation)]
    for draws, truth in found:
        row = readings.probabilities(draws)["log_uniform"]
        name = next((n for n, (a, b) in readings.BANDS.items() if a <= truth < b), "none")
        for reading, probability in row.items():
            stated.append(probability)
            true.append(reading == name)
    s, t = np.array(stated), np.array(true)
    bins = []
    for a, b in ((0, 0.05), (0.05, 0.25), (0.25, 0.75), (0.75, 0.95), (0.95, 1.001)):
        of = (s >= a) & (s < b)
        if of.any():
            bins.append({"from": a, "to": b, "n": int(of.sum()), "stated": float(s[of].mean()),
                         "true": float(t[of].mean())})  # fmt: skip
    return {"bins": bins, "brier": float(((s - t) ** 2).mean()) if len(s) else None}


def powers(records: Sequence[Record], inflation: Inflation) -> Record:
    """How often a true ratio of about 0.65 is told from each rival reading."""
    rivals = [n for n in readings.BANDS if n != "of"]
    apart: dict[str, list[bool]] = {n: [] for n in rivals}
    odds: dict[str, list[bool]] = {n: [] for n in rivals}
    inside = []
    found = [one for r in measured(records) for one in ratio_draws(r, inflation)]
    for draws, _ in found:
        low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        likely = readings.likelihood_ratios(draws)
        for n in rivals:
            apart[n].append(bool(high < readings.BANDS[n][0] or low > readings.BANDS[n][1]))
            odds[n].append(likely[n] >= ODDS)
        inside.append(bool(low >= readings.BANDS["of"][0] and high <= readings.BANDS["of"][1]))
    if not inside:
        return {}
    return {
        "rivals": {n: {"interval_excludes": float(np.mean(apart[n])),
                       "likelihood_ratio_20": float(np.mean(odds[n]))} for n in rivals},
        "interval_inside_the_band": float(np.mean(inside)),
    }  # fmt: skip


def against_limit(records: Sequence[Record]) -> Record:
    """Root mean square error of matched areas over that of the bound, at the true halls."""
    seeds, squares, bounds, olds = [], [], [], []
    for r in measured(records):
        joint = joint_of(r)
        for i, n in enumerate(joint.names):
            b = r["buildings"][n]
            setting = limit.Setting(
                b["length"], b["truth"] / b["length"], joint.gsd, b["before"],
                b["after"], contrast=tuple(b["contrast"]), noise=SENSORS[joint.gsd][1],
            )  # fmt: skip
            bounds.append(limit.bound(setting, 1).deviation ** 2)
            squares.append((joint.estimate[i] - b["truth"]) ** 2)
            seeds.append(r["seed"])
            olds.append(b["before"] == 0)
    if not bounds:
        return {}
    pairs, old = np.column_stack([squares, bounds]), np.array(olds)
    number = np.array(seeds)

    def over(x: Array) -> float:
        return float(np.sqrt(x[:, 0].mean() / x[:, 1].mean()))

    def part(of: NDArray[np.bool_]) -> Record:
        return {"n": int(of.sum()), "ratio": over(pairs[of]),
                "interval90": _boot(_by_world(number[of], pairs[of]), over),
                "ratio_of_medians": float(np.sqrt(
                    np.median(pairs[of, 0]) / (0.455 * np.median(pairs[of, 1]))))}  # fmt: skip

    return {
        "all": part(np.ones(len(old), bool)), "with_before": part(~old),
        "without_before": part(old) if old.any() else {"n": 0},
        "assumptions": list(limit.assumptions(limit.Setting(0, 0, 10.0, 0, 0)))[2:],
    }  # fmt: skip


def law_bound(gsd: float, scenes: int, before: int) -> float:
    """Least root mean square error of the ratio of `HALLS`, the older one without a before."""
    transfer, noise = SENSORS[gsd]
    top, below = (
        limit.Setting(a, b, gsd, n, scenes, transfer=transfer, noise=noise)
        for (a, b), n in zip(HALLS, (before, 0), strict=True)
    )
    true = math.prod(HALLS[0]) / math.prod(HALLS[1])
    return true * limit.ratio_bound(top, below, 1)


# --- the two files


def report() -> None:
    """Write ``footprints-areas.json`` and ``footprints-resolvability.json``."""
    logs = {n: current(n) for n in PLAN}
    inflation, transfer, stretches = {}, {}, {}
    for label, gsd in GSD.items():
        own = logs[f"cal-{label}-mixed"]
        simple = [logs.get(f"cal-{label}-{n}", []) for n in SINGLES]
        if len(measured(own)) >= 4:
            known = calibrate(own, ratio_draws, SMALLEST_PIXELS * gsd**2)
            inflation[gsd], stretches[f"{gsd:g}"] = known.inflation, known.stretches
        if all(measured(s) for s in simple):
            transfer[gsd] = together([fit_inflation(s, FIRM) for s in simple])
    _areas(logs, inflation, transfer, stretches)
    _law(logs, inflation)


def _about(logs: dict[str, list[Record]]) -> Record:
    """Seeds that were run, and those whose layout had no room or no scenes."""
    return {
        "seeds": {n: [r["seed"] for r in v] for n, v in logs.items()},
        "left_out": {n: {str(r["seed"]): r["skipped"] for r in v if "skipped" in r}
                     for n, v in logs.items()},
        "processor_seconds": {n: round(sum(r["seconds"] for r in v)) for n, v in logs.items()},
        "not_measurable": {n: sum("why" in b for r in v for b in r.get("buildings", {}).values())
                           for n, v in logs.items()},
        "planned": PLAN, "level": LEVEL,
    }  # fmt: skip


def _areas(
    logs: dict[str, list[Record]], inflation: dict[float, Inflation],
    transfer: dict[float, Inflation], stretches: Record,
) -> None:  # fmt: skip
    made: Record = _about({n: v for n, v in logs.items() if not n.startswith("law-")})
    made["inflation"] = {f"{g:g}": asdict(v) for g, v in inflation.items()}
    made["stretches"] = stretches
    made["inflation_of_single_mismatches"] = {f"{g:g}": asdict(v) for g, v in transfer.items()}
    made["columns"], made["ratio_columns"] = COLUMNS, RATIO_COLUMNS
    made["studies"], made["rows"], made["ratio_rows"] = {}, {}, {}
    for name in ("matched", "mixed"):
        records = logs[name]
        rows = area_rows(records, inflation.get(10.0, posterior.INFLATION))
        found = ratio_rows(records, inflation.get(10.0, posterior.INFLATION))
        if not rows:
            continue
        made["studies"][name] = {
            "worlds": len(measured(records)), "areas": areas(rows, 10.0), "ratio": ratios(found),
            "readings": reliability(records, inflation.get(10.0, posterior.INFLATION)),
        }  # fmt: skip
        made["rows"][name], made["ratio_rows"][name] = rows, found
        later = [r for r in rows if r[0] >= UNSEEN[name]]
        if later:
            made["studies"][name]["later"] = {
                "from_seed": UNSEEN[name], "areas": areas(later, 10.0)["coverage"],
                "ratio": ratios([r for r in found if r[0] >= UNSEEN[name]]),
            }  # fmt: skip
    if 10.0 in transfer and measured(logs["mixed"]):
        rows = area_rows(logs["mixed"], transfer[10.0])
        made["transfer"] = {
            "from": "worlds that break one assumption each, their errors added in quadrature",
            "to": "mixed",
            "areas": areas(rows, 10.0)["coverage"],
            "ratio": ratios(ratio_rows(logs["mixed"], transfer[10.0])),
        }  # fmt: skip
    fine = [r for n, v in logs.items() if n.startswith("cal-3m") for r in v]
    if measured(fine) and 3.0 in inflation:
        rows = area_rows(fine, inflation[3.0])
        made["calibration_at_3m"] = areas(rows, 3.0)["errors"]
    made["against_limit"] = against_limit(logs["matched"])
    write("footprints-areas", _rounded(made), _modules())


def _law(logs: dict[str, list[Record]], inflation: dict[float, Inflation]) -> None:
    made: Record = _about({n: v for n, v in logs.items() if n.startswith("law-")})
    made["columns"], made["halls_of_the_bound"] = RATIO_COLUMNS, HALLS
    made["bound_assumptions"] = list(limit.assumptions(limit.Setting(0, 0, 10.0, 0, 0)))[2:]
    made["law"] = {}
    for label, gsd in GSD.items():
        for scenes in LAW_SCENES:
            study = f"law-{label}-{scenes}"
            records, wide = logs[study], inflation.get(gsd, posterior.INFLATION)
            rows = ratio_rows(records, wide)
            if not rows:
                continue
            assert gsd_of(study) == gsd
            before = [b["before"] for r in measured(records) for b in r["buildings"].values()
                      if b.get("before")]  # fmt: skip
            both = area_rows(records, wide)
            made["law"][f"growth.resolvability.{label}.{scenes}.ratio_rmse"] = {
                "gsd": gsd, "scenes": scenes, "worlds": len(rows), **ratios(rows),
                "bound": law_bound(gsd, scenes, int(np.median(before)) if before else 1),
                "before": int(np.median(before)) if before else 0,
                "new_hall": _hall(both, "hall-new"), "older_hall": _hall(both, "hall-a"),
                "power": powers(records, wide), "calibrated": gsd in inflation, "rows": rows,
            }  # fmt: skip
    write("footprints-resolvability", _rounded(made), _modules())


def _hall(rows: Sequence[tuple[Any, ...]], name: str) -> Record:
    """Relative errors of one hall's area."""
    own = [r for r in rows if r[1] == name]
    seeds = np.array([r[0] for r in own])
    return _errors(seeds, np.array([r[5] / r[4] - 1 for r in own]))


def _modules() -> tuple[str, ...]:
    tables = ("analysis.growth.limit", "analysis.growth.posterior", "analysis.growth.readings")
    return (
        *MODULES,
        *tables,
        "bench.conformal",
        "bench.edges",
        "bench.footprints",
        "bench.footprints_report",
    )


def _rounded(value: Any) -> Any:
    """The same with five significant digits."""
    if isinstance(value, dict):
        return {k: _rounded(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(v) for v in value]
    if isinstance(value, float):
        return float(f"{value:.5g}")
    return value
