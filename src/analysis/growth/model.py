"""The forward model linearised, and everything but geometry and blur eliminated exactly.

All other unknowns (ground, roof, colours, slopes, sky, walls, what is left of shifts) enter
linearly at the current point; they are eliminated by Schur complements, so that the normal
equations of the shared parameters carry the whole uncertainty of the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.growth.forward import (
    COLOURS,
    OWN,
    ROOF,
    STEPS,
    TAKEN,
    TAKEN_ALIKE,
    WALL,
    WHOLE_SD,
    YARD_SD,
    Forward,
    Geometry,
)
from analysis.growth.normal import gather, whitened

Array = NDArray[np.floating]

ROOF_DATE_SD = 0.03
"""Of a roof's level from date to date: wetness, dust, sun and view."""

SLOPE_SD = 0.10
"""Of the brightness of a slope per unit of sun from the side, times reflectance."""

STEP_SD, STEP_FREEDOM = 0.004, 4.0
"""Prior of a step between neighbouring pieces of roof, and how many bands it weighs."""

WIDEST = 0.4
"""Largest logarithm of a blur's width against its prior's centre: a fit that asks for more has
mistaken something else for blur."""

DARK = 0.35
"""Share of the ground's mean reflectance below which an apron is no ground."""

MOST_OFF = 0.85
"""Distance from a half beyond which an apron's share of the ground, mean over the bands, is none:
the share is poorly known, and may come out a little below nothing or above all."""

BEND = 3.0
"""Deviations from which a residual counts by its size, no longer by its square (pseudo-Huber):
odd pixels lose weight, yet a wrong outline can never lock itself in by calling them odd."""


@dataclass
class System:
    """Normal equations of the shared parameters after elimination."""

    matrix: Array
    right: Array
    cost: float


class Model(Forward):
    """One window's share of the fit.

    Shared parameters, in order: the outline's (q), lift, height, and the logarithm of
    the blur's width for each band (b).
    """

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
        cast = at.height > 0 and bool(w.shade.any())
        body = union = cover
        shadows, walls = [], []
        if cast:
            shadows = self._hulls(at, True)
            if w.lean.any():
                walls = self._hulls(at, False)
                body = np.maximum(self._drawn(at, walls), cover)
            union = np.maximum(self._drawn(at, shadows), body)
        dark, wall = (1 - self.sky)[None, :, None], self.wall[None, :, None]
        aprons = self._aprons(at) if self.apron > 0 else []
        paved, light = np.zeros_like(cover), np.ones_like(cover)
        if aprons:
            paved, light = self._paved(at, aprons, shadows, body)
        bare = 1 - body - dark * (union - body) - self.taken[None, :, None] * paved
        jac, drift, slide, bend = self._derivatives(
            at, (cover, body, union), roof, ground, shares, facing, shadows, walls,
            aprons, paved, light,
        )  # fmt: skip
        rest = w.values - bare * ground - cover * roof - (body - cover) * wall
        rest -= paved * self.yard[None, :, None]
        rest -= self._mixed(slide, bend)
        scaled = rest / noise[:, :, None]
        root = np.sqrt(1 + (scaled / BEND) ** 2)
        weight = w.usable / root / noise[:, :, None] ** 2
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
            made = gather(
                jac[b], drift[:, :, b], weight[:, b], rest[:, b], cover[:, b], bare[:, b],
                self._mixing[:, b],
            )  # fmt: skip
            h[np.ix_(index, index)] += made.own
            g[index] += made.right
            h[np.ix_(index, level[:, b])] = made.level
            h[np.ix_(level[:, b], index)] = made.level.T
            h[level[:, b], level[:, b]] = made.levels
            g[level[:, b]] = made.level_right
            for s in range(2):
                h[np.ix_(index, move[:, s])] += made.move[:, :, s]
                h[np.ix_(move[:, s], index)] += made.move[:, :, s].T
                h[level[:, b], move[:, s]] = made.level_move[:, s]
                h[move[:, s], level[:, b]] = made.level_move[:, s]
                for r in range(2):
                    h[move[:, s], move[:, r]] += made.moves[:, s, r]
                g[move[:, s]] += made.move_right[:, s]
                cross[move[:, s]] += made.move_field[:, s]
            cross[index] += made.field
            cross[level[:, b]] = made.level_field
            inner += made.fields
            gt += made.field_right
        cost += self._priors(h, g, q, z)
        inverse = np.linalg.inv(inner)
        half = np.linalg.cholesky(inverse)
        v = whitened(cross, half)
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

    def _priors(self, h: Array, g: Array, q: int, z: int) -> float:
        """Add the priors of own unknowns; returns their part of the cost."""
        w = self.window
        bands, dates = len(w.bands), w.dates
        mean = np.concatenate([
            np.full(bands, ROOF[0]), np.zeros(bands), self._sky, np.full(bands, WALL[0]),
            np.zeros(COLOURS * bands), self.yard, self.taken, np.zeros(dates * bands),
        ])  # fmt: skip
        spread = np.concatenate([
            np.full(bands, ROOF[1]), np.full(bands, SLOPE_SD), np.full(bands, self.sky_sd),
            np.full(bands, WALL[1]),
            np.full(COLOURS * bands, WHOLE_SD), np.full(2 * bands, np.inf),
            np.full(dates * bands, ROOF_DATE_SD),
        ])  # fmt: skip
        now = np.concatenate([
            self.roof, self.slope, self.sky, self.wall, self.colour.ravel(), self.yard, self.taken,
            self.level.ravel(),
        ])  # fmt: skip
        own = np.arange(q, q + now.size)
        off = (mean - now) / spread**2
        h[own, own] += spread**-2.0
        g[own] += off
        stiff = STEPS.T @ (STEPS / self.colour_sd[:, None] ** 2)
        for b in range(bands):
            pieces = q + b + bands * (4 + np.arange(COLOURS))
            h[np.ix_(pieces, pieces)] += stiff
            g[pieces] -= stiff @ self.colour[:, b]
        stepped = float((((STEPS @ self.colour) / self.colour_sd[:, None]) ** 2).sum())
        paving = q + (4 + COLOURS) * bands + np.arange(2 * bands)
        known, wanted = self._apron_prior()
        apron = np.r_[self.yard, self.taken]
        h[np.ix_(paving, paving)] += known
        g[paving] += wanted - known @ apron
        stepped += (
            float(apron @ known @ apron - 2 * wanted @ apron) + bands * (TAKEN[0] / TAKEN[1]) ** 2
        )
        i = z + dates * bands
        for t in range(dates):
            part = slice(i + 2 * t, i + 2 * t + 2)
            h[part, part] += w.shift_precision[t]
            g[part] -= w.shift_precision[t] @ self.jitter[t]
        moved = np.einsum("ts,tsr,tr->", self.jitter, w.shift_precision, self.jitter)
        return 0.5 * float((((mean - now) / spread) ** 2).sum() + stepped + moved)

    def _apron_prior(self) -> tuple[Array, Array]:
        """Precision of an apron's yard and share by band (2b, 2b), and precision times mean."""
        bands = len(self.window.bands)
        one: Array = np.eye(bands)
        colour = np.hstack([one, -np.diag(self._soil)]) / YARD_SD
        alike = np.hstack([np.zeros((bands - 1, bands)), np.diff(one, axis=0)]) / TAKEN_ALIKE
        share = np.hstack([np.zeros((bands, bands)), one]) / TAKEN[1]
        precision = colour.T @ colour + alike.T @ alike + share.T @ share
        return precision, share.sum(axis=0) * TAKEN[0] / TAKEN[1]

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
        self.widths = np.clip(self.widths + step[q - bands :], -WIDEST, WIDEST)
        parts = np.split(own, np.cumsum([
            bands, bands, bands, bands, COLOURS * bands, bands, bands, dates * bands,
        ]))  # fmt: skip
        self.roof = self.roof + parts[0]
        self.slope = self.slope + parts[1]
        self.sky = np.clip(self.sky + parts[2], 0.0, 0.9)
        self.wall = np.clip(self.wall + parts[3], 0.0, 0.6)
        self.colour = self.colour + parts[4].reshape(COLOURS, bands)
        self.yard = self.yard + parts[5]
        self.taken = self.taken + parts[6]
        self.level = self.level + parts[7].reshape(dates, bands)
        self.jitter = self.jitter + parts[8].reshape(dates, 2)

    def state(self) -> dict[str, Array]:
        """Own unknowns, to come back to."""
        names = (
            "widths",
            "level",
            "roof",
            "colour",
            "slope",
            "sky",
            "wall",
            "apron",
            "yard",
            "taken",
            "jitter",
            "fields",
            "cost",
            "colour_sd",
            "_curvature",
        )
        return {n: np.array(getattr(self, n)) for n in names}

    def residual(self) -> tuple[Array, Array, Array, Array]:
        """What `fractions` and `misfit` are read off, to come back to."""
        rest, weight, cover, contrast = self._residual
        return rest, weight, cover, contrast

    def restore(self, state: dict[str, Array], residual: tuple[Array, Array, Array, Array]) -> None:
        """Go back to `state`."""
        for name, value in state.items():
            setattr(self, name, value.copy())
        self._residual = residual

    def learn_colours(self) -> None:
        """Set the sizes of the colours' steps to what the colours show (empirical Bayes)."""
        bands = len(self.window.bands)
        i = slice(4 * bands, (4 + COLOURS) * bands)
        whole = np.linalg.inv(self._curvature)[i, i].reshape(COLOURS, bands, COLOURS, bands)
        variance = np.einsum("ji,ibkb,jk->jb", STEPS, whole, STEPS)
        seen = ((STEPS @ self.colour) ** 2 + variance).sum(axis=1)
        learnt = (STEP_FREEDOM * STEP_SD**2 + seen) / (STEP_FREEDOM + bands)
        self.colour_sd = np.clip(np.sqrt(learnt), 0.002, 0.25)

    def apron_is_ground(self, at: Geometry) -> bool:
        """Whether an apron, if there is one, has a shape, took ground and shows ground.

        A dark rim of a roof shows less than any ground, and texture that the fields do not hold
        looks like a ring in which there is more of the ground than all.
        """
        ground = self._mean.mean(axis=0)
        seen = (1 - self.taken) * ground + self.yard
        took = abs(float(self.taken.mean()) - 0.5) < MOST_OFF
        shaped = self.outline.polygon(self._grown(at)).is_valid
        return not self.apron > 0 or bool((seen > DARK * ground).all() and took and shaped)

    def apron_cost(self) -> float:
        """What an apron's own unknowns cost the evidence: how much the data narrow their priors."""
        if not self.apron > 0:
            return 0.0
        bands = len(self.window.bands)
        i = np.arange((4 + COLOURS) * bands, OWN * bands)
        wide = np.linalg.slogdet(self._apron_prior()[0])[1]
        narrow = -np.linalg.slogdet(np.linalg.inv(self._curvature)[np.ix_(i, i)])[1]
        return float(0.5 * (narrow - wide))

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
