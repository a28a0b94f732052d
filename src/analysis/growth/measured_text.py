"""What `feb11 measure` prints for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.table import Column, Table

from analysis.growth.readings import BANDS

NAME_COLUMNS = 26
"""Most columns that a name gets before all others are narrowed."""


def tables(content: Mapping[str, Any]) -> Iterator[Table]:
    """Buildings, then ratios."""
    mark = f"{content['kind']} scenes, {content['level']:.0%} intervals, coverage " + str(
        content["coverage"]
    )
    yield _places(content, mark) if _pair(content) else _buildings(content, mark)
    if content["ratios"]:
        made = Table(_whole("ratio", _pairs(content["ratios"])), "value", *_READINGS,
                     title="readings: log-uniform prior")  # fmt: skip
        for row in content["ratios"]:
            odds = row["readings"]["log_uniform"]
            made.add_row(
                *_pairs([row]), _span(row["ratio"], ".3f"),
                *(f"{odds[name]:.2f}" for name in _READINGS),
            )  # fmt: skip
        yield made
    if content["other_sizes"]:
        made = Table(_whole("ratio", _pairs(content["other_sizes"])), "by", "value",
                     title="other meanings of size")  # fmt: skip
        for row in content["other_sizes"]:
            ends = row.get("bounds")
            made.add_row(
                *_pairs([row]), row["definition"],
                f"{ends['low']:.2f} to {ends['high']:.2f}, storeys unknown" if ends
                else _span(row["ratio"], ".3f"),
            )  # fmt: skip
        yield made


_READINGS = (*BANDS, "none")


def _pairs(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return [f"{row['numerator']} / {row['denominator']}" for row in rows]


def _whole(name: str, entries: Sequence[str]) -> Column:
    """A column of names: as wide as the longest while there is room, folded and never cut."""
    longest = max((len(e) for e in entries), default=0)
    return Column(name, overflow="fold", min_width=min(longest, NAME_COLUMNS))


def _buildings(content: Mapping[str, Any], mark: str) -> Table:
    """What a series tells of buildings; changes that are none are only counted, below."""
    rows = [(*_named(row, content["new"]), _when(row["ground_broken"]), _when(row["roof_on"]))
            for row in _listed(content) if row["class"] != "other"]  # fmt: skip
    return _table(rows, ("building", "class"), ("ground broken", "roof on"), mark)


def _places(content: Mapping[str, Any], mark: str) -> Table:
    """What two windows tell: where something changed, not what, nor when in between."""
    rows = []
    for row in _listed(content):
        when = row["roof_on"] or row["ground_broken"]
        span = f"{when['low']} and {when['high']}" if when else ""
        rows.append((*_named(row), span))
    return _table(rows, ("place", "looks like"), ("between",), mark)


def _table(
    rows: Sequence[Sequence[str]], names: Sequence[str], times: Sequence[str], mark: str
) -> Table:
    folded = [_whole(name, [row[i] for row in rows]) for i, name in enumerate(names)]
    made = Table(*folded, "area, m2", "misfit", *times, title=mark)
    for row in rows:
        made.add_row(*row)
    return made


def _listed(content: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """References, with the dates of the candidates that they are, and all other candidates."""
    by_id = {row["id"]: row for row in content["candidates"]}
    older = []
    for row in content["references"]:
        when = by_id.get(row["candidate"], {"ground_broken": None, "roof_on": None})
        same = f" ({row['candidate']})" if row["candidate"] else ""
        dates = {k: when[k] for k in ("ground_broken", "roof_on")}
        older.append({**row, **dates, "id": row["id"] + same, "class": "reference"})
    referred = {row["candidate"] for row in content["references"]}
    return [*older, *(row for name, row in by_id.items() if name not in referred)]


def _named(row: Mapping[str, Any], new: str | None = None) -> tuple[str, str, str, str]:
    """Name, class, area and misfit of a row."""
    name = row["id"] + (" (new)" if row["id"] == new else "")
    return name, row["class"], _area(row), _misfit(row)


def _pair(content: Mapping[str, Any]) -> bool:
    """Whether two windows were compared: they have no threshold from a series."""
    return content["threshold"] is None


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
    said += _other(content)
    if content["new"] is None:
        said.append(f"no ratio: {content['why_no_new'] or 'no new footprint is large enough'}")
    elif content["ratios"]:
        said.append(_chosen(content))
    return [*said, *content["warnings"]]


def _other(content: Mapping[str, Any]) -> Iterator[str]:
    count = sum(row["class"] == "other" for row in content["candidates"])
    if count and not _pair(content):
        yield f"{count} other changes look like no building; --json has them, each with its reason"


def _chosen(content: Mapping[str, Any]) -> str:
    """How sure it is that the hall above the line is the new hall."""
    said = (
        f"all ratios take {content['new']}, the largest new footprint beside the references, "
        "for the new hall"
    )
    known = content["new_hall_in_study"]
    if known is None:
        return said
    return f"{said}; on drawn plants that was right in {known['right']} of {known['plants']}"


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


def _misfit(row: Mapping[str, Any]) -> str:
    return "" if row["misfit"] is None else f"{row['misfit']:.1f}"


def _area(row: Mapping[str, Any]) -> str:
    return _span(row["area"], ".0f") if row["area"] else str(row["why"])


def _span(q: Mapping[str, Any], form: str) -> str:
    return f"{q['value']:{form}} ({q['low']:{form}} to {q['high']:{form}})"


def _when(q: Mapping[str, str] | None) -> str:
    return f"{q['value']} ({q['low']} to {q['high']})" if q else ""
