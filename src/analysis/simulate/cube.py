"""Worlds in memory: one sensor's scenes as a cube, in the form in which loaded scenes come."""

from __future__ import annotations

import numpy as np
import xarray as xr
from scipy.ndimage import binary_dilation

from analysis.simulate.masks import CIRRUS, CLOUD_HIGH, CLOUD_MEDIUM, CLOUD_SHADOW, scene_classes
from analysis.simulate.render import DN_PER_REFLECTANCE, Frame, Renderer
from analysis.simulate.sensors import SENSORS
from analysis.simulate.world import EPSG, ORIGIN, World

VISIBLE = ("blue", "green", "red", "nir")
"""Bands of a cube; the short-wave band has another grid and stays out."""

HIDDEN = 0.05
"""Opacity of cloud, or share of light lost to its shadow, from which a pixel is not valid."""


def cube(
    world: World, sensor: str | None = None, *, masks: str = "truth", snow_limit: float = 0.3
) -> xr.Dataset:
    """Render all scenes of one sensor into memory.

    Parameters
    ----------
    world
        A drawn world.
    sensor
        Name of a sensor of the world; the first one by default.
    masks
        ``truth``: a pixel is valid where no cloud or cloud shadow is; ``classes``: where the
        scene classification, with its errors, does not say cloud or cloud shadow, dilated by
        a pixel (10 m only).
    snow_limit
        Share of snow from which a pixel is not valid.

    Returns
    -------
    xarray.Dataset
        ``blue green red nir`` as float32 surface reflectance and ``valid`` as bool, with
        dimensions ``time, y, x``; for each time the coordinates ``scene``, ``sensor``, ``kind``,
        ``orbit``, ``baseline``, ``sun_azimuth``, ``sun_elevation``, ``view_zenith``,
        ``view_azimuth`` and the true displacement of the content, ``shift_x`` (columns) and
        ``shift_y`` (rows), in pixels. ``x`` and ``y`` are metres of the attribute ``crs``.
    """
    name = sensor or world.spec.plans[0].sensor
    renderer = Renderer(world, name, np.float32, VISIBLE)
    scenes, gsd = world.of(name), SENSORS[name].gsd
    shape = (len(scenes), renderer.pixels, renderer.pixels)
    bands = {b: np.empty(shape, np.float32) for b in VISIBLE}
    valid = np.empty(shape, bool)
    for i, scene in enumerate(scenes):
        frame = renderer.frame(scene)
        for band in VISIBLE:
            # what integer pixels leave of it, with the offset taken off again
            level = frame.numbers(band).astype(np.float32) - scene.offset
            bands[band][i] = level / DN_PER_REFLECTANCE
        valid[i] = _valid(world, frame, masks) & (frame.snow < snow_limit)
    east, north = renderer.grid.centres()
    dims = ("time", "y", "x")
    each = {
        "scene": [s.id for s in scenes],
        "sensor": [s.sensor for s in scenes],
        "kind": ["simulated"] * len(scenes),
        "orbit": [s.orbit for s in scenes],
        "baseline": [s.baseline for s in scenes],
        "sun_azimuth": [s.sun_azimuth for s in scenes],
        "sun_elevation": [s.sun_elevation for s in scenes],
        "view_zenith": [s.incidence for s in scenes],
        "view_azimuth": [s.view_azimuth for s in scenes],
        "shift_x": [s.shift_m[0] / gsd for s in scenes],
        "shift_y": [-s.shift_m[1] / gsd for s in scenes],
    }
    times = np.array([s.datetime.replace(tzinfo=None) for s in scenes], "datetime64[ns]")
    return xr.Dataset(
        {**{b: (dims, v) for b, v in bands.items()}, "valid": (dims, valid)},
        coords={
            "time": times,
            "y": ORIGIN[1] + north,
            "x": ORIGIN[0] + east,
            **{k: ("time", v) for k, v in each.items()},
        },
        attrs={"crs": f"EPSG:{EPSG}", "kind": "simulated", "seed": world.seed, "gsd": gsd},
    )


def _valid(world: World, frame: Frame, masks: str) -> np.ndarray:
    if masks == "truth":
        return (frame.sky.opacity < HIDDEN) & (frame.sky.shadow < HIDDEN)
    if masks != "classes" or frame.scene.sensor != "sim-10m":
        raise ValueError(f"masks {masks!r} of {frame.scene.sensor}: use 'truth'")
    classes = scene_classes(world, frame, 0)
    bad = np.isin(classes, (CLOUD_SHADOW, CLOUD_MEDIUM, CLOUD_HIGH, CIRRUS))
    return ~np.kron(binary_dilation(bad), np.ones((2, 2), bool))
