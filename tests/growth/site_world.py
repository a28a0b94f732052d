"""A small drawn world as a site, measured once for the tests that look at what comes of it."""

from functools import cache

import numpy as np
import shapely
from pyproj import Transformer

from analysis.growth import measure
from analysis.scenes.prepare import Prepared, Request
from analysis.scenes.source import Source
from analysis.site import Feature, Site
from tests.growth import worlds


@cache
def measured():
    """World, its scenes as prepared, and what was measured in them."""
    world, scenes = worlds.seen("matched", 3, 3)
    outlines = worlds.outlines(world)
    x, y = scenes["x"].values, scenes["y"].values
    whole = shapely.box(x.min(), y.min(), x.max(), y.max())
    old = next(b.id for b in world.buildings if b.ground_broken is None)
    fence = shapely.union_all(list(outlines.values())).buffer(40).convex_hull
    crs = str(scenes.attrs["crs"])
    site = Site(
        "drawn works",
        (
            Feature("aoi", "all", "aoi", "simulated", degrees(whole, crs)),
            Feature("fence", "fence", "perimeter", "simulated", degrees(fence, crs)),
            Feature(old, old, "reference", "simulated", degrees(outlines[old].centroid, crs)),
        ),
    )
    done = Prepared(
        Request(), Source("drawn", "catalogue", "."), site, [], [], [], cubes={"10m": scenes}
    )
    found = measure.measure(done, seed=1, level=0.9)
    found.kind = "simulated"  # as its scenes say; here there are no sheets to say it
    return world, done, found


def degrees(shape, crs):
    to = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    return shapely.transform(shape, lambda xy: np.column_stack(to.transform(xy[:, 0], xy[:, 1])))
