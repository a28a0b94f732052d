"""`feb11 benchmark`: scenes on disk, scores, and what is said of broken files."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin
from scipy import ndimage

from analysis.cli import main
from analysis.growth import benchmark, null_series, pair_scene

FIELDS = {"name", "set", "method", "primary", "f1", "iou", "precision", "recall", "auroc",
          "average_precision", "false_alarm_fraction", "seconds"}  # fmt: skip
S2 = ("B02", "B03", "B04", "B08")


def _write(file, image, names=(), crs="EPSG:32652", transform=None):
    image = np.atleast_3d(image) if image.ndim == 3 else image[None]
    transform = transform or from_origin(500000, 4400000, 10, 10)
    with rasterio.open(
        file, "w", driver="GTiff", count=image.shape[0], height=image.shape[1],
        width=image.shape[2], dtype=image.dtype, crs=crs, transform=transform,
    ) as out:  # fmt: skip
        out.write(image)
        for i, name in enumerate(names, 1):
            out.set_band_description(i, name)


def _scene(folder, *, eight_bit=False, label=False, names=S2, size=90):
    folder.mkdir(parents=True)
    rng = np.random.default_rng(3)
    ground = ndimage.gaussian_filter(rng.normal(size=(size, size)), 2)
    one = 0.15 + 0.05 * ground / ground.std() + 0.02 * np.arange(4)[:, None, None]
    two = one * 1.1 + 0.01
    truth = np.zeros((size, size), np.uint8)
    truth[30:40, 40:55] = 1
    two[:, truth > 0] = 0.5
    for name, image in (("t1.tif", one), ("t2.tif", two)):
        image = image + rng.normal(scale=0.004, size=image.shape)
        pixels = (image * 300).clip(1, 255).astype("u1") if eight_bit else (image * 1e4)
        _write(folder / name, pixels if eight_bit else pixels.astype("u2"), names)
    if label:
        sparse = np.where(truth > 0, 2, 1) * (rng.random(truth.shape) < 0.3)
        _write(folder / "label.tif", sparse.astype("u1"))
    else:
        _write(folder / "change.tif", truth)
    return folder


@pytest.fixture
def feb11(monkeypatch, capsys):
    """Run `feb11 benchmark` and give its exit code, standard output and standard error."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["feb11", "benchmark", *map(str, arguments)])
        try:
            main()
            code = 0
        except SystemExit as stop:
            code = stop.code
        return code, *capsys.readouterr()

    return run


def _refuse(text):
    raise AssertionError(text)


def test_every_scene_below_a_folder_is_scored_and_native_files_are_not(tmp_path):
    _scene(tmp_path / "oscd" / "dev" / "city")
    _scene(tmp_path / "landsat" / "dev" / "town", label=True)
    _scene(tmp_path / "oscd" / "dev" / "city" / "native" / "t")
    rows = benchmark.run(tmp_path, warn=_refuse)
    assert all(set(r) == FIELDS for r in rows)
    primary = [(r["set"], r["name"]) for r in rows if r["primary"]]
    assert primary == [("landsat", "town"), ("oscd", "city")]
    assert all(r["f1"] > 0.7 and r["average_precision"] > 0.8 for r in rows if r["primary"])


@pytest.mark.parametrize("eight_bit", [False, True])
def test_a_scene_folder_is_scored_by_itself(tmp_path, eight_bit):
    scene = _scene(tmp_path / "city", eight_bit=eight_bit)
    read = pair_scene.read(scene, "s")
    assert read.reflectance is not eight_bit
    assert read.bands == ("blue", "green", "red", "nir")
    assert benchmark.run(scene, warn=_refuse)[0]["f1"] > 0.7


def test_a_pixel_of_degrees_has_its_size_in_metres(tmp_path):
    scene = _scene(tmp_path / "city")
    step = 10 / pair_scene.METRES_PER_DEGREE
    for name in ("t1.tif", "t2.tif"):
        with rasterio.open(scene / name) as source:
            pixels = source.read()
        _write(scene / name, pixels, S2, "EPSG:4326", from_origin(2.0, 60.0, step, step))
    # at 60 degrees a degree of longitude is half a degree of latitude
    assert pair_scene.read(scene, "s").pixel_m == pytest.approx(10 * 0.5**0.5, rel=0.01)


def test_bands_without_names_are_known_by_their_number_or_refused(tmp_path):
    scene = _scene(tmp_path / "city", names=())
    assert pair_scene.read(scene, "s").bands == ("blue", "green", "red", "nir")
    for name in ("t1.tif", "t2.tif"):
        with rasterio.open(scene / name) as source:
            pixels = source.read()
        _write(scene / name, pixels[:2])
    with pytest.raises(pair_scene.UserError, match="2 bands without names"):
        pair_scene.read(scene, "s")


def test_json_alone_is_on_standard_output_and_a_lost_scene_is_a_warning(tmp_path, feb11):
    _scene(tmp_path / "a")
    broken = _scene(tmp_path / "b")
    (broken / "t2.tif").write_bytes(b"II*\0 not a picture")
    code, out, told = feb11(tmp_path, "--json")
    assert code == 0
    assert {r["name"] for r in json.loads(out)["scenes"]} == {"a"}
    assert "left out" in told


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda s: (s / "t2.tif").unlink(), "is missing"),
        (lambda s: (s / "t1.tif").write_bytes(b"no"), "not a readable GeoTIFF"),
        (lambda s: (s / "change.tif").unlink(), "neither change.tif nor label.tif"),
        (lambda s: (s / "scene.json").write_text("{"), "is not JSON"),
        (lambda s: _write(s / "t2.tif", np.ones((4, 5, 5), "u2"), S2), "same grid"),
        (lambda s: _write(s / "change.tif", np.ones((5, 5), "u1")), "5 x 5 pixels"),
        (lambda s: (s / "t1.tif").write_bytes((s / "t1.tif").read_bytes()[:6000]), "t1.tif"),
    ],
)
def test_a_broken_scene_is_named_with_exit_code_2(tmp_path, spoil, said):
    scene = _scene(tmp_path / "city")
    spoil(scene)
    with pytest.raises(pair_scene.UserError, match=said):
        benchmark.run(scene, warn=_refuse)


def test_exit_codes(tmp_path, feb11):
    assert feb11(tmp_path / "nowhere")[0] == 2
    code, _, told = feb11(tmp_path)
    assert code == 2
    assert "no scene in" in told
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / "t1.tif").write_bytes(b"no")
    assert feb11(tmp_path)[0] == 1


def _forest(folder: Path, built: bool) -> np.ndarray:
    """Three years of a seasonal index with clouds; on request roofs on a few pixels."""
    rng = np.random.default_rng(5)
    days = np.sort(rng.choice(1090, 70, replace=False)) + 17000.0
    season = 0.6 + 0.2 * np.cos(2 * np.pi * (days / 365.25 - 0.55))
    index = season[:, None, None] + rng.normal(scale=0.05, size=(70, 30, 30))
    valid = rng.random(index.shape) > 0.3
    roofs = np.zeros((30, 30), bool)
    roofs[10:14, 10:16] = built
    index = np.where(roofs & (days > 17920)[:, None, None], 0.15, index)
    folder.mkdir()
    np.savez(folder / "ndvi_series.npz", time=(days * 86400).astype("datetime64[s]"),
             ndvi=index.astype("f4"), valid=valid)  # fmt: skip
    return roofs


def test_a_series_without_building_hardly_alarms(tmp_path):
    _forest(tmp_path / "null", built=False)
    ours, simple = benchmark.run(tmp_path / "null", warn=_refuse)
    assert set(ours) == FIELDS
    assert ours["false_alarm_fraction"] <= min(0.002, simple["false_alarm_fraction"])
    assert ours["f1"] is None


def test_roofs_in_a_null_series_do_alarm(tmp_path):
    roofs = _forest(tmp_path / "null", built=True)
    alarms = null_series.alarms(null_series.read(tmp_path / "null"))
    assert alarms[roofs].mean() > 0.9
    assert alarms[~roofs].mean() < 0.005


def test_a_damaged_series_is_named(tmp_path):
    (tmp_path / "ndvi_series.npz").write_bytes(b"PK no")
    with pytest.raises(null_series.UserError, match="cannot be read"):
        benchmark.run(tmp_path, warn=_refuse)


def _spoilt(folder, hole, **options):
    """A scene of which the left third of the first date has no data."""
    scene = _scene(folder, **options)
    with rasterio.open(scene / "t1.tif") as source:
        pixels = source.read().astype(np.float32)
    pixels[:, :, :30] = hole
    _write(scene / "t1.tif", pixels, S2)
    with rasterio.open(scene / "t2.tif") as source:
        _write(scene / "t2.tif", source.read().astype(np.float32), S2)
    return scene


@pytest.mark.parametrize("hole", [np.nan, np.inf, 0.0])
def test_pixels_without_data_are_neither_called_nor_scored(tmp_path, feb11, hole):
    code, out, _ = feb11(_spoilt(tmp_path / "s", hole), "--json")
    assert code == 0
    assert all(row["f1"] > 0.9 for row in json.loads(out)["scenes"])


def test_a_pair_without_common_data_is_refused(tmp_path, feb11):
    scene = _spoilt(tmp_path / "s", 0.0)
    with rasterio.open(scene / "t2.tif") as source:
        pixels = source.read()
    pixels[:, :, 30:] = np.nan
    _write(scene / "t2.tif", pixels, S2)
    code, _, err = feb11(scene, "--json")
    assert code == 2
    assert "no pixel with data in common" in err


def test_a_band_that_is_one_number_tells_nothing_and_hides_nothing(tmp_path):
    scene = _scene(tmp_path / "s")
    for name in ("t1.tif", "t2.tif"):
        with rasterio.open(scene / name) as source:
            pixels = source.read()
        pixels[2] = 1000
        _write(scene / name, pixels, S2)
    rows = benchmark.run(scene, lambda _: None)
    assert all(row["f1"] > 0.8 for row in rows)


@pytest.mark.parametrize(
    ("about", "said"), [('{"bands": 4}', '"bands" is 4'), ('{"gsd": "ten"}', "\"gsd\" is 'ten'")]
)
def test_wrong_facts_in_scene_json_are_named(tmp_path, feb11, about, said):
    scene = _scene(tmp_path / "s")
    (scene / "scene.json").write_text(about)
    code, _, err = feb11(scene)
    assert code == 2
    assert said in err


@pytest.mark.parametrize("size", [(1, 1), (4, 5), (1, 60)])
def test_scenes_of_a_few_pixels_have_a_row(tmp_path, size):
    rng = np.random.default_rng(1)
    (tmp_path / "s").mkdir()
    for name in ("t1.tif", "t2.tif"):
        _write(tmp_path / "s" / name, rng.integers(500, 2000, (4, *size)).astype("u2"), S2)
    _write(tmp_path / "s" / "change.tif", np.ones(size, np.uint8))
    assert len(benchmark.run(tmp_path / "s", lambda _: None)) == 2


def _null(folder, index, clear):
    folder.mkdir()
    days = np.datetime64("2018-01-01", "s") + np.arange(len(index)) * np.timedelta64(20, "D")
    np.savez(folder / null_series.FILE, time=days, ndvi=index, valid=clear)
    return folder


def test_a_null_series_that_nobody_saw_has_no_rate(tmp_path):
    hidden = _null(tmp_path / "n", np.full((60, 8, 8), 0.4, "f4"), np.zeros((60, 8, 8), bool))
    assert [r["false_alarm_fraction"] for r in benchmark.run(hidden, lambda _: None)] == [None] * 2


def test_a_null_series_of_one_pixel_is_scored_and_an_empty_one_refused(tmp_path):
    one = _null(tmp_path / "n", np.full((60, 1, 1), 0.4, "f4"), np.ones((60, 1, 1), bool))
    assert benchmark.run(one, lambda _: None)[0]["false_alarm_fraction"] == 0
    empty = _null(tmp_path / "e", np.zeros((0, 4, 4), "f4"), np.zeros((0, 4, 4), bool))
    with pytest.raises(null_series.UserError, match="holds no pixel"):
        benchmark.run(empty, lambda _: None)
