"""What a result of this chapter rests on, and how its numbers are written."""

from __future__ import annotations

from collections.abc import Iterable

from analysis.housing.parameters import inputs_of
from analysis.housing.scenarios import Scenario
from analysis.results import weakest

TABLE = "file:data/evidence/housing_parameters.csv"
ROOF_UNIT = "per 1,000 m² of roof"


def clean(value: float) -> float:
    """Six significant digits: what sampling can carry, and stable in a diff."""
    return float(f"{value:.6g}")


def pair(low: float, high: float) -> tuple[float, float]:
    """Both ends of an interval, as `clean` writes them."""
    return clean(low), clean(high)


def inputs(*scenarios: Scenario, names: Iterable[str] = ()) -> tuple[str, ...]:
    """Everything that the named parameters (default: all) of some scenarios rest on."""
    wanted = set(names)
    used = [p for s in scenarios for p in s.parameters if not wanted or p.name in wanted]
    fixed = {"choice:housing.scenarios", "choice:housing.one-household", TABLE}
    if any(p.name == "net_to_gross" for p in used):
        fixed.add("choice:housing.net-to-gross")
    if any(p.name == "plate" for p in used):
        fixed.add("choice:housing.plate")
    if any(p.name == "plant_workers_per_household" for p in used):
        fixed.add("choice:housing.plant-workers")
    if any(not s.plan.states for s in scenarios):
        fixed.add("choice:housing.open-type")
    return tuple(sorted({*inputs_of(used), *fixed}))


def upstream(quantity: str, scenario: Scenario) -> tuple[str, ...]:
    """Names of the parameters that a quantity depends on."""
    cut = {
        "floor_area": ("footprint", "plate", "storeys"),
        "dwellings": ("households_per_block", "footprint", "storeys", "net_to_gross",
                      "dwelling_size"),
    }  # fmt: skip
    after = {"residents": ("active_share", "plant_workers_per_household",
                           "plant_workers_per_bed"),
             "active": ("plant_workers_per_household",)}  # fmt: skip
    every = tuple(p.name for p in scenario.parameters)
    if quantity in cut:
        return tuple(n for n in every if n in cut[quantity])
    return tuple(n for n in every if n not in after.get(quantity, ()))


def kind(scenarios: Iterable[Scenario], names: Iterable[str]) -> str:
    """Kind that follows the inputs; arithmetic on published values is derived."""
    wanted = set(names)
    return weakest(["derived", *(p.kind for s in scenarios for p in s.parameters
                                 if p.name in wanted)])  # fmt: skip
