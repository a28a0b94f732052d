"""The registry of checks: a check is a function that names what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from analysis.errors import Feb11Error
from analysis.report.runs import Run

Check = Callable[..., Iterable[str]]
"""Takes the audited run, if it needs one, and yields what is wrong."""

SHOWN = 20
"""Findings of one check that are shown; the rest are counted."""


class Note(str):
    """A finding that is shown and fails nothing."""


_checks: dict[str, tuple[Check, bool]] = {}


@dataclass(frozen=True)
class Outcome:
    """What one check found."""

    name: str
    ok: bool
    detail: str
    """What was found, one finding a line; where the check holds, notes alone."""


def check(name: str, *, needs_run: bool = False) -> Callable[[Check], Check]:
    """Register a check under ``name``; with ``needs_run`` it fails without a run."""

    def register(function: Check) -> Check:
        _checks[name] = (function, needs_run)
        return function

    return register


def run_all(run: Run | None) -> list[Outcome]:
    """Every registered check on one run, in order of registration."""
    return [_run(name, function, needs_run, run) for name, (function, needs_run) in _checks.items()]


def _run(name: str, function: Check, needs_run: bool, run: Run | None) -> Outcome:
    if needs_run and run is None:
        return Outcome(name, False, "there is no run to check; `feb11 report` makes one")
    try:
        found = list(function(run) if needs_run else function())
    except Feb11Error as error:  # what cannot be checked does not hold
        found = [str(error)]
    found.sort(key=lambda one: isinstance(one, Note))  # faults first, in their order
    more = [f"and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
    ok = all(isinstance(one, Note) for one in found)
    return Outcome(name, ok, "\n".join(found[:SHOWN] + more))
