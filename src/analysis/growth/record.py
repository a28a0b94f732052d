"""What was measured at a site, as results; what an invented site may not say stays empty."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from analysis.growth import record_edition, record_works
from analysis.growth.buildings import Building, Measured
from analysis.growth.classes import CLASSES
from analysis.growth.ratio import Ratio
from analysis.growth.timeline import DateInterval
from analysis.results import Result, Scalar, bounds
from analysis.scenes.prepare import Prepared

LEVELS = record_works.LEVELS

NOT_OBSERVED = (
    "the scenes are {kind}: the ratio of invented halls says nothing of a real place, and is not "
    "put beside a published one"
)


def results(found: Measured, done: Prepared) -> list[Result]:
    """Scenes, works, candidates, areas, dates and ratios, under the kind of the scenes."""
    kind = "measured" if found.kind == "observed" else "simulated"
    told = [_scenes(done, kind), *_counts(found, kind), *record_works.works(found, done.site, kind)]
    for b in found.candidates:
        told += _candidate(b, found, kind)
    for b in found.references:
        told.append(_area(f"growth.{b.id}.area", b, found, kind, f"Roof area of {b.id}"))
    ratios = list(_ratios(found, kind, record_edition.unsettled(done)))
    return [*record_edition.sentences(found, done, kind, ratios), *told, *ratios]


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
    read = record_works.calibration(found.gsd)
    for event, what in (("ground_broken", "Ground broken"), ("roof_on", "Roof on")):
        spans = record_works.days(thing, event, read)
        said = f"{what} at {b.id}"
        yield _date(f"{stem}.{event}", getattr(thing, event), spans, found, kind, said)


def _area(key: str, b: Building, found: Measured, kind: str, what: str) -> Result:
    if b.area is None:
        return _nothing(key, "m2", kind, what, b.why or "not measured")
    return Result(
        key=key, value=round(float(np.median(b.area)), 1), unit="m2", kind=kind, statement=what,
        method="analysis.growth.footprint.fit", inputs=("result:growth.scenes",),
        intervals=_intervals(b.area, 1), interval_kind="credible", calibration=_study(found),
        coverage=found.covers_area(b),
        extra={"misfit": round(b.fit.misfit, 2)} if b.fit else {},
    )  # fmt: skip


def _date(
    key: str, when: DateInterval | None, spans: record_works.Days | None, found: Measured,
    kind: str, what: str,
) -> Result:  # fmt: skip
    if when is None or spans is None:
        return _nothing(key, "date", kind, what, "this class of change has no such event")
    return Result(
        key=key, value=when.iso()[0], unit="date", kind=kind, statement=what,
        method="analysis.growth.scan.scan", inputs=("result:growth.scenes",),
        intervals=dict(spans), interval_kind="credible",
        calibration=found.calibrated.date_studies, coverage=when.coverage,
    )  # fmt: skip


def _withheld(found: Measured, name: str) -> str:
    """Why there is no ratio to a reference, or to all together, in the words of the warnings."""
    below = "all references together" if name == "union" else name
    about = (f"no ratio to {below}:", f"no ratio with {below}:", f"no ratio with {found.new}:",
             "no ratio:")  # fmt: skip
    return next((w for w in found.warnings if w.startswith(about)), "not measurable")


def _ratios(found: Measured, kind: str, unsettled: str) -> Iterator[Result]:
    made = {r.denominator: r for r in found.ratios}
    for name in (*(b.id for b in found.references), "union"):
        key = f"growth.ratio.new_to_{name}"
        what = f"Roof area of the new hall over that of {name}"
        ratio = made.get(name)
        if found.kind != "observed":
            yield _nothing(key, "1", kind, what, NOT_OBSERVED.format(kind=found.kind))
        elif ratio is None:
            yield _nothing(key, "1", kind, what, found.why_no_new or _withheld(found, name))
        else:
            yield _ratio(key, what, ratio, found, kind, unsettled)
    for other in found.other_sizes if found.kind == "observed" else ():
        yield _other_size(other, found, kind, unsettled)


def _ratio(key: str, what: str, ratio: Ratio, found: Measured, kind: str, unsettled: str) -> Result:
    return Result(
        key=key, value=round(ratio.value, 4), unit="1", kind=kind, statement=what,
        method="analysis.growth.ratio.ratios",
        inputs=(f"result:growth.{ratio.numerator}.area", "result:growth.scenes"),
        intervals=_intervals(ratio.draws, 4), interval_kind="credible",
        calibration=_study(found), coverage=found.covers_ratio(ratio),
        extra={"readings": ratio.readings(), "likelihood_ratios": ratio.likelihood_ratios(),
               **_about(ratio, unsettled)},
    )  # fmt: skip


def _other_size(ratio: Ratio, found: Measured, kind: str, unsettled: str) -> Result:
    """A ratio under another meaning of size; of floors its bounds alone."""
    key = f"growth.ratio.new_to_{ratio.denominator}.{ratio.definition}"
    what = f"The new hall over {ratio.denominator} by {ratio.definition}"
    if ratio.bounds is None:
        return _ratio(key, what, ratio, found, kind, unsettled)
    low, high = (round(float(end), 4) for end in ratio.bounds)
    return Result(
        key=key, value=None, unit="1", kind=kind, statement=what,
        method="analysis.growth.ratio.floor_ratio",
        inputs=(f"result:growth.{ratio.numerator}.area", "result:growth.scenes"),
        intervals=bounds(low, high), interval_kind="bounds",
        why_no_value="storeys are unknown: no point inside the bounds is preferred",
        extra=_about(ratio, unsettled),
    )  # fmt: skip


def _about(ratio: Ratio, unsettled: str) -> dict[str, str]:
    """Which hall is above the line, and why it may not be the one of a claim."""
    return {"numerator": ratio.numerator} | ({"unsettled": unsettled} if unsettled else {})


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
