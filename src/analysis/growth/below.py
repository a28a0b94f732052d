"""Ground that a building hides, interpolated from the ground around it.

Twice: first from open ground well away from a rough outline, then, when the outline is known,
from every pixel that its blurred edge and its shadow leave free on a date.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely
import xarray as xr
from numpy.typing import NDArray
from shapely import affinity
from shapely.geometry import Polygon

from analysis.growth import texture
from analysis.growth.texture import Texture

if TYPE_CHECKING:
    from analysis.growth.window import Window

Array = NDArray[np.floating]

KRIGING_M = 70.0
"""Metres beside the building from which ground is interpolated below it."""

KRIGING_PIXELS = 220
"""Most pixels that are used for that."""

FREE_PIXELS = 1.5
"""Pixels from a known outline and its shadow from which ground is ground alone."""

CLEAN_SHARE = 0.3
"""Share of the dates on which a pixel must show ground alone to tell of it."""

FEW_BEFORE = 4
"""Clear scenes of the old ground up to which its neighbourhood tells much beside them."""

FEWEST_AROUND = 12
"""Pixels from which ground can be interpolated."""

SHADOW_M = 25.0
"""Length of a winter shadow at mid latitudes, of a hall of 10 m."""


@dataclass(frozen=True)
class Around:
    """Pixels in and around a window, from which ground that is not seen is interpolated."""

    x: Array
    """Metres east of the origin (n)."""
    y: Array
    values: Array
    """Reflectance by date and band, dates before the building first (c, n)."""
    seen: NDArray[np.bool_]
    ground: Texture
    before: int
    """Dates before the building, of all."""
    lean: Array
    """As in `Window`, of each date with a roof."""
    shade: Array
    variance: Array
    """Of the interpolation that is in the window's precision (p, k)."""
    mean: Array

    def interpolated(
        self, hidden: NDArray[np.bool_], targets: Array, gsd: float
    ) -> tuple[Array, Array] | None:
        """Mean and variance of the ground's fields at places (m, k); None if too little is seen.

        Parameters
        ----------
        hidden
            Pixels that show no ground, or not it alone, by date (t, n).
        """
        bands = len(self.values) // len(hidden)
        seen = self.seen & ~np.repeat(hidden, bands, axis=0)
        chosen = np.flatnonzero(seen.mean(axis=0) > CLEAN_SHARE)
        if chosen.size < FEWEST_AROUND:
            return None
        middle = targets.mean(axis=0)
        away = np.hypot(self.x[chosen] - middle[0], self.y[chosen] - middle[1])
        chosen = chosen[np.argsort(away)][:KRIGING_PIXELS]
        ok, values = seen[:, chosen], self.values[:, chosen]
        precision, product = self.ground.posterior(
            np.where(ok, values, 0.0), ok / self.ground.noise[:, None] ** 2
        )
        covariance = np.linalg.inv(precision + np.eye(self.ground.fields))
        found = np.einsum("pij,pj->pi", covariance, product)
        points = np.column_stack([self.x[chosen], self.y[chosen]])
        nugget = np.einsum("pii->pi", covariance)
        return texture.krige(points, found, nugget, targets, gsd)


def with_ground(w: Window, outlines: Sequence[Polygon], height: float) -> Window:
    """The window with the ground below interpolated from all that the building leaves free.

    Before an outline is known, only ground well away from it is surely ground; afterwards all
    that its blurred edge and its shadow do not reach.

    Parameters
    ----------
    outlines
        Where the building may stand, about the origin.
    height
        Metres that cast its shadow.
    """
    a = w.around
    if a is None or a.before > FEW_BEFORE:
        return w
    body = shapely.union_all([shapely.make_valid(o) for o in outlines]).convex_hull
    points = shapely.points(a.x, a.y)
    near = shapely.distance(body, points) < FREE_PIXELS * w.gsd
    hidden = [near] * a.before
    for lean, shade in zip(a.lean, a.shade, strict=True):
        foot = affinity.translate(body, *(-height * lean))
        cast = shapely.union(foot, affinity.translate(foot, *(height * shade))).convex_hull
        hidden.append(near | (shapely.distance(cast, points) < FREE_PIXELS * w.gsd))
    found = a.interpolated(np.array(hidden), np.column_stack([w.x, w.y]), w.gsd)
    if found is None:
        return w
    mean, variance = found
    eye = np.eye(mean.shape[1])
    precision = w.precision + np.einsum("pk,kj->pkj", 1 / variance - 1 / a.variance, eye)
    product = w.product + mean / variance - a.mean / a.variance
    return replace(
        w, precision=precision, product=product, around=replace(a, mean=mean, variance=variance)
    )


def from_around(
    cube: xr.Dataset, bands: Sequence[str], dates: NDArray[np.int_], ground: Texture,
    start: Polygon, others: Sequence[Polygon], x: Array, y: Array,
    origin: tuple[float, float], gsd: float,
) -> tuple[Array, Array, Around]:  # fmt: skip
    """Mean and variance (p, k) of the ground's fields in the window, from open ground near it.

    With them the pixels that tell it, for `with_ground`.
    """
    reach = max(KRIGING_M, 7 * gsd)
    east, north = np.asarray(cube.x, float), np.asarray(cube.y, float)
    west, south, right, top = start.bounds
    columns = np.flatnonzero((east > west - reach) & (east < right + reach))
    rows = np.flatnonzero((north > south - reach) & (north < top + reach))
    px, py = np.meshgrid(east[columns], north[rows])
    # the blur of the building, and its shadow to the side away from the noon sun
    shaded = start.union(affinity.translate(start, 0.0, math.copysign(SHADOW_M, origin[1])))
    near = shapely.distance(shaded.convex_hull, shapely.points(px, py))
    free = np.ones(px.shape, bool)
    for other in others:
        free &= ~shapely.contains_xy(other.buffer(2 * gsd), px, py)
    local = cube.isel(x=columns, y=rows, time=dates)
    valid = np.asarray(local["valid"], bool)
    free &= valid.mean(axis=0) > CLEAN_SHARE
    # the nearest first, thinned where they are many
    chosen = np.flatnonzero(free)
    chosen = chosen[np.argsort(near.ravel()[chosen], kind="stable")][: 6 * KRIGING_PIXELS]
    chosen = chosen[:: max(1, math.ceil(chosen.size / (2 * KRIGING_PIXELS)))]
    values = np.stack([np.asarray(local[b], float) for b in bands], axis=1)
    values = values.reshape(dates.size * len(bands), -1)[:, chosen]
    seen = np.repeat(valid.reshape(dates.size, -1)[:, chosen], len(bands), axis=0)
    seen &= np.isfinite(values)
    targets = np.column_stack([x.ravel(), y.ravel()])
    empty, unit = np.zeros((x.size, ground.fields)), np.ones((x.size, ground.fields))
    around = Around(
        px.ravel()[chosen] - origin[0], py.ravel()[chosen] - origin[1], values, seen, ground,
        0, np.zeros((0, 2)), np.zeros((0, 2)), unit, empty,
    )  # fmt: skip
    hidden = np.tile(near.ravel()[chosen] <= 2.2 * gsd, (dates.size, 1))
    found = around.interpolated(hidden, targets, gsd)
    if found is None:
        return empty, unit, around
    return *found, replace(around, mean=found[0], variance=found[1])
