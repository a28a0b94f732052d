"""The priors of the count, with the one that takes its ranges from the bulletins.

A missile that was fired was launched, and a launch may stand in the bulletins. The
prior ``launches`` believes that it does: fewest are those that only a missile from
North Korea explains, most are all that could have been one. So the launches enter
as a prior of one of the four, and in no likelihood.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from analysis.errors import UserError
from analysis.evidence import Evidence
from analysis.strikes.bounds import HEADLINE, ISKANDER, shares
from analysis.strikes.bulletin import Row, inside, series
from analysis.strikes.priors import LAUNCHES, NAMES, REFERENCE, STATED_PRIORS, CountPrior, Range
from analysis.strikes.windows import Window, seasons


def count_priors(tables: Evidence) -> dict[str, CountPrior]:
    """All priors of the count by name, the reference first.

    Raises
    ------
    UserError
        If the bulletins leave a range of the prior ``launches`` empty.
    """
    computed = {**STATED_PRIORS, LAUNCHES: from_launches(tables)}
    return {name: computed[name] for name in NAMES}


def from_launches(tables: Evidence) -> CountPrior:
    """The reference with the ranges of winter and surge that the bulletins leave.

    Winter runs from the joint label alone to all launches of Iskander type with mixed
    rows, since missiles were then logged under other labels; the surge from outright
    labels to all joint ones. Numbered rows only.
    """
    rows = series(tables.launches, tables.labels)
    early, _, late = seasons(tables)
    labelled = shares(inside(rows, late), "missile", ISKANDER, HEADLINE).numerator
    return replace(
        STATED_PRIORS[REFERENCE],
        winter=_range(early, winter_ends(inside(rows, early))),
        surge=_range(late, labelled),
    )


def winter_ends(rows: Iterable[Row]) -> tuple[int, int]:
    """Missiles under the joint label and KN-23, and all of Iskander type with mixed rows."""
    rows = list(rows)
    labelled = shares(rows, "missile", ISKANDER, HEADLINE).numerator[1]
    return labelled, sum(row.missiles(ISKANDER.__contains__)[1] for row in rows)


def _range(window: Window, ends: tuple[int, int]) -> Range:
    low, high = ends
    if not 0 < low < high:
        raise UserError(
            f"launches.csv, {window.start} to {window.end}: labels leave {low} to {high} missiles, "
            f"which is no range for the prior {LAUNCHES!r}"
        )
    return Range(low, high)
