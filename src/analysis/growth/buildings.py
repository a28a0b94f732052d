"""A building at a site, and all that was measured there."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from shapely.geometry import Polygon

from analysis.growth.calibrated import Calibrated, Injected
from analysis.growth.candidates import Null
from analysis.growth.footprint import Fit
from analysis.growth.objects import Thing
from analysis.growth.ratio import Ratio
from analysis.site import Feature


@dataclass
class Building:
    """One outline, and draws of its area where it could be measured."""

    id: str
    thing: Thing | None
    """The candidate that it is; None for a building that stood from the start."""
    feature: Feature | None
    """The reference of the site file that it is."""
    start: Polygon | None
    fit: Fit | None = None
    area: np.ndarray | None = None
    """Draws, square metres."""
    why: str = ""
    """Why there is no area."""

    @property
    def outline(self) -> Polygon | None:
        """The fitted outline, else the pixels'."""
        return self.fit.polygon() if self.fit else self.start


@dataclass
class Measured:
    """All that was measured at one site."""

    level: float
    kind: str
    calibrated: Calibrated
    """What stands behind the intervals."""
    alike: bool
    """Whether the scenes and the way they were used are those of the studies: a series of
    simulated scenes of one sensor."""
    scenes_used: int
    crs: str
    gsd: float
    sensors: tuple[str, ...]
    null: Null | None
    references: list[Building]
    candidates: list[Building]
    new: str | None
    why_no_new: str
    ratios: list[Ratio]
    """Of roofs."""
    other_sizes: list[Ratio]
    """The same for other meanings of size: wall line, length, floor area."""
    warnings: list[str] = field(default_factory=list)
    days: np.ndarray | None = None
    """Dates of the main sensor, days since 1970, ascending."""
    transform: tuple[float, float, float, float, float, float] | None = None
    """Of its pixels: column and row of a corner to metres, as rasterio has it."""
    evidence: np.ndarray | None = None
    """``(y, x)`` what speaks for a change of each pixel: the log Bayes factor of the series, or
    the score of two windows; NaN where nothing was seen."""
    injected: Injected | None = None
    """Halls drawn into these scenes, by which intervals were stretched; None if none were."""

    @property
    def coverage(self) -> str:
        """``simulated`` where a study scored intervals of areas like these, else ``unproven``; see
        `covers_area` for one building."""
        return self.covers("areas")

    def covers(self, what: str) -> str:
        """What a study showed of ``areas``, ``ratios``, ``ground_broken`` or ``roof_on``."""
        proven = self.alike and self.calibrated.covers(what, self.level)
        return "simulated" if proven else "unproven"

    def covers_area(self, b: Building) -> str:
        """What was shown for the area of one building: ``injected`` where halls drawn into these
        scenes calibrated it, else as `covers` unless it is smaller than any that was scored."""
        if self.injected is not None and b.id in self.injected.areas:
            return "injected"
        if b.area is None or np.median(b.area) < self.calibrated.smallest_m2:
            return "unproven"
        return self.covers("areas")

    def covers_ratio(self, ratio: Ratio) -> str:
        """The same for a ratio of roofs; ratios under another meaning of size were never scored."""
        if ratio.definition != "roof":
            return "unproven"
        own = self.injected is not None and ratio.denominator in self.injected.ratios
        return "injected" if own else self.covers("ratios")

    def by_id(self, name: str) -> Building:
        """A candidate or a reference."""
        return next(b for b in (*self.candidates, *self.references) if b.id == name)
