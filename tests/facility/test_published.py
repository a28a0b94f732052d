"""What the chapter says of the published record, against readings of the raw tables."""

import csv
import json
import math
from collections import defaultdict

import pandas as pd
import pytest

from analysis import facility, paths, site
from analysis.evidence import load
from analysis.facility.readings import CONFLICTS, LISTED_VISITS, READINGS, UNDATED
from analysis.results import KINDS
from analysis.words import words


def rows(name):
    with (paths.evidence_dir() / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def results():
    return {r.key: r for r in facility.results()}


def test_drift_counts_are_those_of_the_raw_table(results):
    families, languages, items = defaultdict(set), defaultdict(set), defaultdict(int)
    for row in rows("claim_drift"):
        for name in (row["wording_class"], "all"):
            items[name] += 1
            families[name].add(row["text_family"])
            languages[name].add(row["language"])
    for name in ("same", "inverted", "inflated", "other"):
        assert results[f"facility.drift.items.{name}"].value == items[name]
        assert results[f"facility.drift.items.{name}"].extra["of"] == items["all"]
        assert results[f"facility.drift.families.{name}"].value == len(families[name])
        assert results[f"facility.drift.languages.{name}"].value == len(languages[name])
    assert results["facility.drift.families.all"].value == len(families["all"])
    assert results["facility.drift.languages"].value == len(languages["all"])
    assert sum(items.values()) == 2 * items["all"]


def test_drift_is_as_the_collectors_summed_it_up(results):
    def value(key):
        return results[f"facility.drift.{key}"].value

    assert (value("items.all"), value("families.all"), value("languages")) == (32, 27, 14)
    assert [value(f"items.{c}") for c in ("same", "inverted", "inflated", "other")] == [17, 6, 8, 1]
    assert [value(f"families.{c}") for c in ("same", "inverted", "inflated", "other")] == [
        15, 4, 8, 1,
    ]  # fmt: skip
    assert value("families.split") == 1
    assert value("items.inflated-no-figure") == 2


def test_families_of_the_classes_exceed_all_by_those_that_are_split(results):
    per_class = sum(
        results[f"facility.drift.families.{c}"].value
        for c in ("same", "inverted", "inflated", "other")
    )
    split = results["facility.drift.families.split"].value
    assert per_class == results["facility.drift.families.all"].value + split


def test_the_published_ratio_is_a_band_without_a_preferred_point(results):
    ratio = results["facility.ratio.published"]
    assert ratio.value is None
    assert ratio.interval() == (0.6, 0.7)
    assert ratio.kind == "published"
    assert results["facility.ratio.inverted"].interval() == (0.3, 0.4)
    assert results["facility.ratio.inflated"].interval() == (1.6, 2.0)
    assert results["facility.ratio.lineages"].value == 1


def test_separation_of_the_points_agrees_with_a_flat_computation(results):
    lat_a, lon_a, lat_b, lon_b = 39.921628, 127.656521, 39.920212, 127.657091
    middle = math.radians((lat_a + lat_b) / 2)
    a, e2 = 6378137.0, 0.00669437999014
    w = math.sqrt(1 - e2 * math.sin(middle) ** 2)
    north = math.radians(lat_a - lat_b) * a * (1 - e2) / w**3
    east = math.radians(lon_a - lon_b) * a * math.cos(middle) / w
    expected = math.hypot(north, east)
    found = results["facility.separation.building-a_building-b"]
    assert found.value == pytest.approx(expected, abs=0.1)
    assert found.kind == "derived"
    assert found.unit == "m"


def test_the_plant_lies_east_of_the_city_by_about_what_the_notes_say(results):
    assert results["facility.distance.city_plant"].value == pytest.approx(10.6, abs=0.1)


def test_the_site_repeats_the_published_points_digit_for_digit():
    published = {
        row["name"].split(" (")[0]: (float(row["lat"]), float(row["lon"]))
        for row in rows("geography")
        if row["status"] == "published"
    }
    plant = site.load()
    assert published == {f.name: (f.geometry.y, f.geometry.x) for f in plant.references}
    assert {f.source for f in plant.references} <= {r["source_key"] for r in rows("sources")}


def test_every_dated_statement_has_a_row_or_a_reason():
    topics = {"building", "roof", "housing", "underground", "visit"}
    all_ids = {r["claim_id"] for r in rows("facility_claims") if r["topic"] in topics}
    shown = {r.claim for r in READINGS}
    assert shown | set(UNDATED) == all_ids
    assert not shown & set(UNDATED)


def test_uncertain_dates_stay_ranges():
    entries = facility.entries().set_index("id")
    raw = {r["claim_id"]: r for r in rows("facility_claims")}
    for entry in entries.itertuples():
        source = raw[entry.claim]
        assert str(entry.high.date()) == source["event_date_high"]
        if entry.extent == "within":
            assert str(entry.low.date()) == source["event_date_low"]
        else:
            assert pd.isna(entry.low)


def test_a_day_is_given_only_where_a_day_is_published(results):
    begun = results["facility.date.building-b-begun"]
    assert begun.value is None
    assert begun.interval() == ("2020-05-01", "2020-08-31")
    assert begun.kind == "assumed"
    year = results["facility.date.building-b-complete"]
    assert (year.value, year.kind) == (None, "published")
    assert year.interval() == ("2021-01-01", "2021-12-31")
    latest = results["facility.date.new-hall"]
    assert latest.value == "2024-10-15"
    assert latest.label
    assert not latest.intervals


def test_a_picture_credited_to_a_day_of_november_dates_nothing(results):
    assert "facility.date.image-november" not in results
    assert not any("viewus" in name for r in results.values() for name in r.inputs)


def test_a_visit_is_stated_only_where_state_media_spoke():
    entries = facility.entries().set_index("id")
    listed = entries.loc[list(LISTED_VISITS)]
    stated = listed[listed["standing"] == "stated"]
    assert set(stated.index) == {"visit-2015", "visit-2016"}
    assert all("KCNA" in bodies for bodies in stated["agencies"])
    assert entries.loc["visit-2023", "standing"] == "placed"


def test_unplaced_tours_and_other_places_are_never_counted_as_visits(results):
    assert results["facility.visits.minimum"].value == 5
    assert results["facility.visits.stated"].value + results["facility.visits.placed"].value == 5
    later = [r for r in READINGS if r.lane == "visits" and r.id > "visit-2024"]
    assert {r.standing for r in later} == {"candidate"}
    assert results["facility.visits.candidates"].value == len(later)
    assert {r.standing for r in READINGS if r.lane == "near"} == {"elsewhere"}


def test_most_statements_on_the_works_are_one_voice(results):
    total = results["facility.claims.works"].value
    assert total == sum(
        r["topic"] in {"building", "roof", "housing", "underground"}
        for r in rows("facility_claims")
    )
    largest = results["facility.claims.largest-lineage"]
    assert largest.extra["of"] == total
    cns = {r["claim_id"] for r in rows("facility_claim_agencies") if r["agency"] == "CNS"}
    works = {
        r["claim_id"]
        for r in rows("facility_claims")
        if r["topic"] in {"building", "roof", "housing", "underground"}
    }
    assert largest.value >= len(cns & works)
    assert 1 < results["facility.claims.lineages"].value < total - largest.value + 2


def test_every_input_of_a_result_can_be_found(results):
    known = {
        "source": {r["source_key"] for r in rows("sources")},
        "choice": {r["choice_id"] for r in rows("choices")},
    }
    for result in [*results.values(), facility.area()]:
        assert result.kind in KINDS
        for name in result.inputs:
            sort, _, rest = name.partition(":")
            if sort == "file":
                assert (paths.project_root() / rest).is_file(), name
            else:
                assert rest in known[sort], name


def test_the_methods_named_by_results_exist(results):
    import importlib

    for result in [*results.values(), facility.area()]:
        module, _, function = result.method.rpartition(".")
        assert callable(getattr(importlib.import_module(module), function)), result.method


def test_the_area_of_interest_is_assumed_whatever_it_measures():
    area = facility.area()
    assert area.kind == "assumed"
    assert area.value == pytest.approx(site.load().aoi.area_m2 / 1e6, abs=0.01)


def test_contradictions_stand_beside_what_they_contradict():
    pairs = facility.conflicts()
    assert set(pairs["id"]) == {c.id for c in CONFLICTS}
    for row in pairs.itertuples():
        assert row.claim != row.rival
    parent = pairs.set_index("id").loc["parent"]
    assert "Ryongsong" in parent["claim"]
    assert "Rakwon" in parent["rival"]


def test_rivals_that_the_claims_table_names_for_the_plant_are_shown():
    shown = {rival for c in CONFLICTS for rival in c.rivals} | {c.claim for c in CONFLICTS}
    plant = {"second-assembly-hall", "growth-since-2020", "throughput-intent",
             "kn23-and-kn24-made-here"}  # fmt: skip
    lineage = load().claim_lineage
    named = lineage[(lineage["role"] == "rival") & lineage["claim_id"].isin(plant)]
    assert set(named["facility_claim"].dropna()) <= shown


def test_the_notebook_says_at_once_that_no_image_was_analysed():
    path = paths.project_root() / "notebooks" / "facility-growth.ipynb"
    first = json.loads(path.read_text(encoding="utf-8"))["cells"][0]
    assert "{result}`growth.edition`" in "".join(first["source"])[:300]
    said = words("en")("growth_edition.simulated")
    assert said == "No image of the plant was analysed in this edition."
