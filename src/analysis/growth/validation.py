"""What the studies say of detection, dates and areas, for the chapter on validation."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from analysis import paths
from analysis.errors import UserError
from analysis.results import Result
from analysis.steps import step
from analysis.words import words

FOLDER = "bench/results"
STEM = "validation.growth"
COUNTED = "a share or count over the worlds that were drawn"
BLOCKS = "32 px"
"""Side of the blocks that the paired bootstrap of the image pairs draws."""

SCORED_M2 = 1500.0
"""Smallest hall that is scored: fifteen pixels at 10 m."""

ASKED = {"small": 0.06, "low": 0.87, "high": 0.93, "worlds": 2000, "limit": 1.5, "seconds": 0.5,
         "ratio_10m": 0.03, "ratio_3m": 0.015, "crossed": 0.85}  # fmt: skip
"""What was asked of outlines before they were measured."""

DECIMALS = {"limit": 1, "seconds": 1, "ratio_10m": 2, "ratio_3m": 3}
"""Of numbers that were asked for and are no percentages."""

RIVALS = {"ours": "method", "plain": "plain", "plain, registered": "registered",
          "ir-mad": "ir_mad"}  # fmt: skip
"""Methods that the image pairs compare, and what their results are called."""


@step(reads=(FOLDER,))
def results() -> list[Result]:
    """Coverage, widths, false alarms, errors of areas, and scores on real pairs."""
    return [*_dates(_study("dates")), *_alarms(_study("alarms")),
            *_areas(_study("footprints-areas")),
            _missed(_study("footprints-areas"), _study("footprints-resolvability")),
            *_chain(_study("chain")),
            *_pairs(_study("pairs"))]  # fmt: skip


def _study(name: str) -> dict[str, Any]:
    place = paths.project_root() / FOLDER / f"{name}.json"
    if not place.is_file():
        raise UserError(f"{FOLDER}/{name}.json is missing: `make bench` measures it, or restore it")
    return json.loads(place.read_text(encoding="utf-8"))


def _dates(study: Mapping[str, Any]) -> Iterator[Result]:
    for event, own in study["scored"].items():
        what = event.replace("_", " ")
        stem = f"dates.{event}"
        yield _one(f"{stem}.coverage", own["share"], "1", "dates", f"Share of 90 % intervals of "
                   f"{what} that held the true date: coverage on simulated worlds",
                   own["interval90"], percent=True, extra={"buildings": own["buildings"],
                   "worlds": own["worlds"]})  # fmt: skip
        yield _one(f"{stem}.before", study["uncalibrated"][event]["share"], "1", "dates",
                   f"The same for {what} before calibration", None, percent=True)  # fmt: skip
        yield _one(f"{stem}.crossed", study["crossed"][event]["share"], "1", "dates",
                   f"The same for {what}, calibrated on one simulator and scored on another",
                   study["crossed"][event]["interval90"], percent=True)  # fmt: skip
        yield _one(f"{stem}.width", own["median_width_gaps"], "gaps", "dates",
                   f"Median width of the 90 % interval of {what}, in gaps between clear scenes",
                   None)  # fmt: skip
    own = study["scored"]["roof_on"]
    yield _one("dates.buildings", own["buildings"], "buildings", "dates",
               "Simulated buildings whose dates were scored", None)  # fmt: skip
    yield _one("dates.worlds", own["worlds"], "worlds", "dates",
               "Simulated worlds in which dates were scored", None)  # fmt: skip


def _alarms(study: Mapping[str, Any]) -> Iterator[Result]:
    yield _one("alarms.objects", study["false_objects_per_km2_year"], "per_km2_year", "alarms",
               "Objects found where nothing was built, for each square kilometre and year",
               study["interval90"]["objects"])  # fmt: skip
    yield _one("alarms.exposure", study["exposure_km2_years"], "km2_years", "alarms",
               "Square kilometres times years that were looked at", None)  # fmt: skip


def _areas(study: Mapping[str, Any]) -> Iterator[Result]:
    for name, what in (("matched", "that share the fit's assumptions"),
                       ("mixed", "that break its assumptions")):  # fmt: skip
        own = study["studies"][name]
        cover, ratio, error = own["areas"]["coverage"], own["ratio"], own["areas"]["errors"]["all"]
        yield _one(f"areas.{name}.coverage", cover["share"], "1", "footprints-areas",
                   f"Share of 90 % intervals of areas that held the truth, in worlds {what}: "
                   "coverage on simulated worlds", cover["interval90"], percent=True,
                   extra={"buildings": cover["n"]})  # fmt: skip
        yield _one(f"areas.{name}.rmse", error["rmse"], "1", "footprints-areas",
                   f"Root mean square error of areas, relative, in worlds {what}",
                   error.get("rmse_interval90"), percent=True,
                   extra={"buildings": error["n"]})  # fmt: skip
        yield _one(f"areas.{name}.ratio_rmse", ratio["rmse"], "1", "footprints-areas",
                   f"Root mean square error of the ratio of two halls, in worlds {what}",
                   ratio.get("rmse_interval90"), extra={"worlds": ratio["n"]})  # fmt: skip
        yield _one(f"areas.{name}.ratio_bias", ratio["bias"], "1", "footprints-areas",
                   f"Mean error of the ratio of two halls, in worlds {what}; above zero where it "
                   "comes out too large", None, extra={"worlds": ratio["n"]})  # fmt: skip
        yield _one(f"areas.{name}.coverage_older", *older(study, name), "footprints-areas",
                   "Share of 90 % intervals that held the area of an older hall, of which no scene "
                   f"shows the ground before, in worlds {what}: coverage on simulated worlds", None,
                   percent=True)  # fmt: skip
        yield _one(f"areas.{name}.ratio_farthest", ratio["farthest"], "1", "footprints-areas",
                   f"Error of the ratio that is farthest off, in worlds {what}", None,
                   extra={"worlds": ratio["n"]})  # fmt: skip
        yield _one(f"areas.{name}.ratio_rmse_but_one", ratio["rmse_but_farthest"], "1",
                   "footprints-areas", "Root mean square error of the ratio of two halls without "
                   f"the one that is farthest off, in worlds {what}", None,
                   extra={"worlds": ratio["n"] - 1})  # fmt: skip
        yield _one(f"areas.{name}.ratio_coverage", ratio["coverage"], "1",
                   "footprints-areas", "Share of 90 % intervals of the ratio that held the truth, "
                   f"in worlds {what}: coverage on simulated worlds",
                   ratio["coverage_interval90"], percent=True)  # fmt: skip
    later = study["studies"]["mixed"]["later"]
    for name, what, share, spread, n in (
        ("coverage", "areas", later["areas"]["share"], later["areas"]["interval90"],
         later["areas"]["n"]),
        ("ratio_coverage", "the ratio", later["ratio"]["coverage"],
         later["ratio"]["coverage_interval90"], later["ratio"]["n"]),
    ):  # fmt: skip
        yield _one(f"areas.later.{name}", share, "1", "footprints-areas", f"Share of 90 % "
                   f"intervals of {what} that held the truth, in worlds that break the fit's "
                   "assumptions and were opened after it was settled that intervals are stretched",
                   spread, percent=True, extra={"scored": n})  # fmt: skip
    crossed = study["transfer"]
    for name, what, share, spread in (
        ("coverage", "areas", crossed["areas"]["share"], crossed["areas"]["interval90"]),
        ("ratio_coverage", "the ratio", crossed["ratio"]["coverage"],
         crossed["ratio"]["coverage_interval90"]),
    ):  # fmt: skip
        yield _one(f"areas.crossed.{name}", share, "1", "footprints-areas", f"Share of 90 % "
                   f"intervals of {what} that held the truth, in worlds that break all assumptions "
                   "at once, calibrated on worlds that break one each", spread,
                   percent=True)  # fmt: skip
    limit = study["against_limit"]["all"]
    yield _one("areas.limit", limit["ratio"], "1", "footprints-areas",
               "Error of areas over the least error that any method could have, in worlds that "
               "share the fit's assumptions", limit["interval90"])  # fmt: skip


def older(study: Mapping[str, Any], name: str) -> tuple[float, str]:
    """Share of areas held among halls of no date before, from the rows; with its unit."""
    at = {column: i for i, column in enumerate(study["columns"])}
    rows = [r for r in study["rows"][name]
            if r[at["before"]] == 0 and r[at["truth"]] >= SCORED_M2]  # fmt: skip
    held = [r[at["low"]] <= r[at["truth"]] <= r[at["high"]] for r in rows]
    return float(np.mean(held)), "1"


def _missed(study: Mapping[str, Any], law: Mapping[str, Any]) -> Result:
    """What was asked of outlines and is not reached, in words and numbers."""
    text = words("en")
    mixed = study["studies"]["mixed"]
    small = mixed["areas"]["errors"]["1200_to_2000_m2"]["rmse"]
    ends = mixed["ratio"]["coverage_interval90"]
    limit = study["against_limit"]["all"]["ratio"]
    laws = {m: law["law"][f"growth.resolvability.{m}m.60.ratio_rmse"]["rmse"] for m in (10, 3)}
    spent = mixed["areas"]["seconds_per_footprint"]["mean"]
    asked = (
        ("small", small <= ASKED["small"], 100 * small, 100 * ASKED["small"], 1),
        ("coverage", ASKED["low"] <= ends[0] and ends[1] <= ASKED["high"], 100 * ends[1],
         100 * ASKED["high"], 1),
        ("worlds", mixed["ratio"]["n"] >= ASKED["worlds"], mixed["ratio"]["n"], ASKED["worlds"], 0),
        *((f"ratio_{m}m", error <= ASKED[f"ratio_{m}m"], error, ASKED[f"ratio_{m}m"], 3)
          for m, error in laws.items()),
        ("limit", limit <= ASKED["limit"], limit, ASKED["limit"], 1),
        ("seconds", spent <= ASKED["seconds"], spent, ASKED["seconds"], 1),
    )  # fmt: skip
    told = [text(f"validation_growth.missed.{name}", now=text.number(now, digits),
                 asked=text.number(wanted, DECIMALS.get(name, 0)))
            for name, met, now, wanted, digits in asked if not met]  # fmt: skip
    value = text("validation_growth.missed.some", list="; ".join(told)) if told else text(
        "validation_growth.missed.none")  # fmt: skip
    return Result(
        key=f"{STEM}.areas.missed", value=value, unit="text", kind="simulated",
        statement="What was asked of outlines and is not reached", method="bench.footprints",
        inputs=tuple(f"file:{FOLDER}/footprints-{s}.json" for s in ("areas", "resolvability")),
        why_no_interval="a sentence",
    )  # fmt: skip


def _chain(study: Mapping[str, Any]) -> Iterator[Result]:
    seen, areas, ratios = study["detection"], study["areas"], study["ratios"]
    for name, value, unit, what in (
        ("worlds", seen["worlds"], "worlds", "Simulated plants on which the chain was scored"),
        ("large", seen["large"], "buildings", "Buildings of at least fifteen pixels built there"),
        ("large_found", seen["large_found"], "buildings", "Of these, found as new footprints"),
        ("called_new", seen["called_new"], "buildings", "Candidates called new footprints"),
        ("called_new_of_nothing", seen["called_new_of_nothing"], "buildings",
         "Candidates called new footprints where no building was drawn"),
        ("planned", study["planned_worlds"], "worlds", "Plants that were planned for each half"),
        ("built", seen["built"], "buildings", "Buildings of any size built in these plants"),
        ("found", seen["found"], "buildings", "Of these, found as new footprints"),
        ("new_is_the_hall", seen["new_is_the_hall"], "worlds",
         "Plants in which what was called the new hall was it"),
        ("failed", len(study["failed"]), "worlds", "Plants of both halves that ended in an error"),
        ("ratios.without", ratios["worlds_without"], "worlds", "Plants without any ratio"),
    ):  # fmt: skip
        yield _one(f"chain.{name}", value, unit, "chain", what, None)
    for name, own in study["stretches"].items():
        yield _one(f"chain.stretch.{name}", own["factor"], "1", "chain", f"Factor by which the "
                   f"logarithms of the intervals of {name} are stretched; its interval is a "
                   "bootstrap of the calibrating plants", own.get("interval90"),
                   extra={"worlds": own["worlds"]})  # fmt: skip
    later = study["later"]
    yield _one("chain.later.worlds", later["worlds"], "worlds", "chain", "Of the scored plants, "
               "those that were opened after it was settled that intervals are stretched",
               None)  # fmt: skip
    for name in ("areas", "ratios"):
        yield _one(f"chain.later.{name}", later[name]["share"], "1", "chain", f"Share of 90 % "
                   f"intervals of {name} that held the truth on these alone",
                   later[name]["interval90"], percent=True)  # fmt: skip
    for event, own in study["dates"].items():
        what = event.removeprefix("reference.").replace("_", " ")
        if event.startswith("reference."):
            what += ", at older buildings that the site names,"
        yield _one(f"chain.{event}.coverage", own["share"], "1", "chain", "Share of 90 % intervals "
                   f"of {what} that held the truth: coverage on simulated "
                   "worlds", own["interval90"], percent=True,
                   extra={"buildings": own["n"]})  # fmt: skip
        scan = study["dates_of_the_scan"][event]
        yield _one(f"chain.{event}.scan", scan["share"], "1", "chain", "The same of the intervals "
                   "as the scan gives them", scan["interval90"], percent=True)  # fmt: skip
        yield _one(f"chain.{event}.width", own["median_width_gaps"], "gaps", "chain",
                   f"Median width of the 90 % intervals of {what} in median "
                   "gaps between clear scenes", None)  # fmt: skip
    yield _one("chain.areas.coverage", areas["share"], "1", "chain", "Share of 90 % intervals of "
               "areas that held the truth: coverage on simulated worlds", areas["interval90"],
               percent=True, extra={"buildings": areas["n"]})  # fmt: skip
    yield _one("chain.areas.rmse", areas["rmse"], "1", "chain",
               "Root mean square error of areas, relative", None, percent=True)  # fmt: skip
    yield _one("chain.areas.width", areas["median_width"], "1", "chain",
               "Median width of the 90 % intervals of areas, relative", None,
               percent=True)  # fmt: skip
    yield _one("chain.ratios.coverage", ratios["share"], "1", "chain", "Share of 90 % intervals "
               "of ratios that held the truth: coverage on simulated worlds",
               ratios["interval90"], percent=True, extra={"ratios": ratios["n"]})  # fmt: skip
    yield _one("chain.ratios.rmse", ratios["relative_rmse"], "1", "chain",
               "Root mean square error of ratios, relative; another building in the place of the "
               "new hall is an error of its ratio", None, percent=True)  # fmt: skip
    yield _one("chain.ratios.median_error", ratios["median_error"], "1", "chain",
               "Median error of ratios, relative and without sign", None,
               percent=True)  # fmt: skip
    yield _one("chain.ratios.bias", ratios["bias"], "1", "chain",
               "Mean error of ratios, relative", None, percent=True)  # fmt: skip


def _pairs(study: Mapping[str, Any]) -> Iterator[Result]:
    pooled = study["pooled"]
    for name, key in RIVALS.items():
        yield _one(f"pairs.{key}.f1", pooled[name]["f1"], "1", "pairs",
                   f"F1 on the real image pairs, pooled: {key}", None, kind="derived")  # fmt: skip
    for name, key in (("plain", "gain"), ("plain, registered", "gain_registered")):
        low, _, high = study["difference_to"][name][BLOCKS]["f1"]
        yield _one(f"pairs.{key}", pooled["ours"]["f1"] - pooled[name]["f1"], "1", "pairs",
                   f"F1 of the method less that of change vectors ({name}), paired bootstrap of "
                   "blocks", (low, high), level="0.95", kind="derived")  # fmt: skip
    scenes = [{name: own[name]["f1"] for name in RIVALS} for own in study["scenes"].values()]
    lost = sum(max(own.values()) > own["ours"] for own in scenes)
    yield _one("pairs.scenes", len(scenes), "image pairs", "pairs", "Real image pairs", None,
               kind="derived")  # fmt: skip
    yield _one("pairs.lost", lost, "1", "pairs",
               "Real image pairs on which another method has the higher F1", None,
               kind="derived")  # fmt: skip


def _one(
    name: str, value: float, unit: str, study: str, statement: str,
    interval: Sequence[float] | None, *, percent: bool = False, level: str = "0.9",
    kind: str = "simulated", extra: Mapping[str, Any] | None = None,
) -> Result:  # fmt: skip
    spread = {} if interval is None else {level: (float(interval[0]), float(interval[1]))}
    return Result(
        key=f"{STEM}.{name}", value=float(value), unit=unit, kind=kind, statement=statement,
        method=f"bench.{study.replace('-', '_')}", inputs=(f"file:{FOLDER}/{study}.json",),
        intervals=spread, interval_kind="credible" if spread else "exact",
        why_no_interval=None if spread else COUNTED, percent=percent,
        coverage="simulated" if spread and kind == "simulated" else None, extra=dict(extra or {}),
    )  # fmt: skip
