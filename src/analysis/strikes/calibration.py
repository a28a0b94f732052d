"""Simulation-based calibration of the count: does the code invert its own worlds?

Worlds are drawn from the prior, claims are made in them, the model is fitted to
those claims, and the rank of the truth among the posterior draws is uniform when
model, likelihood and sampler are right (Talts et al. 2018, arXiv 1804.06788). It
tests the code. Whether the real claims came about as the model says, it cannot test.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import stats

import analysis.strikes.sampling as sampling
from analysis import paths
from analysis.errors import UserError
from analysis.steps import step
from analysis.strikes.count_model import compiled, model_values, quantities_of, targets
from analysis.strikes.count_worlds import prior_draws, state
from analysis.strikes.likelihood import NUMPY, Datum, arrays_of, log_probability, table_of
from analysis.strikes.priors import COUNT_PRIORS, QUANTITIES

STUDY = "bench/results/sbc-count.json"
"""Where `python -m bench sbc` writes the study."""

RANKS = 100
"""Possible ranks: the truth among 99 draws, thinned so that they hardly correlate."""

_SETTINGS = {"chains": 2, "tune": 500, "draws": 600}
_EVERY = 12
"""Every 12th of two chains of 600 draws, less one: 99 draws."""

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
    source_digest: str
    machine: str
    seed: int


def world_ranks(prior: str, claims: Sequence[Datum], seed: int, world: int) -> dict[str, int]:
    """Ranks of the truth in one simulated world, and its divergent transitions.

    Parameters
    ----------
    claims
        The design: who speaks when, about what and in which form.
    seed, world
        Together they fix the world, its claims and the sampler's draws.
    """
    beliefs = COUNT_PRIORS[prior]
    rng = np.random.default_rng([seed, world])
    truth = prior_draws(beliefs, rng, 1)
    stated = state(truth[0], claims, rng)
    posterior = sampling.draw(
        compiled(len(stated)), model_values(beliefs, stated), int(rng.integers(2**31)), **_SETTINGS
    )
    drawn = quantities_of(posterior, beliefs)[:, ::_EVERY].reshape(-1, len(QUANTITIES))
    drawn = drawn[: RANKS - 1]
    ranks = {
        name: int(np.sum(drawn_values < true_value))
        for (name, drawn_values), true_value in zip(
            _test_quantities(drawn, stated).items(),
            _test_quantities(truth, stated).values(),
            strict=True,
        )
    }
    return {**ranks, "divergences": int(posterior["diverging"].sum())}


def _test_quantities(quantities: np.ndarray, stated: Sequence[Datum]) -> dict[str, np.ndarray]:
    """What is ranked, from quantities (n, 16): counts, the shared ones, the likelihood.

    The likelihood of the data is among them because a model that ignores its data
    passes for every parameter alone (Modrák et al. 2023, Bayesian Analysis).
    """
    alone = {n: quantities[:, QUANTITIES.index(n)] for n in ("bias_delivered", "spread", "lag")}
    each = log_probability(NUMPY, arrays_of(table_of(stated)), quantities[:, None, :])
    return {**targets(quantities), **alone, "likelihood": each.sum(axis=(-1, -2))}


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
            source_digest=str(content["source_digest"]), machine=str(content["machine"]),
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
