"""Other people's catalogues and folders: whatever dialect, the same dates and the same pixels."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
import rasterio.shutil
from rasterio.transform import Affine

from analysis import simulate
from analysis.errors import CheckFailed, Feb11Error, UserError
from analysis.scenes.prepare import Request, prepare
from analysis.simulate.spec import ALIGNED
from tests.scenes import foreign
from tests.scenes.foreign import Style

DIALECTS = {
    "epsg and signed numbers": Style(projection="epsg", dtype="int16"),
    "grid and scale in the assets": Style(projection="asset", scale=True),
    "next to nothing": Style(projection="", media=False, zone=False, nodata=None),
    "nested catalogues": Style(layout="nested"),
    "one list with absolute paths": Style(layout="items", absolute=True),
    "cloud-optimised files": Style(driver="COG"),
    "two baselines, declared": Style(baseline="both", scale=True),
    "two baselines, known by their number": Style(baseline="both"),
}


@pytest.fixture(scope="module")
def drawn():
    return foreign.world(scenes=7)


@pytest.fixture(scope="module")
def plain(drawn, tmp_path_factory):
    """What the plainest dialect gives."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("analysis.paths.cache_dir", lambda: tmp_path_factory.mktemp("c"))
        return loaded(tmp_path_factory.mktemp("plain"), drawn, Style())


def loaded(folder: Path, drawn, style: Style):
    catalogue = foreign.write(folder, drawn[1], drawn[0], style)
    return prepare(Request(source=str(catalogue), site=str(folder / "site.geojson")))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_gives_the_same_cube(dialect, drawn, plain, tmp_path):
    done = loaded(tmp_path, drawn, DIALECTS[dialect])
    assert [s.scene.id for s in done.sheets] == [s.scene.id for s in plain.sheets]
    assert done.kind == "undeclared"
    for name in ("red", "green", "blue", "nir", "valid"):
        np.testing.assert_array_equal(done.cube[name].values, plain.cube[name].values)


def test_without_a_baseline_or_a_mask_the_warnings_say_so(plain):
    said = " ".join(plain.warnings)
    assert "neither offset nor processing baseline is declared" in said
    assert "no layer says where the clouds are" in said


def test_scenes_come_to_one_frame_whatever_frame_they_had(drawn, plain):
    _, cube = drawn
    index = [int(name.split("_")[1]) for name in plain.cube.scene.values]
    true = np.column_stack([cube.shift_y.values, cube.shift_x.values])[index]
    found = np.column_stack([plain.cube.shift_y, plain.cube.shift_x])
    assert (found - true).std(axis=0).max() < 0.05
    assert true.std(axis=0).max() > 0.15


def test_scenes_that_lie_right_are_left_where_they_lie(tmp_path):
    spec = simulate.with_scenes(simulate.MATCHED, 8)
    world = simulate.draw(11, replace(spec, placement=ALIGNED))
    done = loaded(tmp_path, (world, simulate.cube(world)), Style(scl=True))
    moved = np.column_stack([done.cube.shift_y, done.cube.shift_x])
    assert moved.std(axis=0).max() < 0.05


def test_the_command_reads_a_strangers_catalogue(drawn, tmp_path):
    catalogue = foreign.write(tmp_path, drawn[1], drawn[0], Style(projection="epsg"))
    site = json.loads((tmp_path / "site.geojson").read_text())
    for feature in site["features"]:
        del feature["properties"]["kind"]
    (tmp_path / "own.geojson").write_text(json.dumps(site))
    done = subprocess.run(
        [str(Path(sys.executable).parent / "feb11"), "scenes", "--source", str(catalogue),
         "--site", str(tmp_path / "own.geojson"), "--json"],
        capture_output=True, text=True, timeout=180,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    content = json.loads(done.stdout)
    assert content["used"] >= 5
    assert content["grid"]["crs"] == drawn[1].attrs["crs"]
    assert content["grid"]["resolution"] == [10.0, 10.0]
    assert any("aoi" in text and "assumed" in text for text in content["warnings"])


def many_bands(folder: Path, drawn, described: bool) -> Path:
    """A folder with one four-band file per date, named by the date."""
    _, cube = drawn
    affine = Affine(10, 0, float(cube.x[0]) - 5, 0, -10, float(cube.y[0]) + 5)
    for number in range(cube.sizes["time"]):
        stack = np.stack([cube[b].values[number] for b in foreign.BANDS]).astype(np.float64)
        pixels = np.clip(np.round(stack * 1e4), 1, 32767).astype(np.uint16)
        place = folder / f"{str(cube.time.values[number])[:10]}.tif"
        with rasterio.open(place, "w", driver="GTiff", height=pixels.shape[1], count=4, nodata=0,
                           width=pixels.shape[2], dtype="uint16", crs=cube.attrs["crs"],
                           transform=affine) as file:  # fmt: skip
            file.write(pixels)
            if described:
                file.descriptions = foreign.BANDS
    return folder


def test_a_folder_of_described_bands_is_the_same_cube_and_observed_where_declared(
    drawn, plain, tmp_path
):
    foreign.write(tmp_path / "site", drawn[1], drawn[0])
    folder = tmp_path / "folder"
    folder.mkdir()
    many_bands(folder, drawn, described=True)
    site = str(tmp_path / "site" / "site.geojson")
    done = prepare(Request(source=str(folder), site=site, observed=True))
    assert done.kind == "observed"
    np.testing.assert_array_equal(done.cube.red.values, plain.cube.red.values)
    assert prepare(Request(source=str(folder), site=site)).kind == "undeclared"


def test_bands_that_nothing_names_are_asked_for_and_a_table_names_them(drawn, plain, tmp_path):
    foreign.write(tmp_path / "site", drawn[1], drawn[0])
    folder = tmp_path / "folder"
    folder.mkdir()
    many_bands(folder, drawn, described=False)
    request = Request(source=str(folder), site=str(tmp_path / "site" / "site.geojson"))
    with pytest.raises(CheckFailed, match=r"which of its 4 bands is which.*scenes\.csv"):
        prepare(request)
    rows = [f"{place.name},{place.stem},blue green red nir" for place in folder.glob("*.tif")]
    (folder / "scenes.csv").write_text("\n".join(["file,date,bands", *rows]) + "\n")
    np.testing.assert_array_equal(prepare(request).cube.red.values, plain.cube.red.values)


@pytest.fixture
def own(drawn, tmp_path):
    """A folder of described bands, and the site beside it."""
    foreign.write(tmp_path / "site", drawn[1], drawn[0])
    (tmp_path / "folder").mkdir()
    return many_bands(tmp_path / "folder", drawn, described=True), tmp_path / "site/site.geojson"


def cut_short(place: Path, driver: str) -> None:
    """Half of a file: of one that is optimised the head is whole, of another its end."""
    whole = place.with_suffix(".whole")
    place.rename(whole)
    rasterio.shutil.copy(whole, place, driver=driver)
    content = place.read_bytes()
    place.write_bytes(content[: len(content) // 2])


@pytest.mark.parametrize("driver", ["GTiff", "COG"])
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_a_window_whose_only_file_is_cut_short_names_the_file(own, driver):
    folder, site = own
    first, *_, last = sorted(folder.glob("*.tif"))
    cut_short(first, driver)
    done = prepare(Request(source=str(folder), site=str(site), before=first.stem, after=last.stem))
    with pytest.raises(Feb11Error, match=rf"{first.name}.*damaged or cut short") as caught:
        done.require()
    assert "\n" not in str(caught.value)


def test_a_window_without_any_scene_says_when_there_are_some(own):
    folder, site = own
    days = sorted(place.stem for place in folder.glob("*.tif"))
    done = prepare(Request(source=str(folder), site=str(site), before="1990", after=days[-1]))
    said = r"no scene lies in 1990-01-01\.\.1990-12-31"
    with pytest.raises(UserError, match=f"{said}; the source has scenes from {days[0]} to "):
        done.require()
    done = prepare(Request(source=str(folder), site=str(site), end="1990"))
    with pytest.raises(UserError, match=rf"\.\.1990-12-31; .* {days[0]} to {days[-1]}"):
        done.require()
