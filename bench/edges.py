"""Errors of the edges, and how far intervals made with them are stretched: what calibrates.

`posterior.Inflation` is fitted on logged worlds with seeds of their own; other worlds score it. The
studies of halls alone and of the whole chain both calibrate in this way.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import gammaln

from analysis.growth import posterior
from analysis.growth.joint import Joint
from analysis.growth.posterior import TAIL_FREEDOM, Inflation
from bench import conformal

Array = NDArray[np.floating]
Record = dict[str, Any]
RatiosOf = Callable[[Record, Inflation], list[tuple[Array, float]]]

LEVEL = 0.9
DRAWS = 2000
AGAIN = 1000
"""Bootstrap samples of worlds."""

FIRST = np.log([1.5, 0.1, 0.2, 0.1, 0.05, TAIL_FREEDOM, 0.2])
"""Weak prior of the errors of the edges, in the order of `ERRORS`, and where the fit begins."""

ERRORS = ("scale", "edge_common", "edge_own", "misfit_edge", "shape", "freedom", "unseen")
"""What is fitted of an `Inflation`; the last only where there are halls without a before."""

RESTARTS = 8
"""Most times that the search for them is begun anew."""

LEAST_FREEDOM = 2.5
"""Degrees of freedom below which errors would have no variance."""

FOLDS = 4
"""Parts of the calibrating worlds, each scored with errors fitted on the others."""

FEWEST_WORLDS = 30
"""Calibrating worlds below which nothing is stretched: one hall would decide."""

HOLD, FIRM = 0.02, 0.5
"""Weight of that prior, and where there are only a few worlds of each kind: a factor of e at one
standard deviation, or what no world tells of would run away."""


def joint_of(record: Record) -> Joint:
    """The joint mode of a logged world."""
    kept = record["joint"]
    names = ("estimate", "spread", "perimeter", "misfit", "bulge", "widths")
    arrays = {k: np.asarray(kept[k]) for k in names}
    before = np.asarray(kept["before"]) if kept.get("before") else None
    return Joint(names=tuple(kept["names"]), gsd=kept["gsd"], before=before, **arrays)


def truths(record: Record) -> Array:
    """True areas in the order of the joint mode."""
    return np.array([record["buildings"][n]["truth"] for n in record["joint"]["names"]])


def measured(records: Sequence[Record]) -> list[Record]:
    """Worlds in which something could be measured."""
    return [r for r in records if r.get("joint")]


def fit_inflation(
    records: Sequence[Record], hold: float = HOLD, begin: Inflation | None = None
) -> Inflation:
    """Errors of the edges that make the logged areas most likely (Student, joint by world).

    ``hold`` is the weight of the prior: half of the inverse variance of a logarithm. The search
    begins at ``begin`` where errors are known that cannot be far.
    """
    worlds = [(joint_of(r), truths(r)) for r in measured(records)]
    # without a hall whose old ground was never seen, nothing is said of one
    told = any(j.before is not None and (j.before == 0).any() for j, _ in worlds)
    first = FIRST if told else FIRST[:-1]

    def made(logs: Array) -> Inflation:
        found = {k: float(v) for k, v in zip(ERRORS, np.exp(logs), strict=False)}
        return Inflation(**found | {"freedom": max(found["freedom"], LEAST_FREEDOM)})

    def cost(logs: Array) -> float:
        inflation = made(logs)
        total = 0.0
        for joint, truth in worlds:
            error = np.log(joint.estimate / truth)
            wide = posterior.covariance(joint, inflation) / np.outer(joint.estimate, joint.estimate)
            root = np.linalg.cholesky(wide + 1e-9 * np.eye(len(error)))
            away = float((np.linalg.solve(root, error) ** 2).sum())
            n, v = len(error), inflation.freedom
            total += 0.5 * n * np.log(v)
            total += np.log(np.diag(root)).sum() + 0.5 * (v + n) * np.log1p(away / v)
            total -= gammaln((v + n) / 2) - gammaln(v / 2)
        return total + hold * float(((logs - first) ** 2).sum())

    known = [max(getattr(begin, k), 1e-4) for k in ERRORS[: len(first)]] if begin else None
    at, least = np.log(known) if known else np.array(first), np.inf
    # a simplex may collapse short of the least: begun anew until it gains nothing
    for _ in range(RESTARTS):
        found = minimize(cost, at, method="Nelder-Mead", options={"maxiter": 2000})
        gained, at, least = least - found.fun, found.x, float(found.fun)
        if gained < 0.01:
            break
    return Inflation(**{k: round(v, 4) for k, v in asdict(made(at)).items()})


@dataclass(frozen=True)
class Edges:
    """Errors of the edges with their factors, and how far the calibrating worlds settle those."""

    inflation: Inflation
    stretches: dict[str, Record]
    """For ``areas`` and ``ratios`` the factor, its 90 % bootstrap of worlds, and their number."""


def calibrate(
    records: Sequence[Record],
    ratios_of: RatiosOf,
    smallest_m2: float,
    fitted_on: Callable[[Record], bool] = lambda _: True,
) -> Edges:
    """Errors of the edges, and the factors by which intervals made with them are stretched.

    What an interval needs is found with errors that were fitted on other worlds: the fit knows its
    own worlds too well. That is the manner of cross-conformal prediction (Vovk 2015,
    doi:10.1007/s10472-013-9368-4) without its guarantee, since the factors serve errors that were
    fitted on all: what holds is what other worlds score.

    Parameters
    ----------
    records
        Logged worlds that calibrate, none that is scored.
    ratios_of
        Draws and truth of each ratio of a record; a truth of NaN for a ratio of what is no hall.
    smallest_m2
        Area from which a building's interval counts.
    fitted_on
        Whether a record serves the fit of the errors.
    """
    seeds = np.array(sorted({r["seed"] for r in records}))
    chosen = [r for r in records if fitted_on(r)]
    whole = fit_inflation(chosen)
    # kinds of worlds follow each other by their numbers: folds must not
    order = np.random.default_rng(11).permutation(len(seeds))
    fold = {int(seed): int(i) % FOLDS for seed, i in zip(seeds, order, strict=True)}
    apart = [fit_inflation([r for r in chosen if fold[r["seed"]] != k], begin=whole)
             for k in range(FOLDS)] if len(seeds) >= FEWEST_WORLDS else [whole] * FOLDS  # fmt: skip

    def needed(scored: RatiosOf) -> list[list[float]]:
        by_world: dict[int, list[float]] = {}
        for r in measured(records):
            for draws, truth in scored(r, apart[fold[r["seed"]]]):
                need = posterior.need(draws, truth, LEVEL) if truth == truth else math.inf
                by_world.setdefault(r["seed"], []).append(need)
        return list(by_world.values())

    def areas_of(record: Record, inflation: Inflation) -> list[tuple[Array, float]]:
        draws = posterior.draw(joint_of(record), record["seed"], inflation, draws=DRAWS).draws
        every = zip(draws.T, truths(record), strict=True)
        return [(own, float(truth)) for own, truth in every if truth >= smallest_m2]

    areas = _stretch(needed(areas_of))
    apart = [replace(one, stretch=areas["factor"]) for one in apart]
    ratios = _stretch(needed(ratios_of))
    return Edges(
        replace(whole, stretch=areas["factor"], ratio_stretch=ratios["factor"]),
        {"areas": areas, "ratios": ratios},
    )


def _stretch(needs: Sequence[Sequence[float]]) -> Record:
    """The factor that the needs of some worlds ask for; one where there are too few worlds."""
    made = {"factor": 1.0, "worlds": len(needs)}
    if len(needs) < FEWEST_WORLDS:
        return made
    chance = np.random.default_rng(13)
    again = [
        conformal.margin([needs[i] for i in chance.integers(0, len(needs), len(needs))], LEVEL)
        for _ in range(AGAIN)
    ]
    ends = np.quantile(again, [0.05, 0.95], method="nearest")
    return made | {
        "factor": round(conformal.margin(needs, LEVEL), 4),
        "interval90": [round(float(v), 4) for v in ends],
    }


def together(parts: Sequence[Inflation]) -> Inflation:
    """Errors of several broken assumptions at once, if they do not know of each other.

    Metres add in quadrature; of the factor on the posterior's own deviation, so does what
    exceeds one. Tails are those of the heaviest part, which is cautious: of few worlds each, the
    least of several estimates is too low.
    """

    def summed(name: str) -> float:
        return round(math.hypot(*(getattr(p, name) for p in parts)), 4)

    metres = ("edge_common", "edge_own", "misfit_edge", "shape", "unseen")
    scale = math.sqrt(1 + sum(max(p.scale**2 - 1, 0.0) for p in parts))
    return Inflation(
        scale=round(scale, 4), freedom=min(p.freedom for p in parts),
        **{n: summed(n) for n in metres},
    )  # fmt: skip
