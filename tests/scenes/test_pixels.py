"""What only pixels can tell: offsets, position, roofs; on scenes whose truth is known."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import rasterio
from scipy import ndimage

from analysis import paths
from analysis.errors import UserError
from analysis.scenes import gate, normalise
from analysis.scenes.masks import Cover, rescue
from analysis.scenes.prepare import Request, prepare
from analysis.scenes.registration import View, register
from tests.scenes import town
from tests.scenes.conftest import benchmark

REAL = "oscd/dev/dubai_west"


def views(kinds, seed=0):
    """Scenes of one town with their shifts; the second half lies a quarter of a pixel apart."""
    rng = np.random.default_rng(seed)
    made = town.town(seed, 160)
    found, truth = [], []
    for n, kind in enumerate(kinds):
        shift = rng.normal(0, 0.3, 2) + (0.25 if n >= len(kinds) / 2 else 0.0)
        snow = town.patchy_snow(made, rng) if kind == "snow" else None
        sun = (2.2, -0.5) if kind == "shadow" else (0.6, 0.3)
        image = town.picture(made, rng, tuple(shift), snow, sun)
        found.append(View(image, np.ones((160, 160), dtype=bool)))
        truth.append(shift)
    return found, np.array(truth)


def test_snow_over_half_the_area_and_moved_shadows_do_not_move_a_scene():
    """Systematic residual at most 0.05 pixel between epochs and kinds, random at most 0.15."""
    kinds = ["plain", "snow", "shadow"] * 4
    pictures, truth = views(kinds)
    shifts = register(pictures)
    good = np.array([s.why_not is None for s in shifts])
    assert good.sum() >= 11
    error = np.array([(s.y, s.x) for s in shifts]) - truth
    error -= np.median(error[good], axis=0)
    late = np.arange(len(kinds)) >= len(kinds) / 2
    step = error[good & late].mean(axis=0) - error[good & ~late].mean(axis=0)
    assert np.abs(step).max() <= 0.05
    for kind in set(kinds):
        mine = good & (np.array(kinds) == kind)
        plain = good & (np.array(kinds) == "plain")
        away = error[mine].mean(axis=0) - error[plain].mean(axis=0)
        assert np.abs(away).max() <= 0.06, kind
        assert error[mine].std(axis=0).max() <= 0.15, kind


def test_a_scene_of_another_place_is_not_registered():
    pictures, _ = views(["plain"] * 4)
    rng = np.random.default_rng(9)
    other = town.picture(town.town(77, 160), rng)
    pictures.append(View(other, np.ones((160, 160), dtype=bool)))
    shifts = register(pictures)
    assert shifts[-1].why_not
    assert all(s.why_not is None for s in shifts[:-1])


def test_the_bundled_world_registers_within_the_requirement():
    """An independent renderer: orbits, terrain, a geometry step, seasons."""
    done = prepare(Request(end="2119-01"))
    truth = json.loads((paths.project_root() / "data/scenes/truth.json").read_text())
    moved = {s["id"]: s["shift_m"] for s in truth["world"]["scenes"]}
    cube = done.cubes["10m"]
    real = np.array([(-moved[i][1], moved[i][0]) for i in cube.scene.values]) / 10.0
    error = np.column_stack([cube.shift_y, cube.shift_x]) - real
    error -= np.median(error, axis=0)
    assert error.std(axis=0).max() <= 0.15
    for orbit in set(cube.orbit.values):
        assert np.abs(error[cube.orbit.values == orbit].mean(axis=0)).max() <= 0.05
    assert done.kind == "simulated"


@pytest.fixture(scope="module")
def wrong(tmp_path_factory):
    """Eight dates, four of them raised; the catalogue is wrong about one of these."""
    listed = town.dates(8)
    for one in listed[4:]:
        one.baseline = "04.00"
    listed[6].declared_offset = 0.0
    return town.write(tmp_path_factory.mktemp("wrong"), listed), listed[6]


def test_a_scene_whose_pixels_contradict_its_catalogue_is_refused_with_the_evidence(wrong):
    catalogue, one = wrong
    done = prepare(Request(source=str(catalogue)))
    assert [item.id for item in done.left] == [f"sim-10m-{one.when:%Y%m%d}"]
    assert "catalogue and pixels disagree" in done.left[0].reason
    assert "was not taken off" in done.left[0].reason
    assert "red +0.1" in done.left[0].reason


def test_the_user_may_say_that_the_pixels_are_right(wrong):
    catalogue, one = wrong
    done = prepare(Request(source=str(catalogue), trust="pixels"))
    assert len(done.sheets) == 8
    level = done.cube.red.where(done.cube.valid).median(("y", "x"))
    assert float(level.max() - level.min()) < 0.02
    sheet = next(s for s in done.sheets if s.scene.id == f"sim-10m-{one.when:%Y%m%d}")
    assert any("pixels trusted" in text for text in sheet.scene.warnings)


def test_the_user_may_say_that_the_catalogue_is_right(wrong):
    catalogue, _ = wrong
    done = prepare(Request(source=str(catalogue), trust="metadata", harmonise=False))
    level = done.cube.red.where(done.cube.valid).median(("y", "x"))
    assert float(level.max() - level.min()) > 0.08
    with pytest.raises(UserError, match="trust"):
        prepare(Request(source=str(catalogue), trust="nobody"))


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
@pytest.mark.parametrize("step", [0.1, -0.1])
def test_the_gate_finds_any_share_of_wrong_scenes(share, step):
    rng = np.random.default_rng(1)
    ground = np.stack([rng.uniform(low, low + 0.2, (60, 60)) for low in (0.03, 0.05, 0.05, 0.15)])
    stack = np.array([ground * rng.normal(1, 0.03) + rng.normal(0, 0.004, ground.shape)
                      for _ in range(10)])  # fmt: skip
    wrong = np.arange(10) < 10 * share
    stack[wrong] += step
    found = np.array([v.step for v in gate.judge(stack, np.ones((10, 60, 60), dtype=bool))])
    np.testing.assert_array_equal(found, np.where(wrong, np.sign(step), 0).astype(int))


def test_haze_and_seasons_are_not_taken_for_an_offset():
    rng = np.random.default_rng(2)
    ground = np.stack([rng.uniform(low, low + 0.2, (60, 60)) for low in (0.03, 0.05, 0.05, 0.15)])
    stack = np.array([ground + rng.normal(0, 0.004, ground.shape) for _ in range(8)])
    stack[2] += np.array([0.09, 0.06, 0.04, 0.01])[:, None, None]  # haze: most in blue
    stack[5, 3] += 0.1  # leaves
    found = gate.judge(stack, np.ones((8, 60, 60), dtype=bool))
    assert [v.step for v in found] == [0] * 8


@pytest.mark.parametrize("step", [0.1, -0.1])
def test_leaves_do_not_hide_a_wrong_offset(step):
    """In summer the near infrared rises by nearly a step of its own."""
    rng = np.random.default_rng(5)
    ground = np.stack([rng.uniform(low, low + 0.2, (60, 60)) for low in (0.04, 0.05, 0.06, 0.2)])
    stack = np.array([ground + rng.normal(0, 0.004, ground.shape) for _ in range(8)])
    stack[3] += np.array([-0.01, -0.015, -0.025, 0.08])[:, None, None] + step
    found = gate.judge(stack, np.ones((8, 60, 60), dtype=bool))
    assert [v.step for v in found] == [0, 0, 0, int(np.sign(step)), 0, 0, 0, 0]


def test_a_gain_and_an_offset_are_found_although_a_quarter_of_the_ground_changed():
    rng = np.random.default_rng(3)
    ground = rng.uniform(0.05, 0.4, (4, 80, 80))
    stack = np.array([ground + rng.normal(0, 0.003, ground.shape) for _ in range(9)])
    stack[4] = 1.12 * stack[4] + 0.02
    stack[4, :, :40, :40] += 0.15
    times = [datetime(2121, 5, 1, tzinfo=UTC) + timedelta(days=4 * n) for n in range(9)]
    found = normalise.fit(stack, np.ones((9, 80, 80), dtype=bool), times)
    assert found[4].gain == pytest.approx([1.12] * 4, abs=0.01)
    assert found[4].offset == pytest.approx([0.02] * 4, abs=0.004)
    assert found[0].gain == pytest.approx([1.0] * 4, abs=0.01)


def test_a_flag_that_comes_back_is_a_roof_and_one_that_does_not_is_a_cloud():
    rng = np.random.default_rng(4)
    none = np.zeros((90, 90), dtype=bool)
    blue = rng.normal(0.08, 0.01, (12, 90, 90))
    covers = []
    for n in range(12):
        cloud = none.copy()
        cloud[40:48, 40:55] = True
        blue[n, 40:48, 40:55] = 0.45 + rng.normal(0, 0.01, (8, 15))
        if n == 6:
            cloud[10:20, 10:20] = True
            blue[n, 10:20, 10:20] = 0.5
        covers.append(Cover(cloud, none, none, none))
    found = rescue(covers, blue, 10.0)
    assert not any(c.cloud[41:47, 41:54].any() for c in found)
    assert found[6].cloud[10:20, 10:20].all()


def test_a_roof_built_inside_the_series_is_rescued_too():
    none = np.zeros((90, 90), dtype=bool)
    blue = np.full((16, 90, 90), 0.08)
    covers = []
    for n in range(16):
        cloud = none.copy()
        if n >= 8:
            cloud[40:48, 40:55] = True
            blue[n, 40:48, 40:55] = 0.45
        covers.append(Cover(cloud, none, none, none))
    assert not any(c.cloud.any() for c in rescue(covers, blue, 10.0)[9:])


@pytest.fixture(scope="module")
def dubai(tmp_path_factory):
    """A real pair as a folder, with a site and two windows."""
    folder = benchmark(REAL)
    with rasterio.open(folder / "t1.tif") as file:
        west, south, east, north = file.bounds
    inside = [[west + 0.002, south + 0.01], [east - 0.002, south + 0.01],
              [east - 0.002, north - 0.01], [west + 0.002, north - 0.01]]  # fmt: skip
    place = tmp_path_factory.mktemp("dubai") / "site.geojson"
    feature = {"type": "Feature", "geometry": {"type": "Polygon",
               "coordinates": [[*inside, inside[0]]]},
               "properties": {"id": "aoi", "name": "West", "role": "aoi", "kind": "assumed"}}  # fmt: skip  # noqa: E501
    place.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("analysis.paths.cache_dir", lambda: tmp_path_factory.mktemp("c"))
        yield prepare(Request(source=str(folder), site=str(place), before="2015", after="2018",
                              observed=True))  # fmt: skip


def test_a_real_pair_loads_registers_and_is_masked(dubai):
    cube = dubai.cube
    assert list(cube.role.values) == ["before", "after"]
    assert cube.attrs["kind"] == "observed"
    assert cube.attrs["crs"] == "EPSG:4326"
    assert cube.valid.mean() > 0.95
    assert np.hypot(*(np.diff(v)[0] for v in (cube.shift_y, cube.shift_x))) < 1.5
    assert any("top-of-atmosphere" in text for text in dubai.warnings)


def test_pixels_in_degrees_have_their_geodesic_area(dubai):
    assert dubai.cube.attrs["pixel_width_m"] == pytest.approx(9.56, abs=0.01)
    assert dubai.cube.attrs["pixel_height_m"] == pytest.approx(10.51, abs=0.01)
    assert dubai.cube.attrs["pixel_area_m2"] == pytest.approx(100.5, abs=0.1)


def test_a_folder_that_is_not_declared_is_undeclared(tmp_path):
    from analysis.scenes import parse, search, source
    from analysis.scenes.windows import Window

    where = source.resolve(str(benchmark(REAL)))
    for item, base in search.find(where, (0, 0, 1, 1), Window()).items:
        scene = parse.scene(item, base, named_service=False, declared=False)
        assert scene.kind == "undeclared"


def test_simulated_pixels_stay_simulated_whatever_the_user_declares(wrong):
    catalogue, _ = wrong
    assert prepare(Request(source=str(catalogue), observed=True)).kind == "simulated"


def test_bare_ground_with_a_few_buildings_registers_by_its_buildings():
    """Most tiles hold nothing but noise there; one building appears half way."""
    rng = np.random.default_rng(4)
    shown, truth = [], []
    for n in range(10):
        shift = rng.normal(0, 0.1, 2)
        image = {}
        for band, level in zip(("red", "nir"), (0.1, 0.22), strict=True):
            fine = np.full((600, 600), level)
            for top, left in ((90, 130), (410, 260), (240, 450)):
                if (top, n < 5) != (240, True):
                    fine[top : top + 50, left : left + 90] = 0.3
            fine = ndimage.shift(ndimage.gaussian_filter(fine, 2.5), shift * 5, order=1)
            fine[:9], fine[-9:], fine[:, :9], fine[:, -9:] = level, level, level, level
            pixels = fine.reshape(120, 5, 120, 5).mean(axis=(1, 3))
            image[band] = pixels + rng.normal(0, 0.004, pixels.shape)
        shown.append(View(image, np.ones((120, 120), dtype=bool)))
        truth.append(shift)
    shifts = register(shown)
    assert all(s.why_not is None for s in shifts)
    error = np.array([(s.y, s.x) for s in shifts]) - np.array(truth)
    assert np.abs(error - np.median(error, axis=0)).max() < 0.1
