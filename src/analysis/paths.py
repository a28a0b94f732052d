"""Where things lie in a checkout. Asking for a path creates nothing."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from analysis.errors import UserError


@cache
def project_root() -> Path:
    """Root of the checkout: ``FEB11_ROOT`` if set, else found from this file.

    Raises
    ------
    UserError
        If no checkout is found, for example when the package was copied
        without its data.
    """
    named = os.environ.get("FEB11_ROOT")
    here = Path(named) if named else Path(__file__).resolve().parents[2]
    if not (here / "data" / "evidence").is_dir():
        raise UserError(
            f"no checkout of the project at {here}: install it with `make report`, "
            "or point FEB11_ROOT at the folder that holds data/evidence"
        )
    return here.resolve()


def evidence_dir() -> Path:
    """Folder of the evidence package; ``FEB11_EVIDENCE`` replaces it."""
    named = os.environ.get("FEB11_EVIDENCE")
    return Path(named).resolve() if named else project_root() / "data" / "evidence"


def build_dir() -> Path:
    """Folder of everything that is made and can be deleted."""
    return project_root() / "_build"


def runs_dir() -> Path:
    """Folder of runs, one per name."""
    return build_dir() / "runs"


def cache_dir() -> Path:
    """Folder of cached steps, keyed by content; safe to delete at any time."""
    return build_dir() / "cache"
