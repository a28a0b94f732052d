"""Planet's services played on localhost: quick-search in pages, orders v2, delivered files.

The shapes of the answers are those in the documentation and in the tests of Planet's own
SDK; the pixels are the bundled, simulated scenes of 3 m, as one four-band file per scene.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import rasterio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.scenes import servers

KEY = "PLAK0123456789abcdefplanted"
TOKEN = "download-token-that-is-planted"
PER_PAGE = 3
BANDS = ("blue", "green", "red", "nir")


@dataclass
class Planet:
    """What the service holds, what it saw, and how it fails."""

    folder: Path
    """Catalogue whose scenes of 3 m are delivered."""
    refuse_key: bool = False
    over_quota: bool = False
    failed: bool = False
    """Whether an order ends as failed."""
    cut: int = 0
    """How many downloads of pixels break off."""
    undelivered: str = ""
    """Scene that an order leaves out."""
    searches: int = 0
    pages: int = 0
    orders: dict[str, dict] = field(default_factory=dict)
    looks: dict[str, int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def items(self) -> list[dict]:
        return [_item(json.loads(place.read_text()))
                for place in sorted(self.folder.glob("sim-3m/*/*.json"))]  # fmt: skip


def name_of(stac_id: str) -> str:
    """A scene's name as Planet writes it, from the bundled one."""
    return f"{stac_id.rpartition('-')[2]}_133000_12_24ab"


def _item(record: dict) -> dict:
    own = record["properties"]
    name = name_of(record["id"])
    url = f"https://api.planet.com/data/v1/item-types/PSScene/items/{name}"
    return {
        "type": "Feature", "id": name, "geometry": record["geometry"],
        "_links": {"_self": url, "assets": f"{url}/assets/"},
        "_permissions": ["assets.ortho_analytic_4b_sr:download", "assets.ortho_udm2:download"],
        "assets": ["ortho_analytic_4b_sr", "ortho_udm2"],
        "properties": {
            "acquired": own["datetime"].replace("Z", ".123456Z"), "item_type": "PSScene",
            "cloud_cover": own["eo:cloud_cover"] / 100, "cloud_percent": own["eo:cloud_cover"],
            "gsd": 3.9, "pixel_resolution": 3, "instrument": "PSB.SD", "provider": "planetscope",
            "quality_category": "standard", "satellite_id": "24ab", "strip_id": "5321496",
            "satellite_azimuth": own["view:azimuth"], "view_angle": own["view:off_nadir"],
            "sun_azimuth": own["view:sun_azimuth"], "sun_elevation": own["view:sun_elevation"],
            "published": own["datetime"], "updated": own["datetime"],
        },
    }  # fmt: skip


def _passes(item: dict, rule: dict) -> bool:
    """Whether an item passes a filter of the Data API."""
    kind, config = rule["type"], rule["config"]
    if kind == "AndFilter":
        return all(_passes(item, inner) for inner in config)
    value = item["properties"].get(rule.get("field_name", ""))
    if kind in ("RangeFilter", "DateRangeFilter"):
        return config.get("gte", value) <= value <= config.get("lte", value)
    if kind == "StringInFilter":
        return value in config
    return True


def _delivered(planet: Planet, number: str, names: list[str]) -> dict[str, bytes]:
    """Files of an order by path: pixels, mask, item, and the list with its digests."""
    files: dict[str, bytes] = {}
    for place in sorted(planet.folder.glob("sim-3m/*/*.json")):
        record = json.loads(place.read_text())
        item = _item(record)
        if item["id"] not in names or item["id"] == planet.undelivered:
            continue
        stem = f"PSScene/{item['id']}"
        files[f"{stem}_metadata.json"] = json.dumps(item).encode()
        files[f"{stem}_3B_udm2_clip.tif"] = (place.parent / f"{record['id']}-udm2.tif").read_bytes()
        files[f"{stem}_3B_AnalyticMS_SR_clip.tif"] = _four_bands(place.parent, record["id"])
    listed = [{"path": path, "digests": {"md5": hashlib.md5(content).hexdigest(),
                                         "sha256": hashlib.sha256(content).hexdigest()}}
              for path, content in files.items()]  # fmt: skip
    files["manifest.json"] = json.dumps({"name": "", "files": listed}).encode()
    return files


def _four_bands(folder: Path, name: str) -> bytes:
    with rasterio.open(folder / f"{name}-blue.tif") as first:
        profile = {**first.profile, "count": 4, "driver": "GTiff", "interleave": "pixel"}
        tags = {"FEB11_KIND": first.tags()["FEB11_KIND"],
                "TIFFTAG_DATETIME": "2020:01:01 00:00:00"}  # fmt: skip
    with rasterio.MemoryFile() as memory:
        with memory.open(**profile) as file:
            for number, band in enumerate(BANDS, 1):
                with rasterio.open(folder / f"{name}-{band}.tif") as source:
                    file.write(source.read(1), number)
            file.update_tags(**tags)
        return memory.read()


@contextmanager
def running(planet: Planet) -> Iterator[str]:
    """The services, for as long as the block lasts."""
    content: dict[str, dict[str, bytes]] = {}

    def allowed(request: Request) -> bool:
        planet.asked.append(request.url.path)
        return not planet.refuse_key and request.headers.get("authorization") == f"api-key {KEY}"

    def no(status: int, text: str) -> Response:
        return JSONResponse({"general": [{"message": text}], "field": {}}, status)

    def page(request: Request, number: int, found: list[dict]) -> Response:
        planet.pages += 1
        part = found[number * PER_PAGE : (number + 1) * PER_PAGE]
        links = {"_first": "", "_self": str(request.url)}
        if (number + 1) * PER_PAGE < len(found):
            links["_next"] = f"{request.base_url}data/v1/searches/s/results?_page={number + 1}"
        return JSONResponse({"_links": links, "features": part, "type": "FeatureCollection"})

    found: list[dict] = []

    async def search(request: Request) -> Response:
        if not allowed(request):
            return no(401, "Please enter your API key, or email and password.")
        body = await request.json()
        assert body["item_types"] == ["PSScene"]
        planet.searches += 1
        found[:] = [item for item in planet.items() if _passes(item, body["filter"])]
        return page(request, 0, found)

    async def results(request: Request) -> Response:
        if not allowed(request):
            return no(401, "Please enter your API key, or email and password.")
        return page(request, int(request.query_params["_page"]), found)

    async def create(request: Request) -> Response:
        if not allowed(request):
            return no(401, "Please enter your API key, or email and password.")
        if planet.over_quota:
            return no(403, f"Quota check failed - over quota for {KEY}")
        body = await request.json()
        number = str(uuid.uuid4())
        planet.orders[number] = body
        content[number] = _delivered(planet, number, body["products"][0]["item_ids"])
        return JSONResponse({"id": number, "state": "queued", "_links": {}}, 202)

    async def look(request: Request) -> Response:
        if not allowed(request):
            return no(401, "Please enter your API key, or email and password.")
        number = request.path_params["number"]
        planet.looks[number] = planet.looks.get(number, 0) + 1
        last = "failed" if planet.failed else "partial" if planet.undelivered else "success"
        state = {1: "queued", 2: "running"}.get(planet.looks[number], last)
        results = [{"delivery": "success", "name": f"{number}/{path}",
                    "location": f"{request.base_url}download/{number}/{path}?token={TOKEN}"}
                   for path in content[number]]  # fmt: skip
        links = {"_self": str(request.url)}
        if state in ("success", "partial"):
            links["results"] = results  # type: ignore[assignment]
        message = "no access to assets: PSScene/x/[ortho_analytic_4b_sr]" if planet.failed else ""
        return JSONResponse({"id": number, "state": state, "last_message": message,
                             "error_hints": [], "_links": links})  # fmt: skip

    async def download(request: Request) -> Response:
        planet.asked.append(request.url.path)
        if request.query_params.get("token") != TOKEN:
            return no(403, "token")
        path = request.path_params["path"]
        whole = content[request.path_params["number"]][path]
        if planet.cut and re.search(r"AnalyticMS", path):
            planet.cut -= 1

            async def half():
                yield whole[: len(whole) // 2]

            return StreamingResponse(half(), headers={"content-length": str(len(whole))})
        return Response(whole, media_type="application/octet-stream")

    async def spec(request: Request) -> Response:
        assets = ["ortho_analytic_4b_sr", "ortho_analytic_4b_xml", "ortho_udm2"]
        return JSONResponse({"bundles": {"analytic_sr_udm2": {"assets": {"PSScene": assets}}}})

    orders = "/compute/ops/orders/v2"
    routes = [
        Route("/data/v1/quick-search", search, methods=["POST"]),
        Route("/data/v1/searches/s/results", results),
        Route("/compute/ops/bundles/spec", spec),
        Route(orders, create, methods=["POST"]),
        Route(orders + "/{number}", look),
        Route("/download/{number}/{path:path}", download),
    ]
    with servers.running(Starlette(routes=routes)) as url:
        yield url
