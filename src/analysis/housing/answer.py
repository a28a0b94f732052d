"""The chapter's results: per block and per area of roof, never a total of the plant."""

from __future__ import annotations

from typing import Any

from analysis import evidence
from analysis.housing import imagery_results, quantities, rankings, study, study_heights, told
from analysis.housing.model import levels, model
from analysis.housing.zone import Zone
from analysis.results import Result
from analysis.steps import step


def results(
    seed: int, own: dict[str, Any] | None = None, level: float = 0.9, seen: Zone | None = None
) -> list[Result]:
    """All results of the chapter.

    Parameters
    ----------
    seed
        Of every draw.
    own
        A user's parameters from `analysis.housing.own.read`; results that use
        one name its file among their inputs.
    level
        A further level for the intervals, beside 0.9 and 0.99.
    seen
        What scenes show of the housing zone; without it only the scenarios are told.
    """
    found = [
        imagery_results.edition(seen),
        imagery_results.block_count(seen),
        *_scenarios(seed, own, level),
    ]
    found.append(told.apartment(found))
    if seen is not None:
        found += imagery_results.results(seen, model(seed, own, level))
        found += told.sentences(seen, found)
        found += [*study.results(), *study_heights.results()]
    return found


@step(reads=("evidence",))
def _scenarios(seed: int, own: dict[str, Any] | None, level: float) -> list[Result]:
    """What follows from sourced parameters alone."""
    found = model(seed, own, level)
    names = levels(level)
    return [
        quantities.city(evidence.load().housing_parameters),
        *quantities.parameter_results(found),
        *quantities.quantity_results(found, names),
        *quantities.span_results(found, names),
        *rankings.sensitivity_indices(found),
        *rankings.values_of_information(found),
        *rankings.plausibility_rows(found),
    ]
