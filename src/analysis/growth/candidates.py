"""Places where something was built: objects made of pixels, with class and dates.

The threshold comes from the site's own null: how often, and how strongly, ground that is said to
be stable scores. What is judged and classed afterwards is the mean series of an object, so that
one noisy pixel decides nothing: it must look like two events even if the ground may look different
from each orbit, as the edge of a standing roof does where the terrain model errs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from scipy import ndimage, sparse

from analysis.growth import classes, recover, timeline
from analysis.growth import scan as scans
from analysis.growth import series as layout
from analysis.growth.noise import YEAR
from analysis.growth.recover import Recovering
from analysis.growth.series import Series
from analysis.growth.timeline import Calibration, DateInterval

ALARMS = 0.2
"""False objects per square kilometre and year that the threshold allows on stable ground."""

LEAST = 12.0
"""Log Bayes factor below which nothing is a candidate, however quiet the stable ground is."""

MOST = 25.0
"""Threshold that is asked at most where no stable ground is named: it may be real change that
makes the site look restless."""

TAIL = 0.9
"""Quantile of the null from which its tail is taken as exponential."""

BULK = 0.5
"""The same where no stable ground is named."""

APART_DAYS = 240.0
"""Neighbouring pixels of which both events differ by more are two buildings."""

PROVEN = 3.0
"""Log Bayes factor that the mean of an object needs, against ground that looks different from
each orbit: 20 to 1."""

PIXELS_A_LOOK = 4.0
"""Pixels of one building that say as much as one alone: blur and errors of a date are shared."""

MOST_LOOKS = 4.0
"""Independent looks that a mean is worth at most: what is left is the model's own error."""

BEFORE_DATES = 4
"""Clear dates before the first event without which an object may have stood from the start."""

LATER_DATES = 10
"""The same where an object looks as if it had: what then comes as early as it may is the first
change of restless ground."""


@dataclass(frozen=True)
class Candidate:
    """One object."""

    id: str
    kind: str
    """One of `analysis.growth.classes.CLASSES`."""
    pixels: np.ndarray
    """``(n, 2)`` rows and columns."""
    evidence: float
    """Mean log Bayes factor of its pixels."""
    ground_broken: DateInterval | None
    """``None`` for a re-roofing, of which the ground knows nothing."""
    roof_on: DateInterval | None
    """``None`` for ground works without a roof."""
    why: str
    """What made the class."""
    posterior: np.ndarray
    """``(event, time)`` probability that a date is the first after the event, ground broken and
    roof on, as the scan has it: for intervals at other levels."""
    days: np.ndarray
    """``(time,)`` days since 1970."""
    seen: np.ndarray
    """``(time,)`` boolean: dates on which it was seen and that its dates rest on."""
    recovered: Recovering | None = None
    """When its roof got another colour, if it did after `roof_on`."""


@dataclass(frozen=True)
class Null:
    """The site's own null, and the threshold that follows."""

    threshold: float
    """Log Bayes factor."""
    exposure: float
    """Square kilometres times years of stable ground that were looked at."""
    expected: float
    """False objects per square kilometre and year at the threshold, by the fitted tail."""
    from_stable_ground: bool
    """False if no stable ground was named, and the quiet part of the whole site stood in."""


def null(
    evidence: np.ndarray, years: float, pixel_area_m2: float, stable: np.ndarray | None = None
) -> Null:
    """Threshold by an exponential tail fitted to local maxima of the evidence on stable ground."""
    named = stable is not None and int(np.count_nonzero(stable)) >= 100
    ground = stable if named and stable is not None else np.ones(evidence.shape, dtype=bool)
    peaks = (ndimage.maximum_filter(evidence, 3) == evidence) & ground
    values = evidence[peaks & (evidence > -1e8)]
    exposure = float(np.count_nonzero(ground) * pixel_area_m2 / 1e6 * years)
    if values.size < 10:
        return Null(LEAST, exposure, 0.0, named)
    # without named ground, real change may fill a quarter of the site: keep to the bulk
    share = TAIL if named else BULK
    base = float(np.quantile(values, share))
    half = float(np.quantile(values, (1 + share) / 2))  # median of the excess: blind to outliers
    scale = max((half - base) / np.log(2), 0.5)
    rate = (1 - share) * values.size / exposure
    needed = base + scale * float(np.log(max(rate / ALARMS, 1.0)))
    threshold = max(needed if named else min(needed, MOST), LEAST)
    return Null(threshold, exposure, float(rate * np.exp(-(threshold - base) / scale)), named)


def find(
    cube: xr.Dataset,
    *,
    stable: np.ndarray | None = None,
    level: float = 0.9,
    calibration: Calibration | None = None,
    strictness: float = 1.0,
) -> tuple[list[Candidate], Null]:
    """All candidates of a cube, the strongest first, and the null they were held against.

    Parameters
    ----------
    cube
        Dims ``time, y, x``: reflectance per band, and ``valid``.
    stable
        ``(y, x)`` boolean: ground that is taken for unchanged.
    strictness
        Factor on the threshold that follows from the null (``choice:growth.threshold``).
    """
    series = layout.from_cube(cube)
    scanned = scans.scan(series)
    years = float(series.days[-1] - series.days[0]) / YEAR
    held = null(scanned.evidence, years, pixel_area_m2(cube), stable)
    held = replace(held, threshold=held.threshold * strictness)
    groups = objects(scanned, held.threshold)
    if not groups:
        return [], held
    stack, clear = _means(cube, series, groups)
    views = layout.directions(cube)
    sure = layout.of_objects(series, stack, clear, views, looks(groups))
    again = recover.recoverings(sure)
    whole, part = (scans.scan(o) for o in (sure, recover.parted(sure, again)))
    proven = np.maximum(whole.evidence, part.evidence)[0]
    again = [r if p >= PROVEN else None for r, p in zip(again, part.evidence[0], strict=True)]
    earliest = np.minimum(whole.first[1, 0], part.first[1, 0])
    # dated as if it were one pixel: errors of the model do not average out over a building
    dated = recover.parted(layout.of_objects(series, stack, clear, views), again)
    mean = scans.scan(dated, posterior=True, works=scans.OBJECTS)
    assert mean.posterior is not None
    found: list[Candidate] = []
    for i, pixels in enumerate(groups):
        if proven[i] < PROVEN or mean.evidence[0, i] < 0:
            continue
        chances, own = mean.posterior[:, :, 0, i], again[i]
        seen = clear[:, i] & (series.days < (own.since if own else np.inf))
        dates = timeline.intervals(chances, series.days, seen, level, calibration)
        early = min(dates[0].value, earliest[i])
        from_start = np.count_nonzero(seen & (series.days < early)) < BEFORE_DATES
        if from_start:
            later = begun_later(series, stack[:, :, [i]], clear[:, [i]], views, looks([pixels]))
            if later is None:
                continue
            chances, seen, own = later, clear[:, i], None
            dates = timeline.intervals(chances, series.days, seen, level, calibration)
            if np.count_nonzero(seen & (series.days < dates[0].value)) < LATER_DATES:
                continue
        first, second = dates[0].value, dates[1].value
        stood = classes.standing_out(cube, pixels, series, first)
        if from_start and stood > classes.STANDS_OUT:
            continue
        kind, why = classes.classify(stack[:, :, i], clear[:, i], series, (first, second), stood)
        found.append(
            Candidate(
                id=f"candidate-{len(found) + 1}",
                kind=kind,
                pixels=pixels,
                evidence=float(scanned.evidence[pixels[:, 0], pixels[:, 1]].mean()),
                ground_broken=None if kind == "re-roofing" else dates[0],
                roof_on=None if kind == "ground-works" else dates[1],
                why=why,
                posterior=chances,
                days=series.days,
                seen=seen,
                recovered=own if kind == "new-footprint" else None,
            )
        )
    return found, held


def begun_later(
    series: Series,
    stack: np.ndarray,
    clear: np.ndarray,
    views: np.ndarray,
    worth: np.ndarray,
) -> np.ndarray | None:
    """Dates of an object whose events, if two there were, came after its first clear dates.

    Bare ground that keeps its colour looks like a roof that stood from the start, and a building
    on it like another colour of that roof.

    Parameters
    ----------
    stack
        ``(time, band, 1)`` mean reflectance.
    clear
        ``(time, 1)`` boolean.
    views
        From `analysis.growth.series.directions`.
    worth
        ``(1,)`` from `looks`.

    Returns
    -------
    numpy.ndarray or None
        ``(event, time)`` posterior; nothing where the events are not proven.
    """
    shown = np.flatnonzero(clear[:, 0])
    if shown.size <= BEFORE_DATES:
        return None
    since = float(series.days[shown[BEFORE_DATES - 1]])
    sure = scans.scan(layout.of_objects(series, stack, clear, views, worth), since=since)
    dated = scans.scan(
        layout.of_objects(series, stack, clear, views), posterior=True, works=scans.OBJECTS,
        since=since,
    )  # fmt: skip
    if sure.evidence[0, 0] < PROVEN or dated.evidence[0, 0] < 0:
        return None
    assert dated.posterior is not None
    return dated.posterior[:, :, 0, 0]


def pixel_area_m2(cube: xr.Dataset) -> float:
    """Area of a pixel, square metres."""
    if "pixel_area_m2" in cube.attrs:
        return float(cube.attrs["pixel_area_m2"])
    step = [abs(float(cube[d].diff(d).mean())) for d in ("y", "x")]
    return step[0] * step[1]


def objects(scanned: scans.Scan, threshold: float) -> list[np.ndarray]:
    """Neighbouring pixels above the threshold of which an event came at about the same time.

    A lone pixel needs a quarter more evidence. The object with the largest sum comes first.
    """
    hot = scanned.evidence > threshold
    height, width = hot.shape
    number = np.arange(height * width).reshape(height, width)
    ends: list[np.ndarray] = []
    for dy, dx in ((0, 1), (1, 0), (1, 1), (1, -1)):
        one = (slice(0, height - dy), slice(max(-dx, 0), width - max(dx, 0)))
        two = (slice(dy, height), slice(max(dx, 0), width - max(-dx, 0)))
        apart = np.minimum(
            np.abs(scanned.first[1][one] - scanned.first[1][two]),
            np.abs(scanned.second[1][one] - scanned.second[1][two]),
        )
        joined = hot[one] & hot[two] & (apart <= APART_DAYS)
        ends.append(np.stack([number[one][joined], number[two][joined]]))
    a, b = np.concatenate(ends, axis=1)
    graph = sparse.coo_matrix((np.ones(a.size), (a, b)), shape=(number.size, number.size))
    labels = sparse.csgraph.connected_components(graph, directed=False)[1].reshape(hot.shape)
    rows, columns = np.nonzero(hot)
    mine = labels[rows, columns]
    groups = []
    for label in np.unique(mine):
        at = np.stack([rows[mine == label], columns[mine == label]], axis=1)
        total = float(scanned.evidence[at[:, 0], at[:, 1]].sum())
        if len(at) > 1 or total > 1.25 * threshold:
            groups.append((total, at))
    groups.sort(key=lambda g: -g[0])
    return [at for _, at in groups]


def looks(groups: Sequence[np.ndarray]) -> np.ndarray:
    """How many independent pixels the mean of each object is worth."""
    return np.clip([len(g) / PIXELS_A_LOOK for g in groups], 1.0, MOST_LOOKS)


def _means(
    cube: xr.Dataset, series: Series, groups: Sequence[np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Mean reflectance ``(time, band, object)``, and dates on which half of an object was seen."""
    order = np.argsort(cube["time"].values, kind="stable")
    valid = cube["valid"].values
    images = [cube[b].values for b in series.bands]
    stack = np.zeros((order.size, len(images), len(groups)), dtype=np.float64)
    clear = np.zeros((order.size, len(groups)), dtype=bool)
    for i, at in enumerate(groups):
        inside = (slice(None), at[:, 0], at[:, 1])
        there = valid[inside] & np.isfinite(np.stack([im[inside] for im in images])).all(axis=0)
        count = there.sum(axis=1)
        clear[:, i] = (count >= max(len(at) / 2, 1))[order]
        for b, image in enumerate(images):
            total = np.where(there, image[inside], 0.0).sum(axis=1)
            stack[:, b, i] = (total / np.maximum(count, 1))[order]
    return stack, clear
