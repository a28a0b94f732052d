"""What became of a place: a building, a roof in another colour, open ground, or something else."""

from __future__ import annotations

import numpy as np
import xarray as xr
from scipy import ndimage

from analysis.growth.series import Series

CLASSES = ("new-footprint", "re-roofing", "ground-works", "other")

GREEN = 0.5
"""Median vegetation index above which ground is grown over; painted roofs reach 0.4."""

SWING = 0.10
"""Amplitude of the vegetation index over the year from which ground has a season; a bare roof
changes by a few hundredths with the sun and the haze."""

ROOF_DATES = 3
"""Clear dates that must show the roof: fewer are ground works that have not ended."""

RESTLESS = 4.0
"""Noise variances by which a surface may scatter from date to date and still be a roof: of drawn
roofs, 99 of 100 stay below half of it."""

STANDS_OUT = 3.0
"""Distance from the ground around, in its own deviations, from which a roof stood there before."""

FLAT = 0.005
"""Reflectance added to the deviation of the ground around: no ground is flatter than that."""

SEASON_DATES = 8
"""Clear dates below which a stretch is too short to say whether it has a season."""

GROWN_OVER = "it is grown over afterwards"
HAS_SEASON = "it has a season afterwards"
SEASONAL = (GROWN_OVER, HAS_SEASON)
"""Reasons for no building that also hold of one in the midst of ground with a season."""


def standing_out(cube: xr.Dataset, pixels: np.ndarray, series: Series, until: float) -> float:
    """How an object differed from the ground around it before a date.

    Distance of the mean spectra, in standard deviations of the surrounding ground from pixel to
    pixel: a roof that was there before stands out, a meadow does not.
    """
    order = np.argsort(cube["time"].values, kind="stable")
    dates = order[series.days < until]
    inside = np.zeros(series.shape, dtype=bool)
    inside[pixels[:, 0], pixels[:, 1]] = True
    around = ndimage.binary_dilation(inside, iterations=5)
    around &= ~ndimage.binary_dilation(inside, iterations=2)
    top, left = np.maximum(pixels.min(axis=0) - 6, 0)
    bottom, right = pixels.max(axis=0) + 7
    box = (dates[:, None, None], np.arange(top, min(bottom, series.shape[0]))[None, :, None],
           np.arange(left, min(right, series.shape[1]))[None, None, :])  # fmt: skip
    inner, ring = (m[top:bottom, left:right] for m in (inside, around))
    clear = cube["valid"].values[box]
    if not ring.any() or not clear.any():
        return 0.0
    far = []
    for band in series.bands:
        image = cube[band].values[box]
        mean = np.where(clear, np.nan_to_num(image), 0.0).sum(axis=0) / np.maximum(clear.sum(0), 1)
        seen = clear.any(axis=0)
        if not (inner & seen).any() or not (ring & seen).any():
            return 0.0
        ground = mean[ring & seen]
        middle = float(np.median(ground))
        spread = 1.4826 * float(np.median(np.abs(ground - middle))) + FLAT
        far.append(abs(float(np.median(mean[inner & seen])) - middle) / spread)
    return float(np.sqrt(np.mean(np.square(far))))


def classify(
    stack: np.ndarray,
    clear: np.ndarray,
    series: Series,
    dates: tuple[float, float],
    stood_out: float,
) -> tuple[str, str]:
    """Class of one object, from its mean series ``(time, band)``, its two dates in days, and how
    it stood out before (see `standing_out`)."""
    first, second = dates
    if "red" not in series.bands or "nir" not in series.bands:
        return "other", "no red and near infrared to tell a roof from plants"
    red, nir = (stack[:, series.bands.index(b)] for b in ("red", "nir"))
    index = (nir - red) / np.maximum(nir + red, 1e-3)
    before = clear & (series.days < first)
    after = clear & (series.days >= second)
    if np.count_nonzero(after) < ROOF_DATES:
        return "ground-works", "the ground is open at the end of the series"
    level, swing = season(index, after, series)
    if level > GREEN:
        return "other", GROWN_OVER
    if swing is not None and swing > SWING:
        return "other", HAS_SEASON
    scatter = stack[after] - np.median(stack[after], axis=0)
    if np.median((scatter**2 / np.diag(series.noise)).mean(axis=1)) > RESTLESS:
        return "ground-works", "the surface still changes from date to date"
    level, swing = season(index, before, series)
    if level < GREEN and (swing is None or swing < SWING) and stood_out > STANDS_OUT:
        return "re-roofing", "it stood out before as well, without a season, in another colour"
    return "new-footprint", "ground like that around it became a surface without a season"


def season(index: np.ndarray, there: np.ndarray, series: Series) -> tuple[float, float | None]:
    """Median of an index over a stretch, and its amplitude over the year if it can be told."""
    values = index[there]
    level = float(np.median(values)) if values.size else 0.0
    if values.size < SEASON_DATES:
        return level, None
    design = series.design[there][:, :3].astype(np.float64)
    normal = design.T @ design + np.diag([1e-6, 0.5, 0.5])
    _, cosine, sine = np.linalg.solve(normal, design.T @ np.clip(values, -1, 1))
    return level, float(np.hypot(cosine, sine))
