"""The forward model of one building in one window: what it shows, and how that changes.

With a roof, a pixel of date t and band b shows

    ground * (1 - B - (1 - sky) * (U - B)) + (B - F) * wall + F * roof

where F is the blurred outline where that date shows it (displaced by the shift, and by
the lean of its height and of the terrain), B the same with the wall that a slanted view
shows, U the same with the shadow, ``ground`` the mixture of `analysis.growth.texture`,
and ``roof`` a level for each date and band with a pattern along the roof (colours) and
across it (two slopes in the sun).

A building may stand in an apron, ground that was dug with it and never grew back: a ring of
given width about the outline, in which a share of the ground gave way to a yard.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.growth.outline import Outline, sweep
from analysis.growth.render import edge_bends, edge_moves
from analysis.growth.window import Window

Array = NDArray[np.floating]
Ring = tuple[Array, NDArray[Any], Array]

COLOURS = 14
"""Pieces of roof along the long axis that may differ in colour."""

ROOF = (0.20, 0.30)
"""Prior mean and standard deviation of a roof's reflectance."""

COLOUR_SD = 0.02
"""First guess of the steps between neighbouring pieces of roof, then learnt from the data."""

WHOLE_SD = 0.25
"""Prior of a piece's own colour: roofs are of few colours with sharp borders, so that what is
learnt is where the steps are."""

STEPS = np.diff(np.eye(COLOURS), axis=0)
"""From colours to the steps between neighbours."""

SKY = {"blue": 0.40, "green": 0.33, "red": 0.27, "nir": 0.19}
"""Prior mean of the share of light that reaches shadow, by band: the diffuse part of clear
skies, from Rayleigh scattering and a continental aerosol."""

SKY_SD = 0.06
"""Its standard deviation: haze, walls that reflect."""

WALL = (0.12, 0.05)
"""Prior of what a wall reflects, upright and partly in shade."""

YARD = {"blue": 0.11, "green": 0.15, "red": 0.20, "nir": 0.27}
"""Prior mean of what bare ground in an apron reflects, by band."""

YARD_SD = 0.05
"""Its standard deviation: earth, gravel or concrete, wet or dry."""

TAKEN = (0.5, 0.3)
"""Prior of the share of the old ground that an apron took."""

TAKEN_ALIKE = 0.1
"""Standard deviation of its steps from band to band."""

OWN = COLOURS + 6
"""Unknowns of a band: roof, slope, sky, wall, the colours, and an apron's yard and its share."""

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


class Forward:
    """One window with one building's unknowns that are the window's own."""

    def __init__(self, window: Window, outline: Outline) -> None:
        self.window, self.outline = window, outline
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
        self.apron = 0.0
        """Metres of apron about the outline; 0 for none."""
        self._soil = np.array([YARD[n] for n in w.bands])
        self.taken = np.full(b, TAKEN[0])
        self.yard = self.taken * self._soil
        """What the apron reflects, times the share of the ground that it took."""
        self.jitter = np.zeros((w.dates, 2))
        self.fields = np.linalg.solve(w.precision, w.product[:, :, None])[:, :, 0]
        self._expected = self.fields.copy()
        self.colour_sd = np.full(COLOURS - 1, COLOUR_SD)
        self.cost = np.inf
        k = w.ground.fields
        self._mixing = w.ground.mixing.reshape(w.dates, b, k)
        self._mean = w.ground.mean.reshape(w.dates, b)
        self.calm = CALM
        self._residual_sd = w.ground.noise.reshape(w.dates, b)
        self._outer = np.einsum("tbi,tbj->btij", self._mixing, self._mixing).reshape(
            b, w.dates, k * k
        )

    def on(self, window: Window) -> None:
        """Go on with the same pixels over a ground that is known better."""
        self.window = window
        self._expected = np.linalg.solve(window.precision, window.product[:, :, None])[:, :, 0]
        self.fields = self._expected.copy()

    def sigma(self) -> Array:
        """Width of the blur in metres, by band."""
        return self.window.blur.sigma * np.exp(self.widths)

    def _offsets(self, at: Geometry) -> Array:
        return self.window.shift + self.jitter + at.lift * self.window.lean

    def coverage(self, at: Geometry) -> Array:
        """Blurred outline by date, band and pixel (t, b, p)."""
        w, sigma = self.window, self.sigma()
        fine = w.lattice.draw(self.outline.corners(at.values))
        made = [w.lattice.samples(fine, sigma, o) for o in self._offsets(at)]
        return np.stack(made).reshape(w.values.shape)

    def _drawn(self, at: Geometry, rings: list[Ring]) -> Array:
        """Blurred outline with its shadow or with its walls (t, b, p)."""
        w, sigma = self.window, self.sigma()
        offsets = self._offsets(at)
        made = [
            w.lattice.samples(w.lattice.draw(ring), sigma, o)
            for (ring, _, _), o in zip(rings, offsets, strict=True)
        ]
        return np.stack(made).reshape(w.values.shape)

    def _hulls(self, at: Geometry, shadow: bool) -> list[Ring]:
        """Outline of the foot and its shadow, or of foot and roof, about the roof, by date.

        With it the numbers of the outline's corners, and how each moves with the height.
        """
        w, corners = self.window, self.outline.corners(at.values)
        made: list[Ring] = []
        for t in range(w.dates):
            foot = -w.lean[t]
            along = w.shade[t] if shadow else w.lean[t]
            ring, number, moved = sweep(self.outline, corners + at.height * foot, at.height * along)
            made.append((ring, number, foot + moved[:, None] * along))
        return made

    def _aprons(self, at: Geometry) -> list[Ring]:
        """The outline grown by the apron, on the ground, by date; as `_hulls`."""
        corners = self.outline.corners(self._grown(at))
        number = np.arange(len(corners))
        return [
            (corners - at.height * lean, number, np.tile(-lean, (len(corners), 1)))
            for lean in self.window.lean
        ]

    def _grown(self, at: Geometry) -> Array:
        """Parameters of the outline with every edge moved out by the apron."""
        values = at.values.copy()
        values[3 : 3 + self.outline.edges] += self.apron
        return values

    def _paved(
        self, at: Geometry, aprons: list[Ring], shadows: list[Ring], body: Array
    ) -> tuple[Array, Array]:
        """Share of each pixel that is apron, in the light that reaches it, and that light alone.

        Both are ``(t, b, p)``; of apron in shadow only the sky's share counts.
        """
        w, sigma = self.window, self.sigma()
        whole = np.maximum(self._drawn(at, aprons) - body, 0.0)
        if not shadows:
            return whole, np.ones_like(whole)
        both = [
            w.lattice.samples(np.minimum(w.lattice.draw(a), w.lattice.draw(s)), sigma, o)
            for (a, _, _), (s, _, _), o in zip(aprons, shadows, self._offsets(at), strict=True)
        ]
        dark = np.clip(np.stack(both).reshape(body.shape) - body, 0.0, whole)
        share = np.divide(dark, whole, out=np.zeros_like(dark), where=whole > 1e-4)
        light = 1 - share * (1 - self.sky[None, :, None])
        return whole * light, light

    def _patterns(self, at: Geometry) -> tuple[Array, Array]:
        """Shares of the colours at each pixel (c, p), and side of the ridge by date (t, p)."""
        w = self.window
        corners = self.outline.corners(at.values)
        axes = self.outline.axes(at.values)
        extent = corners @ axes.T
        low, high = extent.min(axis=0), extent.max(axis=0)
        u, v = axes @ np.vstack([w.x, w.y])
        place = (u - low[0]) / (high[0] - low[0]) * (COLOURS - 1)
        v = v - 0.5 * (low[1] + high[1])
        shares = np.clip(
            1 - np.abs(np.clip(place, 0, COLOURS - 1) - np.arange(COLOURS)[:, None]), 0, 1
        )
        side = np.tanh(v / w.blur.sigma)
        # a slope is brighter the more it faces the sun
        facing = -(w.shade @ axes[1])
        return shares, facing[:, None] * side

    def _ground(self) -> Array:
        fields = np.einsum("tbk,pk->tbp", self._mixing, self.fields)
        return self._mean[:, :, None] + fields

    def _derivatives(
        self, at: Geometry, drawn: tuple[Array, Array, Array], roof: Array, ground: Array,
        shares: Array, facing: Array, shadows: list[Ring], walls: list[Ring],
        aprons: list[Ring], paved: Array, light: Array,
    ) -> tuple[Array, Array, Array, Array]:  # fmt: skip
        """Derivatives of each band (b, m, t, p), and by a move of a date (2, t, b, p).

        The m parameters of a band are the outline's, lift, height, the band's width, and its roof,
        slope, sky, wall, colours, yard and the share of ground that it took. Then the change of
        the coverage itself under a move of the outline (2, t, b, p), and its second derivatives in
        space (3, t, b, p).
        """
        w = self.window
        bands, dates, pixels = len(w.bands), w.dates, w.x.size
        n = self.outline.parameters
        corners = self.outline.corners(at.values)
        speed = self.outline.velocities(at.values)
        offsets, sigma = self._offsets(at), self.sigma()
        jac = np.zeros((bands, n + 3 + OWN, dates, pixels))
        drift = np.zeros((2, dates, bands, pixels))
        slide, bend = np.zeros_like(drift), np.zeros((3, dates, bands, pixels))
        # what each outline adds where it grows: roof, wall, shadow
        shine: Array = roof - self.wall[None, :, None] if walls else roof - ground
        if shadows and not walls:
            shine = roof - self.sky[None, :, None] * ground
        upright = self.wall[None, :, None] - self.sky[None, :, None] * ground
        shaded = -(1 - self.sky)[None, :, None] * ground
        pavement = light * (self.yard[None, :, None] - self.taken[None, :, None] * ground)
        if aprons and walls:
            upright = upright - pavement
        elif aprons:
            shine = shine - pavement
        faster = self.outline.velocities(self._grown(at)) if aprons else speed
        for t in range(dates):
            x, y = w.x - offsets[t, 0], w.y - offsets[t, 1]
            rates: Array = np.zeros((bands, n + 1, pixels))
            moved, widened = np.zeros((2, bands, pixels)), np.zeros((bands, pixels))
            edge_moves(x, y, corners, speed, sigma, shine[t], rates, moved, widened)
            edge_bends(x, y, corners, sigma, slide[:, t], bend[:, t])
            for hulls, gain, own in (
                (shadows, shaded, speed), (walls, upright, speed), (aprons, pavement, faster),
            ):  # fmt: skip
                if hulls:
                    ring, number, lifted = hulls[t]
                    fast: Array = np.zeros((len(ring), n + 1, 2))
                    fast[:, :n], fast[:, n] = own[number], lifted
                    edge_moves(x, y, ring, fast, sigma, gain[t], rates, moved, widened)
            drift[:, t] = moved
            jac[:, :n, t] = rates[:, :n]
            jac[:, n, t] = np.tensordot(w.lean[t], moved, 1)
            jac[:, n + 1, t] = rates[:, n]
            jac[:, n + 2, t] = widened
        cover, body, union = drawn
        for b in range(bands):
            jac[b, n + 3] = cover[:, b]
            jac[b, n + 4] = cover[:, b] * facing
            jac[b, n + 5] = (union - body)[:, b] * ground[:, b]
            jac[b, n + 6] = (body - cover)[:, b]
            jac[b, n + 7 : n + 7 + COLOURS] = cover[:, b] * shares[:, None]
            jac[b, n + 7 + COLOURS] = paved[:, b]
            jac[b, n + 8 + COLOURS] = -paved[:, b] * ground[:, b]
        return jac, drift, slide, bend

    def _mixed(self, slide: Array, bend: Array) -> Array:
        """What the product of blurred outline and blurred ground lacks of their blurred product.

        For a Gaussian blur h of variance s, exactly h*(fg) is the sum over n of s^n / n! times the
        n-th derivatives of h*f and h*g, contracted; two terms suffice for ground that the blur
        leaves smooth. The ground is taken as it was expected before any roof was seen.
        """
        w = self.window
        rows, columns = w.lattice.north.size, w.lattice.east.size
        maps: Array = self._expected.T.reshape(-1, rows, columns)
        up = -1.0 if w.lattice.north[0] > w.lattice.north[-1] else 1.0
        east, north = _slope(maps, 2) / w.gsd, up * _slope(maps, 1) / w.gsd
        curves = (_slope(east, 2), up * _slope(north, 1), up * _slope(east, 1))
        steep = np.stack([east, north, *(c / w.gsd for c in curves)])
        tilt = np.einsum("tbk,skp->stbp", self._mixing, steep.reshape(5, maps.shape[0], -1))
        variance = (self.sigma() ** 2)[None, :, None]
        first = (slide * tilt[:2]).sum(axis=0)
        second = bend[0] * tilt[2] + bend[1] * tilt[3] + 2 * bend[2] * tilt[4]
        return variance * first - 0.5 * variance**2 * second


def _slope(maps: Array, axis: int) -> Array:
    """Derivative by the index along an axis, exact for cubics (five points)."""
    padded = np.moveaxis(maps, axis, -1)
    padded = np.concatenate([padded[..., :1]] * 2 + [padded] + [padded[..., -1:]] * 2, axis=-1)
    near = padded[..., 3:-1] - padded[..., 1:-3]
    far = padded[..., 4:] - padded[..., :-4]
    return np.moveaxis((8 * near - far) / 12, -1, axis)
