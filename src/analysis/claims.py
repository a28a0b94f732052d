"""Results against claims: a verdict for every published statement.

The rules, the bands and the rivals are data (``claims.csv``, ``claim_bands.csv``,
``claim_rivals.csv``), fixed before any scene is opened. They do not depend on
the level that a user chooses.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis import evidence, paths, results
from analysis.claims_balance import key_of
from analysis.claims_bands import Band, beside, reason
from analysis.claims_sources import origins_of, told
from analysis.evidence import Evidence, Lineage
from analysis.results import Result, Results
from analysis.steps import step
from analysis.words import Words, words

TABLE = "claims"
"""What a site file names whose claims these are."""

TERMS = (
    "contradicted",
    "supported",
    "consistent",
    "not decidable with these data",
    "not tested",
    "not measurable",
    "sources only",
)
"""Verdicts, in the order of what they say about a claim."""

RULE_TABLES = ("claims", "claim_bands", "claim_rivals", "claim_lineage", "lineage")
"""Tables that a verdict rests on, whatever the claim."""

WEAKEST_FIRST = (
    "contradicted",
    "not tested",
    "not decidable with these data",
    "consistent",
    "supported",
)
"""A claim of two quantities takes its weaker part."""


@dataclass(frozen=True)
class Verdict:
    """What the evidence says of one claim."""

    claim_id: str
    verdict: str
    """One of the terms in ``verdict_terms.csv``."""
    why: str
    """One or two sentences in the language that was asked for."""
    results: tuple[str, ...]
    """Keys of the results it was judged by."""
    excluding: tuple[str, ...] = ()
    """Those of them that exclude the claim's band."""
    lineages: int = 0
    """Independent origins of the statements that carry the claim."""


@step(reads=("evidence",))
def tables() -> Evidence:
    """The evidence tables, read once."""
    return evidence.load()


def recorded(run_dir: str, seed: int) -> Results:
    """Results that the claims are judged by.

    In a run they are what the other notebooks recorded; outside one they are
    computed by the same functions that those notebooks call.

    Parameters
    ----------
    run_dir
        Folder of the run, relative to the checkout; empty outside a run.
    seed
        Seed of the random draws, used outside a run.
    """
    if run_dir:
        return _read_run(run_dir)
    from analysis import facility, housing, strikes

    return Results("", [*strikes.results(), *facility.results(), *housing.results(seed)])


@step(reads=("{run_dir}/results.json",))
def _read_run(run_dir: str) -> Results:
    return results.read(paths.project_root() / run_dir / "results.json")


def judge(tables: Evidence, found: Results, language: str = "en") -> list[Verdict]:
    """A verdict for every claim, in the order of the table."""
    w = words(language)
    return [_judge(claim, tables, found, w) for claim in tables.claims.itertuples(index=False)]


def _judge(claim: Any, tables: Evidence, found: Results, w: Words) -> Verdict:
    origins = origins_of(claim.claim_id, tables)
    bands = tables.claim_bands[tables.claim_bands["claim_id"] == claim.claim_id]
    keys = _matching(found, bands["judged_by"].dropna())
    place = (claim.claim_id, origins, w)
    if claim.not_measurable:
        return _verdict(place, "not measurable", str(claim.why_not_measurable), keys)
    if claim.rule == "sources":
        return _verdict(place, "sources only", told(claim, tables, w), keys)
    seen = [k for k in keys if found[k].kind != "simulated"]
    untested = _untested(keys, seen, found, w) if claim.rule == "imagery" else None
    if untested:
        return _verdict(place, "not tested", untested, [])
    rivals = tables.claim_rivals[tables.claim_rivals["claim_id"] == claim.claim_id]
    parts = [
        _judge_part(
            band,
            [found[k] for k in _matching(found, [band.judged_by]) if k in seen],
            rivals[rivals["part"] == band.part],
            w,
        )
        for band in bands.itertuples(index=False)
    ]
    verdict, why, _ = min(parts, key=lambda p: WEAKEST_FIRST.index(p[0]))
    if len(parts) > 1:
        why = " ".join(p[1] for p in parts)
    return _verdict(place, verdict, why, seen, [k for p in parts for k in p[2]])


def _verdict(
    place: tuple[str, list[Lineage], Words],
    verdict: str,
    why: str,
    keys: Iterable[str],
    excluding: Iterable[str] = (),
) -> Verdict:
    claim_id, origins, _ = place
    return Verdict(claim_id, verdict, why, tuple(keys), tuple(excluding), len(origins))


def observed(found: Results) -> bool:
    """Whether observed images were analysed, of whatever place."""
    edition = found.get("growth.edition")
    return edition is not None and edition.kind != "simulated"


def _untested(keys: list[str], seen: list[str], found: Results, w: Words) -> str | None:
    """Why images say nothing of a claim: there are none, or they show another place."""
    if observed(found) and found["growth.edition"].extra.get("site_claims") != TABLE:
        return w("claims.elsewhere", site=found["growth.edition"].extra.get("site", "?"))
    if seen:
        return None
    return w("claims.simulated_part" if keys and observed(found) else "claims.no_image")


def _judge_part(
    row: Any, found: list[Result], rivals: pd.DataFrame, w: Words
) -> tuple[str, str, list[str]]:
    """Verdict, reason and excluding keys for one quantity of a claim."""
    band = Band.of(row)
    every = [beside(r, band) for r in found if r.intervals]
    judged = [j for j in every if not j.unsettled]
    if not judged:
        why = next((j.unsettled for j in every), None) or next(
            (r.why_no_value for r in found if r.why_no_value), None
        )
        if why is None:
            return "not tested", w("claims.no_result", quantity=row.quantity), []
        told = w("claims.not_decidable", quantity=row.quantity, why=why)
        return "not decidable with these data", told, []
    excluding = [j.key for j in judged if j.excludes(band)]
    term, text = "consistent", "consistent_some_exclude" if excluding else "consistent"
    if len(excluding) == len(judged):
        term = text = "contradicted"
    elif all(j.supports(band, rivals["rival"]) for j in judged):
        term = text = "supported"
    elif not any(j.reaches(band) for j in judged) and all(j.sure_end for j in judged):
        term = "not decidable with these data"
    counts = {"n": len(judged), "k": len(excluding), "rest": len(judged) - len(excluding),
              "band": row.text, "quantity": row.quantity}  # fmt: skip
    sided = reason(term, judged, row, rivals["text"], w)
    return term, sided or w(f"claims.{text}", **counts), excluding


def _matching(found: Results, patterns: Iterable[str]) -> list[str]:
    wanted = [p.strip() for text in patterns if not pd.isna(text) for p in str(text).split(";")]
    return [k for k in found if any(fnmatch.fnmatchcase(k, p) for p in wanted)]


def as_results(verdicts: Iterable[Verdict], tables: Evidence, found: Results) -> list[Result]:
    """The verdicts as results, so that pages and other runs can read them."""
    out = []
    for v in verdicts:
        cited = tables.claim_sources[tables.claim_sources["claim_id"] == v.claim_id]
        kinds = [found[k].kind for k in v.results] or ["published"]
        out.append(
            Result(
                key=f"claims.{v.claim_id}.verdict",
                value=v.verdict,
                unit="text",
                kind=results.weakest([*kinds, "derived"]),
                statement=f"Verdict on the claim {v.claim_id}",
                method="analysis.claims.judge",
                inputs=(
                    *(f"source:{s}" for s in cited["source_key"]),
                    *(f"result:{k}" for k in v.results),
                    *(f"file:data/evidence/{table}.csv" for table in RULE_TABLES),
                ),
                why_no_interval="a verdict is a term",
                extra={
                    "why": v.why,
                    "results": list(v.results),
                    "excluding": list(v.excluding),
                    "lineages": v.lineages,
                },
            )
        )
    return out


def counts(verdicts: Iterable[Verdict]) -> list[Result]:
    """How many claims have each verdict; each count carries the number ``of`` all."""
    verdicts = list(verdicts)
    return [
        Result(
            key=f"claims.count.{term.replace(' ', '-')}",
            value=sum(v.verdict == term for v in verdicts),
            unit="claims",
            kind="derived",
            statement=f"Claims whose verdict is: {term}",
            method="analysis.claims.counts",
            inputs=tuple(f"result:claims.{v.claim_id}.verdict" for v in verdicts),
            why_no_interval="a count of the table's claims",
            extra={"of": len(verdicts)},
        )
        for term in TERMS
    ]


def listing(found: Results, tables: Evidence | None = None) -> list[dict[str, Any]]:
    """Every claim with its verdict in a run, as plain dictionaries; none in a run without."""
    tables = tables or evidence.load()
    listed = []
    for claim in tables.claims.itertuples(index=False):
        key = f"claims.{claim.claim_id}.verdict"
        if key not in found:
            continue
        verdict = found[key]
        listed.append(
            {
                "id": claim.claim_id,
                "statement": claim.statement,
                "route": claim.route,
                "modality": claim.modality,
                "band": [_band(b) for b in _rows(tables.claim_bands, claim.claim_id)],
                "rivals": [_band(r) | {"rival": r["rival"]}
                           for r in _rows(tables.claim_rivals, claim.claim_id)],
                "sources": sorted({r["source_key"]
                                   for r in _rows(tables.claim_sources, claim.claim_id)}),
                "results": [key, *verdict.extra["results"]],
                "verdict": verdict.value,
                "why": verdict.extra["why"],
                "lineages": verdict.extra["lineages"],
                "excluding": verdict.extra["excluding"],
                "balance": found[key_of(claim.claim_id)].extra
                if key_of(claim.claim_id) in found else None,
            }
        )  # fmt: skip
    return listed


def _rows(table: pd.DataFrame, claim_id: str) -> list[Mapping[str, Any]]:
    rows = table[table["claim_id"] == claim_id]
    return [
        {k: None if pd.isna(v) else v for k, v in row.items()} for row in rows.to_dict("records")
    ]


def _band(row: Mapping[str, Any]) -> dict[str, Any]:
    days = {k: row[k].date().isoformat() for k in ("date_low", "date_high") if row.get(k)}
    return {k: row[k] for k in ("part", "low", "high", "unit", "text")} | days
