"""The stages of one sensor's scenes: read, mask, check, register, harmonise, put on disk.

Pixels lie in planes on disk. A stage holds one date, or some rows of all dates,
so that memory follows the size of a picture and not the number of dates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from odc.geo.geobox import GeoBox
from shapely.geometry.base import BaseGeometry

from analysis.scenes import cube as cubes
from analysis.scenes import gate, load, masks, normalise, omnicloud, sensors
from analysis.scenes import grid as grids
from analysis.scenes import registration as register
from analysis.scenes.choose import LeftOut, Pass
from analysis.scenes.cube import Sheet
from analysis.scenes.planes import OnDisk, Planes, blocks, scratch
from analysis.scenes.scene import Refused
from analysis.scenes.source import Source

if TYPE_CHECKING:
    from analysis.scenes.prepare import Prepared
    from analysis.scenes.signing import Signer

SHOWN = 0.02
"""Share of the area that a scene must show at all."""

MARGIN = 8
"""Pixels read around the area, so that moving a scene leaves no gap at its edge."""

_COVER = ("cloud", "shadow", "snow", "bad")


def run(done: Prepared, sensor: str, passes: list[Pass], say: Callable[[str], None]) -> None:
    """All stages for the scenes of one sensor; what drops out is added to ``done.left``."""
    area = done.site.aoi.geometry
    located = []
    for one in passes:
        try:
            located.append((one, grids.scene_grid(one.scene)))
        except Refused as reason:
            done.left.append(LeftOut(one.scene, one.scene.id, str(reason)))
    if not located:
        return
    usable, box = _box(done, located, area)
    if box is None:
        return
    if done.source.remote:
        megabytes = load.download_bytes(usable, box) / 1e6
        s = "s" * (len(usable) != 1)
        say(f"{sensor}: {len(usable)} scene{s}, at most {megabytes:.0f} MB before compression")
    wide = grids.wider(box, MARGIN)
    with scratch(len(usable), (wide.shape[0], wide.shape[1])) as planes:
        sheets = _read(done, usable, wide, planes)
        if not sheets:
            return
        sheets = _clear(done, sheets, wide, planes)
        if not sheets:
            return
        shown = "1 scene shows" if len(sheets) == 1 else f"{len(sheets)} scenes show"
        say(f"{sensor}: {shown} the area, checking their offset and position")
        sheets = _gate(done, sheets, planes)
        sheets = _register(done, sheets, planes)
        if not sheets:
            return
        if done.request.align:
            for sheet in sheets:
                cubes.align(planes, sheet)
        _harmonise(sheets, planes)
        kept = cubes.finish(planes, sheets, box, harmonise=done.request.harmonise)
    done.boxes[sensor] = box
    done.kept[sensor] = kept
    done.cubes[sensor] = cubes.build(sheets, kept, box, aligned=done.request.align)
    done.sheets += sheets


def _box(
    done: Prepared, located: Sequence[tuple[Pass, grids.Grid]], area: BaseGeometry
) -> tuple[list[Pass], GeoBox | None]:
    """The common grid, and the passes whose own grid holds at the area."""
    good = []
    for one, grid in located:
        try:
            grids.projected(area, grid.crs)
            good.append((one, grid))
        except Refused as reason:
            done.left.append(LeftOut(one.scene, one.scene.id, str(reason)))
    if not good:
        return [], None
    return [one for one, _ in good], grids.common([grid for _, grid in good], area)


def _read(done: Prepared, passes: list[Pass], box: GeoBox, planes: Planes) -> list[Sheet]:
    """Read every pass into the planes: reflectance by band, and what covers the ground."""
    area = done.site.aoi.geometry
    sign = _signer(done.source)

    def one(item: Pass) -> load.Pixels | Refused:
        names = [n for n in item.scene.layers if all(n in p.layers for p in item.parts)]
        try:
            return load.read(item, names, box, area, sign=sign)
        except Refused as reason:
            return reason

    sheets: list[Sheet] = []
    for item, pixels in zip(passes, load.read_all(passes, one, remote=done.source.remote),
                            strict=True):  # fmt: skip
        scene = item.scene
        if isinstance(pixels, Refused):
            done.left.append(LeftOut(scene, scene.id, str(pixels)))
            continue
        scene = load.with_kind(scene, pixels.kind_tag, trusted=done.request.observed)
        bands = load.reflectance(scene, pixels.numbers)
        empty = [n for n in sensors.CORE if not np.isfinite(bands[n]).any()]
        if empty:
            where = "any band" if len(empty) == len(sensors.CORE) else ", ".join(empty)
            done.left.append(LeftOut(scene, scene.id, f"no pixel over the area in {where}"))
            continue
        cover, layer = masks.of_numbers(pixels.numbers, bands)
        if done.request.cloudmask:
            cover = omnicloud.of_classes(omnicloud.predicted(bands), cover)
            layer = omnicloud.PACKAGE
        if pixels.resampled:
            scene = scene.warn("its grid is not that of the others: resampled")
        date = len(sheets)
        sheets.append(Sheet(scene, item.role, date, tuple(bands), mask=layer,
                            resampled=pixels.resampled))  # fmt: skip
        for name, image in bands.items():
            planes.put(name, date, image)
        _put_cover(planes, date, cover)
    return sheets


def _put_cover(planes: Planes, date: int, cover: masks.Cover) -> None:
    for name in _COVER:
        planes.put(name, date, getattr(cover, name))


def _cover(planes: Planes, date: int) -> masks.Cover:
    return masks.Cover(*(planes.get(name, date) for name in _COVER))


def _signer(where: Source) -> Signer | None:
    if not where.sign:
        return None
    from analysis.scenes.signing import Signer

    return Signer()


def _clear(done: Prepared, sheets: list[Sheet], box: GeoBox, planes: Planes) -> list[Sheet]:
    """Masks, with roofs rescued; scenes with too little in plain sight drop out."""
    height, width = grids.pixel_m(box)
    pixel = float(np.sqrt(height * width))
    _guess(sheets, planes)
    _rescue(sheets, planes, pixel)
    zones = cubes.zones(done.site, box)
    area = zones[done.site.aoi.id]
    kept = []
    for sheet in sheets:
        cover = _cover(planes, sheet.date)
        valid = masks.valid(cover, pixel)
        planes.put("valid", sheet.date, valid)
        shown = area & ~cover.bad
        share = float((valid & area).sum() / max(1, shown.sum()))
        known = sheet.mask or len(sheets) >= masks.SERIES_FEWEST
        clouded = float(100 * (cover.cloud & shown).sum() / max(1, shown.sum()))
        sheet.cloud = clouded if known else None
        sheet.masked = {name: float(1 - valid[zone].mean()) if zone.any() else 1.0
                        for name, zone in zones.items()}  # fmt: skip
        if shown.sum() < SHOWN * area.sum():
            reason = f"it shows {shown.sum() / area.sum():.0%} of the area of interest"
        elif share < done.request.clear:
            reason = f"clouds, shadows or snow: {share:.0%} of the area is in plain sight"
        else:
            kept.append(sheet)
            continue
        done.left.append(LeftOut(sheet.scene, sheet.scene.id, reason))
    return kept


def _guess(sheets: Sequence[Sheet], planes: Planes) -> None:
    """Cover from the series itself, for scenes that bring no mask."""
    without = [sheet.date for sheet in sheets if not sheet.mask]
    if not without or len(sheets) < masks.SERIES_FEWEST:
        return
    usual = {name: np.full(planes.shape, np.nan, dtype=np.float32) for name in ("blue", "nir")}
    for part, dates in _parts(sheets, planes):
        bad = planes.rows("bad", part, dates)
        for name, image in usual.items():
            image[part] = masks.usual(planes.rows(name, part, dates), bad)
    for date in without:
        blue, nir, bad = (planes.get(name, date) for name in ("blue", "nir", "bad"))
        found = masks.beside(blue, nir, bad, usual["blue"], usual["nir"])
        _put_cover(planes, date, replace(found, snow=planes.get("snow", date)))


def _rescue(sheets: Sequence[Sheet], planes: Planes, pixel: float) -> None:
    """Flags that recur at one place on clear dates are a roof, and no flags any more."""
    for sheet in sheets:
        planes.put("clear", sheet.date, masks.clear_around(_cover(planes, sheet.date), pixel))
    for part, dates in _parts(sheets, planes):
        clear, blue = planes.rows("clear", part, dates), planes.rows("blue", part, dates)
        for name in ("cloud", "shadow"):
            flags = masks.without_roofs(planes.rows(name, part, dates), clear, blue)
            for date, flag in zip(dates, flags, strict=True):
                planes.put(name, date, flag, part.start)


def _parts(sheets: Sequence[Sheet], planes: Planes) -> Iterator[tuple[slice, list[int]]]:
    dates = [sheet.date for sheet in sheets]
    for part in blocks(planes.shape, 16 * len(dates)):
        yield part, dates


def _on_disk(planes: Planes, sheets: Sequence[Sheet], names: Sequence[str]) -> OnDisk:
    return OnDisk(planes, tuple(names), tuple(sheet.date for sheet in sheets))


def _gate(done: Prepared, sheets: list[Sheet], planes: Planes) -> list[Sheet]:
    """The radiometric gate: a scene whose pixels contradict its catalogue drops out."""
    verdicts = gate.judge_series(_on_disk(planes, sheets, gate.BANDS))
    kept = []
    for sheet, verdict in zip(sheets, verdicts, strict=True):
        if verdict.step == 0 or done.request.trust == "metadata":
            if verdict.step:
                sheet.scene = sheet.scene.warn(f"metadata trusted although {verdict.evidence}")
            kept.append(sheet)
        elif done.request.trust == "pixels":
            for name in sheet.layers:
                image = planes.get(name, sheet.date) - np.float32(verdict.step * gate.STEP)
                planes.put(name, sheet.date, image)
            layers = {n: replace(layer, offset=layer.offset - verdict.step * gate.STEP)
                      if n not in sensors.MASKS else layer
                      for n, layer in sheet.scene.layers.items()}  # fmt: skip
            sheet.scene = replace(sheet.scene, layers=layers).warn(
                f"pixels trusted: {verdict.evidence}"
            )
            kept.append(sheet)
        else:
            reason = (
                f"catalogue and pixels disagree: {sheet.scene.offset_rule}, but "
                f"{verdict.evidence} (--trust pixels or --trust metadata decides)"
            )
            done.left.append(LeftOut(sheet.scene, sheet.scene.id, reason))
    return kept


def _register(done: Prepared, sheets: list[Sheet], planes: Planes) -> list[Sheet]:
    """Shifts of all scenes; one that can't be registered drops out."""
    views = [register.ViewOnDisk(planes, s.date, str(s.scene.orbit or "")) for s in sheets]
    kept = []
    for sheet, shift in zip(sheets, register.register(views), strict=True):
        if shift.why_not is not None:
            reason = f"it can't be registered: {shift.why_not}"
            done.left.append(LeftOut(sheet.scene, sheet.scene.id, reason))
            continue
        sheet.shift = shift
        kept.append(sheet)
    return kept


def _harmonise(sheets: Sequence[Sheet], planes: Planes) -> None:
    """Gain and offset of each date against the series."""
    found = normalise.fit_series(_on_disk(planes, sheets, sensors.CORE),
                                 [s.scene.when for s in sheets])  # fmt: skip
    for sheet, harmony in zip(sheets, found, strict=True):
        sheet.harmony = harmony
