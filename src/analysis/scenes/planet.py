"""Planet: search, order and download through Planet's own SDK, into a folder of GeoTIFFs.

The SDK is an optional extra, and an order spends quota: the scenes, their area
and the size of the download are shown and must be confirmed. An order that was
made is never made again: its number is kept until its files are whole.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from filelock import FileLock
from pyproj import Geod
from shapely.errors import ShapelyError
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

from analysis.errors import CheckFailed, UserError
from analysis.scenes import cache, transport
from analysis.scenes.redact import clean
from analysis.scenes.scene import instant
from analysis.scenes.source import Source
from analysis.scenes.windows import Dates

KEY = "PL_API_KEY"

BASE_URL = "PL_API_URL"
"""Environment variable that names another server than Planet's, for tests of this path."""

BUNDLE = "analytic_sr_udm2"
"""Four bands of surface reflectance and the usable data mask."""

MOST_SCENES = 200
"""An order is never larger: the search is narrowed first."""

MOST_FOUND = 5000
"""Items that a search may bring; what lies behind them would be lost without a word."""

CLOUD = 0.5
"""Largest cloud cover of a whole scene that is ordered: quota is spent on what can be used."""

POLL_S = 5
"""Seconds between two looks at an order."""

POLLS = 360
"""Looks at an order before the wait ends; half an hour."""

RETRIES = 3
"""Times that the SDK asks again after a failure; it waits 2, 4 and 8 seconds."""

BYTES_PER_M2 = (4 * 2 + 8) / 9
"""Four bands of two bytes and a mask of eight, in pixels of 3 m, before compression."""

ORDER = "order.json"
_GEOD = Geod(ellps="WGS84")


def downloaded(
    area: BaseGeometry,
    dates: Dates,
    months: tuple[int, ...] = (),
    *,
    yes: bool = False,
    say: Callable[[str], None] = lambda text: None,
    ask: Callable[[str], bool] | None = None,
) -> tuple[Source, list[str]]:
    """A folder of the scenes of ``area``, ordered where they are not there yet, and what is lost.

    Raises
    ------
    UserError
        If the key or the SDK is missing, the key is refused, or the order is not confirmed.
    CheckFailed
        If Planet's service fails.
    """
    client = _client()
    wanted = _search(client, area, dates, months)
    for item in wanted:
        own = item["properties"]
        say(f"planet: {item['id']}, {own['acquired'][:10]}, cloud {own.get('cloud_cover', '?')}")
    identities = sorted(item["id"] for item in wanted)
    folder = cache.folder() / "planet" / cache.key(identities, area.wkt, BUNDLE)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not folder.is_dir():
            part = folder.with_name(f"{folder.name}.part")
            number = _made_before(part)
            if number:
                say(f"planet: order {number} was made before; it goes on, nothing is ordered again")
            else:
                what = _what(wanted, area)
                say(f"planet: {what}")
                _confirm(what, yes, ask)
                number = _order(client, identities, area, part)
            _fetch(client, number, part, say)
            os.replace(part, folder)
    there = {file.name.partition("_3B_")[0] for file in folder.rglob("*_3B_AnalyticMS*.tif")}
    lost = [f"{name}: ordered at Planet, but not delivered" for name in identities
            if name not in there]  # fmt: skip
    return Source("planet", "folder", str(folder), named_service=True), lost


def _client() -> Any:
    key = os.environ.get(KEY, "")
    if not key:
        raise UserError(f"source planet needs a key: set {KEY} in the environment")
    try:
        import planet
    except ImportError:
        raise UserError("source planet needs Planet's SDK: uv pip install -e '.[planet]'") from None
    session = planet.Session(auth=planet.Auth.from_key(key), read_timeout_secs=60)
    session.max_retries = RETRIES
    base = os.environ.get(BASE_URL, "").rstrip("/")
    if not base:
        return planet.Planet(session)
    _bundles_of(base)
    return planet.Planet(session, base)


def _bundles_of(base: str) -> None:
    """Give the SDK the item types of another server: it asks Planet's own, whatever its base is."""
    from planet import specs

    answer = transport.fetch(f"{base}/compute/ops/bundles/spec")
    bundles = transport.parse_json(answer.content, base)["bundles"]
    types = {name for bundle in bundles.values() for name in bundle["assets"]}
    specs.PRODUCT_BUNDLES.cache = {
        "bundles": bundles, "bundle_names": bundles.keys(), "item_types": types,
    }  # fmt: skip


def _search(
    client: Any, area: BaseGeometry, dates: Dates, months: tuple[int, ...]
) -> list[Mapping[str, Any]]:
    """Items that are wanted, by date."""
    try:
        found = list(
            client.data.search(["PSScene"], search_filter=_filter(area, dates), limit=MOST_FOUND)
        )
    except Exception as error:
        _fail("the search", error)
    if len(found) >= MOST_FOUND:
        raise UserError(f"Planet has {MOST_FOUND} scenes of the area or more: shorten the dates")
    wanted = [item for item in found if _wanted(item, dates, months)]
    if not wanted:
        raise CheckFailed(f"Planet has no usable scene of the area in these dates ({len(found)} "
                          "found)")  # fmt: skip
    if len(wanted) > MOST_SCENES:
        raise UserError(f"{len(wanted)} scenes of Planet: at most {MOST_SCENES} are ordered at "
                        "once; shorten the dates")  # fmt: skip
    return sorted(wanted, key=lambda item: (item["properties"]["acquired"], item["id"]))


def _filter(area: BaseGeometry, dates: Dates) -> Mapping[str, Any]:
    """The SDK's filter: geometry, dates, cloud, and only what may be downloaded."""
    window = dates.whole()
    span = {}
    if window.first:
        span["gte"] = f"{window.first}T00:00:00Z"
    if window.last:
        span["lte"] = f"{window.last}T23:59:59.999Z"
    parts: list[Mapping[str, Any]] = [
        {"type": "GeometryFilter", "field_name": "geometry", "config": mapping(area)},
        {"type": "RangeFilter", "field_name": "cloud_cover", "config": {"lte": CLOUD}},
        {"type": "PermissionFilter", "config": ["assets:download"]},
        {"type": "StringInFilter", "field_name": "quality_category", "config": ["standard"]},
    ]
    if span:
        parts.append({"type": "DateRangeFilter", "field_name": "acquired", "config": span})
    return {"type": "AndFilter", "config": parts}


def _wanted(item: Mapping[str, Any], dates: Dates, months: tuple[int, ...]) -> bool:
    try:
        name, when = item["id"], instant(item["properties"]["acquired"])
    except (KeyError, TypeError, ValueError):
        return False
    good = isinstance(name, str) and name.isprintable() and "/" not in name
    return good and dates.role(when) is not None and (not months or when.month in months)


def _what(items: Sequence[Mapping[str, Any]], area: BaseGeometry) -> str:
    """What an order would spend and bring, in words."""
    square_m = sum(_shown_m2(item, area) for item in items)
    whole = _area_m2(area) / 1e6
    return (f"order {len(items)} scenes over {whole:.1f} km2 at Planet: {square_m / 1e6:.0f} km2 "
            f"of quota, at most {square_m * BYTES_PER_M2 / 1e6:.0f} MB to download")  # fmt: skip


def _shown_m2(item: Mapping[str, Any], area: BaseGeometry) -> float:
    """Square metres of the area that a scene shows; all of it where its outline is unknown."""
    try:
        return _area_m2(shape(item["geometry"]).intersection(area))
    except (ShapelyError, KeyError, TypeError, ValueError, AttributeError):
        return _area_m2(area)


def _area_m2(area: BaseGeometry) -> float:
    return abs(_GEOD.geometry_area_perimeter(area)[0])


def _confirm(what: str, yes: bool, ask: Callable[[str], bool] | None) -> None:
    if yes:
        return
    if ask is None and sys.stdin.isatty():
        ask = _at_terminal
    if ask is None or not ask(f"{what}. Order?"):
        raise UserError(f"not ordered: {what}; confirm with --yes")


def _at_terminal(question: str) -> bool:
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _made_before(part: Path) -> str:
    """The number of an order whose files are not whole yet, or nothing."""
    try:
        return str(json.loads((part / ORDER).read_text(encoding="utf-8"))["id"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _order(client: Any, identities: Sequence[str], area: BaseGeometry, part: Path) -> str:
    """Make the order, and keep its number before anything else can fail."""
    request = {
        "name": "feb11",
        "products": [{"item_ids": list(identities), "item_type": "PSScene",
                      "product_bundle": BUNDLE}],
        "tools": [{"clip": {"aoi": mapping(area)}}],
    }  # fmt: skip
    part.mkdir(parents=True, exist_ok=True)
    try:
        number = str(client.orders.create_order(request)["id"])
    except Exception as error:
        _fail("the order", error)
    (part / ORDER).write_text(json.dumps({"id": number}), encoding="utf-8")
    return number


def _fetch(client: Any, number: str, part: Path, say: Callable[[str], None]) -> None:
    """Wait for an order, download its files, and check them against its own list."""
    said = ""

    def told(state: str) -> None:
        nonlocal said
        if state != said:
            say(f"planet: order {number} is {state}")
        said = state

    again = f"order {number}: run the same command again, nothing is ordered twice"
    try:
        state = client.orders.wait(number, delay=POLL_S, max_attempts=POLLS, callback=told)
        if state not in ("success", "partial"):
            order = client.orders.get_order(number)
            (part / ORDER).unlink()
            raise CheckFailed(f"Planet's order {number} is {state}: {_why(order)}")
        client.orders.download_order(number, directory=part, overwrite=True)
        if (part / number / "manifest.json").is_file():
            client.orders.validate_checksum(part / number, "SHA256")
    except CheckFailed:
        raise
    except Exception as error:
        _fail("the download", error, again)
    if not any(part.rglob("*_3B_AnalyticMS*.tif")):
        raise CheckFailed(f"Planet's order {number} holds no picture")


def _why(order: Mapping[str, Any]) -> str:
    hints = order.get("error_hints") or []
    return clean("; ".join(map(str, [order.get("last_message") or "no reason given", *hints])))[
        :200
    ]


def _fail(what: str, error: Exception, again: str = "") -> NoReturn:
    """Say what Planet answered, in one line.

    Raises
    ------
    UserError
        If the key is refused.
    CheckFailed
        For everything else.
    """
    import planet.exceptions as known

    if isinstance(error, known.InvalidAPIKey):
        raise UserError(f"Planet refuses the key in {KEY} (401)") from None
    text = clean(_message(str(error)) or type(error).__name__)[:200]
    if "quota" in text.lower() or isinstance(error, known.OverQuota):
        raise CheckFailed(f"Planet: the quota does not allow {what}: {text}; shorten the dates or "
                          "take a smaller area") from None  # fmt: skip
    tail = f"; {again}" if again else ""
    raise CheckFailed(f"Planet: {what} failed: {text}{tail}") from None


def _message(text: str) -> str:
    """The words in an answer of Planet's, which is JSON or plain text."""
    try:
        content = json.loads(text)
    except ValueError:
        return text
    words: list[str] = []

    def gather(value: Any) -> None:
        if isinstance(value, str):
            words.append(value)
        elif isinstance(value, dict):
            for inner in value.values():
                gather(inner)
        elif isinstance(value, list):
            for inner in value:
                gather(inner)

    gather(content)
    return "; ".join(words)
