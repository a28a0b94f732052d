"""What was measured at a site, as results; what an invented site may not say stays empty."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from analysis.growth.buildings import Building, Measured
from analysis.growth.classes import CLASSES
from analysis.growth.ratio import Ratio
from analysis.growth.timeline import STUDY as DATES
from analysis.growth.timeline import DateInterval
from analysis.results import Result, Scalar, bounds
from analysis.scenes import Prepared
from analysis.words import words

LEVELS = (0.9, 0.99)
"""Levels of the verdicts, whatever level the reader asked for."""

NOT_OBSERVED = (
    "the scenes are {kind}: the ratio of invented halls says nothing of a real place, and is not "
    "put beside a published one"
)


def results(found: Measured, done: Prepared) -> list[Result]:
    """Scenes, candidates, areas, dates and ratios, under the kind of the scenes."""
    kind = "measured" if found.kind == "observed" else "simulated"
    scenes = _scenes(done, kind)
    told = [_edition(found, done, kind), scenes, *_counts(found, kind)]
    for b in found.candidates:
        told += _candidate(b, found, kind)
    for b in found.references:
        told.append(_area(f"growth.{b.id}.area", b, found, kind, f"Roof area of {b.id}"))
    return [*told, *_ratios(found, kind)]


def _edition(found: Measured, done: Prepared, kind: str) -> Result:
    """The sentence that an edition stands under."""
    text = words("en")
    said = text("growth_edition.observed", scenes=found.scenes_used, source=done.source.name,
                site=done.site.name)  # fmt: skip
    if found.kind != "observed":
        said = text("growth_edition.simulated")
    return Result(
        key="growth.edition", value=said, unit="text", kind=kind,
        statement="Which images this edition rests on", method="analysis.growth.record.results",
        inputs=("result:growth.scenes",), why_no_interval="a sentence",
    )  # fmt: skip


def _scenes(done: Prepared, kind: str) -> Result:
    used = sorted({s.scene.id for s in done.sheets})
    return Result(
        key="growth.scenes", value=float(len(used)), unit="scenes", kind=kind,
        statement="Scenes that the growth analysis uses", method="analysis.scenes.prepare.prepare",
        inputs=tuple(f"scene:{name}" for name in used) or ("file:data/scenes/catalog.json",),
        why_no_interval="a count of scenes; nothing varies",
    )  # fmt: skip


def _counts(found: Measured, kind: str) -> Iterator[Result]:
    seen = Counter(b.thing.kind for b in found.candidates if b.thing is not None)
    for name in CLASSES:
        yield Result(
            key=f"growth.count.{name}", value=float(seen[name]), unit="1", kind=kind,
            statement=f"Candidates of class {name}", method="analysis.growth.measure.measure",
            inputs=("result:growth.scenes",), coverage="unproven",
            why_no_interval="a count; what was missed is told by the injected buildings",
        )  # fmt: skip


def _candidate(b: Building, found: Measured, kind: str) -> Iterator[Result]:
    thing = b.thing
    assert thing is not None
    stem = f"growth.{b.id}"
    yield _area(f"{stem}.area", b, found, kind, f"Roof area of {b.id} ({thing.kind})")
    yield _date(f"{stem}.ground_broken", thing.ground_broken, found, kind,
                f"Ground broken at {b.id}")  # fmt: skip
    yield _date(f"{stem}.roof_on", thing.roof_on, found, kind, f"Roof on at {b.id}")


def _area(key: str, b: Building, found: Measured, kind: str, what: str) -> Result:
    if b.area is None:
        return _nothing(key, "m2", kind, what, b.why or "not measured")
    return Result(
        key=key, value=round(float(np.median(b.area)), 1), unit="m2", kind=kind, statement=what,
        method="analysis.growth.footprint.fit", inputs=("result:growth.scenes",),
        intervals=_intervals(b.area, 1), interval_kind="credible", calibration=_study(found),
        coverage=found.covers_area(b),
    )  # fmt: skip


def _date(key: str, when: DateInterval | None, found: Measured, kind: str, what: str) -> Result:
    if when is None:
        return _nothing(key, "date", kind, what, "this class of change has no such event")
    value, low, high = when.iso()
    return Result(
        key=key, value=value, unit="date", kind=kind, statement=what,
        method="analysis.growth.scan.scan", inputs=("result:growth.scenes",),
        intervals={f"{when.level:g}": (low, high)}, interval_kind="credible",
        calibration=(f"bench:{DATES}",),
        coverage=when.coverage,
    )  # fmt: skip


def _ratios(found: Measured, kind: str) -> Iterator[Result]:
    made = {r.denominator: r for r in found.ratios}
    for name in (*(b.id for b in found.references), "union"):
        key = f"growth.ratio.new_to_{name}"
        what = f"Roof area of the new hall over that of {name}"
        ratio = made.get(name)
        if found.kind != "observed":
            yield _nothing(key, "1", kind, what, NOT_OBSERVED.format(kind=found.kind))
        elif ratio is None:
            yield _nothing(key, "1", kind, what, found.why_no_new or "not measurable")
        else:
            yield _ratio(key, what, ratio, found, kind)
    for other in found.other_sizes if found.kind == "observed" else ():
        yield _other_size(other, found, kind)


def _ratio(key: str, what: str, ratio: Ratio, found: Measured, kind: str) -> Result:
    return Result(
        key=key, value=round(ratio.value, 4), unit="1", kind=kind, statement=what,
        method="analysis.growth.ratio.ratios",
        inputs=(f"result:growth.{ratio.numerator}.area", "result:growth.scenes"),
        intervals=_intervals(ratio.draws, 4), interval_kind="credible",
        calibration=_study(found), coverage=found.covers("ratios"),
        extra={"readings": ratio.readings(), "likelihood_ratios": ratio.likelihood_ratios()},
    )  # fmt: skip


def _other_size(ratio: Ratio, found: Measured, kind: str) -> Result:
    """A ratio under another meaning of size; of floors its bounds alone."""
    key = f"growth.ratio.new_to_{ratio.denominator}.{ratio.definition}"
    what = f"The new hall over {ratio.denominator} by {ratio.definition}"
    if ratio.bounds is None:
        return _ratio(key, what, ratio, found, kind)
    low, high = (round(float(end), 4) for end in ratio.bounds)
    return Result(
        key=key, value=None, unit="1", kind=kind, statement=what,
        method="analysis.growth.ratio.floor_ratio",
        inputs=(f"result:growth.{ratio.numerator}.area", "result:growth.scenes"),
        intervals=bounds(low, high), interval_kind="bounds",
        why_no_value="storeys are unknown: no point inside the bounds is preferred",
    )  # fmt: skip


def _study(found: Measured) -> tuple[str, ...]:
    """The study of the errors of the edges; none where the first guess stands in."""
    return (f"bench:{found.calibrated.study}",) if found.calibrated.study else ()


def _nothing(key: str, unit: str, kind: str, what: str, why: str) -> Result:
    return Result(
        key=key, value=None, unit=unit, kind=kind, statement=what,
        method="analysis.growth.measure.measure", inputs=("result:growth.scenes",),
        why_no_value=why, why_no_interval=why,
    )  # fmt: skip


def _intervals(draws: np.ndarray, digits: int) -> dict[str, tuple[Scalar, Scalar]]:
    found: dict[str, tuple[Scalar, Scalar]] = {}
    for level in LEVELS:
        low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
        found[f"{level:g}"] = (round(float(low), digits), round(float(high), digits))
    return found
