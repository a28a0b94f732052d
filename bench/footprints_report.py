"""Tables of the footprint studies: errors, calibration of the intervals, and their score.

The error of the edges is fitted on worlds that break one assumption each, and scored on
worlds that break all of them at once (other seeds, another configuration) and on matched ones.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import numpy as np
from footprints import MIXED, SINGLES, current, digest, machine
from scipy.optimize import minimize
from scipy.special import gammaln

from analysis import paths
from analysis.growth import limit, posterior, readings
from analysis.growth.posterior import TAIL_FREEDOM, Inflation, Joint

FIELDS = ("scale", "edge_common", "edge_own", "misfit_edge", "shape")
LEVEL = 0.9
SMALLEST_PIXELS = 15


def joint_of(record: dict) -> Joint:
    """The joint mode of a logged world."""
    kept = record["joint"]
    return Joint(
        tuple(kept["names"]), *(np.asarray(kept[k]) for k in (
            "estimate", "spread", "perimeter", "misfit", "bulge", "widths"))
    )  # fmt: skip


def truths(record: dict) -> np.ndarray:
    """True areas in the order of the joint mode."""
    return np.array([record["buildings"][n]["truth"] for n in record["joint"]["names"]])


def fit_inflation(records: list[dict]) -> Inflation:
    """Errors of the edges that make the logged areas most likely (Student, joint by world)."""
    worlds = [(joint_of(r), truths(r)) for r in records]

    def cost(logs: np.ndarray) -> float:
        inflation = Inflation(*np.exp(logs))
        total = 0.0
        for joint, truth in worlds:
            error = np.log(joint.estimate / truth)
            wide = posterior.covariance(joint, inflation) / np.outer(joint.estimate, joint.estimate)
            root = np.linalg.cholesky(wide + 1e-9 * np.eye(len(error)))
            away = float((np.linalg.solve(root, error) ** 2).sum())
            n, v = len(error), TAIL_FREEDOM
            total += np.log(np.diag(root)).sum() + 0.5 * (v + n) * np.log1p(away / v)
            total -= gammaln((v + n) / 2) - gammaln(v / 2)
        return total + 0.02 * float(((logs - start) ** 2).sum())

    start = np.log([1.5, 0.1, 0.2, 0.1, 0.05])
    found = minimize(cost, start, method="Nelder-Mead", options={"maxiter": 900})
    return Inflation(*(round(float(v), 4) for v in np.exp(found.x)))


def errors(records: list[dict], gsd: float) -> dict:
    """Errors of single areas, relative."""
    rows = [
        (joint_of(r).estimate[i] / b["truth"] - 1, b["fractions"] / b["truth"] - 1, b["before"])
        for r in records
        for i, n in enumerate(r["joint"]["names"])
        if (b := r["buildings"][n])["truth"] >= SMALLEST_PIXELS * gsd**2
    ]
    a = np.array(rows)
    if not len(a):
        return {}
    seen = a[:, 2] > 0

    def row(x: np.ndarray) -> dict:
        return {
            "n": int(x.size), "rmse": float(np.sqrt((x**2).mean())), "bias": float(x.mean()),
            "median_absolute": float(np.median(np.abs(x))),
            "beyond_10_percent": float((np.abs(x) > 0.1).mean()),
        } if x.size else {"n": 0}  # fmt: skip

    return {
        "with_before": row(a[seen, 0]), "without_before": row(a[~seen, 0]),
        "fractions": row(a[:, 1]),
    }  # fmt: skip


def coverage(records: list[dict], inflation: Inflation, gsd: float) -> dict:
    """Coverage of nominal 90 % intervals of areas and ratio, with a cluster bootstrap by world."""
    hits, ratio_hits, ratio_errors, widths, scores = [], [], [], [], []
    for r in records:
        joint = joint_of(r)
        areas = posterior.draw(joint, r["seed"], inflation, draws=2000)
        low, high = np.quantile(areas.draws, [0.05, 0.95], axis=0)
        truth = truths(r)
        large = truth >= SMALLEST_PIXELS * gsd**2
        hits.append(((truth >= low) & (truth <= high))[large])
        names = list(joint.names)
        if "hall-new" not in names or "hall-a" not in names:
            continue
        draws = areas.of("hall-new") / areas.of("hall-a")
        i, j = names.index("hall-new"), names.index("hall-a")
        true = truth[i] / truth[j]
        a, b = np.quantile(draws, [0.05, 0.95])
        ratio_hits.append(a <= true <= b)
        ratio_errors.append(float(np.median(draws) - true))
        widths.append(float(b - a))
        scores.append(float(b - a + 20 * max(a - true, 0) + 20 * max(true - b, 0)))
    chance = np.random.default_rng(7)
    boot = [
        np.concatenate([hits[i] for i in chance.integers(0, len(hits), len(hits))]).mean()
        for _ in range(500)
    ]
    e = np.array(ratio_errors)
    return {
        "area": float(np.concatenate(hits).mean()),
        "area_bootstrap_90": [float(v) for v in np.quantile(boot, [0.05, 0.95])],
        "ratio": float(np.mean(ratio_hits)) if len(e) else None,
        "ratio_rmse": float(np.sqrt((e**2).mean())) if len(e) else None,
        "ratio_bias": float(e.mean()) if len(e) else None,
        "ratio_median_absolute": float(np.median(np.abs(e))) if len(e) else None,
        "ratio_width_median": float(np.median(widths)) if widths else None,
        "ratio_interval_score": float(np.mean(scores)) if scores else None,
        "ratios": len(e),
    }


def reliability(records: list[dict], inflation: Inflation) -> dict:
    """Stated probability of each reading against how often it was true (log-uniform prior)."""
    stated, true = [], []
    for r in records:
        joint = joint_of(r)
        if not {"hall-new", "hall-a"} <= set(joint.names):
            continue
        areas = posterior.draw(joint, r["seed"], inflation, draws=2000)
        row = readings.probabilities(areas.of("hall-new") / areas.of("hall-a"))["log_uniform"]
        ratio = r["buildings"]["hall-new"]["truth"] / r["buildings"]["hall-a"]["truth"]
        name = next((n for n, (a, b) in readings.BANDS.items() if a <= ratio < b), "none")
        for reading, probability in row.items():
            stated.append(probability)
            true.append(reading == name)
    s, t = np.array(stated), np.array(true)
    made = []
    for a, b in ((0, 0.05), (0.05, 0.25), (0.25, 0.75), (0.75, 0.95), (0.95, 1.001)):
        of = (s >= a) & (s < b)
        if of.any():
            made.append({"from": a, "to": b, "n": int(of.sum()), "stated": float(s[of].mean()),
                         "true": float(t[of].mean())})  # fmt: skip
    return {"bins": made, "brier": float(((s - t) ** 2).mean()) if len(s) else None}


def against_limit(records: list[dict], most: int = 40) -> dict:
    """Root mean square error of matched areas over that of the bound, at the true halls."""
    squares, bounds = [], []
    for r in records:
        joint = joint_of(r)
        for i, n in enumerate(joint.names):
            b = r["buildings"][n]
            if len(bounds) >= most or b["before"] == 0 or b["after"] > 8 or b["before"] > 20:
                continue
            half = joint.perimeter[i] / 4
            side = np.sqrt(max(half**2 - b["truth"], 0.0))
            setting = limit.Setting(
                float(half + side), float(b["truth"] / (half + side)), 10.0, b["before"],
                b["after"], contrast=(b["contrast"],) * 4,
            )  # fmt: skip
            bounds.append(limit.bound(setting, 1).deviation ** 2)
            squares.append((joint.estimate[i] - b["truth"]) ** 2)
    if not bounds:
        return {}
    return {
        "halls": len(bounds), "ratio": float(np.sqrt(np.mean(squares) / np.mean(bounds))),
        "median_ratio": float(np.sqrt(np.median(squares) / (0.455 * np.median(bounds)))),
        "assumptions": list(limit.assumptions(limit.Setting(0, 0, 10.0, 0, 0)))[2:],
    }  # fmt: skip


def report() -> None:
    """Write bench/results/footprints-*.json."""
    logs = {n: current(n) for n in ("matched", "mixed", "apron", *SINGLES)}
    calibration = [r for n in SINGLES for r in logs[n]]
    inflation = fit_inflation(calibration) if len(calibration) > 5 else posterior.INFLATION
    made = {
        "code": digest(), "machine": machine(), "level": LEVEL, "inflation": asdict(inflation),
        "fitted_on": {n: [r["seed"] for r in logs[n]] for n in SINGLES},
        "scored_on": {n: [r["seed"] for r in logs[n]] for n in ("matched", "mixed", "apron")},
        "mixed": "all assumptions broken at once: " + ", ".join(MIXED.psf),
        "studies": {}, "log": [{"study": n, "worlds": len(v)} for n, v in logs.items()],
    }  # fmt: skip
    for name, records in logs.items():
        if not records:
            continue
        seconds = [b["seconds"] for r in records for b in r["buildings"].values() if "seconds" in b]
        made["studies"][name] = {
            "worlds": len(records), "errors": errors(records, 10.0),
            "coverage": coverage(records, inflation, 10.0),
            "reliability": reliability(records, inflation),
            "seconds_per_footprint_median": float(np.median(seconds)),
        }  # fmt: skip
    made["against_limit"] = against_limit(logs["matched"])
    _write("footprints-areas", made)
    law = {}
    for gsd in ("10m", "3m"):
        for scenes in (1, 3, 15, 60, 200):
            records = current(f"law-{gsd}-{scenes}")
            if records:
                pixel = float(gsd.removesuffix("m"))
                law[f"growth.resolvability.{gsd}.{scenes}.ratio_rmse"] = {
                    "seeds": [r["seed"] for r in records],
                    **coverage(records, replace(inflation), pixel),
                }
    _write("footprints-resolvability", {"code": digest(), "machine": machine(), "law": law})


def _write(name: str, content: dict) -> None:
    place = paths.project_root() / "bench" / "results" / f"{name}.json"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n")
