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
from analysis.scenes.planes import Kept, Planes, keep, scratch
from analysis.scenes.registration import Shift
from analysis.scenes.scene import Scene, iso
from analysis.scenes.shift import filled, moved, moved_mask
from analysis.site import Site

POINT_M = 60.0
"""Radius around a published point over which its masked share is told: a large hall."""


@dataclass
class Sheet:
    """One date on its way into the cube; its pixels lie in planes, see `analysis.scenes.planes`."""

    scene: Scene
    role: str
    date: int = 0
    """Its place in the planes."""
    layers: tuple[str, ...] = ()
    """Bands that it has there."""
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


def align(planes: Planes, sheet: Sheet) -> None:
    """Bring one date to the common frame, in one resampling."""
    if sheet.shift is None:
        return
    dy, dx = sheet.shift.y, sheet.shift.x
    core = np.ones(planes.shape, dtype=bool)
    for name in sheet.layers:
        image = planes.get(name, sheet.date)
        there = np.isfinite(image)
        if there.any():
            out = moved(filled(image.astype(np.float64), there), dy, dx)
            image = np.where(moved_mask(there, dy, dx), out, np.nan).astype(np.float32)
            planes.put(name, sheet.date, image)
        if name in sensors.CORE:
            core &= np.isfinite(image)
    planes.put("valid", sheet.date, moved_mask(planes.get("valid", sheet.date), dy, dx) & core)


def harmonised(sheet: Sheet, name: str, image: np.ndarray) -> np.ndarray:
    """One band of one date after the relative normalisation."""
    if sheet.harmony is None or not sheet.harmony.stable or name not in sensors.CORE:
        return image
    place = sensors.CORE.index(name)
    offset, gain = sheet.harmony.offset[place], sheet.harmony.gain[place]
    return ((image - np.float32(offset)) / np.float32(gain)).astype(np.float32)


def finish(planes: Planes, sheets: Sequence[Sheet], box: GeoBox, *, harmonise: bool) -> Kept:
    """Planes of the cube: normalised where asked for, and cut to ``box``, their middle."""
    names = [n for n in (*sensors.CORE, *sensors.OPTIONAL) if any(n in s.layers for s in sheets)]
    top, left = ((a - b) // 2 for a, b in zip(planes.shape, box.shape, strict=True))
    inner = (slice(top, top + box.shape[0]), slice(left, left + box.shape[1]))
    none = np.full(box.shape, np.nan, dtype=np.float32)
    with scratch(len(sheets), (box.shape[0], box.shape[1])) as final:
        for n, sheet in enumerate(sheets):
            final.put("valid", n, planes.get("valid", sheet.date)[inner])
            for name in names:
                image = none
                if name in sheet.layers:
                    image = planes.get(name, sheet.date)
                    image = (harmonised(sheet, name, image) if harmonise else image)[inner]
                final.put(name, n, image)
        return keep(final)


def build(sheets: Sequence[Sheet], kept: Kept, box: GeoBox, *, aligned: bool) -> xr.Dataset:
    """The cube of one sensor.

    Dims ``time, y, x``; variables are the bands (float32 reflectance, NaN
    where there is no pixel) and ``valid`` (boolean). They lie on disk and are
    read when they are used; ``cube.load()`` takes all of it into memory.
    Shifts are in pixels, (y, x), as they were measured, whether or not they
    have been applied (attribute ``aligned``).
    """
    names = [n for n in (*sensors.CORE, *sensors.OPTIONAL) if any(n in s.layers for s in sheets)]
    data = {
        name: kept.variable(name, {
            "units": "1", "long_name": f"surface reflectance, {name}",
            "grid_mapping": "spatial_ref"})
        for name in names
    }  # fmt: skip
    data["valid"] = kept.variable("valid", {})
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
