"""The whole path on a small catalogue whose truth is known."""

import numpy as np
import pytest
import rasterio

from analysis.errors import CheckFailed, UserError
from analysis.scenes.prepare import Request, prepare
from tests.scenes import town


@pytest.fixture(scope="module")
def done(catalogue, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("analysis.paths.cache_dir", lambda: tmp_path_factory.mktemp("c"))
        yield prepare(Request(source=str(catalogue)))


def test_the_hidden_date_is_left_out_by_name(done):
    assert [item.id for item in done.left] == ["sim-10m-21210810"]
    assert "in plain sight" in done.left[0].reason
    assert done.cube.sizes["time"] == 7


def test_all_scenes_stay_simulated(done):
    assert done.kind == "simulated"
    assert done.cube.attrs["kind"] == "simulated"


def test_reflectance_does_not_step_where_the_offset_came(done):
    cube = done.cube
    seen = cube.where(cube.valid)
    level = seen[["red", "green", "blue", "nir"]].median(("y", "x")).to_array()
    late = (cube.baseline == "04.00").values
    step = level.values[:, late].mean(axis=1) - level.values[:, ~late].mean(axis=1)
    assert np.abs(step).max() < 0.01


def test_shifts_are_known_to_a_twentieth_of_a_pixel(done):
    truth = {f"sim-10m-{d.when:%Y%m%d}": d.shift for d in town.dates(8)}
    cube = done.cube
    found = np.column_stack([cube.shift_y, cube.shift_x])
    real = np.array([truth[name] for name in cube.scene.values])
    error = (found - real) - np.median(found - real, axis=0)
    assert np.abs(error).max() < 0.06


def test_the_bright_roof_is_not_a_cloud(done):
    cube = done.cube
    affine = cube.attrs["transform"]
    row = round((town.NORTH - affine[5]) / 10)
    column = round((town.WEST - affine[2]) / 10)
    # the inner part of the roof, on dates without a real cloud or snow
    roof = cube.valid.isel(y=slice(72 + row, 80 + row), x=slice(32 + column, 44 + column))
    plain = ~cube.scene.isin(["sim-10m-21210522", "sim-10m-21210919"])
    assert float(roof.sel(time=plain.values).mean()) > 0.95


def test_half_a_sky_of_cloud_is_masked_in_its_zones(done):
    sheet = next(s for s in done.sheets if s.scene.id == "sim-10m-21210522")
    assert 20 < sheet.cloud < 45
    assert 0.2 < sheet.masked["aoi"] < 0.75
    assert set(sheet.masked) == {"aoi", "works"}


def test_what_is_not_moved_and_not_harmonised_are_the_very_pixels(catalogue):
    raw = prepare(Request(source=str(catalogue), align=False, harmonise=False)).cube
    name = raw.scene.values[0]
    with rasterio.open(catalogue.parent / "sim-10m" / name / f"{name}-red.tif") as file:
        dn = file.read(1)
        column, row = ~file.transform * (raw.attrs["transform"][2], raw.attrs["transform"][5])
    top, left = round(row), round(column)
    part = dn[top : top + raw.sizes["y"], left : left + raw.sizes["x"]].astype(np.float64)
    np.testing.assert_array_equal(raw.red.values[0], (part * 1e-4).astype(np.float32))


def test_no_usable_scene_is_an_error_that_says_why(catalogue):
    done = prepare(Request(source=str(catalogue), start="2121-08-01", end="2121-08-31"))
    with pytest.raises(CheckFailed, match="no usable scene: 7 x outside the dates; 1 x clouds"):
        done.require()


def test_a_window_without_scenes_says_so(catalogue):
    done = prepare(Request(source=str(catalogue), start="1999", end="1999"))
    with pytest.raises(UserError, match=r"1999-01-01\.\.1999-12-31; the source has scenes from 21"):
        done.require()
