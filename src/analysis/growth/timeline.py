"""When ground was broken and when the roof was on, as intervals that have been calibrated.

The scan's posterior is exact for its own model and too sure for any real ground. Split-conformal
calibration by scene (Vovk; Lei et al. 2018) widens it: over drawn worlds, the distance by which an
interval misses the true date, in clear gaps, has a quantile; each interval is moved out by it. All
buildings of a world share its clouds, so a world is one unit: its buildings share its weight.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analysis.growth.scan import gap_days

EVENTS = ("ground_broken", "roof_on")
STUDY = "dates"
"""Name of the study that calibrates; ``bench/results/dates.json``."""


@dataclass(frozen=True)
class DateInterval:
    """One event, in days since 1970."""

    value: float
    low: float
    high: float
    level: float
    gap: float
    """Median days between clear dates: no interval can honestly be much narrower."""
    coverage: str
    """``simulated`` if calibrated on drawn worlds, else ``unproven``."""

    def iso(self) -> tuple[str, str, str]:
        """Value, low and high as ISO dates."""
        days = np.array([self.value, np.floor(self.low), np.ceil(self.high)])
        value, low, high = (str(d) for d in np.round(days).astype("datetime64[D]"))
        return value, low, high


@dataclass(frozen=True)
class Calibration:
    """What drawn worlds say of the scan's intervals."""

    margins: Mapping[str, Mapping[str, float]]
    """Event, then level, to clear gaps by which an interval is moved out (or in, if below 0)."""

    def margin(self, event: str, level: float) -> float:
        """Margin at a level: the next higher level that was studied."""
        known = self.margins[event]
        above = [name for name in known if float(name) >= level - 1e-9]
        return known[min(above, key=float) if above else max(known, key=float)]


def read_calibration(file: Path) -> Calibration | None:
    """The calibration of a study, or nothing if it has not been run."""
    if not file.is_file():
        return None
    return Calibration(json.loads(file.read_text(encoding="utf-8"))["margins"])


def interval(
    posterior: np.ndarray,
    days: np.ndarray,
    clear: np.ndarray,
    event: str,
    level: float,
    calibration: Calibration | None,
) -> DateInterval:
    """The interval of one event of one object.

    Parameters
    ----------
    posterior
        ``(time,)`` probability that a date is the first after the event.
    days, clear
        ``(time,)`` dates, and whether the object was seen on them.
    event
        One of `EVENTS`.
    """
    gap = median_gap(days, clear)
    low, value, high = quantiles(posterior, days, ((1 - level) / 2, 0.5, (1 + level) / 2))
    if calibration is not None:
        margin = calibration.margin(event, level) * gap
        low, high = min(low - margin, value), max(high + margin, value)
    low, high = max(low, float(days[0])), min(high, float(days[-1]))
    coverage = "simulated" if calibration is not None else "unproven"
    return DateInterval(value, low, high, level, gap, coverage)


def intervals(
    posterior: np.ndarray,
    days: np.ndarray,
    clear: np.ndarray,
    level: float,
    calibration: Calibration | None,
) -> list[DateInterval]:
    """The intervals of all `EVENTS` of one object; ``posterior`` is ``(event, time)``."""
    return [
        interval(posterior[i], days, clear, event, level, calibration)
        for i, event in enumerate(EVENTS)
    ]


def quantiles(posterior: np.ndarray, days: np.ndarray, levels: Sequence[float]) -> list[float]:
    """Days at which a posterior over gaps reaches some levels, spread evenly within each gap."""
    reached = np.cumsum(posterior, dtype=np.float64) / max(float(np.sum(posterior)), 1e-300)
    starts = days - gap_days(days)
    found = []
    for level in levels:
        t = int(np.searchsorted(reached, level))
        t = min(t, days.size - 1)
        before = reached[t - 1] if t > 0 else 0.0
        share = reached[t] - before
        part = (level - before) / share if share > 0 else 1.0
        found.append(float(starts[t] + part * (days[t] - starts[t])))
    return found


def median_gap(days: np.ndarray, clear: np.ndarray) -> float:
    """Median days between dates on which an object was seen."""
    seen = days[clear]
    return float(np.median(np.diff(seen))) if seen.size > 1 else float(days[-1] - days[0])
