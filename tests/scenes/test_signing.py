"""Signed addresses: tokens from a played endpoint, pixels from a played storage.

The storage is reached as a proxy, so that the addresses are those of the real one; neither
the endpoint nor the storage of the real service has been asked.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.staticfiles import StaticFiles

from analysis.errors import CheckFailed
from analysis.scenes import manifest as manifests
from analysis.scenes import source, transport
from analysis.scenes.cached import prepared
from analysis.scenes.prepare import Request, prepare
from tests.scenes import servers, town
from tests.scenes.matrix import Row, fault
from tests.scenes.test_servers import items_at

ACCOUNT = "simeuwest"
STORAGE = f"http://{ACCOUNT}.blob.core.windows.net/sentinel2-l2"
SECRET = "signature-that-is-planted"


@dataclass
class Storage:
    """A container whose files need the newest signature."""

    folder: Path
    expired: int = 0
    """How many of the first tokens the storage does not take."""
    down: bool = False
    """Whether the endpoint gives none."""
    tokens: int = 0
    asked: list[str] = field(default_factory=list)
    refused: int = 0

    async def __call__(self, scope, receive, send):
        assert scope["type"] == "http"
        path = re.sub(r"^http://[^/]+", "", scope["path"])
        self.asked.append(path)
        if path.startswith("/token/"):
            await self._token(path)(scope, receive, send)
            return
        signature = parse_qs(scope["query_string"].decode()).get("sig", [""])[0]
        number = signature.removeprefix(SECRET + "-")
        if not number.isdigit() or int(number) <= self.expired:
            self.refused += 1
            await PlainTextResponse("AuthenticationFailed", 403)(scope, receive, send)
            return
        inner = {**scope, "path": path.removeprefix("/sentinel2-l2"), "root_path": ""}
        inner["raw_path"] = inner["path"].encode()
        await StaticFiles(directory=self.folder)(inner, receive, send)

    def _token(self, path: str):
        if self.down:
            return PlainTextResponse("no", 404)
        assert path == f"/token/{ACCOUNT}/sentinel2-l2"
        self.tokens += 1
        expiry = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        token = f"st=2024&se=2025&sp=rl&sig={SECRET}-{self.tokens}"
        return JSONResponse({"msft:expiry": expiry, "token": token})


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Path:
    """Three clear dates, without a classification of cover."""
    return town.write(tmp_path_factory.mktemp("signed"), town.dates(3), scl=False, size=112)


@contextmanager
def service(monkeypatch, small: Path, folder: Path, **how) -> Iterator[Storage]:
    """The service under its own name: search, endpoint and storage, all on this machine."""
    limits = functools.partial(transport.Limits, connect_s=2, read_s=1.5, total_s=6, tries=2)
    monkeypatch.setattr(transport, "Limits", limits)
    storage = Storage(small.parent, **how)
    with (
        servers.running(storage) as url,
        servers.api(items_at(small, STORAGE), folder) as api,
    ):
        for name in ("http_proxy", "HTTP_PROXY"):
            monkeypatch.setenv(name, url)
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.setenv(name, "127.0.0.1,localhost")
        monkeypatch.setenv("PC_SDK_SAS_URL", f"{url}/token")
        played = source.Service(api, ("sim-10m",), sign=True)
        monkeypatch.setitem(source.SERVICES, "planetary-computer", played)
        yield storage


def wanted(small: Path) -> Request:
    return Request(source="planetary-computer", site=str(small.parent / "site.geojson"))


def test_one_token_opens_all_files_of_a_container(monkeypatch, small, tmp_path):
    reference = prepare(Request(source=str(small)))
    with service(monkeypatch, small, tmp_path) as storage:
        done = prepare(wanted(small))
    assert storage.tokens == 1
    assert storage.refused == 0
    assert done.cube.identical(reference.cube)


@fault("signature", "expired")
def test_an_expired_signature_is_asked_for_anew(monkeypatch, small, tmp_path, row: Row):
    with service(monkeypatch, small, tmp_path, expired=1) as storage:
        done = prepare(wanted(small))
    assert len(done.sheets) == 3
    assert storage.refused >= 1
    assert storage.tokens == 2
    assert not done.left
    row.saw("nothing; it is asked for anew", f"{len(done.sheets)} of 3 scenes")


@fault("signature", "none is taken")
def test_a_storage_that_takes_no_signature_costs_its_scenes_and_ends(
    monkeypatch, small, tmp_path, row: Row
):
    with service(monkeypatch, small, tmp_path, expired=10**6) as storage:
        done = prepare(wanted(small))
        assert storage.tokens < 3 * 4 * 3, "each file is signed at most three times"
    with pytest.raises(CheckFailed, match="access refused") as caught:
        done.require()
    row.saw(caught.value)


@fault("signature", "the endpoint gives none")
def test_an_endpoint_without_tokens_is_asked_once(monkeypatch, small, tmp_path, row: Row):
    with service(monkeypatch, small, tmp_path, down=True) as storage:
        done = prepare(wanted(small))
        assert sum(path.startswith("/token/") for path in storage.asked) == 1
    assert {item.reason for item in done.left} == {done.left[0].reason}
    assert "no signature" in done.left[0].reason
    assert "404" in done.left[0].reason
    row.saw(re.sub(r"http://[^/]+", "https://example.org", done.left[0].reason))


def test_the_signature_is_in_no_byte_that_is_written(
    monkeypatch, small, tmp_path, own_cache, caplog, capfd
):
    caplog.set_level("DEBUG")
    run = tmp_path / "run"
    with service(monkeypatch, small, tmp_path, expired=1):
        done = prepared(wanted(small), print)
        manifests.write(run / "scenes.json", done)
    again = prepare(Request(source=str(run / "scenes.json")))
    assert again.cube.identical(done.cube), "the manifest and the cache need no signature"
    written = [p for root in (own_cache, run) for p in root.rglob("*") if p.is_file()]
    assert len(written) >= 5
    assert all(SECRET.encode() not in place.read_bytes() for place in written)
    out = capfd.readouterr()
    for text in (out.out, out.err, caplog.text, repr(done)):
        assert SECRET not in text
