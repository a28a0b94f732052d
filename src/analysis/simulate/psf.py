"""Point-spread functions as transfer functions: what an optical system leaves of a pattern.

Each family gives the modulation transfer of the whole system, the detector's
own aperture included, as a function of spatial frequency in cycles per pixel.
The transfer at frequency zero is one, so no light is made or lost. Its one
parameter is the transfer at Nyquist (half a cycle per pixel), the figure that
operators publish; for Sentinel-2 the requirement was 0.15 to 0.30 and in-orbit
values of the 10 m bands lie near 0.25.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import j1

Array = NDArray[np.floating]

NYQUIST = 0.5
"""Cycles per pixel."""

BOX_AT_NYQUIST = 2 / math.pi
"""Transfer of a square pixel at Nyquist, sin(pi/2) / (pi/2)."""


@dataclass(frozen=True)
class Psf:
    """The transfer of one band of one sensor."""

    family: str
    """One of `FAMILIES`."""
    mtf: float
    """Transfer at Nyquist along the first axis, geometric mean of both axes."""
    anisotropy: float = 1.0
    """Width across the first axis divided by the width along it."""
    axis_deg: float = 0.0
    """Direction of the first axis, degrees clockwise from north."""

    def transfer(self, east: Array, north: Array) -> Array:
        """Transfer at frequencies in cycles per pixel (arrays that broadcast)."""
        turn = math.radians(self.axis_deg)
        stretch = math.sqrt(self.anisotropy)
        along = (math.sin(turn) * east + math.cos(turn) * north) / stretch
        across = (math.cos(turn) * east - math.sin(turn) * north) * stretch
        return FAMILIES[self.family](along, across, self.mtf)


def gaussian_sigma(mtf: float) -> float:
    """Standard deviation, in pixels, of the Gaussian with this transfer at Nyquist."""
    return math.sqrt(-2 * math.log(mtf)) / math.pi


def _gaussian(u: Array, v: Array, mtf: float) -> Array:
    return np.exp(-2 * (math.pi * gaussian_sigma(mtf)) ** 2 * (u * u + v * v))


def _box(u: Array, v: Array) -> Array:
    return np.sinc(u) * np.sinc(v)


def _diffraction(relative: Array) -> Array:
    """Transfer of a clear circular aperture; ``relative`` to the cut-off frequency."""
    x = np.clip(np.abs(relative), 0.0, 1.0)
    return (2 / math.pi) * (np.arccos(x) - x * np.sqrt(1 - x * x))


def _airy_box(u: Array, v: Array, mtf: float) -> Array:
    """Diffraction at a circular aperture, seen through a square pixel."""
    cutoff = _solve(lambda c: float(_diffraction(np.array(NYQUIST / c))), mtf, 0.5001, 50.0)
    return _diffraction(np.hypot(u, v) / cutoff) * _box(u, v)


def _disc(x: Array) -> Array:
    """Transfer of a uniform disc, ``2 J1(pi x) / (pi x)`` with ``x`` in diameters."""
    z = math.pi * np.maximum(np.abs(x), 1e-9)
    return 2 * j1(z) / z


def _defocus_box(u: Array, v: Array, mtf: float) -> Array:
    """A defocused spot, a uniform disc, seen through a square pixel."""
    diameter = -_solve(lambda d: float(_disc(np.array(-NYQUIST * d))), mtf, -2.43, -1e-6)
    return _disc(np.hypot(u, v) * diameter) * _box(u, v)


WING_SHARE = 0.04
"""Share of the light that the family with wings scatters widely."""

WING_SIGMA = 3.0
"""Standard deviation of that scattered light, pixels."""


def _gaussian_wings(u: Array, v: Array, mtf: float) -> Array:
    """A Gaussian core with a faint wide halo, as stray light makes it."""
    halo = WING_SHARE * np.exp(-2 * (math.pi * WING_SIGMA) ** 2 * (u * u + v * v))
    return halo + (1 - WING_SHARE) * _gaussian(u, v, mtf / (1 - WING_SHARE))


def _solve(transfer: Callable[[float], float], mtf: float, low: float, high: float) -> float:
    """The parameter at which an increasing ``transfer``, times the pixel's, is ``mtf``."""
    goal = mtf / BOX_AT_NYQUIST
    for _ in range(80):
        middle = (low + high) / 2
        if transfer(middle) < goal:
            low = middle
        else:
            high = middle
    return (low + high) / 2


FAMILIES: dict[str, Callable[[Array, Array, float], Array]] = {
    "gaussian": _gaussian,
    "airy-box": _airy_box,
    "defocus-box": _defocus_box,
    "gaussian-wings": _gaussian_wings,
}
"""Transfer functions by name; each takes two frequencies and the transfer at Nyquist."""
