"""Does the chain reproduce what was reported of housing of known size?

The estates are where households per block come from, so they can only test the
floor-area route. No footprint of any of their blocks is published: the floor
plate that one estate implies is carried to another, which is left out. A row
that misses stays in the table as a miss.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from analysis.housing import chain
from analysis.housing.parameters import Array, Pick, from_rows
from analysis.housing.scenarios import ROOF, Scenario

Outcome = Literal["inside", "partly", "miss", "nothing reported"]

ESTATES = {"taean": ("H10", "H04"), "ryonpho": ("H11", "H04"), "komdok": ("H12", "H03")}
"""Estate: row of its households per block, row of its storeys. Taean is called
low-rise without a storey count, so it gets that of low-rise housing elsewhere."""

_NAMES = ("households_per_block", "storeys", "net_to_gross", "dwelling_size")


@dataclass(frozen=True)
class Row:
    """One line of the table: what the chain predicts beside what was reported."""

    id: str
    unit: str
    median: float
    intervals: dict[str, tuple[float, float]]
    """Predicted, by level."""
    reported: tuple[float, float] | None
    """Lowest and highest reported value; ``None`` where nothing is published."""
    reported_rows: tuple[str, ...]
    rows: tuple[str, ...]
    """Rows of the parameters table that the prediction rests on."""
    sources: tuple[str, ...]
    assumed: bool = False
    """Whether an analogue from another country enters the prediction."""

    @property
    def outcome(self) -> Outcome:
        """Reported span against the predicted interval at 0.9."""
        if self.reported is None:
            return "nothing reported"
        low, high = self.intervals["0.9"]
        if low <= self.reported[0] and self.reported[1] <= high:
            return "inside"
        apart = self.reported[1] < low or self.reported[0] > high
        return "miss" if apart else "partly"


def table(
    rows: pd.DataFrame, scenarios: dict[str, Scenario], seed: int, levels: tuple[str, ...]
) -> list[Row]:
    """Every row that can be computed, misses included.

    Parameters
    ----------
    rows
        ``housing_parameters`` of the evidence.
    scenarios
        From `analysis.housing.scenarios.build`, without a user's own values.
    seed, levels
        Of the predicted intervals.
    """
    found = [
        _estate(rows, target, donor, seed, levels)
        for target in ESTATES
        for donor in ESTATES
        if donor != target
    ]
    found += [
        _dormitory(rows, scenarios["by-area"], seed, levels),
        _household_size(rows, seed, levels),
        _active_per_household(rows, scenarios["low-rise"], seed, levels),
        _area_per_person(rows, scenarios["open-roof"], seed, levels),
    ]
    return found + list(_hamhung(rows, scenarios, seed, levels))


def _row(
    rows: pd.DataFrame, name: str, unit: str, drawn: Array, reported: tuple[str, ...],
    used: tuple[str, ...], levels: tuple[str, ...], scale: float = 1.0,
) -> Row:  # fmt: skip
    indexed = rows.set_index("parameter_id")
    values = indexed.loc[list(reported), ["low", "mode", "high"]].astype(float) / scale
    ends = (float(values.min(axis=None)), float(values.max(axis=None))) if reported else None
    every = indexed.loc[[*used, *reported]]
    return Row(
        name, unit, float(np.median(drawn)),
        {lv: chain.span(drawn, drawn, float(lv)) for lv in levels},
        ends, reported, used, tuple(sorted(set(every["source_key"]))),
        bool(indexed.loc[list(used), "applicability"].eq("analogue").any()),
    )  # fmt: skip


def _estate(rows: pd.DataFrame, target: str, donor: str, seed: int, levels: tuple[str, ...]) -> Row:
    """Households per block of one estate from the floor plate that another implies."""
    dwelling = Pick(("H16", "H17", "H18", "H20", "H21", "H23"), central="H16")
    net = Pick(("H51", "H52"))
    u = chain.points(7, chain.SAMPLES, seed)
    picks = {
        "donor households": Pick((ESTATES[donor][0],)),
        "donor storeys": Pick((ESTATES[donor][1],), shape="whole"),
        "donor net": net,
        "donor dwelling": dwelling,
        "storeys": Pick((ESTATES[target][1],), shape="whole"),
        "net": net,
        "dwelling": dwelling,
    }
    x = {k: from_rows(k, rows, p).quantile(u[i]) for i, (k, p) in enumerate(picks.items())}
    plate = x["donor households"] * x["donor dwelling"] / (x["donor net"] * x["donor storeys"])
    route = {"footprint": plate, "storeys": x["storeys"], "net_to_gross": x["net"],
             "dwelling_size": x["dwelling"]}  # fmt: skip
    _, predicted = chain.dwellings("floor-area", route)
    assert predicted is not None
    used = tuple(sorted({row for pick in picks.values() for row in pick.rows}))
    return _row(rows, f"{target}-from-{donor}", "households per block", predicted,
                (ESTATES[target][0],), used, levels)  # fmt: skip


def _dormitory(rows: pd.DataFrame, scenario: Scenario, seed: int, levels: tuple[str, ...]) -> Row:
    """Beds of the textile mill's seven-storey block, from area and plate of another hostel."""
    storeys = from_rows("storeys", rows, Pick(("H05",), shape="whole"))
    drawn = chain.sample(scenario.replaced(storeys), seed)["residents"]
    used = ("H05", *scenario["plate"].rows, *scenario["area_per_bed"].rows)
    return _row(rows, "textile-mill-beds", "persons per block", drawn, ("H44",), used, levels)


def _household_size(rows: pd.DataFrame, seed: int, levels: tuple[str, ...]) -> Row:
    """Persons per household, with population over households left out."""
    size = from_rows("household_size", rows, Pick(("H33", "H34"), central="H33"))
    drawn = size.quantile(chain.points(1, chain.SAMPLES, seed)[0])
    return _row(rows, "population-over-households", "persons per household", drawn, ("H38",),
                size.rows, levels)  # fmt: skip


def _active_per_household(
    rows: pd.DataFrame, scenario: Scenario, seed: int, levels: tuple[str, ...]
) -> Row:
    """Economically active persons per household: household size times share of all persons."""
    drawn = chain.sample(scenario, seed)
    used = (*scenario["household_size"].rows, *scenario["active_share"].rows)
    return _row(rows, "active-per-household", "economically active persons per household",
                drawn["active"] / drawn["dwellings"], ("H60",), used, levels)  # fmt: skip


def _area_per_person(
    rows: pd.DataFrame, scenario: Scenario, seed: int, levels: tuple[str, ...]
) -> Row:
    """Floor area per person: dwelling size over household size."""
    names = ("dwelling_size", "household_size")
    u = chain.points(2, chain.SAMPLES, seed)
    area, persons = (scenario[n].quantile(u[i]) for i, n in enumerate(names))
    used = tuple(row for n in names for row in scenario[n].rows)
    return _row(rows, "area-per-person-1990", "m² per person", area / persons, ("H39",), used,
                levels)  # fmt: skip


def _hamhung(
    rows: pd.DataFrame, scenarios: dict[str, Scenario], seed: int, levels: tuple[str, ...]
) -> list[Row]:
    """What would hold the city's whole population; nobody published either number."""
    city = float(rows.set_index("parameter_id").loc["H63", "mode"])
    blocks = city / chain.sample(scenarios["small-apartment"], seed)["residents"]
    roof = city / chain.sample(scenarios["apartment-roof"], seed)["residents"] * ROOF / 1e6
    used = {
        name: ("H63", *(row for p in scenarios[name].parameters for row in p.rows
                        if p.name in (*_NAMES, "household_size")))
        for name in ("small-apartment", "apartment-roof")
    }  # fmt: skip
    return [
        _row(rows, "hamhung-blocks", "blocks", blocks, (), used["small-apartment"], levels),
        _row(rows, "hamhung-roof", "km2", roof, (), used["apartment-roof"], levels),
    ]
