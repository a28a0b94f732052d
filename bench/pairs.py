"""Real image pairs: the frozen method against plain change vectors and IR-MAD, with bootstrap.

The sets are not part of this repository (see `FOLDER`); without them the study says so and stops.
The method was chosen on these very scenes: `results/pair-variants.json` lists every variant that
was tried on them, so the figures are no estimate for scenes that nobody has seen.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from analysis import paths
from analysis.growth import null_series, pair_scene, pairs, plain, scores
from analysis.growth.pair_scene import PairScene
from bench import oracles
from bench.record import write

FOLDER = "FEB11_BENCHMARK"
"""Environment variable with the folder of the sets; default ``shared/benchmark`` beside it."""

BLOCKS = (32, 64)
"""Sides of the blocks that are drawn again, pixels: neighbours change together."""

DRAWS, SEED = 2000, 20241125
OSCD = ("oscd/dev/bercy", "oscd/dev/dubai_west")
LANDSAT = ("landsat-urban/dev/taizhou",)
LEFT_OUT = ("b01", "b09", "b10")

Answer = tuple[np.ndarray, np.ndarray]


def folder() -> Path:
    """Where the sets are."""
    beside = paths.project_root().parent / "shared" / "benchmark"
    return Path(os.environ.get(FOLDER) or beside)


def ours(scene: PairScene) -> Answer:
    """Score and map by the frozen method."""
    found = pairs.change(
        scene.before, scene.after, scene.bands, pixel_m=scene.pixel_m,
        reflectance=scene.reflectance, valid=scene.valid,
    )  # fmt: skip
    return found.score, found.changed


def _ten(scene: PairScene) -> list[int]:
    return [i for i, b in enumerate(scene.bands) if b not in LEFT_OUT]


def vectors(scene: PairScene) -> Answer:
    """Plain change vectors on ten bands."""
    return plain.change_vectors(scene.before[_ten(scene)], scene.after[_ten(scene)])


def registered(scene: PairScene) -> Answer:
    """The same after registration: how much of the gain is registration alone."""
    shift = pairs._shift(scene.before, scene.after)
    one = pairs._moved(scene.before[_ten(scene)], -0.5, shift)
    two = pairs._moved(scene.after[_ten(scene)], 0.5, shift)
    return plain.change_vectors(one, two)


def mad(scene: PairScene) -> Answer:
    """IR-MAD on ten bands."""
    return oracles.irmad(scene.before[_ten(scene)], scene.after[_ten(scene)])


METHODS: dict[str, Callable[[PairScene], Answer]] = {
    "ours": ours,
    "plain": vectors,
    "plain, registered": registered,
    "ir-mad": mad,
}


def bootstrap(
    scenes: list[PairScene], one: list[Answer], two: list[Answer], block: int
) -> dict[str, list[float]]:
    """95 % intervals of pooled F1 and average precision of ``one`` less ``two``."""
    truth, place, offsets, start = [], [], [], 0
    for scene in scenes:
        rows, columns = np.indices(scene.truth.shape) // block
        number = rows * (columns.max() + 1) + columns
        offsets.append((start, number.max() + 1))
        place.append(number.ravel() + start)
        truth.append(scene.truth.ravel())
        start += number.max() + 1
    at, real = np.concatenate(place), np.concatenate(truth)

    def total(mask: np.ndarray) -> np.ndarray:
        return np.bincount(at, mask, minlength=start)

    orders, counts = [], []
    for answers in (one, two):
        score = np.concatenate([s.ravel() for s, _ in answers])
        called = np.concatenate([c.ravel() for _, c in answers])
        orders.append(np.argsort(-score, kind="stable"))
        counts.append((total(real & called), total(called)))
    positives = total(real)
    rng = np.random.default_rng(SEED)
    f1, precision = [], []
    for draw in range(DRAWS):
        weight = np.zeros(start)
        for first, size in offsets:
            weight[first : first + size] = np.bincount(rng.integers(0, size, size), minlength=size)
        values = [2 * (weight @ h) / (weight @ c + weight @ positives) for h, c in counts]
        f1.append(values[0] - values[1])
        if draw % 10 == 0:  # sorting all pixels is slow
            one_by_one = []
            for order in orders:
                both = _weighted(real, at, weight, order)
                each = [
                    _weighted(real, at, weight, order[(at[order] >= n) & (at[order] < n + size)])
                    for n, size in offsets
                ]
                one_by_one.append((both, float(np.mean(each))))
            precision.append(np.subtract(*one_by_one))
    pooled, mean = np.array(precision).T
    return {
        "f1": _three(f1),
        "average_precision": _three(pooled),
        "average_precision_mean_of_scenes": _three(mean),
    }


def _three(values: Any) -> list[float]:
    return [round(float(q), 4) for q in np.quantile(values, [0.025, 0.5, 0.975])]


def _weighted(real: np.ndarray, at: np.ndarray, weight: np.ndarray, order: np.ndarray) -> float:
    each = weight[at[order]]
    hits = real[order] * each
    reached = np.cumsum(hits)
    return float((reached / np.maximum(np.cumsum(each), 1) * hits).sum() / reached[-1])


def main() -> None:
    """Score, compare and write ``bench/results/pairs.json``."""
    if not (folder() / OSCD[0]).is_dir():
        print(f"pairs: no sets in the folder that {FOLDER} names; left out", file=sys.stderr)
        return
    record: dict[str, Any] = {"scenes": {}, "pooled": {}, "difference_to": {}}
    read = {name: pair_scene.read(folder() / name, "") for name in OSCD + LANDSAT}
    answers = {m: {n: method(s) for n, s in read.items()} for m, method in METHODS.items()}
    for name, scene in read.items():
        ok = scene.labelled
        record["scenes"][name] = {
            m: {
                k: None if v is None else round(v, 4)
                for k, v in asdict(
                    scores.against(scene.truth[ok], got[name][1][ok], got[name][0][ok])
                ).items()
            }
            for m, got in answers.items()
        }
    scenes = [read[n] for n in OSCD]
    for m, got in answers.items():
        truth = np.concatenate([s.truth.ravel() for s in scenes])
        called = np.concatenate([got[n][1].ravel() for n in OSCD])
        score = np.concatenate([got[n][0].ravel() for n in OSCD])
        pooled = scores.against(truth, called, score)
        record["pooled"][m] = {
            "f1": round(pooled.f1 or 0.0, 4),
            "average_precision": round(pooled.average_precision or 0.0, 4),
        }
        if m != "ours":
            record["difference_to"][m] = {
                f"{block} px": bootstrap(
                    scenes, [answers["ours"][n] for n in OSCD], [got[n] for n in OSCD], block
                )
                for block in BLOCKS
            }
    series = null_series.read(folder() / "s2-ndvi-null" / "dev")
    record["null_series"] = {
        "ours": float(null_series.alarms(series).mean()),
        "three residuals": round(float(null_series.three_harmonic_residuals(series).mean()), 5),
    }
    record["seed"], record["draws"] = SEED, DRAWS
    write("pairs", record, ("analysis.growth.benchmark", "bench.pairs"))


if __name__ == "__main__":
    main()
