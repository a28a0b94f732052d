"""Reported strikes as events, and totals that cannot count one event twice."""

from __future__ import annotations

from datetime import date
from typing import Literal

import pandas as pd

from analysis.errors import UserError

Toll = Literal["killed", "injured"]

JOINT = "joint-label"
"""Attribution of events known only by the label Iskander-M/KN-23."""

_OF_THE_EVENT = [
    "part_of",
    "date",
    "date_low",
    "date_high",
    "place",
    "oblast",
    "attribution",
    "disputed",
    "killed",
    "injured",
]
_RANGES = (
    ("killed", "killed", "killed"),
    ("injured", "injured", "injured"),
    ("missiles_reported", "missiles_reported", "missiles_reported"),
    ("nk_missiles", "nk_missiles_low", "nk_missiles_high"),
)


def events(incidents: pd.DataFrame) -> pd.DataFrame:
    """One row per event: the ``a`` reading, with its rivals as ranges.

    Columns: ``event_id``, ``part_of``, ``date``, ``date_low``, ``date_high``,
    ``place``, ``oblast``, ``attribution``, ``disputed``, ``readings`` (how many
    reports there are), and for each of ``killed``, ``injured``,
    ``missiles_reported``, ``nk_missiles`` the range over all reports as
    ``_low`` and ``_high``; ``killed`` and ``injured`` themselves are those of
    the ``a`` reading (persons; missing where not stated).

    Raises
    ------
    UserError
        If an event does not have exactly one reading that is no alternative.
    """
    groups = incidents.groupby("event_id", sort=True)
    chosen = incidents[~incidents["is_alternative"]]
    mains = chosen["event_id"].value_counts().reindex(list(groups.groups), fill_value=0)
    for event_id, count in mains[mains != 1].items():
        raise UserError(
            f"incidents: event {event_id} has {count} readings that are no alternative; "
            "exactly one must be left for totals"
        )
    frame = chosen.set_index("event_id")[_OF_THE_EVENT].sort_index()
    frame["readings"] = groups.size()
    for name, low, high in _RANGES:
        frame[f"{name}_low"] = groups[low].min()
        frame[f"{name}_high"] = groups[high].max()
    return frame.reset_index()


def total(rows: pd.DataFrame, what: Toll) -> int:
    """Sum of a toll over rows, each of which must be another event (persons).

    Accepts rows of :func:`events` or of the table ``incidents``. A toll that is
    not stated counts as nothing, so a total is a floor of what was located.

    Raises
    ------
    UserError
        If several readings of one event are among the rows, or an event
        together with the one that it is part of.
    """
    ids = rows["event_id"]
    twice = sorted(set(ids[ids.duplicated()]))
    if twice:
        raise UserError(
            f"rival reports of one event cannot be added: {', '.join(twice)}; "
            "take events(), which keeps one reading of each"
        )
    parts = rows[rows["part_of"].isin(set(ids))]
    if len(parts):
        pairs = ", ".join(f"{row.event_id} in {row.part_of}" for row in parts.itertuples())
        raise UserError(f"a part cannot be added to its whole: {pairs}; drop one of them")
    return int(rows[what].sum())


def located(incidents: pd.DataFrame, start: date, end: date, what: Toll, *, joint: bool) -> int:
    """Toll of all located events whose date lies in a period (persons).

    Events with a range of dates count only if the range lies inside it.

    Parameters
    ----------
    incidents
        Table ``incidents``.
    start, end
        First and last day of the period.
    what
        ``killed`` or ``injured``.
    joint
        Whether events known only by the joint label count too.
    """
    rows = events(incidents)
    inside = (rows["date_low"] >= pd.Timestamp(start)) & (rows["date_high"] <= pd.Timestamp(end))
    rows = rows[inside & rows["part_of"].isna()]
    if not joint:
        rows = rows[rows["attribution"] != JOINT]
    return total(rows, what)
