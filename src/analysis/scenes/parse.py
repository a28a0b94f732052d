"""From a STAC item, in any of the dialects in use, to a scene."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shapely.errors import ShapelyError
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from analysis.scenes import calibration, guard, kinds, sensors
from analysis.scenes.scene import Grid, Layer, Refused, Scene, instant

_PRODUCT = re.compile(
    r"(?P<platform>S2[A-D])_MSIL(?P<level>1C|2A)_(?P<sensed>\d{8}T\d{6})_(?:N\d{4}_)?"
    r"R(?P<orbit>\d{3})_T(?P<tile>\w{5})(?:_(?P<made>\d{8}T\d{6}))?"
)
_NOT_DATA = ("visual", "thumbnail", "overview", "preview", "tilejson", "rendered_preview", "tci")
_RASTER = ("image/tiff", "image/jp2", "image/vnd.stac.geotiff", "application/x-geotiff")
_SUFFIX = (".tif", ".tiff", ".jp2")
_WIDEST_LON = 180.0


@dataclass(frozen=True)
class _Candidate:
    """One asset's band that could serve as a layer."""

    name: str
    rank: tuple[int, int, float, int, str]
    asset: Mapping[str, Any]
    index: int
    href: str


def scene(item: Mapping[str, Any], base: str, *, named_service: bool, declared: bool) -> Scene:
    """Read one item of a catalogue at ``base``.

    Parameters
    ----------
    item
        The item as plain JSON.
    base
        Address or path of the item (or of the catalogue), from which relative
        addresses start and which decides whether local files may be named.
    named_service, declared
        See `analysis.scenes.kinds.of_scene`.

    Raises
    ------
    Refused
        With the reason, in words for the listing.
    """
    properties = item.get("properties")
    if not isinstance(properties, Mapping):
        raise Refused("it has no properties")
    if "assets" not in item or not isinstance(item["assets"], Mapping):
        if "acquired" in properties:
            raise Refused("a Planet Data API item, not STAC: it names no files; "
                          "`--source planet` orders and downloads it")  # fmt: skip
        raise Refused("it has no assets")
    identity = str(item.get("id") or "")
    if not identity or len(identity) > 300 or not identity.isprintable():
        raise Refused("it has no id")
    collection = str(item.get("collection") or "")
    product = _product(properties, identity)
    platform = str(properties.get("platform") or "")
    constellation = str(properties.get("constellation") or properties.get("mission") or "")
    gsd = _float(properties.get("gsd"))
    if gsd is None:
        gsd = _finest(item["assets"], properties)
    profile = sensors.profile(constellation, platform, gsd)
    version = calibration.baseline(
        properties, str(properties.get("s2:product_uri", "")),
        str(properties.get("sentinel:product_id", "")), identity,
    )  # fmt: skip
    when = _when(properties)
    layers, rule, warnings = _layers(item, base, profile, collection, version)
    geometry, lost = _footprint(item)
    if lost:
        warnings.append(lost)
    return Scene(
        id=identity,
        when=when,
        sensor=profile.name,
        layers=layers,
        kind=kinds.of_scene(item=properties.get(kinds.PROPERTY), tags=(),
                            named_service=named_service, declared=declared),
        collection=collection,
        platform=platform,
        gsd=gsd,
        cloud=_percent(properties.get("eo:cloud_cover")),
        level=_level(properties, collection, identity, product, layers),
        baseline=version,
        offset_rule=rule,
        acquisition=_acquisition(properties, product, platform, profile.name, when),
        tile=_tile(properties, product),
        processed=str(properties.get("s2:generation_time") or (product or {}).get("made")
                      or properties.get("updated") or ""),
        orbit=_orbit(properties, product),
        sun_elevation=_float(properties.get("view:sun_elevation")),
        sun_azimuth=_float(properties.get("view:sun_azimuth")),
        view_zenith=_float(properties.get("view:incidence_angle",
                                          properties.get("view:off_nadir"))),
        view_azimuth=_float(properties.get("view:azimuth")),
        footprint=geometry,
        warnings=tuple(warnings),
        generation=_generation(properties),
    )  # fmt: skip


def _product(properties: Mapping[str, Any], identity: str) -> dict[str, str] | None:
    for text in (properties.get("s2:product_uri"), properties.get("sentinel:product_id"), identity):
        match = _PRODUCT.match(str(text or ""))
        if match:
            return {k: v for k, v in match.groupdict().items() if v}
    return None


def _when(properties: Mapping[str, Any]) -> datetime:
    for key in ("datetime", "start_datetime"):
        if properties.get(key):
            try:
                return instant(properties[key])
            except ValueError:
                raise Refused(f"its {key} {properties[key]!r} is not a time") from None
    raise Refused("it has no date")


def _layers(
    item: Mapping[str, Any],
    base: str,
    profile: sensors.Profile,
    collection: str,
    version: str | None,
) -> tuple[dict[str, Layer], str, list[str]]:
    """The best asset for each band, the rule of the offset, and warnings."""
    properties = item["properties"]
    family = profile.name
    candidates: dict[str, list[_Candidate]] = {}
    refused: dict[str, str] = {}
    for key, asset in item["assets"].items():
        if not isinstance(asset, Mapping):
            continue
        for name, index in _named(str(key), asset, family):
            try:
                href = guard.asset_href(asset.get("href"), base)
            except Refused as reason:
                refused.setdefault(name, f"{name}: {reason}")
                continue
            rank = _rank(str(key), name, asset, properties, href)
            candidates.setdefault(name, []).append(_Candidate(name, rank, asset, index, href))
    if "nir" not in candidates and "nir08" in candidates:
        candidates["nir"] = candidates.pop("nir08")
    wanted = (*sensors.CORE, *sensors.OPTIONAL, *sensors.MASKS)
    missing = [name for name in sensors.CORE if name not in candidates]
    if missing:
        reasons = [refused[name] for name in missing if name in refused]
        raise Refused(reasons[0] if reasons else _no_bands(missing, item))
    layers: dict[str, Layer] = {}
    why = ""
    warnings = [text for name, text in refused.items() if name in wanted and name not in candidates]
    for name in wanted:
        if name not in candidates:
            continue
        best = min(candidates[name], key=lambda c: c.rank)
        scale, offset = 1.0, 0.0
        if name not in sensors.MASKS:
            found = calibration.rule(properties, collection, best.asset, best.index, version,
                                     baselines=profile.baselines)  # fmt: skip
            calibration.check_range(best.asset, best.index, found, name)
            scale, offset = found.scale, found.offset
            why = why or found.why
            if found.warning and found.warning not in warnings:
                warnings.append(found.warning)
        layers[name] = Layer(
            name, best.href, best.index, scale, offset, _nodata(best.asset, best.index),
            _grid(best.asset, properties), _version(best.asset, properties),
        )  # fmt: skip
    _same_scale(layers)
    if not any(mask in layers for mask in sensors.MASKS):
        warnings.append("no layer says where the clouds are: judged by how dates differ alone")
    return layers, why, warnings


def _no_bands(missing: Iterable[str], item: Mapping[str, Any]) -> str:
    what = str(item.get("collection") or "").lower()
    radar = "sentinel-1" in what or "sar:" in " ".join(map(str, item["properties"]))
    return f"no {', '.join(missing)}" + (": radar" if radar else "")


def _same_scale(layers: Mapping[str, Layer]) -> None:
    """Bands of one scene share their scale within a factor; a hundredfold is a mistake."""
    scales = [layers[name].scale for name in sensors.CORE]
    if max(scales) > 20 * min(scales):
        odd = max(sensors.CORE, key=lambda name: layers[name].scale)
        raise Refused(
            f"{odd}: scale {layers[odd].scale:g} is {max(scales) / min(scales):.0f} times that of "
            "other bands: radiance and reflectance are mixed"
        )


def _named(key: str, asset: Mapping[str, Any], family: str) -> list[tuple[str, int]]:
    """Common names of the bands in an asset, with their index in the file."""
    kind = str(asset.get("type") or "").lower()
    href = str(asset.get("href") or "").lower().partition("?")[0]
    if not (kind.startswith(_RASTER) or (not kind and href.endswith(_SUFFIX))):
        return []
    roles = asset.get("roles") if isinstance(asset.get("roles"), list) else []
    plain = key.lower().removesuffix("-jp2")
    shown = {"thumbnail", "overview", "visual"} & set(map(str, roles or ()))
    if shown or plain in _NOT_DATA or plain.startswith("visual"):
        return []
    if "udm2" in plain:
        return list(sensors.UDM2.items())
    stem = re.sub(r"_(10|20|60)m$", "", plain)
    own = sensors.band_name(stem, family)
    if own:
        return [(own, 1)]
    bands = asset.get("eo:bands") or asset.get("bands") or ()
    found = []
    for index, band in enumerate(bands, 1):
        if isinstance(band, Mapping):
            common = band.get("common_name") or band.get("eo:common_name")
            own = sensors.band_name(band.get("name"), family)
            name = sensors.band_name(common, family) or own
            if name:
                found.append((name, index))
    return found


def _rank(
    key: str, name: str, asset: Mapping[str, Any], properties: Mapping[str, Any], href: str
) -> tuple[int, int, float, int, str]:
    """Smaller is better: GeoTIFF before JPEG 2000, surface before top of atmosphere, fine."""
    jpeg = "jp2" in str(asset.get("type") or "") or href.lower().partition("?")[0].endswith(".jp2")
    surface = 0 if key.lower().endswith("_sr") else 1
    grid = _grid(asset, properties)
    pixel = abs(grid.transform[0]) if grid else _float(asset.get("gsd")) or math.inf
    return int(jpeg), surface, pixel, int(key.lower() != name), key


def _nodata(asset: Mapping[str, Any], index: int) -> float | None:
    value = asset.get("nodata")
    for where in ("raster:bands", "bands"):
        bands = asset.get(where)
        one = bands[index - 1] if isinstance(bands, list) and 0 < index <= len(bands) else None
        if isinstance(one, dict):
            value = one.get("nodata", value)
    if isinstance(value, str):
        value = {"nan": math.nan}.get(value.lower())
    return float(value) if isinstance(value, int | float) else None


def crs_name(properties: Mapping[str, Any]) -> str | None:
    """The reference system, in either version of the projection extension."""
    code = properties.get("proj:code")
    if isinstance(code, str) and re.fullmatch(r"[A-Za-z]+:\d+", code):
        return code.upper()
    epsg = properties.get("proj:epsg")
    return f"EPSG:{epsg}" if isinstance(epsg, int) and not isinstance(epsg, bool) else None


def _grid(asset: Mapping[str, Any], properties: Mapping[str, Any]) -> Grid | None:
    both = {**properties, **asset}
    crs = crs_name(asset) or crs_name(properties)
    transform, size = both.get("proj:transform"), both.get("proj:shape")
    if not (crs and isinstance(transform, list) and isinstance(size, list)):
        return None
    if len(transform) < 6 or len(size) != 2:
        return None
    if not all(isinstance(v, int | float) and math.isfinite(v) for v in transform[:6]):
        return None
    if not all(isinstance(v, int) and 0 < v <= guard.MAX_SIDE for v in size):
        return None
    a, b, c, d, e, f = (float(v) for v in transform[:6])
    return Grid(crs, (a, b, c, d, e, f), (size[0], size[1])) if a and e else None


def _finest(assets: Mapping[str, Any], properties: Mapping[str, Any]) -> float | None:
    """The finest pixel that any asset states, in metres."""
    found = []
    for asset in assets.values():
        if isinstance(asset, Mapping):
            grid = _grid(asset, properties)
            metric = grid if grid and grid.crs != "EPSG:4326" else None
            pixel = abs(metric.transform[0]) if metric else None
            found.append(_float(asset.get("gsd")) or pixel)
    known = [value for value in found if value and value >= 0.2]
    return min(known, default=None)


def _version(asset: Mapping[str, Any], properties: Mapping[str, Any]) -> str:
    sums = (asset.get("file:checksum"), asset.get("checksum:multihash"))
    times = (properties.get("s2:generation_time"), properties.get("updated"))
    return str(next((value for value in (*sums, *times) if value), ""))


def _footprint(item: Mapping[str, Any]) -> tuple[BaseGeometry | None, str]:
    geometry = item.get("geometry")
    if not geometry:
        return None, "it has no geometry: its overlap is taken from the pixels"
    try:
        found = shape(geometry)
        if found.is_empty or not all(map(math.isfinite, found.bounds)):
            raise ValueError("empty")
    except (ShapelyError, ValueError, TypeError, KeyError, AttributeError, IndexError):
        return None, "its geometry can't be read: its overlap is taken from the pixels"
    west, _, east, _ = found.bounds
    if east - west > _WIDEST_LON and found.geom_type == "Polygon":
        return None, "its outline wraps round the world: its overlap is taken from the pixels"
    return found, ""


def _level(
    properties: Mapping[str, Any],
    collection: str,
    identity: str,
    product: Mapping[str, str] | None,
    layers: Mapping[str, Layer],
) -> str:
    stated = str(properties.get("feb11:level") or "")
    if stated in ("surface", "toa"):
        return stated
    text = f"{properties.get('s2:product_type', '')} {collection} {identity}".lower()
    if product:
        return "toa" if product["level"] == "1C" else "surface"
    if "msi1c" in text or "l1c" in text:
        return "toa"
    if any(word in text for word in ("msi2a", "l2a", "l2sp", "c2l2", "c2-l2")):
        return "surface"
    name = layers["red"].href.lower()
    if "_sr" in name:
        return "surface"
    above = "analyticms" in name or properties.get("processing:level") == "L3B"
    return "toa" if above else "unknown"


def _acquisition(
    properties: Mapping[str, Any],
    product: Mapping[str, str] | None,
    platform: str,
    sensor: str,
    when: datetime,
) -> str:
    if product:
        return f"{product['platform']}_{product['sensed']}"
    take = re.match(r"G(S2[A-D]_\d{8}T\d{6})", str(properties.get("s2:datatake_id", "")))
    if take:
        return take[1]
    return f"{platform.lower() or sensor}_{when:%Y%m%dT%H%M}"


def _tile(properties: Mapping[str, Any], product: Mapping[str, str] | None) -> str:
    if product:
        return product["tile"]
    code = str(properties.get("grid:code") or properties.get("s2:mgrs_tile") or "")
    return code.removeprefix("MGRS-")


def _orbit(properties: Mapping[str, Any], product: Mapping[str, str] | None) -> int | None:
    value = properties.get("sat:relative_orbit")
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(product["orbit"]) if product else None


def _generation(properties: Mapping[str, Any]) -> str:
    listed = properties.get("instruments")
    return str(listed[0]).upper() if isinstance(listed, list) and listed else ""


def _float(value: Any) -> float | None:
    good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if good else None


def _percent(value: Any) -> float | None:
    number = _float(value)
    return number if number is not None and 0 <= number <= 100 else None
