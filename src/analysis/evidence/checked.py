"""What is wrong with the project's own evidence, found once for each state of it."""

from __future__ import annotations

from analysis.evidence.check import validate
from analysis.evidence.problem import Problem
from analysis.steps import step


@step(reads=("evidence",))
def problems() -> list[Problem]:
    """As `validate` finds them; a report asks each time, an audit looks for itself."""
    return validate()
