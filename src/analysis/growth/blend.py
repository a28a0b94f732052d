"""Synthetic buildings drawn into a real cube's own pixels.

A building is a turned rectangle seen through a Gaussian blur that holds the pixel's aperture
(`analysis.growth.psf`). On every date after an event, the share of a pixel that it covers is taken
from the ground's season to the new surface; what the date added to that season (noise, haze, a
gain that was not taken off) stays, and so do its clouds. Edges move from date to date by what
registration left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import erf

import numba
import numpy as np
import xarray as xr

from analysis.growth import noise
from analysis.growth import series as layout
from analysis.growth.psf import Blur

ROOFS: Mapping[str, Mapping[str, float]] = {
    "light sheet": {"blue": 0.33, "green": 0.35, "red": 0.36, "nir": 0.38},
    "grey sheet": {"blue": 0.18, "green": 0.19, "red": 0.20, "nir": 0.23},
    "concrete": {"blue": 0.21, "green": 0.24, "red": 0.26, "nir": 0.31},
    "blue paint": {"blue": 0.26, "green": 0.21, "red": 0.12, "nir": 0.24},
    "red paint": {"blue": 0.08, "green": 0.10, "red": 0.22, "nir": 0.30},
    "dark membrane": {"blue": 0.07, "green": 0.08, "red": 0.08, "nir": 0.10},
}
"""Reflectance of kinds of roof, from bright to dark: a choice, so that a recovery can be read for
each of them. They stand for no building that anybody measured."""

SOIL: Mapping[str, float] = {"blue": 0.11, "green": 0.15, "red": 0.20, "nir": 0.27}
"""Reflectance of ground works."""

BRIGHTNESS = 0.15
"""Standard deviation of a roof's and a pit's logarithm of brightness, building by building."""

WET = 0.08
"""The same of ground works from date to date, as they dry and move on."""

UNTOUCHED = 0.01
"""Share of a pixel below which a building leaves it as it was."""


@dataclass(frozen=True)
class Buildings:
    """Synthetic buildings, one entry each; lengths in pixels."""

    row: np.ndarray
    column: np.ndarray
    """Position of the centre; whole numbers are pixel centres."""
    length: np.ndarray
    width: np.ndarray
    angle: np.ndarray
    """Radians from the columns' direction."""
    first: np.ndarray
    """Days since 1970 on which ground was broken."""
    second: np.ndarray
    """Days since 1970 on which the roof was on."""
    roof: np.ndarray
    """``(building, band)`` reflectance."""
    works: np.ndarray
    """``(building, time, band)`` reflectance of ground works, date by date."""
    shift: np.ndarray
    """``(building, time, 2)`` rows and columns by which a date shows it off."""

    @property
    def reach(self) -> np.ndarray:
        """Half diagonal, pixels."""
        return np.hypot(self.length, self.width) / 2

    def take(self, part: slice | np.ndarray) -> Buildings:
        """Some of them."""
        return Buildings(**{f.name: getattr(self, f.name)[part] for f in fields(self)})


@dataclass(frozen=True)
class Ground:
    """A cube, ready to be built on."""

    stack: np.ndarray
    """``(time, band, y, x)`` float32, dates ascending."""
    clear: np.ndarray
    """``(time, y, x)`` boolean."""
    days: np.ndarray
    """``(time,)`` days since 1970."""
    season: np.ndarray
    """``(coefficient, band, y, x)`` float32: the season of each pixel."""
    picture: np.ndarray
    """``(band, y, x)`` mean of the clear dates."""
    sigma: float
    """Standard deviation of the blur, pixels."""
    bands: tuple[str, ...]


@dataclass(frozen=True)
class Blended:
    """The pixels that buildings touched, each building on a patch of its own."""

    rows: np.ndarray
    columns: np.ndarray
    """``(building, patch row, patch column)`` where the patches lie in the cube."""
    touched: np.ndarray
    """``(building, patch row, patch column)`` boolean: the pixels below, in this order."""
    cover: np.ndarray
    """``(pixel,)`` share that the building covers, blurred, 0 to 1; its sum is the area."""
    stack: np.ndarray
    """``(time, band, pixel)`` float32: reflectance with the building."""
    clear: np.ndarray
    """``(time, pixel)`` boolean."""

    @property
    def at(self) -> tuple[np.ndarray, np.ndarray]:
        """Rows and columns of the pixels in the cube."""
        return self.rows[self.touched], self.columns[self.touched]


def ground(cube: xr.Dataset, pixel_m: float) -> Ground:
    """Read what a cube's pixels do without a new building."""
    order = np.argsort(cube["time"].values, kind="stable")
    bands = tuple(b for b in layout.BANDS if b in cube)
    stack = np.stack([cube[b].values[order] for b in bands], axis=1).astype(np.float32)
    clear = cube["valid"].values[order] & np.isfinite(stack).all(axis=1)
    stack = np.where(clear[:, None], stack, np.float32(0.0))
    days = cube["time"].values[order].astype("datetime64[s]").astype(np.float64) / 86400.0
    sigma = Blur.of(pixel_m).sigma / pixel_m
    season, picture = seasons(stack, clear, days), noise.mean_picture(stack, clear)
    return Ground(stack, clear, days, season, picture, sigma, bands)


def seasons(stack: np.ndarray, clear: np.ndarray, days: np.ndarray) -> np.ndarray:
    """Harmonics of every pixel and band ``(coefficient, band, y, x)``, held back a little."""
    design = noise.waves(days).astype(np.float32)
    seen = clear.astype(np.float32)
    normal = np.einsum("ti,tj,tyx->yxij", design, design, seen, optimize=True)
    normal += np.diag([1e-3, *[0.5] * (design.shape[1] - 1)])
    right = np.einsum("ti,tbyx->yxib", design, stack, optimize=True)
    return np.moveaxis(np.linalg.solve(normal, right), (2, 3), (0, 1)).astype(np.float32)


def blend(site: Ground, buildings: Buildings, strength: float = 1.0) -> Blended:
    """Draw buildings, each as if it were the only one.

    Parameters
    ----------
    strength
        Factor on the difference to the ground: 0 leaves every pixel as it was.
    """
    roam = 4 * float(np.sqrt(np.mean(buildings.shift**2)))  # two deviations on either side
    half = int(np.ceil(buildings.reach.max() + roam + 3.5 * site.sigma))
    steps = np.arange(-half, half + 1)
    rows = np.round(buildings.row).astype(int)[:, None, None] + steps[None, :, None]
    columns = np.round(buildings.column).astype(int)[:, None, None] + steps[None, None, :]
    rows, columns = (np.ascontiguousarray(a) for a in np.broadcast_arrays(rows, columns))
    cover, wide = np.zeros(rows.shape), np.zeros(rows.shape)
    for more, out in ((0.0, cover), (roam, wide)):
        _cover(rows, columns, buildings.row, buildings.column, buildings.length + more,
               buildings.width + more, buildings.angle, site.sigma, out)  # fmt: skip
    height, width = site.clear.shape[1:]
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    which, *_ = np.nonzero(touched := inside & (wide > UNTOUCHED))
    y, x = rows[touched], columns[touched]
    out = np.empty((site.days.size, len(site.bands), y.size), np.float32)
    _blend(
        site.stack, noise.waves(site.days).astype(np.float32), site.season, site.days,
        which, y, x, buildings.row, buildings.column, buildings.length, buildings.width,
        buildings.angle, buildings.first, buildings.second, buildings.roof.astype(np.float32),
        buildings.works.astype(np.float32), buildings.shift, site.sigma, strength, out,
    )  # fmt: skip
    return Blended(rows, columns, touched, cover[touched], out, site.clear[:, y, x])


def built(
    cube: xr.Dataset, site: Ground, buildings: Buildings, strength: float = 1.0
) -> xr.Dataset:
    """A cube in which some buildings, apart from each other, stand; it says that they are drawn."""
    # loaded first: what is written to pixels that still lie in a file is lost
    made = cube.isel(time=np.argsort(cube["time"].values, kind="stable")).compute().copy(deep=True)
    drawn = blend(site, buildings, strength)
    for b, band in enumerate(site.bands):
        values = made[band].values
        y, x = drawn.at
        values[:, y, x] = np.where(drawn.clear, drawn.stack[:, b], values[:, y, x])
    return made.assign_attrs(kind="injected")


@numba.njit(cache=True)
def _share(y, x, length, width, cosine, sine, sigma):
    """Share of a pixel at an offset from the centre: the blurred rectangle there."""
    along, across = x * cosine + y * sine, y * cosine - x * sine
    root = 1.0 / (sigma * np.sqrt(2.0))
    one = erf((along + length / 2) * root) - erf((along - length / 2) * root)
    two = erf((across + width / 2) * root) - erf((across - width / 2) * root)
    return 0.25 * one * two


@numba.njit(parallel=True, cache=True)
def _cover(rows, columns, row, column, length, width, angle, sigma, out):
    for i in numba.prange(rows.shape[0]):
        cosine, sine = np.cos(angle[i]), np.sin(angle[i])
        for a in range(rows.shape[1]):
            for b in range(rows.shape[2]):
                out[i, a, b] = _share(rows[i, a, b] - row[i], columns[i, a, b] - column[i],
                                      length[i], width[i], cosine, sine, sigma)  # fmt: skip


@numba.njit(parallel=True, cache=True)
def _blend(stack, design, season, days, which, rows, columns, row, column, length, width, angle,
           first, second, roof, works, shift, sigma, strength, out):  # fmt: skip
    times, count = stack.shape[0], stack.shape[1]
    for p in numba.prange(which.size):
        i, y, x = which[p], rows[p], columns[p]
        cosine, sine = np.cos(angle[i]), np.sin(angle[i])
        for t in range(times):
            if days[t] < first[i]:
                for b in range(count):
                    out[t, b, p] = stack[t, b, y, x]
                continue
            share = strength * _share(y - row[i] - shift[i, t, 0], x - column[i] - shift[i, t, 1],
                                      length[i], width[i], cosine, sine, sigma)  # fmt: skip
            for b in range(count):
                own = np.float32(0.0)
                for k in range(design.shape[1]):
                    own += design[t, k] * season[k, b, y, x]
                new = roof[i, b] if days[t] >= second[i] else works[i, t, b]
                out[t, b, p] = stack[t, b, y, x] + share * (new - own)
