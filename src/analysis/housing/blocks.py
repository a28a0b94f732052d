"""How many blocks there are, given how many were seen and when: a stated, simple model.

Blocks are begun evenly over one stretch of time, the works; every stretch of consecutive slices of
time is as probable as any other. What is begun in a slice is seen with a probability, the slice's
completeness, which is known only as well as injected blocks tell (Jeffreys). Before anything is
seen, every number from none to a bound is as probable as any other. False alarms add a Poisson
count. So works that reach into months in which nothing would be found leave room for blocks that
were missed, and an estate that was begun across an edge of the count is taken as one.
"""

from __future__ import annotations

import numpy as np
from scipy import stats
from scipy.special import gammaln

DRAWS = 200
"""Draws of the completeness over which the posterior is averaged."""

SURE = 0.999
"""Probability with which no more false alarms come than are reckoned with."""

MOST = 500
"""Blocks that are reckoned with at most: the orders of more exceed the numbers of a computer."""

OPEN = 0.75
"""Share of the interval before anything was seen that must be left for the number to stay open."""


def completeness(found: np.ndarray, tried: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draws ``(draw, slice)`` of the probability that a block is seen.

    Parameters
    ----------
    found, tried
        ``(slice,)`` injected blocks by the time at which they were begun.
    """
    found, tried = np.asarray(found, dtype=float), np.asarray(tried, dtype=float)
    return rng.beta(found + 0.5, tried - found + 0.5, (DRAWS, found.size))


def posterior(
    begun: np.ndarray,
    complete: np.ndarray,
    lengths: np.ndarray,
    counted: np.ndarray,
    false: float,
    most: int,
) -> np.ndarray:
    """Probability of every number of blocks that were begun in the time that counts.

    Parameters
    ----------
    begun
        ``(seen, slice)`` share of the time in which each block that was seen may have been begun.
    complete
        ``(draw, slice)`` from `completeness`.
    lengths
        ``(slice,)`` of the slices, in any unit.
    counted
        ``(slice,)`` boolean: the time that counts. Works that do not touch it are left out.
    false
        False alarms that are expected in all of the time.
    most
        Bound of all blocks; at least the number seen is taken.

    Returns
    -------
    numpy.ndarray
        ``(max(most, seen) + 1,)``, sums to 1.
    """
    seen = len(begun)
    most = max(most, seen)
    density = begun / (lengths / lengths.sum())
    # (alarms, missed that count, other missed): what does not hang on the works
    alarms = min(int(stats.poisson.ppf(SURE, false)), seen)
    ways = [_missed(seen, n, most) for n in range(alarms + 1)]
    parts, logs = [], []
    for share in _works(lengths, counted):
        hit, hidden = share * complete, share * (1 - complete)
        inside, outside = (hit[:, w] @ density[:, w].T for w in (counted, ~counted))
        taken, log = _assigned(inside, outside, false, alarms)
        missed, other = (hidden[:, w].sum(axis=1)[:, None] for w in (counted, ~counted))
        part = np.zeros(most + 1)
        for way, some in zip(ways, taken, strict=True):
            n = np.arange(len(way))
            unseen = missed**n * (other**n @ way.T)
            for inner in range(seen + 1):
                reach = min(n.size, most + 1 - inner)
                part[inner : inner + reach] += some[:, inner] @ unseen[:, :reach]
        parts.append(part)
        logs.append(log)
    total = np.exp(np.array(logs) - max(logs)) @ np.array(parts)
    return np.asarray(total / total.sum())


def prior(lengths: np.ndarray, counted: np.ndarray, most: int) -> np.ndarray:
    """Probability of every number of blocks that count, before anything is seen.

    It falls off where works may lie partly in time that does not count. Parameters as in
    `posterior`.
    """
    nothing = np.zeros((1, lengths.size))
    return posterior(nothing[:0], nothing, lengths, counted, 0.0, most)


def _works(lengths: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """For every stretch of slices that touches the counted ones, what share lies in each slice."""
    every = []
    for first in range(lengths.size):
        for last in range(first, lengths.size):
            share = np.zeros(lengths.size)
            share[first : last + 1] = lengths[first : last + 1]
            if share[counted].any():
                every.append(share / share.sum())
    return np.array(every)


def _assigned(
    inside: np.ndarray, outside: np.ndarray, alarm: float, most: int
) -> tuple[np.ndarray, float]:
    """Weight ``(alarms, draw, number)`` of so many of the seen being alarms, and begun in time.

    ``inside`` and ``outside`` are ``(draw, seen)``: how well each fits a block of either time; of
    alarms there are ``most``. The
    logarithm of a factor stands beside, since products of many blocks leave a computer's range.
    """
    draws, seen = inside.shape
    log = 0.0
    ways = np.zeros((most + 1, draws, seen + 1))
    ways[0, :, 0] = 1.0
    for k in range(seen):
        more = outside[:, k, None] * ways
        more[:, :, 1:] += inside[:, k, None] * ways[:, :, :-1]
        more[1:] += alarm * ways[:-1]
        high = float(more.max())
        if high == 0:  # works in which nothing could be seen, and more seen than alarms
            return more, -np.inf
        ways, log = more / high, log + float(np.log(high))
    return ways, log


def _missed(seen: int, alarms: int, most: int) -> np.ndarray:
    """Orders ``(missed that count, other missed)`` of blocks, true and missed, up to a bound."""
    true = seen - alarms
    one, two = np.ogrid[: most - true + 1, : most - true + 1]
    logs = gammaln(true + one + two + 1) - gammaln(one + 1) - gammaln(two + 1) - gammaln(seen + 1)
    return np.asarray(np.exp(np.where(one + two <= most - true, logs, -np.inf)))


def interval(chances: np.ndarray, level: float) -> tuple[int, int, int]:
    """Low end, median and high end: the likeliest numbers that together hold a level.

    From the likeliest number it grows by the likelier neighbour; of two alike, by the one on the
    side that holds more. Nothing is missed on the side below what was seen, so a central interval
    would give away half of what it leaves out. It holds at least ``level``, since whole numbers
    seldom hold it exactly; intervals of higher levels hold those of lower ones.
    """
    middle = int(np.searchsorted(np.cumsum(chances), 0.5 - 1e-12))
    low = high = int(np.argmax(chances))
    while chances[low : high + 1].sum() < level - 1e-12:
        below = float(chances[low - 1]) if low else -1.0
        above = float(chances[high + 1]) if high + 1 < chances.size else -1.0
        if np.isclose(below, above, rtol=1e-9):
            below, above = float(chances[:low].sum()), float(chances[high + 1 :].sum())
        if below > above:
            low -= 1
        else:
            high += 1
    return low, min(max(middle, low), high), high


def is_open(chances: np.ndarray, before: np.ndarray) -> bool:
    """Whether what was seen says next to nothing: it rules out few of the probable numbers.

    ``before`` is the `prior`, of the same bound.
    """
    low, _, high = interval(chances, 0.9)
    first, _, last = interval(before, 0.9)
    return min(high, last) - max(low, first) >= OPEN * (last - first)


def placed(chances: np.ndarray, truth: int, rng: np.random.Generator) -> float:
    """Randomised probability integral transform of a true number (Czado et al. 2009)."""
    below = float(chances[:truth].sum())
    own = float(chances[truth]) if truth < chances.size else 0.0
    return below + float(rng.uniform()) * own
