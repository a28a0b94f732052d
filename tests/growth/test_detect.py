"""Open ground that looks like a roof, and roofs that look like open ground."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from analysis.growth import detect, series, stood
from analysis.growth.candidates import Candidate
from analysis.growth.recover import Recovering
from analysis.growth.timeline import Calibration, DateInterval
from tests.growth.quiet import DATES, SIDE, grass, on, quiet

PIXELS = np.argwhere(np.ones((6, 10), dtype=bool)) + 20


@pytest.fixture
def cube() -> xr.Dataset:
    return quiet()


def painted(cube: xr.Dataset, by_date: dict[int, float], red: float = 0.0) -> xr.Dataset:
    """The cube with another near infrared over the object on dates counted in order of time."""
    made = cube.copy(deep=True)
    for number, nir in by_date.items():
        made["nir"].values[on(cube, number), 20:26, 20:30] = nir
        made["red"].values[on(cube, number), 20:26, 20:30] += red
    return made


def again(cube: xr.Dataset) -> str:
    days = np.sort(cube["time"].values).astype("datetime64[s]").astype(float) / 86400.0
    return stood.ground_again(cube, PIXELS, series.from_cube(cube), (days[8] - 1, days[9] - 1))


def test_a_field_that_is_bare_in_another_season_is_ground_again(cube) -> None:
    assert "open ground" in again(painted(cube, {1: 0.45, 4: 0.45, 7: 0.45}))


def test_a_field_with_new_crops_is_ground_on_its_bare_dates(cube) -> None:
    """On most later dates it looks as it never did, on some as before."""
    grown = painted(cube, dict.fromkeys(range(12, DATES), 0.30), red=0.12)
    assert "open ground" in again(grown)


def test_a_field_that_is_green_once_afterwards_is_no_roof(cube) -> None:
    assert "grown over" in again(painted(cube, {12: 0.50}))


def test_a_roof_is_not_ground_again(cube) -> None:
    assert again(painted(cube, dict.fromkeys(range(9, DATES), 0.30), red=0.12)) == ""


BLOCK = np.argwhere(np.ones((2, 5), dtype=bool)) + 30


def seasonal(dates: int = 24) -> tuple[xr.Dataset, np.ndarray]:
    """Grassland over some years, and its greenness on each date in order of time."""
    return grass(dates, SIDE, 10.0)


def roof_over(cube: xr.Dataset, share: float, since: int) -> float:
    """Share of the block's season that is lost, as it is told."""
    made = cube.copy(deep=True)
    rows, columns = BLOCK.T
    for band in ("blue", "red", "nir"):
        own = made[band].values[since:, rows, columns]
        made[band].values[since:, rows, columns] = (1 - share) * own + share * 0.3
    days = made["time"].values.astype("datetime64[s]").astype(float) / 86400.0
    return stood.covered_share(
        made, BLOCK, series.from_cube(made), (days[since] - 2, days[since] - 1)
    )


@pytest.mark.parametrize("share", [0.4, 0.6, 0.9])
def test_the_share_of_a_roof_in_its_pixels_is_told_by_what_is_left_of_their_season(share) -> None:
    assert roof_over(seasonal()[0], share, 12) == pytest.approx(share, abs=0.08)


def test_ground_that_keeps_its_season_is_covered_by_nothing() -> None:
    assert roof_over(seasonal()[0], 0.0, 12) < 0.1


def test_no_share_is_told_of_ground_without_a_season_or_on_few_dates(cube) -> None:
    assert roof_over(cube, 0.6, 7) == 0
    assert roof_over(seasonal()[0], 0.6, 20) == 0


def test_another_crop_is_no_roof() -> None:
    cube, green = seasonal()
    other = cube.copy(deep=True)
    rows, columns = BLOCK.T
    moved = np.roll(green, 2)[12:, None]
    other["nir"].values[12:, rows, columns] = 0.2 + 0.1 * moved
    other["red"].values[12:, rows, columns] = 0.10 - 0.02 * moved
    assert roof_over(other, 0.0, 12) == 0


def candidate(recovered: Recovering | None) -> Candidate:
    ground = DateInterval(1000.0, 990.0, 1010.0, 0.9, 20.0, "unproven")
    return Candidate(
        "candidate-1", "new-footprint", BLOCK, 50.0, ground, ground, "", np.zeros((2, DATES)),
        np.linspace(900.0, 2100.0, DATES), np.ones(DATES, dtype=bool), recovered,
    )  # fmt: skip


def test_an_even_stage_of_works_is_no_roof_that_was_covered_anew() -> None:
    made = detect.roofed(candidate(Recovering(1290.0, 1310.0, 80.0)), None)
    assert made.recovered is None
    assert made.roof_on is not None
    assert made.ground_broken is not None
    assert (made.roof_on.low, made.roof_on.value, made.roof_on.high) == (1290, 1300, 1310)
    assert made.ground_broken.value == 1000


def test_a_roof_is_dated_inside_the_series() -> None:
    sure = Calibration({"roof_on": {"0.9": 50.0}})
    made = detect.roofed(candidate(Recovering(1290.0, 1310.0, 80.0)), sure).roof_on
    assert (made.low, made.value, made.high) == (900.0, 1300.0, 2100.0)


@pytest.mark.parametrize("again", [None, Recovering(2000.0, 2020.0, 80.0)])
def test_a_roof_that_gets_another_colour_years_later_keeps_its_date(again) -> None:
    same = candidate(again)
    assert detect.roofed(same, None) is same


def test_works_seen_on_few_dates_come_to_rest_as_a_roof(cube) -> None:
    made = painted(cube, {8: 0.30} | dict.fromkeys(range(9, DATES), 0.34), red=0.08)
    days = np.sort(cube["time"].values).astype("datetime64[s]").astype(float) / 86400.0
    found = stood.settled(made, PIXELS, series.from_cube(made), days[8] - 1)
    assert found == (days[8], days[9])


def test_a_bright_roof_that_changes_with_the_sun_rests_from_its_first_date(cube) -> None:
    roof = {i: 0.40 + 0.05 * (i % 3 - 1) for i in range(9, DATES)}
    made = painted(cube, {8: 0.24} | roof, red=0.30)
    days = np.sort(cube["time"].values).astype("datetime64[s]").astype(float) / 86400.0
    read = series.from_cube(made)
    assert stood.settled(made, PIXELS, read, days[8] - 1) == (days[8], days[9])
    # by the ground's noise alone it never would
    assert stood.settled(made, PIXELS, read, days[8] - 1, scatter=0.0) is None


def test_what_never_rests_or_grows_again_does_not_come_to_rest(cube) -> None:
    days = np.sort(cube["time"].values).astype("datetime64[s]").astype(float) / 86400.0
    restless = painted(cube, {i: 0.2 + 0.12 * (i % 3) for i in range(8, DATES)})
    assert stood.settled(restless, PIXELS, series.from_cube(restless), days[8] - 1) is None
    grown = painted(cube, dict.fromkeys(range(9, DATES), 0.5))
    assert stood.settled(grown, PIXELS, series.from_cube(grown), days[8] - 1) is None
