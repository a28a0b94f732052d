"""Published statements that do not go together, side by side."""

from __future__ import annotations

import pandas as pd

from analysis.evidence import Evidence, load
from analysis.facility.readings import CONFLICTS
from analysis.steps import step


@step(reads=("evidence",))
def conflicts() -> pd.DataFrame:
    """One row per statement and rival: ``id``, then for both ``claim``/``rival``
    (the statement), ``claim_by``/``rival_by`` (who said it) and
    ``claim_source``/``rival_source`` (source keys).
    """
    return pairs(load())


def pairs(evidence: Evidence) -> pd.DataFrame:
    """The contradictions of these tables; see `conflicts`."""
    claims = evidence.facility_claims.set_index("claim_id")
    sources = evidence.facility_claim_sources.groupby("claim_id")["source_key"].agg(", ".join)
    return pd.DataFrame(
        {
            "id": conflict.id,
            "claim": claims.loc[conflict.claim, "statement"],
            "claim_by": claims.loc[conflict.claim, "claimant"],
            "claim_source": sources[conflict.claim],
            "rival": claims.loc[rival, "statement"],
            "rival_by": claims.loc[rival, "claimant"],
            "rival_source": sources[rival],
        }
        for conflict in CONFLICTS
        for rival in conflict.rivals
    )
