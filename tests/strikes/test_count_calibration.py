"""The calibration study: its band, its ranks, and a sample of its worlds made again."""

import json

import numpy as np
import pytest
from bench import record, sbc

from analysis import paths
from analysis.strikes import calibration, ranks, validation

AGAIN = (0, 17, 250)
"""Worlds of the committed study that are drawn, stated and fitted anew."""


@pytest.fixture(scope="module")
def committed() -> dict:
    return json.loads((paths.project_root() / calibration.STUDY).read_text(encoding="utf-8"))


def test_the_band_holds_uniform_ranks_with_its_level():
    rng = np.random.default_rng(12)
    held = np.mean([calibration.inside(rng.integers(0, ranks.RANKS, 500)) for _ in range(1000)])
    assert held == pytest.approx(calibration.LEVEL, abs=0.025)


@pytest.mark.parametrize("power", [0.8, 1.25])
def test_the_band_catches_a_biased_rank(power):
    uniform = np.random.default_rng(1).random(500)
    skewed = np.floor(uniform**power * ranks.RANKS).astype(int)
    assert not calibration.inside(skewed)


def test_the_band_catches_intervals_that_are_too_narrow():
    wide = np.random.default_rng(2).beta(0.7, 0.7, size=500)
    assert not calibration.inside(np.floor(wide * ranks.RANKS).astype(int))


def test_coverage_of_uniform_ranks_is_the_level():
    every = np.arange(ranks.RANKS)
    assert calibration.interval_coverage(every, 0.9)[0] == pytest.approx(0.9)


def test_the_study_is_large_enough_and_of_this_code(committed):
    assert committed["fits"] >= 500
    assert committed["prior"] == ranks.PRIOR
    assert all(len(r) == committed["fits"] for r in committed["ranks"].values())
    assert committed["code"] == record.code(sbc.MODULES), (
        "run `make bench` again: the model changed"
    )
    assert committed["claims"] == sbc.described(sbc.design())


def test_every_rank_stays_inside_the_band(committed):
    quantities = len(committed["ranks"])
    for name, drawn in committed["ranks"].items():
        assert calibration.inside(np.array(drawn), quantities), name
    for name in ("year", "winter", "surge"):
        assert calibration.inside(np.array(committed["ranks"][name])), name


def test_what_chance_allows_is_no_interval_of_the_coverage(committed):
    """The acceptance region is about a true level; the result itself has no interval."""
    found = {r.key: r for r in validation.results()}
    held = found["validation.sbc.count.coverage-90"]
    assert held.intervals == {}
    assert held.why_no_interval
    low, high = held.extra["acceptance_region"]
    assert low < 0.9 < high
    year = np.array(committed["ranks"]["year"])
    assert held.value == np.mean((year >= 5) & (year < 95))


@pytest.mark.parametrize(
    ("shape", "verdict", "coverage"),
    [((1, 1), "passes", "expected"), ((0.5, 0.5), "fails", "narrow"), ((3, 3), "fails", "wide")],
)
def test_the_sentence_follows_the_ranks(monkeypatch, shape, verdict, coverage):
    """Uniform ranks, ranks of intervals too narrow, and of intervals too wide."""
    rng = np.random.default_rng(11)
    drawn = {n: np.floor(rng.beta(*shape, size=500) * ranks.RANKS).astype(int)
             for n in ("year", "winter", "surge")}  # fmt: skip
    study = calibration.Study(drawn, 500, 0, "balanced", "none", 1)
    monkeypatch.setattr(calibration, "study", lambda: study)
    found = {r.key: r for r in validation.results()}
    assert found["validation.sbc.count.verdict"].extra["case"] == verdict
    assert found["validation.sbc.count.coverage-90.verdict"].extra["case"] == coverage


@pytest.mark.slow
@pytest.mark.parametrize("world", AGAIN)
def test_a_world_of_the_study_gives_its_ranks_again(committed, world):
    found = ranks.world_ranks(sbc.design(), committed["seed"], world)
    assert found.pop("divergences") == committed["divergences"][world]
    for name, drawn in committed["ranks"].items():
        assert found[name] == pytest.approx(drawn[world], abs=_apart(drawn[world])), name


def _apart(rank: int) -> float:
    """How far two runs of one sampler may put a rank: four and a half standard errors.

    Two processors round differently, and from one digit on their chains are different draws of
    the same posterior; a rank among 99 of them is a binomial count.
    """
    share = (rank + 0.5) / ranks.RANKS
    return 4.5 * np.sqrt(2 * (ranks.RANKS - 1) * share * (1 - share)) + 1


def test_another_posterior_is_told_from_another_run(committed):
    """The ranks of other worlds are too far off for most quantities to pass for these."""
    told = [
        abs(drawn[one] - drawn[two]) > _apart(drawn[one])
        for drawn in committed["ranks"].values()
        for one, two in zip(AGAIN, (*AGAIN[1:], AGAIN[0]), strict=True)
    ]
    assert np.mean(told) > 0.4
