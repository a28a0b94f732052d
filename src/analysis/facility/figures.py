"""Figures of the chapter: timeline and drift; the map is in `figures_map`."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib import dates as mdates
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend_handler import HandlerTuple
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch, Patch

from analysis import figures
from analysis.facility.drift import CLASSES, split_families, tally
from analysis.facility.readings import LISTED_VISITS
from analysis.words import Words, words

STANDING = {
    "stated": (figures.BLUE, ""),
    "placed": (figures.SKY, "////"),
    "candidate": (figures.ORANGE, ""),
    "elsewhere": (figures.GREY, ""),
    "unused": (figures.GREY, ""),
}
"""Colour and hatch of each standing."""

CLASS_STYLE = {
    "same": (figures.BLUE, "white", ""),
    "inverted": (figures.ORANGE, "black", "////"),
    "inflated": (figures.VERMILION, "black", "...."),
    "other": (figures.GREY, "black", ""),
}
"""Fill, text colour and hatch of each class of wording."""

SHORT_DAYS = 60
"""A bar shorter than this cannot be seen on the axis: it is drawn as a point."""


def timeline_values(rows: pd.DataFrame, language: str) -> dict[str, object]:
    """The numbers and names that title and alt text of the timeline print."""
    text = words(language)
    works = rows[rows["lane"].isin(["works", "roofs"])]
    agency = works["agencies"].value_counts().index[0]
    listed = rows[rows["id"].isin(LISTED_VISITS)]
    return {
        "rows": len(rows),
        "works": int((works["agencies"] == agency).sum()),
        "all_works": len(works),
        "agency": agency,
        "stated": int((listed["standing"] == "stated").sum()),
        "listed": len(listed),
        "candidates": int((rows["standing"] == "candidate").sum()),
        "lanes": ", ".join(text(f"facility.lane.{lane}") for lane in rows["lane"].unique()),
        "first": text.date(rows["low"].min().date(), partial="year"),
        "last": text.date(rows["high"].max().date(), partial="year"),
    }


def timeline(rows: pd.DataFrame, language: str = "en") -> Figure:
    """The published chronology, one row per entry.

    Parameters
    ----------
    rows
        What `analysis.facility.chronology.entries` returns.
    language
        Language of all texts.
    """
    text = words(language)
    places, position, gaps = [], 0.0, []
    for previous, lane in zip([None, *rows["lane"]], rows["lane"], strict=False):
        if lane != previous:
            gaps.append((position, lane))
            position += 1.0
        places.append(position)
        position += 1.0
    figure, axes = figures.new(0.2 * position + 1.75)
    assert isinstance(axes, Axes)
    for y, row in zip(places, rows.itertuples(), strict=True):
        _entry(axes, y, row)
        axes.annotate(
            row.sources, (1.01, y), xycoords=("axes fraction", "data"), fontsize=8, va="center",
            color="#4d4d4d", annotation_clip=False,
        )  # fmt: skip
    for y, _ in gaps[1:]:
        axes.axhline(y - 0.5, color="#bfbfbf", linewidth=0.8)
    axes.set_yticks(
        [*places, *(y for y, _ in gaps)],
        [
            *(text(f"facility.entry.{name}") for name in rows["id"]),
            *(text(f"facility.lane.{lane}") for _, lane in gaps),
        ],
    )
    for label, _ in zip(axes.get_yticklabels()[len(places) :], gaps, strict=True):
        label.set_fontweight("bold")
    axes.tick_params(axis="y", length=0, labelsize=8.5)
    axes.annotate(
        text("facility.chronology.column"), (1.01, gaps[0][0]), fontsize=8, fontweight="bold",
        xycoords=("axes fraction", "data"), va="center", annotation_clip=False,
    )  # fmt: skip
    axes.set_ylim(position - 0.4, -0.7)
    axes.set_xlim(pd.Timestamp("2010-09-01"), pd.Timestamp("2026-12-31"))
    axes.xaxis.set_major_locator(mdates.YearLocator(3))
    axes.xaxis.set_minor_locator(mdates.YearLocator())
    axes.xaxis.set_major_formatter(mdates.DateFormatter("%Y"))
    axes.grid(True, axis="x", which="both")
    axes.grid(False, axis="y")
    _legend(axes, text)
    values = timeline_values(rows, language)
    return figures.finish(
        figure,
        text("facility.chronology.title", **values),
        text("facility.chronology.subtitle", **values),
        text("facility.chronology.source"),
    )


def _entry(axes: Axes, y: float, row: object) -> None:
    """One row: a bar over its days, a point where they are few, an arrow for *by*."""
    colour, hatch = STANDING[row.standing]  # type: ignore[attr-defined]
    high, low = row.high, row.low  # type: ignore[attr-defined]
    if row.extent == "by":  # type: ignore[attr-defined]
        axes.annotate(
            "", (high - pd.Timedelta(days=420), y), (high, y),
            arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 1.4},
        )  # fmt: skip
        axes.plot([high, high], [y - 0.32, y + 0.32], color=colour, linewidth=2)
    elif row.standing in ("elsewhere", "unused"):  # type: ignore[attr-defined]
        axes.plot(high, y, **_point("elsewhere"), markersize=6)
    elif (high - low).days < SHORT_DAYS:
        middle = low + (high - low) / 2
        axes.plot(middle, y, **_point(row.standing), markersize=6.5)  # type: ignore[attr-defined]
    else:
        axes.barh(y, high - low, left=low, height=0.62, color=colour, hatch=hatch,
                  edgecolor="#1a1a1a", linewidth=0.6)  # fmt: skip


def _point(standing: str) -> dict[str, Any]:
    """How an entry of a few days looks: its shape tells the standing without colour."""
    colour = STANDING[standing][0]
    looks = {
        "stated": ("D", colour, colour, 1.0),
        "placed": ("o", "#1a1a1a", colour, 1.0),
        "candidate": ("D", colour, "white", 1.7),
        "elsewhere": ("x", "#4d4d4d", "#4d4d4d", 1.6),
    }
    marker, edge, face, width = looks[standing]
    return {"marker": marker, "color": edge, "markerfacecolor": face, "markeredgewidth": width}


def _legend(axes: Axes, text: Words) -> None:
    """Below the axes: how each standing looks as a bar and as a point."""

    def point(standing: str) -> Line2D:
        return Line2D([], [], linestyle="none", markersize=6, **_point(standing))

    stated, placed = STANDING["stated"][0], STANDING["placed"][0]
    entries = {
        "stated": (Patch(facecolor=stated, edgecolor="#1a1a1a"), point("stated")),
        "placed": (
            Patch(facecolor=placed, hatch="////", edgecolor="#1a1a1a"),
            point("placed"),
        ),
        "candidate": (point("candidate"),),
        "elsewhere": (point("elsewhere"),),
        "by": (Line2D([], [], color=stated, marker="<", markersize=5),),
    }
    axes.legend(
        list(entries.values()), [text(f"facility.standing.{name}") for name in entries],
        handler_map={tuple: HandlerTuple(ndivide=None, pad=0.6)}, loc="upper center",
        bbox_to_anchor=(0.36, -0.05), ncols=2, fontsize=8, handlelength=3, columnspacing=1.2,
    )  # fmt: skip


def drift_values(retellings: pd.DataFrame) -> dict[str, object]:
    """The counts that title and alt text of the drift figure print."""
    counts = tally(retellings)
    values: dict[str, object] = {"split": ", ".join(split_families(retellings))}
    for name in [*CLASSES, "all"]:
        values[name] = int(counts.at[name, "items"])
        values[f"{name}_families"] = int(counts.at[name, "families"])
        values[f"{name}_languages"] = int(counts.at[name, "languages"])
    return values


def drift(retellings: pd.DataFrame, language: str = "en") -> Figure:
    """What became of the size claim: one square per retelling, by class.

    Parameters
    ----------
    retellings
        What `analysis.facility.drift.retellings` returns.
    language
        Language of all texts.
    """
    text = words(language)
    figure, axes = figures.new(4.3)
    assert isinstance(axes, Axes)
    counts = tally(retellings)
    split = split_families(retellings)
    ends: dict[str, list[tuple[float, float]]] = {}
    for row, name in enumerate(CLASSES):
        y = -2.1 * row
        group = retellings[retellings["wording"] == name]
        x = 0.0
        group = group.assign(split=group["family"].isin(split)).sort_values(
            ["split", "family", "language"], kind="stable"
        )
        for family, items in group.groupby("family", sort=False):
            for item in items.itertuples():
                _square(axes, x, y, item)
                if family in split:
                    ends.setdefault(str(family), []).append((x, y))
                x += 0.92
            if len(items) > 1:
                axes.plot([x - 0.92 * len(items) - 0.36, x - 0.56], [y - 0.55] * 2,
                          color="black", linewidth=2.2, solid_capstyle="butt")  # fmt: skip
            x += 0.16
        axes.text(-0.38, y + 0.56, text(f"facility.drift.{name}"), va="bottom", fontsize=10,
                  fontweight="bold")  # fmt: skip
        axes.text(1.9, y + 0.56, text(f"facility.drift.meaning_{name}", ratio=_span(group, text)),
                  va="bottom", fontsize=8.5, color="#333333")  # fmt: skip
        axes.text(18.2, y + 0.56, text("facility.drift.counts", **counts.loc[name].to_dict()),
                  ha="right", va="bottom", fontsize=8.5, color="#333333")  # fmt: skip
    for family_ends in ends.values():
        (x1, y1), (x2, y2) = family_ends[0], family_ends[-1]
        axes.plot([x1 + 0.4, 11.6, 11.6, x2 + 0.4], [y1, y1, y2, y2], color="black",
                  linewidth=1.3, linestyle=(0, (3, 2)), zorder=0)  # fmt: skip
        axes.text(11.8, (y1 + y2) / 2 + 0.1, text("facility.drift.split"), fontsize=8.5,
                  va="center", ha="left")  # fmt: skip
    axes.set_xlim(-0.45, 18.25)
    axes.set_ylim(-2.1 * (len(CLASSES) - 1) - 0.6, 1.1)
    axes.set_axis_off()
    return figures.finish(
        figure,
        text("facility.drift.title", **drift_values(retellings)),
        text("facility.drift.subtitle"),
        text("facility.drift.source"),
    )


def _square(axes: Axes, x: float, y: float, item: object) -> None:
    colour, ink, hatch = CLASS_STYLE[str(item.wording)]  # type: ignore[attr-defined]
    bare = pd.isna(item.ratio_low)  # type: ignore[attr-defined]
    axes.add_patch(
        FancyBboxPatch(
            (x - 0.38, y - 0.4), 0.76, 0.8, boxstyle="round,pad=0,rounding_size=0.08",
            facecolor="white" if bare else colour, edgecolor=colour if bare else "#1a1a1a",
            linewidth=1.6 if bare else 0.6, hatch="" if bare else hatch,
        )
    )  # fmt: skip
    box = None if hatch == "" or bare else {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
    axes.text(x, y, item.language, ha="center", va="center", fontsize=8.5,  # type: ignore[attr-defined]
              color="black" if bare or hatch else ink, bbox=box)  # fmt: skip


def _span(group: pd.DataFrame, text: Words) -> str:
    """The ratios that the wordings of a class imply, in per cent; empty if none."""
    low, high = group["ratio_low"].min(), group["ratio_high"].max()
    if pd.isna(low):
        return ""
    return text("facility.drift.ratio", low=text.number(100 * low), high=text.number(100 * high))
