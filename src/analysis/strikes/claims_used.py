"""Which claims enter the count, each as what it says, one per lineage.

A claim is ``at-least`` (low alone), ``below`` (high alone), ``about`` (both the same)
or ``between``, cumulative over its own period and made on its own day. Rows with another basis
than ``claim`` are our own arithmetic on the launch series and are refused.
"""

from __future__ import annotations

from datetime import date

import pandas as pd

from analysis.errors import UserError
from analysis.evidence import Evidence
from analysis.strikes.likelihood import Datum

UNDATED = date(2024, 3, 31)
"""Day of the undated delegation's statement, by its number shortly after March
2024; nobody claims use from 28 Feb to 30 Jul, so that the day hardly matters."""

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


def lineages(evidence: Evidence, *, inferred: bool = True) -> dict[str, str]:
    """Claim id to the id of its lineage: claims that derive from one another.

    Parameters
    ----------
    inferred
        Count a link that is our own reading like one that the source states.
    """
    parent = {str(c): str(c) for c in evidence.aggregate_claims["claim_id"]}

    def root(claim: str) -> str:
        while parent[claim] != claim:
            claim = parent[claim]
        return claim

    links = evidence.lineage.dropna(subset=["child_claim", "parent_claim"])
    claims_only = links["child_claim"].str.startswith("C")
    for row in links[claims_only].itertuples():
        if inferred or not row.inferred:
            one, other = sorted((root(row.child_claim), root(row.parent_claim)))
            parent[other] = one
    return {claim: root(claim) for claim in parent}


def select(evidence: Evidence, claim_ids: tuple[str, ...], *, inferred: bool = True) -> list[Datum]:
    """The claims of a selection, checked.

    Raises
    ------
    UserError
        If a claim is missing, is not a claim, or shares lineage or agency with
        another one about the same quantity: that would count it twice. The
        message names table, row and reason.
    """
    table = evidence.aggregate_claims
    lineage_of = lineages(evidence, inferred=inferred)
    agencies = evidence.aggregate_claim_agencies.groupby("claim_id")["agency"].first()
    taken: dict[tuple[str, str], str] = {}
    data = []
    for claim_id in claim_ids:
        found = table[table["claim_id"] == claim_id]
        if len(found) != 1:
            raise UserError(
                f"aggregate_claims.csv: claim {claim_id} stands there {len(found)} times"
            )
        row, place = found.iloc[0], f"aggregate_claims.csv row {found.index[0] + 2} ({claim_id})"
        datum = _read(row, place)
        for what in (lineage_of[claim_id], str(agencies.get(claim_id, claim_id))):
            earlier = taken.setdefault((datum.quantity, what), claim_id)
            if earlier != claim_id:
                raise UserError(
                    f"{place}: shares {what} with {earlier}, so it would count twice; "
                    "one lineage enters the count once"
                )
        data.append(datum)
    return data


def _read(row: pd.Series, place: str) -> Datum:
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
    stated = UNDATED if pd.isna(row["statement_date_high"]) else row["statement_date_high"].date()
    end = stated if pd.isna(row["period_end"]) else row["period_end"].date()
    return Datum(
        claim_id=str(row["claim_id"]), quantity=_QUANTITY[row["quantity"]], form=form,
        number=number, start=row["period_start"].date(), end=end, stated=max(stated, end),
        claimant=str(row["claimant"]), upper=float(high) if form == "between" else None,
    )  # fmt: skip
