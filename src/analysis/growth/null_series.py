"""False alarms on a series of one index where nothing was built: ``ndvi_series.npz``.

The scan of this project is run on the index alone. Beside it stands the simple monitor: harmonics
fitted to all years but the last, and an alarm where three clear residuals in a row of the last
year lie below -3 standard deviations.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from analysis.errors import UserError
from analysis.growth import noise
from analysis.growth import scan as scans
from analysis.growth import series as layout

FILE = "ndvi_series.npz"
METHOD = "two-event scan of one index"
SIMPLE = "three harmonic residuals below -3 standard deviations"

EVIDENCE = 5.0
"""Log Bayes factor from which a pixel alarms, where no stable ground is named to set it by."""

FALL = 0.1
"""Fall of the index that a roof on meadow or forest cannot stay under."""

ANYTHING = 0.3
"""Standard deviation of the index over all that may be built or dug."""

PERSIST_DAYS = 60.0
"""Days for which a roof must have stood by the end of the series: snow and harvest do not stay."""

IN_A_ROW, DEVIATIONS = 3, 3.0


@dataclass(frozen=True)
class NullSeries:
    """One index over time."""

    index: np.ndarray
    """``(time, y, x)`` float32."""
    clear: np.ndarray
    """``(time, y, x)`` boolean."""
    days: np.ndarray
    """``(time,)`` days since 1970, ascending."""
    monitored: np.ndarray
    """``(time,)`` boolean: dates of the last calendar year."""


def read(folder: Path) -> NullSeries:
    """Read a null series.

    Raises
    ------
    UserError
        If the file cannot be read or lacks an array.
    """
    file = folder / FILE
    try:
        with np.load(file, allow_pickle=False) as stored:
            time, index, clear = stored["time"], stored["ndvi"], stored["valid"].astype(bool)
    except KeyError as error:
        raise UserError(f"{file} has no array {error}; it needs time, ndvi and valid") from None
    except (OSError, ValueError, EOFError) as error:
        raise UserError(f"{file} cannot be read: {error}") from None
    if index.ndim != 3 or index.shape != clear.shape or time.shape != index.shape[:1]:
        raise UserError(f"{file}: time, ndvi and valid do not fit each other")
    if index.size == 0:
        raise UserError(f"{file} holds no pixel: time, ndvi and valid are empty")
    order = np.argsort(time, kind="stable")
    days = time[order].astype("datetime64[s]").astype(np.float64) / 86400.0
    years = time[order].astype("datetime64[Y]")
    index = index[order].astype(np.float32)
    return NullSeries(index, clear[order] & np.isfinite(index), days, years == years[-1])


def alarms(series: NullSeries) -> np.ndarray:
    """Pixels ``(y, x)`` where the scan says that something was built in the last year."""
    height, width = series.index.shape[1:]
    if min(height, width) < 2:  # a strip has no edges: give it a second row or column
        wide = [(0, 0), *((0, max(2 - side, 0)) for side in (height, width))]
        twice = replace(series, index=np.pad(series.index, wide, mode="edge"),
                        clear=np.pad(series.clear, wide, mode="edge"))  # fmt: skip
        return alarms(twice)[:height, :width]
    index = np.where(series.clear, series.index, 0.0).astype(np.float32)
    laid = layout.lay_out(index[:, None], series.clear, series.days, ("index",), anything=ANYTHING)
    found = scans.scan(laid)
    # an event of the last year can lie as early as the last date of the year before
    earlier = series.days[~series.monitored]
    late = found.first[2] > (earlier[-1] if earlier.size else series.days[0])
    stands = found.second[2] <= series.days[-1] - PERSIST_DAYS
    return (found.evidence > EVIDENCE) & late & stands & (_fall(series, found) > FALL)


def _fall(series: NullSeries, found: scans.Scan) -> np.ndarray:
    """Median of the index before the first event less that after the second."""
    when = series.days[:, None, None]
    before = np.where(series.clear & (when < found.first[1]), series.index, np.nan)
    after = np.where(series.clear & (when > found.second[1]), series.index, np.nan)
    with np.errstate(invalid="ignore"):
        return _median(before) - _median(after)


def _median(stack: np.ndarray) -> np.ndarray:
    """Median over time; NaN, without a warning, where there is nothing."""
    ordered = np.sort(stack, axis=0)
    count = np.isfinite(stack).sum(axis=0)
    middle = np.take_along_axis(ordered, np.maximum(count - 1, 0)[None] // 2, axis=0)[0]
    return np.where(count > 0, middle, np.nan)


def three_harmonic_residuals(series: NullSeries) -> np.ndarray:
    """Pixels where the simple monitor alarms."""
    design = noise.waves(series.days)[:, :3]
    weight = (series.clear & ~series.monitored[:, None, None]).astype(np.float64)
    value = np.where(series.clear, series.index, 0.0)
    normal = np.einsum("ti,tj,tyx->yxij", design, design, weight) + 1e-6 * np.eye(3)
    right = np.einsum("ti,tyx->yxi", design, value * weight)
    season = np.linalg.solve(normal, right[..., None])[..., 0]
    residual = value - np.einsum("ti,yxi->tyx", design, season)
    freedom = np.maximum(weight.sum(axis=0) - 3, 1)
    deviation = np.sqrt((residual**2 * weight).sum(axis=0) / freedom)
    run = np.zeros(deviation.shape, dtype=int)
    alarm = np.zeros(deviation.shape, dtype=bool)
    for t in np.flatnonzero(series.monitored):
        low = residual[t] < -DEVIATIONS * deviation
        run = np.where(series.clear[t], np.where(low, run + 1, 0), run)
        alarm |= run >= IN_A_ROW
    return alarm
