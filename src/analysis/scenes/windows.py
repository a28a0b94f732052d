"""Dates as people give them: a year, a month or a day is a window."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, datetime

from analysis.errors import UserError

_PARTIAL = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


@dataclass(frozen=True)
class Window:
    """Days from ``first`` to ``last``, both included; ``None`` is open."""

    first: date | None = None
    last: date | None = None

    def __contains__(self, when: datetime | date) -> bool:
        day = when.date() if isinstance(when, datetime) else when
        return (self.first is None or day >= self.first) and (self.last is None or day <= self.last)

    def __str__(self) -> str:
        return f"{self.first or '..'} to {self.last or '..'}"

    def interval(self) -> str | None:
        """The window as a STAC ``datetime``, or ``None`` when it is open on both sides."""
        if self.first is None and self.last is None:
            return None
        start = f"{self.first}T00:00:00Z" if self.first else ".."
        return f"{start}/{f'{self.last}T23:59:59Z' if self.last else '..'}"


def parse(text: str, name: str = "date") -> Window:
    """A window from ``2024``, ``2024-10``, ``2024-10-05``, or two of them joined by ``..``.

    Raises
    ------
    UserError
        Naming the value and the forms that are understood.
    """
    parts = re.split(r"\.\.|/", text.strip())
    if len(parts) > 2:
        raise _problem(text, name)
    windows = [_partial(part, text, name) for part in parts]
    window = Window(windows[0].first, windows[-1].last)
    if window.first and window.last and window.first > window.last:
        raise UserError(f"{name} {text!r} ends before it starts")
    return window


def _partial(part: str, text: str, name: str) -> Window:
    match = _PARTIAL.fullmatch(part.strip())
    if not match:
        raise _problem(text, name)
    year, month, day = (int(g) if g else None for g in match.groups())
    try:
        first = date(year or 0, month or 1, day or 1)
        if day:
            return Window(first, first)
        if month:
            return Window(first, date(first.year, month, calendar.monthrange(first.year, month)[1]))
        return Window(first, date(first.year, 12, 31))
    except ValueError:
        raise _problem(text, name) from None


def _problem(text: str, name: str) -> UserError:
    return UserError(f"{name} {text!r} is not a date: give 2024, 2024-10 or 2024-10-05")


@dataclass(frozen=True)
class Dates:
    """The dates that a run asks for."""

    series: Window
    """Bounds of the series."""
    before: Window | None = None
    """The earlier of two windows that are compared, with `after`."""
    after: Window | None = None

    def role(self, when: datetime) -> str | None:
        """``series``, ``before`` or ``after`` for a day that is asked for, else ``None``."""
        if when not in self.series:
            return None
        if self.before is None or self.after is None:
            return "series"
        return "before" if when in self.before else "after" if when in self.after else None

    def whole(self) -> Window:
        """The smallest window that holds everything that is asked for."""
        if self.before is None or self.after is None:
            return self.series
        firsts = [d for d in (self.before.first, self.series.first) if d]
        lasts = [d for d in (self.after.last, self.series.last) if d]
        return Window(max(firsts, default=None), min(lasts, default=None))


def asked(start: str = "", end: str = "", before: str = "", after: str = "") -> Dates:
    """Dates from the four parameters of a run; an empty text is "not given".

    Raises
    ------
    UserError
        For a date that can't be read, a window of the wrong order, or one of
        ``before`` and ``after`` alone.
    """
    if bool(before) != bool(after):
        given, other = ("--before", "--after") if before else ("--after", "--before")
        raise UserError(f"{given} {before or after!r} without {other}: they compare two windows, "
                        "give both or neither")  # fmt: skip
    first = parse(start, "--start").first if start else None
    last = parse(end, "--end").last if end else None
    if first and last and first > last:
        raise UserError(f"--start {start!r} is after --end {end!r}")
    series = Window(first, last)
    if not before:
        return Dates(series)
    earlier, later = parse(before, "--before"), parse(after, "--after")
    if earlier.last and later.first and earlier.last >= later.first:
        raise UserError(f"--before {before!r} does not end before --after {after!r} starts")
    return Dates(series, earlier, later)
