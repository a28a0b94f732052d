"""What was built at a site, as a MyST table of bound results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from analysis.results import Result
from analysis.words import Words, plain

BUILDINGS = ("new-footprint", "re-roofing")
"""Classes whose candidates have rows; the others are counted."""

NONE = "–"


def buildings(found: Mapping[str, Result], w: Words, most: int | None = None) -> str:
    """Candidates that are buildings, largest first, and the older buildings of the site file.

    Parameters
    ----------
    found
        Results of the run, those of `analysis.sites.works` among them.
    most
        Rows of candidates to show; all of them without it.
    """
    about = found["site.candidates"].extra
    classed = {name: kind for kind in BUILDINGS for name in about["classes"][kind]}
    rows = [_row(name, kind, found, w) for name, kind in classed.items()]
    twice = {about["named"].get(name) for name in classed}
    older = [_row(name, "older", found, w) for name in about["older"] if name not in twice]
    if not rows and not older:
        return w("sites.table.nothing")
    shown = [*rows[:most], *older]
    heads = [w(f"sites.table.{c}") for c in ("building", "class", "area", "ground", "roof")]
    lines = [heads, ["---"] * len(heads), *shown]
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    notes = list(_notes(rows, older, most, w))
    return "\n\n".join([table, *([" ".join(notes)] if notes else [])])


def _notes(
    rows: list[list[str]], older: list[list[str]], most: int | None, w: Words
) -> Iterator[str]:
    if not rows:
        yield w("sites.table.no_candidate")
    if most is not None and len(rows) > most:
        yield w("sites.table.more")
    if any(NONE in row for row in (*rows[:most], *older)):
        yield w("sites.table.none")


def _row(name: str, kind: str, found: Mapping[str, Result], w: Words) -> list[str]:
    about = found["site.candidates"].extra
    text = "new" if name == about["new"] else "named" if name in about["named"] else "name"
    shown = w(f"sites.table.{text}", name=plain(name), older=plain(about["named"].get(name, "")))
    cells = (f"growth.{name}.{what}" for what in ("area", "ground_broken", "roof_on"))
    return [shown, w(f"sites.table.kind.{kind}"), *(_cell(key, found) for key in cells)]


def _cell(key: str, found: Mapping[str, Result]) -> str:
    result = found.get(key)
    if result is None or (result.value is None and not result.intervals):
        return NONE
    return f"{{result}}`{key}`"
