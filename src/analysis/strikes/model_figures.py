"""Figures of the two models: claims against the count, priors against posteriors, ranks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from scipy.stats import gaussian_kde

from analysis import figures
from analysis.strikes.calibration import band, ecdf
from analysis.strikes.likelihood import FIRED_CELLS
from analysis.strikes.ranks import RANKS
from analysis.strikes.tables import Band
from analysis.words import Words

_FORMS = {"about": "o", "exactly": "o", "at-least": "^", "below": "v", "between": "o"}
_TICKS = (5, 10, 20, 40, 80, 160, 320)
_SPANS = {
    "winter": (FIRED_CELLS[3][1], FIRED_CELLS[4][1]),
    "year": (FIRED_CELLS[5][1], date(2025, 6, 20)),
}
"""Days over which an interval is drawn: from the end of its period on."""


def claims(
    shown: pd.DataFrame, spans: pd.DataFrame, words: Words, *, driven: bool, **texts: str
) -> Figure:
    """Claims by statement date, with prior and posterior of the count.

    Parameters
    ----------
    shown
        One row per claim: ``claim_id, stated, number, form, quantity, used``.
    spans
        One row per target: ``target, prior_low, prior_high, low, median, high``.
    driven
        Whether the prior moves the median by more than a tenth.
    texts
        ``low, high, label`` of the title, ``prior`` of the subtitle.
    """
    figure, axis = figures.new(5.4)
    for row in spans.itertuples():
        _span(axis, row, words)
    for row in shown.itertuples():
        colour = figures.BLUE if row.quantity == "fired" else figures.VERMILION
        axis.plot(
            [pd.Timestamp(row.stated)], [row.number], _FORMS[row.form], color=colour, markersize=6,
            markerfacecolor=colour if row.used else "white", markeredgewidth=1.2, zorder=4,
        )  # fmt: skip
    _names(axis, shown, words)
    axis.set_yscale("log", base=2)
    axis.set_yticks(_TICKS, [words.number(t) for t in _TICKS])
    axis.set_ylim(4, 400)
    axis.set_xlim(pd.Timestamp("2023-11-15"), pd.Timestamp("2025-06-25"))
    axis.set_ylabel(words("strike_models.claims.axis"))
    months = pd.date_range("2024-01-01", "2025-06-01", freq="3MS")
    axis.set_xticks(months, [words.date(m.date(), partial="month") for m in months])
    axis.tick_params(axis="x", labelsize=8)
    axis.xaxis.set_minor_locator(mdates.MonthLocator())
    axis.minorticks_off()
    figure.legend(handles=_claim_handles(words), loc="lower left", ncols=3, fontsize=8)
    return figures.finish(
        figure,
        words(
            f"strike_models.claims.{'title' if driven else 'title_stable'}",
            **{k: texts[k] for k in ("low", "high", "label")},
        ),
        words("strike_models.claims.subtitle", prior=texts["prior"]),
        words("strike_models.claims.source"),
    )


def _span(axis: Any, row: Any, words: Words) -> None:
    first, last = (mdates.date2num(pd.Timestamp(d)) for d in _SPANS[row.target])
    axis.add_patch(
        Rectangle(
            (first, row.prior_low), last - first, row.prior_high - row.prior_low,
            facecolor="none", edgecolor="#B5B5B5", hatch="\\\\", linewidth=0.7, zorder=1,
        )
    )  # fmt: skip
    axis.add_patch(
        Rectangle(
            (first, row.low), last - first, row.high - row.low,
            facecolor="#CFE3F2", edgecolor=figures.BLUE, linewidth=0.9, zorder=2,
        )
    )  # fmt: skip
    axis.plot([first, last], [row.median] * 2, color=figures.BLUE, linewidth=2, zorder=3)
    axis.text(
        0.5 * (first + last), row.prior_high * 1.06, words(f"strike_models.claims.{row.target}"),
        fontsize=8.5, ha="center", va="bottom", color="#333333",
    )  # fmt: skip


def _names(axis: Any, shown: pd.DataFrame, words: Words) -> None:
    """Label the claims that enter; the offsets keep neighbours apart."""
    offsets = {
        "C13": (-7, -12, "right"), "C28": (7, -3, "left"), "C29": (8, 3, "left"),
        "C37": (-8, 5, "right"), "C04": (0, -13, "center"), "C27": (-8, 4, "right"),
        "C48": (-8, -12, "right"), "C52": (-6, -12, "right"), "C20": (8, -4, "left"),
    }  # fmt: skip
    for row in shown[shown["used"]].itertuples():
        x, y, side = offsets.get(row.claim_id, (6, 3, "left"))
        axis.annotate(
            words(f"strike_models.claimants.{row.claim_id}"),
            (pd.Timestamp(row.stated), row.number), (x, y),
            textcoords="offset points", ha=side, fontsize=8, zorder=5,
            bbox={"facecolor": "white", "alpha": 0.75, "linewidth": 0, "pad": 0.8},
        )  # fmt: skip


def _claim_handles(words: Words) -> list[Any]:
    def mark(form: str, colour: str, name: str, *, filled: bool = True) -> Line2D:
        return Line2D(
            [], [], marker=_FORMS[form], linestyle="", color=colour, markeredgewidth=1.2,
            markerfacecolor=colour if filled else "white",
            label=words(f"strike_models.claims.{name}"),
        )  # fmt: skip

    return [
        mark("about", figures.BLUE, "fired"), mark("about", figures.VERMILION, "delivered"),
        mark("about", "#333333", "unused", filled=False), mark("at-least", "#333333", "at-least"),
        mark("below", "#333333", "below"),
        Patch(facecolor="none", edgecolor="#B5B5B5", hatch="\\\\\\",
              label=words("strike_models.claims.prior")),
        Patch(facecolor="#CFE3F2", edgecolor=figures.BLUE,
              label=words("strike_models.claims.posterior")),
    ]  # fmt: skip


def drivers(
    counts: Mapping[str, tuple[np.ndarray, np.ndarray]],
    shares: Mapping[str, tuple[np.ndarray, np.ndarray]],
    bands: Mapping[str, Band],
    words: Words,
    *,
    driven: bool,
    count_moved: str,
    share_moved: str,
) -> Figure:
    """Prior beside posterior, one panel per prior: the count above, the share below.

    Parameters
    ----------
    counts, shares
        By prior, draws before and after (missiles; ratios).
    bands
        The claimed figure of ``count`` and ``share``.
    driven
        Whether a prior moves a median by more than a tenth.
    """
    figure, axes = figures.new(4.9, 2, 4, sharex="row")
    for row, (model, fits) in enumerate((("count", counts), ("share", shares))):
        for axis, (name, (before, after)) in zip(axes[row], fits.items(), strict=True):
            ends = np.array([bands[model].low, bands[model].high or np.inf])
            axis.axvspan(*_scaled(ends, model), color="#DDDDDD", zorder=0)
            _densities(axis, before, after, model)
            median = float(np.median(after))
            shown = words.number(100 * median if model == "share" else median)
            axis.set_title(words(f"strike_models.{model}.names.{name}"), fontsize=9)
            axis.text(
                0.97, 0.97, words("strike_models.drivers.median", median=shown),
                transform=axis.transAxes, ha="right", va="top", fontsize=8,
            )  # fmt: skip
            axis.set_yticks([])
            axis.set_xlabel(words(f"strike_models.drivers.{model}"), fontsize=8.5)
            axis.tick_params(labelsize=8)
    ticks = (10, 30, 100, 300)
    axes[0][0].set_xticks(np.log(ticks), [words.number(t) for t in ticks])
    axes[1][0].set_xticks((0, 50, 100))
    return figures.finish(
        figure,
        words(
            f"strike_models.drivers.{'title' if driven else 'title_stable'}",
            count=count_moved,
            share=share_moved,
        ),
        words("strike_models.drivers.subtitle"),
        words("strike_models.drivers.source"),
    )


def _scaled(values: np.ndarray, model: str) -> np.ndarray:
    return np.log(values) if model == "count" else 100 * values


def _densities(axis: Any, before: np.ndarray, after: np.ndarray, model: str) -> None:
    ends = np.log([5, 500]) if model == "count" else np.array([0.0, 100.0])
    at = np.linspace(ends[0], ends[1], 200)
    for draws, posterior in ((before, False), (after, True)):
        values = _scaled(np.ravel(draws)[:: max(1, draws.size // 4000)], model)
        if model == "share":
            # Reflected at both ends, where a share stops.
            values = np.concatenate([-values, values, 200 - values])
        density = gaussian_kde(values, bw_method=0.25 if model == "count" else 0.08)(at)
        if posterior:
            axis.fill_between(at, density, color="#9CC7E6", linewidth=0, zorder=2)
            axis.plot(at, density, color=figures.BLUE, linewidth=1.2, zorder=3)
            median = _scaled(np.median(after), model)
            axis.axvline(median, color=figures.BLUE, zorder=3, linewidth=1, ymax=0.8)
        else:
            axis.plot(at, density, color="black", linestyle=(0, (3, 2)), linewidth=1.2, zorder=4)
    axis.set_xlim(*ends)
    axis.set_ylim(0, 1.25 * axis.get_ylim()[1])


_ORDER = ("year", "winter", "surge", "bias", "bias_delivered", "spread", "lag", "likelihood")


def ranks(found: Mapping[str, np.ndarray], inside: Sequence[str], words: Words) -> Figure:
    """Rank distributions less the uniform one, with the simultaneous band.

    Parameters
    ----------
    found
        By quantity, (fits,) ranks.
    inside
        Quantities that stay inside.
    """
    figure, axes = figures.new(4.6, 2, 4, sharex=True, sharey=True)
    found = {n: found[n] for n in sorted(found, key=_ORDER.index)}
    points = np.arange(1, RANKS) / RANKS
    fits = len(next(iter(found.values())))
    low, high = band(fits)
    for axis, (name, values) in zip(axes.ravel(), found.items(), strict=True):
        axis.fill_between(points, low - points, high - points, color="#DDDDDD", step="mid")
        axis.axhline(0, color="#777777", linewidth=0.7)
        colour = figures.BLUE if name in inside else figures.VERMILION
        axis.step(points, ecdf(values) - points, where="mid", color=colour, linewidth=1.2)
        axis.set_title(words(f"strike_models.sbc.quantities.{name}"), fontsize=8.5)
        axis.set_xticks((0, 0.5, 1), ["0", "50", "100"])
        axis.text(
            0.97, 0.05, words("strike_models.sbc.mark"), transform=axis.transAxes, fontsize=8,
            ha="right", color="#666666",
        )  # fmt: skip
        axis.tick_params(labelsize=8)
    for axis in axes[-1]:
        axis.set_xlabel(words("strike_models.sbc.axis"), fontsize=8.5)
    for axis in axes[:, 0]:
        axis.set_ylabel(words("strike_models.sbc.gap"), fontsize=8.5)
    outside = len(found) - len(inside)
    title = "strike_models.sbc.title_fails" if outside else "strike_models.sbc.title"
    return figures.finish(
        figure,
        words(title, inside=len(inside), outside=outside, all=len(found)),
        words("strike_models.sbc.subtitle", fits=words.number(fits)),
        words("strike_models.sbc.source"),
    )
