"""Arrays to small cloud-optimised GeoTIFFs that say what they are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
import rasterio.shutil
from numpy.typing import NDArray
from rasterio.io import MemoryFile
from rasterio.transform import from_origin

from analysis.simulate.mark import burn
from analysis.simulate.masks import SCENE_CLASS_M, UDM_BANDS, scene_classes, usability
from analysis.simulate.render import Frame, Renderer
from analysis.simulate.sensors import SENSORS
from analysis.simulate.world import EPSG, ORIGIN, Scene, World

CREATION = {
    "driver": "COG",
    "COMPRESS": "DEFLATE",
    "LEVEL": "9",
    "PREDICTOR": "YES",
    "BLOCKSIZE": "256",
    "OVERVIEWS": "NONE",
    "STATISTICS": "NO",
}
"""A chip is one tile or four; overviews of it would be no smaller than it."""

DESCRIPTION = "SIMULATED by analysis.simulate: an invented place, not an image of any site"


@dataclass(frozen=True)
class Layer:
    """One asset of a scene, ready to be written."""

    name: str
    """Key of the asset."""
    pixels: NDArray[np.integer]
    """Bands, rows and columns."""
    cell: float
    """Side of a pixel, metres."""
    bands: tuple[str, ...]
    scale: float = 1.0
    offset: float = 0.0
    nodata: int | None = None

    @property
    def transform(self) -> rasterio.Affine:
        """Of the pixels, in the world's UTM zone."""
        half = self.pixels.shape[-1] * self.cell / 2
        return from_origin(ORIGIN[0] - half, ORIGIN[1] + half, self.cell, self.cell)


def layers(world: World, frame: Frame) -> list[Layer]:
    """All assets of a frame: its bands with the mark burnt in, and its mask."""
    scene = frame.scene
    sensor = SENSORS[scene.sensor]
    offset = -scene.declared_offset / 10_000
    found = []
    for band in sensor.bands:
        factor = sensor.coarse[band]
        pixels = burn(frame.numbers(band), sensor.margin // factor, scene.offset)
        cell = sensor.gsd * factor
        found.append(Layer(band, pixels[None], cell, (band,), 0.0001, offset, nodata=0))
    if scene.sensor == "sim-10m":
        classes = scene_classes(world, frame, sensor.margin)
        found.append(Layer("scl", classes[None], SCENE_CLASS_M, ("scl",), nodata=0))
    else:
        mask = usability(world, frame, sensor.margin)
        found.append(Layer("udm2", mask, sensor.gsd, UDM_BANDS))
    return found


def redraw(world: World, scene: Scene) -> dict[str, NDArray[np.integer]]:
    """The pixels of every asset of one scene, as `write_layer` would store them."""
    frame = Renderer(world, scene.sensor).frame(scene)
    return {layer.name: layer.pixels for layer in layers(world, frame)}


def write_layer(layer: Layer, scene: Scene, seed: int, place: Path) -> None:
    """Write one asset as a cloud-optimised GeoTIFF."""
    bands, rows, columns = layer.pixels.shape
    profile = {
        "driver": "GTiff",
        "count": bands,
        "height": rows,
        "width": columns,
        "dtype": layer.pixels.dtype,
        "crs": f"EPSG:{EPSG}",
        "transform": layer.transform,
        "nodata": layer.nodata,
    }
    tags = {
        "FEB11_KIND": "simulated",
        "FEB11_WORLD": str(seed),
        "FEB11_SCENE": scene.id,
        "FEB11_SENSOR": scene.sensor,
        "FEB11_DATETIME": scene.datetime.isoformat().replace("+00:00", "Z"),
        "TIFFTAG_IMAGEDESCRIPTION": DESCRIPTION,
    }
    if scene.orbit:
        tags["FEB11_ORBIT"] = str(scene.orbit)
    if scene.declared_baseline:
        tags["FEB11_BASELINE"] = scene.declared_baseline
    with MemoryFile() as memory:
        with memory.open(**profile) as image:
            image.write(layer.pixels)
            image.update_tags(**tags)
            for number, name in enumerate(layer.bands, start=1):
                image.set_band_description(number, name)
            image.scales = (layer.scale,) * bands
            image.offsets = (layer.offset,) * bands
        with memory.open() as image:
            rasterio.shutil.copy(image, place, **CREATION)
