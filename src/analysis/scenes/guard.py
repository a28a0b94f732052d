"""What a catalogue may make this program open: pixels in files of known kinds and sizes."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import numpy as np
import rasterio
from rasterio.errors import RasterioError

from analysis.scenes.redact import clean, strip
from analysis.scenes.scene import Declared, Refused

DRIVERS = {".jp2": "JP2OpenJPEG"}
"""By ending; everything else is read as GeoTIFF or not at all. A VRT, which could point
anywhere, has no reader here."""

MAX_SIDE = 50_000
"""Pixels; the largest product of the services in use has 21,000."""

MAX_BANDS = 64

MAX_BLOCK_BYTES = 400_000_000
"""Decoded bytes of one block: a whole untiled Sentinel-2 band has 241 million."""

MAX_WINDOW = 5_000
"""Pixels on a side of what is read at once: 15 km at 3 m."""

TYPES = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64")

DAMAGED = "cannot be read to its end: it is damaged or cut short"
"""What is said of a file that starts like a raster and yet is none."""

_ENV = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",  # no side-car files
    "GDAL_PAM_ENABLED": "NO",
    "GDAL_HTTP_CONNECTTIMEOUT": 10,
    "GDAL_HTTP_TIMEOUT": 60,
    "GDAL_HTTP_LOW_SPEED_TIME": 20,
    "GDAL_HTTP_LOW_SPEED_LIMIT": 1000,
    "GDAL_HTTP_MAX_RETRY": 0,  # retries are done here, see reader.py
    "GDAL_HTTP_MERGE_CONSECUTIVE_RANGES": "YES",
    "CPL_VSIL_CURL_NON_CACHED": "/vsicurl/",  # else a failure would be remembered
    "GDAL_HTTP_USERAGENT": "feb11",
}


@contextmanager
def environment() -> Iterator[None]:
    """The settings under which files are opened: no side-cars, with time-outs."""
    with rasterio.Env(**_ENV):
        yield


def is_remote(place: str) -> bool:
    """Whether a place is an address of the web."""
    return urlsplit(place).scheme.lower() in ("http", "https")


def asset_href(href: Any, base: str) -> str:
    """The address or path under which an asset of a catalogue at ``base`` is opened.

    Raises
    ------
    Refused
        For another scheme than http, https or a file, and for a local file
        named by a catalogue that is not local.
    """
    if not isinstance(href, str) or not href.strip() or not href.isprintable():
        raise Refused("its address is not a text")
    href = href.strip()
    scheme = urlsplit(href).scheme.lower()
    windows_drive = len(scheme) == 1
    if scheme in ("http", "https"):
        if not urlsplit(href).hostname:
            raise Refused(f"address {strip(href)!r} names no server")
        return href
    if href.startswith("/vsi") or (scheme and scheme != "file" and not windows_drive):
        raise Refused(f"address {strip(href)[:80]!r}: only http, https and files are opened")
    if is_remote(base):
        if scheme == "file" or href.startswith(("/", "\\", "~")) or windows_drive:
            raise Refused(f"address {href[:80]!r} is a local file, named by a remote catalogue")
        joined = urljoin(base, href)
        if not is_remote(joined):
            raise Refused(f"address {href[:80]!r} does not belong to the catalogue")
        return joined
    path = href.removeprefix("file://")
    folder = base if os.path.isdir(base) else os.path.dirname(base)
    return os.path.normpath(os.path.join(folder, path))


@contextmanager
def opened(href: str) -> Iterator[rasterio.DatasetReader]:
    """Open one raster with the drivers that are allowed, and check what it declares.

    Raises
    ------
    Refused
        If it is no such raster or declares more than is ever read.
    """
    ending = os.path.splitext(urlsplit(href).path if is_remote(href) else href)[1].lower()
    try:
        source = rasterio.open(href, driver=DRIVERS.get(ending, "GTiff"), sharing=False)
    except RasterioError as error:
        raise Refused(_reason(href, str(error))) from None
    with source:
        check(source)
        yield source


def check(source: rasterio.DatasetReader) -> None:
    """Check the declared size and type before any pixel is read.

    Raises
    ------
    Declared
        With the number and its limit.
    """
    if max(source.width, source.height) > MAX_SIDE:
        raise Declared(f"it declares {source.width} x {source.height} pixels; "
                      f"at most {MAX_SIDE} on a side are read")  # fmt: skip
    if source.count > MAX_BANDS:
        raise Declared(f"it declares {source.count} bands; at most {MAX_BANDS} are read")
    for number, (kind, block) in enumerate(zip(source.dtypes, source.block_shapes, strict=True), 1):
        if kind not in TYPES:
            raise Declared(f"band {number} holds {kind}, not plain numbers")
        if block[0] * block[1] * np.dtype(kind).itemsize > MAX_BLOCK_BYTES:
            raise Declared(f"band {number} is stored in blocks of {block[0]} x {block[1]} pixels")
    if source.crs is None:
        raise Declared("it has no reference system")
    numbers = list(source.transform)[:6]
    if not all(math.isfinite(n) for n in numbers) or source.transform.determinant == 0:
        raise Declared("its position is not a number")
    if source.transform.b or source.transform.d:
        raise Declared("its grid is rotated")


def _reason(href: str, error: str) -> str:
    if not is_remote(href):
        place = Path(href)
        if not place.exists():
            return f"file {place.name} is not there"
        start = b""
        if place.is_file():
            with place.open("rb") as file:
                start = file.read(64)
        if start and not looks_like(start):
            return f"file {place.name} {DAMAGED}"
        return f"file {place.name} is not a GeoTIFF{_looks(start)}"
    if "HTTP response code" in error or "CURL" in error or "timed out" in error.lower():
        return f"{strip(href)}: {clean(error)}"
    return f"{strip(href)}: not a GeoTIFF"


def _looks(start: bytes) -> str:
    text = start.lstrip().lower()
    if text.startswith(b"<vrtdataset"):
        return " but a VRT, which could point anywhere"
    if text.startswith((b"<!doctype", b"<html", b"<?xml")):
        return " but a page of text"
    return ""


def looks_like(start: bytes) -> str:
    """What the first bytes of an answer are, when they are not a raster; else nothing."""
    if start[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+") or start[4:8] == b"jP  ":
        return ""
    return f"not a GeoTIFF{_looks(start)}"
