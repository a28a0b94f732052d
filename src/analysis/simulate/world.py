"""A world: everything true about one invented place and the scenes taken of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

import shapely
from pyproj import Geod, Transformer
from shapely.geometry import Polygon

from analysis.simulate.outlines import Ring
from analysis.simulate.psf import Psf
from analysis.simulate.records import build, plain
from analysis.simulate.spec import Spec

LATITUDE, LONGITUDE = 39.92, -40.00
"""The invented place: open Atlantic, at the latitude of the real plant."""

EPSG = 32624
"""UTM zone 24 north, in which that place lies."""

ORIGIN = (414540.0, 4419360.0)
"""Easting and northing of the middle of every chip, on the 60 m lattice of the grids."""

SCHEMA = 1
"""Version of the truth file."""

Spectrum = tuple[float, float, float, float, float]
"""Reflectance in blue, green, red, near and short-wave infrared."""

DEFINITIONS = ("roof", "wall", "foundation", "length")
"""What the size of a hall may mean."""


@dataclass(frozen=True)
class Cover:
    """A roof's colours from one date on."""

    since: date | None
    """None if it was there before the series."""
    cuts: tuple[float, ...]
    """Shares of the length at which the colour changes."""
    colours: tuple[Spectrum, ...]
    """One more than ``cuts``."""


@dataclass(frozen=True)
class Building:
    """One building; outlines in metres about the world's origin."""

    id: str
    role: str
    """``reference``, ``new`` (the hall that ratios are about), ``older``, ``other`` or
    ``housing``."""
    shape: str
    roof: Ring
    """Outline of the roof, eaves included."""
    wall: Ring
    foundation: Ring
    length: float
    """Longer side of the roof's smallest rectangle, metres."""
    angle: float
    """Direction of the long axis, degrees anticlockwise from east."""
    height: float
    pitch: float
    """Of its roof, degrees."""
    ground_broken: date | None
    """None if it stands from the start."""
    roof_on: date | None
    """None if it stands from the start, or is never roofed (see ``ground_broken``)."""
    covers: tuple[Cover, ...]
    """In the order of time; none if it is never roofed."""

    @property
    def roofed(self) -> bool:
        """Whether it has a roof at the end of the series."""
        return bool(self.covers)

    def size(self, definition: str) -> float:
        """Its size in square metres of the map, or metres: see `DEFINITIONS`."""
        if definition == "length":
            return self.length
        return Polygon(getattr(self, definition)).area


@dataclass(frozen=True)
class Patch:
    """Ground of another material: a road, a yard, an excavation, a pond."""

    id: str
    material: str
    """``road``, ``yard``, ``ground-works`` or ``water``."""
    outline: Ring
    colour: Spectrum
    since: date | None
    until: date | None


@dataclass(frozen=True)
class Field:
    """A field with one crop a year."""

    id: str
    outline: Ring
    crops: tuple[str, ...]
    """One for each year of the series: ``grain``, ``maize``, ``rice`` or ``fallow``."""
    soil: float
    """Brightness of its soil, relative."""
    delay: float
    """Days by which its season is late."""


@dataclass(frozen=True)
class Optics:
    """How one sensor blurs and samples in this world."""

    sensor: str
    psf: dict[str, Psf]
    """By band; frequencies in cycles per pixel of that band."""
    native: tuple[float, float, float, float] | None
    """Pixel (in pixels), turn (degrees) and phase (pixels east, north) of the grid that was
    measured before it was resampled by cubic splines; None if there was none."""
    spectral: tuple[float, ...]
    """Share of the next longer band that leaks into each band, for the scenes of the
    second generation."""


@dataclass(frozen=True)
class Scene:
    """One acquisition."""

    id: str
    number: int
    """Position in the world's list; every random field of the scene follows from it."""
    sensor: str
    generation: int
    platform: str
    datetime: datetime
    orbit: int
    sun_azimuth: float
    sun_elevation: float
    incidence: float
    """Angle between the line of sight and the vertical at the ground, degrees."""
    view_azimuth: float
    """Direction from below the platform to the scene, degrees; tops of halls lean that way."""
    shift_m: tuple[float, float]
    """Metres east and north by which the content lies off: content(x) = truth(x - shift)."""
    baseline: str
    """Processing baseline of the pixels; empty for sensors that have none."""
    offset: int
    """Digital number that the pixels carry on top of reflectance times 10,000."""
    declared_baseline: str
    """What the catalogue says; differs from ``baseline`` where the flag is wrong."""
    declared_offset: int
    cloud: float
    """Share of the chip under cloud."""
    cirrus: float
    """Opacity of a thin veil over the whole chip."""
    snow: float
    """Share of the ground under snow."""
    moisture: float
    """Factor on the brightness of bare soil."""
    gain: dict[str, float]
    bias: dict[str, float]
    haze: float

    @property
    def date(self) -> date:
        """Day of the acquisition."""
        return self.datetime.date()


@dataclass(frozen=True)
class World:
    """One invented place, complete: the same world gives the same pixels."""

    seed: int
    spec: Spec
    angle: float
    """Direction of the site's long axis, degrees anticlockwise from east."""
    wildness: float
    """Relative spread of the ground's brightness."""
    greenness: float
    """Mean share of ground that greens in summer."""
    soil: Spectrum
    seasons: tuple[tuple[float, float], ...]
    """For each year: days by which spring is late, and vigour of its growth."""
    buildings: tuple[Building, ...]
    patches: tuple[Patch, ...]
    fields: tuple[Field, ...]
    zones: dict[str, tuple[Ring, ...]]
    """Outlines by role: ``aoi``, ``perimeter``, ``housing-zone``, ``stable-ground``."""
    optics: dict[str, Optics]
    scenes: tuple[Scene, ...]

    @cached_property
    def by_id(self) -> Mapping[str, Building]:
        """Buildings by their id."""
        return {b.id: b for b in self.buildings}

    @property
    def new(self) -> Building:
        """The hall that ratios are about."""
        return next(b for b in self.buildings if b.role == "new")

    @property
    def references(self) -> tuple[Building, ...]:
        """Older halls against which the new one is measured."""
        return tuple(b for b in self.buildings if b.role == "reference")

    def ratios(self) -> dict[str, dict[str, float]]:
        """Size of the new hall over each reference, and over all of them, by definition."""
        found: dict[str, dict[str, float]] = {}
        for definition in DEFINITIONS:
            own = self.new.size(definition)
            sizes = {r.id: r.size(definition) for r in self.references}
            found[definition] = {k: own / v for k, v in sizes.items()}
            if len(sizes) > 1 and definition != "length":
                found[definition]["union"] = own / sum(sizes.values())
        return found

    def of(self, sensor: str) -> tuple[Scene, ...]:
        """Scenes of one sensor, in the order of time."""
        return tuple(s for s in self.scenes if s.sensor == sensor)

    def year(self, when: date) -> int:
        """Position of a date's year in the series."""
        first = min(p.start.year for p in self.spec.plans)
        return min(max(when.year - first, 0), len(self.seasons) - 1)

    def to_record(self) -> dict[str, Any]:
        """The truth as plain JSON values, with derived figures for people beside it."""
        return {
            "schema": SCHEMA,
            "kind": "simulated",
            "crs": f"EPSG:{EPSG}",
            "origin": list(ORIGIN),
            "units": "metres east and north of the origin; square metres of the map plane",
            "ratios": self.ratios(),
            "areas": {
                b.id: {
                    **{f"{d}_m2": b.size(d) for d in DEFINITIONS if d != "length"},
                    "roof_geodesic_m2": geodesic_area(b.roof),
                    "length_m": b.length,
                    "geometry": shapely.geometry.mapping(to_degrees(b.roof)),
                }
                for b in self.buildings
            },
            "world": plain(self),
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> World:
        """The world of a truth file.

        Raises
        ------
        ValueError
            If it is not one of this version.
        """
        if record.get("schema") != SCHEMA:
            raise ValueError(f"truth file of schema {record.get('schema')!r}, not {SCHEMA}")
        return build(cls, record["world"])


_TO_DEGREES = Transformer.from_crs(EPSG, 4326, always_xy=True)
_WGS84 = Geod(ellps="WGS84")


def to_degrees(outline: Ring) -> Polygon:
    """A local outline as a polygon in EPSG:4326, longitude first."""
    east, north = zip(*outline, strict=True)
    longitude, latitude = _TO_DEGREES.transform(
        [ORIGIN[0] + x for x in east], [ORIGIN[1] + y for y in north]
    )
    return shapely.geometry.polygon.orient(Polygon(zip(longitude, latitude, strict=True)))


def geodesic_area(outline: Ring) -> float:
    """Square metres on the ellipsoid; 0.06 % more than on the map at this place."""
    return abs(_WGS84.geometry_area_perimeter(to_degrees(outline))[0])
