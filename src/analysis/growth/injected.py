"""Intervals of halls calibrated by halls that are drawn into the very scenes.

A study of invented worlds promises nothing on real scenes. Here halls like the measured ones are
drawn into free ground of the same cubes (`analysis.growth.drawn_halls`), outlined as the measured
ones were, and held against what was drawn: the noise, the ground, the clouds and the dates are then
the site's own. Intervals are stretched about their medians until they hold as many of the drawn
halls as they say (split-conformal calibration on the scale of the logarithm: Lei et al. 2018,
Distribution-free predictive inference for regression, JASA 113; Romano et al. 2019, Conformalized
quantile regression).

Drawn halls have no height and one colour, so that shadows, walls, yards and odd shapes are not in
their errors: intervals are only ever widened. What holds of them holds of a measured hall as far as
it is like them, was outlined at all, and is the building that it is taken for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from analysis.errors import UserError
from analysis.growth import posterior
from analysis.growth.buildings import Building, Measured
from analysis.growth.calibrated import Injected, Stretch
from analysis.growth.drawn_halls import Grounds
from analysis.growth.footprint import Fit
from analysis.growth.joint import join
from analysis.scenes.prepare import Prepared

Set = Mapping[str, tuple[Fit, float]]
"""Halls drawn together, by the id of the one that each is like: outline, and true area in m2."""

Scored = tuple[np.ndarray, float]
"""Draws of a quantity, and its truth."""


def fewest(level: float) -> int:
    """Halls below which no finite interval can be promised at a level."""
    return math.ceil(level / (1 - level) - 1e-9)


def check_enough(halls: int, level: float) -> None:
    """Refuse what is too few.

    Raises
    ------
    UserError
        Naming how many are needed.
    """
    if halls < fewest(level):
        raise UserError(f"--drawn {halls}: {level:.0%} intervals need {fewest(level)} or more")


def calibrate(
    done: Prepared,
    found: Measured,
    *,
    halls: int,
    seed: int,
    progress: Callable[[str], None] = lambda _: None,
) -> Measured:
    """What was measured, with the intervals of halls and ratios stretched.

    Parameters
    ----------
    done
        The scenes that were measured.
    found
        From `analysis.growth.measure.measure`; not changed.
    halls
        How often halls are drawn, each time one like each of the halls of the ratio.
    seed
        Of all that is drawn.

    Raises
    ------
    UserError
        If the halls are too few for the level, nothing was measured, or there is no room.
    """
    check_enough(halls, found.level)
    new = [b for b in found.candidates if b.id == found.new]
    chain = [b for b in (*new, *found.references) if b.fit is not None]
    if not chain:
        raise UserError("no hall was measured whose interval drawn halls could calibrate")
    rng = np.random.default_rng([seed, 13])
    grounds = Grounds(done, found, chain)
    sets: list[Set] = []
    for number in range(halls):
        progress(f"drawn halls {number + 1} of {halls}")
        blurs = grounds.blurs(rng)
        made = {b.id: grounds.hall(rng, b, blurs) for b in chain}
        sets.append({name: (fit, truth) for name, (fit, truth) in made.items() if fit is not None})
    areas, ratios = _scored([s for s in sets if s], found, seed)
    told = Injected(
        found.level, seed, halls, _stretches(areas, found.level), _stretches(ratios, found.level)
    )
    if not told.areas:
        raise UserError(f"of {halls} drawn halls too few could be outlined: "
                        "the scenes do not bear a calibration")  # fmt: skip
    return _stretched(found, told, _warnings(told, chain, found, grounds.outside))


def _warnings(
    told: Injected, chain: Sequence[Building], found: Measured, outside: int
) -> list[str]:
    """What could not be calibrated, and where halls had to be drawn."""
    said = [
        f"drawn halls could not calibrate {what}: fewer than {fewest(told.level)} of {told.drawn} "
        "were outlined"
        for what in (
            *(b.id for b in chain if b.id not in told.areas),
            *(f"the ratio to {r.denominator}" for r in found.ratios
              if r.denominator not in told.ratios),
        )
    ]  # fmt: skip
    if outside:
        said.append(f"{outside} drawn halls lie outside the perimeter, where there was room")
    return said


def _scored(
    sets: Sequence[Set], found: Measured, seed: int
) -> tuple[dict[str, list[Scored]], dict[str, list[Scored]]]:
    """Areas by building, and ratios by what is below the line, as for the measured halls."""
    areas: dict[str, list[Scored]] = {}
    ratios: dict[str, list[Scored]] = {}
    below = {r.denominator: [r.denominator] for r in found.ratios if r.denominator != "union"}
    below |= {r.denominator: list(below) for r in found.ratios if r.denominator == "union"}
    for number, own in enumerate(sets):
        joint = join({name: fit for name, (fit, _) in own.items()})
        drawn = posterior.draw(joint, seed + number, found.calibrated.inflation)
        for name, (_, truth) in own.items():
            areas.setdefault(name, []).append((drawn.of(name), truth))
        for denominator, names in below.items():
            if found.new in own and all(n in own for n in names):
                assert found.new is not None
                truth = own[found.new][1] / sum(own[n][1] for n in names)
                draws = drawn.over(found.new, names)
                ratios.setdefault(denominator, []).append((draws, truth))
    return areas, ratios


def _stretches(scored: Mapping[str, list[Scored]], level: float) -> dict[str, Stretch]:
    return {k: stretch(own, level) for k, own in scored.items() if len(own) >= fewest(level)}


def stretch(scored: Sequence[tuple[np.ndarray, float]], level: float) -> Stretch:
    """Factor by which intervals must be stretched to hold as often as they say.

    Parameters
    ----------
    scored
        Draws and truth of each drawn hall, at least `fewest` of them.
    level
        Of the intervals.
    """
    needs = np.array([posterior.need(draws, truth, level) for draws, truth in scored])
    errors = [float(np.median(draws)) / truth - 1 for draws, truth in scored]
    rank = math.ceil((len(needs) + 1) * level - 1e-9)
    return Stretch(
        scored=len(needs),
        held=float(np.mean(needs <= 1)),
        error=float(np.sqrt(np.mean(np.square(errors)))),
        bias=float(np.median(errors)),
        factor=max(float(np.sort(needs)[rank - 1]), 1.0),
    )


def _stretched(found: Measured, told: Injected, warnings: Sequence[str]) -> Measured:
    """A copy in which the intervals of halls and ratios are stretched."""

    def wider(b: Building) -> Building:
        own = told.areas.get(b.id)
        if own is None or b.area is None:
            return b
        return replace(b, area=posterior.stretched(b.area, own.factor))

    references = [wider(b) for b in found.references]
    same = {b.thing.id: b for b in references if b.thing is not None}
    candidates = [
        replace(b, area=same[b.id].area) if b.id in same else wider(b) for b in found.candidates
    ]
    ratios, sizes = (
        [
            replace(r, draws=posterior.stretched(r.draws, told.ratios[r.denominator].factor))
            if r.denominator in told.ratios else r
            for r in own
        ]
        for own in (found.ratios, found.other_sizes)
    )  # fmt: skip
    return replace(
        found, references=references, candidates=candidates, ratios=ratios, other_sizes=sizes,
        injected=told, warnings=[*found.warnings, *warnings],
    )  # fmt: skip
