"""Results: how many distinct, coherent specifications agree with each CNN figure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from analysis.results import Result
from analysis.strikes import specifications
from analysis.strikes.bounds import inside_band
from analysis.strikes.casualties import GROUPS, counted, located
from analysis.strikes.multiverse import Multiverse, Specification, build
from analysis.strikes.record import INCIDENTS, LAUNCHES, exact, scenario
from analysis.strikes.rivals import CNN
from analysis.strikes.tables import Band, Tables
from analysis.words import words

UNITS = {"missiles": "missiles", "killed": "persons", "injured": "persons", "share": "1"}
DECIMALS = {"missiles": 0, "share": 2}
"""Decimals to which a point is rounded before it is compared (choice
``multiverse.rounding``)."""

SHOWN_LEVELS = {
    "missiles": ("early", "joint"),
    "killed": ("events",),
    "injured": ("events",),
    "share": ("joint", "unit"),
}
"""Per figure, choices whose levels are recorded with their own agreement."""

NO_INTERVAL = "a count of specifications; they are not draws from anything"


def agreement(figure: str, band: Band) -> Callable[[Specification], bool]:
    """The rule of a figure: inside the band, or, for a floor, reached by the upper end."""
    if band.high is None:
        return lambda s: s.high >= band.low
    high, decimals = band.high, DECIMALS[figure]
    return lambda s: inside_band(s.value, band.low, high, decimals)


def universes(tables: Tables) -> dict[str, Multiverse]:
    """The multiverse of each of the four figures; all are about 2024, whatever the period."""
    rows, claims = list(tables.rows), tables.claims
    year, surge = tables.windows["year"], tables.windows["surge"]
    events = list(tables.events)
    windows = [tables.windows[name] for name in ("year", "surge", "aug-sep")]
    rules = {figure: agreement(figure, band) for figure, band in tables.bands.items()}
    return {
        "missiles": build(
            "missiles",
            specifications.missiles(rows, year, claims),
            rules["missiles"],
            specifications.incoherent_counts(rows, year, claims),
        ),
        **{
            quantity: build(
                quantity,
                specifications.tolls(quantity, events, year, claims),
                rules[quantity],
                specifications.incoherent_tolls(quantity, events, year, claims),
            )
            for quantity in ("killed", "injured")
        },
        "share": build(
            "share",
            specifications.share(rows, windows, claims),
            rules["share"],
            specifications.incoherent_shares(rows, year, surge, claims),
        ),
    }


def results(tables: Tables) -> list[Result]:
    """Agreement, range, width and the choice that moves most, per figure."""
    found: list[Result] = []
    for figure, universe in universes(tables).items():
        found += _figure(figure, universe, tables)
    return found


def _figure(figure: str, universe: Multiverse, tables: Tables) -> Iterator[Result]:
    stem, unit = f"strikes.multiverse.{figure}", UNITS[figure]
    percent = unit == "1"
    inputs = (
        *_inputs(figure, tables),
        *_claims(figure, tables, specifications.USED),
        f"choice:{tables.bands[figure].choice}",
    )
    kind = "derived"
    yield exact(
        f"{stem}.agree",
        universe.k,
        "specifications",
        f"Distinct, coherent specifications that agree with the CNN figure ({figure}); a count, "
        "not a probability",
        "record_multiverse.universes",
        inputs,
        kind=kind,
        why=NO_INTERVAL,
        extra={
            "of": universe.n,
            "by_choice": {
                choice: {level: list(pair) for level, pair in levels.items()}
                for choice, levels in universe.by_choice.items()
            },
        },
    )
    yield scenario(
        f"{stem}.range",
        universe.span,
        unit,
        f"Lowest and highest point estimate over all specifications ({figure})",
        "multiverse.build",
        inputs,
        label=None,
        percent=percent,
        kind=kind,
    )
    yield exact(
        f"{stem}.median-width",
        universe.median_width,
        unit,
        f"Median width of the bounds over all specifications ({figure})",
        "multiverse.build",
        inputs,
        kind=kind,
        why=NO_INTERVAL,
        percent=percent,
    )
    yield exact(
        f"{stem}.moves-most",
        words("en")(f"strikes.choices.{figure}.{universe.moves_most}"),
        "text",
        f"The choice that moves the point estimate most when it alone moves ({figure}); readings "
        "that leave the labels are not among the choices",
        "multiverse.effects",
        inputs,
        kind=kind,
        why="a name",
        extra={"choice": universe.moves_most},
    )
    for choice in SHOWN_LEVELS[figure]:
        for level, (k, n) in universe.by_choice[choice].items():
            yield exact(
                f"{stem}.agree-by.{choice}.{level}",
                k,
                "specifications",
                f"Distinct, coherent specifications with {choice} at {level} that agree with the "
                f"CNN figure ({figure}); a count, not a probability",
                "multiverse.build",
                inputs,
                kind=kind,
                why=NO_INTERVAL,
                extra={"of": n},
            )
    for choice, by in universe.effects.items():
        yield exact(
            f"{stem}.moved-by.{choice}",
            by,
            unit,
            f"Mean change of the estimate when only the choice {choice} moves ({figure})",
            "multiverse.effects",
            inputs,
            kind=kind,
            why=NO_INTERVAL,
            percent=percent,
        )
    band = tables.bands[figure]
    reach = [
        i.name for i in universe.incoherent
        if (i.value >= band.low if band.high is None
            else inside_band(i.value, band.low, band.high, DECIMALS[figure]))
    ]  # fmt: skip
    yield exact(
        f"{stem}.incoherent",
        len(universe.incoherent),
        "combinations",
        f"Combinations kept apart because they count something twice or outside ({figure})",
        "record_multiverse.universes",
        (*inputs, *_claims(figure, tables, specifications.USED_APART)),
        kind=kind,
        why=NO_INTERVAL,
        extra={
            "combinations": {
                i.name: {"value": i.value, "numerator": i.numerator, "denominator": i.denominator}
                for i in universe.incoherent
            },
            "would_agree": reach,
        },
    )


def _claims(figure: str, tables: Tables, used: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """What the published figures in the specifications name."""
    names = (CNN[figure], *used[figure])
    return tuple(sorted({i for name in names for i in tables.claims[name].inputs}))


def _inputs(figure: str, tables: Tables) -> tuple[str, ...]:
    windows = ("choice:window.year",)
    if figure in ("killed", "injured"):
        events = counted(tables.events, tables.windows["year"], GROUPS["with-joint"])
        return (
            *INCIDENTS,
            *(f"source:{s}" for s in located(events, figure).sources),
            "file:data/evidence/launches.csv",
            *windows,
            "choice:casualty.rivals",
            "choice:casualty.blanks",
            "choice:incident.disputed",
            "choice:multiverse.floors",
        )
    shared = (
        *LAUNCHES, *windows, "choice:label.mixed", "choice:label.unnumbered",
        "choice:label.crimea", "choice:multiverse.rounding",
    )  # fmt: skip
    return (
        (*shared, "choice:window.surge", "choice:window.aug-sep") if figure == "share" else shared
    )
