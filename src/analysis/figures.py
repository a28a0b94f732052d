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
from matplotlib.figure import Figure

from analysis.errors import Feb11Error

MIME = "application/vnd.feb11.figure+json"
"""MIME type of a cell output that holds a figure's description."""

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

    pyplot.style.use(str(resources.files("analysis") / "feb11.mplstyle"))
    matplotlib.rcParams["svg.hashsalt"] = "feb11"
    figure, axes = pyplot.subplots(rows, columns, figsize=(WIDTH, height), **layout)
    return figure, axes


def finish(figure: Figure, title: str, subtitle: str, source: str) -> Figure:
    """Put the finding, what is shown, and the evidence on the figure.

    The title states the finding, the subtitle what is shown with units and
    period, the line at the foot the sources.
    """
    figure.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold", wrap=True)
    axes = figure.axes[0]
    existing = axes.get_title(loc="left")
    axes.set_title(
        subtitle + (f"\n{existing}" if existing else ""),
        loc="left", fontsize=9.5, fontweight="normal", color="#333333",
    )  # fmt: skip
    figure.supxlabel(source, x=0.01, ha="left", fontsize=8, color="#555555")
    return figure


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
        "alt": " ".join(alt.split()),
        "caption": " ".join(caption.split()),
        "keys": sorted(keys),
        "sources": sorted(sources),
        "csv": data.to_csv(index=False, lineterminator="\n"),
    }
    picture = svg(figure)
    pyplot.close(figure)
    display({MIME: about, "image/svg+xml": picture, "text/plain": alt}, raw=True)
