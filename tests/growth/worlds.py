"""Small worlds with known truth, cut as detection would hand them over."""

from dataclasses import replace
from functools import cache

import numpy as np
from shapely import affinity
from shapely.geometry import Polygon

from analysis.growth import footprint, window
from analysis.simulate import MATCHED, SPECS, cube, draw
from analysis.simulate.world import ORIGIN


@cache
def seen(name: str = "matched", seed: int = 3, halls: int = 3):
    spec = replace(SPECS[name], halls=halls, ratio=(0.6, 0.7))
    world = draw(seed, spec)
    return world, cube(world)


def outlines(world):
    return {b.id: affinity.translate(Polygon(b.roof), *ORIGIN) for b in world.buildings}


@cache
def fitted(name: str, seed: int, identity: str, halls: int = 3):
    """One building's fit, begun from an outline that is 4 m, 3 degrees and 8 % off."""
    world, scenes = seen(name, seed, halls)
    return fit(world, scenes, identity)


def fit(world, scenes, identity):
    building, shapes = world.by_id[identity], outlines(world)
    start = affinity.translate(
        affinity.rotate(affinity.scale(shapes[identity], 1.08, 0.95), 3.0), 3.0, -2.5
    )
    one = window.cut(scenes, start, others=[p for k, p in shapes.items() if k != identity],
                     **stages(building))  # fmt: skip
    return footprint.fit([one], start)


def stages(building):
    return {
        "before_until": building.ground_broken and np.datetime64(building.ground_broken),
        "after_from": building.roof_on and np.datetime64(building.roof_on),
    }


__all__ = ["MATCHED", "fit", "fitted", "outlines", "seen", "stages"]
