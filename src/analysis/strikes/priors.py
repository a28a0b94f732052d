"""Priors of the count, stated so that anybody can argue with them.

Every quantity is positive and has a log-normal prior given by its 5 % and 95 % points.
The reasons stand in ``words/<language>/strike_models.toml``, under the names
used here. The reference stands first; the others change one belief each, so that
a moved median can be traced to what moved it. One of them, ``launches``, takes its
ranges from the bulletins and is computed in `count_priors`; the others are judgement.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

_Z95 = 1.6448536269514722
"""Standard normal quantile at 0.95."""


@dataclass(frozen=True)
class Range:
    """A log-normal prior between its 5 % and its 95 % point."""

    low: float
    high: float

    @property
    def location(self) -> float:
        """Mean of the logarithm."""
        return 0.5 * (math.log(self.low) + math.log(self.high))

    @property
    def scale(self) -> float:
        """Standard deviation of the logarithm."""
        return 0.5 * (math.log(self.high) - math.log(self.low)) / _Z95


@dataclass(frozen=True)
class CountPrior:
    """Beliefs about the count before any claim is read.

    Counts are missiles within a period.
    """

    first: Range = Range(0.5, 5)
    """Fired 30 and 31 Dec 2023: the first missile is reported for the 30th."""
    winter: Range = Range(3, 150)
    """Fired 1 Jan to 27 Feb 2024: a few to more than all bulletins list."""
    surge: Range = Range(3, 150)
    """Fired 31 Jul to 23 Nov 2024."""
    lull: Range = Range(0.1, 5)
    """Fired 28 Feb to 30 Jul 2024: nobody claims any, one label is ambiguous."""
    tail: Range = Range(0.1, 5)
    """Fired 24 Nov to 6 Dec 2024: the bulletins name none."""
    february: Range = Range(1 / 3, 3)
    """Launches a day from 8 to 22 Feb 2024, relative to those from 1 Jan to 7 Feb."""
    february_end: Range = Range(1 / 3, 3)
    """The same from 23 to 27 Feb 2024."""
    delivered_1: Range = Range(10, 200)
    """Delivered to 23 Jan 2024 beyond what had been fired: several dozen by the first
    statements. Each step counts what came beyond what had to be there."""
    delivered_2: Range = Range(5, 150)
    """Delivered 24 Jan to 31 Mar 2024."""
    delivered_3: Range = Range(5, 300)
    """Delivered 1 Apr to 25 Nov 2024."""
    delivered_4: Range = Range(2, 150)
    """Delivered 26 Nov 2024 to 1 Feb 2025."""
    delivered_5: Range = Range(2, 200)
    """Delivered 2 Feb to 29 May 2025."""
    bias_fired: Range = Range(2 / 3, 3 / 2)
    """Factor by which all claimants together over- or understate what was fired."""
    bias_delivered: Range = Range(2 / 3, 3 / 2)
    """The same for what was delivered: another trade, so another bias."""
    spread: Range = Range(0.05, 0.3)
    """Scale of a claimant's own log-logistic error around the shared bias."""
    lag: Range = Range(3, 60)
    """Mean days until a launch is in a claimant's count."""


QUANTITIES: tuple[str, ...] = tuple(field.name for field in fields(CountPrior))
"""Order of the quantities wherever they stand in an array."""

REFERENCE = "balanced"
"""The prior that the others change, each in one belief."""

LAUNCHES = "launches"
"""The prior that reads the bulletins: `count_priors` computes its ranges."""

STATED_PRIORS: dict[str, CountPrior] = {
    REFERENCE: CountPrior(),
    "overstated": CountPrior(bias_fired=Range(1.0, 2.25)),
    "understated": CountPrior(bias_fired=Range(1 / 2.25, 1.0)),
}
"""Priors of the count that rest on judgement alone."""

NAMES = (REFERENCE, LAUNCHES, "overstated", "understated")
"""All priors of the count, the reference first."""

HEAPING = (1 / 3, 1 / 3, 1 / 3)
"""Weights of the ways to give a number: to the unit, the ten, or one of `ROUND`. Eight
claims cannot tell which, so none is preferred."""

ROUND = (10.0, 20.0, 50.0, 60.0, 100.0, 200.0)
"""Numbers that attract statements; 10 and 200 close the list at its ends."""
