"""Other outlines than a rectangle, proposed by the shares of roof in the pixels.

Halls are rectangles, rectangles with a wing or a notch at a corner, with a bay in a side, or
quadrangles that are not quite square. Each kind is fitted to the map of fractions alone, which
takes milliseconds; the best of them is then tried on the images themselves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Polygon

from analysis.growth.outline import Outline, of_polygon
from analysis.growth.render import Lattice, edge_moves

Array = NDArray[np.floating]

STEPS = 8
"""Gauss-Newton steps on the map of fractions."""

NOTCH = 0.45
"""Share of each side that a corner's notch takes at the start."""

GROWN = 1.18
"""Factor on the sides of the rectangle from which a notch is taken: the fitted rectangle lies
between the outline and its hull."""

BAY = (1 / 3, 0.25)
"""Share of a side that a bay takes at the start, and its depth as a share of the width."""

EDGE_SD = 30.0
"""Prior of an edge's move in metres, as for the images."""

LEAST_SHARE = 0.02
"""Variance of a fraction beyond its own: colours and slopes that the roof's mean has not."""


@dataclass(frozen=True)
class Seen:
    """A map of fractions: where, how blurred, how sure."""

    lattice: Lattice
    fraction: Array
    """Share of roof by pixel (p)."""
    variance: Array
    """Of it (p)."""
    x: Array
    """Pixel centres about the origin, metres, the mean displacement taken off (p)."""
    y: Array
    offset: Array
    """That displacement, east and north."""
    sigma: float
    """Width of the blur, metres."""

    def picture(self, corners: Array) -> Array:
        """What an outline would show (p)."""
        return self.lattice.sample(self.lattice.draw(corners), self.sigma, self.offset).ravel()


def propose(seen: Seen, rectangle: Outline, values: Array) -> list[tuple[Outline, Array]]:
    """Outlines to try instead of a fitted rectangle: of each kind the one nearest the fractions.

    The fractions cannot choose between kinds: they were read off with the rectangle's blur.
    """
    best: dict[int, tuple[Array, float]] = {}
    for first in _starts(rectangle, values):
        done = _fitted(seen, first)
        if done is not None and done[1] < best.get(len(first), (first, np.inf))[1]:
            best[len(first)] = done
    return [of_polygon(Polygon(corners)) for corners, _ in best.values()]


def _starts(rectangle: Outline, values: Array) -> list[Array]:
    """Corners of each kind, about a fitted rectangle."""
    base = rectangle.corners(rectangle.start() + np.r_[np.zeros(3), values[3:]])
    (west, south), (east, north) = base.min(axis=0), base.max(axis=0)
    kinds: list[Polygon] = []
    middle = np.array([west + east, south + north]) / 2
    half = np.array([east - west, north - south]) / 2
    for a in (-1, 1):
        for b in (-1, 1):
            grown = GROWN * half
            corner = middle + grown * (a, b)
            inner = corner - 2 * NOTCH * grown * (a, b)
            kinds.append(
                shapely.box(*(middle - grown), *(middle + grown)).difference(
                    shapely.box(*np.minimum(corner, inner), *np.maximum(corner, inner))
                )
            )
    depth = BAY[1] * 2 * half.min()
    for axis in (0, 1):
        for way in (-1, 1):
            low, high = middle - half, middle + half
            one, two = low.copy(), high.copy()
            one[1 - axis] = middle[1 - axis] - BAY[0] * half[1 - axis]
            two[1 - axis] = middle[1 - axis] + BAY[0] * half[1 - axis]
            if way > 0:
                high[axis] -= 0.3 * depth
                two[axis] = high[axis] + depth
                one[axis] = middle[axis]
            else:
                low[axis] += 0.3 * depth
                one[axis] = low[axis] - depth
                two[axis] = middle[axis]
            kinds.append(shapely.box(*low, *high).union(shapely.box(*one, *two)))
    turn = _turn(values[2])
    made = [
        np.asarray(shapely.geometry.polygon.orient(k).exterior.coords)[:-1] @ turn.T + values[:2]
        for k in kinds
        if k.geom_type == "Polygon"
    ]
    # quadrangles with free corners begin at the rectangle itself
    return [*made, rectangle.corners(values)]


def _fitted(seen: Seen, corners: Array) -> tuple[Array, float] | None:
    """An outline fitted to the fractions, by its edges, or by its corners if it has four."""
    outline, values = of_polygon(Polygon(corners))
    free = len(corners) == 4
    now = corners.copy()
    spread = np.r_[20.0, 20.0, 0.3, np.full(outline.edges, EDGE_SD)]
    home = values.copy()
    best: tuple[Array, float] | None = None
    for _ in range(STEPS):
        if not free:
            now = outline.corners(values)
        if not Polygon(now).is_valid or Polygon(now).area < seen.lattice.gsd**2:
            return None
        cost = _cost(seen, now)
        if best is None or cost < best[1]:
            best = (now.copy(), cost)
        if free:
            along: Array = np.eye(2 * len(now)).reshape(2 * len(now), len(now), 2)
            along = np.ascontiguousarray(along.transpose(1, 0, 2))
            prior, away = np.full(2 * len(now), EDGE_SD**-2.0), (now - corners).ravel()
        else:
            along = outline.velocities(values)
            prior, away = spread**-2.0, values - home
        q, p = along.shape[1], seen.x.size
        rates = np.zeros((1, q, p))
        edge_moves(
            seen.x, seen.y, now, along, np.array([seen.sigma]), np.ones((1, p)),
            rates, np.zeros((2, 1, p)), np.zeros((1, p)),
        )  # fmt: skip
        rate = rates[0]
        weight = 1 / (seen.variance + LEAST_SHARE**2)
        left = (rate * weight) @ rate.T + np.diag(prior)
        right = (rate * weight) @ (seen.fraction - seen.picture(now)) - prior * away
        step = np.linalg.solve(left, right)
        step *= min(1.0, 0.6 * seen.lattice.gsd / max(float(np.abs(step).max()), 1e-9))
        if free:
            now = now + step.reshape(-1, 2)
        else:
            values = values + step
    return best


def _cost(seen: Seen, corners: Array) -> float:
    """Half of the squared deviations of the fractions from an outline's picture."""
    off = seen.fraction - seen.picture(corners)
    return 0.5 * float((off**2 / (seen.variance + LEAST_SHARE**2)).sum())


def _turn(angle: float) -> Array:
    cos, sin = math.cos(angle), math.sin(angle)
    return np.array([[cos, -sin], [sin, cos]])
