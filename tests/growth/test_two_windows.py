"""What two windows cannot carry is taken back, with its reason."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import xarray as xr
from shapely.geometry import Polygon, box

from analysis.growth import measure_windows, record
from analysis.growth.posterior import Areas
from analysis.growth.ratio import Ratio, ratios

NAMES = ("hall-a", "hall-b", "candidate-1")


def measured(
    changed: tuple[str, ...] = (), misfit: dict[str, float] | None = None,
    beside: tuple[Polygon, ...] = (),
) -> Any:  # fmt: skip
    """Two references and a new hall; references that changed have a candidate."""
    draws = np.random.default_rng(1).uniform(2000, 3000, (500, 3))
    place = {n: box(100 * i, 0, 100 * i + 50, 30) for i, n in enumerate(NAMES)}
    building = {
        n: SimpleNamespace(id=n, thing=n if n in changed else None, outline=place[n],
                           start=place[n], fit=SimpleNamespace(misfit=(misfit or {}).get(n, 1.0)))
        for n in NAMES
    }  # fmt: skip
    others = [SimpleNamespace(id=f"candidate-{i + 2}", thing="other", fit=None, start=s, outline=s)
              for i, s in enumerate(beside)]  # fmt: skip
    made = ratios(Areas(NAMES, draws), "candidate-1", ["hall-a", "hall-b"])
    walls = [Ratio("candidate-1", n, "wall", 1.0, draws[:, 0]) for n in ("hall-a", "hall-b")]
    return SimpleNamespace(
        references=[building["hall-a"], building["hall-b"]],
        candidates=[building["candidate-1"], *others],
        ratios=made, other_sizes=walls, warnings=[],
    )  # fmt: skip


def kept(found: Any) -> tuple[list[str], list[str]]:
    return [r.denominator for r in found.ratios], [r.denominator for r in found.other_sizes]


def test_halls_that_stood_and_fit_keep_their_ratios() -> None:
    found = measured()
    measure_windows.withhold(found, 2, 3)
    assert kept(found) == (["hall-a", "hall-b", "union"], ["hall-a", "hall-b"])
    assert found.warnings == [measure_windows.OF_WHAT_CHANGED]


def test_a_reference_that_changed_in_between_is_no_measure_and_spoils_the_union() -> None:
    found = measured(changed=("hall-b",))
    measure_windows.withhold(found, 5, 5)
    assert kept(found) == (["hall-a"], ["hall-a"])
    assert found.warnings[0].startswith("no ratio to hall-b: something changed at it")
    assert found.warnings[1].startswith("no ratio to all references together")


@pytest.mark.parametrize(
    ("share", "left"), [(0.3, ["hall-b"]), (0.05, ["hall-a", "hall-b", "union"])]
)
def test_a_change_of_any_class_on_a_good_part_of_a_reference_spoils_it(
    share: float, left: list[str]
) -> None:
    found = measured(beside=(box(50 * (1 - share), 0, 90, 30),))
    measure_windows.withhold(found, 5, 5)
    assert kept(found)[0] == left


@pytest.mark.parametrize(
    ("poor", "left"), [("hall-a", ["hall-b"]), ("candidate-1", [])], ids=["reference", "new hall"]
)
def test_an_outline_that_does_not_fit_gives_no_ratio(poor: str, left: list[str]) -> None:
    found = measured(misfit={poor: measure_windows.POOR})
    measure_windows.withhold(found, 5, 5)
    assert kept(found) == (left, left)
    assert any(poor in said and "does not fit" in said for said in found.warnings)


@pytest.mark.parametrize(("before", "after"), [(1, 5), (5, 1), (5, 2)])
def test_too_few_clear_scenes_give_no_ratio_at_all(before: int, after: int) -> None:
    found = measured()
    measure_windows.withhold(found, before, after)
    assert kept(found) == ([], [])
    assert found.warnings == [measure_windows.NO_RATIO]


def test_an_outline_whose_misfit_is_unknown_gives_no_ratio() -> None:
    found = measured(misfit={"hall-a": float("nan")})
    measure_windows.withhold(found, 5, 5)
    assert kept(found)[0] == ["hall-b"]


@pytest.mark.parametrize(
    ("name", "said"),
    [("hall-b", "no ratio to hall-b: something changed"), ("hall-a", "not measurable"),
     ("union", "no ratio to all references together:")],
)  # fmt: skip
def test_a_recorded_result_says_why_its_ratio_was_taken_back(name: str, said: str) -> None:
    found = measured(changed=("hall-b",))
    measure_windows.withhold(found, 5, 5)
    found.new = "candidate-1"
    assert record._withheld(found, name).startswith(said)


def window(*days: str) -> xr.Dataset:
    return xr.Dataset(coords={"time": np.array(days, dtype="datetime64[ns]")})


@pytest.mark.parametrize("change", range(1, 9))
def test_the_interval_holds_every_change_that_the_medians_of_the_windows_show(change: int) -> None:
    """Each date of two windows in turn is the first with a roof."""
    days = [f"2015-0{m}-01" for m in range(1, 5)] + [f"2018-0{m}-01" for m in range(1, 6)]
    roof = np.arange(len(days)) >= change
    if np.median(roof[4:]) - np.median(roof[:4]) < 0.5:
        return
    first, last = measure_windows._middles(window(*days[:4]), window(*days[4:]))
    came = np.array(days, dtype="datetime64[D]")[[change - 1, change]].astype(float)
    assert first <= came[0]
    assert came[1] <= last


def test_one_date_in_each_window_bounds_the_change() -> None:
    first, last = measure_windows._middles(window("2015-12-11"), window("2018-03-30"))
    told = [str(np.datetime64(int(d), "D")) for d in (first, last)]
    assert told == ["2015-12-11", "2018-03-30"]


def test_a_reference_that_changed_and_has_no_outline_says_why_it_has_no_ratio() -> None:
    found = measured(changed=("hall-b",))
    found.references[1].fit = None
    found.ratios = [r for r in found.ratios if r.denominator == "hall-a"]
    found.other_sizes = [r for r in found.other_sizes if r.denominator == "hall-a"]
    measure_windows.withhold(found, 5, 5)
    assert kept(found)[0] == ["hall-a"]
    assert any("hall-b" in said and "no outline of it fits" in said for said in found.warnings)
