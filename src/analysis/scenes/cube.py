"""The cube: scenes of one sensor on one grid, aligned and harmonised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import rasterio.features
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_coords
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from analysis.scenes import grid as grids
from analysis.scenes import sensors
from analysis.scenes.normalise import Harmony
from analysis.scenes.registration import Shift
from analysis.scenes.scene import Scene, iso
from analysis.scenes.shift import filled, moved, moved_mask
from analysis.site import Site

POINT_M = 60.0
"""Radius around a published point over which its masked share is told: a large hall."""


@dataclass
class Sheet:
    """One date on its way into the cube."""

    scene: Scene
    role: str
    bands: dict[str, np.ndarray]
    """Reflectance, float32 ``(y, x)``."""
    valid: np.ndarray
    """Ground in plain sight."""
    cloud: float | None = None
    """Percent of the area under cloud, by the scene's own mask; ``None`` without one."""
    masked: Mapping[str, float] = field(default_factory=dict)
    """Share of each zone of the site that is not in plain sight."""
    mask: str = ""
    """Layer that the mask came from; empty for the series itself."""
    shift: Shift | None = None
    harmony: Harmony | None = None
    resampled: tuple[str, ...] = ()


def zones(site: Site, box: GeoBox) -> dict[str, np.ndarray]:
    """Pixels of each feature of a site, ``(y, x)`` and boolean; a point becomes a disc."""
    height, width = grids.pixel_m(box)
    found = {}
    for feature in site.features:
        shape = grids.projected(feature.geometry, str(box.crs))
        if isinstance(shape, Point):
            found[feature.id] = _disc(shape, box, height, width)
        else:
            found[feature.id] = _inside(shape, box)
    return found


def _inside(shape: BaseGeometry, box: GeoBox) -> np.ndarray:
    return rasterio.features.geometry_mask(
        [shape], box.shape, box.affine, all_touched=True, invert=True
    )


def _disc(point: Point, box: GeoBox, height: float, width: float) -> np.ndarray:
    column, row = ~box.affine * (point.x, point.y)
    y, x = np.ogrid[: box.shape[0], : box.shape[1]]
    away = ((y + 0.5 - row) * height) ** 2 + ((x + 0.5 - column) * width) ** 2
    return away <= POINT_M**2


def crop(sheet: Sheet, pixels: int) -> None:
    """Take some pixels off each side."""
    inner = (slice(pixels, -pixels), slice(pixels, -pixels))
    sheet.bands = {name: image[inner] for name, image in sheet.bands.items()}
    sheet.valid = sheet.valid[inner]


def align(sheet: Sheet) -> None:
    """Bring one date to the common frame, in one resampling."""
    if sheet.shift is None:
        return
    dy, dx = sheet.shift.y, sheet.shift.x
    for name, image in sheet.bands.items():
        there = np.isfinite(image)
        if not there.any():
            continue
        out = moved(filled(image.astype(np.float64), there), dy, dx)
        sheet.bands[name] = np.where(moved_mask(there, dy, dx), out, np.nan).astype(np.float32)
    core = np.all([np.isfinite(sheet.bands[n]) for n in sensors.CORE], axis=0)
    sheet.valid = moved_mask(sheet.valid, dy, dx) & core


def harmonise(sheet: Sheet) -> None:
    """Apply the relative normalisation of one date."""
    if sheet.harmony is None or not sheet.harmony.stable:
        return
    pairs = zip(sensors.CORE, sheet.harmony.gain, sheet.harmony.offset, strict=True)
    for name, gain, offset in pairs:
        sheet.bands[name] = ((sheet.bands[name] - np.float32(offset)) / np.float32(gain)).astype(
            np.float32
        )


def build(sheets: Sequence[Sheet], box: GeoBox, *, aligned: bool) -> xr.Dataset:
    """The cube of one sensor.

    Dims ``time, y, x``; variables are the bands (float32 reflectance, NaN
    where there is no pixel) and ``valid`` (boolean). Shifts are in pixels,
    (y, x), as they were measured, whether or not they have been applied
    (attribute ``aligned``).
    """
    names = [n for n in (*sensors.CORE, *sensors.OPTIONAL) if any(n in s.bands for s in sheets)]
    none = np.full(box.shape, np.nan, dtype=np.float32)
    data = {
        name: (("time", "y", "x"), np.stack([s.bands.get(name, none) for s in sheets]))
        for name in names
    }
    data["valid"] = (("time", "y", "x"), np.stack([s.valid for s in sheets]))
    spatial = xr_coords(box)
    y, x = box.dimensions
    spatial = {("y" if k == y else "x" if k == x else k): v for k, v in spatial.items()}
    coords: dict[str, Any] = {k: v for k, v in spatial.items() if k == "spatial_ref"}
    coords["y"] = ("y", np.asarray(spatial["y"]))
    coords["x"] = ("x", np.asarray(spatial["x"]))
    time = np.array([s.scene.when.replace(tzinfo=None) for s in sheets], dtype="datetime64[ns]")
    cube = xr.Dataset(data, coords={**coords, "time": time})
    cube = cube.assign_coords({k: ("time", v) for k, v in _along(sheets).items()})
    height, width = grids.pixel_m(box)
    kinds = {s.scene.kind for s in sheets}
    cube.attrs = {
        "sensor": sheets[0].scene.sensor,
        "kind": "observed" if kinds == {"observed"} else
                "simulated" if "simulated" in kinds else "undeclared",
        "crs": str(box.crs), "transform": tuple(box.affine)[:6],
        "pixel_height_m": height, "pixel_width_m": width, "pixel_area_m2": height * width,
        "aligned": aligned,
    }  # fmt: skip
    for name in names:
        cube[name].attrs = {"units": "1", "long_name": f"surface reflectance, {name}",
                            "grid_mapping": "spatial_ref"}  # fmt: skip
    return cube


def _along(sheets: Sequence[Sheet]) -> dict[str, np.ndarray]:
    """What is known of each date."""

    def number(value: float | None) -> float:
        return float("nan") if value is None else float(value)

    shifts = [s.shift or Shift(0.0, 0.0, (0.0, 0.0, 0.0), 0.0, 0) for s in sheets]
    scenes = [s.scene for s in sheets]
    return {
        "scene": np.array([s.id for s in scenes]),
        "role": np.array([s.role for s in sheets]),
        "kind": np.array([s.kind for s in scenes]),
        "platform": np.array([s.platform for s in scenes]),
        "generation": np.array([s.generation for s in scenes]),
        "baseline": np.array([s.baseline or "" for s in scenes]),
        "orbit": np.array([-1 if s.orbit is None else s.orbit for s in scenes]),
        "sun_elevation": np.array([number(s.sun_elevation) for s in scenes]),
        "sun_azimuth": np.array([number(s.sun_azimuth) for s in scenes]),
        "view_zenith": np.array([number(s.view_zenith) for s in scenes]),
        "view_azimuth": np.array([number(s.view_azimuth) for s in scenes]),
        "shift_y": np.array([s.y for s in shifts]),
        "shift_x": np.array([s.x for s in shifts]),
        "shift_var_yy": np.array([s.covariance[0] for s in shifts]),
        "shift_var_xx": np.array([s.covariance[1] for s in shifts]),
        "shift_var_yx": np.array([s.covariance[2] for s in shifts]),
        "acquired": np.array([iso(s.when) for s in scenes]),
    }
