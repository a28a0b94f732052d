"""Which study stands behind the intervals of a run, and what it showed to hold.

An interval is called covered only where a study scored intervals made in the same way: a series
of simulated scenes of one sensor, the level and the sizes that were scored, and a score whose own
interval does not lie below that level. All else is called unproven.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis import paths
from analysis.growth import posterior
from analysis.growth.detect import RESULTS
from analysis.growth.posterior import Inflation
from analysis.growth.timeline import STUDY, Calibration, DateInterval, read_calibration

Array = NDArray[np.floating]

CHAIN = "chain"
"""The study of the whole chain on plants: what a run does."""

ALONE = "footprints-areas"
"""The study of halls alone, whose places and dates are handed over."""


@dataclass(frozen=True)
class Calibrated:
    """Errors of areas and ratios for one pixel size, and the scores of the study behind them."""

    inflation: Inflation
    study: str | None
    """Name of the study; None where the first guess stands in."""
    level: float | None = None
    """Level of the intervals that were scored; None if none were scored as a run makes them."""
    smallest_m2: float = math.inf
    """Area from which buildings were scored."""
    scores: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Of ``areas``, ``ratios``, ``ground_broken`` and ``roof_on``: 90 % interval of the share of
    intervals that held the truth."""
    date_margins: Mapping[str, float] = field(default_factory=dict)
    """Clear gaps by which the interval of each event is moved out beyond the scan's own: what
    becomes of candidates after the scan makes their dates less sure. Of the level that was scored;
    other levels take the same, which nothing vouches for."""

    @property
    def date_studies(self) -> tuple[str, ...]:
        """The studies on which the ends of intervals of dates rest, as results cite them."""
        chain = (f"bench:{CHAIN}",) if self.date_margins else ()
        return (f"bench:{STUDY}", *chain)

    def covers(self, what: str, level: float) -> bool:
        """Whether intervals of this level held the truth as often as they say, as far as told."""
        return self.level == level and what in self.scores and self.scores[what][1] >= level


@dataclass(frozen=True)
class Stretch:
    """How intervals of one kind held the drawn truth, and what they were stretched by."""

    scored: int
    held: float
    """Share of the intervals, as they were, that held the truth."""
    error: float
    """Root mean square of the relative error."""
    bias: float
    """Median of the relative error."""
    factor: float
    """By which the logarithm of both ends was moved from the median; at least one."""


@dataclass(frozen=True)
class Injected:
    """What halls that were drawn into the very scenes say of the intervals there."""

    level: float
    seed: int
    drawn: int
    """How often halls were drawn, each time one like each of the halls of the ratio."""
    areas: Mapping[str, Stretch]
    """By the id of a building."""
    ratios: Mapping[str, Stretch]
    """By the building below the line, or ``union``."""


def widened(when: DateInterval, gaps: float, days: Array) -> DateInterval:
    """An interval with both ends moved out by some clear gaps, as far as ``days`` reach."""
    low = max(when.low - gaps * when.gap, min(when.low, float(days[0])))
    high = min(when.high + gaps * when.gap, max(when.high, float(days[-1])))
    return replace(when, low=low, high=high)


def dates_of_a_run(gsd: float) -> Calibration | None:
    """What moves the ends of intervals of dates: the scan's own margins and those of the chain."""
    scan = read_calibration(paths.project_root() / RESULTS / f"{STUDY}.json")
    if scan is None:
        return None
    more = calibrated(gsd).date_margins
    return Calibration(
        {
            event: {level: margin + more.get(event, 0.0) for level, margin in own.items()}
            for event, own in scan.margins.items()
        }
    )


def calibrated(gsd: float) -> Calibrated:
    """The study nearest to what a run does, for pixels of this size in metres."""
    folder = paths.project_root() / RESULTS
    inflation, there = posterior.read_inflation(folder / f"{CHAIN}.json", gsd)
    if there:
        study = json.loads((folder / f"{CHAIN}.json").read_text(encoding="utf-8"))
        return Calibrated(
            inflation,
            CHAIN,
            study["level"],
            study["smallest_m2"],
            dict(_scores(study)),
            study["date_margins"],
        )
    inflation, there = posterior.read_inflation(folder / f"{ALONE}.json", gsd)
    return Calibrated(inflation, ALONE if there else None)


def _scores(study: Mapping[str, Any]) -> Mapping[str, tuple[float, float]]:
    own = {"areas": study["areas"], "ratios": study["ratios"], **study["dates"]}
    return {name: tuple(s["interval90"]) for name, s in own.items() if "interval90" in s}
