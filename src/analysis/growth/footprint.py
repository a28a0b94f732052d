"""Fit a building's outline to everything that was seen of it, with a posterior.

Gauss-Newton on geometry and blur, all else eliminated (`analysis.growth.model`), over
all windows (sensors) at once; then the Gaussian posterior at the mode.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from shapely import affinity
from shapely.geometry import Polygon
from skimage.measure import find_contours

from analysis.growth.forward import CALM, SKY_SD, Geometry
from analysis.growth.model import Model
from analysis.growth.outline import Outline, enclosing_rectangle, of_polygon
from analysis.growth.window import NotMeasurable, Window

Array = NDArray[np.floating]

ROUNDS = 12
"""Most Gauss-Newton steps of each stage."""

ROUGH = 0.03
"""Noise in reflectance with which a fit begins, halved at each step: no pixel is called odd
before the outline is near."""

FIRM = 0.005
"""Standard deviation of the sky's share while a fit begins: else it would explain away a
shadow that is not there."""

SETTLED = 0.1
"""A step of fewer standard deviations of the area ends a stage."""

LIFT = (6.0, 12.0)
"""Prior of roof and terrain height in metres: a hall of one storey, a model 10 m off."""

HEIGHT = (0.0, 12.0)
"""Prior of the height that casts the shadow, metres: none unless it shows."""

FIRST_HEIGHT, LEAST_HEIGHT = 6.0, 1.0
"""Height at which a fit begins, and below which it does not fall before its second stage."""

BULGE_SD = 0.05
"""First guess in pixels of how far a side bulges, then learnt from the data."""


COLOUR_SD = (0.02, 0.20)
"""First guesses of the spread of colours along a roof, plain and colourful. The plain one is learnt
at once; the colourful one only when the shape is found, or one strip would become the roof."""

COLOURFUL = 2.0
"""Misfit of the plain guess from which the colourful one is tried too."""

PLAIN = 0.72
"""Share of its smallest rectangle from which a start is taken for a rectangle: steps of pixels
leave a turned one at 0.75 and more."""

HELD = 3
"""Steps for which sides are held while the colours of a colourful roof are found."""

HELD_SD, SIDE_SD = 0.5, 30.0
"""Prior of a side's move in metres, while it is held and afterwards."""

GAIN = 0.9
"""Share of the plain fit's cost below which a colourful roof is believed: it has more freedom."""

SHAPES = 2
"""Times that another shape is drawn from the fractions."""

UNLIKE = 0.07
"""Share of the area by which shapes must differ: noise of the fractions moves it by 1 to 4 %."""

STRAIGHT = 0.35
"""Pixels by which a drawn outline may be straightened."""


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
    notes: list[str] = field(default_factory=list)

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
    bases = [(outline, outline.start())] if outline is not None else _bases(local, gsd)
    trials = [_begin(windows, *b, COLOUR_SD[0], gsd, 0) for b in bases]
    best = min(trials, key=lambda t: t.cost)
    if best.misfit() > COLOURFUL:
        trials += [_begin(windows, *b, COLOUR_SD[1], gsd, HELD) for b in bases]
        rival = min(trials[len(bases) :], key=lambda t: t.cost)
        best = rival if rival.cost < GAIN * best.cost else best
    steps = sum(t.steps for t in trials)
    # another shape, where the pixels' own fractions draw one
    for _ in range(SHAPES if outline is None else 0):
        drawn = _drawn(best.models[_finest(best.models)])
        if drawn is None:
            break
        tried = _go_on(best, *of_polygon(drawn), 0.0, gsd)
        if tried is None:
            break
        best = tried
        steps += tried.steps
    # the same with sides that may bulge
    at = best.at
    knotted = best.base.with_knots(at.values, gsd)
    bulge = 0.0
    if knotted.knots:
        placed = knotted.start((at.values[0], at.values[1]), at.values[2])
        tried = _go_on(best, knotted, placed, BULGE_SD * gsd, gsd)
        if tried is not None:
            best, bulge = tried, tried.bulge
            steps += tried.steps
    matrix, right = assemble(
        best.models, best.base, best.at, best.home, bulge or BULGE_SD * gsd, gsd, SIDE_SD
    )
    return Fit(best.base, best.at, best.models, matrix, right, best.misfit(), steps, bulge, origin)


@dataclass
class _Trial:
    """One outline fitted, to be compared with others."""

    models: list[Model]
    base: Outline
    at: Geometry
    home: Array
    bulge: float
    steps: int

    @property
    def cost(self) -> float:
        return sum(m.cost for m in self.models)

    def misfit(self) -> float:
        return float(np.mean([m.misfit() for m in self.models]))


def _bases(start: Polygon, gsd: float) -> list[tuple[Outline, Array]]:
    """Outlines to begin with: a rectangle, and the start's own shape where it is none."""
    found = [enclosing_rectangle(start)]
    if start.area < PLAIN * start.minimum_rotated_rectangle.area:
        rounded = start.simplify(0.7 * gsd)
        if rounded.geom_type == "Polygon" and len(rounded.exterior.coords) > 5:
            found.append(of_polygon(rounded))
    return found


def _begin(
    windows: Sequence[Window], base: Outline, values: Array, colour_sd: float, gsd: float, held: int
) -> _Trial:
    """Fit without bulges, from a first guess of how colourful the roof is."""
    at = Geometry(values.copy(), LIFT[0], FIRST_HEIGHT)
    models = [Model(w, base) for w in windows]
    for model in models:
        model.colour_sd = colour_sd
        model.start(at)
    steps = _descend(models, base, at, 0.0, gsd, held)[2]
    return _Trial(models, base, at, values.copy(), 0.0, steps)


def _go_on(best: _Trial, base: Outline, values: Array, bulge: float, gsd: float) -> _Trial | None:
    """Fit another outline from where the best one stands; None, and all as before, if worse."""
    models = best.models
    kept, cost = [m.state() for m in models], best.cost
    at = Geometry(values.copy(), best.at.lift, best.at.height)
    for model in models:
        model.outline = base
    try:
        _, _, steps, bulge = _descend(models, base, at, bulge, gsd)
    except NotMeasurable:
        steps = 0
    tried = _Trial(models, base, at, values.copy(), bulge, steps)
    if steps and tried.cost < cost:
        return tried
    for model, state in zip(models, kept, strict=True):
        model.outline = best.base
        model.restore(state)
        model.system(best.at)
    return None


def _finest(models: Sequence[Model]) -> int:
    return int(np.argmin([m.window.gsd for m in models]))


def _drawn(model: Model) -> Polygon | None:
    """Outline at half a pixel's share of roof, if it differs from the one that was fitted.

    Both are drawn from blurred pixels, so that the blur rounds them alike.
    """
    w = model.window
    found = np.clip(model.fractions()[0], 0.0, 1.0)
    expected = model.mean_cover()
    new, old = _contour(found, w), _contour(expected, w)
    if new is None or old is None:
        return None
    if new.symmetric_difference(old).area < UNLIKE * old.area:
        return None
    # straighten what the blur rounded, then give back the area that it took off the corners
    made = new.simplify(STRAIGHT * w.gsd)
    if made.geom_type != "Polygon" or len(made.exterior.coords) < 5:
        return None
    return made


def _contour(image: Array, window: Window) -> Polygon | None:
    """Largest region above one half, in metres about the origin."""
    padded = np.pad(image, 1)
    east, north = window.lattice.east, window.lattice.north
    regions = []
    for line in find_contours(padded, 0.5):
        if len(line) < 4:
            continue
        x = np.interp(line[:, 1] - 1, np.arange(east.size), east)
        y = np.interp(line[:, 0] - 1, np.arange(north.size), north)
        regions.append(Polygon(np.column_stack([x, y])).buffer(0))
    regions = [r for r in regions if r.geom_type == "Polygon" and not r.is_empty]
    return max(regions, key=lambda r: r.area) if regions else None


def _descend(
    models: Sequence[Model],
    base: Outline,
    at: Geometry,
    bulge: float,
    gsd: float,
    held: int = 0,
) -> tuple[Array, Array, int, float]:
    """Gauss-Newton steps until the area settles; returns the normal equations there.

    For the first ``held`` steps sides hardly move, so that colours are found before shape.
    """
    n = base.parameters
    first_moves = slice(3, 3 + base.edges)
    bulges = slice(3 + base.edges, n)
    home = at.values.copy()
    steps = 0
    for steps in range(1, ROUNDS + 1):
        calm = max(CALM, (ROUGH / 8 if bulge else ROUGH) * 0.5 ** (steps - 1))
        for model in models:
            model.calm = calm
            model.sky_sd = SKY_SD if bulge else FIRM
        side = HELD_SD if steps <= held else SIDE_SD
        matrix, right = assemble(models, base, at, home, bulge, gsd, side)
        full, g = with_blur_prior(models, matrix, right, n + 2)
        step = np.linalg.solve(full, g)
        share = _length(step, n, gsd)
        _move(models, base, at, step, share, 0.0 if bulge else LEAST_HEIGHT)
        if base.area(at.values) < (1.2 * gsd) ** 2 or not np.isfinite(step).all():
            raise NotMeasurable("its outline cannot be told from the ground at this pixel size")
        covariance = np.linalg.inv(full)
        gradient = area_gradient(base, at)
        deviation = float(np.sqrt(gradient @ covariance[:n, :n] @ gradient))
        goal = max(SETTLED * deviation, 2e-4 * base.area(at.values))
        change = abs(float(gradient @ step[:n]))
        if steps > 2 and not held:
            for model in models:
                model.learn_colours()
        if bulges.start < bulges.stop:
            seen = at.values[bulges] ** 2 + np.diag(covariance)[bulges]
            bulge = float(np.clip(np.sqrt(seen.mean()), 0.01 * gsd, gsd))
        if share == 1.0 and steps > max(2, held) and calm == CALM and change < goal:
            break
        if np.abs(at.values[first_moves] - home[first_moves]).max() > 60:
            raise NotMeasurable("its outline ran away from where it was begun")
    matrix, right = assemble(models, base, at, home, bulge, gsd, SIDE_SD)
    return matrix, right, steps, bulge


def assemble(
    models: Sequence[Model],
    base: Outline,
    at: Geometry,
    home: Array,
    bulge: float,
    gsd: float,
    side: float,
) -> tuple[Array, Array]:
    """Normal equations of all windows and of the building's own priors."""
    n = base.parameters
    widths = [len(m.window.bands) for m in models]
    total = n + 2 + sum(widths)
    matrix, right = np.zeros((total, total)), np.zeros(total)
    place = n + 2
    for model, bands in zip(models, widths, strict=True):
        system = model.system(at)
        index = np.r_[0 : n + 2, place : place + bands]
        matrix[np.ix_(index, index)] += system.matrix
        right[index] += system.right
        place += bands
    spread = np.full(n, 4.0 * gsd)
    spread[2] = 0.3
    spread[3 : 3 + base.edges] = side
    spread[3 + base.edges :] = max(bulge, 1e-3)
    diagonal = np.arange(n)
    matrix[diagonal, diagonal] += spread**-2.0
    right[:n] -= (at.values - np.where(diagonal < 3 + base.edges, home, 0.0)) / spread**2
    for i, (now, (mean, sd)) in enumerate(((at.lift, LIFT), (at.height, HEIGHT))):
        matrix[n + i, n + i] += sd**-2.0
        right[n + i] -= (now - mean) / sd**2
    return matrix, right


def with_blur_prior(
    models: Sequence[Model], matrix: Array, right: Array, place: int
) -> tuple[Array, Array]:
    """The same with the prior of every window's blur."""
    matrix, right = matrix.copy(), right.copy()
    for model in models:
        bands = len(model.window.bands)
        part = slice(place, place + bands)
        precision = model.window.blur.precision(bands)
        matrix[part, part] += precision
        right[part] -= precision @ model.widths
        place += bands
    return matrix, right


def _length(step: Array, n: int, gsd: float) -> float:
    """Share of a step that is safe to take: half a pixel, a tenth of a radian, 0.15 in width."""
    reach = max(
        float(np.abs(np.r_[step[:2], step[3:n]]).max()) / (0.6 * gsd),
        abs(float(step[2])) / 0.1,
        float(np.abs(step[n : n + 2]).max()) / 8.0,
        float(np.abs(step[n + 2 :]).max()) / 0.15,
    )
    return min(1.0, 1.0 / reach) if reach > 0 else 1.0


def _move(
    models: Sequence[Model], base: Outline, at: Geometry, step: Array, share: float, least: float
) -> None:
    n = base.parameters
    step = share * step
    place = n + 2
    for model in models:
        bands = len(model.window.bands)
        model.take(np.r_[step[: n + 2], step[place : place + bands]], 1.0)
        place += bands
    at.values = at.values + step[:n]
    at.lift += float(step[n])
    at.height = float(np.clip(at.height + step[n + 1], least, 40.0))


def area_gradient(base: Outline, at: Geometry) -> Array:
    """Derivative of the area by the outline's parameters."""
    corners = base.corners(at.values)
    ahead, behind = np.roll(corners, -1, axis=0), np.roll(corners, 1, axis=0)
    by_corner = 0.5 * np.column_stack([ahead[:, 1] - behind[:, 1], behind[:, 0] - ahead[:, 0]])
    return np.einsum("vc,vqc->q", by_corner, base.velocities(at.values))
