"""What observed images say of each claim about the ground, and what they leave open."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest

from analysis import claims, claims_balance, claims_view, evidence, results
from analysis.evidence import Evidence
from analysis.growth import record_edition
from analysis.results import Result, Results
from analysis.words import words
from tests.checkout import ROOT

IMAGERY = {
    "second-assembly-hall", "hall-size-60-70-percent", "growth-since-2020",
    "repairs-and-roofs-replaced", "housing-outside-perimeter", "foundations-visible-october-2024",
}  # fmt: skip
UNDECIDED = "not decidable with these data"


@pytest.fixture(scope="module")
def tables() -> Evidence:
    return evidence.load()


def made(key: str, unit: str = "1", **changes: Any) -> Result:
    fields = {
        "key": key, "value": None, "unit": unit, "kind": "measured", "statement": "s",
        "method": "m", "inputs": ("file:a",), "why_no_value": "none here",
        "why_no_interval": "none here",
    }  # fmt: skip
    return Result(**(fields | changes))


def span(low: str, high: str | None, wider: int = 0) -> dict[str, list[str | None]]:
    """Days of an event at both levels of the rules; the wider one by some years at each end."""
    late = high and f"{int(high[:4]) + wider}{high[4:]}"
    return {"0.9": [low, high], "0.99": [f"{int(low[:4]) - wider}{low[4:]}", late]}


def work(since: dict, until: dict | None = None) -> dict[str, Any]:
    return {"id": "candidate-1", "since": since, "until": until or since}


def count(name: str, *works: dict, false: int | None = 0, **changes: Any) -> Result:
    allowed = None if false is None else {"0.9": false, "0.99": false}
    return made(
        f"growth.count.{name}", value=len(works), intervals={"0.9": (0, None), "0.99": (0, None)},
        interval_kind="credible", extra={"works": list(works), "false_alarms": allowed}, **changes,
    )  # fmt: skip


def first(high: str, outer: str = "") -> Result:
    spans = {"0.9": ("2017-01-03", high), "0.99": ("2017-01-03", outer or high)}
    return made("growth.first.begun.perimeter", "date", intervals=spans, interval_kind="credible",
                extra={"sure_end": "high"})  # fmt: skip


def edition(kind: str = "measured", **extra: Any) -> Result:
    return made("growth.edition", "text", value="12 scenes", kind=kind, extra=extra)


SPRING, SUMMER = span("2024-03-01", "2024-04-10"), span("2024-06-01", "2024-07-20")
LATER = span("2024-11-05", "2024-12-20")
NEVER = span("2024-11-30", None)
RATIO = made(
    "growth.ratio.new_to_building-b", value=0.65, interval_kind="credible",
    intervals={"0.9": (0.62, 0.68), "0.99": (0.6, 0.7)},
    extra={"likelihood_ratios": {"smaller": 900.0, "larger": 900.0, "twice": 900.0}},
)  # fmt: skip
WHOLE = (
    edition(site_claims="claims", site="the plant"), RATIO, first("2020-08-01"),
    count("begun.perimeter", work(SPRING)),
    count("begun.outside", work(SUMMER), work(SUMMER)),
    count("unroofed.housing-zone", work(SUMMER, NEVER)),
    count("re-roofed.perimeter", work(span("2023-08-20", "2023-09-30")), work(SPRING)),
)  # fmt: skip


def judged(tables: Evidence, *found: Result) -> dict[str, claims.Verdict]:
    every = claims.judge(tables, Results("test", found))
    return {v.claim_id: v for v in every if v.claim_id in IMAGERY}


def one(tables: Evidence, claim: str, *found: Result) -> claims.Verdict:
    return judged(tables, *found)[claim]


def test_every_claim_about_the_ground_is_judged_by_a_result_that_growth_records(
    tables: Evidence,
) -> None:
    assert set(tables.claims[tables.claims["rule"] == "imagery"]["claim_id"]) == IMAGERY
    for verdict in judged(tables, *WHOLE).values():
        assert len(verdict.results) == 1, verdict.claim_id


def test_observed_images_give_each_claim_a_verdict_and_its_reason(tables: Evidence) -> None:
    found = judged(tables, *WHOLE)
    assert {k: v.verdict for k, v in found.items()} == {
        "second-assembly-hall": "consistent",
        "hall-size-60-70-percent": "supported",
        "growth-since-2020": "consistent",
        "repairs-and-roofs-replaced": "supported",
        "housing-outside-perimeter": "supported",
        "foundations-visible-october-2024": "supported",
    }
    assert "a storage building instead" in found["second-assembly-hall"].why
    assert "1 August 2020" in found["growth-since-2020"].why
    assert "at least 2 with" in found["repairs-and-roofs-replaced"].why
    for verdict in found.values():
        assert "No image" not in verdict.why


def test_the_same_from_simulated_images_is_not_tested(tables: Evidence) -> None:
    drawn = [replace(r, kind="simulated") for r in WHOLE]
    for verdict in judged(tables, *drawn).values():
        assert verdict.verdict == "not tested"
        assert verdict.why == "No image of the plant was analysed in this edition."
        assert verdict.results == ()


def test_growth_and_claims_mean_the_same_table() -> None:
    assert record_edition.CLAIMS == claims.TABLE


def test_images_of_another_place_say_nothing_of_the_plant(tables: Evidence) -> None:
    elsewhere = (edition(site_claims=None, site="a port"), *WHOLE[1:])
    for verdict in judged(tables, *elsewhere).values():
        assert verdict.verdict == "not tested"
        assert "another place: a port" in verdict.why


def test_what_the_images_could_not_tell_is_not_decidable_and_says_why(tables: Evidence) -> None:
    empty = [r if r.key == "growth.edition" else made(r.key, r.unit) for r in WHOLE]
    for verdict in judged(tables, *empty).values():
        assert verdict.verdict == UNDECIDED
        assert "none here" in verdict.why


def test_without_results_nothing_is_tested(tables: Evidence) -> None:
    assert {v.verdict for v in judged(tables).values()} == {"not tested"}


def test_an_area_in_square_metres_is_no_count_of_buildings(tables: Evidence) -> None:
    hall = made("growth.building-a.area", "m2", value=3000.0, interval_kind="credible",
                intervals={"0.9": (2900.0, 3100.0), "0.99": (2800.0, 3200.0)})  # fmt: skip
    assert one(tables, "housing-outside-perimeter", hall).results == ()


HALL = "second-assembly-hall"


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (count("begun.perimeter", work(SPRING)), "consistent"),
        (count("begun.perimeter", work(SPRING), false=1), UNDECIDED),
        (count("begun.perimeter", work(SPRING), work(SUMMER), false=1), "consistent"),
        (count("begun.perimeter", work(SPRING), false=None), UNDECIDED),
        (count("begun.perimeter", work(LATER)), UNDECIDED),
        (count("begun.perimeter", work(span("2024-10-01", "2024-11-09"))), UNDECIDED),
        (count("begun.perimeter"), UNDECIDED),
    ],
    ids=["in time", "a false alarm perhaps", "one more than false alarms", "two windows",
         "too late", "perhaps too late", "none"],
)  # fmt: skip
def test_works_count_that_surely_began_in_the_window_beyond_false_alarms(
    tables: Evidence, found: Result, verdict: str
) -> None:
    assert one(tables, HALL, found).verdict == verdict


def test_where_false_alarms_have_no_rate_the_reason_says_so(tables: Evidence) -> None:
    found = count("begun.perimeter", work(SPRING), work(SUMMER), false=None)
    why = one(tables, HALL, found).why
    assert "at most 2; how many of them are false alarms is not known" in why


def test_what_was_missed_keeps_a_count_from_contradicting(tables: Evidence) -> None:
    for name in ("begun.perimeter", "begun.outside", "unroofed.housing-zone"):
        found = judged(tables, count(name))
        assert "contradicted" not in {v.verdict for v in found.values()}


@pytest.mark.parametrize(
    ("until", "verdict"),
    [(NEVER, "supported"), (LATER, "supported"), (span("2024-08-20", "2024-09-25"), UNDECIDED),
     (span("2024-09-20", "2024-10-25"), UNDECIDED)],
    ids=["no roof yet", "roofed afterwards", "roofed before", "perhaps roofed before"],
)  # fmt: skip
def test_foundations_stand_open_in_october_if_their_roof_came_later(
    tables: Evidence, until: dict, verdict: str
) -> None:
    found = count("unroofed.housing-zone", work(SUMMER, until))
    assert one(tables, "foundations-visible-october-2024", found).verdict == verdict


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (first("2020-08-01"), "consistent"),
        (first("2019-08-01"), "contradicted"),
        (first("2019-08-01", "2020-02-01"), UNDECIDED),
        (first("2024-05-01"), UNDECIDED),
    ],
    ids=["in 2020", "before", "perhaps before", "later"],
)
def test_growth_is_known_to_have_begun_by_a_day_and_no_more(
    tables: Evidence, found: Result, verdict: str
) -> None:
    assert one(tables, "growth-since-2020", found).verdict == verdict


def test_a_day_before_the_band_that_is_not_sure_enough_says_so(tables: Evidence) -> None:
    verdict = one(tables, "growth-since-2020", first("2019-08-01", "2020-02-01"))
    assert "not at the level that a contradiction asks for" in verdict.why


def test_a_series_that_begins_too_late_contradicts_nothing(tables: Evidence) -> None:
    spans = {"0.9": ("2022-01-01", "2023-05-01"), "0.99": ("2022-01-01", "2023-06-01")}
    late = replace(first("2023-05-01"), intervals=spans)
    assert one(tables, "growth-since-2020", late).verdict == UNDECIDED


def test_a_hall_that_may_be_another_one_decides_nothing(tables: Evidence) -> None:
    why = "the site names no perimeter"
    loose = replace(RATIO, extra={**RATIO.extra, "unsettled": why})
    verdict = one(tables, "hall-size-60-70-percent", loose)
    assert verdict.verdict == UNDECIDED
    assert why in verdict.why


def test_the_wider_level_alone_does_not_support(tables: Evidence) -> None:
    loose = work({"0.9": ["2024-10-01", "2024-11-02"], "0.99": ["2024-09-01", "2024-12-01"]})
    assert one(tables, "housing-outside-perimeter",
               count("begun.outside", loose)).verdict == UNDECIDED  # fmt: skip


def test_the_headline_names_the_missing_images_only_where_they_are_missing(
    tables: Evidence,
) -> None:
    w = words("en")
    for found, said in ((WHOLE, False), ([replace(r, kind="simulated") for r in WHOLE], True)):
        run = Results("test", found)
        verdicts = claims.judge(tables, run)
        counts = claims.counts(verdicts)
        excluded = claims_balance.somewhere(claims_balance.balance(verdicts, tables, run))
        text = claims_view.headline(counts, excluded, w, observed=claims.observed(run))
        assert ("no image of the plant" in text) is said


def test_the_notebook_of_claims_runs_to_its_end_on_observed_results(tmp_path: Path) -> None:
    dated = made(
        "growth.candidate-1.roof_on", "date", value="2022-09-11", interval_kind="credible",
        intervals={"0.9": ("2022-09-01", "2022-10-01"), "0.99": ("2022-08-01", "2022-11-01")},
    )  # fmt: skip
    results.write(tmp_path / "results.json", Results("test", [*WHOLE, dated]))
    out = tmp_path / "claims.ipynb"
    papermill = Path(sys.executable).parent / "papermill"
    done = subprocess.run(
        [str(papermill), "notebooks/claims.ipynb", str(out), "--no-progress-bar",
         "-p", "run_dir", os.path.relpath(tmp_path, ROOT)],
        cwd=ROOT, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    told = results.gather(nbformat.read(out, as_version=4).cells, "claims")
    verdicts = {r.key: r.value for r in told}
    assert verdicts["claims.second-assembly-hall.verdict"] == "consistent"
    assert verdicts["claims.count.not-tested"] == 3, "those of the strikes, which are not there"
