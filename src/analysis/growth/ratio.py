"""Ratios of buildings, with shared errors kept shared, for every meaning of "size".

Areas are drawn together (`analysis.growth.posterior`), so registration and blur cancel in
a ratio as far as they do, and no further. What a roof's outline says of another meaning of
size (wall line, foundation, floor area) is a stated scenario, never averaged with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.growth import readings
from analysis.growth.footprint import Fit
from analysis.growth.posterior import Areas

Array = NDArray[np.floating]

EAVES_M = (0.3, 1.2)
"""Overhang of industrial roofs over their walls, metres: drawn for each hall on its own."""

STOREYS = (1, 2)
"""Storeys that a hall of unknown use may have: the ratio of floor areas spans all pairs."""


@dataclass(frozen=True)
class Ratio:
    """One ratio of sizes."""

    numerator: str
    denominator: str
    definition: str
    """``roof``, ``wall``, ``length`` or ``floor``."""
    value: float
    """Median of the draws."""
    draws: Array
    bounds: tuple[float, float] | None = None
    """For ``floor``: ends over all numbers of storeys, medians; no draw stands for them."""

    def interval(self, level: float) -> tuple[float, float]:
        """Central credible interval."""
        low, high = np.quantile(self.draws, [(1 - level) / 2, (1 + level) / 2])
        return float(low), float(high)

    def readings(self) -> dict[str, dict[str, float]]:
        """Probability of each published reading under each stated prior."""
        return readings.probabilities(self.draws)

    def likelihood_ratios(self) -> dict[str, float]:
        """Likelihood of "of" over that of each rival."""
        return readings.likelihood_ratios(self.draws)


def ratios(areas: Areas, new: str, references: Sequence[str]) -> list[Ratio]:
    """Roof area of the new hall over each reference, and over their union if there are several.

    Raises
    ------
    ValueError
        If the new hall is among the references.
    """
    if new in references:
        raise ValueError(f"{new} is a reference: a hall cannot be its own measure")
    made = [_ratio(new, r, "roof", areas.over(new, [r])) for r in references]
    if len(references) > 1:
        made.append(_ratio(new, "union", "roof", areas.over(new, references)))
    return made


def other_sizes(
    areas: Areas, fits: dict[str, Fit], new: str, references: Sequence[str], seed: int
) -> list[Ratio]:
    """The new hall over each reference by wall line, length and floor area: separate scenarios.

    The wall line lies inside the roof by the eaves; what a foundation adds to it is less than
    these images tell.
    """
    return [
        made
        for r in references
        for made in (
            wall_ratio(areas, fits, new, r, seed),
            length_ratio(areas, fits, new, r),
            floor_ratio(areas, new, r),
        )
    ]


def wall_ratio(areas: Areas, fits: dict[str, Fit], new: str, reference: str, seed: int) -> Ratio:
    """The same between the wall lines, each hall with an overhang of its own."""
    chance = np.random.default_rng([seed, 7])
    inner = {}
    for name in (new, reference):
        draws = areas.of(name)
        eaves = chance.uniform(*EAVES_M, draws.size)
        lost = (eaves * fits[name].polygon().length - 4 * eaves**2) / draws
        inner[name] = np.maximum(1 - lost, 0.2)
    roof = areas.over(new, [reference])
    return _ratio(new, reference, "wall", roof * inner[new] / inner[reference])


def length_ratio(areas: Areas, fits: dict[str, Fit], new: str, reference: str) -> Ratio:
    """The same between the longer sides of the smallest enclosing rectangles.

    The relative error of a length is taken as that of the area: an upper bound, since the
    width's error adds to the area's.
    """
    roof = areas.over(new, [reference])
    length = _length(fits[new]) / _length(fits[reference])
    return _ratio(new, reference, "length", roof / np.median(roof) * length)


def floor_ratio(areas: Areas, new: str, reference: str) -> Ratio:
    """Bounds of the ratio of floor areas, storeys unknown."""
    draws = areas.over(new, [reference])
    middle = float(np.median(draws))
    spread = max(STOREYS) / min(STOREYS)
    return Ratio(new, reference, "floor", middle, draws, (middle / spread, middle * spread))


def _ratio(numerator: str, denominator: str, definition: str, draws: Array) -> Ratio:
    return Ratio(numerator, denominator, definition, float(np.median(draws)), draws)


def _length(fit: Fit) -> float:
    box = np.asarray(fit.polygon().minimum_rotated_rectangle.exterior.coords)
    return float(max(np.hypot(*(box[1] - box[0])), np.hypot(*(box[2] - box[1]))))
