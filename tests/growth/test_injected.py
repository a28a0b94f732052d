"""Intervals calibrated by halls drawn into the scenes, held against what is known of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.errors import UserError
from analysis.growth import blend, injected, posterior
from analysis.growth.calibrated import Injected
from analysis.growth.posterior import Inflation
from tests.checkout import feb11
from tests.growth.quiet import quiet
from tests.growth.site_world import measured

LEVEL = 0.9
HALLS = 9


def scored(spread: float, claimed: float, count: int, seed: int) -> list[injected.Scored]:
    """Draws that claim one relative error, about estimates that have another."""
    chance = np.random.default_rng(seed)
    return [
        (3000 * np.exp(spread * chance.normal() + claimed * chance.normal(size=2000)), 3000.0)
        for _ in range(count)
    ]


def test_intervals_that_claim_half_of_their_error_are_stretched_by_two() -> None:
    told = injected.stretch(scored(0.06, 0.03, 800, 1), LEVEL)
    assert told.factor == pytest.approx(2, rel=0.1)
    assert told.held == pytest.approx(0.59, abs=0.05)  # 0.82 deviations of a normal
    assert told.error == pytest.approx(0.06, rel=0.1)


def test_intervals_that_are_too_wide_stay() -> None:
    told = injected.stretch(scored(0.02, 0.06, 200, 2), LEVEL)
    assert told.factor == 1
    assert told.held > 0.99


@pytest.mark.parametrize("count", [9, 19, 60])
def test_stretched_intervals_hold_fresh_halls_as_often_as_they_say(count: int) -> None:
    held = []
    for seed in range(150):
        factor = injected.stretch(scored(0.06, 0.03, count, 100 + seed), LEVEL).factor
        for draws, truth in scored(0.06, 0.03, 4, 9000 + seed):
            low, high = np.quantile(posterior.stretched(draws, factor), [0.05, 0.95])
            held.append(low <= truth <= high)
    assert np.mean(held) > LEVEL - 0.03


def test_stretching_keeps_the_median() -> None:
    draws = np.exp(np.random.default_rng(1).normal(8, 0.05, 3999))
    wide = posterior.stretched(draws, 3.0)
    assert np.median(wide) == pytest.approx(np.median(draws))
    assert np.log(wide).std() == pytest.approx(3 * np.log(draws).std(), rel=1e-6)


@pytest.mark.parametrize(("level", "fewest"), [(0.5, 1), (0.9, 9), (0.95, 19), (0.99, 99)])
def test_too_few_halls_promise_nothing(level: float, fewest: int) -> None:
    injected.check_enough(fewest, level)
    with pytest.raises(UserError, match=f"need {fewest} or more"):
        injected.check_enough(fewest - 1, level)


@pytest.fixture(scope="module")
def calibrated():
    _, done, found = measured()
    return found, injected.calibrate(done, found, halls=HALLS, seed=4)


def told_of(found) -> Injected:
    assert found.injected is not None
    return found.injected


def test_halls_of_the_site_are_calibrated_and_say_so(calibrated) -> None:
    plain, found = calibrated
    told = told_of(found)
    assert told.drawn == HALLS
    assert plain.injected is None
    assert found.ratios
    measured_halls = [b for b in (*found.references, found.by_id(found.new)) if b.area is not None]
    assert len(measured_halls) > 1
    for b in measured_halls:
        assert b.id in told.areas
        assert found.covers_area(b) == "injected"
        low, high = np.quantile(b.area, [0.05, 0.95])
        before = np.quantile(plain.by_id(b.id).area, [0.05, 0.95])
        factor = told.areas[b.id].factor
        assert factor >= 1
        assert np.log(high / low) == pytest.approx(factor * np.log(before[1] / before[0]), rel=1e-6)
    for ratio in found.ratios:
        assert found.covers_ratio(ratio) == "injected"
    others = [b for b in found.candidates if b.area is not None and b.id not in told.areas]
    same = {b.thing.id for b in found.references if b.thing is not None}
    assert all(found.covers_area(b) != "injected" for b in others if b.id not in same)


def test_what_too_few_drawn_halls_were_outlined_for_is_said(calibrated) -> None:
    plain, found = calibrated
    told = told_of(found)
    kept = dict(list(told.areas.items())[:1])
    chain = [b for b in (*found.references, found.by_id(found.new)) if b.area is not None]
    fewer = replace(told, areas=kept, ratios={})
    said = injected._warnings(fewer, chain, plain, 2)
    assert len(said) == len(chain) - 1 + len(plain.ratios) + 1
    assert all("fewer than 9 of 9 were outlined" in line for line in said[:-1])
    assert said[-1].startswith("2 drawn halls lie outside the perimeter")


def test_drawn_halls_are_measured_near_what_was_drawn(calibrated) -> None:
    for own in told_of(calibrated[1]).areas.values():
        assert own.scored >= HALLS
        assert own.error < 0.15
        assert abs(own.bias) < 0.08


def test_a_posterior_that_is_far_too_sure_is_found_out(calibrated) -> None:
    plain, found = calibrated
    _, done, _ = measured()
    sure = replace(plain.calibrated, inflation=Inflation(0.05, 0.0, 0.0, 0.0, 0.0))
    fooled = replace(plain, calibrated=sure)
    told = told_of(injected.calibrate(done, fooled, halls=HALLS, seed=4))
    for name, own in told.areas.items():
        assert own.held < 0.5
        assert own.factor > 2 * told_of(found).areas[name].factor


def test_what_is_drawn_into_pixels_that_lie_in_a_file_stays_drawn(tmp_path) -> None:
    cube = quiet().sortby("time")
    cube.to_netcdf(tmp_path / "cube.nc")
    import xarray as xr

    with xr.open_dataset(tmp_path / "cube.nc") as lazy:
        ground = blend.ground(lazy, 10.0)
        times = ground.days.size
        hall = blend.Buildings(
            row=np.array([30.0]), column=np.array([30.0]), length=np.array([6.0]),
            width=np.array([4.0]), angle=np.zeros(1), first=np.array([-np.inf]),
            second=np.array([-np.inf]), roof=np.full((1, 4), 0.5),
            works=np.full((1, times, 4), 0.3), shift=np.zeros((1, times, 2)),
        )  # fmt: skip
        made = blend.built(lazy, ground, hall)
    assert made["red"].values[:, 30, 30].mean() == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--drawn", "5"], "need 9 or more"),
        (["--drawn", "20", "--before", "2119", "--after", "2123"], "leave out --before"),
    ],
)
def test_what_drawn_halls_cannot_do_is_said(options: list[str], said: str) -> None:
    done = feb11("measure", *options)
    assert done.returncode == 2
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
