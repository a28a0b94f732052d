"""What two windows cannot carry is taken back, with its reason."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from analysis.growth import measure_windows
from analysis.growth.posterior import Areas
from analysis.growth.ratio import Ratio, ratios

NAMES = ("hall-a", "hall-b", "candidate-1")


def measured(changed: tuple[str, ...] = (), misfit: dict[str, float] | None = None) -> Any:
    """Two references and a new hall; references that changed have a candidate."""
    draws = np.random.default_rng(1).uniform(2000, 3000, (500, 3))
    building = {
        n: SimpleNamespace(id=n, thing=n if n in changed else None,
                           fit=SimpleNamespace(misfit=(misfit or {}).get(n, 1.0)))
        for n in NAMES
    }  # fmt: skip
    made = ratios(Areas(NAMES, draws), "candidate-1", ["hall-a", "hall-b"])
    walls = [Ratio("candidate-1", n, "wall", 1.0, draws[:, 0]) for n in ("hall-a", "hall-b")]
    return SimpleNamespace(
        references=[building["hall-a"], building["hall-b"]], candidates=[building["candidate-1"]],
        ratios=made, other_sizes=walls, warnings=[],
    )  # fmt: skip


def kept(found: Any) -> tuple[list[str], list[str]]:
    return [r.denominator for r in found.ratios], [r.denominator for r in found.other_sizes]


def test_halls_that_stood_and_fit_keep_their_ratios() -> None:
    found = measured()
    measure_windows.withhold(found, 2)
    assert kept(found) == (["hall-a", "hall-b", "union"], ["hall-a", "hall-b"])
    assert found.warnings == []


def test_a_reference_that_changed_in_between_is_no_measure_and_spoils_the_union() -> None:
    found = measured(changed=("hall-b",))
    measure_windows.withhold(found, 5)
    assert kept(found) == (["hall-a"], ["hall-a"])
    (said,) = found.warnings
    assert said.startswith("no ratio to hall-b: it changed between the windows")


@pytest.mark.parametrize(
    ("poor", "left"), [("hall-a", ["hall-b"]), ("candidate-1", [])], ids=["reference", "new hall"]
)
def test_an_outline_that_does_not_fit_gives_no_ratio(poor: str, left: list[str]) -> None:
    found = measured(misfit={poor: measure_windows.POOR})
    measure_windows.withhold(found, 5)
    assert kept(found) == (left, left)
    assert any(poor in said and "does not fit" in said for said in found.warnings)


def test_one_clear_scene_gives_no_ratio_at_all() -> None:
    found = measured()
    measure_windows.withhold(found, 1)
    assert kept(found) == ([], [])
    assert found.warnings == [measure_windows.NO_RATIO]
