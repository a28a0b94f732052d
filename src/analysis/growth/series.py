"""A cube laid out for the scan: whitened bands, blocks of pixels side by side in memory.

The layout is chosen when a cube is taken in, once: within a block the dates of 128 neighbouring
pixels lie side by side, so that the scan's inner loops run over pixels that a processor takes
several at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numba
import numpy as np
import xarray as xr

from analysis.growth import noise as noises

LANES = 128
"""Pixels side by side in a block."""

BANDS = ("blue", "green", "red", "nir")
"""Bands of a cube that are scanned, where it has them (the short-wave bands are 20 m)."""

ANYTHING = 0.1
"""Standard deviation of reflectance over all that may be built or dug: roofs from tar to paint."""

DISPLACED = 0.1
"""Variance of what the direction of view may change of an object, of that of anything on the
site: an error of the terrain model moves a roof's edge from orbit to orbit."""

ORBIT_DATES = 3
"""Dates from which an orbit counts as one."""

STEP_CUT = 3.0
"""Whitened units at which a step between two dates is cut, when a pixel's own noise is taken."""


@dataclass(frozen=True)
class Series:
    """A cube in the form in which it is scanned."""

    values: np.ndarray
    """``(block, time, band, lane)`` float32: whitened, unit noise."""
    clear: np.ndarray
    """``(block, time, lane)`` float32: 1 where the ground was seen."""
    days: np.ndarray
    """``(time,)`` days since 1970, float64, ascending."""
    design: np.ndarray
    """``(time, coefficient)`` float32: constant, then cosine and sine of each wave."""
    prior: np.ndarray
    """``(coefficient,)`` prior variance of the background, in whitened units."""
    spread: float
    """Variance of whitened values over the site: what ground works or a roof may look like."""
    noise: np.ndarray
    """``(band, band)`` covariance of one observation around its season, in reflectance."""
    mean: np.ndarray
    """``(band,)`` mean of the site, reflectance: whitened values count from it."""
    inflation: np.ndarray
    """``(y, x)`` factor by which a pixel is noisier than the site."""
    step: float
    """Median over the site of a pixel's root mean square step between dates, whitened."""
    shape: tuple[int, int]
    bands: tuple[str, ...]

    def image(self, lanes: np.ndarray) -> np.ndarray:
        """``(..., block, lane)`` as ``(..., y, x)``."""
        flat = lanes.reshape(*lanes.shape[:-2], -1)
        height, width = self.shape
        return flat[..., : height * width].reshape(*lanes.shape[:-2], height, width)


def from_cube(cube: xr.Dataset, bands: Sequence[str] = BANDS) -> Series:
    """Lay out a cube (dims ``time, y, x``: reflectance per band, and ``valid``)."""
    order = np.argsort(cube["time"].values, kind="stable")
    names = tuple(b for b in bands if b in cube)
    stack = np.stack([cube[b].values[order] for b in names], axis=1).astype(np.float32)
    clear = cube["valid"].values[order] & np.isfinite(stack).all(axis=1)
    days = cube["time"].values[order].astype("datetime64[s]").astype(np.float64) / 86400.0
    return lay_out(stack, clear, days, names, jitter=noises.jitter(cube))


def lay_out(
    stack: np.ndarray,
    clear: np.ndarray,
    days: np.ndarray,
    bands: Sequence[str],
    *,
    jitter: float = 0.0,
    anything: float = ANYTHING,
) -> Series:
    """Lay out plain arrays.

    Parameters
    ----------
    stack
        ``(time, band, y, x)`` float32.
    clear
        ``(time, y, x)`` boolean.
    days
        ``(time,)`` days, ascending.
    jitter
        Standard deviation, in pixels, of what registration left: it makes edges noisier.
    anything
        Standard deviation, in units of the values, over all that may be built or dug.
    """
    times, count, height, width = stack.shape
    design = noises.waves(days)
    mean, noise, prior, spread = noises.of_site(stack, clear, design, anything)
    whiten = np.linalg.inv(np.linalg.cholesky(noise))
    factor = noises.edge_factor(noises.mean_picture(stack, clear), noise, jitter)
    values, seen, own = _blocks(
        stack.reshape(times, count, -1),
        clear.reshape(times, -1),
        mean.astype(np.float32),
        whiten.astype(np.float32),
        (1.0 / factor).astype(np.float32).reshape(-1),
        -(-height * width // LANES),
    )
    step = max(float(np.median(own[own > 0])), 1e-6) if own.any() else 1e-6
    restless = _calmed(values, own, step)
    flat = restless.reshape(-1)[: height * width].reshape(height, width)
    return Series(values, seen, days.astype(np.float64), design.astype(np.float32), prior, spread,
                  noise, mean, factor * flat, step, (height, width), tuple(bands))  # fmt: skip


def of_pixels(site: Series, stack: np.ndarray, clear: np.ndarray, factor: np.ndarray) -> Series:
    """Single pixels as pixels of one row, laid out as their site is, whose null they are held to.

    Parameters
    ----------
    stack
        ``(time, band, pixel)`` float32, reflectance.
    clear
        ``(time, pixel)`` boolean.
    factor
        ``(pixel,)`` factor on the noise where the picture has an edge; see `analysis.growth.noise`.
    """
    values, seen, own = _blocks(
        stack,
        clear,
        site.mean.astype(np.float32),
        np.linalg.inv(np.linalg.cholesky(site.noise)).astype(np.float32),
        (1.0 / factor).astype(np.float32),
        -(-stack.shape[2] // LANES),
    )
    restless = _calmed(values, own, site.step)
    shape = (1, stack.shape[2])
    return replace(site, values=values, clear=seen, shape=shape,
                   inflation=factor[None] * restless.reshape(1, -1)[:, : shape[1]])  # fmt: skip


def _calmed(values: np.ndarray, own: np.ndarray, step: float) -> np.ndarray:
    """Factors ``(block, lane)``; a pixel that jumps about more than its site has less to say."""
    restless = np.maximum(own / step, 1.0)
    values /= restless[:, None, None, :]
    return restless


def of_objects(
    site: Series,
    stack: np.ndarray,
    clear: np.ndarray,
    views: np.ndarray | None = None,
    looks: np.ndarray | None = None,
) -> Series:
    """Mean series of objects as pixels of one row, whitened as their site is.

    Parameters
    ----------
    stack
        ``(time, band, object)`` mean reflectance.
    clear
        ``(time, object)`` boolean.
    views
        ``(time, direction)`` from `directions`: the ground may look different from each.
    looks
        ``(object,)`` number of independent pixels that each mean is worth; one by default.
    """
    shape = (1, stack.shape[2])
    looks = np.ones(shape[1]) if looks is None else looks
    best = float(np.max(looks, initial=1.0))
    values, seen, _ = _blocks(
        np.where(clear[:, None], stack, 0.0).astype(np.float32),
        clear,
        site.mean.astype(np.float32),
        np.linalg.inv(np.linalg.cholesky(site.noise)).astype(np.float32),
        np.sqrt(looks).astype(np.float32),
        -(-shape[1] // LANES),
    )
    design, prior = site.design, site.prior
    if views is not None and views.shape[1] > 1:
        design = np.concatenate([design, views.astype(np.float32)], axis=1)
        prior = np.concatenate([prior, np.full(views.shape[1], DISPLACED * site.spread)])
    return replace(site, values=values, clear=seen, design=design, prior=prior * best,
                   spread=site.spread * best, inflation=np.ones(shape), shape=shape)  # fmt: skip


def directions(cube: xr.Dataset) -> np.ndarray:
    """Which orbit a date belongs to ``(time, orbit)``, dates ascending; none if not known."""
    if "orbit" not in cube.coords:
        return np.zeros((cube.sizes["time"], 0))
    orbit = cube["orbit"].values[np.argsort(cube["time"].values, kind="stable")]
    names, count = np.unique(orbit, return_counts=True)
    return np.stack([orbit == n for n in names[count >= ORBIT_DATES]] or [orbit < -9], 1) * 1.0


@numba.njit(parallel=True, cache=True)
def _blocks(stack, clear, mean, whiten, factor, blocks):
    """Whitened blocks, clear blocks, and each pixel's root mean square step, cut."""
    times, count, pixels = stack.shape
    values = np.zeros((blocks, times, count, LANES), np.float32)
    seen = np.zeros((blocks, times, LANES), np.float32)
    own = np.zeros((blocks, LANES), np.float32)
    for k in numba.prange(blocks):
        last = np.zeros((count, LANES), np.float32)
        steps = np.zeros(LANES, np.float32)
        known = np.zeros(LANES, np.float32)
        for t in range(times):
            for lane in range(LANES):
                p = k * LANES + lane
                if p >= pixels or not clear[t, p]:
                    continue
                seen[k, t, lane] = 1.0
                far = np.float32(0.0)
                for c in range(count):
                    z = np.float32(0.0)
                    for b in range(c + 1):
                        z += whiten[c, b] * (stack[t, b, p] - mean[b])
                    z *= factor[p]
                    values[k, t, c, lane] = z
                    step = min(abs(z - last[c, lane]), np.float32(STEP_CUT))
                    far += step * step
                    last[c, lane] = z
                if known[lane] > 0:
                    steps[lane] += far
                known[lane] += 1.0
        for lane in range(LANES):
            own[k, lane] = np.sqrt(steps[lane] / max(known[lane] - 1.0, 1.0) / (2 * count))
    return values, seen, own
