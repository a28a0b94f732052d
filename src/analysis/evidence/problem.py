"""What is wrong with an evidence package, and where."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
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

    @property
    def place(self) -> tuple[str, int, str, str]:
        """What problems are sorted by: table, row, column and message."""
        return self.table, self.row or 0, self.column or "", self.message


def file_row(index: Hashable) -> int:
    """Row in the file of an index of a table as loaded."""
    return int(str(index)) + 2


def twice(
    name: str, table: pd.DataFrame, columns: Sequence[str], said: Callable[[Hashable], str]
) -> Iterator[Problem]:
    """Rows of a table that repeat an earlier one in some columns; ``said`` of a row's index."""
    for index in table.index[table.duplicated(list(columns))]:
        yield Problem(name, file_row(index), None, said(index))
