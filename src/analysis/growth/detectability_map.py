"""Where which building would have been missed: a coarse map from injections."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from scipy import stats

from analysis.growth import detectability
from analysis.growth.detectability import Recovery

FEWEST = 8
"""Trials below which a cell of the map says nothing."""

ROUNDS = 5
"""Fits of a map's curve and of its cells in turn."""

UNEVEN = np.array([0.05, 0.1, 0.2, 0.3, 0.45, 0.65, 0.9, 1.3])
"""Deviations of a cell's logarithm of area from its site's, of which the likeliest is taken."""


def detectability_map(
    recovery: Recovery, cells: int = 8, probability: float = 0.9, level: float = 0.9
) -> xr.Dataset:
    """Where which building would have been missed, by the half-year in which works began.

    Each cell shifts the curve of its half-year along the logarithm of the area. How unlike cells
    are is taken from all of them (empirical Bayes), so a cell with few buildings leans on the rest.

    Returns
    -------
    xarray.Dataset
        ``smallest_m2 low high tried`` on ``half_year, y, x``, ``cells`` along the longer side;
        NaN where the probability is not reached by the largest area tried, or too few were.
    """
    top, bottom, left, right = recovery.extent
    step = max(abs(bottom - top), abs(right - left)) / cells
    shape = tuple(max(round(abs(e) / step), 1) for e in (bottom - top, right - left))
    largest = recovery.tried_m2[1]
    fields = {n: np.full((2, *shape), np.nan) for n in ("smallest_m2", "low", "high")}
    counts = np.zeros((2, *shape), dtype=int)
    for k, half_year in enumerate(detectability.HALF_YEARS):
        rows = recovery.part(half_year=half_year)
        at = [
            np.clip(((rows[d] - a) / (b - a) * n).astype(int), 0, n - 1)
            for d, a, b, n in (("y", top, bottom, shape[0]), ("x", left, right, shape[1]))
        ]
        cell = (at[0] * shape[1] + at[1]).to_numpy()
        counts[k] = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)
        around = np.zeros((3, shape[0] * shape[1]))
        for _ in range(ROUNDS):  # a curve through unlike cells is too flat: take them off, again
            fitted = detectability.fit_curve(
                rows.assign(area_m2=rows["area_m2"] * np.exp(-around[0][cell])), 0
            )
            if fitted is None:
                break
            around = _shifts(fitted[0], rows, cell, shape[0] * shape[1], level)
        if fitted is None:
            continue
        reached = np.exp(detectability.area_reached(fitted, probability)[0] + around).reshape(
            3, *shape
        )
        for name, area in zip(fields, reached, strict=True):
            fields[name][k] = np.where((area <= largest) & (counts[k] >= FEWEST), area, np.nan)
    centres = [
        a + (np.arange(n) + 0.5) * (b - a) / n
        for a, b, n in ((top, bottom, shape[0]), (left, right, shape[1]))
    ]
    dims = ("half_year", "y", "x")
    return xr.Dataset(
        {**{n: (dims, v, {"units": "m2"}) for n, v in fields.items()}, "tried": (dims, counts)},
        coords={"half_year": list(detectability.HALF_YEARS), "y": centres[0], "x": centres[1]},
        attrs={"kind": recovery.kind, "cube_kind": recovery.cube_kind, "level": level,
               "probability": probability, "largest_tried_m2": largest, "note": recovery.note},
    )  # fmt: skip


def _shifts(
    p: np.ndarray, rows: pd.DataFrame, cell: np.ndarray, cells: int, level: float
) -> np.ndarray:
    """Shift of each cell's curve along the logarithm of area: median, low, high."""
    grid = np.linspace(-4.0, 4.0, 161)
    x = np.log(rows["area_m2"].to_numpy(float))
    share = np.clip(detectability.share_found(p, x[:, None] - grid), 1e-6, 1 - 1e-6)
    each = np.where(rows["detected"].to_numpy(bool)[:, None], np.log(share), np.log1p(-share))
    total = np.zeros((cells, grid.size))
    np.add.at(total, cell, each)
    prior = stats.norm.logpdf(grid, scale=UNEVEN[:, None])
    prior -= np.logaddexp.reduce(prior, axis=1, keepdims=True)
    joint = total[:, None] + prior
    likely = np.logaddexp.reduce(joint, axis=2).sum(axis=0)
    chosen = joint[:, int(np.argmax(likely))]
    reached = np.cumsum(np.exp(chosen - np.logaddexp.reduce(chosen, axis=1, keepdims=True)), axis=1)
    tail = (1 - level) / 2
    return np.stack([grid[np.argmax(reached >= q, axis=1)] for q in (0.5, tail, 1 - tail)])
