"""The two-event scan: seasonal ground, then ground works, then a roof; at every pixel.

A pixel's series is explained by three stretches. Before the first event it follows a season
(harmonics with a Gaussian prior, integrated out date by date, as a Kalman filter does). Between
the events it may look like anything on the site (ground works). After the second it stays
constant (a roof, its mean integrated out). Because the middle stretch has no memory, the sum over
all pairs of dates separates into running sums: the posterior of both dates is exact, and its cost
is linear in the number of dates. A missing date adds nothing to any stretch; the prior mass of a
gap is its length. An observation far from a stretch costs at most `WORST`: a cloud that a mask
missed is not a roof.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np

from analysis.growth.series import LANES, Series

WORST = 30.0
"""Squared whitened distance, over all bands, beyond which an observation counts no more."""

ROOF_NOISE = 1.5
"""Variance of a roof around its mean, in units of the ground's around its season: it has no
plants, but the sun's angle is left in it."""

FORGET_GROUND, FORGET_ROOF = 0.5, 1.0
"""What a missed prediction adds to a level's variance (ground: in noise variances; roof: in its
own variance): a first date under cloud is forgotten, a long stretch is not."""


@dataclass(frozen=True)
class Works:
    """What ground works are taken to be: soil, concrete and steel."""

    spread: float
    """Their variance, of that of anything on the site."""
    days: float
    """Mean of their duration in the prior (exponential)."""


PIXELS = Works(spread=0.36, days=120.0)
"""Where pixels are searched: a field that was sown late must not pass for works."""

OBJECTS = Works(spread=0.20, days=200.0)
"""Where an object that was found is dated: the first works look much like the ground."""

LEVELS = (0.05, 0.5, 0.95)
"""Quantiles of the date posteriors that are kept for each pixel."""


@dataclass(frozen=True)
class Scan:
    """What the scan says of each pixel."""

    evidence: np.ndarray
    """``(y, x)`` log Bayes factor of two events against none."""
    season: np.ndarray
    """``(y, x)`` log likelihood of the series as season alone: the other side of the factor."""
    first: np.ndarray
    """``(quantile, y, x)`` days since 1970 of the first event; `LEVELS`."""
    second: np.ndarray
    """``(quantile, y, x)`` days since 1970 of the second event."""
    posterior: np.ndarray | None
    """``(event, date, y, x)`` probability that this date is the first after the event; the
    event lies between the date before and this one. ``None`` unless asked for."""


def scan(
    series: Series, *, posterior: bool = False, works: Works = PIXELS, since: float = -np.inf
) -> Scan:
    """Scan all pixels of a laid-out cube; all processors that numba may use.

    Parameters
    ----------
    series
        Laid out by `analysis.growth.series`.
    posterior
        Whether to keep the probabilities of all dates.
    works
        What lies between the events.
    since
        Days since 1970 before which no event is looked for.
    """
    gaps = np.where(series.days > since, gap_days(series.days), 0.0)
    blocks, times = series.clear.shape[:2]
    kept = np.zeros((blocks if posterior else 0, 2, times, LANES), np.float32)
    evidence, season, dates = _scan(
        series.values, series.clear, series.design, series.prior.astype(np.float32),
        np.float32(series.spread), series.days, gaps, np.array(LEVELS), kept,
        np.float32(works.spread), works.days,
    )  # fmt: skip
    images = series.image(np.moveaxis(dates, 0, -2))
    return Scan(
        evidence=series.image(evidence),
        season=series.image(season),
        first=images[0],
        second=images[1],
        posterior=series.image(np.moveaxis(kept, 0, -2)) if posterior else None,
    )


def gap_days(days: np.ndarray) -> np.ndarray:
    """Days between each date and the one before; the first has none: what stood there stood."""
    return np.diff(days, prepend=days[0])


@numba.njit(parallel=True, cache=True)
def _scan(values, clear, design, prior, spread, days, gaps, levels, kept, part, duration):
    blocks, times, count, _ = values.shape
    evidence = np.zeros((blocks, LANES), np.float32)
    season = np.zeros((blocks, LANES), np.float32)
    dates = np.zeros((blocks, 2, levels.size, LANES), np.float32)
    for k in numba.prange(blocks):
        ground = np.zeros((times + 1, LANES), np.float32)
        works = np.zeros((times + 1, LANES), np.float32)
        roof = np.zeros((times + 1, LANES), np.float32)
        _ground(values[k], clear[k], design, prior, ground)
        _works(values[k], clear[k], np.float32(1.0 + part * (spread - 1.0)), works)
        _roof(values[k], clear[k], spread, roof)
        season[k] = ground[times]
        _dates(ground, works, roof, days, gaps, levels, evidence[k], dates[k], kept, k, duration)
    return evidence, season, dates


@numba.njit(cache=True)
def _ground(values, clear, design, prior, out):
    """Log likelihood of all dates before each date as season: sequential prediction."""
    times, count, _ = values.shape
    size = design.shape[1]
    spread = np.zeros((size, size, LANES), np.float32)
    mean = np.zeros((size, count, LANES), np.float32)
    reach = np.zeros((size, LANES), np.float32)
    variance = np.zeros(LANES, np.float32)
    far = np.zeros(LANES, np.float32)
    use = np.zeros(LANES, np.float32)
    error = np.zeros((count, LANES), np.float32)
    worst = np.float32(WORST)
    one, zero, half = np.float32(1.0), np.float32(0.0), np.float32(0.5)
    for i in range(size):
        spread[i, i, :] = prior[i]
    for t in range(times):
        variance[:] = one
        for i in range(size):
            row = reach[i]
            row[:] = zero
            for j in range(size):
                x, part = design[t, j], spread[min(i, j), max(i, j)]
                for n in range(LANES):
                    row[n] += part[n] * x
            x = design[t, i]
            for n in range(LANES):
                variance[n] += row[n] * x
        far[:] = zero
        for b in range(count):
            left, seen = error[b], values[t, b]
            for n in range(LANES):
                left[n] = seen[n]
            for i in range(size):
                x, part = design[t, i], mean[i, b]
                for n in range(LANES):
                    left[n] -= part[n] * x
            for n in range(LANES):
                far[n] += left[n] * left[n]
        for n in range(LANES):
            far[n] = far[n] / variance[n]
        for n in range(LANES):
            use[n] = clear[t, n] / variance[n] if far[n] < worst else zero
        for n in range(LANES):
            cost = half * (min(far[n], worst) + np.float32(count) * np.log(variance[n]))
            out[t + 1, n] = out[t, n] - clear[t, n] * cost
        level = spread[0, 0]
        for n in range(LANES):
            level[n] += np.float32(FORGET_GROUND) * clear[t, n] if far[n] >= worst else zero
        for i in range(size):
            row = reach[i]
            for b in range(count):
                part, left = mean[i, b], error[b]
                for n in range(LANES):
                    part[n] += use[n] * row[n] * left[n]
            for j in range(i, size):
                part, column = spread[i, j], reach[j]
                for n in range(LANES):
                    part[n] -= use[n] * row[n] * column[n]


@numba.njit(cache=True)
def _works(values, clear, variance, out):
    """Log likelihood of all dates before each date as ground works: no memory."""
    times, count, _ = values.shape
    far = np.zeros(LANES, np.float32)
    level = np.float32(count * np.log(variance))
    worst, half, over = np.float32(WORST), np.float32(0.5), np.float32(1.0 / variance)
    for t in range(times):
        far[:] = np.float32(0.0)
        for b in range(count):
            seen = values[t, b]
            for n in range(LANES):
                far[n] += seen[n] * seen[n] * over
        for n in range(LANES):
            out[t + 1, n] = out[t, n] - clear[t, n] * half * (min(far[n], worst) + level)


@numba.njit(cache=True)
def _roof(values, clear, spread, out):
    """Log likelihood of each date and all later ones as a roof: one mean, from the end."""
    times, count, _ = values.shape
    mean = np.zeros((count, LANES), np.float32)
    doubt = np.full(LANES, np.float32(spread))
    far = np.zeros(LANES, np.float32)
    use = np.zeros(LANES, np.float32)
    worst, half = np.float32(WORST), np.float32(0.5)
    own, zero = np.float32(ROOF_NOISE), np.float32(0.0)
    for t in range(times - 1, -1, -1):
        far[:] = zero
        for b in range(count):
            seen, part = values[t, b], mean[b]
            for n in range(LANES):
                left = seen[n] - part[n]
                far[n] += left * left
        for n in range(LANES):
            far[n] = far[n] / (own + doubt[n])
        for n in range(LANES):
            use[n] = clear[t, n] * doubt[n] / (own + doubt[n]) if far[n] < worst else zero
        for n in range(LANES):
            cost = half * (min(far[n], worst) + np.float32(count) * np.log(own + doubt[n]))
            out[t, n] = out[t + 1, n] - clear[t, n] * cost
        for b in range(count):
            seen, part = values[t, b], mean[b]
            for n in range(LANES):
                part[n] += use[n] * (seen[n] - part[n])
        for n in range(LANES):
            more = np.float32(FORGET_ROOF) * doubt[n] * clear[t, n] if far[n] >= worst else zero
            doubt[n] += more - use[n] * doubt[n]


@numba.njit(cache=True)
def _dates(ground, works, roof, days, gaps, levels, evidence, dates, kept, k, duration):
    """Evidence and date posteriors of one block: all pairs of dates, by running sums."""
    times = days.size
    start = np.zeros(times)
    finish = np.zeros(times)
    before = np.zeros(times)
    marginal = np.zeros(times)
    whole = days[times - 1] - days[0]
    for n in range(LANES):
        top, last = -np.inf, -np.inf
        for t in range(1, times):
            start[t] = ground[t, n] - works[t, n] + days[t] / duration
            finish[t] = works[t, n] + roof[t, n] - days[t] / duration
            top, last = max(top, start[t]), max(last, finish[t])
        total, running = 0.0, 0.0
        for t in range(1, times):
            start[t] = np.exp(start[t] - top) * gaps[t] / whole
            finish[t] = np.exp(finish[t] - last) * gaps[t] / duration
            # both events in one gap: half of the orders are the right one
            before[t] = running + 0.5 * start[t]
            running += start[t]
            marginal[t] = finish[t] * before[t]
            total += marginal[t]
        if not total > 0.0:
            # on ground like a roof the likeliest dates of both events lie far apart in likelihood
            size = _in_logs(ground, works, roof, days, gaps, levels, dates, kept, k, n, duration)
            evidence[n] = size - ground[times, n] if size > -np.inf else -1e9
            continue
        evidence[n] = np.log(total) + top + last - ground[times, n]
        _quantiles(marginal, total, days, gaps, levels, dates[1], n)
        for t in range(1, times):
            if kept.shape[0] > 0:
                kept[k, 1, t, n] = marginal[t] / total
        running = 0.0
        for t in range(times - 1, 0, -1):
            marginal[t] = start[t] * (running + 0.5 * finish[t])
            running += finish[t]
        _quantiles(marginal, total, days, gaps, levels, dates[0], n)
        for t in range(1, times):
            if kept.shape[0] > 0:
                kept[k, 0, t, n] = marginal[t] / total


@numba.njit(cache=True)
def _in_logs(ground, works, roof, days, gaps, levels, dates, kept, k, n, duration):
    """The same for one pixel whose products are too small for numbers; log of their sum."""
    times = days.size
    whole = days[times - 1] - days[0]
    start, finish = np.full(times, -np.inf), np.full(times, -np.inf)
    for t in range(1, times):
        if gaps[t] > 0.0:
            start[t] = ground[t, n] - works[t, n] + days[t] / duration + np.log(gaps[t] / whole)
            finish[t] = works[t, n] + roof[t, n] - days[t] / duration + np.log(gaps[t] / duration)
    half = np.log(0.5)
    marginal = np.full(times, -np.inf)
    running, size = -np.inf, -np.inf
    for t in range(1, times):
        marginal[t] = finish[t] + np.logaddexp(running, start[t] + half)
        running = np.logaddexp(running, start[t])
        size = np.logaddexp(size, marginal[t])
    if not size > -np.inf:
        return size
    share = np.exp(marginal - size)
    _quantiles(share, 1.0, days, gaps, levels, dates[1], n)
    for t in range(1, times):
        if kept.shape[0] > 0:
            kept[k, 1, t, n] = share[t]
    running = -np.inf
    for t in range(times - 1, 0, -1):
        share[t] = np.exp(start[t] + np.logaddexp(running, finish[t] + half) - size)
        running = np.logaddexp(running, finish[t])
    _quantiles(share, 1.0, days, gaps, levels, dates[0], n)
    for t in range(1, times):
        if kept.shape[0] > 0:
            kept[k, 0, t, n] = share[t]
    return size


@numba.njit(cache=True)
def _quantiles(marginal, total, days, gaps, levels, out, n):
    """Days at which a posterior reaches some levels, evenly spread within each gap."""
    mass, q = 0.0, 0
    for t in range(1, days.size):
        share = marginal[t] / total
        while q < levels.size and mass + share >= levels[q]:
            part = (levels[q] - mass) / share if share > 0 else 1.0
            out[q, n] = days[t] - gaps[t] * (1.0 - part)
            q += 1
        mass += share
    while q < levels.size:
        out[q, n] = days[days.size - 1]
        q += 1
