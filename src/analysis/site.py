"""A site: the area to look at, its zones, and its older buildings, from one GeoJSON file.

The file comes from a user or with a catalogue, so nothing in it is trusted:
size, structure, coordinates, geometry and area are checked here, once, and the
rest of the package works with `Site`.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis import paths
from analysis.errors import UserError
from analysis.geojson import Budget, Geometry, Problem, area_m2, decode, geometry, is_number, show
from analysis.results import KINDS
from analysis.steps import digest, step

DEFAULT = "february-11-plant"
"""The site of the report, in ``data/sites/``."""

POLYGONS = ("Polygon", "MultiPolygon")

ROLES: Mapping[str, tuple[str, ...]] = {
    "aoi": ("Polygon",),
    "perimeter": POLYGONS,
    "housing-zone": POLYGONS,
    "stable-ground": POLYGONS,
    "reference": ("Polygon", "Point"),
}
"""Roles of a feature and the geometries that each may have."""

MAX_BYTES = 2_000_000
"""A site is drawn by hand; two megabytes are far more than that needs."""

MAX_FEATURES = 1_000

MAX_AOI_KM2 = 400.0
"""20 km by 20 km: four million pixels of 10 m on each date, in each band."""

MAX_PRECISION_M = 100_000.0
"""A position known to no better than 100 km is none."""

LONE = (
    "its only polygon has no role: it is taken as the area of interest, and with no reference "
    "building there is no ratio"
)

_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_RESERVED = re.compile(r"union|candidate-\d+")
"""Names that results have already: all references together, and what a scan finds."""
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_CRS = ("urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:EPSG::4326", "EPSG:4326")


@dataclass(frozen=True)
class Feature:
    """One checked feature of a site."""

    id: str
    """Lower-case name, unique in the site; it becomes part of result keys."""
    name: str
    """What people call it."""
    role: str
    """One of `ROLES`."""
    kind: str
    """What its position rests on: one of `analysis.results.KINDS`."""
    geometry: Geometry
    """In degrees, longitude first (EPSG:4326)."""
    source: str | None = None
    """Key of the publication that gave the position."""
    precision_m: float | None = None
    """Metres to which the publication gives the position; the rounding of its
    figures where it states no accuracy of its own."""
    note: str = ""
    """What a user of the position has to know."""

    @property
    def area_m2(self) -> float:
        """Geodesic area in square metres; zero for a point."""
        return area_m2(self.geometry)


@dataclass(frozen=True)
class Site:
    """One facility, checked."""

    name: str
    """What people call it."""
    features: tuple[Feature, ...]
    """In the order of the file; exactly one has the role ``aoi``."""
    claims: str | None = None
    """Name of the table of claims about it; without one there is no chapter of claims."""
    warnings: tuple[str, ...] = ()
    """What the file left open and how it was read, in words."""

    @property
    def aoi(self) -> Feature:
        """The area of interest."""
        return self.role("aoi")[0]

    @property
    def references(self) -> tuple[Feature, ...]:
        """Older buildings, as polygons or as points from which a fit starts."""
        return self.role("reference")

    @property
    def fingerprint(self) -> str:
        """Of all that was read: another site has another one, whatever it is called."""
        told = [(f.id, f.role, f.kind, f.geometry.wkb_hex) for f in self.features]
        return hashlib.sha256(repr((self.name, self.claims, told)).encode()).hexdigest()

    def role(self, role: str) -> tuple[Feature, ...]:
        """Features of one role, in the order of the file."""
        return tuple(f for f in self.features if f.role == role)

    def __getitem__(self, feature_id: str) -> Feature:
        """The feature with this id.

        Raises
        ------
        KeyError
            If there is none.
        """
        for feature in self.features:
            if feature.id == feature_id:
                return feature
        raise KeyError(feature_id)


def locate(name: str = "") -> Path:
    """The file that a ``site`` parameter names: a path, a bundled name, or nothing.

    Raises
    ------
    UserError
        If there is no such file.
    """
    bundled = paths.project_root() / "data" / "sites"
    root = paths.project_root()
    for place in (bundled / f"{name or DEFAULT}.geojson", Path(name), root / name):
        if place.is_file():
            return place.resolve()
    known = ", ".join(sorted(p.stem for p in bundled.glob("*.geojson")))
    raise UserError(f"no site {name!r}: give a GeoJSON file or a bundled name ({known})")


def load(name: str = "") -> Site:
    """Read and check the site that a ``site`` parameter names (see `locate`)."""
    place = locate(name)
    return _load(str(place), digest(place))


@step(reads=("data/sites",))
def _load(place: str, sha256: str) -> Site:
    """Read ``place``; the digest makes a changed file another call."""
    return read(Path(place))


def read(place: Path) -> Site:
    """Read and check one site file.

    Raises
    ------
    UserError
        Naming the file, the feature and the problem.
    """
    try:
        with place.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UserError(f"site {place}: {error.strerror or error}") from None
    return parse(content, place.name)


def parse(content: bytes, place: str) -> Site:
    """Check the bytes of a site file that came from ``place``.

    Raises
    ------
    UserError
        Naming the place, the feature and the problem.
    """
    if len(content) > MAX_BYTES:
        raise UserError(f"site {place}: larger than {MAX_BYTES} bytes; simplify its polygons")
    try:
        return _site(decode(content), Path(place).stem)
    except Problem as problem:
        raise UserError(f"site {place}: {problem}") from None


def _site(record: Any, stem: str) -> Site:
    warnings: list[str] = []
    _check_systems(record)
    record = _collected(record, warnings)
    raw = record.get("features")
    if not isinstance(raw, list) or not raw:
        raise Problem("it has no features; it needs at least one with the role 'aoi'")
    if len(raw) > MAX_FEATURES:
        raise Problem(f"{len(raw)} features; at most {MAX_FEATURES} are read")
    if all(map(_is_landmark, raw)):
        raise Problem("none of its features is a polygon: it needs one with the role 'aoi', "
                      "the area to look at")  # fmt: skip
    own = record.get("properties") or {}
    if not isinstance(own, dict):
        raise Problem("its properties are not an object")
    claims = own.get("claims", record.get("claims"))
    if claims is not None and not (isinstance(claims, str) and _KEY.fullmatch(claims)):
        raise Problem(f"claims {show(claims)} is not the name of a table")
    name = _text(own.get("name", record.get("name", stem)), "name")
    budget = Budget()
    features = tuple(
        _feature(item, number, budget, warnings) for number, item in enumerate(raw, start=1)
    )
    _check_together(features)
    return Site(name, features, claims, tuple(warnings))


def _is_landmark(item: Any) -> bool:
    """Whether a feature is a point or a line without a role, as other people's files hold."""
    shape, own = (
        item.get(k) if isinstance(item, dict) else None for k in ("geometry", "properties")
    )
    lean = isinstance(shape, dict) and str(shape.get("type")).endswith(("Point", "LineString"))
    return lean and not (isinstance(own, dict) and "role" in own)


def _collected(record: Any, warnings: list[str]) -> dict[str, Any]:
    """A collection of features; a lone polygon, as maps export it, is its area of interest."""
    if isinstance(record, dict) and record.get("type") in POLYGONS:
        record = {"type": "Feature", "geometry": record}
    if isinstance(record, dict) and record.get("type") == "Feature":
        record = {"type": "FeatureCollection", "features": [record]}
    if not isinstance(record, dict) or record.get("type") != "FeatureCollection":
        raise Problem("not a GeoJSON FeatureCollection")
    features = record.get("features")
    if not isinstance(features, list) or len(features) != 1 or not isinstance(features[0], dict):
        return record
    own, shape = features[0].get("properties") or {}, features[0].get("geometry")
    if not isinstance(own, dict) or "role" in own or not isinstance(shape, dict):
        return record
    if shape.get("type") not in POLYGONS:
        return record
    parts = shape.get("coordinates")
    if shape["type"] == "MultiPolygon" and isinstance(parts, list) and len(parts) == 1:
        shape = {"type": "Polygon", "coordinates": parts[0]}
    warnings.append(LONE)
    told = {"id": "aoi", "role": "aoi", "kind": "assumed"}
    if isinstance(own.get("name"), str) and own["name"].strip():
        told["name"] = own["name"]
    return record | {"features": [{"type": "Feature", "properties": told, "geometry": shape}]}


def _check_systems(record: Any) -> None:
    """A reference system may stand at the whole, at a feature or at its geometry."""
    if not isinstance(record, dict):
        return
    features = record.get("features")
    for part in (record, *(features if isinstance(features, list) else ())):
        if isinstance(part, dict):
            _check_crs(part.get("crs"))
            if isinstance(part.get("geometry"), dict):
                _check_crs(part["geometry"].get("crs"))


def _check_crs(crs: Any) -> None:
    """Older GeoJSON may carry a reference system; only the standard's own is read."""
    if crs is None:
        return
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    if name not in _CRS:
        raise Problem(f"reference system {show(name)}; a site is in EPSG:4326, longitude first")


def _feature(item: Any, number: int, budget: Budget, warnings: list[str]) -> Feature:
    """Check one feature; a problem is said of its id, or of its place in the file."""
    where = f"feature {number}"
    try:
        if not isinstance(item, dict) or item.get("type") != "Feature":
            raise Problem("not a GeoJSON Feature")
        own = item.get("properties")
        if not isinstance(own, dict):
            raise Problem("it has no properties (id, name, role, kind)")
        feature_id = _identity(item.get("id"), own.get("id"))
        where = f"feature {feature_id!r}"
        found = _checked(feature_id, own, item.get("geometry"), budget)
    except Problem as problem:
        raise Problem(f"{where}: {problem}") from None
    if own.get("kind") != found.kind:
        said = "no kind" if own.get("kind") is None else f"kind {show(own['kind'])}"
        warnings.append(f"{where} has {said}: its position is taken as assumed")
    return found


def _identity(outer: Any, inner: Any) -> str:
    """The id of a feature: GeoJSON's own member, the property, or both alike."""
    if outer is not None and inner is not None and outer != inner:
        raise Problem(f"two ids, {show(outer)} and {show(inner)}")
    found = inner if outer is None else outer
    if found is None:
        raise Problem("it has no id: give it a lower-case name, as hall-a, in its properties")
    if not isinstance(found, str) or not _ID.fullmatch(found):
        raise Problem(f"id {show(found)} is not a lower-case name")
    if _RESERVED.fullmatch(found):
        raise Problem(f"id {show(found)} is a name of results (union, candidate-1 and so on): "
                      "give it another id")  # fmt: skip
    return found


def _checked(feature_id: str, own: Mapping[str, Any], shape: Any, budget: Budget) -> Feature:
    role, kind = own.get("role"), _kind(own.get("kind"))
    if not isinstance(role, str) or role not in ROLES:
        raise Problem(f"role {show(role)} is not one of {', '.join(ROLES)}")
    source, precision = own.get("source"), own.get("precision_m")
    if source is not None and not (isinstance(source, str) and _KEY.fullmatch(source)):
        raise Problem(f"source {show(source)} is not a source key")
    if precision is not None and not (is_number(precision) and 0 < precision <= MAX_PRECISION_M):
        raise Problem(f"precision_m {show(precision)} is not a length in metres")
    if kind == "published" and (source is None or precision is None):
        raise Problem("a published position needs source and precision_m")
    return Feature(
        id=feature_id,
        name=feature_id if own.get("name") is None else _text(own["name"], "name"),
        role=role,
        kind=kind,
        geometry=geometry(shape, ROLES[role], budget),
        source=source,
        precision_m=None if precision is None else float(precision),
        note=_text(own["note"], "note") if own.get("note") else "",
    )


def _kind(value: Any) -> str:
    """What a position rests on; a word that is not one of `KINDS` vouches for nothing."""
    if value is not None and not (isinstance(value, str) and len(value) <= 100):
        raise Problem(f"kind {show(value)} is not one of {', '.join(KINDS)}")
    return value if value in KINDS else "assumed"


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str) or not 0 < len(value.strip()) <= 500 or not value.isprintable():
        raise Problem(f"{what} {show(value)} is not a line of text")
    return value.strip()


def _check_together(features: tuple[Feature, ...]) -> None:
    twice = [i for i, count in Counter(f.id for f in features).items() if count > 1]
    if twice:
        raise Problem(f"feature {twice[0]!r}: its id is used more than once")
    areas = [f for f in features if f.role == "aoi"]
    if len(areas) != 1:
        raise Problem(f"{len(areas)} features have the role 'aoi'; a site has exactly one")
    aoi = areas[0]
    if aoi.area_m2 > MAX_AOI_KM2 * 1e6:
        raise Problem(f"feature {aoi.id!r}: {aoi.area_m2 / 1e6:.0f} km2; an area of interest has "
                      f"at most {MAX_AOI_KM2:.0f} km2 (is longitude given first?)")  # fmt: skip
    shapes: dict[tuple[str, bytes], str] = {}
    for feature in features:
        if not feature.geometry.intersects(aoi.geometry):
            raise Problem(f"feature {feature.id!r}: it lies outside the area of interest")
        same = shapes.setdefault((feature.role, feature.geometry.normalize().wkb), feature.id)
        if same != feature.id:
            raise Problem(f"feature {feature.id!r}: the same {feature.role} as {same!r}")
