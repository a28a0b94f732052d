"""Results: located tolls, official totals, residuals, and scenarios per event."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from analysis.results import Result
from analysis.strikes.casualties import GROUPS, QUANTITIES, Event, counted, located
from analysis.strikes.ladder import Rung, rungs
from analysis.strikes.record import INCIDENTS, LAUNCHES, bounds, exact, scenario
from analysis.strikes.tables import Tables

_CHOICES = ("choice:casualty.blanks", "choice:casualty.rivals")

TOTALS = {
    "located-attributed": ("attributed", True),
    "located-debris": ("debris", True),
    "located-with-joint": ("with-joint", True),
    "located-attributed-without-disputed": ("attributed", False),
    "located-without-disputed": ("with-joint", False),
}
"""Total to the group of events it counts, and whether disputed ones are in."""


def results(tables: Tables) -> list[Result]:
    """Totals of the dead and injured."""
    ladder = rungs(tables.claims.values(), tables.events)
    found: list[Result] = []
    for quantity in QUANTITIES:
        found += _located(tables, quantity)
        found += _official(ladder, quantity)
        found += per_event(tables, quantity)
        found += per_missile(tables, ladder, quantity)
        found += growth(tables, ladder, quantity)
    return found


def _choose(tables: Tables, window: str, group: str, disputed: bool) -> list[Event]:
    events = counted(tables.events, tables.windows[window], GROUPS[group])
    return [e for e in events if disputed or not e.disputed]


def _located(tables: Tables, quantity: str) -> Iterator[Result]:
    for window in ("year", "surge", "period"):
        suffix = "" if window == "year" else f".{window}"
        where = tables.windows[window]
        for name, (group, disputed) in TOTALS.items():
            events = _choose(tables, window, group, disputed)
            total = located(events, quantity)
            inputs = (
                *INCIDENTS,
                *(f"source:{s}" for s in total.sources),
                *where.inputs,
                *_CHOICES,
                *(() if disputed else ("choice:incident.disputed",)),
            )
            what = (
                f"People {quantity} in located incidents, {where.start} to {where.end}, {group}"
                + ("" if disputed else ", disputed events out")
            )
            yield Result(
                key=f"strikes.{quantity}.{name}{suffix}",
                value=total.first,
                unit="persons",
                kind="derived",
                statement=f"{what}: first readings, blanks as zero; the span is of rival reports",
                method="analysis.strikes.casualties.located",
                inputs=inputs,
                intervals=dict.fromkeys(("0.9", "0.99", "1"), (total.low, total.high)),
                interval_kind="bounds",
                label="blanks as zero" if total.blanks else None,
                extra={"events": total.events, "blanks": total.blanks},
            )
            if name == "located-attributed" and window == "year":
                yield bounds(
                    f"strikes.{quantity}.{name}.floor",
                    (total.low, None if total.blanks else total.high),
                    "persons",
                    f"{what}: lowest rival readings, and with blanks unknown a floor",
                    "casualties.located",
                    inputs,
                    extra={"blanks": total.blanks},
                )


def _official(ladder: Iterable[Rung], quantity: str) -> Iterator[Result]:
    for rung in ladder:
        claim = rung.claims[quantity]
        agency = claim.agencies[0]
        yield Result(
            key=f"strikes.{quantity}.official-{rung.name}",
            value=None if claim.floor else claim.value,
            unit="persons",
            kind="published",
            statement=f"People {quantity} in all, attributed by {agency} ({claim.claim_id})",
            method="analysis.strikes.ladder.rungs",
            inputs=claim.inputs,
            intervals=dict.fromkeys(("0.9", "0.99", "1"), (claim.value, claim.high))
            if claim.floor else {},
            interval_kind="bounds" if claim.floor else "exact",
            why_no_value="published as a floor" if claim.floor else None,
            why_no_interval=None if claim.floor else "published as one number",
            extra={"claim": claim.claim_id},
        )  # fmt: skip
        for joint in (False, True):
            against = (rung.with_joint if joint else rung.attributed)[quantity]
            name = "residual-with-joint" if joint else "residual"
            low, high = rung.span(quantity, joint=joint)
            yield Result(
                key=f"strikes.{quantity}.{name}.{rung.name}",
                value=rung.residual(quantity, joint=joint),
                unit="persons",
                kind="derived",
                statement=f"People {quantity}: total of {agency} ({claim.claim_id}) minus located "
                f"incidents of its period ({against.first} by first readings)"
                + (", those under the joint label included" if joint else "")
                + "; the span is of rival reports, blanks as zero and floors at their number",
                method="analysis.strikes.ladder.Rung.span",
                inputs=(
                    *claim.inputs,
                    *INCIDENTS,
                    *(f"source:{s}" for s in against.sources),
                    *_CHOICES,
                ),
                intervals=dict.fromkeys(("0.9", "0.99", "1"), (low, high)),
                interval_kind="scenario",
                label="floor minus floor" if claim.floor else "official minus a floor",
                extra={"official": claim.value, "located": against.first},
            )


def per_event(tables: Tables, quantity: str) -> Iterator[Result]:
    """Toll per event: over all events of a group, and over those with a stated toll."""
    for name, (group, disputed) in TOTALS.items():
        if name == "located-debris":
            continue
        events = _choose(tables, "year", group, disputed)
        total = located(events, quantity)
        stated = total.events - total.blanks
        if stated:
            yield scenario(
                f"strikes.{quantity}.per-event.{name.removeprefix('located-')}",
                (total.first / total.events, total.first / stated),
                "persons per event",
                f"People {quantity} per event of the year, {group}"
                + ("" if disputed else ", disputed events out")
                + ": over all events, and over those with a stated toll",
                "record_casualties.per_event",
                (*INCIDENTS, *(f"source:{s}" for s in total.sources), "choice:window.year",
                 *_CHOICES, *(() if disputed else ("choice:incident.disputed",))),
                extra={"events": total.events, "stated": stated, "toll": total.first},
            )  # fmt: skip


def per_missile(tables: Tables, ladder: list[Rung], quantity: str) -> Iterator[Result]:
    """Official totals per missile of the same statement; label totals with and without disputes."""
    pairs = [(r.claims[quantity], r.missiles) for r in ladder if r.missiles is not None]
    ratios = [claim.value / missiles.value for claim, missiles in pairs]
    if ratios:
        yield scenario(
            f"strikes.{quantity}.per-missile.official",
            (min(ratios), max(ratios)),
            "persons per missile",
            f"People {quantity} per missile, where one statement or report gives both totals",
            "record_casualties.per_missile",
            sorted({i for pair in pairs for claim in pair for i in claim.inputs}),
            extra={"claims": [[a.claim_id, b.claim_id] for a, b in pairs]},
        )
    surge = tables.windows["surge"]
    joint = [r for r in tables.inside("surge") if r.families in (("joint",), ("kn-23",))]
    for name, disputed in (("surge", True), ("surge-without-disputed", False)):
        events = _choose(tables, "surge", "with-joint", disputed)
        out = {e.low for e in tables.events if e.disputed and not disputed}
        missiles = sum(r.launched or 0 for r in joint if r.day not in out)
        total = located(events, quantity)
        if missiles:
            yield exact(
                f"strikes.{quantity}.per-missile.{name}",
                total.first / missiles,
                "persons per missile",
                f"People {quantity} in located events per missile under the labels KN-23 and "
                f"joint, {surge.start} to {surge.end}"
                + ("" if disputed else ", disputed events and their missiles out"),
                "record_casualties.per_missile",
                (*INCIDENTS, *LAUNCHES, *(f"source:{s}" for s in total.sources), *surge.inputs,
                 *_CHOICES, "choice:incident.disputed"),
                why="a scenario: a toll belongs to its salvo and not to a missile",
                label="scenario",
                kind="assumed",
                extra={"toll": total.first, "missiles": missiles},
            )  # fmt: skip


def growth(tables: Tables, ladder: list[Rung], quantity: str) -> Iterator[Result]:
    """How official totals grew with no new strike, and what that would do to the last.

    A number that a body took over from another body is adoption rather than
    growth: the links that say so are named.
    """
    early = [r for r in ladder if r.name in ("pgo-mar", "pgo-may")]
    last = next((r for r in ladder if r.name == "pgo-nov"), None)
    if len(early) == 2:
        before, after = (r.claims[quantity] for r in early)
        adopted = [
            parent for child, parent, _ in tables.links
            if child == after.claim_id and parent in tables.claims
            and tables.claims[parent].agencies != after.agencies
            and tables.claims[parent].value == after.value
        ]  # fmt: skip
        yield exact(
            f"strikes.{quantity}.growth.official",
            after.value - before.value,
            "persons",
            f"Growth of the prosecutors' total of people {quantity} between two statements, with "
            "no new strike known to them in between"
            + ("; the later number is probably that of another body" if adopted else ""),
            "record_casualties.growth",
            (*before.inputs, *after.inputs, "file:data/evidence/lineage.csv",
             *(i for name in adopted for i in tables.claims[name].inputs)),
            why="a difference of two published totals",
            label="probably adopted" if adopted else None,
            extra={"from": before.value, "to": after.value, "adopted_from": adopted},
        )  # fmt: skip
        if last is not None:
            claim = last.claims[quantity]
            factor = after.value / before.value
            yield scenario(
                f"strikes.{quantity}.growth.scenario",
                (claim.value, round(claim.value * factor)),
                "persons",
                f"People {quantity}: the November total as said, and if it grew as the spring one "
                "did; three or so revisions fit no model",
                "record_casualties.growth",
                (*before.inputs, *after.inputs, *claim.inputs),
                extra={"factor": factor},
            )
    revised = [e for e in tables.events if len(set(e.stated(quantity))) > 1]
    yield exact(
        f"strikes.{quantity}.growth.revised-events",
        len(revised),
        "events",
        f"Events with more than one published number of people {quantity}",
        "casualties.Event.stated",
        (*INCIDENTS, *sorted({f"source:{s}" for e in revised for s in e.sources})),
        extra={"spans": {e.event_id: [min(e.stated(quantity)), max(e.stated(quantity))]
                         for e in revised}},
    )  # fmt: skip
