"""Planet: search, order and download through Planet's own SDK, into a folder of GeoTIFFs.

The SDK is an optional extra, and an order spends quota: area and number of
scenes are shown and must be confirmed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from pyproj import Geod
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from analysis.errors import CheckFailed, UserError
from analysis.scenes import cache
from analysis.scenes.redact import clean
from analysis.scenes.source import Source
from analysis.scenes.windows import Dates

KEY = "PL_API_KEY"

BUNDLE = "analytic_sr_udm2"
"""Four bands of surface reflectance and the usable data mask."""

MOST_SCENES = 200
"""An order is never larger: the search is narrowed first."""

CLOUD = 0.5
"""Largest cloud cover of a whole scene that is ordered: quota is spent on what can be used."""


def downloaded(
    area: BaseGeometry,
    dates: Dates,
    months: tuple[int, ...] = (),
    *,
    yes: bool = False,
    ask: Callable[[str], bool] | None = None,
) -> Source:
    """A folder of the scenes of ``area``, ordered where they are not there yet.

    Raises
    ------
    UserError
        If the key or the SDK is missing, or the order is not confirmed.
    CheckFailed
        If Planet's service fails.
    """
    client = _client()
    try:
        found = list(
            client.data.search(["PSScene"], search_filter=_filter(area, dates), limit=1000)
        )
    except Exception as error:
        raise CheckFailed(f"Planet's search failed: {clean(str(error))[:200]}") from None
    wanted = [item for item in found if _wanted(item, dates, months)]
    if not wanted:
        raise CheckFailed("Planet has no usable scene of the area in these dates")
    identities = sorted(str(item["id"]) for item in wanted)
    if len(identities) > MOST_SCENES:
        raise UserError(f"{len(identities)} scenes of Planet: at most {MOST_SCENES} are ordered at "
                        "once; shorten the dates")  # fmt: skip
    folder = cache.folder() / "planet" / cache.key(identities, area.wkt)
    if not (folder / "complete").is_file():
        square_km = abs(Geod(ellps="WGS84").geometry_area_perimeter(area)[0]) / 1e6
        what = (f"order {len(identities)} scenes over {square_km:.1f} km2 at Planet: "
                f"{len(identities) * square_km:.0f} km2 of quota")  # fmt: skip
        _confirm(what, yes, ask)
        _order(client, identities, area, str(folder))
        (folder / "complete").touch()
    return Source("planet", "folder", str(folder), named_service=True)


def _client() -> Any:
    key = os.environ.get(KEY, "")
    if not key:
        raise UserError(f"source planet needs a key: set {KEY} in the environment")
    try:
        import planet
    except ImportError:
        raise UserError(
            "source planet needs Planet's SDK: uv pip install 'feb11[planet]'"
        ) from None
    session = planet.Session(auth=planet.Auth.from_key(key))
    base = os.environ.get("PL_API_URL")
    return planet.Planet(session=session, base_url=base) if base else planet.Planet(session=session)


def _filter(area: BaseGeometry, dates: Dates) -> Mapping[str, Any]:
    """The SDK's filter: geometry, dates, cloud, and only what may be downloaded."""
    window = dates.whole()
    span = {}
    if window.first:
        span["gte"] = f"{window.first}T00:00:00Z"
    if window.last:
        span["lte"] = f"{window.last}T23:59:59Z"
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
    from analysis.scenes.scene import instant

    try:
        when = instant(item["properties"]["acquired"])
    except (KeyError, TypeError, ValueError):
        return False
    return dates.role(when) is not None and (not months or when.month in months)


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


def _order(client: Any, identities: Iterable[str], area: BaseGeometry, folder: str) -> None:
    request = {
        "name": "feb11",
        "products": [{"item_ids": list(identities), "item_type": "PSScene",
                      "product_bundle": BUNDLE}],
        "tools": [{"clip": {"aoi": mapping(area)}}],
    }  # fmt: skip
    os.makedirs(folder, exist_ok=True)
    try:
        order = client.orders.create_order(request)
        client.orders.wait(order["id"])
        client.orders.download_order(order["id"], directory=Path(folder), overwrite=True)
    except Exception as error:
        raise CheckFailed(f"the order at Planet failed: {clean(str(error))[:200]}") from None
