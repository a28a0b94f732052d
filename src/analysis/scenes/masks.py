"""What covers each pixel: cloud, shadow, snow, nothing; and what is a roof in spite of the mask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

SCL_CLOUD = (8, 9, 10)
"""Cloud of medium and high probability, thin cirrus."""

SCL_SHADOW = (3,)
SCL_SNOW = (11,)
SCL_BAD = (0, 1)
"""No data, saturated or defective. Class 2 (dark ground) stays: roofs and their shadows fall in."""

CLOUD_RIM_M = 40.0
"""Metres by which clouds grow: Sen2Cor misses their rims (``choice:scenes.mask-rims``)."""

SHADOW_RIM_M = 30.0
"""Metres by which shadows grow (``choice:scenes.mask-rims``)."""

SNOW_RIM_M = 10.0
"""Metres by which snow grows (``choice:scenes.mask-rims``)."""

NDSI = 0.42
"""Snow index above which a bright pixel is snow (Hall and Riggs 2007, with the nir test)."""

WIDE_M = 300.0
"""Side of the surroundings that must be mostly clear before a flag is taken for a roof."""

CLEAR_AROUND = 0.25
"""Largest flagged share of the surroundings on an otherwise clear date."""

RECURS = 0.5
"""Share of otherwise clear dates, near in time, on which a roof is flagged."""

NEAR_DATES = 5
"""Dates before and after that are looked at: about a season in a dense series."""

FEWEST = 4
"""Otherwise clear dates without which nothing is rescued."""

SAME = 0.10
"""Reflectance in blue by which a roof may vary among flagged dates; a cloud varies more."""

SERIES_FEWEST = 6
"""Dates from which on clouds are found by the series alone."""


@dataclass(frozen=True)
class Cover:
    """What covers the ground on one date; all ``(y, x)`` and boolean."""

    cloud: np.ndarray
    shadow: np.ndarray
    snow: np.ndarray
    bad: np.ndarray
    """No pixel, or a defective one."""


def of_numbers(
    numbers: Mapping[str, np.ndarray], bands: Mapping[str, np.ndarray]
) -> tuple[Cover, str]:
    """Cover from a scene's own mask layers, and which layer it came from (or nothing).

    Parameters
    ----------
    numbers
        Digital numbers by layer, NaN where there is none.
    bands
        Reflectance by band.
    """
    bad = ~np.all([np.isfinite(bands[n]) for n in ("red", "green", "blue", "nir")], axis=0)
    none = np.zeros_like(bad)
    if "scl" in numbers:
        scl = np.nan_to_num(numbers["scl"], nan=0.0).astype(np.int16)
        cover = Cover(np.isin(scl, SCL_CLOUD), np.isin(scl, SCL_SHADOW), np.isin(scl, SCL_SNOW),
                      bad | np.isin(scl, SCL_BAD))  # fmt: skip
        layer = "scl"
    elif "udm2_clear" in numbers:
        cover, layer = _udm2(numbers, bad), "udm2"
    elif "qa_pixel" in numbers:
        qa = np.nan_to_num(numbers["qa_pixel"], nan=1.0).astype(np.int64)
        bit = [(qa >> n) & 1 == 1 for n in range(6)]
        cover = Cover(bit[1] | bit[2] | bit[3], bit[4], bit[5], bad | bit[0])
        layer = "qa_pixel"
    else:
        cover, layer = Cover(none, none, none, bad), ""
    return Cover(cover.cloud, cover.shadow, cover.snow | _snow(bands), cover.bad), layer


def _udm2(numbers: Mapping[str, np.ndarray], bad: np.ndarray) -> Cover:
    """Planet's mask. Since version 2.1 all haze stands in the light channel, the heavy is empty."""

    def on(name: str) -> np.ndarray:
        return np.nan_to_num(numbers[name], nan=0.0) > 0 if name in numbers else np.zeros_like(bad)

    light, heavy = on("udm2_light_haze"), on("udm2_heavy_haze")
    haze = heavy if heavy.any() else light
    unusable = np.nan_to_num(numbers["udm2_unusable"], nan=1.0) > 0
    snow, cloud = on("udm2_snow"), on("udm2_cloud") | haze
    shadow = on("udm2_shadow")
    explained = on("udm2_clear") | snow | cloud | shadow | light
    return Cover(cloud, shadow, snow, bad | unusable | ~explained)


def _snow(bands: Mapping[str, np.ndarray]) -> np.ndarray:
    """Snow by its index, where there is a short-wave infrared band."""
    if "swir16" not in bands:
        return np.zeros(bands["green"].shape, dtype=bool)
    green, swir = bands["green"].astype(np.float64), bands["swir16"].astype(np.float64)
    total = green + swir
    with np.errstate(invalid="ignore", divide="ignore"):
        index = (green - swir) / np.where(total > 0.02, total, np.nan)
        return (index > NDSI) & (bands["nir"] > 0.11) & (green > 0.20)


def by_series(blue: np.ndarray, nir: np.ndarray, bad: np.ndarray) -> list[Cover]:
    """Cover by comparison with the series itself, for scenes without a mask.

    Parameters
    ----------
    blue, nir
        Reflectance, ``(time, y, x)``.
    bad
        Where there is no pixel, ``(time, y, x)``.

    Fewer than `SERIES_FEWEST` dates tell nothing: then nothing is covered.
    """
    none = np.zeros(bad.shape[1:], dtype=bool)
    if len(blue) < SERIES_FEWEST:
        return [Cover(none, none, none, b) for b in bad]
    usual_blue, usual_nir = usual(blue, bad), usual(nir, bad)
    return [beside(b, n, missing, usual_blue, usual_nir)
            for b, n, missing in zip(blue, nir, bad, strict=True)]  # fmt: skip


def usual(stack: np.ndarray, bad: np.ndarray) -> np.ndarray:
    """Median over time of what is there, ``(y, x)``; each pixel by itself."""
    return _median(np.where(bad, np.nan, stack))


def beside(
    blue: np.ndarray,
    nir: np.ndarray,
    bad: np.ndarray,
    usual_blue: np.ndarray,
    usual_nir: np.ndarray,
) -> Cover:
    """Cover of one date beside the usual picture: brighter is cloud, darker is shadow."""
    with np.errstate(invalid="ignore"):
        bright = ndimage.median_filter((blue - usual_blue > 0.10).astype(np.uint8), 3) > 0
        low = (nir < 0.55 * usual_nir) & (blue < usual_blue + 0.01)
        dark = ndimage.median_filter(low.astype(np.uint8), 5) > 0
    return Cover(bright & ~bad, dark & ~bright & ~bad, np.zeros_like(bad), bad)


def _median(stack: np.ndarray) -> np.ndarray:
    some = np.isfinite(stack).any(axis=0)
    out = np.full(stack.shape[1:], np.nan, dtype=np.float32)
    out[some] = np.nanmedian(stack[:, some], axis=0)
    return out


def rescue(covers: Sequence[Cover], blue: np.ndarray, pixel_m: float) -> list[Cover]:
    """Covers in which a flag that recurs at one place on clear dates is not a cloud but a roof.

    Parameters
    ----------
    covers
        One per date, in order of time, before anything was dilated.
    blue
        Reflectance, ``(time, y, x)``.
    """
    clear = np.array([clear_around(c, pixel_m) for c in covers])
    cloud = without_roofs(np.array([c.cloud for c in covers]), clear, blue)
    shadow = without_roofs(np.array([c.shadow for c in covers]), clear, blue)
    return [Cover(cloud[n], shadow[n], c.snow, c.bad) for n, c in enumerate(covers)]


def clear_around(cover: Cover, pixel_m: float) -> np.ndarray:
    """Where the surroundings are mostly clear on one date, so that a flag may be a roof."""
    side = max(3, round(WIDE_M / pixel_m) | 1)
    around = _share((cover.cloud | cover.shadow) & ~cover.bad, ~cover.bad, side)
    return (around < CLEAR_AROUND) & ~cover.bad


def without_roofs(flag: np.ndarray, clear: np.ndarray, blue: np.ndarray) -> np.ndarray:
    """Flags without those that recur; all ``(time, y, x)``, each pixel by itself."""
    if len(flag) < FEWEST:
        return flag
    alone = flag & clear
    seen, hits = _running(clear), _running(alone)
    recurs = (seen >= FEWEST) & (hits >= RECURS * seen)
    usual_blue = _running_median(np.where(alone, blue, np.nan))
    with np.errstate(invalid="ignore"):
        steady = np.abs(blue - usual_blue) < SAME
    return flag & ~(alone & recurs & steady)


def _share(flag: np.ndarray, seen: np.ndarray, side: int) -> np.ndarray:
    hit = ndimage.uniform_filter((flag & seen).astype(np.float32), side, mode="reflect")
    all_ = ndimage.uniform_filter(seen.astype(np.float32), side, mode="reflect")
    return np.divide(hit, all_, out=np.ones_like(hit), where=all_ > 0.05)


def _running(flag: np.ndarray) -> np.ndarray:
    """Number of dates, among those near in time, on which a flag is set."""
    total = np.concatenate([np.zeros((1, *flag.shape[1:]), np.int32), np.cumsum(flag, axis=0)])
    count = len(flag)
    low = np.maximum(np.arange(count) - NEAR_DATES, 0)
    high = np.minimum(np.arange(count) + NEAR_DATES + 1, count)
    return total[high] - total[low]


def _running_median(stack: np.ndarray) -> np.ndarray:
    out = np.full_like(stack, np.nan)
    for n in range(len(stack)):
        out[n] = _median(stack[max(0, n - NEAR_DATES) : n + NEAR_DATES + 1])
    return out


def valid(cover: Cover, pixel_m: float) -> np.ndarray:
    """Ground in plain sight: what no cover, grown by its rim, lies on."""
    return ~(cover.bad | _grown(cover.cloud, CLOUD_RIM_M / pixel_m)
             | _grown(cover.shadow, SHADOW_RIM_M / pixel_m)
             | _grown(cover.snow, SNOW_RIM_M / pixel_m))  # fmt: skip


def _grown(flag: np.ndarray, pixels: float) -> np.ndarray:
    if not flag.any():
        return flag
    return ndimage.distance_transform_edt(~flag) <= pixels + 0.5
