"""The figure of all sourced values in use, by how near they are to housing at the plant."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from analysis import evidence, figures
from analysis.figures import BLUE, GREEN, GREY, ORANGE, PURPLE, SKY
from analysis.housing.figures import whole
from analysis.housing.parameters import DOMAINS
from analysis.housing.scenarios import PLANS
from analysis.steps import step
from analysis.words import Words, words

NEARNESS = {
    "same-city": (BLUE, "o"), "same-kind": (GREEN, "s"), "country-wide": (SKY, "D"),
    "elsewhere": (ORANGE, "^"), "analogue": (PURPLE, "v"), "no-observation": (GREY, "X"),
}  # fmt: skip
"""Colour and marker of a class of applicability, nearest first."""

_SMALL = 8
_LABEL = 52
"""Characters of a row's scope that fit beside the figure."""


@step(reads=("evidence",))
def values_in_use() -> pd.DataFrame:
    """Rows of the parameters table that a scenario uses, in the order of the chain.

    Columns: ``used_as`` (name in the chain), and those of ``housing_parameters``.
    """
    table = evidence.load().housing_parameters
    used = {
        (name, row)
        for plan in PLANS
        for name, pick in plan.picks.items()
        for row in (*pick.rows, *([pick.per] if pick.per and name != "storeys" else []))
    }
    found = pd.DataFrame(sorted(used), columns=["used_as", "parameter_id"])
    found = found.merge(table, on="parameter_id", validate="many_to_one")
    per = [(n, p.per) for plan in PLANS for n, p in plan.picks.items() if p.per]
    keep = [(a, b) not in per for a, b in zip(found["used_as"], found["parameter_id"], strict=True)]
    found = found[keep]
    order = {name: place for place, name in enumerate(DOMAINS)}
    found = found.assign(place=found["used_as"].map(order)).sort_values(
        ["place", "applicability", "parameter_id"], kind="stable"
    )
    found["applicability"] = found["applicability"].astype(str)
    return found.drop(columns="place").reset_index(drop=True)


def ends(row: pd.Series) -> tuple[float, float]:
    """Lowest and highest value that a row gives."""
    given = row[["low", "mode", "high"]].dropna().astype(float)
    return float(given.min()), float(given.max())


def sourced_values(table: pd.DataFrame, language: str) -> Figure:
    """Every value in use on the span of its parameter, marked by applicability."""
    w = words(language)
    lines = len(table) + table["used_as"].nunique()
    figure, ax = figures.new(1.3 + 0.185 * lines)
    place, ticks, labels = 0, [], []
    for name, rows in table.groupby("used_as", sort=False):
        spans = [ends(row) for _, row in rows.iterrows()]
        low, high = min(s[0] for s in spans), max(s[1] for s in spans)
        ticks.append(place)
        labels.append(w(f"housing.parameter.{name}"))
        ax.axhline(place - 0.5, color="#d9d9d9", lw=0.6)
        for (_, row), span in zip(rows.iterrows(), spans, strict=True):
            place += 1
            _value(ax, row, span, (low, high), place, w)
            ticks.append(place)
            labels.append(_scope(row))
        place += 1
    ax.set_yticks(ticks, labels, fontsize=_SMALL)
    for tick, label in zip(ax.get_yticklabels(), labels, strict=True):
        if not label.startswith("H"):
            tick.set_fontweight("bold")
    ax.set_ylim(place - 0.4, -0.6)
    ax.set_xlim(-0.04, 1.75)
    ax.set_xticks([])
    ax.tick_params(axis="y", length=0)
    ax.grid(visible=False)
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)
    for key in (k for k in NEARNESS if k in set(table["applicability"])):
        colour, marker = NEARNESS[key]
        ax.plot([], [], marker, color=colour, ms=6, label=w("housing.applicability." + key))
    figure.legend(ncols=3, fontsize=_SMALL)
    return figures.finish(
        figure,
        w("housing.parameters.title", near=near(table), all=len(table)),
        w("housing.parameters.subtitle"),
        w("housing.source.table"),
    )


def near(table: pd.DataFrame) -> int:
    """Values from the same city or the same kind of building."""
    return int(table["applicability"].isin(["same-city", "same-kind"]).sum())


def _scope(row: pd.Series) -> str:
    text = f"{row['parameter_id']} {row['population_or_scope']}"
    return text if len(text) <= _LABEL else text[: _LABEL - 1].rstrip(" ,") + "…"


def _value(
    ax, row: pd.Series, span: tuple[float, float], whole_span: tuple[float, float], place: int,
    w: Words,
) -> None:  # fmt: skip
    """One sourced value, on a scale from the lowest to the highest of its parameter."""
    low, high = whole_span
    at = [(v - low) / (high - low) if high > low else 0.5 for v in span]
    colour, marker = NEARNESS[row["applicability"]]
    ax.plot(at, [place, place], color=colour, lw=3, solid_capstyle="butt")
    ax.plot(sum(at) / 2, place, marker, color=colour, ms=5.5)
    shared = row["used_as"] not in ("beds_per_storey", "plate")
    unit = "" if shared else " " + w("housing.published_for." + row["used_as"])
    ax.text(1.07, place, whole(w, *span) + unit, fontsize=_SMALL, va="center")


def sourced_values_alt(table: pd.DataFrame, language: str) -> str:
    """Alternative text of the figure of sourced values."""
    w = words(language)
    said = "; ".join(
        f"{w('housing.parameter.' + row['used_as'])} {whole(w, *ends(row))} "
        f"({w('housing.applicability.' + row['applicability'])})"
        for _, row in table.iterrows()
    )
    return w("housing.parameters.alt", rows=said)
