"""Pictures on disk: the same numbers as in memory, and memory that follows one picture."""

from __future__ import annotations

import pickle
import shutil
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from analysis.errors import CheckFailed
from analysis.scenes import cache, gate, normalise, planes
from analysis.scenes.cached import prepared
from analysis.scenes.planes import OnDisk, Planes
from analysis.scenes.prepare import Request, prepare
from analysis.scenes.registration import View, ViewOnDisk, register
from tests.scenes import town

BANDS = ("red", "green", "blue", "nir")


@pytest.fixture
def few_rows(monkeypatch):
    """Blocks of a few rows, so that a small picture has many of them."""
    monkeypatch.setattr(planes, "BLOCK_BYTES", 40_000)


@pytest.fixture(scope="module")
def pictures() -> tuple[np.ndarray, np.ndarray]:
    """Seven dates of one town, one of them raised by a tenth, with patches out of sight."""
    made = town.town(3, 96)
    rng = np.random.default_rng(8)
    shown = [town.picture(made, rng, tuple(rng.normal(0, 0.2, 2))) for _ in range(7)]
    stack = np.stack([[image[b] for b in BANDS] for image in shown]).astype(np.float32)
    stack[4] += 0.1
    ok = rng.random((7, 1, 96)) < 0.9
    return stack, np.broadcast_to(ok, (7, 96, 96)).copy()


@pytest.fixture
def on_disk(pictures, tmp_path) -> OnDisk:
    stack, ok = pictures
    made = Planes(tmp_path, 9, (96, 96))
    for n in range(7):
        for band, image in zip(BANDS, stack[n], strict=True):
            made.put(band, n + 2, image)
        made.put("valid", n + 2, ok[n])
    return OnDisk(made, BANDS, tuple(range(2, 9)))


def test_rows_of_all_dates_and_planes_of_one_are_the_same_pixels(pictures, on_disk):
    stack, ok = pictures
    bands, valid = on_disk.rows(slice(10, 31))
    np.testing.assert_array_equal(bands, stack[:, :, 10:31])
    np.testing.assert_array_equal(valid, ok[:, 10:31])
    np.testing.assert_array_equal(on_disk.one(3)[0], stack[3])


def test_the_gate_judges_on_disk_as_in_memory(pictures, on_disk, few_rows):
    assert gate.judge_series(on_disk) == gate.judge(*pictures)
    assert [v.step for v in gate.judge_series(on_disk)] == [0, 0, 0, 0, 1, 0, 0]


def test_normalisation_fits_on_disk_as_in_memory(pictures, on_disk, few_rows):
    times = [datetime(2121, 4, 1, tzinfo=UTC) + timedelta(days=9 * n) for n in range(7)]
    assert normalise.fit_series(on_disk, times) == normalise.fit(*pictures, times)


def test_registration_finds_the_same_shifts_on_disk(pictures, on_disk, few_rows):
    stack, ok = pictures
    memory = [View({"red": s[0], "nir": s[3]}, m) for s, m in zip(stack, ok, strict=True)]
    disk = [ViewOnDisk(on_disk.planes, date) for date in on_disk.dates]
    assert register(disk) == register(memory)


def test_a_cube_on_disk_is_read_where_it_is_used_and_survives_pickling(catalogue):
    cube = prepare(Request(source=str(catalogue))).cube
    assert not cube.red.variable._in_memory
    whole = cube.red.values
    again = pickle.loads(pickle.dumps(cube))
    np.testing.assert_array_equal(again.red.isel(time=2, x=slice(3, 9)).values, whole[2, :, 3:9])
    part = cube.red.sel(y=cube.y[5])
    np.testing.assert_array_equal(part.values, whole[:, 5])
    assert cube.load().red.variable._in_memory


def cubes_of(cache_: Path) -> list[Path]:
    return list((cache_ / "scenes" / "cubes").iterdir())


@pytest.mark.parametrize("fault", ["deleted", "truncated"])
def test_pixels_that_are_gone_from_the_cache_come_again(catalogue, own_cache, fault):
    request = Request(source=str(catalogue))
    first = prepared(request).cube.red.values
    (kept,) = cubes_of(own_cache)
    if fault == "deleted":
        shutil.rmtree(kept)
    else:
        (kept / "red").write_bytes((kept / "red").read_bytes()[:100])
    np.testing.assert_array_equal(prepared(request).cube.red.values, first)
    assert cubes_of(own_cache) == [kept]


def test_a_cube_whose_pixels_are_deleted_while_it_is_used_says_so(catalogue, own_cache):
    cube = prepare(Request(source=str(catalogue))).cube
    shutil.rmtree(cubes_of(own_cache)[0])
    with pytest.raises(CheckFailed, match="gone from the cache: run again"):
        cube.red.values  # noqa: B018


def test_nothing_but_the_cube_is_left_behind(catalogue, own_cache):
    prepare(Request(source=str(catalogue)))
    assert [place.name for place in cache.folder().iterdir()] == ["cubes"]


@pytest.mark.slow
def test_memory_follows_the_picture_and_not_the_number_of_dates(tmp_path, few_rows):
    """Three times the dates take about the same memory (interpreter and imports left aside)."""
    peaks = []
    for count in (8, 24):
        place = town.write(tmp_path / str(count), town.dates(count), size=80)
        prepare(Request(source=str(place), start="2121-03", end="2121-04"))  # imports
        tracemalloc.start()
        try:
            done = prepare(Request(source=str(place)))
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
        assert len(done.sheets) == count
    pixels = 8 * (80 - 12) ** 2 * 4 * 5
    assert peaks[1] - peaks[0] < pixels, "less than the pixels of the dates that came on top"
    assert peaks[1] < 1.25 * peaks[0]
