"""Ratios keep shared errors shared, and readings sum to one."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.growth import posterior, ratio, readings
from analysis.growth.joint import Joint, join
from analysis.growth.posterior import Inflation

from .worlds import fitted, seen

NONE = Inflation(scale=1.0, edge_common=0.0, edge_own=0.0, misfit_edge=0.0, shape=0.0)


def joint(estimate=(3000.0, 4600.0), spread=None, perimeter=(260.0, 304.0)):
    spread = np.diag([40.0**2, 50.0**2]) if spread is None else np.asarray(spread)
    return Joint(
        ("new", "old"), np.array(estimate), spread, np.array(perimeter), np.ones(2), np.zeros(2),
        np.zeros(4),
    )  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.floats(0.2, 3.0), st.floats(0.001, 0.5))
def test_readings_sum_to_one_under_each_prior(centre, spread):
    draws = centre * np.exp(np.random.default_rng(1).normal(0, spread, 2000))
    for row in readings.probabilities(draws).values():
        assert sum(row.values()) == pytest.approx(1.0, abs=1e-9)
        assert set(row) == {"of", "smaller", "larger", "twice", "none"}
        assert min(row.values()) >= 0


def test_a_sharp_ratio_inside_a_band_is_that_reading():
    chance = np.random.default_rng(2)
    for name, (low, high) in readings.BANDS.items():
        draws = chance.normal(0.5 * (low + high), 0.008, 4000)
        for row in readings.probabilities(draws).values():
            assert row[name] > 0.95


def test_a_ratio_that_says_nothing_leaves_the_prior():
    draws = np.exp(np.random.default_rng(3).normal(0, 3.0, 4000))
    row = readings.probabilities(draws)["log_uniform"]
    assert row["of"] == pytest.approx(np.log(0.7 / 0.6) / np.log(15), rel=0.15)


def test_likelihood_ratios_refute_what_lies_far_away():
    draws = np.random.default_rng(4).normal(0.65, 0.02, 4000)
    found = readings.likelihood_ratios(draws)
    assert set(found) == {"smaller", "larger", "twice"}
    assert min(found.values()) > 20


def test_no_ratio_no_reading():
    with pytest.raises(ValueError, match="no positive draw"):
        readings.probabilities(np.array([-1.0, 0.0]))


def test_same_seed_same_draws():
    one, two = (posterior.draw(joint(), 20241125).draws for _ in range(2))
    assert np.array_equal(one, two)
    assert not np.array_equal(one, posterior.draw(joint(), 1).draws)


def test_an_error_that_halls_share_cancels_in_their_ratio():
    together = posterior.draw(joint(spread=np.outer([60.0, 92.0], [60.0, 92.0])), 1, NONE)
    apart = posterior.draw(joint(spread=np.diag([60.0**2, 92.0**2])), 1, NONE)
    spreads = [np.std(ratio.ratios(a, "new", ["old"])[0].draws) for a in (together, apart)]
    assert spreads[0] < 0.05 * spreads[1]


def test_a_common_error_of_the_edge_bites_small_halls_more():
    inflation = Inflation(scale=1.0, edge_common=0.5, edge_own=0.0, misfit_edge=0.0, shape=0.0)
    areas = posterior.draw(
        joint((1500.0, 6000.0), np.diag([1.0, 1.0]), (170.0, 340.0)), 1, inflation
    )
    one = ratio.ratios(areas, "new", ["old"])[0]
    expected = 0.5 * (170 / 1500 - 340 / 6000) * one.value
    inner = np.quantile(one.draws, [0.16, 0.84])
    assert 0.5 * (inner[1] - inner[0]) == pytest.approx(expected, rel=0.2)


def test_a_hall_whose_old_ground_was_never_seen_is_less_sure():
    known = joint()
    told = replace(known, before=np.array([6, 0]))
    unseen = replace(NONE, unseen=0.5)
    assert posterior.covariance(known, unseen) == pytest.approx(known.spread)
    added = posterior.covariance(told, unseen) - known.spread
    assert added == pytest.approx(np.diag([0.0, (0.5 * 304.0) ** 2]))


def test_ratio_to_the_union_is_smaller_than_to_either():
    a = joint()
    three = Joint(
        ("new", "old", "older"), np.array([3000.0, 4600, 4000]), np.diag([40.0**2, 50**2, 50**2]),
        np.array([260.0, 304, 280]), np.ones(3), np.zeros(3), a.widths,
    )  # fmt: skip
    made = ratio.ratios(posterior.draw(three, 1), "new", ["old", "older"])
    assert [r.denominator for r in made] == ["old", "older", "union"]
    assert made[2].value < min(made[0].value, made[1].value)
    low, high = made[0].interval(0.9)
    assert low < made[0].value < high


def test_a_hall_is_not_its_own_measure():
    with pytest.raises(ValueError, match="its own measure"):
        ratio.ratios(posterior.draw(joint(), 1), "new", ["new", "old"])


def test_buildings_measured_together_share_one_blur_and_a_ratio_near_the_truth():
    world, _ = seen()
    fits = {i: fitted("matched", 3, i) for i in ("hall-new", "hall-a")}
    together = join(fits)
    alone = join({"hall-new": fits["hall-new"]})
    assert together.deviation()[0] <= alone.deviation()[0] * 1.001
    one = ratio.ratios(posterior.draw(together, 1), "hall-new", ["hall-a"])[0]
    assert one.value == pytest.approx(world.ratios()["roof"]["hall-a"], abs=0.03)
    wall = ratio.wall_ratio(posterior.draw(together, 1), fits, "hall-new", "hall-a", 1)
    length = ratio.length_ratio(posterior.draw(together, 1), fits, "hall-new", "hall-a")
    assert length.value == pytest.approx(world.ratios()["length"]["hall-a"], rel=0.08)
    assert wall.definition == "wall"
    low, high = ratio.floor_ratio(posterior.draw(together, 1), "hall-new", "hall-a").bounds
    assert low < one.value < high


def test_a_study_stretches_areas_and_ratios_about_their_medians():
    names = ("new", "a", "b")
    three = Joint(names, np.array([3000.0, 4600.0, 2000.0]), np.diag([900.0, 1600.0, 400.0]),
                  np.full(3, 260.0), np.ones(3), np.zeros(3), np.zeros(4))  # fmt: skip
    plain = posterior.draw(three, 3, NONE)
    wide = posterior.draw(three, 3, replace(NONE, stretch=2.0, ratio_stretch=1.5))
    for name in names:
        one, two = np.log(plain.of(name)), np.log(wide.of(name))
        assert two.std() == pytest.approx(2 * one.std(), rel=1e-6)
        assert np.median(two) == pytest.approx(np.median(one), abs=1e-3)
    for told in ratio.ratios(wide, "new", ["a", "b"]):
        below = ["a", "b"] if told.denominator == "union" else [told.denominator]
        quotient = np.log(wide.of("new") / sum(wide.of(n) for n in below))
        assert np.log(told.draws).std() == pytest.approx(1.5 * quotient.std(), rel=1e-6)
        assert told.value == pytest.approx(np.exp(np.median(quotient)), rel=1e-6)


def test_a_hall_measured_exactly_needs_nothing():
    draws = np.full(99, 3000.0)
    assert posterior.need(draws, 3000.0, 0.9) == 0.0
    wide = np.exp(np.random.default_rng(1).normal(8, 0.05, 4000))
    high = float(np.quantile(wide, 0.95))
    assert posterior.need(wide, high, 0.9) == pytest.approx(1.0)
