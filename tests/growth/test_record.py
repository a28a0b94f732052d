"""What is recorded of a site: kinds, counts by zone, and sentences that follow the scenes."""

from __future__ import annotations

import copy
import fnmatch
import json
import re
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from analysis import claims, evidence, paths
from analysis.growth import (
    calibrated,
    gis,
    measured,
    measured_json,
    record,
    record_edition,
    record_works,
)  # fmt: skip
from analysis.results import Result, Results
from analysis.scenes.source import Source
from analysis.site import Site
from tests.growth import site_world

NO_IMAGE = "No image of the plant was analysed in this edition."
PAGES = ("growth.edition", "growth.edition.ground", "growth.edition.claims",
         "growth.edition.answer", "growth.edition.ratio", "growth.edition.service")  # fmt: skip


def recorded(kind: str, *, table: str | None = "claims", drop: str = "", **source: Any) -> Results:
    """Results of the drawn world, said to be of a kind and of a site with or without claims."""
    _, done, found = site_world.measured()
    features = tuple(
        replace(f, kind="assumed" if kind == "observed" else f.kind)
        for f in done.site.features if f.role != drop
    )  # fmt: skip
    site = Site(done.site.name, features, claims=table)
    there = replace(done.source, **source)
    told = record.results(replace(found, kind=kind), replace(done, site=site, source=there))
    return Results("test", told)


@cache
def kinds() -> dict[str, Results]:
    return {kind: recorded(kind) for kind in ("simulated", "undeclared", "observed")}


def test_the_notebook_declares_every_key() -> None:
    place = paths.project_root() / "notebooks" / "facility-growth.ipynb"
    about = json.loads(place.read_text(encoding="utf-8"))["metadata"]["feb11"]
    declared = [*about["keys"], *about["optional"]]
    for found in kinds().values():
        for key in found:
            assert any(fnmatch.fnmatchcase(key, pattern) for pattern in declared), key


@pytest.mark.parametrize("kind", ["simulated", "undeclared"])
def test_without_observed_scenes_the_pages_say_that_no_image_was_analysed(kind: str) -> None:
    found = kinds()[kind]
    assert found["growth.edition"].value == NO_IMAGE
    assert found["growth.edition.ratio"].value == "Of an invented site no ratio is told."
    assert found["growth.edition.answer"].value == "It cannot say whether the claim is true."
    assert {r.kind for r in found.values() if r.key != "growth.edition.service"} == {"simulated"}


def test_with_observed_scenes_no_page_says_that_no_image_was_analysed() -> None:
    found = kinds()["observed"]
    for key in PAGES:
        assert "No image of the plant" not in str(found[key].value)
        assert "invented" not in str(found[key].value)
    assert "observed scenes of drawn works were analysed" in str(found["growth.edition"].value)


def test_an_observed_ratio_stands_in_the_chapter_with_its_interval() -> None:
    found = kinds()["observed"]
    ratio = next(r for k, r in found.items() if fnmatch.fnmatchcase(k, "growth.ratio.new_to_hall*"))
    low, high = ratio.interval("0.9")
    said = str(found["growth.edition.ratio"].value)
    assert f"{ratio.value:.3f}"[:4] in said
    ends = re.search(r"\(([\d.]+) to ([\d.]+)\)", said)
    assert ends is not None
    assert [float(e) for e in ends.groups()] == pytest.approx([low, high], abs=0.006)
    assert said in str(found["growth.edition.answer"].value)
    assert f"result:{ratio.key}" in found["growth.edition.ratio"].inputs


def test_observed_scenes_of_another_place_are_no_image_of_the_plant() -> None:
    found = recorded("observed", table=None)
    assert str(found["growth.edition"].value).startswith(NO_IMAGE)
    assert "another place" in str(found["growth.edition"].value)
    assert "another place" in str(found["growth.edition.answer"].value)
    assert {v.verdict for v in judged(found)} == {"not tested"}


SOURCES = {
    "a catalogue outside the checkout": ("/x/jane/catalog.json", "static", "catalog.json"),
    "a folder outside the checkout": ("/x/jane/scenes", "folder", "scenes"),
    "a relative folder": ("../jane/scenes", "folder", "scenes"),
    "the bundled one": ("bundled", "static", "bundled"),
    "a service": ("earth-search", "api", "earth-search"),
    "an address": ("https://stac.example/v1", "api", "https://stac.example/v1"),
}


@pytest.mark.parametrize(("name", "form", "said"), SOURCES.values(), ids=SOURCES.keys())
def test_a_source_is_named_without_the_folders_of_a_machine(name, form, said) -> None:
    place = "/x/jane/scenes" if name == "../jane/scenes" else name
    assert record_edition.named(Source(name, form, place)) == said
    found = recorded("observed", name=name, form=form, place=place)
    for key in PAGES:
        assert "jane" not in str(found[key].value)


def test_a_service_is_named_where_scenes_came_from_one() -> None:
    none = kinds()["observed"]["growth.edition.service"].value
    assert str(none).startswith("None. No image service has been run against for real")
    service = recorded("observed", name="earth-search", form="api", place="https://x.example")
    assert "from the service earth-search" in str(service["growth.edition.service"].value)


def judged(found: Results) -> list[claims.Verdict]:
    tables = evidence.load()
    ground = set(tables.claims[tables.claims["rule"] == "imagery"]["claim_id"])
    return [v for v in claims.judge(tables, found) if v.claim_id in ground]


def test_each_claim_about_the_ground_is_judged_on_what_is_recorded() -> None:
    for kind, found in kinds().items():
        for verdict in judged(found):
            assert (verdict.verdict == "not tested") == (kind != "observed"), verdict
            assert (NO_IMAGE in verdict.why) == (kind != "observed")
            assert bool(verdict.results) == (kind == "observed")


def test_works_inside_the_perimeter_are_counted_without_the_reference_halls() -> None:
    world, done, found = site_world.measured()
    count = kinds()["observed"]["growth.count.begun.perimeter"]
    referred = {r.thing.id for r in found.references if r.thing is not None}
    counted = {w["id"] for w in count.extra["works"]}
    begun = {b.id for b in world.buildings if b.ground_broken is not None}
    assert found.new in counted
    assert not counted & referred
    assert len(begun) - 1 <= len(counted) <= len(begun) + 1
    assert count.kind == "assumed", "the perimeter was"


def test_the_days_of_works_are_there_at_the_levels_of_the_rules() -> None:
    _, _, found = site_world.measured()
    result = kinds()["observed"][f"growth.{found.new}.ground_broken"]
    assert set(result.intervals) == {"0.9", "0.99"}
    (low, high), (lower, higher) = (result.intervals[n] for n in ("0.9", "0.99"))
    assert lower <= low <= result.value <= high <= higher
    thing = found.by_id(found.new).thing
    assert (low, high) == thing.ground_broken.iso()[1:], "at the level that was asked for"


def test_a_chosen_level_leaves_the_results_of_the_rules_alone() -> None:
    _, done, found = site_world.measured()
    wide = record.results(replace(found, level=0.5, kind="observed"), done)
    usual = record.results(replace(found, kind="observed"), done)
    assert wide == usual


def test_a_zone_that_no_one_named_leaves_its_claims_open_and_says_so() -> None:
    found = recorded("observed", drop="perimeter")
    for key in ("growth.count.begun.perimeter", "growth.count.re-roofed.perimeter",
                "growth.first.begun.perimeter", "growth.count.begun.outside"):  # fmt: skip
        assert found[key].value is None
        assert "the site names no" in str(found[key].why_no_value)
    for verdict in judged(found):
        assert verdict.verdict == "not decidable with these data"
        assert "the site names no" in verdict.why


def test_false_alarms_grow_with_zone_and_time() -> None:
    _, done, found = site_world.measured()
    zone = record_works._zone(done.site, "perimeter", found.crs)
    small = record_works.false_alarms(found, zone)
    wide = record_works.Zone(zone.shape.buffer(2000), zone.kind, "")
    large = record_works.false_alarms(found, wide)
    assert small["0.9"] <= small["0.99"]
    assert small["0.9"] < large["0.9"]
    assert record_works.false_alarms(replace(found, null=None), zone) is None


def results_of(found: Results, pattern: str) -> list[Result]:
    return [r for k, r in found.items() if fnmatch.fnmatchcase(k, pattern)]


def test_no_simulated_ratio_is_recorded() -> None:
    for kind in ("simulated", "undeclared"):
        ratios = results_of(kinds()[kind], "growth.ratio.*")
        assert ratios
        assert all(r.value is None and not r.intervals for r in ratios)


def test_no_date_lies_outside_its_own_intervals() -> None:
    for found in kinds().values():
        dated = [r for r in found.values() if r.key.endswith(("ground_broken", "roof_on"))]
        told = [r for r in dated if r.value is not None and r.intervals]
        assert told
        for r in told:
            for level, (low, high) in r.intervals.items():
                assert low <= r.value <= high, (r.key, level)


def test_dates_are_widened_by_what_the_chain_showed_and_alike_everywhere(monkeypatch) -> None:
    _, done, plain = site_world.measured()
    gaps = {"ground_broken": 0.75, "roof_on": 1.5}
    known = replace(plain.calibrated, date_margins=gaps)
    monkeypatch.setattr(calibrated, "calibrated", lambda gsd: known)
    # past the cache of steps, which knows of no patch
    monkeypatch.setattr(record_works, "calibration", calibrated.dates_of_a_run)
    plain = replace(copy.deepcopy(plain), calibrated=replace(known, date_margins={}))
    wide = measured.dated(replace(copy.deepcopy(plain), calibrated=known))
    told = Results("test", record.results(wide, done))
    shown = {row["id"]: row for row in measured_json.content(wide, done.site)["candidates"]}
    table = gis.footprints(wide, done.site).set_index("id")
    moved = 0
    for one, two in zip(plain.candidates, wide.candidates, strict=True):
        for event, more in gaps.items():
            before, after = getattr(one.thing, event), getattr(two.thing, event)
            if before is None:
                continue
            first, last = plain.days[0], plain.days[-1]
            assert after.value == before.value
            assert after.low == pytest.approx(max(before.low - more * before.gap, first))
            assert after.high == pytest.approx(min(before.high + more * before.gap, last))
            result, row = told[f"growth.{two.id}.{event}"], shown[two.id]
            assert result.calibration == ("bench:dates", "bench:chain")
            assert (row[event]["low"], row[event]["high"]) == after.iso()[1:]
            there = tuple(str(table.loc[two.id, f"{event}_{end}"]) for end in ("low", "high"))
            assert there == after.iso()[1:]
            spans = result.intervals
            assert tuple(spans["0.9"]) == after.iso()[1:]
            assert spans["0.99"][0] <= spans["0.9"][0]
            assert spans["0.99"][1] >= spans["0.9"][1]
            moved += after.low < before.low
    assert moved >= 2


def test_a_named_building_has_margins_of_its_own() -> None:
    _, _, found = site_world.measured()
    gaps = {"roof_on": 0.5, "reference.roof_on": 2.0}
    plain = replace(copy.deepcopy(found), calibrated=replace(found.calibrated, date_margins={}))
    first = next(b for b in plain.candidates if b.thing.roof_on)
    old = replace(first, id="old", thing=first.thing)
    wide = copy.deepcopy(replace(plain, references=[old]))
    wide.calibrated = replace(found.calibrated, date_margins=gaps)
    told = {b.id: b.thing.roof_on for b in measured.dated(wide).candidates if b.thing.roof_on}
    was = {b.id: b.thing.roof_on for b in plain.candidates if b.thing.roof_on}
    assert len(told) >= 2
    for name, after in told.items():
        more = 2.0 if name == first.id else 0.5
        assert after.low == pytest.approx(max(was[name].low - more * was[name].gap, plain.days[0]))
    assert told[first.id].coverage == "unproven"


def doubted(**change: Any) -> list[str]:
    """Doubts about the drawn world, after changes of its first new hall or its ratios."""
    _, done, found = site_world.measured()
    made = copy.deepcopy(found)
    hall = next(b for b in made.candidates if b.id == made.new)
    if "misfit" in change:
        hall.fit.misfit = change["misfit"]
    if "share" in change:
        made.ratios = [replace(r, value=r.value * change["share"]) for r in made.ratios]
    if "larger" in change:
        thing = replace(hall.thing, id="candidate-90", kind=change["larger"])
        more = replace(hall, id="candidate-90", thing=thing, fit=None, area=None)
        more.start = hall.outline.buffer(15)
        made.candidates = [*made.candidates, more]
    return measured_json.doubts(made, done.site)


def test_what_speaks_against_the_ratios_is_said() -> None:
    assert doubted() == []
    (line,) = doubted(misfit=6.08)
    assert "misfit 6.1" in line
    (line,) = doubted(share=0.05)
    assert "a larger hall may have been missed" in line
    (line,) = doubted(larger="other")
    assert line.startswith("candidate-90 inside the perimeter")
    assert doubted(larger="re-roofing") == []


def test_the_pages_say_what_the_run_warns_of() -> None:
    _, done, found = site_world.measured()
    assert measured_json.doubts(found, done.site) == []
    for warnings in ([], ["first thing", "second thing"]):
        told = record.results(replace(found, warnings=warnings), done)
        (said,) = (r.value for r in told if r.key == "growth.edition.cautions")
        assert said == (
            "This run warns of the following: first thing; second thing." if warnings
            else "This run warns of nothing."
        )  # fmt: skip


def test_of_two_windows_no_day_in_between_is_told() -> None:
    _, done, found = site_world.measured()
    pair = replace(copy.deepcopy(found), null=None, alike=False)
    told = measured_json.content(pair, done.site)
    when = next(row["roof_on"] for row in told["candidates"] if row["roof_on"])
    assert when["value"] is None
    assert when["low"] < when["high"]
    assert told["new_hall_in_study"] is None
    table = gis.footprints(pair, done.site).dropna(subset=["roof_on_low"])
    assert len(table)
    assert table["roof_on"].isna().all()


def test_two_windows_are_not_widened() -> None:
    _, _, found = site_world.measured()
    known = replace(found.calibrated, date_margins={"roof_on": 1.0})
    pair = replace(copy.deepcopy(found), calibrated=known, null=None)
    when = [b.thing.roof_on for b in pair.candidates]
    assert [b.thing.roof_on for b in measured.dated(pair).candidates] == when


def test_an_event_that_was_dated_after_the_scan_keeps_its_date_at_every_level() -> None:
    _, _, found = site_world.measured()
    read = record_works.calibration(found.gsd)
    thing = next(
        b.thing for b in found.candidates if b.thing and b.thing.scanned and b.thing.roof_on
    )
    scanned = record_works.days(thing, "roof_on", read)
    moved = replace(thing.roof_on, value=18_000.5, low=17_990.0, high=18_011.0, level=0.9)
    later = copy.copy(thing)
    later.roof_on = moved
    spans = record_works.days(later, "roof_on", read)
    assert spans is not None
    assert spans["0.9"] == moved.iso()[1:]
    assert spans["0.99"][0] <= spans["0.9"][0] <= moved.iso()[0] <= spans["0.9"][1]
    assert spans["0.9"][1] <= spans["0.99"][1]
    assert spans != scanned
