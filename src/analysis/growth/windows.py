"""Two windows instead of a series: what changed between them, and how much weaker that is.

Each window becomes one picture, the median of its clear dates; the two are compared as a pair
(`analysis.growth.pairs`). Nothing is known of the season, so a harvest can pass for ground works;
nothing of what lay between, so a date is the whole gap; and no null of many dates sets the
threshold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy import ndimage

from analysis.errors import UserError
from analysis.growth import pairs
from analysis.growth.candidates import pixel_area_m2
from analysis.growth.noise import YEAR

BANDS: Mapping[str, str] = {
    "blue": "blue", "green": "green", "red": "red", "nir": "nir", "swir16": "swir1",
    "swir22": "swir2",
}  # fmt: skip
"""Bands of a cube, to the names of the pair method."""

LEAST_PIXELS = 4
"""Pixels of an object: in a pair, smaller ones are mostly edges that moved."""

SEEN = 0.5
"""Share of the area that a window must have seen."""

WEAK_SEASON_DAYS = 30
"""Days of the year by which two windows may differ and still count as the same season."""


@dataclass(frozen=True)
class Comparison:
    """What changed between two windows."""

    score: np.ndarray
    """``(y, x)`` in units of the pair's own null; 0 where a window saw nothing."""
    groups: tuple[np.ndarray, ...]
    """Objects, largest sum of scores first: ``(n, 2)`` rows and columns."""
    between: tuple[float, float]
    """Days since 1970 of the last date of the first window and the first of the second."""
    dates: tuple[int, int]
    """Dates with any clear ground in each window."""
    seen: float
    """Share of the area that both windows saw."""
    weaker: tuple[str, ...]
    """Why this says less than a series, one sentence each."""


def compare(before: xr.Dataset, after: xr.Dataset) -> Comparison:
    """Compare two windows of one cube.

    Parameters
    ----------
    before, after
        Parts of a cube (dims ``time, y, x``, reflectance and ``valid``), the earlier first.

    Raises
    ------
    UserError
        If a window has no clear date, they overlap, or they are in the wrong order.
    """
    for name, window in (("first", before), ("second", after)):
        if window.sizes["time"] == 0 or not bool(window["valid"].any()):
            raise UserError(f"the {name} window has no clear scene: make it longer")
    ends = _days(before).max(), _days(after).min()
    if ends[0] >= ends[1]:
        raise UserError(
            "the windows overlap or stand in the wrong order: "
            f"the first ends on {_iso(ends[0])}, the second begins on {_iso(ends[1])}"
        )
    bands = [b for b in BANDS if b in before and b in after]
    one, seen_one = _picture(before, bands)
    two, seen_two = _picture(after, bands)
    valid = seen_one & seen_two
    found = pairs.change(
        one, two, [BANDS[b] for b in bands], pixel_m=float(np.sqrt(pixel_area_m2(before))),
        reflectance=True, valid=valid,
    )  # fmt: skip
    return Comparison(
        score=found.score,
        groups=tuple(_groups(found)),
        between=(float(ends[0]), float(ends[1])),
        dates=(_clear_dates(before), _clear_dates(after)),
        seen=float(valid.mean()),
        weaker=tuple(_weaker(before, after, float(valid.mean()))),
    )


def _days(window: xr.Dataset) -> np.ndarray:
    return window["time"].values.astype("datetime64[s]").astype(np.float64) / 86400.0


def _iso(day: float) -> str:
    return str(np.datetime64(int(day), "D"))


def _clear_dates(window: xr.Dataset) -> int:
    return int((window["valid"].mean(("y", "x")) > 0).sum())


def _picture(window: xr.Dataset, bands: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Median of the clear dates ``(band, y, x)``, and where there is one."""
    clear = window["valid"].values
    stack = np.stack([window[b].values for b in bands], axis=1).astype(np.float64)
    clear = clear & np.isfinite(stack).all(axis=1)
    count = clear.sum(axis=0)
    ordered = np.sort(np.where(clear[:, None], stack, np.inf), axis=0)
    low = np.maximum(count - 1, 0) // 2
    high = count // 2 * (count > 0)
    ends = [np.take_along_axis(ordered, at[None, None], axis=0)[0] for at in (low, high)]
    with np.errstate(invalid="ignore"):
        return np.where(count > 0, (ends[0] + ends[1]) / 2, np.nan), count > 0


def _groups(found: pairs.PairChange) -> list[np.ndarray]:
    labels, count = ndimage.label(found.changed, structure=np.ones((3, 3)))
    groups = [np.argwhere(labels == i + 1) for i in range(count)]
    groups = [g for g in groups if len(g) >= LEAST_PIXELS]
    return sorted(groups, key=lambda g: -float(found.score[g[:, 0], g[:, 1]].sum()))


def _weaker(before: xr.Dataset, after: xr.Dataset, seen: float) -> list[str]:
    said = [
        "Two windows know nothing of the season: a harvest or a flooded field can look like "
        "ground works.",
        "An event is dated only to between the middles of the windows, and ground works and roof "
        "are not told apart.",
        "The threshold comes from this pair alone, not from stable ground over many dates: no "
        "rate of false alarms is promised.",
    ]
    apart = abs(float(np.median(_days(before) % YEAR)) - float(np.median(_days(after) % YEAR)))
    if min(apart, YEAR - apart) > WEAK_SEASON_DAYS:
        said.append("The windows lie in different seasons, which makes most changes seasonal.")
    if min(_clear_dates(before), _clear_dates(after)) < 3:
        said.append("A window has fewer than three clear dates: one missed cloud is a change.")
    if seen < SEEN:
        said.append(f"Only {seen:.0%} of the area is seen in both windows.")
    return said
