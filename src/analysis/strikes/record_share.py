"""Results: the share, by window, unit, denominator and reading."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from statistics import fmean

from analysis.results import Result
from analysis.strikes.bounds import (
    DENOMINATORS,
    HEADLINE,
    ISKANDER,
    READINGS,
    UNITS,
    Reading,
    Shares,
    needed_m,
    shares,
    smallest,
)
from analysis.strikes.record import LAUNCHES, bounds, exact, scenario
from analysis.strikes.tables import Tables
from analysis.strikes.windows import LAST_KNOWN_EARLY_USE

THIRD = Fraction(1, 3)
"""The published share; what it takes to reach it is computed against this."""

DEEPER = ("joint-none", "without-crimea", "hidden-iskander-m", "hidden-s300")
"""Readings beside the headline that are recorded for the narrow denominator."""

WINDOWS = ("year", "surge", "aug-sep")
"""Windows that are registered and do not follow the chosen period."""

_CHOICES = ("choice:label.mixed", "choice:label.unnumbered")
_READING_CHOICES = {
    "without-crimea": ("choice:label.crimea",),
    "hidden-iskander-m": ("choice:label.hidden",),
    "hidden-s300": ("choice:label.hidden",),
}


def results(tables: Tables) -> list[Result]:
    """Sharp bounds on the share, and what it would take to reach a third."""
    return [
        *_headlines(tables),
        *_readings(tables),
        *_thresholds(tables),
        *claimed(tables),
        *moved(tables),
    ]


def _headlines(tables: Tables) -> Iterator[Result]:
    for window in tables.windows.values():
        rows = tables.inside(window.name)
        for unit in UNITS:
            for name, families in DENOMINATORS.items():
                found = shares(rows, unit, families, HEADLINE)
                yield _bounds(
                    f"strikes.share.bounds.{window.name}.{unit}.{name}",
                    found,
                    f"Share attributed to North Korea by label, {window.start} to {window.end}, "
                    f"by {unit}, of {name}: outright KN-23 to all joint labels",
                    (*LAUNCHES, *window.inputs, *_CHOICES, "choice:label.hidden"),
                    unit,
                )


def _readings(tables: Tables) -> Iterator[Result]:
    for window in tables.windows.values():
        rows = tables.inside(window.name)
        for unit in UNITS:
            stem = f"strikes.share.bounds.{window.name}.{unit}.iskander-family"
            where = f"{window.start} to {window.end}, by {unit}, of the Iskander family"
            inputs = (*LAUNCHES, *window.inputs, *_CHOICES)
            for name in DEEPER:
                yield _bounds(
                    f"{stem}.{name}",
                    shares(rows, unit, ISKANDER, READINGS[name]),
                    f"Share attributed to North Korea, {where}, reading {name}",
                    (*inputs, *_READING_CHOICES.get(name, ())),
                    unit,
                )
            yield _bounds(
                f"{stem}.with-mixed",
                shares(rows, unit, ISKANDER, HEADLINE, mixed=True),
                f"Share attributed to North Korea, {where}, rows of mixed labels in, split unknown "
                "but for one missile of each type named",
                inputs,
                unit,
            )


def _bounds(key: str, found: Shares, statement: str, inputs: tuple[str, ...], unit: str) -> Result:
    """Bounds with the counts behind them, and what they leave out in their label."""
    left_out = found.unnumbered if unit == "missile" else 0
    return bounds(
        key,
        (found.low, found.high),
        "1",
        statement,
        "bounds.shares",
        inputs,
        label="numbered rows" if left_out else None,
        extra={
            "numerator": list(found.numerator),
            "denominator": list(found.denominator),
            "unnumbered_rows": found.unnumbered,
            "mixed_rows": found.mixed,
        },
    )


def _thresholds(tables: Tables) -> Iterator[Result]:
    for window in tables.windows.values():
        rows = tables.inside(window.name)
        base = shares(rows, "missile", ISKANDER, HEADLINE)
        above, below = base.numerator[1], base.denominator[1]
        inputs = (*LAUNCHES, *window.inputs, *_CHOICES)
        stem = f"strikes.share.third.{window.name}"
        plain = sum(r.launched or 0 for r in rows if r.families == ("iskander-m",))
        s300 = sum(r.launched or 0 for r in rows if r.families == ("s300",))

        def inside(h: int, above: int = above, below: int = below) -> tuple[int, int]:
            return above + h, below

        def outside(h: int, above: int = above, below: int = below) -> tuple[int, int]:
            return above + h, below + h

        routes = (
            ("iskander-m", smallest(inside, THIRD, plain), "plain Iskander-M", plain),
            ("s300", smallest(outside, THIRD, s300), "S-300 or S-400", s300),
        )
        for name, needed, label, all_of in routes:
            yield exact(
                f"{stem}.hidden-{name}",
                needed,
                "missiles",
                f"Fewest missiles labelled {label} that would have to be North Korean, on top of "
                f"all joint labels, for a third of the missiles from {window.start} to "
                f"{window.end}",
                "bounds.smallest",
                (*inputs, "choice:label.hidden"),
                why="not even all of them reach a third" if needed is None
                else "a threshold computed exactly",
                extra={"of": all_of},
            )  # fmt: skip
        for name, mixed in (("unnumbered", True), ("unnumbered-pure", False)):

            def at(m: int, mixed: bool = mixed, rows: list = rows) -> Shares:
                return shares(rows, "missile", ISKANDER, HEADLINE, mixed=mixed, m=m)

            needed = needed_m(at, THIRD)
            yield exact(
                f"{stem}.{name}",
                needed,
                "missiles",
                "Missiles that each joint row without a number would have to hold for the upper "
                f"end to reach a third, {window.start} to {window.end}, mixed rows "
                + ("in" if mixed else "out"),
                "bounds.needed_m",
                inputs,
                why="no row without a number can bring it about" if needed is None
                else "a threshold computed exactly",
                extra={"unnumbered_rows": base.unnumbered},
            )  # fmt: skip


def claimed(tables: Tables) -> Iterator[Result]:
    """The published division, and the claimed number over coherent denominators."""
    sixty, total = tables.claims["C37"], tables.claims["C38"]
    year = tables.windows["year"]
    yield exact(
        "strikes.share.published",
        sixty.value / total.value,
        "1",
        "The claimed missiles over the published total of the year: our division",
        "record_share.claimed",
        (*sixty.inputs, *total.inputs),
        why="a quotient of two published numbers; launches are a census, so no sampling error",
        label="incoherent if the total is plain Iskander-M",
        percent=True,
    )
    rows = tables.inside("year")
    for name, families in DENOMINATORS.items():
        whole = shares(rows, "missile", families, HEADLINE).denominator[1]
        yield exact(
            f"strikes.share.claimed.{name}",
            sixty.value / whole,
            "1",
            f"The claimed missiles over the {name} launches of the year, numbered rows",
            "record_share.claimed",
            (*sixty.inputs, *LAUNCHES, *year.inputs, *_CHOICES),
            why="a claimed number over a census",
            label="claimed numerator",
            percent=True,
            extra={"numerator": int(sixty.value), "denominator": whole},
        )
    whole = int(sixty.value + total.value)
    yield exact(
        "strikes.share.claimed.published-plus-claimed",
        sixty.value / whole,
        "1",
        "The claimed missiles over the published total with them added",
        "record_share.claimed",
        (*sixty.inputs, *total.inputs),
        why="the denominator moves with the numerator",
        label="claimed numerator",
        percent=True,
        extra={"numerator": int(sixty.value), "denominator": whole},
    )
    yield early_hidden(tables)


def early_hidden(tables: Tables) -> Result:
    """The prosecutors' early count, taken to have flown under S-300 labels."""
    claim = tables.claims[LAST_KNOWN_EARLY_USE]
    rows = tables.inside("year")
    joint = Reading("joint", frozenset({"joint"}))
    early = [r for r in rows if claim.end and r.day <= claim.end and not r.mixed]
    late = [r for r in rows if claim.end and r.day > claim.end and not r.mixed]

    def labelled(chosen: list) -> int:
        return sum(r.launched or 0 for r in chosen if joint.may(r, r.families[0]))

    above = int(claim.value) + labelled(late)
    family = shares(rows, "missile", ISKANDER, HEADLINE).denominator[1]
    wholes = (family + int(claim.value), family + int(claim.value) - labelled(early))
    return scenario(
        "strikes.share.early-hidden",
        (above / wholes[0], above / wholes[1]),
        "1",
        "Share of the year if the prosecutors' early count flew under S-300 labels and all joint "
        "labels after it are North Korean; the ends differ by whether the early joint labels are "
        "among that count",
        "record_share.early_hidden",
        (*claim.inputs, *LAUNCHES, *tables.windows["year"].inputs, *_CHOICES,
         "choice:label.hidden"),
        label="what if",
        percent=True,
        why="two what-ifs: neither is preferred",
        extra={"numerator": above, "denominator": list(wholes)},
    )  # fmt: skip


def moved(tables: Tables) -> Iterator[Result]:
    """How far the upper end moves with the joint label, and with hiding beyond it.

    The mean over the registered windows, the units and the denominators.
    """
    cells = [
        (tables.inside(window), unit, families)
        for window in WINDOWS
        for unit in UNITS
        for families in DENOMINATORS.values()
    ]
    choices = {c for window in WINDOWS for c in tables.windows[window].inputs}
    for name, narrow, wide, what in (
        ("joint", "joint-none", "joint-all", "all joint labels are taken in"),
        ("hidden-iskander-m", "joint-all", "hidden-iskander-m",
         "missiles under plain Iskander-M are taken in beyond all joint labels"),
    ):  # fmt: skip
        steps = [
            (shares(*cell, READINGS[wide]).high or 0) - (shares(*cell, READINGS[narrow]).high or 0)
            for cell in cells
        ]
        yield exact(
            f"strikes.share.moved.{name}",
            fmean(steps),
            "1",
            f"Mean change of the upper end of the share when {what}, over windows, units and "
            "denominators",
            "record_share.moved",
            (*LAUNCHES, *sorted(choices), *_CHOICES, *_READING_CHOICES.get(wide, ())),
            why="a mean over settings; they are not draws from anything",
            percent=True,
            extra={"settings": len(cells)},
        )
