"""Figures of the chain and of what it gives, as functions of the model and a language."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import gaussian_kde

from analysis import figures
from analysis.figures import BLACK, BLUE, ORANGE, SKY, VERMILION
from analysis.housing import chain
from analysis.housing.model import Model
from analysis.housing.parameters import Array, Parameter
from analysis.housing.scenarios import Scenario
from analysis.words import Words, words

BLOCKS = ("low-rise", "small-apartment", "mill", "by-area")
ROOFS = ("low-rise-roof", "small-apartment-roof", "apartment-roof", "by-area-roof")
_SMALL = 8
_RIDGE = 0.62
"""Height of a ridge, in rows."""
_GRID = np.linspace(0.0005, 0.9995, 2000)


def whole(w: Words, low: float, high: float) -> str:
    """An interval in its own few decimals, or in those that its width can bear."""
    exact = [d for d in range(3) if round(low, d) == low and round(high, d) == high]
    width = high - low
    fitting = 0 if width >= 5 else 1 if width >= 0.5 else 2 if width >= 0.05 else 3
    if low == high:
        return w.number(low, exact[0] if exact else 0 if low > 20 else 2)
    decimals = exact[0] if exact and exact[0] <= 2 and width < 20 else fitting
    return w("report.span_alone", low=w.number(low, decimals), high=w.number(high, decimals))


def interval(model: Model, name: str, quantity: str, level: float) -> tuple[float, float]:
    """Central interval of a quantity; of workers, over both ends of the link."""
    drawn = model.draws[name]
    if quantity == "workers":
        return chain.span(drawn["workers_low"], drawn["workers_high"], level)
    return chain.span(drawn[quantity], drawn[quantity], level)


def people(model: Model, names: Iterable[str], quantity: str, w: Words, level: float) -> str:
    """Scenario and interval, listed, for alternative texts."""
    return "; ".join(
        f"{w('housing.scenario.' + n)} {whole(w, *interval(model, n, quantity, level))}"
        for n in names
    )


def chain_diagram(model: Model, language: str, level: float) -> Figure:
    """The chain with the distribution at each step: sourced, then computed."""
    w = words(language)
    figure, axes = figures.new(7.6, 4, 4)
    roof = model.scenarios["apartment-roof"].without("footprint")
    block, mill = model.scenarios["small-apartment"], model.scenarios["mill"]
    link = "plant_workers_per_household"
    rows: list[list[tuple[str, Scenario, str]]] = [
        [("", roof, "storeys"), ("×", roof, "net_to_gross"), ("÷", roof, "dwelling_size"),
         ("=", roof, "dwellings")],
        [("×", roof, "household_size"), ("=", roof, "residents"), ("×", roof, link),
         ("=", roof, "workers")],
        [("", block, "households_per_block"), ("→", block, "residents"), ("×", block, link),
         ("=", block, "workers")],
        [("", mill, "storeys"), ("×", mill, "beds_per_storey"), ("=", mill, "residents"),
         ("→", mill, "workers")],
    ]  # fmt: skip
    for line, row in zip(axes, rows, strict=True):
        for ax, (sign, scenario, item) in zip(line, row, strict=True):
            _node(ax, model, scenario, item, w, level)
            if sign:
                ax.text(-0.17, 0.45, sign, transform=ax.transAxes, fontsize=14, ha="center")
    heads = ("row-roof", "row-roof-people", "row-block", "row-beds")
    named = (roof, roof, block, mill)
    for line, head, scenario in zip(axes, heads, named, strict=True):
        said = w("housing.scenario." + scenario.name)
        _head(line[0], w("housing.chain." + head, scenario=said))
    return figures.finish(
        figure,
        w("housing.chain.title"),
        w("housing.chain.subtitle", level=w.number(100 * level) + " %"),
        w("housing.source.model"),
    )


def _head(ax: Axes, text: str) -> None:
    """The title of a row, which must not widen its first column."""
    ax.set_title(" ", fontsize=9.5)
    ax.text(0, 1.06, text, transform=ax.transAxes, fontsize=9.5, fontweight="bold",
            in_layout=False)  # fmt: skip


def _node(ax: Axes, model: Model, scenario: Scenario, item: str, w: Words, level: float) -> None:
    """One step: its distribution, its name and its interval."""
    drawn = model.draws[scenario.name]
    bed = scenario.plan.building == "dormitory"
    if item == "workers":
        _shape(ax, drawn["workers_high"], VERMILION)
        if drawn["workers_low"].any():
            _shape(ax, drawn["workers_low"], ORANGE, hatch="////")
        ends = interval(model, scenario.name, item, level)
    elif item in drawn:
        _shape(ax, drawn[item], BLUE)
        ends = interval(model, scenario.name, item, level)
    else:
        values = scenario[item].quantile(_GRID)
        _shape(ax, values, SKY, density=_density(scenario[item]))
        ends = chain.span(values, values, level)
    group = "quantity" if item in drawn else "parameter"
    name = "beds" if bed and item == "residents" else item
    ax.set_xlabel(f"{w(f'housing.{group}.{name}')}\n{whole(w, *ends)}", fontsize=_SMALL)
    ax.tick_params(labelsize=_SMALL)
    ax.locator_params(axis="x", nbins=3)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.grid(visible=False)


def _density(parameter: Parameter) -> str:
    if parameter.fixed or parameter.shape == "whole":
        return "stems"
    return "flat" if parameter.mode is None and parameter.shape == "uniform" else "smooth"


def _shape(
    ax: Axes, values: Array, colour: str, *, hatch: str = "", density: str = "smooth"
) -> None:
    """Stems for a few values, a box for an even span, otherwise a smoothed density."""
    distinct = np.unique(values)
    if density == "stems" or distinct.size < 12:
        share = np.array([(values == v).mean() for v in distinct])
        ax.vlines(distinct, 0, share / share.max(), color=colour, lw=4)
        pad = 0.5 if distinct.size > 1 else max(distinct[0] * 0.2, 0.5)
        step = np.diff(distinct).min() if distinct.size > 1 else pad
        ax.set_xlim(distinct[0] - step, distinct[-1] + step)
        return
    low, high = float(values.min()), float(values.max())
    if density == "flat":
        xs, ys = np.array([low, low, high, high]), np.array([0.0, 1.0, 1.0, 0.0])
    else:
        low, high = (float(v) for v in np.quantile(values, [0.001, 0.999]))
        xs = np.linspace(low, high, 200)
        ys = gaussian_kde(values[:4000])(xs)
        ys = ys / ys.max()
    ax.fill_between(xs, ys, **_filled(colour, hatch))
    ax.plot(xs, ys, color=BLACK, lw=0.7)
    ax.set_ylim(0, 1.1)


def _filled(colour: str, hatch: str) -> dict[str, Any]:
    """How a density is filled; a plain ``color`` would draw the hatching in the colour it fills."""
    fill: dict[str, Any] = {"facecolor": colour, "alpha": 0.75, "lw": 0}
    return fill | ({"hatch": hatch, "edgecolor": BLACK} if hatch else {})


def ridgeline(model: Model, language: str, level: float) -> Figure:
    """Residents and workers by scenario, per block and per area of roof."""
    w = words(language)
    figure, axes = figures.new(6.6, 2, 2, sharex="row", sharey="row")
    reach = _reach(model, level)
    for row, names in zip(axes, (BLOCKS, ROOFS), strict=True):
        for ax, quantity in zip(row, ("residents", "workers"), strict=True):
            ax.set_xscale("log")
            ax.set_xlim(*reach)
            for place, name in enumerate(reversed(names)):
                _ridge(ax, model, name, quantity, place, w, level)
            ax.set_ylim(-0.35, len(names) + 0.15)
            ax.grid(visible=True, axis="x")
            ax.grid(visible=False, axis="y")
            ax.spines["left"].set_visible(False)
            ax.xaxis.set_major_formatter(lambda v, _: w.number(v))
        row[0].set_yticks(
            range(len(names)),
            ["\n".join(_wrapped(w("housing.scenario." + n))) for n in reversed(names)],
            fontsize=_SMALL,
        )
        for ax in row:
            ax.tick_params(axis="y", length=0)
    for column, quantity in enumerate(("residents", "workers")):
        axes[0][column].set_title(w("housing.ridges." + quantity), fontsize=9.5)
        axes[0][column].set_xlabel(w("housing.ridges.block"), fontsize=9)
        axes[1][column].set_xlabel(w("housing.ridges.roof"), fontsize=9)
    ends = [interval(model, n, "residents", level) for n in BLOCKS]
    low, high = min(e[0] for e in ends), max(e[1] for e in ends)
    return figures.finish(
        figure,
        w("housing.ridges.title", factor=w.number(high / low, -1)),
        w("housing.ridges.subtitle", level=w.number(100 * level) + " %"),
        w("housing.source.model"),
    )


def _reach(model: Model, level: float) -> tuple[float, float]:
    """Ends of the axis in persons: all that is shown, with room for labels on the right."""
    shown = [interval(model, n, q, level) for n in BLOCKS + ROOFS for q in ("residents", "workers")]
    return min(low for low, _ in shown if low > 0) / 1.5, 5 * max(high for _, high in shown)


def _wrapped(text: str) -> list[str]:
    head, _, tail = text.partition(", ")
    return [head + ",", tail] if tail else [head]


def _ridge(
    ax: Axes, model: Model, name: str, quantity: str, place: int, w: Words, level: float
) -> None:
    drawn = model.draws[name]
    if quantity == "residents":
        _log_shape(ax, drawn["residents"], place, BLUE)
    else:
        _log_shape(ax, drawn["workers_high"], place, VERMILION)
        if drawn["workers_low"].any():
            _log_shape(ax, drawn["workers_low"], place, ORANGE, hatch="////")
    low, high = interval(model, name, quantity, level)
    y = place - 0.14
    if high <= 0:
        return
    if low > 0:
        ax.plot([low, high], [y, y], color=BLACK, lw=2, solid_capstyle="butt")
    else:
        arrow = {"arrowstyle": "->", "lw": 2, "color": BLACK, "shrinkA": 0}
        ax.annotate("", (ax.get_xlim()[0], y), (high, y), arrowprops=arrow)
    ax.text(high * 1.1, y, whole(w, low, high), fontsize=_SMALL, va="center")


def _log_shape(ax: Axes, values: Array, place: int, colour: str, hatch: str = "") -> None:
    """A density over the logarithm, standing on its row; no people, no shape."""
    values = values[values > 0]
    distinct = np.unique(values)
    if distinct.size < 12:
        ax.vlines(distinct, place, place + _RIDGE, color=colour, lw=3)
        return
    logs = np.log(values[:4000])
    low, high = (float(v) for v in np.quantile(logs, [0.001, 0.999]))
    xs = np.linspace(low, high, 200)
    ys = gaussian_kde(logs)(xs)
    ax.fill_between(np.exp(xs), place, place + _RIDGE * ys / ys.max(), **_filled(colour, hatch))
    ax.plot(np.exp(xs), place + _RIDGE * ys / ys.max(), color=BLACK, lw=0.7)


def chain_alt(model: Model, language: str, level: float) -> str:
    """Alternative text of the chain diagram."""
    w = words(language)

    def said(name: str, quantity: str) -> str:
        return whole(w, *interval(model, name, quantity, level))

    values: dict[str, Any] = {
        "dwellings": said("apartment-roof", "dwellings"),
        "residents": said("apartment-roof", "residents"),
        "workers": said("apartment-roof", "workers"),
        "households": said("small-apartment", "dwellings"),
        "block_residents": said("small-apartment", "residents"),
        "block_workers": said("small-apartment", "workers"),
        "beds": said("mill", "residents"),
        "bed_workers": said("mill", "workers"),
    }
    return w("housing.chain.alt", **values)


def ridgeline_alt(model: Model, language: str, level: float) -> str:
    """Alternative text of the ridgeline."""
    w = words(language)
    return w(
        "housing.ridges.alt",
        residents=people(model, BLOCKS, "residents", w, level),
        workers=people(model, BLOCKS, "workers", w, level),
    )
