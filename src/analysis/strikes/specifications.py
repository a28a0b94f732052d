"""The coherent specifications of the four CNN figures.

Each generator walks the choices, counts what a specification counts, and hands
back its content, so that choices without effect do not multiply the count.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import product

from analysis.strikes.bounds import DENOMINATORS, READINGS, UNITS
from analysis.strikes.bulletin import Row, inside
from analysis.strikes.casualties import GROUPS, Event, counted
from analysis.strikes.multiverse import Incoherent, Specification
from analysis.strikes.rivals import Claim
from analysis.strikes.windows import LAST_KNOWN_EARLY_USE, Window

JOINT = ("joint-none", "without-crimea", "joint-all")
"""Readings of the joint label that give a number; hidden missiles have none."""

EARLY_COUNTS = {"prosecutors": "C29", "prosecutors-first": "C07", "sbu": "C13", "icuv": "C28"}
"""Published counts that may stand in for the bulletins up to their own end."""

EARLY_TOLLS = {"prosecutors-march": ("C24", "C25"), "prosecutors-may": ("C32", "C33")}
"""Published totals that may stand in for incidents located to their own end.

The figure of the security service is the one that the prosecutors took over
(link inferred): a lineage enters once."""

USED = {
    "missiles": tuple(EARLY_COUNTS.values()),
    "killed": tuple(pair[0] for pair in EARLY_TOLLS.values()),
    "injured": tuple(pair[1] for pair in EARLY_TOLLS.values()),
    "share": (LAST_KNOWN_EARLY_USE, "C37", "C38"),
}
"""Per figure, claims that enter its specifications."""

USED_APART = {"missiles": ("C06", "C45"), "killed": ("C58", "C59"), "injured": (), "share": ()}
"""Per figure, further claims that enter the combinations kept apart."""


def _items(rows: Iterable[Row], reading: str, *, mixed: bool, unnumbered: bool) -> dict[str, int]:
    """Row id to missiles, for the rows that a reading counts as North Korean.

    A mixed row counts as far as its label allows: all but one missile of each
    type that the reading leaves out.
    """
    found = {}
    for row in rows:
        if row.mixed and not mixed:
            continue
        if row.launched is None and not unnumbered:
            continue
        may = partial(READINGS[reading].may, row)
        if any(map(may, row.families)):
            found[row.row_id] = row.missiles(may, blank=1)[1]
    return found


def missiles(rows: list[Row], year: Window, claims: Mapping[str, Claim]) -> Iterator[Specification]:
    """Missiles attributed to North Korea in the year.

    Choices: the source for the first weeks, the joint label, mixed rows, and
    rows without a number (left out, or the one missile that they must hold).
    """
    pause = claims[LAST_KNOWN_EARLY_USE].end
    for early, joint, mixed, unnumbered in product(
        ("bulletins", *EARLY_COUNTS), JOINT, (False, True), (False, True)
    ):
        claim = claims[EARLY_COUNTS[early]] if early in EARLY_COUNTS else None
        window = inside(rows, year)
        if claim is not None:
            ends = claim.end or pause
            window = [row for row in window if ends is None or row.day > ends]
        items = _items(window, joint, mixed=mixed, unnumbered=unnumbered)
        certain = _items(window, "joint-none", mixed=False, unnumbered=False)
        base = int(claim.value) if claim else 0
        yield Specification(
            choices={
                "early": early,
                "joint": joint,
                "mixed": "in" if mixed else "out",
                "unnumbered": "one" if unnumbered else "out",
            },
            value=base + sum(items.values()),
            low=base + sum(certain.values()),
            high=base + sum(items.values()),
            content=(claim.claim_id if claim else None, frozenset(items.items())),
        )


def tolls(
    quantity: str, events: list[Event], year: Window, claims: Mapping[str, Claim]
) -> Iterator[Specification]:
    """People killed or injured in the year.

    Choices: the source for the first weeks, which events count, and whether
    disputed events do. Blanks are zero and a floor is its own number, since
    with open ends every specification would reach every floor. Bounds run over
    rival readings of each event.
    """
    column = ("killed", "injured").index(quantity)
    for early, group, disputed in product(("located", *EARLY_TOLLS), GROUPS, ("in", "out")):
        claim = claims[EARLY_TOLLS[early][column]] if early in EARLY_TOLLS else None
        chosen = [
            e
            for e in counted(events, year, GROUPS[group])
            if (disputed == "in" or not e.disputed)
            and (claim is None or claim.end is None or e.low > claim.end)
        ]
        base = int(claim.value) if claim else 0
        spans = [e.span(quantity) for e in chosen]
        yield Specification(
            choices={"early": early, "events": group, "disputed": disputed},
            value=base + sum(e.first(quantity) or 0 for e in chosen),
            low=base + sum(low for low, _ in spans),
            high=base + sum(high for _, high in spans),
            content=(
                claim.claim_id if claim else None,
                frozenset(e.event_id for e in chosen if e.stated(quantity)),
            ),
        )


def share(
    rows: list[Row], windows: Iterable[Window], claims: Mapping[str, Claim]
) -> Iterator[Specification]:
    """Share attributed to North Korea.

    Choices: window, unit, numerator (labels; the prosecutors' early count with
    labels after it; the claimed sixty), joint label, mixed rows, rows without a
    number, denominator. Early missiles that flew under labels outside the
    denominator are added to both sides.
    """
    for window, unit, joint, mixed, unnumbered, denominator in product(
        windows, UNITS, JOINT, (False, True), (False, True), DENOMINATORS
    ):
        chosen = inside(rows, window)
        above = _items(chosen, joint, mixed=mixed, unnumbered=unnumbered or unit != "missile")
        below = _within(chosen, denominator, mixed, unnumbered or unit != "missile")
        certain = _items(
            chosen, "joint-none", mixed=False, unnumbered=unnumbered or unit != "missile"
        )
        choices = {
            "window": window.name,
            "unit": unit,
            "numerator": "labels",
            "joint": joint,
            "mixed": "in" if mixed else "out",
            "unnumbered": "one" if unnumbered else "out",
            "denominator": denominator,
        }
        days = {row.row_id: row.day for row in chosen}
        parts = [_count(items, unit, days) for items in (above, below, certain)]
        counted_as = [
            frozenset(days[i] for i in items)
            if unit == "day"
            else frozenset(items)
            if unit == "row"
            else frozenset(items.items())
            for items in (above, below)
        ]
        yield Specification(
            choices, parts[0] / parts[1], parts[2] / parts[1], parts[0] / parts[1],
            (unit, *counted_as),
        )  # fmt: skip
        if unit == "missile" and window.name == "year":
            yield from _claimed(choices, chosen, below, claims, (mixed, unnumbered))


def _within(rows: Iterable[Row], denominator: str, mixed: bool, unnumbered: bool) -> dict[str, int]:
    families = DENOMINATORS[denominator]
    return {
        row.row_id: row.missiles(families.__contains__, blank=1)[1]
        for row in rows
        if (mixed or not row.mixed)
        and (unnumbered or row.launched is not None)
        and families.intersection(row.families)
    }


def _count(items: Mapping[str, int], unit: str, days: Mapping[str, object]) -> int:
    if unit == "missile":
        return sum(items.values())
    return len({days[i] for i in items}) if unit == "day" else len(items)


def _claimed(
    choices: dict[str, str],
    rows: list[Row],
    below: dict[str, int],
    claims: Mapping[str, Claim],
    conventions: tuple[bool, bool],
) -> Iterator[Specification]:
    """Specifications of the year whose numerator takes in a published count."""
    mixed, unnumbered = conventions
    early = claims[LAST_KNOWN_EARLY_USE]
    late = [row for row in rows if early.end is None or row.day > early.end]
    labelled = [row for row in rows if early.end is not None and row.day <= early.end]
    after = _items(late, choices["joint"], mixed=mixed, unnumbered=unnumbered)
    before = _items(labelled, "joint-all", mixed=mixed, unnumbered=unnumbered)
    moved = 0
    if "s300" not in DENOMINATORS[choices["denominator"]]:
        # What the prosecutors count beyond the joint label flew under other labels.
        moved = int(early.value) - sum(before.values())
    above = int(early.value) + sum(after.values())
    whole = sum(below.values()) + moved
    certain = int(early.value) + sum(
        _items(late, "joint-none", mixed=False, unnumbered=False).values()
    )
    yield Specification(
        {**choices, "numerator": "prosecutors-early"}, above / whole, certain / whole,
        above / whole, ("C29", frozenset(after.items()), frozenset(below.items()), moved),
    )  # fmt: skip
    if choices["joint"] == "joint-all":
        number = int(claims["C37"].value)
        value = number / sum(below.values())
        yield Specification(
            {**choices, "numerator": "claimed"},
            value,
            value,
            value,
            ("C37", frozenset(below.items())),
        )
        if choices["denominator"] == "iskander-family" and not (mixed or unnumbered):
            value = number / (number + int(claims["C38"].value))
            yield Specification(
                {**choices, "numerator": "claimed", "denominator": "published-plus-claimed"},
                value, value, value, ("C37", "C38"),
            )  # fmt: skip


def incoherent_shares(
    rows: list[Row], year: Window, surge: Window, claims: Mapping[str, Claim]
) -> list[Incoherent]:
    """Quotients whose numerator is no part of the denominator."""

    def sums(window: Window, *families: str) -> int:
        return sum(
            r.launched or 0 for r in inside(rows, window) if set(r.families) <= set(families)
        )

    sixty, total = int(claims["C37"].value), int(claims["C38"].value)
    early = claims[LAST_KNOWN_EARLY_USE]
    family = ("iskander-m", "joint", "kn-23")
    late = Window("late", early.end, year.end, "parameter") if early.end else year
    stacked = int(early.value) + sum(
        r.launched or 0
        for r in inside(rows, late)
        if set(r.families) <= {"joint", "kn-23"} and r.day > late.start
    )
    pairs = {
        "published": (sixty, total),
        "plain-iskander": (sixty, sums(year, "iskander-m")),
        "joint-over-plain": (sums(year, "joint", "kn-23"), sums(year, "iskander-m")),
        "year-over-surge": (sixty, sums(surge, *family)),
        "hidden-over-labels": (stacked, sums(year, *family)),
    }
    return [Incoherent(name, a / b, a, b) for name, (a, b) in pairs.items() if b]


def incoherent_counts(
    rows: list[Row], year: Window, claims: Mapping[str, Claim]
) -> list[Incoherent]:
    """Sums of missiles that count something twice or something else."""
    labels = sum(_items(inside(rows, year), "joint-all", mixed=False, unnumbered=False).values())
    early, sixty = int(claims["C29"].value), int(claims["C37"].value)
    values = {
        "early-twice": early + labels,
        "occasions": int(claims["C06"].value),
        "lineage-twice": sixty + int(claims["C45"].value),
        "claimed-plus-early": sixty + early,
    }
    return [Incoherent(name, float(v), v, None) for name, v in values.items()]


def incoherent_tolls(
    quantity: str, events: list[Event], year: Window, claims: Mapping[str, Claim]
) -> list[Incoherent]:
    """Sums of tolls that count the same people twice, or nobody in particular."""
    chosen = counted(events, year, GROUPS["with-joint"])
    may = int(claims[{"killed": "C32", "injured": "C33"}[quantity]].value)
    located = sum(e.first(quantity) or 0 for e in counted(events, year, GROUPS["attributed"]))
    values = {
        "rivals-added": sum(sum(e.stated(quantity)) for e in chosen),
        "official-plus-located": may + located,
    }
    if quantity == "killed":
        garbled = int(claims["C58"].value) + int(claims["C59"].value)
        values["garbled-added"] = located + garbled
    return [Incoherent(name, float(v), v, None) for name, v in values.items()]
