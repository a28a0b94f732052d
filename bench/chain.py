"""The whole chain from a cube to areas, dates and the ratio, on drawn plants.

Worlds hold what the bundled one holds (halls, sheds, housing, roads, crops, aprons of dug ground)
and break the fitter's assumptions besides. Nothing is handed over but the cube and the site file:
candidates, classes, dates, outlines and references are found as `feb11 measure` finds them. One
half of the worlds calibrates the errors of the edges; the other half, with seeds of its own, is
scored.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from shapely import affinity
from shapely.geometry import Polygon

from analysis import paths
from analysis import site as sites
from analysis.growth import measure
from analysis.growth.buildings import Building as Measurement
from analysis.growth.buildings import Measured
from analysis.growth.joint import join
from analysis.scenes.prepare import Prepared, Request
from analysis.scenes.source import resolve
from analysis.simulate.cube import cube
from analysis.simulate.describe import site_record
from analysis.simulate.draw import draw
from analysis.simulate.spec import MATCHED, MISMATCHED, PLANT, Spec
from analysis.simulate.world import ORIGIN, Building, World
from bench.record import code

MODULES = (
    "analysis.growth.measure",
    "analysis.simulate.cube",
    "analysis.simulate.draw",
    "analysis.simulate.describe",
    "bench.chain",
)
FIRST = {"calibrate": 1_172_000, "score": 1_272_000}
"""Seeds that no version had seen: earlier ones ran those from 1100000 to 1171999 and from
1200000 to 1271999; those from 1300000 on were looked at during development."""

WORLDS = 100
APRONS = (0.0, 3.0, 6.0)
LEVEL = 0.9
SMALLEST_M2 = 1500.0
"""Fifteen pixels of 10 m: below, areas are given but not scored."""

CLEAR = 0.3
"""Share of the chip in plain sight from which a date is used, as in loading."""


def spec(number: int) -> Spec:
    """The kind of world that a number stands for."""
    broken = MISMATCHED["all"]
    return replace(
        PLANT, name="chain", plans=(PLANT.plans[0],), psf=broken.psf, anisotropy=broken.anisotropy,
        resampled=number % 2 == 1, outlines=("rectangle", "rectangle", "l-shape", "annex"),
        apron=APRONS[number % len(APRONS)], noise=broken.noise, recover=broken.recover,
        placement=MATCHED.placement, radiometry=MATCHED.radiometry, baselines=False,
    )  # fmt: skip


def prepared(world: World) -> Prepared:
    """A world as if its scenes had been loaded, masked and aligned."""
    seen = cube(world, snow_limit=0.02)
    clear = seen["valid"].mean(("y", "x")).values > CLEAR
    seen = seen.isel(time=np.flatnonzero(clear))
    still = {k: ("time", np.zeros(seen.sizes["time"])) for k in ("shift_x", "shift_y")}
    seen = seen.assign_coords(still)
    step = abs(float(seen["x"][1] - seen["x"][0]))
    seen.attrs |= {"aligned": True, "kind": "simulated", "pixel_area_m2": step**2,
                   "pixel_width_m": step, "pixel_height_m": step}  # fmt: skip
    text = json.dumps(site_record(world)).encode()
    made = Prepared(Request(), resolve("bundled"), sites.parse(text, "site.geojson"), [], [], [])
    made.cubes = {"10m": seen}
    return made


def one(role: str, number: int) -> dict[str, Any]:
    """What the chain makes of one world, beside the truth."""
    seed = FIRST[role] + number
    world = draw(seed, spec(number))
    begun = time.process_time()
    done = prepared(world)
    loaded = time.process_time()
    found = measure.measure(done, seed=seed, level=LEVEL)
    spent = time.process_time() - loaded
    return {
        "seed": seed, "role": role, "scenes": found.scenes_used, "seconds": round(spent, 1),
        "drawing_seconds": round(loaded - begun, 1), **_compare(found, world),
    }  # fmt: skip


def _compare(found: Measured, world: World) -> dict[str, Any]:
    truth = {b.id: affinity.translate(Polygon(b.roof), *ORIGIN) for b in world.buildings}
    by_id = world.by_id
    rows, matched = [], {}
    for b in found.candidates:
        name = _own(b.outline, truth)
        row: dict[str, Any] = {"class": b.thing.kind if b.thing else None, "truth": name}
        if name is not None:
            row |= _event(b, by_id[name], found)
            if b.fit is not None and b.thing is not None and b.thing.kind == "new-footprint":
                matched[b.id] = name
        rows.append(row)
    hall = [b for b in found.candidates if b.id == found.new]
    chain = [b for b in (*found.references, *hall) if b.fit is not None]
    names = {b.id: b.feature.id if b.feature else _own(b.outline, truth) for b in chain}
    fits = {b.id: b.fit for b in chain if names[b.id] in truth and b.fit is not None}
    joints = [_joint(fits, {k: truth[str(names[k])].area for k in fits})] if fits else []
    for b in found.candidates:
        if b.id in matched and b.id not in fits and b.feature is None and b.fit is not None:
            joints.append(_joint({b.id: b.fit}, {b.id: truth[matched[b.id]].area}))
    new = names.get(str(found.new))
    hall = next(b.id for b in world.buildings if b.role == "new")
    built = [b.id for b in world.buildings if b.roof_on is not None]
    seen = {r["truth"] for r in rows if r["class"] == "new-footprint"}
    return {
        "candidates": rows, "joints": joints, "called": found.new is not None,
        "new": new, "hall": hall,
        "hall_m2": round(truth[hall].area, 1),
        "built": [[k, round(truth[k].area, 1), k in seen] for k in built],
        "references": [[r.id, r.fit is not None, _iou(r.outline, truth.get(r.id))]
                       for r in found.references],
        "chain": list(fits),
    }  # fmt: skip


def _event(b: Measurement, real: Building, found: Measured) -> dict[str, Any]:
    thing = b.thing
    assert thing is not None
    row: dict[str, Any] = {"event": _kind(real)}
    assert found.days is not None
    ends = [float(found.days[0]), float(found.days[-1])]
    for name in ("ground_broken", "roof_on"):
        own = getattr(thing, name)
        when = getattr(real, name)
        if own is not None and when is not None and thing.kind == "new-footprint":
            day = float(np.datetime64(when, "D").astype(int))
            row[name] = [day, own.low, own.value, own.high, own.gap, *ends]
    return row


def _kind(real: Building) -> str:
    if real.ground_broken is not None:
        return "new-footprint" if real.roof_on is not None else "ground-works"
    return "re-roofing"


def _own(outline: Polygon | None, truth: dict[str, Polygon]) -> str | None:
    if outline is None:
        return None
    shares = {k: outline.intersection(p).area / p.area for k, p in truth.items()}
    best = max(shares, key=lambda k: shares[k])
    return best if shares[best] > 0.2 else None


def _iou(one: Polygon | None, two: Polygon | None) -> float:
    if one is None or two is None:
        return 0.0
    return round(one.intersection(two).area / one.union(two).area, 3)


def _joint(fits: dict[str, Any], truths: dict[str, float]) -> dict[str, Any]:
    joint = asdict(join(fits))
    kept = {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in joint.items()}
    return {"joint": kept, "truths": [truths[k] for k in fits]}


def _log() -> Path:
    place = paths.cache_dir() / "bench" / "chain.jsonl"
    place.parent.mkdir(parents=True, exist_ok=True)
    return place


def logged(digest: str) -> list[dict[str, Any]]:
    """Worlds of this code that were run."""
    place = _log()
    lines = place.read_text().splitlines() if place.exists() else []
    rows = [json.loads(line) for line in lines]
    return sorted((r for r in rows if r["code"] == digest), key=lambda r: r["seed"])


def take_over(old: str, digest: str, step: dict[str, Any]) -> None:
    """Let plants that other code logged count as those of this one; ``step`` says on what word."""
    lines = _log().read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    for row in rows:
        if row["code"] == old:
            row["code"], row["carried"] = digest, [*row.get("carried", []), step]
    beside = _log().with_suffix(".new")
    beside.write_text("".join(json.dumps(row) + "\n" for row in rows))
    beside.replace(_log())


def run(worlds: int, seconds: float, part: int = 0, parts: int = 1) -> None:
    """Run worlds of both roles in turn until the time is up; what was logged is not run again.

    Several processes may each take a part of the numbers.
    """
    digest = code(MODULES)
    done = {r["seed"] for r in logged(digest)}
    until = time.monotonic() + seconds
    for number in range(part, worlds, parts):
        for role, first in FIRST.items():
            if first + number in done:
                continue
            if time.monotonic() > until:
                return
            try:
                record = one(role, number)
            except Exception as why:
                record = {"seed": first + number, "role": role, "failed": repr(why)}
            with _log().open("a") as file:
                file.write(json.dumps({"code": digest, **record}) + "\n")
            print(role, number, record.get("seconds"), record.get("failed"), file=sys.stderr)
