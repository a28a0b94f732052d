"""What the chapter records: per block, with kinds that follow inputs, and no total."""

import re

import pytest

from analysis import housing
from analysis.housing import plausibility


@pytest.fixture(scope="module")
def found():
    return {r.key: r for r in housing.results(20241125)}


def test_the_promised_keys_are_there(found):
    for key in ("blocks", "floor_area", "dwellings", "residents.family", "residents.dormitory",
                "workers.family", "workers.dormitory", "sensitivity.households_per_block",
                "sensitivity.roof.storeys", "voi.blocks", "voi.households_per_block",
                "voi.roof.storeys"):  # fmt: skip
        assert f"housing.{key}" in found


def test_people_are_stated_per_block_or_per_roof_and_never_for_the_plant(found):
    people = [r for r in found.values()
              if re.match(r"housing\.(residents|workers|active|dwellings)", r.key)]  # fmt: skip
    assert people
    assert all(re.search(r"per (block|1,000 m² of roof)$", r.unit) for r in people)
    assert found["housing.blocks"].value is None
    assert "published" in found["housing.blocks"].why_no_value


def test_workers_have_no_point_and_are_assumed_because_the_link_has_no_source(found):
    for key, result in found.items():
        if key.startswith("housing.workers."):
            assert result.value is None
            assert result.kind == "assumed"


def test_kinds_follow_the_inputs(found):
    assert found["housing.residents.family.low-rise"].kind == "derived"
    # An analogue from abroad enters with the net-to-gross ratio.
    assert found["housing.residents.family.apartment.per_roof"].kind == "assumed"
    assert found["housing.floor_area"].kind == "derived"


def test_a_low_rise_block_by_hand(found):
    # 6.1 to 7.5 households; at the ends 1 worker each or 0.523 of 4.09 persons.
    low, high = found["housing.workers.family.low-rise"].intervals["0.99"]
    assert 6.1 <= low < 6.2
    assert 14.5 < high <= 7.5 * 2.07
    low, high = found["housing.residents.family.low-rise"].intervals["0.99"]
    assert 6.1 * 3 < low < high < 7.5 * 4.09


def test_the_wider_level_contains_the_narrower(found):
    for result in found.values():
        if {"0.9", "0.99"} <= set(result.intervals):
            inner, outer = result.intervals["0.9"], result.intervals["0.99"]
            assert outer[0] <= inner[0] <= inner[1] <= outer[1], result.key


def test_every_choice_and_source_named_exists(found, tables):
    choices, sources = set(tables.choices["choice_id"]), set(tables.sources["source_key"])
    for result in found.values():
        for name in result.inputs:
            kind, _, value = name.partition(":")
            assert kind != "choice" or value in choices, name
            assert kind != "source" or value in sources, name
            assert kind != "result" or value in found, name


def test_the_span_over_scenarios_reaches_from_the_lowest_to_the_highest(found):
    parts = [found[f"housing.workers.family.{k}"].intervals["0.9"]
             for k in ("low-rise", "small-apartment")]  # fmt: skip
    whole = found["housing.workers.family"]
    assert whole.intervals["0.9"] == (min(p[0] for p in parts), max(p[1] for p in parts))
    assert whole.value is None
    assert whole.interval_kind == "scenario"


def test_the_factor_is_that_of_the_interval_printed_beside_it(found):
    for prefix, per in (("", "per block"), ("roof.", "per 1,000 m² of roof")):
        interval = found[f"housing.width.{prefix}workers"]
        low, high = interval.intervals["0.9"]
        assert high / low == pytest.approx(found[f"housing.width.{prefix}now"].value, rel=1e-4)
        if not prefix:
            ends = found["housing.workers.family"].intervals["0.9"]
            assert found["housing.width.family"].value == pytest.approx(ends[1] / ends[0], rel=1e-4)
        assert interval.unit == f"persons {per}"
        whole = found["housing.workers.family" + (".per_roof" if prefix else "")]
        first, last = whole.intervals["0.9"]
        assert first <= low < high <= last, "the tails of the whole, not of each kind"


def test_a_plausibility_row_that_misses_stays_a_miss(found):
    outcomes = {k: r.extra["outcome"] for k, r in found.items()
                if "outcome" in r.extra}  # fmt: skip
    assert outcomes["housing.plausibility.area-per-person-1990"] == "miss"
    agree = found["housing.plausibility.agree"]
    assert agree.value == sum(o == "inside" for o in outcomes.values())
    assert agree.extra["of"] == sum(o != "nothing reported" for o in outcomes.values())


def test_an_estate_is_left_out_of_its_own_prediction(tables, scenarios):
    rows = plausibility.table(tables.housing_parameters, scenarios, 1, ("0.9", "0.99"))
    for row in rows:
        assert not set(row.reported_rows) & set(row.rows), row.id
    estates = [r for r in rows if "-from-" in r.id]
    assert len(estates) == 6
    # Taean from Ryonpho, by hand at the middle: the same storeys and dwellings cancel.
    middle = next(r for r in estates if r.id == "taean-from-ryonpho")
    assert middle.median == pytest.approx(8.85, rel=0.02)


def test_a_level_of_ones_own_is_added():
    extra = {r.key: r for r in housing.results(20241125, None, 0.8)}
    inner = extra["housing.residents.family.low-rise"].intervals
    assert inner["0.9"][0] < inner["0.8"][0] < inner["0.8"][1] < inner["0.9"][1]
