"""Loading the default run: seconds and peak memory, beside a plain loop over the same files.

Each case runs in a process of its own, so that its peak is its own; what the
process held after its imports stands beside the peak. The plain loop is
rioxarray's (extra ``bench``), else rasterio's: it reads the same bands and windows,
keeps them all, and does nothing else, no mask, no check, no position. Three cases run
the whole path over the larger-pixel dates once, twice and four times, under other
dates: what memory they take tells whether it follows the number of dates.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from analysis import paths
from analysis.steps import source_digest

MODEL = "analysis.scenes.prepare"
RESULT = "bench/results/scenes.json"
HALF = "2120-12-31"
"""Last day of the case with about half of the dates."""

REPEATED = {"60 dates": 1, "120 dates": 2, "240 dates": 4}
"""Cases with the same pixels under other dates, and how often they come."""

CASES = (
    "whole path", "whole path, half of the dates", "reading alone", "plain loop",
    *REPEATED, *(f"plain loop, {name}" for name in REPEATED),
)  # fmt: skip
REPEATS = 1
"""Runs per case; of several the quicker one counts, since other work can only slow a run."""


def code() -> str:
    """Digest of the code that is timed."""
    return source_digest(MODEL)


def main() -> None:
    """Time every case and write it."""
    found = {}
    for case in CASES:
        runs = [_apart(case) for _ in range(REPEATS)]
        found[case] = min(runs, key=lambda run: run["seconds"])
        print(f"scenes: {case}: {found[case]}", file=sys.stderr, flush=True)
    truth = json.loads((paths.project_root() / "data/scenes/truth.json").read_text())
    content = {
        "study": "scenes", "model": MODEL, "seed": truth["seed"] if "seed" in truth
        else truth["world"]["seed"], "cases": found, "loop": loop_name(), "repeats": REPEATS,
        "load_average": round(os.getloadavg()[0], 1), "source_digest": code(),
        "machine": _machine(),
    }  # fmt: skip
    place = paths.project_root() / RESULT
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def loop_name() -> str:
    """The package whose plain loop is the peer."""
    return "rioxarray" if importlib.util.find_spec("rioxarray") else "rasterio"


def _machine() -> str:
    import platform
    from importlib.metadata import version

    packages = ", ".join(
        f"{p} {version(p)}" for p in ("numpy", "odc-stac", "rasterio", loop_name(), "xarray")
    )
    return (f"{platform.machine()}, {os.cpu_count()} cores, "
            f"Python {platform.python_version()}, {packages}")  # fmt: skip


def _apart(case: str) -> dict[str, float]:
    """One case in a process of its own."""
    done = subprocess.run([sys.executable, "-m", "bench.scenes", case], check=True,
                          capture_output=True, text=True, cwd=paths.project_root())  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


def one(case: str) -> dict[str, Any]:
    """Seconds (wall and processor), peak and starting memory in MB, and dates of one case."""
    from analysis.scenes import load as _load  # noqa: F401  so that imports are not timed

    importlib.import_module(loop_name())
    source = "bundled"
    with tempfile.TemporaryDirectory() as folder:
        for name, times in REPEATED.items():
            if name in case:
                source = str(repeated(Path(folder), times))
        return _timed(case, source)


def _timed(case: str, source: str) -> dict[str, Any]:
    from analysis.scenes.prepare import Request, prepare

    before = _peak()
    started, processor = time.perf_counter(), time.process_time()
    if "plain loop" in case:
        dates = plain_loop(source)
    elif case == "reading alone":
        dates = reading()
    else:
        end = HALF if "half" in case else ""
        request = Request(source=source, site=str(_site()), end=end)
        dates = len(prepare(request).sheets)
    return {
        "seconds": round(time.perf_counter() - started, 2),
        "processor_seconds": round(time.process_time() - processor, 2),
        "peak_mb": round(_peak()), "imports_mb": round(before), "dates": dates,
    }  # fmt: skip


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _site() -> Path:
    return paths.project_root() / "data/scenes/site.geojson"


def repeated(folder: Path, times: int) -> Path:
    """A list of the bundled dates at 10 m, each repeated every eight years."""
    items = []
    for place in sorted(paths.project_root().glob("data/scenes/sim-10m/*/*.json")):
        for turn in range(times):
            item = json.loads(place.read_text())
            for asset in item["assets"].values():
                asset["href"] = str(place.parent / asset["href"])
            year = int(item["properties"]["datetime"][:4]) + 8 * turn
            item["properties"]["datetime"] = f"{year}{item['properties']['datetime'][4:]}"
            item |= {"id": f"{item['id']}-{turn}", "links": []}
            items.append(item)
    found = folder / "repeated.json"
    found.write_text(json.dumps({"type": "FeatureCollection", "features": items}))
    return found


def _chosen(name: str = "bundled") -> tuple[Any, list[Any]]:
    from analysis.scenes import choose, parse, search, source, windows

    where = source.resolve(name)
    area = source.site_for(where, str(_site())).aoi.geometry
    dates = windows.asked("", "", "", "")
    found = search.cached(where, area.bounds, dates.whole())
    scenes = [parse.scene(item, base, named_service=False, declared=False)
              for item, base in found.items]  # fmt: skip
    return area, choose.choose(scenes, area, choose.Wish(dates, (), (), where.collections))[0]


def _boxes(area: Any, passes: list[Any]) -> dict[str, Any]:
    from analysis.scenes import grid

    sensors = {p.scene.sensor for p in passes}
    return {
        name: grid.common([grid.scene_grid(p.scene) for p in passes if p.scene.sensor == name],
                          area) for name in sorted(sensors)
    }  # fmt: skip


def reading() -> int:
    """The same files through this project's reader; nothing is judged or moved."""
    from analysis.scenes import load

    area, passes = _chosen()
    boxes = _boxes(area, passes)
    kept = [load.read(p, list(p.scene.layers), boxes[p.scene.sensor], area) for p in passes]
    return len(kept)


def plain_loop(source: str) -> int:
    """The same bands and windows in a plain loop over files."""
    import numpy as np

    area, passes = _chosen(source)
    boxes = _boxes(area, passes)
    kept = []
    for one_pass in passes:
        left, bottom, right, top = boxes[one_pass.scene.sensor].extent.boundingbox.bbox
        for layer in one_pass.scene.layers.values():
            kept.append(_window(layer.href, layer.index, (left, bottom, right, top)))
    assert all(np.isfinite(image).any() for image in kept)
    return len(passes)


def _window(place: str, index: int, bounds: tuple[float, float, float, float]) -> Any:
    if loop_name() == "rioxarray":
        rioxarray = importlib.import_module("rioxarray")
        with rioxarray.open_rasterio(place) as image:
            return image.rio.clip_box(*bounds).sel(band=index).astype("float32").values
    import rasterio
    from rasterio.windows import from_bounds

    with rasterio.open(Path(place)) as file:
        window = from_bounds(*bounds, transform=file.transform)
        return file.read(index, window=window, boundless=True).astype("float32")


if __name__ == "__main__":
    print(json.dumps(one(sys.argv[1])))
