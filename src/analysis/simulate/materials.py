"""What surfaces reflect, and how growth and ripening change it through the year.

Reflectances are round figures in the middle of what spectral libraries give
for each material; worlds vary about them.
"""

from __future__ import annotations

import math
from datetime import date

import numpy as np

SOIL = (0.085, 0.115, 0.150, 0.225, 0.290)
STRAW = (0.060, 0.090, 0.120, 0.215, 0.270)
LEAF = (0.025, 0.055, 0.032, 0.400, 0.170)
FOREST_SUMMER = (0.020, 0.038, 0.024, 0.290, 0.120)
FOREST_WINTER = (0.045, 0.058, 0.068, 0.155, 0.160)
EARTHWORKS = (0.125, 0.170, 0.220, 0.295, 0.350)
CONCRETE = (0.195, 0.230, 0.260, 0.310, 0.330)
GRAVEL = (0.130, 0.155, 0.175, 0.215, 0.250)
ROAD = (0.085, 0.095, 0.105, 0.130, 0.160)
WATER = (0.045, 0.050, 0.035, 0.018, 0.010)
PADDY = (0.055, 0.070, 0.065, 0.075, 0.050)
WALL = (0.180, 0.200, 0.215, 0.250, 0.260)
SNOW = (0.820, 0.810, 0.790, 0.700, 0.110)
CLOUD = (0.560, 0.550, 0.550, 0.580, 0.420)

SKY_SHARE = (0.42, 0.34, 0.28, 0.20, 0.12)
"""Share of the light that reaches a shaded place from the sky, by band."""

ROOFS = {
    "red": (0.065, 0.075, 0.190, 0.260, 0.300),
    "blue": (0.170, 0.165, 0.130, 0.240, 0.250),
    "green": (0.080, 0.140, 0.105, 0.220, 0.230),
    "light": (0.290, 0.310, 0.320, 0.340, 0.330),
    "white": (0.430, 0.455, 0.470, 0.490, 0.420),
    "dark": (0.065, 0.072, 0.080, 0.105, 0.135),
    "cement": (0.165, 0.190, 0.210, 0.250, 0.270),
}
"""Roof materials."""


def roof(chance: np.random.Generator) -> tuple[float, float, float, float, float]:
    """A roof colour: one of the materials, brighter or darker and tinted a little."""
    base = np.array(ROOFS[str(chance.choice(list(ROOFS)))])
    made = base * math.exp(chance.normal(0, 0.12)) * np.exp(chance.normal(0, 0.04, 5))
    b, g, r, n, s = (float(min(v, 0.6)) for v in made)
    return b, g, r, n, s


def _rise(day: float, middle: float, days: float) -> float:
    return 1 / (1 + math.exp(-(day - middle) / days))


def greenness(when: date, late: float, vigour: float) -> float:
    """Share of full leaf in wild grass on a day: spring, summer and autumn at 40 N."""
    day = when.timetuple().tm_yday - late
    return 0.05 + 0.85 * vigour * (_rise(day, 128, 9) - _rise(day, 274, 12))


def leaves(when: date, late: float) -> float:
    """Share of leaf in a mixed forest; conifers keep theirs."""
    day = when.timetuple().tm_yday - late
    return 0.25 + 0.75 * (_rise(day, 122, 7) - _rise(day, 288, 9))


CROPS = {
    "grain": (95.0, 178.0, 8.0),
    "maize": (150.0, 262.0, 9.0),
    "rice": (163.0, 268.0, 8.0),
    "fallow": (130.0, 276.0, 14.0),
}
"""Day of half growth, day of harvest, and the days that growth takes."""

FLOODED = (118.0, 168.0)
"""Days of the year on which a rice field is under water."""


def crop(kind: str, when: date, late: float) -> tuple[float, float]:
    """Share of green leaf and share of open water on a field."""
    day = when.timetuple().tm_yday - late
    grows, falls, takes = CROPS[kind]
    height = 0.35 if kind == "fallow" else 0.92
    green = 0.02 + height * (_rise(day, grows, takes) - _rise(day, falls, 4.0))
    water = 0.0
    if kind == "rice":
        water = _rise(day, FLOODED[0], 2.0) - _rise(day, FLOODED[1], 6.0)
    return max(green, 0.0), min(max(water, 0.0), 1.0)
