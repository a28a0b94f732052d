"""Buildings of one ratio are fitted to the same sensors, whatever one of them shows of each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analysis.growth import measure, outlines
from tests.growth import site_world


@pytest.mark.parametrize("lost", ["reference", "new"])
def test_a_building_that_one_sensor_cannot_outline_sends_all_back_to_the_main_one(
    lost: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, done, alone = site_world.measured()
    both = replace(done, cubes={"10m": done.cube, "again": done.cube})
    fitted = []

    def failing(building, cubes, known, **options) -> None:
        role = "reference" if building.feature is not None else "new"
        if len(cubes) > 1 and role == lost:
            building.why = "not measurable: it is not in this sensor"
            return
        outlines.outlined(building, cubes, known, **options)
        fitted.append(len(cubes))

    monkeypatch.setattr(measure, "outlined", failing)
    found = measure.measure(both, seed=1, level=0.9)
    assert 2 in fitted
    assert [r.denominator for r in found.ratios] == [r.denominator for r in alone.ratios]
    for one, two in zip(found.ratios, alone.ratios, strict=True):
        assert one.value == pytest.approx(two.value, rel=0.01)
