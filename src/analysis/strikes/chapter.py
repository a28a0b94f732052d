"""All results of the chapter, by section; the notebook records what this returns."""

from __future__ import annotations

from analysis.results import Result
from analysis.steps import step
from analysis.strikes import record_casualties, record_counts, record_multiverse, record_share
from analysis.strikes.tables import tables

SEED = 20241125

PERIOD_START, PERIOD_END = "2024-01-01", "2024-11-22"
"""Default period: the year up to the last full day before the relays."""

SECTIONS = {
    "counts": record_counts.results,
    "share": record_share.results,
    "casualties": record_casualties.results,
    "multiverse": record_multiverse.results,
}
"""Section of the notebook to what it records."""


@step(reads=("evidence",))
def section(
    name: str, period_start: str = PERIOD_START, period_end: str = PERIOD_END
) -> list[Result]:
    """Results of one section: ``counts``, ``share``, ``casualties`` or ``multiverse``.

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
