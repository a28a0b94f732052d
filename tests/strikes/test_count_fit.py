"""The count: recovery, convergence checks, and the same numbers from the same seed."""

import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
import xarray as xr

from analysis import evidence, paths
from analysis.errors import CheckFailed, UserError
from analysis.strikes import count, count_worlds
from analysis.strikes.claims_used import SELECTIONS, select
from analysis.strikes.count_model import sample, targets
from analysis.strikes.diagnostics import (
    Diagnostics,
    contraction,
    diagnose,
    power_sensitivity,
    summary,
)
from analysis.strikes.priors import QUANTITIES, STATED_PRIORS

SMALL = {"chains": 2, "tune": 500, "draws": 500}


@pytest.fixture(scope="module")
def claims():
    return select(evidence.load(), SELECTIONS["latest"])


def test_a_known_count_is_recovered_from_claims_made_in_its_world(claims):
    """In a world of precise claimants the 99 % interval holds the truth and is narrow."""
    rng = np.random.default_rng(2)
    truth = count_worlds.prior_draws(STATED_PRIORS["balanced"], rng, 1)[0]
    known = {"winter": 45.0, "surge": 70.0, "lull": 0.5, "first": 2.0, "bias_fired": 1.0,
             "spread": 0.05, "lag": 5.0, "delivered_1": 60.0}  # fmt: skip
    for name, value in known.items():
        truth[QUANTITIES.index(name)] = value
    stated = count_worlds.state(truth, claims, rng)
    posterior, quantities = sample(STATED_PRIORS["balanced"], stated, 3, **SMALL)
    assert int(posterior["diverging"].sum()) == 0
    found = targets(quantities)
    for name, true in (("winter", 47.0), ("year", 115.5)):
        median, intervals = summary(found[name])
        low, high = intervals["0.99"]
        assert low < true < high
        assert high < 8 * low
        assert median == pytest.approx(true, rel=0.5)


def test_more_missiles_fit_as_well_when_claimants_understate(claims):
    """The same claims under opposite beliefs about the bias give counts apart."""
    medians = {}
    for name in ("overstated", "understated"):
        _, quantities = sample(STATED_PRIORS[name], claims, 5, **SMALL)
        medians[name] = float(np.median(targets(quantities)["year"]))
    assert medians["understated"] > 1.4 * medians["overstated"]


def test_a_floor_that_says_nothing_changes_nothing(claims):
    """Filling up a selection leaves the posterior within Monte Carlo error."""
    prior = STATED_PRIORS["balanced"]
    filled = [*claims, *[count.VACUOUS] * (count.ROWS - len(claims))]
    alone = targets(sample(prior, claims, 5, **SMALL)[1])["year"]
    padded = targets(sample(prior, filled, 6, **SMALL)[1])["year"]
    assert np.median(padded) == pytest.approx(np.median(alone), rel=0.1)


@pytest.mark.parametrize(
    ("found", "named"),
    [
        (Diagnostics(1.05, 2000, 0), "R-hat 1.0500"),
        (Diagnostics(1.001, 90, 0), "effective sample size 90"),
        (Diagnostics(1.001, 2000, 3), "3 divergent"),
        (Diagnostics(float("nan"), 2000, 0), "R-hat nan"),
    ],
)
def test_draws_that_did_not_converge_give_no_number(found, named):
    with pytest.raises(CheckFailed, match=named):
        found.check("count under prior 'balanced'")


def test_chains_that_disagree_are_caught():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(4, 500)) + np.array([0, 0, 0, 3])[:, None]
    made = xr.Dataset(
        {"z": (("chain", "draw"), values), "diverging": (("chain", "draw"), np.zeros((4, 500)))}
    )
    with pytest.raises(CheckFailed, match="R-hat"):
        diagnose(made).check("planted")


def test_an_unknown_prior_is_named():
    with pytest.raises(UserError, match="'bold' is not one of"):
        count.fit("bold", 1)


def test_contraction_is_the_variance_that_was_taken():
    rng = np.random.default_rng(1)
    prior, posterior = np.exp(rng.normal(0, 2, 200_000)), np.exp(rng.normal(1, 1, 200_000))
    assert contraction(prior, posterior) == pytest.approx(0.75, abs=0.01)


def test_power_scaling_sees_what_drives_a_posterior():
    """A normal mean: with one datum as strong as the prior both matter; a flat part does not."""
    rng = np.random.default_rng(4)
    draws = rng.normal(1.0, np.sqrt(0.5), size=(4, 2000))
    log_prior, log_likelihood = -0.5 * draws**2, -0.5 * (2.0 - draws[..., None]) ** 2
    both = power_sensitivity(draws, log_prior, log_likelihood)
    assert min(both) > 0.05
    flat = power_sensitivity(draws, np.zeros_like(draws), log_likelihood)
    assert flat[0] < 0.01 < flat[1]


_PRINT = """
import sys
from analysis import evidence
from analysis.strikes.claims_used import SELECTIONS, select
from analysis.strikes.count_model import sample, targets
from analysis.strikes.priors import STATED_PRIORS
claims = select(evidence.load(), SELECTIONS["latest"])
_, quantities = sample(STATED_PRIORS["balanced"], claims, 8, chains=2, tune=300, draws=300)
print([repr(float(v.mean())) for v in targets(quantities).values()])
print([repr(float(v)) for v in quantities.ravel()[:: 997]])
"""


_KEEP_APART = """
import sys
import numpy as np
from analysis.strikes import sampling

def build(scale):
    pm = sampling.backend()
    with pm.Model() as model:
        shift = sampling.data("shift", (1, 3))
        z = pm.Normal("z", shape=(1, 3))
        pm.Potential("pull", -(scale * (z - shift) ** 2).sum())
    return model

for scale in map(float, sys.argv[1:]):
    made = sampling.compile_model(lambda: build(scale))
    draws = sampling.draw(made, {"shift": np.full((1, 3), 2.0)}, 1, chains=2, tune=300, draws=500)
    # A standard normal times a normal of precision 2 scale around 2.
    print(float(draws["z"].mean()) - 4 * scale / (1 + 2 * scale))
"""


def _run(code, root, *arguments):
    environment = os.environ | {"FEB11_ROOT": str(root)}
    environment.pop("PYTENSOR_FLAGS", None)
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, *arguments],
        env=environment, capture_output=True, text=True, check=True, timeout=900,
    ).stdout  # fmt: skip


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """What three processes print that share a cache, which the first one finds empty.

    The first two compile a small model each, the third has to load both; the first and the
    third fit the count.
    """
    root = tmp_path_factory.mktemp("bare") / "checkout"
    (root / "data").mkdir(parents=True)
    (root / "requirements").mkdir()
    shutil.copytree(paths.evidence_dir(), root / "data" / "evidence")
    cold = _run(_PRINT + _KEEP_APART, root, "1")
    assert any((root / "_build" / "cache" / "pytensor" / "numba").iterdir())
    _run(_KEEP_APART, root, "8")
    warm = _run(_PRINT + _KEEP_APART, root, "1", "8")
    return cold.splitlines(), warm.splitlines()


@pytest.mark.slow
def test_a_cold_and_a_warm_cache_give_the_same_draws_to_the_last_digit(printed):
    cold, warm = printed
    assert cold[:2] == warm[:2]
    assert "nan" not in " ".join(cold)


@pytest.mark.slow
def test_models_that_two_processes_compiled_stay_apart_in_a_third(printed):
    assert [float(error) for error in printed[1][2:]] == pytest.approx([0, 0], abs=0.1)
