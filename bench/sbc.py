"""Simulation-based calibration of the count: fits in simulated worlds, and their ranks.

No fit is left out: one with divergent transitions counts like any other, and
how many there were is written down.
"""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from pathlib import Path

import numpy as np

from analysis import evidence, paths
from analysis.steps import source_digest
from analysis.strikes import calibration
from analysis.strikes.claims_used import SELECTIONS, select
from analysis.strikes.likelihood import Datum
from bench.machine import machine

PRIOR = "balanced"
SELECTION = "latest"
SEED = 20241125
FITS = 500

MODEL = "analysis.strikes.count_model"
WORLDS = "analysis.strikes.count_worlds"


def design() -> list[Datum]:
    """Who speaks when, about what and in which form: the claims that the report uses."""
    return select(evidence.load(), SELECTIONS[SELECTION])


def code() -> str:
    """Digest of the code that the study tests."""
    return source_digest(MODEL)


def main() -> None:
    """Run the study and write it."""
    claims, started = design(), time.monotonic()
    ranks: dict[str, list[int]] = defaultdict(list)
    divergences: list[int] = []
    for world in range(FITS):
        found = calibration.world_ranks(PRIOR, claims, SEED, world)
        divergences.append(found.pop("divergences"))
        for name, rank in found.items():
            ranks[name].append(rank)
        if (world + 1) % 20 == 0:
            passed = time.monotonic() - started
            gaps = ", ".join(f"{n} {calibration.gap(np.array(r)):.2f}" for n, r in ranks.items())
            line = f"sbc: {world + 1} of {FITS} fits, {passed:.0f} s; largest gaps: {gaps}"
            print(line, file=sys.stderr, flush=True)
    content = {
        "study": "sbc-count", "model": MODEL, "prior": PRIOR, "selection": SELECTION,
        "claims": [c.claim_id for c in claims], "seed": SEED, "fits": FITS,
        "ranks_possible": calibration.RANKS, "ranks": ranks, "divergences": divergences,
        "source_digest": code(), "machine": machine(),
    }  # fmt: skip
    place = Path(paths.project_root()) / calibration.STUDY
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps(content, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
