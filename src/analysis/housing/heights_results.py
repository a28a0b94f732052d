"""Results of shadows: height and storeys of a block where they were measured, and what follows.

Nothing is summed over blocks. Where no shadow could be read the storeys keep their prior, and the
chapter's scenarios stand alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from analysis.housing import chain, heights
from analysis.housing.lineage import ROOF_UNIT, clean, inputs, kind, pair, upstream
from analysis.housing.model import Model
from analysis.housing.parameters import Array
from analysis.housing.quantities import NO_LINK
from analysis.housing.scenarios import ROOF, Scenario
from analysis.housing.zone import Block, View, Zone
from analysis.results import Result, weakest

STEM = "housing.imagery"
CHOICES = ("choice:housing.sun-angles", "choice:housing.storey-height",
           "choice:housing.roof-extra")  # fmt: skip
PRIOR = "storeys keep their prior"
MEASURED = {"family": "apartment-roof", "dormitory": "by-area-roof"}
"""Scenario of all but the storeys, by kind of building: those of flats differ in them alone."""


def measured(view: View | None) -> list[Block]:
    """Blocks whose shadow told a height."""
    return [b for b in view.blocks if b.height is not None] if view else []


def prior(model: Model) -> heights.Prior:
    """Storeys as all sources of family flats span them, and the heights that go with them."""
    storeys = model.scenarios["open-roof"]["storeys"]
    each, more = model.storey_height, model.roof_extra
    return heights.Prior.of(
        (int(storeys.low), int(storeys.high)), (each.low, each.high), (more.low, more.high)
    )


def why_not(view: View | None, otherwise: str) -> str:
    """Why no storeys were measured, the commonest reason first."""
    said = Counter(b.why_no_height for b in view.blocks) if view else Counter[str]()
    reasons = "; ".join(f"{why} ({n} of {said.total()} blocks)" for why, n in said.most_common())
    return f"{reasons or otherwise}; {PRIOR}"


def results(
    found: Zone, model: Model, names: tuple[str, ...], scenes: tuple[str, ...], otherwise: str
) -> Iterator[Result]:
    """Height and storeys of one block, and what 1,000 square metres of its roof could hold.

    Parameters
    ----------
    names
        Levels of the intervals.
    scenes
        Inputs of every result of the zone.
    otherwise
        Why nothing is told where no block was seen.
    """
    own = weakest(["measured" if found.kind == "observed" else "simulated", found.zone_kind])
    told = measured(found.best)
    method = "analysis.housing.heights.of_block"
    seen = found.best.blocks if found.best else ()
    looked = found.best is not None
    yield Result(
        key=f"{STEM}.storeys.measured", value=len(told) if looked else None, unit="blocks",
        kind=own, statement="Blocks whose height was read from their shadows", method=method,
        inputs=(*scenes, *CHOICES), why_no_value=None if looked else otherwise,
        why_no_interval="a count of objects", extra={"of": len(seen)} if looked else {},
    )  # fmt: skip
    said = {
        "height": ("m", "Height of one block, taken at random among those measured"),
        "storeys": ("storeys", "Storeys of one block, taken at random among those measured"),
    }
    if not told:
        why = why_not(found.best, otherwise)
        for name, (unit, statement) in said.items():
            yield Result(
                key=f"{STEM}.{name}", value=None, unit=unit, kind=own, statement=statement,
                method=method, inputs=(*scenes, *CHOICES), why_no_value=why, why_no_interval=why,
            )  # fmt: skip
        return
    drawn = draws(told, model)
    for name, (unit, statement) in said.items():
        values = drawn[name]
        yield Result(
            key=f"{STEM}.{name}", value=clean(float(np.median(values))), unit=unit,
            kind=weakest([own, "assumed"]), statement=statement, method=method,
            inputs=(*scenes, *CHOICES, "choice:housing.open-type",
                    *model.scenarios["open-roof"]["storeys"].inputs),
            intervals={lv: pair(*_span(values, float(lv), whole=name == "storeys"))
                       for lv in names},
            interval_kind="credible", calibration=("bench:heights",),
            coverage="simulated" if found.kind == "simulated" else "unproven",
        )  # fmt: skip
    yield from _people(own, scenes, model, drawn, names)


def draws(told: list[Block], model: Model, seed: int = 8) -> dict[str, Array]:
    """Height, storeys and area of one block at random among those measured, draw by draw.

    The area is NaN where no outline gave draws of it.
    """
    rng = np.random.default_rng(seed)
    before = prior(model)
    size = chain.SAMPLES
    number = rng.integers(0, len(told), size)
    made = {name: np.full(size, np.nan) for name in ("height", "storeys", "area")}
    for i, block in enumerate(told):
        assert block.height is not None
        of = np.flatnonzero(number == i)
        at = rng.choice(before.metres.size, of.size, p=before.weights(block.height))
        made["height"][of], made["storeys"][of] = before.metres[at], before.storeys[at]
        if block.area is not None:
            made["area"][of] = rng.choice(block.area, of.size)
    return made


def _people(
    own: str, scenes: tuple[str, ...], model: Model, drawn: dict[str, Array],
    names: tuple[str, ...],
) -> Iterator[Result]:  # fmt: skip
    """What a block of measured storeys could hold: per block and per area of roof, never summed."""
    for building, name in MEASURED.items():
        scenario = model.scenarios[name].without("footprint")
        every = tuple(p.name for p in scenario.parameters)
        x = chain.at(scenario, chain.points(len(every), chain.SAMPLES, 8), every)
        x["storeys"] = drawn["storeys"]
        roof = chain.run(scenario.plan.route, x) | chain.ends(scenario, x)
        for quantity in ("residents", "workers"):
            ends = ("_low", "_high") if quantity == "workers" else ("", "")
            low, high = (roof[f"{quantity}{end}"] for end in ends)
            key = f"{STEM}.{quantity}.{building}.measured"
            yield _one(f"{key}.per_roof", f"persons {ROOF_UNIT}", quantity, scenario, (low, high),
                       own, scenes, names)  # fmt: skip
            if np.isfinite(drawn["area"]).all():
                area = drawn["area"] / ROOF
                yield _one(key, "persons per block", quantity, scenario, (low * area, high * area),
                           own, (*scenes, f"result:{STEM}.footprint"), names)  # fmt: skip


def _one(
    key: str, unit: str, quantity: str, scenario: Scenario, drawn: tuple[Array, Array], own: str,
    scenes: tuple[str, ...], names: tuple[str, ...],
) -> Result:  # fmt: skip
    used = tuple(n for n in upstream(quantity, scenario) if n != "storeys")
    bounded = quantity == "workers"
    what = "a dormitory" if scenario.plan.building == "dormitory" else "family flats"
    return Result(
        key=key, value=None if bounded else clean(float(np.median(drawn[0]))), unit=unit,
        kind=weakest([own, "assumed", kind([scenario], used)]),
        statement=f"{quantity.capitalize()} that a block of the measured storeys could hold, were "
        f"it {what}",
        method="analysis.housing.chain.run",
        inputs=(*inputs(scenario, names=used), f"result:{STEM}.storeys", *scenes),
        intervals={lv: pair(*chain.span(*drawn, float(lv))) for lv in names},
        interval_kind="scenario" if bounded else "credible",
        why_no_value=NO_LINK if bounded else None, coverage="unproven",
    )  # fmt: skip


def _span(values: Array, level: float, *, whole: bool) -> tuple[float, float]:
    """Central interval; of whole numbers both ends are some."""
    if not whole:
        return chain.span(values, values, level)
    tail = (1 - level) / 2
    low, high = np.quantile(values, [tail, 1 - tail], method="nearest")
    return float(low), float(high)
