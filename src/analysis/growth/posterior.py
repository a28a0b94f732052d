"""From a joint mode to draws of all areas.

What the model cannot know (the family of the blur, eaves, ground that changed) enters as an
error of the edge, and as a factor on the intervals that follow, both measured on simulated worlds
of one configuration and scored on others.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.growth.joint import Joint

Array = NDArray[np.floating]

DRAWS = 4000
"""Draws of every posterior."""

TAIL_FREEDOM = 5.0
"""Degrees of freedom of the Student draws where no study has measured them: the Gaussian at the
mode has too thin tails."""


@dataclass(frozen=True)
class Inflation:
    """Error that the posterior at the mode does not have, fitted on simulated worlds."""

    scale: float
    """Factor on the posterior's own deviation."""
    edge_common: float
    """Metres by which all outlines of one sensor may lie out together (family of the blur)."""
    edge_own: float
    """Metres by which one outline may lie out."""
    misfit_edge: float
    """Metres for each unit of root misfit beyond one: a model that fails says so."""
    shape: float
    """Further metres where sides bulge, for each metre of bulge."""
    unseen: float = 0.0
    """Further metres where the old ground was never seen."""
    freedom: float = TAIL_FREEDOM
    """Degrees of freedom of the Student draws."""
    stretch: float = 1.0
    """Factor on the logarithms of all areas about their medians, with which intervals of the level
    that was scored hold as often as they say: the likeliest errors need not give that. Other levels
    take the same factor, which nothing vouches for."""
    ratio_stretch: float = 1.0
    """The same for ratios, after the areas are stretched."""


INFLATION = Inflation(
    scale=1.5, edge_common=0.10, edge_own=0.20, misfit_edge=0.15, shape=0.10, unseen=0.30
)
"""First guess, where no study has measured it."""

NEAR = 1.5
"""Factor between pixel sizes within which the errors of one sensor are taken for another's."""


def read_inflation(file: Path, gsd: float = 10.0) -> tuple[Inflation, bool]:
    """Errors that a study measured for pixels of about this size, and whether it did.

    Parameters
    ----------
    file
        The study's results, ``bench/results/footprints-areas.json``.
    gsd
        Side of a pixel in metres; of several sensors that of the finest.
    """
    if not file.is_file():
        return INFLATION, False
    measured = json.loads(file.read_text(encoding="utf-8"))["inflation"]
    nearest = min(measured, key=lambda g: abs(math.log(float(g) / gsd)), default=None)
    if nearest is None or abs(math.log(float(nearest) / gsd)) > math.log(NEAR):
        return INFLATION, False
    return Inflation(**measured[nearest]), True


@dataclass(frozen=True)
class Areas:
    """Joint draws of the areas of several buildings."""

    names: tuple[str, ...]
    draws: Array
    """Square metres (draw, b)."""
    ratio_stretch: float = 1.0
    """Of ratios of these areas; see `Inflation`."""

    def of(self, name: str) -> Array:
        """Draws of one building."""
        return self.draws[:, self.names.index(name)]

    def over(self, top: str, below: Sequence[str]) -> Array:
        """Draws of the ratio of one building to others taken together."""
        under = np.sum([self.of(name) for name in below], axis=0)
        return stretched(self.of(top) / under, self.ratio_stretch)


def stretched(draws: Array, factor: float) -> Array:
    """Positive draws moved from their median by a factor, on the scale of the logarithm."""
    middle = np.median(draws)
    return np.asarray(middle * (draws / middle) ** factor)


def need(draws: Array, truth: float, level: float) -> float:
    """Factor by which draws must be stretched for their central interval just to reach the truth.

    Parameters
    ----------
    draws
        Positive, (draw,).
    level
        Of the interval, between 0 and 1.
    """
    low, middle, high = np.log(np.quantile(draws, [(1 - level) / 2, 0.5, (1 + level) / 2]))
    off = math.log(truth) - middle
    if off == 0:
        return 0.0
    return float(off / (high - middle) if off > 0 else off / (low - middle))


def covariance(joint: Joint, inflation: Inflation) -> Array:
    """Covariance of the areas with the errors of the edges (b, b)."""
    edge, misfit = joint.perimeter, np.sqrt(np.maximum(joint.misfit, 1.0))
    whole = joint.spread * inflation.scale**2 * np.outer(misfit, misfit)
    whole += inflation.edge_common**2 * np.outer(edge, edge)
    own = inflation.edge_own**2 + (inflation.misfit_edge * (misfit - 1.0)) ** 2
    own = own + (inflation.shape * joint.bulge) ** 2
    if joint.before is not None:
        own = own + inflation.unseen**2 * (joint.before == 0)
    return whole + np.diag(own * edge**2)


def draw(joint: Joint, seed: int, inflation: Inflation = INFLATION, *, draws: int = DRAWS) -> Areas:
    """Joint draws of all areas; the same seed gives the same draws."""
    chance = np.random.default_rng([seed, 5])
    n = len(joint.names)
    root = np.linalg.cholesky(covariance(joint, inflation) + 1e-9 * np.eye(n))
    white = chance.standard_normal((draws, n)) @ root.T
    # one factor for a draw, so that buildings stay together in the tails
    freedom = inflation.freedom
    tails = np.sqrt(freedom / chance.chisquare(freedom, draws))[:, None]
    # areas stay positive: errors multiply
    errors = np.clip(inflation.stretch * white * tails / joint.estimate, -2.0, 2.0)
    return Areas(joint.names, joint.estimate * np.exp(errors), inflation.ratio_stretch)
