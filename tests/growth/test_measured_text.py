"""What is printed below the tables says what their columns mean."""

from __future__ import annotations

from analysis.growth import measured_text, readings

CONTENT = {"scenes_used": 4, "sensors": ["10m"], "kind": "observed", "new": "candidate-1",
           "warnings": [], "ratios": [{}]}  # fmt: skip


def test_each_reading_is_explained_once_with_its_band() -> None:
    (line,) = (x for x in measured_text.remarks(CONTENT) if x.startswith("readings"))
    for name, (low, high) in readings.BANDS.items():
        assert f"{name} = {low:.2f} to {high:.2f}" in line
    assert "none = any other" in line


def test_without_a_ratio_there_is_nothing_to_explain() -> None:
    assert not any("none =" in x for x in measured_text.remarks({**CONTENT, "ratios": []}))
