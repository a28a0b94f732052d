"""What each step does to the bundled, simulated scenes: numbers and pictures for the method page.

The bundled scenes come with their truth, so that this is a statement about the
method in one simulated world, and about no plant.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from scipy import ndimage

from analysis import paths
from analysis.scenes import cube as cubes
from analysis.scenes import gate, load, masks
from analysis.scenes.cached import prepared
from analysis.scenes.choose import Pass
from analysis.scenes.cube import Sheet
from analysis.scenes.prepare import Prepared, Request
from analysis.steps import step

SENSOR = "10m"
"""The sensor whose pictures are shown: it has most dates."""

BRIGHT = 0.3
"""Reflectance that is white in the pictures."""

FAIR = 10.0
"""Percent of cloud in the catalogue below which a date sounds fair; of the dates that are left
out in spite of that, the brightest is shown."""

SEASON_DAYS = 45
"""Days of the year within which two dates are compared in a picture."""

THIN = 4
"""Of the pixels, every fourth in each direction goes into the trial of the gate."""

FAULTS = "book/static/fault-matrix.txt"
"""The table of faults that the tests write."""


@dataclass(frozen=True)
class Shown:
    """All that the method page shows."""

    scenes: pd.DataFrame
    """One row per listed scene: ``id date sensor catalogue_cloud used masked perimeter flagged
    numbers reflectance normalised true_y true_x error_y error_x sd_y sd_x``; shifts in pixels."""
    pictures: dict[str, np.ndarray]
    """``(y, x, 3)`` in true colour (8 bit), ``(y, x)`` for masks and differences."""
    names: dict[str, str]
    """Picture to the id of the scene that it shows."""
    tried: int
    """Wrong offsets that the gate was given."""
    caught: int
    """Of these, how many it named."""
    false_alarms: int
    """Scenes with the right offset that it named."""


@step(reads=("data/scenes", "data/sites"))
def shown() -> Shown:
    """Go through the bundled scenes, step by step."""
    done = prepared(Request(source="bundled"))
    truth = json.loads((paths.project_root() / "data/scenes/truth.json").read_text())
    table = pd.concat([_used(done), _left(done)]).sort_values(["date", "id"], ignore_index=True)
    table = _positions(table, truth["world"]["scenes"])
    pictures, names = _pictures(done, table)
    caught, tried, false_alarms = _gate_tried(done.cubes[SENSOR], _sheets(done, SENSOR))
    return Shown(table, pictures, names, tried, caught, false_alarms)


@step(reads=(FAULTS,))
def faults() -> list[tuple[str, str, str]]:
    """Fault, what is said, what survives: as the tests saw it."""
    lines = (paths.project_root() / FAULTS).read_text(encoding="utf-8").splitlines()[2:]
    rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]
    return [(row[0], row[1], row[2]) for row in rows]


def _sheets(done: Prepared, sensor: str) -> list[Sheet]:
    return [s for s in done.sheets if s.scene.sensor == sensor]


def _used(done: Prepared) -> pd.DataFrame:
    rows = []
    for sensor, cube in done.cubes.items():
        sheets = _sheets(done, sensor)
        levels = _levels(done, cube, sheets)
        for n, sheet in enumerate(sheets):
            rows.append({
                "id": sheet.scene.id, "date": sheet.scene.when.date().isoformat(),
                "sensor": sensor, "catalogue_cloud": sheet.scene.cloud, "used": True,
                "masked": sheet.masked["aoi"], "perimeter": sheet.masked["perimeter"],
                "shift_y": float(cube.shift_y[n]), "shift_x": float(cube.shift_x[n]),
                "sd_y": float(np.sqrt(cube.shift_var_yy[n])),
                "sd_x": float(np.sqrt(cube.shift_var_xx[n])), **levels[n],
            })  # fmt: skip
    return pd.DataFrame(rows)


def _left(done: Prepared) -> pd.DataFrame:
    return pd.DataFrame([
        {"id": i.id, "date": i.scene.when.date().isoformat(), "sensor": i.scene.sensor,
         "catalogue_cloud": i.scene.cloud, "used": False}
        for i in done.left if i.scene
    ])  # fmt: skip


def _before(cube: xr.Dataset, sheets: Sequence[Sheet], band: str) -> np.ndarray:
    """Reflectance before the relative normalisation, ``(time, y, x)``."""
    found = cube[band].values.astype(np.float64)
    place = _place(band)
    for n, sheet in enumerate(sheets):
        if sheet.harmony is not None and sheet.harmony.stable:
            found[n] = found[n] * sheet.harmony.gain[place] + sheet.harmony.offset[place]
    return found


def _place(band: str) -> int:
    """Place of a band in a `Harmony`."""
    from analysis.scenes.sensors import CORE

    return list(CORE).index(band)


def _levels(done: Prepared, cube: xr.Dataset, sheets: Sequence[Sheet]) -> list[dict[str, float]]:
    """Median of red over stable ground: as numbers, as reflectance, and normalised."""
    zones = cubes.zones(done.site, done.boxes[sheets[0].scene.sensor])
    ground = np.any([zones[f.id] for f in done.site.role("stable-ground")], axis=0)
    before = _before(cube, sheets, "red")
    valid, red = cube.valid.values, cube.red.values
    found = []
    for n, sheet in enumerate(sheets):
        use = ground & valid[n]
        enough = use.sum() >= gate.FEWEST_PIXELS
        level = float(np.median(before[n][use])) if enough else float("nan")
        after = float(np.median(red[n][use])) if enough else float("nan")
        offset = sheet.scene.layers["red"].offset
        found.append({"numbers": level - offset, "reflectance": level, "normalised": after})
    return found


def _positions(table: pd.DataFrame, truth: Sequence[dict]) -> pd.DataFrame:
    """Add the drawn shift of each scene and the error of the estimate, frame by frame."""
    metres = {s["id"]: s["shift_m"] for s in truth}
    pixel = np.where(table["sensor"] == SENSOR, 10.0, 3.0)
    east, north = np.array([metres[i] for i in table["id"]]).T
    table["true_y"], table["true_x"] = -north / pixel, east / pixel
    used = table["used"].astype(bool)
    for axis in "yx":
        error = table[f"shift_{axis}"] - table[f"true_{axis}"]
        middle = table["sensor"].map(error[used].groupby(table["sensor"]).median())
        table[f"error_{axis}"] = error - middle
        real = table[f"true_{axis}"]
        table[f"true_{axis}"] = real - table["sensor"].map(real[used].groupby(table.sensor).median())  # fmt: skip  # noqa: E501
    return table


def _gate_tried(cube: xr.Dataset, sheets: Sequence[Sheet]) -> tuple[int, int, int]:
    """Give each scene in turn a wrong offset: caught, tried; and named without a reason."""
    thin = (slice(None), slice(None, None, THIN), slice(None, None, THIN))
    ok = cube.valid.values[thin]
    stack = np.stack([_before(cube, sheets, band)[thin] for band in gate.BANDS], axis=1)
    false_alarms = sum(v.step != 0 for v in gate.judge(stack, ok))
    caught = 0
    for n in range(len(stack)):
        for wrong in (1, -1):
            tried = stack.copy()
            tried[n] += wrong * gate.STEP
            caught += [v.step for v in gate.judge(tried, ok)][n] == wrong
    return caught, 2 * len(stack), false_alarms


def _pictures(done: Prepared, table: pd.DataFrame) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    cube, sheets = done.cubes[SENSOR], _sheets(done, SENSOR)
    passes = {one.scene.id: one for one in done.chosen}
    own = table[table["sensor"] == SENSOR].set_index("id")
    out = own[~own["used"].astype(bool) & (own["catalogue_cloud"].astype(float) < FAIR)].index
    left = max(out, key=lambda name: float(_colour(done, passes[name]).mean()))
    clear = own["masked"].astype(float).idxmin()
    ids = [s.scene.id for s in sheets]
    flagged = [_flagged(done, passes[s.scene.id], s) for s in sheets]
    area = cubes.zones(done.site, done.boxes[SENSOR])["aoi"]
    table["flagged"] = table["id"].map(
        {i: float(f[area].mean()) for i, f in zip(ids, flagged, strict=True)}
    )
    rescued = np.array([(f & v).sum() for f, v in zip(flagged, cube.valid.values, strict=True)])
    cloudy = np.array([0.15 < s.masked["aoi"] < 0.6 for s in sheets])
    masked = int(np.argmax(np.where(cloudy, rescued, -1)))
    raised = [i for i, s in zip(ids, sheets, strict=True) if s.scene.layers["red"].offset]
    late = own.loc[raised]["masked"].astype(float).idxmin()
    one, two = _pair(sheets)
    names = {"clear": clear, "left": str(left), "masked": ids[masked], "late": str(late),
             "pair": f"{ids[one]}, {ids[two]}"}  # fmt: skip
    apart = [
        _red(done, passes[ids[n]], sheets[n]) for n in (one, two)
    ]  # as they were read, normalised like the cube
    pictures = {
        "clear": _colour(done, passes[clear]),
        "left": _colour(done, passes[str(left)]),
        "masked": _colour(done, passes[ids[masked]]),
        "flagged": flagged[masked],
        "valid": cube.valid.values[masked],
        "late_numbers": _colour(done, passes[str(late)], offset=False),
        "late": _colour(done, passes[str(late)]),
        "apart": (apart[0] - apart[1]).astype(np.float32),
        "together": cube.red.values[one] - cube.red.values[two],
    }
    return pictures, names


def _numbers(done: Prepared, one: Pass, names: Sequence[str]) -> dict[str, np.ndarray]:
    return load.read(one, names, done.boxes[SENSOR], done.site.aoi.geometry).numbers


def _colour(done: Prepared, one: Pass, *, offset: bool = True) -> np.ndarray:
    """True colour, 8 bit ``(y, x, 3)``; without its offset, as the numbers alone would have it."""
    numbers = _numbers(done, one, ("red", "green", "blue"))
    planes = []
    for name in ("red", "green", "blue"):
        layer = one.scene.layers[name]
        planes.append(numbers[name] * layer.scale + (layer.offset if offset else 0.0))
    shown = np.nan_to_num(np.clip(np.stack(planes, axis=-1) / BRIGHT, 0, 1))
    return (255 * np.sqrt(shown)).astype(np.uint8)


def _red(done: Prepared, one: Pass, sheet: Sheet) -> np.ndarray:
    """Red as it was read, normalised but not moved."""
    layer, harmony, place = one.scene.layers["red"], sheet.harmony, _place("red")
    found = _numbers(done, one, ("red",))["red"] * layer.scale + layer.offset
    if harmony is not None and harmony.stable:
        found = (found - harmony.offset[place]) / harmony.gain[place]
    return found


def _flagged(done: Prepared, one: Pass, sheet: Sheet) -> np.ndarray:
    """What the scene's own classes call cloud, shadow or snow, in the frame of the cube."""
    scl = np.nan_to_num(_numbers(done, one, ("scl",))["scl"])
    flag = np.isin(scl, (*masks.SCL_CLOUD, *masks.SCL_SHADOW, *masks.SCL_SNOW))
    if sheet.shift is None:
        return flag
    away = (-sheet.shift.y, -sheet.shift.x)
    return ndimage.shift(flag.astype(np.float32), away, order=1, mode="nearest") > 0.5


def _pair(sheets: Sequence[Sheet]) -> tuple[int, int]:
    """Two clear dates of one season and one year or two that lie furthest apart."""
    best, far = (0, 1), -1.0
    for a, one in enumerate(sheets):
        for b, two in enumerate(sheets[:a]):
            days = abs((one.scene.when - two.scene.when).days)
            season = abs((days + 182) % 365 - 182) <= SEASON_DAYS and days < 800
            clear = max(one.masked["aoi"], two.masked["aoi"]) < 0.1
            if not (season and clear and one.shift and two.shift):
                continue
            away = float(np.hypot(one.shift.y - two.shift.y, one.shift.x - two.shift.x))
            if away > far:
                best, far = (b, a), away
    return best
