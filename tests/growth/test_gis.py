"""Files for GIS, opened with the tools that people would open them with."""

import json

import geopandas
import numpy as np
import pytest
import rasterio
import shapely

from analysis.errors import UserError
from analysis.growth import gis, injection, measured_json
from tests.growth import site_world


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    _, done, found = site_world.measured()
    recovery = injection.inject(done.cube, 1, 300)
    place = tmp_path_factory.mktemp("gis") / "files"
    return place, gis.write(found, done.site, place, recovery), found, done


def test_every_file_of_simulated_scenes_says_so_in_its_name_and_inside(written) -> None:
    place, files, _, _ = written
    assert {f.suffix for f in files} == {".parquet", ".geojson", ".tif", ".json"}
    assert all(f.name.startswith("simulated-") for f in files)
    assert geopandas.read_parquet(place / "simulated-footprints.parquet")["simulated"].all()
    assert (
        geopandas.read_file(place / "simulated-footprints.geojson")["kind"] == "simulated"
    ).all()
    for file in place.glob("*.tif"):
        with rasterio.open(file) as raster:
            assert raster.tags()["FEB11_SIMULATED"] == "yes"
            assert "SIMULATED" in raster.tags()["FEB11_NOTE"]


def test_footprints_lie_where_the_drawn_buildings_stand(written) -> None:
    place, _, found, _ = written
    world, _, _ = site_world.measured()
    table = geopandas.read_parquet(place / "simulated-footprints.parquet").set_index("id")
    assert table.crs.to_epsg() == 32624
    truth = site_world.worlds.outlines(world)["hall-new"]
    shape = table.loc[found.new, "geometry"]
    assert shape.intersection(truth).area / shape.union(truth).area > 0.9
    assert shape.area == pytest.approx(table.loc[found.new, "area_m2"], rel=0.03)


def test_attributes_are_those_that_the_command_prints(written) -> None:
    place, _, found, done = written
    table = geopandas.read_parquet(place / "simulated-footprints.parquet").set_index("id")
    content = measured_json.content(found, done.site)
    for item in content["candidates"]:
        row = table.loc[item["reference"] or item["id"]]
        assert row["class"] == item["class"]
        assert row["zone"] == item["zone"]
        assert [row["area_m2"], row["area_m2_low"], row["area_m2_high"]] == [
            item["area"][k] for k in ("value", "low", "high")
        ]
        for name in ("apron_m", "misfit"):
            assert row[name] == item[name] or (np.isnan(row[name]) and item[name] is None)
        for event in ("ground_broken", "roof_on"):
            said = item[event] or {}
            ends = [row[f"{event}{end}"] for end in ("", "_low", "_high")]
            assert [e and e.isoformat() for e in ends] == [
                said.get(k) for k in ("value", "low", "high")
            ]


def test_geojson_and_geoparquet_hold_the_same_buildings(written) -> None:
    place, _, found, _ = written
    degrees = geopandas.read_file(place / "simulated-footprints.geojson")
    metres = geopandas.read_parquet(place / "simulated-footprints.parquet")
    assert degrees.crs.to_epsg() == 4326
    assert list(degrees["id"]) == list(metres["id"])
    back = degrees.to_crs(found.crs)
    for one, two in zip(back.geometry, metres.geometry, strict=True):
        assert one.hausdorff_distance(two) < 0.01
    content = json.loads((place / "simulated-footprints.geojson").read_text())
    assert "crs" not in content  # RFC 7946


def test_change_map_is_a_cog_whose_evidence_is_highest_on_the_new_hall(written) -> None:
    place, _, found, _ = written
    with rasterio.open(place / "simulated-change.tif") as raster:
        assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert raster.crs.to_epsg() == 32624
        assert "Bayes" in raster.descriptions[0]
        middle = found.by_id(found.new).outline.centroid
        on_hall = next(raster.sample([(middle.x, middle.y)]))[0]
        values = raster.read(1)
        assert on_hall > float(raster.tags()["FEB11_THRESHOLD"]) > np.nanmedian(values)


def test_detectability_map_covers_the_scenes(written) -> None:
    place, _, _, done = written
    with rasterio.open(place / "simulated-detectability.tif") as raster:
        assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert raster.tags()["FEB11_DETECTABILITY_PROBABILITY"] == "0.9"
        assert any("winter" in d for d in raster.descriptions)
        assert set(raster.units) == {"m2", "buildings"}
        assert "largest area tried" in raster.tags()["FEB11_DETECTABILITY_NODATA"]
        area = shapely.box(*raster.bounds)
        x, y = done.cube["x"].values, done.cube["y"].values
        assert shapely.box(x.min(), y.min(), x.max(), y.max()).difference(area).area < 1.0


def test_files_of_another_run_stay_unless_replacing_is_asked_for(tmp_path) -> None:
    _, done, found = site_world.measured()
    place = tmp_path / "files"
    first = gis.write(found, done.site, place)
    before = {f.name: f.read_bytes() for f in first}
    gis.write(found, done.site, place)  # the same run again
    assert {f.name: f.read_bytes() for f in place.iterdir()} == before
    recovery = injection.inject(done.cube, 2, 100)
    with pytest.raises(UserError, match="another run .* --force") as stop:
        gis.write(found, done.site, place, recovery)
    assert stop.value.exit_code == 2
    assert {f.name: f.read_bytes() for f in place.iterdir()} == before
    gis.write(found, done.site, place, recovery, replace=True)
    assert (place / "simulated-detectability.tif").is_file()
    assert [p.name for p in tmp_path.iterdir()] == ["files"]


def test_a_folder_with_other_files_is_never_touched(tmp_path) -> None:
    _, done, found = site_world.measured()
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(UserError, match=r"thesis\.txt"):
        gis.write(found, done.site, tmp_path, replace=True)
    place = tmp_path / "files"
    gis.write(found, done.site, place)
    (place / "notes.qgz").write_text("mine")
    with pytest.raises(UserError, match=r"notes\.qgz"):
        gis.write(found, done.site, place, replace=True)
    assert (place / "notes.qgz").read_text() == "mine"
