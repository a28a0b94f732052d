"""What draws must show before a number is read from them, and what drives that number.

A chain that did not converge fails the run: there is no number from it.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import xarray as xr

from analysis.errors import CheckFailed

MAX_RHAT = 1.01
"""Vehtari et al. (2021), Bayesian Analysis 16(2)."""
MIN_ESS = 400
"""Bulk and tail: 100 per chain (Vehtari et al. 2021)."""
MAX_DIVERGENT = 0
"""Divergent transitions after tuning."""


@dataclass(frozen=True)
class Diagnostics:
    """How well the chains of one fit mixed."""

    rhat: float
    """Worst rank-normalised split R-hat over all parameters."""
    ess: float
    """Least effective sample size, bulk or tail, over all parameters."""
    divergences: int
    """Divergent transitions after tuning, over all chains."""

    def check(self, name: str) -> None:
        """Refuse draws that cannot be trusted.

        Raises
        ------
        CheckFailed
            Naming the fit, the diagnostic and its limit.
        """
        bad = []
        if self.divergences > MAX_DIVERGENT:
            bad.append(f"{self.divergences} divergent transitions, {MAX_DIVERGENT} allowed")
        if not self.rhat <= MAX_RHAT:
            bad.append(f"R-hat {self.rhat:.4f} above {MAX_RHAT}")
        if not self.ess >= MIN_ESS:
            bad.append(f"effective sample size {self.ess:.0f} below {MIN_ESS}")
        if bad:
            raise CheckFailed(
                f"{name}: the sampler did not converge ({'; '.join(bad)}); "
                "no result is given from these draws: try another seed or look at the prior"
            )


def diagnose(posterior: xr.Dataset) -> Diagnostics:
    """Worst diagnostics over all parameters of some draws."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import arviz

    chains = posterior.drop_vars("diverging")
    rhat = arviz.rhat(chains)
    bulk, tail = (arviz.ess(chains, method=kind) for kind in ("bulk", "tail"))
    return Diagnostics(
        rhat=max(float(rhat[name].max()) for name in rhat),
        ess=min(float(each[name].min()) for each in (bulk, tail) for name in each),
        divergences=int(posterior["diverging"].sum()),
    )


def power_sensitivity(
    target: np.ndarray, log_prior: np.ndarray, log_likelihood: np.ndarray
) -> tuple[float, float]:
    """How much a target moves when the prior, or the likelihood, is weighed more or less.

    Parameters
    ----------
    target, log_prior
        Arrays of shape (chain, draw).
    log_likelihood
        Array of shape (chain, draw, claim).

    Returns
    -------
    Gradients of the cumulative Jensen-Shannon distance for the prior and for the
    likelihood, by importance weights smoothed with PSIS (Kallioinen et al. 2024,
    Statistics and Computing 34:57); above 0.05 the part matters.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import arviz

        data = arviz.from_dict(
            posterior={"target": target}, log_likelihood={"claims": log_likelihood}
        )
        data.add_groups(log_prior=arviz.convert_to_dataset({"prior": log_prior}))
        found = [
            np.asarray(arviz.psens(data, component=part, var_names=["target"])).item()
            for part in ("prior", "likelihood")
        ]
    return found[0], found[1]


def summary(draws: np.ndarray) -> tuple[float, dict[str, tuple[float, float]]]:
    """Median and central intervals at 0.9 and 0.99 of some draws, as plain numbers."""
    levels = {"0.9": (0.05, 0.95), "0.99": (0.005, 0.995)}
    flat = np.asarray(draws, dtype=float).ravel()
    ends = {k: tuple(float(v) for v in np.quantile(flat, q)) for k, q in levels.items()}
    return float(np.median(flat)), {k: (v[0], v[1]) for k, v in ends.items()}


def contraction(prior: np.ndarray, posterior: np.ndarray) -> float:
    """Share of the prior variance of the logarithm that the claims took away.

    Zero when nothing was learned, near one when the prior hardly matters;
    negative when the claims conflict with the prior (Schad et al. 2021,
    Psychological Methods 26(1)).
    """
    return 1.0 - float(np.var(np.log(posterior)) / np.var(np.log(prior)))
