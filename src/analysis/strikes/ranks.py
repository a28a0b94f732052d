"""Ranks of the truth in simulated worlds: all of the code that the calibration study tests.

Kept apart from the reading of the study, so that its digest changes when the model,
the simulator, a stated prior or the sampler does, and with nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

import analysis.strikes.sampling as sampling
from analysis.strikes.count_model import compiled, model_values, quantities_of, targets
from analysis.strikes.count_worlds import prior_draws, state
from analysis.strikes.likelihood import NUMPY, Datum, arrays_of, log_probability, table_of
from analysis.strikes.priors import QUANTITIES, REFERENCE, STATED_PRIORS

PRIOR = REFERENCE
"""The one prior under which the study ran; no other is calibrated by it."""

RANKS = 100
"""Possible ranks: the truth among 99 draws, thinned so that they hardly correlate."""

_SETTINGS = {"chains": 2, "tune": 500, "draws": 600}
_EVERY = 12
"""Every 12th of two chains of 600 draws, less one: 99 draws."""


def world_ranks(claims: Sequence[Datum], seed: int, world: int) -> dict[str, int]:
    """Ranks of the truth in one simulated world, and its divergent transitions.

    Parameters
    ----------
    claims
        The design: who speaks when, about what and in which form.
    seed, world
        Together they fix the world, its claims and the sampler's draws.
    """
    beliefs = STATED_PRIORS[PRIOR]
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
