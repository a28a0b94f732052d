"""Ground as a few fields shared by all dates and bands: what was there before, and is around.

At any date and band the ground is a mean plus the same few unknown fields, mixed
in other shares (bare soil, dry and green growth, their brightness). The shares are
learnt where nothing was built; the fields' values under a building then follow
from the dates before it, and where there are none, from the mixture itself.
A factor analysis with missing pixels, fitted by alternating least squares.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]

FIELDS = 4
"""Unknown fields: three for soil, dry and green growth, one for what else changes."""

ROUNDS = 8
"""Alternations; the change is below the noise after five."""

FREEDOM = 5.0
"""Of the Student noise by which odd pixels (rims of clouds) lose weight."""

FLOOR = 5e-4
"""Least noise of a pixel in reflectance: rounding to integers and what no model has."""


@dataclass(frozen=True)
class Texture:
    """Ground at every channel (date and band): ``mean + mixing @ fields``."""

    mean: Array
    """By channel (n)."""
    mixing: Array
    """By channel and field (n, k), for fields of mean zero and variance one."""
    noise: Array
    """Standard deviation of one pixel about it, by channel (n)."""

    @property
    def fields(self) -> int:
        """Number of fields."""
        return self.mixing.shape[1]

    def posterior(self, values: Array, weights: Array) -> tuple[Array, Array]:
        """Precision (p, k, k) of the fields at pixels, and precision times mean (p, k).

        Parameters
        ----------
        values, weights
            Reflectance and inverse variance (n, p) of channels in which only ground is seen;
            channels as in this texture.
        """
        k = self.fields
        outer = (self.mixing[:, :, None] * self.mixing[:, None, :]).reshape(-1, k * k)
        precision = (weights.T @ outer).reshape(-1, k, k)
        return precision, (weights * (values - self.mean[:, None])).T @ self.mixing

    def part(self, channels: NDArray[np.int_]) -> Texture:
        """The same for some of the channels."""
        return Texture(self.mean[channels], self.mixing[channels], self.noise[channels])


def learn(values: Array, valid: NDArray[np.bool_], fields: int = FIELDS) -> Texture:
    """Fit the mixture to pixels where nothing was built.

    Parameters
    ----------
    values
        Reflectance (n, p); anything where not ``valid``.
    valid
        Which of them were seen (n, p).
    """
    n, pixels = values.shape
    k = max(1, min(fields, n // 3, pixels // 20))
    seen = valid.astype(float)
    mean = np.array(
        [np.median(v[o]) if o.any() else 0.0 for v, o in zip(values, valid, strict=True)]
    )
    centred = np.where(valid, values - mean[:, None], 0.0)
    u, s, _ = np.linalg.svd(centred @ centred.T / pixels)
    mixing = u[:, :k] * np.sqrt(s[:k])
    noise = np.full(n, max(float(np.sqrt(s[k:].mean())) if k < n else FLOOR, FLOOR))
    odd = np.ones_like(values)
    for _ in range(ROUNDS):
        weights = seen * odd / noise[:, None] ** 2
        now = Texture(mean, mixing, noise)
        precision, product = now.posterior(values, weights)
        covariance = np.linalg.inv(precision + np.eye(k))
        found = np.einsum("pij,pj->pi", covariance, product)
        # mean and mixing of each channel, by least squares on the expected fields
        design = np.column_stack([np.ones(pixels), found])
        square = np.einsum("pi,pj->pij", design, design)
        square[:, 1:, 1:] += covariance
        left = (weights @ square.reshape(pixels, -1)).reshape(n, k + 1, k + 1)
        left += 1e-9 * np.eye(k + 1) * (1 + np.trace(left, axis1=1, axis2=2))[:, None, None]
        solved = np.linalg.solve(left, ((weights * values) @ design)[:, :, None])[:, :, 0]
        mean, mixing = solved[:, 0], solved[:, 1:]
        # keep the fields at mean zero and variance one
        middle = found.mean(axis=0)
        spread = np.linalg.cholesky(
            (found - middle).T @ (found - middle) / pixels + covariance.mean(axis=0)
        )
        mean, mixing = mean + mixing @ middle, mixing @ spread
        fields_now = np.linalg.solve(spread, (found - middle).T).T
        rest = values - mean[:, None] - mixing @ fields_now.T
        ratio = (rest / noise[:, None]) ** 2
        odd = (FREEDOM + 1) / (FREEDOM + ratio)
        total = (seen * odd * rest**2).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
        noise = np.sqrt(total + FLOOR**2)
    return Texture(mean, mixing, noise)


SCALES = (1.5, 3.0, 6.0, 12.0)
"""Ranges of correlation in pixels that are tried."""

LEAST_VARIANCE = 0.02
"""Of an interpolated field: a neighbour is never the pixel itself."""


def krige(
    points: Array, values: Array, nugget: Array, targets: Array, gsd: float
) -> tuple[Array, Array]:
    """Interpolate fields of mean zero to other places, each with its own range.

    Parameters
    ----------
    points, targets
        Places (p, 2) and (m, 2), metres.
    values, nugget
        Fields and their variances at the points (p, k).

    Returns
    -------
    mean, variance
        At the targets (m, k), for the Matern covariance (3/2) of the likeliest range.
    """
    apart = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1)) / gsd
    away = np.hypot(*(targets[:, None] - points[None]).transpose(2, 0, 1)) / gsd
    means, variances = [], []
    for field, noise in zip(values.T, nugget.T, strict=True):
        middle = float(np.median(field))
        sill = max(float(np.var(field)), 0.05)
        best: tuple[float, float, Array] | None = None
        for scale in SCALES:
            root = np.linalg.cholesky(sill * _matern(apart / scale) + np.diag(noise + 1e-4))
            white = np.linalg.solve(root, field - middle)
            score = -0.5 * float(white @ white) - float(np.log(np.diag(root)).sum())
            if best is None or score > best[0]:
                best = (score, scale, root)
        assert best is not None
        cross = np.linalg.solve(best[2], sill * _matern(away / best[1]).T)
        means.append(middle + cross.T @ np.linalg.solve(best[2], field - middle))
        variances.append(np.maximum(sill - (cross**2).sum(axis=0), 0.0) + LEAST_VARIANCE)
    return np.column_stack(means), np.column_stack(variances)


def _matern(distance: Array) -> Array:
    scaled = np.sqrt(3.0) * distance
    return (1 + scaled) * np.exp(-scaled)
