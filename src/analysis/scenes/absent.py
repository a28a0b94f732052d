"""Why a window that is asked for holds no scene: none was taken then, or none can be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.errors import CheckFailed, UserError
from analysis.scenes import windows
from analysis.scenes.scene import Scene
from analysis.scenes.windows import Window

if TYPE_CHECKING:
    from analysis.scenes.prepare import Prepared

NAMED = 3
"""Files or scenes that a message names; of more it gives the number."""


def check(done: Prepared) -> None:
    """Stop at the first window without a scene; without two to compare, the series is one.

    That a series holds scenes of which none is usable is not said here.

    Raises
    ------
    UserError
        If no scene lies in the window, with the dates of those there are.
    CheckFailed
        If those that do cannot be used, with the reasons.
    """
    asked = done.request
    dates = windows.asked(asked.start, asked.end, asked.before, asked.after)
    roles = {"before": dates.before, "after": dates.after} if asked.before else {}
    for role, window in (roles or {"series": dates.series}).items():
        if window is None or any(sheet.role == role for sheet in done.sheets):
            continue
        inside = [item for item in done.left
                  if item.scene and dates.role(item.scene.when) == role]  # fmt: skip
        if not inside:
            _none_taken(done, window)
        elif roles:
            said = _listed([f"{item.id}: {item.reason}" for item in inside])
            raise CheckFailed(f"source {done.source.name!r}: no scene of the window "
                              f"{_span(window)} is usable: {said}")  # fmt: skip


def _none_taken(done: Prepared, window: Window) -> None:
    scenes = [item.scene for item in done.left if item.scene]
    scenes += [one.scene for one in done.chosen]
    if not scenes and not done.lost:
        return
    said = [f"no scene lies in {_span(window)}"]
    if done.lost:
        said.append(f"not read: {_listed(done.lost)}")
    if scenes and done.source.form != "api":  # a service was asked for these dates alone
        said.append(f"the source has scenes from {_ends(scenes)}")
    raise UserError(f"source {done.source.name!r}: {'; '.join(said)}")


def _ends(scenes: list[Scene]) -> str:
    days = sorted(scene.when.date() for scene in scenes)
    return f"{days[0]} to {days[-1]}"


def _span(window: Window) -> str:
    return f"{window.first or ''}..{window.last or ''}"


def _listed(texts: list[str]) -> str:
    more = len(texts) - NAMED
    return "; ".join(texts[:NAMED]) + (f"; and {more} more" if more > 0 else "")
