"""Synthetic buildings in a real cube, and the detector run on them.

Thousands of buildings are drawn into the cube's own pixels, each as if it were the only one
(`analysis.growth.blend`). The scan then runs on the pixels that they touch, with the site's noise,
background and threshold as they were without them: pixels, objects and the object's mean are judged
as `analysis.growth.candidates.find` judges them, but no class is given. What is found of them says
what would have been missed (`analysis.growth.detectability`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from analysis.errors import UserError
from analysis.growth import blend, candidates, noise, timeline
from analysis.growth import scan as scans
from analysis.growth import series as layout
from analysis.growth.blend import Buildings, Ground
from analysis.growth.detectability import (
    Recovery,
    Smallest,
    completeness,
    curve,
    smallest,
)
from analysis.growth.detectability_map import detectability_map
from analysis.growth.drawing import Drawing, draw, errors, facts
from analysis.growth.timeline import Calibration

__all__ = ["Drawing", "Recovery", "Smallest", "completeness", "curve", "detectability_map",
           "draw", "inject", "smallest"]  # fmt: skip

BATCH = 400
"""Buildings that are drawn and scanned at once: memory, not result, hangs on it."""

COVERED = 0.2
"""Share of a building that an object must cover to be it, as in the studies of drawn worlds."""

FOUND = ("evidence", *(f"{e}_{k}" for e in ("ground", "roof") for k in ("low", "value", "high")))
"""What is told of a building that was found, beside that it was."""


def inject(
    cube: xr.Dataset,
    seed: int,
    n: int = 10_000,
    *,
    drawing: Drawing | None = None,
    strength: float = 1.0,
    where: np.ndarray | None = None,
    stable: np.ndarray | None = None,
    level: float = 0.9,
    calibration: Calibration | None = None,
) -> Recovery:
    """Draw buildings into a cube and look for them.

    Parameters
    ----------
    cube
        Dims ``time, y, x``: reflectance per band, and ``valid``.
    n
        Buildings; those for which there is no room are counted and left out.
    strength
        Factor on what a building changes; 0 must find none.
    where
        ``(y, x)`` boolean: where centres may lie; everywhere by default.
    stable
        ``(y, x)`` boolean, ground taken for unchanged: the null, as in `candidates.find`.

    Raises
    ------
    UserError
        If the cube is too small or too short to build anything on it.
    """
    drawing = drawing or Drawing()
    pixel_m = float(np.sqrt(candidates.pixel_area_m2(cube)))
    series = layout.from_cube(cube)
    scanned = scans.scan(series)
    years = float(series.days[-1] - series.days[0]) / noise.YEAR
    held = candidates.null(scanned.evidence, years, pixel_m**2, stable)
    site = blend.ground(cube, pixel_m)
    if site.days.size < 2 * candidates.BEFORE_DATES:
        raise UserError(f"{site.days.size} scenes are too few to inject buildings: add scenes")
    rng = np.random.default_rng(seed)
    taken = np.zeros(series.shape, dtype=bool)
    for at in candidates.objects(scanned, held.threshold):
        taken[at[:, 0], at[:, 1]] = True
    buildings, roofs = draw(rng, site, drawing, n, taken, where, noise.jitter(cube))
    views = layout.directions(cube)
    parts = [
        look(site, series, buildings.take(slice(i, i + BATCH)), strength, held.threshold, views,
              noise.jitter(cube), level, calibration)
        for i in range(0, buildings.row.size, BATCH)
    ]  # fmt: skip
    return Recovery(
        table=pd.concat([facts(cube, site, buildings, roofs, strength, pixel_m),
                         pd.concat(parts, ignore_index=True)], axis=1).pipe(errors),
        threshold=held.threshold,
        pixel_m=pixel_m,
        extent=(float(cube["y"][0]), float(cube["y"][-1]),
                float(cube["x"][0]), float(cube["x"][-1])),
        seed=seed,
        strength=strength,
        dropped=n - buildings.row.size,
        cube_kind=str(cube.attrs.get("kind", "unknown")),
    )  # fmt: skip


def look(
    site: Ground,
    series: layout.Series,
    buildings: Buildings,
    strength: float,
    threshold: float,
    views: np.ndarray,
    jitter: float,
    level: float,
    calibration: Calibration | None,
) -> pd.DataFrame:
    """Run the detector on the pixels of some buildings: one row each."""
    drawn = blend.blend(site, buildings, strength)
    factor = _edges(site, series, drawn, jitter)
    laid = layout.of_pixels(series, drawn.stack, drawn.clear, factor)
    scanned = scans.scan(laid)
    groups = _groups(drawn, scanned, threshold, buildings.row.size)
    detected = np.zeros(buildings.row.size, dtype=bool)
    values = np.full((buildings.row.size, len(FOUND)), np.nan)
    if not groups:
        return _rows(detected, values)
    stack, clear = _means(drawn, list(groups.values()))
    sure = layout.of_objects(series, stack, clear, views, candidates.looks(list(groups.values())))
    whole = scans.scan(sure)
    dated = layout.of_objects(series, stack, clear, views)
    mean = scans.scan(dated, posterior=True, works=scans.OBJECTS)
    assert mean.posterior is not None
    for k, (i, at) in enumerate(groups.items()):
        if whole.evidence[0, k] < candidates.PROVEN or mean.evidence[0, k] < 0:
            continue
        told = site.days, clear[:, k], level, calibration
        dates = timeline.intervals(mean.posterior[:, :, 0, k], *told)
        earliest = min(dates[0].value, float(whole.first[1, 0, k]))
        if np.count_nonzero(clear[:, k] & (site.days < earliest)) < candidates.BEFORE_DATES:
            worth = candidates.looks([at])
            own = stack[:, :, [k]], clear[:, [k]]
            later = candidates.begun_later(series, *own, views, worth)
            if later is None:
                continue
            dates = timeline.intervals(later, *told)
            shown = clear[:, k] & (site.days < dates[0].value)
            if np.count_nonzero(shown) < candidates.LATER_DATES:
                continue
        detected[i] = True
        values[i] = [float(scanned.evidence[0, at].mean()),
                     *(v for d in dates for v in (d.low, d.value, d.high))]  # fmt: skip
    return _rows(detected, values)


def _rows(detected: np.ndarray, values: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"detected": detected, **dict(zip(FOUND, values.T, strict=True))})


def _edges(site: Ground, series: layout.Series, drawn: blend.Blended, jitter: float) -> np.ndarray:
    """Factor on the noise of each pixel, from the edges of the mean picture with its building."""
    height, width = site.clear.shape[1:]
    y, x = np.clip(drawn.rows, 0, height - 1), np.clip(drawn.columns, 0, width - 1)
    picture = np.moveaxis(site.picture[:, y, x], 0, 1).copy()
    weight = np.maximum(drawn.clear.sum(axis=0), 1)
    after = np.where(drawn.clear[:, None], drawn.stack, 0.0).sum(axis=0) / weight
    np.moveaxis(picture, 1, 0)[:, drawn.touched] = after
    return noise.edge_factor(picture, series.noise, jitter)[drawn.touched]


def _groups(
    drawn: blend.Blended, scanned: scans.Scan, threshold: float, count: int
) -> dict[int, np.ndarray]:
    """By building, the pixels of the object that covers most of it, if one covers enough."""
    high, wide = drawn.touched.shape[1:]
    # one patch above the other, a row apart, so that objects do not join
    spot = np.zeros((count, high + 1, wide), dtype=bool)
    spot[:, :high] = drawn.touched

    def sheet(values: np.ndarray, empty: float) -> np.ndarray:
        made = np.full(spot.shape, empty)
        made[spot] = values
        return made.reshape(-1, wide)

    quiet = np.zeros((1, count * (high + 1), wide))
    evidence = sheet(scanned.evidence[0], -1e9)
    first, second = (np.concatenate([quiet, sheet(d[1, 0], 0.0)[None], quiet])
                     for d in (scanned.first, scanned.second))  # fmt: skip
    tall = scans.Scan(evidence, evidence, first, second, None)
    number = sheet(np.arange(drawn.cover.size), -1).astype(int)
    cover = sheet(drawn.cover, 0.0)
    area = cover.reshape(count, -1).sum(axis=1)
    best: dict[int, tuple[float, np.ndarray]] = {}
    for at in candidates.objects(tall, threshold):
        i = int(at[0, 0]) // (high + 1)
        share = float(cover[at[:, 0], at[:, 1]].sum() / area[i])
        if share >= COVERED and share > best.get(i, (0.0, at))[0]:
            best[i] = (share, number[at[:, 0], at[:, 1]])
    return {i: pixels for i, (_, pixels) in sorted(best.items())}


def _means(drawn: blend.Blended, groups: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Mean reflectance ``(time, band, object)``, and dates on which half of an object was seen."""
    starts = np.cumsum([0, *[len(g) for g in groups[:-1]]])
    pixels = np.concatenate(groups)
    there = drawn.clear[:, pixels]
    seen = np.add.reduceat(there.astype(np.int64), starts, axis=1)
    total = np.add.reduceat(
        np.where(there[:, None], drawn.stack[:, :, pixels], 0.0).astype(np.float64), starts, axis=2
    )
    enough = seen >= np.maximum([len(g) / 2 for g in groups], 1)
    return total / np.maximum(seen, 1)[:, None], enough
