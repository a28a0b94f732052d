"""A cube on square pixels in metres, for those that come in degrees.

Outlines are fitted in metres, with one pixel size. Scenes from a service are already so; a pair
in degrees is resampled here once, and whoever shows the outcome says so.
"""

from __future__ import annotations

import math

import numpy as np
import rasterio.warp
import xarray as xr
from affine import Affine
from rasterio.enums import Resampling

SQUARE = 0.01
"""Relative difference of the sides below which a pixel counts as square."""


def is_metric(cube: xr.Dataset) -> bool:
    """Whether pixels are square and a unit of the grid is a metre."""
    step = _steps(cube)
    known = float(cube.attrs.get("pixel_width_m", step[0]))
    return abs(step[0] - known) < SQUARE * known and abs(step[0] - step[1]) < SQUARE * step[0]


def metric(cube: xr.Dataset) -> xr.Dataset:
    """The cube itself, or the same resampled to square pixels of its zone of UTM.

    Bands by cubic convolution, ``valid`` where all of the kernel's middle was seen. Attributes and
    coordinates along time stay.
    """
    if is_metric(cube):
        return cube
    gsd = float(math.sqrt(cube.attrs["pixel_area_m2"]))
    x, y = cube["x"].values, cube["y"].values
    width, height = _steps(cube)
    source = Affine(width, 0, x[0] - width / 2, 0, -height, y[0] + height / 2)
    crs = str(cube.attrs["crs"])
    target = _utm(crs, float(x.mean()), float(y.mean()))
    made, columns, rows = rasterio.warp.calculate_default_transform(
        crs, target, x.size, y.size, x[0] - width / 2, y[-1] - height / 2, x[-1] + width / 2,
        y[0] + height / 2, resolution=gsd,
    )  # fmt: skip

    def warped(stack: np.ndarray, how: Resampling) -> np.ndarray:
        out = np.full((stack.shape[0], rows, columns), np.nan, np.float32)
        rasterio.warp.reproject(
            stack.astype(np.float32), out, src_transform=source, src_crs=crs, src_nodata=np.nan,
            dst_transform=made, dst_crs=target, dst_nodata=np.nan, resampling=how,
        )  # fmt: skip
        return out

    data = {
        name: (("time", "y", "x"), warped(cube[name].values, Resampling.cubic))
        for name in cube.data_vars
        if name != "valid"
    }
    seen = warped(cube["valid"].values.astype(np.float32), Resampling.bilinear) > 0.99
    data["valid"] = (("time", "y", "x"), seen)
    coords = {k: v for k, v in cube.coords.items() if v.dims in (("time",), ())}
    coords.pop("spatial_ref", None)
    new = xr.Dataset(data, coords=coords).assign_coords(
        x=made.c + gsd * (np.arange(columns) + 0.5), y=made.f - gsd * (np.arange(rows) + 0.5)
    )
    new.attrs = cube.attrs | {
        "crs": target, "transform": tuple(made)[:6], "pixel_width_m": gsd, "pixel_height_m": gsd,
        "pixel_area_m2": gsd**2,
    }  # fmt: skip
    return new


def _steps(cube: xr.Dataset) -> tuple[float, float]:
    """Width and height of a pixel in units of the grid."""
    return tuple(abs(float(cube[d][1] - cube[d][0])) for d in ("x", "y"))  # type: ignore[return-value]


def _utm(crs: str, x: float, y: float) -> str:
    longitudes, latitudes = rasterio.warp.transform(crs, "EPSG:4326", [x], [y])
    zone = int((longitudes[0] + 180) // 6) + 1
    return f"EPSG:{32600 + zone if latitudes[0] >= 0 else 32700 + zone}"
