"""The law of resolvability as a figure: error of a ratio against scenes, by pixel size."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from IPython.display import Markdown, display
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, ScalarFormatter

from analysis import figures
from analysis.growth.resolvability import FEWEST, RIVALS, STEM, table
from analysis.words import Words, words

STYLES = {10.0: ("o", "-", figures.BLUE), 3.0: ("s", "--", figures.VERMILION)}
HALF_BAND = 0.05
"""Half of the claim's band of the ratio."""


def values(rows: pd.DataFrame, text: Words) -> dict[str, Any]:
    """Numbers that the texts print: at each pixel size, least and most scenes."""
    found: dict[str, Any] = {"half": text.number(HALF_BAND, 2)}
    for gsd, own in rows.groupby("gsd"):
        name = f"m{gsd:g}"
        first, last = own.iloc[0], own.iloc[-1]
        found |= {
            f"{name}_few": f"{first.scenes:.0f}", f"{name}_many": f"{last.scenes:.0f}",
            f"{name}_first": text.number(first.rmse, 3), f"{name}_last": text.number(last.rmse, 3),
        }  # fmt: skip
    least = rows[list(RIVALS)].min(axis=1)
    found["power"] = text.number(100 * float(least.max()), 0)
    found["power_least"] = text.number(100 * float(least.min()), 0)
    found["worlds"] = f"{rows['worlds'].min()}–{rows['worlds'].max()}"
    return found


def law(rows: pd.DataFrame, language: str = "en") -> Figure:
    """Root mean square error of the ratio (rows of `analysis.growth.resolvability.table`)."""
    text = words(language)
    figure, (left, right) = figures.new(4.2, 1, 2, sharex=True)
    for gsd, own in rows.groupby("gsd"):
        marker, line, colour = STYLES[float(gsd)]
        label = text("resolvability.pixels", gsd=f"{gsd:g}")
        shift = 1.0 if gsd == rows["gsd"].max() else 1.06
        left.errorbar(
            own["scenes"] * shift, own["rmse"],
            [own["rmse"] - own["rmse_low"], own["rmse_high"] - own["rmse"]],
            fmt=marker + line, color=colour, capsize=2, label=label,
        )  # fmt: skip
        left.plot(own["scenes"], own["bound"], color=colour, linewidth=0.9, linestyle=":")
        power = own[list(RIVALS)].min(axis=1)
        right.plot(own["scenes"] * shift, 100 * power, marker + line, color=colour, label=label)
    left.axhline(HALF_BAND, color="#555555", linewidth=0.8, label=text("resolvability.half_band"))
    left.set_xscale("log")
    left.set_yscale("log")
    ticks = sorted(rows["scenes"].unique())
    for axes in (left, right):
        axes.set_xticks(ticks, [str(t) for t in ticks])
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_xlabel(text("resolvability.scenes"))
    left.yaxis.set_major_formatter(ScalarFormatter())
    left.yaxis.set_minor_formatter(NullFormatter())
    left.set_yticks([v for v in (0.001, 0.003, 0.01, 0.03, 0.1) if v < 2 * rows["rmse_high"].max()])
    left.set_title(text("resolvability.error_axis"))
    right.set_title(text("resolvability.power_axis"))
    right.set_ylim(0, 105)
    left.legend(loc="lower left", fontsize=8)
    figures.mark_simulated(figure, text)
    told = values(rows, text)
    return figures.finish(
        figure, text("resolvability.title", **told), text("resolvability.subtitle", **told),
        text("resolvability.source", **told),
    )  # fmt: skip


def show(language: str) -> None:
    """Show the law with alt text and data."""
    text, rows = words(language), table()
    rows = rows[rows["worlds"] >= FEWEST]
    figures.show(
        law(rows, language), name="simulated-resolvability",
        alt=text("resolvability.alt", **values(rows, text)),
        caption=text("resolvability.caption"),
        keys=[f"{STEM}.{r.gsd:g}m.{r.scenes}.ratio_rmse" for r in rows.itertuples()],
        data=rows.assign(kind="simulated").replace({np.nan: None}),
    )  # fmt: skip


def show_table(language: str) -> None:
    """Show all cells of the law, those with too few worlds marked."""
    text, rows = words(language), table()
    lines = [text("resolvability.head"), "|" + "---:|" * 9]
    for r in rows.itertuples():
        start = f"| {r.gsd:g} | {r.scenes} | {r.worlds} | "
        if r.worlds < FEWEST:
            lines.append(start + text("resolvability.not_enough") + " |" * 6)
            continue
        power = min(getattr(r, name) for name in RIVALS)
        fine = (text.number(v, 3) for v in (r.rmse, r.width))
        shares = (text.number(100 * v) for v in (power, r.inside))
        cells = (*fine, text.number(100 * r.coverage), text.number(r.bound, 3), *shares)
        lines.append(start + " | ".join(cells) + " |")
    display(Markdown("\n".join(lines)))
