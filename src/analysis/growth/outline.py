"""Outlines of buildings as few numbers: a base polygon whose edges and corners may move.

Every edge moves along its own normal, which for a rectangle gives exactly its
sides, and for an L-shape or a given polygon the same for each of its sides. Between
the corners of long edges stand knots that may bulge; how much they do is learnt
from the data, so that a true rectangle stays one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numba import njit
from numpy.typing import NDArray
from shapely.geometry import Polygon

Array = NDArray[np.floating]

KNOT_SPACING = (1.6, 9.0)
"""Least pixels, and least metres, between knots: closer ones the blur could not tell apart,
and no side of a hall has finer steps."""

MOST_KNOTS = 7
"""On one edge."""

STILL = 1e-6
"""Metres up to which an outline that is moved stays where it is."""


@dataclass(frozen=True)
class Outline:
    """A base polygon and the ways in which it may change.

    Parameters of the outline, in this order: centre east and north (metres), angle
    (radians), a move of each edge (metres, outwards), a bulge of each knot (metres,
    outwards).
    """

    base: Array
    """Corners (m, 2) about the origin, anticlockwise."""
    knots: tuple[tuple[int, float], ...] = ()
    """Edge and share of its length at which each knot stands, in order."""

    @property
    def edges(self) -> int:
        """Number of edges of the base."""
        return len(self.base)

    @property
    def parameters(self) -> int:
        """Number of parameters."""
        return 3 + self.edges + len(self.knots)

    def start(self, centre: tuple[float, float] = (0.0, 0.0), angle: float = 0.0) -> Array:
        """Parameters of the base itself, turned and placed."""
        made = np.zeros(self.parameters)
        made[0], made[1], made[2] = centre[0], centre[1], angle
        return made

    def corners(self, values: Array) -> Array:
        """Corners (v, 2) in metres, knots among them, anticlockwise."""
        return self._flat(values) @ _turn(values[2]).T + values[:2]

    def velocities(self, values: Array) -> Array:
        """Velocity of each corner for each parameter (v, q, 2)."""
        turn = _turn(values[2])
        made = np.zeros((len(self._map[0]), self.parameters, 2))
        made[:, 0, 0] = made[:, 1, 1] = 1.0
        flat = self._flat(values)
        made[:, 2] = np.column_stack([-flat[:, 1], flat[:, 0]]) @ turn.T
        made[:, 3:] = self._map[1] @ turn.T
        return made

    @cached_property
    def firsts(self) -> NDArray[np.int_]:
        """Number of each edge's first corner among all corners; its knots follow."""
        counts = [1 + sum(k[0] == edge for k in self.knots) for edge in range(self.edges)]
        return np.r_[0, np.cumsum(counts)[:-1]]

    @cached_property
    def convex(self) -> bool:
        """Whether the base has no corner that points inwards."""
        into = self.base - np.roll(self.base, 1, axis=0)
        out = np.roll(into, -1, axis=0)
        return bool((into[:, 0] * out[:, 1] - into[:, 1] * out[:, 0] > 0).all())

    def _flat(self, values: Array) -> Array:
        """Corners before they are turned and placed."""
        base, by = self._map
        return base + np.einsum("vqc,q->vc", by, values[3:])

    @cached_property
    def _map(self) -> tuple[Array, Array]:
        """Corners of the base with its knots (v, 2), and what each move adds (v, q, 2)."""
        q = self.parameters - 3
        still = self._moved(np.zeros(self.edges), np.zeros(len(self.knots)))
        unit = np.eye(q)
        by = [self._moved(u[: self.edges], u[self.edges :]) - still for u in unit]
        return still, np.stack(by, axis=1)

    def axes(self, values: Array) -> Array:
        """Unit vectors along the base's longest edge and across it (2, 2): the ways of a roof."""
        edges = np.roll(self.base, -1, axis=0) - self.base
        lengths = np.hypot(*edges.T)
        along = _turn(values[2]) @ edges[np.argmax(lengths)] / lengths.max()
        return np.array([along, [-along[1], along[0]]])

    def area(self, values: Array) -> float:
        """Area in square metres."""
        x, y = self.corners(values).T
        return 0.5 * float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))

    def polygon(self, values: Array) -> Polygon:
        """The outline as a polygon."""
        return Polygon(self.corners(values))

    def with_knots(self, values: Array, gsd: float) -> Outline:
        """The same outline with knots where its edges, as they stand, are long enough."""
        base = self._moved(values[3 : 3 + self.edges], values[3 + self.edges :])
        knots: list[tuple[int, float]] = []
        ends = np.roll(base, -1, axis=0)
        for edge, length in enumerate(np.hypot(*(ends - base).T)):
            parts = min(MOST_KNOTS + 1, round(length / max(KNOT_SPACING[0] * gsd, KNOT_SPACING[1])))
            knots += [(edge, k / parts) for k in range(1, parts)]
        return Outline(base, tuple(knots))

    def _moved(self, moves: Array, bulges: Array) -> Array:
        before = np.roll(self.base, 1, axis=0)
        into = self.base - before
        into = into / np.hypot(into[:, 0], into[:, 1])[:, None]
        normal = np.column_stack([into[:, 1], -into[:, 0]])
        # corner i lies where the moved edges i-1 (into it) and i (out of it) meet
        out = np.roll(normal, -1, axis=0)
        determinant = normal[:, 0] * out[:, 1] - normal[:, 1] * out[:, 0]
        one, two = np.roll(moves, 1), moves
        east = (one * out[:, 1] - two * normal[:, 1]) / determinant
        north = (two * normal[:, 0] - one * out[:, 0]) / determinant
        corners = self.base + np.column_stack([east, north])
        if not self.knots:
            return corners
        made: list[Array] = []
        place = 0
        for edge in range(self.edges):
            made.append(corners[edge])
            towards = corners[(edge + 1) % self.edges] - corners[edge]
            while place < len(self.knots) and self.knots[place][0] == edge:
                made.append(
                    corners[edge] + self.knots[place][1] * towards + bulges[place] * out[edge]
                )
                place += 1
        return np.array(made)


def rectangle(length: float, width: float) -> Outline:
    """A rectangle about the origin with its length along the first axis."""
    u, v = length / 2, width / 2
    return Outline(np.array([[-u, -v], [u, -v], [u, v], [-u, v]]))


def of_polygon(polygon: Polygon) -> tuple[Outline, Array]:
    """A given outline, and the parameters that place it where it is.

    Corners that hardly bend are left out, since an edge's move would slide them away.
    """
    corners = np.asarray(shapely.geometry.polygon.orient(polygon).exterior.coords)[:-1, :2]
    keep = [i for i in range(len(corners)) if _bend(corners, i) > math.radians(15)]
    if len(keep) < 4:
        keep = list(range(len(corners)))
    middle = np.asarray(polygon.centroid.coords[0])
    outline = Outline(corners[keep] - middle)
    return outline, outline.start((float(middle[0]), float(middle[1])))


def enclosing_rectangle(polygon: Polygon) -> tuple[Outline, Array]:
    """The rectangle with the polygon's direction, proportions and area."""
    box = np.asarray(polygon.minimum_rotated_rectangle.exterior.coords)[:-1, :2]
    one, two = box[1] - box[0], box[2] - box[1]
    if np.hypot(*one) < np.hypot(*two):
        one, two = two, one
    length, width = float(np.hypot(*one)), float(np.hypot(*two))
    scale = math.sqrt(polygon.area / (length * width))
    outline = rectangle(length * scale, width * scale)
    middle = polygon.centroid
    return outline, outline.start((middle.x, middle.y), math.atan2(one[1], one[0]))


def _turn(angle: float) -> Array:
    cos, sin = math.cos(angle), math.sin(angle)
    return np.array([[cos, -sin], [sin, cos]])


def _bend(corners: Array, i: int) -> float:
    into = corners[i] - corners[i - 1]
    out = corners[(i + 1) % len(corners)] - corners[i]
    turn = math.atan2(into[0] * out[1] - into[1] * out[0], float(into @ out))
    return abs(turn)


def sweep(outline: Outline, corners: Array, offset: Array) -> tuple[Array, NDArray[np.int_], Array]:
    """All places that an outline passes when it is moved by a vector.

    Returns
    -------
    ring, number, moved
        Corners of the swept outline, anticlockwise; which corner of the outline each of them is;
        and how far along the vector (0 to 1).
    """
    if np.hypot(*offset) < STILL:
        return corners, np.arange(len(corners)), np.zeros(len(corners))
    if outline.convex:
        # the base decides which edges pass; knots go with their edge
        corner, copy = _hull_of_sweep(corners[outline.firsts], offset)
        number, moved = _with_knots(corner, copy, outline.firsts, len(corners))
    else:
        number, moved = _passed(corners, offset)
        if not _simple(corners[number] + moved[:, None] * offset):
            return _around_all(corners, offset)
    return corners[number] + moved[:, None] * offset, number, moved


@njit(cache=True)
def _passed(corners, offset):  # pragma: no cover - compiled
    """Corners of the convolution of an outline with a step, and which of them are at its end.

    Edges that face the way go with it, the others stay; where the two meet, the step itself is an
    edge. The ring winds about every place as often as the step enters the outline there (Guibas,
    Ramshaw and Stolfi 1983), so if it does not cross itself it is what was asked for.
    """
    n = corners.shape[0]
    ahead = np.zeros(n)
    for e in range(n):
        f = (e + 1) % n
        dx, dy = corners[f, 0] - corners[e, 0], corners[f, 1] - corners[e, 1]
        if dy * offset[0] - dx * offset[1] > 1e-9:
            ahead[e] = 1.0
    number, moved = np.empty(2 * n, np.int64), np.empty(2 * n)
    size = 0
    for v in range(n):
        before, after = ahead[v - 1], ahead[v]
        number[size], moved[size] = v, before
        size += 1
        if before != after:
            number[size], moved[size] = v, after
            size += 1
    return number[:size], moved[:size]


@njit(cache=True)
def _simple(ring):  # pragma: no cover - compiled
    """Whether no two edges of a ring cross or touch, but at the corners that join them."""
    n = ring.shape[0]
    for i in range(n):
        ax, ay = ring[i]
        bx, by = ring[(i + 1) % n]
        for j in range(i + 2, n):
            if i == 0 and j == n - 1:
                continue
            cx, cy = ring[j]
            dx, dy = ring[(j + 1) % n]
            if min(ax, bx) > max(cx, dx) or min(cx, dx) > max(ax, bx):
                continue
            if min(ay, by) > max(cy, dy) or min(cy, dy) > max(ay, by):
                continue
            one = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
            two = (bx - ax) * (dy - ay) - (by - ay) * (dx - ax)
            three = (dx - cx) * (ay - cy) - (dy - cy) * (ax - cx)
            four = (dx - cx) * (by - cy) - (dy - cy) * (bx - cx)
            if one * two <= 0 and three * four <= 0:
                return False
    return True


@njit(cache=True)
def _hull_of_sweep(start, offset):  # pragma: no cover - compiled
    """Corners of the hull of start and end, and which of them are at the end."""
    m = start.shape[0]
    both = np.empty((2 * m, 2))
    both[:m], both[m:] = start, start + offset
    order = _hull(both)
    return order % m, order // m


@njit(cache=True)
def _with_knots(corner, copy, firsts, total):  # pragma: no cover - compiled
    """The same with the knots of the edges that stay in sight."""
    m = firsts.size
    number, moved = np.empty(total + 2 * m, np.int64), np.empty(total + 2 * m)
    size = 0
    for i in range(corner.size):
        after = (i + 1) % corner.size
        edge = corner[i]
        last = firsts[edge] + 1
        if copy[after] == copy[i] and corner[after] == (edge + 1) % m:
            last = firsts[edge + 1] if edge + 1 < m else total
        for v in range(firsts[edge], last):
            number[size], moved[size] = v, float(copy[i])
            size += 1
    return number[:size], moved[:size]


def _around_all(corners: Array, offset: Array) -> tuple[Array, NDArray[np.int_], Array]:
    """The same of an outline that overtakes itself."""
    ring = np.asarray(_swept(corners, offset).exterior.coords)[:-1][::-1]
    both = np.vstack([corners, corners + offset])
    nearest = np.hypot(*(ring[:, None] - both[None]).transpose(2, 0, 1)).argmin(axis=1)
    return ring, nearest % len(corners), (nearest >= len(corners)).astype(float)


def _swept(corners: Array, offset: Array) -> Polygon:
    """The outline, and what its edges that face the way pass over."""
    ends = np.roll(corners, -1, axis=0)
    along = ends - corners
    ahead = along[:, 1] * offset[0] - along[:, 0] * offset[1] > 1e-9
    one, two = corners[ahead], ends[ahead]
    sides = shapely.polygons(np.stack([one, one + offset, two + offset, two], axis=1))
    whole = shapely.union_all([Polygon(corners), *sides])
    if whole.geom_type == "MultiPolygon":
        whole = max(whole.geoms, key=lambda g: g.area)
    return shapely.geometry.polygon.orient(whole, -1.0)


@njit(cache=True)
def _hull(points):  # pragma: no cover - compiled
    """Numbers of the corners of the convex hull, anticlockwise (Andrew's monotone chain)."""
    n = points.shape[0]
    order = np.argsort(points[:, 0] + 1e-9 * points[:, 1])
    made = np.empty(2 * n, np.int64)
    size = 0
    for half in range(2):
        floor = size
        for step in range(n):
            i = order[step] if half == 0 else order[n - 1 - step]
            while size - floor > 1:
                a, b = made[size - 2], made[size - 1]
                ax, ay = points[b, 0] - points[a, 0], points[b, 1] - points[a, 1]
                bx, by = points[i, 0] - points[b, 0], points[i, 1] - points[b, 1]
                if ax * by - ay * bx > 1e-9:
                    break
                size -= 1
            made[size] = i
            size += 1
        size -= 1
    return made[:size]
