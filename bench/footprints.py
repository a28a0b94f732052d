"""Footprints and ratios on simulated worlds: run, calibrate, score.

    python -m bench footprints                                     what is planned, then the tables
    python -m bench.footprints run STUDY --first 0 --worlds 100    some worlds of one study
    python -m bench.footprints planned --seconds 3600              what is planned, for an hour
    python -m bench.footprints planned --part 0 --parts 2          every other world, beside part 1
    python -m bench.footprints report                              the tables alone

Set OMP_NUM_THREADS=1: the arrays are small. Every world is logged under its seed and the digest
of the code that it depends on, so a run can be stopped and taken up again; a world of another
digest is never mixed in.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

from analysis import paths
from bench.footprint_worlds import LAW_SCENES, MODULES, SINGLES, STUDIES, measure
from bench.record import code

PLAN: dict[str, int] = {
    "cal-10m-mixed": 260,
    **{f"cal-10m-{s}": 16 for s in SINGLES},
    "mixed": 1000,
    "matched": 130,
    **{f"law-10m-{n}": 80 for n in LAW_SCENES[:4]},
    "law-10m-200": 34,
    "cal-3m-mixed": 34,
    **{f"law-3m-{n}": 26 for n in LAW_SCENES[:4]},
    "law-3m-200": 10,
}
"""Most worlds of each study, fixed before any was scored."""

PASSES = 100
"""Parts in which the plan is run, a share of every study in each: wherever the clock stops it,
all studies have had their share, and what they found had no say in it."""


def log(study: str) -> Path:
    """Where the worlds of a study are logged."""
    return paths.cache_dir() / "bench" / "footprints" / f"{study}.jsonl"


@cache
def digest() -> str:
    """Key of the code on which a world depends."""
    return code(MODULES)


def run(
    study: str, first: int, worlds: int, seconds: float = 1e9, part: int = 0, parts: int = 1
) -> None:
    """Measure worlds that are not yet in the log, until the time is up.

    Several processes may each take a part of the numbers.
    """
    place, base = log(study), STUDIES[study][1]
    place.parent.mkdir(parents=True, exist_ok=True)
    done = {r["seed"] for r in current(study)}
    until = time.monotonic() + seconds
    for seed in range(base + first, base + first + worlds):
        if seed in done or seed % parts != part:
            continue
        if time.monotonic() > until:
            break
        began = time.process_time()
        try:
            record = measure(study, seed)
        except ValueError as why:  # a layout without room for its halls
            record = {"study": study, "seed": seed, "skipped": str(why)}
        record |= {"digest": digest(), "seconds": round(time.process_time() - began, 2)}
        with place.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
        print(study, seed, record["seconds"], file=sys.stderr, flush=True)


def current(study: str) -> list[dict[str, Any]]:
    """Logged worlds of a study under the present code, by seed, those without room included."""
    place = log(study)
    if not place.exists():
        return []
    lines = place.read_text(encoding="utf-8").splitlines()
    own = {r["seed"]: r for r in map(json.loads, lines) if r["digest"] == digest()}
    return [own[s] for s in sorted(own)]


def planned(seconds: float = 1e9, part: int = 0, parts: int = 1) -> None:
    """Run what is planned and not yet logged, in turns, until the time is up."""
    until = time.monotonic() + seconds
    for turn in range(1, PASSES + 1):
        for study, worlds in PLAN.items():
            if (left := until - time.monotonic()) > 0:
                run(study, 0, math.ceil(worlds * turn / PASSES), left, part, parts)


def main() -> None:
    """Run what is planned and write the tables."""
    from bench.footprints_report import report

    planned()
    report()


def _command() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.footprints", description=__doc__)
    part = parser.add_subparsers(dest="verb", required=True)
    go = part.add_parser("run")
    go.add_argument("study", choices=sorted(STUDIES))
    go.add_argument("--first", type=int, default=0)
    go.add_argument("--worlds", type=int, default=100)
    go.add_argument("--seconds", type=float, default=1e9)
    turns = part.add_parser("planned")
    turns.add_argument("--seconds", type=float, default=1e9)
    turns.add_argument("--part", type=int, default=0)
    turns.add_argument("--parts", type=int, default=1)
    part.add_parser("report")
    chosen = parser.parse_args()
    if chosen.verb == "run":
        run(chosen.study, chosen.first, chosen.worlds, chosen.seconds)
    elif chosen.verb == "planned":
        planned(chosen.seconds, chosen.part, chosen.parts)
    else:
        from bench.footprints_report import report

        report()


if __name__ == "__main__":
    _command()
