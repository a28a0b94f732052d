"""From scenes to ratio with one command: drawn worlds, a real pair, and what is refused."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import rasterio
from shapely.geometry import shape

from tests.checkout import ROOT, feb11
from tests.scenes.conftest import benchmark

CONTRACT = {"level", "kind", "coverage", "scenes_used", "references", "candidates", "new", "ratios"}
CLASSES = {"new-footprint", "re-roofing", "ground-works", "other"}


@pytest.fixture(scope="module")
def bundled() -> dict:
    done = feb11("measure", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def truth() -> dict:
    return json.loads((ROOT / "data/scenes/truth.json").read_text())


def own(found: dict, truth: dict, name: str) -> list[dict]:
    """Candidates whose outline covers a good part of a building."""
    real = shape(truth["areas"][name]["geometry"])
    return [c for c in found["candidates"]
            if shape(c["geometry"]).intersection(real).area > 0.3 * real.area]  # fmt: skip


def test_the_contract_is_kept(bundled) -> None:
    assert bundled.keys() >= CONTRACT
    assert bundled["kind"] == "simulated"
    for candidate in bundled["candidates"]:
        assert candidate["class"] in CLASSES
        assert shape(candidate["geometry"]).is_valid
        assert (candidate["area"] is None) == bool(candidate.get("why"))
        for name in ("ground_broken", "roof_on"):
            when = candidate[name]
            if when is not None:
                days = [date.fromisoformat(when[k]) for k in ("low", "value", "high")]
                assert days == sorted(days)


def test_each_row_of_readings_sums_to_one(bundled) -> None:
    for ratio in bundled["ratios"]:
        assert "log_uniform" in ratio["readings"]
        for row in ratio["readings"].values():
            assert row.keys() == {"of", "smaller", "larger", "twice", "none"}
            assert all(name in bundled["explained"]["readings"] for name in row)
            assert sum(row.values()) == pytest.approx(1, abs=1e-4)


def test_the_new_hall_is_found_dated_and_measured(bundled, truth) -> None:
    (hall,) = own(bundled, truth, "hall-new")
    real = next(b for b in truth["world"]["buildings"] if b["id"] == "hall-new")
    assert bundled["new"] == hall["id"]
    assert hall["class"] == "new-footprint"
    assert hall["zone"] == "perimeter"
    assert hall["ground_broken"]["low"] <= real["ground_broken"] <= hall["ground_broken"]["high"]
    assert hall["roof_on"]["low"] <= real["roof_on"] <= hall["roof_on"]["high"]
    area = truth["areas"]["hall-new"]["roof_m2"]
    assert hall["area"]["value"] == pytest.approx(area, rel=0.08)


def test_an_older_hall_is_found_from_its_point_alone(bundled, truth) -> None:
    for reference in bundled["references"]:
        real = shape(truth["areas"][reference["id"]]["geometry"])
        drawn = shape(reference["geometry"])
        assert drawn.intersection(real).area > 0.8 * drawn.union(real).area
        area = truth["areas"][reference["id"]]["roof_m2"]
        assert reference["area"]["value"] == pytest.approx(area, rel=0.06)


def test_a_roof_that_only_changed_its_colour_is_no_new_footprint(bundled, truth) -> None:
    (hall,) = own(bundled, truth, "hall-c")
    assert hall["class"] == "re-roofing"
    assert hall["ground_broken"] is None


def test_a_reference_that_was_built_in_the_series_is_not_the_new_hall(bundled) -> None:
    taken = {r["candidate"] for r in bundled["references"]}
    assert bundled["new"] not in taken
    assert {r["denominator"] for r in bundled["ratios"]} == {"hall-a", "hall-b", "union"}


def test_what_is_new_is_compact_as_no_road_is(bundled) -> None:
    new = [c for c in bundled["candidates"] if c["class"] == "new-footprint"]
    for c in new:
        box = shape(c["geometry"]).minimum_rotated_rectangle
        assert shape(c["geometry"]).area > 0.5 * box.area


def test_nothing_is_new_where_nothing_was_built(bundled, truth) -> None:
    real = [shape(area["geometry"]) for area in truth["areas"].values()]
    for c in bundled["candidates"]:
        if c["class"] == "new-footprint":
            assert any(shape(c["geometry"]).intersects(r) for r in real), c["id"]


REFUSED = {
    "reversed dates": (["--start", "2124", "--end", "2117"], 2, "is after --end"),
    "one window": (["--before", "2120"], 2, "without --after"),
    "too few dates": (["--start", "2124-08"], 2, "a series needs"),
    "an empty window": (["--before", "2100", "--after", "2124"], 2, "no scene lies in 2100"),
    "a window outside the dates": (
        ["--start", "2120", "--before", "2118", "--after", "2121"],
        2,
        "lies outside --start '2120'",
    ),
    "no such source": (["--source", "nope"], 2, "no source 'nope'"),
    "a level above one": (["--level", "1.2"], 2, "level 1.2"),
    "an unknown site": (["--site", "nowhere.geojson"], 2, "nowhere.geojson"),
}


@pytest.mark.parametrize(("options", "code", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_measured_is_said(options, code, said) -> None:
    done = feb11("measure", *options)
    assert done.returncode == code
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert said in done.stderr


def test_a_real_pair_gives_areas_and_says_how_much_weaker_two_windows_are(
    tmp_path: Path,
) -> None:
    folder = benchmark("oscd/dev/dubai_west")
    with rasterio.open(folder / "t1.tif") as file:
        west, south, east, north = file.bounds
    inside = np.array([[west + 0.012, south + 0.04], [east - 0.004, south + 0.04],
                       [east - 0.004, north - 0.02], [west + 0.012, north - 0.02]])  # fmt: skip
    ring = [*inside.tolist(), inside[0].tolist()]
    own = {"id": "aoi", "name": "West", "role": "aoi", "kind": "assumed"}
    area = {"type": "Polygon", "coordinates": [ring]}
    aoi = {"type": "Feature", "geometry": area, "properties": own}
    site = tmp_path / "site.geojson"
    site.write_text(json.dumps({"type": "FeatureCollection", "features": [aoi]}))
    done = feb11("measure", "--source", str(folder), "--site", str(site), "--observed",
                 "--before", "2015", "--after", "2018", "--json")  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["kind"] == "observed"
    assert found["coverage"] == "unproven"
    measured = [c for c in found["candidates"] if c["area"]]
    assert measured
    for candidate in measured:
        assert candidate["area"]["low"] < candidate["area"]["value"] < candidate["area"]["high"]
        assert candidate["roof_on"]["low"] == "2015-12-11"
        assert candidate["roof_on"]["high"] == "2018-03-30"
    assert any("Two windows know nothing of the season" in said for said in found["warnings"])
    assert any("do not tell them apart" in said for said in found["warnings"])
