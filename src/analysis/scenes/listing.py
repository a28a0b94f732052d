"""What `feb11 scenes` prints: every scene, used or not, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from odc.geo.geobox import GeoBox

from analysis.scenes.choose import LeftOut
from analysis.scenes.cube import Sheet
from analysis.scenes.prepare import Prepared
from analysis.scenes.redact import clean
from analysis.scenes.scene import Scene, iso


def listing(done: Prepared) -> dict[str, Any]:
    """All scenes by date, the grid, and what was lost, as plain JSON."""
    rows = [_used(sheet) for sheet in done.sheets] + [_left(item) for item in done.left]
    rows.sort(key=lambda row: (row["datetime"] or "", row["id"]))
    grids = {name: _grid(box) for name, box in sorted(done.boxes.items())}
    return {
        "scenes": rows,
        "grid": grids[done.sensor] if done.cubes else None,
        "grids": grids,
        "kind": done.kind if done.sheets else None,
        "source": done.source.name,
        "site": done.site.name,
        "used": len(done.sheets),
        "lost": [clean(text) for text in done.lost],
        "warnings": [clean(text) for text in done.warnings],
    }


def _used(sheet: Sheet) -> dict[str, Any]:
    shift = sheet.shift
    return _scene(sheet.scene) | {
        "cloud": _round(sheet.cloud if sheet.cloud is not None else sheet.scene.cloud, 1),
        "used": True,
        "reason": None,
        "role": sheet.role,
        "masked": {name: round(share, 4) for name, share in sorted(sheet.masked.items())},
        "mask": sheet.mask or "series",
        "shift": None if shift is None else {
            "y": round(shift.y, 4), "x": round(shift.x, 4), "error": round(shift.error, 4),
            "difference": round(shift.difference, 4), "tiles": shift.tiles},
        "harmony": None if sheet.harmony is None else {
            "gain": [round(v, 5) for v in sheet.harmony.gain],
            "offset": [round(v, 5) for v in sheet.harmony.offset], "note": sheet.harmony.note},
        "resampled": list(sheet.resampled),
    }  # fmt: skip


def _left(item: LeftOut) -> dict[str, Any]:
    empty = {"id": item.id, "datetime": None, "sensor": None, "cloud": None, "kind": None}
    own = _scene(item.scene) if item.scene else empty
    return own | {"used": False, "reason": clean(item.reason)}


def _scene(scene: Scene) -> dict[str, Any]:
    return {
        "id": scene.id, "datetime": iso(scene.when), "sensor": scene.sensor,
        "cloud": _round(scene.cloud, 1), "kind": scene.kind, "platform": scene.platform,
        "collection": scene.collection, "baseline": scene.baseline,
        "offset": scene.offset, "offset_rule": scene.offset_rule, "orbit": scene.orbit,
        "level": scene.level, "bands": sorted(scene.layers),
        "warnings": [clean(text) for text in scene.warnings],
    }  # fmt: skip


def _grid(box: GeoBox) -> dict[str, Any]:
    affine = box.affine
    return {"crs": str(box.crs), "resolution": [abs(affine.a), abs(affine.e)],
            "shape": [int(n) for n in box.shape], "transform": [float(v) for v in affine[:6]]}  # fmt: skip  # noqa: E501


def _round(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def summary(content: Mapping[str, Any]) -> list[str]:
    """Lines for people, below the table."""
    lines = [f"{content['used']} of {len(content['scenes'])} scenes are used"]
    for name, grid in content["grids"].items():
        high, wide = grid["shape"]
        lines.append(
            f"{name}: {high} x {wide} pixels of {grid['resolution'][0]:g} in {grid['crs']}"
        )
    return lines + [f"lost: {text}" for text in content["lost"]] + list(content["warnings"])
