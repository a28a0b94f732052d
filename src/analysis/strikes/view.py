"""How the notebook shows this chapter: figures with their alt text and data."""

from __future__ import annotations

from analysis import figures
from analysis.results import Result
from analysis.strikes import (
    figures_bounds,
    figures_curves,
    figures_ladder,
    figures_launches,
    figures_lineage,
    figures_rivals,
)
from analysis.strikes.bounds import UNITS
from analysis.strikes.casualties import GROUPS, counted
from analysis.strikes.chapter import results
from analysis.strikes.figures_launches import MARKS
from analysis.strikes.ladder import rungs
from analysis.strikes.record_multiverse import UNITS as FIGURE_UNITS
from analysis.strikes.record_multiverse import universes
from analysis.strikes.rivals import CNN, FIGURES
from analysis.strikes.rivals import rivals as published
from analysis.strikes.tables import tables
from analysis.words import words

BULLETINS = "UADT_CSV"
"""Source key of the launch series."""


def _found(period_start: str, period_end: str) -> dict[str, Result]:
    return {r.key: r for r in results(period_start, period_end)}


def launches(period_start: str, period_end: str, language: str) -> None:
    """Show launches by label and month of the period, incidents over them."""
    w, data = words(language), tables(period_start, period_end)
    window = data.windows["period"]
    months = figures_launches.table(data.inside("period"), window)
    events = counted(data.events, window, GROUPS["with-joint"])
    totals = months.groupby("family")["missiles"].sum()
    grounds = {g: sum(e.attribution == g for e in events) for g in MARKS}
    figures.show(
        figures_launches.draw(months, events, window, w),
        name="strikes-launches-by-month",
        alt=w(
            "strikes.launches.alt",
            start=w.date(window.start),
            end=w.date(window.end),
            plain=w.number(int(totals["iskander-m"])),
            joint=w.number(int(totals["joint"])),
            outright=w.number(int(totals["kn-23"])),
            mixed=w.number(int(totals["mixed"])),
            events=w.number(len(events)),
            debris=w.number(grounds["confirmed-by-debris"]),
            official=w.number(grounds["official-claim"]),
            media=w.number(grounds["media"]),
            label=w.number(grounds["joint-label"]),
        ),
        caption=w("strikes.launches.caption"),
        keys=[f"strikes.bulletin.period.{f}" for f in ("iskander-m", "joint", "kn-23")],
        sources=[BULLETINS, *{s for e in events for s in e.sources}],
        data=months,
    )


def bounds(period_start: str, period_end: str, language: str) -> None:
    """Show the bounds on the share by window, unit, denominator and reading."""
    w, data = words(language), tables(period_start, period_end)
    found = _found(period_start, period_end)
    shown = figures_bounds.table(data)
    band = data.bands["share"]
    moves_most = str(found["strikes.multiverse.share.moves-most"].extra["choice"])
    cases = {
        f"{window}_{unit}": w.result(found[_key(window, unit)])
        for window in ("year", "surge")
        for unit in UNITS
    }
    figures.show(
        figures_bounds.draw(shown, band, moves_most, w),
        name="strikes-share-bounds",
        alt=w(
            "strikes.bounds.alt",
            low=w.number(100 * band.low),
            high=w.number(100 * (band.high or 1)),
            **cases,
        ),
        caption=w("strikes.bounds.caption"),
        keys=[
            _key(window, unit, name)
            for window in figures_bounds.shown_windows(data)
            for unit in UNITS
            for name in figures_bounds.SHOWN
        ],
        sources=[BULLETINS],
        data=shown,
    )


def _key(window: str, unit: str, denominator: str = "iskander-family") -> str:
    return f"strikes.share.bounds.{window}.{unit}.{denominator}"


def lineage(period_start: str, period_end: str, language: str) -> None:
    """Show which published figures derive from which."""
    w, data = words(language), tables(period_start, period_end)
    rows = figures_lineage.table(data)
    shown = {n.claim.claim_id for n in figures_lineage.nodes(data)}
    links = rows["derived_from"].notna()
    figures.show(
        figures_lineage.draw(data, w),
        name="strikes-claim-lineage",
        alt=w(
            "strikes.lineage.alt",
            n=w.number(len(shown)),
            links=w.number(int(links.sum())),
            inferred=w.number(int((rows["inferred"] == True).sum())),  # noqa: E712
        ),
        caption=w("strikes.lineage.caption"),
        keys=[f"strikes.lineage.{f}.others-agreeing" for f in FIGURES],
        sources={s for c in shown for s in data.claims[c].sources},
        data=rows,
    )


def rivals(period_start: str, period_end: str, language: str) -> None:
    """Show each CNN figure beside every published rival and what the tables give."""
    w, data = words(language), tables(period_start, period_end)
    found = _found(period_start, period_end)
    shown = figures_rivals.lines(data, found, w)
    others = [s.low for s in shown if s.figure == "missiles" and s.kind == "published"]
    claims = [c for f in FIGURES for c in published(data.claims.values(), f)]
    own = {f: w.number(data.claims[CNN[f]].value) for f in ("missiles", "killed", "injured")}
    figures.show(
        figures_rivals.draw(shown, data, w),
        name="strikes-rival-figures",
        alt=w(
            "strikes.rivals.alt",
            **own,
            share=w.number(100 * data.claims[CNN["share"]].value) + " %",
            missiles_low=w.number(min(others)),
            missiles_high=w.number(max(others)),
            labels=w.result(found["strikes.count.bounds.year"]),
            killed_located=w.result(found["strikes.killed.located-attributed"]),
            injured_located=w.result(found["strikes.injured.located-attributed"]),
            share_year=w.result(found[_key("year", "missile")]),
            share_surge=w.result(found[_key("surge", "missile")]),
        ),
        caption=w("strikes.rivals.caption"),
        keys=[key for rows in figures_rivals.COMPUTED.values() for key in rows.values()],
        sources=[BULLETINS, *{s for c in claims for s in c.sources}],
        data=figures_rivals.table(shown),
    )


def ladder(period_start: str, period_end: str, language: str) -> None:
    """Show official totals against located incidents, with signed residuals."""
    w, data = words(language), tables(period_start, period_end)
    found = rungs(data.claims.values(), data.events)
    figures.show(
        figures_ladder.draw(found, w),
        name="strikes-toll-ladder",
        alt=w(
            "strikes.ladder.alt",
            residuals="; ".join(figures_ladder.residuals(found, w)),
        ),
        caption=w("strikes.ladder.caption"),
        keys=[
            f"strikes.{q}.{name}.{r.name}"
            for q in ("killed", "injured")
            for name in ("residual", "residual-with-joint")
            for r in found
        ],
        sources={s for r in found for c in r.claims.values() for s in c.sources}
        | {s for r in found for t in r.with_joint.values() for s in t.sources},
        data=figures_ladder.table(found),
    )


def curve(figure: str, period_start: str, period_end: str, language: str) -> None:
    """Show the specification curve of ``missiles``, ``killed``, ``injured`` or ``share``."""
    w, data = words(language), tables(period_start, period_end)
    universe = universes(data)[figure]
    found = _found(period_start, period_end)
    stem = f"strikes.multiverse.{figure}"
    percent = FIGURE_UNITS[figure] == "1"
    scale, band = 100 if percent else 1, data.bands[figure]
    low, high = (scale * v for v in universe.span)
    figures.show(
        figures_curves.draw(universe, band, data.claims[CNN[figure]].value, w),
        name=f"strikes-specifications-{figure}",
        alt=w(
            "strikes.curves.alt",
            figure=w(f"strikes.curves.axis_{figure}"),
            k=w.number(universe.k),
            n=w.number(universe.n),
            low=w.number(low),
            high=w.number(high),
            width=w.result(found[f"{stem}.median-width"]),
            choice=w(f"strikes.choices.{figure}.{universe.moves_most}"),
            by=w.result(found[f"{stem}.moved-by.{universe.moves_most}"]),
        ),
        caption=w(
            f"strikes.curves.caption_{figure}",
            said=data.said[figure],
            low=w.number(scale * band.low),
            high="" if band.high is None else w.number(scale * band.high),
        ),
        keys=[f"{stem}.agree", f"{stem}.range", f"{stem}.median-width"],
        sources=[BULLETINS, *data.claims[CNN[figure]].sources],
        data=figures_curves.table(universe),
    )
