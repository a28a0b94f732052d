"""Draw a world: choose every true value, render nothing."""

from __future__ import annotations

import math

import numpy as np

from analysis.simulate import materials
from analysis.simulate.calendar import scenes
from analysis.simulate.chance import stream, uniform
from analysis.simulate.layout import Site, halls, tinted
from analysis.simulate.plant import plant
from analysis.simulate.psf import Psf, gaussian_sigma
from analysis.simulate.sensors import SENSORS, Sensor
from analysis.simulate.spec import PLANT, Spec
from analysis.simulate.world import Optics, World

TRIES = 60
"""Layouts to try before a world is given up: some draws leave no room for a large hall."""

HEADING = 12.0
"""Degrees by which the sensors' axes are turned from north."""


def draw(seed: int, spec: Spec = PLANT) -> World:
    """The world of this seed: everything true about it, in some milliseconds.

    Parameters
    ----------
    seed
        Any non-negative integer. The same seed and spec give the same world
        in every process.
    spec
        The kind of world; see `analysis.simulate.spec`.

    Raises
    ------
    ValueError
        If the halls of the spec do not fit into its chip.
    """
    site = _site(seed, spec)
    chance = stream(seed, "climate")
    years = max(p.end.year for p in spec.plans) - min(p.start.year for p in spec.plans) + 1
    seasons = tuple(
        (float(chance.normal(0, 6)), float(np.clip(chance.normal(0.9, 0.08), 0.6, 1.0)))
        for _ in range(years)
    )
    return World(
        seed=seed,
        spec=spec,
        angle=site.angle,
        wildness=spec.texture,
        greenness=uniform(chance, (0.35, 0.75)),
        soil=tinted(chance, materials.SOIL, 0.12),
        seasons=seasons,
        buildings=tuple(site.buildings),
        patches=tuple(site.patches),
        fields=tuple(site.fields),
        zones=site.zones,
        optics={p.sensor: _optics(seed, spec, SENSORS[p.sensor]) for p in spec.plans},
        scenes=scenes(seed, spec),
    )


def _site(seed: int, spec: Spec) -> Site:
    """Things on the ground; drawn anew until the halls have room.

    The ratio has a stream of its own, so that a draw that is given up does not
    favour small halls.
    """
    place = {"halls": halls, "plant": plant}[spec.layout]
    for attempt in range(TRIES):
        chance = stream(seed, "site", attempt)
        site = Site(chance, stream(seed, "sizes"), spec, uniform(chance, (-40.0, 40.0)))
        try:
            place(site)
        except ValueError:
            if attempt == TRIES - 1:
                raise
        else:
            return site
    raise AssertionError("unreachable")


def _optics(seed: int, spec: Spec, sensor: Sensor) -> Optics:
    chance = stream(seed, "optics", sensor.name)
    family = str(chance.choice(list(spec.psf)))
    common = uniform(chance, (1 - sensor.mtf_spread, 1 + sensor.mtf_spread))
    stretch = uniform(chance, (1.0, spec.anisotropy)) if spec.anisotropy > 1 else 1.0
    psf = {}
    for band in sensor.bands:
        width = gaussian_sigma(sensor.mtf[band]) * common * math.exp(chance.normal(0, 0.02))
        transfer = math.exp(-0.5 * (math.pi * width) ** 2)
        psf[band] = Psf(family, transfer, stretch, HEADING)
    native = None
    if spec.resampled:
        native = (
            uniform(chance, (1.0, 1.15)),
            uniform(chance, (-8.0, 8.0)),
            uniform(chance, (0.0, 1.0)),
            uniform(chance, (0.0, 1.0)),
        )
    leak = tuple(float(abs(chance.normal(0.06, 0.03))) for _ in sensor.bands)
    return Optics(sensor.name, psf, native, leak)
