"""Catalogues as other people write them: plain JSON and GeoTIFFs of a world drawn in memory.

Nothing here goes through the project's own writer of catalogues; what an item says of itself
is chosen by the test, from next to nothing to all that a service says.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import shapely
import xarray as xr
from pyproj import Transformer
from rasterio.transform import Affine
from shapely.geometry import mapping

from analysis import simulate
from analysis.simulate.describe import site_record

BANDS = ("blue", "green", "red", "nir")


@dataclass(frozen=True)
class Style:
    """How a catalogue is written."""

    dtype: str = "uint16"
    nodata: int | None = 0
    driver: str = "GTiff"
    scl: bool = False
    projection: str = "code"
    """``code`` or ``epsg`` (with the grid in the item), ``asset`` (all of it in each asset) or
    nothing."""
    scale: bool = False
    """Whether ``raster:bands`` stands in the assets."""
    baseline: str = ""
    """``both``: a third of the items is of 05.09 with its thousand added, and says so."""
    sensor: bool = True
    """Whether ``constellation``, ``platform`` and ``gsd`` stand in the items."""
    zone: bool = True
    """Whether times end in Z."""
    media: bool = True
    """Whether assets have a type and roles."""
    layout: str = "flat"
    """``flat``, ``nested`` (catalogue, catalogue, collection) or ``items`` (one list)."""
    absolute: bool = False
    bands_in_one: bool = False


def world(seed: int = 7, scenes: int = 10) -> tuple[simulate.World, xr.Dataset]:
    """A small world of halls on textured ground, and its scenes at 10 m."""
    spec = simulate.with_scenes(simulate.MATCHED, scenes)
    drawn = simulate.draw(seed, replace(spec, placement=simulate.PLANT.placement))
    return drawn, simulate.cube(drawn)


def write(folder: Path, cube: xr.Dataset, drawn: simulate.World, style: Style = Style()) -> Path:
    """Write a catalogue and ``site.geojson``; returns the path of the catalogue."""
    folder.mkdir(parents=True, exist_ok=True)
    items = [_item(folder, cube, number, style) for number in range(cube.sizes["time"])]
    (folder / "site.geojson").write_text(json.dumps(site_record(drawn)))
    return _catalogue(folder, items[::-1], style)


def _catalogue(folder: Path, items: list[dict[str, Any]], style: Style) -> Path:
    place = folder / "catalog.json"
    if style.layout == "items":
        place.write_text(json.dumps({"type": "FeatureCollection", "features": items}))
        return place
    plain = {"type": "Catalog", "stac_version": "1.0.0", "description": "A place", "links": []}
    inner = folder / "years" / "all" if style.layout == "nested" else folder
    inner.mkdir(parents=True, exist_ok=True)
    links = []
    for item in items:
        one = inner / f"{item['id']}.json"
        if style.layout == "nested":
            for asset in item["assets"].values():
                asset["href"] = "../../" + asset["href"].removeprefix("./")
        one.write_text(json.dumps(item))
        links.append({"rel": "item", "href": f"./{item['id']}.json"})
    if style.layout == "flat":
        place.write_text(json.dumps({**plain, "id": "one", "links": links}))
        return place
    (inner / "collection.json").write_text(json.dumps({
        **plain, "type": "Collection", "id": "all", "license": "other", "links": links,
        "extent": {"spatial": {"bbox": [[-180, -90, 180, 90]]},
                   "temporal": {"interval": [[None, None]]}}}))  # fmt: skip
    child = {"rel": "child", "href": "./all/collection.json"}
    (folder / "years" / "catalog.json").write_text(
        json.dumps({**plain, "id": "years", "links": [child]})
    )
    child = {"rel": "child", "href": "years/catalog.json", "title": "Years"}
    place.write_text(json.dumps({**plain, "id": "top", "links": [child]}))
    return place


def _item(folder: Path, cube: xr.Dataset, number: int, style: Style) -> dict[str, Any]:
    when = str(cube.time.values[number])[:19]
    name = f"scene_{number:02d}_{when[:10].replace('-', '')}"
    late = style.baseline == "both" and number >= 2 * cube.sizes["time"] // 3
    affine = Affine(10, 0, float(cube.x[0]) - 5, 0, -10, float(cube.y[0]) + 5)
    crs = cube.attrs["crs"]
    properties: dict[str, Any] = {"datetime": when + ("Z" if style.zone else "")}
    if style.sensor:
        properties |= {"constellation": "sentinel-2", "platform": "sentinel-2a", "gsd": 10}
    if style.baseline:
        properties["s2:processing_baseline"] = "05.09" if late else "03.01"
    grid = {"proj:transform": list(affine)[:6], "proj:shape": list(cube.red.shape[1:])}
    if style.projection == "code":
        properties |= {"proj:code": crs, **grid}
    elif style.projection == "epsg":
        properties |= {"proj:epsg": int(crs.partition(":")[2]), **grid}
    outline = _outline(affine, cube.red.shape[1:], crs)
    item: dict[str, Any] = {
        "type": "Feature", "stac_version": "1.0.0", "id": name, "properties": properties,
        "geometry": mapping(outline), "bbox": list(outline.bounds), "links": [], "assets": {},
    }  # fmt: skip
    pictures = {band: _numbers(cube, band, number, style, late) for band in BANDS}
    if style.scl:
        hidden = ~cube.valid.values[number]
        pictures["scl"] = np.where(hidden, 9, 5).astype(np.uint8)
    for band, pixels in pictures.items():
        file = folder / "pixels" / f"{name}_{band}.tif"
        _write(file, pixels, affine, crs, style)
        asset: dict[str, Any] = {"href": str(file) if style.absolute else f"./pixels/{file.name}"}
        if style.media:
            asset |= {"type": "image/tiff; application=geotiff", "roles": ["data"]}
        if style.projection == "asset":
            asset |= {"proj:epsg": int(crs.partition(":")[2]), **grid}
        if style.scale and band != "scl":
            asset["raster:bands"] = [{"scale": 1e-4, "offset": -0.1 if late else 0.0}]
        item["assets"][band] = asset
    item["assets"]["thumbnail"] = {"href": "./thumbnail.png", "type": "image/png"}
    return item


def _outline(affine: Affine, shape: tuple[int, int], crs: str) -> shapely.Polygon:
    change = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    metres = shapely.box(affine.c, affine.f - 10 * shape[0], affine.c + 10 * shape[1], affine.f)
    return shapely.transform(metres, change.transform, interleaved=False)


def _numbers(cube: xr.Dataset, band: str, number: int, style: Style, late: bool) -> np.ndarray:
    plain = np.round(cube[band].values[number].astype(np.float64) * 1e4) + 1000 * late
    return np.clip(plain, 1, 32767).astype(style.dtype)


def _write(place: Path, pixels: np.ndarray, affine: Affine, crs: str, style: Style) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    own: Mapping[str, Any] = {"nodata": style.nodata} if style.nodata is not None else {}
    with rasterio.open(place, "w", driver=style.driver, height=pixels.shape[0], count=1,
                       width=pixels.shape[1], dtype=pixels.dtype, crs=crs, transform=affine,
                       **own) as file:  # fmt: skip
        file.write(pixels, 1)
