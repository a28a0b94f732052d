"""The manifest of a choice: from it alone, the same scenes are read again.

It holds what was asked, every scene that was read as a plain record (addresses
without signature; those that dropped out later too, since masks and offsets
are judged by all of them), what was left out and why, and what was found out
about each scene. A manifest is itself a source: ``--source manifest.json``.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from shapely.geometry import mapping

from analysis import paths
from analysis.errors import UserError
from analysis.scenes import guard
from analysis.scenes.listing import listing
from analysis.scenes.prepare import Prepared
from analysis.scenes.redact import clean
from analysis.scenes.scene import Scene
from analysis.site import Site

SCHEMA_VERSION = 1


def content(done: Prepared) -> dict[str, Any]:
    """The manifest as plain JSON: sorted, and without a time of day of the run."""
    told = listing(done)
    read = [part for one in done.chosen for part in one.parts]
    request = {k: v for k, v in done.request.__dict__.items() if v not in ("", ())}
    request["source"] = done.source.name
    request["site"] = done.site.name
    return {
        "feb11": "scenes",
        "schema_version": SCHEMA_VERSION,
        "request": request,
        "service": {"named": done.source.named_service, "sign": done.source.sign,
                    "remote": done.source.remote},
        "site": _site(done.site),
        "scenes": [_record(scene) for scene in read],
        "found": told["scenes"],
        "lost": told["lost"],
        "warnings": told["warnings"],
        "grids": told["grids"],
    }  # fmt: skip


def _record(scene: Scene) -> dict[str, Any]:
    record = scene.to_json()
    root = paths.project_root()
    for layer in record["layers"].values():
        place = Path(layer["href"])
        if not guard.is_remote(layer["href"]) and place.is_relative_to(root):
            layer["href"] = place.relative_to(root).as_posix()
    return record


def _site(site: Site) -> dict[str, Any]:
    features = []
    for f in site.features:
        own = {"id": f.id, "name": f.name, "role": f.role, "kind": f.kind, "note": f.note,
               "source": f.source, "precision_m": f.precision_m}  # fmt: skip
        features.append({"type": "Feature", "geometry": mapping(f.geometry),
                         "properties": {k: v for k, v in own.items() if v}})  # fmt: skip
    properties = {"name": site.name} | ({"claims": site.claims} if site.claims else {})
    return {"type": "FeatureCollection", "properties": properties, "features": features}


def write(place: Path, done: Prepared) -> None:
    """Write the manifest, whole or not at all."""
    text = json.dumps(content(done), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=place.parent, suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(clean(text))
        os.replace(temporary, place)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def scenes(content: Any, name: str) -> list[Scene]:
    """The scenes of a manifest, with paths that are relative to the checkout made whole.

    Raises
    ------
    UserError
        If it is not a manifest of this version, or names a place that is never opened.
    """
    if content.get("schema_version") != SCHEMA_VERSION:
        raise UserError(f"manifest {name}: version {content.get('schema_version')!r} is not "
                        f"{SCHEMA_VERSION}")  # fmt: skip
    found = []
    remote = bool(content.get("service", {}).get("remote"))
    try:
        for record in content["scenes"]:
            for layer in record["layers"].values():
                href = layer["href"]
                if not guard.is_remote(href):
                    if remote:
                        raise UserError(f"manifest {name}: {href!r} is a local file in a choice "
                                        "made from a remote catalogue")  # fmt: skip
                    layer["href"] = guard.asset_href(href, str(paths.project_root()))
            found.append(Scene.from_json(record))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UserError(f"manifest {name} is broken: {type(error).__name__} {error}") from None
    return found
