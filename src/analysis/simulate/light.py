"""Roofs and shadows in one day's light: which colours a roof wears, and how bright they are."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from analysis.simulate import materials
from analysis.simulate.chance import stream
from analysis.simulate.outlines import sweep
from analysis.simulate.sensors import BANDS
from analysis.simulate.world import Building, Cover, Scene, World


def standing_cover(building: Building, day: date) -> Cover | None:
    """The colours of a building's roof on a day; None before it has one."""
    if building.roof_on is not None and day < building.roof_on:
        return None
    if building.ground_broken is not None and building.roof_on is None:
        return None
    worn = [c for c in building.covers if c.since is None or c.since <= day]
    return worn[-1] if worn else None


def cast_shadow(roof: Polygon, height: float, scene: Scene) -> BaseGeometry:
    """The ground that a building of this height keeps from the sun."""
    if not height:
        return Polygon()
    length = height / math.tan(math.radians(scene.sun_elevation))
    return sweep(roof, *step(scene.sun_azimuth + 180, length))


def slope_light(building: Building, slope: int, scene: Scene) -> NDArray[np.float64]:
    """Brightness of a roof slope against level ground, by band of the spectrum."""
    if slope < 0:
        return np.ones(len(BANDS))
    turn = math.radians(building.angle)
    side = 1.0 if slope == 0 else -1.0
    faces = (side * math.sin(turn), -side * math.cos(turn))
    sun_east, sun_north = step(scene.sun_azimuth, math.cos(math.radians(scene.sun_elevation)))
    up = math.sin(math.radians(scene.sun_elevation))
    pitch = math.radians(building.pitch)
    direct = math.sin(pitch) * (faces[0] * sun_east + faces[1] * sun_north) + math.cos(pitch) * up
    sky = 0.5 * np.array(materials.SKY_SHARE)
    return sky + (1 - sky) * max(direct, 0.0) / up


def roof_snow(world: World, building: Building, scene: Scene) -> float:
    """Share of a roof under snow: heated and steep roofs lose it first."""
    chance = stream(world.seed, "roof snow", scene.number, building.id)
    return float(scene.snow * chance.beta(0.8, 0.8))


def contrast(building: Building, world: World) -> float:
    """Root mean square difference of the last roof from summer ground, over four bands."""
    if not building.covers:
        return 0.0
    roof = np.mean(building.covers[-1].colours, axis=0)[:4]
    grass = 0.5 * (np.array(materials.LEAF) + np.array(materials.STRAW))
    ground = np.array(world.soil) + world.greenness * (grass - np.array(world.soil))
    return float(np.sqrt(np.mean((roof - ground[:4]) ** 2)))


def step(azimuth: float, metres: float) -> tuple[float, float]:
    """Metres east and north of a step in a direction (degrees clockwise from north)."""
    turn = math.radians(azimuth)
    return metres * math.sin(turn), metres * math.cos(turn)
