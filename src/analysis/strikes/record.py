"""Making of results in this chapter: the forms that they share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from analysis import results
from analysis.results import Result

LAUNCHES = (
    "source:UADT_CSV",
    "file:data/evidence/launches.csv",
    "file:data/evidence/labels.csv",
)
INCIDENTS = ("file:data/evidence/incidents.csv", "file:data/evidence/incident_sources.csv")

NO_POINT = "sharp bounds: no point inside them is preferred"
NOTHING = "nothing of this kind was launched in the window"


def bounds(
    key: str,
    pair: tuple[float | None, float | None],
    unit: str,
    statement: str,
    method: str,
    inputs: Iterable[str],
    *,
    label: str | None = None,
    extra: dict[str, Any] | None = None,
) -> Result:
    """Sharp bounds; an open upper end is ``None``, an empty window gives a null."""
    low, high = pair
    empty = low is None
    return Result(
        key=key,
        value=None,
        unit=unit,
        kind="derived",
        statement=statement,
        method=f"analysis.strikes.{method}",
        inputs=tuple(inputs),
        intervals={} if low is None else results.bounds(low, high),
        interval_kind="bounds",
        why_no_value=NOTHING if empty else NO_POINT,
        why_no_interval=NOTHING if empty else None,
        label=label,
        percent=unit == "1",
        extra=extra or {},
    )


def exact(
    key: str,
    value: float | str | None,
    unit: str,
    statement: str,
    method: str,
    inputs: Iterable[str],
    *,
    kind: str = "derived",
    why: str = "a count with nothing to vary",
    label: str | None = None,
    percent: bool = False,
    extra: dict[str, Any] | None = None,
) -> Result:
    """A number without an interval; ``why`` says why, and why a null is null."""
    return Result(
        key=key,
        value=value,
        unit=unit,
        kind=kind,
        statement=statement,
        method=f"analysis.strikes.{method}",
        inputs=tuple(inputs),
        why_no_value=why if value is None else None,
        why_no_interval=why,
        label=label,
        percent=percent,
        extra=extra or {},
    )


def scenario(
    key: str,
    pair: tuple[float, float],
    unit: str,
    statement: str,
    method: str,
    inputs: Iterable[str],
    *,
    label: str | None = "scenario",
    percent: bool = False,
    kind: str = "assumed",
    why: str = "stated alternatives: none is preferred",
    extra: dict[str, Any] | None = None,
) -> Result:
    """The span of stated alternatives, none of which is preferred; ``why`` names them."""
    return Result(
        key=key,
        value=None,
        unit=unit,
        kind=kind,
        statement=statement,
        method=f"analysis.strikes.{method}",
        inputs=tuple(inputs),
        intervals=results.bounds(*pair),
        interval_kind="scenario",
        why_no_value=why,
        label=label,
        percent=percent,
        extra=extra or {},
    )
