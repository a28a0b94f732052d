"""Worlds of the footprint studies: what is drawn, what a fit is given, and what is kept of it.

Starting outlines are the true ones in whole pixels, a little off, as detection leaves them; the
dates of the stages are given. True shifts are not: worlds that share the fitter's assumptions
hand over shifts with the error that the fitter expects, all others hand over none, so that what
a good registration leaves, twice as much and with a step by orbit, is for the fit to find.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
import shapely
import xarray as xr
from shapely import affinity
from shapely.geometry import Polygon

from analysis.growth import footprint, window
from analysis.growth.joint import join
from analysis.simulate.cube import cube
from analysis.simulate.draw import draw
from analysis.simulate.spec import MATCHED, MISMATCHED, Spec, with_scenes
from analysis.simulate.world import ORIGIN, Building, World

MODULES = (
    "analysis.growth.footprint",
    "analysis.growth.joint",
    "analysis.growth.window",
    "analysis.simulate.cube",
    "analysis.simulate.draw",
    "bench.footprint_worlds",
)
"""Code on which a logged world depends; a world of another digest is never mixed in."""

# every assumption broken at once, ground that changes for good around a hall among them
MIXED = replace(MISMATCHED["all"], name="mixed", recover=0.0)
SINGLES = ("optics", "resampled", "terrain", "shapes", "noise", "correlated")
"""One assumption broken at a time: a simulator to calibrate on when another is scored."""

GSD = {"10m": 10.0, "3m": 3.0}
LAW_SCENES = (1, 3, 15, 60, 200)
BEFORE = 20
"""Most clear scenes of the old ground in the law: more of them tell little."""

PAIR: dict[str, Any] = {"halls": 2, "ratio": (0.64, 0.66), "clouds": False}
"""The law's worlds: the claim's ratio, one older hall without a before, clear scenes only."""

FEW: dict[str, Any] = {"halls": 5}
"""Halls in the worlds on which areas are scored: with fewer of them there are more worlds in the
same time, which tell more, since errors in one world are akin."""


DEVELOPED_ON = 900_000
"""From here on lie the seeds of worlds on which the fit was improved: no study reaches them."""


def _studies() -> dict[str, tuple[Spec, int]]:
    """Specs by study, each with the first seed of its own range, opened by no earlier version."""
    made: dict[str, tuple[Spec, int]] = {
        "matched": (replace(MATCHED, **FEW), 103_000), "mixed": (replace(MIXED, **FEW), 203_000),
    }  # fmt: skip
    for i, name in enumerate(SINGLES):
        made[f"cal-10m-{name}"] = (replace(MISMATCHED[name], **FEW), 303_000 + 10_000 * i)
    made["cal-10m-mixed"] = (replace(MIXED, **FEW), 253_000)
    made["cal-3m-mixed"] = (
        with_scenes(replace(MIXED, halls=3), 12, "sim-3m", 200), 263_000,
    )  # fmt: skip
    laws = [(g, n) for g in GSD for n in LAW_SCENES]
    for i, (gsd, scenes) in enumerate(laws):
        spec = replace(MIXED, name=f"law-{gsd}-{scenes}", **PAIR)
        side = 66 if gsd == "10m" else 220
        made[spec.name] = (
            with_scenes(spec, _enough(scenes), f"sim-{gsd}", side), 503_000 + 10_000 * i,
        )  # fmt: skip
    return made


def _enough(scenes: int) -> int:
    """Scenes of a series, of which so many show the roof and some the old ground."""
    return 4 * scenes + 12


STUDIES = _studies()


def gsd_of(study: str) -> float:
    """Pixel of a study's sensor, metres."""
    return GSD["3m"] if "3m" in study else GSD["10m"]


def measure(study: str, seed: int) -> dict[str, Any]:
    """Draw, render and measure one world; what is kept is plain JSON."""
    spec, _ = STUDIES[study]
    truth = draw(seed, spec)
    if study.startswith("law-"):
        truth = _thinned(truth, int(study.split("-")[2]))
    scenes = cube(truth)
    chance = np.random.default_rng([seed, 99])
    scenes = _registered(scenes, study, chance)
    outlines = {b.id: affinity.translate(Polygon(b.roof), *ORIGIN) for b in truth.buildings}
    fits: dict[str, footprint.Fit] = {}
    rows: dict[str, dict[str, Any]] = {}
    for b in truth.buildings:
        if not b.roofed:
            continue
        start = _rough(outlines[b.id], scenes.attrs["gsd"], chance)
        others = [p for k, p in outlines.items() if k != b.id]
        rows[b.id], fit = _one(scenes, b, start, others)
        if fit is not None:
            fits[b.id] = fit
    return {"study": study, "seed": seed, "buildings": rows, "joint": _joint(fits)}


def _one(
    scenes: xr.Dataset, b: Building, start: Polygon, others: list[Polygon]
) -> tuple[dict[str, Any], footprint.Fit | None]:
    """What is kept of one building, and its fit if there is one."""
    row: dict[str, Any] = {
        "truth": round(b.size("roof"), 2), "shape": b.shape, "colours": len(b.covers[0].colours),
        "length": round(b.length, 2),
    }  # fmt: skip
    began = time.process_time()
    try:
        cut = window.cut(
            scenes, start,
            before_until=None if b.ground_broken is None else np.datetime64(b.ground_broken),
            after_from=None if b.roof_on is None else np.datetime64(b.roof_on),
            others=others,
        )  # fmt: skip
        fit = footprint.fit([cut], start)
    except window.NotMeasurable as why:
        return row | {"why": str(why)}, None
    seconds = time.process_time() - began
    fractions, _ = fit.models[0].fractions()
    return row | {
        "fractions": round(float(fractions.sum() * cut.gsd**2), 2), "before": cut.before,
        "after": cut.scenes, "seconds": round(seconds, 2), "contrast": _contrast(fit, cut),
        "edges": fit.outline.edges,
    }, fit  # fmt: skip


def _joint(fits: dict[str, footprint.Fit]) -> dict[str, Any] | None:
    """The joint mode in plain numbers, for `joint.Joint`."""
    if not fits:
        return None
    joint = join(fits)
    return {
        "names": list(joint.names), "estimate": _plain(joint.estimate, 2),
        "spread": _plain(joint.spread, 3), "perimeter": _plain(joint.perimeter, 2),
        "misfit": _plain(joint.misfit, 3), "bulge": _plain(joint.bulge, 3),
        "widths": _plain(joint.widths, 4), "gsd": joint.gsd,
        "before": [] if joint.before is None else joint.before.tolist(),
    }  # fmt: skip


def _plain(values: np.ndarray, digits: int) -> list[Any]:
    return np.round(values, digits).tolist()


def _contrast(fit: footprint.Fit, cut: window.Window) -> list[float]:
    """Mean difference of roof and ground in each band, reflectance."""
    ground = cut.ground.mean.reshape(cut.dates, -1).mean(axis=0)
    return np.round(np.abs(fit.models[0].roof - ground), 4).tolist()


def _thinned(truth: World, wanted: int) -> World:
    """The first ``wanted`` scenes with the new roof on, and the last before the works.

    Raises
    ------
    ValueError
        If the new hall is built so late, or so early, that there are too few.
    """
    new = truth.new
    assert new.roof_on is not None
    assert new.ground_broken is not None
    after = [s for s in truth.scenes if s.date >= new.roof_on][:wanted]
    before = [s for s in truth.scenes if s.date <= new.ground_broken][-min(wanted, BEFORE) :]
    if len(after) < wanted or not before:
        raise ValueError("too few scenes before or after the works")
    return replace(truth, scenes=(*before, *after))


def _registered(scenes: xr.Dataset, study: str, chance: np.random.Generator) -> xr.Dataset:
    """The cube as registration would hand it over."""
    known = 1.0 if study == "matched" else 0.0
    made = {}
    for name in ("shift_x", "shift_y"):
        error = chance.normal(0.0, window.SHIFT_SD, scenes.sizes["time"])
        made[name] = ("time", known * (scenes[name].values + error))
    return scenes.assign_coords(made)


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
