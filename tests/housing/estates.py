"""Drawn estates in memory, measured as scenes of a run are, with their truth beside them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import xarray as xr
from bench import blocks as bench

from analysis import simulate
from analysis.growth import measure as growth
from analysis.growth.buildings import Measured
from analysis.housing import zone
from analysis.scenes import grid as grids
from analysis.simulate.world import ORIGIN, World, to_degrees
from analysis.site import Site, parse


@dataclass
class InMemory:
    """What the growth analysis asks of prepared scenes, without files behind them."""

    cubes: dict[str, xr.Dataset]
    site: Site
    sensor: str
    kind: str = "simulated"
    warnings: list[str] = field(default_factory=list)
    sheets: tuple[Any, ...] = ()

    @property
    def cube(self) -> xr.Dataset:
        return self.cubes[self.sensor]

    def why_left(self) -> str:
        """No scene is left out: all that is drawn is used."""
        return ""


@dataclass(frozen=True)
class Estate:
    """A world, and what was found in it."""

    world: World
    site: Site
    cube: xr.Dataset
    measured: Measured
    view: zone.View
    zone: zone.Zone


def site_of(outline: Any, *, housing: bool = True) -> Site:
    """A site around the origin, with a housing zone (metres about the origin) or without."""
    square = ((-150, -150), (150, -150), (150, 150), (-150, 150))
    rings = {"aoi": square} | ({"housing-zone": outline} if housing else {})
    features = [
        {"type": "Feature", "id": role,
         "properties": {"name": role, "role": role, "kind": "simulated"},
         "geometry": to_degrees(ring).__geo_interface__}
        for role, ring in rings.items()
    ]  # fmt: skip
    text = json.dumps({"type": "FeatureCollection", "properties": {"name": "drawn"},
                       "features": features})  # fmt: skip
    return parse(text.encode(), "drawn.geojson")


def cube_of(seed: int, scenes: int, sensor: str = "sim-3m") -> tuple[World, Any, xr.Dataset]:
    """A drawn estate, its zone about the origin, and its scenes."""
    plain = replace(simulate.MATCHED, halls=2, hall_area=(1500.0, 1600.0), ratio=(0.5, 0.6))
    roomy = simulate.with_scenes(plain, scenes, sensor)
    world, outline = bench.estate(seed, roomy)
    plan = replace(roomy.plans[0], pixels=bench.PIXELS[sensor])
    cube = simulate.cube(replace(world, spec=replace(roomy, plans=(plan,))))
    return world, tuple(outline.exterior.coords[:-1]), cube


@cache
def estate(seed: int, scenes: int = 24, sensor: str = "sim-3m") -> Estate:
    """An estate, measured from scenes to outlines, dates and number."""
    world, outline, cube = cube_of(seed, scenes, sensor)
    site = site_of(outline)
    done = InMemory({sensor: cube}, site, sensor)
    found = growth.measure(done, seed=seed, level=0.9)  # type: ignore[arg-type]
    crs = str(cube.attrs["crs"])
    shapes = tuple(grids.projected(f.geometry, crs) for f in site.role("housing-zone"))
    seen = zone.view(sensor, cube, shapes, site, found, seed)
    whole = zone.Zone("simulated", "simulated", 0.9, crs, shapes, (seen,), "", ("drawn",))
    return Estate(world, site, cube, found, seen, whole)


__all__ = ["ORIGIN", "Estate", "InMemory", "cube_of", "estate", "site_of"]
