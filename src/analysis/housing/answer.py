"""The chapter's results: per block and per area of roof, never a total of the plant."""

from __future__ import annotations

from typing import Any

from analysis import evidence
from analysis.housing import quantities, rankings
from analysis.housing.model import levels, model
from analysis.results import Result
from analysis.steps import step


@step(reads=("evidence",))
def results(seed: int, own: dict[str, Any] | None = None, level: float = 0.9) -> list[Result]:
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
    """
    found = model(seed, own, level)
    names = levels(level)
    return [
        quantities.block_count(found),
        quantities.city(evidence.load().housing_parameters),
        *quantities.parameter_results(found),
        *quantities.quantity_results(found, names),
        *quantities.span_results(found, names),
        *rankings.sensitivity_indices(found),
        *rankings.values_of_information(found),
        *rankings.plausibility_rows(found),
    ]
