"""Ground that no date changes: fields of brightness, cover, forest, snow traps and height error.

They are drawn once for a world on a grid of their own, so that every sensor
and every date sees the same ground.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from analysis.simulate.chance import stream
from analysis.simulate.coverage import Grid
from analysis.simulate.sensors import SENSORS
from analysis.simulate.world import World

Array = NDArray[np.floating]

CELL = 2.5
"""Side of a cell of these fields, metres: finer than either sensor resolves."""

BORDER = 60.0
"""Metres beyond the largest chip, for shifts and displacement."""

LAYERS = {
    "brightness": (140.0, 3.0),
    "leafiness": (220.0, 2.8),
    "cover": (420.0, 3.4),
    "forest": (520.0, 3.2),
    "drift": (260.0, 3.0),
    "height": (1100.0, 4.0),
}
"""Fields by name: outer scale in metres, and how steeply power falls with frequency."""


def fractal(
    chance: np.random.Generator, shape: tuple[int, int], step: float, outer: float, fall: float
) -> NDArray[np.float64]:
    """A periodic random field of mean zero and variance one.

    Its power is flat up to one cycle per ``outer`` metres and then falls as
    frequency to the power of minus ``fall``.
    """
    rows, columns = shape
    north = scipy.fft.fftfreq(rows, step)[:, None]
    east = scipy.fft.rfftfreq(columns, step)[None, :]
    amplitude = (1 + (outer * outer) * (north * north + east * east)) ** (-fall / 4)
    amplitude[0, 0] = 0.0
    white = scipy.fft.rfft2(chance.standard_normal(shape))
    made = scipy.fft.irfft2(white * amplitude, s=shape)
    return (made - made.mean()) / made.std()


@dataclass(frozen=True)
class Ground:
    """The unchanging fields of one world."""

    grid: Grid
    fields: dict[str, NDArray[np.float64]]

    @classmethod
    def of(cls, world: World) -> Ground:
        """Draw them from the world's seed."""
        widest = max(p.pixels * SENSORS[p.sensor].gsd for p in world.spec.plans)
        half = widest / 2 + max(BORDER, 9 * SENSORS[world.spec.plans[0].sensor].gsd)
        side = scipy.fft.next_fast_len(math.ceil(2 * half / CELL), real=True)
        reach = side * CELL / 2
        grid = Grid(-reach, reach, CELL, side, side)
        wanted = [n for n in LAYERS if _needed(n, world)]
        fields = {
            n: fractal(stream(world.seed, "ground", n), grid.shape, CELL, *LAYERS[n])
            for n in wanted
        }
        return cls(grid, fields)

    def at(self, name: str, east: Array, north: Array) -> NDArray[np.float64]:
        """A field at places given in metres (arrays of one shape); zero if it was not drawn."""
        if name not in self.fields:
            return np.zeros(np.shape(east))
        rows = (self.grid.north - north) / self.grid.step - 0.5
        columns = (east - self.grid.west) / self.grid.step - 0.5
        return map_coordinates(self.fields[name], [rows, columns], order=1, mode="grid-wrap")


def _needed(name: str, world: World) -> bool:
    spec = world.spec
    return {
        "forest": spec.layout == "plant",
        "drift": spec.snow,
        "height": spec.terrain > 0,
    }.get(name, True)
