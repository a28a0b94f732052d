"""Plain change vectors: what any better method has to beat."""

from __future__ import annotations

import numpy as np
from skimage.filters import threshold_otsu

METHOD = "plain change vectors, standardised, Otsu"


def change_vectors(before: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Length of the difference of the standardised dates ``(band, y, x)``, and Otsu's map of it."""
    length = np.sqrt(((_standardised(after) - _standardised(before)) ** 2).sum(axis=0))
    return length, length > threshold_otsu(length)


def _standardised(image: np.ndarray) -> np.ndarray:
    spread = image.std(axis=(1, 2), keepdims=True)
    return (image - image.mean(axis=(1, 2), keepdims=True)) / np.where(spread > 0, spread, 1.0)
