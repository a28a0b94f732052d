"""Every result of the chapter obeys the contract, and every text it needs exists."""

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
    assert others.extra["figures"] == ["C37", "C43", "C45"]
    for figure in ("killed", "injured", "share"):
        assert found[f"strikes.lineage.{figure}.others-agreeing"].interval("1") == (0, 0)


def test_counts_equal_what_the_collection_says(found):
    assert found["strikes.count.bounds.year"].interval("1") == (6, 67)
    assert found["strikes.count.bounds.year.without-crimea"].interval("1") == (6, 53)
    assert found["strikes.count.bounds.year.with-mixed"].interval("1") == (6, None)
    assert found["strikes.count.bounds.year.with-mixed"].extra["upper_without_unnumbered"] == 69
    assert found["strikes.count.bounds.year.with-prosecutors"].interval("1") == (56, 111)
    assert found["strikes.bulletin.february.launched"].interval("1") == (34, 46)
    assert found["strikes.bulletin.february.from-regions"].interval("1") == (21, 36)
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
