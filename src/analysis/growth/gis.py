"""What was measured as files for GIS: footprints, change evidence and detectability.

A folder holds the files of one run and nothing else. It is written beside its place and moved there
whole. Files from scenes that were not observed say so in their names, in every row and every tag.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pyarrow.parquet
import rasterio
import rasterio.shutil
import xarray as xr
from rasterio.io import MemoryFile

from analysis.errors import UserError
from analysis.growth import measured_json
from analysis.growth.buildings import Building, Measured
from analysis.growth.injection import Recovery, detectability_map
from analysis.growth.objects import moment
from analysis.growth.timeline import DateInterval
from analysis.scenes import grid as grids
from analysis.site import Site

SCHEMA = 1
"""Version of the columns and tags."""

INDEX = "feb11-gis.json"
"""End of the name of the file that lists the others and names the run."""

PREFIX = {"observed": "", "simulated": "simulated-", "undeclared": "treated-as-simulated-"}
"""How names begin, by kind of scene; what nobody declared is treated as simulated."""

NOTE = {
    "observed": "From observed scenes.",
    "simulated": "SIMULATED: from drawn scenes of an invented place. No real building is shown.",
    "undeclared": "From scenes of undeclared kind, treated as SIMULATED.",
}

Layer = tuple[np.ndarray, str]
"""Values of a band, and their unit."""

EVIDENCE = "log Bayes factor of ground works and a roof, against the season alone"
SCORE = "score of the change between two windows"


def write(
    found: Measured,
    site: Site,
    directory: Path,
    recovery: Recovery | None = None,
    *,
    replace: bool = False,
) -> list[Path]:
    """Write all files of one run.

    Parameters
    ----------
    found
        What was measured at ``site``.
    directory
        Folder to make; it may hold files of the same run.
    recovery
        What was found of synthetic buildings; see `analysis.growth.missed`.
    replace
        Put the files of this run in the place of another's.

    Returns
    -------
    list of Path
        GeoParquet (the scenes' projection), GeoJSON (EPSG:4326), COGs, and the list of them.

    Raises
    ------
    UserError
        If the folder holds anything else, or another run's files and ``replace`` is not given.
    """
    place = directory.expanduser().resolve()
    prefix = PREFIX[found.kind]
    detectability = None if recovery is None else detectability_map(recovery, level=found.level)
    run = digest(found, site, detectability)
    _check(place, run, replace)
    place.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
    try:
        tags = _tags(found, site, run)
        _vectors(footprints(found, site), tags, made / f"{prefix}footprints")
        if found.evidence is not None and found.transform is not None:
            what = SCORE if found.null is None else EVIDENCE
            held = {} if found.null is None else {"FEB11_THRESHOLD": f"{found.null.threshold:.3f}"}
            layer = {what: (found.evidence, "")}
            _cog(made / f"{prefix}change.tif", layer, found.transform, found.crs, tags | held)
        if detectability is not None:
            _cog(made / f"{prefix}detectability.tif", *_layers(detectability), found.crs,
                 tags | _said(detectability))  # fmt: skip
        names = sorted(p.name for p in made.iterdir())
        index = {"schema": SCHEMA, "run": run, "files": names, "kind": found.kind,
                 "note": NOTE[found.kind]}  # fmt: skip
        listed = made / f"{prefix}{INDEX}"
        listed.write_text(json.dumps(index, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        os.chmod(made, 0o755)
        _move(made, place)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return sorted(place.iterdir())


def digest(found: Measured, site: Site, detectability: xr.Dataset | None = None) -> str:
    """Name of a run: the same for the same measurements and maps."""
    content = measured_json.content(found, site)
    total = hashlib.sha256(json.dumps([SCHEMA, content], sort_keys=True).encode())
    if found.evidence is not None:
        total.update(np.ascontiguousarray(found.evidence, np.float32).tobytes())
    if detectability is not None:
        for name in sorted(map(str, detectability.data_vars)):
            total.update(np.ascontiguousarray(detectability[name].values, np.float32).tobytes())
    return total.hexdigest()[:16]


def footprints(found: Measured, site: Site) -> geopandas.GeoDataFrame:
    """One row for each building, in the scenes' projection.

    A candidate that is a reference has one row, under the reference's id. Dates are days;
    missing ones and missing areas have their reason beside them.
    """
    theirs = {b.thing.id for b in found.references if b.thing is not None}
    own = [b for b in found.candidates if b.id not in theirs]
    rows = [
        *(_row(b, "reference", found, site) for b in found.references),
        *(_row(b, "candidate", found, site) for b in own),
    ]
    return geopandas.GeoDataFrame(rows, columns=_columns(), geometry="geometry", crs=found.crs)


def _columns() -> list[str]:
    dates = [f"{event}{end}" for event in ("ground_broken", "roof_on")
             for end in ("", "_low", "_high")]  # fmt: skip
    return ["id", "role", "name", "class", "why", "area_m2", "area_m2_low", "area_m2_high",
            "area_why", "outline", "apron_m", "misfit", *dates, "dates_coverage",
            "roof_changed_after", "zone", "reference", "candidate", "evidence", "kind", "simulated",
            "coverage", "level", "site", "geometry"]  # fmt: skip


def _row(b: Building, role: str, found: Measured, site: Site) -> dict[str, Any]:
    thing = b.thing
    area = measured_json.quantity(b.area, found.level, "m2", 1) or {}
    shape = b.outline
    if shape is None and b.feature is not None:
        shape = grids.projected(b.feature.geometry, found.crs)
    events = (thing.ground_broken, thing.roof_on) if thing else (None, None)
    dated = [e for e in events if e is not None]
    changed = None
    if thing is not None and thing.covered_until is not None:
        changed = moment(thing.covered_until).astype("datetime64[D]").item()
    return {
        "id": b.id, "role": role, "name": b.feature.name if b.feature else None,
        "class": thing.kind if thing else "standing",
        "why": thing.why if thing else b.why or "no change was found there",
        "area_m2": area.get("value", np.nan), "area_m2_low": area.get("low", np.nan),
        "area_m2_high": area.get("high", np.nan), "area_why": b.why or None,
        "outline": "fitted" if b.fit else "pixels" if b.outline is not None else "point",
        "apron_m": measured_json.apron(b.fit) if b.fit else np.nan,
        "misfit": round(b.fit.misfit, 2) if b.fit else np.nan,
        **_dates("ground_broken", events[0], found), **_dates("roof_on", events[1], found),
        "dates_coverage": _weaker(dated), "roof_changed_after": changed,
        "zone": measured_json.zone(b, site, found.crs),
        "reference": b.feature.id if b.feature else None,
        "candidate": thing.id if thing else None,
        "evidence": round(float(thing.evidence), 2) if thing else np.nan,
        "kind": found.kind, "simulated": found.kind != "observed",
        "coverage": None if b.area is None else found.covers_area(b),
        "level": found.level, "site": site.name, "geometry": shape,
    }  # fmt: skip


def _weaker(dated: Sequence[DateInterval]) -> str | None:
    """What holds of all dates of a building: one that is unproven leaves them so."""
    said = {d.coverage for d in dated}
    return "unproven" if "unproven" in said else next(iter(said), None)


def _dates(name: str, interval: DateInterval | None, found: Measured) -> dict[str, date | None]:
    """Day and ends of an event; of two windows the ends alone."""
    ends = ("", "_low", "_high")
    if interval is None:
        return {f"{name}{end}": None for end in ends}
    days = map(date.fromisoformat, interval.iso())
    made: dict[str, date | None] = dict(zip((f"{name}{end}" for end in ends), days, strict=True))
    return made | ({name: None} if found.null is None else {})


def _vectors(table: geopandas.GeoDataFrame, tags: Mapping[str, str], stem: Path) -> None:
    """GeoParquet in the scenes' projection, GeoJSON in degrees."""
    parquet = stem.with_suffix(".parquet")
    table.to_parquet(parquet, index=False)
    rows = pyarrow.parquet.read_table(parquet)
    own = {k.lower().encode(): v.encode() for k, v in tags.items()}
    rows = rows.replace_schema_metadata({**(rows.schema.metadata or {}), **own})
    pyarrow.parquet.write_table(rows, parquet)
    content = json.loads(table.to_crs("EPSG:4326").to_json(drop_id=True, default=str))
    content.pop("crs", None)
    content |= {k.lower(): v for k, v in tags.items()}
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    stem.with_suffix(".geojson").write_text(text + "\n", encoding="utf-8")


def _cog(
    place: Path,
    layers: Mapping[str, Layer],
    transform: Sequence[float],
    crs: str,
    tags: Mapping[str, str],
) -> None:
    """A cloud-optimised GeoTIFF of float32 bands with names; NaN where nothing is known."""
    height, width = next(iter(layers.values()))[0].shape
    with MemoryFile() as memory:
        with memory.open(
            driver="GTiff", height=height, width=width, count=len(layers), dtype="float32",
            crs=crs, transform=rasterio.Affine(*transform), nodata=np.nan,
        ) as raster:  # fmt: skip
            for number, (name, (values, unit)) in enumerate(layers.items(), start=1):
                raster.write(values.astype(np.float32), number)
                raster.set_band_description(number, name)
                raster.set_band_unit(number, unit)
            raster.update_tags(**tags)
        with memory.open() as raster:
            rasterio.shutil.copy(
                raster, place, driver="COG", COMPRESS="DEFLATE", PREDICTOR="YES",
                OVERVIEW_RESAMPLING="AVERAGE",
            )  # fmt: skip


def _layers(found: xr.Dataset) -> tuple[dict[str, Layer], tuple[float, ...]]:
    """Bands of a detectability map, and its transform."""
    x, y = found["x"].values.astype(float), found["y"].values.astype(float)
    rows, columns = y.size, x.size
    right = (x[-1] - x[0]) / (columns - 1) if columns > 1 else np.nan
    down = (y[-1] - y[0]) / (rows - 1) if rows > 1 else -right
    right = right if np.isfinite(right) else -down
    transform = (right, 0.0, x[0] - right / 2, 0.0, down, y[0] - down / 2)
    units = {"smallest_m2": "m2", "low": "m2", "high": "m2", "tried": "buildings"}
    bands = {
        f"{name}, works begun in the {half}": (found[name].sel(half_year=half).values, unit)
        for half in map(str, found["half_year"].values)
        for name, unit in units.items()
        if name in found
    }
    return bands, transform


def _said(found: xr.Dataset) -> dict[str, str]:
    """Attributes of a detectability map as tags, and what its empty cells mean."""
    empty = (
        f"not even the largest area tried ({found.attrs['largest_tried_m2']:.0f} m2) is found "
        f"with probability {found.attrs['probability']:g}, or too few buildings were tried"
    )
    told = {**found.attrs, "nodata": empty}
    return {f"FEB11_DETECTABILITY_{str(k).upper()}": str(v) for k, v in told.items()}


def _tags(found: Measured, site: Site, run: str) -> dict[str, str]:
    return {
        "FEB11_RUN": run, "FEB11_SCHEMA": str(SCHEMA), "FEB11_KIND": found.kind,
        "FEB11_SIMULATED": "yes" if found.kind != "observed" else "no",
        "FEB11_NOTE": NOTE[found.kind], "FEB11_COVERAGE": found.coverage,
        "FEB11_LEVEL": f"{found.level:g}", "FEB11_SITE": site.name,
        "FEB11_SENSORS": ", ".join(found.sensors), "FEB11_SCENES": str(found.scenes_used),
    }  # fmt: skip


def _check(place: Path, run: str, replace: bool) -> None:
    """Refuse a folder that is not this run's."""
    if not place.exists():
        return
    if not place.is_dir():
        raise UserError(f"{place} is a file: give a folder for the GIS files")
    there = sorted(p.name for p in place.iterdir())
    if not there:
        return
    indexes = [name for name in there if name.endswith(INDEX)]
    if len(indexes) != 1:
        raise UserError(f"{place} is not empty ({there[0]}): give a folder of its own")
    before = _index(place / indexes[0])
    foreign = sorted(set(there) - {*before["files"], indexes[0]})
    if foreign:
        raise UserError(f"{place} holds {foreign[0]}, which no run wrote: give another folder")
    if before["run"] != run and not replace:
        raise UserError(
            f"{place} holds the files of another run ({before['run']}, this one is {run}): "
            "give another folder, or --force to replace them"
        )


def _index(file: Path) -> dict[str, Any]:
    """The list of files of a run."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        return {"run": str(content["run"]), "files": [str(f) for f in content["files"]]}
    except (OSError, ValueError, KeyError, TypeError):
        raise UserError(f"{file} cannot be read as a list of files: give another folder") from None


def _move(made: Path, place: Path) -> None:
    """Put a whole folder in its place; what was there goes when the new one stands."""
    if not place.exists():
        os.rename(made, place)
        return
    aside = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
    os.rename(place, aside / "before")
    try:
        os.rename(made, place)
    except OSError:
        os.rename(aside / "before", place)
        raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
