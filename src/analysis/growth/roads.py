"""Roads: objects that are pieces of one, by the line on which they lie and when they came."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from analysis.growth.objects import A_ROAD, LEAST_PIXELS, Thing

ALONG_A_ROAD_M = 100.0
"""Gap to a road that came at the same time up to which a small object continues it."""

ASIDE_M = 30.0
"""Offset from the line of that road: roads bend."""

ROAD_PIECE_M2 = 1500.0
"""Largest object that may be a piece of a road, where it crosses brighter ground."""

PIECES = 3
"""Small objects in line, all of one moment and without works before, that are pieces of a road."""

MOMENT_DAYS = 20.0
"""Days between the events of objects of one moment, and between the two events of a road: it is
there at once."""

PIECES_LENGTH_M = 250.0
"""Distance between the outermost of them, at least: blocks of one row lie nearer."""

ROAD_LENGTH_M = 150.0
"""Length of a long and thin object from which others may continue it: at fine pixels a wall or a
path is long and thin as well."""


def roads(things: Sequence[Thing], gsd: float) -> None:
    """Take the class of a new footprint from objects that are pieces of a road.

    Parameters
    ----------
    things
        With the class that stands otherwise; changed in place.
    gsd
        Side of a pixel, metres.
    """
    _in_pieces(things, gsd)
    continued(things, gsd)


def _in_pieces(things: Sequence[Thing], gsd: float) -> None:
    """Small objects in line that came at one moment, without works, are a road seen in parts.

    Where a road crosses ground that is as bright, nothing of it is found.
    """
    small = [
        t for t in things
        if t.kind == "new-footprint" and len(t.pixels) * gsd**2 <= ROAD_PIECE_M2
        and t.ground_broken is not None and t.roof_on is not None
        and t.roof_on.value - t.ground_broken.value <= MOMENT_DAYS
    ]  # fmt: skip
    for one, two in combinations(small, 2):
        ends = np.array([t.pixels.mean(axis=0) for t in (one, two)]) * gsd
        length = float(np.hypot(*(ends[1] - ends[0])))
        if length < PIECES_LENGTH_M or not _one_moment(one, two):
            continue
        way = (ends[1] - ends[0]) / length
        line = [t for t in small if _one_moment(one, t) and _along(t, ends[0], way, length, gsd)]
        if len(line) >= PIECES:
            for piece in line:
                piece.becomes("other", "it lies in line with others of one moment, as a road does")


def _one_moment(one: Thing, two: Thing) -> bool:
    assert one.roof_on is not None
    assert two.roof_on is not None
    return abs(one.roof_on.value - two.roof_on.value) <= MOMENT_DAYS


def _along(thing: Thing, start: np.ndarray, way: np.ndarray, length: float, gsd: float) -> bool:
    """Whether an object lies between the ends of a line, or on them."""
    off = thing.pixels.mean(axis=0) * gsd - start
    return -gsd <= off @ way <= length + gsd and abs(way[0] * off[1] - way[1] * off[0]) <= ASIDE_M


def continued(things: Sequence[Thing], gsd: float) -> None:
    """Take it from small objects in line with a road of the same moment; parameters as `roads`."""
    for road in [t for t in things if t.why == A_ROAD]:
        line = road.pixels
        if float(np.hypot(*np.ptp(line, axis=0))) * gsd < ROAD_LENGTH_M:
            continue
        while True:
            more = next((t for t in things if _continues(t, road, line, gsd)), None)
            if more is None:
                break
            line = np.concatenate([line, more.pixels])
            more.becomes("other", "it continues a road that came at the same time")


def _continues(thing: Thing, road: Thing, line: np.ndarray, gsd: float) -> bool:
    if thing.kind != "new-footprint" or len(thing.pixels) * gsd**2 > ROAD_PIECE_M2:
        return False
    if thing.roof_on is None or road.roof_on is None or not _one_moment(thing, road):
        return False
    gap = np.hypot(*(thing.pixels[:, None] - line[None]).transpose(2, 0, 1))
    if gap.min() * gsd > ALONG_A_ROAD_M:
        return False
    # the line of that end of the road which is nearest
    end = line[np.argsort(gap.min(axis=0))[: max(len(road.pixels) // 2, LEAST_PIXELS)]]
    centre = end.mean(axis=0)
    axis = np.linalg.svd(end - centre, full_matrices=False)[2][0]
    away = thing.pixels.mean(axis=0) - centre
    return bool(abs(away[0] * axis[1] - away[1] * axis[0]) * gsd <= ASIDE_M)
