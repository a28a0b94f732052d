"""How far the headline numbers move when an analyst chooses otherwise.

Each choice is registered with its reason in ``data/evidence/choices.csv``; here the chain is run
again at its low and its high setting, on the sensor with most dates alone: detection (which is
cheap) where the choice touches it, and the outlines of the new hall and of the references.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import shapely
import xarray as xr
from shapely import affinity
from shapely.geometry import Polygon

from analysis.growth import gis, measure, outline, outlines, posterior, references, starts
from analysis.growth.buildings import Building, Measured
from analysis.growth.detect import RESULTS, clear, detect
from analysis.growth.footprint import PLAIN, ROUNDED
from analysis.growth.joint import join
from analysis.growth.objects import Thing
from analysis.growth.posterior import Inflation
from analysis.scenes import grid as grids
from analysis.scenes.prepare import Prepared
from analysis.site import Site
from analysis.steps import step

SAME = 0.3
"""Share of an object's pixels that another must hold to be it."""

FEW = "too few clear scenes are left for a series"


@dataclass(frozen=True)
class Setting:
    """One way to run the chain; the defaults are what is in use."""

    choice: str = ""
    """Id in the register; empty for all as used."""
    side: str = "used"
    """``low`` or ``high``."""
    clear: float = 0.0
    """Smallest clear share of a scene."""
    strictness: float = 1.0
    """Factor on the threshold of detection."""
    shape: str = ""
    """``rectangle``, or ``pixels`` for the corners that the object's pixels draw."""
    months: tuple[int, ...] = ()
    """Of the scenes to which outlines are fitted; objects are found on all dates."""
    transfer: float | None = None
    """Centre of the blur's prior: modulation transfer at Nyquist."""
    whole: bool = False
    """The new hall is the largest of the whole area, not of the perimeter."""

    @property
    def detects(self) -> bool:
        """Whether objects are to be found again."""
        return bool(self.clear or self.strictness != 1.0)


SETTINGS = (
    Setting("growth.clear-share", "low", clear=0.5),
    Setting("growth.clear-share", "high", clear=0.8),
    Setting("growth.threshold", "low", strictness=0.75),
    Setting("growth.threshold", "high", strictness=1.5),
    Setting("growth.outline", "low", shape="rectangle"),
    Setting("growth.outline", "high", shape="pixels"),
    Setting("growth.season", "low", months=(4, 5, 6, 7, 8, 9)),
    Setting("growth.season", "high", months=(10, 11, 12, 1, 2, 3)),
    Setting("growth.transfer", "low", transfer=0.17),
    Setting("growth.transfer", "high", transfer=0.38),
    Setting("growth.zone", "high", whole=True),
)
"""The register's low and high columns, as the chain takes them."""

_given: ContextVar[tuple[Prepared, Measured] | None] = ContextVar("given", default=None)


def sensitivities(done: Prepared, found: Measured, seed: int, level: float) -> pd.DataFrame:
    """Headline numbers at each setting of each choice, remembered like every step.

    Returns
    -------
    pandas.DataFrame
        ``choice setting headline value low high why``: ``setting`` is ``low``, ``high``, or
        ``used`` (then ``choice`` is empty); ``headline`` is ``ratio.<reference id>``, ``area``
        (square metres) or ``new`` (number of new footprints, without an interval). Numbers that a
        setting does not give are NaN, with the reason. All are of the main sensor alone, so that
        ``used`` need not be the number that all sensors give. ``attrs`` hold the kind of the
        scenes, the level, the sensor and its number of scenes, for the figure.
    """
    token = _given.set((done, found))
    try:
        return _remembered(gis.digest(found, done.site), seed, level)
    finally:
        _given.reset(token)


@step(reads=(RESULTS,))
def _remembered(run: str, seed: int, level: float) -> pd.DataFrame:
    """The digest of what was measured, map of evidence included, stands for the scenes."""
    given = _given.get()
    assert given is not None
    return compute(*given, seed, level)


def compute(
    done: Prepared,
    found: Measured,
    seed: int,
    level: float,
    settings: Sequence[Setting] = SETTINGS,
) -> pd.DataFrame:
    """`sensitivities`, computed."""
    cube = clear(done.cube)
    base = _Run(cube, done.site, found)
    rows: list[dict[str, object]] = []
    for setting in (Setting(), *settings):
        numbers = base.at(setting, seed, level)
        rows += [
            {"choice": setting.choice, "setting": setting.side, "headline": name, **number}
            for name, number in numbers.items()
        ]
    columns = ["choice", "setting", "headline", "value", "low", "high", "why"]
    frame = pd.DataFrame(rows, columns=columns)
    frame.attrs = {"kind": found.kind, "level": level, "sensor": done.sensor,
                   "scenes": int(cube.sizes["time"])}  # fmt: skip
    return frame


@dataclass
class _Run:
    """One site, on which the chain is run again and again."""

    cube: xr.Dataset
    site: Site
    found: Measured
    things: list[Thing] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.things = self._detect(self.cube, 1.0)

    def at(self, setting: Setting, seed: int, level: float) -> dict[str, dict[str, object]]:
        """All headline numbers at one setting."""
        cube = _chosen(self.cube, setting)
        names = [f"ratio.{f.id}" for f in self.site.references]
        if cube.sizes["time"] < measure.FEWEST_DATES:
            return {name: _nothing(FEW) for name in ("area", *names, "new")}
        things = (
            self._detect(cube, setting.strictness)
            if setting.detects
            else copy.deepcopy(self.things)
        )
        buildings = [Building(t.id, t, None, starts.of_pixels(t.pixels, cube)) for t in things]
        older = [references.reference(f, cube, buildings) for f in self.site.references]
        references.fringes(buildings, older, self.found.gsd)
        hall, why = self._hall(setting, buildings)
        known = references.standing(buildings, older)
        chain = [b for b in (hall, *older) if b is not None]
        for b in chain:
            shape = None if b.start is None else _forced(b.start, setting.shape, self.found.gsd)
            outlines.outlined(b, [cube], known, outline=shape, transfer=setting.transfer)
        numbers = _numbers(hall, why, older, seed, level, self.found.calibrated.inflation)
        count = sum(self._counts(t, cube, setting.whole) for t in things)
        return numbers | {"new": _exact(count)}

    def _detect(self, cube: xr.Dataset, strictness: float) -> list[Thing]:
        seen = detect(cube, self.site, level=self.found.level, strictness=strictness)
        for thing in seen.things:
            # a roof that only changed its colour is known by its outline, which is not drawn again
            known = self._known(thing)
            same = known is not None and known.kind == "re-roofing"
            if same and known is not None and thing.kind == "new-footprint":
                thing.becomes("re-roofing", known.why)
        return seen.things

    def _known(self, thing: Thing) -> Thing | None:
        """The object of the run in use that this one is."""
        mine = set(map(tuple, thing.pixels))
        shares = [
            (len(mine & set(map(tuple, b.thing.pixels))) / len(mine), i)
            for i, b in enumerate(self.found.candidates)
            if b.thing is not None
        ]
        share, i = max(shares, default=(0.0, -1))
        return self.found.candidates[i].thing if share > SAME else None

    def _hall(self, setting: Setting, buildings: list[Building]) -> tuple[Building | None, str]:
        """The hall whose size is asked for, among what was found now."""
        name = self.found.new
        if setting.whole:
            taken = {r.thing.id for r in self.found.references if r.thing is not None}
            new = [b for b in self.found.candidates if b.fit is not None and b.thing is not None
                   and b.thing.kind == "new-footprint" and b.id not in taken]  # fmt: skip
            name = max(new, key=_area).id if new else None
        if name is None:
            return None, self.found.why_no_new
        sought = self.found.by_id(name)
        assert sought.outline is not None
        there = [
            (b.start.intersection(sought.outline).area / sought.outline.area, i)
            for i, b in enumerate(buildings)
            if b.start is not None and b.thing is not None and b.thing.kind == "new-footprint"
        ]
        share, i = max(there, default=(0.0, -1))
        if share < SAME:
            return None, "the new hall is not found as a new footprint"
        return buildings[i], ""

    def _counts(self, thing: Thing, cube: xr.Dataset, whole: bool) -> bool:
        """Whether an object is a new footprint in the zone that is asked for."""
        if thing.kind != "new-footprint":
            return False
        fences = self.site.role("perimeter")
        if whole or not fences:
            return True
        row, column = thing.pixels.mean(axis=0)
        x = np.interp(column, np.arange(cube.sizes["x"]), cube["x"].values)
        y = np.interp(row, np.arange(cube.sizes["y"]), cube["y"].values)
        crs = self.found.crs
        return any(
            bool(shapely.contains_xy(grids.projected(f.geometry, crs), x, y)) for f in fences
        )


def _area(building: Building) -> float:
    assert building.outline is not None
    return float(building.outline.area)


def _chosen(cube: xr.Dataset, setting: Setting) -> xr.Dataset:
    """The dates that a setting leaves."""
    keep = np.ones(cube.sizes["time"], dtype=bool)
    if setting.months:
        keep &= np.isin(cube["time"].dt.month.values, setting.months)
    if setting.clear:
        valid = cube["valid"].values
        keep &= valid[:, valid.any(axis=0)].mean(axis=1) >= setting.clear
    return cube if keep.all() else cube.isel(time=np.flatnonzero(keep))


def _forced(start: Polygon, shape: str, gsd: float) -> outline.Outline | None:
    """The outline that is fitted whatever the evidence, or nothing where none is asked for."""
    if not shape:
        return None
    local = affinity.translate(start, -start.centroid.x, -start.centroid.y)
    if shape == "pixels" and local.area < PLAIN * local.minimum_rotated_rectangle.area:
        rounded = local.simplify(ROUNDED * gsd)
        if rounded.geom_type == "Polygon" and len(rounded.exterior.coords) > 4:
            return outline.of_polygon(rounded)[0]
    base, placed = outline.enclosing_rectangle(local)
    return outline.of_polygon(base.polygon(placed))[0]


def _numbers(
    hall: Building | None, why: str, references: Sequence[Building], seed: int, level: float,
    inflation: Inflation,
) -> dict[str, dict[str, object]]:  # fmt: skip
    """Area of the hall, and its ratio to each reference."""
    fits = {b.id: b.fit for b in (hall, *references) if b is not None and b.fit is not None}
    missing = why if hall is None else hall.why
    if hall is None or hall.fit is None:
        return {name: _nothing(missing)
                for name in ("area", *(f"ratio.{r.id}" for r in references))}  # fmt: skip
    areas = posterior.draw(join(fits), seed, inflation)
    made = {"area": _of(areas.of(hall.id), level)}
    for r in references:
        made[f"ratio.{r.id}"] = (
            _nothing(r.why) if r.fit is None else _of(areas.over(hall.id, [r.id]), level)
        )
    return made


def _of(draws: np.ndarray, level: float) -> dict[str, object]:
    low, value, high = np.quantile(draws, [(1 - level) / 2, 0.5, (1 + level) / 2])
    return {"value": float(value), "low": float(low), "high": float(high), "why": ""}


def _exact(count: int) -> dict[str, object]:
    return {"value": float(count), "low": np.nan, "high": np.nan, "why": ""}


def _nothing(why: str) -> dict[str, object]:
    return {"value": np.nan, "low": np.nan, "high": np.nan, "why": why}
