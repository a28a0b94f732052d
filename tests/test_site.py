"""A site file is untrusted: what is sound is read exactly, what is not is named."""

import copy
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely.geometry import Polygon, box, mapping

from analysis import paths, site
from analysis.errors import UserError
from analysis.geojson import MAX_POSITIONS
from analysis.results import KINDS


def feature(fid="aoi", role="aoi", shape=None, kind="assumed", **more):
    shape = box(127.6, 39.9, 127.7, 40.0) if shape is None else shape
    return {
        "type": "Feature",
        "id": fid,
        "properties": {"name": fid.title(), "role": role, "kind": kind, **more},
        "geometry": json.loads(json.dumps(mapping(shape))),
    }


def collection(*features, **more):
    return {"type": "FeatureCollection", "features": list(features) or [feature()], **more}


def parse(record, place="place.geojson"):
    return site.parse(json.dumps(record).encode(), place)


def refusal(record):
    with pytest.raises(UserError) as caught:
        parse(record)
    message = str(caught.value)
    assert message.startswith("site place.geojson: ")
    assert "\n" not in message
    return message


def test_only_two_points_of_the_plant_are_published_and_its_area_is_assumed():
    plant = site.load()
    assert plant.claims == "claims"
    assert [(f.id, f.role, f.kind) for f in plant.features] == [
        ("aoi", "aoi", "assumed"),
        ("building-a", "reference", "published"),
        ("building-b", "reference", "published"),
    ]
    a, b = plant["building-a"], plant["building-b"]
    assert (a.geometry.y, a.geometry.x) == (39.921628, 127.656521)
    assert (b.geometry.y, b.geometry.x) == (39.920212, 127.657091)
    assert {f.source for f in plant.references} == {"acw_202412"}
    assert all(f.precision_m and f.note for f in plant.references)
    assert 9e6 < plant.aoi.area_m2 < 25e6


def test_area_agrees_with_the_ellipsoid_and_leaves_holes_out():
    outer, inner = box(127.60, 39.90, 127.64, 39.93), box(127.61, 39.91, 127.62, 39.92)
    read = parse(collection(feature(shape=Polygon(outer.exterior, [inner.exterior]))))
    geod = Geod(ellps="WGS84")
    whole, hole = (abs(geod.geometry_area_perimeter(g)[0]) for g in (outer, inner))
    assert read.aoi.area_m2 == pytest.approx(whole - hole)


def test_claims_are_named_by_the_collection_or_not_at_all():
    assert parse(collection()).claims is None
    assert parse(collection(properties={"claims": "claims", "name": "N"})).claims == "claims"
    assert parse(collection(claims="claims")).claims == "claims"
    assert "name of a table" in refusal(collection(properties={"claims": "../../etc"}))


def test_the_name_is_the_collections_or_the_files():
    assert parse(collection(properties={"name": " Works "})).name == "Works"
    assert parse(collection()).name == "place"


def test_zones_and_references_are_read_with_their_roles():
    zone = box(127.61, 39.91, 127.62, 39.92)
    read = parse(
        collection(
            feature(),
            feature("fence", "perimeter", zone),
            feature("old", "reference", zone.centroid, "published", source="s_1", precision_m=5),
        )
    )
    assert [f.id for f in read.role("perimeter")] == ["fence"]
    assert read["old"].precision_m == 5.0
    with pytest.raises(KeyError):
        read["new"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"type": NaN}', "NaN is not a number"),
        (b'{"type": "FeatureCollection", "type": "x"}', "twice in one object"),
        (b"[]", "not a GeoJSON FeatureCollection"),
        (b"null", "not a GeoJSON FeatureCollection"),
        (b" " * (site.MAX_BYTES + 1), "larger than"),
    ],
)
def test_what_is_no_site_is_refused_in_one_line(content, words):
    with pytest.raises(UserError, match=words) as caught:
        site.parse(content, "place.geojson")
    assert "\n" not in str(caught.value)


BAD_FEATURES = [
    ({"type": "Point"}, "feature 1: not a GeoJSON Feature"),
    ({"properties": ["aoi"]}, "feature 1: it has no properties"),
    ({"id": None}, "feature 1: it has no id: give it a lower-case name"),
    ({"id": "Hall B"}, "feature 1: id 'Hall B'"),
    ({"id": 7}, "feature 1: id 7"),
    ({"id": "union"}, "feature 1: id 'union' is a name of results"),
    ({"id": "candidate-1"}, "feature 1: id 'candidate-1' is a name of results"),
    ({"properties.id": "other"}, "feature 1: two ids"),
    ({"properties.role": "airfield"}, "feature 'aoi': role 'airfield'"),
    ({"properties.role": ["aoi"]}, "feature 'aoi': role ['aoi']"),
    ({"properties.kind": ["assumed"]}, "feature 'aoi': kind ['assumed']"),
    ({"properties.kind": "published"}, "feature 'aoi': a published position needs source"),
    ({"properties.name": ""}, "feature 'aoi': name ''"),
    ({"properties.name": "a\u202eb"}, "feature 'aoi': name 'a\\u202eb'"),
    ({"properties.name": "\ud800"}, "feature 'aoi': name '\\ud800'"),
    ({"properties.source": "a b"}, "feature 'aoi': source 'a b'"),
    ({"properties.precision_m": 0}, "feature 'aoi': precision_m 0"),
    ({"properties.precision_m": True}, "feature 'aoi': precision_m True"),
    ({"properties.precision_m": 10**400}, "feature 'aoi': precision_m 1000"),
    ({"geometry": None}, "feature 'aoi': geometry None"),
    ({"geometry.type": "Point"}, "feature 'aoi': geometry 'Point'"),
    ({"geometry.type": "MultiPolygon"}, "feature 'aoi': geometry 'MultiPolygon'"),
    ({"geometry.coordinates": None}, "feature 'aoi': coordinates are missing"),
    ({"geometry.coordinates": [[[0, 0], [0, 1], [0, 0]]]}, "ring of 3 positions"),
    ({"geometry.coordinates": [[[0, 0], [0, 1], [1, 1], [1, 0]]]}, "not closed"),
    ({"geometry.coordinates": [[[0, 0], [1, 1], [0, 1], [1, 0], [0, 0]]]}, "Self-intersection"),
    ({"geometry.coordinates": [[[0, 0], [0, 1], [0, 2], [0, 0]]]}, "feature 'aoi': its Polygon"),
    ({"geometry.coordinates": [[[0, 0], [0, 91], [1, 1], [0, 0]]]}, "[0, 91] is out of range"),
    ({"geometry.coordinates": [[["0", "0"]]]}, "['0', '0'] is not a position"),
    ({"geometry.coordinates": [[[0, 0], [0, 1], [1, 1], [1, 0], [0, 0]]]}, "at most 400 km2"),
    ({"geometry.coordinates": [[[0, 0]] * 5]}, "feature 'aoi': its Polygon"),
]


@pytest.mark.parametrize(
    ("kind", "said"), [(None, "has no kind"), ("building", "kind 'building'"), ("", "kind ''")]
)
def test_a_kind_that_vouches_for_nothing_makes_the_position_an_assumed_one(kind, said):
    record = collection()
    record["features"][0]["properties"]["kind"] = kind
    found = parse(record)
    assert found.aoi.kind == "assumed"
    (warning,) = found.warnings
    assert said in warning
    assert parse(collection()).warnings == ()


def test_a_feature_without_a_name_is_called_by_its_id():
    record = collection()
    del record["features"][0]["properties"]["name"]
    assert parse(record).aoi.name == "aoi"


@pytest.mark.parametrize(("change", "words"), BAD_FEATURES)
def test_a_bad_feature_is_named_with_its_problem(change, words):
    record = collection()
    for path, value in change.items():
        *parents, last = path.split(".")
        target = record["features"][0]
        for parent in parents:
            target = target[parent]
        target[last] = value
    assert words in refusal(record)


@pytest.mark.parametrize("wrap", ["geometry", "feature", "collection"])
def test_a_lone_polygon_as_maps_export_it_is_the_area_of_interest(wrap):
    shape = feature()["geometry"]
    whole = {"type": "Feature", "properties": {"fill": "#f00"}, "geometry": shape}
    found = parse({"geometry": shape, "feature": whole, "collection": collection(whole)}[wrap])
    assert [(f.id, f.role, f.kind) for f in found.features] == [("aoi", "aoi", "assumed")]
    assert found.aoi.geometry.equals(parse(collection()).aoi.geometry)
    (warning,) = found.warnings
    assert "taken as the area of interest" in warning


@pytest.mark.parametrize("where", ["whole", "feature", "geometry"])
@pytest.mark.parametrize("wrap", ["geometry", "feature", "collection"])
def test_another_reference_system_is_refused_wherever_it_stands(wrap, where):
    shape = dict(feature()["geometry"])
    one = {"type": "Feature", "properties": {}, "geometry": shape}
    whole = {"geometry": shape, "feature": one, "collection": collection(one)}[wrap]
    {"whole": whole, "feature": one, "geometry": shape}[where]["crs"] = {
        "type": "name", "properties": {"name": "EPSG:4284"}
    }  # fmt: skip
    if where == "feature" and wrap == "geometry":  # there is no feature
        return
    assert "reference system 'EPSG:4284'" in refusal(whole)


def test_a_lone_polygon_may_come_as_one_of_many_and_with_any_name():
    one = {"type": "MultiPolygon", "coordinates": [feature()["geometry"]["coordinates"]]}
    for name in (5, "", None):
        whole = {"type": "Feature", "properties": {"name": name}, "geometry": one}
        assert parse(whole).aoi.name == "aoi"
    point = {
        "type": "Feature",
        "properties": {},
        "geometry": {"type": "Point", "coordinates": [127.6, 39.9]},
    }
    assert "none of its features is a polygon" in refusal(point)


def test_sites_of_one_name_are_told_apart_by_what_they_hold():
    here = parse(collection())
    assert here.fingerprint == parse(collection()).fingerprint
    there = parse(collection(feature(shape=box(127.6, 39.9, 127.7, 39.99))))
    assert there.name == here.name
    assert there.fingerprint != here.fingerprint


def test_polygons_without_roles_are_not_guessed_at():
    two = [{**feature(), "id": None, "properties": {}} for _ in range(2)]
    assert "feature 1: it has no id" in refusal(collection(*two))


def test_names_that_only_begin_like_those_of_results_are_free():
    for free in ("union-hall", "candidate", "candidate-a", "candidates-1"):
        assert parse(collection(feature(free))).aoi.id == free


def test_swapped_coordinates_are_refused_where_they_leave_the_globe():
    assert "longitude first" in refusal(collection(feature(shape=box(39.9, 127.6, 40.0, 127.7))))


def test_a_site_has_exactly_one_area_of_interest():
    fence = feature("fence", "perimeter")
    assert "0 features have the role 'aoi'" in refusal(collection(fence))
    assert "2 features" in refusal(collection(feature("a"), feature("b")))


def test_what_lies_outside_the_area_of_interest_is_refused():
    far = feature("far", "reference", box(10, 10, 10.001, 10.001))
    assert "'far': it lies outside" in refusal(collection(feature(), far))


def test_duplicates_are_refused():
    zone = box(127.61, 39.91, 127.62, 39.92)
    once, again = feature("zone", "perimeter", zone), feature("zone", "housing-zone", zone)
    assert "used more than once" in refusal(collection(feature(), once, again))
    turned = Polygon(list(zone.exterior.coords)[::-1])
    again = feature("other", "perimeter", turned)
    assert "'other': the same perimeter as 'zone'" in refusal(collection(feature(), once, again))


def test_another_reference_system_is_refused():
    utm = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32652"}}
    assert "EPSG:4326" in refusal(collection(crs=utm))
    standard = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    assert parse(collection(crs=standard)).aoi.id == "aoi"


def test_too_many_features_or_positions_are_refused_before_any_geometry_is_made():
    many = [feature(f"f{n}") for n in range(site.MAX_FEATURES + 1)]
    assert "at most 1000" in refusal(collection(*many))
    ring = [[127.6 + n * 1e-7, 39.9] for n in range(MAX_POSITIONS + 1)]
    long = feature()
    long["geometry"]["coordinates"] = [ring]
    assert "positions in the file" in refusal(collection(long))


def test_a_missing_file_names_the_sites_there_are():
    with pytest.raises(UserError, match="february-11-plant"):
        site.load("no-such-site")


def test_a_changed_file_is_read_again(tmp_path):
    place = tmp_path / "mine.geojson"
    place.write_text(json.dumps(collection(properties={"name": "First"})))
    assert site.load(str(place)).name == "First"
    place.write_text(json.dumps(collection(properties={"name": "Second"})))
    assert site.load(str(place)).name == "Second"


rectangles = st.builds(
    lambda x, y, w, h: box(x, y, x + w, y + h),
    st.floats(-179, 179),
    st.floats(-79, 79),
    st.floats(1e-4, 0.1),
    st.floats(1e-4, 0.1),
)


@given(rectangles, st.floats(-1000, 1000))
def test_every_sound_area_is_read_exactly_with_or_without_heights(shape, height):
    record = collection(feature(shape=shape))
    assert parse(record).aoi.geometry.equals(shape)
    ring = record["features"][0]["geometry"]["coordinates"][0]
    record["features"][0]["geometry"]["coordinates"] = [[[*p[:2], height] for p in ring]]
    assert parse(record).aoi.geometry.equals(shape)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["type", "id", "properties", "coordinates"]), inner)
    ),
    max_leaves=8,
)
PLACES = [
    ("type",),
    ("features",),
    ("features", 0),
    ("features", 0, "id"),
    ("features", 0, "properties"),
    *(("features", 0, "properties", n) for n in ("name", "role", "kind", "source", "note")),
    ("features", 0, "properties", "precision_m"),
    ("features", 0, "geometry"),
    ("features", 0, "geometry", "type"),
    ("features", 0, "geometry", "coordinates"),
    ("features", 0, "geometry", "coordinates", 0),
    ("features", 0, "geometry", "coordinates", 0, 0),
    ("features", 0, "geometry", "coordinates", 0, 0, 0),
    ("properties",),
    ("crs",),
]


@settings(max_examples=300)
@given(st.sampled_from(PLACES), json_values)
def test_anything_anywhere_is_either_a_site_or_one_clear_line(place, value):
    record = copy.deepcopy(collection(properties={}, crs=None))
    target = record
    for step in place[:-1]:
        target = target[step]
    target[place[-1]] = value
    try:
        area, message = parse(record).aoi.area_m2, ""
    except UserError as error:
        area, message = 0.0, str(error)
    assert (area > 0) != bool(message)
    assert "\n" not in message
    assert len(message) < 400


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_in_one_line(content):
    with pytest.raises(UserError):
        site.parse(content, "place.geojson")


def test_the_site_of_the_documentation_is_read():
    text = (paths.project_root() / "data" / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    read = site.parse(example.encode(), "example.geojson")
    assert [f.role for f in read.features] == [
        "aoi", "perimeter", "reference", "stable-ground", "housing-zone",
    ]  # fmt: skip
    assert read.warnings == ()
    assert read["old-hall"].precision_m == 10
    alone = json.loads(example)
    del alone["features"][1:]
    assert parse(alone).aoi.area_m2 == read.aoi.area_m2
    for role, shapes in site.ROLES.items():
        assert f"| `{role}` | {', '.join(shapes)} |" in text
    assert f"at most {site.MAX_AOI_KM2:.0f} km2" in text
    assert all(f"`{kind}`" in text for kind in KINDS)
