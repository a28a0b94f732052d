"""A roof that later got another colour: an event of its own, not a second building.

The scan knows one roof. If what follows a date is better explained as a new constant surface, and
what lies before it as a series of its own, that date parts the series: the building is dated on
what lies before, and the re-covering stands beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analysis.growth import scan as scans
from analysis.growth.series import LANES, Series

EVIDENCE = 40.0
"""Log Bayes factor from which a series is parted: mean colours drift with haze and ageing."""

FEWEST = 5
"""Clear dates that each part needs."""


@dataclass(frozen=True)
class Recovering:
    """The date from which a roof has another colour."""

    before: float
    """Days since 1970 of the last clear date with the old colour."""
    since: float
    """Days since 1970 of the first clear date with the new colour."""
    evidence: float
    """Log Bayes factor against one roof only."""


def recoverings(series: Series) -> list[Recovering | None]:
    """For each object of a series laid out by `analysis.growth.series.of_objects`."""
    whole = scans.scan(series)
    count = series.shape[1]
    # two events, or none: what one series can be without a re-covering
    alone = np.logaddexp(whole.evidence[0], 0.0) + whole.season[0]
    return [_one(series, i, float(alone[i])) for i in range(count)]


def parted(series: Series, found: list[Recovering | None]) -> Series:
    """The same objects, blind from the date on which they were re-covered."""
    clear = series.clear.copy()
    for i, event in enumerate(found):
        if event is not None:
            clear[i // LANES, series.days >= event.since, i % LANES] = 0.0
    return replace(series, clear=clear)


def _one(series: Series, i: int, alone: float) -> Recovering | None:
    block, lane = divmod(i, LANES)
    values, clear = series.values[block, :, :, lane], series.clear[block, :, lane] > 0
    seen = np.flatnonzero(clear)
    cuts = seen[FEWEST : -FEWEST + 1] if seen.size > 2 * FEWEST else seen[:0]
    if cuts.size == 0:
        return None
    blocks = -(-cuts.size // LANES)
    many = np.zeros((blocks, *values.shape, LANES), np.float32)
    mask = np.zeros((blocks, clear.size, LANES), np.float32)
    for k, cut in enumerate(cuts):
        many[k // LANES, :, :, k % LANES] = values
        mask[k // LANES, :cut, k % LANES] = clear[:cut]
    copies = replace(series, values=many, clear=mask, shape=(1, cuts.size))
    parts = scans.scan(copies)
    earlier = np.logaddexp(parts.evidence[0], 0.0) + parts.season[0]
    later = np.array([_surface(values[cut:][clear[cut:]], series.spread) for cut in cuts])
    gain = earlier + later - alone
    best = int(np.argmax(gain))
    if gain[best] < EVIDENCE:
        return None
    cut = int(cuts[best])
    last = int(seen[np.searchsorted(seen, cut) - 1])
    return Recovering(float(series.days[last]), float(series.days[cut]), float(gain[best]))


def _surface(values: np.ndarray, spread: float) -> float:
    """Log likelihood of dates ``(time, band)`` as one constant surface; strays cost little."""
    total, mean, doubt = 0.0, np.zeros(values.shape[1]), spread
    for seen in values:
        variance = scans.ROOF_NOISE + doubt
        far = float(np.sum((seen - mean) ** 2) / variance)
        total -= 0.5 * (min(far, scans.WORST) + values.shape[1] * np.log(variance))
        if far < scans.WORST:
            gain = doubt / variance
            mean = mean + gain * (seen - mean)
            doubt -= gain * doubt
        else:
            doubt += scans.FORGET_ROOF * doubt
    return total
