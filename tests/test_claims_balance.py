"""What speaks against a claim stands beside its verdict, and sources are counted as they are."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis import claims, claims_balance, claims_sources, claims_view, evidence, strikes
from analysis.evidence import Evidence
from analysis.results import Result, Results
from analysis.words import words

SHARE = "one-third-of-ballistic-attacks"


@pytest.fixture(scope="module")
def tables() -> Evidence:
    return evidence.load()


@pytest.fixture(scope="module")
def found() -> Results:
    return Results("test", strikes.results())


@pytest.fixture(scope="module")
def balanced(tables: Evidence, found: Results) -> dict[str, Result]:
    made = claims_balance.balance(claims.judge(tables, found), tables, found)
    return {r.key: r for r in made}


def test_definitions_that_exclude_the_share_are_counted_by_hand(
    tables: Evidence, found: Results, balanced: dict[str, Result]
) -> None:
    out = every = 0
    for window in ("surge", "year"):
        for unit in ("missile", "row", "day"):
            for whole in ("iskander-family", "with-aeroballistic", "with-s300"):
                low, high = found[f"strikes.share.bounds.{window}.{unit}.{whole}"].intervals["1"]
                out += high < 0.30 or low > 0.37  # type: ignore[operator]
                every += 1
    told = balanced[claims_balance.key_of(SHARE)]
    assert (told.value, told.extra["of"]) == (out, every)
    assert 0 < out < every


def test_only_a_floor_is_said_to_exclude_nothing(balanced: dict[str, Result]) -> None:
    floors = {k: r.extra["cannot_exclude"] for k, r in balanced.items()}
    assert floors == {
        claims_balance.key_of("killed-28-injured-213"): True,
        claims_balance.key_of("missiles-60-in-2024"): False,
        claims_balance.key_of(SHARE): False,
    }


def test_the_summary_says_what_excludes_a_claim_and_what_agrees(
    tables: Evidence, found: Results, balanced: dict[str, Result]
) -> None:
    verdicts = claims.as_results(claims.judge(tables, found), tables, found)
    run = Results("test", [*found.values(), *verdicts, *balanced.values()])
    listed = claims.listing(run, tables)
    row = next(
        x for x in claims_view.summary(listed, words("en")).splitlines() if f"`{SHARE}`" in x
    )
    assert "{result}`claims.one-third-of-ballistic-attacks.excluding`" in row
    assert "{result}`strikes.multiverse.share.agree`" in row
    entry = claims_view.entries([i for i in listed if i["id"] == SHARE], tables, words("en"))
    for key in found:
        if key.startswith("strikes.share.bounds.surge.row."):
            assert (f"{{result}}`{key}`" in entry) is (key in listed_keys(listed))


def listed_keys(listed: list[dict]) -> set[str]:
    return {k for i in listed if i["id"] == SHARE for k in i["results"]}


def test_rivals_computed_here_are_not_said_to_have_been_there_before(tables: Evidence) -> None:
    ours = tables.claim_rivals["aggregate_claim"].fillna("").str.startswith("D").sum()
    said = claims_view.registered(tables, words("en"))
    assert f"{ours} are figures that were computed here" in said
    assert f"{len(tables.claim_rivals) - ours} are what others have said" in said


def test_a_claim_is_not_single_source_where_others_speak_of_it(tables: Evidence) -> None:
    w = words("en")
    told = {
        c.claim_id: claims_sources.told(c, tables, w)
        for c in tables.claims.itertuples()
        if c.rule == "sources"
    }
    assert "Single-source" not in told["kim-visits"]
    assert "Korean Central News Agency" in told["kim-visits"]
    assert told["denials"].startswith("Single-source")
    assert "began with the claimant: Governments of Russia and North Korea" in told["denials"]
    for name, text in told.items():
        others = claims_sources.others_of(name, tables)
        assert text.startswith("Single-source") is not bool(others), name
        links = tables.claim_lineage[tables.claim_lineage["claim_id"] == name]
        if set(links["role"]) == {"carries"}:
            assert not others


def test_every_rival_says_where_it_is_from(tables: Evidence) -> None:
    """Or the count of those that others said would hold some that nobody did."""
    rivals = tables.claim_rivals
    named = rivals[["aggregate_claim", "facility_claim", "source_key"]].notna().sum(axis=1)
    assert isinstance(named, pd.Series)
    assert (named == 1).all()
