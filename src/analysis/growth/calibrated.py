"""Which study stands behind the intervals of a run, and what it showed to hold.

An interval is called covered only where a study scored intervals made in the same way: a series
of simulated scenes of one sensor, the level and the sizes that were scored, and a score whose own
interval does not lie below that level. All else is called unproven.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from analysis import paths
from analysis.growth import posterior
from analysis.growth.detect import RESULTS
from analysis.growth.posterior import Inflation

CHAIN = "chain"
"""The study of the whole chain on plants: what a run does."""

ALONE = "footprints-areas"
"""The study of halls alone, whose places and dates are handed over."""


@dataclass(frozen=True)
class Calibrated:
    """Errors of the edges for one pixel size, and the scores of the study that measured them."""

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

    def covers(self, what: str, level: float) -> bool:
        """Whether intervals of this level held the truth as often as they say, as far as told."""
        return self.level == level and what in self.scores and self.scores[what][1] >= level


def calibrated(gsd: float) -> Calibrated:
    """The study nearest to what a run does, for pixels of this size in metres."""
    folder = paths.project_root() / RESULTS
    inflation, there = posterior.read_inflation(folder / f"{CHAIN}.json", gsd)
    if there:
        study = json.loads((folder / f"{CHAIN}.json").read_text(encoding="utf-8"))
        return Calibrated(
            inflation, CHAIN, study["level"], study["smallest_m2"], dict(_scores(study))
        )
    inflation, there = posterior.read_inflation(folder / f"{ALONE}.json", gsd)
    return Calibrated(inflation, ALONE if there else None)


def _scores(study: Mapping[str, Any]) -> Mapping[str, tuple[float, float]]:
    own = {"areas": study["areas"], "ratios": study["ratios"], **study["dates"]}
    return {name: tuple(s["interval90"]) for name, s in own.items() if "interval90" in s}
