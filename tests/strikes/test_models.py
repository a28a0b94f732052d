"""Results of the models: what each rests on, and which of them a study stands behind."""

import numpy as np
import pytest

from analysis import evidence
from analysis.strikes import models
from analysis.strikes.claims_used import SELECTIONS, select
from analysis.strikes.count import CountFit
from analysis.strikes.diagnostics import Diagnostics
from analysis.strikes.priors import NAMES
from analysis.strikes.tables import Band

TARGETS = ("year", "winter", "surge", "bias")


def fit_of(prior: str, factor: float) -> CountFit:
    """A fit with drawn numbers in place of sampled ones."""
    rng = np.random.default_rng(3)
    claims = tuple(select(evidence.load(), SELECTIONS["latest"]))
    center = {"year": 60, "winter": 40, "surge": 25, "bias": 1}
    return CountFit(
        prior=prior, selection="latest", claims=claims,
        posterior={t: factor * center[t] * rng.lognormal(0, 0.3, (2, 400)) for t in TARGETS},
        push_forward={t: center[t] * rng.lognormal(0, 0.8, 2000) for t in TARGETS},
        log_likelihood=np.zeros((2, 400, len(claims))),
        known=rng.lognormal(3, 1, (800, len(claims))),
        diagnostics=Diagnostics(1.0, 1000, 0), sensitivity=dict.fromkeys(TARGETS, (0.1, 0.1)),
    )  # fmt: skip


def recorded(spread: float, band: Band) -> dict:
    fits = {n: fit_of(n, 1 + spread * i) for i, n in enumerate(NAMES)}
    return {r.key: r for r in models._count_results(fits, band)}


@pytest.fixture(scope="module")
def found() -> dict:
    return recorded(0.2, Band(55, 65, "band.missiles"))


def test_only_the_prior_of_the_study_is_calibrated(found):
    for key, result in found.items():
        about = key.startswith(("strikes.count.posterior.", "strikes.count.bias."))
        if about and ".balanced" in key:
            assert (result.coverage, result.calibration) == ("simulated", ("bench:sbc-count",)), key
        elif result.intervals:
            assert (result.coverage, result.calibration) == ("unproven", ()), key


def test_the_launches_stand_behind_one_prior_alone(found):
    launches = "file:data/evidence/launches.csv"
    for key in (k for k in found if ".posterior." in k or ".prior." in k or ".bias." in k):
        assert (launches in found[key].inputs) == (".launches" in key), key
    assert launches in found["strikes.count.moved"].inputs  # it compares all four


def test_the_band_of_the_claim_comes_from_the_choices(found):
    wide = recorded(0.2, Band(1, 1000, "band.missiles"))
    key = "strikes.count.in-band.balanced"
    assert 0 < found[key].value < wide[key].value == 1
    assert "55 to 65" in found[key].statement
    assert "choice:band.missiles" in found[key].inputs


def test_a_number_that_no_prior_moves_is_not_called_driven_by_it(found):
    still = recorded(0.0, Band(55, 65, "band.missiles"))
    for name in ("posterior.balanced", "bias.balanced", "in-band.balanced"):
        assert found[f"strikes.count.{name}"].label == models.PRIOR_DRIVEN
        assert still[f"strikes.count.{name}"].label is None
