"""Heights from shadows beside true ones, by sensor, on drawn estates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis import figures
from analysis.figures import BLACK, BLUE, GREY, VERMILION
from analysis.words import Words, words

_SMALL = 8
LONG_M = 8.0
"""Interval in metres from which a block is drawn as one of which little is known."""


def predicted(study: dict[str, Any], language: str) -> Figure:
    """Predicted against true heights, one panel for each sensor.

    Parameters
    ----------
    study
        What `analysis.housing.study_heights.read` returned.
    """
    w = words(language)
    sensors = _sensors(study)
    figure, axes = figures.new(4.4, 1, len(sensors), squeeze=False, sharex=True, sharey=True)
    for ax, name in zip(axes[0], sensors, strict=True):
        _panel(ax, name, study["sensors"][name], w)
    axes[0][0].set_ylabel(w("housing.heights.predicted"), fontsize=_SMALL + 0.5)
    title = w("housing.heights.title", **_told(study, w))
    level = f"{w.number(100 * study['level'])} %"
    figure = figures.finish(figure, title, w("housing.heights.subtitle", level=level),
                            w("housing.heights.source"))  # fmt: skip
    return figures.mark_simulated(figure, w)


def _sensors(study: dict[str, Any]) -> list[str]:
    """Names of those that told any height, the smallest pixels first."""
    told = [name for name, part in study["sensors"].items() if part["blocks"]]
    return sorted(told, key=lambda name: float(study["sensors"][name]["gsd"]))


def _told(study: dict[str, Any], w: Words) -> dict[str, str]:
    fine, coarse = (study["sensors"][name] for name in (_sensors(study)[0], _sensors(study)[-1]))
    return {
        "fine": w.number(fine["score"]["rmse_m"], 1), "coarse": _error(coarse, w),
        "gsd_fine": w.number(fine["gsd"]), "gsd_coarse": w.number(coarse["gsd"]),
        "prior": w.number(fine["score"]["prior_rmse_m"], 1),
    }  # fmt: skip


def _error(part: dict[str, Any], w: Words) -> str:
    return w.number(part["score"]["rmse_m"], 1)


def _panel(ax: Axes, name: str, part: dict[str, Any], w: Words) -> None:
    """One sensor: each block with its interval, the line of no error, the prior's median."""
    rows = pd.DataFrame(part["blocks"])
    score = part["score"]
    ax.plot([0, 26], [0, 26], color=BLACK, lw=1.0, zorder=1)
    # Below the lowest block: everywhere else along the line there are points.
    ax.text(1.9, 0.95, w("housing.heights.equal"), fontsize=_SMALL, ha="left", va="center")
    sure = (rows["high"] - rows["low"] < LONG_M).to_numpy()
    for of, colour, marker in ((sure, BLUE, "o"), (~sure, VERMILION, "^")):
        if not of.any():
            continue
        part_rows = rows[of]
        ends = np.abs(part_rows[["low", "high"]].to_numpy() - part_rows[["median"]].to_numpy()).T
        ax.errorbar(part_rows["truth"], part_rows["median"], ends, fmt=marker, ms=3.2, lw=0.7,
                    color=colour, ecolor=GREY, mec="white", mew=0.3, zorder=3)  # fmt: skip
    ax.set_xlim(0, 26)
    ax.set_ylim(0, 26)
    ax.set_aspect("equal")
    ax.set_xlabel(w("housing.heights.true"), fontsize=_SMALL + 0.5)
    ax.tick_params(labelsize=_SMALL)
    ax.set_title(
        w("housing.heights.panel", sensor=name, blocks=w.number(len(rows)), error=_error(part, w),
          prior=w.number(score["prior_rmse_m"], 1),
          coverage=f"{w.number(100 * score['coverage'])} %"),
        fontsize=_SMALL + 0.5,
    )  # fmt: skip


def alt(study: dict[str, Any], language: str) -> str:
    """Alternative text."""
    w = words(language)
    panels = [
        w("housing.heights.panel", sensor=name, blocks=w.number(part["score"]["used"]),
          error=_error(part, w), prior=w.number(part["score"]["prior_rmse_m"], 1),
          coverage=f"{w.number(100 * part['score']['coverage'])} %").replace("\n", ", ")
        for name, part in ((n, study["sensors"][n]) for n in _sensors(study))
    ]  # fmt: skip
    return w("housing.heights.alt", panels="; ".join(panels))


def values(study: dict[str, Any]) -> pd.DataFrame:
    """The data behind the figure: one row for each block whose shadow was read."""
    rows = [row for name in _sensors(study) for row in study["sensors"][name]["blocks"]]
    names = ["sensor", "spec", "scenes", "seed", "block", "truth", "fitted", "low", "median",
             "high", "true_storeys", "storeys", "angles"]  # fmt: skip
    return pd.DataFrame(rows)[names].assign(kind="simulated")
