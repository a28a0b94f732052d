"""Fit a building's outline to everything that was seen of it, with a posterior.

Gauss-Newton on geometry and blur, all else eliminated (`analysis.growth.model`), over
all windows (sensors) at once; then the Gaussian posterior at the mode. A rectangle comes
first; another shape, and sides that bulge, must earn their further numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shapely import affinity
from shapely.geometry import Polygon

from analysis.growth import shapes
from analysis.growth.below import with_ground
from analysis.growth.descent import (
    FIRST_HEIGHT,
    LIFT,
    SIDE_SD,
    descend,
    misfit,
    outline_prior,
    with_blur_prior,
)
from analysis.growth.forward import COLOURS, Geometry
from analysis.growth.model import Model
from analysis.growth.outline import Outline, enclosing_rectangle, of_polygon
from analysis.growth.window import NotMeasurable, Window

Array = NDArray[np.floating]

BULGE_SD = 0.05
"""First guess in pixels of how far a side bulges, then learnt from the data."""

COLOUR_SD = (0.02, 0.20)
"""First guesses of the spread of colours along a roof, plain and colourful. The plain one is learnt
at once; the colourful one only when the shape is found, or one strip would become the roof."""

COLOURFUL = 2.0
"""Misfit of the plain guess from which the colourful one is tried too."""

HELD = 3
"""Steps for which sides are held while the colours of a colourful roof are found."""

GAIN = 0.9
"""Share of the plain fit's cost below which a colourful roof is believed: it has more freedom."""

PLAIN = 0.88
"""Share of its smallest rectangle from which a start is taken for a rectangle."""

ROUNDED = 0.9
"""Pixels by which the steps of a start in whole pixels are rounded."""

FAR = 1.35
"""Factor by which the area of a start may be wrong: an outline beyond it was found elsewhere."""

POOR = 2.0
"""Misfit from which an outline that detection drew is held against the usual shapes, and any
outline against one with an apron."""

APRONS_M = (6.0, 3.0, 10.0)
"""Widths of an apron that are tried, metres: how much of it there is tells more than how wide."""

APRON_ODDS = 5.0
"""Logarithm of the odds against an apron, beyond what its unknowns cost: what is not there could
stand in for a darker rim of the roof."""

SOUND = 1.5
"""Misfit up to which no other shape is looked for, and no side is let bulge."""


@dataclass
class Fit:
    """One building at its mode, with the normal equations there.

    Parameters in order: outline (q), lift, height, and for each window the logarithms of
    its blur's widths (b each). The blur's prior is not yet in ``matrix``, so that several
    buildings can share it.
    """

    outline: Outline
    geometry: Geometry
    models: list[Model]
    matrix: Array
    right: Array
    misfit: float
    steps: int
    bulge_sd: float
    origin: tuple[float, float]

    @property
    def own(self) -> int:
        """Number of parameters that are the building's alone."""
        return self.outline.parameters + 2

    def area(self) -> float:
        """Area of the outline, square metres."""
        return self.outline.area(self.geometry.values)

    def polygon(self) -> Polygon:
        """The outline in the cube's projection."""
        return affinity.translate(self.outline.polygon(self.geometry.values), *self.origin)


def fit(windows: Sequence[Window], start: Polygon, *, outline: Outline | None = None) -> Fit:
    """Fit one building.

    Parameters
    ----------
    windows
        The building in one or several cubes of one projection, cut at the same ``start``.
    start
        Rough outline; its direction, place and proportions are where the fit begins.
    outline
        Base to fit instead of a rectangle, about ``start``'s centroid.

    Raises
    ------
    NotMeasurable
        If the outline collapses: too little contrast, or too small for these pixels.
    """
    if any(w.origin != windows[0].origin for w in windows):
        raise ValueError("windows must be cut at one start")
    origin = windows[0].origin
    local = affinity.translate(start, -origin[0], -origin[1])
    gsd = min(w.gsd for w in windows)
    base = (outline, outline.start()) if outline is not None else enclosing_rectangle(local)
    best = _begin(windows, local, *base, COLOUR_SD[0], gsd, 0)
    steps = best.steps
    if best.misfit() > COLOURFUL:
        other = _own_shape(local, gsd) if outline is None else None
        rival = _colourful(windows, local, *(other or base), gsd)
        if rival is not None:
            steps += rival.steps
            best = _better(best, rival, local)
    best, more = _in_apron(best, gsd, local)
    steps += more
    # other shapes, as the pixels' own fractions draw them
    plain = best.base.edges == 4
    if outline is None and best.misfit() > (SOUND if plain else POOR):
        first = (best.base, best.at.values)
        box = first if plain else enclosing_rectangle(best.base.polygon(best.at.values))
        for drawn in shapes.propose(_seen(best), *box):
            tried = _go_on(best, *drawn, 0.0, gsd, local)
            if tried is not None:
                best = tried
                steps += tried.steps
    if best.base.edges != 4 and best.models[0].apron > 0:
        # the ring may have stood in for the shape
        tried = _go_on(best, best.base, best.at.values, best.bulge, gsd, local, apron=0.0)
        best = tried or best
    elif best.base.edges != 4:
        best, more = _in_apron(best, gsd, local)
        steps += more
    # with sides that may bulge
    at = best.at
    knotted = best.base.with_knots(at.values, gsd)
    if knotted.knots and best.misfit() > SOUND:
        placed = knotted.start((at.values[0], at.values[1]), at.values[2])
        tried = _go_on(best, knotted, placed, BULGE_SD * gsd, gsd, local)
        if tried is not None:
            best = tried
            steps += tried.steps
    return Fit(
        best.base, best.at, best.models, best.matrix, best.right, best.misfit(), steps,
        best.bulge, origin,
    )  # fmt: skip


@dataclass
class _Trial:
    """One outline fitted, to be compared with others."""

    models: list[Model]
    base: Outline
    at: Geometry
    home: Array
    bulge: float
    steps: int
    matrix: Array
    right: Array
    gsd: float

    @property
    def cost(self) -> float:
        return sum(m.cost for m in self.models)

    @property
    def apron_cost(self) -> float:
        return sum(m.apron_cost() for m in self.models)

    def misfit(self) -> float:
        return misfit(self.models)

    def far(self, start: Polygon) -> bool:
        """Whether the area is another than detection could have mistaken it for."""
        return abs(np.log(self.base.area(self.at.values) / start.area)) > np.log(FAR)

    def evidence(self, unit: float) -> float:
        """Laplace's approximation of minus the logarithm of the evidence for this outline.

        Up to what outlines of one building share; ``unit`` is the misfit by which both of two
        that are compared are weakened, since where no outline holds, residuals are not noise.
        """
        spread, away = outline_prior(
            self.base, self.at, self.home, self.bulge or BULGE_SD * self.gsd, self.gsd, SIDE_SD
        )
        n = self.base.parameters + 2
        whole, _ = with_blur_prior(self.models, self.matrix, self.right, n)
        width = np.linalg.slogdet(whole)[1]
        return float(
            self.cost / unit
            + 0.5 * ((away / spread) ** 2).sum()
            + np.log(spread).sum()
            + 0.5 * width
        )


def _in_apron(best: _Trial, gsd: float, start: Polygon) -> tuple[_Trial, int]:
    """The outline with a ring of dug ground about it, if that fits.

    Of the widths the first that fits well, or else the best.
    """
    steps = 0
    for width in APRONS_M:
        none = not best.models[0].apron > 0
        if best.misfit() < POOR or (none and width > max(APRONS_M[:2])):
            break
        values = best.at.values
        tried = _go_on(best, best.base, values, best.bulge, gsd, start, apron=width)
        if tried is not None:
            best = tried
            steps += tried.steps
    return best, steps


def _own_shape(start: Polygon, gsd: float) -> tuple[Outline, Array] | None:
    """The start's own outline, if it is none of a rectangle."""
    if start.area > PLAIN * start.minimum_rotated_rectangle.area:
        return None
    rounded = start.simplify(ROUNDED * gsd)
    if rounded.geom_type != "Polygon" or len(rounded.exterior.coords) < 6:
        return None
    return of_polygon(rounded)


def _colourful(
    windows: Sequence[Window], start: Polygon, base: Outline, values: Array, gsd: float
) -> _Trial | None:
    """A fit with a colourful roof, begun with its sides held where they were found."""
    try:
        return _begin(windows, start, base, values, COLOUR_SD[1], gsd, HELD)
    except NotMeasurable:
        return None


def _better(one: _Trial, two: _Trial, start: Polygon) -> _Trial:
    """The second of two trials if it is clearly better, or alone near where both were begun."""
    far = one.far(start), two.far(start)
    if far[0] != far[1]:
        return one if far[1] else two
    unit = max(1.0, min(one.misfit(), two.misfit()))
    gained = two.cost < GAIN * one.cost and two.evidence(unit) < one.evidence(unit)
    return two if gained else one


def _begin(
    windows: Sequence[Window], start: Polygon, base: Outline, values: Array, colour_sd: float,
    gsd: float, held: int,
) -> _Trial:  # fmt: skip
    """Fit without bulges, from a first guess of how colourful the roof is."""
    at = Geometry(values.copy(), LIFT[0], FIRST_HEIGHT)
    models = [Model(w, base) for w in windows]
    for model in models:
        model.colour_sd = np.full(COLOURS - 1, colour_sd)
        model.start(at)
    first = descend(models, base, at, 0.0, gsd, held, rough=True)[2]
    for model in models:
        outlines = (start, base.polygon(at.values))
        model.on(with_ground(model.window, outlines, at.height))
    matrix, right, steps, _ = descend(models, base, at, 0.0, gsd, rough=False)
    steps += first
    return _Trial(models, base, at, values.copy(), 0.0, steps, matrix, right, gsd)


def _go_on(
    best: _Trial, base: Outline, values: Array, bulge: float, gsd: float, start: Polygon,
    *, apron: float | None = None,
) -> _Trial | None:  # fmt: skip
    """Fit another outline from where the best one stands; None, and all as before, if no better."""
    models = best.models
    kept, residuals = [m.state() for m in models], [m.residual() for m in models]
    poor, before, far = best.misfit(), best.cost, best.far(start)
    unit = max(1.0, poor)
    at = Geometry(values.copy(), best.at.lift, best.at.height)
    costly = best.apron_cost
    first_apron = apron is not None and not models[0].apron > 0
    for model in models:
        model.outline = base
        if apron is not None:
            model.apron = apron
    try:
        matrix, right, steps, bulge = descend(
            models, base, at, bulge, gsd, rough=False, rival=before
        )
        tried = _Trial(models, base, at, values.copy(), bulge, steps, matrix, right, gsd)
        unit = max(1.0, min(unit, tried.misfit()))
        sound = base.polygon(at.values).is_valid and all(m.apron_is_ground(at) for m in models)
        now = tried.evidence(unit) + tried.apron_cost if sound else np.inf
    except NotMeasurable:
        now = np.inf
    if np.isfinite(now) and first_apron:
        now = now + APRON_ODDS if tried.misfit() < poor else np.inf
    if np.isfinite(now):
        own = best.evidence(unit) + (before - best.cost) / unit + costly
        if now < own and tried.far(start) <= far:
            return tried
    for model, state, residual in zip(models, kept, residuals, strict=True):
        model.outline = best.base
        model.restore(state, residual)
    return None


def _seen(best: _Trial) -> shapes.Seen:
    """The map of fractions of the window with the finest pixels."""
    model = best.models[int(np.argmin([m.window.gsd for m in best.models]))]
    w = model.window
    fraction, variance = model.fractions()
    offset = (w.shift + model.jitter + best.at.lift * w.lean).mean(axis=0)
    return shapes.Seen(
        w.lattice, np.clip(fraction, -0.2, 1.2).ravel(), variance.ravel(),
        w.x - offset[0], w.y - offset[1], offset, float(model.sigma().mean()),
    )  # fmt: skip
