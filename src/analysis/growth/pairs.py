"""Change between two images of one place: where something was built, without labels.

The method was chosen once, on two Sentinel-2 pairs and one Landsat pair (the log of all
variants is `bench/results/pair-variants.json`), and is the same for every scene:

1. register: shift by phase correlation of the gradients, each date moved half of it;
2. difference of the dates, each standardised band by band, in units of the scene's own null
   (median absolute deviation of that difference), cut at `CUT`;
3. root mean square over bands, the visible, near and short-wave infrared weighted 2:1:1;
4. in reflectance only: what is green on the later date, or as dark as shadow or water on either,
   is no building;
5. objects, not pixels: total-variation filter (Rudin, Osher and Fatemi 1992; Chambolle 2004)
   times a little of the surroundings, with lengths in metres;
6. changed is what lies above `THRESHOLD` of the scene's own null.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from skimage.registration import phase_cross_correlation
from skimage.restoration import denoise_tv_chambolle

METHOD = "registered, null-scaled change vectors over objects"

GROUPS: dict[str, tuple[float, tuple[str, ...]]] = {
    "visible": (2.0, ("blue", "green", "red")),
    "near infrared": (1.0, ("nir",)),
    "short-wave infrared": (1.0, ("swir1", "swir2")),
}
"""Weight and bands. The red edge is left out: it follows the leaves, and its pixels are 20 m."""

CUT = 8.0
"""Null deviations beyond which a band adds nothing: one glint is not several buildings."""

GREEN, GREEN_WIDTH = 0.3, 0.05
"""Vegetation index at which a pixel counts by half as grown over, and width of the step."""

DARK, DARK_WIDTH = 0.5, 0.05
"""Brightness, over the scene's median, at which a pixel counts by half as shadow or water."""

FILTER_M = 20.0
"""Strength of the total-variation filter: its weight in pixels times the pixel."""

AROUND_M, AROUND = 50.0, 0.3
"""Radius (standard deviation of a Gaussian) of the surroundings, and their exponent."""

THRESHOLD = 1.8
"""Null deviations, after filtering, from which a pixel is called changed."""

FARTHEST = 3.0
"""Pixels; a larger shift is no residual of registration, and is not applied."""

FEWEST = 16
"""Pixels that both dates must have for a null of their own."""

NARROWEST = 8
"""Pixels along a side below which nothing is registered."""

_TINY = 1e-6


@dataclass(frozen=True)
class PairChange:
    """Change between two images."""

    score: np.ndarray
    """``(y, x)``, null deviations after filtering; 0 where a date has no pixel."""
    changed: np.ndarray
    """``(y, x)``, boolean: score above `THRESHOLD`."""
    shift: tuple[float, float]
    """Pixels (rows, columns) by which the later content lay away from the earlier."""


def change(
    before: np.ndarray,
    after: np.ndarray,
    bands: Sequence[str],
    *,
    pixel_m: float,
    reflectance: bool,
    valid: np.ndarray | None = None,
) -> PairChange:
    """Score and map of change between two dates.

    Parameters
    ----------
    before, after
        ``(band, y, x)``, the same grid.
    bands
        Names of the bands; those of `GROUPS` are used, or all if there is none of them.
    pixel_m
        Side of a pixel in metres.
    reflectance
        Whether the numbers are reflectance (1 = all light), so that a vegetation index means
        something; 8-bit pictures are not.
    valid
        ``(y, x)``, pixels to use; all that are finite by default.
    """
    ok = np.isfinite(before).all(axis=0) & np.isfinite(after).all(axis=0)
    if valid is not None:
        ok &= valid
    if np.count_nonzero(ok) < FEWEST:
        nothing = np.zeros(before.shape[1:])
        return PairChange(nothing, nothing > 0, (0.0, 0.0))
    telling = [i for i in range(len(before)) if np.ptp(before[i][ok]) and np.ptp(after[i][ok])]
    if telling:  # a band that is one number everywhere is no band
        before, after, bands = before[telling], after[telling], [bands[i] for i in telling]
    one = np.stack([_filled(b, ok) for b in before])
    two = np.stack([_filled(b, ok) for b in after])
    shift = _shift(one, two)
    one, two = _moved(one, -0.5, shift), _moved(two, 0.5, shift)
    score = deviation(one, two, bands, ok)
    if reflectance:
        score = score * _not_green(two, bands) * _not_dark(one, two, bands, ok)
    score = np.where(ok, _objects(np.where(ok, score, 0.0), pixel_m), 0.0)
    lag = (-float(shift[0]), -float(shift[1]))
    return PairChange(score, score > THRESHOLD, lag)


def deviation(
    before: np.ndarray, after: np.ndarray, bands: Sequence[str], ok: np.ndarray
) -> np.ndarray:
    """Root mean square over band groups of the difference, in units of the scene's own null."""
    total = np.zeros(before.shape[1:])
    weights = 0.0
    for weight, members in _groups(bands):
        square = [_null_units(before[i], after[i], ok) ** 2 for i in members]
        total += weight * np.mean(square, axis=0)
        weights += weight
    return np.sqrt(total / weights)


def _groups(bands: Sequence[str]) -> list[tuple[float, list[int]]]:
    found = [
        (weight, [bands.index(name) for name in names if name in bands])
        for weight, names in GROUPS.values()
    ]
    return [g for g in found if g[1]] or [(1.0, list(range(len(bands))))]


def _null_units(before: np.ndarray, after: np.ndarray, ok: np.ndarray) -> np.ndarray:
    """Difference of the standardised dates over its own robust spread, cut at `CUT`."""
    difference = _standardised(after, ok) - _standardised(before, ok)
    difference -= np.median(difference[ok])
    spread = 1.4826 * np.median(np.abs(difference[ok]))
    if spread == 0.0:  # most pixels are the very same number: take what is left
        spread = max(float(difference[ok].std()), _TINY)
    return np.clip(difference / spread, -CUT, CUT)


def _standardised(band: np.ndarray, ok: np.ndarray) -> np.ndarray:
    return (band - band[ok].mean()) / max(float(band[ok].std()), _TINY)


def _filled(band: np.ndarray, ok: np.ndarray) -> np.ndarray:
    if ok.all():
        return band.astype(np.float64)
    nearest = ndimage.distance_transform_edt(~ok, return_distances=False, return_indices=True)
    return band[tuple(nearest)].astype(np.float64)


def _shift(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Shift that brings the later date onto the earlier, to a fiftieth of a pixel."""
    one, two = _edges(before), _edges(after)
    if min(one.shape) < NARROWEST or not one.any() or not two.any():
        return np.zeros(2)
    found = phase_cross_correlation(one, two, upsample_factor=50, normalization=None)[0]
    return found if np.abs(found).max() <= FARTHEST else np.zeros(2)


def _edges(image: np.ndarray) -> np.ndarray:
    """Gradient magnitude over all bands: it is blind to gain and haze, and bears a season."""
    total = np.zeros(image.shape[1:])
    for band in image:
        total += np.hypot(ndimage.sobel(band, 0), ndimage.sobel(band, 1)) / (band.std() + _TINY)
    return total - total.mean()


def _moved(image: np.ndarray, part: float, shift: np.ndarray) -> np.ndarray:
    if not shift.any():
        return image
    return np.stack([ndimage.shift(b, part * shift, order=3, mode="nearest") for b in image])


def _not_green(later: np.ndarray, bands: Sequence[str]) -> np.ndarray | float:
    """Near 0 where the later date is grown over, 1 where it is bare; 1 without the bands."""
    if "red" not in bands or "nir" not in bands:
        return 1.0
    red, nir = later[bands.index("red")], later[bands.index("nir")]
    index = (nir - red) / np.maximum(nir + red, _TINY)
    return _step((GREEN - index) / GREEN_WIDTH)


def _not_dark(
    before: np.ndarray, after: np.ndarray, bands: Sequence[str], ok: np.ndarray
) -> np.ndarray:
    """Near 0 where either date is as dark as shadow or water; blue is left out for its haze."""
    members = [i for _, group in _groups(bands) for i in group if bands[i] != "blue"]

    def brightness(image: np.ndarray) -> np.ndarray:
        return np.mean([image[i] / max(float(np.median(image[i][ok])), _TINY) for i in members], 0)

    return _step((np.minimum(brightness(before), brightness(after)) - DARK) / DARK_WIDTH)


def _step(x: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-np.clip(x, -50, 50)))


def _objects(score: np.ndarray, pixel_m: float) -> np.ndarray:
    flat = denoise_tv_chambolle(score, weight=FILTER_M / pixel_m)
    around = ndimage.gaussian_filter(score, AROUND_M / pixel_m)
    return np.maximum(flat, 0) ** (1 - AROUND) * np.maximum(around, 0) ** AROUND
