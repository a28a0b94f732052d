"""Results about the results: what makes them wide, what would help, what they miss."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from analysis.housing.lineage import ROOF_UNIT, TABLE, clean, inputs, kind, pair
from analysis.housing.model import Model
from analysis.housing.quantities import NO_LINK
from analysis.housing.sensitivity import Saving
from analysis.results import Result

NOISE = "numerical error of the computation"


def _scope(name: str) -> tuple[str, str]:
    """Prefix of keys, and words, for the scenario a ranking belongs to."""
    return {
        "open": ("", "workers per family block, kind of building unknown"),
        "open-roof": ("roof.", f"workers {ROOF_UNIT}, family flats of unknown height"),
    }.get(name, (f"{name}.", f"workers in the {name.replace('-', ' ')} scenario"))


def sensitivity_indices(found: Model) -> Iterator[Result]:
    """Total-order Sobol indices."""
    for name, indices in found.indices.items():
        prefix, words = _scope(name)
        scenario = found.scenarios[name].without("footprint")
        for index in indices:
            yield Result(
                key=f"housing.sensitivity.{prefix}{index.parameter}",
                value=clean(index.total),
                unit="1",
                kind=kind([scenario], scenario.plan.uses),
                statement=f"Share of the variance that {index.parameter.replace('_', ' ')} has a "
                f"part in (total-order Sobol index): {words}",
                method="analysis.housing.sensitivity.sobol",
                inputs=inputs(scenario),
                intervals={lv: pair(*span) for lv, span in index.total_intervals.items()},
                interval_kind="credible",
                extra={"first_order": clean(index.first), "interval_of": "bootstrap"},
            )


def values_of_information(found: Model) -> Iterator[Result]:
    """How much narrower the interval of workers would be, and how wide it then is."""
    every: list[tuple[str, Saving]] = [
        (name, one) for name, many in found.savings.items() for one in many
    ]
    every.append(("open-roof", found.storeys_rough))
    for name, one in every:
        yield _saving(found, name, one)
        if name in ("open", "open-roof"):
            yield _after(found, name, one)
    for name in ("open", "open-roof"):
        yield _before(found, name)
        yield _compared(found, name)
    scenario = found.scenarios["open"]
    yield Result(
        key="housing.voi.blocks", value=None, unit="1", percent=True,
        kind=kind([scenario], scenario.plan.uses),
        statement="How much narrower the interval of workers would be if blocks were counted",
        method="analysis.housing.sensitivity.saving", inputs=inputs(scenario),
        why_no_value="people are stated per block, which a count does not change; "
        "without a count no total has an interval that could shrink",
        why_no_interval="there is no value",
    )  # fmt: skip


def _saving(found: Model, name: str, one: Saving) -> Result:
    prefix, words = _scope(name)
    scenario = found.scenarios[name].without("footprint")
    said = {"storeys_rough": "storeys to the error of a shadow measurement"}.get(
        one.parameter, one.parameter.replace("_", " ")
    )
    rough = ("choice:housing.storeys-error",) if one.parameter == "storeys_rough" else ()
    return Result(
        key=f"housing.voi.{prefix}{one.parameter}",
        value=clean(one.shrink),
        unit="1",
        percent=True,
        kind=kind([scenario], scenario.plan.uses),
        statement=f"How much narrower the interval would be if one knew {said}: {words}",
        method="analysis.housing.sensitivity.saving",
        inputs=tuple(sorted({*inputs(scenario), *rough})),
        intervals={lv: pair(*span) for lv, span in one.shrink_intervals.items()},
        interval_kind="credible",
        extra={"interval_of": NOISE},
    )


def _width(found: Model, name: str, key: str, value: float, statement: str) -> Result:
    scenario = found.scenarios[name].without("footprint")
    finite = bool(np.isfinite(value))
    return Result(
        key=key,
        value=clean(value) if finite else None,
        unit="1",
        kind=kind([scenario], scenario.plan.uses),
        statement=statement,
        method="analysis.housing.sensitivity.saving",
        inputs=inputs(scenario),
        why_no_value=None if finite else "the lower end is zero",
        why_no_interval="it describes an interval itself",
    )


def _before(found: Model, name: str) -> Result:
    prefix, words = _scope(name)
    first = found.savings[name][0]
    return _width(found, name, f"housing.width.{prefix}now", first.factor_before,
                  f"Upper end over lower end of the interval at 0.9: {words}")  # fmt: skip


def _compared(found: Model, name: str) -> Result:
    """The interval whose ends the factor compares: a device of the ranking, of no building."""
    prefix, words = _scope(name)
    scenario = found.scenarios[name].without("footprint")
    return Result(
        key=f"housing.width.{prefix}workers",
        value=None,
        unit=f"persons {ROOF_UNIT if scenario.plan.per_roof else 'per block'}",
        kind=kind([scenario], scenario.plan.uses),
        statement=f"Interval at 0.9 whose ends the factor compares, for ranking only: {words}",
        method="analysis.housing.sensitivity.saving",
        inputs=inputs(scenario),
        intervals={"0.9": pair(*found.savings[name][0].before)},
        interval_kind="scenario",
        why_no_value=NO_LINK,
        coverage="unproven",
    )


def _after(found: Model, name: str, one: Saving) -> Result:
    prefix, words = _scope(name)
    return _width(
        found, name, f"housing.width.{prefix}{one.parameter}", one.factor_after,
        f"Upper over lower end at 0.9 if {one.parameter.replace('_', ' ')} were known: {words}",
    )  # fmt: skip


def plausibility_rows(found: Model) -> Iterator[Result]:
    """The plausibility table, row by row, and how many rows hold."""
    for row in found.rows:
        yield Result(
            key=f"housing.plausibility.{row.id}",
            value=clean(row.median),
            unit=row.unit,
            kind="assumed" if row.assumed else "derived",
            statement=f"Predicted by the chain: {row.id.replace('-', ' ')}",
            method="analysis.housing.plausibility.table",
            inputs=(*(f"source:{s}" for s in row.sources), "choice:housing.shape", TABLE),
            intervals={lv: pair(*span) for lv, span in row.intervals.items()},
            interval_kind="credible",
            coverage="unproven",
            extra={"outcome": row.outcome, "reported": list(row.reported or ())},
        )
    tested = [row for row in found.rows if row.reported is not None]
    weak = "assumed" if any(row.assumed for row in tested) else "derived"
    yield Result(
        key="housing.plausibility.agree",
        value=sum(row.outcome == "inside" for row in tested),
        unit="rows",
        kind=weak,
        statement="Rows of the plausibility table whose reported value lies in the interval",
        method="analysis.housing.plausibility.table",
        inputs=tuple(f"result:housing.plausibility.{row.id}" for row in tested),
        interval_kind="exact",
        why_no_interval="a count",
        extra={"of": len(tested)},
    )
    yield Result(
        key="housing.plausibility.tested",
        value=len(tested),
        unit="rows",
        kind=weak,
        statement="Rows of the plausibility table that have a reported value to test",
        method="analysis.housing.plausibility.table",
        inputs=tuple(f"result:housing.plausibility.{row.id}" for row in tested),
        why_no_interval="a count",
    )
