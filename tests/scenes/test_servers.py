"""Real servers on localhost: the same pixels from everywhere, and what each fault does."""

from __future__ import annotations

import functools
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pystac
import pytest
import rasterio

from analysis import paths
from analysis.errors import CheckFailed, Feb11Error, UserError
from analysis.scenes import manifest as manifests
from analysis.scenes import transport
from analysis.scenes.cached import prepared
from analysis.scenes.prepare import Request, prepare
from analysis.scenes.source import BUNDLED
from tests.scenes import servers, town
from tests.scenes.matrix import Row, fault, faults
from tests.scenes.servers import Fault

KEY = "planted-key-0123456789"


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Path:
    """Four clear dates, without a classification of cover."""
    return town.write(tmp_path_factory.mktemp("small"), town.dates(4), scl=False, size=112)


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Limits of seconds, so that the tests of patience are short."""
    limits = functools.partial(transport.Limits, connect_s=2, read_s=1.5, total_s=12, tries=3)
    monkeypatch.setattr(transport, "Limits", limits)


def items_at(catalogue: Path, url: str, query: str = "") -> list[dict]:
    """Items of a static catalogue with addresses on a server."""
    whole = pystac.Catalog.from_file(str(catalogue))
    whole.make_all_asset_hrefs_absolute()
    found = []
    for item in whole.get_items(recursive=True):
        record = item.to_dict(include_self_link=False, transform_hrefs=False)
        for asset in record["assets"].values():
            path = Path(asset["href"]).relative_to(catalogue.parent)
            asset["href"] = f"{url}/{path.as_posix()}{query}"
        record["links"] = []
        found.append(record)
    return found


def asked(source: str, catalogue: Path) -> Request:
    return Request(source=source, site=str(catalogue.parent / "site.geojson"))


def test_catalogue_service_and_folder_give_the_same_cube(catalogue, tmp_path):
    """Also: a second run reads nothing, and the manifest alone repeats the first."""
    reference = prepare(Request(source=str(catalogue)))
    folder = tmp_path / "folder"
    folder.mkdir()
    for file in catalogue.parent.rglob("*.tif"):
        shutil.copy(file, folder / file.name)
    from_folder = prepare(asked(str(folder), catalogue))
    assert from_folder.cube.identical(reference.cube.assign_coords(
        platform=from_folder.cube.platform)), "folder"  # fmt: skip
    with servers.files(catalogue.parent) as (url, log):
        static = prepare(Request(source=f"{url}/catalog.json"))
        assert static.cube.identical(reference.cube), "static catalogue by address"
        with servers.api(items_at(catalogue, url), tmp_path) as api:
            first = prepare(asked(api, catalogue))
            assert first.cube.identical(reference.cube), "API"
            before = len(log.paths)
            again = prepare(asked(api, catalogue))
            assert again.cube.identical(first.cube)
            assert len(log.paths) == before, "the second run asked the server"
            manifests.write(tmp_path / "run.json", first)
    # the servers are gone: everything comes from the manifest and the cache
    repeated = prepare(Request(source=str(tmp_path / "run.json")))
    assert repeated.cube.identical(first.cube), "manifest"
    text = (tmp_path / "run.json").read_text()
    manifests.write(tmp_path / "again.json", first)
    assert (tmp_path / "again.json").read_text() == text


def test_the_bundled_scenes_behind_an_api_are_the_bundled_scenes(tmp_path):
    """A quarter of a year of the bundled catalogue: the same dates and the very pixels."""
    catalogue = paths.project_root() / BUNDLED
    window = {"start": "2118-10", "end": "2118-12"}
    reference = prepare(Request(**window))
    with servers.files(catalogue.parent) as (url, _):
        near = [i for i in items_at(catalogue, url) if "-2118" in i["id"]]
        assert len(near) > len(reference.sheets)
        with servers.api(near, tmp_path) as api:
            found = prepare(replace(asked(api, catalogue), **window))
    assert len(found.sheets) >= 4
    assert found.cube.identical(reference.cube)
    assert found.kind == "simulated"


SURVIVED = [
    # name, fault, scenes that are left of four, what is said
    ("429 with Retry-After", Fault(r"red\.tif$", "429", times=1), 4, ""),
    ("503, once", Fault(r"red\.tif$", "503", times=2), 4, ""),
    ("a file that is not there", Fault(r"21210412-red\.tif$", "404"), 3, "404"),
    ("expired signature", Fault(r"21210412-nir\.tif$", "403"), 3, "signature has expired"),
    ("HTML instead of a GeoTIFF", Fault(r"21210412-red\.tif$", "html"), 3, "page of text"),
    ("a VRT instead of a GeoTIFF", Fault(r"21210412-red\.tif$", "vrt"), 3, "a VRT"),
    ("a body that breaks off", Fault(r"21210412-blue\.tif$", "cut"), 3, "21210412-blue.tif"),
    ("429 that asks for an hour", Fault(r"21210412-red\.tif$", "429", wait="3600"), 3,
     "asks to wait 3600 s"),
]  # fmt: skip


@faults("pixels", SURVIVED, "broken", "left", "said")
def test_a_fault_of_one_file_costs_at_most_its_scene(small, row: Row, broken, left, said):
    broken.seen = 0
    with (
        servers.files(small.parent) as (url, _),
        servers.proxy(url, broken) as through,
    ):
        done = prepare(Request(source=f"{through}/catalog.json"))
    assert broken.seen
    assert len(done.sheets) == left
    reasons = " ".join(item.reason for item in done.left)
    assert said in reasons
    told = reasons.replace(through, "https://example.org") or "nothing; it is asked again"
    row.saw(told, f"{left} of 4 scenes")


SEARCHES = [
    ("429 with Retry-After", Fault("search", "429", times=1), 4, ""),
    ("5xx, once", Fault("search", "502", times=1), 4, ""),
    ("5xx for ever", Fault("search", "500"), 0, "answers 500, after 3 tries"),
    ("slow answer", Fault("search", "slow"), 0, "no answer in time"),
    ("a body that breaks off", Fault("search", "cut"), 0, "breaks off"),
    ("HTML instead of JSON", Fault("search", "html"), 0, "not JSON but a page of HTML"),
    ("an endless `next` link", Fault("search", "circle"), 4, "lead in a circle"),
]  # fmt: skip


@faults("search", SEARCHES, "broken", "left", "said")
def test_a_fault_of_the_search_is_named(small, tmp_path, row: Row, broken, left, said):
    broken.seen = 0
    with (
        servers.files(small.parent) as (url, _),
        servers.api(items_at(small, url), tmp_path) as api,
        servers.proxy(api, broken) as through,
    ):
        if left:
            done = prepare(asked(through, small))
            assert len(done.sheets) == left
            seen = " ".join(done.lost)
        else:
            with pytest.raises(CheckFailed) as caught:
                prepare(asked(through, small))
            seen = str(caught.value)
    assert said in seen
    told = seen.replace(through, "https://example.org") or "nothing; it is asked again"
    row.saw(told, f"{left} of 4 scenes")


@fault("search", "service down")
def test_a_service_that_is_down_is_named_with_exit_code_one(row: Row):
    address = f"http://127.0.0.1:{servers.free_port()}/"
    with pytest.raises(CheckFailed, match="can't be reached") as caught:
        prepare(Request(source=address, site="february-11-plant"))
    assert caught.value.exit_code == 1
    row.saw(str(caught.value).replace(address, "https://example.org/"))


def hostile(small: Path, folder: Path, change) -> Path:
    """A copy of the small catalogue whose second item is changed by ``change(item, folder)``."""
    shutil.copytree(small.parent, folder, dirs_exist_ok=True)
    place = next(folder.glob("sim-10m/*0412/*.json"))
    record = json.loads(place.read_text())
    change(record, place.parent)
    place.write_text(json.dumps(record))
    return folder / "catalog.json"


def red(href: str):
    def change(record, folder):
        record["assets"]["red"]["href"] = href

    return change


def without(*names: str):
    def change(record, folder):
        for name in names:
            if name == "geometry":
                record["geometry"] = None
                record.pop("bbox", None)
            elif name == "projection":
                record["properties"].pop("proj:code")
                for asset in record["assets"].values():
                    asset.pop("proj:shape", None)
                    asset.pop("proj:transform", None)
            else:
                record["properties"][name] = None

    return change


def rewritten(**profile):
    """The red band written anew with another profile (``fill`` sets its pixels)."""

    def change(record, folder):
        place = next(folder.glob("*-red.tif"))
        with rasterio.open(place) as file:
            own, pixels = file.profile, file.read()
        fill = profile.pop("fill", None)
        if fill is not None:
            pixels = np.full_like(pixels, fill, dtype=profile.get("dtype", pixels.dtype))
        place.unlink()
        with rasterio.open(place, "w", **{**own, "driver": "GTiff", **profile}) as file:
            file.write(pixels)

    return change


def enormous(record, folder):
    """A sparse TIFF that declares a million by a million pixels."""
    place = next(folder.glob("*-red.tif"))
    place.unlink()
    profile = {"driver": "GTiff", "width": 1_000_000, "height": 1_000_000, "count": 1,
               "dtype": "uint8", "crs": town.CRS, "tiled": True, "blockxsize": 16384,
               "blockysize": 16384, "sparse_ok": True, "bigtiff": "yes",
               "transform": rasterio.Affine(10, 0, town.WEST, 0, -10, town.NORTH)}  # fmt: skip
    with rasterio.open(place, "w", **profile):
        pass


def elsewhere(record, folder):
    shifted = json.loads(json.dumps(record["geometry"]))
    shifted["coordinates"][0] = [[x + 5, y] for x, y in shifted["coordinates"][0]]
    record["geometry"] = shifted


ITEMS = [
    ("a local path", red("/etc/passwd"), 3, "a local file, named by a remote catalogue"),
    ("a file address", red("file:///etc/passwd"), 3, "a local file, named by a remote"),
    ("a path of GDAL's", red("/vsicurl/http://x/y.tif"), 3, "only http, https and files"),
    ("a nonsense address", red("/nowhere/s3:/b/r.tif"), 3, "a local file"),
    ("another scheme", red("s3://bucket/red.tif"), 3, "only http, https and files"),
    ("an address that is no text", red(42), 3, "not a text"),
    ("no geometry", without("geometry"), 4, ""),
    ("no projection", without("projection"), 4, ""),
    ("no date", without("datetime"), 3, "no date"),
    ("no overlap", elsewhere, 3, "no overlap"),
    ("a million by a million pixels", enormous, 3, "declares 1000000 x 1000000 pixels"),
    ("a reference system from elsewhere", rewritten(crs="EPSG:32752"), 3, "no pixel"),
    ("no reference system", rewritten(crs=None), 3, "no reference system"),
    ("nothing but NaN", rewritten(dtype="float32", nodata=None, fill=np.nan), 3, "no pixel"),
    ("nothing but nodata", rewritten(fill=0), 3, "no pixel over the area in red"),
]  # fmt: skip


@faults("item", ITEMS, "change", "left", "said")
def test_a_hostile_or_broken_item_costs_at_most_itself(
    small, tmp_path, row: Row, change, left, said
):
    hostile(small, tmp_path, change)
    with servers.files(tmp_path) as (url, _):
        done = prepare(Request(source=f"{url}/catalog.json"))
    reasons = " ".join(f"{item.reason}" for item in done.left)
    assert len(done.sheets) == left, reasons
    assert said in reasons
    told = reasons or "; ".join(w for w in done.warnings if "clouds are" not in w)
    told = told.replace(url, "https://example.org")
    row.saw(told or "nothing", f"{left} of 4 scenes")


@fault("item", "all dates cloudy")
def test_all_dates_cloudy_ends_with_exit_code_one(tmp_path, row: Row):
    listed = town.dates(2)
    for one in listed:
        one.cloud = 0.98
    done = prepare(Request(source=str(town.write(tmp_path, listed))))
    with pytest.raises(CheckFailed) as caught:
        done.require()
    row.saw(str(caught.value).replace(str(tmp_path), "..."))


@pytest.mark.parametrize("source", ["nowhere", "/etc/passwd", "ftp://x/y", "file:///etc/passwd"])
def test_what_is_no_source_is_the_users_to_fix(source):
    with pytest.raises(UserError):
        prepare(Request(source=source, site="february-11-plant"))


def test_a_key_is_never_written(small, tmp_path, own_cache, monkeypatch, capfd, caplog):
    """A signed address and keys in the environment are planted; every byte is searched."""
    monkeypatch.setenv("PL_API_KEY", KEY)
    monkeypatch.setenv("PC_SDK_SUBSCRIPTION_KEY", KEY)
    caplog.set_level("DEBUG")
    broken = Fault(r"21210412-red\.tif$", "403")
    with (
        servers.files(small.parent) as (url, _),
        servers.proxy(url, broken) as through,
        servers.api(items_at(small, through, f"?sig={KEY}&se=2024"), tmp_path) as api,
    ):
        done = prepared(asked(api, small), progress=print)
        manifests.write(tmp_path / "run" / "scenes.json", done)
        with pytest.raises(Feb11Error) as caught:
            prepare(Request(source=f"{api.replace('//', f'//u:{KEY}@')}/{KEY[:0]}x?key={KEY}",
                            site="february-11-plant"))  # fmt: skip
    assert len(done.sheets) == 3
    written = [p for root in (own_cache, tmp_path / "run") for p in root.rglob("*") if p.is_file()]
    assert len(written) >= 5
    for place in written:
        assert KEY.encode() not in place.read_bytes(), place
        assert KEY not in str(place)
    out = capfd.readouterr()
    for text in (out.out, out.err, caplog.text, str(caught.value), repr(done)):
        assert KEY not in text
