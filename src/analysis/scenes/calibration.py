"""From digital numbers to reflectance, by what the catalogue says.

Since processing baseline 04.00 (January 2022) Sentinel-2 Level-2A numbers are
raised by 1000, so that reflectance is ``DN / 10000 - 0.1``. Catalogues differ
in whether they took that off, and say so in ways that contradict each other;
`analysis.scenes.gate` checks on the pixels what is decided here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.scenes.scene import Refused

SCALE = 1e-4
"""Reflectance per digital number where nothing else is said."""

OFFSET = -0.1
"""Reflectance offset since baseline 04.00."""

FIRST_BASELINE_WITH_OFFSET = (4, 0)

BRIGHTEST = 2.5
"""No surface reflects more; a declared scale that says so is not one of reflectance."""

_BASELINE = re.compile(r"(\d{1,2})\.(\d{2})")
_IN_NAME = re.compile(r"_N(\d{2})(\d{2})(?:_|$)")

FLAGS = ("earthsearch:boa_offset_applied", "sentinel:boa_offset_applied")


@dataclass(frozen=True)
class Rule:
    """Scale and offset of one band, and why."""

    scale: float
    offset: float
    why: str
    warning: str = ""


def baseline(properties: Mapping[str, Any], *names: str) -> str | None:
    """The processing baseline as ``04.00``, from properties or from a product's name."""
    for key in ("s2:processing_baseline", "sentinel:processing_baseline", "feb11:baseline",
                "processing:version"):  # fmt: skip
        match = _BASELINE.fullmatch(str(properties.get(key, "")).strip().lstrip("N"))
        if match:
            return f"{int(match[1]):02d}.{match[2]}"
    for name in names:
        match = _IN_NAME.search(name or "")
        if match:
            return f"{match[1]}.{match[2]}"
    return None


def has_offset(version: str | None) -> bool | None:
    """Whether the producer added an offset at this baseline; ``None`` when it is unknown."""
    if version is None:
        return None
    major, minor = (int(part) for part in version.split("."))
    return (major, minor) >= FIRST_BASELINE_WITH_OFFSET


def declared(asset: Mapping[str, Any], index: int) -> tuple[float | None, float | None]:
    """Scale and offset that an asset declares for band ``index`` (from one), in either version."""
    scale, offset = asset.get("raster:scale"), asset.get("raster:offset")
    for key in ("raster:bands", "bands"):
        bands = asset.get(key)
        one = bands[index - 1] if isinstance(bands, list) and 0 < index <= len(bands) else None
        if isinstance(one, dict):
            scale = one.get("scale", one.get("raster:scale", scale))
            offset = one.get("offset", one.get("raster:offset", offset))
    return _number(scale), _number(offset)


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def rule(
    properties: Mapping[str, Any],
    collection: str,
    asset: Mapping[str, Any],
    index: int,
    version: str | None,
    *,
    baselines: bool,
) -> Rule:
    """Scale and offset of one band of one item.

    Raises
    ------
    Refused
        If what is declared can't be a reflectance.
    """
    scale, offset = declared(asset, index)
    if scale is not None and not 0 < scale <= 1:
        raise Refused(f"scale {scale:g} is not one of reflectance")
    if offset is not None and abs(offset) > 1:
        raise Refused(f"offset {offset:g} is not one of reflectance")
    flag = next((properties[name] for name in FLAGS if name in properties), None)
    if flag is not None:
        return _flagged(bool(flag), scale, offset, version)
    if collection.startswith("landsat-c2") and scale is None:
        return Rule(2.75e-5, -0.2, "Landsat Collection 2 Level-2: DN * 0.0000275 - 0.2")
    if scale is not None and (offset is not None or not baselines):
        return _declared(scale, offset or 0.0, version, baselines)
    if not baselines:
        return Rule(SCALE, 0.0, "DN / 10000: nothing else is declared",
                    "no scale is declared: read as reflectance DN / 10000")  # fmt: skip
    added = has_offset(version)
    if added is None:
        return Rule(scale or SCALE, 0.0, "DN / 10000: neither offset nor baseline is declared",
                    "neither offset nor processing baseline is declared")  # fmt: skip
    why = f"baseline {version}: the producer {'adds' if added else 'added no'} 1000"
    return Rule(scale or SCALE, OFFSET if added else 0.0, why)


def _flagged(flag: bool, scale: float | None, offset: float | None, version: str | None) -> Rule:
    """The older collection of Earth Search, whose flag overrides the offset it declares."""
    if flag:
        return Rule(scale or SCALE, 0.0, "flag: offset already taken off")
    added = has_offset(version)
    if added is None:
        return Rule(scale or SCALE, offset or 0.0, "flag: offset not taken off; as declared")
    warning = ""
    if added:
        warning = "the flag says that the offset is still in the pixels; it is known to be wrong"
    return Rule(scale or SCALE, OFFSET if added else 0.0,
                f"flag: offset not taken off; baseline {version}", warning)  # fmt: skip


def _declared(scale: float, offset: float, version: str | None, baselines: bool) -> Rule:
    warning = ""
    added = has_offset(version) if baselines else None
    if added is not None and added != (offset != 0.0):
        warning = f"declared offset {offset:g} does not go with baseline {version}"
    return Rule(scale, offset, f"as declared: scale {scale:g}, offset {offset:g}", warning)


def check_range(asset: Mapping[str, Any], index: int, found: Rule, name: str) -> None:
    """Refuse a scale under which the declared brightest pixel would outshine any surface.

    Raises
    ------
    Refused
        With the numbers.
    """
    bands = asset.get("raster:bands")
    if not isinstance(bands, list) or not 0 < index <= len(bands):
        return
    statistics = bands[index - 1].get("statistics") if isinstance(bands[index - 1], dict) else None
    mean = _number(statistics.get("mean")) if isinstance(statistics, dict) else None
    if mean is not None and mean * found.scale + found.offset > BRIGHTEST:
        raise Refused(
            f"{name}: scale {found.scale:g} would make a mean reflectance of "
            f"{mean * found.scale + found.offset:.0f}; it is one of radiance, the coefficients of "
            "reflectance stand in the product's XML"
        )
