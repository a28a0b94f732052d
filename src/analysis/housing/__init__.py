"""From a block of housing to the people it could hold, as far as sources carry it."""

from typing import Any

from analysis.housing import own, scenarios
from analysis.housing.answer import results
from analysis.housing.model import Model, model
from analysis.housing.zone import Zone, seen

__all__ = ["Model", "Zone", "model", "own_parameters", "results", "seen"]


def own_parameters(parameters_file: str) -> dict[str, Any]:
    """A user's parameters, read and checked; empty without a file.

    Raises
    ------
    UserError
        Naming file, key and reason.
    """
    return own.read(parameters_file, scenarios.uses())
