"""Figure: the specification curve of one of the four CNN figures."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from analysis import figures
from analysis.strikes.multiverse import Multiverse
from analysis.strikes.tables import Band
from analysis.words import Words


def table(universe: Multiverse) -> pd.DataFrame:
    """One row per distinct specification, sorted by estimate.

    Returns
    -------
    pandas.DataFrame
        One column per choice, then ``estimate``, ``low``, ``high`` and
        ``agrees``.
    """
    rows = [
        {**s.choices, "estimate": s.value, "low": s.low, "high": s.high, "agrees": agrees}
        for s, agrees in zip(universe.distinct, universe.agreeing, strict=True)
    ]
    return pd.DataFrame(rows).sort_values(["estimate", "high"], kind="stable", ignore_index=True)


def draw(universe: Multiverse, band: Band, claim: float, words: Words) -> Figure:
    """Sorted estimates with bounds above, what each chose below.

    ``claim`` is the published number, as the claims table holds it.
    """
    data = table(universe)
    scale = 100.0 if universe.figure == "share" else 1.0
    levels = [(c, v) for c, known in universe.by_choice.items() for v in known]
    gaps = {choice: i * 0.6 for i, choice in enumerate(universe.by_choice)}
    places = {pair: -(i + gaps[pair[0]]) for i, pair in enumerate(levels)}
    below = len(levels) + 0.6 * len(gaps)
    figure, axes = figures.new(
        3.5 + 0.185 * below, 2, 1, sharex=True,
        gridspec_kw={"height_ratios": [2.1, 0.185 * below]},
    )  # fmt: skip
    upper, lower = axes
    _estimates(upper, data, band, scale)
    upper.set_ylabel(words(f"strikes.curves.axis_{universe.figure}"))
    size = 5.0 if len(data) < 60 else 1.8
    for (choice, level), y in places.items():
        chosen = data[data[choice] == level]
        for agrees, colour in ((False, "#8C8C8C"), (True, figures.BLUE)):
            at = chosen.index[chosen["agrees"] == agrees]
            lower.plot(at, [y] * len(at), "|", color=colour, markersize=6, markeredgewidth=size / 3)
    _ticks(lower, universe, places, words)
    lower.set_xlim(-0.02 * len(data) - 0.5, 1.02 * len(data) - 0.5)
    lower.set_xticks([])
    return figures.finish(
        figure,
        words(
            f"strikes.curves.title_{universe.figure}",
            k=words.number(universe.k),
            n=words.number(universe.n),
            claim=words.number(claim),
            choice=words(f"strikes.choices.{universe.figure}.{universe.moves_most}"),
        ),
        words("strikes.curves.subtitle"),
        words("strikes.source", names=words("strikes.curves.evidence")),
    )


def _estimates(axis: Any, data: pd.DataFrame, band: Band, scale: float) -> None:
    top = scale * data["high"].max() * 1.06
    high = top if band.high is None else scale * band.high
    axis.axhspan(scale * band.low, high, color="#E3E3E3", zorder=0, linewidth=0)
    axis.axhline(scale * band.low, color="#777777", linewidth=0.8, zorder=1)
    width = 2.0 if len(data) < 60 else 0.8
    for agrees, colour in ((False, "#8C8C8C"), (True, figures.BLUE)):
        at = data[data["agrees"] == agrees]
        axis.vlines(at.index, scale * at["low"], scale * at["high"], color=colour,
                    linewidth=width, alpha=0.55)  # fmt: skip
    for agrees, style in (
        (False, {"marker": "o", "color": "#777777", "markerfacecolor": "white"}),
        (True, {"marker": "D", "color": figures.BLUE}),
    ):
        at = data[data["agrees"] == agrees]
        axis.plot(at.index, scale * at["estimate"], linestyle="",
                  markersize=5 if len(data) < 60 else 2.6, **style)  # fmt: skip
    axis.set_ylim(0, top)
    axis.tick_params(axis="x", length=0)


def _ticks(
    axis: Any, universe: Multiverse, places: dict[tuple[str, str], float], words: Words
) -> None:
    """Levels with the number that agree out of all that chose them."""
    labels = []
    for choice, level in places:
        k, n = universe.by_choice[choice][level]
        labels.append(
            words("strikes.curves.level", level=words(f"strikes.levels.{choice}.{level}"),
                  k=words.number(k), n=words.number(n))
        )  # fmt: skip
    axis.set_yticks(list(places.values()), labels, fontsize=8.5)
    axis.tick_params(axis="y", length=0)
    axis.grid(visible=False)
    axis.spines["left"].set_visible(False)
    axis.spines["bottom"].set_visible(False)
