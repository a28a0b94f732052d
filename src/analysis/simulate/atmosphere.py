"""Clouds, their shadows, thin veils and haze, on the pixels of one scene."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.simulate.chance import stream, uniform
from analysis.simulate.ground import fractal
from analysis.simulate.world import Scene, World

Array = NDArray[np.float64]

SOFT = 1.1
"""Width, in standard deviations of the cloud field, over which a cloud grows opaque."""

SHADOW_DEPTH = 0.62
"""Share of the light that an opaque cloud takes from the ground below it."""

HAZE = {"blue": 1.0, "green": 0.72, "red": 0.52, "nir": 0.25, "swir16": 0.06}
"""Brightness of haze by band, relative to blue."""


@dataclass(frozen=True)
class Sky:
    """What lies between the ground and the sensor; arrays of rows and columns."""

    opacity: Array
    """Of clouds, 0 to 1."""
    shadow: Array
    """Share of the direct light that clouds take, 0 to 1."""
    veil: float
    """Opacity of cirrus, the same everywhere."""
    haze: Array
    """Added reflectance in blue."""


def sky(world: World, scene: Scene, pixels: int, gsd: float) -> Sky:
    """The sky over a chip of ``pixels`` on a side."""
    chance = stream(world.seed, "sky", scene.number)
    side = 2 * pixels
    haze = np.full((pixels, pixels), scene.haze)
    if scene.haze:
        smooth = fractal(chance, (side, side), gsd, 2500.0, 4.0)[:pixels, :pixels]
        haze = scene.haze * (1 + 0.4 * smooth)
    nothing = np.zeros((pixels, pixels))
    if not scene.cloud:
        return Sky(nothing, nothing, scene.cirrus, haze)
    field = fractal(chance, (side, side), gsd, uniform(chance, (500.0, 1500.0)), 3.7)
    first = pixels // 2
    chip = (slice(first, first + pixels),) * 2
    # opaque enough to be called cloud from the middle of the rise on
    middle = float(np.quantile(field[chip], 1 - scene.cloud))
    rise = np.clip((field - middle) / SOFT + 0.5, 0, 1)
    opacity = rise * rise * (3 - 2 * rise)
    height = uniform(chance, (500.0, 1600.0))
    reach = height / math.tan(math.radians(scene.sun_elevation)) / gsd
    away = math.radians(scene.sun_azimuth + 180)
    east, south = round(reach * math.sin(away)), round(-reach * math.cos(away))
    shadow = np.roll(opacity, (south, east), axis=(0, 1))
    return Sky(opacity[chip], shadow[chip] * (1 - opacity[chip]), scene.cirrus, haze)
