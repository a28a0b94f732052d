"""Catalogue answers as really served: each parses to its bands, baseline, offset and date,
or is refused for the reason that the README of the collection gives."""

import json

import pytest

from analysis.scenes import parse, product
from analysis.scenes.choose import Wish, choose
from analysis.scenes.scene import Refused, Scene
from analysis.scenes.windows import asked
from tests.scenes.conftest import benchmark

CORE = {"red", "green", "blue", "nir"}

# file, id (start), date, baseline, scale, offset, mask, where the red band lies
PARSED = [
    ("earth-search-v1_sentinel-2-l2a_S2A_13TDE_20231008_0_L2A.item.json", "S2A_13TDE",
     "2023-10-08", "05.09", 1e-4, 0.0, "scl", "B04.tif"),
    ("earth-search-v0_sentinel-s2-l2a-cogs_S2B_20EPT_20250731_0_L2A.item.json", "S2B_20EPT",
     "2025-07-31", "05.11", 1e-4, 0.0, "scl", "B04.tif"),
    ("planetary-computer_sentinel-2-l2a_S2B_20190629_T06VVN.item.json", "S2B_MSIL2A_20190629",
     "2019-06-29", "02.12", 1e-4, 0.0, "scl", "B04_10m.tif"),
    ("planetary-computer_sentinel-2-l2a_S2B_20190629_T06VVN_raster-ext.item.json", "S2B_MSIL2A",
     "2019-06-29", "02.12", 1e-4, 0.0, "scl", "B04_10m.tif"),
    ("planetary-computer_landsat-c2-l2_LC08_028030_20200114.item.json", "LC08_L2SP",
     "2020-01-14", None, 2.75e-5, -0.2, "qa_pixel", "SR_B4.TIF"),
    ("stactools_S2B_20220413_T33XWJ_N0400.item.json", "S2B_T33XWJ",
     "2022-04-13", "04.00", 1e-4, -0.1, "scl", "B04_10m.tif"),
    ("stactools_S2A_20190212_T07HFE_N0212.item.json", "S2A_T07HFE",
     "2019-02-12", "02.12", 1e-4, 0.0, "scl", "B04_10m.tif"),
    ("stactools_S2A_20230821_T01KAB_N0509.item.json", "S2A_T01KAB",
     "2023-08-21", "05.09", 1e-4, -0.1, "scl", "B04_10m.jp2"),
]  # fmt: skip


def fixture(name):
    place = benchmark("stac-fixtures/dev") / name
    return json.loads(place.read_text()), str(place)


def read(item, base):
    return parse.scene(item, base, named_service=False, declared=False)


@pytest.mark.parametrize("row", PARSED, ids=lambda row: row[0][:60])
def test_an_item_as_served_is_read_right(row):
    name, identity, day, baseline, scale, offset, mask, red = row
    scene = read(*fixture(name))
    assert scene.id.startswith(identity)
    assert str(scene.when.date()) == day
    assert scene.baseline == baseline
    assert scene.layers.keys() >= CORE | {mask}
    assert {scene.layers[b].scale for b in CORE} == {scale}
    assert {scene.layers[b].offset for b in CORE} == {offset}
    assert scene.layers["red"].href.endswith(red)
    assert scene.level == "surface"
    assert Scene.from_json(json.loads(json.dumps(scene.to_json()))) == scene


def test_the_three_versions_of_one_acquisition_keep_their_own_rules_and_one_is_used():
    page, base = fixture("earth-search-v1_search-page_2025-07-31_mixed-collections.featurecollection.json")  # fmt: skip  # noqa: E501
    scenes, refused = [], {}
    for item in page["features"]:
        try:
            scenes.append(read(item, base))
        except Refused as reason:
            refused[item["collection"]] = str(reason)
    assert set(refused) == {"sentinel-1-grd", "sentinel-2-l1c"}
    assert "radar" in refused["sentinel-1-grd"]
    assert "s3://" in refused["sentinel-2-l1c"]
    by_collection = {s.collection: s.offset for s in scenes if s.tile == "20EPT"}
    assert by_collection == {"sentinel-2-c1-l2a": -0.1, "sentinel-2-l2a": 0.0}
    twins = [s for s in scenes if s.tile == "20EPT"]
    wish = Wish(asked(), collections=("sentinel-2-c1-l2a", "sentinel-2-l2a"))
    passes, left = choose(twins, twins[0].footprint.centroid.buffer(0.01), wish)
    assert [p.scene.collection for p in passes] == ["sentinel-2-c1-l2a"]
    assert "another version of" in left[0].reason


def test_items_without_raster_bands_take_their_offset_from_the_baseline():
    page, base = fixture("planetary-computer_sentinel-2-l2a_search_first3of33.featurecollection.json")  # fmt: skip  # noqa: E501
    for item in page["features"]:
        assert read(item, base).offset == 0.0
        raised = json.loads(json.dumps(item))
        raised["properties"]["s2:processing_baseline"] = "05.00"
        assert read(raised, base).offset == pytest.approx(-0.1)


def test_a_footprint_across_the_antimeridian_does_not_cover_the_world():
    scene = read(*fixture("stactools_S2A_20230821_T01KAB_N0509.item.json"))
    assert scene.footprint.geom_type == "MultiPolygon"
    assert scene.footprint.area < 3


def test_a_planet_item_whose_scale_is_one_of_radiance_is_refused():
    with pytest.raises(Refused, match=r"red: scale 0\.01 .*radiance.*XML"):
        read(*fixture("planet_psscene_raster-ext.stac-item.json"))


def test_a_planet_data_item_is_no_stac_item():
    with pytest.raises(Refused, match="not STAC"):
        read(*fixture("planet_data-api_item_20220125_075509_67_1061.json"))


def test_a_feed_of_buildings_is_no_scene():
    feed, base = fixture("planet_analytic-feed_buildings_los-angeles_2019-06_first25.geojson")
    for feature in feed["features"]:
        with pytest.raises(Refused, match="no assets"):
            read(feature, base)


@pytest.mark.parametrize(
    ("name", "day", "baseline", "offset"),
    [
        ("SAFE_MTD_MSIL2A_S2B_20220413_N0400.xml", "2022-04-13", "04.00", -0.1),
        ("SAFE_MTD_MSIL2A_S2A_20190212_N0212.xml", "2019-02-12", "02.12", 0.0),
    ],
)
def test_product_metadata_states_the_offset_or_none(name, day, baseline, offset):
    found = product.read(benchmark("stac-fixtures/dev") / name)
    assert (str(found.when.date()), found.baseline) == (day, baseline)
    assert found.offset == pytest.approx(offset)
    assert found.scale == (1e-4,)


def test_planet_coefficients_are_those_of_each_band():
    found = product.read(benchmark("stac-fixtures/dev") / "planet_psscene4band_AnalyticMS_metadata_train.xml")  # fmt: skip  # noqa: E501
    assert len(found.scale) == 4
    assert found.scale[0] == pytest.approx(2.2272e-5, rel=1e-4)
    assert str(found.when.date()) == "2016-08-31"
