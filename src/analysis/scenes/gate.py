"""The radiometric gate: do the pixels agree with what the catalogue says of their offset?

An offset that was not taken off raises all bands by 0.1, one that was taken
off twice lowers them by 0.1; weather and seasons never move all bands of dark,
stable ground by the same tenth. So each scene's level on such ground is
compared with the levels of all scenes; where two groups stand a tenth apart,
the one whose dark ground is darkest without falling below zero is right.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.scenes.planes import InMemory, Series, blocks, median

STEP = 0.1
"""Reflectance: the offset since baseline 04.00."""

TOLERANCE = 0.035
"""How far a band's level may be from a whole step and still be taken for one
(``choice:scenes.gate-tolerance``)."""

LEAVES = 0.1
"""The same in the near infrared, which leaves raise by about a step of their own in summer."""

NEAR = np.array([TOLERANCE, TOLERANCE, TOLERANCE, LEAVES])
"""Tolerance by band of `BANDS`."""

BELOW = -0.03
"""Median reflectance of dark ground below which something was taken off twice."""

DARK = 10.0
"""Percentile of the darkest ground that is looked at."""

STEADY = 0.02
"""Reflectance: median absolute deviation in time of ground that counts as stable."""

FEWEST_PIXELS = 50

BANDS = ("blue", "green", "red", "nir")


@dataclass(frozen=True)
class Verdict:
    """What the pixels of one scene say."""

    step: int
    """0: in line; 1: a tenth too bright; -1: a tenth too dark."""
    level: tuple[float, ...]
    """Level of dark, stable ground relative to the other scenes, by band of `BANDS`."""
    evidence: str
    """In words, with the numbers, for a scene out of line; else empty."""


def judge(stack: np.ndarray, ok: np.ndarray) -> list[Verdict]:
    """Judge every scene of one sensor.

    Parameters
    ----------
    stack
        Reflectance, ``(time, band, y, x)`` with the bands of `BANDS`.
    ok
        Ground in plain sight, ``(time, y, x)``.
    """
    return judge_series(InMemory(stack, ok))


def judge_series(series: Series) -> list[Verdict]:
    """`judge` for a series that need not be in memory."""
    levels, absolute = _levels(series)
    steps = _steps(levels, absolute)
    verdicts = []
    for step, level, dark in zip(steps, levels, absolute, strict=True):
        verdicts.append(Verdict(step, tuple(float(v) for v in level), _evidence(step, level, dark)))
    return verdicts


def _levels(series: Series) -> tuple[np.ndarray, np.ndarray]:
    """Level per scene and band relative to the series, and the absolute one of dark ground."""
    count = series.count
    relative = np.full((count, len(BANDS)), np.nan)
    absolute = np.full((count, len(BANDS)), np.nan)
    usual, often = _usual(series)
    enough = often >= max(2, 0.3 * count)
    known = np.isfinite(usual).all(axis=0)
    if not enough.any():
        return relative, absolute
    with np.errstate(invalid="ignore"):
        dark = usual[2] <= np.nanpercentile(np.where(enough, usual[2], np.nan), 100 - DARK * 5)
    # A step common to many scenes would look unsteady, so steadiness is judged within a scene:
    # the difference to the usual picture is the same all over ground that did not change.
    for n in range(count):
        bands, ok = series.one(n)
        use = ok & dark & enough & known
        if use.sum() < FEWEST_PIXELS:
            use = ok & enough & known
        if use.sum() < FEWEST_PIXELS:
            continue
        seen = np.where(ok, bands, np.nan)
        change = seen[:, use] - usual[:, use]
        middle = np.median(change, axis=1, keepdims=True)
        near = (np.abs(change - middle) < 3 * STEADY).all(axis=0)
        if near.sum() >= FEWEST_PIXELS:
            change = change[:, near]
        relative[n] = np.median(change, axis=1)
        absolute[n] = np.percentile(seen[:, ok], DARK / 2, axis=1)
    return relative, absolute


def _usual(series: Series) -> tuple[np.ndarray, np.ndarray]:
    """Median over time by band, and on how many dates each pixel is in plain sight."""
    usual = np.full((series.bands, *series.shape), np.nan)
    often = np.zeros(series.shape, dtype=int)
    for part in blocks(series.shape, 8 * series.bands * series.count):
        bands, ok = series.rows(part)
        usual[:, part] = median(np.where(ok[:, None], bands, np.nan))
        often[part] = ok.sum(axis=0)
    return usual, often


def _steps(levels: np.ndarray, absolute: np.ndarray) -> list[int]:
    """Whole steps by which each scene is out of line."""
    known = np.isfinite(levels).all(axis=1)
    if not known.any():
        return [0] * len(levels)
    # Positions on a ladder of tenths, from the level that most scenes share.
    rung = np.zeros(len(levels), dtype=int)
    for n in np.flatnonzero(known):
        for k in (-2, -1, 1, 2):
            if (np.abs(levels[n] - k * STEP) < NEAR).all():
                rung[n] = k
    split = _split(levels, known)
    if split is not None:
        rung = split
    right = _right_rung(rung, absolute, known)
    return [int(np.clip(r - right, -1, 1)) if k else 0 for r, k in zip(rung, known, strict=True)]


def _split(levels: np.ndarray, known: np.ndarray) -> np.ndarray | None:
    """Two groups a step apart when the usual picture lies between them, else nothing."""
    middle = np.median(levels, axis=1)
    order = np.sort(middle[known])
    if len(order) < 2:
        return None
    gaps = np.diff(order)
    at = int(np.argmax(gaps))
    low, high = order[: at + 1], order[at + 1 :]
    if gaps[at] < STEP / 2 or abs(np.median(high) - np.median(low) - STEP) > TOLERANCE:
        return None
    cut = (order[at] + order[at + 1]) / 2
    above = known & (middle > cut)
    apart = np.median(levels[above], axis=0) - np.median(levels[known & ~above], axis=0)
    if not (np.abs(apart - STEP) < TOLERANCE).all():
        return None
    return above.astype(int)


def _right_rung(rung: np.ndarray, absolute: np.ndarray, known: np.ndarray) -> int:
    """The lowest rung whose dark ground is not below zero."""
    for r in sorted(set(rung[known].tolist())):
        dark = np.nanmedian(absolute[known & (rung == r)], axis=0)
        if float(np.min(dark)) >= BELOW:
            return int(r)
    # All lie below zero: then even the highest had something taken off once too often.
    return int(rung[known].max()) + 1


def _evidence(step: int, level: np.ndarray, dark: np.ndarray) -> str:
    if step == 0:
        return ""
    side, what = ("above", "was not taken off") if step > 0 else ("below", "was taken off twice")
    numbers = ", ".join(f"{n} {v:+.3f}" for n, v in zip(BANDS, level, strict=True))
    return (f"its dark, stable ground lies a tenth {side} that of other scenes ({numbers}; its "
            f"darkest red {dark[2]:.3f}): the offset {what}")  # fmt: skip
