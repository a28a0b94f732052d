"""What is printed says what its columns mean, and what not to read into them."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from analysis.growth import measured_text, readings

AREA = {"value": 3000.0, "low": 2800.0, "high": 3200.0, "unit": "m2"}
WHEN = {"value": "2120-01-02", "low": "2119-01-02", "high": "2121-01-02", "unit": "date"}


def building(name: str, kind: str = "new-footprint", misfit: float | None = 1.1) -> dict[str, Any]:
    return {"id": name, "class": kind, "area": AREA, "misfit": misfit, "candidate": None,
            "ground_broken": WHEN, "roof_on": WHEN, "why": "it looks as open ground"}  # fmt: skip


CONTENT: dict[str, Any] = {
    "scenes_used": 4, "sensors": ["10m"], "kind": "observed", "new": "candidate-1", "level": 0.9,
    "coverage": "unproven", "why_no_new": None, "warnings": [], "ratios": [{}], "other_sizes": [],
    "threshold": {}, "new_hall_in_study": {"right": 37, "plants": 39},
    "references": [building("hall-a")],
    "candidates": [building("candidate-1"), building("candidate-2", "other", None)],
}  # fmt: skip


def shown(content: dict[str, Any]) -> str:
    console = Console(width=160)
    with console.capture() as caught:
        for table in measured_text.tables({**content, "ratios": []}):
            console.print(table)
    return caught.get()


def test_each_reading_is_explained_once_with_its_band() -> None:
    (line,) = (x for x in measured_text.remarks(CONTENT) if x.startswith("readings"))
    for name, (low, high) in readings.BANDS.items():
        assert f"{name} = {low:.2f} to {high:.2f}" in line
    assert "none = any other" in line


def test_without_a_ratio_there_is_nothing_to_explain() -> None:
    assert not any("none =" in x for x in measured_text.remarks({**CONTENT, "ratios": []}))


def test_the_table_holds_buildings_and_other_changes_are_counted() -> None:
    table = shown(CONTENT)
    assert "candidate-1 (new)" in table
    assert "candidate-2" not in table
    assert any(x.startswith("1 other changes") for x in measured_text.remarks(CONTENT))


def test_misfits_and_warnings_are_shown() -> None:
    poor = {**CONTENT, "references": [building("hall-b", misfit=6.08)], "warnings": ["mind this"]}
    assert "6.1" in shown(poor)
    assert measured_text.remarks(poor)[-1] == "mind this"


def test_a_ratio_says_which_hall_it_takes_for_the_new_one_and_how_often_that_was_right() -> None:
    (line,) = (x for x in measured_text.remarks(CONTENT) if "for the new hall" in x)
    assert "candidate-1" in line
    assert "37 of 39" in line
    none = {**CONTENT, "new_hall_in_study": None}
    assert any(x.endswith("for the new hall") for x in measured_text.remarks(none))


def test_two_windows_show_places_that_changed_and_call_none_of_them_the_new_building() -> None:
    pair = {**CONTENT, "threshold": None, "ratios": []}
    table = shown(pair)
    assert "building" not in table
    assert "(new)" not in table
    assert "2119-01-02 and 2121-01-02" in table
    assert "2120-01-02" not in table, "the middle of the gap is no date of anything"
    assert "candidate-2" in table


def test_a_reference_that_was_seen_to_be_built_stands_once_with_its_dates() -> None:
    older = {**building("hall-b"), "candidate": "candidate-2"}
    for key in ("class", "ground_broken", "roof_on"):
        del older[key]
    seen = {**CONTENT, "references": [older],
            "candidates": [building("candidate-1"), building("candidate-2")]}  # fmt: skip
    (row,) = (x for x in shown(seen).splitlines() if "candidate-2" in x)
    assert "hall-b (candidate-2)" in row
    assert "reference" in row
    assert "2120-01-02" in row


def test_names_keep_their_length_where_numbers_can_fold() -> None:
    console = Console(width=80)
    with console.capture() as caught:
        for table in measured_text.tables({**CONTENT, "ratios": []}):
            console.print(table)
    assert "candidate-1 (new)" in caught.get()
    assert "new-footprint" in caught.get()
