"""The Bayesian Cramer-Rao (van Trees) bound of a hall's area: what no estimator can beat.

The information matrix of the joint before-and-after model is written down here on its own,
for a rectangle through a Gaussian blur, with the nuisances that any method has: blur width,
the shift of every date, the roof's level on every date and band, and the ground, a few
correlated random fields that all dates share. The bound is the inverse of information plus
prior information (van Trees 1968; Gill and Levit 1995), with the information taken at the
given hall and averaged over its place among the pixels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.special import j0, ndtr

Array = NDArray[np.floating]

SMALLEST = 1e-5
"""Least variance that is added to a field of variance one: tabulated lags are no exact kernel."""


@dataclass(frozen=True)
class Setting:
    """What the bound assumes; every field is printed beside it."""

    length: float
    """Of the hall, metres."""
    width: float
    gsd: float
    """Side of a pixel, metres."""
    before: int
    """Clear scenes of the old ground; 0 for a hall that always stood."""
    after: int
    """Clear scenes with the roof."""
    contrast: tuple[float, ...] = (0.08, 0.08, 0.08, 0.08)
    """Roof minus mean ground by band, reflectance."""
    noise: float = 0.0025
    """Standard deviation of one pixel, reflectance."""
    transfer: float = 0.26
    """Modulation at Nyquist."""
    blur_log_sd: float = 0.15
    """Prior of the blur width's logarithm."""
    shift_sd: float = 0.05
    """What registration leaves unknown of each date, pixels."""
    level_sd: float = 0.03
    """Prior of the roof's level about its mean, by date and band."""
    mixing: tuple[tuple[float, ...], ...] = (
        (0.012, 0.004, 0.003),
        (0.015, 0.006, 0.005),
        (0.020, 0.010, 0.006),
        (0.028, 0.020, 0.030),
    )
    """Standard deviation of the ground by band and field."""
    outer: tuple[float, ...] = (140.0, 420.0, 220.0)
    """Outer scale of each field, metres."""
    fall: tuple[float, ...] = (3.0, 3.4, 2.8)
    """Power of the frequency with which each field's power falls."""
    seasons: bool = True
    """Whether the mixture changes from date to date (then a roof is told by its constancy)."""
    angle: float = 0.3
    """Of the hall against the pixels, radians."""
    edge_sd: float = 30.0
    """Prior of each side's place, metres: hardly any."""


@dataclass(frozen=True)
class Bound:
    """The bound, and what it assumes."""

    area: float
    """Area of the hall, square metres."""
    deviation: float
    """Least root mean square error of the area, square metres."""
    by_blur: Array = field(repr=False)
    """Derivative of the area estimate by the blur's logarithm, square metres: shared by halls."""
    blur_information: float = 0.0
    """Information of this hall about the blur's logarithm, prior apart."""
    assumptions: tuple[str, ...] = ()

    @property
    def relative(self) -> float:
        """Share of the area."""
        return self.deviation / self.area


def bound(setting: Setting, phases: int = 2, seed: int = 0) -> Bound:
    """The bound for one hall, its information averaged over places among the pixels.

    Parameters
    ----------
    phases
        Places that are averaged.
    seed
        Of those places.
    """
    chance = np.random.default_rng([seed, 11])
    total: Array | None = None
    for _ in range(phases):
        matrix = information(setting, chance.uniform(-0.5, 0.5, 2) * setting.gsd)
        total = matrix if total is None else total + matrix
    assert total is not None
    total = total / phases
    # parameters: centre (2), angle, length, width, logarithm of the blur
    prior = np.diag([1e-4, 1e-4, 10.0, setting.edge_sd**-2.0, setting.edge_sd**-2.0, 0.0])
    inside = total + prior
    inside[5, 5] += setting.blur_log_sd**-2.0
    gradient = np.array([0.0, 0.0, 0.0, setting.width, setting.length, 0.0])
    covariance = np.linalg.inv(inside)
    alone = np.linalg.inv((total + prior)[:5, :5])
    slopes = -gradient[:5] @ alone @ total[:5, 5]
    own = total[5, 5] - total[5, :5] @ alone @ total[:5, 5]
    return Bound(
        setting.length * setting.width,
        float(np.sqrt(gradient @ covariance @ gradient)),
        np.atleast_1d(slopes),
        float(own),
        assumptions(setting),
    )


def ratio_bound(top: Setting, below: Setting, phases: int = 2, seed: int = 0) -> float:
    """Least relative root mean square error of the ratio of two halls that share the blur."""
    one, two = bound(top, phases, seed), bound(below, phases, seed)
    precision = top.blur_log_sd**-2.0 + one.blur_information + two.blur_information
    own = 0.0
    for b, s in ((one, top), (two, below)):
        # variance at a known blur
        alone = b.deviation**2 - float(b.by_blur[0]) ** 2 / (
            s.blur_log_sd**-2.0 + b.blur_information
        )
        own += max(alone, 0.0) / b.area**2
    together = float(one.by_blur[0]) / one.area - float(two.by_blur[0]) / two.area
    return math.sqrt(own + together**2 / precision)


def information(setting: Setting, place: Array) -> Array:
    """Information about centre, angle, length, width and blur (6, 6), nuisances eliminated."""
    s = setting
    sigma = s.gsd * math.sqrt(-2 * math.log(s.transfer)) / math.pi
    reach = 3.5 * s.gsd
    cos, sin = math.cos(s.angle), math.sin(s.angle)
    half_x = 0.5 * (s.length * abs(cos) + s.width * abs(sin)) + reach
    half_y = 0.5 * (s.length * abs(sin) + s.width * abs(cos)) + reach
    x, y = np.meshgrid(
        np.arange(-half_x, half_x, s.gsd), np.arange(-half_y, half_y, s.gsd), indexing="xy"
    )
    x, y = x.ravel() - place[0], y.ravel() - place[1]
    cover, rate = _rectangle(x, y, s, sigma)
    # deep inside only the roof's level is read, and a tenth of the pixels tell it
    inside = (cover > 0.9999) & (np.arange(x.size) % 10 > 0)
    x, y, cover, rate = x[~inside], y[~inside], cover[~inside], rate[:, ~inside]
    pixels, bands, k = x.size, len(s.contrast), len(s.outer)
    mixing = _mixtures(s)
    covariance = [_covariance(x, y, s, i, sigma) for i in range(k)]
    # ground as it is known from the dates before: precision of (fields x pixels)
    prior = np.zeros((k * pixels, k * pixels))
    for i in range(k):
        part = slice(i * pixels, (i + 1) * pixels)
        prior[part, part] = _inverse(covariance[i])
    weight = s.noise**-2.0
    number = np.arange(pixels)

    def see(at: Array, of: Array) -> None:
        """Add what one date tells of the ground, of each pixel its share ``of``."""
        for i in range(k):
            for j in range(k):
                prior[i * pixels + number, j * pixels + number] += (
                    weight * (at[:, i] @ at[:, j]) * of
                )

    for t in range(s.before):
        see(mixing[t], np.ones(pixels))
    # dates with the roof: shape and blur (6), then roof levels, a mean by band, and shifts
    n = 6 + bands + s.after * (bands + 2)
    h = np.zeros((n, n))
    cross = np.zeros((n, k * pixels))
    bare = 1 - cover
    for t in range(s.after):
        m = mixing[s.before + t]
        moves = slice(6 + bands + t * (bands + 2) + bands, 6 + bands + (t + 1) * (bands + 2))
        for b in range(bands):
            level = 6 + bands + t * (bands + 2) + b
            index = np.r_[0:6, 6 + b, level, moves.start, moves.start + 1]
            columns = np.vstack([s.contrast[b] * rate, cover, cover, s.contrast[b] * rate[:2]])
            h[np.ix_(index, index)] += weight * columns @ columns.T
            for i in range(k):
                part = slice(i * pixels, (i + 1) * pixels)
                cross[index, part] += weight * m[b, i] * columns * bare
        see(m, bare**2)
        for b in range(bands):
            level = 6 + bands + t * (bands + 2) + b
            h[level, level] += s.level_sd**-2.0
        h[moves, moves] += np.eye(2) * (s.shift_sd * s.gsd) ** -2.0
    # the mean level is free, but not without end
    own = np.arange(6, 6 + bands)
    h[own, own] += 0.3**-2.0
    root = np.linalg.cholesky(prior)
    white = solve_triangular(root, cross.T, lower=True)
    h -= white.T @ white
    a, c = h[:6, :6], h[6:, 6:]
    return a - h[:6, 6:] @ np.linalg.solve(c, h[6:, :6])


def _inverse(covariance: Array) -> Array:
    """Inverse of a covariance, with as little added to it as it needs to have one."""
    added = SMALLEST
    while True:
        try:
            return cho_solve(
                cho_factor(covariance + added * np.eye(len(covariance))), np.eye(len(covariance))
            )
        except np.linalg.LinAlgError:
            added *= 4


def _rectangle(x: Array, y: Array, s: Setting, sigma: float) -> tuple[Array, Array]:
    """Blurred rectangle (p), and its derivatives by the six parameters (6, p)."""
    cos, sin = math.cos(s.angle), math.sin(s.angle)
    u, v = cos * x + sin * y, -sin * x + cos * y

    def side(w: Array, size: float) -> tuple[Array, Array, Array, Array]:
        a, b = (w + size / 2) / sigma, (w - size / 2) / sigma
        pa, pb = (np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi) for z in (a, b))
        value, slope = ndtr(a) - ndtr(b), (pa - pb) / sigma
        return value, slope, 0.5 * (pa + pb) / sigma, -(a * pa - b * pb)

    f, fu, fl, fs = side(u, s.length)
    g, gv, gw, gs = side(v, s.width)
    by_u, by_v = fu * g, f * gv
    rate = np.vstack([
        -(cos * by_u - sin * by_v), -(sin * by_u + cos * by_v), by_u * v - by_v * u,
        fl * g, f * gw, fs * g + f * gs,
    ])  # fmt: skip
    return f * g, rate


def _mixtures(s: Setting) -> Array:
    """Mixing of the fields on every date (t, b, k): green comes and goes with the seasons."""
    base = np.array(s.mixing)
    made = np.repeat(base[None], s.before + s.after, axis=0)
    if s.seasons and base.shape[1] > 2:
        turn = 2 * math.pi * 0.618 * np.arange(s.before + s.after)
        made[:, :, 2] *= (0.5 + 0.5 * np.cos(turn))[:, None]
        made[:, :, 1] *= (0.8 + 0.2 * np.sin(turn))[:, None]
    return made


def _covariance(x: Array, y: Array, s: Setting, i: int, sigma: float) -> Array:
    """Covariance of one blurred field between pixels, from its power spectrum."""
    frequency = np.geomspace(1e-5, 0.25, 1500)
    power = (1 + (s.outer[i] * frequency) ** 2) ** (-s.fall[i] / 2) * frequency
    blurred = power * np.exp(-((2 * math.pi * sigma * frequency) ** 2))
    apart = np.hypot(x[:, None] - x[None], y[:, None] - y[None])
    lags = np.linspace(0, float(apart.max()) + 1, 160)
    waves = j0(2 * math.pi * frequency[None] * lags[:, None])
    total = np.trapezoid(power, frequency)
    values = np.trapezoid(blurred[None] * waves, frequency, axis=1) / total
    return np.interp(apart, lags, values)


def assumptions(s: Setting) -> tuple[str, ...]:
    """What the bound assumes, in words."""
    return (
        f"a rectangle of {s.length:g} by {s.width:g} m, no shadow, no lean, one level of roof",
        f"{s.before} clear scenes before and {s.after} after, pixels of {s.gsd:g} m",
        f"white Gaussian noise of {s.noise:g} in reflectance, {len(s.contrast)} bands",
        f"Gaussian blur of transfer {s.transfer:g} at Nyquist, its width unknown to "
        f"{100 * s.blur_log_sd:g} %",
        f"shifts unknown to {s.shift_sd:g} pixel on each date",
        f"roof level free by date and band within {s.level_sd:g}",
        f"ground of {len(s.outer)} Gaussian fields of known spectrum, the same on all dates, "
        "mixed in known shares",
    )
