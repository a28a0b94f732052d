"""Worlds drawn from the count's prior, and the claims that would be made in them.

Written with numpy alone and apart from the sampled model: the prior's
push-forward and the simulation-based calibration both rest on it, so that a
slip in the model shows as ranks outside their band.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from analysis.strikes.likelihood import DELIVERED_ENDS, FIRED_CELLS, Datum, rounded
from analysis.strikes.priors import HEAPING, QUANTITIES, CountPrior


def prior_draws(prior: CountPrior, rng: np.random.Generator, n: int) -> np.ndarray:
    """Draw quantities from the prior, (n, 16) in the order of `priors.QUANTITIES`."""
    ranges = [getattr(prior, name) for name in QUANTITIES]
    location, scale = (np.array([getattr(r, a) for r in ranges]) for a in ("location", "scale"))
    return np.exp(rng.normal(location, scale, size=(n, len(ranges))))


def state(quantities: np.ndarray, claims: Sequence[Datum], rng: np.random.Generator) -> list[Datum]:
    """What the same claimants would state, on the same days, in another world.

    A floor stays a floor when the known number reaches it; below it the claimant
    states what it knows, to the unit, so that it does not round up to the floor (and
    the other way round for *fewer than*): the censoring point is part of the design,
    the number is not.

    Parameters
    ----------
    quantities
        One row of `prior_draws`.
    """
    world = dict(zip(QUANTITIES, quantities, strict=True))
    cells, delivered = fired_by_cell(world), delivered_by_step(world)
    stated = []
    for claim in claims:
        if claim.quantity == "fired":
            known = world["bias_fired"] * sum(
                missiles * _counted(begin, last, claim, world["lag"])
                for missiles, (begin, last) in zip(cells, FIRED_CELLS, strict=True)
            )
        else:
            known = world["bias_delivered"] * delivered[DELIVERED_ENDS.index(claim.end)]
        known *= np.exp(world["spread"] * rng.logistic())
        way = int(rng.choice(3, p=HEAPING))
        if claim.form == "about":
            stated.append(replace(claim, number=rounded(known, way)))
        elif _still_holds(claim, known):
            stated.append(claim)
        else:
            stated.append(replace(claim, form="exactly", number=rounded(known, 0), upper=None))
    return stated


def _still_holds(claim: Datum, known: float) -> bool:
    """Whether a floor, a ceiling or a range would be stated again by who knows this."""
    at_least, below = known >= claim.number - 0.5, known < claim.number + 0.5
    if claim.upper is not None:
        return at_least and known < claim.upper + 0.5
    return {"at-least": at_least, "below": below}.get(claim.form, False)


def fired_by_cell(world: Mapping[str, float]) -> list[float]:
    """Missiles fired in each of `likelihood.FIRED_CELLS`."""
    days = [(last - first).days + 1 for first, last in FIRED_CELLS[1:4]]
    rates = [days[0], days[1] * world["february"], days[2] * world["february_end"]]
    winter = [world["winter"] * rate / sum(rates) for rate in rates]
    return [world["first"], *winter, world["lull"], world["surge"], world["tail"]]


def delivered_by_step(world: Mapping[str, float]) -> list[float]:
    """Missiles delivered by each of `likelihood.DELIVERED_ENDS`, never below what was fired."""
    cells, total, found = fired_by_cell(world), 0.0, []
    for step, end in enumerate(DELIVERED_ENDS, start=1):
        pairs = zip(cells, FIRED_CELLS, strict=True)
        fired = sum(missiles for missiles, (_, last) in pairs if last <= end)
        total = max(total, fired) + world[f"delivered_{step}"]
        found.append(total)
    return found


def _counted(first: date, last: date, claim: Datum, lag: float) -> float:
    """Share of a cell's missiles that a claim covers and already knows: a sum over days."""
    days = (last - first).days + 1
    start, end = max(first, claim.start), min(last, claim.end)
    ages = np.arange((claim.stated - end).days, (claim.stated - start).days + 1)
    # A launch falls at any hour of its day: the mean of 1 - exp(-age / lag) over it.
    waiting = lag * (np.exp(-ages / lag) - np.exp(-(ages + 1) / lag))
    return float(np.sum(1.0 - waiting)) / days if len(ages) else 0.0
