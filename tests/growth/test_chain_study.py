"""The study of the whole chain: its halves, its tables, and by how much it widens dates."""

import json
from functools import cache

import numpy as np
import pytest
from bench import chain, chain_report, record
from bench.footprints_report import share_interval

from analysis import paths
from analysis.growth.calibrated import calibrated
from analysis.growth.posterior import INFLATION


@cache
def kept() -> dict:
    place = paths.project_root() / "bench" / "results" / "chain.json"
    return json.loads(place.read_text(encoding="utf-8"))


def test_no_plant_that_was_scored_was_calibrated_on():
    one, two = (set(kept()["seeds"][role]) for role in ("calibrate", "score"))
    assert not one & two
    for role, seeds in (("calibrate", one), ("score", two)):
        first = chain.FIRST[role]
        assert all(first <= s < first + chain.WORLDS for s in seeds)
    assert {row[0] for row in kept()["rows"]} <= two


def test_scores_of_areas_follow_from_the_rows():
    rows = [r for r in kept()["rows"] if r[2] >= kept()["smallest_m2"]]
    told = kept()["areas"]
    assert told["n"] == len(rows)
    assert told["share"] == pytest.approx(np.mean([r[4] <= r[2] <= r[5] for r in rows]), abs=1e-4)
    error = np.array([r[3] / r[2] - 1 for r in rows])
    assert told["rmse"] == pytest.approx(np.sqrt((error**2).mean()), abs=1e-3)


def test_a_run_takes_the_margins_of_the_study():
    known = calibrated(10.0)
    assert known.date_margins == kept()["date_margins"]
    events = {"ground_broken", "roof_on"}
    assert set(known.date_margins) == events | {f"reference.{e}" for e in events}
    assert all(gaps >= 0 for gaps in known.date_margins.values())
    assert known.date_studies == ("bench:dates", "bench:chain")
    assert calibrated(3.0).date_studies == ("bench:dates",)
    assert not calibrated(3.0).date_margins


def test_a_run_stretches_intervals_as_the_study_says():
    known = calibrated(10.0).inflation
    told = kept()["stretches"]
    assert known.stretch == told["areas"]["factor"]
    assert known.ratio_stretch == told["ratios"]["factor"]
    halls = json.loads((record.FOLDER / "footprints-areas.json").read_text(encoding="utf-8"))
    fine, told = calibrated(3.0).inflation, halls["stretches"]["3"]
    assert fine.stretch == told["areas"]["factor"]
    assert fine.ratio_stretch == told["ratios"]["factor"]


def row(new: str | None, called: bool = True) -> dict:
    """A plant with two references, and what was called its new hall, if that was drawn."""
    names = ["building-a", "building-b", *(["candidate-1"] if new else [])]
    joint = {"names": names, "estimate": [3000.0, 2000.0, 1000.0][: len(names)],
             "spread": np.diag([900.0] * len(names)).tolist(), "perimeter": [200.0] * len(names),
             "misfit": [1.0] * len(names), "bulge": [0.0] * len(names), "widths": [1.0],
             "gsd": 10.0, "before": [5] * len(names)}  # fmt: skip
    truths = [3000.0, 2000.0, 1000.0][: len(names)]
    return {"seed": 1, "new": new, "called": called, "hall": "hall-new", "hall_m2": 1100.0,
            "joints": [{"joint": joint, "truths": truths}]}  # fmt: skip


def test_ratios_are_held_against_the_hall_that_was_drawn_each_and_together():
    (record,) = chain_report._records([row("shed-1")])
    a, b = ("building-a",), ("building-b",)
    assert record["ratios"] == pytest.approx({a: 1100 / 3000, b: 0.55, a + b: 0.22})
    drawn = dict(zip(record["ratios"], chain_report._ratios_of(record, INFLATION), strict=True))
    assert np.median(drawn[a + b][0]) == pytest.approx(0.2, rel=0.02)


def test_a_hall_where_nothing_was_built_needs_more_than_any_factor():
    (record,) = chain_report._records([row(None)])
    ((_, truth),) = chain_report._ratios_of(record, INFLATION)
    assert np.isnan(truth)
    assert chain_report._ratios([row(None)], INFLATION) == {
        "n": 1, "worlds_without": 0, "worlds_of_another_building": 1}  # fmt: skip
    (record,) = chain_report._records([row(None, called=False)])
    assert record["ratios"] == {}


def plants(number: int, seed: int) -> list[dict]:
    """Plants whose roofs were dated with intervals far too sure: half a gap, errors of one."""
    chance = np.random.default_rng(seed)
    made = []
    for plant in range(number):
        rows = []
        for _ in range(chance.integers(0, 5)):
            day, gap = chance.uniform(1000, 2000), chance.uniform(10, 40)
            value = day + gap * chance.normal()
            rows.append({"roof_on": [day, value - gap / 4, value, value + gap / 4, gap, 0, 3000]})
        made.append({"seed": plant, "candidates": rows})
    return made


def test_buildings_that_the_site_names_are_scored_apart():
    rows = [{"truth": "hall-a", "roof_on": 1}, {"truth": "shed-1"}, {"truth": None}]
    plant = {"seed": 1, "references": [["hall-a", True, 0.9]], "candidates": rows}
    assert chain_report._only([plant], True)[0]["candidates"] == rows[:1]
    assert chain_report._only([plant], False)[0]["candidates"] == rows[1:]


def test_margins_make_intervals_hold_that_held_too_little():
    margin = chain_report._margin(plants(400, 1), "roof_on")
    fresh = plants(4000, 2)
    bare, wide = (chain_report._dates(fresh, "roof_on", m) for m in (0.0, margin))
    assert bare["share"] < 0.3
    assert wide["share"] == pytest.approx(chain.LEVEL, abs=0.02)
    assert wide["median_width_gaps"] == pytest.approx(0.5 + 2 * margin, rel=1e-3)


def test_intervals_that_hold_enough_are_not_narrowed():
    sure = [
        {"seed": p, "candidates": [{"roof_on": [1500, 1000, 1500, 2000, 20, 0, 3000]}]}
        for p in range(50)
    ]
    assert chain_report._margin(sure, "roof_on") == 0.0


def test_widened_intervals_end_with_the_series():
    told = [1500.0, 1490.0, 1500.0, 1510.0, 20.0, 1480.0, 1512.0]
    wide = chain_report._wider(told, 3.0)
    assert (wide.low, wide.high) == (1480.0, 1512.0)


@pytest.mark.parametrize(("hit", "low", "high"), [(1.0, 0.9106, 1.0), (0.0, 0.0, 0.0894)])
def test_a_share_at_its_bound_has_an_end(hit, low, high):
    """Clopper and Pearson for 32 of 32: 0.05 ** (1 / 32)."""
    found = share_interval([np.full(3, hit) for _ in range(32)])
    assert found == pytest.approx([low, high], abs=1e-4)
