"""What would have been missed with the scenes of a request: injections, remembered like a step."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from analysis import paths
from analysis.errors import UserError
from analysis.growth import injection, timeline
from analysis.growth.detect import RESULTS, clear, stable
from analysis.growth.detectability import Recovery
from analysis.growth.measured import restored
from analysis.scenes import cached
from analysis.scenes.cached import prepared
from analysis.scenes.prepare import Prepared, Request
from analysis.steps import step

BUILDINGS = 10_000
"""Synthetic buildings: some hundred for each cell of a map, in each half-year."""


def missed(
    request: Request, *, seed: int, level: float = 0.9, buildings: int = BUILDINGS
) -> tuple[Recovery | None, str]:
    """Inject buildings into the cube of a request.

    Returns
    -------
    tuple
        What was found of them, or nothing and why: two windows are no series, and an area may
        have too few dates, or no room for a building.

    Raises
    ------
    UserError, CheckFailed
        As `analysis.scenes.prepare`.
    """
    if request.before:
        return None, "two windows are compared, and buildings are injected into a series"
    place, day = cached.on_disk(request)
    where = cached.site_on_disk(request)
    return _missed(asdict(request), place, where, day, seed, level, buildings)


@step(reads=("{place}", "{site_file}", "data/sites", RESULTS))
def _missed(
    request: dict[str, Any], place: str, site_file: str, day: str, seed: int, level: float,
    buildings: int,
) -> tuple[Recovery | None, str]:  # fmt: skip
    done: Prepared = prepared(restored(request))
    cube = clear(done.cube)
    calibration = timeline.read_calibration(paths.project_root() / RESULTS / "dates.json")
    try:
        return injection.inject(
            cube, seed, buildings, stable=stable(done.site, cube), level=level,
            calibration=calibration,
        ), ""  # fmt: skip
    except UserError as why:
        return None, str(why)
