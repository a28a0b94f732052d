"""Results of the housing zone: how many blocks, how large, since when, and what would be missed.

On simulated scenes they are statements about the method. Nothing here is multiplied up to people
of a plant: what a block of the measured size could hold stands per block.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from analysis.growth.calibrated import calibrated
from analysis.growth.detectability import jeffreys
from analysis.growth.objects import moment
from analysis.housing import blocks, chain, heights_results, study
from analysis.housing.imagery import Looked
from analysis.housing.lineage import clean, inputs, kind, pair, upstream
from analysis.housing.model import Model, levels
from analysis.housing.quantities import NO_COUNT, NO_LINK
from analysis.housing.scenarios import ROOF
from analysis.housing.zone import View, Zone
from analysis.results import Result, weakest
from analysis.words import words

STEM = "housing.imagery"
CHOICES = ("choice:housing.block-size", "choice:housing.block-gsd", "choice:housing.most-blocks")
STUDIES = ("bench:blocks",)

SIMULATED = (
    "the scenes are simulated, or not declared as observed: blocks of an invented place are no "
    "count of the claimed ones"
)
OPEN = "so few such blocks would be found that nearly every number stays as probable as before"
NONE_SEEN = "no block was detected in the housing zone"
NO_AREA = "no outline of a block could be fitted"
FEWEST = 20
"""Injected blocks that must be found for their dates to say anything."""

PER_BLOCK = ("low-rise-roof", "small-apartment-roof", "apartment-roof", "by-area-roof")
"""Scenarios by floor area, which a measured footprint turns into numbers per block."""


def block_count(found: Zone | None) -> Result:
    """The count of blocks: from observed scenes, or nothing, since nobody published one."""
    best = found.best if found else None
    if found is None or best is None or found.kind != "observed":
        why = NO_COUNT if found is None else SIMULATED
        if found is not None and found.kind == "observed":
            why = why_not(found)
        return Result(
            key="housing.blocks", value=None, unit="blocks", kind="published",
            statement="Blocks of the new housing near the plant",
            method="analysis.housing.answer.results",
            inputs=("file:data/evidence/facility_claims.csv", "source:reuters_terra"),
            why_no_value=why, why_no_interval=why,
        )  # fmt: skip
    return _count(found, "housing.blocks", best, "Blocks begun in the housing zone in the time of "
                  "the count, in one stretch of works; older and younger ones are not "
                  "counted")  # fmt: skip


def edition(found: Zone | None) -> Result:
    """The sentence that the chapter stands under."""
    observed = found is not None and found.kind == "observed"
    text = words("en")
    scenes = tuple(f"scene:{s}" for s in found.scenes) if found else ()
    return Result(
        key="housing.edition",
        value=text("housing_edition.observed", scenes=text.number(len(scenes))) if observed
        else text("housing_edition.simulated"),
        unit="text", kind="measured" if observed else "simulated",
        statement="Which images this chapter rests on",
        method="analysis.housing.imagery_results.edition",
        inputs=scenes or ("file:data/evidence/housing_parameters.csv",),
        why_no_interval="a sentence",
    )  # fmt: skip


def results(found: Zone, model: Model) -> list[Result]:
    """All results of the zone, with keys that are there whatever the scenes show."""
    names = levels(found.level)
    made = [
        *_counts(found),
        *_dates(found),
        *_footprint(found, names),
    ]
    for view in found.views:
        made += _sensor(found, view, view.sensor)
    best = found.best
    made += _sensor(found, best, "best")
    made += _people(found, model, names)
    otherwise = why_not(found) if best is None else NONE_SEEN
    made += heights_results.results(found, model, names, _inputs(found), otherwise)
    return made


def why_not(found: Zone) -> str:
    """Why there is no count."""
    if found.why:
        return found.why
    return "; ".join(f"{v.sensor}: {v.why}" for v in found.views if v.why) or "no scene is usable"


def areas(view: View | None) -> np.ndarray | None:
    """Draws of the area of one block taken at random among those seen, square metres."""
    drawn = [b.area for b in view.blocks if b.area is not None] if view else []
    return np.concatenate(drawn) if drawn else None


def delays(looked: Looked) -> np.ndarray | None:
    """Days from a block's roof until the date from which the analysis holds that it stands.

    Over the injected blocks that were begun in the time of the count and found; None if they are
    too few.
    """
    rows = looked.rows("settled")
    rows = rows[rows["detected"]]
    if len(rows) < FEWEST:
        return None
    true = rows["roof_on"].to_numpy().astype("datetime64[D]").astype(float)
    return np.maximum(rows["roof_high"].to_numpy(float) - true, 0.0)


def _kind(found: Zone) -> str:
    """Kind of what the scenes show; the zone's own outline counts too."""
    own = "measured" if found.kind == "observed" else "simulated"
    return weakest([own, found.zone_kind])


def _inputs(found: Zone) -> tuple[str, ...]:
    return (*(f"scene:{s}" for s in found.scenes), *CHOICES)


def _plain(
    found: Zone, name: str, value: float | str | None, unit: str, statement: str, why: str,
    **extra: object,
) -> Result:  # fmt: skip
    """A result without an interval, or nothing, and why."""
    return Result(
        key=f"{STEM}.{name}", value=value, unit=unit, kind=_kind(found), statement=statement,
        method="analysis.housing.zone.seen", inputs=_inputs(found),
        why_no_value=why if value is None else None, why_no_interval=why, extra=extra,
    )  # fmt: skip


def _count(found: Zone, key: str, view: View, statement: str) -> Result:
    chances = view.chances
    assert chances is not None
    assert view.before is not None
    ends = {lv: blocks.interval(chances, float(lv)) for lv in levels(found.level)}
    bare = blocks.is_open(chances, view.before)
    return Result(
        key=key, value=None if bare else ends["0.9"][1], unit="blocks",
        why_no_value=OPEN if bare else None, kind=_kind(found), statement=statement,
        method="analysis.housing.blocks.posterior", inputs=_inputs(found),
        intervals={lv: (low, high) for lv, (low, _, high) in ends.items()},
        interval_kind="credible", calibration=STUDIES, coverage=_covered(found),
    )  # fmt: skip


def _covered(found: Zone) -> str:
    """``simulated`` where drawn estates held the level as far as their number tells."""
    scored = study.read()
    held = scored["all"]["coverage_interval90"][1] >= scored["level"]
    return "simulated" if found.kind == "simulated" and held else "unproven"


def _counts(found: Zone) -> Iterator[Result]:
    best = found.best
    said = "Blocks begun in the time for which blocks are counted"
    later = "Blocks begun in the last stretch of the series"
    if best is None or best.chances is None:
        yield _plain(found, "blocks", None, "blocks", said, why_not(found))
        for name, what in (("blocks", said), ("blocks_recent", later)):
            yield _plain(found, f"{name}.seen", None, "blocks", f"{what}, as seen", why_not(found))
        return
    yield _count(found, f"{STEM}.blocks", best, said)
    for name, late, what in (("blocks", False, said), ("blocks_recent", True, later)):
        yield _plain(found, f"{name}.seen", len(best.seen(recent=late)), "blocks",
                     f"{what}, as seen: not corrected", "a count of objects",
                     most=best.chances.size - 1, false_alarms=clean(best.false))  # fmt: skip


def _dates(found: Zone) -> Iterator[Result]:
    best = found.best
    for name, end, said in (("from", 0, "First"), ("until", -1, "Last")):
        when = None
        if best is not None and best.looked is not None:
            when = str(moment(best.looked.days("settled")[end]).astype("datetime64[D]"))
        yield _plain(found, name, when, "date", f"{said} day for which begun blocks are counted",
                     why_not(found) if when is None else "a share of the series")  # fmt: skip
    for name, event, said in (
        ("first_seen", "ground_broken", "Day on which ground was broken for the first block seen"),
        ("first_roof", "roof_on", "Day on which the first block seen got its roof"),
    ):
        dates = [d for b in (best.blocks if best else ()) if (d := getattr(b, event)) is not None]
        if best is None or not dates:
            why = NONE_SEEN if best else why_not(found)
            yield _plain(found, name, None, "date", said, why)
            continue
        first = min(dates, key=lambda d: d.value)
        value, low, high = first.iso()
        yield Result(
            key=f"{STEM}.{name}", value=value, unit="date", kind=_kind(found), statement=said,
            method="analysis.growth.timeline.interval", inputs=_inputs(found),
            intervals={f"{first.level:g}": (low, high)}, interval_kind="credible",
            calibration=calibrated(best.gsd).date_studies, coverage=first.coverage,
        )  # fmt: skip


def _sensor(found: Zone, view: View | None, name: str) -> Iterator[Result]:
    """What one sensor finds of injected blocks, and how long a roof takes to be told."""
    shares = (
        ("share", "settled", "Injected blocks that were found, begun in the time of the count"),
        ("share_recent", "recent", "Injected blocks that were found, begun after that time"),
    )
    for key, part, said in shares:
        if view is None or view.looked is None:
            why = view.why if view else why_not(found)
            yield _plain(found, f"{key}.{name}", None, "1", said, why)
            continue
        hit, tried = (np.asarray(n) for n in view.looked.share(part))
        ends = {lv: jeffreys(hit, tried, float(lv)) for lv in levels(found.level)}
        yield Result(
            key=f"{STEM}.{key}.{name}", value=clean(hit / tried), unit="1", percent=True,
            kind=_kind(found), statement=said, method="analysis.housing.imagery.look",
            inputs=_inputs(found), coverage="injected",
            intervals={lv: pair(float(low), float(high)) for lv, (low, high) in ends.items()},
            interval_kind="credible",
        )  # fmt: skip
    said = "Days from a block's roof until the date from which it is held to stand, where found"
    drawn = delays(view.looked) if view and view.looked else None
    if drawn is None:
        why = why_not(found) if view is None else view.why if view.looked is None else (
            "too few injected blocks were found for their dates to say anything")  # fmt: skip
        yield _plain(found, f"roof_delay.{name}", None, "days", said, why)
        return
    yield Result(
        key=f"{STEM}.roof_delay.{name}", value=round(float(np.median(drawn))), unit="days",
        kind=_kind(found), statement=said, method="analysis.housing.imagery_results.delays",
        inputs=_inputs(found), coverage="injected", calibration=("bench:dates",),
        intervals={lv: _middle(drawn, float(lv)) for lv in levels(found.level)},
        interval_kind="credible",
    )  # fmt: skip


def _middle(drawn: np.ndarray, level: float) -> tuple[float, float]:
    low, high = chain.span(drawn, drawn, level)
    return float(round(low)), float(round(high))


def _footprint(found: Zone, names: tuple[str, ...]) -> Iterator[Result]:
    drawn = areas(found.best)
    said = "Footprint of one block, taken at random among those with a fitted outline"
    if drawn is None:
        why = why_not(found) if found.best is None else NO_AREA if found.best.blocks else NONE_SEEN
        yield _plain(found, "footprint", None, "m2", said, why)
        return
    yield Result(
        key=f"{STEM}.footprint", value=clean(float(np.median(drawn))), unit="m2",
        kind=_kind(found), statement=said, method="analysis.growth.posterior.draw",
        inputs=_inputs(found), calibration=("bench:footprints-areas",), coverage="unproven",
        intervals={lv: pair(*chain.span(drawn, drawn, float(lv))) for lv in names},
        interval_kind="credible",
    )  # fmt: skip


def _people(found: Zone, model: Model, names: tuple[str, ...]) -> Iterator[Result]:
    """What a block of the measured footprint could hold: per block, never summed."""
    drawn = areas(found.best)
    if drawn is None:
        return
    for name in PER_BLOCK:
        scenario = model.scenarios[name].without("footprint")
        size = model.draws[name]["residents"].size
        area = np.random.default_rng(size).choice(drawn, size) / ROOF
        for quantity in ("residents", "workers"):
            used = upstream(quantity, scenario)
            low, high = (
                model.draws[name][f"{quantity}{end}"] * area
                for end in (("_low", "_high") if quantity == "workers" else ("", ""))
            )
            bounded = quantity == "workers"
            yield Result(
                key=f"{STEM}.{quantity}.{scenario.plan.building}.{scenario.plan.kind}",
                value=None if bounded else clean(float(np.median(low))),
                unit="persons per block",
                kind=weakest([_kind(found), kind([scenario], used)]),
                statement=f"{quantity.capitalize()} that a block of the measured footprint could "
                f"hold, {scenario.plan.kind} scenario",
                method="analysis.housing.chain.run",
                inputs=(*inputs(scenario, names=used), f"result:{STEM}.footprint"),
                intervals={lv: pair(*chain.span(low, high, float(lv))) for lv in names},
                interval_kind="scenario" if bounded else "credible",
                why_no_value=NO_LINK if bounded else None,
                coverage="unproven",
            )
