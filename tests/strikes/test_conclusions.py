"""Phrases follow the results that they compare: a changed table changes the sentence."""

import re
import tomllib
from dataclasses import replace

import nbformat
import pytest

from analysis import paths, results
from analysis.results import Result
from analysis.strikes import conclusions
from analysis.strikes.tables import Band
from analysis.words import words

THIRD = Band(0.30, 0.37, "band.third")


def bounded(low: float, high: float | None) -> Result:
    return Result(
        key="a", value=None, unit="1", kind="derived", statement="s", method="m",
        inputs=("file:f",), intervals=results.bounds(low, high), interval_kind="bounds",
        why_no_value="bounds",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("low", "high", "where"),
    [
        (0.05, 0.48, "inside"), (0.30, 0.37, "inside"), (0.05, 0.32, "edge"), (0.31, 0.9, "edge"),
        (0.03, 0.27, "above"), (0.40, 0.90, "below"), (0.31, 0.35, "edge"), (0.1, None, "inside"),
    ],
)  # fmt: skip
def test_where_a_band_lies_is_computed(low, high, where):
    assert conclusions.lies(THIRD, bounded(low, high)) == where


@pytest.mark.parametrize(
    ("value", "where"),
    [(5, "below"), (56, "lower"), (60, "lower"), (80, "inside"), (110, "upper"), (112, "above")],
)
def test_where_a_number_lies_in_a_range_is_computed(value, where):
    assert conclusions.place(value, bounded(56, 111)) == where


def test_an_empty_window_is_compared_with_nothing():
    empty = replace(bounded(0, 1), intervals={}, why_no_interval="nothing")
    assert conclusions.lies(THIRD, empty) == "nothing"


def test_the_sentences_of_the_default_period(found):
    said = {
        k.removeprefix("strikes.conclusion."): r.extra["case"]
        for k, r in found.items() if k.startswith("strikes.conclusion.")
    }  # fmt: skip
    assert said["share.surge.missile"] == "inside"
    assert said["share.surge.day"] == "edge"
    assert said["share.surge.row"] == "above"
    assert said["share.year"] == "short"
    assert said["whole"] == "open"
    assert said["tolls.november"] == "above"
    assert said["tolls.november.with-joint"] == "below"


def test_a_planted_change_turns_every_sentence_that_rests_on_it(found, chapter):
    """Twice the joint labels, and a November total below the located one."""
    changed = dict(found)
    for unit in ("missile", "row", "day"):
        key = f"strikes.share.bounds.year.{unit}.iskander-family"
        changed[key] = replace(found[key], intervals=results.bounds(0.05, 0.45))
    key = "strikes.killed.residual.pgo-nov"
    changed[key] = replace(found[key], value=-3)
    key = "strikes.killed.residual.sbu-feb"
    changed[key] = replace(found[key], value=-1)
    after = {r.key: r for r in conclusions.of_the_chapter(changed, chapter.bands)}
    turned = {
        k.removeprefix("strikes.conclusion.") for k, r in after.items() if r.value != found[k].value
    }
    assert turned == {
        "share.year", "share.year.missile", "share.year.row", "share.year.day", "tolls.november",
        "tolls.signs",
    }  # fmt: skip


def test_bounds_that_decide_a_figure_are_said_to(found, chapter):
    changed = dict(found)
    for key in found:
        if key.startswith("strikes.count.bounds.year"):
            changed[key] = replace(found[key], intervals=results.bounds(70, 90))
    assert conclusions.whole(changed, chapter.bands).extra["case"] == "decided"
    assert "refute 1" in str(conclusions.whole(changed, chapter.bands).value)


def model_results(**values: float) -> dict[str, Result]:
    return {
        key: replace(bounded(0, 1), key=key, value=value, why_no_value=None)
        for key, value in {
            "strikes.count.in-band.balanced": 0.2, "strikes.count.contraction.balanced.bias": 0.1,
            "strikes.count.posterior.balanced.winter": 38.0,
            "strikes.count.posterior.balanced": 64.0,
            "strikes.count.selection.first": 62.0, "strikes.count.selection.echoes": 66.0,
            "strikes.count.moved": 0.6, "strikes.share.sensitivity.informative.debris": 0.02,
            **values,
        }.items()
    }  # fmt: skip


@pytest.mark.parametrize(
    ("key", "value", "name", "case"),
    [
        ("strikes.count.in-band.balanced", 0.7, "band", "likely"),
        ("strikes.count.contraction.balanced.bias", 0.02, "bias", "silent"),
        ("strikes.count.contraction.balanced.bias", 0.8, "bias", "most"),
        ("strikes.count.posterior.balanced.winter", 60.0, "winter", "above"),
        ("strikes.count.posterior.balanced.winter", 10.0, "winter", "below"),
        ("strikes.count.selection.first", 15.0, "selection", "more"),
        ("strikes.share.sensitivity.informative.debris", 0.3, "debris", "matters"),
    ],
)
def test_the_words_of_the_models_follow_their_numbers(key, value, name, case):
    def said(found):
        made = conclusions.of_the_models(found, "balanced", (50, 20), ("file:f",))
        return {r.key: r.extra["case"] for r in made}

    whole = f"strikes.conclusion.models.{name}"
    assert said(model_results())[whole] != case
    assert said(model_results(**{key: value}))[whole] == case


def test_every_text_can_be_said_and_every_phrase_of_the_prose_exists(found):
    path = paths.project_root() / "src" / "analysis" / "words" / "en" / "strike_conclusions.toml"
    for group, cases in tomllib.loads(path.read_text(encoding="utf-8")).items():
        for case in cases:
            assert words("en")(f"strike_conclusions.{group}.{case}")
    notebook = nbformat.read(paths.project_root() / "notebooks" / "strike-statistics.ipynb", 4)
    text = "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    named = set(re.findall(r"\{result\}`(strikes\.conclusion\.[^`]+)`", text))
    models = {f"strikes.conclusion.models.{n}" for n in
              ("band", "bias", "winter", "selection", "debris")}  # fmt: skip
    assert named <= models | set(found)
    assert models <= named
