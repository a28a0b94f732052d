"""Plain change vectors: what any better method has to beat."""

from __future__ import annotations

import numpy as np
from skimage.filters import threshold_otsu

METHOD = "plain change vectors, standardised, Otsu"


def change_vectors(
    before: np.ndarray, after: np.ndarray, valid: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Length of the difference of the standardised dates ``(band, y, x)``, and Otsu's map of it.

    Pixels ``(y, x)`` that are not valid are left out of everything, and called unchanged.
    """
    ok = np.isfinite(before).all(axis=0) & np.isfinite(after).all(axis=0)
    if valid is not None:
        ok &= valid
    length = np.zeros(before.shape[1:])
    if not ok.any():
        return length, ok
    step = _standardised(after[:, ok]) - _standardised(before[:, ok])
    length[ok] = np.sqrt((step**2).sum(axis=0))
    return length, ok & (length > threshold_otsu(length[ok]))


def _standardised(pixels: np.ndarray) -> np.ndarray:
    spread = pixels.std(axis=1, keepdims=True)
    return (pixels - pixels.mean(axis=1, keepdims=True)) / np.where(spread > 0, spread, 1.0)
