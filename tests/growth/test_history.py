"""Roofed area by date, and a site's total from a reference sample."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import UserError
from analysis.growth import history
from analysis.growth.timeline import DateInterval
from tests.growth import site_world


def test_drawn_dates_have_the_interval_that_they_were_drawn_from() -> None:
    given = DateInterval(1000.0, 940.0, 1010.0, 0.9, 5.0, "simulated")
    drawn = history.draw_dates(given, 200_000, np.random.default_rng(1))
    low, middle, high = np.quantile(drawn, [0.05, 0.5, 0.95])
    assert low == pytest.approx(940, abs=1.0)
    assert middle == pytest.approx(1000, abs=0.5)
    assert high == pytest.approx(1010, abs=0.3)


def test_line_ends_at_the_roofs_that_were_drawn_and_starts_at_those_that_stood() -> None:
    world, done, found = site_world.measured()
    grown = history.roofed(found, done.site)
    areas = {k: p.area for k, p in site_world.worlds.outlines(world).items()}
    assert grown.where == "perimeter"
    assert grown.table["value"].iloc[-1] == pytest.approx(sum(areas.values()), rel=0.03)
    assert grown.table["value"].is_monotonic_increasing
    assert (grown.table["low"] <= grown.table["value"]).all()
    assert (grown.table["value"] <= grown.table["high"]).all()
    steps = grown.buildings.set_index("id")
    assert steps.loc[found.new, "since"] != ""
    assert steps.loc["hall-a", "since"] == ""


def test_a_roof_covered_anew_is_an_event_and_adds_no_area() -> None:
    _, done, found = site_world.measured()
    again = next(b for b in found.candidates if b.thing.kind == "re-roofing")
    grown = history.roofed(found, done.site)
    row = grown.re_roofings.set_index("id").loc[again.id]
    assert row["low"] <= row["value"] <= row["high"]
    start = grown.table["value"].iloc[0]
    old = [b for b in grown.buildings.itertuples() if not b.since]
    assert start == pytest.approx(sum(b.area for b in old), rel=0.01)
    assert again.id in {b.id for b in old}


def test_worked_example_of_olofsson_and_others_2014() -> None:
    # Good practices for estimating area, Remote Sensing of Environment 148, table 8 and section 5.2
    classes = ["deforestation", "gain", "forest", "other"]
    counts = [[66, 0, 5, 4], [0, 55, 8, 12], [1, 0, 153, 11], [2, 1, 9, 313]]
    rows = [
        (one, two)
        for one, row in zip(classes, counts, strict=True)
        for two, n in zip(classes, row, strict=True)
        for _ in range(n)
    ]
    sample = pd.DataFrame(rows, columns=["stratum", "reference"])
    pixels = dict(zip(classes, (200_000, 150_000, 3_200_000, 6_450_000), strict=True))
    hectares = {k: 0.09 * v for k, v in pixels.items()}
    found = history.stratified(sample, hectares, 0.95)
    published = {"deforestation": (21_158, 6_158), "gain": (11_686, 3_756),
                 "forest": (285_770, 15_510), "other": (581_386, 16_282)}  # fmt: skip
    for name, (area, half) in published.items():
        assert found.loc[name, "area"] == pytest.approx(area, abs=1)
        assert 1.96 * found.loc[name, "error"] == pytest.approx(half, rel=0.003)


def test_estimator_is_unbiased_and_its_interval_covers_nine_times_in_ten() -> None:
    chance = np.random.default_rng(20)
    mapped, share = {"new": 20.0, "rest": 480.0}, {"new": 0.85, "rest": 0.03}
    truth = sum(mapped[k] * share[k] for k in mapped)
    values, covered = [], 0
    for _ in range(800):
        rows = [
            (stratum, "new" if hit else "rest")
            for stratum, n in (("new", 60), ("rest", 400))
            for hit in chance.random(n) < share[stratum]
        ]
        row = history.stratified(
            pd.DataFrame(rows, columns=["stratum", "reference"]), mapped, 0.9
        ).loc["new"]
        values.append(row["area"])
        covered += row["low"] <= truth <= row["high"]
    assert np.mean(values) == pytest.approx(truth, abs=3 * np.std(values) / np.sqrt(len(values)))
    assert 0.86 <= covered / 800 <= 0.93


def test_without_a_reference_sample_the_total_is_not_computed() -> None:
    _, done, found = site_world.measured()
    none = history.total(found, done.site)
    assert none.value is None
    assert "no independent reference sample" in none.why
    rows = [("new", "new")] * 30 + [("rest", "rest")] * 98 + [("rest", "new")] * 2
    given = history.total(found, done.site, pd.DataFrame(rows, columns=["stratum", "reference"]))
    assert given.low < given.value < given.high


@pytest.mark.parametrize(
    ("rows", "said"),
    [([("new", "new")] * 5 + [("rest", "rest")], "1 units in stratum 'rest'"),
     ([("old", "new")] * 5, "names a stratum 'old'")],
)  # fmt: skip
def test_a_sample_that_cannot_carry_the_estimate_is_refused(rows, said) -> None:
    sample = pd.DataFrame(rows, columns=["stratum", "reference"])
    with pytest.raises(UserError, match=said):
        history.stratified(sample, {"new": 1.0, "rest": 9.0})
    with pytest.raises(UserError, match="no column 'stratum'"):
        history.stratified(sample.rename(columns={"stratum": "class"}), {"new": 1.0})
