"""The whole computation of the chapter as one cached step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis import evidence
from analysis.housing import chain, plausibility, scenarios, sensitivity
from analysis.housing.parameters import Array, Parameter, from_choice
from analysis.housing.plausibility import Row
from analysis.housing.scenarios import Scenario
from analysis.housing.sensitivity import Index, Saving, Swing
from analysis.steps import step

RANKED = ("open", "open-roof", "low-rise", "small-apartment", "apartment-roof", "mill", "by-area")
"""Scenarios whose parameters are ranked."""


@dataclass(frozen=True)
class Model:
    """Distributions, draws and rankings behind results and figures."""

    scenarios: dict[str, Scenario]
    draws: dict[str, dict[str, Array]]
    """Quantities of the chain by scenario; see `analysis.housing.chain.sample`."""
    indices: dict[str, list[Index]]
    savings: dict[str, list[Saving]]
    swings: dict[str, list[Swing]]
    storeys_rough: Saving
    """Storeys known only to the error of a shadow measurement."""
    rows: list[Row]
    """Plausibility, always on the sourced parameters."""
    own: Mapping[str, Any]
    """A user's parameters, as `analysis.housing.own.read` returned them."""
    storey_height: Parameter
    """Metres from floor to floor."""
    roof_extra: Parameter
    """Metres of plinth, attic and parapet."""


@step(reads=("evidence",))
def model(seed: int, own: dict[str, Any] | None = None, level: float = 0.9) -> Model:
    """Run the chapter's computation.

    Parameters
    ----------
    seed
        Of every Sobol sequence and bootstrap.
    own
        A user's parameters from `analysis.housing.own.read`; empty for none.
    level
        A further level for the intervals, beside 0.9 and 0.99.
    """
    tables = evidence.load()
    rows, choices = tables.housing_parameters, tables.choices
    built = scenarios.build(rows, choices, own)
    steady = scenarios.build(rows, choices)
    names = levels(level)
    error = float(choices.set_index("choice_id").loc["housing.storeys-error", "value"])
    ranked = {name: built[name].without("footprint") for name in RANKED}
    roof = ranked["open-roof"]
    return Model(
        scenarios=built,
        draws={name: chain.sample(s, seed) for name, s in _stated(built).items()},
        indices={n: sensitivity.rank(ranked[n], seed, levels=names) for n in RANKED},
        savings={n: list(sensitivity.savings(ranked[n], seed)) for n in RANKED},
        swings={n: sensitivity.tornado(ranked[n]) for n in RANKED},
        storeys_rough=sensitivity.saving(
            roof, "storeys", seed, known=sensitivity.known_within(roof["storeys"], error),
            label="storeys_rough",
        ),
        rows=plausibility.table(rows, steady, seed, names),
        own=own or {},
        storey_height=from_choice("storey_height", choices, "housing.storey-height"),
        roof_extra=from_choice("roof_extra", choices, "housing.roof-extra"),
    )  # fmt: skip


def _stated(built: Mapping[str, Scenario]) -> dict[str, Scenario]:
    """Scenarios to draw; one with a user's footprint is drawn per block and per roof."""
    out = {}
    for name, scenario in built.items():
        out[name] = scenario.without("footprint")
        if scenario.plan.per_roof and scenario.of_block:
            out[scenario.plan.kind + "-own"] = scenario
    return out


def levels(level: float) -> tuple[str, ...]:
    """Levels of intervals as results name them: 0.9, 0.99 and the one asked for."""
    return tuple(sorted({"0.9", "0.99", f"{level:g}"}))
