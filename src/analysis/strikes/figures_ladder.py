"""Figure: official totals of the dead and injured against located incidents."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis import figures
from analysis.strikes.casualties import QUANTITIES, Located
from analysis.strikes.ladder import Rung
from analysis.words import Words


def table(rungs: list[Rung]) -> pd.DataFrame:
    """One row per statement and quantity, with both located totals and residuals.

    Returns
    -------
    pandas.DataFrame
        ``agency``, ``statement_date`` (first day it allows), ``quantity``,
        ``official``, ``floor``, ``located``, ``located_low``, ``located_high``,
        ``joint``, ``joint_low``, ``joint_high``, ``residual``,
        ``residual_with_joint``, both of first readings and with ``_low`` and
        ``_high`` over rival readings; persons.
    """
    return pd.DataFrame(
        [
            {
                "agency": r.claims[q].agencies[0],
                "statement_date": r.claims[q].said,
                "quantity": q,
                "official": r.claims[q].value,
                "floor": r.claims[q].floor,
                "located": r.attributed[q].first,
                "located_low": r.attributed[q].low,
                "located_high": r.attributed[q].high,
                "joint": r.with_joint[q].first,
                "joint_low": r.with_joint[q].low,
                "joint_high": r.with_joint[q].high,
                "residual": r.residual(q),
                "residual_low": r.span(q)[0],
                "residual_high": r.span(q)[1],
                "residual_with_joint": r.residual(q, joint=True),
                "residual_with_joint_low": r.span(q, joint=True)[0],
                "residual_with_joint_high": r.span(q, joint=True)[1],
            }
            for r in rungs
            for q in QUANTITIES
        ]
    )


def signed(value: int, words: Words) -> str:
    """A number with its sign, zero without one."""
    return ("+" if value > 0 else "") + words.number(value)


def residuals(rungs: list[Rung], words: Words) -> list[str]:
    """One phrase per statement: body, month and both residuals of both quantities."""
    found = []
    for rung in rungs:
        parts = [
            f"{words(f'strikes.ladder.{q}')} {signed(rung.residual(q), words)} / "
            f"{signed(rung.residual(q, joint=True), words)}"
            for q in QUANTITIES
        ]
        found.append(f"{_name(rung, words)}: {', '.join(parts)}")
    return found


def draw(rungs: list[Rung], words: Words) -> Figure:
    """A panel per quantity, a line per statement, signed residuals at the right."""
    figure, axes = figures.new(2.6 + 0.42 * len(rungs), 1, 2, sharey=True)
    for axis, quantity in zip(axes, QUANTITIES, strict=True):
        _panel(axis, rungs, quantity, words)
    axes[0].set_yticks([-i for i in range(len(rungs))], [_name(r, words) for r in rungs])
    _legend(figure, words)
    last = rungs[-1] if rungs else None
    if last is None or last.residual("killed") <= 0 or last.residual("killed", joint=True) >= 0:
        title = words("strikes.ladder.title_plain")
    else:
        title = words(
            "strikes.ladder.title",
            killed=words.number(last.residual("killed")),
            joint=words.number(-last.residual("killed", joint=True)),
        )
    return figures.finish(
        figure, title, words("strikes.ladder.subtitle"),
        words("strikes.source", names=f"{words('strikes.claims')}; {words('strikes.incidents')}"),
    )  # fmt: skip


def _name(rung: Rung, words: Words) -> str:
    claim = rung.claims["killed"]
    month = words.date(claim.said, partial="month") if claim.said else words("strikes.undated")
    return words("strikes.ladder.rung", agency=claim.agencies[0], month=month)


def _panel(axis: Any, rungs: list[Rung], quantity: str, words: Words) -> None:
    for i, rung in enumerate(rungs):
        claim = rung.claims[quantity]
        joint = rung.with_joint[quantity]
        if joint.first != rung.attributed[quantity].first:
            _located(axis, joint, -i - 0.22, figures.ORANGE, "D")
        _located(axis, rung.attributed[quantity], -i + 0.02, figures.BLUE, "o")
        axis.plot([claim.value], [-i + 0.26], "|", color="black", markersize=9, markeredgewidth=2)
        if claim.floor:
            axis.annotate(
                "", (claim.value, -i + 0.26), (18, 0), textcoords="offset points",
                arrowprops={"arrowstyle": "<|-", "color": "black", "linewidth": 1.2,
                            "shrinkA": 0, "shrinkB": 0},
            )  # fmt: skip
        values = {"without": signed(rung.residual(quantity), words),
                  "with": signed(rung.residual(quantity, joint=True), words)}  # fmt: skip
        form = "residual" if values["with"] != values["without"] else "residual_one"
        axis.text(
            1.0, -i, words(f"strikes.ladder.{form}", **values), ha="right", va="center", fontsize=9,
            transform=axis.get_yaxis_transform(),
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
        )  # fmt: skip
    located = [r.with_joint[quantity].high for r in rungs]
    top = max([1, *located, *(r.claims[quantity].value for r in rungs)])
    axis.set_xlim(0, top * 1.45)
    axis.set_title(words(f"strikes.ladder.{quantity}"), fontsize=9.5)
    axis.set_xlabel(words("strikes.ladder.axis"))
    axis.grid(axis="x")
    axis.grid(axis="y", visible=False)
    axis.set_ylim(-len(rungs) + 0.4, 0.6)


def _located(axis: Any, total: Located, height: float, colour: str, marker: str) -> None:
    axis.plot([total.low, total.high], [height, height], color=colour, linewidth=1.6)
    axis.plot([total.first], [height], marker, color=colour, markersize=5.5,
              markeredgecolor="black", markeredgewidth=0.5)  # fmt: skip


def _legend(figure: Figure, words: Words) -> None:
    marks = (
        ("official", {"color": "black", "marker": "|", "markersize": 9, "markeredgewidth": 2,
                      "linestyle": ""}),
        ("attributed", {"color": figures.BLUE, "marker": "o", "linestyle": ""}),
        ("joint", {"color": figures.ORANGE, "marker": "D", "linestyle": ""}),
        ("spans", {"color": "#555555", "linewidth": 1.6}),
    )  # fmt: skip
    figure.legend(
        handles=[Line2D([], [], label=words(f"strikes.ladder.{n}"), **s) for n, s in marks],
        loc="lower left", ncols=4, fontsize=8.5, columnspacing=1.2,
    )  # fmt: skip
