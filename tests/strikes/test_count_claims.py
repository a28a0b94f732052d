"""Which claims enter the count: one per lineage, none of our own arithmetic."""

from dataclasses import replace

import pandas as pd
import pytest

from analysis import evidence
from analysis.errors import UserError
from analysis.strikes.bounds import HEADLINE, ISKANDER, shares
from analysis.strikes.bulletin import inside, series
from analysis.strikes.claims_used import SELECTIONS, readable, select
from analysis.strikes.count_priors import count_priors
from analysis.strikes.priors import NAMES, STATED_PRIORS
from analysis.strikes.windows import registered


@pytest.fixture(scope="module")
def tables() -> evidence.Evidence:
    return evidence.load()


@pytest.mark.parametrize("selection", ["latest", "first"])
def test_every_lineage_enters_once(tables, selection):
    claims = select(tables, SELECTIONS[selection])
    assert len({c.claim_id for c in claims}) == len(SELECTIONS[selection])


def test_claims_keep_their_form_and_period(tables):
    by_id = {c.claim_id: c for c in select(tables, SELECTIONS["latest"])}
    assert (by_id["C13"].form, by_id["C13"].number) == ("at-least", 20)
    assert (by_id["C04"].form, by_id["C04"].number) == ("below", 50)
    assert (by_id["C29"].form, str(by_id["C29"].end)) == ("about", "2024-02-27")
    assert str(by_id["C37"].start) == "2024-01-01"


def test_a_lineage_counted_twice_is_refused_by_row(tables):
    with pytest.raises(UserError, match=r"aggregate_claims\.csv row \d+ \(C23\).*C29.*twice"):
        select(tables, ("C29", "C23"))


def test_an_echo_is_refused_unless_inferred_links_are_cut(tables):
    with pytest.raises(UserError, match="C43.*count twice"):
        select(tables, ("C37", "C43"))
    assert len(select(tables, ("C37", "C43"), inferred=False)) == 2


def test_two_numbers_of_one_agency_are_one(tables):
    with pytest.raises(UserError, match="C21.*of one lineage with C29"):
        select(tables, ("C29", "C21"))


def test_our_own_arithmetic_never_enters(tables):
    with pytest.raises(UserError, match=r"\(D02\): basis is 'derived'"):
        readable(tables, ["D02"])


def test_a_share_is_no_count_of_missiles(tables):
    with pytest.raises(UserError, match="share_of_ballistic"):
        readable(tables, ["C39b"])


def test_a_planted_range_is_read_as_one(tables):
    table = tables.aggregate_claims.copy()
    table.loc[table["claim_id"] == "C29", ["low", "high"]] = 40.0, 55.0
    (datum,) = readable(replace(tables, aggregate_claims=table), ["C29"])
    assert (datum.form, datum.number, datum.upper) == ("between", 40.0, 55.0)


def test_a_claim_that_is_gone_is_named(tables):
    table = tables.aggregate_claims[tables.aggregate_claims["claim_id"] != "C29"]
    with pytest.raises(UserError, match="C29 stands there 0 times"):
        select(replace(tables, aggregate_claims=table), SELECTIONS["latest"])


def test_the_prior_of_launches_follows_the_series(tables):
    """Joint label alone to all Iskander types with the mixed row; outright to all joint."""
    rows = tables.launches[tables.launches["role"] == "series"]
    family = rows["label"].map(tables.labels.set_index("label")["family"])

    def launched(first: str, last: str, *families: str) -> int:
        inside = rows["date"].between(pd.Timestamp(first), pd.Timestamp(last))
        return int(rows.loc[inside & family.isin(families), "launched"].sum())

    winter = ("2024-01-01", "2024-02-27")
    surge = ("2024-07-31", "2024-11-22")
    prior = count_priors(tables)["launches"]
    mixed = rows[
        rows["date"].between(*map(pd.Timestamp, winter)) & (family == "mixed")
        & rows["label"].str.contains("Iskander")
    ]  # fmt: skip
    assert len(mixed) == 1  # one of its missiles was no Iskander, since it names another type
    assert prior.winter.low == launched(*winter, "joint", "kn-23")
    assert prior.winter.high == launched(*winter, "joint", "kn-23", "iskander-m") + (
        int(mixed["launched"].sum()) - 1
    )
    assert prior.surge.low == launched(*surge, "kn-23")
    assert prior.surge.high == launched(*surge, "kn-23", "joint")


def test_the_prior_of_launches_is_what_the_bounds_give(tables, found):
    prior = count_priors(tables)["launches"]
    surge = found["strikes.count.bounds.surge"].interval("1")
    assert (prior.surge.low, prior.surge.high) == surge
    assert prior.winter.high == found["strikes.bulletin.february.launched"].interval("1")[1]
    year = registered(tables.choices, "window.year", "year")
    labels = shares(
        inside(series(tables.launches, tables.labels), year), "missile", ISKANDER, HEADLINE
    ).numerator
    assert prior.winter.low == labels[1] - surge[1]  # nothing in the lull


def test_the_prior_of_launches_changes_two_ranges_alone(tables):
    priors = count_priors(tables)
    assert tuple(priors) == NAMES
    reference = STATED_PRIORS["balanced"]
    back = replace(priors["launches"], winter=reference.winter, surge=reference.surge)
    assert back == reference


def test_another_launch_series_moves_the_prior(tables):
    launches = tables.launches.copy()
    row = (launches["label"] == "KN-23") & (launches["date"] >= "2024-07-31")
    first = launches.index[row][0]
    launches.loc[first, "launched"] += 10
    before, after = (
        count_priors(t)["launches"].surge for t in (tables, replace(tables, launches=launches))
    )
    assert (after.low, after.high) == (before.low + 10, before.high + 10)


def test_bulletins_that_leave_no_range_are_refused(tables):
    launches = tables.launches[~tables.launches["label"].isin(["KN-23"])]
    with pytest.raises(UserError, match=r"launches\.csv, 2024-07-31 to 2024-11-22: labels leave 0"):
        count_priors(replace(tables, launches=launches))


def test_cells_that_no_longer_fit_the_evidence_are_refused(tables):
    choices = tables.choices.copy()
    choices.loc[choices["choice_id"] == "window.surge", "low"] = "2024-08-05"
    with pytest.raises(UserError, match="lull from 2024-02-28 to 2024-08-04"):
        select(replace(tables, choices=choices), SELECTIONS["latest"])


def test_the_day_of_an_undated_statement_is_a_registered_choice(tables):
    choices = tables.choices.copy()
    choices.loc[choices["choice_id"] == "count.undated", "low"] = "2024-05-01"
    (datum,) = readable(replace(tables, choices=choices), ["C28"])
    assert str(datum.stated) == "2024-05-01"
