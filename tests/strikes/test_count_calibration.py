"""The calibration study: its band, its ranks, and a sample of its worlds made again."""

import json

import numpy as np
import pytest
from bench import sbc

from analysis import paths
from analysis.strikes import calibration

AGAIN = (0, 17, 250)
"""Worlds of the committed study that are drawn, stated and fitted anew."""


@pytest.fixture(scope="module")
def committed() -> dict:
    return json.loads((paths.project_root() / calibration.STUDY).read_text(encoding="utf-8"))


def test_the_band_holds_uniform_ranks_with_its_level():
    rng = np.random.default_rng(12)
    held = np.mean(
        [calibration.inside(rng.integers(0, calibration.RANKS, 500)) for _ in range(1000)]
    )
    assert held == pytest.approx(calibration.LEVEL, abs=0.025)


@pytest.mark.parametrize("power", [0.8, 1.25])
def test_the_band_catches_a_biased_rank(power):
    uniform = np.random.default_rng(1).random(500)
    ranks = np.floor(uniform**power * calibration.RANKS).astype(int)
    assert not calibration.inside(ranks)


def test_the_band_catches_intervals_that_are_too_narrow():
    wide = np.random.default_rng(2).beta(0.7, 0.7, size=500)
    assert not calibration.inside(np.floor(wide * calibration.RANKS).astype(int))


def test_coverage_of_uniform_ranks_is_the_level():
    ranks = np.arange(calibration.RANKS)
    assert calibration.interval_coverage(ranks, 0.9)[0] == pytest.approx(0.9)


def test_the_study_is_large_enough_and_of_this_code(committed):
    assert committed["fits"] >= 500
    assert all(len(r) == committed["fits"] for r in committed["ranks"].values())
    assert committed["source_digest"] == sbc.code(), "run `make bench` again: the model changed"
    assert committed["claims"] == [c.claim_id for c in sbc.design()]


def test_every_rank_stays_inside_the_band(committed):
    quantities = len(committed["ranks"])
    for name, ranks in committed["ranks"].items():
        assert calibration.inside(np.array(ranks), quantities), name
    for name in ("year", "winter", "surge"):
        assert calibration.inside(np.array(committed["ranks"][name])), name


@pytest.mark.slow
@pytest.mark.parametrize("world", AGAIN)
def test_a_world_of_the_study_gives_its_ranks_again(committed, world):
    found = calibration.world_ranks(committed["prior"], sbc.design(), committed["seed"], world)
    assert found.pop("divergences") == committed["divergences"][world]
    assert found == {name: ranks[world] for name, ranks in committed["ranks"].items()}
