"""Plan of the housing zone: what was seen, with its intervals, and the number that follows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis import figures
from analysis.figures import BLACK, ORANGE, SKY
from analysis.growth.objects import moment
from analysis.housing import blocks
from analysis.housing.chain import span
from analysis.housing.imagery import FINEST_PIXELS
from analysis.housing.imagery_results import delays, why_not
from analysis.housing.zone import COARSE, Block, View, Zone
from analysis.words import Words, words

_SMALL = 8
_HALO = [patheffects.withStroke(linewidth=2.5, foreground="white")]
SCALE_M = 100.0
"""Length of the scale bar."""

GAMMA = 0.75
"""Power of the reflectance that is drawn: dark ground keeps its detail."""


def state(found: Zone) -> str:
    """What can be said of the number: one of the cases of the verdict."""
    best = found.best
    if found.why:
        return "no_zone"
    if best is None:
        return "no_count"
    return "open" if _is_open(best) else "narrow"


def verdict(found: Zone, w: Words) -> str:
    """What can be said of the number, in words."""
    share = found.best.found_share if found.best else None
    return w(
        f"housing.zone_verdict.{state(found)}", why=why_not(found), share=_percent(w, share or 0.0)
    )


def _is_open(view: View) -> bool:
    assert view.chances is not None
    assert view.before is not None
    return blocks.is_open(view.chances, view.before)


def plan(found: Zone, language: str) -> Figure:
    """The zone by sensor, and the posterior of the number of blocks."""
    w = words(language)
    views = [v for v in found.views if v.picture is not None]
    case = state(found)
    counted = case in ("open", "narrow")
    rows = 2 if counted else 1
    figure, axes = figures.new(
        5.9 if counted else 4.6, rows, len(views), squeeze=False,
        **({"height_ratios": [3.2, 1]} if counted else {}),
    )  # fmt: skip
    for column, view in enumerate(views):
        _map(axes[0][column], found, view, w)
        if counted:
            _number(axes[1][column], view, w)
    figure = figures.finish(figure, _title(found, case, w), _subtitle(found, case, w),
                            w("housing.zone.source" if found.kind != "observed" else
                              "housing.zone.source_observed"))  # fmt: skip
    return figure if found.kind == "observed" else figures.mark_simulated(figure, w)


def _percent(w: Words, share: float) -> str:
    return f"{w.number(100 * share)} %"


def _title(found: Zone, case: str, w: Words) -> str:
    best = found.best
    if best is None:
        return w("housing.zone.title_no_count")
    assert best.chances is not None
    low, _, high = blocks.interval(best.chances, 0.9)
    first, last = _days(best, w)
    text = {"open": "_open", "narrow": "" if not best.seen() else "_seen"}[case]
    return w(
        f"housing.zone.title{'' if best.seen() else '_none'}{text}",
        seen=w.number(len(best.seen())), low=w.number(low), high=w.number(high),
        share=_percent(w, best.found_share or 0.0), **{"from": first, "until": last},
    )  # fmt: skip


def _days(view: View, w: Words) -> tuple[str, str]:
    """First and last day on which a block that counts was begun."""
    assert view.looked is not None
    first, last = (
        w.date(str(moment(day).astype("datetime64[D]"))) for day in view.looked.days("settled")
    )
    return first, last


def _subtitle(found: Zone, case: str, w: Words) -> str:
    best = found.best
    if best is None or best.looked is None:
        return w("housing.zone.subtitle_no_count")
    return w("housing.zone.subtitle", level=_percent(w, found.level))


def _map(ax: Axes, found: Zone, view: View, w: Words) -> None:
    """Picture, zone and outlines of one sensor."""
    assert view.picture is not None
    bright = float(np.nanquantile(view.picture, 0.99))
    shown = np.clip(view.picture / bright, 0, 1) ** GAMMA
    ax.imshow(np.nan_to_num(shown, nan=1.0), extent=view.extent, interpolation="nearest")
    for shape in found.shapes:
        for part in getattr(shape, "geoms", [shape]):
            x, y = part.exterior.xy
            ax.plot(x, y, color="white", lw=2.4)
            ax.plot(x, y, color=BLACK, lw=1.2, ls="--")
    for block in view.blocks:
        _outline(ax, block, found.level, w)
    _furniture(ax, view, w)
    share = view.found_share
    ax.set_title(
        w("housing.zone.panel_bare" if share is None else "housing.zone.panel",
          sensor=view.sensor, scenes=w.number(view.scenes), share=_percent(w, share or 0.0)),
        fontsize=_SMALL + 0.5,
    )  # fmt: skip


def _outline(ax: Axes, block: Block, level: float, w: Words) -> None:
    x, y = block.outline.exterior.xy
    ax.plot(x, y, color="white", lw=2.8)
    ax.plot(x, y, color=BLACK if not block.fitted else ORANGE, lw=1.6,
            ls="-" if block.fitted else ":")  # fmt: skip
    if block.area is None:
        return
    low, high = span(block.area, block.area, level)
    middle = block.outline.centroid
    ax.text(
        middle.x, block.outline.bounds[1] - 1.0,
        w("housing.zone.area", value=w.number(float(np.median(block.area)), -1),
          low=w.number(low, -1), high=w.number(high, -1)),
        fontsize=_SMALL, ha="center", va="top", path_effects=_HALO, linespacing=0.95,
    )  # fmt: skip


def _furniture(ax: Axes, view: View, w: Words) -> None:
    """Scale bar and north, no coordinates: the place is told by the site file."""
    west, east, south, north = view.extent
    x, y = west + 0.06 * (east - west), south + 0.05 * (north - south)
    ax.plot([x, x + SCALE_M], [y, y], color="white", lw=5, solid_capstyle="butt")
    ax.plot([x, x + SCALE_M], [y, y], color=BLACK, lw=2.5, solid_capstyle="butt")
    long = w("housing.zone.metres", n=w.number(SCALE_M))
    ax.text(x + SCALE_M / 2, y + 0.02 * (north - south), long, fontsize=_SMALL, ha="center",
            va="bottom", path_effects=_HALO)  # fmt: skip
    top = north - 0.04 * (north - south)
    ax.annotate(
        w("housing.zone.north"), (x, top), (x, top - 0.13 * (north - south)), fontsize=_SMALL,
        ha="center", va="center", path_effects=_HALO,
        arrowprops={"arrowstyle": "-|>", "color": BLACK, "lw": 1.2, "shrinkA": 6, "shrinkB": 0,
                    "path_effects": _HALO},
    )  # fmt: skip
    ax.set_xlim(west, east)
    ax.set_ylim(south, north)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.grid(visible=False)


def _number(ax: Axes, view: View, w: Words) -> None:
    """Posterior of the number of blocks, with what was taken before."""
    ax.grid(visible=False)
    if view.chances is None or view.before is None:
        ax.set_axis_off()
        why = _broken(w("housing.zone.no_count", why=_why(view, w)))
        ax.text(0.5, 0.6, why, fontsize=_SMALL, ha="center", va="center", wrap=True,
                transform=ax.transAxes)  # fmt: skip
        return
    chances, before = view.chances, view.before
    number = np.arange(chances.size)
    ax.bar(number, chances, color=SKY, edgecolor=BLACK, lw=0.6, width=0.8)
    ax.stairs(before, np.arange(chances.size + 1) - 0.5, baseline=None, color=BLACK, lw=1.2,
              ls="--", label=w("housing.zone.prior"))  # fmt: skip
    ax.legend(loc="upper right", fontsize=_SMALL, frameon=False, borderpad=0)
    ax.set_xlim(-0.7, 1.4 * number.size)  # room for the legend and the mark
    ax.set_ylim(0, max(1.35 * float(chances.max()), 1.6 * float(before.max())))
    ax.set_xlabel(w("housing.zone.axis"), fontsize=_SMALL)
    ax.set_ylabel(w("housing.zone.chance"), fontsize=_SMALL)
    ax.tick_params(labelsize=_SMALL)
    ax.locator_params(axis="x", integer=True)
    ax.locator_params(axis="y", nbins=3)


def _why(view: View, w: Words) -> str:
    """Why a sensor gives no number, in the page's language where it is known before."""
    if view.why != COARSE:
        return view.why
    return w("housing.zone.coarse", pixels=w.number(FINEST_PIXELS, 1))


def _broken(text: str) -> str:
    """A sentence in lines that fit half of the column."""
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) > 44:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)


def alt(found: Zone, language: str) -> str:
    """Alternative text of the plan."""
    w = words(language)
    panels = [
        w("housing.zone.alt_panel", sensor=v.sensor, seen=w.number(len(v.blocks)),
          count=_count(v, w, "housing.zone.alt_none"))
        for v in found.views
    ]  # fmt: skip
    return w("housing.zone.alt", panels="; ".join(panels))


def _count(view: View, w: Words, nothing: str) -> str:
    if view.chances is None:
        return w(nothing, why=_why(view, w))
    low, middle, high = (w.number(n) for n in blocks.interval(view.chances, 0.9))
    if _is_open(view):
        return w("housing.zone.open", low=low, high=high)
    return w("housing.zone.span", value=middle, low=low, high=high)


def table(found: Zone, language: str) -> pd.DataFrame:
    """By sensor: pixels, dates, what is found, when a roof is told, and the number.

    The head of the last column names the days between which counted blocks were begun; a sensor
    that counts over other days says so in its cell.
    """
    w = words(language)
    rows = []
    days = None if found.best is None else _days(found.best, w)
    heads = {
        name: w(f"housing.zone.{name}")
        for name in ("sensor", "pixel", "dates", "found", "found_recent", "delay", "count")
    }
    if days is not None:
        heads["count"] = w("housing.zone.count_of", **{"from": days[0], "until": days[1]})
    for v in found.views:
        drawn = delays(v.looked) if v.looked else None
        shares = [
            "" if v.looked is None else _percent(w, np.divide(*v.looked.share(part)))
            for part in ("settled", "recent")
        ]
        ends = None if drawn is None else (np.median(drawn), *span(drawn, drawn, found.level))
        values: dict[str, Any] = {
            "sensor": v.sensor,
            "pixel": w.number(v.gsd),
            "dates": w.number(v.scenes),
            "found": shares[0],
            "found_recent": shares[1],
            "delay": "" if ends is None else w(
                "housing.zone.span", value=w.number(ends[0]), low=w.number(ends[1]),
                high=w.number(ends[2])),
            "count": _count(v, w, "housing.zone.given"),
        }  # fmt: skip
        if v.chances is not None and _days(v, w) != days:
            first, last = _days(v, w)
            values["count"] = w("housing.zone.counted_from", count=values["count"],
                                **{"from": first, "until": last})  # fmt: skip
        rows.append({heads[name]: value for name, value in values.items()})
    return pd.DataFrame(rows, columns=list(heads.values()))


def values(found: Zone) -> pd.DataFrame:
    """The data behind the plan: one row for each block, and for each number of each sensor."""
    rows: list[dict[str, Any]] = []
    for v in found.views:
        for b in v.blocks:
            row: dict[str, Any] = {"sensor": v.sensor, "what": "block", "id": b.id, "class": b.kind}
            if b.area is not None:
                low, high = span(b.area, b.area, found.level)
                row |= {"value": round(float(np.median(b.area)), 1), "low": round(low, 1),
                        "high": round(high, 1)}  # fmt: skip
            rows.append(row | {"outline": shapely.to_wkt(b.outline, rounding_precision=1)})
        if v.chances is not None and v.before is not None:
            rows += [
                {"sensor": v.sensor, "what": what, "id": str(n), "value": round(float(p), 6)}
                for what, every in (("probability", v.chances), ("before", v.before))
                for n, p in enumerate(every)
            ]
    names = ["sensor", "what", "id", "class", "value", "low", "high", "outline"]
    return pd.DataFrame(rows, columns=names).assign(kind=found.kind)
