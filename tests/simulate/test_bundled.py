"""The bundled catalogue: what it says, what it is, and that it can be drawn again."""

import hashlib
import json
from dataclasses import replace
from datetime import date

import numpy as np
import pystac
import pytest
import rasterio
from pystac.validation.stac_validator import JsonSchemaSTACValidator
from shapely.geometry import shape

from analysis import paths, simulate, site
from analysis.errors import UserError
from analysis.simulate.catalogue import write
from analysis.simulate.geotiff import redraw
from analysis.simulate.sensors import SENSORS
from analysis.simulate.spec import Plan
from analysis.simulate.world import World

FOLDER = paths.project_root() / "data" / "scenes"
PUBLISHED_BANDS = ((0.60, 0.70), (0.30, 0.40), (1.60, 1.70), (1.90, 2.10))
SHARED_ITEMS = ("simulated-10m", "simulated-3m")


@pytest.fixture(scope="module")
def truth():
    return World.from_record(json.loads((FOLDER / "truth.json").read_text()))


@pytest.fixture(scope="module")
def items():
    return list(pystac.Catalog.from_file(str(FOLDER / "catalog.json")).get_items(recursive=True))


def test_it_is_small_enough_for_the_repository():
    assert sum(p.stat().st_size for p in FOLDER.rglob("*") if p.is_file()) < 25e6


def test_the_truth_is_the_world_of_the_bundled_seed(truth):
    drawn = json.loads(json.dumps(simulate.draw(simulate.BUNDLED_SEED).to_record()))
    _alike(json.loads(json.dumps(truth.to_record())), drawn)


def _alike(kept, drawn):
    """Every word and whole number the same; another processor may round a last digit otherwise."""
    if isinstance(kept, dict):
        assert kept.keys() == drawn.keys()
        for name in kept:
            _alike(kept[name], drawn[name])
    elif isinstance(kept, list):
        assert len(kept) == len(drawn)
        for one, two in zip(kept, drawn, strict=True):
            _alike(one, two)
    elif isinstance(kept, float):
        assert drawn == pytest.approx(kept, rel=1e-12, abs=1e-15)
    else:
        assert drawn == kept


def test_no_ratio_lies_in_a_published_band(truth):
    for of in truth.ratios().values():
        for value in of.values():
            assert not any(low <= value <= high for low, high in PUBLISHED_BANDS)


def test_there_are_clear_scenes_before_and_after_each_event(truth):
    clear = [s.date for s in truth.of("sim-10m") if s.cloud < 0.1 and not s.snow]
    assert sum(d > truth.new.roof_on for d in clear) >= 10
    assert sum(d < truth.by_id["hall-b"].ground_broken for d in clear) >= 5
    fine = [s.date for s in truth.of("sim-3m") if s.cloud < 0.1 and not s.snow]
    assert sum(d > truth.new.roof_on for d in fine) >= 2


def test_it_shows_what_the_measuring_must_survive(truth):
    """Snow, cloud, both baselines, both orbits, re-roofing, foundations, a passing pit."""
    wide = truth.of("sim-10m")
    assert len(wide) == 60
    assert len(truth.of("sim-3m")) == 12
    assert {s.baseline for s in wide} == {"03.01", "04.00"}
    assert len({s.orbit for s in wide}) == 2
    assert sum(s.snow > 0 for s in wide) >= 3
    assert sum(s.cloud > 0.3 for s in wide) >= 5
    assert any(len(b.covers) > 1 for b in truth.buildings)
    assert any(len(c.colours) == 3 for b in truth.buildings for c in b.covers)
    assert any(b.role == "housing" and b.ground_broken and not b.covers for b in truth.buildings)
    assert {p.material for p in truth.patches} == {"road", "yard", "ground-works", "water"}
    assert len({f.crops for f in truth.fields}) > 3


def test_every_document_is_valid_by_the_core_schemas(items):
    validator = JsonSchemaSTACValidator()
    catalogue = pystac.Catalog.from_file(str(FOLDER / "catalog.json"))
    for thing in [catalogue, *catalogue.get_children(), *items]:
        record = thing.to_dict()
        kind = (
            pystac.STACObjectType.ITEM if isinstance(thing, pystac.Item) else thing.STAC_OBJECT_TYPE
        )
        validator.validate_core(record, kind, record["stac_version"])


def test_every_item_says_what_it_is_and_where(items):
    for item in items:
        own = item.properties
        sensor = SENSORS[own["constellation"]]
        assert own["feb11:kind"] == "simulated"
        assert item.id.startswith(SHARED_ITEMS)
        assert own["proj:code"] == "EPSG:32624"
        assert own["gsd"] == sensor.gsd
        assert 0 <= own["eo:cloud_cover"] <= 100
        assert item.datetime.year > 2100
        west, south, east, north = item.bbox
        assert -40.02 < west < east < -39.98
        assert 39.9 < south < north < 39.94
        expected = {*sensor.bands, "scl" if sensor.name == "sim-10m" else "udm2"}
        assert set(item.assets) == expected
        if sensor.name == "sim-10m":
            late = item.datetime.date() >= date(2122, 1, 25)
            assert own["s2:processing_baseline"] == ("04.00" if late else "03.01")
            assert own["processing:version"] == own["s2:processing_baseline"]
            offset = item.assets["red"].extra_fields["raster:bands"][0]["offset"]
            assert offset == (-0.1 if late else 0.0)


def test_no_file_names_a_real_mission():
    for path in FOLDER.rglob("*.json"):
        text = path.read_text().lower()
        for name in ("sentinel-2", "sentinel2", "planetscope", "superdove", "landsat"):
            assert name not in text, f"{path.name} names {name}"


def test_every_pixel_file_is_marked_whole_and_described(items):
    for item in items:
        for name, asset in item.assets.items():
            path = FOLDER / asset.get_absolute_href()
            content = path.read_bytes()
            assert len(content) == asset.extra_fields["file:size"]
            digest = "1220" + hashlib.sha256(content).hexdigest()
            assert digest == asset.extra_fields["file:checksum"]
            with rasterio.open(path) as image:
                tags = image.tags()
                assert tags["FEB11_KIND"] == "simulated"
                assert tags["FEB11_SCENE"] == item.id
                assert tags["TIFFTAG_IMAGEDESCRIPTION"].startswith("SIMULATED")
                assert image.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
                assert list(image.shape) == asset.extra_fields["proj:shape"]
                assert list(image.transform)[:6] == asset.extra_fields["proj:transform"]
                assert image.crs.to_epsg() == 32624
                if name in SENSORS["sim-10m"].bands:
                    about = asset.extra_fields["raster:bands"][0]
                    assert image.scales[0] == about["scale"]
                    assert image.offsets[0] == about["offset"]
                    assert image.descriptions == (name,)


def test_the_mark_is_in_the_margin_of_every_date_alike(items):
    for sensor in SENSORS.values():
        margins = set()
        for item in items:
            if item.properties["constellation"] != sensor.name:
                continue
            asset = item.assets["red"]
            with rasterio.open(asset.get_absolute_href()) as image:
                level = image.read(1).astype(int)
            level -= round(-10_000 * asset.extra_fields["raster:bands"][0]["offset"])
            assert set(np.unique(level[: sensor.margin])) == {400, 9000}
            level[sensor.margin : -sensor.margin, sensor.margin : -sensor.margin] = 0
            margins.add(level.tobytes())
        assert len(margins) == 1


def test_the_site_is_one_that_the_report_can_read(items):
    place = site.read(FOLDER / "site.geojson")
    roles = {f.role for f in place.features}
    assert roles == {"aoi", "perimeter", "housing-zone", "stable-ground", "reference"}
    assert {f.kind for f in place.features} == {"simulated"}
    assert {f.id for f in place.references} == {"hall-a", "hall-b"}
    wide = next(i for i in items if i.properties["gsd"] == 10.0)
    assert shape(wide.geometry).contains(place.aoi.geometry)
    catalogue = pystac.Catalog.from_file(str(FOLDER / "catalog.json"))
    for thing in [catalogue, *catalogue.get_children()]:
        links = thing.get_links("site")
        assert len(links) == 1
        assert links[0].get_absolute_href() == str(FOLDER / "site.geojson")


@pytest.mark.parametrize("sensor", ["sim-10m", "sim-3m"])
def test_redrawing_a_scene_from_the_truth_gives_equal_pixels(truth, items, sensor):
    scenes = truth.of(sensor)
    busy = max(scenes, key=lambda s: (s.snow > 0) + (0.05 < s.cloud < 0.5))
    for scene in {busy.id: busy, scenes[-1].id: scenes[-1]}.values():
        item = next(i for i in items if i.id == scene.id)
        for name, pixels in redraw(truth, scene).items():
            with rasterio.open(item.assets[name].get_absolute_href()) as image:
                assert (image.read() == pixels).all(), f"{scene.id} {name}"


@pytest.fixture(scope="module")
def small():
    """A catalogue that is quick to write."""
    plan = Plan("sim-10m", 3, 80, date(2120, 1, 1), date(2124, 12, 31))
    return replace(simulate.MATCHED, plans=(plan,), halls=4, baselines=True, wrong_flags=1)


def test_worlds_are_written_each_in_its_own_folder(tmp_path, small):
    made = write(tmp_path / "worlds", seed=5, worlds=2, spec=small)
    assert [p.parent.name for p in made] == ["world-5", "world-6"]
    for path in made:
        catalogue = pystac.Catalog.from_file(str(path))
        assert len(list(catalogue.get_items(recursive=True))) == 3
        site.read(path.parent / "site.geojson")
    first, second = (json.loads((p.parent / "truth.json").read_text())["ratios"] for p in made)
    assert first != second


def test_an_earlier_folder_is_never_overwritten(tmp_path, small):
    (tmp_path / "kept.txt").write_text("mine")
    with pytest.raises(UserError, match="not empty"):
        write(tmp_path, seed=5, spec=small)
    assert [p.name for p in tmp_path.iterdir()] == ["kept.txt"]


def test_a_draw_that_fails_leaves_nothing_behind(tmp_path, small):
    crowded = replace(small, hall_area=(90_000.0, 95_000.0), ratio=(400.0, 500.0))
    with pytest.raises(ValueError, match="no room"):
        write(tmp_path / "worlds", seed=5, spec=crowded)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("wrong", [{"seed": -1}, {"worlds": 0}])
def test_numbers_out_of_range_are_named(tmp_path, wrong):
    with pytest.raises(UserError, match="-1|0 worlds"):
        write(tmp_path / "worlds", **wrong)
