"""How odc-stac reads here: guarded, bounded, not resampled wherever grids are shared."""

from __future__ import annotations

import threading
import time
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
from affine import Affine
from odc.geo.geobox import GeoBox
from odc.loader._rio import RioDriver
from rasterio.enums import Resampling
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.warp import reproject, transform_bounds
from rasterio.windows import Window

from analysis.scenes import grid as grids
from analysis.scenes import guard, kinds, transport
from analysis.scenes.redact import clean, strip
from analysis.scenes.scene import Declared, Grid, Refused

if TYPE_CHECKING:
    from analysis.scenes.signing import Signer

# Arrays that are warped have their position beside them, not in them.
warnings.filterwarnings("ignore", category=NotGeoreferencedWarning, module="rasterio.warp")

TRIES = 3
"""Times that pixels of one file are asked for."""


class Reader(RioDriver):
    """odc-loader's driver, with a reader of our own.

    Everything is read as float32, in which each 16-bit number is exact; what
    is outside the file or holds its nodata value is NaN.
    """

    def __init__(self, nodata: dict[tuple[str, int], float | None], sign: Signer | None) -> None:
        super().__init__()
        self.nodata = nodata
        self.sign = sign
        self.tags: dict[str, str | None] = {}
        """Kind that each file states of itself."""
        self.resampled: set[str] = set()
        """Files whose pixels are not those of the cube's grid."""
        self._lock = threading.Lock()

    @contextmanager
    def restore_env(self, env: Any, load_state: Any):
        """Open files under the settings of `guard.environment`."""
        with guard.environment():
            yield None

    def open(self, src: Any, ctx: Any) -> Any:
        """A reader for one file, as odc-loader asks for it."""
        return _File(self, src)

    def note(self, href: str, kind: str | None, resampled: bool) -> None:
        """Keep what was learnt from a file."""
        with self._lock:
            self.tags[strip(href)] = kind
            if resampled:
                self.resampled.add(strip(href))


class _File:
    def __init__(self, driver: Reader, source: Any) -> None:
        self.driver = driver
        self.href = str(source.uri)
        self.band = int(source.band)

    def read(
        self, cfg: Any, dst_geobox: GeoBox, *, dst: Any = None, selection: Any = None
    ) -> tuple[tuple[slice, slice], np.ndarray]:
        whole = (slice(0, dst_geobox.shape[0]), slice(0, dst_geobox.shape[1]))
        pixels = self._tried(dst_geobox, cfg.resampling or "nearest")
        if dst is not None:
            dst[whole] = pixels
            return whole, dst[whole]
        return whole, pixels

    def _tried(self, box: GeoBox, resampling: str) -> np.ndarray:
        """Pixels on ``box``; a server that says "later" is asked again after the time it names."""
        for attempt in range(1, TRIES + 1):
            href = self.driver.sign(self.href) if self.driver.sign else self.href
            try:
                with guard.opened(href) as raster:
                    return self._pixels(raster, box, resampling)
            except Declared as reason:
                raise Refused(f"{strip(href)}: {reason}") from None
            except (RasterioError, Refused) as error:
                if not guard.is_remote(href):
                    damaged = f"file {Path(href).name} {guard.DAMAGED}"
                    raise Refused(str(error) if isinstance(error, Refused) else damaged) from None
                if _ask_plainly(href, attempt, self.driver.sign):
                    continue
                if attempt == TRIES:
                    raise Refused(f"{strip(href)}: {_first_line(error)}, after {TRIES} tries"
                                  ) from None  # fmt: skip
                time.sleep(0.2 * attempt)
        raise AssertionError("unreachable")

    def _pixels(self, raster: rasterio.DatasetReader, box: GeoBox, resampling: str) -> np.ndarray:
        if not 1 <= self.band <= raster.count:
            raise Declared(f"it has {raster.count} bands, band {self.band} is asked for")
        a, b, c, d, e, f = list(raster.transform)[:6]
        mine = Grid(raster.crs.to_string(), (a, b, c, d, e, f), (raster.height, raster.width))
        shared = grids.shares(mine, box)
        times = 1 if shared or resampling != "nearest" else grids.nests(mine, box)
        nodata = self.driver.nodata.get((self.href, self.band))
        if nodata is None:
            nodata = raster.nodata
        if shared:
            pixels = _window(raster, self.band, box)
        elif times > 1:
            pixels = _repeated(raster, self.band, box, times)
        else:
            pixels = _warped(raster, self.band, box, resampling)
        if nodata is not None and np.isfinite(nodata):
            pixels[pixels == np.float32(nodata)] = np.nan
        self.driver.note(self.href, raster.tags().get(kinds.TAG), not shared)
        return pixels


def _window(raster: rasterio.DatasetReader, band: int, box: GeoBox) -> np.ndarray:
    """The very pixels of the file, NaN outside of it."""
    column, row = (round(v) for v in ~raster.transform * (box.affine.c, box.affine.f))
    out = np.full(box.shape, np.nan, dtype=np.float32)
    top, bottom = max(0, row), min(raster.height, row + box.shape[0])
    left, right = max(0, column), min(raster.width, column + box.shape[1])
    if top < bottom and left < right:
        window = Window.from_slices((top, bottom), (left, right))
        out[top - row : bottom - row, left - column : right - column] = raster.read(
            band, window=window
        )
    return out


def _repeated(raster: rasterio.DatasetReader, band: int, box: GeoBox, times: int) -> np.ndarray:
    """Pixels of a coarser grid, each laid over the finer pixels that it consists of."""
    column, row = ~raster.transform * (box.affine.c, box.affine.f)
    fine_row, fine_column = round(row * times), round(column * times)
    top, left = fine_row // times, fine_column // times
    rows = -(-(fine_row + box.shape[0]) // times) - top
    columns = -(-(fine_column + box.shape[1]) // times) - left
    coarse = GeoBox(
        (rows, columns), raster.transform * Affine.translation(left, top), str(raster.crs)
    )
    fine = _window(raster, band, coarse).repeat(times, axis=0).repeat(times, axis=1)
    skip_row, skip_column = fine_row - top * times, fine_column - left * times
    return fine[skip_row : skip_row + box.shape[0], skip_column : skip_column + box.shape[1]].copy()


def _warped(raster: rasterio.DatasetReader, band: int, box: GeoBox, resampling: str) -> np.ndarray:
    """Pixels brought to another grid, in one resampling; NaN outside of the file."""
    out = np.full(box.shape, np.nan, dtype=np.float32)
    try:
        bounds = transform_bounds(str(box.crs), raster.crs, *box.boundingbox, densify_pts=21)
    except (RasterioError, ValueError):
        raise Refused(f"its reference system {raster.crs.to_string()[:60]} does not hold here"
                      ) from None  # fmt: skip
    ends = [~raster.transform * (x, y) for x in bounds[::2] for y in bounds[1::2]]
    if not np.isfinite(ends).all():
        raise Refused("its position has nothing to do with the area of interest")
    margin = 8
    left, right = min(e[0] for e in ends) - margin, max(e[0] for e in ends) + margin
    top, bottom = min(e[1] for e in ends) - margin, max(e[1] for e in ends) + margin
    left, top = max(0, int(left)), max(0, int(top))
    right, bottom = min(raster.width, int(right)), min(raster.height, int(bottom))
    if left >= right or top >= bottom:
        return out
    if (right - left) * (bottom - top) > 4 * guard.MAX_WINDOW**2:
        raise Refused("its pixels are so fine that too many would be read")
    source = raster.read(band, window=Window.from_slices((top, bottom), (left, right)))
    source = source.astype(np.float32)
    if raster.nodata is not None:
        source[source == np.float32(raster.nodata)] = np.nan
    reproject(
        source, out, src_transform=raster.transform * Affine.translation(left, top),
        src_crs=raster.crs, src_nodata=np.nan, dst_transform=box.affine, dst_crs=str(box.crs),
        dst_nodata=np.nan, resampling=Resampling[resampling],
    )  # fmt: skip
    return out


def _ask_plainly(href: str, attempt: int, sign: Signer | None) -> bool:
    """Ask for the first bytes outside of GDAL: it says why, and waits as it is asked to.

    Returns whether the address has to be signed anew.

    Raises
    ------
    Refused
        If the server's answer is final, or no raster.
    """
    limits = transport.Limits(total_s=60, tries=2, max_bytes=1_000_000)
    try:
        answer = transport.fetch(href, headers={"Range": "bytes=0-63"}, limits=limits)
    except transport.ServiceError as error:
        expired = error.status in (401, 403) and sign is not None and attempt < TRIES
        if expired and sign is not None and sign.forget(href):
            return True
        raise Refused(str(error)) from None
    looks = guard.looks_like(answer.content[:64])
    if looks:
        raise Refused(f"{strip(href)}: {looks}")
    if answer.status_code == 200 and attempt == 1 and len(answer.content) > 64:
        raise Refused(f"{strip(href)}: the server does not offer parts of a file (no ranges)")
    return False


def _first_line(error: Exception) -> str:
    return clean(str(error)).splitlines()[0][:200] if str(error) else type(error).__name__
