"""How many blocks there are, given how many were seen: a stated, simple model.

Of ``N`` blocks each is seen with the same probability, the completeness, which is known only as
well as injected blocks tell (Jeffreys). False alarms add a Poisson count. Before anything is seen,
every ``N`` from none to a bound is as probable as any other. Without false alarms and bound, what
was missed then follows a negative binomial distribution.

Completeness hangs on when an estate was begun, since all of its blocks share the same months of
cloud: it is taken by slices of time. Slices in which blocks were seen count by their number; if
none was seen, all count alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy import stats

DRAWS = 2000
"""Draws of the completeness over which the posterior is averaged."""

OPEN = 0.75
"""Share of the bound that the interval must cover for the number to stay open."""


def completeness(
    found: np.ndarray, tried: np.ndarray, seen: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Draws of the probability that a block is seen.

    Parameters
    ----------
    found, tried
        ``(slice,)`` injected blocks by the time at which they were begun.
    seen
        ``(slice,)`` blocks seen in the zone, by the same.
    """
    found, tried, seen = (np.asarray(v, dtype=float) for v in (found, tried, seen))
    weight = np.where(tried > 0, seen if seen[tried > 0].sum() > 0 else 1.0, 0.0)
    if not weight.sum() > 0:
        return rng.beta(0.5, 0.5, DRAWS)
    at = rng.choice(weight.size, DRAWS, p=weight / weight.sum())
    return rng.beta(found[at] + 0.5, tried[at] - found[at] + 0.5)


def posterior(seen: int, complete: np.ndarray, false: float, most: int) -> np.ndarray:
    """Probability of every number of blocks from none to a bound.

    Parameters
    ----------
    seen
        Blocks that were counted.
    complete
        Draws of the completeness.
    false
        False alarms that are expected among them.
    most
        The bound; at least ``seen`` is taken.

    Returns
    -------
    numpy.ndarray
        ``(most + 1,)``, sums to 1.
    """
    number = np.arange(max(most, seen) + 1)
    likely = np.zeros(number.size)
    for alarms in range(seen + 1):
        true = stats.binom.pmf(seen - alarms, number[:, None], complete).mean(axis=1)
        likely += stats.poisson.pmf(alarms, false) * true
    return likely / likely.sum()


def of_some(parts: Sequence[float], posteriors: Callable[[int], np.ndarray]) -> np.ndarray:
    """Posterior where each block that was seen is one to be counted with a probability.

    Parameters
    ----------
    parts
        The probabilities.
    posteriors
        From a number of blocks seen to the posterior that it gives.
    """
    weight = np.ones(1)
    for part in parts:
        weight = np.convolve(weight, [1 - part, part])
    each = [w * posteriors(n) for n, w in enumerate(weight) if w > 0]
    total = np.zeros(max(p.size for p in each))
    for one in each:
        total[: one.size] += one
    return total


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


def is_open(chances: np.ndarray) -> bool:
    """Whether what was seen says next to nothing: nearly all numbers are still probable."""
    low, _, high = interval(chances, 0.9)
    return high - low >= OPEN * (chances.size - 1)


def placed(chances: np.ndarray, truth: int, rng: np.random.Generator) -> float:
    """Randomised probability integral transform of a true number (Czado et al. 2009)."""
    below = float(chances[:truth].sum())
    own = float(chances[truth]) if truth < chances.size else 0.0
    return below + float(rng.uniform()) * own


def sum_of(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Posterior of the sum of independent numbers."""
    total = np.ones(1)
    for part in parts:
        total = np.convolve(total, part)
    return total
