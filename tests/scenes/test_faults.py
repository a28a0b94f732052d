"""The table of faults in the book names every fault that a test makes, and no other."""

from __future__ import annotations

import importlib
from pathlib import Path

from tests.scenes import matrix


def test_the_book_has_a_row_for_each_fault_that_a_test_makes():
    for path in Path(__file__).parent.glob("test_*.py"):
        importlib.import_module(f"{__package__}.{path.stem}")
    rows = matrix.written()
    assert sorted(matrix.MADE - rows.keys()) == [], f"{matrix.WRITE}=1 writes these rows"
    assert sorted(rows.keys() - matrix.MADE) == [], "no test makes these rows: take them out"


def test_the_rows_are_sorted_and_stand_once():
    rows = matrix.PLACE.read_text().splitlines()[2:]
    assert rows == sorted(matrix.written().values())
