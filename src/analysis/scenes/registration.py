"""Registration: where each scene lies relative to all others, to a few hundredths of a pixel.

Scenes of one relative orbit are compared with a composite of that orbit,
because terrain that is not modelled well moves with the direction of view; the
composites are then compared with each other. Two estimators must agree (see
`analysis.scenes.estimators`), and their tiles form a robust consensus, so that
what changed in one place (snow, shadows, a building site) does not pull.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy import ndimage

from analysis.scenes import estimators
from analysis.scenes.estimators import TileShifts
from analysis.scenes.planes import Planes, blocks, median, scratch
from analysis.scenes.shift import filled, moved, moved_mask

BANDS = ("red", "nir")
"""Bands compared: one in which plants are dark and one in which they are bright."""

AGREE = 0.15
"""Pixels by which the two estimators may differ (``choice:scenes.agreement``)."""

WORST = 0.15
"""Standard error of a shift, in pixels, above which a scene is not used."""

FEWEST_TILES = 3

COMPOSITE = 3
"""Scenes of one orbit from which on it has a composite of its own."""

COVER = 0.15
"""Change of reflectance in red over several pixels that only a cover such as snow makes."""

_SAME_ERROR = 0.03
"""Pixels of error that the tiles share (moved shadows, interpolation): it does not average out."""


@dataclass(frozen=True)
class Shift:
    """Where one scene lies relative to the common frame."""

    y: float
    """Pixels, towards the last row."""
    x: float
    """Pixels, towards the last column."""
    covariance: tuple[float, float, float]
    """Variance of y, of x, and their covariance, in square pixels."""
    difference: float
    """Distance of the two estimators, in pixels."""
    tiles: int
    """Tiles in the consensus of the weaker estimator."""
    why_not: str | None = None
    """Why the scene can't be registered; then ``y`` and ``x`` are of no use."""

    @property
    def error(self) -> float:
        """The larger standard error of the two axes, in pixels."""
        return float(np.sqrt(max(self.covariance[0], self.covariance[1])))


@dataclass(frozen=True)
class View:
    """What registration looks at of one scene."""

    bands: Mapping[str, np.ndarray]
    """Reflectance, ``(y, x)``, NaN where there is none."""
    ok: np.ndarray
    """Ground in plain sight, ``(y, x)``."""
    group: str = ""
    """Scenes with the same view of the ground: the relative orbit."""

    @property
    def view(self) -> View:
        """Itself; what is on disk is read here."""
        return self


@dataclass(frozen=True)
class ViewOnDisk:
    """A view that is read when it is looked at."""

    planes: Planes
    date: int
    group: str = ""

    @property
    def view(self) -> View:
        """The view in memory."""
        bands = {name: self.planes.get(name, self.date) for name in BANDS}
        return View(bands, self.planes.get("valid", self.date), self.group)


def register(views: Sequence[View | ViewOnDisk]) -> list[Shift]:
    """Shifts of all scenes relative to one frame, the middle one of those that register.

    A scene that can't be registered gets a `Shift` with its reason.
    """
    if not views:
        return []
    if len(views) == 1:
        return [Shift(0.0, 0.0, (0.0, 0.0, 0.0), 0.0, 0)]
    first = _typical(views)
    model = views[first].view
    shifts = _each(lambda n: against(model, views[n].view, bands=BANDS[:1]), len(views))
    shifts[first] = _NOTHING
    shifts = _polish(views, shifts)
    good = np.array([(s.y, s.x) for s in shifts if s.why_not is None])
    middle = np.median(good, axis=0) if len(good) else np.zeros(2)
    return [_minus(s, middle) for s in shifts]


_NOTHING = Shift(0.0, 0.0, (0.0, 0.0, 0.0), 0.0, 0)


def _polish(views: Sequence[View | ViewOnDisk], shifts: list[Shift]) -> list[Shift]:
    """Register each scene again, to the composite of its orbit; then the orbits to each other."""
    groups: dict[str, list[int]] = defaultdict(list)
    for number, view in enumerate(views):
        groups[view.group].append(number)
    usable = [n for n, s in enumerate(shifts) if s.why_not is None]
    if len(usable) < COMPOSITE:
        return shifts
    found = list(shifts)
    with scratch(len(views), views[0].view.ok.shape) as common:
        for n in usable:
            _bring(views[n].view, shifts[n], common, n)
        whole = _composite(common, usable, views[usable[0]].group)
        for members in groups.values():
            inside = [n for n in members if n in usable]
            reference, offset = whole, _NOTHING
            if len(inside) >= COMPOSITE and len(groups) > 1:
                reference = _composite(common, inside, views[inside[0]].group)
                offset = against(whole, reference)
                if offset.why_not is not None:
                    reference, offset = whole, _NOTHING
            again = partial(_again, reference, views, shifts, members)
            for n, shift in zip(members, _each(again, len(members)), strict=True):
                found[n] = _plus(shift, offset)
    return found


def _again(
    reference: View,
    views: Sequence[View | ViewOnDisk],
    shifts: Sequence[Shift],
    members: Sequence[int],
    place: int,
) -> Shift:
    """Register one member of a group, starting from what is known of it."""
    n = members[place]
    guess = (shifts[n].y, shifts[n].x) if shifts[n].why_not is None else (0.0, 0.0)
    return against(reference, views[n].view, guess)


def _each(task: Callable[[int], Shift], count: int) -> list[Shift]:
    """Run a task for 0 to ``count - 1`` on all processors; the results are in order."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return list(pool.map(task, range(count)))


def _bring(view: View, shift: Shift, common: Planes, n: int) -> None:
    """Bring a scene to the common frame and put it there; NaN where it shows nothing."""
    ok = moved_mask(view.ok, shift.y, shift.x)
    common.put("ok", n, ok)
    for name in BANDS:
        image = moved(_clean(view, name), shift.y, shift.x)
        common.put(name, n, np.where(ok, image, np.nan))


def _composite(common: Planes, members: Sequence[int], group: str) -> View:
    """Median of scenes in the common frame."""
    bands = {name: np.full(common.shape, np.nan) for name in BANDS}
    often = np.zeros(common.shape, dtype=int)
    for part in blocks(common.shape, 16 * len(members)):
        often[part] = common.rows("ok", part, members).sum(axis=0)
        for name in BANDS:
            bands[name][part] = median(common.rows(name, part, members))
    seen = often >= min(2, len(members))
    return View(bands, seen & np.isfinite(bands[BANDS[0]]), group)


def _clean(view: View, band: str) -> np.ndarray:
    image = view.bands[band].astype(np.float64)
    return filled(image, np.isfinite(image))


def against(
    reference: View,
    view: View,
    guess: tuple[float, float] = (0.0, 0.0),
    bands: Sequence[str] = BANDS,
) -> Shift:
    """The shift of one scene relative to a reference.

    Where all tiles together do not agree, those alone are asked whose edges stand
    out: on bare ground most tiles hold nothing but noise.
    """
    ok = reference.ok & view.ok
    ok &= ~_covered(reference, view, ok)
    if ok.mean() < 0.02:
        return _failed(f"only {ok.mean():.0%} of the area is seen in common")
    found = _estimated(reference, view, ok, guess, bands, strong=False)
    if found.why_not is None:
        return found
    again = _estimated(reference, view, ok, guess, BANDS, strong=True)
    return again if again.why_not is None else found


def _estimated(
    reference: View,
    view: View,
    ok: np.ndarray,
    guess: tuple[float, float],
    bands: Sequence[str],
    *,
    strong: bool,
) -> Shift:
    """Both estimators over all tiles, or over the strong ones, and whether they agree."""
    by_direction, by_value = [], []
    for name in bands:
        one, two = _clean(reference, name), _clean(view, name)
        start = guess
        wide = estimators.informative(one, two, ok, overlap=True) if strong else None
        apart = estimators.informative(one, two, ok, overlap=False) if strong else None
        coarse = estimators.orientation(one, two, ok, start, use=wide)
        if np.isfinite(coarse.shifts).any():
            middle = np.nanmedian(coarse.shifts, axis=0)
            start = (float(middle[0]), float(middle[1]))
        by_direction.append(coarse)
        by_value.append(estimators.intensity(one, two, ok, start, use=apart))
    one_way, other_way = _consensus(by_direction), _consensus(by_value)
    if one_way is None or other_way is None:
        return _failed("too few tiles show the ground")
    difference = float(np.hypot(*(one_way[0] - other_way[0])))
    tiles = min(one_way[2], other_way[2])
    weight = [1 / np.trace(c[1]) for c in (one_way, other_way)]
    share = weight[0] / sum(weight)
    best = share * one_way[0] + (1 - share) * other_way[0]
    covariance = share**2 * one_way[1] + (1 - share) ** 2 * other_way[1]
    spread = (one_way[0] - other_way[0]) ** 2 / 4 + _SAME_ERROR**2
    three = (float(covariance[0, 0] + spread[0]), float(covariance[1, 1] + spread[1]),
             float(covariance[0, 1]))  # fmt: skip
    why = None
    if difference > AGREE:
        why = f"the two estimators differ by {difference:.2f} pixel"
    elif np.sqrt(max(three[:2])) > WORST:
        why = f"its shift is known only to {np.sqrt(max(three[:2])):.2f} pixel"
    return Shift(float(best[0]), float(best[1]), three, difference, tiles, why)


def _covered(reference: View, view: View, ok: np.ndarray) -> np.ndarray:
    """Pixels whose brightness changed too much for the same ground: snow, haze, fire, floods."""
    name = BANDS[0]
    change = _clean(view, name) - _clean(reference, name)
    if ok.any():
        change = change - np.clip(np.median(change[ok]), -COVER / 2, COVER / 2)
    gross = np.abs(change) > COVER
    # Single pixels are edges of roofs, moved by part of a pixel: they carry the shift.
    return ndimage.binary_dilation(ndimage.binary_opening(gross, iterations=2), iterations=4)


def _consensus(parts: Sequence[TileShifts]) -> tuple[np.ndarray, np.ndarray, int] | None:
    """Robust mean over tiles and bands, its covariance, and the tiles that carry it."""
    shifts = np.concatenate([p.shifts for p in parts])
    weights = np.concatenate([p.weights / (np.median(p.weights[p.weights > 0]) + 1e-30)
                              if (p.weights > 0).any() else p.weights for p in parts])  # fmt: skip
    known = np.isfinite(shifts).all(axis=1) & (weights > 0)
    if known.sum() < FEWEST_TILES:
        return None
    shifts, weights = shifts[known], np.minimum(weights[known], 3.0)
    centre = np.median(shifts, axis=0)
    robust = np.ones(len(shifts))
    for _ in range(10):
        away = np.abs(shifts - centre)
        scale = 1.4826 * np.median(away, axis=0) + 0.01
        u = np.max(away / (4.685 * scale), axis=1)
        robust = np.where(u < 1, (1 - u**2) ** 2, 0.0) * weights
        centre = (robust[:, None] * shifts).sum(axis=0) / robust.sum()
    carried = int((robust > 0.1 * robust.max()).sum())
    rest = (shifts - centre) * robust[:, None]
    # Tiles overlap by half in both directions and bands share their noise: about a third count.
    covariance = 3.0 * rest.T @ rest / robust.sum() ** 2
    return centre, covariance + 1e-8 * np.eye(2), carried


def _typical(views: Sequence[View | ViewOnDisk]) -> int:
    """The scene that looks most like the others: a first reference without snow or haze."""
    stack = []
    for place in views:
        view = place.view
        image = _clean(view, BANDS[0])
        seen = view.ok & np.isfinite(view.bands[BANDS[0]])
        centred = np.where(seen, image - (np.median(image[seen]) if seen.any() else 0.0), 0.0)
        limit = 3 * np.median(np.abs(centred[seen])) + 1e-6 if seen.any() else 1.0
        smooth = ndimage.uniform_filter(np.clip(centred, -limit, limit), 3)[::3, ::3]
        stack.append(smooth.ravel() / (np.linalg.norm(smooth) + 1e-12) * np.sqrt(seen.mean()))
    likeness = np.array(stack) @ np.array(stack).T
    return int(np.argmax(np.median(likeness, axis=1)))


def _failed(why: str) -> Shift:
    return Shift(0.0, 0.0, (1.0, 1.0, 0.0), 0.0, 0, why)


def _minus(shift: Shift, middle: np.ndarray) -> Shift:
    return Shift(shift.y - float(middle[0]), shift.x - float(middle[1]), shift.covariance,
                 shift.difference, shift.tiles, shift.why_not)  # fmt: skip


def _plus(shift: Shift, other: Shift) -> Shift:
    if other is _NOTHING:
        return shift
    both = tuple(a + b for a, b in zip(shift.covariance, other.covariance, strict=True))
    return Shift(shift.y + other.y, shift.x + other.x, (both[0], both[1], both[2]),
                 shift.difference, shift.tiles, shift.why_not)  # fmt: skip
