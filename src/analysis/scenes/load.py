"""Pixels of chosen scenes on one grid, through odc-stac and the cache."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import odc.stac
import pystac
from odc.geo.geobox import GeoBox
from rasterio.errors import RasterioError
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from analysis.scenes import cache, guard, kinds, sensors
from analysis.scenes.choose import Pass
from analysis.scenes.reader import Reader
from analysis.scenes.redact import clean, strip
from analysis.scenes.scene import Layer, Refused, Scene, iso

if TYPE_CHECKING:
    from analysis.scenes.signing import Signer

RESAMPLING = dict.fromkeys(sensors.CORE, "cubic")
"""For scenes on another grid; masks, and the band that only serves one, take the nearest."""

_EO = "https://stac-extensions.github.io/eo/v1.1.0/schema.json"

AT_ONCE = 6
"""Scenes read at the same time over a network."""


@dataclass(frozen=True)
class Pixels:
    """One date on the grid of the cube, as it was read."""

    numbers: dict[str, np.ndarray]
    """Digital numbers by layer, float32 ``(y, x)``, NaN where there is none."""
    kind_tag: str | None
    """The weakest kind that its files state."""
    resampled: tuple[str, ...]
    """Layers whose file has another grid, and that are not masks or coarser bands."""


def read(
    one: Pass,
    names: Sequence[str],
    box: GeoBox,
    area: BaseGeometry,
    *,
    sign: Signer | None = None,
) -> Pixels:
    """Digital numbers of some layers of one pass on the grid ``box``.

    Raises
    ------
    Refused
        If a file can't be read, with its place and the reason.
    """
    remote = any(guard.is_remote(p.layers[n].href) for p in one.parts for n in names)
    if not remote:
        return _read(one, names, box, area, sign)
    name = cache.key("pixels", _identity(one, names), list(box.affine)[:6], list(box.shape),
                     str(box.crs))  # fmt: skip

    def make() -> cache.Entry:
        found = _read(one, names, box, area, sign)
        about = {"kind_tag": found.kind_tag, "resampled": list(found.resampled)}
        return cache.Entry(found.numbers, about)

    entry = cache.get(name, make)
    return Pixels(dict(entry.arrays), entry.about["kind_tag"], tuple(entry.about["resampled"]))


def _identity(one: Pass, names: Sequence[str]) -> list[list[object]]:
    """What tells the content of files behind addresses: place, version, and how it is read."""
    return [[strip(layer.href), layer.index, layer.nodata, layer.version]
            for part in one.parts for layer in (part.layers[n] for n in sorted(names))]  # fmt: skip


def _read(
    one: Pass,
    names: Sequence[str],
    box: GeoBox,
    area: BaseGeometry,
    sign: Signer | None,
) -> Pixels:
    nodata = {(layer.href, layer.index): layer.nodata
              for part in one.parts for layer in part.layers.values()}  # fmt: skip
    driver = Reader(nodata, sign)
    items = [_item(part, names, area, number, one.scene) for number, part in enumerate(one.parts)]
    try:
        cube = odc.stac.load(
            items, bands=list(names), geobox=box, groupby="time", driver=driver,
            resampling={n: RESAMPLING.get(n, "nearest") for n in names}, dtype="float32",
            stac_cfg={"*": {"assets": {"*": {"data_type": "float32", "nodata": float("nan")}},
                            "warnings": "ignore"}},
        )  # fmt: skip
    except (RasterioError, ValueError, RuntimeError) as error:
        raise Refused(clean(str(error))[:300]) from None
    numbers = {n: np.asarray(cube[n].values[0], dtype=np.float32) for n in names}
    core = {strip(p.layers[n].href): n for p in one.parts for n in names if n in sensors.CORE}
    resampled = tuple(sorted({core[h] for h in driver.resampled if h in core}))
    stated = [k for k in map(kinds.read, driver.tags.values()) if k]
    return Pixels(numbers, min(stated, key=kinds.KINDS.index) if stated else None, resampled)


def _item(
    part: Scene, names: Sequence[str], area: BaseGeometry, number: int, first: Scene
) -> pystac.Item:
    """A plain item with one asset per layer, for odc-stac."""
    item = pystac.Item(
        id=f"{number}", geometry=mapping(area.envelope), bbox=list(area.bounds),
        datetime=first.when, properties={}, stac_extensions=[_EO],
    )  # fmt: skip
    for name in names:
        layer = part.layers[name]
        item.add_asset(f"file-{name}", _asset(layer))
    return item


def _asset(layer: Layer) -> pystac.Asset:
    """An asset whose only named band is the layer, at its place in the file."""
    named = [{"name": f"unused-{layer.name}-{i}"} for i in range(1, layer.index)]
    named.append({"name": layer.name, "common_name": layer.name})
    plain = [{"data_type": "float32", "nodata": "nan"} for _ in named]
    return pystac.Asset(
        href=layer.href, media_type="image/tiff; application=geotiff", roles=["data"],
        extra_fields={"eo:bands": named, "bands": plain},
    )  # fmt: skip


def read_all(
    passes: Sequence[Pass], task: Callable[[Pass], Pixels | Refused], *, remote: bool
) -> Iterator[Pixels | Refused]:
    """Run ``task`` for each pass: one after the other on disk, some at once over a network.

    What was read is handed on before more is read.
    """
    if not remote or len(passes) < 2:
        yield from map(task, passes)
        return
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for start in range(0, len(passes), AT_ONCE):
            yield from pool.map(task, passes[start : start + AT_ONCE])


def download_bytes(passes: Sequence[Pass], box: GeoBox) -> int:
    """The most that reading these passes can take over the network, before compression.

    Files are read in blocks of up to 1024 pixels, so that the area is rounded
    outwards to them.
    """
    block = 1024
    total = 0
    for one in passes:
        for layer in (layer for part in one.parts for layer in part.layers.values()):
            whole = layer.grid.shape if layer.grid else (10**9, 10**9)
            rows, columns = (min(size, -(-side // block) * block + block)
                             for size, side in zip(whole, box.shape, strict=True))  # fmt: skip
            total += rows * columns * 2
    return total


def reflectance(scene: Scene, numbers: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Reflectance of the bands, float32, signed: what is below zero stays below zero."""
    found = {}
    for name in (*sensors.CORE, *sensors.OPTIONAL):
        if name in numbers:
            layer = scene.layers[name]
            scaled = numbers[name].astype(np.float64) * layer.scale + layer.offset
            found[name] = scaled.astype(np.float32)
    return found


def with_kind(scene: Scene, tag: str | None, *, trusted: bool) -> Scene:
    """The scene with what its pixels say of their kind; the weaker wins."""
    if kinds.read(tag) == "simulated":
        return replace(scene, kind="simulated")
    if scene.kind == "observed" and kinds.read(tag) == "undeclared" and not trusted:
        return replace(scene, kind="undeclared")
    return scene


def describe(scene: Scene) -> str:
    """One line for messages."""
    return f"{scene.id} ({iso(scene.when)[:10]})"
