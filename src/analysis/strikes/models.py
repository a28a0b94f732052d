"""Results of the two models: posteriors beside their priors, and what drives them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from analysis import evidence
from analysis.results import Result
from analysis.steps import step
from analysis.strikes import conclusions, count, ranks, share_model
from analysis.strikes.claims_used import SELECTIONS
from analysis.strikes.diagnostics import Diagnostics, contraction, summary
from analysis.strikes.likelihood import FIRED_CELLS
from analysis.strikes.priors import LAUNCHES, NAMES, REFERENCE
from analysis.strikes.record import LAUNCHES as LAUNCH_FILES
from analysis.strikes.share_priors import SHARE_PRIORS
from analysis.strikes.tables import Band, band
from analysis.strikes.windows import LAST_KNOWN_EARLY_USE, seasons

MOVED = 0.1
"""A median that moves by more than this part of the reference is driven by its prior."""

PRIOR_DRIVEN = "prior-driven"

_COUNT = {"year": "", "winter": ".winter", "surge": ".surge"}
_COUNT_SPANS = {
    "year": (FIRED_CELLS[1][0], FIRED_CELLS[5][1]),
    "winter": (FIRED_CELLS[0][0], FIRED_CELLS[3][1]),
    "surge": FIRED_CELLS[5],
}
"""First and last day of what each target counts."""
EARLY = (LAST_KNOWN_EARLY_USE, "C28")
"""Two published counts of the first weeks: the prosecutors', and the delegation's."""
_SHARE = {
    "year": "", "surge": ".surge", "year.with-s300": ".with-s300",
    "surge.with-s300": ".surge.with-s300",
}  # fmt: skip


def count_fits(seed: int) -> dict[str, count.CountFit]:
    """The count under every prior, the reference first."""
    return {name: count.fit(name, seed) for name in NAMES}


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
    tables = evidence.load()
    found = [
        *_count_results(counts, band(tables, "band.missiles")),
        *_selection_results(others, counts), *_share_results(shares, tables),
        *_sampler_results([f.diagnostics for f in (*counts.values(), *others.values())], "count"),
        *_sampler_results([f.diagnostics for f in shares.values()], "share"),
    ]  # fmt: skip
    early = [c.number for c in counts[REFERENCE].claims if c.claim_id in EARLY]
    by_key = {r.key: r for r in found}
    return [*found, *conclusions.of_the_models(by_key, REFERENCE, early, _claim_inputs(EARLY))]


def moved(medians: Mapping[str, float]) -> float:
    """Range of the medians across priors, as a part of the reference's (the first)."""
    values = list(medians.values())
    return (max(values) - min(values)) / values[0]


def _medians(fits: Mapping[str, count.CountFit | share_model.ShareFit], target: str) -> dict:
    return {name: float(np.median(fit.posterior[target])) for name, fit in fits.items()}


def _label(fits: Mapping[str, count.CountFit | share_model.ShareFit], target: str) -> str | None:
    """The words beside a number that moves with its prior."""
    return PRIOR_DRIVEN if moved(_medians(fits, target)) > MOVED else None


def _claim_inputs(claim_ids: tuple[str, ...]) -> tuple[str, ...]:
    links = evidence.load().aggregate_claim_sources
    keys = links.loc[links["claim_id"].isin(claim_ids), "source_key"]
    return (
        "file:data/evidence/aggregate_claims.csv", *(f"source:{key}" for key in sorted(set(keys)))
    )  # fmt: skip


def _launch_inputs(*priors: str) -> tuple[str, ...]:
    """The bulletins, for the one prior that reads them."""
    windows = ("choice:window.year", "choice:window.surge")
    return (*LAUNCH_FILES, *windows) if LAUNCHES in priors else ()


def _inputs(claim_ids: tuple[str, ...], *priors: str) -> tuple[str, ...]:
    """What fits under some priors rest on."""
    return (
        *_claim_inputs(claim_ids), "file:data/evidence/lineage.csv",
        "choice:count.prior", "choice:count.selection", "choice:count.undated",
        "choice:count.rounding", *_launch_inputs(*priors),
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


def _count_results(fits: dict[str, count.CountFit], claimed: Band) -> Iterator[Result]:
    chosen, first = SELECTIONS["latest"], REFERENCE
    across = _inputs(chosen, *fits)
    for target, suffix in _COUNT.items():
        shift, label = moved(_medians(fits, target)), _label(fits, target)
        span = "{} to {}".format(*_COUNT_SPANS[target])
        yield _plain(
            f"strikes.count.moved{suffix}", shift,
            f"Range of the medians across priors over the reference median, fired {span}",
            "models.moved", across, "a comparison of fits", percent=True,
        )  # fmt: skip
        for name, fit in fits.items():
            inputs = _inputs(chosen, name)
            yield _credible(
                f"strikes.count.posterior.{name}{suffix}", fit.posterior[target], "missiles",
                f"Missiles attributed to North Korea fired {span}, posterior under prior {name}",
                "count.fit", inputs, label=label, calibrated=name == ranks.PRIOR,
            )  # fmt: skip
            yield _credible(
                f"strikes.count.prior.{name}{suffix}", fit.push_forward[target], "missiles",
                f"Missiles attributed to North Korea fired {span}, before any claim: prior {name}",
                "count.fit",
                ("choice:count.prior", *_launch_inputs(name)),
                label="prior, before any claim",
            )  # fmt: skip
            yield from _driven("count", name, suffix, fit, target, inputs)
    low, high = claimed.low, claimed.high or float("inf")
    span = "{} to {}".format(*_COUNT_SPANS["year"])
    for name, fit in fits.items():
        inputs = _inputs(chosen, name)
        yield _credible(
            f"strikes.count.bias.{name}", fit.posterior["bias"], "1",
            f"Factor by which claimants together overstate what was fired, under prior {name}",
            "count.fit", inputs, label=_label(fits, "bias"), calibrated=name == ranks.PRIOR,
        )  # fmt: skip
        yield _plain(
            f"strikes.count.contraction.{name}.bias",
            contraction(fit.push_forward["bias"], fit.posterior["bias"]),
            "Part of the prior variance of the logarithm of the claimants' shared bias that claims "
            f"took, prior {name}",
            "count.fit", inputs, _OF_DRAWS, percent=True,
        )  # fmt: skip
        year = fit.posterior["year"]
        yield _plain(
            f"strikes.count.in-band.{name}", float(np.mean((year >= low) & (year <= high))),
            f"Posterior probability that {low:g} to {high:g} were fired {span}, prior {name}",
            "count.fit", (*inputs, f"choice:{claimed.choice}"), _OF_DRAWS,
            label=_label(fits, "year"), percent=True,
        )  # fmt: skip
    inputs = _inputs(chosen, first)
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


def _selection_results(
    fits: dict[str, count.CountFit], by_prior: dict[str, count.CountFit]
) -> Iterator[Result]:
    span = "{} to {}".format(*_COUNT_SPANS["year"])
    for name, fit in fits.items():
        yield _credible(
            f"strikes.count.selection.{name}", fit.posterior["year"], "missiles",
            f"Missiles attributed to North Korea fired {span}, claims selected as {name}, prior "
            f"{fit.prior}",
            "count.fit", _inputs(SELECTIONS[name], fit.prior), label=_label(by_prior, "year"),
        )  # fmt: skip


def _share_results(
    fits: dict[str, share_model.ShareFit], tables: evidence.Evidence
) -> Iterator[Result]:
    winter, _, surge = seasons(tables)
    spans = {"year": f"{winter.start} to {surge.end}", "surge": f"{surge.start} to {surge.end}"}
    inputs = (
        "source:UADT_CSV", "file:data/evidence/launches.csv", "file:data/evidence/labels.csv",
        "file:data/evidence/incidents.csv", "choice:share.prior", "choice:share.debris",
        "choice:label.mixed", "choice:label.unnumbered",
    )  # fmt: skip
    for target, suffix in _SHARE.items():
        shift, label = moved(_medians(fits, target)), _label(fits, target)
        window, _, wider = target.partition(".")
        what = f"{spans[window]}, of the Iskander family" + (" and S-300/S-400" if wider else "")
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
