"""Footprints and ratios on simulated worlds: run, calibrate, score.

    python bench/footprints.py run STUDY --first 0 --worlds 100    resumable; appends to a log
    python bench/footprints.py report                              writes bench/results

Every world that was run is logged under its seed and the digest of the fitting code; a world
of another digest is never mixed in. Starting outlines are the true ones in whole
pixels, a little off, as detection leaves them; the dates of the stages are given.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import shapely
from shapely import affinity
from shapely.geometry import Polygon

from analysis import paths, steps
from analysis.growth import footprint, posterior, window
from analysis.simulate import MATCHED, MISMATCHED, Spec, cube, draw, with_scenes
from analysis.simulate.world import ORIGIN

RATIO = (0.25, 2.5)
# every assumption broken at once, but no ground that changes for good around a hall
MIXED = replace(MISMATCHED["all"], name="mixed", apron=0.0, recover=0.0)
PAIR = {"halls": 2, "ratio": (0.64, 0.66)}
SINGLES = ("optics", "resampled", "terrain", "shapes", "noise", "correlated")


def _studies() -> dict[str, tuple[Spec, int]]:
    """Specs by study, each with the first seed of its own range."""
    made: dict[str, tuple[Spec, int]] = {"matched": (MATCHED, 100_000), "mixed": (MIXED, 200_000)}
    for i, name in enumerate(SINGLES):
        made[name] = (MISMATCHED[name], 300_000 + 10_000 * i)
    made["apron"] = (MISMATCHED["all"], 400_000)
    for i, (gsd, scenes) in enumerate(
        (g, n) for g in ("sim-10m", "sim-3m") for n in (1, 3, 15, 60, 200)
    ):
        # about half of the scenes show the roof
        name = f"law-{gsd.removeprefix('sim-')}-{scenes}"
        made[name] = (replace(MIXED, name=name), 500_000 + 10_000 * i)
    return made


def _spec(study: str) -> tuple[Spec, int]:
    spec, first = _studies()[study]
    if study.startswith("law-"):
        _, gsd, scenes = study.split("-")
        wanted = max(2 * int(scenes), 6)
        spec = with_scenes(replace(spec, **PAIR), wanted, f"sim-{gsd}", 66 if gsd == "10m" else 220)
    return spec, first


def _log(study: str) -> Path:
    return paths.cache_dir() / "bench" / "footprints" / f"{study}.jsonl"


def digest() -> str:
    """Of the code that is tested."""
    return steps.source_digest("analysis.growth.posterior")[:16]


def world(study: str, seed: int) -> dict:
    """Draw, render and measure one world."""
    spec, _ = _spec(study)
    truth = draw(seed, spec)
    scenes = cube(truth)
    if study.startswith("law-"):
        scenes = _thinned(scenes, truth, int(study.split("-")[2]))
    chance = np.random.default_rng([seed, 99])
    outlines = {b.id: affinity.translate(Polygon(b.roof), *ORIGIN) for b in truth.buildings}
    fits, rows = {}, {}
    for b in truth.buildings:
        if not b.roofed:
            continue
        start = _rough(outlines[b.id], scenes.attrs["gsd"], chance)
        began = time.process_time()
        try:
            cut = window.cut(
                scenes, start,
                before_until=None if b.ground_broken is None else np.datetime64(b.ground_broken),
                after_from=None if b.roof_on is None else np.datetime64(b.roof_on),
                others=[p for k, p in outlines.items() if k != b.id],
            )  # fmt: skip
            fit = footprint.fit([cut], start)
        except window.NotMeasurable as why:
            rows[b.id] = {"why": str(why), "truth": b.size("roof")}
            continue
        fits[b.id] = fit
        fractions, _ = fit.models[0].fractions()
        rows[b.id] = {
            "truth": b.size("roof"), "shape": b.shape, "role": b.role, "alone": fit.area(),
            "fractions": float(fractions.sum() * cut.gsd**2), "before": cut.before,
            "after": cut.scenes, "seconds": time.process_time() - began, "height": b.height,
            "dates": cut.dates, "contrast": _contrast(fit, cut),
        }  # fmt: skip
    record = {"study": study, "seed": seed, "digest": digest(), "buildings": rows}
    if fits:
        joint = posterior.join(fits)
        record["joint"] = {
            k: (v if k == "names" else np.asarray(v).tolist()) for k, v in asdict(joint).items()
        }
    return record


def _contrast(fit: footprint.Fit, cut: window.Window) -> float:
    """Mean difference of roof and ground over bands, reflectance."""
    ground = cut.ground.mean.reshape(cut.dates, -1).mean(axis=0)
    return float(np.abs(fit.models[0].roof - ground).mean())


def _thinned(scenes, truth, wanted: int):
    """The first ``wanted`` clear scenes with the new roof on, and as many before the works."""
    time_of = scenes.time.values
    new = truth.new
    after = np.flatnonzero(time_of >= np.datetime64(new.roof_on))[:wanted]
    before = np.flatnonzero(time_of <= np.datetime64(new.ground_broken))[-wanted:]
    return scenes.isel(time=np.r_[before, after])


def _rough(outline: Polygon, gsd: float, chance: np.random.Generator) -> Polygon:
    """What detection leaves of an outline: whole pixels of a grid of its own, a little off."""
    moved = affinity.translate(outline, *chance.normal(0, 0.3 * gsd, 2))
    west, south, east, north = moved.buffer(2 * gsd).bounds
    x, y = np.meshgrid(np.arange(west, east, gsd), np.arange(south, north, gsd))
    inside = shapely.contains_xy(moved, x, y)
    # a few pixels of the rim are missed or added
    rim = shapely.contains_xy(moved.boundary.buffer(0.5 * gsd), x, y)
    inside ^= rim & (chance.random(inside.shape) < 0.1)
    squares = shapely.box(*(v[inside] + d * gsd / 2 for d in (-1, 1) for v in (x, y)))
    made = shapely.union_all(squares)
    return max(made.geoms, key=lambda g: g.area) if made.geom_type == "MultiPolygon" else made


def run(study: str, first: int, worlds: int, seconds: float) -> None:
    """Measure worlds that are not yet in the log, until the time is up."""
    place, base = _log(study), _spec(study)[1]
    place.parent.mkdir(parents=True, exist_ok=True)
    done = {(r["seed"], r["digest"]) for r in read(study)}
    until = time.monotonic() + seconds
    for seed in range(base + first, base + first + worlds):
        if (seed, digest()) in done:
            continue
        if time.monotonic() > until:
            break
        try:
            record = world(study, seed)
        except ValueError as why:  # a layout without room for its halls
            record = {"study": study, "seed": seed, "digest": digest(), "skipped": str(why)}
        with place.open("a") as file:
            file.write(json.dumps(record) + "\n")
        print(study, seed, file=sys.stderr)


def read(study: str) -> list[dict]:
    """Logged worlds of a study."""
    place = _log(study)
    if not place.exists():
        return []
    return [json.loads(line) for line in place.read_text().splitlines() if line.strip()]


def current(study: str) -> list[dict]:
    """Logged worlds of a study under the present code, by seed."""
    own = {r["seed"]: r for r in read(study) if r["digest"] == digest() and "joint" in r}
    return [own[s] for s in sorted(own)]


def machine() -> str:
    """What the figures were measured on."""
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    part = parser.add_subparsers(dest="verb", required=True)
    go = part.add_parser("run")
    go.add_argument("study", choices=sorted(_studies()))
    go.add_argument("--first", type=int, default=0)
    go.add_argument("--worlds", type=int, default=100)
    go.add_argument("--seconds", type=float, default=1e9)
    part.add_parser("report")
    chosen = parser.parse_args()
    if chosen.verb == "run":
        run(chosen.study, chosen.first, chosen.worlds, chosen.seconds)
    else:
        from footprints_report import report

        report()


if __name__ == "__main__":
    main()
