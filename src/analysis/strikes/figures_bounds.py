"""Figure: bounds on the share by window, unit, denominator and reading."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from analysis import figures
from analysis.strikes.bounds import DENOMINATORS, READINGS, UNITS, shares
from analysis.strikes.tables import Band, Tables
from analysis.words import Words

SHOWN = ("iskander-family", "with-aeroballistic", "with-s300")
"""Denominators with a panel."""

ENDS = ("joint-none", "without-crimea", "joint-all")
"""Readings with a mark, from left to right."""


def shown_windows(tables: Tables) -> list[str]:
    """Windows with rows in the figure; the period only where it differs from the year."""
    period, year = tables.windows["period"], tables.windows["year"]
    same = (period.start, period.end) == (year.start, year.end)
    return ["year", "surge", "aug-sep"] + ([] if same else ["period"])


def table(tables: Tables) -> pd.DataFrame:
    """Bounds per window, unit and denominator.

    Returns
    -------
    pandas.DataFrame
        ``window``, ``unit``, ``denominator``, ``numerator_low``,
        ``numerator_without_crimea``, ``numerator_high``, ``launches`` (the
        denominator, in units), and the shares ``low``, ``without_crimea``,
        ``high``; a window without launches has no row.
    """
    found = []
    for window in shown_windows(tables):
        rows = tables.inside(window)
        for unit in UNITS:
            for name in DENOMINATORS:
                by = {r: shares(rows, unit, DENOMINATORS[name], READINGS[r]) for r in ENDS}
                whole = by["joint-all"].denominator[1]
                if not whole:
                    continue
                tops = [by[r].numerator[1] for r in ENDS]
                found.append(
                    {
                        "window": window, "unit": unit, "denominator": name,
                        "numerator_low": tops[0], "numerator_without_crimea": tops[1],
                        "numerator_high": tops[2], "launches": whole,
                        "low": tops[0] / whole, "without_crimea": tops[1] / whole,
                        "high": tops[2] / whole,
                    }
                )  # fmt: skip
    return pd.DataFrame(found)


def draw(data: pd.DataFrame, band: Band, moves_most: str, words: Words) -> Figure:
    """One panel per denominator, one bar per window and unit, the claim as a band."""
    shown = data[data["denominator"].isin(SHOWN)]
    windows = list(dict.fromkeys(shown["window"]))
    height = 1.9 + 0.27 * (len(windows) * (len(UNITS) + 0.8))
    figure, axes = figures.new(height, 1, len(SHOWN), sharex=True, sharey=True)
    places = {
        (window, unit): -(w * (len(UNITS) + 0.9) + u)
        for w, window in enumerate(windows)
        for u, unit in enumerate(UNITS)
    }
    top = max(places.values()) + 0.9
    high = band.high if band.high is not None else 1.0
    for panel, name in zip(axes, SHOWN, strict=True):
        panel.axvspan(100 * band.low, 100 * high, color="#CFCFCF", zorder=0, linewidth=0)
        for row in shown[shown["denominator"] == name].itertuples():
            _bar(panel, row, places[row.window, row.unit])
        panel.set_title(
            words(f"strikes.denominators.{name}"), fontsize=9, loc="left", fontweight="normal"
        )
        panel.grid(axis="x")
        panel.grid(axis="y", visible=False)
        panel.set_ylim(min(places.values()) - 0.7, top + 0.45)
    first = axes[0]
    for w, window in enumerate(windows):
        first.text(
            -0.02, top - w * (len(UNITS) + 0.9) - 0.05, words(f"strikes.windows.{window}"),
            transform=first.get_yaxis_transform(), ha="right", va="center", fontsize=9,
            fontweight="bold",
        )  # fmt: skip
    first.set_yticks(list(places.values()), [words(f"strikes.units.{u}") for _, u in places])
    first.set_xlim(0, 5 * (int(100 * shown["high"].max()) // 5 + 1))
    axes[1].set_xlabel(words("strikes.bounds.axis"))
    _legend(figure, words)
    inside = int(((shown["low"] <= high) & (shown["high"] >= band.low)).sum())
    return figures.finish(
        figure,
        words(
            "strikes.bounds.title",
            choice=words(f"strikes.bounds.{moves_most}"),
            inside=words.number(inside),
            cases=words.number(len(shown)),
        ),
        words(
            "strikes.bounds.subtitle",
            low=words.number(100 * band.low),
            high=words.number(100 * high),
        ),
        words("strikes.source", names=words("strikes.bulletins")),
    )


def _bar(panel: Any, row: Any, place: float) -> None:
    low, crimea, high = (100 * v for v in (row.low, row.without_crimea, row.high))
    panel.plot([low, high], [place, place], color=figures.BLUE, linewidth=4, alpha=0.35,
               solid_capstyle="butt")  # fmt: skip
    panel.plot([low], [place], "|", color=figures.BLACK, markersize=9, markeredgewidth=2)
    panel.plot([crimea], [place], "D", color=figures.ORANGE, markersize=4.5,
               markeredgecolor="black", markeredgewidth=0.5)  # fmt: skip
    panel.plot([high], [place], "o", color=figures.BLUE, markersize=5.5)


def _legend(figure: Figure, words: Words) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=figures.BLACK, marker="|", linestyle="", markersize=9,
               markeredgewidth=2, label=words("strikes.bounds.none")),
        Line2D([], [], color=figures.ORANGE, marker="D", linestyle="", markersize=4.5,
               markeredgecolor="black", label=words("strikes.bounds.crimea")),
        Line2D([], [], color=figures.BLUE, marker="o", linestyle="",
               label=words("strikes.bounds.all")),
    ]  # fmt: skip
    figure.legend(handles=handles, loc="lower left", ncols=3, fontsize=8.5)
