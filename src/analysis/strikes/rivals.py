"""Published figures beside one another, and which of them are one claim.

Claims that derive from one another are one lineage, and a lineage counts once.
What a lineage is says `analysis.evidence.lineages`. Links that we only infer are
marked; counts of lineages are given with them kept and with them cut.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import pandas as pd

from analysis.evidence import lineages

Role = Literal["running", "one-day", "part", "later"]


@dataclass(frozen=True)
class Claim:
    """One published figure from the table of aggregate claims."""

    claim_id: str
    quantity: str
    low: int | float | None
    """Lower end as published; ``None`` if there is no number."""
    high: int | float | None
    """Upper end; ``None`` for "at least"."""
    unit: str
    start: date | None
    """First day of the period that the figure covers."""
    end: date | None
    said: date | None
    """First day that the statement's published date allows."""
    said_to: date | None
    """Last day that it allows."""
    claimant: str
    agencies: tuple[str, ...]
    """Bodies the figure began with."""
    sources: tuple[str, ...]
    role: Role
    """``running`` counts cover the campaign so far; ``part`` rows split a total
    of the same statement; ``one-day`` and ``later`` cover other days than the
    CNN figures."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """What a result that uses the figure names."""
        return ("file:data/evidence/aggregate_claims.csv", *(f"source:{s}" for s in self.sources))

    @property
    def value(self) -> int | float:
        """The published number, a floor's own number for "at least".

        Raises
        ------
        ValueError
            If the statement held no number.
        """
        if self.low is None:
            raise ValueError(f"{self.claim_id} holds no number")
        return self.low

    @property
    def floor(self) -> bool:
        """Whether it was said as "at least" or "more than"."""
        return self.high is None


FIGURES = {
    "missiles": ("missiles_fired",),
    "killed": ("killed",),
    "injured": ("injured",),
    "share": ("share_of_ballistic",),
}
"""Quantities of the claims table behind each of the four CNN figures."""

CNN = {"missiles": "C37", "killed": "C40", "injured": "C41", "share": "C39a"}
"""The rows of the CNN report itself."""

LAST_DAY = date(2024, 11, 23)
"""Day of the relays: figures for later periods only are marked ``later``."""


def links(lineage: pd.DataFrame) -> list[tuple[str, str, bool]]:
    """(child, parent, inferred) between published claims."""
    found = []
    for row in lineage.itertuples():
        child = _first(row.child_claim, row.child_facility_claim)
        ancestor = _first(row.parent_claim, row.parent_facility_claim)
        if child and ancestor and not {child[0], ancestor[0]} & {"D"}:
            found.append((child, ancestor, bool(row.inferred)))
    return found


def _first(*names: Any) -> str | None:
    return next((str(name) for name in names if not pd.isna(name)), None)


def claims(evidence: Any) -> list[Claim]:
    """All published figures (C rows), with agencies, sources and role."""
    table = evidence.aggregate_claims
    agencies = _lists(evidence.aggregate_claim_agencies, "agency")
    sources = _lists(evidence.aggregate_claim_sources, "source_key")
    rows = {str(r.claim_id): r for r in table.itertuples() if r.basis == "claim"}
    parents: dict[str, list[str]] = {}
    for child, ancestor, _ in links(evidence.lineage):
        parents.setdefault(child, []).append(ancestor)
    return [
        Claim(
            claim_id=name,
            quantity=str(row.quantity),
            low=_number(row.low),
            high=_number(row.high),
            unit=str(row.unit),
            start=_day(row.period_start),
            end=_day(row.period_end),
            said=_day(row.statement_date_low),
            said_to=_day(row.statement_date_high),
            claimant=str(row.claimant),
            agencies=agencies.get(name, ()),
            sources=sources.get(name, ()),
            role=_role(row, [rows[p] for p in parents.get(name, ()) if p in rows]),
        )
        for name, row in rows.items()
    ]


def _role(row: Any, parents: Iterable[Any]) -> Role:
    start, end = _day(row.period_start), _day(row.period_end)
    if start and start > LAST_DAY:
        return "later"
    if start and start == end:
        return "one-day"
    same = (p for p in parents if p.quantity == row.quantity)
    said = row.statement_date
    if any(p.statement_date == said and p.claimant == row.claimant for p in same):
        return "part"
    return "running"


def rivals(found: Iterable[Claim], figure: str) -> list[Claim]:
    """Every published number for one of the four figures, by date of statement.

    Undated ones come last.
    """
    chosen = [c for c in found if c.quantity in FIGURES[figure] and c.low is not None]
    return sorted(chosen, key=lambda c: (c.said or date.max, c.claim_id))


@dataclass(frozen=True)
class Agreement:
    """How many published running figures agree with the CNN figure, and how many voices."""

    figures: tuple[str, ...]
    """Claims whose number falls in the band, the CNN report's own row among them."""
    kept: int
    """Lineages other than that of the CNN figure, with inferred links kept."""
    cut: int
    """The same with inferred links cut."""


def agreement(
    evidence: Any, found: Iterable[Claim], figure: str, low: float, high: float | None
) -> Agreement:
    """Published figures in the band of a CNN figure, and their lineages."""
    ids = tuple(c.claim_id for c in agreeing(found, figure, low, high))
    others = []
    for inferred in (True, False):
        groups = lineages(evidence, {*ids, CNN[figure]}, inferred=inferred)
        others.append(sum(CNN[figure] not in group.claims for group in groups))
    return Agreement(ids, *others)


def voices(
    evidence: Any, found: Iterable[Claim], figure: str, *, inferred: bool = True
) -> dict[str, int]:
    """Claim id to the number of its lineage, from 1, in order of first statement.

    ``inferred=False`` cuts the links that are our reading.
    """
    chosen = rivals(found, figure)
    groups = lineages(evidence, [c.claim_id for c in chosen], inferred=inferred)
    order = {c.claim_id: i for i, c in enumerate(chosen)}
    groups.sort(key=lambda g: min(order[c] for c in g.claims))
    return {c: number for number, g in enumerate(groups, 1) for c in g.claims}


def counted(evidence: Any, found: Iterable[Claim], figure: str) -> tuple[int, int]:
    """Lineages among the rivals of a figure, with inferred links kept and with them cut."""
    found = list(found)
    kept, cut = (
        len(set(voices(evidence, found, figure, inferred=inferred).values()))
        for inferred in (True, False)
    )
    return kept, cut


def agreeing(found: Iterable[Claim], figure: str, low: float, high: float | None) -> list[Claim]:
    """Published numbers of a figure that fall in a band, the figure's own row too."""
    return [
        c
        for c in rivals(found, figure)
        if c.role == "running" and low <= c.value and (high is None or c.value <= high)
    ]


def _lists(table: pd.DataFrame, column: str) -> dict[str, tuple[str, ...]]:
    return {str(k): tuple(map(str, g)) for k, g in table.groupby("claim_id")[column]}


def _number(value: Any) -> int | float | None:
    if pd.isna(value):
        return None
    return int(value) if float(value).is_integer() else float(value)


def _day(value: Any) -> date | None:
    return None if pd.isna(value) else value.date()
