"""Seconds of the scan on 60 dates x 512 x 512 x 4 bands, and how they grow with the dates."""

from __future__ import annotations

import os
from time import perf_counter, process_time

import numba
import numpy as np

from analysis.growth import scan, series
from bench.record import write

SIDE, DATES, REPEATS = 512, 60, 5
GROWTH = (30, 60, 120, 240)
BANDS = ("blue", "green", "red", "nir")


def drawn(times: int, side: int) -> series.Series:
    """Random ground with a season and 31 % of the dates missing, laid out."""
    rng = np.random.default_rng(times)
    days = np.sort(rng.choice(4 * 365, times, replace=False)).astype(float) + 17000
    wave = np.cos(2 * np.pi * days / 365.25)[:, None, None, None]
    stack = (0.15 + 0.05 * wave + 0.012 * rng.normal(size=(times, 4, side, side))).astype("f4")
    return series.lay_out(stack, rng.random((times, side, side)) > 0.31, days, BANDS)


def seconds(laid: series.Series, repeats: int = REPEATS) -> list[float]:
    """Seconds of several scans with full posterior, sorted; compilation is over."""
    scan.scan(laid, posterior=True)
    found = []
    for _ in range(repeats):
        start = perf_counter()
        scan.scan(laid, posterior=True)
        found.append(round(perf_counter() - start, 4))
    return sorted(found)


def main() -> None:
    """Time and write ``bench/results/speed.json``."""
    start = perf_counter()
    laid = drawn(DATES, SIDE)
    scan.scan(laid, posterior=True)  # compiles
    cpu = process_time()
    scan.scan(laid, posterior=True)
    cpu = process_time() - cpu
    record = {
        "layout_seconds_with_drawing": round(perf_counter() - start, 2),
        "scan_with_posterior_seconds": seconds(laid),
        "processor_seconds_of_all_threads": round(cpu, 3),
        "threads": numba.get_num_threads(),
        "load_average": round(os.getloadavg()[0], 1),
        "by_dates": {str(t): seconds(drawn(t, 128), 3)[0] for t in GROWTH},
        "shape": [DATES, len(BANDS), SIDE, SIDE],
    }
    write("speed", record, ("analysis.growth.scan", "bench.speed"))


if __name__ == "__main__":
    main()
