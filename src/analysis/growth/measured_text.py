"""What `feb11 measure` prints for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.table import Table

from analysis.growth.readings import BANDS


def tables(content: Mapping[str, Any]) -> Iterator[Table]:
    """Buildings, then ratios."""
    mark = f"{content['kind']} scenes, {content['level']:.0%} intervals, coverage " + str(
        content["coverage"]
    )
    made = Table("building", "class", "area, m2", "ground broken", "roof on", title=mark)
    for row in content["references"]:
        made.add_row(row["id"], "reference", _area(row), "", "")
    for row in content["candidates"]:
        name = row["id"] + (" (new)" if row["id"] == content["new"] else "")
        made.add_row(
            name, row["class"], _area(row), _when(row["ground_broken"]), _when(row["roof_on"])
        )
    yield made
    if content["ratios"]:
        made = Table("ratio", "value", *_READINGS, title="readings: log-uniform prior")
        for row in content["ratios"]:
            odds = row["readings"]["log_uniform"]
            made.add_row(
                f"{row['numerator']} / {row['denominator']}", _span(row["ratio"], ".3f"),
                *(f"{odds[name]:.2f}" for name in _READINGS),
            )  # fmt: skip
        yield made
    if content["other_sizes"]:
        made = Table("ratio", "by", "value", title="other meanings of size")
        for row in content["other_sizes"]:
            ends = row.get("bounds")
            made.add_row(
                f"{row['numerator']} / {row['denominator']}", row["definition"],
                f"{ends['low']:.2f} to {ends['high']:.2f}, storeys unknown" if ends
                else _span(row["ratio"], ".3f"),
            )  # fmt: skip
        yield made


_READINGS = (*BANDS, "none")


def remarks(content: Mapping[str, Any]) -> list[str]:
    """Lines below the tables."""
    said = [f"{content['scenes_used']} scenes of {', '.join(content['sensors'])}"]
    if content["kind"] != "observed":
        said.append(f"scenes are {content['kind']}: nothing here is evidence of a real place")
    if content.get("drawn_halls"):
        said += _drawn(content["drawn_halls"])
    if content["ratios"]:
        bands = ", ".join(
            f"{name} = {low:.2f} to {high:.2f}" for name, (low, high) in BANDS.items()
        )
        said.append(f"readings, as ratio of new to old: {bands}, none = any other; a column is the "
                    "probability of its reading")  # fmt: skip
    if content["new"] is None:
        said.append(f"no ratio: {content['why_no_new']}")
    return [*said, *content["warnings"]]


def _drawn(told: Mapping[str, Any]) -> Iterator[str]:
    """How intervals held drawn halls."""
    for what in ("areas", "ratios"):
        for name, own in told[what].items():
            below = name if what == "areas" else f"the ratio to {name}"
            yield (
                f"{below}: drawn {told['drawn']} times into these scenes, outlined {own['scored']} "
                f"times; such intervals held {own['held']:.0%}, and were stretched by "
                f"{own['factor']:.2f}"
            )
    yield ("drawn halls have no height and one colour: what shadows and odd shapes add to the "
           "errors is not in them, and no interval was narrowed")  # fmt: skip


def _area(row: Mapping[str, Any]) -> str:
    return _span(row["area"], ".0f") if row["area"] else str(row["why"])


def _span(q: Mapping[str, Any], form: str) -> str:
    return f"{q['value']:{form}} ({q['low']:{form}} to {q['high']:{form}})"


def _when(q: Mapping[str, str] | None) -> str:
    return f"{q['value']} ({q['low']} to {q['high']})" if q else ""
