"""Files as Planet delivers them: what their names, and the item beside them, say.

An order leaves ``<id>_3B_AnalyticMS_SR_clip.tif``, ``<id>_3B_udm2_clip.tif`` and
``<id>_metadata.json``, the last being the item of the Data API. Neither the bands
nor the time of day stand in every TIFF, so they are taken from there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis.scenes.scene import Refused

_NAME = re.compile(
    r"(?P<id>.+?)_3B_(?P<what>AnalyticMS|udm2)(?P<surface>_SR)?(?P<wide>_8b)?"
    r"(?:_harmonized)?(?:_file_format)?(?:_clip)?",
    re.IGNORECASE,
)
FOUR = ("blue", "green", "red", "nir")
"""Bands of a four-band product, in their order in the file."""

EIGHT = ("coastal", "green_i", "blue", "green", "yellow", "red", "rededge1", "nir")
"""Bands of an eight-band product; those that nobody here uses have no common name."""

UDM2 = ("clear", "snow", "shadow", "light_haze", "heavy_haze", "cloud", "confidence", "unusable")

MAX_BYTES = 1_000_000


def described(file: Path) -> dict[str, Any]:
    """What is known of a delivered file; empty for a file of any other name.

    Returns ``scene``, ``bands``, ``sensor``, where the item lies beside it ``datetime``
    and ``cloud`` (percent), and under ``properties`` what a STAC item would say.

    Raises
    ------
    Refused
        If the item beside it can't be read.
    """
    match = _NAME.fullmatch(file.stem)
    if match is None:
        return {}
    identity = match["id"]
    if match["what"].lower() == "udm2":
        bands = [f"udm2_{name}" for name in UDM2]
    else:
        bands = list(EIGHT if match["wide"] else FOUR)
    found = {"scene": identity, "bands": bands, "sensor": "planetscope"}
    return found | _item(file.with_name(f"{identity}_metadata.json"))


def _item(place: Path) -> dict[str, Any]:
    if not place.is_file():
        return {}
    try:
        if place.stat().st_size > MAX_BYTES:
            raise ValueError("too large")
        own = json.loads(place.read_text(encoding="utf-8"))["properties"]
        return {"datetime": own["acquired"], "cloud": _cloud(own), "properties": _named(own)}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Refused(f"{place.name} is no item of Planet's Data API "
                      f"({type(error).__name__})") from None  # fmt: skip


def _cloud(own: Mapping[str, Any]) -> float | None:
    """Percent of cloud: since the second mask as ``cloud_percent``, before it as a share."""
    if own.get("cloud_percent") is not None:
        return float(own["cloud_percent"])
    return None if own.get("cloud_cover") is None else 100 * float(own["cloud_cover"])


def _named(own: Mapping[str, Any]) -> dict[str, Any]:
    """The item's properties under the names that STAC has for them."""
    found = {
        "platform": own.get("satellite_id") and f"planetscope-{own['satellite_id']}",
        "instruments": [own["instrument"]] if own.get("instrument") else None,
        "view:sun_elevation": own.get("sun_elevation"),
        "view:sun_azimuth": own.get("sun_azimuth"),
        "view:off_nadir": own.get("view_angle"),
        "view:azimuth": own.get("satellite_azimuth"),
        "updated": own.get("updated"),
    }
    return {name: value for name, value in found.items() if value is not None}
