"""Several buildings of one scene series at their joint mode, sharing the blur.

Every building's normal equations say what it knows of its outline and of the blur. Added
up, with the blur's prior once, they are the joint posterior at the mode: an error of the blur
moves all areas together, each by its own edges.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.growth.descent import area_gradient
from analysis.growth.footprint import Fit

Array = NDArray[np.floating]

MOST_STEP = 0.05
"""Share of an area by which the joint blur may move it linearly."""


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
