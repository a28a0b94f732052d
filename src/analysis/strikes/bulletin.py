"""Rows of the launch series, and what each may hold.

A label that names several types cannot be split; a row without a number stays
unknown. Nothing here decides what is North Korean: a reading does (`bounds`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

import pandas as pd

from analysis.strikes.windows import Window

SEPARATOR = " and "
"""Between the types of a mixed label."""


@dataclass(frozen=True)
class Row:
    """One row of the launch series."""

    row_id: str
    day: date
    """Day on which the window of the bulletin ends."""
    label: str
    families: tuple[str, ...]
    """Family of each type that the label names; several for a mixed label."""
    launched: int | None
    """Missiles; ``None`` if the bulletin gave no number (at least one flew)."""
    names_crimea: bool
    """Whether the launch area names Crimea."""

    @property
    def mixed(self) -> bool:
        """Whether the label names several types in one count."""
        return len(self.families) > 1

    def missiles(self, wanted: Callable[[str], bool], *, blank: int = 0) -> tuple[int, int]:
        """Fewest and most missiles of the wanted families, whatever the split.

        A label names a type because at least one of it flew, so a mixed row
        keeps one missile for each other type that it names. A row with fewer
        missiles than types keeps none.

        Parameters
        ----------
        wanted
            Which families are counted.
        blank
            Missiles taken for a row without a number.
        """
        whole = blank if self.launched is None else self.launched
        own = sum(wanted(family) for family in self.families)
        others = len(self.families) - own
        if not own or not others:
            return (whole, whole) if own else (0, 0)
        if whole < len(self.families):
            return 0, whole
        return own, whole - others


def series(launches: pd.DataFrame, labels: pd.DataFrame) -> list[Row]:
    """The single launch series, without the press reports that cross-check it."""
    family = dict(zip(labels["label"], labels["family"], strict=True))
    rows = launches[launches["role"] == "series"]
    return [
        Row(
            row_id=str(row.row_id),
            day=row.date.date(),
            label=str(row.label),
            families=_families(str(row.label), family),
            launched=None if pd.isna(row.launched) else int(row.launched),
            names_crimea=bool(row.names_crimea),
        )
        for row in rows.itertuples()
    ]


def _families(label: str, family: dict[str, str]) -> tuple[str, ...]:
    if family[label] != "mixed":
        return (family[label],)
    return tuple(family.get(part, "other") for part in label.split(SEPARATOR))


def numbered(rows: Iterable[Row]) -> int:
    """Missiles of the rows that give a number."""
    return sum(row.launched or 0 for row in rows)


def largest(rows: Iterable[Row]) -> int | None:
    """Missiles of the largest row that gives a number; ``None`` without one."""
    return max((row.launched for row in rows if row.launched is not None), default=None)


def inside(rows: Iterable[Row], window: Window) -> list[Row]:
    """The rows of a window."""
    return [row for row in rows if window.holds(row.day)]
