"""One visual style for every figure, and the way a notebook shows one.

Figures are functions of (data, language); their texts come from
`analysis.words`. A shown figure carries its alt text, its caption with result
and source keys, and the data behind it, so that the report can put the CSV
beside the picture.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from importlib import resources
from typing import Any

import matplotlib
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.text import Text

from analysis.errors import Feb11Error
from analysis.figure_output import MIME
from analysis.words import Words

# Okabe and Ito (2008), safe for colour-blind readers; the same thing has the
# same colour on every page.
BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, YELLOW, BLACK, GREY = (
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#000000",
    "#8C8C8C",
)  # fmt: skip

WIDTH = 7.2
"""Width of a figure in inches: the text column."""


def new(height: float, rows: int = 1, columns: int = 1, **layout: Any) -> tuple[Figure, Any]:
    """A figure of the column's width in the project's style, with its axes."""
    from matplotlib import pyplot

    pyplot.style.use(str(resources.files("analysis") / "figures.mplstyle"))
    matplotlib.rcParams["svg.hashsalt"] = "feb11"
    figure, axes = pyplot.subplots(rows, columns, figsize=(WIDTH, height), **layout)
    return figure, axes


def finish(figure: Figure, title: str, subtitle: str, source: str) -> Figure:
    """Put the finding, what is shown, and the evidence on the figure.

    The title states the finding, the subtitle what is shown with units and
    period, the line at the foot the sources. All three are broken to the width
    of the column; axes keep their own titles, and legends of the figure (not
    of its axes) are put above the sources.
    """
    figure.set_label(f"{title}\n{subtitle}")
    margin, inches = 0.07, figure.get_figheight()
    at = margin / WIDTH
    used = margin
    for text, size, weight, colour in (
        (title, 12.0, "bold", "black"),
        (subtitle, 9.5, "normal", "#333333"),
    ):
        placed = figure.text(
            at, 1 - used / inches, "", fontsize=size, fontweight=weight, color=colour, va="top"
        )
        placed.set_in_layout(False)
        used += _wrap(placed, text, WIDTH - 2 * margin) + margin
    foot = figure.text(at, margin / inches, "", fontsize=8, color="#555555", va="bottom")
    foot.set_in_layout(False)
    below = margin + _wrap(foot, source, WIDTH - 2 * margin) + margin
    for legend in figure.legends:
        legend.set_in_layout(False)
        legend.set_loc("lower left")
        legend.set_bbox_to_anchor((0.0, below / inches))
        below += _height(legend) + margin
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.set(rect=(0, below / inches, 1, 1 - (used + below) / inches))  # type: ignore[call-arg]
    return figure


def mark_simulated(figure: Figure, words: Words) -> Figure:
    """Write into every frame of a figure that what it shows is simulated.

    The mark is part of the picture: a frame that is cut out of the page keeps it.
    """
    for axes in figure.axes:
        axes.text(
            0.985, 0.02, words("report.simulated_frame"), transform=axes.transAxes, fontsize=8,
            fontweight="bold", color="black", ha="right", va="bottom", zorder=20,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.5},
        )  # fmt: skip
    return figure


def _wrap(placed: Text, text: str, inches: float) -> float:
    """Fill ``placed`` with ``text``, broken to a width; returns its height in inches.

    Letters are a little wider in SVG, without hinting, than on the canvas that
    measures them here, so some of the width stays free.
    """
    figure = placed.get_figure(root=True)
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}" if line else word
            placed.set_text(longer)
            if line and placed.get_window_extent().width > 0.97 * inches * figure.dpi:  # type: ignore[union-attr]
                lines.append(line)
                longer = word
            line = longer
        lines.append(line)
    placed.set_text("\n".join(lines))
    return _height(placed)


def _height(artist: Artist) -> float:
    """Height of something on a figure, in inches."""
    figure = artist.get_figure(root=True)
    return artist.get_window_extent().height / figure.dpi  # type: ignore[union-attr]


def svg(figure: Figure) -> str:
    """The figure as SVG that is the same, byte for byte, for the same data."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def show(
    figure: Figure,
    *,
    name: str,
    alt: str,
    caption: str,
    keys: Iterable[str] = (),
    sources: Iterable[str] = (),
    data: pd.DataFrame,
) -> None:
    """Show a figure in a notebook, with all that the report needs of it.

    Parameters
    ----------
    name
        File name without ending, unique in the run: ``launches-by-month``.
    alt
        What a person who does not see it needs to know, numbers included.
    caption
        One or two sentences in MyST Markdown.
    keys, sources
        Result keys and source keys that the figure rests on.
    data
        The table behind the figure; it becomes ``<name>.csv``.
    """
    from IPython.display import display
    from matplotlib import pyplot

    if not alt or not caption:
        raise Feb11Error(f"figure {name!r} needs an alt text and a caption")
    about = {
        "name": name,
        "title": figure.get_label(),
        "alt": " ".join(alt.split()),
        "caption": " ".join(caption.split()),
        "keys": sorted(keys),
        "sources": sorted(sources),
        "csv": data.to_csv(index=False, lineterminator="\n"),
    }
    picture = svg(figure)
    pyplot.close(figure)
    display({MIME: about, "image/svg+xml": picture, "text/plain": alt}, raw=True)
