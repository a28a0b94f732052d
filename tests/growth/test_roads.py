"""Pieces of a road are known by their line and their moment; buildings in a row are not roads."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.growth.objects import A_ROAD, Thing
from analysis.growth.roads import roads
from analysis.growth.timeline import DateInterval

GSD = 10.0


def when(day: float) -> DateInterval:
    return DateInterval(day, day - 30, day + 30, 0.9, 30.0, "unproven")


def piece(row: int, column: int, day: float = 500.0, works: float = 0.0, side: int = 2) -> Thing:
    pixels = np.argwhere(np.ones((side, side), dtype=bool)) + (row, column)
    ground, roof = when(day - works), when(day)
    return Thing("", "new-footprint", "", pixels, 30.0, ground, roof, ground.low, roof.high, None)


def kinds(*things: Thing) -> list[str]:
    roads(things, GSD)
    return [t.kind for t in things]


def test_pieces_of_one_moment_in_line_are_a_road():
    assert kinds(piece(10, 10), piece(20, 21), piece(30, 30), piece(41, 40)) == ["other"] * 4


@pytest.mark.parametrize(
    "things",
    [
        pytest.param((piece(10, 10), piece(30, 30)), id="two"),
        pytest.param((piece(10, 10), piece(20, 30), piece(30, 30)), id="not in line"),
        pytest.param((piece(10, 10), piece(15, 15), piece(18, 18)), id="near each other"),
        pytest.param((piece(10, 10), piece(20, 20, 700.0), piece(30, 30)), id="other moment"),
        pytest.param([piece(10 * i, 10 * i, works=120.0) for i in (1, 2, 3)], id="with works"),
        pytest.param([piece(10 * i, 10 * i, side=5) for i in (1, 2, 3)], id="as large as halls"),
    ],
)
def test_buildings_are_no_road(things):
    assert kinds(*things) == ["new-footprint"] * len(things)


def test_a_wall_beside_a_row_of_blocks_is_no_road():
    wall = np.argwhere(np.ones((1, 12), dtype=bool)) + (10, 10)
    thin = Thing("", "other", A_ROAD, wall, 30.0, when(500.0), when(500.0), 470.0, 530.0, None)
    assert kinds(thin, piece(10, 24), piece(10, 30))[1:] == ["new-footprint"] * 2


def test_what_continues_a_road_is_one():
    long = np.argwhere(np.ones((1, 20), dtype=bool)) + (10, 10)
    road = Thing("", "other", A_ROAD, long, 30.0, when(500.0), when(500.0), 470.0, 530.0, None)
    beyond, aside, later = piece(10, 36), piece(25, 36), piece(10, 2, day=900.0)
    assert kinds(road, beyond, aside, later)[1:] == ["other", "new-footprint", "new-footprint"]
