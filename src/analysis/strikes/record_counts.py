"""Results: launches by label, bounds on missiles, and lineages of the claims."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.results import Result
from analysis.strikes.bounds import HEADLINE, ISKANDER, READINGS, shares
from analysis.strikes.bulletin import Row
from analysis.strikes.record import LAUNCHES, bounds, exact
from analysis.strikes.rivals import CNN, FIGURES, rivals
from analysis.strikes.specifications import LAST_KNOWN_EARLY_USE
from analysis.strikes.tables import Tables

FAMILIES = ("iskander-m", "joint", "kn-23", "aeroballistic", "s300")
"""Pure labels, as the bulletins print them in families."""


def results(tables: Tables) -> list[Result]:
    """Counts of the chapter."""
    return [
        *_bulletins(tables),
        *_bounds(tables),
        *_february(tables),
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
                sum(r.launched or 0 for r in of),
                "missiles",
                f"Missiles of the label family {family} in the bulletins, {window.start} to "
                f"{window.end}, numbered rows of pure label",
                "record_counts.results",
                (*LAUNCHES, *window.inputs, "choice:label.mixed", "choice:label.unnumbered"),
                why="a census of launches: a count of published numbers",
                label="numbered rows" if blank else None,
                extra={
                    "rows": len(of), "days": len({r.day for r in of}), "unnumbered_rows": blank,
                },
            )  # fmt: skip

        joint = [r.launched for r in rows if r.families == ("joint",) and r.launched is not None]
        yield exact(
            f"strikes.bulletin.{window.name}.largest-joint-row",
            max(joint, default=None),
            "missiles",
            f"Largest numbered row of the joint label, {window.start} to {window.end}",
            "record_counts.results",
            (*LAUNCHES, *window.inputs),
            why="a published number" if joint else "no numbered row of the joint label",
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
        inputs = (*LAUNCHES, *window.inputs, "choice:label.mixed", "choice:label.unnumbered")
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
            f"Missiles attributed to North Korea by label, {where}, with mixed rows and rows "
            "without a number: the upper end is open where such a row is",
            "bounds.shares",
            inputs,
            extra={"upper_without_unnumbered": wide.numerator[1], "unnumbered_rows": unnumbered},
        )
    yield _with_prosecutors(tables)


def _with_prosecutors(tables: Tables) -> Result:
    """The prosecutors' count by February, and the labels after it."""
    claim = tables.claims[LAST_KNOWN_EARLY_USE]
    surge = tables.windows["surge"]
    late = shares(tables.inside("surge"), "missile", ISKANDER, HEADLINE)
    base = int(claim.value)
    return bounds(
        "strikes.count.bounds.year.with-prosecutors",
        (base + late.numerator[0], base + late.numerator[1]),
        "missiles",
        f"The prosecutors' about {base} by the end of February, and the labels from {surge.start}",
        "bounds.shares",
        (*claim.inputs, *LAUNCHES, *surge.inputs),
        extra={"prosecutors": base, "labels": list(late.numerator)},
    )


def _february(tables: Tables) -> Iterator[Result]:
    """Every launch of the family up to the last early use, whatever its origin."""
    claim = tables.claims[LAST_KNOWN_EARLY_USE]
    rows = [
        r for r in tables.rows
        if claim.start and claim.end and claim.start <= r.day <= claim.end
        and ISKANDER & set(r.families)
    ]  # fmt: skip
    regions = tables.early_regions

    def total(chosen: list[Row]) -> int:
        return sum(r.launched or 0 for r in chosen)

    pure = [r for r in rows if not r.mixed]
    blank = sum(r.launched is None for r in rows)
    for name, low, high, what in (
        ("launched", pure, rows, "of every origin; the upper end adds mixed rows"),
        (
            "from-regions",
            [r for r in pure if regions[r.row_id] == "only"],
            [r for r in rows if regions[r.row_id] != "none"],
            "from the launch regions that the prosecutors name; the upper end adds rows that "
            "name them among others or say only north",
        ),
    ):
        yield bounds(
            f"strikes.bulletin.february.{name}",
            (total(low), total(high)),
            "missiles",
            f"Iskander-type missiles in the bulletins, {claim.start} to {claim.end}, {what}",
            "record_counts.results",
            (*LAUNCHES, *claim.inputs),
            label="numbered rows" if blank else None,
            extra={"unnumbered_rows": blank},
        )


def _lineages(tables: Tables) -> Iterator[Result]:
    links = ("file:data/evidence/aggregate_claims.csv", "file:data/evidence/lineage.csv")
    for figure in FIGURES:
        found = tables.agreements[figure]
        chosen = rivals(tables.claims.values(), figure)
        own = tables.claims[CNN[figure]]
        band = f"choice:{tables.bands[figure].choice}"
        yield exact(
            f"strikes.lineage.{figure}.figures",
            len(chosen),
            "figures",
            f"Published figures that rival the CNN figure ({figure}), its own among them",
            "rivals.rivals",
            (*links, *own.inputs),
            extra={
                "claims": [c.claim_id for c in chosen],
            },
        )
        voices = len(set(tables.voices[figure].values()))
        yield exact(
            f"strikes.lineage.{figure}.voices",
            voices,
            "lineage" if voices == 1 else "lineages",
            f"Lineages among the published figures that rival the CNN figure ({figure})",
            "rivals.voices",
            (*links, *own.inputs),
        )
        yield bounds(
            f"strikes.lineage.{figure}.others-agreeing",
            (found.kept, found.cut),
            "lineages",
            f"Lineages other than its own that agree with the CNN figure ({figure}): with links "
            "that we infer kept, and cut",
            "rivals.agreement",
            (*links, *own.inputs, band),
            extra={"figures": list(found.figures)},
        )
