"""Two estimators of the shift between two pictures, tile by tile.

They fail for different reasons, so that their agreement means something:

- ``orientation``: correlation of the directions of gradients (Fitch et al.,
  BMVC 2002), which no gain, offset or haze can change; here of the doubled
  angle, so that a contrast that turns over (snow, crops) does not count
  against the match;
- ``intensity``: least squares on the values themselves (Lucas and Kanade
  1981), with a gain and an offset for each tile and Tukey's weights, which
  drop what changed (snow patches, moved shadows, new roofs).

Shifts are in pixels, (y, x): where the content of the second picture lies
relative to the first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from analysis.scenes.shift import moved, moved_mask

TILE = 64
"""Side of a tile in pixels: large enough for a peak, small enough that a field is one tile."""

SMALL_TILE = 48
"""Side of a tile where the picture has no room for nine of the others."""

ENOUGH = 0.3
"""Share of a tile that both pictures must show."""

STANDS_OUT = 3.0
"""Least strength of a tile's edges, in units of what noise alone would make."""

_TUKEY = 4.685
"""Tukey's constant: 95 % efficiency for normal noise."""

_LARGEST = 6.0
"""Pixels; a larger shift is not searched for: georeferencing is better than that."""


@dataclass(frozen=True)
class TileShifts:
    """What one estimator found, tile by tile."""

    shifts: np.ndarray
    """``(tiles, 2)`` in pixels, (y, x); NaN where it found nothing."""
    weights: np.ndarray
    """``(tiles,)``: how sharp each estimate is, in the estimator's own measure."""


def tiles(shape: tuple[int, int], overlap: bool) -> list[tuple[slice, slice]]:
    """Tiles over a picture, by half over each other or side by side."""
    side = TILE if min(shape) >= 3 * TILE else SMALL_TILE
    step = side // 2 if overlap else side

    def starts(length: int) -> list[int]:
        if length <= side:
            return [0]
        count = int(np.ceil((length - side) / step)) + 1
        return [round(v) for v in np.linspace(0, length - side, count)]

    return [
        (slice(y, min(y + side, shape[0])), slice(x, min(x + side, shape[1])))
        for y in starts(shape[0])
        for x in starts(shape[1])
    ]


def informative(
    reference: np.ndarray, picture: np.ndarray, ok: np.ndarray, overlap: bool
) -> np.ndarray:
    """Tiles whose edges, in both directions, stand out from the noise of the picture."""
    gy, gx = _gradients(reference)
    noise = np.hypot(*_gradients(picture))[ok]
    # The squared size of a gradient of noise is exponential: its mean is the median over ln 2.
    floor = float(np.median(noise)) ** 2 / np.log(2) / 2 if ok.any() else np.inf
    found = []
    for place in tiles(reference.shape, overlap):
        y, x = gy[place][ok[place]], gx[place][ok[place]]
        tensor = np.array([[y @ y, y @ x], [y @ x, x @ x]])
        found.append(np.linalg.eigvalsh(tensor)[0] > STANDS_OUT * len(y) * floor)
    return np.array(found)


def _gradients(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return (ndimage.gaussian_filter(image, 0.7, order=(1, 0)),
            ndimage.gaussian_filter(image, 0.7, order=(0, 1)))  # fmt: skip


def orientation(
    reference: np.ndarray,
    picture: np.ndarray,
    ok: np.ndarray,
    guess: tuple[float, float],
    use: np.ndarray | None = None,
) -> TileShifts:
    """Shift by the directions of gradients.

    Parameters
    ----------
    reference, picture
        ``(y, x)`` without NaN; what is not ``ok`` in either is ignored.
    guess
        Shift to start from; the estimate is refined around it until it stays.
    use
        Tiles to look at, where most hold nothing but noise; then weak gradients are damped more.
    """
    places = tiles(reference.shape, overlap=True)
    damping = 1.0 if use is None else 6.0
    field = _directions(reference, damping)
    estimates = np.tile(np.asarray(guess, dtype=float), (len(places), 1))
    weights = np.zeros(len(places))
    for _ in range(2):
        common = tuple(np.nanmedian(estimates, axis=0)) if np.isfinite(estimates).any() else guess
        back = _directions(moved(picture, *common), damping)
        seen = moved_mask(ok, *common)
        for number, place in enumerate(places):
            if seen[place].mean() < ENOUGH or (use is not None and not use[number]):
                estimates[number], weights[number] = np.nan, 0.0
                continue
            extra, sharp = _peak(field[place], back[place], seen[place])
            estimates[number] = (common[0] + extra[0], common[1] + extra[1])
            weights[number] = sharp
    return TileShifts(estimates, weights)


def _directions(image: np.ndarray, damping: float = 1.0) -> np.ndarray:
    """Doubled angle of the gradient as a complex number, weak gradients damped."""
    gy, gx = _gradients(image)
    field = (gx + 1j * gy) ** 2
    size = np.abs(field)
    damp = damping * np.median(size) + 1e-12
    return field / (size + damp)


def _peak(one: np.ndarray, two: np.ndarray, ok: np.ndarray) -> tuple[np.ndarray, float]:
    """Place of the highest correlation, to a part of a pixel, and how far it stands out."""
    window = np.outer(np.hanning(ok.shape[0] + 2)[1:-1], np.hanning(ok.shape[1] + 2)[1:-1]) * ok
    f, g = np.fft.fft2(one * window), np.fft.fft2(two * window)
    surface = np.real(np.fft.ifft2(np.conj(f) * g))
    reach = int(_LARGEST)
    near = np.roll(surface, (reach, reach), axis=(0, 1))[: 2 * reach + 1, : 2 * reach + 1]
    y, x = np.unravel_index(int(np.argmax(near)), near.shape)
    inside = 0 < y < 2 * reach and 0 < x < 2 * reach
    if not inside:
        return np.array([np.nan, np.nan]), 0.0
    patch = near[y - 1 : y + 2, x - 1 : x + 2]
    extra = _paraboloid(patch)
    rest = near.copy()
    rest[max(0, y - 2) : y + 3, max(0, x - 2) : x + 3] = -np.inf
    second = rest[np.isfinite(rest)].max()
    sharp = float(near[y, x] / max(second, 1e-12 * near[y, x], 1e-30)) if near[y, x] > 0 else 0.0
    return np.array([y - reach + extra[0], x - reach + extra[1]]), max(0.0, sharp - 1)


def _paraboloid(patch: np.ndarray) -> tuple[float, float]:
    """Vertex of the parabolas through three neighbours along each axis."""
    middle = patch[1, 1]

    def vertex(low: float, high: float) -> float:
        curve = low - 2 * middle + high
        return 0.0 if curve >= 0 else float(np.clip(0.5 * (low - high) / curve, -0.5, 0.5))

    return vertex(patch[0, 1], patch[2, 1]), vertex(patch[1, 0], patch[1, 2])


def intensity(
    reference: np.ndarray,
    picture: np.ndarray,
    ok: np.ndarray,
    guess: tuple[float, float],
    rounds: int = 3,
    use: np.ndarray | None = None,
) -> TileShifts:
    """Shift by least squares on the values, robustly; arguments as for `orientation`."""
    places = tiles(reference.shape, overlap=False)
    estimates = np.tile(np.asarray(guess, dtype=float), (len(places), 1))
    weights = np.zeros(len(places))
    gy = ndimage.correlate1d(reference, [-1 / 12, 8 / 12, 0, -8 / 12, 1 / 12][::-1], axis=0)
    gx = ndimage.correlate1d(reference, [-1 / 12, 8 / 12, 0, -8 / 12, 1 / 12][::-1], axis=1)
    for _ in range(rounds):
        known = np.isfinite(estimates).all(axis=1)
        common = tuple(np.median(estimates[known], axis=0)) if known.any() else guess
        back, seen = moved(picture, *common), moved_mask(ok, *common)
        for number, place in enumerate(places):
            on = seen[place].copy()
            on[:2], on[-2:], on[:, :2], on[:, -2:] = False, False, False, False
            if on.mean() < ENOUGH * 0.9 or (use is not None and not use[number]):
                estimates[number], weights[number] = np.nan, 0.0
                continue
            found = _solve(reference[place][on], back[place][on], gy[place][on], gx[place][on])
            step, weights[number] = found
            limit = np.clip(step, -1.0, 1.0)
            estimates[number] = (common[0] + limit[0], common[1] + limit[1])
    if not np.isfinite(estimates).any():
        return TileShifts(estimates, weights)
    wild = np.abs(estimates - np.nanmedian(estimates, axis=0)).max(axis=1) > 1.0
    estimates[wild] = np.nan
    return TileShifts(estimates, weights)


def _solve(
    r: np.ndarray, p: np.ndarray, gy: np.ndarray, gx: np.ndarray
) -> tuple[np.ndarray, float]:
    """One step: picture = offset + gain * reference - gain * gradient . shift, with weights."""
    design = np.column_stack([np.ones_like(r), r, -gy, -gx])
    weight = np.ones_like(r)
    answer = np.zeros(4)
    spread = 1.0
    for _ in range(4):
        scaled = design * weight[:, None]
        normal = scaled.T @ design + 1e-12 * np.eye(4)
        answer = np.linalg.solve(normal, scaled.T @ p)
        residual = p - design @ answer
        spread = 1.4826 * float(np.median(np.abs(residual))) + 1e-9
        u = residual / (_TUKEY * spread)
        weight = np.where(np.abs(u) < 1, (1 - u**2) ** 2, 0.0)
    gain = answer[1]
    if abs(gain) < 1e-3:
        return np.zeros(2), 0.0
    step = answer[2:] / gain
    information = gain**2 * float(np.min(np.linalg.eigvalsh(normal[2:, 2:]))) / spread**2
    return step, max(0.0, information)
