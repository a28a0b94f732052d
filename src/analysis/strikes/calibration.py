"""Simulation-based calibration of the count: does the code invert its own worlds?

Worlds are drawn from the prior, claims are made in them, the model is fitted to
those claims, and the rank of the truth among the posterior draws is uniform when
model, likelihood and sampler are right (Talts et al. 2018, arXiv 1804.06788). It
tests the code. Whether the real claims came about as the model says, it cannot test.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import stats

from analysis import paths
from analysis.errors import UserError
from analysis.steps import step
from analysis.strikes.ranks import RANKS

STUDY = "bench/results/sbc-count.json"
"""Where `python -m bench sbc` writes the study."""

LEVEL = 0.95
"""Probability that all ranks of one quantity lie inside its band, were they uniform."""


@dataclass(frozen=True)
class Study:
    """A finished study, as committed."""

    ranks: dict[str, np.ndarray]
    """By quantity, (fits,), integers from 0 to `RANKS` - 1."""
    fits: int
    divergent_fits: int
    """Fits with at least one divergent transition; they are kept."""
    prior: str
    """The one prior that worlds were drawn from and fitted under."""
    machine: str
    seed: int


@cache
def band(fits: int, comparisons: int = 1, trials: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    """Simultaneous band of the ranks' distribution function, at 1/100, ..., 99/100.

    The pointwise coverage is adjusted until `LEVEL` of simulated uniform samples
    stay inside everywhere (Säilynoja, Bürkner and Vehtari 2022, Statistics and
    Computing 32:32, algorithm 2; for ranks the points are exact).

    Parameters
    ----------
    fits
        Number of ranks.
    comparisons
        Quantities that shall be inside together (Bonferroni).

    Returns
    -------
    Lowest and highest fraction of ranks below each point that is inside.
    """
    points = np.arange(1, RANKS) / RANKS
    rng = np.random.default_rng(20220503)
    counts = rng.multinomial(fits, np.full(RANKS, 1 / RANKS), size=trials).cumsum(axis=1)[:, :-1]
    values = np.arange(fits + 1)[:, None]
    below = stats.binom.cdf(values, fits, points)
    above = stats.binom.sf(values - 1, fits, points)
    tails = 2 * np.minimum(below, above)[counts, np.arange(RANKS - 1)].min(axis=1)
    gamma = np.quantile(tails, (1 - LEVEL) / comparisons)
    low = stats.binom.ppf(gamma / 2, fits, points) / fits
    high = stats.binom.ppf(1 - gamma / 2, fits, points) / fits
    return low, high


def ecdf(ranks: np.ndarray) -> np.ndarray:
    """Fraction of ranks below 1/100, ..., 99/100 of all possible ranks, (99,)."""
    return np.array([np.mean(ranks < k) for k in range(1, RANKS)])


def gap(ranks: np.ndarray) -> float:
    """Largest distance of the ranks' distribution function from the uniform one."""
    return float(np.max(np.abs(ecdf(ranks) - np.arange(1, RANKS) / RANKS)))


def inside(ranks: np.ndarray, comparisons: int = 1) -> bool:
    """Whether the ranks' distribution function stays inside the band everywhere."""
    low, high = band(len(ranks), comparisons)
    found = ecdf(ranks)
    slack = 1e-9
    return bool(np.all((found >= low - slack) & (found <= high + slack)))


@step(reads=("bench/results",))
def study() -> Study:
    """Read the committed study.

    Raises
    ------
    UserError
        If it is missing or is not a study of this kind.
    """
    path = paths.project_root() / STUDY
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        ranks = {k: np.array(v) for k, v in content["ranks"].items()}
        return Study(
            ranks=ranks, fits=int(content["fits"]), seed=int(content["seed"]),
            divergent_fits=sum(n > 0 for n in content["divergences"]),
            prior=str(content["prior"]), machine=str(content["machine"]),
        )  # fmt: skip
    except FileNotFoundError:
        raise UserError(f"{STUDY} is missing: run `make bench`") from None
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{STUDY} is no calibration study: {error}") from None


def interval_coverage(ranks: np.ndarray, level: float) -> tuple[float, float]:
    """Share of worlds whose central interval held the truth, and its standard error."""
    edge = RANKS * (1 - level) / 2
    held = float(np.mean((ranks >= edge) & (ranks < RANKS - edge)))
    return held, math.sqrt(level * (1 - level) / len(ranks))
