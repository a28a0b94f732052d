"""Figures of the method page; each frame says that what it shows is simulated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from analysis import figures
from analysis.scenes.method import SENSOR, Shown
from analysis.scenes.method_results import spread
from analysis.words import Words, words

HEIGHT = 3.9
"""Inches."""

RIM = "#6e6e6e"
CONTRAST = 0.08
"""Reflectance at which a difference is black or white."""


def choice_values(found: Shown, text: Words) -> dict[str, Any]:
    """Numbers and dates that the texts of the figure print."""
    table = found.scenes
    cloud = table.set_index("id")["catalogue_cloud"][found.names["left"]]
    return {
        "used": int(table["used"].sum()), "listed": len(table),
        "first": table["date"].min()[:4], "last": table["date"].max()[:4],
        "cloud": text.number(float(cloud)),
    }  # fmt: skip


def choice(found: Shown, language: str = "en") -> Figure:
    """Which scenes are used: one of each kind, and all of them by the catalogue's cloud."""
    text = words(language)
    figure, axes = _three()
    _picture(axes[0], found.pictures["clear"], text("scenes.choice.used_picture"))
    _picture(axes[1], found.pictures["left"], text("scenes.choice.left_picture"))
    table, chart = found.scenes, axes[2]
    used = table["used"].astype(bool)
    for rows, colour, marker, name in (
        (table[used], figures.BLUE, "o", "used"),
        (table[~used], figures.VERMILION, "x", "left"),
    ):
        chart.plot(
            pd.to_datetime(rows["date"]), rows["catalogue_cloud"].astype(float), marker,
            color=colour, markersize=4.5, label=text(f"scenes.choice.{name}"),
        )  # fmt: skip
    _by_date(chart, text("scenes.choice.chart"))
    chart.set_ylim(-20, 100)
    chart.set_yticks(range(0, 101, 20))
    chart.legend(loc="upper left", ncols=2, handletextpad=0.1, columnspacing=0.8)
    return _finish(figure, "choice", choice_values(found, text), text)


def radiometry_values(found: Shown, text: Words) -> dict[str, Any]:
    """Spread of the level of stable ground at each stage, as printed."""
    return {
        name: text.number(spread(found.scenes, name), 3)
        for name in ("numbers", "reflectance", "normalised")
    }


def radiometry(found: Shown, language: str = "en") -> Figure:
    """Offsets and normalisation: one date before and after, and all dates by stage."""
    text = words(language)
    figure, axes = _three()
    _picture(axes[0], found.pictures["late_numbers"], text("scenes.radiometry.before"))
    _picture(axes[1], found.pictures["late"], text("scenes.radiometry.after"))
    table, chart = _own(found), axes[2]
    when = pd.to_datetime(table["date"])
    for name, colour, marker, line in (
        ("numbers", figures.VERMILION, "s", ""),
        ("reflectance", figures.BLUE, "o", ""),
        ("normalised", figures.BLACK, "", "-"),
    ):
        chart.plot(
            when, table[name], marker=marker, linestyle=line, color=colour, markersize=4,
            markerfacecolor="none", linewidth=1.2, label=text(f"scenes.radiometry.{name}"),
        )  # fmt: skip
    _by_date(chart, text("scenes.radiometry.chart"))
    chart.set_ylim(0, 0.36)
    chart.legend(loc="upper left")
    return _finish(figure, "radiometry", radiometry_values(found, text), text)


def mask_values(found: Shown, text: Words) -> dict[str, Any]:
    """Date of the scene and its shares, as printed."""
    row = found.scenes.set_index("id").loc[found.names["masked"]]
    return {
        "date": text.date(row["date"]),
        **{name: f"{text.number(100 * float(row[name]))} %" for name in ("flagged", "masked")},
    }


def mask(found: Shown, language: str = "en") -> Figure:
    """The scene's own mask, and what is left out in the end."""
    text = words(language)
    figure, axes = _three(1)
    flagged, valid = found.pictures["flagged"], found.pictures["valid"]
    _picture(axes[0], found.pictures["masked"], text("scenes.masks.colour"))
    colours = ListedColormap(["white", "black", RIM, figures.ORANGE])
    after = np.select([flagged & ~valid, ~flagged & ~valid, flagged & valid], [1, 2, 3], 0)
    for place, image, name in ((1, flagged.astype(int), "own"), (2, after, "final")):
        _picture(axes[place], image, text(f"scenes.masks.{name}"), cmap=colours, vmin=0, vmax=3)
    figure.legend(
        handles=[
            Patch(facecolor=colour, edgecolor="black", label=text(f"scenes.masks.{name}"))
            for colour, name in (
                ("black", "flagged"), (RIM, "rim"), (figures.ORANGE, "rescued"),
            )
        ],
        ncols=3,
    )  # fmt: skip
    return _finish(figure, "masks", mask_values(found, text), text)


def registration_values(found: Shown, text: Words) -> dict[str, Any]:
    """Spread of positions before and after, and the dates of the pair, as printed."""
    table = _own(found)
    days = found.scenes.set_index("id")["date"]
    one, two = (text.date(days[name]) for name in found.names["pair"].split(", "))
    return {
        "before": text.number(_worse(table, "true"), 2),
        "random": text.number(_worse(table, "error"), 3),
        "one": one, "two": two,
        "low": text.number(-CONTRAST, 2), "high": text.number(CONTRAST, 2),
    }  # fmt: skip


def registration(found: Shown, language: str = "en") -> Figure:
    """A difference of two dates before and after the move, and all errors of position."""
    text = words(language)
    figure, axes = _three(1)
    for place, name in ((0, "apart"), (1, "together")):
        image = found.pictures[name]
        part = tuple(slice(n // 4, n - n // 4) for n in image.shape)
        grey: dict[str, Any] = {"cmap": "gray", "vmin": -CONTRAST, "vmax": CONTRAST}
        _picture(axes[place], image[part], text(f"scenes.registration.{name}"), **grey)
    table, chart = _own(found), axes[2]
    chart.plot(table["true_x"], table["true_y"], "x", color=figures.VERMILION, markersize=5)
    chart.plot(table["error_x"], table["error_y"], "o", color=figures.BLUE, markersize=4)
    reach = 1.15 * float(np.abs(table[["true_y", "true_x"]].to_numpy()).max())
    chart.set(xlim=(-reach, reach), ylim=(reach, -reach), box_aspect=1)
    chart.grid(True)
    chart.set_xlabel(text("scenes.registration.east"))
    chart.set_ylabel(text("scenes.registration.south"))
    chart.set_title(text("scenes.registration.chart"))
    figure.legend(
        handles=[
            Line2D([], [], linestyle="", marker=marker, color=colour,
                   label=text(f"scenes.registration.{name}"))
            for marker, colour, name in (("x", figures.VERMILION, "before"),
                                         ("o", figures.BLUE, "after"))
        ],
        ncols=2,
    )  # fmt: skip
    return _finish(figure, "registration", registration_values(found, text), text)


def _three(last: float = 1.25) -> tuple[Figure, list[Axes]]:
    figure, axes = figures.new(HEIGHT, 1, 3, gridspec_kw={"width_ratios": [1, 1, last]})
    return figure, list(axes)


def _own(found: Shown) -> pd.DataFrame:
    table = found.scenes
    return table[table["used"].astype(bool) & (table["sensor"] == SENSOR)]


def _worse(table: pd.DataFrame, name: str) -> float:
    return max(float(table[f"{name}_{axis}"].std(ddof=0)) for axis in "yx")


def _picture(axes: Axes, image: np.ndarray, title: str, **colours: Any) -> None:
    axes.imshow(image, interpolation="nearest", **colours)
    axes.set_title(title)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(False)
    for side in axes.spines.values():
        side.set_visible(True)


def _by_date(axes: Axes, title: str) -> None:
    locator = AutoDateLocator(maxticks=4)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    axes.set_title(title)


def _finish(figure: Figure, name: str, values: Mapping[str, Any], text: Words) -> Figure:
    figures.mark_simulated(figure, text)
    return figures.finish(
        figure,
        text(f"scenes.{name}.title", **values),
        text(f"scenes.{name}.subtitle", **values),
        text("scenes.step.source"),
    )
