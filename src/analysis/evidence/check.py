"""Check the evidence package: its schema, and what no schema can say.

Frictionless checks types, enumerations, keys and foreign keys. The rest is
about the world: rival reports kept apart, dates that have happened, totals
that follow from their rows, and nothing counted twice in one lineage.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from analysis import paths
from analysis.errors import UserError
from analysis.evidence import check_claims, check_strikes
from analysis.evidence.package import DESCRIPTOR, Evidence, descriptor, load
from analysis.evidence.problem import Problem, file_row


def validate(folder: Path | None = None) -> list[Problem]:
    """Everything that is wrong with an evidence package, causes before what follows from them.

    Parameters
    ----------
    folder
        Folder with ``datapackage.json``; the project's own by default.

    Returns
    -------
    list of Problem
        Empty if the package is sound. First what the schema says, then the
        checks of meaning in the order of `CHECKS`, which run only once the
        tables can be read at all; each part by table and row.

    Raises
    ------
    UserError
        If there is no package to check.
    """
    folder = paths.evidence_dir() if folder is None else Path(folder)
    package = descriptor(folder)
    parts = [set(_files(folder, package)) or set(_schema(folder))]
    try:
        evidence = load(folder)
    except UserError as error:
        parts[0] = parts[0] or {Problem(DESCRIPTOR, None, None, str(error))}
    else:
        parts += [{p for check in part for p in check(evidence)} for part in CHECKS]
    ordered = [p for part in parts for p in sorted(part, key=lambda p: p.place)]
    return list(dict.fromkeys(ordered))


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
                yield Problem(name, file_row(index), low, f"{lower} lies above {high} {upper}")


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
                    file_row(index),
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
                    yield Problem(name, file_row(index), column, f"{text!r} is no date")
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
                        file_row(index),
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


CHECKS = (
    (
        ranges,
        dates,
        partial_dates,
        check_strikes.incident_rows,
        check_strikes.launch_rows,
        check_claims.sourced,
        check_claims.report_claims,
    ),
    (
        check_strikes.rival_reports,
        check_strikes.repeated_reports,
        check_claims.lineage_links,
        check_claims.counted_once,
    ),
    (check_strikes.derived_rows, check_claims.rival_figures),
)
"""What is checked beyond the schema: rows by themselves, then rows beside each other, then what
follows from other rows, since one wrong row upsets all that is added up or copied from it."""
