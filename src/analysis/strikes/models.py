"""Results of the two models: posteriors beside their priors, and what drives them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from analysis import evidence
from analysis.results import Result
from analysis.steps import step
from analysis.strikes import count, share_model
from analysis.strikes.claims_used import SELECTIONS
from analysis.strikes.diagnostics import Diagnostics, contraction, summary
from analysis.strikes.priors import COUNT_PRIORS
from analysis.strikes.share_priors import SHARE_PRIORS

REFERENCE = next(iter(COUNT_PRIORS))
"""The reference prior of the count: the first."""

MOVED = 0.1
"""A median that moves by more than this part of the reference is driven by its prior."""

PRIOR_DRIVEN = "prior-driven"

BAND = (55.0, 65.0)
"""What about 60 missiles is read as: choice ``band.missiles``."""

_COUNT = {"year": "", "winter": ".winter", "surge": ".surge"}
_COUNT_WORDS = {
    "year": "1 January to 23 November 2024",
    "winter": "30 December 2023 to 27 February 2024",
    "surge": "31 July to 23 November 2024",
}
_SHARE = {
    "year": "", "surge": ".surge", "year.with-s300": ".with-s300",
    "surge.with-s300": ".surge.with-s300",
}  # fmt: skip
_SHARE_WORDS = {
    "year": "1 January to 22 November 2024, of the Iskander family",
    "surge": "31 July to 22 November 2024, of the Iskander family",
    "year.with-s300": "1 January to 22 November 2024, of the Iskander family and S-300/S-400",
    "surge.with-s300": "31 July to 22 November 2024, of the Iskander family and S-300/S-400",
}


def count_fits(seed: int) -> dict[str, count.CountFit]:
    """The count under every prior, the reference first."""
    return {name: count.fit(name, seed) for name in COUNT_PRIORS}


def share_fits(seed: int) -> dict[str, share_model.ShareFit]:
    """The share under every prior, the reference first."""
    return {name: share_model.fit(name, seed) for name in SHARE_PRIORS}


def selection_fits(seed: int) -> dict[str, count.CountFit]:
    """The count under the reference prior by selection of claims, the default left out."""
    return {s: count.fit(REFERENCE, seed, s) for s in SELECTIONS if s != "latest"}


@step(reads=("evidence",))
def results(seed: int) -> list[Result]:
    """Every result of the two models.

    Raises
    ------
    CheckFailed
        If a sampler did not converge.
    UserError
        If a claim or an incident is not in the tables as a model expects it.
    """
    counts, shares = count_fits(seed), share_fits(seed)
    others = selection_fits(seed)
    return [
        *_count_results(counts), *_selection_results(others), *_share_results(shares),
        *_sampler_results([f.diagnostics for f in (*counts.values(), *others.values())], "count"),
        *_sampler_results([f.diagnostics for f in shares.values()], "share"),
    ]  # fmt: skip


def moved(medians: Mapping[str, float]) -> float:
    """Range of the medians across priors, as a part of the reference's (the first)."""
    values = list(medians.values())
    return (max(values) - min(values)) / values[0]


def _medians(fits: Mapping[str, count.CountFit | share_model.ShareFit], target: str) -> dict:
    return {name: float(np.median(fit.posterior[target])) for name, fit in fits.items()}


def _inputs(claim_ids: tuple[str, ...]) -> tuple[str, ...]:
    links = evidence.load().aggregate_claim_sources
    keys = links.loc[links["claim_id"].isin(claim_ids), "source_key"]
    return (
        "file:data/evidence/aggregate_claims.csv", "file:data/evidence/lineage.csv",
        "choice:count.prior", "choice:count.selection", "choice:count.undated",
        "choice:count.rounding", *(f"source:{key}" for key in sorted(set(keys))),
    )  # fmt: skip


def _credible(
    key: str, draws: np.ndarray, unit: str, statement: str, method: str, inputs: tuple[str, ...],
    *, label: str | None = None, calibrated: bool = False,
) -> Result:  # fmt: skip
    median, intervals = summary(draws)
    return Result(
        key=key, value=median, unit=unit, kind="assumed", statement=statement,
        method=f"analysis.strikes.{method}", inputs=inputs,
        intervals={k: (v[0], v[1]) for k, v in intervals.items()}, interval_kind="credible",
        label=label, percent=method.startswith("share"),
        calibration=("bench:sbc-count",) if calibrated else (),
        coverage="simulated" if calibrated else "unproven",
    )  # fmt: skip


def _plain(
    key: str, value: float, statement: str, method: str, inputs: tuple[str, ...], why: str,
    *, unit: str = "1", label: str | None = None, percent: bool = False,
) -> Result:  # fmt: skip
    return Result(
        key=key, value=value, unit=unit, kind="assumed", statement=statement, label=label,
        method=f"analysis.strikes.{method}", inputs=inputs, why_no_interval=why, percent=percent,
    )  # fmt: skip


_OF_DRAWS = "a property of the whole posterior"


def _count_results(fits: dict[str, count.CountFit]) -> Iterator[Result]:
    inputs = _inputs(SELECTIONS["latest"])
    first = REFERENCE
    for target, suffix in _COUNT.items():
        shift = moved(_medians(fits, target))
        label = PRIOR_DRIVEN if shift > MOVED else None
        span = _COUNT_WORDS[target]
        yield _plain(
            f"strikes.count.moved{suffix}", shift,
            f"Range of the medians across priors over the reference median, fired {span}",
            "models.moved", inputs, "a comparison of fits", percent=True,
        )  # fmt: skip
        for name, fit in fits.items():
            yield _credible(
                f"strikes.count.posterior.{name}{suffix}", fit.posterior[target], "missiles",
                f"Missiles attributed to North Korea fired {span}, posterior under prior {name}",
                "count.fit", inputs, label=label, calibrated=True,
            )  # fmt: skip
            yield _credible(
                f"strikes.count.prior.{name}{suffix}", fit.push_forward[target], "missiles",
                f"Missiles attributed to North Korea fired {span}, before any claim: prior {name}",
                "count.fit", ("choice:count.prior",), label="prior, before any claim",
            )  # fmt: skip
            yield from _driven("count", name, suffix, fit, target, inputs)
    for name, fit in fits.items():
        yield _credible(
            f"strikes.count.bias.{name}", fit.posterior["bias"], "1",
            f"Factor by which claimants together overstate what was fired, under prior {name}",
            "count.fit", inputs, label=PRIOR_DRIVEN,
        )  # fmt: skip
        year = fit.posterior["year"]
        yield _plain(
            f"strikes.count.in-band.{name}", float(np.mean((year >= BAND[0]) & (year <= BAND[1]))),
            f"Posterior probability that 55 to 65 were fired in 2024 to 23 November, prior {name}",
            "count.fit", (*inputs, "choice:band.missiles"), _OF_DRAWS, label=PRIOR_DRIVEN,
            percent=True,
        )  # fmt: skip
    for column, claim in enumerate(fits[first].claims):
        yield _credible(
            f"strikes.count.predicted.{claim.claim_id.lower()}", fits[first].known[:, column],
            "missiles",
            f"What the claimant of {claim.claim_id} would know and state before rounding, "
            f"predicted under prior {first}",
            "count.fit", inputs,
        )  # fmt: skip


def _driven(
    model: str, name: str, suffix: str, fit: count.CountFit | share_model.ShareFit, target: str,
    inputs: tuple[str, ...],
) -> Iterator[Result]:  # fmt: skip
    to_prior, to_data = fit.sensitivity[target]
    data = "claims" if model == "count" else "debris"
    method = "count.fit" if model == "count" else "share_model.fit"
    yield _plain(
        f"strikes.{model}.contraction.{name}{suffix}",
        contraction(fit.push_forward[target], fit.posterior[target]),
        f"Part of the prior variance of the logarithm that {data} and labels took, prior {name}",
        method, inputs, _OF_DRAWS, percent=True,
    )  # fmt: skip
    for part, value in (("prior", to_prior), (data, to_data)):
        yield _plain(
            f"strikes.{model}.sensitivity.{name}{suffix}.{part}", value,
            f"Power-scaling sensitivity of the posterior to the {part}, prior {name}; "
            "above 0.05 it matters",
            method, inputs, _OF_DRAWS,
        )  # fmt: skip


def _selection_results(fits: dict[str, count.CountFit]) -> Iterator[Result]:
    for name, fit in fits.items():
        yield _credible(
            f"strikes.count.selection.{name}", fit.posterior["year"], "missiles",
            "Missiles attributed to North Korea fired 1 January to 23 November 2024, claims "
            f"selected as {name}, prior {fit.prior}",
            "count.fit", _inputs(SELECTIONS[name]), label=PRIOR_DRIVEN,
        )  # fmt: skip


def _share_results(fits: dict[str, share_model.ShareFit]) -> Iterator[Result]:
    inputs = (
        "source:UADT_CSV", "file:data/evidence/launches.csv", "file:data/evidence/labels.csv",
        "file:data/evidence/incidents.csv", "choice:share.prior", "choice:share.debris",
        "choice:label.mixed", "choice:label.unnumbered",
    )  # fmt: skip
    for target, suffix in _SHARE.items():
        shift = moved(_medians(fits, target))
        label = PRIOR_DRIVEN if shift > MOVED else None
        what = _SHARE_WORDS[target]
        yield _plain(
            f"strikes.share.moved{suffix}", shift,
            f"Range of the medians across priors over the reference median, share {what}",
            "models.moved", inputs, "a comparison of fits", percent=True,
        )  # fmt: skip
        for name, fit in fits.items():
            yield _credible(
                f"strikes.share.posterior.{name}{suffix}", fit.posterior[target], "1",
                f"Share of missiles attributed to North Korea, {what}, under prior {name}",
                "share_model.fit", inputs, label=label,
            )  # fmt: skip
            yield _credible(
                f"strikes.share.prior.{name}{suffix}", fit.push_forward[target], "1",
                f"Share of missiles attributed to North Korea, {what}, before any label: {name}",
                "share_model.fit", ("choice:share.prior",), label="prior, before any label",
            )  # fmt: skip
            yield from _driven("share", name, suffix, fit, target, inputs)


def _sampler_results(found: list[Diagnostics], model: str) -> Iterator[Result]:
    inputs = (f"choice:{model}.prior",)
    worst = {
        "rhat": max(d.rhat for d in found),
        "ess": min(d.ess for d in found),
        "divergences": float(sum(d.divergences for d in found)),
    }
    units = {"rhat": "1", "ess": "draws", "divergences": "transitions"}
    for name, value in worst.items():
        yield _plain(
            f"strikes.{model}.sampler.{name}", value,
            f"Worst {name} over all fits and parameters of the {model} model",
            "diagnostics.diagnose", inputs, "a diagnostic", unit=units[name],
        )  # fmt: skip
