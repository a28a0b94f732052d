"""Polygons through a Gaussian blur, with the exact change under every move of an edge.

Values come from exact area coverage of fine cells and a separable blur.
Derivatives need no cells: moving an edge adds the blur's integral along that
edge, which has a closed form (the boundary term of Reynolds' transport theorem).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.special import ndtr

Array = NDArray[np.floating]

FINE = 4
"""Cells along the side of a pixel. Where inside a cell an edge lies is forgotten: along the cells
that is an error of at most 1 % in the width of the blur, between them it averages out."""

CUTOFF = 4.5
"""Widths from an edge beyond which it changes nothing (4e-5 of the blur's height)."""

PEAK = 1 / math.sqrt(2 * math.pi)
"""Height of a standard normal."""

FINENESS = 128
"""Steps for a width in which its bell and its mass are tabulated; straight lines between them are
off by less than 1e-5, which is enough for derivatives."""

REACH = 5.5
"""Widths from a point beyond which cells add nothing to it (4e-8 of them)."""


def coverage(ring: Array, west: float, south: float, step: float, shape: tuple[int, int]) -> Array:
    """Share of each square cell inside a polygon.

    Parameters
    ----------
    ring
        Corners (n, 2) in metres east and north, anticlockwise, not closed.
    west, south
        Corner of the first cell; rows run north.
    step
        Side of a cell.
    shape
        Rows and columns.
    """
    cover = np.zeros(shape)
    _cover(np.ascontiguousarray(ring, dtype=np.float64), west, south, step, cover)
    return cover


@njit(cache=True)
def _ramp(u, s):  # pragma: no cover - compiled
    """Integral of min(max(v, 0), s) over v up to u."""
    if u <= 0.0:
        return 0.0
    if u < s:
        return 0.5 * u * u
    return s * u - 0.5 * s * s


@njit(cache=True)
def _cover(ring, west, south, step, cover):  # pragma: no cover - compiled
    """Area of each cell to the right of each edge, signed by the edge's direction."""
    rows, columns = cover.shape
    n = ring.shape[0]
    for e in range(n):
        xa, ya = ring[e, 0] - west, ring[e, 1] - south
        xb, yb = ring[(e + 1) % n, 0] - west, ring[(e + 1) % n, 1] - south
        if ya == yb:
            continue
        sign = -1.0 if yb > ya else 1.0
        if ya > yb:
            xa, ya, xb, yb = xb, yb, xa, ya
        slope = (xb - xa) / (yb - ya)
        first = max(0, int(math.floor(ya / step)))
        last = min(rows - 1, int(math.floor(yb / step)))
        for row in range(first, last + 1):
            low, high = max(ya, row * step), min(yb, (row + 1) * step)
            if high <= low:
                continue
            left, right = xa + (low - ya) * slope, xa + (high - ya) * slope
            run = right - left
            start = max(0, int(math.floor(min(left, right) / step)))
            for column in range(start, columns):
                edge = (column + 1) * step
                if abs(run) < 1e-7 * step:
                    area = min(max(edge - 0.5 * (left + right), 0.0), step) * (high - low)
                else:
                    area = (high - low) * (_ramp(edge - left, step) - _ramp(edge - right, step))
                    area /= run
                cover[row, column] += sign * area / (step * step)


BELL = np.exp(-0.5 * (np.arange(6 * FINENESS + 2) / FINENESS) ** 2)
MASS = ndtr(np.arange(6 * FINENESS + 2) / FINENESS) - 0.5
"""A standard normal's height against its top, and its mass from the middle, at steps of width."""


@njit(cache=True)
def _bell(z):  # pragma: no cover - compiled
    place = min(abs(z), 6.0) * FINENESS
    i = int(place)
    return BELL[i] + (place - i) * (BELL[i + 1] - BELL[i])


@njit(cache=True)
def _mass(z):  # pragma: no cover - compiled
    place = min(abs(z), 6.0) * FINENESS
    i = int(place)
    value = MASS[i] + (place - i) * (MASS[i + 1] - MASS[i])
    return value if z > 0 else -value


@njit(cache=True)
def _edge(ring, e):  # pragma: no cover - compiled
    """The corner at which an edge ends, its length, and its direction; no length if it is a dot."""
    f = (e + 1) % ring.shape[0]
    dx, dy = ring[f, 0] - ring[e, 0], ring[f, 1] - ring[e, 1]
    size = math.hypot(dx, dy)
    if size < 1e-9:
        return f, 0.0, 0.0, 0.0
    return f, size, dx / size, dy / size


@njit(cache=True)
def _seen_from(rx, ry, tx, ty, length, sigma):  # pragma: no cover - compiled
    """What a point sees through the blur of an edge that runs from the origin along ``tx, ty``.

    Returns the blur's height at the edge, its mass along it, the difference of its heights at
    the edge's ends, and how far the point lies outside and along; a height of 0 where it sees
    nothing.
    """
    d, s = rx * ty - ry * tx, rx * tx + ry * ty
    far = CUTOFF * sigma
    if abs(d) > far or s < -far or s > length + far:
        return 0.0, 0.0, 0.0, d, s
    across = PEAK * _bell(d / sigma) / sigma
    if s > far and length - s > far:
        return across, 1.0, 0.0, d, s
    one, two = s / sigma, (length - s) / sigma
    return across, _mass(one) + _mass(two), _bell(one) - _bell(two), d, s


@njit(cache=True)
def edge_moves(
    x, y, ring, along, sigma, strength, rate, moved, widened
):  # pragma: no cover - compiled
    """Add the change of blurred coverage at points, for moves of the corners and of the blur.

    Parameters
    ----------
    x, y
        Points (p).
    ring
        Corners (v, 2), anticlockwise.
    along
        Velocity of each corner for each parameter (v, q, 2).
    sigma
        Widths of the blur (b).
    strength
        By which all is multiplied (b, p).
    rate
        To which the derivative by parameter is added (b, q, p).
    moved
        The derivative under a move of the whole polygon east and north (2, b, p).
    widened
        The derivative by the logarithm of the width (b, p).
    """
    corners, parameters = along.shape[0], along.shape[1]
    which = np.empty(parameters, np.int64)
    by_e, by_f = np.empty(parameters), np.empty(parameters)
    for e in range(corners):
        f, size, tx, ty = _edge(ring, e)
        if size == 0.0:
            continue
        nx, ny = ty, -tx
        count = 0
        for q in range(parameters):
            one = nx * along[e, q, 0] + ny * along[e, q, 1]
            two = nx * along[f, q, 0] + ny * along[f, q, 1]
            if one != 0.0 or two != 0.0:
                which[count], by_e[count], by_f[count] = q, one, two
                count += 1
        for b in range(sigma.size):
            wide = sigma[b]
            for p in range(x.shape[0]):
                across, mass, ends, d, s = _seen_from(
                    x[p] - ring[e, 0], y[p] - ring[e, 1], tx, ty, size, wide
                )
                if across == 0.0:
                    continue
                across *= strength[b, p]
                at_f = across * (s * mass + wide * PEAK * ends) / size
                whole = across * mass
                at_e = whole - at_f
                moved[0, b, p] += whole * nx
                moved[1, b, p] += whole * ny
                widened[b, p] += whole * d
                for i in range(count):
                    rate[b, which[i], p] += at_e * by_e[i] + at_f * by_f[i]


@njit(cache=True)
def edge_bends(x, y, ring, sigma, slid, bent):  # pragma: no cover - compiled
    """Add the derivatives in space of blurred coverage at points.

    Parameters
    ----------
    x, y, ring, sigma
        As for `edge_moves`.
    slid
        To which the derivatives under a move of the polygon east and north are added (2, b, p).
    bent
        The second derivatives, east-east, north-north and east-north (3, b, p).
    """
    corners = ring.shape[0]
    for e in range(corners):
        _, size, tx, ty = _edge(ring, e)
        if size == 0.0:
            continue
        nx, ny = ty, -tx
        for b in range(sigma.size):
            wide = sigma[b]
            for p in range(x.shape[0]):
                across, mass, ends, d, _ = _seen_from(
                    x[p] - ring[e, 0], y[p] - ring[e, 1], tx, ty, size, wide
                )
                if across == 0.0:
                    continue
                slid[0, b, p] += across * mass * nx
                slid[1, b, p] += across * mass * ny
                by_d = -across * mass * d / (wide * wide)
                by_s = across * PEAK * ends / wide
                bent[0, b, p] -= nx * (nx * by_d + tx * by_s)
                bent[1, b, p] -= ny * (ny * by_d + ty * by_s)
                bent[2, b, p] -= 0.5 * (nx * (ny * by_d + ty * by_s) + ny * (nx * by_d + tx * by_s))


@njit(cache=True)
def _weights(points, first, step, sigma, start, weight):  # pragma: no cover - compiled
    """Shares of a row of cells in each blurred point, from the cell ``start`` on (point, cell).

    The cell's own variance is taken off the blur's, so that a mean over cells and these weights
    together have exactly that; cells farther away than `REACH` are left out.
    """
    width = math.sqrt(max(sigma * sigma - step * step / 12, (0.3 * step) ** 2))
    peak = step / (width * math.sqrt(2 * math.pi))
    for i in range(points.size):
        start[i] = int(math.ceil((points[i] - REACH * width - first) / step))
        for j in range(weight.shape[1]):
            away = (points[i] - first - (start[i] + j) * step) / width
            weight[i, j] = peak * math.exp(-0.5 * away * away)


@njit(cache=True)
def _blur(cover, x, y, west, south, step, sigma, made):  # pragma: no cover - compiled
    """Blurred cells at points of a grid (width, rows, columns); ``west, south`` is a cell's middle.

    Only rows of cells in which something is covered are blurred. They lie along the inner loop, so
    that it needs no other order of sums to be fast: the last digit is the same in every run.
    """
    rows, columns = cover.shape
    low, high = rows, 0
    for r in range(rows):
        for c in range(columns):
            if cover[r, c] != 0.0:
                low, high = min(low, r), r + 1
                break
    taps = int(math.ceil(2 * REACH * max(sigma.max() / step, 0.3))) + 1
    across, up = np.empty((x.size, taps)), np.empty((y.size, taps))
    left, bottom = np.empty(x.size, np.int64), np.empty(y.size, np.int64)
    turned = np.ascontiguousarray(cover[low:high].T) if high > low else np.zeros((columns, 0))
    line = np.empty((x.size, turned.shape[1]))
    for b in range(sigma.size):
        _weights(x, west, step, sigma[b], left, across)
        _weights(y, south, step, sigma[b], bottom, up)
        for i in range(x.size):
            line[i] = 0.0
            for j in range(max(0, -left[i]), min(taps, columns - left[i])):
                share = across[i, j]
                if share > 0.0:
                    for r in range(turned.shape[1]):
                        line[i, r] += share * turned[left[i] + j, r]
        for k in range(y.size):
            first, last = max(0, low - bottom[k]), min(taps, high - bottom[k])
            for i in range(x.size):
                total = 0.0
                for j in range(first, last):
                    total += up[k, j] * line[i, bottom[k] + j - low]
                made[b, k, i] = total


class Lattice:
    """Pixels of a window, and the fine cells on which shapes are drawn for them.

    Parameters
    ----------
    east, north
        Centres of the window's columns and rows, metres.
    gsd
        Side of a pixel.
    reach
        Metres that cells extend beyond the window.
    """

    def __init__(self, east: Array, north: Array, gsd: float, reach: float) -> None:
        self.east, self.north, self.gsd, self.step = east, north, gsd, gsd / FINE
        self.west = float(east.min()) - reach
        self.south = float(north.min()) - reach
        columns = math.ceil((float(east.max()) + reach - self.west) / self.step)
        rows = math.ceil((float(north.max()) + reach - self.south) / self.step)
        self.shape = (rows, columns)
        # middle of the first cell
        self._west, self._south = self.west + 0.5 * self.step, self.south + 0.5 * self.step

    def draw(self, ring: Array) -> Array:
        """Exact coverage of the fine cells."""
        return coverage(ring, self.west, self.south, self.step, self.shape)

    def sample(self, cover: Array, sigma: float, shift: Array) -> Array:
        """Blur fine cells and sample them at the pixels of an image displaced by ``shift``.

        Returns rows by columns, in the order of ``north`` and ``east``.
        """
        return self.samples(cover, np.array([sigma]), shift)[0]

    def samples(self, cover: Array, sigma: Array, shift: Array) -> Array:
        """The same for several widths at once (width, rows, columns)."""
        made = np.empty((sigma.size, self.north.size, self.east.size))
        _blur(
            cover, self.east - shift[0], self.north - shift[1], self._west, self._south,
            self.step, sigma, made,
        )  # fmt: skip
        return made
