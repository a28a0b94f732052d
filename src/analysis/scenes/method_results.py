"""Results of the method page: what the steps do in one simulated world, beside its truth."""

from __future__ import annotations

import pandas as pd

from analysis.results import Result, Scalar
from analysis.scenes.method import SENSOR, Shown
from analysis.scenes.prepare import CLEAR

FILES = ("file:data/scenes/catalog.json", "file:data/scenes/truth.json")
COVERAGE = "coverage on simulated worlds"
"""Words that stand beside a share of intervals that hold the truth."""

COUNT = "a count over the scenes of one simulated world; nothing is sampled"
TRUTH = "compared with the drawn truth of one simulated world; the study over many worlds is apart"
GEOMETRY_STEP = "2121-03-30"
"""Date of the geometry step in the bundled world: epochs are compared across it."""

NORMAL_90 = 1.6449
"""Standard deviations on either side that hold 90 % of a normal distribution."""

SENSORS = (SENSOR, "3m")


def spread(table: pd.DataFrame, name: str) -> float:
    """Standard deviation between dates of the level of stable ground at one stage."""
    rows = table[table["used"].astype(bool) & (table["sensor"] == SENSOR)]
    return float(rows[name].std(ddof=0))


def results(found: Shown) -> list[Result]:
    """All results of the page, sorted by key."""
    table = found.scenes
    used = table["used"].astype(bool)
    every = tuple(f"scene:{i}" for i in table["id"])
    own = table[used & (table["sensor"] == SENSOR)]
    ids = tuple(f"scene:{i}" for i in own["id"])
    cloudless = ~used & (table["catalogue_cloud"].astype(float) <= 100 * (1 - CLEAR))
    made = [
        _one("scenes.listed", len(table), "scenes", "Scenes that the bundled catalogue lists",
             "analysis.scenes.prepare.prepare", every, COUNT),
        _one("scenes.used", int(used.sum()), "1", "Scenes that are used, of those listed",
             "analysis.scenes.prepare.prepare", (*every, "choice:scenes.clear-share"), COUNT,
             of=len(table)),
        _one("scenes.left.low_cloud", int(cloudless.sum()), "1",
             "Scenes left out although their catalogue states too little cloud for that",
             "analysis.scenes.prepare.prepare", (*every, "choice:scenes.clear-share"), COUNT,
             of=int((~used).sum())),
        _one("scenes.gate.caught", found.caught, "1",
             "Wrong offsets given to one scene after another that the gate named",
             "analysis.scenes.gate.judge", (*ids, "choice:scenes.gate-tolerance"), COUNT,
             of=found.tried),
        _one("scenes.gate.false_alarms", found.false_alarms, "1",
             "Scenes with the right offset that the gate named",
             "analysis.scenes.gate.judge", (*ids, "choice:scenes.gate-tolerance"), COUNT,
             of=len(own)),
    ]  # fmt: skip
    made += _masks(own, ids)
    for name, what in (("numbers", "from the numbers alone"), ("reflectance", "with the offsets"),
                       ("normalised", "after normalisation")):  # fmt: skip
        made.append(_one(f"scenes.level.{name}", spread(table, name), "1",
                         f"Standard deviation between dates of red on stable ground, {what}",
                         "analysis.scenes.normalise.fit", ids, TRUTH))  # fmt: skip
    for sensor in SENSORS:
        made += _registration(table[used & (table["sensor"] == sensor)], sensor)
    return sorted(made, key=lambda result: result.key)


def _masks(own: pd.DataFrame, ids: tuple[str, ...]) -> list[Result]:
    rims = (*ids, "choice:scenes.mask-rims")
    found = []
    for key, column, what in (
        ("flagged", "flagged", "share of the area that a scene's own classes flag"),
        ("masked", "masked", "share of the area that is not in plain sight"),
        ("perimeter", "perimeter", "share of the perimeter that is not in plain sight"),
    ):
        values = own[column].astype(float)
        for name, value in (("median", values.median()), ("largest", values.max())):
            statement = f"{name.capitalize()} over the used dates: {what}"
            found.append(
                _one(f"scenes.{key}.{name}", float(value), "1", statement,
                     "analysis.scenes.masks.valid", rims, COUNT, percent=True)
            )  # fmt: skip
    return found


def _registration(rows: pd.DataFrame, sensor: str) -> list[Result]:
    ids = (*(f"scene:{i}" for i in rows["id"]), "choice:scenes.agreement")
    method = "analysis.scenes.registration.register"
    late = rows["date"] >= GEOMETRY_STEP
    before = max(float(rows[f"true_{axis}"].std(ddof=0)) for axis in "yx")
    random = max(float(rows[f"error_{axis}"].std(ddof=0)) for axis in "yx")
    step = max(abs(float(rows[late][f"error_{axis}"].mean() - rows[~late][f"error_{axis}"].mean()))
               for axis in "yx")  # fmt: skip
    inside = sum(int((rows[f"error_{a}"].abs() <= NORMAL_90 * rows[f"sd_{a}"]).sum()) for a in "yx")
    key = f"scenes.registration.{sensor}"
    return [
        _one(f"{key}.before", before, "pixels", f"Spread of the drawn positions, {sensor} sensor",
             method, ids, TRUTH),
        _one(f"{key}.random", random, "pixels", "Spread of the errors of position after "
             f"registration, {sensor} sensor", method, ids, TRUTH),
        _one(f"{key}.step", step, "pixels", "Systematic error of position between the epochs "
             f"before and after the drawn geometry step, {sensor} sensor", method, ids, TRUTH),
        _one(f"{key}.inside", inside, "1", "Errors of position, both axes, inside their stated "
             f"90 % interval, {sensor} sensor: coverage on simulated worlds", method, ids, COUNT,
             of=2 * len(rows)),
    ]  # fmt: skip


def _one(
    key: str,
    value: Scalar,
    unit: str,
    statement: str,
    method: str,
    inputs: tuple[str, ...],
    why: str,
    *,
    of: int | None = None,
    percent: bool = False,
) -> Result:
    return Result(
        key=key, value=value, unit=unit, kind="simulated", statement=statement, method=method,
        inputs=(*FILES, *inputs), why_no_interval=why, percent=percent,
        label=COVERAGE if key.endswith(".inside") else None,
        coverage="simulated" if key.endswith(".inside") else None,
        extra={} if of is None else {"of": of},
    )  # fmt: skip
