"""What one sensor saw around one building: pixels, dates and ground, cut out of a cube."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
import xarray as xr
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from shapely.geometry import Polygon

from analysis.growth import below, texture
from analysis.growth.below import Around
from analysis.growth.psf import Blur, gaussian_sigma
from analysis.growth.render import Lattice
from analysis.growth.texture import Texture

Array = NDArray[np.floating]

BANDS = ("blue", "green", "red", "nir")
"""Bands that are used, where a cube has them."""

MARGIN_M = {"pixels": 3.5, "metres": 12.0}
"""Ground beside the building that is fitted with it: the blur's reach, and room for shadow."""

AROUND_M = 260.0
"""Radius within which ground is taken for the same mixture."""

CLEAR_SHARE = 0.6
"""Share of the window's pixels that must be in plain sight for a date to be used."""

NEIGHBOUR_PIXELS = 1.3
"""Pixels this near to another building are left out: its blurred edge is one part in a hundred."""

MOST_DATES = 9
"""Dates that are fitted one by one; more are averaged in groups of like view and sun."""

HALL_M = 10.0
"""Height of a hall, to weigh how much leans and shadows differ."""

SHIFT_SD = 0.05
"""Standard deviation of a date's residual shift in pixels, where the cube does not say."""


class NotMeasurable(ValueError):
    """The scenes do not allow a number; the message says why, for people."""


@dataclass
class Window:
    """One building in one cube; channels are dates times bands, pixels are flattened."""

    lattice: Lattice
    gsd: float
    blur: Blur
    bands: tuple[str, ...]
    dates: int
    """Dates with a roof (t)."""
    values: Array
    """Reflectance with a roof (t, b, p)."""
    usable: Array
    """One where a pixel was seen, zero elsewhere (t, b, p)."""
    ground: Texture
    """Of the channels with a roof, bands running fastest (t * b)."""
    precision: Array
    """Of the ground's fields from the dates before the building (p, k, k)."""
    product: Array
    """The same, times their mean (p, k)."""
    before: int
    """Dates before the building."""
    shift: Array
    """By which each date's content lies off, metres east and north (t, 2)."""
    shift_precision: Array
    """Inverse covariance of what is left of it (t, 2, 2)."""
    lean: Array
    """Metres by which a top moves for each metre of height (t, 2)."""
    shade: Array
    """Metres of shadow for each metre of height (t, 2); zero where the sun is unknown."""
    x: Array
    """Pixel centres, metres east of the origin (p)."""
    y: Array
    origin: tuple[float, float]
    kind: str
    scenes: int
    """Scenes that show the roof, before any were averaged."""
    around: Around | None = None
    """Pixels from which the ground below is interpolated."""


def cut(
    cube: xr.Dataset,
    start: Polygon,
    *,
    before_until: np.datetime64 | None,
    after_from: np.datetime64 | None,
    others: Sequence[Polygon] = (),
    transfer: float | None = None,
    after_until: np.datetime64 | None = None,
) -> Window:
    """Cut a window out of a cube.

    Parameters
    ----------
    cube
        Dims ``time, y, x``; see the package's documentation for its coordinates.
    start
        Rough outline in the cube's projection.
    before_until
        Last moment at which the old ground was surely untouched; None if there is no before.
    after_from
        First moment at which the roof surely stood; None if it always stood.
    others
        Other buildings, whose pixels are left out.
    transfer
        Centre of the prior of the modulation transfer at Nyquist; by pixel size if not given.

    Raises
    ------
    NotMeasurable
        If the building is cut by the edge, or no clear scene shows it finished.
    """
    gsd = abs(float(cube.x[1] - cube.x[0]))
    origin = (float(start.centroid.x), float(start.centroid.y))
    east, north = np.asarray(cube.x, float), np.asarray(cube.y, float)
    _refuse_if_cut(start, east, north, gsd)
    bands = tuple(b for b in BANDS if b in cube)
    margin = max(MARGIN_M["pixels"] * gsd, MARGIN_M["metres"])
    west, south, right, top = start.bounds
    columns = np.flatnonzero((east > west - margin) & (east < right + margin))
    rows = np.flatnonzero((north > south - margin) & (north < top + margin))
    near = {"x": columns, "y": rows}
    local = cube.isel(near)
    values = np.stack([np.asarray(local[b], float) for b in bands], axis=1)
    valid = np.asarray(local["valid"], bool) & np.isfinite(values).all(axis=1)
    time = np.asarray(cube.time.values)
    is_before = np.zeros(time.size, bool) if before_until is None else time <= before_until
    is_after = np.ones(time.size, bool) if after_from is None else time >= after_from
    if after_until is not None:
        is_after &= time <= after_until
    x, y = np.meshgrid(east[columns] - origin[0], north[rows] - origin[1])
    free = _free(x + origin[0], y + origin[1], others, gsd)
    valid = valid & free
    clear = valid.sum(axis=(1, 2)) >= CLEAR_SHARE * free.sum()
    use_before, use_after = np.flatnonzero(is_before & clear), np.flatnonzero(is_after & clear)
    if not use_after.size:
        raise NotMeasurable("no clear scene shows it with its roof on")
    if free[_inside(start, x, y, origin)].mean() < 0.7:
        raise NotMeasurable("another building covers too much of it")
    chosen = np.concatenate([use_before, use_after])
    ground = _learn(cube, bands, chosen, start, (*others, start), gsd)
    n_before, b = use_before.size * len(bands), len(bands)

    def channels(of: NDArray[np.int_]) -> tuple[Array, Array]:
        v = values[of].reshape(of.size * b, x.size)
        ok = np.repeat(valid[of].reshape(of.size, x.size), b, axis=0).astype(float)
        return np.where(ok > 0, v, 0.0), ok

    old_values, old_ok = channels(use_before)
    old = ground.part(np.arange(n_before))
    lean, shade = _directions(cube, use_after)
    mean, variance, around = below.from_around(
        cube, bands, chosen, ground, start, others, x, y, origin, gsd
    )
    around = replace(around, before=use_before.size, lean=lean, shade=shade)
    precision = np.einsum("pk,kj->pkj", 1 / variance, np.eye(ground.fields))
    product = mean / variance
    if n_before:
        weights = old_ok / old.noise[:, None] ** 2
        seen_before, product_before = old.posterior(old_values, weights)
        precision, product = precision + seen_before, product + product_before
    new_values, new_ok = channels(use_after)
    shape = (use_after.size, b, x.size)
    shift, shift_precision = _shifts(cube, use_after, gsd)
    blur_prior = Blur.of(gsd, transfer)
    wide = blur_prior.sigma / (gsd * gaussian_sigma(0.5))
    made = Window(
        lattice=Lattice(east[columns] - origin[0], north[rows] - origin[1], gsd, wide * gsd + 12.0),
        gsd=gsd, blur=blur_prior, bands=bands, dates=use_after.size,
        values=new_values.reshape(shape), usable=new_ok.reshape(shape),
        ground=ground.part(np.arange(n_before, n_before + use_after.size * b)),
        precision=precision, product=product, before=use_before.size,
        shift=shift, shift_precision=shift_precision, lean=lean, shade=shade,
        x=x.ravel(), y=y.ravel(), origin=origin, kind=str(cube.attrs.get("kind", "undeclared")),
        scenes=use_after.size, around=around,
    )  # fmt: skip
    return made if made.dates <= MOST_DATES else _averaged(made)


def _averaged(w: Window) -> Window:
    """The same with dates of like shift, lean and shadow averaged to few.

    Where a pixel was hidden on some of them, the ground that is expected there stands in for
    it, so that clouds leave no pattern; its weight is the share of dates on which it was seen.
    """
    alike = np.column_stack([w.shift, HALL_M * w.lean, 0.3 * HALL_M * w.shade])
    group = fcluster(linkage(alike, "ward"), MOST_DATES, "maxclust") - 1
    b, k = len(w.bands), w.ground.fields
    expected = np.linalg.solve(w.precision, w.product[:, :, None])[:, :, 0]
    mixing = w.ground.mixing.reshape(w.dates, b, k)
    mean = w.ground.mean.reshape(w.dates, b)
    noise = w.ground.noise.reshape(w.dates, b)
    ground = mean[:, :, None] + np.einsum("tbk,pk->tbp", mixing, expected)
    off = np.where(w.usable > 0, w.values - ground, 0.0)
    parts: dict[str, list[Array]] = {n: [] for n in (
        "values", "usable", "mean", "mixing", "noise", "shift", "shift_precision", "lean", "shade",
    )}  # fmt: skip
    for number in range(group.max() + 1):
        of = group == number
        size = int(of.sum())
        seen = w.usable[of].sum(axis=0)
        parts["values"].append(ground[of].mean(axis=0) + off[of].sum(axis=0) / np.maximum(seen, 1))
        parts["usable"].append(seen / size)
        parts["mean"].append(mean[of].mean(axis=0))
        parts["mixing"].append(mixing[of].mean(axis=0))
        parts["noise"].append(np.sqrt((noise[of] ** 2).sum(axis=0)) / size)
        parts["shift_precision"].append(size * w.shift_precision[of].mean(axis=0))
        for name in ("shift", "lean", "shade"):
            parts[name].append(getattr(w, name)[of].mean(axis=0))
    a = {n: np.stack(v) for n, v in parts.items()}
    few = len(a["values"])
    return replace(
        w, dates=few, values=a["values"], usable=a["usable"],
        ground=Texture(a["mean"].ravel(), a["mixing"].reshape(few * b, k), a["noise"].ravel()),
        shift=a["shift"], shift_precision=a["shift_precision"], lean=a["lean"], shade=a["shade"],
    )  # fmt: skip


def _refuse_if_cut(start: Polygon, east: Array, north: Array, gsd: float) -> None:
    frame = shapely.box(east.min(), north.min(), east.max(), north.max())
    if not frame.buffer(-2 * gsd).contains(start):
        raise NotMeasurable("it is cut by the edge of the scenes")


def _free(x: Array, y: Array, others: Sequence[Polygon], gsd: float) -> NDArray[np.bool_]:
    free = np.ones(x.shape, bool)
    for other in others:
        free &= ~shapely.contains_xy(other.buffer(NEIGHBOUR_PIXELS * gsd), x, y)
    return free


def _inside(start: Polygon, x: Array, y: Array, origin: tuple[float, float]) -> NDArray[np.bool_]:
    found = shapely.contains_xy(start, x + origin[0], y + origin[1])
    return found if found.any() else np.ones(x.shape, bool)


def _learn(
    cube: xr.Dataset,
    bands: Sequence[str],
    dates: NDArray[np.int_],
    start: Polygon,
    built: Sequence[Polygon],
    gsd: float,
) -> Texture:
    """The ground's mixture, from open ground around the building."""
    east, north = np.asarray(cube.x, float), np.asarray(cube.y, float)
    middle = start.centroid
    columns = np.flatnonzero(np.abs(east - middle.x) < AROUND_M)
    rows = np.flatnonzero(np.abs(north - middle.y) < AROUND_M)
    local = cube.isel(x=columns, y=rows, time=dates)
    x, y = np.meshgrid(east[columns], north[rows])
    open_ground = np.ones(x.shape, bool)
    for shape in built:
        open_ground &= ~shapely.contains_xy(shape.buffer(3 * gsd), x, y)
    # at fine pixels neighbours tell the same: some thousand are enough
    thin = max(1, math.ceil(math.sqrt(open_ground.sum() / 2500)))
    lattice = np.zeros_like(open_ground)
    lattice[::thin, ::thin] = True
    chosen = open_ground & lattice
    values = np.stack([np.asarray(local[b], float)[:, chosen] for b in bands], axis=1)
    valid = np.asarray(local["valid"], bool)[:, chosen] & np.isfinite(values).all(axis=1)
    if chosen.sum() < 60:
        raise NotMeasurable("there is too little open ground around it")
    flat = values.reshape(-1, values.shape[2])
    return texture.learn(np.nan_to_num(flat), np.repeat(valid, len(bands), axis=0))


def _shifts(cube: xr.Dataset, dates: NDArray[np.int_], gsd: float) -> tuple[Array, Array]:
    """Displacement that pixels still have, and the precision of what is unknown of it."""
    zero = np.zeros(cube.sizes["time"])

    def along(name: str) -> Array:
        given = np.asarray(cube[name], float) if name in cube.coords else zero
        return np.nan_to_num(given)[dates]

    shift: Array = np.zeros((dates.size, 2))
    if not cube.attrs.get("aligned", False):
        shift = gsd * np.column_stack([along("shift_x"), -along("shift_y")])
    least = (SHIFT_SD * gsd) ** 2
    covariance = np.zeros((dates.size, 2, 2))
    covariance[:, 0, 0] = gsd**2 * along("shift_var_xx") + least
    covariance[:, 1, 1] = gsd**2 * along("shift_var_yy") + least
    covariance[:, 0, 1] = covariance[:, 1, 0] = -(gsd**2) * along("shift_var_yx")
    return shift, np.linalg.inv(covariance)


def _directions(cube: xr.Dataset, dates: NDArray[np.int_]) -> tuple[Array, Array]:
    """How tops lean and shadows fall, in metres for each metre of height."""

    def along(name: str) -> Array:
        if name not in cube.coords:
            return np.full(dates.size, np.nan)
        return np.radians(np.asarray(cube[name], float)[dates])

    def pointing(azimuth: Array, metres: Array) -> Array:
        return np.nan_to_num(np.column_stack([np.sin(azimuth), np.cos(azimuth)]) * metres[:, None])

    lean = pointing(along("view_azimuth"), np.tan(along("view_zenith")))
    with np.errstate(divide="ignore"):
        length = 1 / np.tan(along("sun_elevation"))
    return lean, pointing(along("sun_azimuth") + math.pi, np.clip(length, 0, 6))
