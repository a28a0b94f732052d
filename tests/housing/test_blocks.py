"""The number of blocks behind those seen, against arithmetic by hand and against draws."""

from itertools import combinations_with_replacement

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.housing import blocks, imagery

ONE = np.ones(1)
ALL = np.ones(1, dtype=bool)


def of_one_slice(seen: int, shares: float | list[float], false: float, most: int) -> np.ndarray:
    """Posterior where all of the time is one slice."""
    complete = np.atleast_1d(shares)[:, None]
    return blocks.posterior(np.ones((seen, 1)), complete, ONE, ALL, false, most)


def by_slice(seen: list[int], complete: np.ndarray, counted: np.ndarray, most: int) -> np.ndarray:
    """Posterior of so many blocks seen in each of some slices of one length, each surely there."""
    begun = np.repeat(np.eye(len(seen)), seen, axis=0)
    return blocks.posterior(begun, complete[None], np.ones(len(seen)), counted, 0.0, most)


def mean(chances: np.ndarray) -> float:
    return float(chances @ np.arange(chances.size))


def test_in_one_slice_without_false_alarms_what_was_missed_is_negative_binomial():
    chances = of_one_slice(4, 0.6, 0.0, 400)
    missed = np.arange(60)
    assert chances[4:64] == pytest.approx(stats.nbinom.pmf(missed, 4 + 1, 0.6), rel=1e-9)
    assert not chances[:4].any()


@pytest.mark.parametrize("seen", [0, 1, 3, 6])
def test_false_alarms_among_the_seen_are_a_poisson_count(seen):
    number, most, share, false = np.arange(13), 12, 0.7, 0.8
    reckoned = range(min(seen, int(stats.poisson.ppf(blocks.SURE, false))) + 1)
    by_hand = sum(stats.poisson.pmf(a, false) * stats.binom.pmf(seen - a, number, share)
                  for a in reckoned)  # fmt: skip
    chances = of_one_slice(seen, share, false, most)
    assert chances == pytest.approx(by_hand / by_hand.sum(), rel=1e-9)
    if seen:
        assert mean(chances) < mean(of_one_slice(seen, share, 0.0, most))


def test_draws_of_the_completeness_weigh_by_how_well_they_explain_what_was_seen():
    number = np.arange(21)
    by_hand = sum(stats.binom.pmf(5, number, share) for share in (0.3, 0.9))
    assert of_one_slice(5, [0.3, 0.9], 0.0, 20) == pytest.approx(by_hand / by_hand.sum())


def test_two_slices_of_which_one_counts_by_hand():
    """Works lie in the slice that counts, or in both; one block is seen in each slice."""
    lengths, complete = np.array([1.0, 3.0]), np.array([0.5, 0.8])
    chances = blocks.posterior(np.eye(2), complete[None], lengths, np.array([False, True]), 0.0, 9)
    by_hand = np.zeros(10)
    early, late = 0.25, 0.75  # of works over both slices; the seen one rules out the other works
    for late_missed in range(8):
        for early_missed in range(8 - late_missed):
            every = 2 + late_missed + early_missed
            by_hand[1 + late_missed] += stats.multinomial.pmf(
                [1, early_missed, 1, late_missed], every,
                [early * 0.5, early * 0.5, late * 0.8, late * 0.2],
            )  # fmt: skip
    assert chances == pytest.approx(by_hand / by_hand.sum(), rel=1e-9)


def test_where_all_is_found_the_number_is_what_was_seen():
    assert of_one_slice(5, 1.0, 0.0, 12)[5] == pytest.approx(1.0)
    counted = np.array([False, True, True])
    assert by_slice([2, 3, 1], np.ones(3), counted, 12)[4] == pytest.approx(1.0)


def test_where_nothing_can_be_found_all_stays_as_before():
    flat = np.full(8, 1 / 8)
    assert of_one_slice(0, 0.0, 0.0, 7) == pytest.approx(flat)
    assert by_slice([0, 0, 0], np.zeros(3), np.ones(3, dtype=bool), 7) == pytest.approx(flat)
    lengths, some = np.array([1.0, 2.0, 1.0]), np.array([False, True, True])
    nothing = blocks.posterior(np.zeros((0, 3)), np.zeros((5, 3)), lengths, some, 0.4, 7)
    assert nothing == pytest.approx(blocks.prior(lengths, some, 7))


def test_before_anything_is_seen_works_may_lie_partly_in_time_that_does_not_count():
    number = np.arange(6)
    partly = stats.binom.pmf(number[:, None], number, 0.75).mean(axis=1)
    by_hand = (np.full(6, 1 / 6) + partly) / 2
    given = blocks.prior(np.array([1.0, 3.0]), np.array([False, True]), 5)
    assert given == pytest.approx(by_hand)


def test_a_blind_slice_beside_those_in_which_blocks_were_seen_leaves_room_for_missed_ones():
    def expected(*blind: int) -> float:
        complete = np.full(12, 0.95)
        complete[list(blind)] = 0.02
        return mean(by_slice([0, 0, 3, 3] + 8 * [0], complete, np.ones(12, dtype=bool), 40))

    live = expected()
    assert 6 < live < 6.5
    assert expected(4) > live + 0.5
    assert expected(4, 5) > expected(4) + 0.3
    assert expected(9) - live < 0.01, "blocks in the live slices between would have been seen"


def test_the_blocks_of_an_estate_outside_the_count_tell_of_those_within():
    """Four were seen in the last slice before the count, whose first slice shows little."""
    complete, counted = np.array([0.9, 0.9, 0.2, 0.9, 0.9]), np.arange(5) >= 2
    with_older = by_slice([0, 4, 1, 0, 0], complete, counted, 30)
    alone = by_slice([0, 0, 1, 0, 0], complete, counted, 30)
    many = by_slice([0, 0, 5, 0, 0], complete, counted, 30)
    assert with_older[0] == 0
    assert mean(with_older) < mean(many)
    assert np.argmax(with_older) > np.argmax(alone)


def test_more_blocks_than_there_seemed_to_be_room_for_are_kept():
    assert of_one_slice(9, 0.8, 0.0, 5).size == 10


def test_a_large_zone_is_reckoned_with():
    rng = np.random.default_rng(2)
    lengths = rng.uniform(80, 160, 16)
    complete = blocks.completeness(np.full(16, 40), np.full(16, 50), rng)
    begun = np.eye(16)[rng.integers(4, 9, 60)]
    counted = np.arange(16) >= 3
    chances = blocks.posterior(begun, complete, lengths, counted, 0.5, blocks.MOST)
    assert np.isfinite(chances).all()
    assert chances.sum() == pytest.approx(1)
    low, _, high = blocks.interval(chances, 0.9)
    assert 60 <= low <= 60 / 0.8 <= high < 120


def test_slices_of_unlike_lengths_keep_many_blocks_in_a_computers_range():
    lengths, counted = np.array([0.01, 100.0, 100.0, 100.0]), np.arange(4) >= 1
    begun = np.eye(4)[np.repeat([0, 1, 2], 100)]
    complete = np.array([[1e-3, 0.5, 0.9, 0.5]])
    chances = blocks.posterior(begun, complete, lengths, counted, 0.1, 400)
    assert np.isfinite(chances).all()
    assert chances.sum() == pytest.approx(1)
    assert not chances[: 200 - 2].any()


@settings(max_examples=40, deadline=None)
@given(
    seen=st.integers(0, 8), share=st.floats(0.05, 1.0), false=st.floats(0.0, 3.0),
    level=st.sampled_from([0.5, 0.8, 0.9, 0.99]),
)  # fmt: skip
def test_the_interval_holds_its_level_and_the_median_lies_inside(seen, share, false, level):
    chances = of_one_slice(seen, share, false, 12)
    low, middle, high = blocks.interval(chances, level)
    assert low <= middle <= high
    assert chances[low : high + 1].sum() >= level - 1e-9


EDGES = np.array([0.0, 70.0, 190.0, 310.0, 420.0, 530.0, 640.0, 760.0, 900.0])
"""Two slices before the count, four in it, two after it."""

COMPLETE = np.array([0.3, 0.6, 0.9, 0.8, 0.1, 0.7, 0.5, 0.05])
MOST, FALSE = 12, 0.3


def looked(found: np.ndarray, tried: np.ndarray) -> imagery.Looked:
    return imagery.Looked(None, EDGES, found, tried, slice(2, 6))  # type: ignore[arg-type]


def drawn(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, int]:
    """A world of the model: days of all blocks and of the false alarms, and who was begun in time.

    Every number is as probable as any other, and every stretch of slices that touches the count.
    """
    counted = looked(COMPLETE, COMPLETE).counts("settled")
    works = [(first, last) for first, last in combinations_with_replacement(range(8), 2)
             if counted[first : last + 1].any()]  # fmt: skip
    first, last = works[rng.integers(len(works))]
    days = rng.uniform(EDGES[first], EDGES[last + 1], rng.integers(0, MOST + 1))
    alarms = rng.uniform(EDGES[0], EDGES[-1], rng.poisson(FALSE))
    truth = counted[np.searchsorted(EDGES, days) - 1].sum()
    return days, alarms, int(truth)


def scored(worlds: list[tuple[np.ndarray, int]]) -> tuple[float, float]:
    """Share of worlds whose 90 % interval holds the truth, and how uniform the transform is."""
    rng = np.random.default_rng(11)
    held = [low <= truth <= high for chances, truth in worlds
            for low, _, high in [blocks.interval(chances, 0.9)]]  # fmt: skip
    places = [blocks.placed(chances, truth, rng) for chances, truth in worlds]
    return float(np.mean(held)), float(stats.kstest(places, "uniform").pvalue)


def test_the_posterior_is_right_on_worlds_of_the_model_itself():
    """Also for an estate that was begun across an edge of the count: works begin anywhere."""
    rng, worlds = np.random.default_rng(4), []
    counted = looked(COMPLETE, COMPLETE).counts("settled")
    for _ in range(500):
        days, alarms, truth = drawn(rng)
        at = np.searchsorted(EDGES, days) - 1
        at = np.r_[at[rng.uniform(size=at.size) < COMPLETE[at]], np.searchsorted(EDGES, alarms) - 1]
        chances = blocks.posterior(
            np.eye(8)[at], COMPLETE[None], np.diff(EDGES), counted, FALSE, MOST
        )
        worlds.append((chances, truth))
    coverage, uniform = scored(worlds)
    assert coverage >= 0.88
    assert uniform > 0.01


def test_it_is_right_where_dates_are_uncertain_and_completeness_is_known_from_injections():
    rng, worlds, wide = np.random.default_rng(5), [], 150.0
    tried = np.full(8, 50)
    for _ in range(400):
        share = rng.beta(0.5, 0.5, 8)
        days, alarms, truth = drawn(rng)
        hit = days[rng.uniform(size=days.size) < share[np.searchsorted(EDGES, days) - 1]]
        low = np.r_[hit, alarms] - rng.uniform(0, wide, hit.size + alarms.size)
        known = looked(rng.binomial(tried, share), tried)
        complete = blocks.completeness(known.found, tried, rng)
        begun = known.slices([(day, day + wide) for day in low])
        chances = blocks.posterior(
            begun, complete, np.diff(EDGES), known.counts("settled"), FALSE, MOST
        )  # fmt: skip
        worlds.append((chances, truth))
    coverage, uniform = scored(worlds)
    assert coverage >= 0.88
    assert uniform > 0.01


def test_completeness_is_known_as_well_as_injections_tell():
    rng = np.random.default_rng(1)
    drawn = np.concatenate([blocks.completeness(np.array([0, 45, 0]), np.array([50, 50, 0]), rng)
                            for _ in range(30)])  # fmt: skip
    assert drawn.shape == (30 * blocks.DRAWS, 3)
    for column, (a, b) in zip(drawn.T, [(0.5, 50.5), (45.5, 5.5), (0.5, 0.5)], strict=True):
        assert stats.kstest(column, stats.beta(a, b).cdf).pvalue > 0.001


def test_the_interval_takes_the_likeliest_numbers_and_grows_with_its_level():
    chances = np.array([0.0, 0.0, 0.55, 0.38, 0.05, 0.02])
    assert blocks.interval(chances, 0.9) == (2, 2, 3)
    assert blocks.interval(chances, 0.5) == (2, 2, 2)
    assert blocks.interval(chances, 0.99) == (2, 2, 5)
    flat = blocks.interval(np.full(11, 1 / 11), 0.9)
    assert flat[2] - flat[0] == 9


def test_a_number_is_open_while_few_of_the_probable_ones_are_ruled_out():
    flat = np.full(11, 1 / 11)
    assert blocks.is_open(flat, flat)
    assert not blocks.is_open(np.array([0.0, 0.0, 0.55, 0.38, 0.05, 0.02]), np.full(6, 1 / 6))
    falling = 0.5 ** np.arange(11)
    assert blocks.is_open(falling / falling.sum(), falling / falling.sum())
    assert not blocks.is_open(falling[::-1] / falling.sum(), falling / falling.sum())
