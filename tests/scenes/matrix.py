"""The table of faults in the book: every test that makes a fault answers for its row.

`faults` names the rows that a test makes and hands it each as ``row``; the test tells
`Row.saw` what it saw, and what stands in the book must be just that. To write rows anew::

    FEB11_WRITE_FAULTS=1 python -m pytest tests/scenes/test_servers.py
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from filelock import FileLock

from tests.checkout import ROOT

PLACE = ROOT / "book" / "static" / "fault-matrix.txt"
HEAD = ["| fault | what is said | what survives |", "|---|---|---|"]
WRITE = "FEB11_WRITE_FAULTS"

MADE: set[str] = set()
"""Names of all rows that the tests imported so far make."""


@dataclass(frozen=True)
class Row:
    """One row of the table."""

    name: str
    """Where the fault lies and what it is: ``search: slow answer``."""

    def saw(self, said: object, survives: str = "nothing") -> None:
        """Hold the book's row to what the user read and what survived, or write it."""
        row = f"| {self.name} | {str(said).replace('|', '/')} | {survives} |"
        if os.environ.get(WRITE):
            _write(self.name, row)
        assert written().get(self.name) == row, f"{WRITE}=1 writes the row anew"


def faults(section: str, cases: Sequence[tuple[Any, ...]], *names: str) -> pytest.MarkDecorator:
    """Parametrise a test by ``row`` and what belongs to it.

    Parameters
    ----------
    section
        Where the faults lie; the first word of their rows.
    cases
        For each row the fault, and after it the values of ``names``.
    """
    listed = [(Row(f"{section}: {fault}"), *values) for fault, *values in cases]
    MADE.update(row.name for row, *_ in listed)
    return pytest.mark.parametrize(("row", *names), listed, ids=[case[0] for case in cases])


def fault(section: str, name: str) -> pytest.MarkDecorator:
    """Hand a test the one row that it makes."""
    return faults(section, [(name,)])


def written() -> dict[str, str]:
    """The rows of the book by name, in the order in which they stand there."""
    lines = PLACE.read_text().splitlines()
    assert lines[:2] == HEAD
    return {row.split(" | ")[0].removeprefix("| "): row for row in lines[2:]}


def _write(name: str, row: str) -> None:
    with FileLock(ROOT / "_build" / "faults.lock"):
        rows = {**written(), name: row}
        PLACE.write_text("\n".join([*HEAD, *sorted(rows.values())]) + "\n")
