"""What would have been found: recovery curves, smallest building, and a map, from injections.

Recovery grows with the logarithm of the area as a logistic curve under a ceiling: a building that
was begun under months of cloud, or on ground of its own colour, is missed at any size. Intervals
of shares are Jeffreys', those of the curve come from the Gaussian around its mode.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize, stats
from scipy.special import expit, logit

HALF_YEARS = ("winter", "summer")
"""October to March, April to September: when the works began."""

SUMMER = range(4, 10)
"""Months of the summer half-year."""

BINS = 40
"""Bins of area in which trials are counted before a curve is fitted."""

PRIOR = ((3.0, 2.0), (0.7, 1.0))
"""Mean and deviation of the ceiling's logit and of the slope's logarithm, wide."""

DRAWS = 2000


@dataclass(frozen=True)
class Recovery:
    """What became of synthetic buildings in a real cube: no row of it is an observed building."""

    table: pd.DataFrame
    """One row per building: ``y x`` (map), ``row column`` (pixels), ``area_m2 length_m width_m
    angle_deg roof contrast`` (root mean square over bands of roof less ground, reflectance),
    ``ground_broken roof_on stage_days half_year``, clear dates ``clear_before clear_works
    clear_after``, ``detected``, ``evidence``, and for those detected the intervals
    ``ground_low ground_value ground_high roof_low roof_value roof_high`` and the errors
    ``ground_error_days roof_error_days``."""
    threshold: float
    """The site's own, from the cube without synthetic buildings; held for all of them."""
    pixel_m: float
    extent: tuple[float, float, float, float]
    """First and last ``y``, first and last ``x`` of the cube's pixels, map units."""
    seed: int
    strength: float
    dropped: int
    """Buildings for which there was no room beside what really changed."""
    cube_kind: str
    """What the cube itself is: ``observed`` or ``simulated``."""
    kind: str = "injected"
    note: str = (
        "Buildings are synthetic, drawn into the cube's own pixels one at a time; the threshold "
        "is that of the cube without them. Found means an object of any class."
    )

    @property
    def tried_m2(self) -> tuple[float, float]:
        """Smallest and largest area that was tried."""
        return float(self.table["area_m2"].min()), float(self.table["area_m2"].max())

    def part(self, **wanted: object) -> pd.DataFrame:
        """Rows whose columns have a value, or lie between two: ``contrast=(0.05, 0.1)``."""
        rows = self.table
        for name, value in wanted.items():
            if isinstance(value, tuple):
                rows = rows[rows[name].between(*value)]
            elif value is not None:
                rows = rows[rows[name] == value]
        return rows


@dataclass(frozen=True)
class Smallest:
    """The smallest building that is found with a probability; NaN where that is not reached."""

    area_m2: float
    low: float
    high: float
    side_m: float
    """Of a square of that area."""
    probability: float
    level: float
    tried_m2: float
    """The largest that was tried."""
    buildings: int
    why: str
    """Why a number is missing; empty if none is."""


def curve(
    recovery: Recovery, by: str = "area_m2", bins: int | Sequence[float] = 12,
    level: float = 0.9, **wanted: object,
) -> pd.DataFrame:  # fmt: skip
    """Share found by size, contrast or stage, with Jeffreys' intervals.

    Returns
    -------
    pandas.DataFrame
        ``from to tried found share low high``; NaN where nothing was tried. Bins that are only
        counted are even in the logarithm.
    """
    rows = recovery.part(**wanted)
    values = rows[by].to_numpy(float)
    edges = (
        np.geomspace(max(values.min(), 1e-9), values.max() * (1 + 1e-9), bins + 1)
        if isinstance(bins, int)
        else np.asarray(bins, dtype=float)
    )
    at = np.searchsorted(edges, values, side="right") - 1
    inside = (at >= 0) & (at < len(edges) - 1)
    tried = np.bincount(at[inside], minlength=len(edges) - 1)
    hits = np.bincount(at[inside & rows["detected"].to_numpy()], minlength=len(edges) - 1)
    low, high = jeffreys(hits, tried, level)
    with np.errstate(invalid="ignore"):
        share = hits / np.where(tried > 0, tried, np.nan)
    return pd.DataFrame({"from": edges[:-1], "to": edges[1:], "tried": tried, "found": hits,
                         "share": share, "low": low, "high": high})  # fmt: skip


def jeffreys(found: np.ndarray, tried: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Jeffreys' interval of a share (Brown, Cai and DasGupta 2001); NaN where nothing was tried."""
    found, tried = np.asarray(found, float), np.asarray(tried, float)
    tail = (1 - level) / 2
    low = np.where(found > 0, stats.beta.ppf(tail, found + 0.5, tried - found + 0.5), 0.0)
    high = np.where(found < tried, stats.beta.ppf(1 - tail, found + 0.5, tried - found + 0.5), 1.0)
    return np.where(tried > 0, low, np.nan), np.where(tried > 0, high, np.nan)


def smallest(
    recovery: Recovery, probability: float = 0.9, level: float = 0.9, **wanted: object
) -> Smallest:
    """The smallest area found with a probability, over the buildings that are wanted.

    Averages over everything that was drawn and is not named: ``half_year="winter"``,
    ``roof="concrete"``, ``contrast=(0.05, 0.2)``, ``stage_days=(0, 120)``.
    """
    rows = recovery.part(**wanted)
    tried = float(rows["area_m2"].max()) if len(rows) else float("nan")
    fitted = fit_curve(rows, DRAWS)
    if fitted is None:
        none = float("nan")
        return Smallest(none, none, none, none, probability, level, tried, len(rows),
                        "too few buildings, or none found")  # fmt: skip
    areas = np.exp(area_reached(fitted, probability))
    tail = (1 - level) / 2
    value = float(areas[0])
    low, high = np.quantile(areas[1:], [tail, 1 - tail], method="nearest")
    beyond = f"not reached up to {tried:.0f} m2, the largest that was tried"
    why = beyond if value > tried else "upper end " + beyond if high > tried else ""
    value, low, high = (float(a) if a <= tried else float("nan") for a in (value, low, high))
    return Smallest(value, low, high, float(np.sqrt(value)), probability, level, tried,
                    len(rows), why)  # fmt: skip


def completeness(
    recovery: Recovery, area_m2: float | np.ndarray, level: float = 0.9, **wanted: object
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Probability that a building of an area is found: value, low, high.

    NaN for areas that were not tried: no curve is drawn on beyond its buildings.
    """
    rows = recovery.part(**wanted)
    areas = np.asarray(area_m2, dtype=float)
    nothing = np.full(areas.shape, np.nan)
    fitted = fit_curve(rows, DRAWS)
    if fitted is None:
        return nothing, nothing.copy(), nothing.copy()
    x = np.log(np.maximum(areas, 1e-9))
    found = share_found(fitted.reshape(-1, 3, *[1] * areas.ndim).swapaxes(0, 1), x)
    low, high = np.quantile(found[1:], [(1 - level) / 2, (1 + level) / 2], axis=0)
    known = (areas >= rows["area_m2"].min()) & (areas <= rows["area_m2"].max())
    return tuple(np.where(known, v, np.nan) for v in (found[0], low, high))  # type: ignore[return-value]


def share_found(p: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Share found at a logarithm of area: ceiling's logit, slope's logarithm, middle."""
    return expit(p[0]) * expit(np.exp(p[1]) * (x - p[2]))


def fit_curve(rows: pd.DataFrame, draws: int) -> np.ndarray | None:
    """Mode of the curve's parameters, then draws around it: ``(1 + draw, 3)``."""
    found = rows["detected"].to_numpy(bool)
    if len(rows) < 20 or not found.any():
        return None
    x, tried, hits = _counted(np.log(rows["area_m2"].to_numpy(float)), found)

    def cost(p: np.ndarray) -> float:
        share = np.clip(share_found(p, x), 1e-9, 1 - 1e-9)
        fit = np.sum(hits * np.log(share) + (tried - hits) * np.log1p(-share))
        return float(
            -fit + sum(((v - m) / s) ** 2 / 2 for v, (m, s) in zip(p, PRIOR, strict=False))
        )

    begin = np.array([PRIOR[0][0], PRIOR[1][0], float(np.average(x, weights=tried))])
    best = optimize.minimize(cost, begin, method="Nelder-Mead",
                             options={"xatol": 1e-5, "fatol": 1e-7, "maxiter": 4000}).x  # fmt: skip
    spread = np.linalg.pinv(_curvature(cost, best), hermitian=True)
    values, vectors = np.linalg.eigh(spread)
    root = vectors * np.sqrt(np.clip(values, 0, 25.0))
    normal = np.random.default_rng(0).normal(size=(draws, 3))
    return np.concatenate([best[None], best + normal @ root.T])


def _counted(x: np.ndarray, found: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    edges = np.linspace(x.min(), x.max() + 1e-9, BINS + 1)
    at = np.clip(np.searchsorted(edges, x, side="right") - 1, 0, BINS - 1)
    tried = np.bincount(at, minlength=BINS)
    used = tried > 0
    middle = np.bincount(at, x, minlength=BINS)[used] / tried[used]
    return middle, tried[used], np.bincount(at[found], minlength=BINS)[used]


def _curvature(
    cost: Callable[[np.ndarray], float], best: np.ndarray, step: float = 1e-3
) -> np.ndarray:
    """Second derivatives by central differences."""
    size = best.size
    out = np.empty((size, size))
    unit = np.eye(size) * step
    for i in range(size):
        for j in range(size):
            corners = [cost(best + a * unit[i] + b * unit[j]) * a * b
                       for a in (-1, 1) for b in (-1, 1)]  # fmt: skip
            out[i, j] = sum(corners) / (4 * step**2)
    return (out + out.T) / 2


def area_reached(p: np.ndarray, probability: float) -> np.ndarray:
    """Logarithm of area at which a curve reaches a probability; infinite under its ceiling."""
    ceiling = expit(p[:, 0])
    part = np.clip(probability / ceiling, None, 1.0)
    with np.errstate(divide="ignore"):
        return np.where(part < 1, p[:, 2] + logit(part) / np.exp(p[:, 1]), np.inf)
