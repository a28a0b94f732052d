"""Figure: each CNN figure beside every published rival and the bounds from the tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from analysis import figures
from analysis.results import Result
from analysis.strikes.rivals import CNN, FIGURES, Claim, rivals
from analysis.strikes.tables import Tables
from analysis.words import Words

COMPUTED = {
    "missiles": {
        "labels": "strikes.count.bounds.year",
        "labels-surge": "strikes.count.bounds.surge",
        "with-prosecutors": "strikes.count.scenario.with-prosecutors",
    },
    "killed": {
        "located": "strikes.killed.located-attributed",
        "located-joint": "strikes.killed.located-with-joint",
    },
    "injured": {
        "located": "strikes.injured.located-attributed",
        "located-joint": "strikes.injured.located-with-joint",
    },
    "share": {
        "year-missile": "strikes.share.bounds.year.missile.iskander-family",
        "year-day": "strikes.share.bounds.year.day.iskander-family",
        "surge-missile": "strikes.share.bounds.surge.missile.iskander-family",
        "surge-day": "strikes.share.bounds.surge.day.iskander-family",
        "division": "strikes.share.published",
    },
}
"""Per figure, name of a row to the result it draws."""


@dataclass(frozen=True)
class Line:
    """One line of a panel."""

    figure: str
    label: str
    low: float
    """In the panel's unit: missiles, persons, or percent."""
    high: float | None
    """``None`` for "at least"."""
    point: float | None
    kind: str
    """``cnn``, ``published``, ``aside`` (one day, a part, a later period), ``computed`` or
    ``scenario``."""
    key: str
    """Claim id or result key."""
    lineage: int | None


def lines(tables: Tables, results: Mapping[str, Result], words: Words) -> list[Line]:
    """Every line of the four panels, published ones by date, then what we compute."""
    found = []
    for figure in FIGURES:
        scale = 100.0 if figure == "share" else 1.0
        for claim in rivals(tables.claims.values(), figure):
            own = claim.claim_id == CNN[figure]
            voice = tables.voices[figure][claim.claim_id]
            found.append(
                Line(
                    figure=figure,
                    label=_label(claim, voice, words),
                    low=scale * claim.value,
                    high=None if claim.high is None else scale * claim.high,
                    point=scale * claim.value,
                    kind="cnn" if own else "published" if claim.role == "running" else "aside",
                    key=claim.claim_id,
                    lineage=voice,
                )
            )
        for name, key in COMPUTED[figure].items():
            result = results[key]
            low, high = result.interval() or (result.value, result.value)
            value = result.value
            if not isinstance(low, int | float):
                continue
            found.append(
                Line(
                    figure=figure,
                    label=words(f"strikes.rivals.{name}"),
                    low=scale * low,
                    high=scale * high if isinstance(high, int | float) else None,
                    point=scale * value if isinstance(value, int | float) else None,
                    kind="scenario" if result.interval_kind == "scenario" else "computed",
                    key=key,
                    lineage=None,
                )
            )
    return found


def _label(claim: Claim, voice: int, words: Words) -> str:
    when = words("strikes.undated")
    if claim.said:
        exact = claim.said == claim.said_to
        when = f"{claim.said:%Y-%m-%d}" if exact else f"{claim.said:%Y-%m}"
    values = {"agency": claim.agencies[0], "date": when, "voice": voice}
    if claim.role == "running":
        return words("strikes.rivals.row", **values)
    role = words(f"strikes.rivals.{claim.role}")
    return words("strikes.rivals.row_role", role=role, **values)


def table(shown: list[Line]) -> pd.DataFrame:
    """The lines as a table: ``figure, label, low, high, point, kind, key, lineage``."""
    return pd.DataFrame([vars(line) for line in shown])


def draw(shown: list[Line], tables: Tables, words: Words) -> Figure:
    """Four panels under one another, a line per published or computed figure."""
    alone = not any(found.kept for found in tables.agreements.values())
    panels = {figure: [s for s in shown if s.figure == figure] for figure in FIGURES}
    counts = [len(p) for p in panels.values()]
    figure, axes = figures.new(
        2.2 + 0.205 * sum(counts), len(panels), 1,
        gridspec_kw={"height_ratios": [c + 1.2 for c in counts]},
    )  # fmt: skip
    for axis, (name, chosen) in zip(axes, panels.items(), strict=True):
        _panel(axis, chosen)
        axis.set_title(words(f"strikes.rivals.{name}"), fontsize=9.5, fontweight="bold")
    names = "; ".join(words(f"strikes.{n}") for n in ("claims", "bulletins", "incidents"))
    return figures.finish(
        figure, words("strikes.rivals.title" if alone else "strikes.rivals.title_plain"),
        words("strikes.rivals.subtitle"),
        words("strikes.source", names=names),
    )  # fmt: skip


def _panel(axis: Any, chosen: list[Line]) -> None:
    top = max([s.high if s.high is not None else s.low for s in chosen])
    for i, line in enumerate(chosen):
        colour = {"cnn": figures.VERMILION, "aside": "#9A9A9A"}.get(line.kind, figures.BLUE)
        if line.kind in ("computed", "scenario"):
            _computed(axis, line, -i)
            continue
        axis.plot(
            [line.point], [-i], "o", color=colour, markersize=6,
            markerfacecolor=colour if line.kind == "cnn" else "white", markeredgewidth=1.3,
        )  # fmt: skip
        if line.high is None:
            axis.annotate(
                "", (line.low, -i), (22, 0), textcoords="offset points",
                arrowprops={"arrowstyle": "<|-", "color": colour, "linewidth": 1.2,
                            "shrinkA": 0, "shrinkB": 4},
            )  # fmt: skip
    cnn = next(s for s in chosen if s.kind == "cnn")
    axis.axvline(cnn.low, color=figures.VERMILION, linewidth=0.8, linestyle=(0, (4, 3)), zorder=0)
    axis.set_yticks([-i for i in range(len(chosen))], [s.label for s in chosen], fontsize=8.5)
    axis.set_ylim(-len(chosen) + 0.35, 0.65)
    axis.set_xlim(0, top * 1.08)
    axis.grid(axis="y", visible=False)
    axis.grid(axis="x")


def _computed(axis: Any, line: Line, place: float) -> None:
    if line.high is not None and line.high > line.low:
        bounded = line.kind == "computed"
        axis.add_patch(
            Rectangle(
                (line.low, place - 0.27), line.high - line.low, 0.54,
                facecolor="#DCEBF5" if bounded else "white", edgecolor=figures.BLUE,
                hatch="////" if bounded else None, linestyle="-" if bounded else "--",
                linewidth=0.8,
            )
        )  # fmt: skip
    if line.point is not None:
        axis.plot([line.point], [place], "s", color="black", markersize=4.5)
