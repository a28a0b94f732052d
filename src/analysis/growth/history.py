"""Roofed area by date, with what is not known of areas and dates; and a site's total.

The line adds up the buildings that were measured: references, new buildings, and roofs that were
covered anew (they stood before). Areas come as joint draws; dates are drawn from their calibrated
intervals, not from the scan's posterior, which is too sure. The total of a site, with what
detection missed or invented, needs a sample that somebody else labelled: Olofsson's stratified
estimator takes one, and without one the total is not computed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from scipy import stats
from shapely.geometry import Polygon

from analysis.errors import UserError
from analysis.growth.buildings import Building, Measured
from analysis.growth.measured_json import zone
from analysis.growth.objects import moment
from analysis.growth.timeline import DateInterval
from analysis.scenes import grid as grids
from analysis.site import Site

STEP_DAYS = 7.0
"""Days from one point of the line to the next: finer than any gap between clear scenes."""

MARGIN_DAYS = 60.0
"""Days before the first and after the last date where no date of a scene is known."""

ROOFED = ("new-footprint", "re-roofing")
"""Classes with a roof."""


@dataclass(frozen=True)
class History:
    """Roofed area by date."""

    table: pd.DataFrame
    """``date value low high``: square metres; the median and the ends of a central interval."""
    buildings: pd.DataFrame
    """``id class since zone area``: what is counted; ``since`` is empty if it always stood."""
    left_out: pd.DataFrame
    """``id class why``: roofs without a measured area."""
    re_roofings: pd.DataFrame
    """``id zone value low high area``: events of their own, which add no area."""
    where: str
    """``perimeter``, or ``aoi`` where the site names none."""
    level: float
    kind: str


def roofed(found: Measured, site: Site, seed: int = 1) -> History:
    """Roofed area inside the perimeter, else in the whole area, over the series.

    Dates are drawn from two triangles that meet at their value, with half of the probability on
    each side, so that the ends of the interval are quantiles of the draws.

    Parameters
    ----------
    found
        With draws of areas, and dates with intervals at ``found.level``.
    seed
        Of the drawn dates.
    """
    fence = _fence(site, found.crs)
    chance = np.random.default_rng([seed, 11])
    counted, lost, events = [], [], []
    steps: list[tuple[np.ndarray | None, np.ndarray]] = []
    for b in _once(found):
        if b.outline is None or not fence.contains(b.outline.centroid):
            if b.outline is None and b.feature is not None:
                lost.append({"id": b.id, "class": _class(b), "why": b.why})
            continue
        kind = _class(b)
        if b.thing is not None and kind not in (*ROOFED, "standing"):
            continue
        events += _re_roofings(b, found, site)
        if b.area is None:
            lost.append({"id": b.id, "class": kind, "why": b.why})
            continue
        since = b.thing.roof_on if b.thing is not None and kind == "new-footprint" else None
        steps.append((None if since is None else draw_dates(since, len(b.area), chance), b.area))
        counted.append({
            "id": b.id, "class": kind, "since": "" if since is None else since.iso()[0],
            "zone": _zone(b, site, found.crs), "area": float(np.median(b.area)),
        })  # fmt: skip
    return History(
        table=_line(_days(found, steps), steps, found.level),
        buildings=pd.DataFrame(counted, columns=["id", "class", "since", "zone", "area"]),
        left_out=pd.DataFrame(lost, columns=["id", "class", "why"]),
        re_roofings=pd.DataFrame(events, columns=["id", "zone", "value", "low", "high", "area"]),
        where="perimeter" if site.role("perimeter") else "aoi",
        level=found.level, kind=found.kind,
    )  # fmt: skip


def draw_dates(interval: DateInterval, draws: int, chance: np.random.Generator) -> np.ndarray:
    """Days since 1970 whose median is the value and whose quantiles are the interval's ends."""
    tail = np.sqrt(1.0 - interval.level)
    after = chance.random(draws) < 0.5
    reach = np.where(after, interval.high - interval.value, interval.value - interval.low)
    far = 1.0 - np.sqrt(chance.random(draws))  # density falls to nothing at the far end
    return interval.value + np.where(after, 1.0, -1.0) * reach * far / (1.0 - tail)


def _line(
    days: np.ndarray, steps: list[tuple[np.ndarray | None, np.ndarray]], level: float
) -> pd.DataFrame:
    rows = []
    for day in days:
        total = sum(
            (area if since is None else np.where(since <= day, area, 0.0)) for since, area in steps
        )
        low, value, high = np.quantile(total, [(1 - level) / 2, 0.5, (1 + level) / 2])
        rows.append((str(moment(day).astype("datetime64[D]")), value, low, high))
    return pd.DataFrame(rows, columns=["date", "value", "low", "high"])


def _days(found: Measured, steps: list[tuple[np.ndarray | None, np.ndarray]]) -> np.ndarray:
    """Dates of the line: the series, from its first scene to its last."""
    if found.days is not None and found.days.size > 1:
        first, last = float(found.days[0]), float(found.days[-1])
    else:
        known = [s for s, _ in steps if s is not None]
        if not known:
            return np.zeros(0)
        first = min(float(s.min()) for s in known) - MARGIN_DAYS
        last = max(float(s.max()) for s in known) + MARGIN_DAYS
    return np.append(np.arange(first, last, STEP_DAYS), last)


def _once(found: Measured) -> list[Building]:
    """References and candidates, those that are both once."""
    theirs = {b.thing.id for b in found.references if b.thing is not None}
    return [*found.references, *(b for b in found.candidates if b.id not in theirs)]


def _class(b: Building) -> str:
    return b.thing.kind if b.thing is not None else "standing"


def _re_roofings(b: Building, found: Measured, site: Site) -> list[dict[str, object]]:
    """Events at which a roof got another cover; with only a last old date, no value."""
    if b.thing is None:
        return []
    made: dict[str, object] = {
        "id": b.id, "zone": _zone(b, site, found.crs), "value": "", "low": "", "high": "",
        "area": float(np.median(b.area)) if b.area is not None else np.nan,
    }  # fmt: skip
    events = []
    if b.thing.kind == "re-roofing" and b.thing.roof_on is not None:
        value, low, high = b.thing.roof_on.iso()
        events.append(made | {"value": value, "low": low, "high": high})
    if b.thing.covered_until is not None:
        events.append(made | {"low": str(moment(b.thing.covered_until).astype("datetime64[D]"))})
    return events


def _fence(site: Site, crs: str) -> Polygon:
    features = site.role("perimeter") or (site.aoi,)
    return shapely.union_all([grids.projected(f.geometry, crs) for f in features])


def _zone(b: Building, site: Site, crs: str) -> str:
    return zone(b, site, crs) or ""


# Olofsson et al. 2014, Good practices for estimating area and assessing accuracy of land change,
# Remote Sensing of Environment 148: equations 8 to 11.


@dataclass(frozen=True)
class Total:
    """Area of one class over a whole site, or why there is none."""

    value: float | None
    """Square metres."""
    low: float | None
    high: float | None
    level: float
    why: str


def total(
    found: Measured, site: Site, sample: pd.DataFrame | None = None, level: float | None = None
) -> Total:
    """Roofed area that came in the series, in the whole area, corrected by a reference sample.

    Parameters
    ----------
    sample
        One row for each sampled point: ``stratum`` (``new`` inside the outlines of new buildings,
        ``rest`` elsewhere, drawn at random within each) and ``reference`` (``new`` or ``rest``,
        what somebody saw there who did not know the map). Without it nothing is computed.

    Raises
    ------
    UserError
        If the sample has other columns, or fewer than two points in a stratum.
    """
    level = found.level if level is None else level
    if sample is None:
        return Total(None, None, None, level, "not computed: no independent reference sample")
    new = [b.outline for b in _once(found) if b.outline is not None
           and b.thing is not None and b.thing.kind == "new-footprint"]  # fmt: skip
    whole = grids.projected(site.aoi.geometry, found.crs)
    mapped = shapely.union_all(new).intersection(whole).area
    table = stratified(sample, {"new": mapped, "rest": whole.area - mapped}, level)
    row = table.loc["new"]
    return Total(float(row["area"]), float(row["low"]), float(row["high"]), level, "")


def stratified(
    sample: pd.DataFrame, mapped: Mapping[str, float], level: float = 0.95
) -> pd.DataFrame:
    """Areas of classes by the stratified estimator, whose strata are the map's classes.

    Parameters
    ----------
    sample
        ``stratum`` and ``reference``, one row for each unit drawn at random within its stratum.
    mapped
        Area of each stratum on the map.

    Returns
    -------
    pandas.DataFrame
        By reference class: ``area error low high``, in the unit of ``mapped``; ``error`` is one
        standard error. Low ends are cut at zero.

    Raises
    ------
    UserError
        If columns are missing, a stratum is unknown, or it has fewer than two units.
    """
    missing = {"stratum", "reference"} - set(sample.columns)
    if missing:
        raise UserError(f"the reference sample has no column {sorted(missing)[0]!r}")
    strange = set(sample["stratum"]) - set(mapped)
    if strange:
        raise UserError(f"the reference sample names a stratum {sorted(strange)[0]!r}; there are: "
                        f"{', '.join(sorted(mapped))}")  # fmt: skip
    counts = pd.crosstab(sample["stratum"], sample["reference"]).reindex(
        index=list(mapped), fill_value=0
    )
    size = counts.sum(axis=1)
    whole = float(sum(mapped.values()))
    weight = pd.Series(mapped, dtype=float) / whole
    few = size[(size < 2) & (weight > 0)]
    if len(few):
        raise UserError(f"the reference sample has {few.iloc[0]} units in stratum "
                        f"{few.index[0]!r}: it needs at least 2")  # fmt: skip
    used = weight.index[size >= 2]
    share = counts.loc[used].div(size[used], axis=0)
    inside = (share * (1 - share)).div(size[used] - 1, axis=0)
    area = whole * share.mul(weight[used], axis=0).sum()
    error = whole * np.sqrt(inside.mul(weight[used] ** 2, axis=0).sum())
    reach = stats.norm.ppf((1 + level) / 2) * error
    return pd.DataFrame(
        {"area": area, "error": error, "low": np.maximum(area - reach, 0.0), "high": area + reach}
    )
