"""Figures of one site: roofed area by date, the tornado of choices, and the map."""

from __future__ import annotations

from typing import Any

import matplotlib.dates as mdates
import matplotlib.patheffects as effects
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from analysis import figures
from analysis.growth.buildings import Measured
from analysis.growth.figures_site_map import map_values, site_map
from analysis.growth.history import History, roofed
from analysis.site import Site
from analysis.words import Words, words

__all__ = ["history", "history_values", "map_values", "site_map", "source", "tornado",
           "tornado_values"]  # fmt: skip

MOST_RATIOS = 2
"""Panels of ratios that the width of the column holds beside area and number."""

REACH = 2.2
"""Half-widths of the interval after which the axis of a panel of the tornado ends."""

SEASON_DAYS = 120.0
"""Days within which steps share one line of names in the figure: closer ones would overlap."""


def source(found: Measured, text: Words) -> str:
    """The source line: what the scenes are, and how many."""
    return text(f"growth_maps.source.{found.kind}", scenes=found.scenes_used,
                sensors=", ".join(found.sensors))  # fmt: skip


def voice(kind: str) -> str:
    """Which wording a title has: what is undeclared is treated as simulated."""
    return "observed" if kind == "observed" else "simulated"


def history_values(grown: History, text: Words) -> dict[str, Any]:
    """Numbers and dates that the texts of the history print."""
    table = grown.table
    ends = {} if table.empty else {
        "first": text.number(float(table["value"].iloc[0]), -2),
        "last": text.number(float(table["value"].iloc[-1]), -2),
        "start": text.date(table["date"].iloc[0], partial="month"),
        "end": text.date(table["date"].iloc[-1], partial="month"),
    }  # fmt: skip
    return {
        "where": text(f"growth_maps.zone.{grown.where}"),
        "level": text.number(100 * grown.level),
        "count": len(grown.buildings), "start": "", "end": "", **ends,
    }  # fmt: skip


def history(found: Measured, site: Site, language: str = "en", seed: int = 1) -> Figure:
    """Roofed area by date as a line with its band, re-roofings beside it."""
    text, grown = words(language), roofed(found, site, seed)
    values = history_values(grown, text)
    figure, axes = figures.new(4.2)
    table = grown.table
    if len(grown.buildings):
        days = pd.to_datetime(table["date"])
        axes.fill_between(days, table["low"], table["high"], step="post", color=figures.SKY,
                          alpha=0.45, linewidth=0)  # fmt: skip
        axes.step(days, table["value"], where="post", color=figures.BLUE)
        top = 1.18 * float(table["high"].max())
        axes.set_ylim(0, top)
        _steps(axes, grown, table)
        _events(axes, grown, top)
        if found.days is not None:
            when = found.days.astype("datetime64[D]")
            axes.plot(when, np.full(when.size, 0.985 * top), "|", color="black", markersize=7)
    axes.set_ylabel(text("growth_maps.history.axis"))
    axes.yaxis.set_major_formatter(lambda value, _: text.number(value))
    locator = mdates.AutoDateLocator(maxticks=8)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(mdates.ConciseDateFormatter(locator))
    figure.legend(handles=[
        Line2D([], [], color=figures.BLUE, label=text("growth_maps.history.line")),
        Patch(facecolor=figures.SKY, alpha=0.45,
              label=text("growth_maps.history.band", level=values["level"])),
        Line2D([], [], linestyle="-", marker="D", color=figures.VERMILION, markersize=5,
               label=text("growth_maps.history.events")),
        Line2D([], [], linestyle="", marker="|", color="black", markersize=7,
               label=text("growth_maps.history.scenes")),
    ], ncols=4, handlelength=1.4, columnspacing=1.2)  # fmt: skip
    return _finish(figure, "history", history_title(grown), values, found.kind,
                   source(found, text), text)  # fmt: skip


def history_title(grown: History) -> str:
    """Which of the titles the line asks for."""
    if grown.buildings.empty:
        return "none"
    first, last = (float(grown.table["value"].iloc[i]) for i in (0, -1))
    return "grew" if last > 1.005 * first else "still"


def _steps(axes: Axes, grown: History, table: pd.DataFrame) -> None:
    """The names of buildings at the foot of their step, those of one season on one line."""
    groups: list[list[Any]] = []
    for row in sorted((r for r in grown.buildings.itertuples() if r.since), key=lambda r: r.since):
        if groups and _days_apart(groups[-1][0].since, row.since) < SEASON_DAYS:
            groups[-1].append(row)
        else:
            groups.append([row])
    for rows in groups:
        since = rows[0].since
        at = table[table["date"] >= since]
        height = float(at["value"].iloc[0]) if len(at) else float(table["value"].iloc[-1])
        axes.annotate(
            ", ".join(str(r.id) for r in rows), (mdates.date2num(np.datetime64(since)), height),
            (-4, 5), textcoords="offset points", ha="right", va="bottom", fontsize=8,
        )  # fmt: skip


def _days_apart(one: str, two: str) -> float:
    return float((np.datetime64(two) - np.datetime64(one)).astype("timedelta64[D]").astype(int))


def _events(axes: Axes, grown: History, top: float) -> None:
    """Roofs covered anew: a mark with its interval, a little above the foot."""
    for n, row in enumerate(grown.re_roofings.itertuples()):
        height = (0.10 + 0.055 * (n % 4)) * top
        low = mdates.date2num(np.datetime64(row.low))
        if row.value:
            value, high = (mdates.date2num(np.datetime64(d)) for d in (row.value, row.high))
            axes.plot([low, high], [height] * 2, color=figures.VERMILION, linewidth=1.4)
            axes.plot([value], [height], "D", color=figures.VERMILION, markersize=5)
        else:
            value = high = low
            axes.plot([low], [height], ">", color=figures.VERMILION, markersize=6)
        axes.annotate(str(row.id), (high, height), (5, 0), textcoords="offset points",
                      va="center", fontsize=8)  # fmt: skip


def tornado_values(frame: pd.DataFrame, text: Words) -> dict[str, Any]:
    """Numbers that the texts of the tornado print; ``title`` says which title they ask for.

    The title is about the number and the choice that go farthest beyond an interval.
    """
    values: dict[str, Any] = {
        "level": text.number(100 * float(frame.attrs["level"])), "title": "none",
        "lost": _lost(frame, text),
    }  # fmt: skip
    farthest = 0.0
    for headline in headlines(frame):
        half, moved = half_width(frame, headline), changes(frame, headline).dropna()
        if not half or moved.empty:
            continue
        most = moved.loc[moved["change"].abs().idxmax()]
        beyond = abs(float(most["change"])) / half
        values["title"] = "beyond" if max(beyond, farthest) > 1 else "within"
        if beyond > farthest:
            farthest = beyond
            values |= {
                "headline": name_of(headline, text), "half": f"{text.number(half, 1)}\u00a0%",
                "choice": choice_name(str(most["choice"]), text),
                "most": f"{text.number(abs(float(most['change'])), 1)}\u00a0%",
            }  # fmt: skip
    return values


def _lost(frame: pd.DataFrame, text: Words) -> str:
    """How many settings leave a headline without the number that it has as things are used."""
    rows = frame[frame["setting"] != "used"]
    named = {h for h in headlines(frame) if _used(frame, h) is not None}
    gone = rows[rows["headline"].isin(named) & ~np.isfinite(rows["value"].astype(float))]
    count = len(gone[["choice", "setting"]].drop_duplicates())
    every = len(rows[["choice", "setting"]].drop_duplicates())
    lost = text("growth_maps.tornado.lost", count=text.number(count), all=text.number(every))
    return lost if count else ""


def half_width(frame: pd.DataFrame, headline: str) -> float:
    """Half of the interval of a number in use, percent of it; zero where it has none."""
    used = _used(frame, headline)
    if used is None or not np.isfinite(used["high"] - used["low"]):
        return 0.0
    return float(50 * (used["high"] - used["low"]) / used["value"])


def headlines(frame: pd.DataFrame) -> list[str]:
    """Headline numbers that have panels, in order."""
    there = list(dict.fromkeys(frame["headline"]))
    ratios = [h for h in there if h.startswith("ratio.")][:MOST_RATIOS]
    return [*ratios, *(h for h in ("area", "new") if h in there)]


def name_of(headline: str, text: Words) -> str:
    """A headline number in words."""
    if headline.startswith("ratio."):
        return text("growth_maps.tornado.ratio", id=headline.removeprefix("ratio."))
    return text(f"growth_maps.tornado.{headline}")


AT_FRAME = 0.97
"""Share of the frame from which a bar looks cut off."""


def choice_name(choice: str, text: Words) -> str:
    """A choice in words."""
    return text(f"growth_maps.tornado.choices.{choice.removeprefix('growth.')}")


def _used(frame: pd.DataFrame, headline: str) -> pd.Series | None:
    rows = frame[(frame["setting"] == "used") & (frame["headline"] == headline)]
    return None if rows.empty or not np.isfinite(rows["value"].iloc[0]) else rows.iloc[0]


def changes(frame: pd.DataFrame, headline: str) -> pd.DataFrame:
    """``choice setting change``: percent of the number in use, or a difference of counts."""
    rows = frame[(frame["setting"] != "used") & (frame["headline"] == headline)]
    used = _used(frame, headline)
    change = rows["value"] * np.nan
    if used is not None:
        change = rows["value"] - used["value"]
        change = change if headline == "new" else 100 * change / used["value"]
    return rows[["choice", "setting"]].assign(change=change.astype(float))


def tornado(frame: pd.DataFrame, language: str = "en") -> Figure:
    """How far each headline number moves with each choice; `analysis.growth.choices`."""
    text = words(language)
    values, shown = tornado_values(frame, text), headlines(frame)
    order = _order(frame, shown)
    figure, grid = figures.new(1.9 + 0.5 * len(order), 1, len(shown), sharey=True, squeeze=False)
    for axes, headline in zip(grid[0], shown, strict=True):
        _panel(axes, frame, headline, order, text)
    names = [f"{choice_name(c, text)}\n"
             f"{text('growth_maps.tornado.settings.' + c.removeprefix('growth.'))}"
             for c in order]  # fmt: skip
    grid[0][0].set_yticks(range(len(order)), names, fontsize=8)
    grid[0][0].set_ylim(len(order) - 0.2, -0.6)
    figure.legend(handles=[
        Patch(facecolor=figures.SKY, edgecolor="black", hatch="///",
              label=text("growth_maps.tornado.low")),
        Patch(facecolor=figures.ORANGE, edgecolor="black",
              label=text("growth_maps.tornado.high")),
    ], ncols=2)  # fmt: skip
    line = text(f"growth_maps.source.{frame.attrs['kind']}", scenes=frame.attrs["scenes"],
                sensors=frame.attrs["sensor"])  # fmt: skip
    line = f"{line} {text('growth_maps.source.choices')}"
    return _finish(figure, "tornado", str(values["title"]), values, frame.attrs["kind"], line, text)


def _order(frame: pd.DataFrame, shown: list[str]) -> list[str]:
    """Choices, those that move the first number most at the top."""
    moved = changes(frame, shown[0])
    most = moved.assign(most=moved["change"].abs().fillna(0.0)).groupby("choice")["most"].max()
    return list(most.sort_values(ascending=False, kind="stable").index)


def _panel(axes: Axes, frame: pd.DataFrame, headline: str, order: list[str], text: Words) -> None:
    used, moved = _used(frame, headline), changes(frame, headline)
    count = headline == "new"
    largest = float(moved["change"].abs().max()) if moved["change"].notna().any() else 1.0
    reach = max(1.15 * largest, 1.0)
    if used is not None and not count:
        ends = [100 * (used[end] / used["value"] - 1) for end in ("low", "high")]
        axes.axvspan(*ends, color="#dddddd", zorder=0)
        reach = max(min(reach, REACH * max(map(abs, ends))), 1.15 * max(map(abs, ends)))
    axes.set_xlim(-reach, reach)
    for row in moved.itertuples():
        place = order.index(row.choice) + (-0.19 if row.setting == "low" else 0.19)
        if not np.isfinite(row.change):
            axes.text(0.04 * reach, place, text("growth_maps.tornado.nothing"), fontsize=8,
                      va="center")  # fmt: skip
            continue
        low = row.setting == "low"
        axes.barh(
            place, row.change, height=0.34, edgecolor="black", linewidth=0.6,
            color=figures.SKY if low else figures.ORANGE, hatch="///" if low else None,
        )  # fmt: skip
        if abs(row.change) > AT_FRAME * reach:
            side = np.sign(row.change)
            axes.text(
                side * 0.95 * reach, place, signed(row.change, text, count), fontsize=8,
                va="center", ha="right" if side > 0 else "left", fontweight="bold",
                path_effects=[effects.withStroke(linewidth=2.5, foreground="white")],
            )  # fmt: skip
    if count:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=4))
    axes.axvline(0, color="black", linewidth=0.9)
    axes.grid(True, axis="x")
    axes.grid(False, axis="y")
    axes.tick_params(axis="x", labelsize=8)
    axes.tick_params(axis="y", length=0)
    axes.set_title(name_of(headline, text), fontsize=8.5)
    axes.set_xlabel(text(f"growth_maps.tornado.{'count' if count else 'percent'}"), fontsize=8)


def signed(change: float, text: Words, count: bool) -> str:
    """A change with its sign, in percent or as a number."""
    places = 0 if count else 1
    sign = "" if round(change, places) == 0 else "−" if change < 0 else "+"
    return f"{sign}{text.number(abs(change), places)}" + ("" if count else "\u00a0%")


def _finish(
    figure: Figure, name: str, title: str, values: dict[str, Any], kind: str, line: str, text: Words
) -> Figure:
    if kind != "observed":
        figures.mark_simulated(figure, text)
    return figures.finish(
        figure,
        text(f"growth_maps.{name}.title_{title}_{voice(kind)}", **values),
        text(f"growth_maps.{name}.subtitle", **values),
        line,
    )
