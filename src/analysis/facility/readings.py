"""How the published statements are read: what a date is the date of, and how sure it is.

The evidence tables say what was published. Which statements enter the
chronology, and with what standing, is a reading; it stands here, row by row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Standing = Literal["stated", "placed", "candidate", "elsewhere", "unused"]
"""``stated``: the source itself says it of this plant. ``placed``: analysts put
an event here that its own report does not. ``candidate``: the report names no
place. ``elsewhere``: reported of another place. ``unused``: the date is not
what it is taken for."""

Extent = Literal["within", "by"]
"""``within``: at some time between low and high. ``by``: at high or earlier."""


@dataclass(frozen=True)
class Reading:
    """One row of the chronology."""

    id: str
    """Key of its text and of its results."""
    lane: Literal["works", "roofs", "images", "visits", "near"]
    """Group in the chronology; ``near`` holds what was reported of other places."""
    claim: str
    """Id of the facility claim that carries the date."""
    standing: Standing
    extent: Extent = "within"


READINGS: tuple[Reading, ...] = (
    Reading("building-b-begun", "works", "FC001", "stated"),
    Reading("building-b-complete", "works", "FC002", "stated"),
    Reading("new-hall", "works", "FC004", "stated", "by"),
    Reading("housing", "works", "FC024", "stated", "by"),
    Reading("crane", "works", "FC030", "stated", "by"),
    Reading("other-firm", "works", "FC011", "stated", "by"),
    Reading("building-b-colours", "roofs", "FC019", "stated"),
    Reading("building-b-reroofed", "roofs", "FC020", "stated"),
    Reading("building-a-reroofed", "roofs", "FC021", "stated"),
    Reading("image-october", "images", "FC004", "stated"),
    Reading("image-november", "images", "FC018", "unused"),
    Reading("visit-2011", "visits", "FC033", "placed"),
    Reading("visit-2013", "visits", "FC035", "placed"),
    Reading("visit-2015", "visits", "FC036", "stated"),
    Reading("visit-2016", "visits", "FC037", "stated"),
    Reading("visit-2022", "visits", "FC038", "placed"),
    Reading("visit-2023", "visits", "FC039", "placed"),
    Reading("visit-2024-01", "visits", "FC042", "candidate"),
    Reading("visit-2025-12", "visits", "FC044", "candidate"),
    Reading("visit-2026-06", "visits", "FC048", "candidate"),
    Reading("parent-2023-11", "near", "FC041", "elsewhere"),
    Reading("line-2025-08", "near", "FC043", "elsewhere"),
    Reading("parent-2026-01", "near", "FC047", "elsewhere"),
)

LISTED_VISITS = ("visit-2013", "visit-2015", "visit-2016", "visit-2022", "visit-2023")
"""The years that the analysts list for Kim Jong Un (claim FC034)."""

UNDATED = {
    "FC003": "names a building, dates nothing",
    "FC005": "repeats FC004 as a judgement",
    "FC006": "repeats FC004 with the whole month",
    "FC007": "is about size",
    "FC008": "repeats FC007",
    "FC009": "repeats FC007",
    "FC010": "is about use",
    "FC012": "is about pace",
    "FC013": "is about a cover, with the date of the report",
    "FC014": "spans the whole period",
    "FC015": "takes the date of the image for the start; see the contradictions",
    "FC016": "has the date of the report",
    "FC017": "dates footage of buildings, not a building; see visit-2023",
    "FC022": "spans the whole period",
    "FC023": "points at an unidentified building in the picture",
    "FC025": "repeats FC024",
    "FC026": "repeats FC024 with the whole month",
    "FC027": "repeats FC024 with a place",
    "FC028": "is about people",
    "FC029": "has the date of the image",
    "FC031": "is about a purpose",
    "FC032": "is about extent",
    "FC034": "lists the visits that stand here one by one",
    "FC040": "is about footage",
    "FC045": "places visit-2025-12",
    "FC046": "describes visit-2025-12",
    "FC049": "describes visit-2026-06",
}
"""Statements on buildings, roofs, housing, the underground and visits that have
no row of their own, with the reason: together with `READINGS` they are all."""


@dataclass(frozen=True)
class Conflict:
    """Two published statements that do not go together."""

    id: str
    """Key of its question and of our reading, in the words of the chapter."""
    claim: str
    """Id of the facility claim."""
    rivals: tuple[str, ...]
    """Ids of the facility claims against it."""


CONFLICTS: tuple[Conflict, ...] = (
    Conflict("use", "FC005", ("FC010",)),
    Conflict("start", "FC014", ("FC015",)),
    Conflict("image-date", "FC004", ("FC018",)),
    Conflict("parent", "FC074", ("FC073",)),
    Conflict("products", "FC050", ("FC051", "FC053")),
    Conflict("sole-producer", "FC051", ("FC043",)),
    Conflict("purpose", "FC055", ("FC056", "FC072")),
    Conflict("underground", "FC029", ("FC032",)),
)
