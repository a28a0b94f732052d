"""The published chronology: what was built, roofed, pictured and visited, and when."""

from __future__ import annotations

import pandas as pd

from analysis.errors import UserError
from analysis.evidence import Evidence, load
from analysis.evidence.lineage import agencies
from analysis.facility.readings import READINGS
from analysis.steps import step


@step(reads=("evidence",))
def entries() -> pd.DataFrame:
    """One row per dated entry, in the order of the figure.

    Columns: ``id``, ``lane``, ``standing`` and ``extent`` as in
    `analysis.facility.readings`; ``claim``; ``low`` and ``high``, first and
    last possible day (``low`` is missing where only the latest is known);
    ``agencies`` and ``sources``, lists joined by commas; ``statement``.

    Raises
    ------
    UserError
        If a claim is missing from the table or has no date.
    """
    return select(load())


def select(evidence: Evidence) -> pd.DataFrame:
    """The chronology of these tables; see `entries`."""
    claims = evidence.facility_claims.set_index("claim_id")
    sources = evidence.facility_claim_sources.groupby("claim_id")["source_key"].agg(", ".join)
    bodies = agencies(evidence)
    rows = []
    for reading in READINGS:
        if reading.claim not in claims.index:
            raise UserError(
                f"facility_claims.csv: claim {reading.claim} ({reading.id}) is missing; the "
                "chronology rests on it"
            )
        claim = claims.loc[reading.claim]
        if pd.isna(claim["event_date_high"]):
            raise UserError(f"facility_claims.csv: claim {reading.claim} has no event_date_high")
        rows.append(
            {
                "id": reading.id,
                "lane": reading.lane,
                "standing": reading.standing,
                "extent": reading.extent,
                "claim": reading.claim,
                "low": pd.NaT if reading.extent == "by" else claim["event_date_low"],
                "high": claim["event_date_high"],
                "agencies": ", ".join(bodies[reading.claim]),
                "sources": sources[reading.claim],
                "statement": claim["statement"],
            }
        )
    return pd.DataFrame(rows)
