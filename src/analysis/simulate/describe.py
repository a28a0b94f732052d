"""What the catalogue says of a world: STAC items, collections, and the site file."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pystac
import shapely

from analysis.simulate.geotiff import Layer
from analysis.simulate.render import Frame
from analysis.simulate.sensors import SENSORS, WAVELENGTH
from analysis.simulate.world import EPSG, World, to_degrees

CLOUDY = 0.4
"""Opacity from which a pixel counts as cloud in ``eo:cloud_cover``."""

EXTENSIONS = (
    "https://stac-extensions.github.io/eo/v1.1.0/schema.json",
    "https://stac-extensions.github.io/file/v2.1.0/schema.json",
    "https://stac-extensions.github.io/processing/v1.2.0/schema.json",
    "https://stac-extensions.github.io/projection/v2.0.0/schema.json",
    "https://stac-extensions.github.io/raster/v1.1.0/schema.json",
    "https://stac-extensions.github.io/sat/v1.0.0/schema.json",
    "https://stac-extensions.github.io/view/v1.0.0/schema.json",
)

COG = "image/tiff; application=geotiff; profile=cloud-optimized"

NOTE = (
    "Simulated. Drawn by analysis.simulate from truth.json: an invented works at an invented "
    "place in the open Atlantic, on dates a century ahead. It is no image of any site."
)


def item(world: World, frame: Frame, first: Layer) -> pystac.Item:
    """A scene without its assets; ``first`` is the layer whose grid stands for all."""
    scene = frame.scene
    sensor = SENSORS[scene.sensor]
    outline = _outline(first)
    inside = (slice(sensor.margin, -sensor.margin),) * 2
    properties: dict[str, Any] = {
        "constellation": scene.sensor,
        "platform": scene.platform,
        "instruments": [
            scene.sensor if sensor.name == "sim-10m" else f"{scene.sensor}-gen{scene.generation}"
        ],
        "gsd": sensor.gsd,
        "feb11:kind": "simulated",
        "feb11:world": world.seed,
        "eo:cloud_cover": round(100 * float((frame.sky.opacity[inside] > CLOUDY).mean()), 2),
        "eo:snow_cover": round(100 * float((frame.snow[inside] > 0.5).mean()), 2),
        "proj:code": f"EPSG:{EPSG}",
        "proj:shape": list(first.pixels.shape[-2:]),
        "proj:transform": list(first.transform)[:6],
        "view:sun_azimuth": round(scene.sun_azimuth, 4),
        "view:sun_elevation": round(scene.sun_elevation, 4),
        "view:incidence_angle": round(scene.incidence, 3),
        "view:off_nadir": round(scene.incidence * 0.89, 3),
        "view:azimuth": round(scene.view_azimuth, 2),
    }
    if scene.orbit:
        properties["sat:relative_orbit"] = scene.orbit
    if scene.declared_baseline:
        properties["s2:processing_baseline"] = scene.declared_baseline
        properties["processing:version"] = scene.declared_baseline
    return pystac.Item(
        id=scene.id,
        geometry=shapely.geometry.mapping(outline),
        bbox=list(outline.bounds),
        datetime=scene.datetime,
        properties=properties,
        stac_extensions=list(EXTENSIONS),
    )


def asset(layer: Layer, path: Path) -> pystac.Asset:
    """A written layer, with the checksum of its file."""
    content = path.read_bytes()
    reflectance = layer.name in WAVELENGTH
    kind = str(layer.pixels.dtype)
    each: dict[str, Any] = {"data_type": kind, "spatial_resolution": layer.cell}
    if layer.nodata is not None:
        each["nodata"] = layer.nodata
    if reflectance:
        each |= {"scale": layer.scale, "offset": layer.offset, "unit": "1"}
    extra: dict[str, Any] = {
        "gsd": layer.cell,
        "proj:shape": list(layer.pixels.shape[-2:]),
        "proj:transform": list(layer.transform)[:6],
        "raster:bands": [dict(each) for _ in layer.bands],
        "file:size": len(content),
        "file:checksum": "1220" + hashlib.sha256(content).hexdigest(),
    }
    if reflectance:
        extra["eo:bands"] = [
            {
                "name": layer.name,
                "common_name": layer.name,
                "center_wavelength": WAVELENGTH[layer.name],
            }
        ]
    elif len(layer.bands) > 1:
        extra["eo:bands"] = [{"name": b} for b in layer.bands]
    roles = ["data", "reflectance"] if reflectance else ["data", "mask"]
    return pystac.Asset(
        href=str(path),
        title=f"Simulated {layer.name}",
        media_type=COG,
        roles=roles,
        extra_fields=extra,
    )


def _outline(layer: Layer) -> shapely.Polygon:
    half = layer.pixels.shape[-1] * layer.cell / 2
    return to_degrees(((-half, -half), (half, -half), (half, half), (-half, half)))


def collection(sensor: str, items: list[pystac.Item]) -> pystac.Collection:
    """The scenes of one sensor."""
    boxes = np.array([i.bbox for i in items])
    days = [i.datetime for i in items if i.datetime]
    extent = pystac.Extent(
        pystac.SpatialExtent([[*boxes[:, :2].min(0).tolist(), *boxes[:, 2:].max(0).tolist()]]),
        pystac.TemporalExtent([[min(days), max(days)]]),
    )
    gsd = SENSORS[sensor].gsd
    made = pystac.Collection(
        id=sensor,
        title=f"Simulated scenes of an invented sensor, {gsd:g} m",
        description=NOTE,
        extent=extent,
        license="CC0-1.0",
        keywords=["simulated"],
        extra_fields={"feb11:kind": "simulated"},
        summaries=pystac.Summaries(
            {"gsd": [gsd], "constellation": [sensor], "feb11:kind": ["simulated"]}
        ),
    )
    made.add_items(items)
    return made


def site_record(world: World) -> dict[str, Any]:
    """The site file of a world: what a user would know of it, not its truth."""
    features = []
    for role, outlines in world.zones.items():
        for number, outline in enumerate(outlines, start=1):
            name = role if len(outlines) == 1 else f"{role}-{number}"
            features.append(_feature(name, role, shapely.geometry.mapping(to_degrees(outline))))
    for building in world.references:
        middle = to_degrees(building.roof).centroid
        point = {"type": "Point", "coordinates": [round(middle.x, 6), round(middle.y, 6)]}
        features.append(_feature(building.id, "reference", point))
    return {
        "type": "FeatureCollection",
        "properties": {"name": f"Invented works (simulated world {world.seed})", "note": NOTE},
        "features": features,
    }


def _feature(identity: str, role: str, geometry: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": identity,
        "properties": {
            "name": identity.replace("-", " ").capitalize(),
            "role": role,
            "kind": "simulated",
        },
        "geometry": geometry,
    }
