"""The model of the count: missiles fired and delivered, and what is stated of them.

The count is not identified by the claims alone: multiply every count by two,
halve the claimants' shared bias, and the likelihood is the same. What comes out
is therefore what the prior of the bias lets through, and it is shown so.

Counts are treated as continuous; the error is below half a missile, far inside
every interval. What was fired is never more than what was delivered, by
construction.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

import analysis.strikes.sampling as sampling
from analysis.strikes.likelihood import Datum, arrays_of, log_probability, table_of
from analysis.strikes.priors import QUANTITIES, CountPrior

TARGETS = ("year", "winter", "surge")
"""Fired 1 Jan to 23 Nov 2024; 30 Dec 2023 to 27 Feb 2024; 31 Jul to 23 Nov 2024."""


def build(n_claims: int) -> Any:
    """The PyMC model for some number of claims; all its numbers are data."""
    pm = sampling.backend()
    xp = sampling.tensors()
    with pm.Model() as model:
        beliefs = sampling.data("beliefs", (2, len(QUANTITIES)))
        claims = sampling.data("claims", (n_claims, table_of([]).shape[1]))
        z = pm.Normal("z", shape=(1, len(QUANTITIES)))
        q = xp.exp(beliefs[:1] + beliefs[1:] * z)
        pm.Potential("stated", log_probability(xp, arrays_of(claims), q).sum())
    return model


@functools.cache
def compiled(n_claims: int) -> Any:
    """The compiled model, once per process and number of claims."""
    return sampling.compile_model(lambda: build(n_claims))


def beliefs_of(prior: CountPrior) -> np.ndarray:
    """Locations and scales of the logarithms, (2, 16)."""
    ranges = [getattr(prior, name) for name in QUANTITIES]
    return np.array([[r.location for r in ranges], [r.scale for r in ranges]])


def model_values(prior: CountPrior, claims: Sequence[Datum]) -> dict[str, np.ndarray]:
    """The data of `build`, by name."""
    return {"beliefs": beliefs_of(prior), "claims": table_of(claims)}


def quantities_of(posterior: xr.Dataset, prior: CountPrior) -> np.ndarray:
    """Sampled coordinates as quantities, (chain, draw, 16)."""
    location, scale = beliefs_of(prior)
    return np.exp(location + scale * posterior["z"].to_numpy()[..., 0, :])


def sample(
    prior: CountPrior, claims: Sequence[Datum], seed: int, **settings: int
) -> tuple[xr.Dataset, np.ndarray]:
    """Draws of one fit, unchecked: as sampled, and as quantities (chain, draw, 16)."""
    values = model_values(prior, claims)
    posterior = sampling.draw(compiled(len(claims)), values, seed, **settings)
    return posterior, quantities_of(posterior, prior)


def targets(quantities: np.ndarray) -> dict[str, np.ndarray]:
    """What is reported, (...), from quantities (..., 16)."""
    of = dict(zip(QUANTITIES, np.moveaxis(quantities, -1, 0), strict=True))
    return {
        "year": of["winter"] + of["lull"] + of["surge"], "winter": of["first"] + of["winter"],
        "surge": of["surge"], "bias": of["bias_fired"],
    }  # fmt: skip
