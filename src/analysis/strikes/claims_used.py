"""Which claims enter the count, each as what it says, one per lineage.

A claim is ``at-least`` (low alone), ``below`` (high alone), ``about`` (both the same)
or ``between``, cumulative over its own period and made on its own day. Rows with another basis
than ``claim`` are our own arithmetic on the launch series and are refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import pandas as pd

from analysis.errors import UserError
from analysis.evidence import Evidence, lineage
from analysis.strikes.likelihood import FIRED_CELLS, Datum
from analysis.strikes.windows import seasons

UNDATED = "count.undated"
"""The choice that gives an undated statement its day."""

SELECTIONS: dict[str, tuple[str, ...]] = {
    "latest": ("C20", "C29", "C13", "C28", "C37", "C04", "C27", "C48", "C52"),
    "first": ("C05", "C07", "C13", "C28", "C37", "C04", "C27", "C42", "C52"),
    "echoes": ("C20", "C29", "C13", "C28", "C37", "C43", "C45", "C04", "C27", "C48", "C52"),
}
"""Claims by reading. ``latest``: the newest number of the body with which a lineage
began, the default. ``first``: its first number. ``echoes``: what repeats the default
with an inferred link counts as new, which it probably is not."""

_QUANTITY = {"missiles_fired": "fired", "attacks": "fired", "delivered": "delivered"}
"""An attack takes at least one missile, so a floor on attacks is one on missiles."""


def select(evidence: Evidence, claim_ids: tuple[str, ...], *, inferred: bool = True) -> list[Datum]:
    """The claims of a selection, checked.

    Parameters
    ----------
    inferred
        Count a link that is our own reading like one that the source states.

    Raises
    ------
    UserError
        If the evidence no longer fits the model's cells, or a claim is missing, is
        not a claim, or is of one lineage or body with
        another one about the same quantity: that would count it twice. The
        message names table, row and reason.
    """
    data = readable(evidence, claim_ids)
    check_cells(evidence)
    for quantity in ("fired", "delivered"):
        alike = [d.claim_id for d in data if d.quantity == quantity]
        for group in lineage.lineages(evidence, alike, inferred=inferred):
            first, *more = sorted(group.claims, key=alike.index)
            if more:
                raise UserError(
                    f"{_find(evidence, more[0])[1]}: of one lineage with {first}, so it would "
                    "count twice; one lineage enters the count once"
                )
    return data


def readable(evidence: Evidence, claim_ids: Iterable[str]) -> list[Datum]:
    """Claims as the likelihood takes them, without a look at their lineages.

    Raises
    ------
    UserError
        If one is missing, is not a claim, or gives no number of missiles.
    """
    undated = date.fromisoformat(evidence.choices.set_index("choice_id").loc[UNDATED, "low"])
    return [_read(*_find(evidence, claim_id), undated) for claim_id in claim_ids]


def check_cells(evidence: Evidence) -> None:
    """Hold the model's cells to the evidence: winter, lull and surge begin and end alike.

    The surge of the cells runs to the last day that a claim counts, one day past
    the last full day of bulletins.

    Raises
    ------
    UserError
        If they differ: then the cells of the likelihood have to be set anew.
    """
    winter, lull, surge = seasons(evidence)
    cells = (
        (winter, FIRED_CELLS[1][0], FIRED_CELLS[3][1]),
        (lull, *FIRED_CELLS[4]),
        (surge, FIRED_CELLS[5][0], surge.end),
    )
    for window, first, last in cells:
        if (window.start, window.end) != (first, last):
            raise UserError(
                f"the evidence puts the {window.name} from {window.start} to {window.end}, the "
                f"cells of the count's likelihood from {first} to {last}: set FIRED_CELLS anew"
            )


def _find(evidence: Evidence, claim_id: str) -> tuple[pd.Series, str]:
    table = evidence.aggregate_claims
    found = table[table["claim_id"] == claim_id]
    if len(found) != 1:
        raise UserError(f"aggregate_claims.csv: claim {claim_id} stands there {len(found)} times")
    return found.iloc[0], f"aggregate_claims.csv row {found.index[0] + 2} ({claim_id})"


def _read(row: pd.Series, place: str, undated: date) -> Datum:
    if row["basis"] != "claim":
        raise UserError(
            f"{place}: basis is {row['basis']!r}; only claims enter a likelihood, "
            "what is computed from the launches does not"
        )
    if row["quantity"] not in _QUANTITY:
        raise UserError(f"{place}: quantity {row['quantity']!r} is no count of missiles")
    low, high = row["low"], row["high"]
    if pd.isna(low) and pd.isna(high):
        raise UserError(f"{place}: no number in it")
    if pd.isna(high):
        form, number = "at-least", float(low)
    elif pd.isna(low):
        form, number = "below", float(high)
    elif low == high:
        form, number = "about", float(low)
    else:
        form, number = "between", float(low)
    if row["quantity"] == "attacks" and form != "at-least":
        raise UserError(f"{place}: attacks give missiles only as a floor")
    said = row["statement_date_high"]
    stated = undated if pd.isna(said) else said.date()
    end = stated if pd.isna(row["period_end"]) else row["period_end"].date()
    return Datum(
        claim_id=str(row["claim_id"]), quantity=_QUANTITY[row["quantity"]], form=form,
        number=number, start=row["period_start"].date(), end=end, stated=max(stated, end),
        claimant=str(row["claimant"]), upper=float(high) if form == "between" else None,
    )  # fmt: skip
