"""Results of the chain: what a block, or an area of roof, could hold."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from analysis.housing import chain
from analysis.housing.lineage import ROOF_UNIT, TABLE, clean, inputs, kind, pair, upstream
from analysis.housing.model import Model
from analysis.housing.parameters import DOMAINS, Array, Parameter
from analysis.housing.scenarios import Scenario
from analysis.results import IntervalKind, Result

NO_COUNT = "no count of blocks is published and no image of the plant was analysed"
NO_FOOTPRINT = "no footprint of such a block is published; people are given by area of roof instead"
NO_WEIGHT = "kinds of building are kept apart: no source gives a weight among them"
NO_LINK = "how many of a household, or of the beds, work at the plant has no source"

_UNITS = {
    "floor_area": "m²",
    "dwellings": "dwellings",
    "residents": "persons",
    "active": "economically active persons",
    "workers": "persons",
}
_SAID = {
    "floor_area": "Floor area over all storeys",
    "dwellings": "Dwellings, one household in each",
    "residents": "Residents that the building could hold",
    "active": "Economically active residents that the building could hold",
    "workers": "Workers of the plant that the building could hold",
}


def city(rows: pd.DataFrame) -> Result:
    """Population of Hamhung, as the census has it."""
    row = rows.set_index("parameter_id").loc["H63"]
    return Result(
        key="housing.city.population",
        value=int(row["mode"]),
        unit="persons",
        kind="published",
        statement="Population of Hamhung City in the census of 2008",
        method="analysis.housing.answer.results",
        inputs=(TABLE, f"source:{row['source_key']}"),
        why_no_interval="a published count",
    )


def parameter_results(found: Model) -> Iterator[Result]:
    """The distributions that went in: as widely as used, and by scenario where those differ."""
    shown = set()
    for name in ("open", "open-roof", "by-area", "mill"):
        scenario = found.scenarios[name].without("footprint")
        for p in scenario.parameters:
            if p.name not in shown:
                shown.add(p.name)
                yield _parameter(f"housing.parameter.{p.name}", scenario, p)
    for name, scenario in found.scenarios.items():
        for p in scenario.parameters:
            if scenario.plan.states and p.name in ("households_per_block", "storeys", "footprint"):
                end = scenario.plan.kind if name != "by-area-roof" else name
                yield _parameter(f"housing.parameter.{p.name}.{end}", scenario, p)


def _parameter(key: str, scenario: Scenario, p: Parameter) -> Result:
    """One distribution that went in."""
    central = p.low if p.fixed else p.mode
    return Result(
        key=key,
        value=None if central is None else clean(central),
        unit=DOMAINS[p.name].unit,
        kind=p.kind,
        statement=f"Span of the values used for {p.name.replace('_', ' ')}",
        method="analysis.housing.parameters.from_rows",
        inputs=inputs(scenario, names=(p.name,)),
        intervals=dict.fromkeys(("0.9", "0.99", "1"), pair(p.low, p.high)),
        interval_kind="scenario",
        why_no_value="no source prefers a value inside the span" if central is None else None,
        extra={"applicability": list(p.applicability), "rows": list(p.rows)},
    )


def _place(quantity: str, scenario: Scenario, drawn_of_block: bool) -> tuple[str, str, str]:
    """Key, unit and the words that say what it is counted for."""
    plan = scenario.plan
    building = "" if quantity in ("floor_area", "dwellings") else f".{plan.building}"
    key = f"housing.{quantity}{building}.{plan.kind}"
    said = plan.kind.replace("-", " ")
    if drawn_of_block:
        return key, f"{_UNITS[quantity]} per block", f"per block, {said} scenario"
    return f"{key}.per_roof", f"{_UNITS[quantity]} {ROOF_UNIT}", f"{ROOF_UNIT}, {said} scenario"


def quantity_results(found: Model, names: tuple[str, ...]) -> Iterator[Result]:
    """Every quantity of every scenario that states people."""
    for drawn_name, drawn in found.draws.items():
        of_user = drawn_name.endswith("-own")
        name = drawn_name.removesuffix("-own") + ("-roof" if of_user else "")
        scenario = found.scenarios[name] if of_user else found.scenarios[name].without("footprint")
        if not scenario.plan.states:
            continue
        for quantity in ("floor_area", "dwellings", "residents", "active", "workers"):
            if quantity not in drawn:
                continue
            if of_user and f"{scenario.plan.kind}" in found.draws and quantity != "floor_area":
                continue  # the estate's own count per block is the rival route and stays
            low, high = _ends(quantity, drawn)
            yield _quantity(quantity, scenario, scenario.of_block, low, high, names)
    if "apartment-own" not in found.draws:
        for quantity in ("dwellings", "residents", "active", "workers"):
            yield _no_block(quantity, found.scenarios["apartment-roof"])


def _ends(quantity: str, drawn: dict[str, Array]) -> tuple[Array, Array]:
    if quantity == "workers":
        return drawn["workers_low"], drawn["workers_high"]
    return drawn[quantity], drawn[quantity]


def _quantity(
    quantity: str, scenario: Scenario, of_block: bool, low: Array, high: Array,
    names: tuple[str, ...],
) -> Result:  # fmt: skip
    key, unit, words = _place(quantity, scenario, of_block)
    used = upstream(quantity, scenario)
    bounded = quantity == "workers"
    stepped = quantity == "floor_area" or scenario.plan.route == "beds"
    shown: IntervalKind = "scenario" if bounded or stepped else "credible"
    return Result(
        key=key,
        value=None if bounded else clean(float(np.median(low))),
        unit=unit,
        kind=kind([scenario], used),
        statement=f"{_SAID[quantity]}, {words}",
        method="analysis.housing.chain.run",
        inputs=inputs(scenario, names=used),
        intervals={lv: pair(*chain.span(low, high, float(lv))) for lv in names},
        interval_kind=shown,
        why_no_value=NO_LINK if bounded else None,
        coverage="unproven",
    )


def _no_block(quantity: str, scenario: Scenario) -> Result:
    key, unit, words = _place(quantity, scenario, True)
    used = upstream(quantity, scenario)
    return Result(
        key=key, value=None, unit=unit, kind=kind([scenario], used),
        statement=f"{_SAID[quantity]}, {words}",
        method="analysis.housing.answer.results", inputs=inputs(scenario, names=used),
        why_no_value=NO_FOOTPRINT, why_no_interval=NO_FOOTPRINT,
    )  # fmt: skip


def span_results(found: Model, names: tuple[str, ...]) -> Iterator[Result]:
    """From the lowest to the highest scenario, with no point and no weight between."""
    families = {False: ("low-rise", "small-apartment"),
                True: ("low-rise-roof", "small-apartment-roof", "apartment-roof")}  # fmt: skip
    dormitories = {False: ("mill", "by-area"), True: ("by-area-roof",)}
    for per_roof in (False, True):
        for quantity in ("residents", "workers"):
            for building, kinds in (("family", families), ("dormitory", dormitories)):
                yield _span(found, quantity, f"housing.{quantity}.{building}", kinds[per_roof],
                            per_roof, names)  # fmt: skip
    yield _apart(found, families[False], names)
    for quantity in ("floor_area", "dwellings"):
        yield _span(found, quantity, f"housing.{quantity}", families[True], True, names)


def _span(
    found: Model, quantity: str, key: str, kinds: tuple[str, ...], per_roof: bool,
    names: tuple[str, ...],
) -> Result:  # fmt: skip
    of = [found.scenarios[k].without("footprint") for k in kinds]
    intervals = {}
    for level in names:
        ends = [chain.span(*_ends(quantity, found.draws[k]), float(level)) for k in kinds]
        intervals[level] = pair(min(e[0] for e in ends), max(e[1] for e in ends))
    used = {n for s in of for n in upstream(quantity, s)}
    plain = quantity in ("floor_area", "dwellings")
    unit = f"{_UNITS[quantity]} {ROOF_UNIT if per_roof else 'per block'}"
    return Result(
        key=key + (".per_roof" if per_roof and not plain else ""),
        value=None,
        unit=unit,
        kind=kind(of, used),
        statement=f"{_SAID[quantity]}, {ROOF_UNIT if per_roof else 'per block'}, "
        f"over the scenarios {', '.join(s.plan.kind for s in of)}",
        method="analysis.housing.chain.run",
        inputs=inputs(*of, names=used),
        intervals=intervals,
        interval_kind="scenario",
        why_no_value=NO_WEIGHT,
        coverage="unproven",
        extra=_factor(*intervals["0.9"]),
    )


def _apart(found: Model, kinds: tuple[str, ...], names: tuple[str, ...]) -> Result:
    """How far apart the ends of the span of workers over kinds of family block lie."""
    key = "housing.workers.family"
    span = _span(found, "workers", key, kinds, False, names)
    factor = span.extra.get("factor")
    return Result(
        key="housing.width.family", value=factor, unit="1", kind=span.kind,
        statement="Upper end over lower end of the span of workers at 0.9, from the lowest to the "
        "highest kind of family block",
        method="analysis.housing.quantities.span_results", inputs=(f"result:{key}",),
        why_no_value=None if factor else "the lower end is zero",
        why_no_interval="it describes an interval itself",
    )  # fmt: skip


def _factor(low: float, high: float) -> dict[str, float]:
    """Upper end over lower end, where there is one."""
    return {"factor": clean(high / low)} if low > 0 else {}
