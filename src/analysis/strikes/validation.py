"""Results of the calibration of the count, for the chapter on the methods' validation."""

from __future__ import annotations

from analysis.results import Result
from analysis.strikes import calibration

_INPUTS = (f"file:{calibration.STUDY}",)


def results() -> list[Result]:
    """What the committed study shows: it tests the code, not the claims.

    Raises
    ------
    UserError
        If the study is missing or broken.
    """
    study = calibration.study()
    gaps = {name: calibration.gap(ranks) for name, ranks in study.ranks.items()}
    inside = [name for name, ranks in study.ranks.items() if calibration.inside(ranks)]
    together = all(calibration.inside(r, len(study.ranks)) for r in study.ranks.values())
    worst = max(gaps, key=lambda name: gaps[name])
    held, error = calibration.interval_coverage(study.ranks["year"], 0.9)
    low, high = calibration.band(study.fits)
    points = [k / calibration.RANKS for k in range(1, calibration.RANKS)]
    widest = max(float(h) - p for h, p in zip(high, points, strict=True))
    return [
        _result("fits", float(study.fits), "Fits in simulated worlds; none is left out", "fits"),
        _result(
            "divergent-fits", float(study.divergent_fits),
            "Fits with divergent transitions; they are kept", "fits",
        ),
        _result(
            "inside", float(len(inside)),
            "Quantities whose ranks stay inside their own simultaneous 95 % band", "quantities",
            {"of": len(study.ranks)},
        ),
        _result("quantities", float(len(study.ranks)), "Quantities that are ranked", "quantities"),
        _result(
            "inside-together", "yes" if together else "no",
            "Whether all quantities stay inside the band that holds them together", "text",
        ),
        _result(
            "worst_ecdf_gap", gaps[worst],
            f"Largest distance of a rank distribution from the uniform one ({worst})", "1",
        ),
        _result("band", widest, "Largest distance that the band of one quantity allows", "1"),
        Result(
            key="validation.sbc.count.coverage-90", value=held, unit="1", kind="simulated",
            statement="Simulated worlds in which the 90 % interval of the year's count held the "
            "truth; the span is two standard errors of a true 90 %",
            method="analysis.strikes.calibration.interval_coverage", inputs=_INPUTS,
            intervals={"0.9": (0.9 - 2 * error, 0.9 + 2 * error)}, interval_kind="scenario",
            percent=True, coverage="simulated",
        ),
    ]  # fmt: skip


def _result(
    name: str, value: float | str, statement: str, unit: str, extra: dict | None = None
) -> Result:
    return Result(
        key=f"validation.sbc.count.{name}", value=value, unit=unit, kind="simulated",
        statement=statement, method="analysis.strikes.calibration.study", inputs=_INPUTS,
        why_no_interval="a count or a distance over the committed study", extra=extra or {},
    )  # fmt: skip
