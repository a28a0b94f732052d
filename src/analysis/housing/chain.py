"""The chain from a block, or from an area of roof, to residents and workers.

One dwelling holds one household (``choice:housing.one-household``). Workers of
the plant are bounded, not estimated: how many of a household work there has no
source, so each draw carries both ends of that link.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from scipy.stats import qmc

from analysis.housing.parameters import Array
from analysis.housing.scenarios import ROOF, Route, Scenario

SAMPLES = 2**14
"""Sobol points per scenario: quantiles then move by well under one per cent with the seed."""

_LINKS = ("plant_workers_per_household", "plant_workers_per_bed")


def dwellings(route: Route, x: Mapping[str, Array]) -> tuple[Array | None, Array | None]:
    """Floor area (m2) and dwellings, or beds, of a block or of `ROOF` m2 of roof.

    ``x`` maps parameters to arrays of one shape; what a route does not have is
    ``None``.
    """
    if route == "households":
        return None, x["households_per_block"]
    if route == "beds":
        return None, x["beds_per_storey"] * x["storeys"]
    plate = x.get("plate", x.get("footprint", np.float64(ROOF)))
    floor = plate * x["storeys"]
    if route == "bed-area":
        return floor, floor / x["area_per_bed"]
    return floor, floor * x["net_to_gross"] / x["dwelling_size"]


def run(route: Route, x: Mapping[str, Array]) -> dict[str, Array]:
    """Every quantity of the chain, at the given parameters.

    Returns
    -------
    dict
        ``floor_area`` (m2; floor-area routes), ``dwellings`` (families),
        ``residents``, ``active`` (economically active residents; families) and
        ``workers``, never more than the economically active residents.
    """
    floor, units = dwellings(route, x)
    assert units is not None
    out = {} if floor is None else {"floor_area": floor}
    if route in ("beds", "bed-area"):
        return out | {"residents": units, "workers": units * x["plant_workers_per_bed"]}
    active = x["household_size"] * x["active_share"]
    linked = np.minimum(x["plant_workers_per_household"], active)
    return out | {
        "dwellings": units,
        "residents": units * x["household_size"],
        "active": units * active,
        "workers": units * linked,
    }


def at(scenario: Scenario, u: Array, names: tuple[str, ...]) -> dict[str, Array]:
    """Parameters at probabilities ``u`` (one row per name); the others must be fixed."""
    drawn = dict(zip(names, u, strict=True))
    shape = np.shape(u)[1:]
    return {
        p.name: p.quantile(drawn[p.name]) if p.name in drawn else np.full(shape, p.low)
        for p in scenario.parameters
    }


@lru_cache(maxsize=64)
def points(dimensions: int, samples: int, seed: int) -> Array:
    """Scrambled Sobol points, of shape ``(dimensions, samples)``, strictly inside (0, 1)."""
    if not dimensions:
        return np.empty((0, samples))
    sampler = qmc.Sobol(dimensions, scramble=True, rng=np.random.default_rng(seed))
    drawn = np.clip(sampler.random(samples).T, 1e-12, 1 - 1e-12)
    drawn.flags.writeable = False
    return drawn


def sample(scenario: Scenario, seed: int, samples: int = SAMPLES) -> dict[str, Array]:
    """Draws of the chain with both ends of the missing link.

    Returns
    -------
    dict
        Quantities of `run`, and ``workers_low`` and ``workers_high``: the same
        draws with the link at its lower and at its upper end.
    """
    # Fixed parameters keep their column, so that scenarios that differ in what is
    # known share their random numbers.
    names = tuple(p.name for p in scenario.parameters)
    x = at(scenario, points(len(names), samples, seed), names)
    return run(scenario.plan.route, x) | ends(scenario, x)


def ends(scenario: Scenario, x: Mapping[str, Array]) -> dict[str, Array]:
    """Workers with the link at its lower and at its upper end, draw by draw."""
    (name,) = (p.name for p in scenario.parameters if p.name in _LINKS)
    link = scenario[name]
    return {
        f"workers_{end}": run(
            scenario.plan.route, {**x, name: np.full_like(x[name], getattr(link, end))}
        )["workers"]
        for end in ("low", "high")
    }


def span(low: Array, high: Array, level: float) -> tuple[float, float]:
    """Central interval at ``level``: from the lower tail of ``low`` to the upper of ``high``.

    With one array for both it is the usual central interval; with the two ends
    of a link it covers the level whatever the link is in between.
    """
    tail = (1 - level) / 2
    return float(np.quantile(low, tail)), float(np.quantile(high, 1 - tail))
