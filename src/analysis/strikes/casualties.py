"""Tolls of located incidents, with rival reports as alternatives.

A toll belongs to the whole salvo and is never given to one missile. A blank is
unknown: totals are stated with blanks as zero, and as floors. Rival reports of
one event are alternatives; one reading of each event enters a total.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from analysis.strikes.bulletin import Row
from analysis.strikes.windows import Window

QUANTITIES = ("killed", "injured")


@dataclass(frozen=True)
class Report:
    """One report of an event."""

    incident_id: str
    first: bool
    """Whether it is the reading that totals use; the others are its rivals."""
    killed: int | None
    """Of the whole salvo; ``None`` if not stated."""
    injured: int | None
    excludes: bool
    """Whether it leaves no room for a missile attributed to North Korea."""
    missiles: int | None
    """Missiles of the label in the report, whatever their origin."""

    def toll(self, quantity: str) -> int | None:
        """``killed`` or ``injured``."""
        return self.killed if quantity == "killed" else self.injured


@dataclass(frozen=True)
class Event:
    """One strike with all reports of it, the first reading first."""

    event_id: str
    low: date
    """First day that the published date allows."""
    high: date
    """Last day that it allows."""
    attribution: str
    """``confirmed-by-debris``, ``official-claim``, ``media`` or ``joint-label``."""
    disputed: bool
    """Whether another official statement names another missile."""
    crimea: bool
    """Whether every joint row of the bulletin on that day names Crimea."""
    part_of: str | None
    """Event that it is probably a part of, and beside which it is not counted."""
    place: str
    reports: tuple[Report, ...]
    sources: tuple[str, ...]

    @property
    def joint(self) -> bool:
        """Whether nothing but the joint label points to North Korea."""
        return self.attribution == "joint-label"

    def first(self, quantity: str) -> int | None:
        """Toll of the first reading; ``None`` if not stated."""
        return self.reports[0].toll(quantity)

    def span(self, quantity: str) -> tuple[int, int]:
        """Lowest and highest toll over rival readings, blanks as zero.

        A reading that names another missile makes the lowest toll zero; its
        toll still counts at the upper end, since the dead and the weapon are
        two statements.
        """
        tolls = [r.toll(quantity) or 0 for r in self.reports]
        return (0 if any(r.excludes for r in self.reports) else min(tolls)), max(tolls)

    def stated(self, quantity: str) -> list[int]:
        """Every toll that was published for the event, whatever the missile."""
        found = [r.toll(quantity) for r in self.reports]
        return [t for t in found if t is not None]


def events(evidence: Any, rows: Iterable[Row]) -> list[Event]:
    """Events of the incident table.

    Parameters
    ----------
    evidence
        The evidence tables.
    rows
        Launch series, to see which joint rows name Crimea.
    """
    crimea: dict[date, bool] = {}
    for row in rows:
        if row.families == ("joint",):
            crimea[row.day] = crimea.get(row.day, True) and row.names_crimea
    sources = evidence.incident_sources.groupby("incident_id")["source_key"].agg(list).to_dict()
    found = []
    for name, group in evidence.incidents.groupby("event_id"):
        table = list(group.sort_values("reading").itertuples())
        first = table[0]
        found.append(
            Event(
                event_id=str(name),
                low=first.date_low.date(),
                high=first.date_high.date(),
                attribution=str(first.attribution),
                disputed=bool(first.disputed),
                crimea=first.attribution == "joint-label"
                and crimea.get(first.date_low.date(), False),
                part_of=None if pd.isna(first.part_of) else str(first.part_of),
                place=str(first.place),
                reports=tuple(_report(r) for r in table),
                sources=tuple(sorted({s for r in table for s in sources.get(r.incident_id, [])})),
            )
        )
    return found


def _report(row: Any) -> Report:
    def whole(value: Any) -> int | None:
        return None if pd.isna(value) else int(value)

    return Report(
        incident_id=str(row.incident_id),
        first=not row.is_alternative,
        killed=whole(row.killed),
        injured=whole(row.injured),
        excludes=whole(row.nk_missiles_high) == 0,
        missiles=whole(row.missiles_reported),
    )


Group = Callable[[Event], bool]
"""Which events a total counts."""

GROUPS: dict[str, Group] = {
    "debris": lambda e: e.attribution == "confirmed-by-debris",
    "attributed": lambda e: not e.joint,
    "joint-without-crimea": lambda e: not (e.joint and e.crimea),
    "with-joint": lambda e: True,
}
"""From the narrowest to the widest; each lies in the next."""


def counted(found: Iterable[Event], window: Window, group: Group) -> list[Event]:
    """Events of a group whose published dates reach into a window.

    Probable parts of other events are left out.
    """
    return [
        e
        for e in found
        if e.part_of is None and e.high >= window.start and e.low <= window.end and group(e)
    ]


@dataclass(frozen=True)
class Located:
    """A total over located events."""

    quantity: str
    first: int
    """Sum of the first readings, blanks as zero."""
    low: int
    """Sum of the lowest rival readings, blanks as zero."""
    high: int
    """Sum of the highest rival readings, blanks as zero."""
    events: int
    """Events in the total."""
    blanks: int
    """Events among them whose first reading states no toll."""
    sources: tuple[str, ...]


def located(found: Iterable[Event], quantity: str) -> Located:
    """Total toll over events: each event once, rival readings as the span."""
    found = list(found)
    spans = [e.span(quantity) for e in found]
    return Located(
        quantity=quantity,
        first=sum(e.first(quantity) or 0 for e in found),
        low=sum(low for low, _ in spans),
        high=sum(high for _, high in spans),
        events=len(found),
        blanks=sum(e.first(quantity) is None for e in found),
        sources=tuple(sorted({s for e in found if e.first(quantity) for s in e.sources})),
    )
