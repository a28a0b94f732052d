"""Check claims: their sources, their lineage, and what the report's own ones rest on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pandas as pd

from analysis.evidence import lineage
from analysis.evidence.package import Evidence
from analysis.evidence.problem import Problem, file_row, twice
from analysis.evidence.sources import web_address


def lineage_links(evidence: Evidence) -> Iterator[Problem]:
    """Each link has two ends, stands once, and leads back to no claim of its own."""
    table = evidence.lineage
    ends = {
        "child": table[["child_claim", "child_facility_claim"]],
        "parent": table[["parent_claim", "parent_facility_claim", "parent_incident"]],
    }
    for name, columns in ends.items():
        wrong = columns.notna().sum(axis=1) != 1
        for index in table.index[wrong]:
            yield Problem(
                "lineage", file_row(index), ",".join(columns), f"exactly one {name} must be given"
            )
    columns = [c for part in ends.values() for c in part]
    yield from twice("lineage", table, columns, lambda _: "the same link stands above already")
    graph = lineage.parents(evidence)
    child = table["child_claim"].fillna(table["child_facility_claim"])
    for index, claim in child.items():
        above = graph.get(str(claim), set())
        if any(str(claim) in lineage.ancestry(parent, graph) for parent in above):
            yield Problem(
                "lineage",
                file_row(index),
                None,
                f"{claim} derives from itself: the lineage runs in a circle",
            )


def counted_once(evidence: Evidence) -> Iterator[Problem]:
    """No statement of one body stands twice as if it were two."""
    table = evidence.aggregate_claims
    said = table[table["basis"] == "claim"]
    bodies = lineage.agencies(evidence)
    seen: dict[tuple[Any, ...], str] = {}
    for row in said.itertuples():
        key = (
            bodies.get(row.claim_id, ()),
            row.quantity,
            row.unit,
            *(
                None if pd.isna(value) else value
                for value in (
                    row.period_start,
                    row.period_end,
                    row.low,
                    row.high,
                    row.statement_date,
                )
            ),
        )
        if key in seen:
            yield Problem(
                "aggregate_claims",
                file_row(row.Index),
                "claim_id",
                f"{row.claim_id} is {seen[key]} again: same body, quantity, period, "
                "value and day; it would count twice in one lineage",
            )
        seen.setdefault(key, row.claim_id)
    rows = evidence.claim_lineage
    yield from twice(
        "claim_lineage",
        rows,
        ["claim_id", "aggregate_claim", "facility_claim"],
        lambda index: (
            f"the row stands already for {rows.at[index, 'claim_id']}: "
            "it would count twice in one lineage"
        ),
    )


def sourced(evidence: Evidence) -> Iterator[Problem]:
    """Every report and claim has a source, and every claim a body it began with."""
    for table, key, link in (
        ("incidents", "incident_id", "incident_sources"),
        ("aggregate_claims", "claim_id", "aggregate_claim_sources"),
        ("aggregate_claims", "claim_id", "aggregate_claim_agencies"),
        ("facility_claims", "claim_id", "facility_claim_sources"),
        ("facility_claims", "claim_id", "facility_claim_agencies"),
    ):
        rows = getattr(evidence, table)
        linked = set(getattr(evidence, link)[key])
        for index in rows.index[~rows[key].isin(linked)]:
            yield Problem(
                table, file_row(index), key, f"{rows.at[index, key]} has no row in {link}.csv"
            )
    for row in evidence.sources.itertuples():
        if row.seen_as == "not opened" and not pd.isna(row.accessed):
            yield Problem(
                "sources",
                file_row(row.Index),
                "accessed",
                f"{row.source_key} was not opened, so it has no day of access",
            )
        if not pd.isna(row.url) and web_address(str(row.url)) is None:
            yield Problem(
                "sources", file_row(row.Index), "url", f"{row.url!r} is no http or https address"
            )


def report_claims(evidence: Evidence) -> Iterator[Problem]:
    """Claims of the report have sources, carrying rows, and bands where they are tested."""
    states = evidence.claim_sources
    stated = set(states[states["role"] == "states"]["claim_id"])
    rows = evidence.claim_lineage
    carried = set(rows[rows["role"] == "carries"]["claim_id"])
    bands: dict[str, set[str]] = defaultdict(set)
    for band in evidence.claim_bands.itertuples():
        bands[band.claim_id].add(band.part)
    for row in evidence.claims.itertuples():
        at = file_row(row.Index)
        if row.claim_id not in stated:
            yield Problem(
                "claims", at, "claim_id", f"no source states {row.claim_id} in claim_sources.csv"
            )
        if row.claim_id not in carried:
            yield Problem(
                "claims", at, "claim_id", f"no row carries {row.claim_id} in claim_lineage.csv"
            )
        if row.not_measurable != (row.rule in ("intent", "head-count")):
            yield Problem("claims", at, "not_measurable", f"rule {row.rule} says otherwise")
        if row.not_measurable == pd.isna(row.why_not_measurable):
            yield Problem(
                "claims",
                at,
                "why_not_measurable",
                "a claim that is not measurable, and no other, says why",
            )
        if row.rule in ("imagery", "strikes-bounds") and not bands[row.claim_id]:
            yield Problem("claims", at, "rule", f"{row.claim_id} has no band to be held against")
    one_row = evidence.claim_lineage[["aggregate_claim", "facility_claim"]].notna().sum(axis=1)
    for index in evidence.claim_lineage.index[one_row != 1]:
        yield Problem(
            "claim_lineage",
            file_row(index),
            "aggregate_claim,facility_claim",
            "exactly one row must be named",
        )
    for row in evidence.claim_rivals.itertuples():
        if row.part != "whole" and row.part not in bands[row.claim_id]:
            yield Problem(
                "claim_rivals",
                file_row(row.Index),
                "part",
                f"{row.claim_id} has no part {row.part}",
            )


def rival_figures(evidence: Evidence) -> Iterator[Problem]:
    """Figures beside a claim are those of the row that they are taken from."""
    figures = evidence.aggregate_claims.set_index("claim_id")
    for row in evidence.claim_rivals.itertuples():
        if pd.isna(row.aggregate_claim) or row.aggregate_claim not in figures.index:
            continue
        for column in ("low", "high"):
            here, there = getattr(row, column), figures.at[row.aggregate_claim, column]
            if not (pd.isna(here) and pd.isna(there)) and here != there:
                yield Problem(
                    "claim_rivals",
                    file_row(row.Index),
                    column,
                    f"{here} here, {there} in {row.aggregate_claim}",
                )
