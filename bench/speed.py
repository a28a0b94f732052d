"""Seconds of the scan on 60 dates x 512 x 512 x 4 bands, beside two peers, and by dates.

The peers get the same array in the same run: `ruptures.KernelCPD` (two breaks at each pixel, all
bands, no posterior) and `nrt`'s CuSum (one band, fitted on the first half of the dates, the rest
monitored one by one). Where one is not installed the study says so. On a machine that does other
work, read processor seconds: they count all threads.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from time import perf_counter, process_time
from typing import Any

import numba
import numpy as np
import xarray as xr

from analysis.growth import scan, series
from bench.record import write

SIDE, DATES, REPEATS = 512, 60, 5
GROWTH = (30, 60, 120, 240)
BANDS = ("blue", "green", "red", "nir")
SEEN = 0.69

Drawn = tuple[np.ndarray, np.ndarray, np.ndarray]


def drawn(times: int, side: int) -> Drawn:
    """Random ground with a season, a share of the dates missing, a step in a tenth of it."""
    rng = np.random.default_rng(times)
    days = np.sort(rng.choice(4 * 365, times, replace=False)).astype(float) + 17000
    wave = np.cos(2 * np.pi * days / 365.25)[:, None, None, None]
    stack = (0.15 + 0.05 * wave + 0.012 * rng.normal(size=(times, 4, side, side))).astype("f4")
    stack[times // 2 :, :, : side // 10] += 0.15
    return stack, rng.random((times, side, side)) < SEEN, days


def laid(made: Drawn) -> series.Series:
    """Lay an array out for the scan."""
    return series.lay_out(*made, BANDS)


def timed(work: Callable[[], Any]) -> dict[str, float]:
    """Seconds of one call: on the wall, and of all processors."""
    wall, cpu = perf_counter(), process_time()
    work()
    return {"wall": round(perf_counter() - wall, 3), "processor": round(process_time() - cpu, 3)}


def best(work: Callable[[], Any], repeats: int = REPEATS) -> dict[str, float]:
    """The least of several calls, after one that compiles."""
    work()
    runs = [timed(work) for _ in range(repeats)]
    return {k: min(r[k] for r in runs) for k in runs[0]}


def kernel_cpd(made: Drawn) -> dict[str, float] | str:
    """Two breaks at each pixel; missing dates are left out, as its users do."""
    try:
        import ruptures
    except ImportError:
        return "not run: ruptures is not installed"
    stack, clear, _ = made
    values = np.ascontiguousarray(np.moveaxis(stack.reshape(*stack.shape[:2], -1), 2, 0))
    seen = np.ascontiguousarray(clear.reshape(clear.shape[0], -1).T)

    def work() -> None:
        for signal, ok in zip(values, seen, strict=True):
            ruptures.KernelCPD(kernel="linear", min_size=2).fit_predict(signal[ok], n_bkps=2)

    return timed(work)


def cusum(made: Drawn) -> dict[str, float] | str:
    """One band: history fitted, then one date after the other."""
    try:
        from nrt.monitor.cusum import CuSum
    except ImportError:
        return "not run: nrt is not installed"
    stack, clear, days = made
    times = (days * 86400).astype("datetime64[s]").astype("datetime64[ns]")
    values = np.where(clear, stack[:, 2], np.nan).astype(np.float32)
    band = xr.DataArray(values, dims=("time", "y", "x"), coords={"time": times})
    half = len(times) // 2

    def work() -> None:
        monitor = CuSum(trend=False, harmonic_order=2)
        monitor.fit(dataarray=band[:half], method="OLS", n_threads=numba.get_num_threads())
        for t in range(half, len(times)):
            monitor.monitor(array=values[t], date=times[t].astype("datetime64[s]").item())

    work()  # compiles
    return timed(work)


def grown(times: int) -> float:
    """Processor seconds of a small scan with another number of dates."""
    shaped = laid(drawn(times, 128))
    return best(lambda: scan.scan(shaped, posterior=True), 3)["processor"]


def main() -> None:
    """Time and write ``bench/results/speed.json``."""
    made = drawn(DATES, SIDE)
    shaped = laid(made)
    ours = best(lambda: scan.scan(shaped, posterior=True))
    peers = {"ruptures KernelCPD": kernel_cpd(made), "nrt CuSum, one band": cusum(made)}
    ratios = {
        name: {k: round(v / ours[k], 1) for k, v in taken.items()}
        for name, taken in peers.items()
        if isinstance(taken, dict)
    }
    if "nrt CuSum, one band" in ratios:
        one = ratios["nrt CuSum, one band"]
        ratios["nrt CuSum, as many bands"] = {k: round(v * len(BANDS), 1) for k, v in one.items()}
    record = {
        "layout_seconds": best(lambda: laid(made), 2),
        "scan_with_posterior_seconds": ours,
        "peers_seconds": peers,
        "times_as_fast_as": ratios,
        "threads": numba.get_num_threads(),
        "load_average": round(os.getloadavg()[0], 1),
        "by_dates_processor_seconds": {str(t): grown(t) for t in GROWTH},
        "shape": [DATES, len(BANDS), SIDE, SIDE],
    }
    write("speed", record, ("analysis.growth.scan", "bench.speed"))


if __name__ == "__main__":
    main()
