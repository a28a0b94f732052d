"""Planet's path, driven through Planet's own SDK against a server on localhost.

No order has ever been made at the real service: what is played here follows its documentation.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from shapely.affinity import scale
from shapely.geometry import mapping, shape

from analysis import paths
from analysis import site as sites
from analysis.errors import CheckFailed, UserError
from analysis.scenes import cache, planet, windows
from analysis.scenes import manifest as manifests
from analysis.scenes.prepare import Request, prepare
from tests.scenes import planet_server
from tests.scenes.matrix import Row, fault
from tests.scenes.planet_server import KEY, TOKEN, Planet

BUNDLED = paths.project_root() / "data" / "scenes"
ASKED = {"start": "2120", "end": "2121", "clear": 0.2}
"""Four of the twelve dates of 3 m: two pages of the search."""


def plain(said: object) -> str:
    """What was said, without the number of an order."""
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "NUMBER", str(said))


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> str:
    """The inner part of what the fine scenes show."""
    record = json.loads(next(BUNDLED.glob("sim-3m/*/*.json")).read_text())
    area = shape(record["geometry"])
    inner = scale(area, 0.7, 0.7)
    place = tmp_path_factory.mktemp("site") / "inner.geojson"
    own = {"id": "aoi", "name": "Inner part", "role": "aoi", "kind": "simulated"}
    place.write_text(json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "geometry": mapping(inner), "properties": own}]}))  # fmt: skip
    return str(place)


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("PL_API_KEY", KEY)
    monkeypatch.setattr(planet, "POLL_S", 0.05)
    monkeypatch.setattr(planet, "RETRIES", 1)


@contextmanager
def service(monkeypatch, **how) -> Iterator[Planet]:
    """The played service, found by the address that the environment names."""
    played = Planet(BUNDLED, **how)
    with planet_server.running(played) as url:
        monkeypatch.setenv("PL_API_URL", url)
        yield played


def ordered(site: str, **more) -> Request:
    return Request(source="planet", site=site, yes=True, **{**ASKED, **more})


def fetched(site: str) -> list[str]:
    """Order and download alone; what was lost."""
    folder, lost = planet.downloaded(
        sites.read(Path(site)).aoi.geometry, windows.asked("2120", "2121", "", ""), yes=True
    )
    pictures = list(Path(folder.place).rglob("*_3B_AnalyticMS_SR_clip.tif"))
    assert len(pictures) + len(lost) == 4
    return lost


def test_a_paged_search_an_order_and_its_files_give_the_pixels_of_the_source(
    monkeypatch, tmp_path, site
):
    said: list[str] = []
    with service(monkeypatch) as played:
        done = prepare(ordered(site), said.append)
        assert played.pages == 2
        (order,) = played.orders.values()
        assert order["tools"][0]["clip"]["aoi"]["type"] == "Polygon"
        manifests.write(tmp_path / "run.json", done)
        assert fetched(site) == []
        assert len(played.orders) == 1, "ordered twice"
    reference = prepare(Request(site=site, **ASKED)).cubes["3m"]
    cube = done.cubes["planetscope"]
    assert cube.sizes["time"] == reference.sizes["time"] == 4
    for name in ("blue", "green", "red", "nir", "valid"):
        np.testing.assert_array_equal(cube[name].values, reference[name].values, err_msg=name)
    assert done.kind == "simulated", "what the files say of themselves is believed"
    assert set(cube.generation.values) == {"PSB.SD"}
    assert any("order 4 scenes over" in text and "MB to download" in text for text in said)
    assert sum(text.startswith("planet: 212") for text in said) >= 4, "each scene is listed"
    monkeypatch.delenv("PL_API_KEY")
    repeated = prepare(Request(source=str(tmp_path / "run.json")))
    assert repeated.cube.identical(cube), "from the manifest alone"


@fault("planet", "no --yes and no terminal")
def test_without_a_terminal_and_a_yes_nothing_is_ordered(monkeypatch, site, row: Row):
    with service(monkeypatch) as played:
        done = subprocess.run(
            [str(Path(sys.executable).parent / "feb11"), "scenes", "--source", "planet",
             "--site", site, "--start", "2120", "--end", "2121"],
            capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120,
            env={**os.environ, "PL_API_URL": os.environ["PL_API_URL"]},
        )  # fmt: skip
        assert not played.orders
    assert done.returncode == 2, done.stderr
    last = done.stderr.splitlines()[-1]
    row.saw(last.removeprefix("feb11: "), "nothing is ordered")
    assert "not ordered: order 4 scenes over" in last
    assert "km2 of quota" in last
    assert "--yes" in last
    assert "21210411_133000_12_24ab, 2121-04-11, cloud 0" in done.stderr
    assert KEY not in done.stderr + done.stdout


@fault("planet", "the key is refused")
def test_a_key_that_is_refused_is_the_users_to_fix(monkeypatch, site, row: Row):
    with (
        service(monkeypatch, refuse_key=True),
        pytest.raises(UserError, match="PL_API_KEY.*401") as caught,
    ):
        fetched(site)
    row.saw(caught.value)


@fault("planet", "no key")
def test_without_a_key_no_server_is_asked(monkeypatch, site, row: Row):
    monkeypatch.delenv("PL_API_KEY")
    with service(monkeypatch) as played:
        with pytest.raises(UserError, match="set PL_API_KEY") as caught:
            fetched(site)
        assert not played.asked
    row.saw(caught.value)


@fault("planet", "quota exceeded")
def test_a_spent_quota_is_named_and_the_key_in_the_answer_is_not(monkeypatch, site, row: Row):
    with service(monkeypatch, over_quota=True), pytest.raises(CheckFailed) as caught:
        fetched(site)
    assert "over quota" in str(caught.value)
    assert "smaller area" in str(caught.value)
    assert KEY not in str(caught.value)
    row.saw(caught.value)


@fault("planet", "the order fails")
def test_a_failed_order_says_why_and_does_not_stand_in_the_way(monkeypatch, site, row: Row):
    with service(monkeypatch, failed=True) as played:
        with pytest.raises(
            CheckFailed, match=r"order \S+ is failed: no access to assets"
        ) as caught:
            fetched(site)
        played.failed = False
        assert fetched(site) == []
        assert len(played.orders) == 2
    row.saw(plain(caught.value))


@fault("planet", "a download that breaks off")
def test_a_cut_download_goes_on_without_a_second_order(monkeypatch, own_cache, site, row: Row):
    with service(monkeypatch, cut=1) as played:
        with pytest.raises(
            CheckFailed, match="the download failed.*nothing is ordered twice"
        ) as caught:
            fetched(site)
        kept = [p for p in (own_cache / "scenes" / "planet").iterdir() if p.suffix != ".lock"]
        assert [p.suffix for p in kept] == [".part"], "half a download is never taken for whole"
        assert fetched(site) == []
        assert len(played.orders) == 1
    said = re.sub(r" \(received.*?\)", "", plain(caught.value))
    row.saw(said, "the order; the next run goes on with it")


@fault("planet", "a scene is not delivered")
def test_a_scene_that_is_not_delivered_is_named(monkeypatch, site, row: Row):
    with service(monkeypatch, undelivered="21210411_133000_12_24ab"):
        lost = fetched(site)
    assert lost == ["21210411_133000_12_24ab: ordered at Planet, but not delivered"]
    row.saw(lost[0], "3 of 4 scenes")


@fault("planet", "no scene in the dates")
def test_dates_without_a_scene_end_with_exit_code_one(monkeypatch, site, row: Row):
    with service(monkeypatch), pytest.raises(CheckFailed, match="no usable scene") as caught:
        prepare(ordered(site, start="2110", end="2111"))
    row.saw(caught.value)


def test_neither_key_nor_token_is_in_any_byte_that_is_written(
    monkeypatch, tmp_path, own_cache, caplog, capfd, site
):
    caplog.set_level("DEBUG")
    with service(monkeypatch) as played:
        done = prepare(ordered(site, start="2121-04", end="2121-04"), print)
        manifests.write(tmp_path / "run.json", done)
        assert any(path.startswith("/download/") for path in played.asked)
    written = [p for root in (own_cache, tmp_path) for p in root.rglob("*") if p.is_file()]
    assert any(p.suffix == ".tif" for p in written)
    out = capfd.readouterr()
    texts = [out.out, out.err, caplog.text, repr(done)]
    for secret in (KEY, TOKEN):
        assert all(secret.encode() not in place.read_bytes() for place in written)
        assert all(secret not in str(place) for place in written)
        assert all(secret not in text for text in texts)
    assert cache.folder().is_dir()
