"""Which synthetic buildings are drawn, where there is room for them, and what is known of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from scipy import ndimage

from analysis.errors import UserError
from analysis.growth import blend
from analysis.growth.blend import Buildings, Ground
from analysis.growth.detectability import HALF_YEARS, SUMMER

TRIES = 60
"""Places that are tried for a building before it is dropped."""

CLEARANCE = 2.0
"""Pixels that a building keeps from the edge and from what really changed."""


@dataclass(frozen=True)
class Drawing:
    """From what synthetic buildings are drawn: a choice, and what a recovery averages over."""

    area_px: tuple[float, float] = (0.25, 40.0)
    """Pixels covered, log-uniform."""
    aspect: tuple[float, float] = (1.0, 3.0)
    """Length over width, uniform."""
    stage_days: tuple[float, float] = (30.0, 400.0)
    """From ground broken to roof on, log-uniform."""
    begin: tuple[float, float] = (0.1, 0.85)
    """When ground is broken, shares of the series, uniform."""
    roofs: tuple[str, ...] = tuple(blend.ROOFS)
    """Kinds of roof, equally often."""


def draw(
    rng: np.random.Generator,
    site: Ground,
    drawing: Drawing,
    n: int,
    taken: np.ndarray,
    where: np.ndarray | None,
    jitter: float,
) -> tuple[Buildings, np.ndarray]:
    """Buildings with room around them, and the names of their roofs."""
    area = _log_uniform(rng, drawing.area_px, n)
    aspect = rng.uniform(*drawing.aspect, n)
    length, width = np.sqrt(area * aspect), np.sqrt(area / aspect)
    row, column, placed = _places(rng, np.hypot(length, width) / 2, taken, where)
    if not placed.any():
        height, across = taken.shape
        raise UserError(
            f"no room for a synthetic building in {height} x {across} pixels: enlarge the area"
        )
    whole = site.days[-1] - site.days[0]
    first = site.days[0] + whole * rng.uniform(*drawing.begin, n)
    second = first + _log_uniform(rng, drawing.stage_days, n)
    names = np.array(drawing.roofs)[rng.integers(0, len(drawing.roofs), n)]
    table = {r: [blend.ROOFS[r][b] for b in site.bands] for r in drawing.roofs}
    light = np.exp(blend.BRIGHTNESS * rng.normal(size=(n, 2)))
    roof = np.array([table[r] for r in names]) * light[:, :1]
    soil = np.array([blend.SOIL[b] for b in site.bands]) * light[:, 1:]
    wet = np.exp(blend.WET * rng.normal(size=(n, site.days.size, 1)))
    shift = jitter * rng.normal(size=(n, site.days.size, 2))
    made = Buildings(row, column, length, width, rng.uniform(0, np.pi, n), first, second,
                     roof, soil[:, None] * wet, shift)  # fmt: skip
    return made.take(placed), names[placed]


def _log_uniform(rng: np.random.Generator, span: tuple[float, float], n: int) -> np.ndarray:
    return np.exp(rng.uniform(np.log(span[0]), np.log(span[1]), n))


def _places(
    rng: np.random.Generator, reach: np.ndarray, taken: np.ndarray, where: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Centres away from the edge and from what is taken, and which buildings got one."""
    framed = np.pad(taken, 1, constant_values=True)
    room = ndimage.distance_transform_edt(~framed)[1:-1, 1:-1]
    row, column = np.zeros(reach.size), np.zeros(reach.size)
    placed = np.zeros(reach.size, dtype=bool)
    for _ in range(TRIES):
        open_ = np.flatnonzero(~placed)
        y = rng.uniform(-0.5, taken.shape[0] - 0.5, open_.size)
        x = rng.uniform(-0.5, taken.shape[1] - 0.5, open_.size)
        at = (np.round(y).astype(int), np.round(x).astype(int))
        good = room[at] > reach[open_] + CLEARANCE
        if where is not None:
            good &= where[at]
        row[open_[good]], column[open_[good]] = y[good], x[good]
        placed[open_[good]] = True
    return row, column, placed


def facts(
    cube: xr.Dataset, site: Ground, made: Buildings, roofs: np.ndarray, strength: float, side: float
) -> pd.DataFrame:
    """What was drawn, one row for each building."""
    y, x = np.round(made.row).astype(int), np.round(made.column).astype(int)
    clear = site.clear[:, y, x]
    when = site.days[:, None]
    works = (when >= made.first) & (when < made.second)
    moved = (made.roof.T - site.picture[:, y, x]) * strength
    first, second = (d.astype("datetime64[D]") for d in (made.first, made.second))
    month = first.astype("datetime64[M]").astype(int) % 12 + 1
    return pd.DataFrame({
        "y": np.interp(made.row, np.arange(cube.sizes["y"]), cube["y"].values),
        "x": np.interp(made.column, np.arange(cube.sizes["x"]), cube["x"].values),
        "row": made.row,
        "column": made.column,
        "area_m2": made.length * made.width * side**2,
        "length_m": made.length * side,
        "width_m": made.width * side,
        "angle_deg": np.degrees(made.angle),
        "roof": roofs,
        "contrast": np.sqrt((moved**2).mean(axis=0)),
        "ground_broken": first.astype("datetime64[s]"),
        "roof_on": second.astype("datetime64[s]"),
        "stage_days": made.second - made.first,
        "half_year": np.where(np.isin(month, list(SUMMER)), HALF_YEARS[1], HALF_YEARS[0]),
        "clear_before": (clear & (when < made.first)).sum(axis=0),
        "clear_works": (clear & works).sum(axis=0),
        "clear_after": (clear & (when >= made.second)).sum(axis=0),
    })  # fmt: skip


def errors(table: pd.DataFrame) -> pd.DataFrame:
    """Dates found as days since 1970, and how far they lie from the true ones."""
    for name, truth in (("ground", "ground_broken"), ("roof", "roof_on")):
        days = table[truth].to_numpy().astype("datetime64[D]").astype(float)
        table[f"{name}_error_days"] = table[f"{name}_value"] - days
    return table
