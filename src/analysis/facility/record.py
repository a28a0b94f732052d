"""The results of this chapter: counts, published dates and bands, distances."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from analysis.evidence import Evidence, load
from analysis.evidence.lineage import lineages
from analysis.facility.chronology import select
from analysis.facility.drift import CLASSES, retellings, split_families, tally
from analysis.facility.locator import distance, published_points
from analysis.facility.readings import LISTED_VISITS
from analysis.paths import project_root
from analysis.results import Result, bounds
from analysis.site import load as load_site
from analysis.site import locate
from analysis.steps import step

SIZE_CLAIM = ("FC007", "FC008", "FC009")
"""The published ratio and the two claims that repeat it."""

WORKS = ("building", "roof", "housing", "underground")
"""Topics of the facility claims that are about what stands at the plant."""

READ_AS = {
    "building-b-begun": "choice:facility.mid-2020",
    **dict.fromkeys(["image-october", "new-hall", "housing", "crane"],
                    "choice:facility.early-october"),
    **dict.fromkeys(["visit-2016", "visit-2022", "parent-2023-11"], "choice:facility.visit-days"),
}  # fmt: skip
"""Entries whose days are our reading of looser words, with the choice made."""

RANGE = "published as a range, without a day inside it that is preferred"
COUNT = "a count of table rows; the rows are no random sample, so nothing varies"


@step(reads=("evidence",))
def results() -> list[Result]:
    """All results of the chapter, sorted by key."""
    evidence = load()
    found = [
        *_drift(retellings()),
        *_ratio(evidence),
        *_dates(select(evidence)),
        *_visits(select(evidence), evidence),
        *_lineages(evidence),
        *_distances(evidence),
    ]
    return sorted(found, key=lambda result: result.key)


def area(name: str = "") -> Result:
    """Area of interest of a site (see `analysis.site.locate`) in square kilometres."""
    aoi = load_site(name).aoi
    place = locate(name)
    root = project_root()
    named = place.relative_to(root).as_posix() if place.is_relative_to(root) else place.name
    return Result(
        key="facility.aoi.area", value=round(aoi.area_m2 / 1e6, 2), unit="km2", kind=aoi.kind,
        statement=f"area of interest of the site, {aoi.kind}",
        method="analysis.facility.record.area", inputs=(f"file:{named}",),
        why_no_interval="the outline is drawn, not estimated",
    )  # fmt: skip


def _count(key: str, value: int, unit: str, statement: str, method: str, *inputs: str,
           of: int | None = None) -> Result:  # fmt: skip
    return Result(
        key=f"facility.{key}", value=value, unit=unit, kind="derived", statement=statement,
        method=f"analysis.facility.{method}", inputs=inputs, why_no_interval=COUNT,
        extra={} if of is None else {"of": of},
    )  # fmt: skip


def _drift(rows: pd.DataFrame) -> Iterator[Result]:
    where = ("file:data/evidence/claim_drift.csv", "choice:facility.wording-class")
    counts = tally(rows)
    units = {"items": "retellings", "families": "text families", "languages": "languages"}
    for what, unit in units.items():
        total = int(counts.at["all", what])
        for name in CLASSES:
            yield _count(
                f"drift.{what}.{name}", int(counts.at[name, what]), "1",
                f"{unit} of the size claim put into the class {name!r} by one coder",
                "drift.tally", *where, of=total,
            )  # fmt: skip
        key = "drift.languages" if what == "languages" else f"drift.{what}.all"
        yield _count(key, total, unit, f"{unit} of the size claim that were found",
                     "drift.tally", *where)  # fmt: skip
    split = split_families(rows)
    yield _count("drift.families.split", len(split), "1",
                 "text families whose texts ended in more than one class",
                 "drift.split_families", *where, of=int(counts.at["all", "families"]))  # fmt: skip
    no_figure = rows[rows["ratio_low"].isna()]
    for name in ("inflated", "other"):
        part = no_figure[no_figure["wording"] == name]
        yield _count(f"drift.items.{name}-no-figure", len(part), "1",
                     f"retellings of the class {name!r} that give no figure",
                     "drift.retellings", *where,
                     of=int(counts.at[name, "items"]))  # fmt: skip
    for name in ("inverted", "inflated"):
        part = rows[rows["wording"] == name]
        yield Result(
            key=f"facility.ratio.{name}", value=None, unit="1", kind="derived",
            statement=f"ratio of new to older hall that the {name} retellings imply",
            method="analysis.facility.drift.retellings", inputs=where,
            intervals=bounds(float(part["ratio_low"].min()), float(part["ratio_high"].max())),
            interval_kind="scenario", percent=True,
            why_no_value="a span over wordings: no point inside it is preferred",
        )  # fmt: skip


def _ratio(evidence: Evidence) -> Iterator[Result]:
    row = evidence.facility_claims.set_index("claim_id").loc[SIZE_CLAIM[0]]
    yield Result(
        key="facility.ratio.published", value=None, unit="1", kind="published",
        statement="size of the new hall over that of the original, as CNS gave it; what size "
                  "means and which hall is the original are not stated",
        method="analysis.facility.record.results", inputs=_sources(evidence, *SIZE_CLAIM),
        intervals=bounds(float(row["value_low"]), float(row["value_high"])),
        interval_kind="scenario", percent=True,
        why_no_value="published as a range: no point inside it is preferred",
    )  # fmt: skip
    groups = lineages(evidence, SIZE_CLAIM)
    yield _count("ratio.lineages", len(groups), "1",
                 "lineages that carry the published size ratio",
                 "record.results", "file:data/evidence/lineage.csv",
                 *_sources(evidence, *SIZE_CLAIM))  # fmt: skip


def _dates(rows: pd.DataFrame) -> Iterator[Result]:
    for row in rows.itertuples():
        if row.standing == "unused":
            continue
        inputs = [f"source:{key}" for key in row.sources.split(", ")]
        choice = READ_AS.get(row.id)
        by = row.extent == "by"
        first, last = (None if pd.isna(d) else d.date().isoformat() for d in (row.low, row.high))
        common: dict[str, Any] = {
            "key": f"facility.date.{row.id}", "unit": "date",
            "kind": "assumed" if choice else "published", "statement": row.statement,
            "method": "analysis.facility.chronology.select",
            "inputs": (*inputs, *([choice] if choice else [])), "extra": {"standing": row.standing},
        }  # fmt: skip
        if by:
            yield Result(value=last, label="latest possible day", **common,
                         why_no_interval="only the latest possible day is published")  # fmt: skip
        elif first == last:
            yield Result(value=first, why_no_interval="one day is published", **common)
        else:
            yield Result(value=None, why_no_value=RANGE, interval_kind="scenario",
                         intervals=dict.fromkeys(("0.9", "0.99", "1"), (first, last)),
                         **common)  # fmt: skip


def _visits(rows: pd.DataFrame, evidence: Evidence) -> Iterator[Result]:
    minimum = evidence.facility_claims.set_index("claim_id").loc["FC034", "value_low"]
    yield Result(
        key="facility.visits.minimum", value=int(minimum), unit="visits", kind="published",
        statement="visits of Kim Jong Un to the plant that CNS lists, as a minimum",
        method="analysis.facility.record.results", inputs=_sources(evidence, "FC034"),
        why_no_interval="published as a minimum: no upper end is stated",
    )  # fmt: skip
    where = ("file:data/evidence/facility_claims.csv", "choice:facility.standing")
    visits = rows[rows["lane"] == "visits"]
    listed = visits[visits["id"].isin(LISTED_VISITS)]
    yield _count("visits.stated", int((listed["standing"] == "stated").sum()), "1",
                 "listed visits of which state media, naming the plant, tell",
                 "chronology.select", *where, of=len(listed))  # fmt: skip
    yield _count("visits.placed", int((listed["standing"] == "placed").sum()), "1",
                 "listed visits that rest on analysts for the place",
                 "chronology.select", *where, of=len(listed))  # fmt: skip
    yield _count("visits.candidates", int((visits["standing"] == "candidate").sum()), "1",
                 "later tours of munitions works whose report names no place",
                 "chronology.select", *where)  # fmt: skip


def _lineages(evidence: Evidence) -> Iterator[Result]:
    claims = evidence.facility_claims
    ids = claims.loc[claims["topic"].isin(WORKS), "claim_id"]
    groups = lineages(evidence, ids)
    where = ("file:data/evidence/facility_claims.csv", "file:data/evidence/lineage.csv",
             "file:data/evidence/facility_claim_agencies.csv")  # fmt: skip
    yield _count("claims.works", len(ids), "statements",
                 "published statements on buildings, roofs, housing and the underground",
                 "record.results", *where)  # fmt: skip
    yield _count("claims.lineages", len(groups), "lineages",
                 "lineages among the statements on buildings, roofs, housing and the underground",
                 "record.results", *where)  # fmt: skip
    yield _count("claims.largest-lineage", len(groups[0].claims), "1",
                 "statements on the works that belong to the largest lineage "
                 f"({', '.join(groups[0].agencies)})",
                 "record.results", *where, of=len(ids))  # fmt: skip


def _distances(evidence: Evidence) -> Iterator[Result]:
    points = published_points(evidence)
    a, b, city = (points.loc[name] for name in ("building-a", "building-b", "city"))
    middle = (a[["lat", "lon"]] + b[["lat", "lon"]]) / 2
    common: dict[str, Any] = {
        "kind": "derived", "method": "analysis.facility.locator.distance",
        "why_no_interval": "the points carry no accuracy: where in a building they lie is not "
                           "published",
    }  # fmt: skip
    buildings = tuple(f"source:{key}" for key in sorted({a["source"], b["source"]}))
    yield Result(
        key="facility.separation.building-a_building-b", value=round(distance(a, b), 1), unit="m",
        statement="distance between the published points of buildings A and B on WGS 84",
        inputs=("file:data/evidence/geography.csv", *buildings), **common,
    )  # fmt: skip
    yield Result(
        key="facility.distance.city_plant", value=round(distance(city, middle) / 1000, 2),
        unit="km", statement="distance from the usual point of Hamhung to the middle of the two "
                             "published points, on WGS 84",
        inputs=("file:data/evidence/geography.csv", f"source:{city['source']}", *buildings),
        **common,
    )  # fmt: skip


def _sources(evidence: Evidence, *claims: str) -> tuple[str, ...]:
    """``source:`` inputs of these facility claims."""
    table = evidence.facility_claim_sources
    keys = table.loc[table["claim_id"].isin(claims), "source_key"]
    return tuple(f"source:{key}" for key in sorted(set(keys)))
