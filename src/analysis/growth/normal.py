"""Normal equations of one band, gathered in one pass over its dates and pixels.

What belongs to a date (the roof's level, what is left of its shift) and to a pixel (the fields
of its ground) has a block of its own; only the small blocks are ever held.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.floating]


@dataclass(frozen=True)
class Blocks:
    """Blocks of the normal equations of a band with m parameters, t dates, p pixels, k fields."""

    own: Array
    """Of the band's parameters (m, m)."""
    right: Array
    """Their right-hand side (m)."""
    level: Array
    """Parameters by the level of each date (m, t)."""
    levels: Array
    """Of the levels, which know of no other date (t)."""
    level_right: Array
    """Their right-hand side (t)."""
    move: Array
    """Parameters by the move of each date east and north (m, t, 2)."""
    level_move: Array
    """Levels by moves of the same date (t, 2)."""
    moves: Array
    """Of the moves (t, 2, 2)."""
    move_right: Array
    """Their right-hand side (t, 2)."""
    field: Array
    """Parameters by the fields of each pixel (m, p, k)."""
    level_field: Array
    """Levels by fields (t, p, k)."""
    move_field: Array
    """Moves by fields (t, 2, p, k)."""
    fields: Array
    """Of the fields, which know of no other pixel (p, k, k)."""
    field_right: Array
    """Their right-hand side (p, k)."""


def gather(
    jac: Array, drift: Array, weight: Array, rest: Array, cover: Array, bare: Array, mixing: Array
) -> Blocks:
    """Blocks of a band.

    Parameters
    ----------
    jac
        Derivatives by the band's parameters (m, t, p).
    drift
        Derivatives by a move of each date (2, t, p).
    weight, rest
        Inverse variance and residual (t, p).
    cover, bare
        Derivatives by the roof's level and by the ground (t, p).
    mixing
        Of the ground's fields (t, k).
    """
    m, dates, pixels = jac.shape
    k = mixing.shape[1]
    weighted = np.empty((m, dates, pixels))
    b = Blocks(
        np.empty((0, 0)), np.empty(0), np.zeros((m, dates)), np.zeros(dates), np.zeros(dates),
        np.zeros((m, dates, 2)), np.zeros((dates, 2)), np.zeros((dates, 2, 2)),
        np.zeros((dates, 2)), np.zeros((m, pixels, k)), np.zeros((dates, pixels, k)),
        np.zeros((dates, 2, pixels, k)), np.zeros((pixels, k, k)), np.zeros((pixels, k)),
    )  # fmt: skip
    _by_parameter(
        jac, drift, weight, cover, bare, mixing, weighted, b.level, b.move, b.field
    )  # fmt: skip
    _by_date(
        drift, weight, rest, cover, bare, mixing, b.levels, b.level_right, b.level_move, b.moves,
        b.move_right, b.level_field, b.move_field, b.fields, b.field_right,
    )  # fmt: skip
    flat = weighted.reshape(m, -1)
    own = flat @ jac.reshape(m, -1).T
    return replace(b, own=own, right=flat @ rest.ravel())


@njit(cache=True)
def _by_parameter(
    jac, drift, weight, cover, bare, mixing, weighted, level, move, field
):  # pragma: no cover - compiled
    parameters, dates, pixels = jac.shape
    fields = mixing.shape[1]
    for m in range(parameters):
        for t in range(dates):
            at_level, east, north = 0.0, 0.0, 0.0
            for p in range(pixels):
                value = jac[m, t, p] * weight[t, p]
                weighted[m, t, p] = value
                at_level += value * cover[t, p]
                east += value * drift[0, t, p]
                north += value * drift[1, t, p]
            level[m, t], move[m, t, 0], move[m, t, 1] = at_level, east, north
            for p in range(pixels):
                value = weighted[m, t, p] * bare[t, p]
                if value != 0.0:
                    for k in range(fields):
                        field[m, p, k] += value * mixing[t, k]


@njit(cache=True)
def _by_date(
    drift, weight, rest, cover, bare, mixing, levels, level_right, level_move, moves,
    move_right, level_field, move_field, fields, field_right,
):  # fmt: skip  # pragma: no cover - compiled
    dates, pixels = weight.shape
    count = mixing.shape[1]
    for t in range(dates):
        for p in range(pixels):
            w, c, b, r = weight[t, p], cover[t, p], bare[t, p], rest[t, p]
            east, north = drift[0, t, p], drift[1, t, p]
            levels[t] += w * c * c
            level_right[t] += w * c * r
            level_move[t, 0] += w * c * east
            level_move[t, 1] += w * c * north
            moves[t, 0, 0] += w * east * east
            moves[t, 0, 1] += w * east * north
            moves[t, 1, 1] += w * north * north
            move_right[t, 0] += w * east * r
            move_right[t, 1] += w * north * r
            for i in range(count):
                shade = w * b * mixing[t, i]
                level_field[t, p, i] = shade * c
                move_field[t, 0, p, i] = shade * east
                move_field[t, 1, p, i] = shade * north
                field_right[p, i] += shade * r
                for j in range(count):
                    fields[p, i, j] += shade * b * mixing[t, j]
        moves[t, 1, 0] = moves[t, 0, 1]


@njit(cache=True)
def whitened(cross, half):  # pragma: no cover - compiled
    """Cross terms with the fields (z, p, k) times a root of the fields' covariance (z, p k)."""
    total, pixels, fields = cross.shape
    made = np.empty((total, pixels * fields))
    for z in range(total):
        for p in range(pixels):
            for j in range(fields):
                value = 0.0
                for i in range(fields):
                    value += cross[z, p, i] * half[p, i, j]
                made[z, p * fields + j] = value
    return made
