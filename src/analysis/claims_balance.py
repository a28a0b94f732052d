"""What speaks against a claim beside its verdict: how many definitions exclude it.

A claim is contradicted only where every definition excludes its band, so *consistent* may hide
that most of them do. The counts here say how many, and how many specifications agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from analysis import results
from analysis.claims_bands import OUTSIDE_LEVEL
from analysis.evidence import Evidence
from analysis.results import Result, Results
from analysis.words import Words

SPECIFICATIONS = {"fired": "missiles", "killed": "killed", "injured": "injured", "share": "share"}
"""Part of a claim to the figure whose specifications the strike chapter counts."""


def key_of(claim_id: str) -> str:
    """Key of the count of definitions that exclude a claim's band."""
    return f"claims.{claim_id}.excluding"


def balance(verdicts: Iterable[Any], tables: Evidence, found: Results) -> list[Result]:
    """For each claim that bounds were held against: how many exclude it, ``of`` how many.

    Parameters
    ----------
    verdicts
        What `analysis.claims.judge` returns.
    tables
        The evidence.
    found
        The results that the claims were judged by.
    """
    rules = tables.claims.set_index("claim_id")["rule"]
    bound = [v for v in verdicts if rules[v.claim_id] == "strikes-bounds"]
    made = [_counted(v, tables, found) for v in bound]
    return [result for result in made if result is not None]


def _counted(verdict: Any, tables: Evidence, found: Results) -> Result | None:
    bands = tables.claim_bands[tables.claim_bands["claim_id"] == verdict.claim_id]
    judged = [k for k in verdict.results if found[k].intervals]
    if not judged:
        return None
    # A band open at the top is reached by whatever is open at the top: nothing could exclude it.
    floors = bool(bands["high"].isna().all()) and all(
        (found[k].interval(OUTSIDE_LEVEL) or (0, 0))[1] is None for k in judged
    )
    counts = [f"strikes.multiverse.{SPECIFICATIONS[p]}.agree" for p in bands["part"]
              if p in SPECIFICATIONS]  # fmt: skip
    return Result(
        key=key_of(verdict.claim_id),
        value=len(verdict.excluding),
        unit="definitions",
        kind=results.weakest([*(found[k].kind for k in judged), "derived"]),
        statement=f"Definitions that exclude the band of the claim {verdict.claim_id}",
        method="analysis.claims_balance.balance",
        inputs=(
            f"result:claims.{verdict.claim_id}.verdict",
            *(f"result:{k}" for k in judged),
            "file:data/evidence/claim_bands.csv",
        ),
        why_no_interval="a count of definitions",
        extra={
            "of": len(judged),
            "cannot_exclude": floors,
            "specifications": [k for k in counts if k in found],
        },
    )


def somewhere(balanced: Iterable[Result]) -> Result:
    """How many claims some definition excludes and another does not."""
    balanced = list(balanced)
    return Result(
        key="claims.excluded-in-part",
        value=sum(0 < int(r.value or 0) < int(r.extra["of"]) for r in balanced),
        unit="claims",
        kind=results.weakest([*(r.kind for r in balanced), "derived"]),
        statement="Claims whose band some definitions exclude and others do not",
        method="analysis.claims_balance.somewhere",
        inputs=tuple(f"result:{r.key}" for r in balanced) or ("file:data/evidence/claims.csv",),
        why_no_interval="a count of the table's claims",
    )


def shown(item: Mapping[str, Any], w: Words) -> str:
    """What excludes a listed claim and what agrees with it; empty if nothing was counted."""
    about = item.get("balance")
    if not about:
        return ""
    count = f"{{result}}`{key_of(item['id'])}`"
    text = "floor" if about["cannot_exclude"] else "excluded"
    parts = [w(f"claims.balance.{text}", count=count)]
    agreeing = [_agreeing(key, len(about["specifications"]), w) for key in about["specifications"]]
    if agreeing:
        parts.append(w("claims.balance.agreeing", counts=", ".join(agreeing)))
    return "; ".join(parts)


def _agreeing(key: str, n: int, w: Words) -> str:
    """A count of specifications with a link to the figure that shows each of them."""
    figure = key.split(".")[2]
    name = w(f"claims.balance.{figure}") if n > 1 else w("claims.balance.which")
    return f"{{result}}`{key}` ({{ref}}`{name} <fig-strikes-specifications-{figure}>`)"
