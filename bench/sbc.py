"""Simulation-based calibration of the count: fits in simulated worlds, and their ranks.

No fit is left out: one with divergent transitions counts like any other, and
how many there were is written down.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from dataclasses import asdict
from typing import Any

import numpy as np

from analysis import evidence
from analysis.strikes import calibration, ranks
from analysis.strikes.claims_used import SELECTIONS, select
from analysis.strikes.likelihood import Datum
from bench.record import code, write

STUDY = "sbc-count"
SELECTION = "latest"
SEED = 20241125
FITS = 500

MODULES = ("analysis.strikes.ranks",)
"""What the study tests: model, simulator, stated priors and sampler, all reached from here."""


def design() -> list[Datum]:
    """Who speaks when, about what and in which form: the claims that the report uses."""
    return select(evidence.load(), SELECTIONS[SELECTION])


def described(claims: list[Datum]) -> list[dict[str, Any]]:
    """The design as plain values."""
    return [{k: v if v is None else str(v) for k, v in asdict(c).items()} for c in claims]


def main() -> None:
    """Run the study and write it."""
    code(MODULES)  # taken now, and kept: the code that runs, whatever is edited meanwhile
    claims, started = design(), time.monotonic()
    found: dict[str, list[int]] = defaultdict(list)
    divergences: list[int] = []
    for world in range(FITS):
        here = ranks.world_ranks(claims, SEED, world)
        divergences.append(here.pop("divergences"))
        for name, rank in here.items():
            found[name].append(rank)
        if (world + 1) % 20 == 0:
            passed = time.monotonic() - started
            gaps = ", ".join(f"{n} {calibration.gap(np.array(r)):.2f}" for n, r in found.items())
            line = f"sbc: {world + 1} of {FITS} fits, {passed:.0f} s; largest gaps: {gaps}"
            print(line, file=sys.stderr, flush=True)
    content = {
        "prior": ranks.PRIOR, "selection": SELECTION, "claims": described(claims), "seed": SEED,
        "fits": FITS, "ranks_possible": ranks.RANKS, "ranks": found, "divergences": divergences,
    }  # fmt: skip
    write(STUDY, content, MODULES)


if __name__ == "__main__":
    main()
