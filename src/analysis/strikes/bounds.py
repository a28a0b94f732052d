"""Sharp bounds on the share of ballistic missiles attributed to North Korea.

Labels do not say where a missile was made. A *reading* says which labels may
hold a missile attributed to North Korea; outright ``KN-23`` labels always do.
Under one reading the share can be anything between all optional missiles
Russian and all of them North Korean, and nothing narrower follows from the
labels: these are identification bounds (Manski 2003), not a sampling interval,
because the launches are a census.

The numerator is always a part of the denominator: a missile read as hidden
under a label outside the denominator moves into both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from math import ceil, floor

from analysis.strikes.bulletin import Row

UNITS = ("missile", "row", "day")
"""What is counted: missiles, rows of the bulletin, days with a launch."""

ISKANDER = frozenset({"iskander-m", "joint", "kn-23"})

DENOMINATORS: dict[str, frozenset[str]] = {
    "iskander-family": ISKANDER,
    "with-aeroballistic": ISKANDER | {"aeroballistic"},
    "with-s300": ISKANDER | {"s300"},
    "with-s300-and-aeroballistic": ISKANDER | {"s300", "aeroballistic"},
}
"""Label families that a denominator counts."""


@dataclass(frozen=True)
class Reading:
    """Which labels may hold a missile attributed to North Korea."""

    name: str
    families: frozenset[str]
    """Families whose missiles may be; ``kn-23`` always is."""
    crimea: bool = True
    """Whether joint rows that name Crimea may be."""

    def may(self, row: Row, family: str) -> bool:
        """Whether missiles of a family in a row may be attributed to North Korea."""
        if family == "kn-23":
            return True
        if family == "joint" and row.names_crimea and not self.crimea:
            return False
        return family in self.families


READINGS: dict[str, Reading] = {
    r.name: r
    for r in (
        Reading("joint-none", frozenset()),
        Reading("without-crimea", frozenset({"joint"}), crimea=False),
        Reading("joint-all", frozenset({"joint"})),
        Reading("hidden-iskander-m", frozenset({"joint", "iskander-m"})),
        Reading("hidden-s300", frozenset({"joint", "s300"})),
        Reading("hidden-anywhere", frozenset({"joint", "iskander-m", "s300"})),
    )
}
"""From the narrowest to the widest; each of the first three lies in the next,
and both hidden readings in the last."""

HEADLINE = READINGS["joint-all"]


@dataclass(frozen=True)
class Shares:
    """Bounds under one reading, with what they are made of."""

    numerator: tuple[int, int]
    """Fewest and most missiles, rows or days attributed to North Korea."""
    denominator: tuple[int, int]
    """Denominator at the lower and at the upper end."""
    unnumbered: int
    """Rows of the denominator without a number, which a count of missiles leaves out."""
    mixed: int
    """Rows of mixed labels that may belong to the denominator."""

    @property
    def low(self) -> float | None:
        """Lower end; ``None`` if nothing was launched."""
        return self.numerator[0] / self.denominator[0] if self.denominator[0] else None

    @property
    def high(self) -> float | None:
        """Upper end; ``None`` if nothing was launched."""
        return self.numerator[1] / self.denominator[1] if self.denominator[1] else None


def shares(
    rows: Iterable[Row],
    unit: str,
    denominator: frozenset[str],
    reading: Reading,
    *,
    mixed: bool = False,
    m: int | None = None,
) -> Shares:
    """Sharp bounds on the share under one reading.

    Parameters
    ----------
    rows
        Rows of the window.
    unit
        One of `UNITS`.
    denominator
        Label families in the denominator, as in `DENOMINATORS`.
    reading
        Which labels may hold a missile attributed to North Korea.
    mixed
        Count rows of mixed labels, with their split unknown but for one
        missile of each type named; otherwise they are left out (choice
        ``label.mixed``).
    m
        Missiles assumed in every row without a number; ``None`` leaves such
        rows out of a count of missiles (choice ``label.unnumbered``). As rows
        and days they always count.
    """
    rows = list(rows)
    used = [row for row in rows if mixed or not row.mixed]
    ends = [_End(unit, m), _End(unit, m)]
    for row in used:
        # At the lower end as few as can be above the line and as many below it,
        # at the upper end the reverse; a hidden missile is below it as well.
        ends[0].add(row, lambda f: f == "kn-23", denominator.__contains__, fewest=True)
        ends[1].add(row, partial(reading.may, row), denominator.__contains__, fewest=False)
    return Shares(
        numerator=(ends[0].numerator, ends[1].numerator),
        denominator=(ends[0].denominator, ends[1].denominator),
        unnumbered=sum(
            row.launched is None and bool(denominator.intersection(row.families)) for row in used
        ),
        mixed=sum(row.mixed and bool(denominator.intersection(row.families)) for row in rows),
    )


class _End:
    """One end of the bounds: counts in the numerator and in the denominator."""

    def __init__(self, unit: str, m: int | None) -> None:
        self.unit, self.m = unit, m
        self._counts: tuple[dict[object, int], dict[object, int]] = ({}, {})

    def add(
        self,
        row: Row,
        above: Callable[[str], bool],
        below: Callable[[str], bool],
        *,
        fewest: bool,
    ) -> None:
        """Count the families of a row that stand above the line, and those below it."""
        either = [f for f in row.families if above(f) or below(f)]
        top, whole = (
            (1, 1) if self.unit != "missile" else self._missiles(row, above, either, fewest)
        )
        key: object = row.day if self.unit == "day" else row.row_id
        if any(map(above, row.families)):
            self._counts[0][key] = top
        if either:
            self._counts[1][key] = whole

    def _missiles(
        self, row: Row, above: Callable[[str], bool], either: list[str], fewest: bool
    ) -> tuple[int, int]:
        """Missiles of a row above the line and below it, at this end."""
        blank = self.m or 0
        least, most = row.missiles(above, blank=blank)
        fewest_below, most_below = row.missiles(either.__contains__, blank=blank)
        if fewest:
            return least, least if all(map(above, either)) else most_below
        return most, most_below if any(map(above, row.families)) else fewest_below

    @property
    def numerator(self) -> int:
        return sum(self._counts[0].values())

    @property
    def denominator(self) -> int:
        return sum(self._counts[1].values())


def smallest(upper: Callable[[int], tuple[int, int]], target: Fraction, most: int) -> int | None:
    """Smallest count from 0 to ``most`` at which an upper end reaches ``target``.

    Parameters
    ----------
    upper
        From a count to (numerator, denominator).
    target
        The share to reach.
    most
        The largest count that is possible.

    Returns
    -------
    int or None
        ``None`` if even ``most`` does not reach it.
    """
    for count in range(most + 1):
        above, below = upper(count)
        if below and Fraction(above, below) >= target:
            return count
    return None


def needed_m(shares_at: Callable[[int], Shares], target: Fraction) -> int | None:
    """Missiles in each unnumbered row at which the upper end reaches ``target``.

    The upper end is (a + c m) / (b + d m); solved exactly.

    Returns
    -------
    int or None
        0 if it is reached without them, ``None`` if no number of them reaches it.
    """
    zero, one = shares_at(0), shares_at(1)
    a, b = zero.numerator[1], zero.denominator[1]
    c, d = one.numerator[1] - a, one.denominator[1] - b
    short = target * b - a
    if short <= 0:
        return 0
    gain = c - target * d
    return ceil(short / gain) if gain > 0 else None


def inside_band(value: float | None, low: float, high: float, decimals: int) -> bool:
    """Whether a value, rounded as the claim was published, falls in a closed band."""
    if value is None:
        return False
    scale = 10**decimals
    # Round halves up, as the printed numbers are.
    return low <= floor(value * scale + 0.5) / scale <= high
