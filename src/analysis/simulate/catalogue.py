"""Worlds on disk: a static STAC catalogue of small GeoTIFFs, its site, and the truth."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pystac
import shapely

from analysis.errors import UserError
from analysis.simulate.draw import draw
from analysis.simulate.geotiff import Layer, layers, write_layer
from analysis.simulate.render import Frame, Renderer
from analysis.simulate.sensors import SENSORS, WAVELENGTH
from analysis.simulate.spec import PLANT, Spec
from analysis.simulate.world import EPSG, World, to_degrees

BUNDLED_SEED = 183
"""World of the bundled catalogue. Its ratios lie in no published band, whichever reference
and definition of size is taken; it has ten clear 10 m scenes after the new roof, and that
roof is neither white nor as dark as a shadow."""

MAX_WORLDS = 10_000
"""Worlds of one call; each takes about 15 MB and half a minute."""

TRUTH = "truth.json"
SITE = "site.geojson"

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


def write(
    directory: str | Path,
    *,
    seed: int = BUNDLED_SEED,
    worlds: int = 1,
    spec: Spec = PLANT,
    progress: Callable[[int, str, int, int], None] | None = None,
) -> list[Path]:
    """Draw worlds and write each as a catalogue; whole, or not at all.

    Parameters
    ----------
    directory
        Folder to make. One world lies in it directly; several lie in folders
        ``world-<seed>``.
    seed
        Of the first world; the others follow in steps of one. The default redraws the
        bundled catalogue.
    worlds
        How many.
    spec
        What kind.
    progress
        Called with seed, scene, its position and the number of scenes.

    Returns
    -------
    list of Path
        The ``catalog.json`` of each world.

    Raises
    ------
    UserError
        If the folder exists and is not empty, or a number is out of range.
    """
    if seed < 0:
        raise UserError(f"seed {seed}: it must not be negative")
    if not 1 <= worlds <= MAX_WORLDS:
        raise UserError(f"{worlds} worlds: from 1 to {MAX_WORLDS} are drawn at a time")
    place = Path(directory).absolute()
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise UserError(f"{place} exists and is not empty: name a new folder")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
    except OSError as error:
        raise UserError(f"cannot write to {place.parent}: {error.strerror}") from None
    try:
        names = [""] if worlds == 1 else [f"world-{seed + i}" for i in range(worlds)]
        for number, name in enumerate(names):
            write_world(draw(seed + number, spec), work / name, progress)
        work.chmod(0o755)
        if place.exists():
            place.rmdir()
        os.replace(work, place)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return [place / name / "catalog.json" for name in names]


def write_world(
    world: World,
    place: Path,
    progress: Callable[[int, str, int, int], None] | None = None,
) -> None:
    """Write one world as a catalogue into a folder."""
    place.mkdir(parents=True, exist_ok=True)
    _dump(place / TRUTH, world.to_record())
    _dump(place / SITE, site_record(world))
    catalogue = pystac.Catalog(
        id=f"simulated-{world.seed}",
        description=NOTE,
        title=f"Simulated works, world {world.seed}",
        catalog_type=pystac.CatalogType.SELF_CONTAINED,
        extra_fields={"feb11:kind": "simulated"},
    )
    done = 0
    for plan in world.spec.plans:
        renderer = Renderer(world, plan.sensor)
        items = []
        for scene in world.of(plan.sensor):
            items.append(_write_scene(world, renderer.frame(scene), place))
            done += 1
            if progress:
                progress(world.seed, scene.id, done, len(world.scenes))
        catalogue.add_child(_collection(plan.sensor, items))
    catalogue.normalize_hrefs(str(place))
    _link(catalogue, place, up="./")
    for collection in catalogue.get_children():
        _link(collection, place, up="../")
    for thing in _everything(catalogue):
        path = Path(thing.get_self_href() or "")
        _dump(path, thing.to_dict(include_self_link=False))


def _write_scene(world: World, frame: Frame, place: Path) -> pystac.Item:
    """Write the assets of a frame and describe them."""
    scene = frame.scene
    folder = place / scene.sensor / scene.id
    folder.mkdir(parents=True)
    drawn = layers(world, frame)
    item = _item(world, frame, drawn[0])
    for layer in drawn:
        path = folder / f"{scene.id}-{layer.name}.tif"
        write_layer(layer, scene, world.seed, path)
        item.add_asset(layer.name, _asset(layer, path))
    return item


def _item(world: World, frame: Frame, first: Layer) -> pystac.Item:
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


def _asset(layer: Layer, path: Path) -> pystac.Asset:
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


def _collection(sensor: str, items: list[pystac.Item]) -> pystac.Collection:
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


def _link(thing: pystac.Catalog, place: Path, up: str) -> None:
    """Point at the site and at the truth, relative to where ``thing`` lies."""
    for relation, name, media in (
        ("site", SITE, "application/geo+json"),
        ("truth", TRUTH, "application/json"),
    ):
        thing.add_link(pystac.Link(relation, f"{up}{name}", media_type=media))


def _everything(catalogue: pystac.Catalog) -> Iterable[pystac.Catalog | pystac.Item]:
    yield catalogue
    for collection in catalogue.get_children():
        yield collection
        for item in collection.get_items():
            item.make_asset_hrefs_relative()
            yield item


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


def _dump(path: Path, record: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
