"""What kind of world to draw: everything that is chosen, not drawn.

`PLANT` is the kind that is bundled: a whole site with its distractors.
`MATCHED` and the worlds of `MISMATCHED` are for studies over many worlds: some
halls on textured ground, once with the simplest physics and then with one
assumption broken at a time, or all of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

CENTURY = 100
"""Years by which dates are shifted: 2117 stands for 2017. The leap years are the
same, so seasons and sun stay right, and no date can pass for an acquisition."""

GEOMETRY_STEP = date(2021 + CENTURY, 3, 30)
"""From here on the 10 m scenes are placed by a better reference, as in 2021."""

OFFSET_STEP = date(2022 + CENTURY, 1, 25)
"""From here on the 10 m pixels carry an offset of 1000, as in January 2022."""


@dataclass(frozen=True)
class Plan:
    """The scenes of one sensor."""

    sensor: str
    scenes: int
    pixels: int
    """Side of the square chip."""
    start: date
    end: date


@dataclass(frozen=True)
class Placement:
    """How well scenes are placed, standard deviations in pixels."""

    bias: float
    """Of each relative orbit, until the geometry step."""
    bias_after: float
    """The same after the step; a fresh draw, so the difference is a step."""
    jitter: float
    """Of each scene, until the step."""
    jitter_after: float
    """Of each scene, after the step."""


RAW = Placement(bias=0.30, bias_after=0.12, jitter=0.22, jitter_after=0.12)
"""As catalogues deliver: published figures are about 12 m before and 5 m (95 %) after."""

REGISTERED = Placement(bias=0.03, bias_after=0.03, jitter=0.08, jitter_after=0.08)
"""What a good registration leaves: a systematic step under 0.05 pixel, 0.15 at random."""

ALIGNED = Placement(bias=0.0, bias_after=0.0, jitter=0.0, jitter_after=0.0)
"""No displacement at all."""


@dataclass(frozen=True)
class Radiometry:
    """How well scenes agree in reflectance, standard deviations."""

    gain: float
    """Of a scene's brightness, relative, common to the bands."""
    band_gain: float
    """Of each band's brightness, relative."""
    bias: float
    """Of each band's offset, reflectance."""
    haze: float
    """Of a smooth field added to each scene, reflectance in the blue band."""


@dataclass(frozen=True)
class Spec:
    """One kind of world."""

    name: str
    layout: str
    """``plant`` (a whole site) or ``halls`` (halls on textured ground)."""
    plans: tuple[Plan, ...]
    halls: int = 10
    """Halls in the layout ``halls``: one reference, one new hall, and others."""
    hall_area: tuple[float, float] = (1500.0, 7000.0)
    """Roof areas of the other halls, square metres, drawn log-uniformly."""
    ratio: tuple[float, float] = (0.25, 2.5)
    """Roof area of the new hall over that of the reference, drawn log-uniformly."""
    reference_before: bool = False
    """Whether the reference hall is built inside the series, in the layout ``halls``."""
    outlines: tuple[str, ...] = ("rectangle",)
    """Shapes of halls to choose from; see `analysis.simulate.outlines`."""
    psf: tuple[str, ...] = ("gaussian",)
    """Families of point-spread functions to choose from."""
    anisotropy: float = 1.0
    """Largest ratio of the two widths of a point-spread function."""
    resampled: bool = False
    """Whether pixels were measured on a turned, coarser grid and then resampled by splines."""
    noise: str = "white"
    """``white``, ``heavy`` (Student, four degrees of freedom) or ``correlated``."""
    noise_scale: float = 1.0
    """Factor on the sensor's noise."""
    texture: float = 0.10
    """Standard deviation of the ground's brightness, relative."""
    placement: Placement = REGISTERED
    radiometry: Radiometry = Radiometry(gain=0.004, band_gain=0.003, bias=0.0007, haze=0.0)
    height: tuple[float, float] = (0.0, 0.0)
    """Heights of halls in metres: they cast shadows and lean."""
    eaves: tuple[float, float] = (0.0, 0.0)
    """Overhang of the roof over the wall, metres."""
    gable: tuple[float, float] = (0.0, 0.0)
    """Pitch of roofs, degrees: their two slopes differ in brightness."""
    apron: float = 0.0
    """Width of the ground around a hall that is dug up with it and never grows back, metres."""
    covers: tuple[int, ...] = (1,)
    """Numbers of colours on a roof to choose from."""
    recover: float = 0.0
    """Probability that a standing hall is re-covered in another colour."""
    terrain: float = 0.0
    """Standard deviation of the terrain model's error, metres: displaces by orbit."""
    still: bool = False
    """Whether everything stands from the start, so that every event found is a false alarm."""
    clouds: bool = True
    snow: bool = False
    baselines: bool = False
    """Whether 10 m scenes from `OFFSET_STEP` on carry the offset."""
    wrong_flags: int = 0
    """How many 10 m scenes declare a baseline and offset that their pixels do not have."""


_EIGHT_YEARS = (date(2017 + CENTURY, 1, 1), date(2024 + CENTURY, 12, 31))
_FIVE_YEARS = (date(2020 + CENTURY, 1, 1), date(2024 + CENTURY, 12, 31))

PLANT = Spec(
    name="plant",
    layout="plant",
    plans=(
        Plan("sim-10m", 60, 200, *_EIGHT_YEARS),
        Plan("sim-3m", 12, 300, date(2019 + CENTURY, 3, 1), _EIGHT_YEARS[1]),
    ),
    outlines=("rectangle",),
    psf=("gaussian",),
    placement=RAW,
    radiometry=Radiometry(gain=0.02, band_gain=0.008, bias=0.003, haze=0.004),
    height=(8.0, 13.0),
    eaves=(0.4, 1.0),
    gable=(3.0, 7.0),
    apron=6.0,
    covers=(1, 1, 3),
    terrain=8.0,
    snow=True,
    baselines=True,
)
"""The bundled kind of world."""

MATCHED = Spec(
    name="matched",
    layout="halls",
    plans=(Plan("sim-10m", 24, 80, *_FIVE_YEARS),),
)
"""The simplest physics: what a fitter is likely to assume. Figures from it flatter."""

MISMATCHED = {
    "optics": replace(
        MATCHED,
        name="optics",
        psf=("airy-box", "defocus-box", "gaussian-wings"),
        anisotropy=1.25,
    ),
    "resampled": replace(MATCHED, name="resampled", resampled=True),
    "terrain": replace(MATCHED, name="terrain", terrain=12.0, height=(6.0, 14.0)),
    "shapes": replace(
        MATCHED,
        name="shapes",
        outlines=("l-shape", "annex", "round-ends", "skewed"),
        covers=(1, 2, 3),
        gable=(2.0, 8.0),
        eaves=(0.3, 1.2),
    ),
    "noise": replace(MATCHED, name="noise", noise="heavy", noise_scale=1.5),
    "correlated": replace(MATCHED, name="correlated", noise="correlated", noise_scale=1.5),
    "all": replace(
        MATCHED,
        name="all",
        psf=("airy-box", "defocus-box", "gaussian-wings"),
        anisotropy=1.2,
        resampled=True,
        terrain=10.0,
        height=(6.0, 14.0),
        outlines=("rectangle", "l-shape", "annex", "round-ends", "skewed"),
        covers=(1, 2, 3),
        gable=(2.0, 8.0),
        eaves=(0.3, 1.2),
        apron=4.0,
        noise="heavy",
        noise_scale=1.3,
        recover=0.2,
    ),
}
"""Worlds that break a fitter's assumptions: one each, and all at once."""

SPECS = {s.name: s for s in (PLANT, MATCHED, *MISMATCHED.values())}
"""Every kind of world by name."""


def with_scenes(
    spec: Spec, scenes: int, sensor: str = "sim-10m", pixels: int | None = None
) -> Spec:
    """``spec`` with one sensor and another number of scenes, and another chip if asked for.

    Halls keep their size in metres, so at 3 m a chip of the same extent has
    more pixels: the default is the extent of the spec's own chip.
    """
    own = spec.plans[0]
    gsd = {"sim-10m": 10.0, "sim-3m": 3.0}
    side = pixels or 2 * round(own.pixels * gsd[own.sensor] / gsd[sensor] / 2)
    return replace(spec, plans=(replace(own, sensor=sensor, scenes=scenes, pixels=side),))
