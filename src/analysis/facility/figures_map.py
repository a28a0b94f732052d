"""The locator map: three frames, each ten to a hundred times closer than the last."""

from __future__ import annotations

from typing import Any

from geopandas import GeoDataFrame
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from analysis import figures
from analysis.facility.locator import Locator, distance
from analysis.words import Words, words

LAND, COAST, SEA, HOME = "#f2efe9", "#6b6b6b", "#dfeaf2", "#e3dccb"
"""Fills that keep apart in grey as well; the country of the plant is darker."""

COUNTRY = "408"
"""ISO 3166 numeric code of the country that the plant lies in."""

LABELS = {"408": (-60e3, 95e3), "410": (55e3, -330e3), "156": (-290e3, 260e3),
          "643": (370e3, 395e3), "392": (430e3, -380e3)}  # fmt: skip
"""Where the names of countries stand, in metres east and north of the plant."""


def values(found: Locator, language: str) -> dict[str, str]:
    """The distances that title and alt text print, formatted."""
    text = words(language)
    a, b, city = (found.points.loc[name] for name in ("building-a", "building-b", "city"))
    middle = (a[["lat", "lon"]] + b[["lat", "lon"]]) / 2
    return {
        "separation": text.number(distance(a, b)),
        "distance": text.number(distance(city, middle) / 1000, 1),
    }


def locator(found: Locator, language: str = "en") -> Figure:
    """Korea, the surroundings of Hamhung, and the two published points.

    Parameters
    ----------
    found
        What `analysis.facility.locator.layers` returns.
    language
        Language of all texts.
    """
    text = words(language)
    frames: Any
    figure, frames = figures.new(4.9, columns=2, gridspec_kw={"width_ratios": [1.4, 1]})
    wide, right = frames
    grid = right.get_subplotspec().subgridspec(2, 1, hspace=0.16)
    right.remove()
    near, close = figure.add_subplot(grid[0]), figure.add_subplot(grid[1])
    _wide(wide, found, text)
    _near(near, found, text)
    _close(close, found, text)
    numbers = values(found, language)
    return figures.finish(
        figure,
        text("facility.locator.title", **numbers),
        text("facility.locator.subtitle"),
        text("facility.locator.source"),
    )


def _frame(axes: Axes, west: float, east: float, south: float, north: float) -> None:
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(False)
    for spine in axes.spines.values():
        spine.set_visible(True)


def _countries(axes: Axes, countries: GeoDataFrame) -> None:
    axes.set_facecolor(SEA)
    home = countries["id"] == COUNTRY
    for rows, fill in ((countries[~home], LAND), (countries[home], HOME)):
        if rows.empty:
            continue
        rows.plot(ax=axes, facecolor=fill, edgecolor=COAST, linewidth=0.7, aspect=None)
    axes.set(xlabel="", ylabel="")


def _scale(axes: Axes, length: float, label: str) -> None:
    """A scale bar of ``length`` metres at the lower left."""
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    x, y = west + 0.05 * (east - west), south + 0.05 * (north - south)
    axes.plot([x, x + length], [y, y], color="black", linewidth=3, solid_capstyle="butt")
    axes.text(x + length / 2, y + 0.02 * (north - south), label, fontsize=8, ha="center",
              va="bottom")  # fmt: skip


def _north(axes: Axes, label: str) -> None:
    """An arrow to the north at the upper left."""
    axes.annotate(
        "", (0.06, 0.92), (0.06, 0.82), xycoords="axes fraction",
        arrowprops={"arrowstyle": "-|>", "color": "black"},
    )  # fmt: skip
    axes.text(0.06, 0.92, label, transform=axes.transAxes, fontsize=9, ha="center", va="bottom",
              fontweight="bold")  # fmt: skip


def _wide(axes: Axes, found: Locator, text: Words) -> None:
    _frame(axes, -470e3, 500e3, -520e3, 470e3)
    _countries(axes, found.countries)
    for code, (x, y) in LABELS.items():
        axes.text(x, y, text(f"facility.locator.country.{code}"), fontsize=8.5, ha="center",
                  color="#4d4d4d", style="italic")  # fmt: skip
    axes.add_patch(Rectangle((-22e3, -22e3), 44e3, 44e3, fill=False, linewidth=1.2))
    axes.plot(0, 0, "o", color=figures.VERMILION, markersize=5, markeredgecolor="black")
    axes.annotate(
        text("facility.locator.plant"), (22e3, -5e3), (70e3, -60e3), fontsize=9,
        fontweight="bold", va="center", arrowprops={"arrowstyle": "-", "linewidth": 0.8},
    )  # fmt: skip
    axes.text(30e3, 8e3, "b", fontsize=9, va="bottom")
    axes.set_title(text("facility.locator.panel_a"), fontsize=9.5, fontweight="normal",
                   color="#333333", loc="left")  # fmt: skip
    _scale(axes, 200e3, text("facility.locator.km", n=text.number(200)))
    _north(axes, text("facility.locator.north"))


def _near(axes: Axes, found: Locator, text: Words) -> None:
    _frame(axes, -22e3, 22e3, -22e3, 22e3)
    _countries(axes, found.close)
    city = found.points.loc["city"]
    axes.plot(city["x"], city["y"], "s", color=figures.BLUE, markersize=5, markeredgecolor="black")
    axes.text(city["x"], city["y"] + 1.6e3, text("facility.locator.city_point"), fontsize=8,
              ha="center", va="bottom", linespacing=1.1)  # fmt: skip
    axes.plot(0, 0, "o", color=figures.VERMILION, markersize=5.5, markeredgecolor="black")
    axes.text(9.5e3, 1.8e3, text("facility.locator.plant_lines"), fontsize=8, fontweight="bold",
              ha="center", va="bottom", linespacing=1.1)  # fmt: skip
    axes.add_patch(Rectangle((-1.6e3, -1.6e3), 3.2e3, 3.2e3, fill=False, linewidth=1))
    axes.text(2.2e3, -1.2e3, "c", fontsize=9, va="top")
    axes.set_title(text("facility.locator.panel_b"), fontsize=9.5, fontweight="normal",
                   color="#333333", loc="left")  # fmt: skip
    _scale(axes, 10e3, text("facility.locator.km", n=text.number(10)))


def _close(axes: Axes, found: Locator, text: Words) -> None:
    _frame(axes, -200, 200, -200, 200)
    axes.set_facecolor("white")
    a, b = found.points.loc["building-a"], found.points.loc["building-b"]
    axes.plot([a["x"], b["x"]], [a["y"], b["y"]], color="#4d4d4d", linewidth=1, linestyle=":")
    for name, point, side in (("building-a", a, 1), ("building-b", b, -1)):
        axes.plot(point["x"], point["y"], "o", color=figures.VERMILION, markersize=6,
                  markeredgecolor="black")  # fmt: skip
        axes.text(point["x"], point["y"] + side * 18, text(f"facility.locator.{name}"), fontsize=8,
                  ha="center", va="bottom" if side > 0 else "top")  # fmt: skip
    middle = ((a["x"] + b["x"]) / 2 + 12, (a["y"] + b["y"]) / 2)
    axes.text(*middle, text("facility.locator.m", n=text.number(distance(a, b))), fontsize=8,
              ha="left", va="center")  # fmt: skip
    axes.set_title(text("facility.locator.panel_c"), fontsize=9.5, fontweight="normal",
                   color="#333333", loc="left")  # fmt: skip
    _scale(axes, 100, text("facility.locator.m", n=text.number(100)))
