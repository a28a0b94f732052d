"""What a ratio with its uncertainty says of the published readings of "60 to 70 %".

The bands are those of the claim and of its rivals. A probability needs a prior, so it is
given under two; a likelihood ratio needs none beyond the spread inside each band.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]

BANDS: Mapping[str, tuple[float, float]] = {
    "of": (0.60, 0.70),
    "smaller": (0.30, 0.40),
    "larger": (1.60, 1.70),
    "twice": (1.90, 2.10),
}
"""Ratios that each reading allows; what lies in none of them is ``none``."""

RANGE = (0.2, 3.0)
"""Ratios that the priors allow."""

CELLS = 4000
"""Steps of the integration, uniform in the logarithm: 0.07 % each."""

KERNEL = 0.002
"""Least standard deviation of the likelihood in log ratio: draws are finite."""


def likelihood(draws: Array, grid: Array) -> Array:
    """Likelihood of each ratio on a grid, from posterior draws under a flat prior in log ratio.

    A Student density with the draws' centre and spread, five degrees of freedom: draws of an
    estimate carry no information about tails beyond them.
    """
    logs = np.log(draws[draws > 0])
    middle = float(np.median(logs))
    low, high = np.quantile(logs, [0.16, 0.84])
    # for five degrees of freedom the central 68 % reach 1.098 scales to each side
    scale = max(float(high - low) / (2 * 1.098), KERNEL)
    away = (np.log(grid) - middle) / scale
    return (1 + away * away / 5) ** -3.0


def priors(grid: Array) -> dict[str, Array]:
    """The stated priors as densities in log ratio, up to a factor.

    ``log_uniform`` from 0.2 to 3; ``similar``, a hall is built about as large as its
    neighbour: log-normal around one with a factor of two at one standard deviation, in the
    same range.
    """
    return {
        "log_uniform": np.ones_like(grid),
        "similar": np.exp(-0.5 * (np.log(grid) / math.log(2.0)) ** 2),
    }


def probabilities(draws: Array) -> dict[str, dict[str, float]]:
    """Probability of each reading under each prior; each row sums to one.

    Parameters
    ----------
    draws
        Posterior draws of the ratio.

    Raises
    ------
    ValueError
        If no draw is positive.
    """
    grid, weight = _grid(draws)
    made = {}
    for name, prior in priors(grid).items():
        mass = weight * prior
        mass = mass / mass.sum()
        row = {r: float(mass[(grid >= a) & (grid < b)].sum()) for r, (a, b) in BANDS.items()}
        row["none"] = max(0.0, 1.0 - sum(row.values()))
        made[name] = row
    return made


def likelihood_ratios(draws: Array, against: str = "of") -> dict[str, float]:
    """Mean likelihood inside the band ``against`` over that inside each other band.

    Inside a band ratios count equally in the logarithm. Values are capped at a million either
    way: tails say no more.
    """
    grid, weight = _grid(draws)

    def mean(band: tuple[float, float]) -> float:
        inside = (grid >= band[0]) & (grid < band[1])
        return float(weight[inside].mean())

    own = mean(BANDS[against])
    return {
        name: float(np.clip(own / max(mean(band), 1e-300), 1e-6, 1e6))
        for name, band in BANDS.items()
        if name != against
    }


def _grid(draws: Array) -> tuple[Array, Array]:
    if not np.any(draws > 0):
        raise ValueError("no positive draw of the ratio")
    edges = np.linspace(math.log(RANGE[0]), math.log(RANGE[1]), CELLS + 1)
    grid = np.exp(0.5 * (edges[1:] + edges[:-1]))
    return grid, likelihood(draws, grid)
