"""Results: launches by label, bounds on missiles, and lineages of the claims."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from analysis.results import Result
from analysis.strikes.bounds import HEADLINE, ISKANDER, READINGS, shares
from analysis.strikes.bulletin import largest, numbered
from analysis.strikes.record import LAUNCHES, bounds, exact, scenario
from analysis.strikes.rivals import CNN, FIGURES, rivals
from analysis.strikes.tables import Tables
from analysis.strikes.windows import LAST_KNOWN_EARLY_USE

FAMILIES = ("iskander-m", "joint", "kn-23", "aeroballistic", "s300")
"""Pure labels, as the bulletins print them in families."""

_CONVENTIONS = "two conventions, inferred links kept or cut: neither is preferred"
_LABELS = ("choice:label.mixed", "choice:label.unnumbered")


def results(tables: Tables) -> list[Result]:
    """Counts of the chapter."""
    return [
        *_bulletins(tables),
        *_bounds(tables),
        with_prosecutors(tables),
        *february(tables),
        *_claimed(tables),
        *_lineages(tables),
    ]


def _bulletins(tables: Tables) -> Iterator[Result]:
    for window in tables.windows.values():
        rows = tables.inside(window.name)
        for family in FAMILIES:
            of = [r for r in rows if r.families == (family,)]
            blank = sum(r.launched is None for r in of)
            yield exact(
                f"strikes.bulletin.{window.name}.{family}",
                numbered(of),
                "missiles",
                f"Missiles of the label family {family} in the bulletins, {window.start} to "
                f"{window.end}, numbered rows of pure label",
                "bulletin.numbered",
                (*LAUNCHES, *window.inputs, *_LABELS),
                why="a census of launches: a count of published numbers",
                label="numbered rows" if blank else None,
                extra={
                    "rows": len(of), "days": len({r.day for r in of}), "unnumbered_rows": blank,
                },
            )  # fmt: skip

        most = largest(r for r in rows if r.families == ("joint",))
        yield exact(
            f"strikes.bulletin.{window.name}.largest-joint-row",
            most,
            "missiles",
            f"Largest numbered row of the joint label, {window.start} to {window.end}",
            "bulletin.largest",
            (*LAUNCHES, *window.inputs),
            why="no numbered row of the joint label" if most is None else "a published number",
        )


def _claimed(tables: Tables) -> Iterator[Result]:
    """The published count and total of the relays, and the prosecutors' early count."""
    for name, claim_id, what in (
        ("missiles", CNN["missiles"], "Missiles from North Korea fired in the year"),
        ("total", "C38", "Missiles launched in the year, types not stated"),
        ("prosecutors", LAST_KNOWN_EARLY_USE, "Missiles from North Korea by the end of February"),
    ):
        claim = tables.claims[claim_id]
        yield exact(
            f"strikes.claimed.{name}",
            claim.value,
            "missiles",
            f"{what}, as published ({claim_id})",
            "rivals.claims",
            claim.inputs,
            kind="published",
            why="published as one number",
        )


def _bounds(tables: Tables) -> Iterator[Result]:
    for window in tables.windows.values():
        rows = tables.inside(window.name)
        inputs = (*LAUNCHES, *window.inputs, *_LABELS)
        where = f"{window.start} to {window.end}"
        found = shares(rows, "missile", ISKANDER, HEADLINE)
        unnumbered = sum(r.launched is None and r.families == ("joint",) for r in rows)
        label = "numbered rows" if unnumbered else None
        yield bounds(
            f"strikes.count.bounds.{window.name}",
            found.numerator,
            "missiles",
            f"Missiles attributed to North Korea by label, {where}: outright KN-23 to all joint "
            "labels",
            "bounds.shares",
            inputs,
            label=label,
            extra={"unnumbered_rows": unnumbered},
        )
        narrow = shares(rows, "missile", ISKANDER, READINGS["without-crimea"])
        yield bounds(
            f"strikes.count.bounds.{window.name}.without-crimea",
            narrow.numerator,
            "missiles",
            f"Missiles attributed to North Korea by label, {where}, joint rows that name Crimea "
            "taken as Russian",
            "bounds.shares",
            (*inputs, "choice:label.crimea"),
            label=label,
        )
        wide = shares(rows, "missile", ISKANDER, HEADLINE, mixed=True)
        yield bounds(
            f"strikes.count.bounds.{window.name}.with-mixed",
            (wide.numerator[0], None if unnumbered else wide.numerator[1]),
            "missiles",
            f"Missiles attributed to North Korea by label, {where}, with mixed rows, one "
            "missile for each other type they name, and rows without a number: the upper end is "
            "open where such a row is",
            "bounds.shares",
            inputs,
            extra={"upper_without_unnumbered": wide.numerator[1], "unnumbered_rows": unnumbered},
        )


def with_prosecutors(tables: Tables) -> Result:
    """The prosecutors' count by February, and the labels after it."""
    claim = tables.claims[LAST_KNOWN_EARLY_USE]
    surge = tables.windows["surge"]
    late = shares(tables.inside("surge"), "missile", ISKANDER, HEADLINE)
    base = int(claim.value)
    return scenario(
        "strikes.count.scenario.with-prosecutors",
        (base + late.numerator[0], base + late.numerator[1]),
        "missiles",
        f"The prosecutors' about {base} by the end of February, and the labels from {surge.start}",
        "record_counts.with_prosecutors",
        (*claim.inputs, *LAUNCHES, *surge.inputs, *_LABELS),
        kind="derived",
        why=f"a scenario that takes about {base} as said: the labels bound what follows, nothing "
        "bounds the number",
        extra={"prosecutors": base, "labels": list(late.numerator)},
    )


def february(tables: Tables) -> Iterator[Result]:
    """Every launch of the family up to the last early use, whatever its origin.

    The ends are the numbered rows of pure label, and the same with mixed rows as
    full as they can be. A row without a number leaves the upper end open; how
    many missiles it would have to hold for the prosecutors' count is computed.
    """
    claim = tables.claims[LAST_KNOWN_EARLY_USE]
    rows = [
        r for r in tables.rows
        if claim.start and claim.end and claim.start <= r.day <= claim.end
        and ISKANDER & set(r.families)
    ]  # fmt: skip
    regions = tables.early_regions
    inputs = (*LAUNCHES, *claim.inputs, *_LABELS)
    for name, certain, possible, what in (
        ("launched", rows, rows, "of every origin; the upper end adds mixed rows"),
        (
            "from-regions",
            [r for r in rows if regions[r.row_id] == "only"],
            [r for r in rows if regions[r.row_id] != "none"],
            "from the launch regions that the prosecutors name; the upper end adds mixed rows and "
            "rows that name those regions among others or say only north",
        ),
    ):
        low = numbered(r for r in certain if not r.mixed)
        high = sum(r.missiles(ISKANDER.__contains__)[1] for r in possible)
        blank = sum(r.launched is None for r in possible)
        yield scenario(
            f"strikes.bulletin.february.{name}",
            (low, high),
            "missiles",
            f"Iskander-type missiles in the bulletins, {claim.start} to {claim.end}, {what}",
            "record_counts.february",
            inputs,
            label="numbered rows" if blank else None,
            kind="derived",
            why="two ways to count rows with a number; rows without one leave the top open",
            extra={"unnumbered_rows": blank},
        )
        short = max(0, int(claim.value) - high)
        yield exact(
            f"strikes.bulletin.february.{name}.unnumbered",
            -(-short // blank) if blank else None,
            "missiles",
            "Missiles that each row without a number would have to hold for the upper end of "
            f"{name} to reach the prosecutors' {claim.value}",
            "record_counts.february",
            inputs,
            why="a threshold computed exactly" if blank else "no row without a number",
            extra={"unnumbered_rows": blank, "prosecutors": claim.value},
        )


def _lineages(tables: Tables) -> Iterator[Result]:
    links = ("file:data/evidence/lineage.csv", "file:data/evidence/aggregate_claim_agencies.csv")
    for figure in FIGURES:
        found = tables.agreements[figure]
        chosen = rivals(tables.claims.values(), figure)
        all_of = _inputs(tables, [c.claim_id for c in chosen])
        yield exact(
            f"strikes.lineage.{figure}.figures",
            len(chosen),
            "figures",
            f"Published figures that rival the CNN figure ({figure}), its own among them",
            "rivals.rivals",
            all_of,
            extra={
                "claims": [c.claim_id for c in chosen],
            },
        )
        voices = tables.lineages[figure]
        yield scenario(
            f"strikes.lineage.{figure}.voices",
            voices,
            "lineage" if voices == (1, 1) else "lineages",
            f"Lineages among the published figures that rival the CNN figure ({figure}): with "
            "links that we infer kept, and cut",
            "rivals.voices",
            (*links, *all_of),
            label=None,
            kind="derived",
            why=_CONVENTIONS,
        )
        yield scenario(
            f"strikes.lineage.{figure}.others-agreeing",
            (found.kept, found.cut),
            "lineages",
            f"Lineages other than its own that agree with the CNN figure ({figure}): with links "
            "that we infer kept, and cut",
            "rivals.agreement",
            (
                *links,
                *_inputs(tables, {CNN[figure], *found.figures}),
                f"choice:{tables.bands[figure].choice}",
            ),
            label=None,
            kind="derived",
            why=_CONVENTIONS,
            extra={"figures": list(found.figures)},
        )


def _inputs(tables: Tables, claim_ids: Iterable[str]) -> tuple[str, ...]:
    """What the claims of a result name, each once."""
    return tuple(sorted({i for name in claim_ids for i in tables.claims[name].inputs}))
