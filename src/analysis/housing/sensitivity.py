"""Which parameter makes the answer wide, and what knowing it would save.

Total-order Sobol indices use Saltelli's design and Jansen's estimator as scipy
implements them (Saltelli et al. 2010, doi:10.1016/j.cpc.2009.09.018). The
missing link between household and plant is drawn evenly between its ends here;
that ranks it, and is no statement that the middle is more probable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.stats import sobol_indices

from analysis.housing import chain
from analysis.housing.parameters import Array, Parameter
from analysis.housing.scenarios import Scenario

DESIGN = 2**12
"""Rows of each of the two Saltelli matrices."""
RESAMPLES = 400
"""Bootstrap resamples of those rows."""
INNER = 2**11
"""Sobol points inside each value that is taken as known."""
KNOWN = 24
"""Values, equally spaced in probability, at which a parameter is taken as known."""
REPLICATES = 8
"""Scrambles over which the numerical error of the value of information is read."""


@dataclass(frozen=True)
class Index:
    """Sobol indices of one parameter."""

    parameter: str
    first: float
    total: float
    total_intervals: dict[str, tuple[float, float]]
    """Bootstrap interval of the total-order index, by level."""


@dataclass(frozen=True)
class Saving:
    """How much narrower the interval of workers would be if something were known."""

    parameter: str
    shrink: float
    """Expected relative reduction of the interval's width; it can be below zero."""
    shrink_intervals: dict[str, tuple[float, float]]
    """Numerical error over scrambles, by level."""
    before: tuple[float, float]
    """Ends of the interval now, as geometric means over scrambles."""
    factor_before: float
    """Upper end over lower end of the interval now; infinite when the lower end is zero."""
    factor_after: float
    """The same when known, as a geometric mean."""


@dataclass(frozen=True)
class Swing:
    """One bar of a tornado: workers with one parameter at its ends, the rest at medians."""

    parameter: str
    low: float
    high: float
    low_setting: float
    high_setting: float


def sobol(
    function: Callable[[Array], Array], dimensions: int, seed: int,
    levels: tuple[str, ...] = ("0.9", "0.99"), design: int = DESIGN,
) -> list[tuple[float, float, dict[str, tuple[float, float]]]]:  # fmt: skip
    """First and total-order indices of a function of uniform inputs.

    Parameters
    ----------
    function
        Takes probabilities of shape ``(dimensions, n)``, returns ``(n,)``.
    dimensions, seed
        Number of inputs; seed of design and bootstrap.
    levels
        Levels of the bootstrap intervals.
    design
        Rows of each Saltelli matrix, a power of two.

    Returns
    -------
    list
        For each input: first-order, total-order, intervals of the total order.
    """
    both = chain.points(2 * dimensions, design, seed)
    a, b = both[:dimensions], both[dimensions:]
    f_a, f_b = function(a), function(b)
    mixed = np.repeat(a[None], dimensions, axis=0)
    for i in range(dimensions):
        mixed[i, i] = b[i]
    f_ab = np.stack([function(m) for m in mixed])
    if np.ptp(f_a) == np.ptp(f_b) == 0:
        return [(0.0, 0.0, dict.fromkeys(levels, (0.0, 0.0)))] * dimensions
    found = sobol_indices(
        func={"f_A": f_a[None], "f_B": f_b[None], "f_AB": f_ab[:, None]}, n=design
    )
    first, total = np.ravel(found.first_order), np.ravel(found.total_order)
    drawn = _bootstrap(f_a, f_b, f_ab, seed)
    out = []
    for i in range(dimensions):
        intervals = {}
        for level in levels:
            low, high = np.quantile(drawn[:, i], [(1 - float(level)) / 2, (1 + float(level)) / 2])
            intervals[level] = (max(float(low), 0.0), float(high))
        out.append((float(first[i]), float(total[i]), intervals))
    return out


def _bootstrap(f_a: Array, f_b: Array, f_ab: Array, seed: int) -> Array:
    """Total-order indices of resampled design rows, of shape ``(RESAMPLES, d)``.

    Jansen's estimator, as in scipy, whose own bootstrap takes no seed.
    """
    rng = np.random.default_rng(seed)
    squared = 0.5 * (f_a - f_ab) ** 2
    out = np.empty((RESAMPLES, len(f_ab)))
    for k in range(RESAMPLES):
        rows = rng.integers(0, f_a.size, f_a.size)
        spread = np.var(np.concatenate([f_a[rows], f_b[rows]]))
        out[k] = squared[:, rows].mean(axis=1) / spread
    return out


def rank(
    scenario: Scenario, seed: int, quantity: str = "workers",
    levels: tuple[str, ...] = ("0.9", "0.99"),
) -> list[Index]:  # fmt: skip
    """Sobol indices of a scenario's parameters, largest total order first; known ones have none."""
    names = tuple(p.name for p in scenario.parameters)

    def output(u: Array) -> Array:
        return chain.run(scenario.plan.route, chain.at(scenario, u, names))[quantity]

    indices = sobol(output, len(names), seed, levels)
    found = [Index(n, *values) for n, values in zip(names, indices, strict=True)]
    return sorted(found, key=lambda i: -i.total)


def tornado(scenario: Scenario, quantity: str = "workers", level: float = 0.9) -> list[Swing]:
    """Swing of the output with each parameter alone at the ends of its central interval."""
    names, route = tuple(p.name for p in scenario.parameters), scenario.plan.route
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    out = []
    for i, name in enumerate(names):
        u = np.full((len(names), 2), 0.5)
        u[i] = tails
        x = chain.at(scenario, u, names)
        low, high = sorted(float(v) for v in chain.run(route, x)[quantity])
        out.append(Swing(name, low, high, float(x[name][0]), float(x[name][1])))
    return sorted(out, key=lambda s: s.low - s.high)


def known_at(parameter: Parameter) -> list[Parameter]:
    """The parameter as if known: one fixed value for each of `KNOWN` equal probabilities."""
    if parameter.fixed:
        return [parameter]
    u = (np.arange(KNOWN) + 0.5) / KNOWN
    return [_fixed(parameter, float(v)) for v in parameter.quantile(u)]


def known_within(parameter: Parameter, error: float) -> list[Parameter]:
    """A whole-numbered parameter known to ``error`` either way, for each possible value."""
    values = np.arange(parameter.low, parameter.high + 1)
    return [
        Parameter(
            parameter.name, max(v - error, parameter.low), min(v + error, parameter.high),
            shape="whole", kind=parameter.kind, inputs=parameter.inputs,
        )
        for v in map(float, values)
    ]  # fmt: skip


def _fixed(parameter: Parameter, value: float) -> Parameter:
    return Parameter(parameter.name, value, value, kind=parameter.kind, inputs=parameter.inputs)


def saving(
    scenario: Scenario, name: str, seed: int, level: float = 0.9,
    known: list[Parameter] | None = None, label: str | None = None,
) -> Saving:  # fmt: skip
    """Value of information: the interval of workers now and with one parameter known.

    The interval runs from the lower tail with the link at its lower end to the
    upper tail with the link at its upper end.
    """
    cases = known_at(scenario[name]) if known is None else known
    shrinks, before, after_factors = [], [], []
    for replicate in range(REPLICATES):
        low, high = _interval(scenario, seed + replicate, level)
        after = [_interval(scenario.replaced(c), seed + replicate, level) for c in cases]
        width = high - low
        shrinks.append(1 - float(np.mean([b - a for a, b in after])) / width if width else 0.0)
        before.append((low, high))
        after_factors.append(float(np.mean([_log_factor(a, b) for a, b in after])))
    error = np.asarray(shrinks)
    return Saving(
        label or name,
        float(error.mean()),
        {lv: _spread(error, float(lv)) for lv in ("0.9", "0.99")},
        (_geometric([a for a, _ in before]), _geometric([b for _, b in before])),
        float(np.exp(np.mean([_log_factor(a, b) for a, b in before]))),
        float(np.exp(np.mean(after_factors))),
    )


def _interval(scenario: Scenario, seed: int, level: float) -> tuple[float, float]:
    drawn = chain.sample(scenario, seed, INNER)
    return chain.span(drawn["workers_low"], drawn["workers_high"], level)


def _geometric(values: list[float]) -> float:
    """Geometric mean; zero if one of them is."""
    return float(np.exp(np.mean(np.log(values)))) if min(values) > 0 else 0.0


def _log_factor(low: float, high: float) -> float:
    return float(np.log(high / low)) if low > 0 else float("inf")


def _spread(values: Array, level: float) -> tuple[float, float]:
    """Normal interval of the mean of replicates."""
    from scipy.stats import t

    half = float(t.ppf((1 + level) / 2, values.size - 1) * values.std(ddof=1) / values.size**0.5)
    return float(values.mean() - half), float(values.mean() + half)


def savings(scenario: Scenario, seed: int, level: float = 0.9) -> Iterator[Saving]:
    """The value of knowing each parameter of a scenario, one at a time; none if it is known."""
    for parameter in scenario.parameters:
        yield saving(scenario, parameter.name, seed, level)
