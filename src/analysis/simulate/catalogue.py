"""Worlds on disk: a static STAC catalogue of small GeoTIFFs, its site, and the truth."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pystac

from analysis.errors import UserError
from analysis.simulate import describe
from analysis.simulate.draw import draw
from analysis.simulate.geotiff import layers, write_layer
from analysis.simulate.render import Frame, Renderer
from analysis.simulate.spec import PLANT, Spec
from analysis.simulate.world import World

BUNDLED_SEED = 183
"""World of the bundled catalogue. Its ratios lie in no published band, whichever reference
and definition of size is taken; it has ten clear 10 m scenes after the new roof, and that
roof is neither white nor as dark as a shadow."""

MAX_WORLDS = 10_000
"""Worlds of one call; each takes about 15 MB and half a minute."""

TRUTH = "truth.json"
SITE = "site.geojson"


def write(
    directory: str | Path,
    *,
    seed: int = BUNDLED_SEED,
    worlds: int = 1,
    spec: Spec = PLANT,
    progress: Callable[[int, str, int, int], None] | None = None,
) -> list[Path]:
    """Draw worlds and write each as a catalogue; whole, or not at all.

    Parameters
    ----------
    directory
        Folder to make. One world lies in it directly; several lie in folders
        ``world-<seed>``.
    seed
        Of the first world; the others follow in steps of one. The default redraws the
        bundled catalogue.
    worlds
        How many.
    spec
        What kind.
    progress
        Called with seed, scene, its position and the number of scenes.

    Returns
    -------
    list of Path
        The ``catalog.json`` of each world.

    Raises
    ------
    UserError
        If the folder exists and is not empty, or a number is out of range.
    """
    if seed < 0:
        raise UserError(f"seed {seed}: it must not be negative")
    if not 1 <= worlds <= MAX_WORLDS:
        raise UserError(f"{worlds} worlds: from 1 to {MAX_WORLDS} are drawn at a time")
    place = Path(directory).absolute()
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise UserError(f"{place} exists and is not empty: name a new folder")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
    except OSError as error:
        raise UserError(f"cannot write to {place.parent}: {error.strerror}") from None
    try:
        names = [""] if worlds == 1 else [f"world-{seed + i}" for i in range(worlds)]
        for number, name in enumerate(names):
            write_world(draw(seed + number, spec), work / name, progress)
        work.chmod(0o755)
        if place.exists():
            place.rmdir()
        os.replace(work, place)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return [place / name / "catalog.json" for name in names]


def write_world(
    world: World,
    place: Path,
    progress: Callable[[int, str, int, int], None] | None = None,
) -> None:
    """Write one world as a catalogue into a folder."""
    place.mkdir(parents=True, exist_ok=True)
    _dump(place / TRUTH, world.to_record())
    _dump(place / SITE, describe.site_record(world))
    catalogue = pystac.Catalog(
        id=f"simulated-{world.seed}",
        description=describe.NOTE,
        title=f"Simulated works, world {world.seed}",
        catalog_type=pystac.CatalogType.SELF_CONTAINED,
        extra_fields={"feb11:kind": "simulated"},
    )
    done = 0
    for plan in world.spec.plans:
        renderer = Renderer(world, plan.sensor)
        items = []
        for scene in world.of(plan.sensor):
            items.append(_write_scene(world, renderer.frame(scene), place))
            done += 1
            if progress:
                progress(world.seed, scene.id, done, len(world.scenes))
        catalogue.add_child(describe.collection(plan.sensor, items))
    catalogue.normalize_hrefs(str(place))
    _link(catalogue, place, up="./")
    for collection in catalogue.get_children():
        _link(collection, place, up="../")
    for thing in _everything(catalogue):
        path = Path(thing.get_self_href() or "")
        _dump(path, thing.to_dict(include_self_link=False))


def _write_scene(world: World, frame: Frame, place: Path) -> pystac.Item:
    """Write the assets of a frame and describe them."""
    scene = frame.scene
    folder = place / scene.sensor / scene.id
    folder.mkdir(parents=True)
    drawn = layers(world, frame)
    item = describe.item(world, frame, drawn[0])
    for layer in drawn:
        path = folder / f"{scene.id}-{layer.name}.tif"
        write_layer(layer, scene, world.seed, path)
        item.add_asset(layer.name, describe.asset(layer, path))
    return item


def _link(thing: pystac.Catalog, place: Path, up: str) -> None:
    """Point at the site and at the truth, relative to where ``thing`` lies."""
    for relation, name, media in (
        ("site", SITE, "application/geo+json"),
        ("truth", TRUTH, "application/json"),
    ):
        thing.add_link(pystac.Link(relation, f"{up}{name}", media_type=media))


def _everything(catalogue: pystac.Catalog) -> Iterable[pystac.Catalog | pystac.Item]:
    yield catalogue
    for collection in catalogue.get_children():
        yield collection
        for item in collection.get_items():
            item.make_asset_hrefs_relative()
            yield item


def _dump(path: Path, record: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
