"""Buildings on ground that keeps its colour, as a roof that stood from the start does."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from analysis.growth import candidates, scan
from analysis.growth import series as layout
from tests.growth.quiet import made_of

SIDE, DATES = 48, 30
GROUND = {"blue": 0.10, "green": 0.13, "red": 0.17, "nir": 0.21}
WORKS = {"blue": 0.16, "green": 0.20, "red": 0.26, "nir": 0.33}
ROOF = {"blue": 0.07, "green": 0.08, "red": 0.09, "nir": 0.11}
BROKEN, ROOFED = 16, 20
"""The n-th dates from which works, and then a roof, are seen."""


def bare(odd_start: float = 0.0, dates: int = DATES) -> xr.Dataset:
    """Bare ground without a season; a square of it was brighter on the first two dates."""
    chance = np.random.default_rng(8)
    time = np.datetime64("2117-01-10", "s") + np.arange(dates) * np.timedelta64(45 * 86400, "s")
    data = {}
    for band, level in GROUND.items():
        values = level + chance.normal(0, 0.004, (dates, SIDE, SIDE))
        values[:2, 18:26, 18:26] += odd_start
        data[band] = (("time", "y", "x"), values.astype(np.float32))
    return made_of(data, time, 10.0)


def build(cube: xr.Dataset, broken: int = BROKEN, roofed: int = ROOFED) -> None:
    """Works and a roof on the square."""
    chance = np.random.default_rng(9)
    for t in range(broken, cube.sizes["time"]):
        colour = ROOF if t >= roofed else WORKS
        light = np.exp((0.03 if t >= roofed else 0.15) * chance.normal())
        for band, level in colour.items():
            noise = chance.normal(0, 0.004, (8, 8))
            cube[band].values[t, 18:26, 18:26] = light * level + noise


def on_square(cube: xr.Dataset) -> list[candidates.Candidate]:
    found, _ = candidates.find(cube)
    return [c for c in found if ((c.pixels >= 18) & (c.pixels < 26)).all(axis=1).mean() > 0.5]


@pytest.mark.parametrize("odd_start", [0.0, 0.04])
def test_a_hall_on_bare_ground_is_found_and_dated(odd_start: float) -> None:
    cube = bare(odd_start)
    build(cube)
    parts = on_square(cube)
    assert sum(len(p.pixels) for p in parts) > 0.8 * 64
    days = cube["time"].values.astype("datetime64[D]").astype(float)
    for part in parts:
        assert part.kind == "new-footprint"
        for when, first in ((part.ground_broken, BROKEN), (part.roof_on, ROOFED)):
            assert when is not None
            assert days[first - 4] <= when.value <= days[first + 3]


def test_bare_ground_that_only_began_oddly_is_nothing() -> None:
    assert on_square(bare(0.08)) == []


@pytest.mark.parametrize("dates", [140, 220])
def test_a_long_series_of_such_ground_does_not_lose_the_hall(dates: int) -> None:
    cube = bare(dates=dates)
    broken, roofed = int(0.53 * dates), int(0.66 * dates)
    build(cube, broken, roofed)
    parts = on_square(cube)
    assert sum(len(p.pixels) for p in parts) > 0.8 * 64
    days = cube["time"].values.astype("datetime64[D]").astype(float)
    for part in parts:
        assert part.kind == "new-footprint"
        assert part.ground_broken is not None
        assert days[broken - 6] <= part.ground_broken.value <= days[broken + 5]


def test_a_roof_of_old_that_got_another_colour_is_no_new_footprint(monkeypatch) -> None:
    cube = bare(0.04)
    cube_of_roof(cube)
    rescued = []
    plain = candidates.begun_later
    monkeypatch.setattr(
        candidates, "begun_later", lambda *a: rescued.append(plain(*a)) or rescued[-1]
    )
    assert all(c.kind != "new-footprint" for c in on_square(cube))
    assert any(r is not None for r in rescued), "it was not looked at again"


def cube_of_roof(cube: xr.Dataset) -> None:
    """A bright roof from the start, that works and a dark roof follow."""
    for band in ROOF:
        cube[band].values[:BROKEN, 18:26, 18:26] += 0.08
    build(cube)


def test_no_event_is_looked_for_before_a_day() -> None:
    cube = bare(0.08)
    build(cube)
    laid = layout.from_cube(cube)
    since = float(laid.days[5])
    free = scan.scan(laid, posterior=True)
    held = scan.scan(laid, posterior=True, since=since)
    assert free.posterior is not None
    assert held.posterior is not None
    assert free.posterior[0, :6, 22, 22].sum() > 0.5
    assert held.posterior[0, :6, 22, 22].sum() == 0
    assert held.posterior[0, :, 22, 22].sum() == pytest.approx(1, abs=1e-4)
    assert (held.first[:, 22, 22] >= since).all()
