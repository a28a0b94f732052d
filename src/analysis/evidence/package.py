"""Read the evidence tables.

The schema in ``datapackage.json`` says what each column is; reading follows it
with pandas alone, because Frictionless costs half a second to import and
seconds to run. The whole check is :func:`analysis.evidence.validate`.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from analysis import paths
from analysis.errors import UserError

DESCRIPTOR = "datapackage.json"


@dataclass(frozen=True)
class Evidence:
    """All evidence tables as data frames, one attribute per table.

    Columns, units and enumerations are described in ``datapackage.json``.
    Text is ``string``, counts are ``Int64``, other numbers ``float64``, dates
    ``datetime64``, flags ``boolean``, ordered classes ordered categoricals.
    Blank cells are missing values. The index counts rows from 0; the row in
    the file is that plus 2, since the header is row 1.
    """

    folder: Path
    """Folder that the tables were read from."""
    collected: date
    """Day on which the collection was closed (``created`` of the package)."""
    sources: pd.DataFrame
    agencies: pd.DataFrame
    incidents: pd.DataFrame
    incident_sources: pd.DataFrame
    aggregate_claims: pd.DataFrame
    aggregate_claim_sources: pd.DataFrame
    aggregate_claim_agencies: pd.DataFrame
    facility_claims: pd.DataFrame
    facility_claim_sources: pd.DataFrame
    facility_claim_agencies: pd.DataFrame
    lineage: pd.DataFrame
    labels: pd.DataFrame
    launches: pd.DataFrame
    claim_drift: pd.DataFrame
    housing_parameters: pd.DataFrame
    geography: pd.DataFrame
    claims: pd.DataFrame
    claim_bands: pd.DataFrame
    claim_rivals: pd.DataFrame
    claim_sources: pd.DataFrame
    claim_lineage: pd.DataFrame
    verdict_terms: pd.DataFrame
    choices: pd.DataFrame
    designations: pd.DataFrame


TABLES: tuple[str, ...] = tuple(
    field.name for field in fields(Evidence) if field.name not in ("folder", "collected")
)
"""Names of all tables, in the order of the package."""


def load(folder: Path | None = None) -> Evidence:
    """Read every evidence table.

    Parameters
    ----------
    folder
        Folder with ``datapackage.json``; the project's own by default.

    Raises
    ------
    UserError
        If the descriptor or a table is missing, a column is missing or
        unknown, or a cell does not have the type that the schema gives it.
        The message names table, row and column.
    """
    folder = paths.evidence_dir() if folder is None else Path(folder)
    package = descriptor(folder)
    schemas = {Path(item["path"]).stem: item for item in package["resources"]}
    for name in TABLES:
        if name not in schemas or schemas[name]["path"] != f"{name}.csv":
            raise UserError(f"{folder / DESCRIPTOR}: no table {name}.csv in it; restore its entry")
    tables = {name: read_table(folder, schemas[name]) for name in TABLES}
    return Evidence(folder=folder, collected=collected(package), **tables)


def descriptor(folder: Path) -> dict[str, Any]:
    """The package's descriptor, as parsed JSON.

    Raises
    ------
    UserError
        If it is missing or is not JSON.
    """
    path = folder / DESCRIPTOR
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"no {DESCRIPTOR} in {folder}: it is no evidence package") from None
    except ValueError as error:
        raise UserError(f"{path} is not readable as JSON: {error}") from None


def collected(package: dict[str, Any]) -> date:
    """Day on which the collection was closed; nothing in it may be later."""
    try:
        return date.fromisoformat(str(package["created"])[:10])
    except (KeyError, ValueError):
        raise UserError(
            f"{DESCRIPTOR}: `created` must say when the collection was closed, as an ISO date"
        ) from None


def read_cells(path: Path) -> tuple[list[str], list[list[str]]]:
    """Header and rows of a CSV file as text.

    Raises
    ------
    UserError
        If the file is missing, empty, not UTF-8, or a row has too few or too
        many cells.
    """
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.reader(stream, strict=True))
    except FileNotFoundError:
        raise UserError(f"{path.name} is missing from {path.parent}") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path.name} is not UTF-8: {error}") from None
    except csv.Error as error:
        raise UserError(f"{path.name} is not readable as CSV: {error}") from None
    if not rows:
        raise UserError(f"{path.name} is empty: not even a header row")
    header, body = rows[0], rows[1:]
    for number, row in enumerate(body, start=2):
        if len(row) != len(header):
            raise UserError(
                f"{path.name} row {number}: {len(row)} cells, but the header has {len(header)}"
            )
    return header, body


def read_table(folder: Path, resource: dict[str, Any]) -> pd.DataFrame:
    """One table, typed as its schema says.

    Raises
    ------
    UserError
        As :func:`load`.
    """
    name = resource["path"]
    header, body = read_cells(folder / name)
    expected = [field["name"] for field in resource["schema"]["fields"]]
    missing = [column for column in expected if column not in header]
    unknown = [column for column in header if column not in expected]
    if missing or unknown or header != expected:
        what = (
            f"columns missing: {', '.join(missing)}"
            if missing
            else f"columns not in the schema: {', '.join(unknown)}"
            if unknown
            else "columns are not in the order of the schema"
        )
        raise UserError(f"{name} row 1: {what}; the schema is in {DESCRIPTOR}")
    columns = list(zip(*body, strict=True)) if body else [()] * len(header)
    return pd.DataFrame(
        {
            field["name"]: _typed(name, field, cells)
            for field, cells in zip(resource["schema"]["fields"], columns, strict=True)
        }
    )


_FLAGS = {"true": True, "false": False}


def _convert(kind: str, text: str) -> Any:
    if kind == "integer":
        return int(text)
    if kind == "number":
        return float(text)
    if kind == "date":
        return date.fromisoformat(text)
    if kind == "boolean":
        return _FLAGS[text]
    return text


_DTYPES = {
    "string": "string",
    "integer": "Int64",
    "number": "float64",
    "date": "datetime64[s]",
    "boolean": "boolean",
}


def _typed(table: str, field: dict[str, Any], cells: tuple[str, ...]) -> pd.Series:
    kind = field["type"]
    values = []
    for number, text in enumerate(cells, start=2):
        try:
            values.append(_convert(kind, text) if text else None)
        except (ValueError, KeyError):
            raise UserError(
                f"{table} row {number} column {field['name']}: {text!r} is no {kind}"
            ) from None
    if field.get("ordered"):
        return pd.Series(pd.Categorical(values, field["constraints"]["enum"], ordered=True))
    return pd.Series(values, dtype=_DTYPES[kind])
