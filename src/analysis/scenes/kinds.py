"""Kinds of scene: what was observed, what was simulated, and what nobody declared."""

from __future__ import annotations

from collections.abc import Iterable

KINDS = ("simulated", "undeclared", "observed")
"""From the weakest to the strongest."""

PROPERTY = "feb11:kind"
"""Property of a STAC item that states its kind."""

TAG = "FEB11_KIND"
"""Tag of a TIFF that states its kind."""


def read(value: object) -> str | None:
    """A stated kind, or ``None``; an unknown word is taken as undeclared."""
    if value is None or value == "":
        return None
    word = str(value).strip().lower()
    return word if word in KINDS else "undeclared"


def of_scene(*, item: object, tags: Iterable[object], named_service: bool, declared: bool) -> str:
    """The kind of a scene: the weaker of what item and pixels say.

    Parameters
    ----------
    item
        What the item states, or ``None``.
    tags
        What the TIFFs state, or ``None`` each.
    named_service
        Whether the scene comes from a service that this project names.
    declared
        Whether the user declared the scenes as observed (``--observed``). A
        scene that says of itself that it is simulated stays so.
    """
    stated = [word for word in (read(item), *(read(tag) for tag in tags)) if word]
    trusted = "observed" if named_service or declared else "undeclared"
    if not stated:
        return trusted
    weakest = min(stated, key=KINDS.index)
    return weakest if weakest == "simulated" else trusted


def of_result(kind: str) -> str:
    """The kind of a result that rests on a scene of this kind."""
    return "measured" if kind == "observed" else "simulated"
