"""Check the evidence package: its schema, and what no schema can say.

Frictionless checks types, enumerations, keys and foreign keys. The rest is
about the world: rival reports kept apart, dates that have happened, totals
that follow from their rows, and nothing counted twice in one lineage.
"""

from __future__ import annotations

import calendar
import re
from collections import defaultdict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from analysis import paths
from analysis.errors import UserError
from analysis.evidence import derived, lineage
from analysis.evidence.package import DESCRIPTOR, Evidence, descriptor, load
from analysis.evidence.sources import web_address


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong with the package."""

    table: str
    """Name of the table, without ``.csv``; the descriptor has its file name."""
    row: int | None
    """Row in the file, the header being row 1; nothing for a whole table."""
    column: str | None
    """Column, or columns joined by commas; nothing for a whole row."""
    message: str
    """What is wrong, in one line."""

    def __str__(self) -> str:
        where = self.table if "." in self.table else f"{self.table}.csv"
        if self.row is not None:
            where += f" row {self.row}"
        if self.column:
            where += f" column {self.column}"
        return f"{where}: {self.message}"


def validate(folder: Path | None = None) -> list[Problem]:
    """Everything that is wrong with an evidence package, in table and row order.

    Parameters
    ----------
    folder
        Folder with ``datapackage.json``; the project's own by default.

    Returns
    -------
    list of Problem
        Empty if the package is sound. Checks of meaning run only once the
        tables can be read at all.

    Raises
    ------
    UserError
        If there is no package to check.
    """
    folder = paths.evidence_dir() if folder is None else Path(folder)
    package = descriptor(folder)
    problems = set(_files(folder, package))
    if not problems:
        problems |= set(_schema(folder))
    try:
        evidence = load(folder)
    except UserError as error:
        if not problems:
            problems.add(Problem(DESCRIPTOR, None, None, str(error)))
    else:
        for check in CHECKS:
            problems |= set(check(evidence))
    return sorted(problems, key=lambda p: (p.table, p.row or 0, p.column or "", p.message))


def require(folder: Path | None = None) -> None:
    """Raise if the package is not sound.

    Raises
    ------
    UserError
        Naming the first problem, and how many there are.
    """
    problems = validate(folder)
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise UserError(f"{problems[0]}{more}")


def _files(folder: Path, package: dict[str, Any]) -> Iterator[Problem]:
    """Files that are missing, unknown, not UTF-8, or with other line ends than LF."""
    named = {str(item.get("path")) for item in package.get("resources", [])}
    for name in sorted(named):
        if Path(name).name != name or not name.endswith(".csv"):
            yield Problem(DESCRIPTOR, None, None, f"{name!r} is no CSV file of this folder")
            continue
        table = name.removesuffix(".csv")
        if not (folder / name).is_file():
            yield Problem(table, None, None, "the file is missing")
            continue
        text = (folder / name).read_bytes()
        if b"\r" in text or not text.endswith(b"\n"):
            yield Problem(table, None, None, "lines must end in LF, the last one too")
        try:
            text.decode("utf-8")
        except UnicodeDecodeError as error:
            row = text[: error.start].count(b"\n") + 1
            yield Problem(table, row, None, "not UTF-8")
    for path in sorted(folder.glob("*.csv")):
        if path.name not in named:
            yield Problem(path.stem, None, None, f"not described in {DESCRIPTOR}")


def _schema(folder: Path) -> Iterator[Problem]:
    """What Frictionless finds: types, enumerations, keys, foreign keys."""
    from frictionless import Package

    report = Package(str(folder / DESCRIPTOR)).validate()
    for error in report.errors:
        yield Problem(DESCRIPTOR, None, None, " ".join(error.message.split()))
    for task in report.tasks:
        table = Path(str(task.place)).stem
        for error in task.errors:
            row = getattr(error, "row_number", None)
            column = getattr(error, "field_name", None) or getattr(error, "label", None)
            names = getattr(error, "field_names", None)
            if not column and names:
                column = ",".join(names)
            text = error.note or error.message
            cell = getattr(error, "cell", None)
            if cell:
                text = f"{cell!r}: {text}"
            yield Problem(table, row, column or None, " ".join(str(text).split()))


def _row(index: Hashable) -> int:
    """Row in the file of an index of a table as loaded."""
    return int(str(index)) + 2


def _tables(evidence: Evidence) -> Iterator[tuple[str, pd.DataFrame]]:
    for name, value in vars(evidence).items():
        if isinstance(value, pd.DataFrame):
            yield name, value


def ranges(evidence: Evidence) -> Iterator[Problem]:
    """A low end lies not above its high end."""
    for name, table in _tables(evidence):
        pairs = [(c, c[:-4] + "_high") for c in table if str(c).endswith("_low")]
        pairs += [
            ("low", "high"),
            ("low", "mode"),
            ("mode", "high"),
            ("period_start", "period_end"),
        ]
        for low, high in pairs:
            if low not in table or high not in table or table[low].dtype == "string":
                continue
            wrong = (table[low] > table[high]).fillna(False)
            for index in table.index[wrong.astype(bool)]:
                lower, upper = (_show(table.at[index, column]) for column in (low, high))
                yield Problem(name, _row(index), low, f"{lower} lies above {high} {upper}")


def _show(value: Any) -> str:
    return value.date().isoformat() if isinstance(value, pd.Timestamp) else str(value)


PLANS = {("facility_claims", "event_date_high")}
"""Columns that may lie ahead: a plan that was announced may end later."""


def dates(evidence: Evidence) -> Iterator[Problem]:
    """Nothing happened after the collection was closed; the clock plays no part.

    The last day of a partial date may lie in the month of closing.
    """
    day = pd.Timestamp(evidence.collected)
    last = calendar.monthrange(day.year, day.month)[1]
    for name, table in _tables(evidence):
        for column in table.columns:
            if table[column].dtype.kind != "M" or (name, column) in PLANS:
                continue
            limit = day.replace(day=last) if column.endswith("_high") else day
            for index in table.index[table[column] > limit]:
                yield Problem(
                    name,
                    _row(index),
                    column,
                    f"{_show(table.at[index, column])} lies after the collection was closed "
                    f"({evidence.collected.isoformat()})",
                )


def partial_dates(evidence: Evidence) -> Iterator[Problem]:
    """A published date and its first and last day say the same."""
    for name, table in _tables(evidence):
        for column in table.columns:
            low = f"{column}_low"
            if low not in table or table[low].dtype.kind != "M":
                continue
            stated = table[table[column].notna()]
            for index, text in stated[column].items():
                try:
                    ends = partial_date(text)
                except ValueError:
                    yield Problem(name, _row(index), column, f"{text!r} is no date")
                    continue
                found = tuple(
                    None if pd.isna(value) else value.date()
                    for value in (
                        stated.at[index, f"{column}_low"],
                        stated.at[index, f"{column}_high"],
                    )
                )
                if found != ends:
                    yield Problem(
                        name,
                        _row(index),
                        f"{column}_low,{column}_high",
                        f"{text} runs from {ends[0]} to {ends[1]}",
                    )


def partial_date(text: str) -> tuple[date, date]:
    """First and last day of a year, a month or a day in ISO notation."""
    parts = [int(part) for part in text.split("-")]
    if len(parts) == 1:
        return date(parts[0], 1, 1), date(parts[0], 12, 31)
    if len(parts) == 2:
        year, month = parts
        return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
    return date.fromisoformat(text), date.fromisoformat(text)


def rival_reports(evidence: Evidence) -> Iterator[Problem]:
    """Reports of one event: one to total, the others marked as its rivals."""
    table = evidence.incidents
    for row in table.itertuples():
        at = _row(row.Index)
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
    for event_id, group in table.groupby("event_id"):
        main = group[~group["is_alternative"]]
        if len(main) != 1:
            at = _row(main.index[1] if len(main) else group.index[0])
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
                _row(index),
                "reading",
                f"event {event_id} has reading {letters[index]} twice",
            )
    told = [
        c
        for c in table
        if c not in ("incident_id", "event_id", "reading", "is_alternative", "note")
    ]
    for index in table.index[table.duplicated(told)]:
        yield Problem(
            "incidents",
            _row(index),
            None,
            f"{table.at[index, 'incident_id']} repeats another report word for word",
        )


def launch_rows(evidence: Evidence) -> Iterator[Problem]:
    """Split places and flags say what the published place says."""
    for row in evidence.launches.itertuples():
        at = _row(row.Index)
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
                _row(row.Index),
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
                    _row(row.Index),
                    column,
                    f"{row.claim_id} says {'nothing' if stated is None else f'{stated:g}'}, "
                    f"but its rows give {gives} {row.unit}",
                )


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
                "lineage", _row(index), ",".join(columns), f"exactly one {name} must be given"
            )
    columns = [c for part in ends.values() for c in part]
    for index in table.index[table.duplicated(columns)]:
        yield Problem("lineage", _row(index), None, "the same link stands above already")
    graph = lineage.parents(evidence)
    child = table["child_claim"].fillna(table["child_facility_claim"])
    for index, claim in child.items():
        above = graph.get(str(claim), set())
        if any(str(claim) in lineage.ancestry(parent, graph) for parent in above):
            yield Problem(
                "lineage",
                _row(index),
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
                _row(row.Index),
                "claim_id",
                f"{row.claim_id} is {seen[key]} again: same body, quantity, period, "
                "value and day; it would count twice in one lineage",
            )
        seen.setdefault(key, row.claim_id)
    rows = evidence.claim_lineage
    for index in rows.index[rows.duplicated(["claim_id", "aggregate_claim", "facility_claim"])]:
        yield Problem(
            "claim_lineage",
            _row(index),
            None,
            f"the row stands already for {rows.at[index, 'claim_id']}: "
            "it would count twice in one lineage",
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
                table, _row(index), key, f"{rows.at[index, key]} has no row in {link}.csv"
            )
    for row in evidence.sources.itertuples():
        if row.seen_as == "not opened" and not pd.isna(row.accessed):
            yield Problem(
                "sources",
                _row(row.Index),
                "accessed",
                f"{row.source_key} was not opened, so it has no day of access",
            )
        if not pd.isna(row.url) and web_address(str(row.url)) is None:
            yield Problem(
                "sources", _row(row.Index), "url", f"{row.url!r} is no http or https address"
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
        at = _row(row.Index)
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
            _row(index),
            "aggregate_claim,facility_claim",
            "exactly one row must be named",
        )
    figures = evidence.aggregate_claims.set_index("claim_id")
    for row in evidence.claim_rivals.itertuples():
        at = _row(row.Index)
        if row.part != "whole" and row.part not in bands[row.claim_id]:
            yield Problem("claim_rivals", at, "part", f"{row.claim_id} has no part {row.part}")
        if pd.isna(row.aggregate_claim) or row.aggregate_claim not in figures.index:
            continue
        for column in ("low", "high"):
            here, there = getattr(row, column), figures.at[row.aggregate_claim, column]
            if not (pd.isna(here) and pd.isna(there)) and here != there:
                yield Problem(
                    "claim_rivals", at, column, f"{here} here, {there} in {row.aggregate_claim}"
                )


CHECKS = (
    ranges,
    dates,
    partial_dates,
    rival_reports,
    launch_rows,
    derived_rows,
    lineage_links,
    counted_once,
    sourced,
    report_claims,
)
"""What is checked beyond the schema."""
