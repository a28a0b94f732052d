"""Pictures of many dates on disk, read by date or by rows, so that memory holds few of them.

What is judged on one picture reads its plane; what is judged over time (a median,
a roof that recurs) reads some rows of all dates. Each layer is one plain file,
``(date, y, x)`` in the order of C.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from xarray import Variable
from xarray.backends import BackendArray
from xarray.core import indexing

from analysis.errors import CheckFailed
from analysis.scenes import cache

BLOCK_BYTES = 24_000_000
"""Bytes of one block of rows of all dates; a row is the least that is read."""

ABOUT = "about.json"


class Planes:
    """Layers of some dates on one grid, in a folder; each file grows as planes are put."""

    def __init__(self, folder: Path, count: int, shape: tuple[int, int]) -> None:
        self.folder, self.count, self.shape = folder, count, shape
        self.types: dict[str, np.dtype] = {}

    def put(self, layer: str, date: int, image: np.ndarray, top: int = 0) -> None:
        """Write a plane, or the rows of it that start at ``top``."""
        kind = self.types.setdefault(layer, image.dtype)
        place = self.folder / layer
        with place.open("r+b" if place.exists() else "w+b") as file:
            file.seek(self._start(date, top, kind))
            file.write(np.ascontiguousarray(image, dtype=kind).data)

    def get(self, layer: str, date: int) -> np.ndarray:
        """One plane, ``(y, x)``."""
        rows, columns = self.shape
        kind = self.types[layer]
        found = np.fromfile(self.folder / layer, kind, rows * columns,
                            offset=self._start(date, 0, kind))  # fmt: skip
        return found.reshape(rows, columns)

    def rows(self, layer: str, part: slice, dates: Sequence[int]) -> np.ndarray:
        """The rows ``part`` of some dates, ``(date, rows, x)``."""
        kind = self.types[layer]
        found = np.empty((len(dates), part.stop - part.start, self.shape[1]), kind)
        with (self.folder / layer).open("rb") as file:
            for place, date in enumerate(dates):
                file.seek(self._start(date, part.start, kind))
                file.readinto(found[place].data)
        return found

    def _start(self, date: int, row: int, kind: np.dtype) -> int:
        rows, columns = self.shape
        return (date * rows + row) * columns * kind.itemsize


def blocks(shape: tuple[int, int], bytes_per_pixel: int) -> Iterator[slice]:
    """Rows of a picture, as many at once as `BLOCK_BYTES` hold, at least one."""
    rows, columns = shape
    step = max(1, BLOCK_BYTES // max(1, columns * bytes_per_pixel))
    for top in range(0, rows, step):
        yield slice(top, min(top + step, rows))


class Series(Protocol):
    """Pictures of some bands over time, with what is in plain sight."""

    @property
    def count(self) -> int:
        """Dates."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""

    @property
    def bands(self) -> int:
        """Bands."""

    def one(self, n: int) -> tuple[np.ndarray, np.ndarray]:
        """Reflectance ``(band, y, x)`` and what is in plain sight ``(y, x)``, of one date."""

    def rows(self, part: slice) -> tuple[np.ndarray, np.ndarray]:
        """The same of some rows of all dates: ``(time, band, rows, x)``, ``(time, rows, x)``."""


@dataclass(frozen=True)
class InMemory:
    """A series of arrays."""

    stack: np.ndarray
    """``(time, band, y, x)``"""
    ok: np.ndarray
    """``(time, y, x)``"""

    @property
    def count(self) -> int:
        """Dates."""
        return len(self.stack)

    @property
    def bands(self) -> int:
        """Bands."""
        return self.stack.shape[1]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return self.stack.shape[2], self.stack.shape[3]

    def one(self, n: int) -> tuple[np.ndarray, np.ndarray]:
        """One date."""
        return self.stack[n], self.ok[n]

    def rows(self, part: slice) -> tuple[np.ndarray, np.ndarray]:
        """Some rows of all dates."""
        return self.stack[:, :, part], self.ok[:, part]


@dataclass(frozen=True)
class OnDisk:
    """A series of planes."""

    planes: Planes
    names: tuple[str, ...]
    """Layers of the bands."""
    dates: tuple[int, ...]
    """Places of the dates in the planes."""

    @property
    def count(self) -> int:
        """Dates."""
        return len(self.dates)

    @property
    def bands(self) -> int:
        """Bands."""
        return len(self.names)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return self.planes.shape

    def one(self, n: int) -> tuple[np.ndarray, np.ndarray]:
        """One date."""
        bands = [self.planes.get(name, self.dates[n]) for name in self.names]
        return np.stack(bands), self.planes.get("valid", self.dates[n])

    def rows(self, part: slice) -> tuple[np.ndarray, np.ndarray]:
        """Some rows of all dates."""
        bands = [self.planes.rows(name, part, self.dates) for name in self.names]
        return np.stack(bands, axis=1), self.planes.rows("valid", part, self.dates)


def median(stack: np.ndarray) -> np.ndarray:
    """Median over the first axis, float64; NaN where there is nothing, without a warning."""
    some = np.isfinite(stack).any(axis=0)
    out = np.full(stack.shape[1:], np.nan)
    out[some] = np.nanmedian(stack[:, some], axis=0)
    return out


@contextmanager
def scratch(count: int, shape: tuple[int, int], inside: Path | None = None) -> Iterator[Planes]:
    """Planes that are gone after the block."""
    root = inside or cache.folder()
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root, prefix="work-") as folder:
        yield Planes(Path(folder), count, shape)


@dataclass(frozen=True)
class Kept:
    """Planes that stay: a folder in the cache, named by its content."""

    folder: Path

    def whole(self) -> bool:
        """Whether every file is there, as it was written."""
        try:
            about = json.loads((self.folder / ABOUT).read_text(encoding="utf-8"))
            return all(_digest(self.folder / name) == own["sha256"]
                       for name, own in about["layers"].items())  # fmt: skip
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return False

    def variable(self, layer: str, attrs: Mapping[str, Any]) -> Variable:
        """A layer as a variable ``time, y, x`` that is read when it is used, and only there."""
        about = json.loads((self.folder / ABOUT).read_text(encoding="utf-8"))
        own = _Layer(self.folder / layer, tuple(about["shape"]),
                     np.dtype(about["layers"][layer]["dtype"]))  # fmt: skip
        return Variable(("time", "y", "x"), indexing.LazilyIndexedArray(own), dict(attrs))


def keep(planes: Planes) -> Kept:
    """Move planes to where they stay; equal ones of another process are left as they are."""
    layers = {
        name: {"dtype": kind.str, "sha256": _digest(planes.folder / name)}
        for name, kind in sorted(planes.types.items())
    }
    about = {"shape": [planes.count, *planes.shape], "layers": layers}
    text = json.dumps(about, sort_keys=True)
    root = cache.folder() / "cubes"
    root.mkdir(parents=True, exist_ok=True)
    kept = Kept(root / hashlib.sha256(text.encode()).hexdigest()[:40])
    if kept.whole():
        return kept
    part = Path(tempfile.mkdtemp(dir=root, suffix=".part"))
    for name in layers:
        os.replace(planes.folder / name, part / name)
    (part / ABOUT).write_text(text, encoding="utf-8")
    shutil.rmtree(kept.folder, ignore_errors=True)
    try:
        os.rename(part, kept.folder)
    except OSError:  # another process was quicker
        shutil.rmtree(part)
    return kept


def _digest(place: Path) -> str:
    with place.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Layer(BackendArray):
    """A layer on disk, as xarray reads it."""

    def __init__(self, place: Path, shape: tuple[int, ...], dtype: np.dtype) -> None:
        self.place, self.shape, self.dtype = place, shape, dtype

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Any:
        return indexing.explicit_indexing_adapter(
            key, self.shape, indexing.IndexingSupport.BASIC, self._read
        )

    def _read(self, key: tuple[Any, ...]) -> np.ndarray:
        try:
            layer = np.memmap(self.place, self.dtype, "r", shape=self.shape)
        except (OSError, ValueError):
            raise CheckFailed(f"the cube at {self.place.parent} is gone from the cache: "
                              "run again") from None  # fmt: skip
        return np.array(layer[key])
