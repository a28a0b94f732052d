"""How the notebook shows this chapter: figures with alt text and data, and one table."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
from IPython.display import Markdown, display

from analysis import figures
from analysis.housing import figures as drawn
from analysis.housing import figures_drivers as drivers
from analysis.housing import figures_heights as tall
from analysis.housing import figures_parameters as values
from analysis.housing import figures_zone as zones
from analysis.housing import study_heights
from analysis.housing.model import Model
from analysis.housing.zone import Zone
from analysis.words import words

_QUANTILES = (0.005, 0.05, 0.25, 0.5, 0.75, 0.95, 0.995)


def show_chain(model: Model, language: str, level: float) -> None:
    """Show the chain with the distribution at each step."""
    figures.show(
        drawn.chain_diagram(model, language, level),
        name="housing-chain",
        alt=drawn.chain_alt(model, language, level),
        caption=words(language)("housing.chain.caption"),
        keys=_people_keys(("apartment-roof", "small-apartment", "mill")),
        sources=_sources(model, ("apartment-roof", "small-apartment", "mill")),
        data=_quantiles(model, ("apartment-roof", "small-apartment", "mill")),
    )


def show_zone(found: Zone, language: str) -> None:
    """Show the plan of the zone, then what each sensor finds; without a zone, only that."""
    w = words(language)
    if any(v.picture is not None for v in found.views):
        name = "housing-zone" if found.kind == "observed" else "simulated-housing-zone"
        figures.show(
            zones.plan(found, language),
            name=name,
            alt=zones.alt(found, language),
            caption=w("housing.zone.caption", crs=found.crs),
            keys=["housing.imagery.blocks", "housing.imagery.footprint"],
            data=zones.values(found),
        )
    if found.views:
        _table(zones.table(found, language))
    display(Markdown(f"{zones.verdict(found, w)}."))


def show_heights(language: str) -> None:
    """Show how well shadows tell heights on drawn estates."""
    study = study_heights.read()
    stem = study_heights.STEM
    figures.show(
        tall.predicted(study, language),
        name="simulated-housing-heights",
        alt=tall.alt(study, language),
        caption=words(language)("housing.heights.caption"),
        keys=[f"{stem}.{name}.{what}" for name in study["sensors"]
              for what in ("rmse", "prior_rmse", "coverage")],
        data=tall.values(study),
    )  # fmt: skip


def show_parameters(language: str) -> None:
    """Show every sourced value in use, by applicability."""
    table = values.values_in_use()
    figures.show(
        values.sourced_values(table, language),
        name="housing-parameters",
        alt=values.sourced_values_alt(table, language),
        caption=words(language)("housing.parameters.caption"),
        keys=[f"housing.parameter.{name}" for name in table["used_as"].unique()],
        sources=sorted(set(table["source_key"])),
        data=table,
    )


def show_people(model: Model, language: str, level: float) -> None:
    """Show residents and workers by scenario."""
    names = (*drawn.BLOCKS, *drawn.ROOFS)
    figures.show(
        drawn.ridgeline(model, language, level),
        name="housing-people",
        alt=drawn.ridgeline_alt(model, language, level),
        caption=words(language)("housing.ridges.caption"),
        keys=_people_keys(names),
        sources=_sources(model, names),
        data=_quantiles(model, names),
    )


def show_sensitivity(model: Model, language: str, level: float) -> None:
    """Show the Sobol indices."""
    rows = [
        (name, i.parameter, i.first, i.total, *i.total_intervals[f"{level:g}"])
        for name in ("open", "open-roof")
        for i in model.indices[name]
    ]
    figures.show(
        drivers.sobol_bars(model, language, level),
        name="housing-sensitivity",
        alt=drivers.sobol_alt(model, language),
        caption=words(language)("housing.sobol.caption"),
        keys=_ranked_keys(model, "sensitivity"),
        sources=_sources(model, ("open", "open-roof")),
        data=pd.DataFrame(
            rows, columns=["scenario", "parameter", "first_order", "total_order", "low", "high"]
        ),
    )


def show_tornado(model: Model, language: str) -> None:
    """Show workers with one parameter at a time at its ends."""
    rows = [
        (name, s.parameter, s.low_setting, s.high_setting, s.low, s.high)
        for name in ("open", "open-roof")
        for s in model.swings[name]
    ]
    figures.show(
        drivers.tornado(model, language),
        name="housing-tornado",
        alt=drivers.tornado_alt(model, language),
        caption=words(language)("housing.tornado.caption"),
        keys=_ranked_keys(model, "sensitivity"),
        sources=_sources(model, ("open", "open-roof")),
        data=pd.DataFrame(
            rows,
            columns=["scenario", "parameter", "setting_low", "setting_high",
                     "workers_low", "workers_high"],
        ),
    )  # fmt: skip


def show_narrowing(model: Model, language: str) -> None:
    """Show what knowing one thing would save."""
    rows = [
        (name, s.parameter, s.shrink, s.factor_before, s.factor_after)
        for name in ("open", "open-roof")
        for s in [*model.savings[name], *([model.storeys_rough] if name == "open-roof" else [])]
    ]
    figures.show(
        drivers.narrowing(model, language),
        name="housing-narrowing",
        alt=drivers.narrowing_alt(model, language),
        caption=words(language)("housing.narrowing.caption"),
        keys=[*_ranked_keys(model, "voi"), "housing.voi.roof.storeys_rough"],
        sources=_sources(model, ("open", "open-roof")),
        data=pd.DataFrame(
            rows, columns=["scenario", "known", "shrink", "factor_now", "factor_known"]
        ),
    )


def show_tests(model: Model, language: str, level: float) -> None:
    """Show the chain against reported figures: the picture, then the whole table."""
    table = drivers.estates_table(model, language, level)
    figures.show(
        drivers.estates(model, language, level),
        name="housing-tests",
        alt=drivers.estates_alt(model, language, level),
        caption=words(language)("housing.estates.caption"),
        keys=[f"housing.plausibility.{row.id}" for row in model.rows],
        sources=sorted({s for row in model.rows for s in row.sources}),
        data=table,
    )
    _table(table)


def _table(table: pd.DataFrame) -> None:
    lines = [" | ".join(map(str, cells)) for cells in (table.columns, *table.to_numpy())]
    rule = "|".join([" --- "] * len(table.columns))
    display(Markdown("\n".join([f"| {lines[0]} |", f"|{rule}|", *(f"| {x} |" for x in lines[1:])])))


def _quantiles(model: Model, names: Iterable[str]) -> pd.DataFrame:
    """Quantiles of every quantity; workers at both ends of the link."""
    rows = []
    for name in names:
        for quantity, drawn_values in model.draws[name].items():
            found = pd.Series(drawn_values).quantile(list(_QUANTILES))
            rows.append((name, quantity, *(float(f"{v:.6g}") for v in found)))
    columns = ["scenario", "quantity", *(f"q{100 * q:g}" for q in _QUANTILES)]
    return pd.DataFrame(rows, columns=columns)


def _people_keys(names: Iterable[str]) -> list[str]:
    keys = []
    for name in names:
        building = "dormitory" if name.startswith(("mill", "by-area")) else "family"
        kind, per = name.removesuffix("-roof"), ".per_roof" if name.endswith("-roof") else ""
        keys += [f"housing.{q}.{building}.{kind}{per}" for q in ("residents", "workers")]
    return keys


def _ranked_keys(model: Model, what: str) -> list[str]:
    return [
        f"housing.{what}.{prefix}{index.parameter}"
        for name, prefix in (("open", ""), ("open-roof", "roof."))
        for index in model.indices[name]
    ]


def _sources(model: Model, names: Iterable[str]) -> list[str]:
    """Source keys of the parameters of some scenarios."""
    return sorted(
        {
            item.removeprefix("source:")
            for name in names
            for parameter in model.scenarios[name].parameters
            for item in parameter.inputs
            if item.startswith("source:")
        }
    )
