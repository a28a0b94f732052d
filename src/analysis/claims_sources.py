"""What the sources of a claim amount to: origins of the statements that carry it.

Only rows that ``claim_lineage.csv`` enters as carrying a claim count. Bodies that speak of the
same subject, as context or as a rival, are named beside them and counted nowhere.
"""

from __future__ import annotations

from typing import Any

from analysis import evidence
from analysis.evidence import Evidence, Lineage
from analysis.words import Words


def rows_of(claim_id: str, tables: Evidence, *roles: str) -> list[str]:
    """Ids of the statements that stand to a claim in one of the roles of ``claim_lineage``."""
    links = tables.claim_lineage
    own = links[(links["claim_id"] == claim_id) & links["role"].isin(roles)]
    return [*own["aggregate_claim"].dropna(), *own["facility_claim"].dropna()]


def origins_of(claim_id: str, tables: Evidence) -> list[Lineage]:
    """The lineages of the statements that carry a claim: agreement inside one does not count."""
    ids = rows_of(claim_id, tables, "carries")
    return evidence.lineages(tables, ids) if ids else []


def others_of(claim_id: str, tables: Evidence) -> list[str]:
    """Bodies that began other statements on its subject, context or rival, that carry it not."""
    carrying = set(rows_of(claim_id, tables, "carries"))
    every = evidence.lineages(tables, rows_of(claim_id, tables, "carries", "context", "rival"))
    own = {body for one in every if carrying & set(one.claims) for body in one.agencies}
    return sorted({body for one in every for body in one.agencies} - own)


def told(claim: Any, tables: Evidence, w: Words) -> str:
    """Origins of the statements that carry a claim, in a sentence or two.

    Parameters
    ----------
    claim
        Row of ``claims.csv``.
    tables
        The evidence.
    w
        Words of the language.
    """
    origins = origins_of(claim.claim_id, tables)
    own = sum(set(o.agencies) <= {claim.claimant_agency} for o in origins)
    others = others_of(claim.claim_id, tables)
    if len(origins) == 1:
        n = len(rows_of(claim.claim_id, tables, "carries"))
        key = "claimant" if own else "other"
        number = "one" if n == 1 else "many"
        names = _names(origins[0].agencies, tables, w)
        said = w(f"claims.origin.{key}_{number}", n=n, origin=names)
        said = said if others else w("claims.origin.single", said=said)
    else:
        said = w("claims.origin.lineages", n=len(origins), other=len(origins) - own)
    if not others:
        return said
    return f"{said} {w('claims.origin.others', others=_names(others, tables, w))}"


def _names(bodies: Any, tables: Evidence, w: Words) -> str:
    names = tables.agencies.set_index("agency")["name"]
    return w("claims.origin.and").join(str(names[body]) for body in bodies)
