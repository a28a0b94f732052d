"""Product metadata that lies beside the pixels: ESA's and Planet's XML."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from analysis.scenes.scene import Refused, instant

MAX_BYTES = 5_000_000


@dataclass(frozen=True)
class Product:
    """What the producer says of one product."""

    when: datetime
    baseline: str | None
    """Processing baseline, for ESA's products."""
    scale: tuple[float, ...]
    """Reflectance per digital number, by band."""
    offset: float
    """Reflectance offset, after the scale."""


def read(place: Path) -> Product:
    """Read one XML file.

    Raises
    ------
    Refused
        If it is neither of the two formats.
    """
    if place.stat().st_size > MAX_BYTES:
        raise Refused(f"{place.name} is larger than {MAX_BYTES // 10**6} MB")
    try:
        root = ElementTree.fromstring(place.read_bytes())
    except ElementTree.ParseError:
        raise Refused(f"{place.name} is not XML") from None
    found: dict[str, list[str]] = {}
    for element in root.iter():
        found.setdefault(element.tag.rpartition("}")[2], []).append((element.text or "").strip())
    try:
        if "BOA_QUANTIFICATION_VALUE" in found:
            quantum = float(found["BOA_QUANTIFICATION_VALUE"][0])
            offset = float(found.get("BOA_ADD_OFFSET", ["0"])[0]) / quantum
            return Product(instant(found["PRODUCT_START_TIME"][0]),
                           found["PROCESSING_BASELINE"][0], (1 / quantum,), offset)  # fmt: skip
        if "reflectanceCoefficient" in found:
            scale = tuple(float(value) for value in found["reflectanceCoefficient"])
            when = (found.get("acquisitionDateTime") or found["acquisitionDate"])[0]
            return Product(instant(when), None, scale, 0.0)
    except (KeyError, ValueError, IndexError, ZeroDivisionError):
        raise Refused(f"{place.name} lacks a date or a coefficient") from None
    raise Refused(f"{place.name} is neither ESA's nor Planet's product metadata")
