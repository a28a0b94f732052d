"""The share attributed to North Korea when labels err: a model on a census.

Every launch of a period stands in the bulletins under a label, so the labels'
totals are no sample and carry no sampling error. What is unknown is which part
phi of each label's missiles was North Korean. With q the labels' shares of all
missiles, p = sum(q phi), P(label | North Korean) = q phi / p and
P(label | Russian) = q (1 - phi) / (1 - p): the totals hold exactly, whatever
phi is. Priors stand on p and on both label distributions; the density of phi
follows by the change of variables, with Jacobian (p (1 - p))^-(L - 1).

Missiles identified by debris tell under which label North Korean ones flew.
They say nothing of the labels of Russian ones, which nobody examined for that,
so P(label | Russian) rests on its prior alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

import analysis.strikes.sampling as sampling
from analysis import evidence
from analysis.errors import UserError
from analysis.steps import step
from analysis.strikes.diagnostics import Diagnostics, diagnose, power_sensitivity
from analysis.strikes.share_priors import LULL_SHARE, SHARE_PRIORS, SharePrior
from analysis.strikes.windows import seasons

LABELS = ("kn-23", "joint", "iskander-m", "s300")
"""Families of labels, in the order of the priors."""

PERIODS = ("winter", "lull", "surge")
"""Labels changed their meaning between these, so each has its own distributions; their
days are those of `windows.seasons`."""

DEBRIS: tuple[tuple[str, str, int, tuple[str, ...]], ...] = (
    ("I02a", "winter", 1, ("iskander-m", "s300")),
    ("I09", "winter", 2, ("s300",)),
    ("I16", "surge", 1, ("joint",)),
)
"""Incident, period, missiles identified, labels under which they may stand: 2 January in a
row that mixes Iskander-M and S-300, 7 February as S-300, 6 August (fragments by a
second-hand account) under the joint label. Other finds have no day, or no row."""

TARGETS = ("year", "surge", "year.with-s300", "surge.with-s300")
"""The share of the Iskander family, and of the family with S-300 and S-400."""

PRIOR_DRAWS = 20_000


@dataclass(frozen=True)
class ShareFit:
    """Prior and posterior of the share under one prior."""

    prior: str
    posterior: dict[str, np.ndarray]
    """By target, (chain, draw), as ratios."""
    push_forward: dict[str, np.ndarray]
    """The same before any label is read, (draw,)."""
    diagnostics: Diagnostics
    sensitivity: dict[str, tuple[float, float]]
    """By target: power-scaling sensitivity to the prior and to the debris."""


@dataclass(frozen=True)
class Census:
    """Numbered missiles by period and label, for the labels that were in use."""

    missiles: np.ndarray
    """(cells,) counts above zero."""
    period: np.ndarray
    """(cells,) index into `PERIODS`."""
    label: np.ndarray
    """(cells,) index into `LABELS`."""
    single: np.ndarray
    """(cells,) missiles identified by debris under this label alone."""
    mixed: np.ndarray
    """(cells,) one where a missile identified in a mixed row may stand."""
    mixed_missiles: np.ndarray
    """(periods,) missiles identified in mixed rows."""

    @property
    def member(self) -> np.ndarray:
        """(periods, cells) one where a cell belongs to a period."""
        return (self.period == np.arange(len(PERIODS))[:, None]).astype(float)

    @property
    def weight(self) -> np.ndarray:
        """(cells,) share of a label in its period's missiles."""
        return self.missiles / (self.member.T @ (self.member @ self.missiles))


def census(tables: evidence.Evidence) -> Census:
    """Count the launches, and find the row of every missile known by debris.

    Raises
    ------
    UserError
        If an incident or its row is not in the tables as the model expects.
    """
    rows = tables.launches[tables.launches["role"] == "series"]
    family = rows["label"].map(tables.labels.set_index("label")["family"]).astype(str)
    day = rows["date"].dt.date
    cells = []
    for i, window in enumerate(seasons(tables)):
        for j, name in enumerate(LABELS):
            chosen = (day >= window.start) & (day <= window.end) & (family == name)
            total = float(rows.loc[chosen, "launched"].sum())
            if total > 0:
                cells.append((total, i, j))
    missiles, period, label = (np.array(c) for c in zip(*cells, strict=True))
    single, mixed = np.zeros(len(cells)), np.zeros(len(cells))
    mixed_missiles = np.zeros(len(PERIODS))
    for incident, when, count, labels in DEBRIS:
        _check(tables, incident, count)
        at = PERIODS.index(when)
        inside = (period == at) & np.isin(label, [LABELS.index(x) for x in labels])
        if len(labels) == 1:
            single[inside] += count
        else:
            mixed[inside] = 1.0
            mixed_missiles[at] += count
    return Census(missiles, period, label, single, mixed, mixed_missiles)


def _check(tables: evidence.Evidence, incident: str, count: int) -> None:
    found = tables.incidents[tables.incidents["incident_id"] == incident]
    if len(found) != 1 or not found.iloc[0]["nk_missiles_low"] >= count:
        raise UserError(
            f"incidents.csv: {incident} with at least {count} identified missiles is not there, "
            "but the share model takes it as debris evidence"
        )


def build(cells: Census) -> Any:
    """The PyMC model; the Dirichlet and beta exponents are data."""
    pm = sampling.backend()
    import pytensor.tensor as pt

    n, member = len(cells.missiles), cells.member
    weight, periods = cells.weight[:, None], len(PERIODS)
    others = member.sum(axis=1, keepdims=True) - 1.0
    with pm.Model() as model:
        given_nk = sampling.data("given_nk", (n, 1))
        given_ru = sampling.data("given_ru", (n, 1))
        share = sampling.data("share", (periods, 2))
        logit = pm.Logistic("logit", 0.0, 1.0, shape=(n, 1))
        phi = 1.0 / (1.0 + pt.exp(-logit))
        p = member @ (weight * phi)
        log_p, log_rest = pt.log(p), pt.log(1.0 - p)
        log_nk = pt.log(weight * phi) - member.T @ log_p
        log_ru = pt.log(weight * (1.0 - phi)) - member.T @ log_rest
        pm.Potential("labels", ((given_nk - 1.0) * log_nk + (given_ru - 1.0) * log_ru).sum())
        pm.Potential(
            "shares",
            (
                (share[:, :1] - 1.0 - others) * log_p + (share[:, 1:] - 1.0 - others) * log_rest
            ).sum(),
        )
        pm.Potential("debris", (cells.single[:, None] * log_nk).sum())
        either = member @ (cells.mixed[:, None] * pt.exp(log_nk))
        known = cells.mixed_missiles[:, None]
        pm.Potential("mixed", (known * pt.log(either + (known == 0))).sum())
    return model


_COMPILED: dict[bytes, Any] = {}
"""Compiled models of this process, by the bytes of their census."""


def compiled(cells: Census) -> Any:
    """The compiled model, once per process and census."""
    key = b"".join(np.ascontiguousarray(v).tobytes() for v in vars(cells).values())
    if key not in _COMPILED:
        _COMPILED[key] = sampling.compile_model(lambda: build(cells))
    return _COMPILED[key]


def exponents(prior: SharePrior, cells: Census) -> dict[str, np.ndarray]:
    """The data of `build`: concentrations by cell and beta exponents by period."""
    shares = [LULL_SHARE if name == "lull" else prior.share for name in PERIODS]
    return {
        "given_nk": np.array(prior.label_given_nk, dtype=float)[cells.label][:, None],
        "given_ru": np.array(prior.label_given_ru, dtype=float)[cells.label][:, None],
        "share": np.array(shares, dtype=float),
    }


def targets(north_korean: np.ndarray, missiles: np.ndarray, cells: Census) -> dict[str, np.ndarray]:
    """Shares from missiles by cell, of North Korean origin and in all, both (..., cells)."""
    found = {}
    surge = cells.period == PERIODS.index("surge")
    family = cells.label != LABELS.index("s300")
    for name in TARGETS:
        taken = surge.copy() if name.startswith("surge") else np.ones_like(surge)
        if not name.endswith("with-s300"):
            taken &= family
        found[name] = north_korean[..., taken].sum(axis=-1) / missiles[..., taken].sum(axis=-1)
    return found


def push_forward(
    prior: SharePrior, cells: Census, rng: np.random.Generator, n: int
) -> dict[str, np.ndarray]:
    """The shares that the prior alone expects, before any label is read, (n,)."""
    data = exponents(prior, cells)
    of_nk, of_all = np.zeros((n, len(cells.label))), np.zeros((n, len(cells.label)))
    for at in range(len(PERIODS)):
        inside = cells.period == at
        total = cells.missiles[inside].sum()
        p = rng.beta(data["share"][at, 0], data["share"][at, 1], size=n)[:, None]
        nk = rng.dirichlet(data["given_nk"][inside, 0], size=n)
        ru = rng.dirichlet(data["given_ru"][inside, 0], size=n)
        of_nk[:, inside] = total * p * nk
        of_all[:, inside] = total * (p * nk + (1 - p) * ru)
    return targets(of_nk, of_all, cells)


@step(reads=("evidence",))
def fit(prior: str, seed: int) -> ShareFit:
    """Fit the share under a named prior.

    Raises
    ------
    UserError
        For an unknown prior, or tables that do not hold what the model expects.
    CheckFailed
        If the sampler did not converge.
    """
    if prior not in SHARE_PRIORS:
        raise UserError(f"{prior!r} is not one of {', '.join(SHARE_PRIORS)}")
    return fit_census(prior, census(evidence.load()), seed)


def fit_census(prior: str, cells: Census, seed: int) -> ShareFit:
    """Fit a given census under a named prior; refuses draws that did not converge."""
    beliefs = SHARE_PRIORS[prior]
    data = exponents(beliefs, cells)
    posterior = sampling.draw(compiled(cells), data, seed)
    diagnostics = diagnose(posterior)
    diagnostics.check(f"share under prior {prior!r}")
    phi = 1.0 / (1.0 + np.exp(-posterior["logit"].to_numpy()[..., 0]))
    found = targets(phi * cells.missiles, cells.missiles, cells)
    log_prior, debris = _densities(phi, data, cells)
    return ShareFit(
        prior=prior,
        posterior=found,
        push_forward=push_forward(beliefs, cells, np.random.default_rng([seed, 2]), PRIOR_DRAWS),
        diagnostics=diagnostics,
        sensitivity={
            name: power_sensitivity(values, log_prior, debris) for name, values in found.items()
        },
    )


def _densities(
    phi: np.ndarray, data: dict[str, np.ndarray], cells: Census
) -> tuple[np.ndarray, np.ndarray]:
    """Log-prior of shares and labels (chain, draw), and log-likelihood by find (..., finds)."""
    member, weight = cells.member, cells.weight
    p = (phi * weight) @ member.T
    log_nk = np.log(weight * phi) - np.log(p) @ member
    log_ru = np.log(weight * (1 - phi)) - np.log(1 - p) @ member
    a, b = data["share"].T
    prior = (
        ((data["given_nk"][:, 0] - 1) * log_nk + (data["given_ru"][:, 0] - 1) * log_ru).sum(axis=-1)
        + ((a - 1) * np.log(p) + (b - 1) * np.log(1 - p)).sum(axis=-1)
    )  # fmt: skip
    either = (np.exp(log_nk) * cells.mixed) @ member.T
    mixed = cells.mixed_missiles * np.log(either + (cells.mixed_missiles == 0))
    return prior, np.concatenate([cells.single * log_nk, mixed], axis=-1)
