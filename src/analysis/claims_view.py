"""Claims and verdicts as MyST Markdown: the summary and one entry per claim."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from analysis import claims_balance
from analysis.claims import TERMS
from analysis.evidence import Evidence
from analysis.results import Result
from analysis.words import Words, plain, result_label


def summary(listed: Iterable[Mapping[str, Any]], w: Words) -> str:
    """Table of verdicts with the claims that they fall to.

    A claim that definitions were counted for has a row of its own, with what excludes it and what
    agrees with it; the others of a verdict share one.
    """
    rows = []
    by_verdict: dict[str, list[Mapping[str, Any]]] = {}
    for item in listed:
        by_verdict.setdefault(item["verdict"], []).append(item)
    for verdict in (term for term in TERMS if term in by_verdict):
        weighed = {i["id"]: claims_balance.shown(i, w) for i in by_verdict[verdict]}
        lines = [f"{{claim}}`{name}`: {text}" for name, text in weighed.items() if text]
        plainly = "; ".join(f"{{claim}}`{name}`" for name, text in weighed.items() if not text)
        heads = [f"**{w('claims.verdict.' + _slug(verdict))}**"]
        cells = [*lines, plainly] if plainly else lines
        heads += [""] * (len(cells) - 1)
        rows += [f"| {head} | {cell} |" for head, cell in zip(heads, cells, strict=True)]
    return "\n".join([f"| {w('claims.head_verdict')} | {w('claims.head_claims')} |",
                      "| --- | --- |", *rows])  # fmt: skip


def registered(tables: Evidence, w: Words) -> str:
    """What was written down before it was computed, and which rivals were computed here."""
    basis = tables.aggregate_claims.set_index("claim_id")["basis"]
    carried = tables.claim_rivals["aggregate_claim"].map(basis)
    computed = int((carried == "derived").sum())
    n = len(tables.claim_rivals)
    return w("claims.registered", n=n, computed=computed, published=n - computed)


def headline(
    counts: Iterable[Result], excluded: Result, w: Words, *, observed: bool = False
) -> str:
    """The verdicts in one sentence, whatever they are; ``observed`` if the images were.

    ``excluded`` counts the claims that some definitions exclude and others do not.
    """
    counts = list(counts)
    found = {r.key.rpartition(".")[2].replace("-", "_"): f"{{result}}`{r.key}`" for r in counts}
    total = next(iter(counts)).extra["of"]
    since = "" if observed else w("claims.since_no_image")
    found["excluded_in_part"] = f"{{result}}`{excluded.key}`"
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
        (w("claims.agreed_by"), claims_balance.shown(item, w)),
        *_judged_by(item, w),
    ]  # fmt: skip
    body = "\n".join(f"- {name}: {text}" for name, text in lines if text)
    verdict = w("claims.verdict." + _slug(item["verdict"]))
    return (
        f"(claim-{item['id']})=\n::::{{admonition}} {plain(item['statement'])}\n"
        f":class: claim-entry\n\n**{verdict}.** {plain(item['why'])}\n\n{body}\n::::"
    )


def _judged_by(item: Mapping[str, Any], w: Words) -> list[tuple[str, str]]:
    """The results behind a verdict; those that exclude the claim apart, with their numbers."""
    if not item["excluding"]:
        return [(w("claims.judged_by"), ", ".join(map(_linked, item["results"])))]
    verdict, *judged = item["results"]
    admitting = [key for key in judged if key not in item["excluding"]]

    def told(keys: Iterable[str]) -> str:
        return "; ".join(f"{_linked(key)} {{result}}`{key}`" for key in keys)

    return [
        (w("claims.excluded_by"), told(item["excluding"])),
        (w("claims.admitted_by"), told(admitting)),
        (w("claims.judged_by"), _linked(verdict)),
    ]


def _linked(key: str) -> str:
    return f"{{ref}}`{key} <{result_label(key)}>`"


def _slug(verdict: str) -> str:
    return verdict.replace(" ", "_")
