"""Score change detection on real data: every scene below a folder, one row per method."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from analysis.errors import CheckFailed, UserError
from analysis.growth import null_series, pair_scene, pairs, plain, scores

PAIR_FILES = ("t1.tif", "t2.tif")
NATIVE = "native"
"""Folders of this name hold a scene's original files, and are passed by."""

HALVES = ("dev", "test", "train", "sealed", "held-out")
"""Names of folders between a set and its scenes, which name no set."""


@dataclass(frozen=True)
class Row:
    """Scores of one method on one scene; what has no meaning is ``None``."""

    name: str
    set: str
    method: str
    primary: bool
    """True for the method of this project, false for what it is compared with."""
    f1: float | None = None
    iou: float | None = None
    precision: float | None = None
    recall: float | None = None
    auroc: float | None = None
    average_precision: float | None = None
    false_alarm_fraction: float | None = None
    seconds: float | None = None


def run(folder: Path, warn: Callable[[str], None]) -> list[dict[str, Any]]:
    """Rows for all scenes in ``folder`` or below it, in the order of their paths.

    A scene that cannot be read is told to ``warn`` and left out.

    Raises
    ------
    UserError
        If there is no such folder or no scene in it, or the only scene cannot be read.
    CheckFailed
        If there are several scenes and none of them can be read.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder; give a scene's folder or one above it")
    found = list(scenes(folder))
    if not found:
        raise UserError(
            f"no scene in {folder} or below it: a scene is t1.tif, t2.tif and change.tif or "
            f"label.tif, or a null series ({null_series.FILE})"
        )
    rows: list[Row] = []
    for place in found:
        try:
            rows += _null(place) if (place / null_series.FILE).is_file() else _pair(place)
        except UserError as error:
            if len(found) == 1:
                raise
            warn(f"left out: {error}")
    if not rows:
        raise CheckFailed(f"none of the {len(found)} scenes below {folder} can be read")
    return [asdict(row) for row in rows]


def scenes(folder: Path) -> Iterator[Path]:
    """Folders that hold a scene, complete or not."""
    for place, inner, files in os.walk(folder):
        inner[:] = sorted(d for d in inner if d != NATIVE and not d.startswith("."))
        if null_series.FILE in files or any(f in files for f in PAIR_FILES):
            yield Path(place)


def set_name(scene: Path) -> str:
    """Name of the set a scene belongs to: the nearest folder above that names one."""
    above = scene.resolve().parent
    while above.name in HALVES and above.parent != above:
        above = above.parent
    return above.name


def _pair(place: Path) -> list[Row]:
    scene = pair_scene.read(place, set_name(place))
    start = perf_counter()
    ours = pairs.change(
        scene.before,
        scene.after,
        scene.bands,
        pixel_m=scene.pixel_m,
        reflectance=scene.reflectance,
        valid=scene.valid,
    )
    middle = perf_counter()
    chosen = [i for i, b in enumerate(scene.bands) if b not in ("b01", "b09", "b10")]
    length, called = plain.change_vectors(scene.before[chosen], scene.after[chosen], scene.valid)
    end = perf_counter()
    methods = (
        (pairs.METHOD, True, ours.changed, ours.score, middle - start),
        (plain.METHOD, False, called, length, end - middle),
    )
    rows = []
    for method, primary, changed, score, seconds in methods:
        got = scores.against(
            scene.truth[scene.labelled], changed[scene.labelled], score[scene.labelled]
        )
        quiet = ~scene.truth & scene.labelled
        rows.append(
            Row(
                scene.name,
                scene.set,
                method,
                primary,
                **asdict(got),
                false_alarm_fraction=float(changed[quiet].mean()) if quiet.any() else None,
                seconds=round(seconds, 3),
            )
        )
    return rows


def _null(place: Path) -> list[Row]:
    series = null_series.read(place)
    name, belongs = _null_names(place)
    if not series.clear.any():
        return [Row(name, belongs, null_series.METHOD, True),
                Row(name, belongs, null_series.SIMPLE, False)]  # fmt: skip
    start = perf_counter()
    ours = null_series.alarms(series)
    middle = perf_counter()
    simple = null_series.three_harmonic_residuals(series)
    end = perf_counter()
    return [
        Row(name, belongs, null_series.METHOD, True,
            false_alarm_fraction=float(ours.mean()), seconds=round(middle - start, 3)),
        Row(name, belongs, null_series.SIMPLE, False,
            false_alarm_fraction=float(simple.mean()), seconds=round(end - middle, 3)),
    ]  # fmt: skip


def _null_names(place: Path) -> tuple[str, str]:
    belongs = set_name(place / null_series.FILE)
    return f"{belongs}/{place.resolve().name}", belongs
