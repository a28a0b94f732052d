"""Scenes: from any image source to one aligned, checked cube.

``prepare(Request(...))`` is the whole path; see `analysis.scenes.prepare`.
"""

from analysis.scenes.cached import prepared
from analysis.scenes.prepare import Prepared, Request, prepare

__all__ = ["Prepared", "Request", "prepare", "prepared"]
