"""Where the plant lies: countries, the two published points, and distances.

The base map is Natural Earth 4.1.0 (public domain), as the npm package
``world-atlas`` carries it: TopoJSON, read by GDAL's own driver. No tile is
fetched.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd
from pyproj import Transformer
from shapely import box, make_valid

from analysis.errors import UserError
from analysis.evidence import Evidence, load
from analysis.geojson import WGS84
from analysis.steps import resolve, step

BASE_MAP = "node_modules/world-atlas/countries-50m.json"
"""Countries at 1:50 million, for the frame of the whole peninsula."""

CLOSE_MAP = "node_modules/world-atlas/countries-10m.json"
"""The same at 1:10 million, for the frame of the city; still generalised."""

WINDOW = (112.0, 28.0, 146.0, 51.0)
CLOSE_WINDOW = (127.0, 39.4, 128.4, 40.5)
"""West, south, east, north in degrees: what is kept of each map."""

BUILDING_A, BUILDING_B, CITY = "G02", "G01", "G09"
"""Rows of the table ``geography``: the two published points, and Hamhung."""


@dataclass(frozen=True)
class Locator:
    """All that the locator map shows, in metres east and north of the plant."""

    projection: str
    """PROJ string: Lambert's azimuthal equal-area projection on WGS 84."""
    countries: gpd.GeoDataFrame
    """``id`` (ISO 3166 numeric) and ``geometry``, clipped to `WINDOW`."""
    close: gpd.GeoDataFrame
    """The same of the finer map, clipped to `CLOSE_WINDOW`."""
    points: pd.DataFrame
    """Index ``building-a``, ``building-b``, ``city``; columns ``lat``, ``lon``
    (degrees, as published), ``x``, ``y`` (metres), ``source``."""


@step(reads=("evidence", BASE_MAP, CLOSE_MAP))
def layers() -> Locator:
    """Countries around the plant and the published points, projected.

    The projection's centre is the middle of the two published points; it keeps
    areas, and distances from the centre to within 0.1 % inside 500 km.
    """
    points = published_points(load())
    buildings = points.loc[["building-a", "building-b"]]
    projection = (
        f"+proj=laea +lat_0={buildings['lat'].mean():.6f} +lon_0={buildings['lon'].mean():.6f} "
        "+datum=WGS84 +units=m +no_defs"
    )
    to_metres = Transformer.from_crs("EPSG:4326", projection, always_xy=True)
    x, y = to_metres.transform(points["lon"].to_numpy(), points["lat"].to_numpy())
    return Locator(
        projection=projection,
        countries=countries(BASE_MAP, WINDOW).to_crs(projection),
        close=countries(CLOSE_MAP, CLOSE_WINDOW).to_crs(projection),
        points=points.assign(x=x, y=y),
    )


def countries(name: str, window: tuple[float, float, float, float]) -> gpd.GeoDataFrame:
    """Countries of one base map inside a window, in degrees: ``id``, ``geometry``.

    Some outlines cross themselves after the quantisation of TopoJSON; they are
    made valid before they are clipped.
    """
    world = gpd.read_file(resolve(name), layer="countries", engine="pyogrio", bbox=window)
    world = world.set_crs("OGC:CRS84")[["id", "geometry"]]
    world["geometry"] = make_valid(world.geometry.values)
    return world.clip(box(*window)).sort_values("id", ignore_index=True)


def published_points(evidence: Evidence) -> pd.DataFrame:
    """The published points and the city's, from the table ``geography``.

    Raises
    ------
    UserError
        If a row is missing or has no coordinates.
    """
    table = evidence.geography.set_index("geo_id")
    rows = {"building-a": BUILDING_A, "building-b": BUILDING_B, "city": CITY}
    for geo_id in rows.values():
        if geo_id not in table.index or table.loc[geo_id, ["lat", "lon"]].isna().any():
            raise UserError(f"geography.csv: row {geo_id} with coordinates is missing")
    found = table.loc[list(rows.values()), ["lat", "lon", "source_key"]]
    return found.set_axis(list(rows)).rename(columns={"source_key": "source"})


def distance(one: pd.Series, other: pd.Series) -> float:
    """Metres between two points (``lat``, ``lon``) along WGS 84."""
    return WGS84.inv(one["lon"], one["lat"], other["lon"], other["lat"])[2]
