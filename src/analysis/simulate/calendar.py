"""When scenes are taken, from where, in what weather, and how well they are placed."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta
from statistics import NormalDist

import numpy as np

from analysis.simulate import sun
from analysis.simulate.chance import stream, uniform
from analysis.simulate.sensors import SENSORS, Sensor
from analysis.simulate.spec import GEOMETRY_STEP, OFFSET_STEP, Placement, Plan, Spec
from analysis.simulate.world import LATITUDE, LONGITUDE, Scene

ORBITS = (38, 81)
"""Relative orbits whose swaths overlap at the place; invented numbers."""

REPEAT_DAYS = 5
"""Days after which one of two platforms passes on the same orbit."""

OVERPASS = time(13, 27)
"""Coordinated time of the 10 m passes: about ten to eleven in the morning by the sun."""

BOA_OFFSET = 1000
"""Digital numbers added from baseline 04.00 on."""

GENERATION_STEP = date(2120, 9, 1)
"""From here on most 3 m platforms are of the second generation."""


def scenes(seed: int, spec: Spec) -> tuple[Scene, ...]:
    """All scenes of a world, in the order of time."""
    found: list[Scene] = []
    for plan in spec.plans:
        draw = _public if plan.sensor == "sim-10m" else _commercial
        found += draw(seed, spec, plan)
    found.sort(key=lambda s: (s.datetime, s.id))
    numbered = [Scene(**{**s.__dict__, "number": i}) for i, s in enumerate(found)]
    return tuple(_wrong(seed, spec, numbered))


def _days(chance: np.random.Generator, plan: Plan, candidates: list[date]) -> list[date]:
    """As many of the candidate days as planned; fewer in the rains and in deep winter."""
    weight = np.array([_visibility(d) for d in candidates])
    number = min(plan.scenes, len(candidates))
    chosen = chance.choice(len(candidates), number, replace=False, p=weight / weight.sum())
    return [candidates[i] for i in sorted(chosen)]


def _visibility(when: date) -> float:
    """How much likelier a day is to be kept than a day in the rains."""
    return {7: 0.35, 8: 0.45, 12: 0.7, 1: 0.7, 2: 0.8}.get(when.month, 1.0)


def _public(seed: int, spec: Spec, plan: Plan) -> list[Scene]:
    chance = stream(seed, "scenes", plan.sensor)
    sensor = SENSORS[plan.sensor]
    span = (plan.end - plan.start).days + 1
    phases = (int(chance.integers(0, 5)), int(chance.integers(0, 5)))
    if phases[0] == phases[1]:
        phases = (phases[0], (phases[0] + 2) % REPEAT_DAYS)
    slots = {
        plan.start + timedelta(days=d): side
        for side, phase in enumerate(phases)
        for d in range(phase, span, REPEAT_DAYS)
    }
    views = [(uniform(chance, (3.0, 9.5)), 103.0), (uniform(chance, (3.0, 9.5)), 283.0)]
    places = _Places(chance, spec.placement, sensor.gsd)
    made = []
    for day in _days(chance, plan, sorted(slots)):
        side = slots[day]
        offset = BOA_OFFSET if spec.baselines and day >= OFFSET_STEP else 0
        baseline = "04.00" if offset else "03.01"
        platform = f"{plan.sensor}-{'ab'[(day - plan.start).days // REPEAT_DAYS % 2]}"
        when = datetime.combine(day, OVERPASS, UTC) + timedelta(
            seconds=side * 600 + round(float(chance.normal(0, 20)))
        )
        made.append(
            _scene(
                chance,
                spec,
                sensor,
                when,
                platform,
                generation=1,
                orbit=ORBITS[side],
                view=views[side],
                shift=places.shift(side, day),
                baseline=baseline,
                offset=offset,
            )
        )
    return made


def _commercial(seed: int, spec: Spec, plan: Plan) -> list[Scene]:
    chance = stream(seed, "scenes", plan.sensor)
    sensor = SENSORS[plan.sensor]
    span = (plan.end - plan.start).days + 1
    every = [plan.start + timedelta(days=d) for d in range(span)]
    days = _days(chance, plan, every)
    step = span / max(plan.scenes, 1)
    if plan.scenes <= 40:  # a few scenes are ordered with an eye to their spacing
        days = [
            plan.start + timedelta(days=int((i + chance.uniform(0.1, 0.9)) * step))
            for i in range(plan.scenes)
        ]
    made = []
    raw = spec.placement.bias > 0.1
    spread = 1.0 if raw else spec.placement.jitter_after
    for day in days:
        generation = 2 if day >= GENERATION_STEP and chance.random() < 0.85 else 1
        when = datetime.combine(day, time(13, 5), UTC) + timedelta(
            seconds=int(chance.integers(0, 4200))
        )
        shift = chance.normal(0, spread, 2) * sensor.gsd
        made.append(
            _scene(
                chance,
                spec,
                sensor,
                when,
                f"{plan.sensor}-{int(chance.integers(1, 130)):03d}",
                generation=generation,
                orbit=0,
                view=(abs(float(chance.normal(0, 2.2))), float(chance.choice([98.0, 278.0]))),
                shift=(float(shift[0]), float(shift[1])),
                baseline="",
                offset=0,
            )
        )
    return made


class _Places:
    """Where scenes lie: a bias for each orbit and epoch, and a jitter for each scene."""

    def __init__(self, chance: np.random.Generator, placement: Placement, gsd: float) -> None:
        self._chance, self._placement, self._gsd = chance, placement, gsd
        self._bias = chance.normal(0, placement.bias, (2, 2))
        self._after = chance.normal(0, placement.bias_after, (2, 2))

    def shift(self, side: int, day: date) -> tuple[float, float]:
        """Metres east and north."""
        later = day >= GEOMETRY_STEP
        bias = self._after[side] if later else self._bias[side]
        jitter = self._placement.jitter_after if later else self._placement.jitter
        east, north = (bias + self._chance.normal(0, jitter, 2)) * self._gsd
        return float(east), float(north)


def _scene(
    chance: np.random.Generator,
    spec: Spec,
    sensor: Sensor,
    when: datetime,
    platform: str,
    *,
    generation: int,
    orbit: int,
    view: tuple[float, float],
    shift: tuple[float, float],
    baseline: str,
    offset: int,
) -> Scene:
    azimuth, elevation = sun.position(when, LATITUDE, LONGITUDE)
    light = spec.radiometry
    common = float(chance.normal(0, light.gain))
    gain = {b: float(1 + common + chance.normal(0, light.band_gain)) for b in sensor.bands}
    bias = {b: float(chance.normal(0, light.bias)) for b in sensor.bands}
    cloud, cirrus = _clouds(chance, when.date(), sensor) if spec.clouds else (0.0, 0.0)
    snow = _snow(chance, when.date()) if spec.snow else 0.0
    name = sensor.name.removeprefix("sim-")
    return Scene(
        id=f"simulated-{name}-{when:%Y%m%d}",
        number=0,
        sensor=sensor.name,
        generation=generation,
        platform=platform,
        datetime=when,
        orbit=orbit,
        sun_azimuth=azimuth,
        sun_elevation=elevation,
        incidence=view[0],
        view_azimuth=view[1],
        shift_m=shift,
        baseline=baseline,
        offset=offset,
        declared_baseline=baseline,
        declared_offset=offset,
        cloud=cloud,
        cirrus=cirrus,
        snow=snow,
        moisture=float(1 - 0.16 * chance.beta(1.2, 4.0)),
        gain=gain,
        bias=bias,
        haze=float(abs(chance.normal(0, light.haze))),
    )


def _clouds(chance: np.random.Generator, when: date, sensor: Sensor) -> tuple[float, float]:
    """Share of cloud, and opacity of cirrus; a user orders 3 m scenes when it is clear."""
    rains = when.month in (6, 7, 8)
    kind = chance.random() + (0.15 if rains else 0.0)
    if sensor.name == "sim-3m":
        return (0.0 if kind < 0.8 else uniform(chance, (0.03, 0.2))), 0.0
    if kind < 0.58:
        share = 0.0 if chance.random() < 0.6 else uniform(chance, (0.005, 0.05))
    elif kind < 0.85:
        share = uniform(chance, (0.05, 0.35))
    else:
        share = uniform(chance, (0.35, 0.85))
    cirrus = uniform(chance, (0.02, 0.09)) if chance.random() < 0.12 else 0.0
    return share, cirrus


def _snow(chance: np.random.Generator, when: date) -> float:
    """Share of the ground under snow."""
    likely = {12: 0.35, 1: 0.55, 2: 0.5, 3: 0.2, 11: 0.1}.get(when.month, 0.0)
    if chance.random() >= likely:
        return 0.0
    return uniform(chance, (0.15, 1.0)) if chance.random() < 0.6 else 1.0


def quantile(share: float) -> float:
    """The value above which a standard normal field lies over this share of the ground."""
    if share <= 0:
        return math.inf
    return -math.inf if share >= 1 else NormalDist().inv_cdf(1 - share)


def _wrong(seed: int, spec: Spec, drawn: list[Scene]) -> list[Scene]:
    """Give some 10 m scenes a baseline and offset that their pixels do not have."""
    with_baseline = [s.number for s in drawn if s.baseline]
    number = min(spec.wrong_flags, len(with_baseline))
    if not number:
        return drawn
    chosen = stream(seed, "flags").choice(with_baseline, number, replace=False)
    made = list(drawn)
    for index in chosen:
        scene = made[int(index)]
        swapped = ("03.01", 0) if scene.offset else ("04.00", BOA_OFFSET)
        made[int(index)] = Scene(
            **{**scene.__dict__, "declared_baseline": swapped[0], "declared_offset": swapped[1]}
        )
    return made
