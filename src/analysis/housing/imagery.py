"""Blocks in the housing zone, from scenes: what was seen, what would have been missed, and when.

Blocks that stood from the start are not counted: they changed nothing. A block that was begun in
the last stretch of the series is too young to be told from a season, so the count ends where
injection ends; for the time after it only the share that would be found is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

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

SPARE_DATES = 2
"""Clear dates before the works that the count asks for beyond those without which an object may
have stood from the start (`analysis.growth.candidates.BEFORE_DATES`): dates are uncertain, and an
estate that was begun across that edge would be seen in part."""

SLICES = 12
"""Parts of that time for which completeness is taken apart: a third of a year each in five years,
about as far as clear dates lie apart."""

INJECTED = 600
"""Blocks that are injected: fifty in a slice."""

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
    """What became of injected blocks."""

    table: pd.DataFrame
    """One row each, as in `analysis.growth.detectability.Recovery`."""
    edges: np.ndarray
    """``(SLICES + 1,)`` days since 1970: the slices of time in which blocks were begun."""
    found: np.ndarray
    """``(SLICES,)`` blocks found, by when they were begun."""
    tried: np.ndarray

    @property
    def share(self) -> float:
        """Share found over all of the time."""
        return float(self.found.sum() / self.tried.sum())

    def counted(self, begun: tuple[float, float]) -> float:
        """Probability that a block, with this interval of days, was begun since the count begins.

        An estate that was begun across that day is seen in more than the part that counts.
        """
        low, high = begun
        since = float(self.edges[0])
        return float(np.clip((high - since) / max(high - low, 1.0), 0.0, 1.0))

    def slices(self, begun: Sequence[tuple[float, float]]) -> np.ndarray:
        """How many blocks, with these intervals of days since 1970, were begun in each slice.

        A block is shared out evenly over its interval; what lies beyond the ends goes to them.
        """
        edges = self.edges.copy()
        edges[0], edges[-1] = -np.inf, np.inf
        total = np.zeros(SLICES)
        for low, high in begun:
            until = max(high, low + 1.0)
            total += np.diff(np.clip(edges, low, until)) / (until - low)
        return total


def is_block(kind: str) -> bool:
    """Whether a candidate of a class may be a block."""
    return kind in KINDS


def tells_blocks_apart(cube: xr.Dataset) -> bool:
    """Whether the pixels are small enough for a block to be an object of its own."""
    return bool(WIDTH_M / np.sqrt(pixel_area_m2(cube)) >= FINEST_PIXELS)


def window(cube: xr.Dataset) -> tuple[float, float]:
    """Shares of the series between which a block that is counted was begun.

    Before, it may have stood from the start; after, it is too young to be told from a season.

    Raises
    ------
    UserError
        If there are too few clear dates for anything to be counted.
    """
    clear = cube["valid"].values.mean(axis=(1, 2)) > CLEAR
    days = np.sort(cube["time"].values.astype("datetime64[D]").astype(float))
    seen = np.sort(cube["time"].values[clear].astype("datetime64[D]").astype(float))
    needed = BEFORE_DATES + SPARE_DATES
    low = (seen[needed - 1] - days[0]) / (days[-1] - days[0]) if seen.size >= needed else 1.0
    if low >= UNTIL:
        raise UserError(f"{seen.size} clear dates: too few of them lie before anything countable")
    return float(low), UNTIL


def look(
    cube: xr.Dataset, seed: int, begin: tuple[float, float], *, stable: np.ndarray | None = None
) -> Looked:
    """Inject blocks into a cube and look for them.

    Parameters
    ----------
    begin
        Shares of the series between which they are begun.
    stable
        ``(y, x)`` boolean, ground taken for unchanged.

    Raises
    ------
    UserError
        If there is no room for a block, or there are too few dates.
    """
    side = pixel_area_m2(cube)
    drawing = Drawing(area_px=(BLOCK_M2[0] / side, BLOCK_M2[1] / side), aspect=SLENDER, begin=begin)
    recovery = injection.inject(cube, seed, INJECTED, drawing=drawing, stable=stable)
    days = cube["time"].values.astype("datetime64[D]").astype(float)
    first, last = float(days.min()), float(days.max())
    edges = first + (last - first) * np.linspace(*begin, SLICES + 1)
    begun = recovery.table["ground_broken"].to_numpy().astype("datetime64[D]").astype(float)
    at = np.clip(np.searchsorted(edges, begun) - 1, 0, SLICES - 1)
    hit = recovery.table["detected"].to_numpy(bool)
    return Looked(
        recovery.table, edges, np.bincount(at[hit], minlength=SLICES),
        np.bincount(at, minlength=SLICES),
    )  # fmt: skip


def count(
    begun: Sequence[tuple[float, float]],
    looked: Looked,
    null: Null | None,
    zone_m2: float,
    most: int,
    seed: int,
) -> tuple[np.ndarray, float]:
    """Posterior of the number of blocks, and the false alarms expected among those seen.

    Parameters
    ----------
    begun
        Interval of the day on which ground was broken for each block seen, days since 1970.
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
    complete = blocks.completeness(
        looked.found, looked.tried, looked.slices(begun), np.random.default_rng(seed)
    )
    sure = [looked.counted(b) for b in begun]
    return blocks.of_some(sure, lambda n: blocks.posterior(n, complete, false, most)), false


def promised(null: Null | None) -> Null | None:
    """The null with a rate of false alarms that can be held.

    Without named stable ground the fitted rate holds real change too, and says nothing of false
    alarms; the rate that the threshold is to allow stands in.
    """
    if null is None or null.from_stable_ground:
        return null
    return replace(null, expected=ALARMS)


def most_blocks(zone_m2: float) -> int:
    """Blocks for which a zone has room."""
    return max(int(COVER * zone_m2 / np.sqrt(BLOCK_M2[0] * BLOCK_M2[1])), 1)
