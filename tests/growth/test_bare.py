"""Which part of an object is a roof: it lost its season, and the ground around it did not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from analysis.growth import bare, series
from analysis.growth.candidates import Candidate
from analysis.growth.classes import GROWN_OVER, HAS_SEASON
from analysis.growth.objects import Thing
from analysis.growth.timeline import DateInterval
from tests.growth import quiet

SIDE, DATES, SINCE, GSD = 50, 24, 10, 3.0
ROOF = np.argwhere(np.ones((4, 14), dtype=bool)) + (12, 10)
SHADED = np.argwhere(np.ones((7, 14), dtype=bool)) + (9, 10)
"""The roof and three rows of ground to its north."""

BESIDE = ROOF + (0, 19)
"""A second roof, five pixels of ground further east."""

BETWEEN = np.argwhere(np.ones((4, 5), dtype=bool)) + (12, 24)
"""The ground between the two."""

CHAIN = BETWEEN[BETWEEN[:, 0] == 13]
"""A line one pixel wide from roof to roof."""


@pytest.fixture
def grass() -> xr.Dataset:
    """Grassland over four years in pixels of 3 m; dates are not in order."""
    cube, _ = quiet.grass(DATES, SIDE, GSD)
    return cube.isel(time=np.random.default_rng(3).permutation(DATES))


def built(cube: xr.Dataset, *roofs: np.ndarray, shade: np.ndarray | None = None) -> xr.Dataset:
    """The cube with roofs from a date on, and from then on ground in the shade."""
    made = cube.copy(deep=True)
    later = np.argsort(np.argsort(cube["time"].values)) >= SINCE
    for band in ("blue", "red", "nir"):
        if shade is not None:
            made[band].values[np.ix_(later, *map(np.unique, shade.T))] *= 0.6
        for row, column in np.concatenate(roofs):
            made[band].values[later, row, column] = 0.3
    return made


def seen(
    cube: xr.Dataset,
    pixels: np.ndarray,
    kind: str = "new-footprint",
    why: str = "",
    at: int = SINCE,
) -> Candidate:
    """An object of pixels that was built before the n-th date."""
    days = np.sort(cube["time"].values).astype("datetime64[s]").astype(float) / 86400.0
    when = DateInterval(days[at] - 1, days[at - 1], days[at], 0.9, 20.0, "unproven")
    return Candidate("candidate-7", kind, pixels, 50.0, when, when, why, np.zeros((2, DATES)),
                     days, np.ones(DATES, dtype=bool))  # fmt: skip


def parts(cube: xr.Dataset, one: Candidate | Thing) -> list[Candidate | Thing]:
    return bare.divided([one], cube, series.from_cube(cube))


def unchanged(cube: xr.Dataset, one: Candidate) -> bool:
    found = parts(cube, one)
    return len(found) == 1 and found[0] is one


def same(one: np.ndarray, two: np.ndarray) -> bool:
    return set(map(tuple, one)) == set(map(tuple, two))


@pytest.mark.parametrize("why", [HAS_SEASON, GROWN_OVER])
def test_a_roof_drawn_together_with_shaded_ground_is_reduced_to_the_roof(grass, why) -> None:
    cube = built(grass, ROOF, shade=SHADED)
    one = seen(cube, SHADED, "other", why)
    (part,) = parts(cube, one)
    assert part.kind == "new-footprint"
    assert part.why != why
    assert same(part.pixels, ROOF)
    assert part.roof_on == one.roof_on


def test_a_thing_is_divided_as_a_candidate_is(grass) -> None:
    cube = built(grass, ROOF, shade=SHADED)
    (part,) = parts(cube, Thing.of(seen(cube, SHADED, "other", HAS_SEASON)))
    assert isinstance(part, Thing)
    assert part.kind == "new-footprint"
    assert same(part.pixels, ROOF)


def test_a_footprint_that_is_one_roof_keeps_its_pixels(grass) -> None:
    """Its rim is for the fit of the outline to judge, which works with shares of pixels."""
    cube = built(grass, ROOF, shade=SHADED)
    one = seen(cube, SHADED)
    assert unchanged(cube, one)


def test_two_roofs_that_ground_with_a_season_joined_are_two(grass) -> None:
    cube = built(grass, ROOF, BESIDE)
    found = parts(cube, seen(cube, np.concatenate([ROOF, BETWEEN, BESIDE])))
    assert [p.kind for p in found] == ["new-footprint", "new-footprint"]
    west, east = sorted(found, key=lambda p: p.pixels[:, 1].min())
    assert same(west.pixels, ROOF)
    assert same(east.pixels, BESIDE)


def test_a_roof_with_a_joint_that_changed_little_stays_one(grass) -> None:
    """Two pixels of ground in the midst: as far as pieces of one building may lie apart."""
    joint = np.isin(ROOF[:, 1], [16, 17])
    cube = built(grass, ROOF[~joint])
    one = seen(cube, ROOF)
    assert unchanged(cube, one)


def test_a_line_of_single_pixels_joins_nothing(grass) -> None:
    cube = built(grass, ROOF, BESIDE, CHAIN)
    found = parts(cube, seen(cube, np.concatenate([ROOF, CHAIN, BESIDE])))
    west, east = sorted(found, key=lambda p: p.pixels[:, 1].min())
    assert not set(map(tuple, west.pixels)) & set(map(tuple, east.pixels))
    assert same(np.concatenate([west.pixels, east.pixels]), np.concatenate([ROOF, CHAIN, BESIDE]))
    assert set(map(tuple, ROOF)) <= set(map(tuple, west.pixels))
    assert set(map(tuple, BESIDE)) <= set(map(tuple, east.pixels))


def test_a_wide_bridge_of_roof_joins(grass) -> None:
    cube = built(grass, ROOF, BESIDE, BETWEEN)
    one = seen(cube, np.concatenate([ROOF, BETWEEN, BESIDE]))
    assert unchanged(cube, one)


@pytest.mark.parametrize("why", [HAS_SEASON, GROWN_OVER])
def test_a_field_that_keeps_its_season_stays_no_building(grass, why) -> None:
    one = seen(grass, SHADED, "other", why)
    assert unchanged(grass, one)


def test_a_shed_in_a_field_does_not_make_the_field_a_building(grass) -> None:
    """A small part of an object that lost its season is not what the object is."""
    field = np.argwhere(np.ones((20, 20), dtype=bool)) + (8, 8)
    cube = built(grass, ROOF)
    assert len(ROOF) < bare.LEAST_SHARE * len(field)
    one = seen(cube, field, "other", HAS_SEASON)
    assert unchanged(cube, one)


def test_what_is_no_building_for_another_reason_stays_what_it_is(grass) -> None:
    cube = built(grass, ROOF, BESIDE)
    every = np.concatenate([ROOF, BETWEEN, BESIDE])
    for one in (seen(cube, every, "other", "its shape is no building's"),
                seen(cube, every, "ground-works"),
                replace(seen(cube, every), roof_on=None)):  # fmt: skip
        assert unchanged(cube, one)


def test_too_few_dates_leave_a_footprint_as_it_is(grass) -> None:
    cube = built(grass, ROOF, BESIDE)
    one = seen(cube, np.concatenate([ROOF, BETWEEN, BESIDE]), at=DATES - 5)
    assert unchanged(cube, one)


def test_too_few_dates_make_no_building_of_a_field(grass) -> None:
    one = seen(grass, SHADED, "other", GROWN_OVER, at=DATES - 5)
    assert unchanged(grass, one)


def test_clouds_over_single_pixels_do_not_divide_a_roof(grass) -> None:
    """A pixel that was seen on too few dates is not held to have a season."""
    cube = built(grass, ROOF)
    cube["valid"].values[:, 12:16, 16:21] = False
    one = seen(cube, ROOF)
    assert unchanged(cube, one)


def test_without_near_infrared_nothing_is_divided(grass) -> None:
    cube = built(grass, ROOF, BESIDE)
    one = seen(cube, np.concatenate([ROOF, BETWEEN, BESIDE]))
    assert unchanged(cube.drop_vars("nir"), one)
