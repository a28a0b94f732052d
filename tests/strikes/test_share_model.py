"""The share with mislabelling: a census, and debris that speaks of one origin only."""

from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

from analysis import evidence
from analysis.errors import UserError
from analysis.strikes import share_model
from analysis.strikes.share_model import PERIODS, Census, build, census, exponents, targets
from analysis.strikes.share_priors import SHARE_PRIORS


@pytest.fixture(scope="module")
def tables() -> evidence.Evidence:
    return evidence.load()


@pytest.fixture(scope="module")
def cells(tables) -> Census:
    return census(tables)


def log_density(cells: Census, prior: str, phi: np.ndarray) -> float:
    """Density over phi, from the compiled graph."""
    model = build(cells)
    for name, value in exponents(SHARE_PRIORS[prior], cells).items():
        model.set_data(name, value)
    logit = np.log(phi / (1 - phi))[:, None]
    log_jacobian = np.sum(np.log(phi * (1 - phi)))
    total = float(model.compile_logp(mode="FAST_COMPILE")({"logit": logit}))
    return total - log_jacobian


def test_the_census_counts_every_numbered_launch_of_a_pure_label(cells):
    surge = cells.missiles[cells.period == 2]
    assert surge.tolist() == [6, 55, 66, 34]
    family = cells.label != share_model.LABELS.index("s300")
    assert cells.missiles[family].sum() == 260
    assert cells.missiles.sum() == 479


def test_the_density_is_that_of_the_priors_under_a_change_of_variables(cells):
    """Against Dirichlet and beta densities of scipy, times the Jacobian, up to a constant."""
    prior = SHARE_PRIORS["informative"]
    bare = replace(
        cells, single=np.zeros_like(cells.single), mixed=np.zeros_like(cells.mixed),
        mixed_missiles=np.zeros_like(cells.mixed_missiles),
    )  # fmt: skip
    data = exponents(prior, bare)

    def by_hand(phi: np.ndarray) -> float:
        total = 0.0
        for at in range(len(PERIODS)):
            inside = bare.period == at
            q = bare.missiles[inside] / bare.missiles[inside].sum()
            p = float(q @ phi[inside])
            nk, ru = q * phi[inside] / p, q * (1 - phi[inside]) / (1 - p)
            total += stats.beta(*data["share"][at]).logpdf(p)
            total += stats.dirichlet(data["given_nk"][inside, 0]).logpdf(nk / nk.sum())
            total += stats.dirichlet(data["given_ru"][inside, 0]).logpdf(ru / ru.sum())
            total -= (inside.sum() - 1) * (np.log(p) + np.log(1 - p))
        return total

    rng = np.random.default_rng(0)
    points = rng.uniform(0.05, 0.95, size=(4, len(cells.label)))
    ours = [log_density(bare, "informative", x) for x in points]
    theirs = [by_hand(x) for x in points]
    assert np.diff(ours) == pytest.approx(np.diff(theirs))


def test_debris_speaks_of_north_korean_missiles_only(cells):
    """What debris adds to the density depends on P(label | North Korean) alone."""
    bare = replace(
        cells, single=np.zeros_like(cells.single), mixed=np.zeros_like(cells.mixed),
        mixed_missiles=np.zeros_like(cells.mixed_missiles),
    )  # fmt: skip
    phi = np.random.default_rng(1).uniform(0.1, 0.4, size=len(cells.label))
    added = []
    for factor in (1.0, 2.0):
        # The same labels given North Korean, another share and other Russian labels.
        x = factor * phi
        added.append(log_density(cells, "flat", x) - log_density(bare, "flat", x))
    assert added[0] == pytest.approx(added[1])
    winter = cells.period == 0
    q = cells.missiles[winter] / cells.missiles[winter].sum()
    nk = q * phi[winter] / (q @ phi[winter])
    of = dict(zip(cells.label[winter], nk, strict=True))
    surge = cells.period == 2
    q = cells.missiles[surge] / cells.missiles[surge].sum()
    joint = (q * phi[surge] / (q @ phi[surge]))[1]
    assert added[0] == pytest.approx(2 * np.log(of[3]) + np.log(of[2] + of[3]) + np.log(joint))


def test_the_sampler_finds_the_mean_that_quadrature_finds():
    """One period, two labels: the posterior share by a double integral."""
    one = Census(
        missiles=np.array([40.0, 60.0]), period=np.array([2, 2]), label=np.array([1, 2]),
        single=np.array([2.0, 0.0]), mixed=np.zeros(2), mixed_missiles=np.zeros(3),
    )  # fmt: skip
    padded = _with_other_periods(one)
    fitted = share_model.fit_census("informative", padded, 3)
    prior, q = SHARE_PRIORS["informative"], np.array([0.4, 0.6])
    a, b = prior.share
    nk_prior = np.array(prior.label_given_nk)[[1, 2]]
    ru_prior = np.array(prior.label_given_ru)[[1, 2]]

    def density(y: float, x: float) -> float:
        phi = np.array([x, y])
        p = q @ phi
        nk, ru = q * phi / p, q * (1 - phi) / (1 - p)
        return float(
            np.prod(nk ** (nk_prior - 1)) * np.prod(ru ** (ru_prior - 1)) * nk[0] ** 2
            * p ** (a - 2) * (1 - p) ** (b - 2)
        )  # fmt: skip

    ends = (1e-6, 1 - 1e-6)
    whole, _ = integrate.dblquad(density, *ends, *ends, epsabs=1e-6)
    mean, _ = integrate.dblquad(
        lambda y, x: (q @ np.array([x, y])) * density(y, x), *ends, *ends, epsabs=1e-6
    )
    assert float(fitted.posterior["surge"].mean()) == pytest.approx(mean / whole, abs=0.01)


def _with_other_periods(one: Census) -> Census:
    """A census of the surge alone needs cells in the other periods too."""
    extra = {"missiles": [10.0, 10.0] * 2, "period": [0, 0, 1, 1], "label": [1, 2] * 2,
             "single": [0.0] * 4, "mixed": [0.0] * 4}  # fmt: skip
    joined = {
        f.name: np.concatenate([np.array(extra[f.name]), getattr(one, f.name)])
        for f in fields(Census)
        if f.name in extra
    }
    return Census(**joined, mixed_missiles=np.zeros(3))


def test_a_share_of_all_or_of_none_is_one_or_zero(cells):
    whole = targets(cells.missiles, cells.missiles, cells)
    assert all(value == 1.0 for value in whole.values())


def test_an_incident_that_is_gone_is_named(tables):
    without = replace(tables, incidents=tables.incidents[tables.incidents["incident_id"] != "I09"])
    with pytest.raises(UserError, match=r"incidents\.csv: I09"):
        census(without)


def test_debris_stands_in_rows_of_the_bulletins(tables):
    """On the day of each find the series has a row under the label that the model names."""
    rows = tables.launches[tables.launches["role"] == "series"]
    days = tables.incidents.set_index("incident_id")["date_low"]
    words = {"s300": "C-300", "iskander-m": "Iskander-M", "joint": "Iskander-M/KN-23"}
    for incident, _, count, labels in share_model.DEBRIS:
        chosen = rows[rows["date"] == pd.Timestamp(days[incident])]
        fits = chosen["label"].map(
            lambda text, labels=labels: all(words[x] in text for x in labels)
        )
        assert chosen.loc[fits, "launched"].max() >= count
