"""Where scenes come from: a name, an address or a path, read once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from analysis import paths, site
from analysis.errors import UserError
from analysis.scenes import cache, guard, transport
from analysis.scenes.redact import strip
from analysis.scenes.scene import Refused

BUNDLED = "data/scenes/catalog.json"
"""The simulated catalogue that comes with the project."""

MAX_JSON_BYTES = 64_000_000


@dataclass(frozen=True)
class Service:
    """A public service that this project names, and what is asked of it."""

    url: str
    collections: tuple[str, ...]
    """In order of preference: the first one's version of an acquisition is kept."""
    sign: bool = False
    """Whether its addresses must be signed before they are opened."""


SERVICES: Mapping[str, Service] = {
    "earth-search": Service(
        "https://earth-search.aws.element84.com/v1", ("sentinel-2-c1-l2a", "sentinel-2-l2a")
    ),
    "planetary-computer": Service(
        "https://planetarycomputer.microsoft.com/api/stac/v1", ("sentinel-2-l2a",), sign=True
    ),
}


@dataclass(frozen=True)
class Source:
    """One source of scenes."""

    name: str
    """As the user gave it, without a key in it."""
    form: str
    """``api``, ``static``, ``folder``, ``manifest`` or ``planet``."""
    place: str = field(repr=False)
    """Address or path."""
    collections: tuple[str, ...] = ()
    named_service: bool = False
    sign: bool = False
    over_network: bool = False
    """Whether a manifest was made from a service."""
    content: Mapping[str, Any] | None = field(default=None, repr=False)
    """The JSON at ``place``, where it was read to find out what it is."""

    @property
    def remote(self) -> bool:
        """Whether its pixels come over the network."""
        if self.form == "manifest":
            return self.over_network
        return self.form in ("api", "planet") or guard.is_remote(self.place)


def resolve(text: str) -> Source:
    """What a ``source`` parameter means.

    Raises
    ------
    UserError
        If there is nothing of that name, or it is neither a catalogue nor a folder of GeoTIFFs.
    ServiceError
        If an address does not answer.
    """
    name = (text or "bundled").strip()
    if name == "bundled":
        place = paths.project_root() / BUNDLED
        if not place.is_file():
            raise UserError(f"the bundled scenes are not at {place}: `feb11 simulate` draws them")
        return Source(name, "static", str(place), content=_local_json(place))
    if name == "planet":
        return Source(name, "planet", "https://api.planet.com", named_service=True)
    if name in SERVICES:
        service = SERVICES[name]
        return Source(name, "api", service.url, service.collections, True, service.sign)
    if urlsplit(name).scheme.lower() in ("http", "https"):
        return _address(name)
    if "://" in name:
        raise UserError(f"source {strip(name)!r}: only http, https and paths are read")
    place = Path(name).expanduser()
    if place.is_dir():
        for inner in ("catalog.json", "collection.json"):
            if (place / inner).is_file():
                return resolve(str(place / inner))
        return Source(name, "folder", str(place.resolve()))
    if place.is_file():
        content = _local_json(place)
        if content.get("feb11") == "scenes":
            stated = content.get("service")
            own = stated if isinstance(stated, dict) else {}
            return Source(name, "manifest", str(place.resolve()), sign=bool(own.get("sign")),
                          over_network=bool(own.get("remote")), content=content)  # fmt: skip
        return Source(name, "static", str(place.resolve()), content=content)
    known = ", ".join(("bundled", *SERVICES, "planet"))
    raise UserError(f"no source {name!r}: give one of {known}, an address, a catalogue or a folder")


def _address(url: str) -> Source:
    for name, service in SERVICES.items():
        if url.rstrip("/") == service.url:
            return resolve(name)
    content = read_json(url)
    links = content.get("links") if isinstance(content.get("links"), list) else []
    rels = {link.get("rel") for link in links or () if isinstance(link, dict)}
    form = "api" if "search" in rels or "conformsTo" in content else "static"
    return Source(strip(url), form, url, content=content)


def remembered(url: str, *, max_bytes: int = MAX_JSON_BYTES) -> bytes:
    """The content at an address, asked for once a day.

    A catalogue grows, so what it said yesterday is not what it says today; but
    a second run on one day reads nothing from the network.
    """
    name = cache.key("content", strip(url), date.today().isoformat())
    found = cache.load(name)
    if found is not None:
        return found.arrays["content"].tobytes()
    answer = transport.fetch(url, limits=transport.Limits(max_bytes=max_bytes))
    content = np.frombuffer(answer.content, dtype=np.uint8)
    if "html" not in answer.headers.get("Content-Type", ""):
        cache.store(name, cache.Entry({"content": content}, {}))
    return answer.content


def read_json(place: str) -> Mapping[str, Any]:
    """The JSON object at an address or a path.

    Raises
    ------
    ServiceError, UserError
        If there is none.
    """
    if not guard.is_remote(place):
        return _local_json(Path(place))
    content = transport.parse_json(remembered(place), place)
    if not isinstance(content, dict):
        raise transport.ServiceError(f"{strip(place)}: JSON, but not a catalogue")
    return content


def _local_json(place: Path) -> Mapping[str, Any]:
    try:
        if place.stat().st_size > MAX_JSON_BYTES:
            raise UserError(f"{place} is larger than {MAX_JSON_BYTES // 10**6} MB")
        content = json.loads(place.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{place}: {error.strerror or error}") from None
    except (ValueError, RecursionError):
        raise UserError(f"{place} is not JSON: give a catalogue or a folder of GeoTIFFs") from None
    if not isinstance(content, dict):
        raise UserError(f"{place} is JSON, but not a catalogue")
    return content


def site_for(source: Source, named: str = "") -> site.Site:
    """The site of a run: the one named, else the catalogue's, else the plant for a named service.

    Raises
    ------
    UserError
        If there is none, or it can't be read.
    """
    if named:
        return site.read(site.locate(named))
    content = source.content or {}
    if source.form == "manifest":
        return site.parse(json.dumps(content["site"]).encode(), "of the manifest")
    links = content.get("links")
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("rel") == "site":
            return _linked(link.get("href"), source.place)
    if source.form == "folder":
        found = sorted(Path(source.place).glob("*.geojson"))
        if len(found) == 1:
            return site.read(found[0])
    if source.named_service:
        return site.read(site.locate(""))
    raise UserError(f"source {source.name!r} names no site: give one with --site FILE")


def _linked(href: Any, base: str) -> site.Site:
    try:
        place = guard.asset_href(href, base)
    except Refused as reason:
        raise UserError(f"the catalogue's link to its site: {reason}") from None
    if guard.is_remote(place):
        return site.parse(remembered(place, max_bytes=site.MAX_BYTES), strip(place))
    return site.read(Path(place))
