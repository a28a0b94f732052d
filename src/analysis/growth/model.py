"""The forward model of one building in one window, linearised, nuisances eliminated exactly.

With a roof, a pixel of date t and band b shows

    ground * (1 - B - (1 - sky) * (U - B)) + (B - F) * wall + F * roof

where F is the blurred outline where that date shows it (displaced by the shift, and by
the lean of its height and of the terrain), B the same with the wall that a slanted view
shows, U the same with the shadow, ``ground`` the mixture of `analysis.growth.texture`,
and ``roof`` a level for each date and band with a pattern along the roof (colours) and
across it (two slopes in the sun). Everything but geometry
and blur enters linearly at the current point and is eliminated by Schur complements.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.growth.outline import Outline, sweep
from analysis.growth.render import edge_moves
from analysis.growth.window import Window

Array = NDArray[np.float64]

COLOURS = 8
"""Pieces of roof along the long axis that may differ in colour."""

ROOF = (0.20, 0.30)
"""Prior mean and standard deviation of a roof's reflectance."""

ROOF_DATE_SD = 0.03
"""Of a roof's level from date to date: wetness, dust, sun and view."""

COLOUR_SD = 0.02
"""First guess of the spread of colours along a roof, then learnt from the data."""

SLOPE_SD = 0.10
"""Of the brightness of a slope per unit of sun from the side, times reflectance."""

SKY = {"blue": 0.40, "green": 0.33, "red": 0.27, "nir": 0.19}
"""Prior mean of the share of light that reaches shadow, by band: the diffuse part of clear
skies, from Rayleigh scattering and a continental aerosol."""

SKY_SD = 0.06
"""Its standard deviation: haze, walls that reflect."""

WALL = (0.12, 0.05)
"""Prior of what a wall reflects, upright and partly in shade."""

OWN = COLOURS + 4
"""Unknowns of a band: roof, slope, sky, wall and the colours."""

BEND = 3.0
"""Deviations from which a residual counts by its size, no longer by its square (pseudo-Huber):
odd pixels lose weight, yet a wrong outline can never lock itself in by calling them odd."""

CALM = 1e-3
"""Noise in reflectance beyond the ground's own residual: what a blurred edge leaves over."""


@dataclass
class Geometry:
    """Where a building stands, and what of it every window shares."""

    values: Array
    """Parameters of the outline (q)."""
    lift: float
    """Metres of height, of roof and terrain together, by which it leans."""
    height: float
    """Metres that cast its shadow."""


@dataclass
class System:
    """Normal equations of the shared parameters after elimination."""

    matrix: Array
    right: Array
    cost: float


class Model:
    """One window's share of the fit; holds the window's own unknowns.

    Shared parameters, in order: the outline's (q), lift, height, and the logarithm of
    the blur's width for each band (b).
    """

    def __init__(self, window: Window, outline: Outline, *, shadow: bool = True) -> None:
        self.window, self.outline, self.shadow = window, outline, shadow
        w = window
        b = len(w.bands)
        self.widths = np.zeros(b)
        self.level = np.zeros((w.dates, b))
        self.roof = np.full(b, ROOF[0])
        self.colour = np.zeros((COLOURS, b))
        self.slope = np.zeros(b)
        self.wall = np.full(b, WALL[0])
        self._sky = np.array([SKY[n] for n in w.bands])
        self.sky = self._sky.copy()
        self.sky_sd = SKY_SD
        self.jitter = np.zeros((w.dates, 2))
        self.fields = np.linalg.solve(w.precision, w.product[:, :, None])[:, :, 0]
        self._expected = self.fields.copy()
        self.colour_sd = COLOUR_SD
        self.cost = np.inf
        self.odd = np.ones_like(w.values)
        k = w.ground.fields
        self._mixing = w.ground.mixing.reshape(w.dates, b, k)
        self._mean = w.ground.mean.reshape(w.dates, b)
        self.calm = CALM
        self._residual_sd = w.ground.noise.reshape(w.dates, b)
        self._outer = np.einsum("tbi,tbj->btij", self._mixing, self._mixing).reshape(
            b, w.dates, k * k
        )

    # -- what is seen --------------------------------------------------------------------

    def sigma(self) -> Array:
        """Width of the blur in metres, by band."""
        return self.window.blur.sigma * np.exp(self.widths)

    def _offsets(self, at: Geometry) -> Array:
        return self.window.shift + self.jitter + at.lift * self.window.lean

    def coverage(self, at: Geometry) -> Array:
        """Blurred outline by date, band and pixel (t, b, p)."""
        w, sigma = self.window, self.sigma()
        fine = w.lattice.draw(self.outline.corners(at.values))
        offsets = self._offsets(at)
        return np.stack([
            [w.lattice.sample(fine, s, o).ravel() for s in sigma] for o in offsets
        ])  # fmt: skip

    def _drawn(self, at: Geometry, shadow: bool) -> Array:
        """Blurred outline with its shadow or with its walls (t, b, p)."""
        w, sigma = self.window, self.sigma()
        offsets = self._offsets(at)
        made = np.empty_like(w.values)
        for t in range(w.dates):
            fine = w.lattice.draw(self._hull(at, t, shadow)[0])
            for b, s in enumerate(sigma):
                made[t, b] = w.lattice.sample(fine, s, offsets[t]).ravel()
        return made

    def _hull(self, at: Geometry, t: int, shadow: bool) -> tuple[Array, Array, Array]:
        """Outline of the foot and its shadow, or of foot and roof, about the roof.

        With it the numbers of the outline's corners, and how each moves with the height.
        """
        w, corners = self.window, self.outline.corners(at.values)
        foot = -w.lean[t]
        along = w.shade[t] if shadow else w.lean[t]
        ring, number, moved = sweep(self.outline, corners + at.height * foot, at.height * along)
        return ring, number, foot + moved[:, None] * along

    def _patterns(self, at: Geometry) -> tuple[Array, Array]:
        """Shares of the colours at each pixel (c, p), and side of the ridge by date (t, p)."""
        w = self.window
        corners = self.outline.corners(at.values)
        middle = corners.mean(axis=0)
        axes = np.linalg.svd(corners - middle, full_matrices=False)[2]
        along = np.column_stack([w.x, w.y]) - middle
        u, v = along @ axes[0], along @ axes[1]
        extent = (corners - middle) @ axes[0]
        place = (u - extent.min()) / np.ptp(extent) * (COLOURS - 1)
        shares = np.clip(
            1 - np.abs(np.clip(place, 0, COLOURS - 1) - np.arange(COLOURS)[:, None]), 0, 1
        )
        side = np.tanh(v / w.blur.sigma)
        # a slope is brighter the more it faces the sun
        facing = -(w.shade @ axes[1])
        return shares, facing[:, None] * side

    # -- the fit -------------------------------------------------------------------------

    def start(self, at: Geometry) -> None:
        """Roof levels from the pixels themselves, before the first step."""
        w = self.window
        cover = self.coverage(at)
        ground = self._ground()
        weight = w.usable * cover**2
        target = (w.values - ground * (1 - cover)) / np.maximum(cover, 0.05)
        level = (weight * target).sum(axis=2) / np.maximum(weight.sum(axis=2), 1e-9)
        known = weight.sum(axis=2) > 0.2
        for b in range(len(w.bands)):
            self.roof[b] = np.median(level[known[:, b], b]) if known[:, b].any() else ROOF[0]
        self.level = np.where(known, np.clip(level - self.roof, -0.2, 0.2), 0.0)

    def _ground(self) -> Array:
        fields = np.einsum("tbk,pk->tbp", self._mixing, self.fields)
        return self._mean[:, :, None] + fields

    def system(self, at: Geometry) -> System:
        """Residuals and derivatives at the current point, with own unknowns eliminated."""
        w = self.window
        bands, dates, pixels, k = len(w.bands), w.dates, w.x.size, w.ground.fields
        noise = np.hypot(self._residual_sd, self.calm)
        cover, ground = self.coverage(at), self._ground()
        shares, facing = self._patterns(at)
        pattern = np.einsum("cb,cp->bp", self.colour, shares)[None] + (
            self.slope[None, :, None] * facing[:, None, :]
        )
        roof = self.roof[None, :, None] + self.level[:, :, None] + pattern
        cast = self.shadow and at.height > 0 and bool(w.shade.any())
        body = union = cover
        if cast:
            body = np.maximum(self._drawn(at, False), cover) if w.lean.any() else cover
            union = np.maximum(self._drawn(at, True), body)
        dark, wall = (1 - self.sky)[None, :, None], self.wall[None, :, None]
        bare = 1 - body - dark * (union - body)
        jac, drift, slide, bend = self._derivatives(
            at, (cover, body, union), roof, ground, shares, facing, cast
        )
        rest = w.values - bare * ground - cover * roof - (body - cover) * wall
        rest -= self._mixed(slide, bend)
        scaled = rest / noise[:, :, None]
        root = np.sqrt(1 + (scaled / BEND) ** 2)
        self.odd = 1 / root
        weight = w.usable * self.odd / noise[:, :, None] ** 2
        cost = BEND**2 * float((w.usable * (root - 1)).sum())

        n = self.outline.parameters
        q = n + 2 + bands
        z = q + OWN * bands
        level, moves = z + np.arange(dates * bands).reshape(dates, bands), z + dates * bands
        total = moves + 2 * dates
        h, g = np.zeros((total, total)), np.zeros(total)
        cross = np.zeros((total, pixels, k))
        inner, gt = (
            w.precision.copy(),
            w.product - np.einsum("pij,pj->pi", w.precision, self.fields),
        )
        move = moves + np.arange(2 * dates).reshape(dates, 2)
        for b in range(bands):
            own = q + b + bands * np.arange(OWN)
            index = np.r_[0 : n + 2, n + 2 + b, own]
            w_b, rest_b, cover_b = weight[:, b], rest[:, b], cover[:, b]
            bare_b, mix = bare[:, b], self._mixing[:, b]
            jw = jac[b] * w_b
            flat = jw.reshape(index.size, -1)
            h[np.ix_(index, index)] += flat @ jac[b].reshape(index.size, -1).T
            g[index] += flat @ rest_b.ravel()
            # level of each date
            wf = w_b * cover_b
            at_level = (jw * cover_b).sum(axis=2)
            h[np.ix_(index, level[:, b])] = at_level
            h[np.ix_(level[:, b], index)] = at_level.T
            h[level[:, b], level[:, b]] = (wf * cover_b).sum(axis=1)
            g[level[:, b]] = (wf * rest_b).sum(axis=1)
            # what is left of each date's shift
            wd = w_b * drift[:, :, b]
            for s in range(2):
                at_move = (jw * drift[s, :, b]).sum(axis=2)
                h[np.ix_(index, move[:, s])] += at_move
                h[np.ix_(move[:, s], index)] += at_move.T
                both = (wf * drift[s, :, b]).sum(axis=1)
                h[level[:, b], move[:, s]] = both
                h[move[:, s], level[:, b]] = both
                for r in range(2):
                    h[move[:, s], move[:, r]] += (wd[s] * drift[r, :, b]).sum(axis=1)
                g[move[:, s]] += (wd[s] * rest_b).sum(axis=1)
            # fields of the ground, pixel by pixel
            inner += ((w_b * bare_b**2).T @ self._outer[b]).reshape(-1, k, k)
            cross[index] += np.matmul((jw * bare_b).transpose(0, 2, 1), mix)
            cross[level[:, b]] = (wf * bare_b)[:, :, None] * mix[:, None, :]
            for s in range(2):
                cross[move[:, s]] += (wd[s] * bare_b)[:, :, None] * mix[:, None, :]
            gt += (w_b * bare_b * rest_b).T @ mix
        cost += self._priors(h, g, q, z)
        inverse = np.linalg.inv(inner)
        half = np.linalg.cholesky(inverse)
        v = np.matmul(cross.transpose(1, 0, 2), half).transpose(1, 0, 2).reshape(total, -1)
        h -= v @ v.T
        g -= v @ np.einsum("pij,pi->pj", half, gt).ravel()
        off = self.fields - self._expected
        cost += 0.5 * float(np.einsum("pi,pij,pj->", off, w.precision, off))
        # own unknowns
        hoo, hos, go = h[q:, q:], h[q:, :q], g[q:]
        solved = np.linalg.solve(hoo, np.column_stack([hos, go]))
        self._back = (solved, cross, inverse, gt, q, z)
        self._curvature = hoo
        self.cost = cost
        self._residual = (
            rest,
            weight,
            cover,
            roof - self.sky[None, :, None] * ground if cast else roof - ground,
        )
        return System(h[:q, :q] - hos.T @ solved[:, :-1], g[:q] - hos.T @ solved[:, -1], cost)

    def _derivatives(
        self, at: Geometry, drawn: tuple[Array, Array, Array], roof: Array, ground: Array,
        shares: Array, facing: Array, cast: bool,
    ) -> tuple[Array, Array, Array, Array]:  # fmt: skip
        """Derivatives of each band (b, m, t, p), and by a move of a date (2, t, b, p).

        The m parameters of a band are the outline's, lift, height, the band's width, and its roof,
        slope, sky, wall and colours. Then the change of the coverage itself under a move of the
        outline (2, t, b, p), and its second derivatives in space (3, t, b, p).
        """
        w = self.window
        bands, dates, pixels = len(w.bands), w.dates, w.x.size
        n = self.outline.parameters
        corners = self.outline.corners(at.values)
        speed = self.outline.velocities(at.values)
        offsets, sigma = self._offsets(at), self.sigma()
        rate, moved, widened = np.empty((n, pixels)), np.empty((2, pixels)), np.empty(pixels)
        jac = np.zeros((bands, n + 3 + OWN, dates, pixels))
        drift = np.empty((2, dates, bands, pixels))
        slide, bend = np.empty_like(drift), np.empty((3, dates, bands, pixels))
        bent, far, aside = np.empty((3, pixels)), np.empty((n + 1, pixels)), np.empty((3, pixels))
        walls = cast and bool(w.lean.any())
        # what each outline adds where it grows: roof, wall, shadow
        shine = roof - self.wall[None, :, None] if walls else roof - ground
        if cast and not walls:
            shine = roof - self.sky[None, :, None] * ground
        upright = self.wall[None, :, None] - self.sky[None, :, None] * ground
        shaded = -(1 - self.sky)[None, :, None] * ground
        for t in range(dates):
            x, y = w.x - offsets[t, 0], w.y - offsets[t, 1]
            rings: list[tuple[Array, Array, Array]] = []
            if cast:
                for of_shadow, gain in ((True, shaded), (False, upright)):
                    if not of_shadow and not walls:
                        continue
                    ring, number, lifted = self._hull(at, t, of_shadow)
                    fast = np.zeros((len(ring), n + 1, 2))
                    fast[:, :n], fast[:, n] = speed[number], lifted
                    rings.append((ring, fast, gain[t]))
            for b in range(bands):
                edge_moves(x, y, corners, speed, sigma[b], rate, moved, widened, bent)
                jac[b, :n, t] = shine[t, b] * rate
                drift[:, t, b] = shine[t, b] * moved
                slide[:, t, b], bend[:, t, b] = moved, bent
                jac[b, n + 2, t] = shine[t, b] * widened
                for ring, fast, gain in rings:
                    edge_moves(x, y, ring, fast, sigma[b], far, moved, widened, aside)
                    jac[b, :n, t] += gain[b] * far[:n]
                    jac[b, n + 1, t] += gain[b] * far[n]
                    drift[:, t, b] += gain[b] * moved
                    jac[b, n + 2, t] += gain[b] * widened
                jac[b, n, t] = w.lean[t, 0] * drift[0, t, b] + w.lean[t, 1] * drift[1, t, b]
        cover, body, union = drawn
        for b in range(bands):
            jac[b, n + 3] = cover[:, b]
            jac[b, n + 4] = cover[:, b] * facing
            jac[b, n + 5] = (union - body)[:, b] * ground[:, b]
            jac[b, n + 6] = (body - cover)[:, b]
            jac[b, n + 7 :] = cover[:, b] * shares[:, None]
        return jac, drift, slide, bend

    def _mixed(self, slide: Array, bend: Array) -> Array:
        """What the product of blurred outline and blurred ground lacks of their blurred product.

        For a Gaussian blur h of variance s, exactly h*(fg) is the sum over n of s^n / n! times the
        n-th derivatives of h*f and h*g, contracted; two terms suffice for ground that the blur
        leaves smooth. The ground is taken as it was expected before any roof was seen.
        """
        w = self.window
        rows, columns = w.lattice.north.size, w.lattice.east.size
        maps = self._expected.T.reshape(-1, rows, columns)
        up = -1.0 if w.lattice.north[0] > w.lattice.north[-1] else 1.0
        east, north = _slope(maps, 2) / w.gsd, up * _slope(maps, 1) / w.gsd
        curves = (_slope(east, 2), up * _slope(north, 1), up * _slope(east, 1))
        steep = np.stack([east, north, *(c / w.gsd for c in curves)])
        tilt = np.einsum("tbk,skp->stbp", self._mixing, steep.reshape(5, maps.shape[0], -1))
        variance = (self.sigma() ** 2)[None, :, None]
        first = (slide * tilt[:2]).sum(axis=0)
        second = bend[0] * tilt[2] + bend[1] * tilt[3] + 2 * bend[2] * tilt[4]
        return variance * first - 0.5 * variance**2 * second

    def _priors(self, h: Array, g: Array, q: int, z: int) -> float:
        """Add the priors of own unknowns; returns their part of the cost."""
        w = self.window
        bands, dates = len(w.bands), w.dates
        mean = np.concatenate([
            np.full(bands, ROOF[0]), np.zeros(bands), self._sky, np.full(bands, WALL[0]),
            np.zeros(COLOURS * bands), np.zeros(dates * bands),
        ])  # fmt: skip
        spread = np.concatenate([
            np.full(bands, ROOF[1]), np.full(bands, SLOPE_SD), np.full(bands, self.sky_sd),
            np.full(bands, WALL[1]),
            np.full(COLOURS * bands, self.colour_sd), np.full(dates * bands, ROOF_DATE_SD),
        ])  # fmt: skip
        now = np.concatenate([
            self.roof, self.slope, self.sky, self.wall, self.colour.ravel(), self.level.ravel(),
        ])  # fmt: skip
        own = np.arange(q, q + now.size)
        off = (mean - now) / spread**2
        h[own, own] += spread**-2.0
        g[own] += off
        i = z + dates * bands
        for t in range(dates):
            part = slice(i + 2 * t, i + 2 * t + 2)
            h[part, part] += w.shift_precision[t]
            g[part] -= w.shift_precision[t] @ self.jitter[t]
        moved = np.einsum("ts,tsr,tr->", self.jitter, w.shift_precision, self.jitter)
        return 0.5 * float((((mean - now) / spread) ** 2).sum() + moved)

    def take(self, step: Array, share: float = 1.0) -> None:
        """Move own unknowns to where they belong after a step of the shared ones."""
        w = self.window
        bands, dates = len(w.bands), w.dates
        solved, cross, inverse, gt, q, z = self._back
        own = share * (solved[:, -1] - solved[:, :-1] @ step)
        fields = np.einsum(
            "pij,pj->pi", inverse, share * gt - np.einsum("zpk,z->pk", cross, np.r_[step, own])
        )
        self.fields = self.fields + fields
        self.widths = self.widths + step[q - bands :]
        parts = np.split(
            own, np.cumsum([bands, bands, bands, bands, COLOURS * bands, dates * bands])
        )
        self.roof = self.roof + parts[0]
        self.slope = self.slope + parts[1]
        self.sky = np.clip(self.sky + parts[2], 0.0, 0.9)
        self.wall = np.clip(self.wall + parts[3], 0.0, 0.6)
        self.colour = self.colour + parts[4].reshape(COLOURS, bands)
        self.level = self.level + parts[5].reshape(dates, bands)
        self.jitter = self.jitter + parts[6].reshape(dates, 2)

    def state(self) -> dict[str, Array]:
        """Own unknowns, to come back to."""
        names = ("widths", "level", "roof", "colour", "slope", "sky", "wall", "jitter", "fields")
        return {n: getattr(self, n).copy() for n in names}

    def restore(self, state: dict[str, Array]) -> None:
        """Go back to `state`."""
        for name, value in state.items():
            setattr(self, name, value.copy())

    def learn_colours(self) -> None:
        """Set the spread of colours to what the colours themselves show (empirical Bayes)."""
        bands = len(self.window.bands)
        i = slice(4 * bands, (4 + COLOURS) * bands)
        variance = np.diag(np.linalg.inv(self._curvature))[i]
        seen = float(np.mean(self.colour.ravel() ** 2 + variance))
        self.colour_sd = float(np.clip(np.sqrt(seen), 0.002, 0.25))

    def fractions(self) -> tuple[Array, Array]:
        """Share of roof in each pixel, free of any outline, and its variance (rows, columns).

        One more least-squares step from the fitted outline's own coverage, in which each pixel
        may hold any share of roof and any ground: unmixing by date and band.
        """
        w = self.window
        rest, weight, cover, contrast = self._residual
        k = w.ground.fields
        mixing = self._mixing * 1.0
        shape = (w.lattice.north.size, w.lattice.east.size)
        flat = (weight.reshape(-1, w.x.size), contrast.reshape(-1, w.x.size))
        precision = w.precision + (
            flat[0].T @ self._outer.transpose(1, 0, 2).reshape(-1, k * k)
        ).reshape(-1, k, k)
        mixed = (flat[0] * flat[1]).T @ mixing.reshape(-1, k)
        solved = np.linalg.solve(
            precision,
            np.stack(
                [mixed, (flat[0] * rest.reshape(flat[0].shape)).T @ mixing.reshape(-1, k)], axis=2
            ),
        )
        own = (flat[0] * flat[1] ** 2).sum(axis=0) - np.einsum("pk,pk->p", mixed, solved[:, :, 0])
        right = (flat[0] * flat[1] * rest.reshape(flat[0].shape)).sum(axis=0) - np.einsum(
            "pk,pk->p", mixed, solved[:, :, 1]
        )
        variance = 1.0 / np.maximum(own, 1.0)
        found = cover.mean(axis=(0, 1)) + right * variance
        return found.reshape(shape), variance.reshape(shape)

    def mean_cover(self) -> Array:
        """Mean coverage over dates and bands (rows, columns)."""
        shape = (self.window.lattice.north.size, self.window.lattice.east.size)
        return self._residual[2].mean(axis=(0, 1)).reshape(shape)

    def misfit(self) -> float:
        """How much more the mean residual over dates scatters than independent noise would.

        One if the model holds; it counts pixels near the outline, where geometry is read off.
        """
        rest, weight, cover, _ = self._residual
        edge = (cover.mean(axis=(0, 1)) > 0.02) & (cover.mean(axis=(0, 1)) < 0.98)
        if edge.sum() < 4:
            return 1.0
        total = weight[:, :, edge].sum(axis=0)
        mean = (weight * rest)[:, :, edge].sum(axis=0) / np.maximum(total, 1e-9)
        return float(np.mean((mean**2 * total)[total > 0]))


def _slope(maps: Array, axis: int) -> Array:
    """Derivative by the index along an axis, exact for cubics (five points)."""
    padded = np.moveaxis(maps, axis, -1)
    padded = np.concatenate([padded[..., :1]] * 2 + [padded] + [padded[..., -1:]] * 2, axis=-1)
    near = padded[..., 3:-1] - padded[..., 1:-3]
    far = padded[..., 4:] - padded[..., :-4]
    return np.moveaxis((8 * near - far) / 12, -1, axis)
