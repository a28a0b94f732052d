"""From a block of housing to the people it could hold, as far as sources carry it."""

from analysis.housing.answer import results
from analysis.housing.model import Model, model

__all__ = ["Model", "model", "results"]
