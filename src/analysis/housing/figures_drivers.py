"""Figures of what makes the answer wide, what would narrow it, and how it was tested."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis import figures
from analysis.figures import BLACK, BLUE, GREY, ORANGE, SKY, VERMILION
from analysis.housing.figures import whole
from analysis.housing.model import Model
from analysis.housing.plausibility import Row
from analysis.housing.sensitivity import Index, Saving, Swing
from analysis.words import Words, words

_PANELS = (("open", "block"), ("open-roof", "roof"))
_SMALL = 8

OUTCOMES = {"inside": (BLUE, "o"), "partly": (ORANGE, "s"), "miss": (VERMILION, "X")}
"""Colour and marker of an outcome."""


def _percent(w: Words, level: float) -> str:
    return w.number(100 * level) + " %"


def _name(w: Words, parameter: str) -> str:
    return w("housing.parameter." + parameter)


def _rows(ax: Axes, labels: Iterable[str]) -> None:
    """Categories down the side, the first on top, without tick marks."""
    listed = list(labels)
    ax.set_yticks(range(len(listed)), listed, fontsize=_SMALL)
    ax.set_ylim(len(listed) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x")
    ax.spines["left"].set_visible(False)


def sobol_bars(model: Model, language: str, level: float) -> Figure:
    """Total-order indices with bootstrap intervals, per block and per roof."""
    w = words(language)
    figure, axes = figures.new(3.6, 1, 2)
    for ax, (name, unit) in zip(axes, _PANELS, strict=True):
        indices = model.indices[name]
        for place, index in enumerate(indices):
            low, high = index.total_intervals[f"{level:g}"]
            ax.barh(place, index.total, color=BLUE, height=0.6)
            ax.plot([low, high], [place, place], color=BLACK, lw=1.5)
            ax.text(max(high, index.total) + 0.02, place, w.number(index.total, 2),
                    fontsize=_SMALL, va="center")  # fmt: skip
        _rows(ax, (_name(w, i.parameter) for i in indices))
        ax.set_xlim(0, 1.05)
        ax.set_title(w("housing.sobol." + unit), fontsize=9.5)
        ax.set_xlabel(w("housing.sobol.axis"), fontsize=9)
    first, second = (model.indices[name][0].parameter for name, _ in _PANELS)
    title = w("housing.sobol.title", first=_name(w, first), second=_name(w, second))
    return figures.finish(
        figure,
        title[0].upper() + title[1:],
        w("housing.sobol.subtitle", level=_percent(w, level)),
        w("housing.source.model"),
    )


def sobol_alt(model: Model, language: str) -> str:
    """Alternative text of the Sobol bars."""
    w = words(language)

    def said(indices: Iterable[Index]) -> str:
        return ", ".join(f"{_name(w, i.parameter)} {w.number(i.total, 2)}" for i in indices)

    return w("housing.sobol.alt", block=said(model.indices["open"]),
             roof=said(model.indices["open-roof"]))  # fmt: skip


def tornado(model: Model, language: str) -> Figure:
    """By how much workers move with one parameter at a time, as factors on a log scale.

    The kind of building is left open here, so only factors are shown: a number
    of people from that mixture would belong to no building.
    """
    w = words(language)
    figure, axes = figures.new(3.6, 1, 2)
    for ax, (name, unit) in zip(axes, _PANELS, strict=True):
        swings = model.swings[name]
        factors = [s.high / s.low for s in swings]
        for place, factor in enumerate(factors):
            ax.barh(place, factor - 1, left=1, color=SKY, height=0.6, edgecolor=BLACK)
            ax.text(factor * 1.04, place, f"× {w.number(factor, 1)}", fontsize=_SMALL, va="center")
        _rows(ax, (_name(w, s.parameter) for s in swings))
        ax.set_xscale("log")
        ax.set_xlim(1, max(factors) * 1.6)
        ax.set_xticks([t for t in (1, 2, 5, 10, 20) if t <= max(factors) * 1.6])
        ax.xaxis.set_major_formatter("{x:g}")
        ax.xaxis.set_minor_formatter("")
        ax.set_title(w("housing.tornado." + unit), fontsize=9.5)
        ax.set_xlabel(w("housing.tornado.axis"), fontsize=9)
    largest = model.swings["open"][0]
    title = w("housing.tornado.title", first=_name(w, largest.parameter),
              factor=w.number(largest.high / largest.low, 1))  # fmt: skip
    return figures.finish(
        figure,
        title[0].upper() + title[1:],
        w("housing.tornado.subtitle", level=_percent(w, 0.9)),
        w("housing.source.model"),
    )


def tornado_alt(model: Model, language: str) -> str:
    """Alternative text of the tornado."""
    w = words(language)

    def said(swings: Iterable[Swing]) -> str:
        return ", ".join(f"{_name(w, s.parameter)} × {w.number(s.high / s.low, 1)}" for s in swings)

    return w("housing.tornado.alt", block=said(model.swings["open"]),
             roof=said(model.swings["open-roof"]))  # fmt: skip


def _known(model: Model, name: str) -> list[Saving]:
    """Savings of a panel, the most useful first."""
    extra = [model.storeys_rough] if name == "open-roof" else []
    return sorted([*model.savings[name], *extra], key=lambda s: s.factor_after)


def _factor(w: Words, value: float) -> str:
    """A factor between two ends; a lower end of zero leaves it open."""
    return w.number(value, 1) if np.isfinite(value) else w("report.open_end")


def narrowing(model: Model, language: str) -> Figure:
    """The factor between the ends of the interval, now and with one thing known."""
    w = words(language)
    figure, axes = figures.new(4.0, 1, 2, sharex=True)
    every = [
        f for n, _ in _PANELS for s in _known(model, n) for f in (s.factor_before, s.factor_after)
    ]
    edge = 1.6 * max([10.0, *(f for f in every if np.isfinite(f))])
    for ax, (name, unit) in zip(axes, _PANELS, strict=True):
        known = _known(model, name)
        ax.set_xscale("log")
        now = min(known[0].factor_before, edge)
        ax.axvline(now, color=GREY, lw=1.2, ls="--")
        ax.text(now, -0.75, w("housing.narrowing.now", factor=_factor(w, known[0].factor_before)),
                fontsize=_SMALL, ha="center", va="bottom")  # fmt: skip
        for place, saving in enumerate(known):
            after = min(saving.factor_after, edge)
            ax.plot([after, now], [place, place], color=BLUE, lw=1.5)
            ax.plot(after, place, "o", color=BLUE, ms=6)
            ax.text(after / 1.1, place, _factor(w, saving.factor_after),
                    fontsize=_SMALL, va="center", ha="right")  # fmt: skip
        _rows(ax, (_name(w, s.parameter) for s in known))
        ax.set_xlim(1, edge)
        ticks = [t for t in (1, 2, 5, 10, 20, 50, 100) if t <= edge]
        ax.set_xticks(ticks, [w.number(t) for t in ticks])
        ax.minorticks_off()
        ax.set_title(w("housing.narrowing." + unit) + "\n", fontsize=9.5)
        ax.set_xlabel(w("housing.narrowing.axis"), fontsize=9)
    storeys = next(s for s in model.savings["open-roof"] if s.parameter == "storeys")
    title = w("housing.narrowing.title", before=_factor(w, storeys.factor_before),
              after=_factor(w, storeys.factor_after))  # fmt: skip
    return figures.finish(
        figure,
        title,
        w("housing.narrowing.subtitle", level=_percent(w, 0.9)),
        w("housing.source.model"),
    )


def narrowing_alt(model: Model, language: str) -> str:
    """Alternative text of the figure of what would narrow the answer."""
    w = words(language)

    def said(name: str) -> str:
        return ", ".join(
            f"{_name(w, s.parameter)} {_factor(w, s.factor_after)}" for s in _known(model, name)
        )

    now = {name: _factor(w, model.savings[name][0].factor_before) for name, _ in _PANELS}
    return w("housing.narrowing.alt", now_block=now["open"], now_roof=now["open-roof"],
             block=said("open"), roof=said("open-roof"))  # fmt: skip


def estates(model: Model, language: str, level: float) -> Figure:
    """Predicted intervals over the reported values, misses included."""
    w = words(language)
    tested = [row for row in model.rows if row.reported]
    figure, ax = figures.new(4.6)
    ax.set_xscale("log")
    for place, row in enumerate(tested):
        assert row.reported is not None
        middle = float(np.sqrt(row.reported[0] * row.reported[1]))
        low, high = (v / middle for v in row.intervals[f"{level:g}"])
        colour, marker = OUTCOMES[row.outcome]
        ax.barh(place, (row.reported[1] - row.reported[0]) / middle, height=0.7, color="#c8c8c8",
                left=row.reported[0] / middle)  # fmt: skip
        ax.plot([low, high], [place, place], color=colour, lw=2.5)
        ax.plot(row.median / middle, place, marker, color=colour, ms=7)
        said = f"{_outcome(w, row)} ({_numbers(w, row, level)})"
        ax.text(12, place, said, fontsize=_SMALL, va="center", clip_on=False)
    _rows(ax, (w("housing.row." + row.id) for row in tested))
    ax.axvline(1, color=BLACK, lw=0.8)
    ax.set_xlim(0.1, 11)
    ticks = (0.1, 0.2, 0.5, 1, 2, 5, 10)
    ax.set_xticks(ticks, [w.number(v, int(v < 1)) for v in ticks])
    ax.minorticks_off()
    ax.set_xlabel(w("housing.estates.axis"), fontsize=9)
    count = {o: sum(row.outcome == o for row in tested) for o in OUTCOMES}
    return figures.finish(
        figure,
        w("housing.estates.title", agree=count["inside"], tested=len(tested), miss=count["miss"]),
        w("housing.estates.subtitle", level=_percent(w, level)),
        w("housing.source.table"),
    )


def _outcome(w: Words, row: Row) -> str:
    key = "nothing" if row.outcome == "nothing reported" else row.outcome
    return w("housing.outcome." + key)


def _numbers(w: Words, row: Row, level: float) -> str:
    low, high = row.intervals[f"{level:g}"]
    reported = "" if row.reported is None else whole(w, *row.reported)
    return w("housing.estates.numbers", predicted=whole(w, low, high), reported=reported)


def estates_table(model: Model, language: str, level: float) -> pd.DataFrame:
    """The plausibility table: test, predicted, reported, outcome; the misses stay in."""
    w = words(language)
    return pd.DataFrame(
        {
            w("housing.table.what"): w("housing.row." + row.id),
            w("housing.table.predicted"): whole(w, *row.intervals[f"{level:g}"]),
            w("housing.table.reported"): whole(w, *row.reported) if row.reported else "",
            w("housing.table.unit"): w.unit(row.unit),
            w("housing.table.outcome"): _outcome(w, row),
        }
        for row in model.rows
    )


def estates_alt(model: Model, language: str, level: float) -> str:
    """Alternative text of the tests against reported values."""
    w = words(language)
    said = "; ".join(
        f"{w('housing.row.' + row.id)}: {_outcome(w, row)}, {_numbers(w, row, level)}"
        for row in model.rows
        if row.reported
    )
    return w("housing.estates.alt", rows=said)
