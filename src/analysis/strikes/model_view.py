"""How the notebooks show the models: figures with alt text and data, and tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
from IPython.display import Markdown, display

from analysis import evidence, figures
from analysis.results import Result
from analysis.steps import step
from analysis.strikes import calibration, model_figures, models
from analysis.strikes.claims_used import SELECTIONS, readable
from analysis.strikes.count_priors import count_priors
from analysis.strikes.diagnostics import summary
from analysis.strikes.priors import NAMES, CountPrior
from analysis.strikes.share_priors import SHARE_PRIORS
from analysis.strikes.tables import Band, band
from analysis.words import Words, words


@step(reads=("evidence",))
def claim_table() -> pd.DataFrame:
    """Every claim that some selection uses, with its sources: one row each."""
    tables = evidence.load()
    chosen = sorted({c for ids in SELECTIONS.values() for c in ids})
    links = tables.aggregate_claim_sources.groupby("claim_id")["source_key"].apply(list)
    rows = [
        {
            "claim_id": d.claim_id, "stated": d.stated.isoformat(), "number": d.number,
            "form": d.form, "quantity": d.quantity, "period_start": d.start.isoformat(),
            "period_end": d.end.isoformat(), "claimant": d.claimant,
            "used": d.claim_id in SELECTIONS["latest"], "sources": " ".join(links[d.claim_id]),
        }
        for d in readable(tables, chosen)
    ]  # fmt: skip
    return pd.DataFrame(rows)


@step(reads=("evidence",))
def bands() -> dict[str, Band]:
    """What the claimed figures of ``count`` and ``share`` are read as."""
    tables = evidence.load()
    return {"count": band(tables, "band.missiles"), "share": band(tables, "band.third")}


@step(reads=("evidence",))
def all_priors() -> dict[str, CountPrior]:
    """The priors of the count, the one that reads the bulletins among them."""
    return count_priors(evidence.load())


def claims(seed: int, language: str) -> None:
    """Show the claims by statement date, prior and posterior of the count against them."""
    w, found = words(language), _found(seed)
    fit, name = models.count_fits(seed)[models.REFERENCE], models.REFERENCE
    shown = claim_table()
    spans = pd.DataFrame([_span(fit, target) for target in ("winter", "year")])
    driven = bool(found[f"strikes.count.posterior.{name}"].label)
    medians = [float(found[f"strikes.count.posterior.{p}"].value or 0) for p in NAMES]
    low, high = w.number(min(medians)), w.number(max(medians))
    label = str(found[f"strikes.count.posterior.{name}"].label or "")
    sources = sorted({s for keys in shown["sources"] for s in keys.split()})
    figure = model_figures.claims(
        shown, spans, w, driven=driven, low=low, high=high, label=label,
        prior=w(f"strike_models.count.names.{name}"),
    )  # fmt: skip
    plain = {k: w.result(_unlabelled(found[f"strikes.count.{k}"])) for k in (
        f"posterior.{name}.winter", f"posterior.{name}", f"prior.{name}")}  # fmt: skip
    winter, year, before = plain.values()
    figures.show(
        figure, name="strikes-count-model",
        alt=w(
            "strike_models.claims.alt", first=w.date(shown["stated"].min()),
            last=w.date(shown["stated"].max()), prior=name, winter=winter, year=year,
            before=before, low=low, high=high,
        ),
        caption=w("strike_models.claims.caption"),
        keys=[f"strikes.count.{k}" for k in plain], sources=sources,
        data=pd.concat([shown, spans], ignore_index=True),
    )  # fmt: skip


def drivers(seed: int, language: str) -> None:
    """Show prior and posterior by prior, of the count and of the share."""
    w, found = words(language), _found(seed)
    counts = {n: (f.push_forward["year"], f.posterior["year"])
              for n, f in models.count_fits(seed).items()}  # fmt: skip
    shares = {n: (f.push_forward["year"], f.posterior["year"])
              for n, f in models.share_fits(seed).items()}  # fmt: skip
    moved = {
        m: w.number(100 * float(found[f"strikes.{m}.moved"].value or 0)) for m in ("count", "share")
    }
    figure = model_figures.drivers(
        counts, shares, bands(), w,
        driven=any(found[f"strikes.{m}.posterior.{n}"].label for m, n in (
            ("count", models.REFERENCE), ("share", next(iter(SHARE_PRIORS))))),
        count_moved=moved["count"], share_moved=moved["share"],
    )  # fmt: skip
    listed = {
        model: "; ".join(
            f"{w(f'strike_models.{model}.names.{n}')} "
            f"{w.result(_unlabelled(found[f'strikes.{model}.posterior.{n}']))}"
            for n in fits
        )
        for model, fits in (("count", counts), ("share", shares))
    }
    keys = [f"strikes.{m}.posterior.{n}" for m, fits in (("count", counts), ("share", shares))
            for n in fits]  # fmt: skip
    figures.show(
        figure, name="strikes-model-drivers",
        alt=w(
            "strike_models.drivers.alt", counts=listed["count"], shares=listed["share"],
            count=moved["count"], share_moved=moved["share"],
        ),
        caption=w("strike_models.drivers.caption"), keys=keys,
        sources=["UADT_CSV"], data=_driver_table(counts, shares),
    )  # fmt: skip


def priors(language: str) -> None:
    """Show every prior with what it believes and why somebody could hold it."""
    w = words(language)
    counts = [
        [
            w(f"strike_models.count.names.{name}"),
            "; ".join(
                w("strike_models.priors.range", low=_short(r.low, w), high=_short(r.high, w))
                for r in (prior.winter, prior.surge, prior.bias_fired)
            ),
            w(f"strike_models.count.reasons.{name}"),
        ]
        for name, prior in all_priors().items()
    ]
    shares = [
        [
            w(f"strike_models.share.names.{name}"),
            "; ".join(
                " : ".join(f"{v:g}" for v in part)
                for part in (prior.share, prior.label_given_nk, prior.label_given_ru)
            ),
            w(f"strike_models.share.reasons.{name}"),
        ]
        for name, prior in SHARE_PRIORS.items()
    ]
    for belief, body in (("title_range", counts), ("title_labels", shares)):
        header = [w(f"strike_models.priors.{k}") for k in ("title_name", belief, "title_reason")]
        lines = [header, ["---"] * 3, *body]
        display(Markdown("\n".join("| " + " | ".join(line) + " |" for line in lines)))


def ranks(language: str) -> None:
    """Show the rank distributions of the calibration study."""
    w, study = words(language), calibration.study()
    inside = [n for n, r in study.ranks.items() if calibration.inside(r)]
    worst = max(study.ranks, key=lambda n: calibration.gap(study.ranks[n]))
    figures.show(
        model_figures.ranks(study.ranks, inside, w),
        name="validation-sbc-count",
        alt=w(
            "strike_models.sbc.alt", fits=w.number(study.fits), inside=len(inside),
            all=len(study.ranks), gap=w.number(calibration.gap(study.ranks[worst]), 3),
            worst=w(f"strike_models.sbc.quantities.{worst}"),
        ),
        caption=w("strike_models.sbc.caption"),
        keys=["validation.sbc.count.worst_ecdf_gap", "validation.sbc.count.inside"],
        data=pd.DataFrame(study.ranks),
    )  # fmt: skip


def _short(value: float, w: Words) -> str:
    return w.number(value, 0 if value >= 3 else 2)


def _found(seed: int) -> dict[str, Result]:
    return {r.key: r for r in models.results(seed)}


def _unlabelled(result: Result) -> Result:
    return Result.from_json({k: v for k, v in result.to_json().items() if k != "label"})


def _span(fit: models.count.CountFit, target: str) -> dict[str, object]:
    median, intervals = summary(fit.posterior[target])
    _, before = summary(fit.push_forward[target])
    return {
        "target": target, "prior_low": before["0.9"][0], "prior_high": before["0.9"][1],
        "low": intervals["0.9"][0], "median": median, "high": intervals["0.9"][1],
    }  # fmt: skip


def _driver_table(
    counts: dict[str, tuple[np.ndarray, np.ndarray]],
    shares: dict[str, tuple[np.ndarray, np.ndarray]],
) -> pd.DataFrame:
    """Quantiles of every panel, one row for prior and posterior each."""
    levels = (0.005, 0.05, 0.25, 0.5, 0.75, 0.95, 0.995)
    return pd.DataFrame(
        {"model": model, "prior": name, "stage": stage}
        | {f"q{q:g}": float(np.quantile(draws, q)) for q in levels}
        for model, fits in (("count", counts), ("share", shares))
        for name, pair in fits.items()
        for stage, draws in zip(("prior", "posterior"), pair, strict=True)
    )
