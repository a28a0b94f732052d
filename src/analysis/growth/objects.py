"""From objects of pixels to things that may be buildings: joined, checked, and given a reason.

What a scan finds are objects of neighbouring pixels. Strips of one roof are joined; what is too
small, lies at the edge, came at no certain time, or is long and thin keeps its place in the list
under the class that it deserves, with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from scipy import ndimage

from analysis.growth.candidates import Candidate
from analysis.growth.noise import YEAR
from analysis.growth.timeline import DateInterval

LEAST_M2 = 250.0
"""Objects of less are not listed: two pixels of 10 m say nothing of a building."""

LEAST_PIXELS = 3

EDGE_PIXELS = 2
"""Pixels from the edge of the scenes within which an object is cut by it."""

JOIN_PIXELS = 2
"""Pixels by which pieces of one building may lie apart, where joints of a roof changed little."""

APART_DAYS = 120.0
"""Days between the intervals of two pieces up to which they are one building: strips of a roof
need not be laid at once, and a quarter of a year may pass between two clear dates."""

MOST_YEARS = 1.6
"""Width of the second event's 90 % interval from which there was no moment at which it came. A
winter of clouds makes half a year."""

ROAD = (6.0, 2.6)
"""Length over width, and width in pixels: beyond the one and below the other it is a road."""

A_ROAD = "it is long and thin, as a road is"

NO_MOMENT = "there is no moment at which it came"
"""Why an object is no building by its dates alone."""

SPARSE = 0.3
"""Share of the smallest turned rectangle below which an object is no building's shape."""


@dataclass
class Thing:
    """An object, with the class that stands and why."""

    id: str
    kind: str
    why: str
    pixels: np.ndarray
    """``(n, 2)`` rows and columns."""
    evidence: float
    ground_broken: DateInterval | None
    roof_on: DateInterval | None
    first: float
    """Days since 1970 until which its ground was surely untouched, over all of its pieces."""
    last: float
    """Days since 1970 from which its roof surely stood, over all of its pieces."""
    covered_until: float | None
    """Days since 1970 of the last date before its roof got another colour; None if it kept it."""
    unmeasured: str = ""
    """Why no outline is fitted; empty if one is."""
    scanned: Candidate | None = None
    """What its dates are of, with their posterior; None for two windows."""

    @classmethod
    def of(cls, c: Candidate) -> Thing:
        """The thing that a candidate is at first."""
        dates = [d for d in (c.ground_broken, c.roof_on) if d is not None]
        return cls(
            c.id, c.kind, c.why, c.pixels, c.evidence, c.ground_broken, c.roof_on,
            min(d.low for d in dates), max(d.high for d in dates),
            c.recovered.before if c.recovered else None, scanned=c,
        )  # fmt: skip

    def becomes(self, kind: str, why: str) -> None:
        """Give it another class."""
        self.kind, self.why, self.unmeasured = kind, why, ""
        if kind == "re-roofing":
            self.ground_broken = None
        if kind == "other":
            self.unmeasured = why

    def stages(
        self,
    ) -> tuple[np.datetime64 | None, np.datetime64 | None, np.datetime64 | None]:
        """Until when its ground was untouched, from when its roof stood, and until when alike.

        A roof that was only covered anew has no ground before it.
        """
        before = None if self.kind == "re-roofing" else moment(self.first)
        until = None if self.covered_until is None else moment(self.covered_until)
        return before, moment(self.last), until


def moment(day: float) -> np.datetime64:
    """Days since 1970 as a moment."""
    return np.datetime64(int(round(day * 86400)), "s")


def merged(found: Sequence[Candidate]) -> list[Thing]:
    """Pieces of one building made one: near each other, of one class, with dates that agree.

    The dates are those of the piece with most evidence in all.
    """
    order = sorted(found, key=lambda c: -c.evidence * len(c.pixels))
    things: list[Thing] = []
    for candidate in order:
        own = Thing.of(candidate)
        home = next((t for t in things if _one_building(t, own)), None)
        if home is None:
            things.append(own)
            continue
        home.first, home.last = min(home.first, own.first), max(home.last, own.last)
        home.pixels = np.unique(np.concatenate([home.pixels, own.pixels]), axis=0)
        ends = [t for t in (home.covered_until, own.covered_until) if t is not None]
        home.covered_until = min(ends) if ends else None
    for number, thing in enumerate(things, start=1):
        thing.id = f"candidate-{number}"
    return things


def _one_building(one: Thing, two: Thing) -> bool:
    if one.kind != two.kind or one.kind == "other":
        return False
    away = np.abs(one.pixels[:, None] - two.pixels[None]).max(axis=2).min()
    return bool(away <= JOIN_PIXELS) and _one_time(one, two)


def _one_time(one: Thing, two: Thing) -> bool:
    """Whether both events of two objects may have come together, as far as either has them."""
    return all(
        a is None or b is None or max(a.low - b.high, b.low - a.high) <= APART_DAYS
        for a, b in ((one.ground_broken, two.ground_broken), (one.roof_on, two.roof_on))
    )


def confirm(things: Sequence[Thing], cube: xr.Dataset, *, undated: bool = False) -> list[Thing]:
    """Drop what is too small to be anything, and say of the rest what speaks against a building.

    With ``undated`` the dates are those of two windows, and their width says nothing.
    """
    gsd = abs(float(cube["x"][1] - cube["x"][0]))
    seen = cube["valid"].values.any(axis=0)
    inner = ndimage.binary_erosion(seen, iterations=EDGE_PIXELS)
    kept: list[Thing] = []
    for thing in things:
        count = len(thing.pixels)
        if count < LEAST_PIXELS or count * gsd**2 < LEAST_M2:
            continue
        against = _against(thing, inner, undated)
        if against and thing.kind != "other":
            thing.becomes("other", against)
        elif thing.kind == "other":
            thing.unmeasured = thing.why
        elif thing.kind == "ground-works":
            thing.unmeasured = "it has no roof yet"
        kept.append(replace(thing, id=f"candidate-{len(kept) + 1}"))
    return kept


def _against(thing: Thing, inner: np.ndarray, undated: bool) -> str:
    """What speaks against a building, or nothing."""
    rows, columns = thing.pixels.T
    if not inner[rows, columns].all():
        return "it is cut by the edge of the scenes"
    length, width, share = _box(thing.pixels)
    if length > ROAD[0] * width and width < ROAD[1] or length > 2 * ROAD[0] * width:
        return A_ROAD
    if share < SPARSE:
        return "its shape is no building's"
    when = thing.roof_on
    if not undated and when is not None and when.high - when.low > MOST_YEARS * YEAR:
        return NO_MOMENT
    return ""


def _box(pixels: np.ndarray) -> tuple[float, float, float]:
    """Length and width in pixels of an object's spread, and its share of that rectangle."""
    centred = pixels - pixels.mean(axis=0)
    values = np.linalg.eigvalsh(np.cov(centred.T) + np.eye(2) / 12)
    width, length = np.sqrt(12 * values)
    return float(length), float(width), float(len(pixels) / (length * width))
