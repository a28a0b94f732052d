"""Works at a site, as results that a claim of a number or of a first day can be held against.

What was found is counted by zone. Each work keeps the days within which its events lie, at the
levels of the verdicts, so that a claim of some window counts those inside it. A count is known
from below alone: some of what was found may be false alarms, and what was missed is not known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from scipy import stats
from shapely.geometry.base import BaseGeometry

from analysis import results
from analysis.growth import timeline
from analysis.growth.buildings import Building, Measured
from analysis.growth.calibrated import dates_of_a_run, widened
from analysis.growth.candidates import ALARMS
from analysis.growth.detect import RESULTS
from analysis.growth.noise import YEAR
from analysis.growth.objects import Thing, moment
from analysis.growth.timeline import Calibration, DateInterval
from analysis.results import Result, Scalar
from analysis.scenes import grid as grids
from analysis.site import Site
from analysis.steps import step

LEVELS = (0.9, 0.99)
"""Levels of the verdicts, whatever level the reader asked for."""

Days = dict[str, tuple[str, str | None]]
"""Level to the first and the last day of an event; the last is open where it never came."""

NO_ZONE = "the site names no {role}: what lies there cannot be told"
NONE_SURE = "no works were found there that can be no false alarm"
BEGUN, RE_ROOFED = ("new-footprint", "ground-works"), ("re-roofing",)


@dataclass(frozen=True)
class Work:
    """What was found at one place, from one event to another."""

    id: str
    since: Days
    until: Days


@dataclass(frozen=True)
class Zone:
    """Where works are counted."""

    shape: BaseGeometry | None
    """In the projection of the outlines; None where the site does not tell."""
    kind: str
    """What its limits rest on."""
    why: str


def works(found: Measured, site: Site, kind: str) -> Iterator[Result]:
    """Counts of works by zone, and the first of them; ``kind`` is that of the scenes."""
    fence, housing = _zone(site, "perimeter", found.crs), _zone(site, "housing-zone", found.crs)
    outside = _outside(housing, fence)
    read = calibration(found.gsd)
    referred = {r.thing.id for r in found.references if r.thing is not None}
    new = [b for b in found.candidates if b.id not in referred]
    begun = "Works begun {}, besides the reference buildings"
    yield _count("begun.perimeter", begun.format("inside the perimeter"), found, kind, fence,
                 _begun(_within(new, fence), read))  # fmt: skip
    yield _count("begun.outside", begun.format("in the housing zone, outside the perimeter"),
                 found, kind, outside, _begun(_within(new, outside), read))  # fmt: skip
    yield _count("unroofed.housing-zone", "Works in the housing zone, until their roof is on",
                 found, kind, housing, _unroofed(_within(new, housing), read))  # fmt: skip
    every = _within(found.candidates, fence)
    yield _count("re-roofed.perimeter", "Roofs covered anew inside the perimeter", found, kind,
                 fence, _re_roofed(every, found, read))  # fmt: skip
    yield _first(found, kind, fence, _begun(every, read))


@step(reads=(RESULTS,))
def calibration(gsd: float) -> Calibration | None:
    """What drawn worlds say of intervals of dates, for pixels of this size in metres."""
    return dates_of_a_run(gsd)


def days(thing: Thing, event: str, read: Calibration | None) -> Days | None:
    """Days within which one event of a thing lies, at the levels of the verdicts.

    Nothing if the thing has no such event. Between two windows the gap is certain, so it is the
    same at every level.
    """
    when = getattr(thing, event)
    if when is None:
        return None
    if thing.scanned is None:
        _, low, high = when.iso()
        return {f"{level:g}": (low, high) for level in LEVELS}
    scanned = _scanned(thing, event, when.level, read)
    if np.allclose((scanned.low, scanned.value, scanned.high), (when.low, when.value, when.high)):
        return _at_levels(thing, event, read)
    # dated by what the ground did after the scan, not by the scan's posterior
    return {f"{level:g}": _moved_to(when, event, level, read, thing) for level in LEVELS}


def _scanned(thing: Thing, event: str, level: float, read: Calibration | None) -> DateInterval:
    """What the scan's posterior says of an event."""
    c = thing.scanned
    assert c is not None
    posterior = c.posterior[timeline.EVENTS.index(event)]
    return timeline.interval(posterior, c.days, c.seen, event, level, read)


def _moved_to(
    when: DateInterval, event: str, level: float, read: Calibration | None, thing: Thing
) -> tuple[str, str]:
    """An interval between two clear dates at another level: the margin about them is another."""
    more = 0.0
    if read is not None:
        own, wanted = (max(read.margin(event, at), 0.0) for at in (when.level, level))
        more = wanted - own
    assert thing.scanned is not None
    _, low, high = widened(when, more, thing.scanned.days).iso()
    return low, high


def _at_levels(thing: Thing, event: str, read: Calibration | None) -> Days:
    made: Days = {}
    for level in LEVELS:
        _, low, high = _scanned(thing, event, level, read).iso()
        made[f"{level:g}"] = (low, high)
    return made


def _zone(site: Site, role: str, crs: str) -> Zone:
    features = site.role(role)
    if not features:
        return Zone(None, "measured", NO_ZONE.format(role=role.replace("-", " ")))
    shape = shapely.union_all([grids.projected(f.geometry, crs) for f in features])
    return Zone(shape, results.weakest(f.kind for f in features), "")


def _outside(housing: Zone, fence: Zone) -> Zone:
    missing = next((z for z in (housing, fence) if z.shape is None), None)
    if missing is not None or housing.shape is None:
        return missing or housing
    return Zone(housing.shape.difference(fence.shape),
                results.weakest([housing.kind, fence.kind]), "")  # fmt: skip


def _within(buildings: Sequence[Building], zone: Zone) -> list[Thing]:
    return [b.thing for b in buildings if zone.shape is not None and b.thing is not None
            and b.outline is not None and zone.shape.contains(b.outline.centroid)]  # fmt: skip


def _begun(things: Sequence[Thing], read: Calibration | None) -> list[Work]:
    spans = ((t, days(t, "ground_broken", read)) for t in things if t.kind in BEGUN)
    return [Work(t.id, when, when) for t, when in spans if when]


def _unroofed(things: Sequence[Thing], read: Calibration | None) -> list[Work]:
    """From ground broken to the roof; where none is known, to some day after its likeliest."""
    made = []
    for t in (t for t in things if t.kind in BEGUN):
        since, until = days(t, "ground_broken", read), days(t, "roof_on", read)
        if since and until is None and t.scanned is not None:
            until = {k: (low, None) for k, (low, _) in _at_levels(t, "roof_on", read).items()}
        if since and until:
            made.append(Work(t.id, since, until))
    return made


def _re_roofed(things: Sequence[Thing], found: Measured, read: Calibration | None) -> list[Work]:
    """Roofs in another colour; of one that was new in the series only a last old day is known."""
    made = []
    for t in things:
        when = days(t, "roof_on", read) if t.kind in RE_ROOFED else None
        if when is None and t.covered_until is not None:
            first, last = _day(t.covered_until), _last(found)
            when = {f"{level:g}": (first, last) for level in LEVELS}
        if when:
            made.append(Work(t.id, when, when))
    return made


def false_alarms(found: Measured, zone: Zone) -> dict[str, int] | None:
    """False alarms that a zone does not exceed, by level; nothing if no rate is known.

    A Poisson count at the rate of the site's own null, over the zone and the whole series.
    """
    if found.null is None or zone.shape is None or found.days is None or found.days.size < 2:
        return None
    years = float(found.days[-1] - found.days[0]) / YEAR
    expected = (found.null.expected or ALARMS) * zone.shape.area / 1e6 * years
    return {f"{level:g}": int(stats.poisson.ppf((1 + level) / 2, expected)) for level in LEVELS}


def _count(
    name: str, what: str, found: Measured, kind: str, zone: Zone, seen: Sequence[Work]
) -> Result:
    key, own = f"growth.count.{name}", results.weakest([kind, zone.kind])
    if zone.shape is None:
        return _nothing(key, "1", own, what, zone.why)
    false = false_alarms(found, zone)
    spans: dict[str, tuple[Scalar, Scalar]] = {
        f"{level:g}": (0 if false is None else max(len(seen) - false[f"{level:g}"], 0), None)
        for level in LEVELS
    }
    return Result(
        key=key, value=len(seen), unit="1", kind=own, statement=what,
        method="analysis.growth.record_works.works", inputs=("result:growth.scenes",),
        intervals=spans, interval_kind="credible", coverage="unproven",
        calibration=found.calibrated.date_studies,
        extra={
            "works": [{"id": w.id, "since": _plain(w.since), "until": _plain(w.until)}
                      for w in seen],
            "false_alarms": false,
        },
    )  # fmt: skip


def _first(found: Measured, kind: str, zone: Zone, seen: Sequence[Work]) -> Result:
    """By when works had surely begun; the low end is the first scene, since some may be missed."""
    key, what = "growth.first.begun.perimeter", "First works found inside the perimeter"
    own = results.weakest([kind, zone.kind])
    if zone.shape is None:
        return _nothing(key, "date", own, what, zone.why)
    false = false_alarms(found, zone)
    spans: dict[str, tuple[Scalar, Scalar]] = {}
    for level in (f"{n:g}" for n in LEVELS):
        ends = sorted(str(w.since[level][1]) for w in seen)
        if false is not None and len(ends) > false[level]:
            spans[level] = (min(_start(found), ends[false[level]]), ends[false[level]])
    if not spans:
        return _nothing(key, "date", own, what, NONE_SURE)
    return Result(
        key=key, value=None, unit="date", kind=own, statement=what,
        method="analysis.growth.record_works.works", inputs=("result:growth.scenes",),
        intervals=spans, interval_kind="credible", coverage="unproven",
        calibration=found.calibrated.date_studies,
        why_no_value="works before these may have been missed: no day inside is preferred",
        extra={"sure_end": "high"},
    )  # fmt: skip


def _plain(span: Days) -> dict[str, list[str | None]]:
    return {level: list(ends) for level, ends in span.items()}


def _nothing(key: str, unit: str, kind: str, what: str, why: str) -> Result:
    return Result(
        key=key, value=None, unit=unit, kind=kind, statement=what,
        method="analysis.growth.record_works.works", inputs=("result:growth.scenes",),
        why_no_value=why, why_no_interval=why,
    )  # fmt: skip


def _start(found: Measured) -> str:
    assert found.days is not None
    return _day(float(found.days[0]))


def _last(found: Measured) -> str | None:
    return None if found.days is None else _day(float(found.days[-1]))


def _day(day: float) -> str:
    return str(moment(day).astype("datetime64[D]"))
