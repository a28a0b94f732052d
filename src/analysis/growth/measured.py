"""`feb11 measure`: scenes prepared and measured, remembered like every step."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import asdict, replace
from typing import Any

from analysis.errors import UserError
from analysis.growth import injected, measure_windows
from analysis.growth import measure as series
from analysis.growth.buildings import Measured
from analysis.growth.calibrated import widened
from analysis.growth.detect import RESULTS
from analysis.growth.measure import check_level
from analysis.growth.timeline import EVENTS
from analysis.scenes import cached
from analysis.scenes.cached import prepared
from analysis.scenes.prepare import Prepared, Request
from analysis.steps import step

_say: ContextVar[Callable[[str], None] | None] = ContextVar("say", default=None)


def measured(
    request: Request,
    *,
    seed: int,
    level: float,
    drawn: int = 0,
    progress: Callable[[str], None] | None = None,
) -> Measured:
    """What is measured with the scenes of a request.

    Parameters
    ----------
    drawn
        How often each hall is drawn into the scenes to calibrate intervals; not at all if zero.

    Raises
    ------
    UserError, CheckFailed
        As `analysis.scenes.prepare`, and if the scenes are too few or the level is none, or the
        drawn halls are too few for it.
    """
    check_level(level)
    if drawn and request.before:
        raise UserError("halls are drawn into a series of dates: leave out --before and --after, "
                        "or --drawn")  # fmt: skip
    if drawn:
        injected.check_enough(drawn, level)
    token = _say.set(progress)
    try:
        place, day = cached.on_disk(request)
        asked = (asdict(request), place, cached.site_on_disk(request), day, seed, level)
        found = _measured(*asked)
        return _calibrated(*asked, drawn) if drawn else found
    finally:
        _say.reset(token)


@step(reads=("{place}", "{site_file}", "data/sites", RESULTS))
def _measured(
    request: dict[str, Any], place: str, site_file: str, day: str, seed: int, level: float
) -> Measured:
    plain = restored(request)
    done: Prepared = prepared(plain, _say.get())
    done.require()
    work = measure_windows.measure if plain.before else series.measure
    return dated(work(done, seed=seed, level=level, progress=_say.get() or (lambda _: None)))


def dated(found: Measured) -> Measured:
    """The same with the dates of a series as sure as the study of the whole chain lets them be.

    Older buildings that the site names have margins of their own: a roof that was covered anew may
    pass for the first one. Their dates are called unproven whatever the study showed of others.
    """
    if found.null is None or found.days is None:
        return found
    margins = found.calibrated.date_margins
    named = {r.thing.id for r in found.references if r.thing is not None}
    for thing in (b.thing for b in found.candidates if b.thing is not None):
        for event in EVENTS:
            when = getattr(thing, event)
            if when is None:
                continue
            if thing.id in named:
                when = replace(when, coverage="unproven")
                when = widened(when, margins.get(f"reference.{event}", 0.0), found.days)
            else:
                when = widened(when, margins.get(event, 0.0), found.days)
            setattr(thing, event, when)
    return found


@step(reads=("{place}", "{site_file}", "data/sites", RESULTS))
def _calibrated(
    request: dict[str, Any], place: str, site_file: str, day: str, seed: int, level: float,
    drawn: int,
) -> Measured:  # fmt: skip
    found = _measured(request, place, site_file, day, seed, level)
    done: Prepared = prepared(restored(request), _say.get())
    return injected.calibrate(
        done, found, halls=drawn, seed=seed, progress=_say.get() or (lambda _: None)
    )


def restored(told: dict[str, Any]) -> Request:
    """The request of which a step was told: records of steps know no tuples."""
    return Request(**told | {name: tuple(told[name]) for name in ("months", "orbits")})
