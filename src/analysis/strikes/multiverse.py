"""Every distinct, coherent specification of a figure, and how many agree.

A specification is one way through the choices that a careful reader could make
(Steegen and others 2016; Simonsohn and others 2020). The count of those that
agree with a published figure is a count of specifications: the choices are not
equally good, nothing weighs them, and the count is no probability.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean, median


@dataclass(frozen=True)
class Specification:
    """One way through the choices, with what it gives."""

    choices: Mapping[str, str]
    """Choice to level."""
    value: float
    """Point estimate."""
    low: float
    """Lower end of the bounds under these choices."""
    high: float
    """Upper end."""
    content: Hashable
    """What is counted: two specifications with the same content are one."""


@dataclass(frozen=True)
class Incoherent:
    """A combination that was published or is tempting, and counts nothing."""

    name: str
    """Name in result keys and texts."""
    value: float
    """What the arithmetic would give."""
    numerator: int
    denominator: int | None
    """``None`` for a sum."""


@dataclass(frozen=True)
class Multiverse:
    """The specifications of one figure."""

    figure: str
    distinct: tuple[Specification, ...]
    """One per content, in the order of enumeration."""
    agreeing: tuple[bool, ...]
    """Whether each agrees with the published figure."""
    by_choice: Mapping[str, Mapping[str, tuple[int, int]]]
    """Choice to level to (agreeing, all) among the distinct ones."""
    effects: Mapping[str, float]
    """Choice to the mean change of the estimate when only it moves."""
    incoherent: tuple[Incoherent, ...]

    @property
    def k(self) -> int:
        """Specifications that agree."""
        return sum(self.agreeing)

    @property
    def n(self) -> int:
        """Distinct, coherent specifications."""
        return len(self.distinct)

    @property
    def span(self) -> tuple[float, float]:
        """Lowest and highest estimate."""
        values = [s.value for s in self.distinct]
        return min(values), max(values)

    @property
    def median_width(self) -> float:
        """Median width of the bounds."""
        return median(s.high - s.low for s in self.distinct)

    @property
    def moves_most(self) -> str:
        """The choice with the largest mean change."""
        return max(self.effects, key=lambda name: self.effects[name])


def build(
    figure: str,
    grid: Iterable[Specification],
    agrees: Callable[[Specification], bool],
    incoherent: Iterable[Incoherent] = (),
) -> Multiverse:
    """Drop repeated contents, count agreement, and rank the choices.

    Parameters
    ----------
    figure
        ``missiles``, ``killed``, ``injured`` or ``share``.
    grid
        All coherent combinations, those that repeat another's content included.
    agrees
        The agreement rule of the figure.
    incoherent
        Combinations that are kept apart.
    """
    grid = list(grid)
    first: dict[Hashable, Specification] = {}
    for specification in grid:
        first.setdefault(specification.content, specification)
    distinct = tuple(first.values())
    agreeing = tuple(agrees(s) for s in distinct)
    by_choice: dict[str, dict[str, tuple[int, int]]] = {}
    for specification, agreed in zip(distinct, agreeing, strict=True):
        for choice, level in specification.choices.items():
            levels = by_choice.setdefault(choice, {})
            k, n = levels.get(level, (0, 0))
            levels[level] = (k + agreed, n + 1)
    return Multiverse(figure, distinct, agreeing, by_choice, effects(grid), tuple(incoherent))


def effects(grid: Iterable[Specification]) -> dict[str, float]:
    """How far the estimate moves when one choice moves and the rest stay.

    Returns
    -------
    dict
        Choice to the mean, over all settings of the other choices at which
        it has several coherent levels, of highest minus lowest estimate.
    """
    grid = list(grid)
    found = {}
    for choice in grid[0].choices if grid else ():
        groups: dict[tuple[tuple[str, str], ...], list[float]] = {}
        for specification in grid:
            rest = tuple(sorted((c, v) for c, v in specification.choices.items() if c != choice))
            groups.setdefault(rest, []).append(specification.value)
        spreads = [max(values) - min(values) for values in groups.values() if len(values) > 1]
        found[choice] = fmean(spreads) if spreads else 0.0
    return found
