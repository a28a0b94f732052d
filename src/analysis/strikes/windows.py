"""Windows of time over which launches and incidents are counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from analysis.errors import UserError


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
