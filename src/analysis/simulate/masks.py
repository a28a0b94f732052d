"""Scene classes and usability masks as products carry them: useful, and wrong in known ways.

Errors drawn in, all of them reported of real masks: bright roofs called cloud,
date after date; building shadow called cloud shadow; rims of clouds and thin
cloud missed; snow taken for cloud and cloud for snow; small false clouds.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation
from shapely.geometry import Polygon

from analysis.simulate.chance import stream
from analysis.simulate.coverage import Grid, coverage, window
from analysis.simulate.ground import fractal
from analysis.simulate.light import cast_shadow, standing_cover
from analysis.simulate.render import Frame, chip_grid
from analysis.simulate.sensors import SENSORS
from analysis.simulate.spec import CENTURY
from analysis.simulate.world import Scene, World

Classes = NDArray[np.uint8]

NO_DATA, DARK, CLOUD_SHADOW, VEGETATION, BARE, WATER, UNCLASSIFIED = 0, 2, 3, 4, 5, 6, 7
CLOUD_MEDIUM, CLOUD_HIGH, CIRRUS, SNOW = 8, 9, 10, 11
"""Class numbers of the scene classification, as in the mission it is modelled on."""

SCENE_CLASS_M = 20.0
"""Pixel of the scene classification."""

PATCH_M = 300.0
"""Size of a patch of wrong classes, metres."""

BRIGHT = 0.24
"""Mean visible reflectance from which a roof passes for cloud."""

UDM_BANDS = (
    "clear",
    "snow",
    "shadow",
    "light_haze",
    "heavy_haze",
    "cloud",
    "confidence",
    "unusable",
)
"""Bands of the usability mask of the 3 m sensor."""

UDM_CHANGE = 2023 + CENTURY
"""From this year on the mask calls all haze light, as its second version does."""


def scene_classes(world: World, frame: Frame, margin: int) -> Classes:
    """Scene classification at 20 m of a 10 m frame; the margin (in pixels) is no data."""
    scene, factor = frame.scene, round(SCENE_CLASS_M / SENSORS[frame.scene.sensor].gsd)
    chance = stream(world.seed, "classes", scene.number)
    seen = {b: _mean(v, factor) for b, v in frame.surface.items() if v.shape == _widest(frame)}
    opacity, shadow, snow = (
        _mean(v, factor) for v in (frame.sky.opacity, frame.sky.shadow, frame.snow)
    )
    green = (seen["nir"] - seen["red"]) / np.maximum(seen["nir"] + seen["red"], 0.01)
    classes = np.full(opacity.shape, BARE, np.uint8)
    classes[green > 0.4] = VEGETATION
    classes[(green < 0.05) & (seen["nir"] < 0.09)] = WATER
    classes[chance.random(classes.shape) < 0.002] = UNCLASSIFIED
    grid = _coarse_grid(frame, SCENE_CLASS_M)
    _buildings(classes, world, scene, grid, chance)
    classes[snow > 0.45] = SNOW
    confused = (snow > 0.45) & (_blobs(chance, classes.shape) > 1.9)
    classes[confused] = CLOUD_MEDIUM
    classes[shadow > 0.35] = CLOUD_SHADOW
    # a rim of about a pixel is missed, more where the cloud is thin
    seen_cloud = opacity + chance.normal(0, 0.06, opacity.shape)
    classes[seen_cloud > 0.42] = CLOUD_MEDIUM
    classes[seen_cloud > 0.75] = CLOUD_HIGH
    if frame.sky.veil > 0.05:
        veiled = np.isin(classes, (VEGETATION, BARE)) & (_blobs(chance, classes.shape) > 0.2)
        classes[veiled] = CIRRUS
    if scene.snow and scene.cloud:
        classes[(opacity > 0.75) & (_blobs(chance, classes.shape) > 1.6)] = SNOW
    edge = margin // factor
    inner = np.zeros_like(classes)
    keep = slice(edge, len(classes) - edge)
    inner[keep, keep] = classes[keep, keep]
    return inner


def _buildings(
    classes: Classes, world: World, scene: Scene, grid: Grid, chance: np.random.Generator
) -> None:
    """Bright roofs as cloud; shadows of buildings as dark ground or as cloud shadow."""
    low_sun = scene.sun_elevation < 40
    for building in world.buildings:
        cover = standing_cover(building, scene.date)
        if cover is None:
            continue
        roof = Polygon(building.roof)
        shade = cast_shadow(roof, building.height, scene)
        part = window(grid, roof, shade)
        if part is None:
            continue
        view = classes[part.rows, part.columns]
        called = CLOUD_SHADOW if chance.random() < (0.5 if low_sun else 0.15) else DARK
        view[coverage(shade, grid, part) > 0.4] = called
        bright = float(np.mean(np.array(cover.colours)[:, :3]))
        likely = 0.65 if bright > BRIGHT else 0.08
        share = coverage(roof, grid, part)
        view[share > 0.4] = BARE
        if chance.random() < likely:
            flagged = share > 0.45
            view[flagged] = CLOUD_HIGH if bright > 1.4 * BRIGHT else CLOUD_MEDIUM
            if chance.random() < 0.3:  # the false cloud is often a pixel too large
                view[binary_dilation(flagged) & ~flagged] = CLOUD_MEDIUM


def usability(world: World, frame: Frame, margin: int) -> NDArray[np.uint8]:
    """Usability mask of a 3 m frame: eight bands as in `UDM_BANDS`."""
    scene = frame.scene
    chance = stream(world.seed, "usability", scene.number)
    opacity, shadow = frame.sky.opacity, frame.sky.shadow
    seen = opacity + chance.normal(0, 0.04, opacity.shape)
    cloud = seen > 0.5
    haze = (seen > 0.22) & ~cloud
    heavy = haze & (seen > 0.38)
    light = haze & ~heavy
    if scene.date.year >= UDM_CHANGE:
        light, heavy = haze, np.zeros_like(haze)
    dark = (shadow > 0.4) & ~cloud
    white = (frame.snow > 0.5) & ~cloud & ~dark
    _bright_roofs(cloud, world, scene, chip_grid(opacity.shape[0], 3.0), chance)
    clear = ~(cloud | haze | dark | white)
    confidence = 5 * np.rint(np.clip(95 - 60 * np.abs(seen - np.rint(seen)), 30, 95) / 5)
    made = np.stack(
        [clear, white, dark, light, heavy, cloud, confidence, np.zeros_like(clear)]
    ).astype(np.uint8)
    outside = np.ones(opacity.shape, bool)
    outside[margin:-margin, margin:-margin] = False
    made[:, outside] = 0
    made[7, outside] = 1
    return made


def _bright_roofs(
    cloud: NDArray[np.bool_], world: World, scene: Scene, grid: Grid, chance: np.random.Generator
) -> None:
    for building in world.buildings:
        cover = standing_cover(building, scene.date)
        roof = Polygon(building.roof)
        part = window(grid, roof)
        if cover is None or part is None:
            continue
        bright = float(np.mean(np.array(cover.colours)[:, :3]))
        if chance.random() < (0.25 if bright > BRIGHT else 0.01):
            cloud[part.rows, part.columns] |= coverage(roof, grid, part) > 0.6


def _widest(frame: Frame) -> tuple[int, ...]:
    return max((v.shape for v in frame.surface.values()), key=lambda shape: shape[0])


def _mean(image: NDArray[np.floating], factor: int) -> NDArray[np.floating]:
    rows, columns = image.shape[0], image.shape[1]
    return image.reshape(rows // factor, factor, columns // factor, factor).mean(axis=(1, 3))


def _coarse_grid(frame: Frame, cell: float) -> Grid:
    side = frame.sky.opacity.shape[0] * SENSORS[frame.scene.sensor].gsd
    return chip_grid(round(side / cell), cell)


def _blobs(chance: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.floating]:
    """A smooth field of variance one: errors come in patches of some hundred metres."""
    rows, columns = shape
    return fractal(chance, (rows, columns), SCENE_CLASS_M, PATCH_M, 3.2)
