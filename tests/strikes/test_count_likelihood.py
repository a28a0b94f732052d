"""What a claim says about the count, against scipy and by hand."""

from datetime import date
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from analysis.strikes import count_worlds
from analysis.strikes.likelihood import (
    DELIVERED_ENDS,
    FIRED_CELLS,
    NUMPY,
    Datum,
    arrays_of,
    log_known,
    log_probability,
    rounded,
    rounding_cells,
    table_of,
    world_of,
)
from analysis.strikes.priors import QUANTITIES, ROUND, STATED_PRIORS

START, WINTER_END, AUTUMN = date(2023, 12, 30), date(2024, 2, 27), date(2024, 11, 23)


def quantities(**changes: float) -> np.ndarray:
    """A world where nothing is hidden: no bias, hardly a lag, a small error."""
    world = {
        "first": 2.0, "winter": 38.0, "surge": 60.0, "lull": 1.0, "tail": 3.0, "february": 1.0,
        "february_end": 1.0, "delivered_1": 30.0, "delivered_2": 10.0, "delivered_3": 50.0,
        "delivered_4": 20.0, "delivered_5": 20.0, "bias_fired": 1.0, "bias_delivered": 1.0,
        "spread": 0.1, "lag": 1e-6,
    } | changes  # fmt: skip
    return np.array([[world[name] for name in QUANTITIES]])


def claim(form: str, number: float, quantity: str = "fired", **changes) -> Datum:
    known = {"start": START, "end": WINTER_END, "stated": date(2024, 5, 7), "claimant": ""}
    return Datum("T", quantity, form, number, **{**known, **changes})


def probability(datum: Datum, q: np.ndarray) -> float:
    columns = arrays_of(table_of([datum]))
    return float(np.exp(log_probability(NUMPY, columns, q))[0, 0])


def fisk(known: float, spread: float):
    """A log-logistic error around what is known."""
    return stats.fisk(c=1 / spread, scale=known)


def test_a_floor_is_a_survival_function():
    error = fisk(40.0, 0.1)
    for number in (10, 38, 40, 60, 200):
        got = probability(claim("at-least", number), quantities())
        assert got == pytest.approx(error.sf(number - 0.5), rel=1e-9)


def test_fewer_than_is_a_distribution_function():
    got = probability(claim("below", 50), quantities())
    assert got == pytest.approx(fisk(40.0, 0.1).cdf(50.5), rel=1e-9)


def test_a_range_is_the_difference_of_its_ends():
    got = probability(claim("between", 35, upper=45.0), quantities())
    error = fisk(40.0, 0.1)
    assert got == pytest.approx(error.cdf(45.5) - error.cdf(34.5), rel=1e-9)


@pytest.mark.parametrize(
    ("number", "cells"),
    [
        (37, [(36.5, 37.5)]),
        (40, [(39.5, 40.5), (35.0, 45.0)]),
        (50, [(49.5, 50.5), (45.0, 55.0), (35.0, 55.0)]),
        (60, [(59.5, 60.5), (55.0, 65.0), (55.0, 80.0)]),
        (20, [(19.5, 20.5), (15.0, 25.0), (15.0, 35.0)]),
        (100, [(99.5, 100.5), (95.0, 105.0), (80.0, 150.0)]),
    ],
)
def test_a_round_number_may_hide_its_neighbours(number, cells):
    error = fisk(40.0, 0.1)
    expected = sum(error.cdf(high) - error.cdf(low) for low, high in cells) / 3
    assert probability(claim("about", number), quantities()) == pytest.approx(expected, rel=1e-9)


def test_far_from_what_is_known_the_logarithm_stays_exact():
    datum = claim("at-least", 4000)
    exact = stats.logistic.logsf(np.log(3999.5), loc=np.log(40.0), scale=0.02)
    columns = arrays_of(table_of([datum]))
    got = log_probability(NUMPY, columns, quantities(spread=0.02))[0, 0]
    assert got == pytest.approx(exact, rel=1e-9)


def test_what_can_be_said_has_probability_one():
    """Numbers given as about cover everything that can be known, once."""
    total = sum(probability(claim("about", n), quantities()) for n in range(0, 2001))
    assert total == pytest.approx(1.0, abs=2e-3)


@pytest.mark.parametrize("way", [0, 1, 2])
def test_a_number_lies_in_the_cell_that_it_is_rounded_to(way):
    for known in np.linspace(0.3, 400, 997):
        low, high = rounding_cells(rounded(known, way))[way]
        assert low <= known <= high


def test_the_round_numbers_are_those_of_the_claims():
    assert {20.0, 50.0, 60.0, 100.0} <= set(ROUND)


def test_a_claim_counts_its_own_period_only():
    whole = claim("about", 60, start=date(2024, 1, 1), end=AUTUMN, stated=AUTUMN)
    columns = arrays_of(table_of([whole, claim("about", 50)]))
    known = np.exp(log_known(NUMPY, columns, quantities()))[:, 0]
    assert known == pytest.approx([38.0 + 1.0 + 60.0, 2.0 + 38.0], rel=1e-6)


def test_a_late_launch_is_not_yet_counted():
    """With a mean lag of ten days, a claim on the period's last day misses the end of it."""
    datum = claim("about", 60, start=date(2024, 7, 31), end=AUTUMN, stated=AUTUMN)
    columns = arrays_of(table_of([datum]))
    known = float(np.exp(log_known(NUMPY, columns, quantities(lag=10.0)))[0, 0])
    ages = np.linspace(0, 116, 200_001)
    share = np.mean(1 - np.exp(-ages / 10.0))
    assert known == pytest.approx(60.0 * share, rel=1e-4)


def test_a_shared_bias_cancels_against_the_counts():
    """Counts doubled and the bias halved leave every claim of firing as likely."""
    columns = arrays_of(table_of([claim("about", 50), claim("at-least", 20)]))
    counts = {"first": 4.0, "winter": 76.0, "surge": 120.0, "lull": 2.0, "tail": 6.0}
    moved = quantities(**counts, bias_fired=0.5)
    left = log_probability(NUMPY, columns, quantities())
    assert log_probability(NUMPY, columns, moved) == pytest.approx(left, rel=1e-12)


def test_what_is_fired_never_exceeds_what_is_delivered():
    rng = np.random.default_rng(7)
    for q in count_worlds.prior_draws(STATED_PRIORS["balanced"], rng, 500):
        world = world_of(NUMPY, q[None, :])
        for end, delivered in zip(DELIVERED_ENDS, world.delivered[:, 0], strict=True):
            fired = sum(
                m for m, (_, last) in zip(world.cells[0], FIRED_CELLS, strict=True) if last <= end
            )
            assert fired <= delivered * (1 + 1e-12)
        assert np.all(np.diff(world.delivered[:, 0]) > 0)


def test_two_implementations_of_a_world_agree():
    """The sampled model and the simulator share no code, and no mistake."""
    rng = np.random.default_rng(3)
    claims = [
        claim("about", 50), claim("at-least", 20, end=date(2024, 2, 22), stated=date(2024, 2, 22)),
        claim("at-least", 10, end=date(2024, 3, 18), stated=date(2024, 3, 18)),
        claim("about", 60, start=date(2024, 1, 1), end=AUTUMN, stated=AUTUMN),
        claim("about", 60, end=date(2024, 12, 6), stated=date(2024, 12, 6)),
    ]  # fmt: skip
    columns = arrays_of(table_of(claims))
    for q in count_worlds.prior_draws(STATED_PRIORS["balanced"], rng, 50):
        named = dict(zip(QUANTITIES, q, strict=True))
        world = world_of(NUMPY, q[None, :])
        assert world.cells[0] == pytest.approx(count_worlds.fired_by_cell(named))
        assert world.delivered[:, 0] == pytest.approx(count_worlds.delivered_by_step(named))
        by_days = [
            named["bias_fired"]
            * sum(
                m * count_worlds._counted(first, last, c, named["lag"])
                for m, (first, last) in zip(world.cells[0], FIRED_CELLS, strict=True)
            )
            for c in claims
        ]
        assert np.exp(log_known(NUMPY, columns, q[None, :]))[:, 0] == pytest.approx(by_days)


def test_simulated_statements_come_as_often_as_the_likelihood_says():
    rng = np.random.default_rng(11)
    datum = claim("at-least", 40)
    q = quantities(bias_fired=1.05, spread=0.2)[0]
    said = [count_worlds.state(q, [datum], rng)[0] for _ in range(4000)]
    frequency = np.mean([s.form == "at-least" for s in said])
    assert frequency == pytest.approx(probability(datum, q[None, :]), abs=0.03)
    lower = [s.number for s in said if s.form == "exactly"]
    assert max(lower) < 40
    twenty = claim("exactly", 30)
    frequency = np.mean([s.form == "exactly" and s.number == 30 for s in said])
    assert frequency == pytest.approx(probability(twenty, q[None, :]), abs=0.01)


def test_the_numpy_likelihood_is_the_sampled_one():
    """The compiled graph and numpy give the same density, and a gradient of differences."""
    from analysis.strikes.count_model import beliefs_of, build, model_values

    claims = [claim("about", 50), claim("at-least", 20)]
    prior = STATED_PRIORS["balanced"]
    model = build(len(claims))
    for name, value in model_values(prior, claims).items():
        model.set_data(name, value)
    z = np.random.default_rng(5).normal(size=(1, len(QUANTITIES)))
    location, scale = beliefs_of(prior)

    def density(point: np.ndarray) -> float:
        columns = arrays_of(table_of(claims))
        stated = log_probability(NUMPY, columns, np.exp(location + scale * point))
        return float(stated.sum() + stats.norm.logpdf(point).sum())

    assert float(model.compile_logp(mode="FAST_COMPILE")({"z": z})) == pytest.approx(density(z))
    gradient = model.compile_dlogp(mode="FAST_COMPILE")({"z": z})
    for i in range(len(QUANTITIES)):
        step = np.zeros_like(z)
        step[0, i] = 1e-6
        assert gradient[i] == pytest.approx(
            (density(z + step) - density(z - step)) / 2e-6, rel=1e-4, abs=1e-5
        )


def test_the_columns_of_a_claim_are_found_again():
    columns = arrays_of(table_of([claim("about", 148, "delivered", end=date(2025, 2, 1))]))
    assert isinstance(columns, SimpleNamespace)
    assert columns.steps.tolist() == [[0, 0, 0, 1, 0]]
    assert columns.bias.tolist() == [[0, 1]]
