"""Check incidents, launches and the totals that follow from them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pandas as pd

from analysis.errors import UserError
from analysis.evidence import derived
from analysis.evidence.package import Evidence
from analysis.evidence.problem import Problem, file_row, twice


def incident_rows(evidence: Evidence) -> Iterator[Problem]:
    """What a report says of itself agrees: its event, its reading, its part, its dispute."""
    table = evidence.incidents
    for row in table.itertuples():
        at = file_row(row.Index)
        match = re.fullmatch(r"(I\d{2})([abc]?)", row.incident_id)
        if match and match[1] != row.event_id:
            yield Problem(
                "incidents",
                at,
                "event_id",
                f"{row.incident_id} is a report of {match[1]}, not of {row.event_id}",
            )
        if match and (match[2] or "a") != row.reading:
            yield Problem(
                "incidents",
                at,
                "reading",
                f"{row.incident_id} is reading {match[2] or 'a'}, not {row.reading}",
            )
        if row.is_alternative != (row.reading != "a"):
            yield Problem(
                "incidents",
                at,
                "is_alternative",
                f"reading {row.reading} of {row.event_id} must be "
                f"{'a rival' if row.reading != 'a' else 'the one that totals use'}",
            )
        if not pd.isna(row.part_of) and (
            row.part_of == row.event_id or row.part_of not in set(table["event_id"])
        ):
            yield Problem("incidents", at, "part_of", f"{row.part_of} is no other event")
        if row.disputed == pd.isna(row.disputed_why):
            yield Problem(
                "incidents",
                at,
                "disputed_why",
                "a disputed event, and no other, says who disputes it",
            )
        if (
            not pd.isna(row.missiles_reported)
            and not pd.isna(row.nk_missiles_high)
            and (row.nk_missiles_high > row.missiles_reported)
        ):
            yield Problem(
                "incidents",
                at,
                "nk_missiles_high",
                f"{row.nk_missiles_high} of {row.missiles_reported} reported",
            )


def rival_reports(evidence: Evidence) -> Iterator[Problem]:
    """Reports of one event: one to total, the others marked as its rivals."""
    for event_id, group in evidence.incidents.groupby("event_id"):
        main = group[~group["is_alternative"]]
        if len(main) != 1:
            at = file_row(main.index[1] if len(main) else group.index[0])
            yield Problem(
                "incidents",
                at,
                "is_alternative",
                f"event {event_id} has {len(main)} readings for totals, not one: "
                "its toll would be counted "
                f"{'more than once' if len(main) else 'not at all'}",
            )
        letters = group["reading"]
        for index in group.index[letters.duplicated()]:
            yield Problem(
                "incidents",
                file_row(index),
                "reading",
                f"event {event_id} has reading {letters[index]} twice",
            )


def repeated_reports(evidence: Evidence) -> Iterator[Problem]:
    """No report stands twice under two names."""
    table = evidence.incidents
    told = [
        c
        for c in table
        if c not in ("incident_id", "event_id", "reading", "is_alternative", "note")
    ]
    yield from twice(
        "incidents",
        table,
        told,
        lambda index: f"{table.at[index, 'incident_id']} repeats another report word for word",
    )


def launch_rows(evidence: Evidence) -> Iterator[Problem]:
    """Split places and flags say what the published place says."""
    for row in evidence.launches.itertuples():
        at = file_row(row.Index)
        target, origin = split_place(row.place)
        for column, expected in (("target", target), ("origin", origin)):
            value = getattr(row, column)
            if (None if pd.isna(value) else value) != expected:
                yield Problem("launches", at, column, f"place says {expected or 'nothing'}")
        for column, flag in origin_flags(origin).items():
            if getattr(row, column) != flag:
                yield Problem("launches", at, column, f"the origin makes it {str(flag).lower()}")
        if (row.role == "series") != (row.source_key == "UADT_CSV"):
            yield Problem("launches", at, "role", "only UADT_CSV is the launch series")
        if (
            not pd.isna(row.launched)
            and not pd.isna(row.intercepted)
            and (row.intercepted > row.launched)
        ):
            yield Problem(
                "launches", at, "intercepted", f"{row.intercepted} of {row.launched} launched"
            )


def split_place(place: str) -> tuple[str | None, str | None]:
    """Target and origin of a place as published; nothing where not stated."""
    parts = dict(part.split(": ", 1) for part in place.split(" | "))
    found = (parts.get("target"), parts.get("from"))
    target, origin = (None if text == "not stated" else text for text in found)
    return target, origin


PGO_REGIONS = ("Belgorod", "Kursk", "Voronezh")
"""Launch regions of North Korean missiles as the prosecutors name them (C07 to C29)."""

NORTHERN = ("Belgorod", "Bryansk", "Kursk", "Voronezh")
"""Launch regions north and north-east of the border."""


def origin_flags(origin: str | None) -> dict[str, bool]:
    """The flags that follow from the text of an origin, by column."""
    places = origin.split(" and ") if origin else []
    prosecutors = [any(name in place for name in PGO_REGIONS) for place in places]
    northern = [any(name in place for name in NORTHERN) for place in places]
    return {
        "names_crimea": "Crimea" in (origin or ""),
        "pgo_region": any(prosecutors),
        "pgo_regions_only": bool(places) and all(prosecutors),
        "northern_only": bool(places) and all(northern),
    }


def derived_rows(evidence: Evidence) -> Iterator[Problem]:
    """Derived totals are those that their rows give."""
    table = evidence.aggregate_claims
    try:
        computed = derived.recompute(evidence)
    except UserError as error:
        yield Problem("aggregate_claims", None, None, f"totals cannot be computed: {error}")
        return
    for row in table[table["basis"] == "derived"].itertuples():
        if row.claim_id not in computed:
            yield Problem(
                "aggregate_claims",
                file_row(row.Index),
                "claim_id",
                f"no rule computes {row.claim_id}; add one or make it a claim",
            )
            continue
        for column, expected in zip(("low", "high"), computed[row.claim_id], strict=True):
            value = getattr(row, column)
            stated = None if pd.isna(value) else float(value)
            if not derived.agrees(stated, expected, row.unit):
                gives = "nothing" if expected is None else f"{round(expected, 4):g}"
                yield Problem(
                    "aggregate_claims",
                    file_row(row.Index),
                    column,
                    f"{row.claim_id} says {'nothing' if stated is None else f'{stated:g}'}, "
                    f"but its rows give {gives} {row.unit}",
                )
