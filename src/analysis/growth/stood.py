"""What a place looked like before: whether a roof stood there, or ground that looks so again.

A roof that only got another colour drew the same outline in the picture before. So the mean
picture before is regressed on the outline's blurred cover; the share that it explains is held
against what the same outline explains where it does not belong.
"""

from __future__ import annotations

import numpy as np
import shapely
import xarray as xr
from scipy import ndimage
from shapely import affinity
from shapely.geometry import Polygon

from analysis.growth.classes import GREEN, RESTLESS
from analysis.growth.series import Series
from analysis.growth.window import BANDS

EXPLAINED = 0.25
"""Share of a band's variance in and around the outline, beyond what displaced outlines explain,
from which a roof stood there before."""

BLUR_PIXELS = 0.45
"""Standard deviation of the blur that the cover is drawn with; its exact width hardly matters."""

ALIKE = 0.75
"""Distance between two dates, in deviations of the noise, below which a place looks the same;
drawn roofs stay beyond it from every date on which there was none. With more dates before, one of
them is sooner alike."""

AT_TIMES = 0.25
"""Share of the later dates on which open ground looks as it did before: its crops may be new."""

COVERED = 0.35
"""Share of an object's pixels that a roof must cover, by what is left of their season."""

RING = (2, 6)
"""Pixels from an object between which the ground around shows the season."""

SEASON = 0.02
"""Deviation of that ground over the dates, near infrared less red, from which it has one."""

FEWEST = 8
"""Clear dates before and after that a share needs."""

STRAY = 4.0
"""Factor by which the first date of a surface at rest may lie further off than most."""

ROOF_SCATTER = 0.06
"""Share of its reflectance by which a roof changes with sun, dust and wetness."""

FEWEST_AT_REST = 4
"""Clear dates that must show it."""

SCATTER = 0.012
"""Deviation of an object's season from that of the ground around, beyond which they are not of
one kind: another crop has another calendar."""

MOST_PIXELS = 16
"""Pixels of an object that may all lie on the rim of a building."""

RIM_PIXELS = 2.5
"""Pixels of ground around the outline that the cover is held against."""

FINE = 5
"""Points along a pixel's side at which cover is taken."""


def before(cube: xr.Dataset, outline: Polygon, dates: np.ndarray) -> bool:
    """Whether a roof of this outline shows in the mean picture of some dates."""
    return explained(cube, outline, dates) - displaced(cube, outline, dates) > EXPLAINED


def explained(cube: xr.Dataset, outline: Polygon, dates: np.ndarray) -> float:
    """Greatest share of variance, over the bands, that an outline explains in a mean picture.

    Parameters
    ----------
    cube
        Dims ``time, y, x`` on square pixels in metres.
    outline
        In the cube's projection.
    dates
        ``(time,)`` boolean: dates that are averaged.

    Returns
    -------
    float
        From 0 to 1; 0 where nothing was seen.
    """
    x, y = cube["x"].values, cube["y"].values
    gsd = abs(float(x[1] - x[0]))
    west, south, east, north = outline.buffer(RIM_PIXELS * gsd).bounds
    columns = np.flatnonzero((x >= west) & (x <= east))
    rows = np.flatnonzero((y >= south) & (y <= north))
    if not dates.any() or columns.size < 3 or rows.size < 3:
        return 0.0
    local = cube.isel(time=np.flatnonzero(dates), x=columns, y=rows)
    valid = local["valid"].values
    cover = _cover(outline, local["x"].values, local["y"].values, gsd)
    best = 0.0
    for band in (b for b in BANDS if b in local):
        stack = local[band].values
        seen = valid & np.isfinite(stack)
        mean = np.where(seen, stack, 0.0).sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
        there = seen.any(axis=0)
        if there.sum() < 9 or np.ptp(cover[there]) < 0.5:
            continue
        r = np.corrcoef(cover[there], mean[there])[0, 1]
        best = max(best, float(r * r) if np.isfinite(r) else 0.0)
    return best


def _cover(outline: Polygon, x: np.ndarray, y: np.ndarray, gsd: float) -> np.ndarray:
    """Blurred share of each pixel ``(y, x)`` that lies inside."""
    offset = (np.arange(FINE) + 0.5) / FINE - 0.5
    spread = gsd * (1 + 2 * BLUR_PIXELS)
    total = np.zeros((y.size, x.size))
    east, north = np.meshgrid(x, y)
    for dy in offset * spread:
        for dx in offset * spread:
            total += shapely.contains_xy(outline, east + dx, north + dy)
    return total / FINE**2


def displaced(cube: xr.Dataset, outline: Polygon, dates: np.ndarray) -> float:
    """The same for outlines moved by their own size to each side: median over the eight."""
    west, south, east, north = outline.bounds
    found = [
        explained(cube, affinity.translate(outline, i * (east - west), j * (north - south)), dates)
        for i in (-1, 0, 1)
        for j in (-1, 0, 1)
        if (i, j) != (0, 0)
    ]
    return float(np.median(found))


def ground_again(
    cube: xr.Dataset, pixels: np.ndarray, series: Series, dates: tuple[float, float]
) -> str:
    """Why a place may be open ground after both of its events, or nothing.

    Parameters
    ----------
    cube
        Dims ``time, y, x``: reflectance per band, and ``valid``.
    pixels
        ``(n, 2)`` rows and columns of the object.
    series
        Of that cube, for its dates, bands and noise.
    dates
        Days since 1970 of ground broken and roof on.
    """
    mean, clear = mean_series(cube, pixels, series)
    earlier, later = (clear & m for m in (series.days < dates[0], series.days >= dates[1]))
    if not earlier.any() or not later.any():
        return ""
    if "red" in series.bands and "nir" in series.bands:
        red, nir = (mean[later, series.bands.index(b)] for b in ("red", "nir"))
        if ((nir - red) / np.maximum(nir + red, 1e-3)).max() > GREEN:
            return "it is grown over at times afterwards"
    apart = mean[later][:, None] - mean[earlier][None]
    far = np.sqrt((apart**2 / np.diag(series.noise)).mean(axis=2))
    if np.quantile(far.min(axis=1), AT_TIMES) < ALIKE:
        return "it looks as the open ground there did on other dates"
    return ""


def mean_series(
    cube: xr.Dataset, pixels: np.ndarray, series: Series
) -> tuple[np.ndarray, np.ndarray]:
    """Mean reflectance ``(time, band)`` of some pixels in order of time, and the dates
    ``(time,)`` on which at least half of them was seen."""
    order = np.argsort(cube["time"].values, kind="stable")
    inside = (slice(None), pixels[:, 0], pixels[:, 1])
    there = cube["valid"].values[order][inside]
    mean = np.stack([
        np.where(there, cube[b].values[order][inside], 0.0).sum(axis=1)
        / np.maximum(there.sum(axis=1), 1)
        for b in series.bands
    ], axis=1)  # fmt: skip
    return mean, there.sum(axis=1) >= max(len(pixels) / 2, 1)


def settled(
    cube: xr.Dataset,
    pixels: np.ndarray,
    series: Series,
    since: float,
    scatter: float = ROOF_SCATTER,
) -> tuple[float, float] | None:
    """The clear dates between which a restless surface came to rest without plants, if it did.

    Works that were seen on few dates are no stage of their own to the scan; with the roof after
    them they look like a surface that never rests.

    Parameters
    ----------
    cube, pixels, series
        As in `ground_again`.
    since
        Days since 1970 of ground broken.
    scatter
        Share of its reflectance by which the surface may change beside the ground's noise.

    Returns
    -------
    tuple or None
        Days since 1970 of the last date before, and of the first date after.
    """
    if "red" not in series.bands or "nir" not in series.bands:
        return None
    mean, clear = mean_series(cube, _core(pixels), series)
    seen = np.flatnonzero(clear & (series.days >= since))
    for k in range(1, seen.size - FEWEST_AT_REST + 1):
        rest = mean[seen[k:]]
        level = np.median(rest, axis=0)
        spread = np.diag(series.noise) + (scatter * level) ** 2
        far = ((rest - level) ** 2 / spread).mean(axis=1)
        if np.median(far) > RESTLESS or far[0] > STRAY * RESTLESS:
            continue
        red, nir = (rest[:, series.bands.index(b)] for b in ("red", "nir"))
        if ((nir - red) / np.maximum(nir + red, 1e-3)).max() > GREEN:
            return None
        return float(series.days[seen[k - 1]]), float(series.days[seen[k]])
    return None


def _core(pixels: np.ndarray) -> np.ndarray:
    """Pixels of an object without its rim, in which the ground's season shows; all if none are."""
    mine = set(map(tuple, pixels.tolist()))
    steps = ((0, 1), (1, 0), (0, -1), (-1, 0))
    inner = [p for p in mine if all((p[0] + y, p[1] + x) in mine for y, x in steps)]
    return np.array(inner) if len(inner) >= FEWEST_AT_REST else pixels


def covered_share(
    cube: xr.Dataset, pixels: np.ndarray, series: Series, dates: tuple[float, float]
) -> float:
    """Share of an object's pixels that lost their season between two events.

    A building narrower than its pixels leaves a part of the season in them. How much is told by
    the ground around on the same dates: the slope of the object's near infrared less red against
    theirs, after over before. A field keeps its slope, whatever its crop.

    Parameters
    ----------
    cube, pixels, series, dates
        As in `ground_again`.

    Returns
    -------
    float
        At most 1; 0 where the ground around has no season, or another one, where too few dates
        show it, and for objects larger than the rim of a building.
    """
    if "red" not in cube or "nir" not in cube or len(pixels) > MOST_PIXELS:
        return 0.0
    order = np.argsort(cube["time"].values, kind="stable")
    inside = np.zeros(cube["valid"].shape[1:], dtype=bool)
    inside[pixels[:, 0], pixels[:, 1]] = True
    near, far = (ndimage.binary_dilation(inside, iterations=n) for n in RING)
    own, around = (_mean_season(cube, order, m) for m in (inside, far & ~near))
    clear = np.isfinite(own) & np.isfinite(around)
    slopes = []
    for there in (clear & (series.days < dates[0]), clear & (series.days >= dates[1])):
        if there.sum() < FEWEST or around[there].std() < SEASON:
            return 0.0
        slope, level = np.polyfit(around[there], own[there], 1)
        if np.std(own[there] - slope * around[there] - level) > SCATTER:
            return 0.0
        slopes.append(slope)
    before, after = slopes
    return float(np.clip(1 - after / before, 0, 1)) if before > COVERED else 0.0


def _mean_season(cube: xr.Dataset, order: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Near infrared less red ``(time,)`` of some pixels, NaN where under half of them was seen."""
    rows, columns = np.nonzero(where)
    seen = cube["valid"].values[order][:, rows, columns]
    difference = (cube["nir"].values - cube["red"].values)[order][:, rows, columns]
    total = np.where(seen, difference, 0.0).sum(axis=1)
    count = seen.sum(axis=1)
    return np.where(count >= max(rows.size / 2, 1), total / np.maximum(count, 1), np.nan)
