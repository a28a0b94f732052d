"""Figure: launches by label and month, with the attributed incidents over them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis import figures
from analysis.strikes.bulletin import Row
from analysis.strikes.casualties import Event
from analysis.strikes.windows import Window
from analysis.words import Words

STYLE: dict[str, dict[str, Any]] = {
    "iskander-m": {"color": figures.SKY},
    "joint": {"color": figures.YELLOW, "hatch": "////"},
    "kn-23": {"color": figures.VERMILION, "hatch": "...."},
    "mixed": {"color": "#D9D9D9", "hatch": "xxxx"},
}
"""Look of each label family; hatches keep them apart in grey."""

MARKS: dict[str, dict[str, Any]] = {
    "joint-label": {"marker": "o", "markerfacecolor": "white", "color": figures.ORANGE},
    "media": {"marker": "^", "markerfacecolor": "white", "color": figures.GREY},
    "official-claim": {"marker": "s", "color": figures.BLUE},
    "confirmed-by-debris": {"marker": "D", "color": figures.BLACK},
}
"""Marks of incidents, weakest ground first."""


def table(rows: Iterable[Row], window: Window) -> pd.DataFrame:
    """Missiles per month and label family, and rows without a number.

    Returns
    -------
    pandas.DataFrame
        ``month`` (first day), ``family``, ``missiles``, ``unnumbered_rows``;
        every month of the window with every family.
    """
    months = pd.date_range(window.start.replace(day=1), window.end, freq="MS").date
    missiles: Counter[tuple[date, str]] = Counter()
    unnumbered: Counter[tuple[date, str]] = Counter()
    for row in rows:
        family = _family(row)
        if family:
            place = (row.day.replace(day=1), family)
            missiles[place] += row.launched or 0
            unnumbered[place] += row.launched is None
    return pd.DataFrame(
        [
            {
                "month": m, "family": f, "missiles": missiles[m, f],
                "unnumbered_rows": unnumbered[m, f],
            }
            for m in months
            for f in STYLE
        ]
    )  # fmt: skip


def _family(row: Row) -> str | None:
    """Family of the bar that a row belongs to; rows of other types have none."""
    if row.mixed:
        return "mixed" if {"iskander-m", "joint", "kn-23"} & set(row.families) else None
    return row.families[0] if row.families[0] in STYLE else None


def draw(months: pd.DataFrame, events: list[Event], window: Window, words: Words) -> Figure:
    """Stacked bars per month, incidents in a strip above them on one time axis."""
    figure, axes = figures.new(5.0, 2, 1, sharex=True, gridspec_kw={"height_ratios": [1.0, 2.6]})
    strip, bars = axes
    _strip(strip, events, words)
    at = pd.to_datetime(months["month"].unique())
    width = pd.Timedelta(days=24)
    bottom = np.zeros(len(at))
    middle = at + pd.Timedelta(days=14)
    for family, style in STYLE.items():
        heights = months.loc[months["family"] == family, "missiles"].to_numpy()
        if heights.sum():
            bars.bar(
                middle, heights, width, bottom=bottom, label=words(f"strikes.families.{family}"),
                edgecolor="black", linewidth=0.5, **style,
            )  # fmt: skip
        bottom = bottom + heights
    blank = months[(months["unnumbered_rows"] > 0) & (months["family"] == "joint")]
    for month in blank["month"]:
        place = list(at).index(pd.Timestamp(month))
        bars.annotate(
            words("strikes.launches.unnumbered"), (middle[place], bottom[place]), (0, 3),
            textcoords="offset points", ha="center", va="bottom", fontsize=8,
        )  # fmt: skip
    bars.set_ylabel(words("strikes.launches.axis"))
    if bars.get_legend_handles_labels()[0]:
        bars.legend(loc="best")
    bars.set_ylim(0, max(10.0, bottom.max() * 1.12))
    totals = months.groupby("family")["missiles"].sum()
    pure = int(totals[["iskander-m", "joint", "kn-23"]].sum())
    return figures.finish(
        figure,
        words(
            "strikes.launches.title",
            outright=words.number(int(totals["kn-23"])),
            total=words.number(pure),
            joint=words.number(int(totals["joint"])),
        ),
        words(
            "strikes.launches.subtitle", start=words.date(window.start), end=words.date(window.end)
        ),
        words(
            "strikes.source", names=f"{words('strikes.bulletins')}; {words('strikes.incidents')}"
        ),
    )


def _strip(axes: Any, events: list[Event], words: Words) -> None:
    """One line of marks per ground of attribution; undated events as ranges."""
    for height, (ground, style) in enumerate(MARKS.items()):
        for event in (e for e in events if e.attribution == ground):
            low, high = pd.Timestamp(event.low), pd.Timestamp(event.high)
            if low != high:
                axes.plot([low, high], [height, height], color=style["color"], linewidth=1)
            axes.plot([low + (high - low) / 2], [height], markersize=5, linestyle="", **style)
    axes.set_yticks(range(len(MARKS)), [words(f"strikes.attributions.{g}") for g in MARKS])
    axes.set_ylim(-0.6, len(MARKS) - 0.4)
    axes.grid(axis="y", visible=True)
    axes.tick_params(axis="x", length=0, labelbottom=False)
