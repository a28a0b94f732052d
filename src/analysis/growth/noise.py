"""What a site's pixels do while nothing is built: season, noise, and edges that move."""

from __future__ import annotations

import numpy as np
import xarray as xr

HARMONICS = 2
"""Waves a year in the background: the season, and its asymmetry."""

FEWEST = 8
"""Clear dates below which a pixel says nothing about the noise."""

SEASONS = 4.0
"""Factor on the site's mean square season, for the prior: a few pixels swing far more than most."""

LEAST_JITTER = 0.2
"""Pixels by which edges are taken to move at least: errors of the terrain model displace a roof
by orbit, and no registration of the ground sees that."""

YEAR = 365.2425
SAMPLE = 4000
"""Pixels from which noise and priors are taken."""


def waves(days: np.ndarray) -> np.ndarray:
    """Design of the season ``(time, 1 + 2 x HARMONICS)``."""
    angle = 2 * np.pi * days / YEAR
    rows = [np.ones_like(angle)]
    for k in range(1, HARMONICS + 1):
        rows += [np.cos(k * angle), np.sin(k * angle)]
    return np.stack(rows, axis=1)


def jitter(cube: xr.Dataset) -> float:
    """What registration left, as the cube says, and no less than `LEAST_JITTER`."""
    if "shift_var_yy" not in cube.coords:
        return LEAST_JITTER
    known = float(np.sqrt(np.nanmean((cube["shift_var_yy"] + cube["shift_var_xx"]).values / 2)))
    return max(known, LEAST_JITTER) if np.isfinite(known) else LEAST_JITTER


def of_site(
    stack: np.ndarray, clear: np.ndarray, design: np.ndarray, anything: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Mean of the site, covariance of the noise, priors, and spread, from a sample of pixels."""
    times, count = stack.shape[:2]
    flat, seen = stack.reshape(times, count, -1), clear.reshape(times, -1)
    enough = np.flatnonzero(seen.sum(axis=0) >= min(FEWEST, times))
    if enough.size == 0:
        enough = np.arange(seen.shape[1])
    take = enough[np.linspace(0, enough.size - 1, min(SAMPLE, enough.size)).astype(int)]
    y, w = flat[:, :, take].astype(np.float64), seen[:, take].astype(np.float64)
    y = np.where(w[:, None, :] > 0, y, 0.0)
    mean = (y * w[:, None]).sum(axis=(0, 2)) / max(w.sum(), 1.0)
    y = (y - mean[None, :, None]) * w[:, None]
    ridge = np.diag([1e-6, *[0.5] * (design.shape[1] - 1)])
    normal = np.einsum("ti,tj,tn->nij", design, design, w) + ridge
    right = np.einsum("ti,tbn->nib", design, y)
    beta = np.linalg.solve(normal, right)
    residual = (y - np.einsum("ti,nib->tbn", design, beta)) * w[:, None]
    there = w > 0
    values = [residual[:, b][there] for b in range(count)]
    scale = np.array([max(1.4826 * float(np.median(np.abs(v))), 1e-4) for v in values])
    freedom = np.mean(there.sum(axis=0) / np.maximum(there.sum(axis=0) - design.shape[1], 1.0))
    scale *= np.sqrt(min(float(freedom), 4.0))
    cut = np.clip(np.stack(values) / scale[:, None], -2.5, 2.5)
    correlation = np.atleast_2d(np.corrcoef(cut)) if count > 1 else np.ones((1, 1))
    correlation = 0.9 * np.nan_to_num(correlation) + 0.1 * np.eye(count)
    np.fill_diagonal(correlation, 1.0)
    noise = correlation * np.outer(scale, scale)
    white = np.linalg.inv(np.linalg.cholesky(noise))
    coefficients = np.einsum("cb,nib->nic", white, beta)
    spread = float(1.0 + anything**2 * np.mean((white**2).sum(axis=1)))
    prior = np.maximum(SEASONS * (coefficients**2).mean(axis=(0, 2)), 0.05)
    prior[0] = max(prior[0], spread)
    return mean, noise, prior, spread


def mean_picture(stack: np.ndarray, clear: np.ndarray) -> np.ndarray:
    """Mean of the clear dates ``(band, y, x)``; 0 where there is none."""
    weight = np.maximum(clear.sum(axis=0), 1)
    return np.stack([np.where(clear, stack[:, b], 0.0).sum(axis=0) / weight
                     for b in range(stack.shape[1])])  # fmt: skip


def edge_factor(picture: np.ndarray, noise: np.ndarray, jitter: float) -> np.ndarray:
    """Factor on the noise from what registration left, where the mean picture has an edge.

    Parameters
    ----------
    picture
        ``(..., band, y, x)`` mean reflectance.
    noise
        ``(band, band)`` covariance of one observation.
    jitter
        Pixels by which edges move, standard deviation.
    """
    rows, columns = np.gradient(picture, axis=(-2, -1))
    steep = (rows**2 + columns**2) / np.diag(noise)[:, None, None]
    return np.sqrt(1.0 + steep.mean(axis=-3) * jitter**2)
