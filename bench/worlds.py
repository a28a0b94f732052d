"""Drawn worlds beside what the scan says of them: which candidate is which building."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import rasterio.features
import shapely
import xarray as xr
from affine import Affine
from shapely.affinity import translate

from analysis import simulate
from analysis.growth.candidates import Candidate
from analysis.simulate.world import ORIGIN


@dataclass(frozen=True)
class Matched:
    """One building of a world, and the candidate that covers most of it."""

    id: str
    pixels: int
    ground_broken: date | None
    roof_on: date | None
    candidate: Candidate | None


def mask(cube: xr.Dataset, ring: object, around_m: float = 0.0) -> np.ndarray:
    """Pixels ``(y, x)`` of a ring in metres about the world's origin."""
    x, y = cube["x"].values, cube["y"].values
    step = x[1] - x[0]
    to_map = Affine(step, 0, x[0] - step / 2, 0, y[1] - y[0], y[0] - (y[1] - y[0]) / 2)
    shape = translate(shapely.Polygon(ring), *ORIGIN).buffer(around_m)
    return rasterio.features.rasterize(
        [(shape, 1)], cube["valid"].shape[1:], transform=to_map, all_touched=around_m > 0
    ).astype(bool)


def matched(world: simulate.World, cube: xr.Dataset, found: list[Candidate]) -> list[Matched]:
    """The buildings whose ground was broken inside the series."""
    rows = []
    for building in world.buildings:
        if building.ground_broken is None:
            continue
        own = mask(cube, building.roof)
        shares = [int(own[c.pixels[:, 0], c.pixels[:, 1]].sum()) for c in found]
        best = int(np.argmax(shares)) if shares else 0
        hit = bool(shares) and shares[best] >= max(1, 0.2 * own.sum())
        rows.append(
            Matched(
                building.id,
                int(own.sum()),
                building.ground_broken,
                building.roof_on,
                found[best] if hit else None,
            )
        )
    return rows


def days(when: date) -> float:
    """Days since 1970."""
    return float(np.datetime64(when, "D").astype(int))
