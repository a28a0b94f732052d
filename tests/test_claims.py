"""Verdicts: the rules on made-up results, and what may never be said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from analysis import claims, evidence, results
from analysis.evidence import Evidence
from analysis.results import Result, Results

LIKELY = {"smaller": 40.0, "larger": 900.0, "twice": 1e6}
RATIO = "growth.ratio.new_to_building-b"


@pytest.fixture(scope="module")
def tables() -> Evidence:
    return evidence.load()


def measured(key: str, inner: tuple, outer: tuple | None = None, **changes: Any) -> Result:
    """A result with a 90 % interval and, if given, a 99 % interval."""
    intervals = {"0.9": inner} | ({"0.99": outer} if outer else {})
    fields = {
        "key": key, "value": None, "why_no_value": "a test", "unit": "1", "kind": "measured",
        "statement": "s", "method": "m", "inputs": ("file:a",), "intervals": intervals,
        "interval_kind": "credible", "extra": {"likelihood_ratios": LIKELY},
    }  # fmt: skip
    return Result(**(fields | changes))


def verdict(claim: str, tables: Evidence, *found: Result) -> claims.Verdict:
    judged = claims.judge(tables, Results("test", found))
    return next(v for v in judged if v.claim_id == claim)


def hall(tables: Evidence, *found: Result) -> str:
    return verdict("hall-size-60-70-percent", tables, *found).verdict


INSIDE = measured(RATIO, (0.62, 0.68), (0.58, 0.72))


def test_an_interval_inside_the_band_with_unlikely_rivals_supports_it(tables: Evidence) -> None:
    assert hall(tables, INSIDE) == "supported"


def test_an_interval_that_reaches_out_of_the_band_does_not_support_it(tables: Evidence) -> None:
    assert hall(tables, measured(RATIO, (0.59, 0.68), (0.5, 0.8))) == "consistent"


@pytest.mark.parametrize(
    "ratios", [{}, LIKELY | {"smaller": 19.9}, {"smaller": 40.0, "larger": 40.0}], ids=str
)
def test_each_rival_has_to_be_twenty_times_less_likely(tables: Evidence, ratios) -> None:
    weak = replace(INSIDE, extra={"likelihood_ratios": ratios})
    assert hall(tables, weak) == "consistent"


def test_only_the_wider_interval_can_contradict(tables: Evidence) -> None:
    assert hall(tables, measured(RATIO, (0.8, 0.9), (0.71, 1.0))) == "contradicted"
    assert hall(tables, measured(RATIO, (0.8, 0.9), (0.69, 1.0))) == "consistent"
    assert hall(tables, measured(RATIO, (0.8, 0.9))) == "consistent"


def test_an_open_end_reaches_any_band(tables: Evidence) -> None:
    assert hall(tables, measured(RATIO, (0.1, None), (0.0, None))) == "consistent"
    assert hall(tables, measured(RATIO, (0.9, None), (0.8, None))) == "contradicted"


def test_a_claim_is_contradicted_only_under_every_definition(tables: Evidence) -> None:
    outside = measured("growth.ratio.new_to_building-a", (0.8, 0.9), (0.75, 1.0))
    both = verdict("hall-size-60-70-percent", tables, INSIDE, outside)
    assert both.verdict == "consistent"
    assert both.excluding == (outside.key,)
    again = measured(RATIO, (1.6, 1.7), (1.5, 1.8))
    assert hall(tables, outside, again) == "contradicted"


def test_claim_stays_untested_on_simulated_scenes(tables: Evidence) -> None:
    simulated = replace(INSIDE, kind="simulated")
    only = verdict("hall-size-60-70-percent", tables, simulated)
    assert only.verdict == "not tested"
    assert only.results == ()
    assert "No image of the plant" in only.why


def test_a_simulated_result_beside_an_observed_one_says_nothing(tables: Evidence) -> None:
    simulated = measured("growth.ratio.new_to_building-a", (0.8, 0.9), (0.75, 1), kind="simulated")
    judged = verdict("hall-size-60-70-percent", tables, INSIDE, simulated)
    assert judged.verdict == "supported"
    assert judged.results == (RATIO,)


def test_without_results_a_claim_is_not_tested(tables: Evidence) -> None:
    judged = {v.claim_id: v.verdict for v in claims.judge(tables, Results("test", []))}
    assert len(judged) == 20
    assert judged["missiles-60-in-2024"] == "not tested"
    assert judged["hall-size-60-70-percent"] == "not tested"
    assert judged["kim-visits"] == "sources only"
    assert judged["throughput-intent"] == "not measurable"


def casualty_keys(tables: Evidence) -> tuple[str, str]:
    bands = tables.claim_bands[tables.claim_bands["claim_id"] == "killed-28-injured-213"]
    keys = dict(zip(bands["part"], bands["judged_by"], strict=True))
    return keys["killed"], keys["injured"]


def test_a_claim_of_two_quantities_takes_its_weaker_part(tables: Evidence) -> None:
    killed, injured = casualty_keys(tables)

    def bounded(key: str, low: int, high: int | None) -> Result:
        return measured(key, (low, high), (low, high), interval_kind="bounds")

    def both(first: Result, *second: Result) -> str:
        return verdict("killed-28-injured-213", tables, first, *second).verdict

    assert both(bounded(killed, 10, 40), bounded(injured, 100, 300)) == "consistent"
    assert both(bounded(killed, 10, 40), bounded(injured, 100, 200)) == "contradicted"
    assert both(bounded(killed, 10, 40)) == "not tested"


def test_verdicts_do_not_depend_on_the_level_that_a_user_chose(tables: Evidence) -> None:
    chosen = replace(INSIDE, intervals={**INSIDE.intervals, "0.5": (0.80, 0.81)})
    assert hall(tables, chosen) == hall(tables, INSIDE) == "supported"


def test_agreement_counts_origins_and_not_texts(tables: Evidence) -> None:
    links = tables.claim_lineage
    for v in claims.judge(tables, Results("test", [])):
        carried = links[(links["claim_id"] == v.claim_id) & (links["role"] == "carries")]
        assert v.lineages <= len(carried)
    size = next(v for v in claims.judge(tables, Results("test", []))
                if v.claim_id == "hall-size-60-70-percent")  # fmt: skip
    assert size.lineages <= 1, "thirty-two retellings of one statement are one voice"


def test_verdicts_become_results_that_rest_on_what_they_were_judged_by(tables: Evidence) -> None:
    found = Results("test", [INSIDE])
    made = {r.key: r for r in claims.as_results(claims.judge(tables, found), tables, found)}
    hall_size = made["claims.hall-size-60-70-percent.verdict"]
    assert hall_size.value == "supported"
    assert f"result:{RATIO}" in hall_size.inputs
    assert hall_size.kind == results.weakest(["measured", "derived"])
    counted = claims.counts(claims.judge(tables, found))
    assert sum(int(r.value) for r in counted) == 20  # type: ignore[arg-type]


def test_every_term_is_explained(tables: Evidence) -> None:
    assert set(claims.TERMS) == set(tables.verdict_terms["verdict"])
