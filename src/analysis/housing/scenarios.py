"""Scenarios: which sourced values go together, kept apart and never weighted.

Each names the rows of ``housing_parameters.csv`` it takes for each parameter,
nearest class of applicability first (``choice:housing.scenarios``). A block of
family flats is counted by one of two rival routes: households per block as
reported for estates, or footprint, storeys and dwelling size per area of roof.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from analysis.housing.parameters import (
    DOMAINS,
    Parameter,
    Pick,
    Shape,
    from_choice,
    from_rows,
)

Route = Literal["households", "floor-area", "beds", "bed-area"]
"""Counted by households per block; by floor area; by beds per storey; by floor area per bed."""

ROOF = 1_000.0
"""Roof area in square metres that the floor-area routes are stated for."""

_PEOPLE = {
    "household_size": Pick(("H33", "H34", "H38"), central="H33"),
    "active_share": Pick(("H59",)),
    "plant_workers_per_household": Pick(("H61",)),
}
_FLATS = {
    "net_to_gross": Pick(("H51", "H52")),
    # Dwellings of two or three rooms (H30), so the four-room design H19 is out;
    # H22 is net of its own walls and the capital's flats (H24, H25) are no guide.
    "dwelling_size": Pick(("H16", "H17", "H18", "H20", "H21", "H23"), central="H16"),
} | _PEOPLE
_BED_AREA = Pick(("H47", "H48", "H49", "H50"), shape="log-uniform")


@dataclass(frozen=True)
class Plan:
    """A scenario as registered: its route and the rows of each parameter."""

    name: str
    building: Literal["family", "dormitory"]
    route: Route
    picks: Mapping[str, Pick]
    states: bool = True
    """Whether it states people; the open ones only rank parameters."""

    @property
    def per_roof(self) -> bool:
        """Whether it is stated per `ROOF` square metres instead of per block."""
        return self.name.endswith("-roof")

    @property
    def kind(self) -> str:
        """The kind of building, without the unit it is stated for."""
        return self.name.removesuffix("-roof")

    @property
    def uses(self) -> tuple[str, ...]:
        """Names of its parameters, in the order of the chain."""
        beds = ("plant_workers_per_bed",) if self.building == "dormitory" else ()
        named = {*self.picks, *beds}
        return tuple(name for name in DOMAINS if name in named)


def _storeys(*rows: str) -> Pick:
    return Pick(rows, shape="whole")


PLANS = (
    Plan("low-rise", "family", "households", {"households_per_block": Pick(("H10",))} | _PEOPLE),
    Plan("small-apartment", "family", "households",
         {"households_per_block": Pick(("H12",))} | _PEOPLE),
    Plan("low-rise-roof", "family", "floor-area", {"storeys": _storeys("H04")} | _FLATS),
    Plan("small-apartment-roof", "family", "floor-area", {"storeys": _storeys("H03")} | _FLATS),
    Plan("apartment-roof", "family", "floor-area", {"storeys": _storeys("H01", "H02")} | _FLATS),
    Plan("mill", "dormitory", "beds",
         {"storeys": _storeys("H01", "H05", "H06"), "beds_per_storey": Pick(("H44",), per="H05")}),
    Plan("by-area", "dormitory", "bed-area",
         {"storeys": _storeys("H01", "H05", "H06"), "plate": Pick(("H45",), per="H06"),
          "area_per_bed": _BED_AREA}),
    Plan("by-area-roof", "dormitory", "bed-area",
         {"storeys": _storeys("H01", "H05", "H06"), "area_per_bed": _BED_AREA}),
    Plan("open", "family", "households",
         {"households_per_block": Pick(("H10", "H11", "H12"))} | _PEOPLE, states=False),
    Plan("open-roof", "family", "floor-area",
         {"storeys": _storeys("H01", "H02", "H03", "H04")} | _FLATS, states=False),
)  # fmt: skip
"""Every scenario. ``-roof`` ones are per `ROOF` square metres, the others per block."""


@dataclass(frozen=True)
class Scenario:
    """A plan with its distributions."""

    plan: Plan
    parameters: tuple[Parameter, ...]
    """In the order of the chain."""
    own: tuple[str, ...] = ()
    """Names of parameters that a user's file replaced."""

    @property
    def name(self) -> str:
        """Name of the plan."""
        return self.plan.name

    def __getitem__(self, name: str) -> Parameter:
        return next(p for p in self.parameters if p.name == name)

    @property
    def of_block(self) -> bool:
        """Whether it is stated per block, also because a user gave a footprint."""
        return not self.plan.per_roof or any(p.name == "footprint" for p in self.parameters)

    def without(self, name: str) -> Scenario:
        """The same scenario without a parameter."""
        kept = tuple(p for p in self.parameters if p.name != name)
        return Scenario(self.plan, kept, tuple(n for n in self.own if n != name))

    def replaced(self, *new: Parameter) -> Scenario:
        """The same scenario with other distributions for some parameters."""
        by_name = {p.name: p for p in new}
        return Scenario(self.plan, tuple(by_name.get(p.name, p) for p in self.parameters), self.own)


def uses() -> dict[str, tuple[str, ...]]:
    """The parameters that a user's file may set, by scenario that states people."""
    extra = ("footprint",)
    return {
        p.name: (*(extra if p.route in ("floor-area",) else ()), *p.uses) for p in PLANS if p.states
    }


def build(
    rows: pd.DataFrame, choices: pd.DataFrame, own: Mapping[str, Any] | None = None
) -> dict[str, Scenario]:
    """All scenarios by name, with a user's own parameters in place of the sourced ones.

    Parameters
    ----------
    rows, choices
        The tables ``housing_parameters`` and ``choices`` of the evidence.
    own
        What `analysis.housing.own.read` returned.
    """
    return {plan.name: _scenario(plan, rows, choices, own or {}) for plan in PLANS}


def _scenario(
    plan: Plan, rows: pd.DataFrame, choices: pd.DataFrame, own: Mapping[str, Any]
) -> Scenario:
    sourced = [from_rows(name, rows, pick) for name, pick in plan.picks.items()]
    if plan.building == "dormitory":
        sourced.append(from_choice("plant_workers_per_bed", choices, "housing.plant-beds"))
    replaced = {p.name: p for p in _own(plan, own)}
    known = {p.name: p for p in sourced} | replaced
    ordered = tuple(known[name] for name in DOMAINS if name in known)
    return Scenario(plan, ordered, own=tuple(replaced))


def _own(plan: Plan, own: Mapping[str, Any]) -> Iterable[Parameter]:
    """A user's values for this scenario; those for one scenario come after those for all."""
    allowed = (*plan.uses, *(("footprint",) if plan.route == "floor-area" else ()))
    for scope, name, low, mode, high in sorted(own.get("values", ()), key=lambda v: v[0]):
        if scope not in ("", plan.name) or name not in allowed:
            continue
        shape: Shape = "whole" if DOMAINS[name].whole else "uniform"
        if mode is not None and shape == "uniform":
            shape = "triangular"
        yield Parameter(
            name, low, high, mode, shape,
            applicability=("own",), kind="assumed", inputs=(f"file:{own['file']}",),
        )  # fmt: skip
