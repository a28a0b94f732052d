"""A small invented town for tests: drawn finely, blurred, shifted, averaged to pixels.

It shares nothing with the project's own simulator; its truth is what each test
compares with.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pystac
import rasterio
from affine import Affine
from pyproj import Transformer
from scipy import ndimage
from shapely import transform
from shapely.geometry import box, mapping

FINE = 5
"""Fine cells per pixel."""

BANDS = ("red", "green", "blue", "nir")
CRS = "EPSG:32624"
WEST, NORTH = 400_000.0, 4_420_000.0
ROOF = (slice(70, 82), slice(30, 46))
"""Pixels of a bright roof that the scene classification takes for a cloud."""


@dataclass
class Town:
    """Reflectance of the ground by band, on the fine grid."""

    ground: dict[str, np.ndarray]
    houses: list[tuple[int, int, int, int]]
    size: int


def town(seed: int = 0, size: int = 128) -> Town:
    rng = np.random.default_rng(seed)
    n = size * FINE
    soil = ndimage.gaussian_filter(rng.normal(size=(n // 4 + 1, n // 4 + 1)), 4)
    soil = np.kron(soil / soil.std(), np.ones((4, 4)))[:n, :n]
    ground = {b: v + 0.012 * soil for b, v in zip(BANDS, (0.10, 0.09, 0.07, 0.24), strict=True)}
    for _ in range(30):
        y, x = rng.integers(0, n, 2)
        h, w = rng.integers(5 * FINE, 25 * FINE, 2)
        tint = rng.uniform(0.5, 1.6)
        for b, v in zip(BANDS, (0.09, 0.08, 0.06, 0.28), strict=True):
            ground[b][y : y + h, x : x + w] = v * tint + 0.006 * soil[y : y + h, x : x + w]
    houses = []
    for _ in range(int(80 * (size / 128) ** 2)):
        y, x = rng.integers(0, n, 2)
        h, w = rng.integers(FINE, 7 * FINE, 2)
        houses.append((int(y), int(x), int(h), int(w)))
        tint = rng.uniform(0.08, 0.35)
        for b, v in zip(BANDS, (1.0, 0.95, 0.9, 1.1), strict=True):
            ground[b][y : y + h, x : x + w] = v * tint
    for b in BANDS:
        rows, columns = ROOF
        ground[b][rows.start * FINE : rows.stop * FINE,
                  columns.start * FINE : columns.stop * FINE] = 0.42  # fmt: skip
    return Town(ground, houses, size)


def picture(
    of: Town,
    rng: np.random.Generator,
    shift: tuple[float, float] = (0.0, 0.0),
    snow: np.ndarray | None = None,
    sun: tuple[float, float] = (0.6, 0.3),
    noise: float = 0.005,
) -> dict[str, np.ndarray]:
    """Reflectance by band, ``(y, x)``; ``sun`` is the shadow's length in pixels and direction."""
    shade = np.ones_like(of.ground["red"])
    length, azimuth = sun
    for y, x, h, w in of.houses:
        for t in np.linspace(0, 1, 5):
            top = max(0, int(y - length * FINE * np.cos(azimuth) * t))
            left = max(0, int(x + length * FINE * np.sin(azimuth) * t))
            shade[top : top + h, left : left + w] = 0.45
    for y, x, h, w in of.houses:
        shade[y : y + h, x : x + w] = 1.0
    out = {}
    for band, ground in of.ground.items():
        fine = ground * shade
        if snow is not None:
            fine = np.where(snow, 0.7, fine)
        fine = ndimage.gaussian_filter(fine, 0.45 * FINE)
        fine = ndimage.shift(fine, (shift[0] * FINE, shift[1] * FINE), order=1, mode="nearest")
        pixel = fine.reshape(of.size, FINE, of.size, FINE).mean(axis=(1, 3))
        out[band] = pixel + rng.normal(0, noise, pixel.shape)
    return out


def patchy_snow(of: Town, rng: np.random.Generator) -> np.ndarray:
    """Snow over half the area, in patches of some hundred metres."""
    n = of.size * FINE
    field_ = ndimage.gaussian_filter(rng.normal(size=(n // 16 + 1, n // 16 + 1)), 3)
    return np.kron(field_ > np.median(field_), np.ones((16, 16), dtype=bool))[:n, :n]


@dataclass
class Date:
    """One scene of a catalogue, before it is drawn."""

    when: datetime
    baseline: str = "03.01"
    cloud: float = 0.0
    """Share of the picture under cloud."""
    snow: bool = False
    orbit: int = 74
    declared_offset: float | None = None
    """What the catalogue says, when it is not the truth."""
    name: str = ""
    shift: tuple[float, float] = (0.0, 0.0)
    extra: dict = field(default_factory=dict)


def dates(count: int = 10) -> list[Date]:
    rng = np.random.default_rng(5)
    first = datetime(2121, 3, 3, 13, 30, 5, tzinfo=UTC)
    found = []
    for n in range(count):
        when = first + timedelta(days=40 * n)
        late = when >= datetime(2122, 1, 25, tzinfo=UTC)
        found.append(Date(when, "04.00" if late else "03.01", orbit=74 if n % 2 else 174,
                          shift=tuple(rng.normal(0, 0.25, 2))))  # fmt: skip
    return found


def write(folder: Path, listed: list[Date], *, size: int = 128, seed: int = 0, scl: bool = True):
    """A static catalogue of single-band COGs with a site; returns the path of catalog.json."""
    made = town(seed, size)
    catalog = pystac.Catalog("test", "An invented town")
    everywhere = pystac.SpatialExtent([[-180, -90, 180, 90]])
    extent = pystac.Extent(everywhere, pystac.TemporalExtent([[None, None]]))
    collection = pystac.Collection("sim-10m", "An invented sensor", extent)
    catalog.add_child(collection)
    for number, one in enumerate(listed):
        collection.add_item(_item(folder, made, one, number, seed, scl))
    catalog.add_link(pystac.Link("site", "./site.geojson", "application/geo+json"))
    catalog.normalize_hrefs(str(folder))
    catalog.make_all_asset_hrefs_relative()
    catalog.save(pystac.CatalogType.SELF_CONTAINED)
    (folder / "site.geojson").write_text(json.dumps(site(size)))
    return folder / "catalog.json"


def outline(size: int, margin: float) -> dict:
    """A square in degrees, ``margin`` pixels inside the picture."""
    metres = box(WEST + margin * 10, NORTH - (size - margin) * 10,
                 WEST + (size - margin) * 10, NORTH - margin * 10)  # fmt: skip
    change = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    return mapping(transform(metres, change.transform, interleaved=False))


def site(size: int) -> dict:
    def feature(name, role, margin):
        return {"type": "Feature", "geometry": outline(size, margin),
                "properties": {"id": name, "name": name, "role": role,
                               "kind": "simulated"}}  # fmt: skip

    return {"type": "FeatureCollection", "properties": {"name": "An invented town"},
            "features": [feature("aoi", "aoi", 6), feature("works", "perimeter", 30)]}  # fmt: skip


def _item(folder: Path, made: Town, one: Date, number: int, seed: int, scl: bool) -> pystac.Item:
    rng = np.random.default_rng([seed, number])
    name = one.name or f"sim-10m-{one.when:%Y%m%d}"
    snow = patchy_snow(made, rng) if one.snow else None
    image = picture(made, rng, one.shift, snow)
    blobs = ndimage.gaussian_filter(rng.normal(size=(made.size, made.size)), 9)
    cloud = blobs > np.quantile(blobs, 1 - one.cloud) if one.cloud else np.zeros_like(blobs, bool)
    offset = -0.1 if one.baseline >= "04.00" else 0.0
    stated = offset if one.declared_offset is None else one.declared_offset
    outside = outline(made.size, 0)
    item = pystac.Item(name, outside, list(box_of(outside)), one.when, {
        "constellation": "sim-10m", "platform": "sim-10m-a", "gsd": 10.0,
        "feb11:kind": "simulated", "eo:cloud_cover": round(100 * one.cloud, 1),
        "proj:code": CRS, "sat:relative_orbit": one.orbit, "view:sun_elevation": 40.0,
        "view:sun_azimuth": 160.0, "s2:processing_baseline": one.baseline,
        **one.extra})  # fmt: skip
    classes = np.full(cloud.shape, 5, np.uint8)
    classes[ROOF] = 9
    if snow is not None:
        classes[snow.reshape(made.size, FINE, made.size, FINE).mean(axis=(1, 3)) > 0.3] = 11
    classes[cloud] = 9
    layers = {band: (np.where(cloud, 0.55, v), "uint16") for band, v in image.items()}
    for band, (values, kind) in layers.items():
        dn = np.clip(np.round((values - offset) * 1e4), 1, 65535).astype(kind)
        item.add_asset(band, _cog(folder, name, band, dn, stated, one))
    if scl:
        item.add_asset("scl", _cog(folder, name, "scl", classes[::2, ::2], None, one, pixel=20.0))
    return item


def box_of(geometry: dict) -> tuple[float, float, float, float]:
    ring = np.array(geometry["coordinates"][0])
    return (*ring.min(axis=0).tolist(), *ring.max(axis=0).tolist())


def _cog(
    folder: Path, name: str, band: str, dn: np.ndarray, offset: float | None, one: Date,
    pixel: float = 10.0,
) -> pystac.Asset:  # fmt: skip
    place = folder / "sim-10m" / name / f"{name}-{band}.tif"
    place.parent.mkdir(parents=True, exist_ok=True)
    affine = Affine(pixel, 0, WEST, 0, -pixel, NORTH)
    with rasterio.open(place, "w", driver="COG", height=dn.shape[0], width=dn.shape[1], count=1,
                       dtype=dn.dtype, crs=CRS, transform=affine, nodata=0, compress="deflate",
                       overviews="none") as file:  # fmt: skip
        file.write(dn, 1)
        file.set_band_description(1, band)
        file.update_tags(FEB11_KIND="simulated", FEB11_SCENE=name, FEB11_SENSOR="sim-10m",
                         FEB11_DATETIME=one.when.isoformat(), FEB11_ORBIT=one.orbit,
                         FEB11_BASELINE=one.baseline)  # fmt: skip
        if offset is not None:
            file.scales, file.offsets = (1e-4,), (offset,)
    radiometry = {} if offset is None else {"scale": 1e-4, "offset": offset}
    return pystac.Asset(str(place), media_type=pystac.MediaType.COG, roles=["data"], extra_fields={
        "proj:shape": list(dn.shape), "proj:transform": list(affine)[:6],
        "raster:bands": [{"nodata": 0, "data_type": str(dn.dtype), **radiometry}]})  # fmt: skip
