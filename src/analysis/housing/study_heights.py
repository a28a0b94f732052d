"""What the study of heights says, as results: by sensor, beside the prior alone."""

from __future__ import annotations

from typing import Any

from analysis.housing.imagery import FINEST_PIXELS, WIDTH_M
from analysis.housing.study import parts
from analysis.results import Result
from analysis.steps import step

STUDY = "bench/results/heights.json"
"""Where ``python -m bench heights`` writes the study."""

STEM = "housing.imagery.study.heights"
INPUTS = (f"file:{STUDY}", "choice:housing.sun-angles", "choice:housing.storey-height",
          "choice:housing.roof-extra")  # fmt: skip


@step(reads=("bench/results",))
def read() -> dict[str, Any]:
    """The committed study: ``level``, ``most_rmse_m``, and ``sensors`` by name.

    Raises
    ------
    UserError
        If it is missing or is no study of this kind.
    """
    return parts(STUDY, "heights", ("level", "angles", "most_rmse_m", "sensors"))


def results() -> list[Result]:
    """Error, coverage and reach of heights from shadows, by sensor."""
    found = read()
    said = f"the {100 * found['level']:g} % interval of a block's height"
    made = [
        _one("most_rmse", found["most_rmse_m"], "m",
             "Root mean square error of heights beyond which a sensor's shadows are not used"),
        _one("angles", found["angles"], "distinct sun angles",
             "Sun angles that a height asks for"),
    ]  # fmt: skip
    for name, part in sorted(found["sensors"].items()):
        score = part["score"]
        verdict = "shadows are used" if part["usable"] else "the prior alone stands"
        if part["usable"] and WIDTH_M / part["gsd"] < FINEST_PIXELS:
            verdict = "the prior alone stands, since blocks of one row run into one another"
        made += [
            _one(f"{name}.verdict", verdict, "text", "What the error says of these pixels"),
            _one(f"{name}.worlds", score["worlds"], "drawn estates",
                 "Drawn estates that were scored"),
            _one(f"{name}.roofed", score["roofed"], "blocks", "Their blocks that got a roof"),
            _one(f"{name}.used_share", score["used_share"], "1",
                 "Blocks with a roof whose height was read from shadows"),
            _one(f"{name}.of_foundations", score["of_foundations"], "blocks",
                 "Blocks without a roof that were given a height"),
        ]  # fmt: skip
        if "rmse_m" not in score:
            continue
        made += [
            _one(f"{name}.rmse", score["rmse_m"], "m",
                 "Root mean square error of the height of a block", score["rmse_interval90"]),
            _one(f"{name}.prior_rmse", score["prior_rmse_m"], "m",
                 "The same with the prior alone"),
            _one(f"{name}.median_error", score["median_error_m"], "m",
                 "Median absolute error of the height of a block"),
            _one(f"{name}.coverage", score["coverage"], "1",
                 f"Blocks whose true height lay in {said}", score["coverage_interval90"]),
            _one(f"{name}.width", score["mean_width_m"], "m", f"Mean width of {said}"),
            _one(f"{name}.prior_width", score["prior_width_m"], "m",
                 "Width of the same interval with the prior alone"),
            _one(f"{name}.same_storeys", score["same_storeys"], "1",
                 "Blocks whose likeliest number of storeys was the true one"),
        ]  # fmt: skip
    return made


def _one(
    name: str, value: float | str, unit: str, statement: str, ends: list[float] | None = None
) -> Result:
    share = unit == "1"
    return Result(
        key=f"{STEM}.{name}", value=value, unit=unit, kind="simulated", statement=statement,
        method="analysis.housing.heights.of_block", inputs=INPUTS,
        intervals={"0.9": (ends[0], ends[1])} if ends else {},
        interval_kind="credible" if ends else "exact",
        why_no_interval=None if ends else "a count, a limit or a mean over the committed study",
        percent=share, label="on simulated worlds" if share else None,
        coverage="simulated" if ends else None,
    )  # fmt: skip
