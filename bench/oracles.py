"""Methods of others, written out, to compare with: they stand in no product."""

from __future__ import annotations

import numpy as np
from scipy.linalg import eigh
from scipy.stats import chi2
from skimage.filters import threshold_otsu


def irmad(
    before: np.ndarray, after: np.ndarray, iterations: int = 50
) -> tuple[np.ndarray, np.ndarray]:
    """Iteratively reweighted multivariate alteration detection (Nielsen 2007).

    Takes ``(band, y, x)`` twice; gives the root of the chi-square statistic, and Otsu's map of it.
    """
    count, shape = len(before), before.shape[1:]
    x = before.reshape(count, -1).astype(float)
    y = after.reshape(count, -1).astype(float)
    weight = np.ones(x.shape[1])
    old = np.zeros(count)
    statistic = np.zeros(x.shape[1])
    for _ in range(iterations):
        both = np.vstack([x, y])
        mean = np.average(both, axis=1, weights=weight)
        centred = both - mean[:, None]
        covariance = (centred * weight) @ centred.T / weight.sum()
        sxx, syy = covariance[:count, :count], covariance[count:, count:]
        sxy = covariance[:count, count:]
        ridge = 1e-9 * np.trace(syy) / count * np.eye(count)
        squared, a = eigh(sxy @ np.linalg.solve(syy + ridge, sxy.T), sxx + ridge)
        rho = np.sqrt(np.clip(squared, 0, 1))
        b = np.linalg.solve(syy + ridge, sxy.T @ a)
        b /= np.sqrt(np.maximum(np.einsum("ij,ik,kj->j", b, syy, b), 1e-12))
        mads = a.T @ centred[:count] - b.T @ centred[count:]
        statistic = np.sum(mads**2 / np.maximum(2 * (1 - rho), 1e-6)[:, None], axis=0)
        weight = np.maximum(chi2.sf(statistic, count), 1e-9)
        if np.max(np.abs(rho - old)) < 1e-4:
            break
        old = rho
    score = np.sqrt(statistic).reshape(shape)
    return score, score > threshold_otsu(score)
