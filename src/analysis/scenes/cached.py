"""The whole path as a step: what was prepared once is not prepared again."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from analysis import paths, site
from analysis.errors import UserError
from analysis.scenes.prepare import Prepared, Request, prepare
from analysis.scenes.source import BUNDLED, SERVICES
from analysis.steps import step

_say: ContextVar[Callable[[str], None] | None] = ContextVar("say", default=None)


def prepared(request: Request, progress: Callable[[str], None] | None = None) -> Prepared:
    """`prepare`, remembered.

    The key follows from the request, the code, and the bytes of a source on
    disk; for a service it follows from the day, since a catalogue grows.

    Raises
    ------
    UserError, CheckFailed
        As `prepare`.
    """
    token = _say.set(progress)
    try:
        place, day = on_disk(request)
        done = _prepared(asdict(request), place, site_on_disk(request), day)
        if all(kept.whole() for kept in done.kept.values()):
            return done
        return prepare(request, progress)  # the pixels were deleted; the same come again
    finally:
        _say.reset(token)


def on_disk(request: Request) -> tuple[str, str]:
    """Files on disk that the answer depends on, and the day where it depends on a service."""
    name = request.source.strip() or "bundled"
    nothing = "requirements/report.lock"
    if name == "bundled":
        catalogue = paths.project_root() / BUNDLED
        if not catalogue.is_file():
            raise UserError(f"the bundled scenes are not at {catalogue}")
        return str(catalogue.parent), ""
    if name in SERVICES or name == "planet" or "://" in name:
        return nothing, date.today().isoformat()
    local = Path(name).expanduser()
    if local.is_dir():
        return str(local.resolve()), ""
    if local.is_file():
        # A catalogue's files lie beside and below it; a manifest may point anywhere on disk.
        return str(local.resolve().parent), date.today().isoformat()
    return nothing, ""


def site_on_disk(request: Request) -> str:
    """The site file that is named, or a file that says nothing if the catalogue brings its own."""
    return str(site.locate(request.site)) if request.site else "requirements/report.lock"


@step(reads=("{place}", "{site_file}", "data/sites"))
def _prepared(request: dict[str, Any], place: str, site_file: str, day: str) -> Prepared:
    plain = dict(request)
    for name in ("months", "orbits"):
        plain[name] = tuple(plain[name])
    return prepare(Request(**plain), _say.get())
