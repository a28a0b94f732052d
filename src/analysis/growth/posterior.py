"""From fits to draws: several buildings of one scene series, sharing the blur.

Every building's normal equations say what it knows of its outline and of the blur. Added
up, with the blur's prior once, they are the joint posterior at the mode: an error of the blur
moves all areas together, each by its own edges. What the model cannot know (the family of
the blur, eaves, ground that changed) enters as an error of the edge, measured on simulated
worlds of one configuration and scored on another.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.growth.descent import area_gradient
from analysis.growth.footprint import Fit

Array = NDArray[np.floating]

DRAWS = 4000
"""Draws of every posterior."""

MOST_STEP = 0.05
"""Share of an area by which the joint blur may move it linearly."""

TAIL_FREEDOM = 5.0
"""Degrees of freedom of the Student draws: the Gaussian at the mode has too thin tails."""


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
class Joint:
    """Several buildings at their joint mode: all that draws are made from."""

    names: tuple[str, ...]
    estimate: Array
    """Areas, square metres (b)."""
    spread: Array
    """Their posterior covariance at the mode, not inflated (b, b)."""
    perimeter: Array
    """Metres (b)."""
    misfit: Array
    """See `analysis.growth.model.Model.misfit` (b)."""
    bulge: Array
    """Metres by which sides bulge (b)."""
    widths: Array
    """Logarithm of the blur's width against its prior's centre, by band."""
    gsd: float = 10.0
    """Side of the finest pixels, metres."""
    before: Array | None = None
    """Clear scenes of the ground before each building (b); not told if None."""

    def deviation(self) -> Array:
        """Posterior standard deviation of each area, not inflated."""
        return np.sqrt(np.diag(self.spread))


@dataclass(frozen=True)
class Areas:
    """Joint draws of the areas of several buildings."""

    names: tuple[str, ...]
    draws: Array
    """Square metres (draw, b)."""

    def of(self, name: str) -> Array:
        """Draws of one building."""
        return self.draws[:, self.names.index(name)]


def join(fits: Mapping[str, Fit]) -> Joint:
    """Joint mode of buildings fitted to the same sensors, in the same order.

    Raises
    ------
    ValueError
        If they were not.
    """
    items = list(fits.values())
    blur = items[0].matrix.shape[0] - items[0].own
    if any(f.matrix.shape[0] - f.own != blur for f in items):
        raise ValueError("buildings must be fitted to the same sensors")
    total = sum(f.own for f in items) + blur
    matrix, right = np.zeros((total, total)), np.zeros(total)
    shared = np.arange(total - blur, total)
    starts, place = [], 0
    for f in items:
        index = np.r_[place : place + f.own, shared]
        matrix[np.ix_(index, index)] += f.matrix
        # each building's gradient is at its own widths: refer all to zero
        at_zero = np.r_[np.zeros(f.own), np.concatenate([m.widths for m in f.models])]
        right[index] += f.right + f.matrix @ at_zero
        starts.append(place)
        place += f.own
    # prior of the blur, once, about zero
    prior = np.zeros((blur, blur))
    place = 0
    for model in items[0].models:
        bands = len(model.window.bands)
        prior[place : place + bands, place : place + bands] = model.window.blur.precision(bands)
        place += bands
    matrix[np.ix_(shared, shared)] += prior
    covariance = np.linalg.inv(matrix)
    mode = covariance @ right
    gradient = np.zeros((len(items), total))
    estimate = np.zeros(len(items))
    for i, f in enumerate(items):
        n = f.outline.parameters
        gradient[i, starts[i] : starts[i] + n] = area_gradient(f.outline, f.geometry)
        area = f.area()
        # a linear step; where building and blur disagree by more, it is held back
        estimate[i] = area + float(np.clip(gradient[i] @ mode, -MOST_STEP * area, MOST_STEP * area))
    return Joint(
        tuple(fits), estimate, gradient @ covariance @ gradient.T,
        np.array([f.polygon().length for f in items]),
        np.array([f.misfit for f in items]), np.array([f.bulge_sd for f in items]), mode[shared],
        min(m.window.gsd for m in items[0].models),
        np.array([max(m.window.before for m in f.models) for f in items]),
    )  # fmt: skip


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
    stretch = np.sqrt(TAIL_FREEDOM / chance.chisquare(TAIL_FREEDOM, draws))[:, None]
    # areas stay positive: errors multiply
    return Areas(
        joint.names, joint.estimate * np.exp(np.clip(white * stretch / joint.estimate, -2.0, 2.0))
    )
