"""Gauss-Newton on an outline and the blur, with the building's own priors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.growth.forward import CALM, SKY_SD, Geometry
from analysis.growth.model import WIDEST, Model
from analysis.growth.outline import Outline
from analysis.growth.window import NotMeasurable

Array = NDArray[np.floating]

ROUNDS = (8, 12)
"""Most Gauss-Newton steps of a rough descent, which another follows, and of a fine one."""

ROUGH = (0.03, 0.004)
"""Noise in reflectance with which a rough descent and a fine one begin: no pixel is called odd
before the outline is near."""

COOLING = 0.5
"""Factor on that noise at each step."""

FIRM = 0.005
"""Standard deviation of the sky's share while a fit begins: else it would explain away a
shadow that is not there."""

SETTLED = 0.1
"""A step of fewer standard deviations of the area ends a stage."""

SLIGHT = (0.25, 0.3)
"""So does a step that promises less of the cost, in units of the misfit, and moves the area by
fewer deviations, in units of its root: where the model does not hold, the area's own deviation is
far too small to be the measure."""

HOPELESS = (10.0, 50.0)
"""A descent is given up if ten times what its step promises leaves its cost further above that of
a rival, in units of the misfit."""

LIFT = (6.0, 12.0)
"""Prior of roof and terrain height in metres: a hall of one storey, a model 10 m off."""

HEIGHT = (0.0, 12.0)
"""Prior of the height that casts the shadow, metres: none unless it shows."""

FIRST_HEIGHT, LEAST_HEIGHT = 6.0, 1.0
"""Height at which a fit begins, and below which it does not fall before its second stage."""

MOST_BULGE = 0.4
"""Largest spread of the bulges that is learnt, pixels: sides that bulge further leave the
building."""

HELD_SD, SIDE_SD = 0.5, 30.0
"""Prior of a side's move in metres, while it is held and afterwards."""


def descend(
    models: Sequence[Model],
    base: Outline,
    at: Geometry,
    bulge: float,
    gsd: float,
    held: int = 0,
    *,
    rough: bool,
    rival: float = np.inf,
) -> tuple[Array, Array, int, float]:
    """Gauss-Newton steps until the area settles; returns the normal equations there.

    For the first ``held`` steps sides hardly move, so that colours are found before shape. A
    ``rough`` descent begins far away: with much noise, a firm sky and some height.

    Raises
    ------
    NotMeasurable
        If the outline collapses, crosses itself, runs away, or stays far above the cost of a
        ``rival``.
    """
    n = base.parameters
    first_moves = slice(3, 3 + base.edges)
    bulges = slice(3 + base.edges, n)
    home = at.values.copy()
    steps = 0
    for steps in range(1, ROUNDS[not rough] + 1):
        calm = max(CALM, ROUGH[not rough] * COOLING ** (steps - 1))
        for model in models:
            model.calm = calm
            model.sky_sd = FIRM if rough else SKY_SD
        side = HELD_SD if steps <= held else SIDE_SD
        matrix, right = assemble(models, base, at, home, bulge, gsd, side)
        full, g = with_blur_prior(models, matrix, right, n + 2)
        step = _free_step(models, full, g, n + 2)
        promised, unit = 0.5 * float(g @ step), max(1.0, misfit(models))
        cost = sum(m.cost for m in models)
        if calm == CALM and cost - HOPELESS[0] * promised > rival + HOPELESS[1] * unit:
            raise NotMeasurable("another outline shows far more of it")
        share = _length(step, n, gsd)
        _move(models, base, at, step, share, LEAST_HEIGHT if rough else 0.0)
        if base.area(at.values) < (1.2 * gsd) ** 2 or not np.isfinite(step).all():
            raise NotMeasurable("its outline cannot be told from the ground at this pixel size")
        if not base.polygon(at.values).is_valid:
            raise NotMeasurable("its outline crosses itself at this pixel size")
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
            bulge = float(np.clip(np.sqrt(seen.mean()), 0.01 * gsd, MOST_BULGE * gsd))
        slight = promised < SLIGHT[0] * unit and change < SLIGHT[1] * deviation * np.sqrt(unit)
        settled = change < goal or slight
        if share == 1.0 and steps > max(2, held) and calm == CALM and settled:
            break
        if np.abs(at.values[first_moves] - home[first_moves]).max() > 60:
            raise NotMeasurable("its outline ran away from where it was begun")
    matrix, right = assemble(models, base, at, home, bulge, gsd, SIDE_SD)
    _, g = with_blur_prior(models, matrix, right, n + 2)
    stuck = _stuck(models, g, n + 2)
    # what pulls a width beyond its bounds is no blur, and tells other buildings nothing of it
    right[stuck] -= g[stuck]
    return matrix, right, steps, bulge


def misfit(models: Sequence[Model]) -> float:
    """Mean over windows of `analysis.growth.model.Model.misfit`."""
    return float(np.mean([m.misfit() for m in models]))


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
    spread, away = outline_prior(base, at, home, bulge, gsd, side)
    diagonal = np.arange(n)
    matrix[diagonal, diagonal] += spread**-2.0
    right[:n] -= away / spread**2
    for i, (now, (mean, sd)) in enumerate(((at.lift, LIFT), (at.height, HEIGHT))):
        matrix[n + i, n + i] += sd**-2.0
        right[n + i] -= (now - mean) / sd**2
    return matrix, right


def outline_prior(
    base: Outline, at: Geometry, home: Array, bulge: float, gsd: float, side: float
) -> tuple[Array, Array]:
    """Standard deviations of the outline's parameters, and how far they are from expected."""
    n = base.parameters
    spread = np.full(n, 4.0 * gsd)
    spread[2] = 0.3
    spread[3 : 3 + base.edges] = side
    spread[3 + base.edges :] = max(bulge, 1e-3)
    return spread, at.values - np.where(np.arange(n) < 3 + base.edges, home, 0.0)


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


def _stuck(models: Sequence[Model], right: Array, place: int) -> NDArray[np.bool_]:
    """Parameters that stand at a bound and are pulled beyond it: widths of the blur."""
    widths = np.concatenate([m.widths for m in models])
    found = np.zeros(right.size, bool)
    found[place:] = (np.abs(widths) >= WIDEST) & (np.sign(widths) == np.sign(right[place:]))
    return found


def _free_step(models: Sequence[Model], matrix: Array, right: Array, place: int) -> Array:
    """Gauss-Newton step of the parameters that are not at a bound."""
    free = np.flatnonzero(~_stuck(models, right, place))
    step = np.zeros(right.size)
    step[free] = np.linalg.solve(matrix[np.ix_(free, free)], right[free])
    return step


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
