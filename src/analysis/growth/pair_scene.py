"""A labelled pair of images on disk: ``t1.tif``, ``t2.tif``, ``scene.json`` and the truth.

The truth is ``change.tif`` (0 unchanged, anything else changed) or ``label.tif`` (0 not
labelled, 1 unchanged, 2 changed).
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.errors import RasterioError

from analysis.errors import UserError

SENTINEL2 = {"B02": "blue", "B03": "green", "B04": "red", "B08": "nir", "B11": "swir1",
             "B12": "swir2", "swir16": "swir1", "swir22": "swir2"}  # fmt: skip
"""Names of bands in files, to the names used here."""

COUNTED = {
    13: "B01 B02 B03 B04 B05 B06 B07 B08 B8A B09 B10 B11 B12",
    12: "B01 B02 B03 B04 B05 B06 B07 B08 B8A B09 B11 B12",
    10: "B02 B03 B04 B05 B06 B07 B08 B8A B11 B12",
    6: "blue green red nir swir1 swir2",
    4: "blue green red nir",
    3: "red green blue",
}
"""Order of bands where neither the file nor ``scene.json`` names them."""

DN_PER_REFLECTANCE = 10000.0
GSD_M = 10.0
"""Side of a pixel in metres where the file has no coordinates and ``scene.json`` no ``gsd``."""

METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True)
class PairScene:
    """Two dates and their truth."""

    name: str
    set: str
    bands: tuple[str, ...]
    before: np.ndarray
    """``(band, y, x)``; reflectance if `reflectance`, else the numbers of the file."""
    after: np.ndarray
    truth: np.ndarray
    """``(y, x)``, boolean."""
    labelled: np.ndarray
    """``(y, x)``, boolean: pixels that count; both dates have them."""
    valid: np.ndarray
    """``(y, x)``, boolean: pixels that both dates have."""
    pixel_m: float
    reflectance: bool
    """False for 8-bit and other uncalibrated pixels."""


def read(folder: Path, set_name: str) -> PairScene:
    """Read one scene.

    Raises
    ------
    UserError
        If a file is missing, cannot be read, or does not fit the others.
    """
    about = _about(folder)
    before, after = folder / "t1.tif", folder / "t2.tif"
    for file in (before, after):
        if not file.is_file():
            raise UserError(f"{file} is missing: a scene has t1.tif, t2.tif and its truth")
    one, names, pixel_m, empty_one = _image(before, about)
    two, names_two, _, empty_two = _image(after, about)
    if one.shape != two.shape or names != names_two:
        raise UserError(
            f"{folder}: t1.tif has {_told(one)}, t2.tif {_told(two)}; "
            "both dates need the same grid and bands"
        )
    truth, labelled = _truth(folder, one.shape[1:])
    valid = ~(empty_one | empty_two)
    if not valid.any():
        raise UserError(f"{folder}: t1.tif and t2.tif have no pixel with data in common")
    scale = _scale(one[:, valid], two[:, valid])
    return PairScene(
        name=str(about.get("scene") or folder.name),
        set=set_name,
        bands=names,
        before=one.astype(np.float64) / (scale or 1.0),
        after=two.astype(np.float64) / (scale or 1.0),
        truth=truth,
        labelled=labelled & valid,
        valid=valid,
        pixel_m=pixel_m,
        reflectance=scale is not None,
    )


def _about(folder: Path) -> dict[str, Any]:
    file = folder / "scene.json"
    if not file.is_file():
        return {}
    try:
        about = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"{file} is not JSON: {error}") from None
    if not isinstance(about, dict):
        return {}
    bands, gsd = about.get("bands") or [], about.get("gsd") or GSD_M
    if not isinstance(bands, list) or not all(isinstance(b, str) for b in bands):
        raise UserError(f'{file}: "bands" is {bands!r}; give a list of names')
    if isinstance(gsd, bool) or not isinstance(gsd, int | float) or not 0 < gsd < math.inf:
        raise UserError(f'{file}: "gsd" is {gsd!r}; give the side of a pixel in metres')
    return about


def _open(file: Path) -> Any:
    try:
        return rasterio.open(file, driver="GTiff")
    except RasterioError as error:
        raise UserError(f"{file} is not a readable GeoTIFF: {error}") from None


def _read(source: Any, file: Path) -> np.ndarray:
    try:
        return source.read()
    except RasterioError as error:
        raise UserError(f"{file} is damaged, its pixels cannot be read: {error}") from None


def _image(
    file: Path, about: dict[str, Any]
) -> tuple[np.ndarray, tuple[str, ...], float, np.ndarray]:
    with _open(file) as source:
        pixels = _read(source, file)
        named = [d for d in source.descriptions if d] or list(about.get("bands") or [])
        if len(named) != source.count:
            named = COUNTED.get(source.count, "").split()
        if len(named) != source.count:
            raise UserError(
                f"{file} has {source.count} band{'s' * (source.count > 1)} without names: "
                'name them in the file or under "bands" in scene.json'
            )
        pixel_m = _pixel_m(source, about)
        if source.nodata is not None and not math.isnan(source.nodata):
            empty = (pixels == source.nodata).any(axis=0)
        else:
            empty = (pixels == 0).all(axis=0)
        empty |= ~np.isfinite(pixels).all(axis=0)
    lower = {k.lower(): v for k, v in SENTINEL2.items()}
    return pixels, tuple(lower.get(n.lower(), n.lower()) for n in named), pixel_m, empty


def _pixel_m(source: Any, about: dict[str, Any]) -> float:
    """Geometric mean of the sides of a pixel, which need not be square."""
    width, height = abs(source.transform.a), abs(source.transform.e)
    latitude = (source.bounds.top + source.bounds.bottom) / 2
    placed = source.crs is not None and width > 0 and height > 0
    if not placed or (source.crs.is_geographic and abs(latitude) >= 90):
        return float(about.get("gsd") or GSD_M)
    if source.crs.is_geographic:
        width *= METRES_PER_DEGREE * math.cos(math.radians(latitude))
        height *= METRES_PER_DEGREE
    return math.sqrt(width * height)


def _scale(one: np.ndarray, two: np.ndarray) -> float | None:
    """What one unit of reflectance is in the file; ``None`` for uncalibrated pixels."""
    if one.dtype == np.uint8 or two.dtype == np.uint8:
        return None
    highest = max(float(np.nanpercentile(one, 99)), float(np.nanpercentile(two, 99)))
    if one.dtype.kind == "f" and highest <= 2:
        return 1.0
    return DN_PER_REFLECTANCE if highest > 255 else None


def _truth(folder: Path, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    change, label = folder / "change.tif", folder / "label.tif"
    file = change if change.is_file() else label
    if not file.is_file():
        raise UserError(f"{folder} has neither change.tif nor label.tif: nothing to score against")
    with _open(file) as source:
        drawn = _read(source, file)[0]
    if drawn.shape != shape:
        raise UserError(
            f"{file} has {drawn.shape[0]} x {drawn.shape[1]} pixels, the images "
            f"{shape[0]} x {shape[1]}"
        )
    if file == label:
        return drawn == 2, drawn > 0
    if set(np.unique(drawn)) == {1, 2}:  # as the set's authors store it
        return drawn == 2, np.ones(drawn.shape, dtype=bool)
    return drawn > 0, np.ones(drawn.shape, dtype=bool)


def _told(image: np.ndarray) -> str:
    return f"{image.shape[0]} bands of {image.shape[1]} x {image.shape[2]} pixels"
