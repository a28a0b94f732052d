"""A folder of GeoTIFFs as STAC items: dates, sensor and bands from tags, a side-car or a table.

Of several that say the same, the table ``scenes.csv`` is believed first, then
the side-car ``<name>.json`` (or ``scene.json`` for the folder), then the
TIFF's tags, then its name.
"""

from __future__ import annotations

import csv
import json
import math
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from pyproj import Geod
from rasterio.warp import transform_bounds

from analysis.errors import UserError
from analysis.scenes import delivered, guard, kinds, product, sensors
from analysis.scenes.scene import Refused, instant, iso

MAX_FILES = 5_000
IGNORED_FOLDERS = ("native",)
"""Folders beside the scenes that hold the same pixels in another form."""

TABLE = "scenes.csv"

NAMED = 3
"""Files that a message names."""

_SUFFIX = (".tif", ".tiff")
_DATE = re.compile(
    r"(?<!\d)(19\d{2}|2[01]\d{2})-?(\d{2})-?(\d{2})(?:[T_]?(\d{2}):?(\d{2}):?(\d{2}))?(?!\d)"
)
_BESIDE = re.compile(r"(?:^|[_\-.])(?:aot|wvp|tci|pvi|snw|cld|change|label)(?:[_\-.]|$)", re.I)
"""Names of files that lie beside scenes and are no part of one."""
_BAND_END = re.compile(r"(?:^|[_\-.])([A-Za-z0-9]+)$")
_GEOD = Geod(ellps="WGS84")


def items_of(folder: str) -> tuple[list[tuple[Mapping[str, Any], str]], list[str]]:
    """Items for the GeoTIFFs in a folder, and what could not be used, in words.

    Raises
    ------
    UserError
        If it holds no GeoTIFF at all, or its table is broken.
    """
    root = Path(folder)
    files = _files(root)
    if not files:
        raise UserError(f"{root} holds no catalogue and no GeoTIFF")
    table = _table(root)
    groups: dict[str, list[tuple[Path, dict[str, Any]]]] = {}
    lost: list[str] = []
    unnamed: list[str] = []
    for file in files:
        try:
            with guard.environment(), guard.opened(str(file)) as raster:
                known, count = _describe(file, root, raster, table), raster.count
        except Refused as reason:
            said = str(reason).replace(f"file {file.name}", "it")
            lost.append(f"{file.relative_to(root)}: {said}")
            continue
        if known is None and count >= len(sensors.CORE):
            lost.append(f"{file.relative_to(root)}: nothing says which of its {count} bands is "
                        f"which: describe them, or give a column bands in {TABLE}")  # fmt: skip
        elif known is None and not _BESIDE.search(file.stem):
            unnamed.append(str(file.relative_to(root)))
        elif known is not None:
            groups.setdefault(known["scene"], []).append((file, known))
    items: list[tuple[Mapping[str, Any], str]] = []
    for name, members in sorted(groups.items()):
        try:
            items.append((_item(name, members), str(root) + os.sep))
        except Refused as reason:
            lost.append(f"{name}: {reason}")
    if unnamed:
        named = ", ".join(unnamed[:NAMED]) + (", ..." if len(unnamed) > NAMED else "")
        lost.append(f"no band with a known name in {named}: if they belong to a scene, describe "
                    f"their bands, or give a column bands in {TABLE}")  # fmt: skip
    return items, lost


def _files(root: Path) -> list[Path]:
    found = []
    for place in sorted(root.rglob("*")):
        inner = place.relative_to(root).parts[:-1]
        if place.suffix.lower() in _SUFFIX and not set(inner) & set(IGNORED_FOLDERS):
            found.append(place)
        if len(found) > MAX_FILES:
            raise UserError(f"{root} holds more than {MAX_FILES} GeoTIFFs")
    return found


def _table(root: Path) -> dict[str, dict[str, str]]:
    """Rows of the optional table, by file name."""
    place = root / TABLE
    if not place.is_file():
        return {}
    with place.open(encoding="utf-8-sig", newline="") as file:
        rows = [{"datetime": row.get("date") or "", **row} for row in csv.DictReader(file)]
    if rows and not all(row.get("file") and row["datetime"] for row in rows):
        raise UserError(f"{place}: each row needs file and datetime (and may have sensor, "
                        "bands, scale, offset, cloud, orbit, kind)")  # fmt: skip
    return {row["file"]: {k: v for k, v in row.items() if k and v} for row in rows}


def _describe(
    file: Path, root: Path, raster: rasterio.DatasetReader, table: Mapping[str, dict[str, str]]
) -> dict[str, Any] | None:
    """All that is said of one file, or ``None`` for one that is no part of a scene."""
    planet = delivered.described(file)
    beside = {**_json(file.parent / "scene.json"), **planet, **_json(file.with_suffix(".json"))}
    row = table.get(str(file.relative_to(root)), table.get(file.name, {}))
    tags = {key.lower(): value for key, value in raster.tags().items()}
    said: dict[str, Any] = {**beside, **row}
    sensor = str(said.get("sensor") or said.get("constellation") or tags.get("feb11_sensor")
                 or tags.get("constellation") or tags.get("product") or "")  # fmt: skip
    pixel = _pixel_m(raster)
    family = sensors.profile(sensor, "", pixel).name
    bands, stem = _bands(file, raster, said, family)
    if not any(bands):
        return None
    xml = _xml(file)
    when = (row.get("datetime") or beside.get("datetime") or tags.get("feb11_datetime")
            or tags.get("acquired") or tags.get("datetime") or beside.get(file.stem)
            or (iso(xml.when) if xml else None) or _date_in(file, root))  # fmt: skip
    guessed = when is None and "tifftag_datetime" in tags
    scene = str(said.get("scene") or tags.get("feb11_scene") or "")
    if planet:
        scene = planet["scene"]
    elif not scene or (isinstance(beside.get("scene"), str) and scene == beside["scene"]):
        scene = stem or file.parent.name
        if file.parent != root and stem:
            scene = f"{file.parent.relative_to(root).as_posix().replace('/', '_')}_{stem}"
    return {
        "scene": scene, "bands": bands, "sensor": sensor, "gsd": pixel,
        "when": when or tags.get("tifftag_datetime"), "guessed": guessed,
        "kind": _kind(said, tags), "cloud": said.get("cloud"),
        "orbit": said.get("orbit", tags.get("feb11_orbit")),
        "baseline": said.get("baseline", tags.get("feb11_baseline")),
        "level": _level(f"{said.get('level', '')} {tags.get('product', '')} {file.stem}"),
        "calibration": _calibration(raster, said, xml), "nodata": raster.nodata,
        "crs": raster.crs.to_string(), "transform": list(raster.transform)[:6],
        "shape": [raster.height, raster.width],
        "bounds": transform_bounds(raster.crs, "EPSG:4326", *raster.bounds),
        "sun_elevation": tags.get("feb11_sun_elevation"),
        "sun_azimuth": tags.get("feb11_sun_azimuth"), "more": planet.get("properties", {}),
    }  # fmt: skip


def _kind(said: Mapping[str, Any], tags: Mapping[str, str]) -> str | None:
    """The weaker of what side-car and pixels say."""
    stated = [k for k in (kinds.read(said.get("kind")), kinds.read(tags.get(kinds.TAG.lower())))
              if k]  # fmt: skip
    return min(stated, key=kinds.KINDS.index) if stated else None


def _json(place: Path) -> dict[str, Any]:
    if not place.is_file() or place.stat().st_size > 1_000_000:
        return {}
    try:
        content = json.loads(place.read_text(encoding="utf-8"))
    except ValueError:
        raise Refused(f"side-car {place.name} is not JSON") from None
    return content if isinstance(content, dict) else {}


def _bands(
    file: Path, raster: rasterio.DatasetReader, said: Mapping[str, Any], family: str
) -> tuple[list[str | None], str]:
    """Common name of each band, and the file's name without the part that names a band."""
    stem = file.stem
    listed = said.get("bands")
    names = re.split(r"[;,\s]+", listed.strip()) if isinstance(listed, str) else listed
    if isinstance(names, list) and len(names) == raster.count:
        return [sensors.band_name(str(n), family) for n in names], stem
    end = _BAND_END.search(stem)
    last = sensors.band_name(end[1], family) if end else None
    if end and end[1].lower().startswith("udm2"):
        last = "udm2"
    if last and (raster.count == 1 or last.startswith("udm2")):
        return [last], stem[: end.start()] if end else stem
    described = [sensors.band_name(d, family) for d in raster.descriptions]
    return described, stem


def _date_in(file: Path, root: Path) -> str | None:
    """A date in the file's name, or in the name of its folder."""
    for text in (file.stem, *(p for p in reversed(file.relative_to(root).parts[:-1]))):
        match = _DATE.search(text)
        if match:
            year, month, day, *clock = match.groups()
            return f"{year}-{month}-{day}" + (f"T{':'.join(clock)}" if clock[0] else "")
    return None


def _xml(file: Path) -> product.Product | None:
    place = file.with_name(f"{file.stem}_metadata.xml")
    return product.read(place) if place.is_file() else None


def _level(text: str) -> str | None:
    low = text.lower()
    if any(word in low for word in ("l1c", "toa", "analyticms")) and "_sr" not in low:
        return "toa"
    return "surface" if any(w in low for w in ("l2a", "surface", "boa", "_sr")) else None


def _calibration(
    raster: rasterio.DatasetReader, said: Mapping[str, Any], xml: product.Product | None
) -> list[tuple[float | None, float | None]]:
    """Scale and offset per band; ``None`` where nothing is said."""
    if "scale" in said and _number(said["scale"]) is not None:
        return [(_number(said["scale"]), _number(said.get("offset")) or 0.0)] * raster.count
    if xml:
        scales = xml.scale if len(xml.scale) == raster.count else xml.scale[:1] * raster.count
        return [(scale, xml.offset) for scale in scales]
    own = list(zip(raster.scales, raster.offsets, strict=True))
    if any(pair != (1.0, 0.0) for pair in own):
        return [(float(s), float(o)) for s, o in own]
    if all(np.dtype(kind).kind == "f" for kind in raster.dtypes):
        return [(1.0, 0.0)] * raster.count
    if raster.dtypes[0] == "uint8":
        return [(1 / 255, 0.0)] * raster.count
    return [(None, None)] * raster.count


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _pixel_m(raster: rasterio.DatasetReader) -> float:
    """Mean side of a pixel in metres, on the ellipsoid for grids in degrees."""
    if not raster.crs.is_geographic:
        return float(abs(raster.res[0]))
    x, y = raster.xy(raster.height // 2, raster.width // 2)
    _, _, across = _GEOD.inv(x, y, x + raster.res[0], y)
    _, _, along = _GEOD.inv(x, y, x, y + raster.res[1])
    return round(math.sqrt(abs(across * along)), 3)


def _item(name: str, members: list[tuple[Path, dict[str, Any]]]) -> Mapping[str, Any]:
    """One STAC item for the files of one scene."""
    known = next((m for _, m in members if m["when"]), None)
    if known is None:
        raise Refused("no date: give one in its tags (acquired), its name, a side-car "
                      f"{name}.json or the table {TABLE}")  # fmt: skip
    try:
        when = instant(known["when"])
    except ValueError:
        raise Refused(f"its date {known['when']!r} is not a time") from None
    if "red" not in {b for _, m in members for b in m["bands"]}:
        have = sorted({b for _, m in members for b in m["bands"] if b})
        raise Refused(f"bands {', '.join(have)}: red, green, blue and nir are needed, from the "
                      "bands' descriptions, the file names or a side-car")  # fmt: skip
    data = next(m for _, m in members if "red" in m["bands"])
    properties: dict[str, Any] = {"datetime": iso(when), "gsd": min(m["gsd"] for _, m in members)}
    kind = [m["kind"] for _, m in members if m["kind"]]
    values = {
        "constellation": data["sensor"], "eo:cloud_cover": _number(data["cloud"]),
        "feb11:baseline": data["baseline"], "feb11:level": data["level"],
        kinds.PROPERTY: min(kind, key=kinds.KINDS.index) if kind else None,
        "sat:relative_orbit": int(data["orbit"]) if str(data["orbit"] or "").isdigit() else None,
        "view:sun_elevation": _number(data["sun_elevation"]),
        "view:sun_azimuth": _number(data["sun_azimuth"]),
    }  # fmt: skip
    properties |= {key: value for key, value in values.items() if value is not None}
    properties |= data["more"]
    west, south, east, north = data["bounds"]
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {
        "type": "Feature", "stac_version": "1.1.0", "id": name, "properties": properties,
        "geometry": {"type": "Polygon", "coordinates": [ring]}, "bbox": [west, south, east, north],
        "assets": dict(_asset(file, m) for file, m in members), "links": [],
    }  # fmt: skip


def _asset(file: Path, known: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    names = known["bands"]
    bands = []
    for scale, offset in known["calibration"]:
        pair = {"scale": scale, "offset": offset}
        bands.append({k: v for k, v in pair.items() if v is not None})
    asset = {
        "href": str(file), "type": "image/tiff; application=geotiff",
        "proj:code": known["crs"], "proj:transform": known["transform"],
        "proj:shape": known["shape"], "nodata": known["nodata"],
        "raster:bands": bands, "updated": "",
        "eo:bands": [{"name": n or f"band-{i}"} for i, n in enumerate(names, 1)],
    }  # fmt: skip
    key = names[0] if len(names) == 1 else file.stem
    return str(key), asset
