"""The number of blocks behind those seen, against arithmetic by hand and against draws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.housing import blocks


def known(share):
    return np.full(blocks.DRAWS, share)


def test_without_false_alarms_what_was_missed_is_negative_binomial():
    chances = blocks.posterior(4, known(0.6), 0.0, 400)
    missed = np.arange(60)
    by_hand = stats.nbinom.pmf(missed, 4 + 1, 0.6)
    assert chances[4:64] == pytest.approx(by_hand, rel=1e-9)
    assert not chances[:4].any()


def test_false_alarms_are_taken_off():
    with_alarms = blocks.posterior(3, known(0.9), 2.0, 12)
    without = blocks.posterior(3, known(0.9), 0.0, 12)
    number = np.arange(13)
    assert with_alarms @ number < without @ number
    by_hand = sum(stats.poisson.pmf(f, 2.0) * stats.binom.pmf(3 - f, number, 0.9)
                  for f in range(4))  # fmt: skip
    assert with_alarms == pytest.approx(by_hand / by_hand.sum())


def test_where_nothing_can_be_found_every_number_stays_as_probable():
    chances = blocks.posterior(0, known(0.0), 0.0, 7)
    assert chances == pytest.approx(np.full(8, 1 / 8))


def test_where_everything_is_found_the_number_is_what_was_seen():
    assert blocks.posterior(5, known(1.0), 0.0, 12)[5] == pytest.approx(1.0)


def test_more_blocks_than_there_seemed_to_be_room_for_are_kept():
    assert blocks.posterior(9, known(0.8), 0.0, 5).size == 10


@settings(max_examples=40, deadline=None)
@given(
    seen=st.integers(0, 8), share=st.floats(0.05, 1.0), false=st.floats(0.0, 3.0),
    level=st.sampled_from([0.5, 0.8, 0.9, 0.99]),
)  # fmt: skip
def test_the_interval_holds_its_level_and_the_median_lies_inside(seen, share, false, level):
    chances = blocks.posterior(seen, known(share), false, 12)
    low, middle, high = blocks.interval(chances, level)
    assert low <= middle <= high
    assert chances[low : high + 1].sum() >= level - 1e-9


def test_the_interval_holds_the_truth_of_drawn_numbers_nine_times_in_ten():
    """Worlds of the model itself: flat number, a share that is known only from injections."""
    rng = np.random.default_rng(4)
    held, places = [], []
    for _ in range(400):
        share, truth = rng.beta(0.5, 0.5), int(rng.integers(0, 13))
        tried = np.array([40])
        found = rng.binomial(tried, share)
        seen = int(rng.binomial(truth, share) + rng.poisson(0.3))
        complete = blocks.completeness(found, tried, np.array([seen]), rng)
        chances = blocks.posterior(seen, complete, 0.3, 12)
        low, _, high = blocks.interval(chances, 0.9)
        held.append(low <= truth <= high)
        if truth < chances.size:
            places.append(blocks.placed(chances, truth, rng))
    assert np.mean(held) >= 0.88
    assert stats.kstest(places, "uniform").pvalue > 0.01


def test_completeness_is_that_of_the_time_at_which_blocks_were_seen():
    rng = np.random.default_rng(1)
    found, tried = np.array([0, 50]), np.array([50, 50])
    early = blocks.completeness(found, tried, np.array([3.0, 0.0]), rng)
    late = blocks.completeness(found, tried, np.array([0.0, 3.0]), rng)
    either = blocks.completeness(found, tried, np.zeros(2), rng)
    assert early.mean() < 0.05 < 0.95 < late.mean()
    assert 0.4 < either.mean() < 0.6


def test_without_injections_the_share_is_unknown():
    drawn = blocks.completeness(np.zeros(2), np.zeros(2), np.zeros(2), np.random.default_rng(1))
    assert 0.4 < drawn.mean() < 0.6
    assert drawn.std() > 0.3


def test_what_was_seen_but_may_be_older_counts_by_its_probability():
    def given(number):
        return blocks.posterior(number, known(1.0), 0.0, 6)

    chances = blocks.of_some([1.0, 0.5, 0.0], given)
    assert chances == pytest.approx([0, 0.5, 0.5, 0, 0, 0, 0])
    assert blocks.of_some([], given)[0] == pytest.approx(1.0)


def test_the_interval_takes_the_likeliest_numbers_and_grows_with_its_level():
    chances = np.array([0.0, 0.0, 0.55, 0.38, 0.05, 0.02])
    assert blocks.interval(chances, 0.9) == (2, 2, 3)
    assert blocks.interval(chances, 0.5) == (2, 2, 2)
    assert blocks.interval(chances, 0.99) == (2, 2, 5)
    flat = blocks.interval(np.full(11, 1 / 11), 0.9)
    assert flat[2] - flat[0] == 9
    assert blocks.is_open(np.full(11, 1 / 11))
    assert not blocks.is_open(chances)


def test_the_sum_of_two_numbers_by_hand():
    one, two = np.array([0.5, 0.5]), np.array([0.2, 0.3, 0.5])
    assert blocks.sum_of([one, two]) == pytest.approx([0.1, 0.25, 0.4, 0.25])
