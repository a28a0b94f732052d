"""Storeys of a block from its shadow, where the sun stood at enough angles to tell.

The fit of an outline has the height that casts the shadow among its parameters
(`analysis.growth.forward`). Its own deviation at the mode is too small, since neighbours cast
shadows too and ground changes: a study on drawn estates measures the error that is left, and
where it is too large, or no study was made for such pixels, nothing is measured. A share of the
heights is taken to be quite wrong, so that the sourced storeys never lose all weight.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
import xarray as xr
from numpy.typing import NDArray
from scipy import optimize, stats
from shapely.geometry import Polygon

from analysis.growth.descent import with_blur_prior
from analysis.growth.footprint import Fit
from analysis.growth.objects import Thing
from analysis.growth.posterior import NEAR

Array = NDArray[np.float64]

STUDY = "heights.json"
"""What ``python -m bench heights`` writes, beside the other studies."""

ANGLES = 6
"""Distinct sun angles without which no height is told (``choice:housing.sun-angles``)."""

APART_DEG = 3.0
"""Degrees between two suns that count as distinct: they move the end of a shadow of a block of five
storeys by half a pixel of 3 m (``choice:housing.sun-angles``)."""

MOST_RMSE_M = 2.5
"""Error on drawn estates beyond which a sensor's heights are not used: nearly a storey."""

CLEAR = 0.6
"""Share of the block's surroundings in plain sight for a date to count."""

AROUND_M = 12.0
"""Metres around the block on which that is judged."""

HIGHEST_M = 40.0
"""Highest that a fit can say."""

FREEDOM = 5.0
"""Degrees of freedom of the Student error."""

LEVEL = 0.9
"""Share of left-out blocks that the errors are to hold."""

FOLDS = 8
"""Parts into which estates are taken to be left out in turn."""

STEPS = (61, 31)
"""Values of a storey's height, and of what stands above and below the storeys, that are tried."""

FOUNDATION = "a foundation has no height"
NO_OUTLINE = "no outline of it could be fitted"
FEW_ANGLES = f"the sun was seen at fewer than {ANGLES} distinct angles since its roof was on"
NO_STUDY = "pixels of this size tell no height that could be used"


@dataclass(frozen=True)
class Errors:
    """How far heights lie from the truth, as a study measured it."""

    scale: float
    """Factor on the fit's own deviation."""
    floor: float
    """Metres, however sure the fit is."""
    share: float
    """Share of the height: ground that slopes makes every shadow too long or too short."""
    misfit: float
    """Metres for each unit of root misfit beyond one."""
    odd: float
    """Share of the heights that say nothing."""

    def deviation(self, metres: float, own: float, misfit: float) -> float:
        """Metres, of one height that does say something."""
        more = self.misfit * (math.sqrt(max(misfit, 1.0)) - 1.0)
        return math.hypot(self.scale * own, self.floor, self.share * metres, more)


@dataclass(frozen=True)
class Height:
    """Height of one block, as its shadow tells it."""

    metres: float
    deviation: float
    """Metres, the study's errors in it."""
    odd: float
    """Probability that it says nothing of this block."""
    angles: int
    """Distinct sun angles."""

    def likelihood(self, height: Array) -> Array:
        """Of heights in metres, up to a factor."""
        told = stats.t.pdf((self.metres - height) / self.deviation, FREEDOM) / self.deviation
        return (1 - self.odd) * told + self.odd / HIGHEST_M


@dataclass(frozen=True)
class Prior:
    """Storeys and heights before any shadow is seen, on a lattice of equal weights."""

    storeys: Array
    metres: Array

    @classmethod
    def of(
        cls, storeys: tuple[int, int], each: tuple[float, float], more: tuple[float, float]
    ) -> Prior:
        """Every whole number of storeys as probable as any other.

        Parameters
        ----------
        storeys
            Fewest and most.
        each
            Least and greatest height of a storey, metres.
        more
            The same of plinth, attic and parapet together.
        """
        numbers = np.arange(storeys[0], storeys[1] + 1.0)
        lattice = np.meshgrid(
            numbers, np.linspace(*each, STEPS[0]), np.linspace(*more, STEPS[1]), indexing="ij"
        )
        return cls(lattice[0].ravel(), (lattice[0] * lattice[1] + lattice[2]).ravel())

    def weights(self, seen: Height) -> Array:
        """Of the lattice's places once a height is seen; they sum to one."""
        found = seen.likelihood(self.metres)
        return found / found.sum()

    def chances(self, seen: Height) -> tuple[Array, Array]:
        """Numbers of storeys, and the probability of each."""
        numbers, place = np.unique(self.storeys, return_inverse=True)
        return numbers, np.bincount(place, self.weights(seen)).astype(float)

    def quantiles(self, seen: Height | None, shares: tuple[float, ...]) -> list[float]:
        """Quantiles of the height in metres, before or after it is seen."""
        weight = np.full(self.metres.size, 1 / self.metres.size)
        if seen is not None:
            weight = self.weights(seen)
        order = np.argsort(self.metres, kind="stable")
        reached = np.cumsum(weight[order])
        at = np.searchsorted(reached, np.array(shares) - 1e-12)
        return [float(v) for v in self.metres[order][np.minimum(at, self.metres.size - 1)]]


def read(file: Path, gsd: float) -> Errors | None:
    """Errors for pixels of about this size; None where heights may not be used.

    Parameters
    ----------
    file
        The study's results, ``bench/results/heights.json``.
    gsd
        Side of a pixel in metres.
    """
    if not file.is_file():
        return None
    sensors: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))["sensors"]
    near = [s for s in sensors.values() if abs(math.log(s["gsd"] / gsd)) <= math.log(NEAR)]
    if not near or not near[0]["usable"]:
        return None
    return Errors(**near[0]["errors"])


def of_block(
    thing: Thing, fit: Fit | None, cube: xr.Dataset, errors: Errors | None
) -> tuple[Height | None, str]:
    """Height of a block, or nothing and why: a foundation never has one."""
    if thing.roof_on is None or thing.kind == "ground-works":
        return None, FOUNDATION
    if fit is None:
        return None, NO_OUTLINE
    if errors is None:
        return None, NO_STUDY
    _, since, until = thing.stages()
    count = sun_angles(cube, fit.polygon(), since, until)
    if count < ANGLES:
        return None, FEW_ANGLES
    metres, own = told(fit)
    return Height(metres, errors.deviation(metres, own, fit.misfit), errors.odd, count), ""


def told(fit: Fit) -> tuple[float, float]:
    """Height at the mode and its own deviation there, metres."""
    place = fit.own - 1
    whole, _ = with_blur_prior(fit.models, fit.matrix, fit.right, fit.own)
    return fit.geometry.height, float(np.sqrt(np.linalg.inv(whole)[place, place]))


def sun_angles(
    cube: xr.Dataset, outline: Polygon, since: np.datetime64 | None, until: np.datetime64 | None
) -> int:
    """Distinct sun angles on clear dates on which a roof stood."""
    if "sun_elevation" not in cube.coords or "sun_azimuth" not in cube.coords:
        return 0
    time = cube["time"].values
    stands = np.ones(time.size, bool) if since is None else time >= since
    if until is not None:
        stands &= time <= until
    x, y = np.meshgrid(cube["x"].values, cube["y"].values)
    near = shapely.contains_xy(outline.buffer(AROUND_M), x, y)
    clear = cube["valid"].values[:, near].mean(axis=1) >= CLEAR
    up, turn = (
        np.radians(cube[name].values.astype(float)[stands & clear])
        for name in ("sun_elevation", "sun_azimuth")
    )
    sun = np.column_stack([np.cos(up) * np.sin(turn), np.cos(up) * np.cos(turn), np.sin(up)])
    kept: list[Array] = []
    for one in sun[np.isfinite(sun).all(axis=1)]:
        if all(float(one @ other) < math.cos(math.radians(APART_DEG)) for other in kept):
            kept.append(one)
    return len(kept)


def learn(off: Array, metres: Array, own: Array, misfit: Array, estates: Array) -> Errors:
    """Errors under which estates that were left out are held as often as claimed.

    The most probable errors are found first. They are too small where errors of one estate are
    akin, so all are stretched until the intervals of the left-out estates hold `LEVEL` of their
    blocks.

    Parameters
    ----------
    off
        Fitted less true height, metres.
    metres, own, misfit
        Fitted height, the fit's own deviation, metres, and its misfit.
    estates
        Number of the estate that a block is of.
    """
    off, metres, own, misfit = (np.asarray(v, dtype=float) for v in (off, metres, own, misfit))
    numbers = np.unique(estates)
    away = np.zeros(off.size)
    for part in range(min(FOLDS, numbers.size)):
        out = np.isin(estates, numbers[part::FOLDS])
        found = _likeliest(off[~out], metres[~out], own[~out], misfit[~out])
        sd = [found.deviation(*row) for row in zip(metres[out], own[out], misfit[out], strict=True)]
        away[out] = np.abs(off[out]) / sd
    stretch = max(float(np.quantile(away, LEVEL)) / float(stats.t.ppf((1 + LEVEL) / 2, FREEDOM)), 1)
    best = _likeliest(off, metres, own, misfit)
    wide = {k: v if k == "odd" else stretch * v for k, v in asdict(best).items()}
    return Errors(**{k: float(f"{v:.4g}") for k, v in wide.items()})


def _likeliest(off: Array, metres: Array, own: Array, misfit: Array) -> Errors:
    rows = list(zip(metres, own, misfit, strict=True))

    def errors(p: Array) -> Errors:
        scale, floor, share, misfit = (float(v) for v in np.exp(p[:4]))
        return Errors(scale, floor, share, misfit, float(1 / (1 + np.exp(-p[4]))))

    def cost(p: Array) -> float:
        e = errors(p)
        sd = np.array([e.deviation(*row) for row in rows])
        likely = (1 - e.odd) * stats.t.pdf(off / sd, FREEDOM) / sd + e.odd / HIGHEST_M
        held = ((p - START) / WIDE) ** 2
        return float(-np.log(likely).sum() + held.sum() / 2)

    found = optimize.minimize(cost, START, method="Nelder-Mead", options={"maxiter": 4000})
    return errors(found.x)


START = np.array([0.7, -1.5, -3.0, -2.0, -3.5])
"""Where the errors' logarithms (the logit of the last) begin, and are held loosely."""

WIDE = np.array([1.0, 1.0, 1.0, 1.5, 1.0])
