"""A scene: one acquisition of one sensor, as all later steps see it.

It is a plain record without a STAC object in it, so that a manifest can hold
it and a run can be repeated from the manifest alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

from analysis.scenes.redact import strip


class Refused(Exception):
    """Why one scene (or one layer of it) can't be used; the others go on."""


class Declared(Refused):
    """A file that was opened and is not read for what it declares: asking again is no use."""


@dataclass(frozen=True)
class Grid:
    """Where the pixels of a layer lie."""

    crs: str
    """Such as ``EPSG:32652``."""
    transform: tuple[float, float, float, float, float, float]
    """Affine, from pixel corner to coordinates, in the order of rasterio."""
    shape: tuple[int, int]
    """Rows, columns."""


@dataclass(frozen=True)
class Layer:
    """One band or mask of a scene."""

    name: str
    """Common name, such as ``red`` or ``scl``."""
    href: str = field(repr=False)
    """Address or path, as it is opened; `to_json` strips what follows a ``?``."""
    index: int = 1
    """Band in the file, from one."""
    scale: float = 1.0
    """Reflectance = DN * scale + offset."""
    offset: float = 0.0
    nodata: float | None = None
    """DN that stands for "no pixel here"."""
    grid: Grid | None = None
    """As the catalogue states it; ``None`` when only the file knows."""
    version: str = ""
    """What changes when the file behind the address changes: a checksum or a date."""


@dataclass(frozen=True)
class Scene:
    """One acquisition of one sensor over one tile."""

    id: str
    when: datetime
    """Time of acquisition, in UTC."""
    sensor: str
    """Name of the sensor's profile, see `analysis.scenes.sensors`."""
    layers: Mapping[str, Layer]
    """By common name."""
    kind: str = "undeclared"
    collection: str = ""
    platform: str = ""
    gsd: float | None = None
    """Ground sample distance in metres."""
    cloud: float | None = None
    """Cloud over the whole tile in percent, as the catalogue states it."""
    level: str = "unknown"
    """``surface`` or ``toa`` (top of atmosphere), where it is known."""
    baseline: str | None = None
    """Processing baseline as ``04.00``."""
    offset_rule: str = ""
    """Why the reflectance offset is what it is, for the reader of the listing."""
    acquisition: str = ""
    """The same for all versions and tiles of one pass."""
    tile: str = ""
    """The same for all versions of one tile."""
    processed: str = ""
    """Time of processing; among equal baselines the later one is kept."""
    orbit: int | None = None
    """Relative orbit."""
    sun_elevation: float | None = None
    """Degrees above the horizon."""
    sun_azimuth: float | None = None
    view_zenith: float | None = None
    view_azimuth: float | None = None
    footprint: BaseGeometry | None = None
    """In degrees; may be wrong in size, so that only its absence of overlap is used."""
    warnings: tuple[str, ...] = ()
    generation: str = ""
    """Generation of the instrument, such as ``PS2`` or ``PSB.SD``."""
    base: str = ""
    """Where local paths in `Layer.href` start, for a catalogue on disk."""
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def offset(self) -> float:
        """Reflectance offset of the red band (the bands share it)."""
        return self.layers["red"].offset if "red" in self.layers else 0.0

    def unsigned(self) -> Scene:
        """The same scene with addresses that carry no signature, fit to be kept."""
        layers = {n: replace(layer, href=strip(layer.href)) for n, layer in self.layers.items()}
        return replace(self, layers=layers)

    def warn(self, text: str) -> Scene:
        """The same scene with one more warning."""
        return self if text in self.warnings else replace(self, warnings=(*self.warnings, text))

    def to_json(self) -> dict[str, Any]:
        """A plain dictionary without keys or signatures."""
        record = asdict(self)
        record["when"] = iso(self.when)
        record["footprint"] = mapping(self.footprint) if self.footprint is not None else None
        for layer in record["layers"].values():
            layer["href"] = strip(layer["href"])
        return {k: v for k, v in record.items() if v not in (None, "", (), {})}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Scene:
        """Read `to_json` back."""
        own = dict(record)
        own["when"] = instant(own["when"])
        own["layers"] = {name: _layer(value) for name, value in own["layers"].items()}
        if own.get("footprint"):
            own["footprint"] = shape(own["footprint"])
        own["warnings"] = tuple(own.get("warnings", ()))
        return cls(**own)


def _layer(record: Mapping[str, Any]) -> Layer:
    grid = record.get("grid")
    if grid:
        grid = Grid(grid["crs"], tuple(grid["transform"]), tuple(grid["shape"]))
    return Layer(**{**record, "grid": grid})


def instant(text: object) -> datetime:
    """A time as catalogues and tags write it; without a zone it is UTC.

    Raises
    ------
    ValueError
        If it is none.
    """
    if isinstance(text, datetime):
        found = text
    else:
        raw = str(text).strip().replace("Z", "+00:00").replace("z", "+00:00")
        if len(raw) == 19 and raw[4] == ":" and raw[7] == ":":  # TIFF: 2015:12:11 10:00:00
            raw = f"{raw[:4]}-{raw[5:7]}-{raw[8:]}"
        found = datetime.fromisoformat(raw)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def iso(when: datetime) -> str:
    """A time in UTC, as it is written everywhere."""
    return when.astimezone(UTC).isoformat().replace("+00:00", "Z")
