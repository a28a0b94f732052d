"""Seconds that the strike models take, cold and warm, and whether they agree to the last digit.

Three fresh processes with one seed: two with an empty cache of their own, so that each
compiles, and one more with the compiled code of the first. All results that the
chapter prints are compared, at full precision.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from analysis import paths
from bench.record import code, write

SEED = 20241125
MODULES = ("analysis.strikes.count_model", "analysis.strikes.share_model")

CHILD = """
import hashlib, json, resource, sys
from time import perf_counter
from analysis import evidence
from analysis.strikes import count, count_model, models, share_model
from analysis.words import words

def processor():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime

start = perf_counter(), processor()
count_model.compiled(count.ROWS)
share_model.compiled(share_model.census(evidence.load()))
ready = perf_counter(), processor()
found = models.results(int(sys.argv[1]))
done = perf_counter(), processor()
whole = json.dumps([r.to_json() for r in found], sort_keys=True)
print(json.dumps({
    "compile_seconds": round(ready[0] - start[0], 1),
    "compile_processor_seconds": round(ready[1] - start[1], 1),
    "sample_seconds": round(done[0] - ready[0], 1),
    "sample_processor_seconds": round(done[1] - ready[1], 1),
    "printed": {r.key: words("en").result(r) for r in found},
    "digest": hashlib.sha256(whole.encode()).hexdigest(),
}))
"""


def bare(root: Path) -> Path:
    """A checkout with evidence and without any cache."""
    (root / "data").mkdir(parents=True)
    shutil.copytree(paths.evidence_dir(), root / "data" / "evidence")
    return root


def run(root: Path) -> dict[str, Any]:
    """Compile and sample in a process of its own; steps are computed anew."""
    shutil.rmtree(root / "_build" / "cache" / "steps", ignore_errors=True)
    environment = os.environ | {"FEB11_ROOT": str(root)}
    environment.pop("PYTENSOR_FLAGS", None)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CHILD, str(SEED)],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


def main() -> None:
    """Time and write ``bench/results/models-speed.json``."""
    code(MODULES)  # taken now, and kept
    with tempfile.TemporaryDirectory() as folder:
        one, other = bare(Path(folder) / "one"), bare(Path(folder) / "other")
        runs = {"cold": run(one), "warm": run(one), "cold_elsewhere": run(other)}
    printed = [r.pop("printed") for r in runs.values()]
    differing = sorted(k for k in printed[0] if len({p[k] for p in printed}) > 1)
    digests = {r.pop("digest") for r in runs.values()}
    record = {
        "seed": SEED, "runs": runs, "results": len(printed[0]), "printed_differing": differing,
        "same_to_the_last_bit": len(digests) == 1, "load_average": round(os.getloadavg()[0], 1),
    }  # fmt: skip
    write("models-speed", record, MODULES)


if __name__ == "__main__":
    main()
