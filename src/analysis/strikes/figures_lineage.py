"""Figure: which published figures derive from which."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from analysis import figures
from analysis.strikes.rivals import Claim
from analysis.strikes.tables import Tables
from analysis.words import Words

PANELS = {
    "missiles": ("missiles_fired", "share_of_ballistic", "ballistic_total"),
    "killed": ("killed",),
    "injured": ("injured",),
}
"""Panel to the quantities of its figures."""

OWN = frozenset({"C37", "C38", "C39a", "C39b", "C40", "C41"})
"""Rows of the CNN report and of its relays."""


@dataclass(frozen=True)
class Node:
    """One published figure on the graph."""

    claim: Claim
    panel: str
    lane: str
    """Body it began with."""
    column: int
    """Place among the statements, in order of date; undated ones last."""
    when: str
    """Date of the statement as published: a day or a month; empty if unknown."""


def nodes(tables: Tables) -> list[Node]:
    """Published figures of the three panels, parts of totals left out.

    A column is one date of statement. A body that gave two figures of one panel
    on one date gets a further column for the second.
    """
    shown = [
        (panel, claim)
        for panel, quantities in PANELS.items()
        for claim in tables.claims.values()
        if claim.quantity in quantities and claim.low is not None and claim.role != "part"
    ]
    taken: set[tuple[str, str, date, int]] = set()
    slots = []
    for panel, claim in shown:
        day, slot = claim.said_to or date.max, 0
        while (panel, claim.agencies[0], day, slot) in taken:
            slot += 1
        taken.add((panel, claim.agencies[0], day, slot))
        slots.append((day, slot))
    order = {place: i for i, place in enumerate(sorted(set(slots)))}
    return [
        Node(claim, panel, claim.agencies[0], order[place], _when(claim))
        for (panel, claim), place in zip(shown, slots, strict=True)
    ]


@dataclass(frozen=True)
class Link:
    """One published figure deriving from another, as it is drawn."""

    child: str
    parent: str
    inferred: bool
    """Whether some link on the way is our reading."""
    through: str | None
    """The figure left out of the graph that the link runs through."""


def links(tables: Tables, shown: Iterable[str]) -> list[Link]:
    """Links among the shown figures.

    A parent that is left out, being a part of a total of the same statement, is
    passed over to its own parent.
    """
    names = set(shown)
    above: dict[str, list[tuple[str, bool]]] = {}
    for child, parent, inferred in tables.links:
        above.setdefault(child, []).append((parent, inferred))
    found = []
    for child in (c for c in above if c in names):
        for parent, inferred in above[child]:
            if parent in names:
                found.append(Link(child, parent, inferred, None))
                continue
            found += [
                Link(child, top, inferred or other, parent)
                for top, other in above.get(parent, ())
                if top in names
            ]
    return found


def _when(claim: Claim) -> str:
    if claim.said is None:
        return ""
    return f"{claim.said:%Y-%m-%d}" if claim.said == claim.said_to else f"{claim.said:%Y-%m}"


def table(tables: Tables) -> pd.DataFrame:
    """Figures and links as one table: a row per figure and parent, blank without one.

    Returns
    -------
    pandas.DataFrame
        ``claim``, ``panel``, ``agency``, ``statement_date``, ``low``, ``high``,
        ``derived_from``, ``inferred``, ``through`` (a figure left out of the
        graph that the link runs through).
    """
    shown = nodes(tables)
    drawn = links(tables, [n.claim.claim_id for n in shown])
    rows = []
    for node in shown:
        c = node.claim
        parents: list[Link | None] = [x for x in drawn if x.child == c.claim_id]
        for link in parents or [None]:
            rows.append(
                {
                    "claim": c.claim_id, "panel": node.panel, "agency": "; ".join(c.agencies),
                    "statement_date": c.said, "low": c.low, "high": c.high,
                    "derived_from": link and link.parent, "inferred": link and link.inferred,
                    "through": link and link.through,
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def draw(tables: Tables, words: Words) -> Figure:
    """Three panels, a column per statement, a lane per body, arrows from parent to child."""
    shown = sorted(nodes(tables), key=lambda n: n.column)
    lanes = {p: list(dict.fromkeys(n.lane for n in shown if n.panel == p)) for p in PANELS}
    counts = [len(lanes[panel]) for panel in PANELS]
    figure, axes = figures.new(
        2.7 + 0.36 * sum(counts), len(PANELS), 1, sharex=True,
        gridspec_kw={"height_ratios": [c + 0.6 for c in counts]},
    )  # fmt: skip
    for axis, panel in zip(axes, PANELS, strict=True):
        _panel(axis, [n for n in shown if n.panel == panel], lanes[panel], tables, words)
        axis.set_title(words(f"strikes.lineage.{panel}"), fontsize=9.5, fontweight="bold")
    columns: dict[int, str] = {}
    for node in shown:
        # A further column of the same day stays without a label.
        label = _label(node.when, words)
        columns.setdefault(node.column, "" if label in columns.values() else label)
    last = axes[-1]
    last.set_xlim(-0.7, max(columns) + 0.7)
    last.set_xticks(list(columns), list(columns.values()), rotation=60, ha="right", fontsize=8.5)
    for text in last.get_xticklabels():
        text.set_rotation_mode("anchor")
    agreement = tables.agreements["missiles"]
    title = words("strikes.lineage.title") if not agreement.kept else words(
        "strikes.lineage.title_split", n=words.number(agreement.kept + 1)
    )  # fmt: skip
    return figures.finish(
        figure, title, words("strikes.lineage.subtitle"),
        words("strikes.source", names=words("strikes.claims")),
    )  # fmt: skip


def _label(when: str, words: Words) -> str:
    """A date as published; one without a day says so, since its column is that of no day."""
    if not when:
        return words("strikes.undated")
    return when if len(when) == len("2024-01-01") else words("strikes.month_only", month=when)


def _panel(axis: Any, shown: list[Node], lanes: list[str], tables: Tables, words: Words) -> None:
    height = {lane: len(lanes) - i for i, lane in enumerate(lanes)}
    places = {n.claim.claim_id: (float(n.column), float(height[n.lane])) for n in shown}
    for link in links(tables, places):
        start, end = places[link.parent], places[link.child]
        axis.annotate(
            "", end, start,
            arrowprops={
                "arrowstyle": "-|>", "linestyle": "--" if link.inferred else "-", "linewidth": 1.0,
                "color": "#555555", "shrinkA": 9, "shrinkB": 9,
                "connectionstyle": f"arc3,rad={_bend(start, end)}",
            },
        )  # fmt: skip
    for node in shown:
        own = node.claim.claim_id in OWN
        axis.text(
            *places[node.claim.claim_id], _value(node.claim, words), ha="center", va="center",
            fontsize=8, color="white" if own else "black", fontweight="bold" if own else "normal",
            bbox={"boxstyle": "round,pad=0.18", "facecolor": figures.BLUE if own else "white",
                  "edgecolor": figures.BLUE if own else "#555555", "linewidth": 0.9},
        )  # fmt: skip
    axis.set_yticks([height[lane] for lane in lanes], lanes, fontsize=8.5)
    axis.set_ylim(0.3, len(lanes) + 0.7)
    axis.spines["left"].set_visible(False)
    axis.grid(axis="x", linewidth=0.4)
    axis.tick_params(axis="y", length=0)


def _bend(start: tuple[float, float], end: tuple[float, float]) -> float:
    """Bend of an arrow: only along a lane and past other figures, so that none is crossed."""
    return -0.35 if start[1] == end[1] and end[0] - start[0] > 1 else 0.0


def _value(claim: Claim, words: Words) -> str:
    if claim.quantity == "share_of_ballistic":
        return words("strikes.lineage.share", n=words.number(100 * claim.value))
    number = words.number(claim.value)
    if claim.quantity == "ballistic_total":
        return words("strikes.lineage.total", n=number)
    return words("strikes.lineage.at_least", n=number) if claim.floor else number
