"""Claims and verdicts as MyST Markdown: the summary and one entry per claim."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from analysis.claims import TERMS
from analysis.evidence import Evidence
from analysis.results import Result
from analysis.words import Words, plain, result_label


def summary(listed: Iterable[Mapping[str, Any]], w: Words) -> str:
    """Table of verdicts, each with the claims that it falls to and what it means."""
    by_verdict: dict[str, list[str]] = {}
    for item in listed:
        by_verdict.setdefault(item["verdict"], []).append(f"{{claim}}`{item['id']}`")
    rows = [
        f"| **{w('claims.verdict.' + _slug(verdict))}** | {'; '.join(by_verdict[verdict])} |"
        for verdict in TERMS
        if verdict in by_verdict
    ]
    return "\n".join([f"| {w('claims.head_verdict')} | {w('claims.head_claims')} |",
                      "| --- | --- |", *rows])  # fmt: skip


def headline(counts: Iterable[Result], w: Words, *, observed: bool = False) -> str:
    """The verdicts in one sentence, whatever they are; ``observed`` if the images were."""
    found = {r.key.rpartition(".")[2].replace("-", "_"): f"{{result}}`{r.key}`" for r in counts}
    total = next(iter(counts)).extra["of"]
    since = "" if observed else w("claims.since_no_image")
    return w("claims.headline", n=total, since=since, **found)


def entries(listed: Iterable[Mapping[str, Any]], tables: Evidence, w: Words) -> str:
    """One entry per claim: what was said, the verdict, rivals, sources, results."""
    return "\n\n".join(_entry(item, tables, w) for item in listed)


def _entry(item: Mapping[str, Any], tables: Evidence, w: Words) -> str:
    claim = tables.claims.set_index("claim_id").loc[item["id"]]
    cited = tables.claim_sources[tables.claim_sources["claim_id"] == item["id"]]
    roles = {role: ",".join(sorted(group["source_key"])) for role, group in cited.groupby("role")}
    lines = [
        (w("claims.said_by"), f"{plain(claim['claimant'])} ({w('claims.as')}: {item['modality']})"),
        (w("claims.band"), "; ".join(plain(b["text"]) for b in item["band"] if b["text"])),
        (w("claims.rivals"), "; ".join(plain(r["text"]) for r in item["rivals"])),
        (w("claims.note"), "" if claim.isna()["note"] else plain(claim["note"])),
        *((w(f"claims.sources_{r}"), f"{{cite:p}}`{keys}`") for r, keys in sorted(
            roles.items(), key=lambda pair: ("states", "rival", "context").index(pair[0]))),
        (w("claims.judged_by"), ", ".join(map(_linked, item["results"]))),
    ]  # fmt: skip
    body = "\n".join(f"- {name}: {text}" for name, text in lines if text)
    verdict = w("claims.verdict." + _slug(item["verdict"]))
    return (
        f"(claim-{item['id']})=\n::::{{admonition}} {plain(item['statement'])}\n"
        f":class: claim-entry\n\n**{verdict}.** {plain(item['why'])}\n\n{body}\n::::"
    )


def _linked(key: str) -> str:
    return f"{{ref}}`{key} <{result_label(key)}>`"


def _slug(verdict: str) -> str:
    return verdict.replace(" ", "_")
