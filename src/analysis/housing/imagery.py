"""Blocks in the housing zone, from scenes: what was seen, what would have been missed, and when.

Blocks that stood from the start are not counted: they changed nothing. A block that was begun in
the last stretch of the series is too young to be told from a season, so the count ends where
injection ends; for the time after it only the share that would be found is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd
import xarray as xr

import analysis.housing.blocks as blocks
from analysis.errors import UserError
from analysis.growth import injection
from analysis.growth.candidates import ALARMS, BEFORE_DATES, Null, pixel_area_m2
from analysis.growth.injection import Drawing
from analysis.growth.noise import YEAR

KINDS = ("new-footprint", "ground-works")
"""Classes of candidates that may be a block: with a roof, or still a foundation."""

BLOCK_M2 = (450.0, 750.0)
"""Footprints of the blocks that are injected, log-uniform (``choice:housing.block-size``)."""

SLENDER = (3.0, 4.5)
"""Their length over width; 12 by 46 m lies in the middle (``choice:housing.block-size``)."""

UNTIL = 0.85
"""Share of the series at which the count ends: what is begun later has too few dates after it."""

LEAST_TIME = 0.02
"""Share of the series that the count must run over."""

SPARE_DATES = 2
"""Clear dates before the works that the count asks for beyond those without which an object may
have stood from the start (`analysis.growth.candidates.BEFORE_DATES`): dates are uncertain, and
what was begun in between is seen in part."""

SLICES = 12
"""Parts of the time that counts for which completeness is taken apart: a third of a year each in
five years, about as far as clear dates lie apart. The time before and after is cut
alike, into no more."""

INJECTED = 800
"""Blocks that are injected: about fifty in a slice."""

PARTS = ("settled", "recent")
"""Parts of the time for which blocks are counted: what is old enough to be told from a season, and
what was begun later."""

CLEAR = 0.5
"""Share of a scene in plain sight from which its date counts as clear."""

FINEST_PIXELS = 2.5
"""Pixels that a block must be wide to be told from its neighbour (``choice:housing.block-gsd``).
With fewer, blocks of one row run into one object, and a count of objects is no count of blocks."""

WIDTH_M = 12.0
"""Width of the block on which that is judged."""

COVER = 0.25
"""Share of the zone that blocks cover at most; it bounds their number
(``choice:housing.most-blocks``)."""


@dataclass(frozen=True)
class Looked:
    """What became of injected blocks, by slices of time: before the count begins, in the time of
    the count, and after it."""

    table: pd.DataFrame
    """One row each, as in `analysis.growth.detectability.Recovery`."""
    edges: np.ndarray
    """``(slice + 1,)`` days since 1970: between them blocks were begun."""
    found: np.ndarray
    """``(slice,)`` blocks found, by when they were begun."""
    tried: np.ndarray
    settled: slice
    """The slices of the time that counts."""

    def part(self, name: str) -> slice:
        """The slices of one of `PARTS`."""
        every = (self.settled, slice(self.settled.stop, None))
        return dict(zip(PARTS, every, strict=True))[name]

    def counts(self, name: str) -> np.ndarray:
        """``(slice,)`` boolean: the slices of a part of the time."""
        out = np.zeros(self.found.size, dtype=bool)
        out[self.part(name)] = True
        return out

    def days(self, name: str) -> tuple[float, float]:
        """First and last day of a part of the time, since 1970."""
        at = self.part(name)
        return float(self.edges[at.start]), float(self.edges[-1 if at.stop is None else at.stop])

    def share(self, name: str) -> tuple[int, int]:
        """Blocks found and injected in a part of the time."""
        at = self.part(name)
        return int(self.found[at].sum()), int(self.tried[at].sum())

    def rows(self, name: str) -> pd.DataFrame:
        """Injected blocks that were begun in a part of the time."""
        first, last = self.days(name)
        begun = days_of(self.table["ground_broken"])
        return self.table[(begun > first) & (begun <= last)]

    def counted(self, begun: tuple[float, float]) -> float:
        """Probability that a block, with this interval of days, was begun since the count begins.

        An estate that was begun across that day is seen in more than the part that counts.
        """
        return float(self.slices([begun])[0, self.settled.start :].sum())

    def slices(self, begun: Sequence[tuple[float, float]]) -> np.ndarray:
        """Share ``(block, slice)`` of each block's interval of days since 1970 in each slice.

        What lies beyond the ends goes to them.
        """
        edges = self.edges.copy()
        edges[0], edges[-1] = -np.inf, np.inf
        out = np.zeros((len(begun), edges.size - 1))
        for row, (low, high) in zip(out, begun, strict=True):
            until = max(high, low + 1.0)
            row[:] = np.diff(np.clip(edges, low, until)) / (until - low)
        return out


def days_of(dates: pd.Series) -> np.ndarray:
    """Dates as whole days since 1970."""
    return dates.to_numpy().astype("datetime64[D]").astype(float)


def is_block(kind: str) -> bool:
    """Whether a candidate of a class may be a block."""
    return kind in KINDS


def tells_blocks_apart(cube: xr.Dataset) -> bool:
    """Whether the pixels are small enough for a block to be an object of its own."""
    return bool(WIDTH_M / np.sqrt(pixel_area_m2(cube)) >= FINEST_PIXELS)


def window(cube: xr.Dataset) -> tuple[float, float, float]:
    """Shares of the series: from where blocks are seen at all, and between which they count.

    Before, they may have stood from the start; after, they are too young to be told from a season.

    Raises
    ------
    UserError
        If there are too few clear dates for anything to be counted.
    """
    clear = cube["valid"].values.mean(axis=(1, 2)) > CLEAR
    days = np.sort(cube["time"].values.astype("datetime64[D]").astype(float))
    seen = np.sort(cube["time"].values[clear].astype("datetime64[D]").astype(float))
    needed = BEFORE_DATES + SPARE_DATES
    last = UNTIL - LEAST_TIME
    shares = (seen - days[0]) / (days[-1] - days[0])
    if seen.size < needed or shares[needed - 1] > last:
        raise UserError(f"{seen.size} clear dates: too few of them lie before anything countable")
    return float(shares[BEFORE_DATES - 1]), float(shares[needed - 1]), UNTIL


def look(
    cube: xr.Dataset,
    seed: int,
    when: tuple[float, float, float],
    *,
    stable: np.ndarray | None = None,
) -> Looked:
    """Inject blocks into a cube and look for them.

    Parameters
    ----------
    when
        From `window`.
    stable
        ``(y, x)`` boolean, ground taken for unchanged.

    Raises
    ------
    UserError
        If there is no room for a block, or there are too few dates.
    """
    side = pixel_area_m2(cube)
    first, begin, end = when
    drawing = Drawing(area_px=(BLOCK_M2[0] / side, BLOCK_M2[1] / side), aspect=SLENDER,
                      begin=(first, 1.0))  # fmt: skip
    recovery = injection.inject(cube, seed, INJECTED, drawing=drawing, stable=stable)
    days = cube["time"].values.astype("datetime64[D]").astype(float)
    ends = (first, begin, end, 1.0)
    parts = [
        min(max(round(SLICES * (b - a) / (end - begin)), 1), SLICES) for a, b in pairwise(ends)
    ]
    cut = [
        np.linspace(a, b, n, endpoint=False)
        for (a, b), n in zip(pairwise(ends), parts, strict=True)
    ]
    edges = float(days.min()) + float(np.ptp(days)) * np.r_[np.concatenate(cut), 1.0]
    begun = days_of(recovery.table["ground_broken"])
    at = np.clip(np.searchsorted(edges, begun) - 1, 0, edges.size - 2)
    hit = recovery.table["detected"].to_numpy(bool)
    found, tried = (np.bincount(a, minlength=edges.size - 1) for a in (at[hit], at))
    return Looked(recovery.table, edges, found, tried, slice(parts[0], parts[0] + parts[1]))


def count(
    begun: Sequence[tuple[float, float]],
    looked: Looked,
    null: Null | None,
    zone_m2: float,
    most: int,
    seed: int,
) -> tuple[np.ndarray, float]:
    """Posterior of the number of blocks, and the false alarms expected among all that were seen.

    Parameters
    ----------
    begun
        Interval of the day on which ground was broken for every block seen, days since 1970.
    null
        Of the detector; its rate times the zone and the time is what is expected of false alarms.
    zone_m2
        Square metres of the housing zone.
    most
        Bound of the number.
    """
    years = float(looked.edges[-1] - looked.edges[0]) / YEAR
    held = promised(null)
    false = 0.0 if held is None else held.expected * zone_m2 / 1e6 * years
    complete = blocks.completeness(looked.found, looked.tried, np.random.default_rng(seed))
    chances = blocks.posterior(
        looked.slices(begun), complete, np.diff(looked.edges), looked.counts("settled"), false, most
    )
    return chances, false


def unseen(looked: Looked, most: int) -> np.ndarray:
    """Probability ``(most + 1,)`` of every number of blocks that count, before any is seen."""
    return blocks.prior(np.diff(looked.edges), looked.counts("settled"), most)


def promised(null: Null | None) -> Null | None:
    """The null with a rate of false alarms that can be held.

    Without named stable ground the fitted rate holds real change too, and says nothing of false
    alarms; the rate that the threshold is to allow stands in.
    """
    if null is None or null.from_stable_ground:
        return null
    return replace(null, expected=ALARMS)


def most_blocks(zone_m2: float) -> int:
    """Blocks for which a zone has room, up to as many as are reckoned with."""
    room = int(COVER * zone_m2 / np.sqrt(BLOCK_M2[0] * BLOCK_M2[1]))
    return min(max(room, 1), blocks.MOST)
