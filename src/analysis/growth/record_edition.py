"""What the pages of an edition say of its images, as results: the words follow the scenes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from analysis.growth.buildings import Measured
from analysis.growth.measured_json import doubts
from analysis.results import Result
from analysis.scenes.prepare import Prepared
from analysis.scenes.source import Source
from analysis.site import Site
from analysis.words import Words, words

CLAIMS = "claims"
"""Table of claims that a site names if the report's claims are about it."""

NO_PERIMETER = (
    "the site names no perimeter, and the largest new footprint of the whole area is taken"
)


def sentences(found: Measured, done: Prepared, kind: str, ratios: Sequence[Result]) -> list[Result]:
    """The sentences of the front page, the methods, the sources and the chapter on the plant.

    Parameters
    ----------
    kind
        Of the results that rest on the scenes.
    ratios
        Of the new hall, as they are recorded.
    """
    text, case = words("en"), _case(found, done)
    given = {"scenes": text.number(found.scenes_used), "site": done.site.name,
             "source": named(done.source)}  # fmt: skip
    told = _told(ratios, text) if case != "simulated" else text("growth_edition.ratio.simulated")

    def said(name: str, what: str, value: str) -> Result:
        return Result(
            key=f"growth.edition{name}", value=value, unit="text", kind=kind, statement=what,
            method="analysis.growth.record_edition.sentences",
            inputs=("result:growth.scenes", *(f"result:{r.key}" for r in ratios if name in _HALLS)),
            why_no_interval="a sentence",
            extra={} if name else _site(done.site),
        )  # fmt: skip

    return [
        said("", "Which images this edition rests on", text(f"growth_edition.{case}", **given)),
        said(".ground", "What this edition can say of the ground",
             text(f"growth_edition.ground.{case}")),
        said(".claims", "Whether claims about the ground are tested",
             text(f"growth_edition.claims.{case}")),
        said(".answer", "Whether this edition can judge the size claim",
             text(f"growth_edition.answer.{case}", ratios=told)),
        said(".ratio", "The ratio of the halls on these scenes", told),
        said(".cautions", "What the measuring of this run warns of", _cautions(found, done, text)),
        _service(done.source, text),
    ]  # fmt: skip


def _cautions(found: Measured, done: Prepared, text: Words) -> str:
    """Warnings of the scenes and of the measuring, as `feb11 measure` prints them."""
    said = [*found.warnings, *doubts(found, done.site)]
    if not said:
        return text("growth_edition.cautions.none")
    return text("growth_edition.cautions.some", said="; ".join(said))


def _site(site: Site) -> dict[str, str | None]:
    """Which site was measured, so that nobody takes it for another."""
    return {
        "site": site.name, "site_claims": site.claims, "site_fingerprint": site.fingerprint,
    }  # fmt: skip


_HALLS = (".answer", ".ratio")
"""Sentences that rest on the ratios."""


def named(source: Source) -> str:
    """A source as a page may name it: of a place on disk its last part, which no machine tells."""
    on_disk = source.form in ("static", "folder", "manifest") and "://" not in source.name
    return Path(source.place).name if on_disk and source.name != "bundled" else source.name


def unsettled(done: Prepared) -> str:
    """Why the new hall of a site may not be the one of the claim, or nothing."""
    return "" if done.site.role("perimeter") else NO_PERIMETER


def _case(found: Measured, done: Prepared) -> str:
    if found.kind != "observed":
        return "simulated"
    return "observed" if done.site.claims == CLAIMS else "elsewhere"


def _told(ratios: Sequence[Result], text: Words) -> str:
    """The ratios of roofs in one or more sentences, or why there is none."""
    roofs = [r for r in ratios if "." not in _below(r)]
    made = [
        text("growth_edition.ratio.one", numerator=r.extra["numerator"], ratio=text.result(r),
             denominator=text("growth_edition.ratio.union") if _below(r) == "union" else _below(r))
        for r in roofs if r.value is not None
    ]  # fmt: skip
    if not made:
        why = next((r.why_no_value for r in roofs), None) or "the site names no older building"
        return text("growth_edition.ratio.none", why=why)
    if any(r.coverage == "unproven" for r in roofs):
        made.append(text("growth_edition.ratio.unproven"))
    doubt = next((str(r.extra["unsettled"]) for r in roofs if r.extra.get("unsettled")), "")
    if doubt:
        made.append(text("growth_edition.ratio.unsettled", why=doubt))
    return " ".join(made)


def _below(ratio: Result) -> str:
    return ratio.key.removeprefix("growth.ratio.new_to_")


def _service(source: Source, text: Words) -> Result:
    """Which image service the scenes came from; a place on disk is none."""
    case, name = "named" if source.remote else "none", named(source)
    if source.form == "manifest" and source.content:
        name = str(source.content["request"]["source"])
    return Result(
        key="growth.edition.service", unit="text", kind="derived",
        value=text(f"growth_edition.service.{case}", service=name),
        statement="Which image services have been used",
        method="analysis.growth.record_edition.sentences",
        inputs=("file:data/scenes/catalog.json",), why_no_interval="a sentence",
    )  # fmt: skip
