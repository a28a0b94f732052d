"""The law of resolvability in words: they say no more than its shares."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from analysis.growth import resolvability
from tests.checkout import ROOT


@pytest.mark.parametrize(
    ("share", "word"),
    [(0.0, "none"), (0.04, "few"), (0.05, "few"), (0.2, "some"), (0.5, "some"), (0.51, "most"),
     (0.9, "most"), (0.99, "nearly"), (1.0, "all")],
)  # fmt: skip
def test_a_share_has_its_word(share: float, word: str) -> None:
    assert resolvability.how_many(share) == word


def told(monkeypatch: pytest.MonkeyPatch, coverage: float) -> dict[str, str]:
    row = {
        "gsd": 3.0, "scenes": 60, "worlds": 12, "rmse": 0.02, "rmse_low": 0.01, "rmse_high": 0.03,
        "bias": 0.0, "median": 0.01, "gross": 0.0, "width": 0.05, "coverage": coverage,
        "coverage_low": 0.1, "coverage_high": 0.95, "bound": 0.001, "inside": 0.0,
        "smaller": 1.0, "larger": 1.0, "twice": 0.75,
    }  # fmt: skip
    few = row | {"scenes": 200, "worlds": 2, "coverage": 0.0}
    monkeypatch.setattr(resolvability, "table", lambda: pd.DataFrame([row, few]))
    stem = resolvability.STEM + "."
    return {r.key.removeprefix(stem): r.value for r in resolvability.results() if r.unit == "text"}


def test_the_answer_in_words_speaks_of_the_hardest_rival(monkeypatch) -> None:
    said = told(monkeypatch, 0.9)["plain.3m"]
    assert "most of 12 worlds refute even the rival reading that is hardest" in said
    assert "none of them have the whole interval" in said


def test_intervals_that_are_too_short_are_named_where_worlds_can_tell(monkeypatch) -> None:
    short = told(monkeypatch, 0.5)["too_short"]
    assert "with 3 m pixels: in 50" in short
    assert "12 worlds" in short, "cells of too few worlds say nothing"
    assert "no less often than chance" in told(monkeypatch, 11 / 12)["too_short"]


def test_worlds_that_are_far_off_are_counted_by_the_ratio_itself() -> None:
    """A tenth of the truth, not a tenth: at 0.65 that is another number of worlds."""
    law = json.loads((ROOT / resolvability.STUDY).read_text(encoding="utf-8"))["law"]
    rows = resolvability.table().set_index(["gsd", "scenes"])
    for cell in law.values():
        off = [abs(estimate / truth - 1) > 0.1 for _, truth, estimate, *_ in cell["rows"]]
        assert rows.loc[(cell["gsd"], cell["scenes"]), "gross"] == pytest.approx(np.mean(off))


def test_more_scenes_are_said_to_help_only_where_intervals_part(monkeypatch) -> None:
    cells = [{"gsd": 3.0, "scenes": n, "worlds": 9, "rmse": e, "rmse_low": e - 0.01,
              "rmse_high": e + 0.01} for n, e in ((3, 0.06), (200, 0.03))]  # fmt: skip
    (better,) = resolvability._more_scenes(pd.DataFrame(cells))
    assert str(better.value).endswith("more scenes make it smaller")
    cells[1]["rmse_high"] = 0.051
    (alike,) = resolvability._more_scenes(pd.DataFrame(cells))
    assert "do not make it measurably smaller" in str(alike.value)
