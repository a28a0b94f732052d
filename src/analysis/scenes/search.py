"""Search: all items of a source over an area and a window, and what was lost on the way."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import requests
from pystac import Link
from pystac_client import Client
from pystac_client.exceptions import APIError
from pystac_client.stac_api_io import StacApiIO

from analysis.errors import CheckFailed, UserError
from analysis.scenes import cache, guard, source, transport
from analysis.scenes.redact import clean, strip
from analysis.scenes.scene import Refused
from analysis.scenes.source import Source
from analysis.scenes.windows import Window

MAX_PAGES = 400
"""A hundred items each: Sentinel-2 over one place has about 150 a year and tile."""

MAX_ITEMS = 20_000

SETTLED_DAYS = 90
"""Days after which a service adds nothing to a window, but for reprocessing."""

MAX_DEPTH = 8
"""Catalogues in catalogues."""


@dataclass
class Found:
    """What a search brought."""

    items: list[tuple[Mapping[str, Any], str]] = field(default_factory=list)
    """Each item as plain JSON, with the address or path that its own links start from."""
    lost: list[str] = field(default_factory=list)
    """What could not be read, in words, each with its place."""


class _BoundedIO(StacApiIO):
    """pystac-client's transport, within the limits of `transport.fetch`; it opens no local file."""

    def __init__(self, limits: transport.Limits | None = None) -> None:
        super().__init__(max_retries=None)
        self.limits = limits or transport.Limits()

    def read_text(self, source: Any, *args: Any, **kwargs: Any) -> str:
        href = source.href if isinstance(source, Link) else str(source)
        if not guard.is_remote(str(href)):
            raise transport.ServiceError(f"{str(href)[:80]!r}: a link of a remote catalogue "
                                         "leads to a local place")  # fmt: skip
        return super().read_text(source, *args, **kwargs)

    def request(
        self,
        href: str,
        method: str | None = None,
        headers: dict[str, str] | None = None,
        parameters: dict[str, Any] | None = None,
    ) -> str:
        verb = (method or "GET").upper()
        if verb not in ("GET", "POST"):
            raise transport.ServiceError(f"{strip(href)}: a link asks for the method {verb}")
        if not guard.is_remote(href):
            raise transport.ServiceError(f"{href[:80]!r}: not an address")
        body = parameters if verb == "POST" else None
        url = href
        if verb == "GET" and parameters:
            url = requests.Request("GET", href, params=parameters).prepare().url or href
        answer = transport.fetch(url, method=verb, body=body, headers=headers, limits=self.limits,
                                 session=self.session)  # fmt: skip
        transport.parse_json(answer.content, href)
        return answer.content.decode("utf-8")

    def get_pages(
        self, url: str, method: str | None = None, parameters: dict[str, Any] | None = None
    ) -> Iterator[dict[str, Any]]:
        """Pages of a search; a ``next`` link that leads nowhere new ends it with an error."""
        seen: set[str] = set()
        page = self.read_json(url, method=method, parameters=parameters)
        for number in range(1, MAX_PAGES + 1):
            features = page.get("features")
            if not isinstance(features, list):
                if "collections" in page:
                    yield page
                    return
                raise transport.ServiceError(f"{strip(url)}: page {number} has no items in it")
            fresh = {str(f.get("id")) + str(f.get("collection")) for f in features
                     if isinstance(f, dict)} - seen  # fmt: skip
            if features and not fresh:
                raise transport.ServiceError(f"{strip(url)}: page {number} repeats earlier items: "
                                             "its `next` links lead in a circle")  # fmt: skip
            seen |= fresh
            yield page
            links = page.get("links")
            following = next((link for link in links if isinstance(link, dict)
                              and link.get("rel") == "next"), None) if isinstance(links, list) else None  # fmt: skip  # noqa: E501
            if not features or following is None:
                return
            page = self.read_json(Link.from_dict(following), parameters=parameters)
        raise transport.ServiceError(f"{strip(url)}: more than {MAX_PAGES} pages")


def find(
    where: Source,
    bbox: tuple[float, float, float, float],
    window: Window,
    *,
    limits: transport.Limits | None = None,
) -> Found:
    """All items of a source that may show ``bbox`` (degrees) in ``window``.

    A part that fails after its retries is named in ``lost``; the rest goes on.

    Raises
    ------
    ServiceError
        If nothing at all could be read.
    """
    if where.form == "api":
        found = _from_api(where, bbox, window, limits)
    elif where.form == "static":
        found = _from_static(where)
    elif where.form == "folder":
        from analysis.scenes.folder import items_of

        found = Found(*items_of(where.place))
    else:
        raise CheckFailed(f"a source of the form {where.form} is not searched")
    if not found.items and found.lost:
        raise transport.ServiceError(f"nothing could be read: {found.lost[0]}")
    return found


def _from_api(
    where: Source,
    bbox: tuple[float, float, float, float],
    window: Window,
    limits: transport.Limits | None,
) -> Found:
    found = Found()
    io = _BoundedIO(limits)
    read = 0
    try:
        client = Client.open(where.place, stac_io=io)
        if client.get_search_link() is None:
            raise transport.ServiceError(f"{strip(where.place)}: it offers no search")
        query = client.search(
            bbox=bbox, datetime=window.interval(), collections=list(where.collections) or None,
            limit=100,
        )  # fmt: skip
        for page in query.pages_as_dicts():
            read += 1
            for item in page["features"]:
                if isinstance(item, dict):
                    found.items.append((item, _self(item, where.place)))
            if len(found.items) > MAX_ITEMS:
                found.lost.append(f"{strip(where.place)}: more than {MAX_ITEMS} items; "
                                  "shorten the dates")  # fmt: skip
                break
    except (transport.ServiceError, APIError) as error:
        found.lost.append(f"after page {read}: {clean(str(error))}" if read else clean(str(error)))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        found.lost.append(f"{strip(where.place)}: not a STAC API ({type(error).__name__}: "
                          f"{clean(str(error))[:120]})")  # fmt: skip
    return found


def _self(item: Mapping[str, Any], place: str) -> str:
    """The address that an item's relative links start from: always a remote one."""
    links = item.get("links")
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("rel") == "self":
            href = str(link.get("href"))
            if guard.is_remote(href):
                return href
    return place.rstrip("/") + "/"


def _from_static(where: Source) -> Found:
    found = Found()
    content = where.content if where.content is not None else source.read_json(where.place)
    _walk(content, where.place, found, set(), 0)
    return found


def _walk(content: Any, place: str, found: Found, seen: set[str], depth: int) -> None:
    """Gather the items below one catalogue, collection, item or list of items."""
    if not isinstance(content, Mapping):
        found.lost.append(f"{strip(place)}: not a catalogue")
        return
    if content.get("type") == "FeatureCollection" and isinstance(content.get("features"), list):
        found.items += [(item, place) for item in content["features"] if isinstance(item, dict)]
        return
    if content.get("type") == "Feature":
        found.items.append((content, place))
        return
    links = content.get("links")
    if not isinstance(links, list) or "stac_version" not in content:
        found.lost.append(f"{strip(place)}: not a STAC catalogue or item")
        return
    for link in links:
        if not isinstance(link, dict) or link.get("rel") not in ("child", "item", "items"):
            continue
        try:
            target = guard.asset_href(link.get("href"), place)
            if target in seen:
                continue
            seen.add(target)
            if depth >= MAX_DEPTH or len(seen) > MAX_ITEMS:
                raise Refused(f"more than {MAX_DEPTH} levels or {MAX_ITEMS} items")
            _walk(source.read_json(target), target, found, seen, depth + 1)
        except (Refused, CheckFailed, UserError) as error:
            found.lost.append(f"{_short(link.get('href'))}: {error}")


def _short(href: Any) -> str:
    text = strip(str(href))
    return text if len(text) < 80 else f"...{text[-70:]}"


def cached(where: Source, bbox: tuple[float, float, float, float], window: Window) -> Found:
    """`find`, asked of a service once a day, or once for all when the window is long past.

    An answer of which something was lost is not kept.
    """
    if where.form != "api":
        return find(where, bbox, window)
    past = window.last is not None and (date.today() - window.last).days > SETTLED_DAYS
    day = "" if past else date.today().isoformat()
    name = cache.key("search", strip(where.place), where.collections, bbox, str(window), day)
    entry = cache.load(name)
    if entry is not None:
        text = entry.arrays["items"].tobytes().decode()
        return Found([(item, base) for item, base in json.loads(text)])
    found = find(where, bbox, window)
    if not found.lost:
        kept = [(_unsigned(item), strip(base)) for item, base in found.items]
        text = json.dumps(kept, sort_keys=True)
        array = np.frombuffer(text.encode(), dtype=np.uint8)
        cache.store(name, cache.Entry({"items": array}, {}))
    return found


def _unsigned(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """An item whose addresses carry no signature."""
    text = re.sub(r'"(https?://[^"]*)"', lambda m: json.dumps(strip(m[1])), json.dumps(item))
    return json.loads(text)
