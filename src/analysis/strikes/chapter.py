"""All results of the chapter, by section; the notebook records what this returns."""

from __future__ import annotations

from analysis.results import Result
from analysis.steps import step
from analysis.strikes import (
    conclusions,
    record_casualties,
    record_counts,
    record_multiverse,
    record_share,
)
from analysis.strikes.tables import Tables, tables

SEED = 20241125

PERIOD_START, PERIOD_END = "2024-01-01", "2024-11-22"
"""Default period: the year up to the last full day before the relays."""

_MEASURED = {
    "counts": record_counts.results,
    "share": record_share.results,
    "casualties": record_casualties.results,
    "multiverse": record_multiverse.results,
}


def _conclusions(tables: Tables) -> list[Result]:
    found = {r.key: r for record in _MEASURED.values() for r in record(tables)}
    return list(conclusions.of_the_chapter(found, tables.bands))


SECTIONS = {**_MEASURED, "conclusions": _conclusions}
"""Section of the notebook to what it records; the last compares the others."""


@step(reads=("evidence",))
def section(
    name: str, period_start: str = PERIOD_START, period_end: str = PERIOD_END
) -> list[Result]:
    """Results of one section, by its name in `SECTIONS`.

    Raises
    ------
    UserError
        If the period is none, or a table is broken.
    """
    return SECTIONS[name](tables(period_start, period_end))


def results(
    period_start: str = PERIOD_START, period_end: str = PERIOD_END, seed: int = SEED
) -> list[Result]:
    """Every result of the sections, for one period.

    Parameters
    ----------
    period_start, period_end
        ISO dates, both included.
    seed
        Seed of the models; nothing else here draws anything.
    """
    return [r for name in SECTIONS for r in section(name, period_start, period_end)]
