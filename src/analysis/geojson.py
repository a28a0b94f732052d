"""Geometries out of GeoJSON that nobody vouches for.

Every position is looked at: a number, finite, in range, longitude first.
Polygons must be closed, valid and larger than nothing. Heights are dropped.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from pyproj import Geod
from shapely.geometry import MultiPolygon, Point, Polygon
from shapely.validation import explain_validity

WGS84 = Geod(ellps="WGS84")
"""The ellipsoid on which areas and distances are taken."""

MAX_POSITIONS = 50_000
"""Positions of all features of a file; validity checks stay under a second."""

MIN_AREA_M2 = 1.0
"""A polygon under one square metre is a slip of the hand."""

Geometry: TypeAlias = Polygon | MultiPolygon | Point


class Problem(Exception):
    """What is wrong, and with which feature; the reader of the file adds its name."""


@dataclass
class Budget:
    """Counts positions down, over all features of a file."""

    left: int = MAX_POSITIONS

    def spend(self) -> None:
        """Take one position.

        Raises
        ------
        Problem
            If none is left.
        """
        self.left -= 1
        if self.left < 0:
            raise Problem(f"more than {MAX_POSITIONS} positions in the file; simplify it")


def decode(content: bytes) -> Any:
    """The JSON value in ``content``; strict where Python's reader is lenient.

    Raises
    ------
    Problem
        If it is not JSON in UTF-8, names a member twice, or holds NaN.
    """
    try:
        return json.loads(
            content.decode("utf-8-sig"), parse_constant=_refuse, object_pairs_hook=_once
        )
    except (ValueError, RecursionError) as error:
        raise Problem(f"not JSON in UTF-8: {error}") from None


def geometry(record: Any, allowed: Sequence[str], budget: Budget) -> Geometry:
    """The geometry of a feature, in degrees, longitude first.

    Parameters
    ----------
    record
        The member ``geometry`` of a feature, as read.
    allowed
        Types that it may have, of ``Point``, ``Polygon`` and ``MultiPolygon``.
    budget
        Positions that are left for this file.

    Raises
    ------
    Problem
        Naming what is wrong.
    """
    kind = record.get("type") if isinstance(record, Mapping) else None
    if not isinstance(kind, str) or kind not in allowed:
        raise Problem(f"geometry {show(kind)}; it has to be a {' or '.join(allowed)}")
    coordinates = record.get("coordinates")
    shape: Geometry
    if kind == "Point":
        return Point(_position(coordinates, budget))
    if kind == "Polygon":
        shape = _polygon(coordinates, budget)
    else:
        shape = MultiPolygon([_polygon(part, budget) for part in _members(coordinates)])
    if not shape.is_valid:
        raise Problem(f"its {kind} is not valid: {explain_validity(shape)}")
    if area_m2(shape) < MIN_AREA_M2:
        raise Problem(f"its {kind} has under {MIN_AREA_M2:g} square metre")
    return shape


def area_m2(shape: Geometry) -> float:
    """Geodesic area on WGS 84 in square metres, holes taken off; zero for a point."""
    parts = getattr(shape, "geoms", [shape])
    total = 0.0
    for part in parts:
        if isinstance(part, Polygon):
            shell, *holes = [
                abs(WGS84.polygon_area_perimeter(*ring.xy)[0])
                for ring in (part.exterior, *part.interiors)
            ]
            total += shell - sum(holes)
    return total


def is_number(value: Any) -> bool:
    """Whether a JSON value is a finite number (``true`` is none)."""
    return type(value) is int or (type(value) is float and math.isfinite(value))


def show(value: Any) -> str:
    """A value as a message prints it: short, on one line, no control characters."""
    text = ascii(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _polygon(rings: Any, budget: Budget) -> Polygon:
    shell, *holes = [_ring(ring, budget) for ring in _members(rings)]
    return Polygon(shell, holes)


def _ring(ring: Any, budget: Budget) -> list[tuple[float, float]]:
    positions = [_position(p, budget) for p in _members(ring)]
    if len(positions) < 4:
        raise Problem(f"a ring of {len(positions)} positions; it takes four or more")
    if positions[0] != positions[-1]:
        raise Problem(f"a ring is not closed: it starts at {positions[0]} and ends elsewhere")
    return positions


def _members(value: Any) -> Sequence[Any]:
    if not isinstance(value, list) or not value:
        raise Problem("coordinates are missing or empty")
    return value


def _position(value: Any, budget: Budget) -> tuple[float, float]:
    budget.spend()
    if not isinstance(value, list) or not 2 <= len(value) <= 3 or not all(map(is_number, value)):
        raise Problem(f"{show(value)} is not a position (longitude, latitude)")
    longitude, latitude = value[:2]
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        raise Problem(f"position {show(value)} is out of range: degrees, longitude first")
    return float(longitude), float(latitude)


def _refuse(name: str) -> float:
    raise ValueError(f"{name} is not a number in JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"member {show(twice)} twice in one object")
    return record
