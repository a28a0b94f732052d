"""Windows of time over which launches and incidents are counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from analysis.errors import UserError
from analysis.evidence import Evidence

LAST_KNOWN_EARLY_USE = "C29"
"""The claim that dates the last known use before the pause; it ends counts that
are undated or that run on without a strike."""


@dataclass(frozen=True)
class Window:
    """Days from ``start`` to ``end``, both included."""

    name: str
    """Name in result keys: ``year``, ``surge``, ``aug-sep`` or ``period``."""
    start: date
    end: date
    choice: str
    """Id of the registered choice, or ``parameter`` for the notebook's own."""

    def holds(self, day: date) -> bool:
        """Whether a day lies inside."""
        return self.start <= day <= self.end

    @property
    def inputs(self) -> tuple[str, ...]:
        """What a result over this window names as its choice."""
        return () if self.choice == "parameter" else (f"choice:{self.choice}",)


def period(start: str, end: str) -> Window:
    """The window that the notebook's parameters name.

    Raises
    ------
    UserError
        If a date is not ISO, or the end comes before the start.
    """
    days = []
    for name, text in (("period_start", start), ("period_end", end)):
        try:
            days.append(date.fromisoformat(text))
        except ValueError:
            raise UserError(f"{name}={text!r} is no date: write it as 2024-01-01") from None
    if days[1] < days[0]:
        raise UserError(f"period_end={end} comes before period_start={start}: swap them")
    return Window("period", days[0], days[1], "parameter")


def registered(choices: pd.DataFrame, choice: str, name: str) -> Window:
    """A window that is registered among the choices, with the bounds stated there."""
    row = choices.set_index("choice_id").loc[choice]
    return Window(name, date.fromisoformat(row["low"]), date.fromisoformat(row["high"]), choice)


def windows(choices: pd.DataFrame, period_start: str, period_end: str) -> list[Window]:
    """Year, surge, the peak of the surge, and the period of the parameters."""
    return [
        registered(choices, "window.year", "year"),
        registered(choices, "window.surge", "surge"),
        registered(choices, "window.aug-sep", "aug-sep"),
        period(period_start, period_end),
    ]


def seasons(tables: Evidence) -> tuple[Window, Window, Window]:
    """Winter, lull and surge: the year cut at the last early use and where use resumes.

    Raises
    ------
    UserError
        If the tables do not hold the claim that dates the last early use, or these
        days do not follow one another.
    """
    year = registered(tables.choices, "window.year", "year")
    surge = registered(tables.choices, "window.surge", "surge")
    claims = tables.aggregate_claims.set_index("claim_id")["period_end"]
    last = claims.get(LAST_KNOWN_EARLY_USE)
    if last is None or pd.isna(last) or not year.start <= last.date() < surge.start:
        raise UserError(
            f"aggregate_claims.csv: {LAST_KNOWN_EARLY_USE} has to end between {year.start} and "
            f"{surge.start}, since it dates the last use before the pause"
        )
    one = timedelta(days=1)
    return (
        Window("winter", year.start, last.date(), year.choice),
        Window("lull", last.date() + one, surge.start - one, surge.choice),
        surge,
    )
