"""Every result of the chapter obeys the contract, and every text it needs exists."""

import csv
import importlib
import json

import pytest

from analysis import paths
from analysis.strikes import SECTIONS, section
from analysis.strikes.record_multiverse import universes
from analysis.words import words

SOURCES = {
    row.split(",")[0]
    for row in (paths.evidence_dir() / "sources.csv").read_text(encoding="utf-8").splitlines()
}


def test_keys_are_unique_across_sections(found):
    keys = [r.key for name in SECTIONS for r in section(name)]
    assert len(keys) == len(set(keys)) == len(found)


def test_every_input_exists(found, chapter):
    choices = (paths.evidence_dir() / "choices.csv").read_text(encoding="utf-8")
    ids = {line.split(",")[0] for line in choices.splitlines()}
    for result in found.values():
        for name in result.inputs:
            kind, _, rest = name.partition(":")
            if kind == "source":
                assert rest in SOURCES, name
            elif kind == "choice":
                assert rest in ids, name
            elif kind == "file":
                assert (paths.project_root() / rest).is_file(), name
            else:
                assert rest in found, name


def test_the_keys_of_the_contract_are_there(found):
    for window in ("year", "surge", "period"):
        for unit in ("missile", "row", "day"):
            for denominator in ("iskander-family", "with-aeroballistic", "with-s300"):
                assert f"strikes.share.bounds.{window}.{unit}.{denominator}" in found
        assert f"strikes.count.bounds.{window}" in found
    for figure in ("missiles", "killed", "injured", "share"):
        assert f"strikes.multiverse.{figure}.agree" in found


def test_one_lineage_is_one_voice(found):
    others = found["strikes.lineage.missiles.others-agreeing"]
    assert others.interval("1") == (0, 2)
    assert others.interval_kind == "scenario"
    assert others.extra["figures"] == ["C37", "C43", "C45"]
    for figure in ("killed", "injured", "share"):
        assert found[f"strikes.lineage.{figure}.others-agreeing"].interval("1") == (0, 0)


@pytest.mark.parametrize(
    ("figure", "voices"),
    [("missiles", (7, 9)), ("killed", (1, 4)), ("injured", (2, 2)), ("share", (1, 1))],
)
def test_voices_depend_on_inferred_links(found, figure, voices):
    result = found[f"strikes.lineage.{figure}.voices"]
    assert result.value is None
    assert result.interval("1") == voices
    assert result.interval_kind == "scenario"


def test_what_the_labels_do_not_bound_is_no_bound(found):
    for key in (
        "count.scenario.with-prosecutors", "share.early-hidden", "bulletin.february.launched",
        "bulletin.february.from-regions", "lineage.missiles.others-agreeing",
    ):  # fmt: skip
        result = found[f"strikes.{key}"]
        assert result.interval_kind == "scenario"
        assert "sharp" not in result.why_no_value
    judged = [k for k in found if k.startswith("strikes.count.bounds.year")]
    assert all(found[k].interval_kind == "bounds" for k in judged)


def test_our_arithmetic_on_published_numbers_is_derived(found):
    for key in ("share.published", "share.claimed.published-plus-claimed",
                "killed.growth.official"):  # fmt: skip
        assert found[f"strikes.{key}"].kind == "derived"


def test_results_name_the_sources_of_every_claim_they_use(found):
    with (paths.evidence_dir() / "aggregate_claim_sources.csv").open(encoding="utf-8") as stream:
        links = list(csv.DictReader(stream))

    def sources(*names):
        return {f"source:{r['source_key']}" for r in links if r["claim_id"] in names}

    for key, names in {
        "strikes.lineage.missiles.others-agreeing": ("C37", "C43", "C45"),
        "strikes.multiverse.missiles.agree": ("C37", "C07", "C13", "C28", "C29"),
        "strikes.multiverse.missiles.incoherent": ("C06", "C45"),
        "strikes.multiverse.killed.agree": ("C40", "C24", "C32"),
        "strikes.multiverse.injured.agree": ("C41", "C25", "C33"),
        "strikes.multiverse.share.agree": ("C39a", "C29", "C37", "C38"),
    }.items():
        assert sources(*names) <= set(found[key].inputs), key
    for key in ("count.scenario.with-prosecutors", "share.early-hidden"):
        assert {"choice:label.mixed", "choice:label.unnumbered"} <= set(
            found[f"strikes.{key}"].inputs
        )
    located = found["strikes.killed.located-attributed"]
    assert "file:data/evidence/incident_sources.csv" in located.inputs


def test_every_method_is_a_function_that_computes(found):
    for result in found.values():
        parts = result.method.split(".")
        module = importlib.import_module(".".join(parts[:3]))
        target = module
        for part in parts[3:]:
            target = getattr(target, part)
        assert callable(target)
        assert not (parts[2].startswith("record_") and parts[-1] == "results")


def test_counts_equal_what_the_collection_says(found):
    assert found["strikes.count.bounds.year"].interval("1") == (6, 67)
    assert found["strikes.count.bounds.year.without-crimea"].interval("1") == (6, 53)
    assert found["strikes.count.bounds.year.with-mixed"].interval("1") == (6, None)
    assert found["strikes.count.bounds.year.with-mixed"].extra["upper_without_unnumbered"] == 68
    assert found["strikes.count.scenario.with-prosecutors"].interval("1") == (56, 111)
    # The collection says 46 and 36; of the mixed row of 2 January one was no Iskander.
    assert found["strikes.bulletin.february.launched"].interval("1") == (34, 46 - 1)
    assert found["strikes.bulletin.february.from-regions"].interval("1") == (21, 36 - 1)
    assert found["strikes.bulletin.february.launched.unnumbered"].value == 50 - 45
    assert found["strikes.bulletin.february.from-regions.unnumbered"].value == 50 - 35
    assert found["strikes.bulletin.year.aeroballistic"].value == 78
    assert found["strikes.bulletin.year.s300"].value == 219


def test_every_choice_level_and_exclusion_has_its_words(chapter):
    w = words("en")
    for figure, universe in universes(chapter).items():
        for choice, levels in universe.by_choice.items():
            assert w(f"strikes.choices.{figure}.{choice}")
            for level in levels:
                assert w(f"strikes.levels.{choice}.{level}")
        for item in universe.incoherent:
            assert w(f"strikes.incoherent.{item.name}")


@pytest.mark.parametrize("section_name", SECTIONS)
def test_results_are_plain_json(section_name):
    text = json.dumps([r.to_json() for r in section(section_name)], allow_nan=False)
    assert json.loads(text)
