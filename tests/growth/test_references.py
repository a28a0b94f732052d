"""What lies where an older building stands, or touches one, is no new building of its own."""

from __future__ import annotations

import numpy as np
import xarray as xr
from shapely.geometry import box

from analysis.growth import references
from analysis.growth.buildings import Building
from analysis.growth.objects import Thing
from analysis.growth.timeline import DateInterval
from tests.growth.quiet import DATES, on, quiet

GSD = 10.0


def found(name: str, west: float, east: float) -> Building:
    when = DateInterval(500.0, 470.0, 530.0, 0.9, 30.0, "unproven")
    thing = Thing(
        name, "new-footprint", "", np.zeros((4, 2), int), 30.0, when, when, 470, 530, None
    )
    return Building(name, thing, None, box(west, 0, east, 40))


def kinds(buildings: list[Building], reference: Building) -> list[str]:
    references.fringes(buildings, [reference], GSD)
    return [b.thing.kind for b in buildings if b.thing]


def test_a_strip_of_an_older_roof_is_a_part_of_it() -> None:
    whole = found("candidate-1", 0, 60)
    hall = Building("hall-b", whole.thing, None, box(0, 0, 100, 40))
    strip, apart = found("candidate-2", 65, 110), found("candidate-3", 150, 200)
    assert kinds([whole, strip, apart], hall) == ["new-footprint", "other", "new-footprint"]
    assert strip.thing is not None
    assert strip.thing.why == "it is a part of hall-b"


def test_a_building_that_only_begins_in_an_older_one_stays() -> None:
    hall = Building("hall-a", None, None, box(0, 0, 100, 40))
    assert kinds([found("candidate-1", 60, 180)], hall) == ["new-footprint"]


def test_a_small_object_at_the_rim_of_a_hall_is_its_edge() -> None:
    hall = Building("hall-a", None, None, box(0, 0, 100, 40))
    assert kinds([found("candidate-1", 105, 115)], hall) == ["other"]


def shown_from(date: int, hidden: int = 0) -> str:
    """What is said of a hall without an event that the n-th date is the first to show.

    On the first ``hidden`` dates it lies under clouds.
    """
    cube = twice(quiet())
    x, y = cube["x"].values, cube["y"].values
    outline = box(x[20] - 5, y[30] - 5, x[29] + 5, y[25] + 5)
    for band in ("blue", "green", "red", "nir"):
        cube[band].values[on(cube, *range(date, 2 * DATES)), 25:31, 20:30] += 0.15
    cube["valid"].values[on(cube, *range(hidden)), 20:36, 15:35] = False
    return references.without_event(Building("hall-b", None, None, outline), cube)


def twice(cube: xr.Dataset) -> xr.Dataset:
    """As many dates again, half a step later."""
    later = cube.assign_coords(time=cube["time"].values + np.timedelta64(48 * 86400, "s"))
    return xr.concat([cube, later], "time")


def test_a_hall_that_the_first_dates_do_not_show_did_not_stand_from_the_start() -> None:
    assert shown_from(0) == ""
    assert shown_from(18) == references.NOT_FROM_START


def test_where_no_date_shows_an_outline_nothing_is_said_of_its_beginning() -> None:
    assert shown_from(2 * DATES) == ""


def test_clouds_over_the_first_dates_say_nothing_of_its_beginning() -> None:
    assert shown_from(0, hidden=8) == ""
    assert shown_from(18, hidden=8) == references.NOT_FROM_START
    assert shown_from(18, hidden=14) == ""


def test_a_roof_like_the_ground_in_winter_stood_there_all_the_same() -> None:
    cube = twice(quiet())
    month = cube["time"].dt.month.values
    x, y = cube["x"].values, cube["y"].values
    outline = box(x[20] - 5, y[30] - 5, x[29] + 5, y[25] + 5)
    summer = (month >= 4) & (month < 10)
    for band in ("blue", "green", "red", "nir"):
        cube[band].values[summer, 25:31, 20:30] += 0.15
    assert references.without_event(Building("hall-a", None, None, outline), cube) == ""
