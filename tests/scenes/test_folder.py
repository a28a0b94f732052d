"""A folder of GeoTIFFs: what is left out of it is said, and how far away scenes lie."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin
from shapely.geometry import box

from analysis.scenes import folder
from analysis.scenes.choose import LeftOut, Wish, choose
from analysis.scenes.prepare import Prepared, Request
from analysis.scenes.scene import Scene
from analysis.scenes.source import resolve
from analysis.scenes.windows import asked
from analysis.site import load


def tiff(place: Path, *names: str, bands: int = 1) -> None:
    with rasterio.open(
        place, "w", driver="GTiff", width=4, height=4, count=bands, dtype="uint16",
        crs="EPSG:32652", transform=from_origin(500000, 4400000, 10, 10),
    ) as file:  # fmt: skip
        file.write(np.ones((bands, 4, 4), np.uint16))
        for number, name in enumerate(names, 1):
            file.set_band_description(number, name)


def test_files_whose_bands_nobody_knows_are_named_and_companions_are_not(tmp_path):
    tiff(tmp_path / "s_20210101.tif", "red", "green", "blue", "nir", bands=4)
    for name in ("mystery_20210101", "T52_20210101_AOT_10m", "T52_20210101_TCI_10m", "change"):
        tiff(tmp_path / f"{name}.tif")
    items, lost = folder.items_of(str(tmp_path))
    assert [item["id"] for item, _ in items] == ["s_20210101"]
    (said,) = lost
    assert said.startswith("no band with a known name in mystery_20210101.tif: ")
    assert "scenes.csv" in said


@pytest.mark.parametrize(
    ("west", "said"),
    [(0.0, ": about 26 km away"), (0.225, ": less than 1 km away")],
)
def test_a_scene_elsewhere_says_how_far(west, said):
    place = box(west, 0.0, west + 0.02, 0.02)
    scene = Scene(id="one", when=datetime(2021, 1, 1, tzinfo=UTC), sensor="s", layers={},
                  footprint=place)  # fmt: skip
    _, (left,) = choose([scene], box(0.25, 0.0, 0.3, 0.02), Wish(asked()))
    assert left.reason == f"no overlap with the area of interest{said}"


def test_scenes_at_many_distances_are_one_reason():
    left = [LeftOut(None, str(n), f"no overlap with the area of interest: about {n} km away")
            for n in range(2, 9)]  # fmt: skip
    done = Prepared(Request(), resolve("bundled"), load("february-11-plant"), [], left, [])
    assert done.why_left() == "7 x no overlap with the area of interest"
