"""What the study of drawn estates says of the count, as results."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from analysis import paths
from analysis.errors import UserError
from analysis.results import Result
from analysis.steps import step

STUDY = "bench/results/blocks.json"
"""Where ``python -m bench blocks`` writes the study."""

STEM = "housing.imagery.study"


@step(reads=("bench/results",))
def read() -> dict[str, Any]:
    """The committed study.

    Raises
    ------
    UserError
        If it is missing or is no study of this kind.
    """
    return parts(STUDY, "blocks", ("level", "all", "by_scenes", "ten_metres", "across"))


def parts(file: str, what: str, names: Sequence[str]) -> dict[str, Any]:
    """Some parts of a committed study.

    Raises
    ------
    UserError
        If it is missing or is no study of this kind.
    """
    try:
        content = json.loads((paths.project_root() / file).read_text(encoding="utf-8"))
        return {name: content[name] for name in names}
    except FileNotFoundError:
        raise UserError(f"{file} is missing: run `make bench`") from None
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{file} is no study of {what}: {error}") from None


def results() -> list[Result]:
    """How often the interval held the true number, how wide it was, and what 10 m pixels do."""
    found = read()
    every, coarse = found["all"], found["ten_metres"]
    said = f"the {100 * found['level']:g} % interval of the number of blocks"
    made = [
        _one("worlds", every["worlds"], "drawn estates",
             "Drawn estates with a known number of blocks"),
        _one("coverage", every["coverage"], "1",
             f"Drawn estates in which {said} held the true number", every["coverage_interval90"]),
        _one("held", every["held_by_posterior"], "1",
             f"Probability that {said} claims, on average: whole numbers seldom hold it exactly"),
        _one("width", every["mean_width"], "blocks", f"Mean width of {said}"),
        _one("gap", every["pit_gap"], "1",
             "Largest distance of the randomised probability integral transform from uniform"),
        _one("band", every["pit_band95"], "1",
             "Largest such distance that the simultaneous 95 % band allows (Kolmogorov)"),
        _one("missed", every["missed"], "drawn estates",
             f"Drawn estates in which {said} missed the true number"),
        _one("missed_more", every["missed_more"], "drawn estates",
             "Of them, those that hold more blocks than it allowed"),
        _one("sureness", _sureness(every), "text",
             f"Whether {said} claims more than it held"),
        _one("verdict", "inside" if every["pit_gap"] <= every["pit_band95"] else "outside", "text",
             "Where the transform lies against its band"),
        _one("uncorrected", every["seen_is_truth"], "1",
             "Drawn estates in which the number of blocks seen was the true number"),
        _one("coarse.worlds", coarse["worlds"], "drawn estates",
             "Drawn estates seen with 10 m pixels"),
        _one("coarse.coverage", coarse["coverage"], "1",
             f"Drawn estates in which {said}, were it given at 10 m, held the true number",
             coarse["coverage_interval90"]),
    ]  # fmt: skip
    older = found["across"]
    made += [
        _one("across.worlds", older["worlds"], "drawn estates",
             "Drawn estates begun across the day on which the count begins"),
        _one("across.coverage", older["coverage"], "1",
             f"Of them, those in which {said} held the number begun since that day",
             older["coverage_interval90"]),
        _one("across.held", older["held_by_posterior"], "1",
             "Probability that it claims there, on average"),
        _one("across.sureness", _sureness(older), "text", "Whether it claims more than it held"),
    ]  # fmt: skip
    for scenes, part in sorted(found["by_scenes"].items(), key=lambda item: int(item[0])):
        made += [
            _one(f"{scenes}-scenes.coverage", part["coverage"], "1",
                 f"The same share on estates with {scenes} scenes", part["coverage_interval90"]),
            _one(f"{scenes}-scenes.width", part["mean_width"], "blocks",
                 f"The mean width on estates with {scenes} scenes"),
        ]  # fmt: skip
    return made


def _sureness(found: dict[str, Any]) -> str:
    """Whether intervals claim more than they held, as far as the number of worlds tells."""
    too = found["coverage_interval90"][1] < found["held_by_posterior"]
    return "surer than it may be" if too else "not shown to be too sure"


def _one(
    name: str, value: float | str, unit: str, statement: str, ends: list[float] | None = None
) -> Result:
    share = unit == "1" and name.endswith(("coverage", "held", "uncorrected"))
    return Result(
        key=f"{STEM}.{name}",
        value=value,
        unit=unit,
        kind="simulated",
        statement=statement,
        method="analysis.housing.blocks.posterior",
        inputs=(f"file:{STUDY}", "choice:housing.block-size"),
        intervals={"0.9": (ends[0], ends[1])} if ends else {},
        interval_kind="credible" if ends else "exact",
        why_no_interval=None if ends else "a count or a distance over the committed study",
        percent=share,
        label="on simulated worlds" if share else None,
        coverage="simulated" if ends else None,
    )
