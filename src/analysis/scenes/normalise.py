"""Relative normalisation: each date brought to the series on ground that did not change.

Per date and band a gain and an offset, from an orthogonal fit on pixels that
are weighted by how likely they did not change, as in the iteratively
re-weighted normalisation of Canty and Nielsen (2008), against the usual
picture of the same season.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from scipy import stats

from analysis.scenes.planes import InMemory, Series, blocks, median, scratch

SEASON_DAYS = 45
"""Days of the year on either side that count as the same season."""

FEWEST_DATES = 5
"""Dates of the season without which the whole series is the reference."""

FEWEST_PIXELS = 500

ROUNDS = 12

GAINS = (0.7, 1.4)
"""Gains outside of this are no matter of air or calibration: then nothing is applied."""

OFFSETS = 0.06

MOST_PIXELS = 20_000
"""Pixels that a fit looks at: every k-th of more."""


@dataclass(frozen=True)
class Harmony:
    """Gain and offset per band of one date: ``harmonised = (r - offset) / gain``."""

    gain: tuple[float, ...]
    offset: tuple[float, ...]
    stable: int
    """Effective number of pixels that carry the fit; 0 when none was made."""
    note: str = ""


def fit(stack: np.ndarray, ok: np.ndarray, times: Sequence[datetime]) -> list[Harmony]:
    """Fit every date of one sensor.

    Parameters
    ----------
    stack
        Reflectance, ``(time, band, y, x)``, registered.
    ok
        Ground in plain sight, ``(time, y, x)``.
    """
    return fit_series(InMemory(stack, ok), times)


def fit_series(series: Series, times: Sequence[datetime]) -> list[Harmony]:
    """`fit` for a series that need not be in memory."""
    beside = [_near(times, n) for n in range(series.count)]
    with scratch(series.count, series.shape) as usual:
        for part in blocks(series.shape, 8 * series.bands * series.count):
            bands, ok = series.rows(part)
            seen = np.where(ok[:, None], bands, np.nan)
            for n, near in enumerate(beside):
                if near.sum() < 2:
                    continue
                for band, image in enumerate(median(seen[near])):
                    usual.put(str(band), n, image, part.start)
        found = []
        for n, near in enumerate(beside):
            if near.sum() < 2:
                found.append(_nothing(series.bands, "too few other dates"))
                continue
            bands, ok = series.one(n)
            reference = np.stack([usual.get(str(band), n) for band in range(series.bands)])
            found.append(_one(np.where(ok, bands, np.nan), reference))
    return found


def _near(times: Sequence[datetime], n: int) -> np.ndarray:
    """Other dates of the same season; where they are too few, all others."""
    days = np.array([t.timetuple().tm_yday for t in times])
    near = np.abs((days - days[n] + 182) % 365 - 182) <= SEASON_DAYS
    near[n] = False
    return near if near.sum() >= FEWEST_DATES else np.arange(len(times)) != n


def _nothing(bands: int, why: str) -> Harmony:
    return Harmony((1.0,) * bands, (0.0,) * bands, 0, why)


def _one(scene: np.ndarray, usual: np.ndarray) -> Harmony:
    both = np.isfinite(scene).all(axis=0) & np.isfinite(usual).all(axis=0)
    bands = len(scene)
    if both.sum() < FEWEST_PIXELS:
        return _nothing(bands, "too little ground in common")
    step = max(1, int(both.sum()) // MOST_PIXELS)
    y, x = scene[:, both][:, ::step], usual[:, both][:, ::step]
    weight = np.ones(y.shape[1])
    gain, offset = np.ones(bands), np.zeros(bands)
    for _ in range(ROUNDS):
        before = gain.copy()
        for b in range(bands):
            gain[b], offset[b] = _line(x[b], y[b], weight)
        rest = y - (gain[:, None] * x + offset[:, None])
        middle = np.median(rest, axis=1, keepdims=True)
        scale = 1.4826 * np.median(np.abs(rest - middle), axis=1, keepdims=True) + 1e-4
        weight = stats.chi2.sf((((rest - middle) / scale) ** 2).sum(axis=0), bands)
        if np.abs(gain - before).max() < 1e-4:
            break
    stable = int(weight.sum())
    wild = (gain < GAINS[0]) | (gain > GAINS[1]) | (np.abs(offset) > OFFSETS)
    if wild.any() or stable < FEWEST_PIXELS / 5:
        return _nothing(bands, "no line fits: as it is")
    return Harmony(tuple(map(float, gain)), tuple(map(float, offset)), stable)


def _line(x: np.ndarray, y: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """Orthogonal line: both pictures have errors of about the same size."""
    total = weight.sum()
    mx, my = (weight * x).sum() / total, (weight * y).sum() / total
    dx, dy = x - mx, y - my
    xx, yy, xy = (weight * dx * dx).sum(), (weight * dy * dy).sum(), (weight * dx * dy).sum()
    if abs(xy) < 1e-12:
        return 1.0, my - mx
    gain = (yy - xx + np.sqrt((yy - xx) ** 2 + 4 * xy**2)) / (2 * xy)
    return float(gain), float(my - gain * mx)
