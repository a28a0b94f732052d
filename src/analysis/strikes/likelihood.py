"""What a claim says about the count: the likelihood of one statement.

A claimant knows the part of its period's missiles that has reached it by the
day of the statement, multiplies it by the bias that all claimants share and by
an error of its own (log-logistic: closed form, and heavy tails, so that one
garbled claim does not drag the count along), and states the product: to the
unit, to the ten, or as one of the round numbers in `priors.ROUND`. How it
rounds is not known and is summed out. *At least r* is a censored value: all
that it says is that the known number is r or more. *Fewer than r* and a range
likewise.

The same expressions serve numpy draws and PyTensor variables.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np

from analysis.errors import UserError
from analysis.strikes.priors import HEAPING, QUANTITIES, ROUND


@dataclass(frozen=True)
class Datum:
    """One claim as the likelihood takes it."""

    claim_id: str
    quantity: str
    """``fired`` or ``delivered``."""
    form: str
    """``about``, ``at-least``, ``below``, ``between``, or ``exactly`` (to the unit)."""
    number: float
    """Missiles (for a floor on attacks, attacks); of a range, the lower end."""
    start: date
    end: date
    """Period that the number is cumulative over, both days included."""
    stated: date
    claimant: str
    upper: float | None = None
    """Upper end of a range."""


FIRED_CELLS: tuple[tuple[date, date], ...] = (
    (date(2023, 12, 30), date(2023, 12, 31)),
    (date(2024, 1, 1), date(2024, 2, 7)),
    (date(2024, 2, 8), date(2024, 2, 22)),
    (date(2024, 2, 23), date(2024, 2, 27)),
    (date(2024, 2, 28), date(2024, 7, 30)),
    (date(2024, 7, 31), date(2024, 11, 23)),
    (date(2024, 11, 24), date(2024, 12, 6)),
)
"""Periods between the ends of the claims' own periods: the end of 2023, the winter in
three, the lull, the surge and the tail. Both days included."""

DELIVERED_ENDS: tuple[date, ...] = (
    date(2024, 1, 23), date(2024, 3, 31), date(2024, 11, 25), date(2025, 2, 1), date(2025, 5, 29),
)  # fmt: skip
"""Days to which the claims of deliveries count, from September 2023."""

_NEVER = math.log(1e-9)
_ALWAYS = math.log(1e9)
"""Logarithms that stand for nothing and for any number of missiles."""

_IMPOSSIBLE = -1e6
"""Log-weight of a way of rounding that cannot give the stated number."""

_LAG, _SPREAD, _BIAS_FIRED = (QUANTITIES.index(n) for n in ("lag", "spread", "bias_fired"))

NUMPY = SimpleNamespace(
    exp=np.exp, log=np.log, expm1=np.expm1, softplus=lambda x: np.logaddexp(0.0, x),
    column=lambda x: np.swapaxes(x, -1, -2),
)  # fmt: skip
"""The functions that the expressions below need; `sampling.tensors` has the same."""

_WIDTHS = {
    "covered": len(FIRED_CELLS), "near": len(FIRED_CELLS), "far": len(FIRED_CELLS),
    "steps": len(DELIVERED_ENDS), "lower": 3, "upper": 3, "weight": 3, "bias": 2,
}  # fmt: skip
"""Columns of the table of claims.

``covered``: share of a cell's days inside the claim's period; ``near`` and
``far``: days from its end and its beginning to the statement; ``steps``: one for
the step of delivery to whose end the claim counts; ``lower`` and ``upper``: log-limits of
what was known, by way of rounding; ``weight``: log-weight of that way;
``bias``: one for missiles fired, one for deliveries.
"""


def table_of(data: Sequence[Datum]) -> np.ndarray:
    """The claims as one table for the model, (n, columns of `_WIDTHS`).

    Raises
    ------
    UserError
        If a claim of deliveries ends on a day that is no end of a step.
    """
    rows = [np.concatenate([*_period(d), *limits_of(d)]) for d in data]
    flags = [[float(d.quantity == q) for q in ("fired", "delivered")] for d in data]
    width = sum(_WIDTHS.values())
    return np.hstack([np.array(rows), np.array(flags)]) if rows else np.zeros((0, width))


def arrays_of(table: Any) -> SimpleNamespace:
    """The columns of `table_of` by name, of numpy arrays or PyTensor variables."""
    at, found = 0, {}
    for name, width in _WIDTHS.items():
        found[name] = table[:, at : at + width]
        at += width
    return SimpleNamespace(**found)


def _period(datum: Datum) -> tuple[np.ndarray, ...]:
    covered, near = np.zeros(len(FIRED_CELLS)), np.zeros(len(FIRED_CELLS))
    far, steps = np.ones(len(FIRED_CELLS)), np.zeros(len(DELIVERED_ENDS))
    if datum.quantity == "delivered":
        if datum.end not in DELIVERED_ENDS:
            days = ", ".join(d.isoformat() for d in DELIVERED_ENDS)
            raise UserError(
                f"aggregate_claims.csv {datum.claim_id}: deliveries to {datum.end} fit none "
                f"of the model's steps ({days})"
            )
        steps[DELIVERED_ENDS.index(datum.end)] = 1.0
        return covered, near, far, steps
    for j, (first, last) in enumerate(FIRED_CELLS):
        start, end = max(first, datum.start), min(last, datum.end)
        if start <= end:
            covered[j] = ((end - start).days + 1) / ((last - first).days + 1)
            near[j] = (datum.stated - end).days
            far[j] = (datum.stated - start).days + 1
    return covered, near, far, steps


def world_of(xp: Any, q: Any) -> SimpleNamespace:
    """Missiles by cell and what was delivered by each step's end, from the quantities.

    Deliveries follow D[k] = max(D[k-1], F[k]) + g[k]: what was fired had come, so
    that F never exceeds D, and g is what came beyond it. In closed form the
    largest over j <= k of F[j] + g[j] + ... + g[k].

    Parameters
    ----------
    q
        Quantities in the order of `priors.QUANTITIES`, (..., 1, 16).

    Returns
    -------
    ``cells`` (..., 1, 7) and ``delivered`` (..., 5, 1), missiles.
    """
    rate = q @ _RATE.T + _BASE_RATE
    share = rate / (rate @ _EVERY_CELL) + _WHOLE
    cells = (q @ _CELL.T) * share
    # Room between what was fired by a step and what came before it, then all that came.
    reached = cells @ _FIRED_BY.T - q @ _CAME_BEFORE.T
    came = _CAME_BY @ xp.column(q)
    return SimpleNamespace(
        cells=cells, delivered=(reached + came + _LATER).max(axis=-1, keepdims=True)
    )


def _rows(*names: Iterable[str]) -> np.ndarray:
    """A matrix that adds the named quantities, one row for each argument."""
    return np.array([[float(q in row) for q in QUANTITIES] for row in names])


_CELL = _rows(["first"], *3 * [["winter"]], ["lull"], ["surge"], ["tail"])
_DAYS = np.array([(last - first).days + 1.0 for first, last in FIRED_CELLS])
_RATE = _rows([], [], ["february"], ["february_end"], [], [], []) * _DAYS[:, None]
_BASE_RATE = np.array([[0.0, _DAYS[1], 0.0, 0.0, 0.0, 0.0, 0.0]])
_WHOLE = np.array([[1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0]])
_EVERY_CELL = np.ones((len(FIRED_CELLS), 1))
_STEPS = [f"delivered_{k}" for k in range(1, 6)]
_CAME_BY = _rows(*(_STEPS[: k + 1] for k in range(5)))
_CAME_BEFORE = _rows(*(_STEPS[:k] for k in range(5)))
_FIRED_BY = np.array([[float(last <= end) for _, last in FIRED_CELLS] for end in DELIVERED_ENDS])
_LATER = np.triu(np.full((5, 5), -1e9), k=1)


def log_known(xp: Any, d: Any, q: Any) -> Any:
    """Logarithm of what each claimant knows, before its own error; shape (..., n, 1).

    A launch is counted after an exponential time with the mean ``lag``; the
    expected share that is known by the day of the statement is in closed form.

    Parameters
    ----------
    d
        The columns of `arrays_of`.
    q
        Quantities in the order of `priors.QUANTITIES`, (..., 1, 16).
    """
    world = world_of(xp, q)
    lag = q[..., _LAG : _LAG + 1]
    waiting = lag * (xp.exp(-d.near / lag) - xp.exp(-d.far / lag)) / (d.far - d.near)
    seen = (world.cells * d.covered * (1.0 - waiting)) @ _EVERY_CELL
    brought = d.steps @ world.delivered
    bias = d.bias @ xp.column(q[..., _BIAS_FIRED : _BIAS_FIRED + 2])
    return xp.log((seen + brought) * bias)


def log_probability(xp: Any, d: Any, q: Any) -> Any:
    """Log-probability of each statement; shape (..., n, 1).

    The probability of a rounding cell is a difference of logistic distribution
    functions, written as a product so that it stays exact far out in the tails;
    the ways of rounding are summed out with their weights.

    Parameters
    ----------
    d
        The columns of `arrays_of`.
    q
        Quantities in the order of `priors.QUANTITIES`, (..., 1, 16).
    """
    spread = q[..., _SPREAD : _SPREAD + 1]
    log_center = log_known(xp, d, q)
    above = (d.lower - log_center) / spread
    below = (d.upper - log_center) / spread
    inside = -xp.softplus(-below) - xp.softplus(above) + xp.log(-xp.expm1(above - below))
    return xp.log(xp.exp(inside + d.weight) @ _EVERY_WAY)


_EVERY_WAY = np.ones((3, 1))


def limits_of(datum: Datum) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Log-limits of what was known, and log-weights, by way of rounding, (3,) each."""
    lower, upper = np.full(3, _NEVER), np.full(3, _ALWAYS)
    weight, form, number = np.log(np.array(HEAPING)), datum.form, datum.number
    if form == "at-least":
        lower[:] = math.log(max(number - 0.5, 1e-9))
    elif form == "below":
        upper[:] = math.log(number + 0.5)
    elif form == "between":
        lower[:], upper[:] = math.log(number - 0.5), math.log((datum.upper or number) + 0.5)
    elif form == "exactly":
        weight[:] = 0.0, _IMPOSSIBLE, _IMPOSSIBLE
        lower[0], upper[0] = math.log(max(number - 0.5, 1e-9)), math.log(number + 0.5)
    else:
        for k, cell in enumerate(rounding_cells(number)):
            if cell is None:
                weight[k] = _IMPOSSIBLE
            else:
                lower[k], upper[k] = (math.log(max(end, 1e-9)) for end in cell)
    return lower, upper, weight


def rounding_cells(number: float) -> tuple[tuple[float, float] | None, ...]:
    """What rounds to a number: to the unit, to the ten, to one of `ROUND`."""
    unit = (number - 0.5, number + 0.5)
    ten = None if number % 10 or number < 10 else (number - 5.0, number + 5.0)
    if ten and number == 10:
        ten = (0.0, 15.0)
    if number not in ROUND:
        return unit, ten, None
    at = ROUND.index(number)
    low = 0.0 if at == 0 else 0.5 * (ROUND[at - 1] + number)
    high = 1e9 if at == len(ROUND) - 1 else 0.5 * (number + ROUND[at + 1])
    return (unit if number > 0 else (0.0, 0.5)), ten, (low, high)


def rounded(known: float, way: int) -> float:
    """The number that a claimant states who rounds in this way (0 unit, 1 ten, 2 round)."""
    if way == 0:
        return float(math.floor(known + 0.5))
    if way == 1:
        return max(10.0, 10.0 * math.floor(known / 10.0 + 0.5))
    edges = [0.5 * (a + b) for a, b in zip(ROUND, ROUND[1:], strict=False)]
    return ROUND[int(np.searchsorted(edges, known, side="right"))]
