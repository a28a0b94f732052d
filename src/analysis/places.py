"""Names of sources and sites that hold in every checkout."""

from __future__ import annotations

from analysis import paths


def place(name: str) -> str:
    """A source or a site by its place in the checkout, if that is where it lies."""
    inside = paths.project_root() / name
    return str(inside) if name and "://" not in name and inside.exists() else name
