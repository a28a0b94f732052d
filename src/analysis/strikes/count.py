"""How many KN-23 and KN-24 were fired in 2024, from every claim as what it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis import evidence
from analysis.errors import UserError
from analysis.steps import step
from analysis.strikes.claims_used import SELECTIONS, select
from analysis.strikes.count_model import sample, targets
from analysis.strikes.count_priors import count_priors
from analysis.strikes.count_worlds import prior_draws
from analysis.strikes.diagnostics import Diagnostics, diagnose, power_sensitivity
from analysis.strikes.likelihood import (
    DELIVERED_ENDS,
    NUMPY,
    Datum,
    arrays_of,
    log_known,
    log_probability,
    table_of,
)
from analysis.strikes.priors import NAMES, QUANTITIES, CountPrior

PRIOR_DRAWS = 20_000

ROWS = max(len(ids) for ids in SELECTIONS.values())
"""Claims that one compiled model takes; a shorter selection is filled up."""

_DAY = DELIVERED_ENDS[0]
VACUOUS = Datum("", "delivered", "at-least", 0.0, _DAY, _DAY, _DAY, "")
"""A floor of nothing: it fills up a selection and tells nothing."""


@dataclass(frozen=True)
class CountFit:
    """Prior and posterior of the count under one prior and one selection of claims."""

    prior: str
    selection: str
    claims: tuple[Datum, ...]
    posterior: dict[str, np.ndarray]
    """By target, and ``bias``: (chain, draw), missiles or a factor."""
    push_forward: dict[str, np.ndarray]
    """The same before any claim, (draw,)."""
    log_likelihood: np.ndarray
    """(chain, draw, claim)."""
    known: np.ndarray
    """Posterior predictive: what each claimant would know, (draw, claim), missiles."""
    diagnostics: Diagnostics
    sensitivity: dict[str, tuple[float, float]]
    """By target: power-scaling sensitivity to the prior and to the claims."""


@step(reads=("evidence",))
def fit(prior: str, seed: int, selection: str = "latest") -> CountFit:
    """Fit the count under a named prior.

    Raises
    ------
    UserError
        For an unknown prior or selection, or a claim that may not enter.
    CheckFailed
        If the sampler did not converge.
    """
    for name, known in ((prior, set(NAMES)), (selection, set(SELECTIONS))):
        if name not in known:
            raise UserError(f"{name!r} is not one of {', '.join(sorted(known))}")
    tables = evidence.load()
    claims = select(tables, SELECTIONS[selection], inferred=selection != "echoes")
    return fit_claims(prior, count_priors(tables)[prior], claims, seed, selection)


def fit_claims(
    prior: str, beliefs: CountPrior, claims: Sequence[Datum], seed: int, selection: str
) -> CountFit:
    """Fit given claims under a prior; refuses draws that did not converge."""
    filled = [*claims, *[VACUOUS] * (ROWS - len(claims))]
    posterior, quantities = sample(beliefs, filled, seed)
    diagnostics = diagnose(posterior)
    diagnostics.check(f"count under prior {prior!r}, claims {selection!r}")
    rng = np.random.default_rng([seed, 1])
    d = arrays_of(table_of(claims))
    found = targets(quantities)
    row = quantities[..., None, :]
    each_claim = log_probability(NUMPY, d, row)[..., 0]
    log_prior = _log_prior(posterior["z"].to_numpy()[..., 0, :])
    noise = row[..., QUANTITIES.index("spread")] * rng.logistic(size=each_claim.shape)
    known = np.exp(log_known(NUMPY, d, row)[..., 0] + noise).reshape(-1, len(claims))
    return CountFit(
        prior=prior, selection=selection, claims=tuple(claims), posterior=found,
        push_forward=targets(prior_draws(beliefs, rng, PRIOR_DRAWS)),
        log_likelihood=each_claim, known=known, diagnostics=diagnostics,
        sensitivity={
            name: power_sensitivity(values, log_prior, each_claim)
            for name, values in found.items()
        },
    )  # fmt: skip


def _log_prior(z: np.ndarray) -> np.ndarray:
    """Log-density of the counts and biases: what the power scaling weighs, (chain, draw)."""
    weighed = [i for i, name in enumerate(QUANTITIES) if name not in ("spread", "lag")]
    return -0.5 * (z[..., weighed] ** 2).sum(axis=-1)
