"""A result beside the band of a claim: numbers with numbers, days with days, counts by window.

A count of works is known from below alone. Of its works those are counted that surely lie in
the band's window, less the false alarms that a level allows; what was missed keeps the upper end
open. A first day is known from above alone, for the same reason.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from analysis.results import Result, Scalar
from analysis.words import Words

INSIDE_LEVEL, OUTSIDE_LEVEL = "0.9", "0.99"
"""Levels of the rules: inside at the first, excluded at the second."""
LIKELIHOOD_RATIO = 20
"""Least likelihood ratio against each rival for `supported`: strong evidence on
Kass and Raftery's (1995) scale."""

OPEN = float("inf")

Pair = tuple[float, float]


@dataclass(frozen=True)
class Band:
    """What counts as a part of a claim being right, as numbers; days are ordinals."""

    low: float
    high: float
    window: Pair
    """Days that a count is taken over; open where none are named."""

    @classmethod
    def of(cls, row: Any) -> Band:
        """The band of one row of ``claim_bands.csv``."""
        window = (_ordinal(row.date_low, -OPEN), _ordinal(row.date_high, OPEN))
        if row.unit == "date":
            return cls(*window, window)
        return cls(_number(row.low, -OPEN), _number(row.high, OPEN), window)


@dataclass(frozen=True)
class Beside:
    """One result as far as a band asks for it."""

    key: str
    inner: Pair | None
    """At `INSIDE_LEVEL`."""
    outer: Pair | None
    """At `OUTSIDE_LEVEL`, or sharp bounds."""
    ratios: dict[str, float]
    """Likelihood ratio against each rival for which there is one."""
    sure_end: str
    """``low`` or ``high`` where only that end is known; empty for an interval."""
    unsettled: str
    """Why it may be about something else than the claim; empty if it is not."""
    works: int = 0
    """Of a count: works that may lie in the window."""
    rated: bool = True
    """Whether a rate of false alarms is known; without one none of the works is sure."""

    def excludes(self, band: Band) -> bool:
        """Whether nothing inside the band is possible."""
        return self.outer is not None and (self.outer[1] < band.low or self.outer[0] > band.high)

    def reaches(self, band: Band) -> bool:
        """Whether it lies inside the band, as far as it is known."""
        if self.inner is None:
            return False
        low, high = self.inner
        if self.sure_end:
            end = low if self.sure_end == "low" else high
            return band.low <= end <= band.high
        return band.low <= low and high <= band.high

    def supports(self, band: Band, rivals: Collection[str]) -> bool:
        """Whether it lies inside the band and each rival is far less likely."""
        weighed = set(rivals) <= self.ratios.keys()
        likely = all(ratio >= LIKELIHOOD_RATIO for ratio in self.ratios.values())
        return self.sure_end != "high" and self.reaches(band) and weighed and likely


def beside(result: Result, band: Band) -> Beside:
    """A result, as numbers that the band can be compared with."""
    ratios = dict(result.extra.get("likelihood_ratios") or {})
    unsettled = str(result.extra.get("unsettled") or "")
    levels = (INSIDE_LEVEL, OUTSIDE_LEVEL)
    if "works" in result.extra:
        possible = sum(_overlaps(w, band, OUTSIDE_LEVEL) for w in result.extra["works"])
        least, surely = ((float(_sure(result, band, level)), OPEN) for level in levels)
        rated = result.extra["false_alarms"] is not None
        return Beside(result.key, least, surely, ratios, "low", unsettled, possible, rated)
    sure_end = str(result.extra.get("sure_end") or "")
    inner, outer = (_pair(result.interval(level), sure_end) for level in levels)
    return Beside(result.key, inner, outer, ratios, sure_end, unsettled)


def _sure(result: Result, band: Band, level: str) -> int:
    """Works that lie in the window whatever the days within their intervals, less false alarms."""
    false = result.extra["false_alarms"]
    if false is None:
        return 0
    inside = 0
    for work in result.extra["works"]:
        since, until = work["since"][level], work["until"][level]
        begun = _ordinal(since[1], OPEN) <= band.window[1]
        inside += begun and _ordinal(until[0], -OPEN) >= band.window[0]
    return max(inside - int(false[level]), 0)


def _overlaps(work: Any, band: Band, level: str) -> bool:
    since, until = work["since"][level], work["until"][level]
    begun = _ordinal(since[0], -OPEN) <= band.window[1]
    return begun and _ordinal(until[1], OPEN) >= band.window[0]


def _pair(pair: tuple[Scalar, Scalar] | None, sure_end: str) -> Pair | None:
    if pair is None:
        return None
    low = -OPEN if sure_end == "high" else _scalar(pair[0], -OPEN)
    return low, OPEN if sure_end == "low" else _scalar(pair[1], OPEN)


def _scalar(value: Scalar, missing: float) -> float:
    return _ordinal(value, missing) if isinstance(value, str) else _number(value, missing)


def _number(value: Any, missing: float) -> float:
    return missing if value is None or pd.isna(value) else float(value)


def _ordinal(value: Any, missing: float) -> float:
    """A day as a number; ``missing`` where there is none."""
    if value is None or pd.isna(value):
        return missing
    day = date.fromisoformat(value) if isinstance(value, str) else value
    return float(day.toordinal())


def reason(
    term: str, judged: Iterable[Beside], row: Any, rivals: Iterable[str], w: Words
) -> str | None:
    """Why a part that is known from one side alone has its verdict; None for intervals."""
    one = next((j for j in judged if j.sure_end and j.inner is not None), None)
    if one is None or one.inner is None:
        return None
    given = {"quantity": row.quantity, "band": row.text, "rivals": "; ".join(rivals)}
    if one.sure_end == "low":
        side, rated = "at_least", "seen" if one.rated else "unrated"
        least = int(one.inner[0])
        seen = w(f"claims.{side}.{rated}", sure=least, possible=one.works, **given)
    else:
        side, last = "at_latest", date.fromordinal(int(one.inner[1]))
        seen = w(f"claims.{side}.seen", day=w.date(last), **given)
        if term != "contradicted" and one.inner[1] < Band.of(row).low:
            term = "not sure"
    return f"{seen} {w(f'claims.{side}.{_slug(term)}', **given)}"


def _slug(term: str) -> str:
    return term.replace(" ", "_")
