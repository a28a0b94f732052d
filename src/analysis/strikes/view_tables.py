"""Tables that the notebook shows beside the figures of this chapter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from IPython.display import Markdown, display

from analysis.strikes import figures_bounds
from analysis.strikes.bounds import DENOMINATORS, HEADLINE, READINGS, UNITS, shares
from analysis.strikes.chapter import results
from analysis.strikes.record_multiverse import universes
from analysis.strikes.specifications import JOINT
from analysis.strikes.tables import tables
from analysis.words import Words, words


def bounds(period_start: str, period_end: str, language: str) -> None:
    """Show the bounds of the Iskander family as a table: windows by units."""
    w, data = words(language), tables(period_start, period_end)
    header = [w("strikes.tables.window"), *(w(f"strikes.units.{u}") for u in UNITS)]
    body = []
    for window in figures_bounds.shown_windows(data):
        cells = [w(f"strikes.windows.{window}")]
        for unit in UNITS:
            parts = [
                shares(data.inside(window), unit, DENOMINATORS["iskander-family"], READINGS[r])
                for r in JOINT
            ]
            cells.append(_share_cell([p.numerator[1] for p in parts], parts[0].denominator[1], w))
        body.append(cells)
    _table(header, body)


def _share_cell(tops: Sequence[int], whole: int, w: Words) -> str:
    if not whole:
        return w("strikes.tables.nothing")
    low, crimea, high = (w.number(100 * n / whole) for n in tops)
    return w(
        "strikes.tables.share", low_n=w.number(tops[0]), high_n=w.number(tops[2]),
        whole=w.number(whole), low=low, high=high, crimea=crimea,
    )  # fmt: skip


def agreement(period_start: str, period_end: str, language: str) -> None:
    """Show, per CNN figure, how many specifications agree and what moves them most."""
    w, data = words(language), tables(period_start, period_end)
    found = {r.key: r for r in results(period_start, period_end)}
    body = []
    for figure, universe in universes(data).items():
        stem = f"strikes.multiverse.{figure}"
        keys = ("agree", "range", "median-width", f"moved-by.{universe.moves_most}")
        agree, span, width, by = (w.result(found[f"{stem}.{k}"]) for k in keys)
        moved = w(
            "strikes.tables.moved", by=by,
            choice=w(f"strikes.choices.{figure}.{universe.moves_most}"),
        )  # fmt: skip
        body.append([w(f"strikes.rivals.{figure}"), agree, span, width, moved])
    _table([w(f"strikes.tables.{n}") for n in ("figure", "agree", "span", "width", "most")], body)


def incoherent(period_start: str, period_end: str, language: str) -> None:
    """Show the combinations that are kept apart, and why each counts nothing."""
    w, data = words(language), tables(period_start, period_end)
    body = []
    for figure, universe in universes(data).items():
        for item in universe.incoherent:
            if item.denominator is None:
                value = w.number(item.value)
            else:
                value = w(
                    "strikes.tables.quotient", a=w.number(item.numerator),
                    b=w.number(item.denominator), value=w.number(100 * item.value, 1),
                )  # fmt: skip
            why = w(f"strikes.incoherent.{item.name}")
            body.append([w(f"strikes.rivals.{figure}"), value, why])
    _table([w(f"strikes.tables.{n}") for n in ("figure", "result", "why")], body)


def unnumbered(period_start: str, period_end: str, language: str) -> None:
    """Show the upper end of the year's share as missiles in the unnumbered row grow."""
    w, data = words(language), tables(period_start, period_end)
    rows = data.inside("year")
    body = []
    for m in (0, 1, 5, 10, 20, 30):
        cells = [w.number(m)]
        for mixed in (False, True):
            s = shares(rows, "missile", DENOMINATORS["iskander-family"], HEADLINE, mixed=mixed, m=m)
            above, below = s.numerator[1], s.denominator[1]
            cells.append(
                w(
                    "strikes.tables.quotient",
                    a=w.number(above),
                    b=w.number(below),
                    value=w.number(100 * above / below, 1),
                )
            )
        body.append(cells)
    _table([w(f"strikes.tables.{n}") for n in ("m", "pure", "mixed")], body)


def revisions(period_start: str, period_end: str, language: str) -> None:
    """Show events whose toll was published more than once, as spans."""
    w, data = words(language), tables(period_start, period_end)
    body = []
    for event in sorted(data.events, key=lambda e: e.low):
        spans = [event.stated(q) for q in ("killed", "injured")]
        if any(len(set(s)) > 1 for s in spans):
            cells = [
                w("strikes.tables.nothing")
                if not s
                else w.number(min(s))
                if min(s) == max(s)
                else w("report.span_alone", low=w.number(min(s)), high=w.number(max(s)))
                for s in spans
            ]
            body.append([w.date(event.low), event.place.split(" (")[0], *cells])
    _table([w(f"strikes.tables.{n}") for n in ("date", "place", "killed", "injured")], body)


def _table(header: Iterable[str], body: Iterable[Sequence[str]]) -> None:
    """Display a Markdown table."""
    header = list(header)
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(row) + " |" for row in body]
    display(Markdown("\n".join(lines)))
