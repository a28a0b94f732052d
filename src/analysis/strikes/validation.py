"""Results of the calibration of the count, for the chapter on the methods' validation."""

from __future__ import annotations

from typing import Any

from analysis.results import Result
from analysis.strikes import calibration
from analysis.strikes.conclusions import phrase

_INPUTS = (f"file:{calibration.STUDY}",)
_STEM = "validation.sbc.count"

LEVEL = 0.9
"""Level of the interval whose coverage is counted."""


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
    low, high = calibration.band(study.fits)
    points = [k / calibration.RANKS for k in range(1, calibration.RANKS)]
    widest = max(float(h) - p for h, p in zip(high, points, strict=True))
    found = [
        _result("fits", float(study.fits), "Fits in simulated worlds; none is left out", "fits"),
        _result("prior", study.prior, "The one prior under which the study ran", "text"),
        _result(
            "divergent-fits", float(study.divergent_fits),
            "Fits with divergent transitions; they are kept", "fits",
        ),
        _result(
            "inside", float(len(inside)),
            "Quantities whose ranks stay inside their own simultaneous 95 % band", "quantities",
            extra={"of": len(study.ranks)},
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
        *_coverage(study),
    ]  # fmt: skip
    return [*found, *_sentences({r.key: r for r in found}, together)]


def _coverage(study: calibration.Study) -> list[Result]:
    """How often the nominal interval held the truth, and what a true level would give.

    What chance allows is a region of acceptance for that share, and no interval of it.
    """
    held, error = calibration.interval_coverage(study.ranks["year"], LEVEL)
    region = [LEVEL - 2 * error, LEVEL + 2 * error]
    about = f"of a true {100 * LEVEL:g} %, two standard errors"
    return [
        _result(
            "coverage-90", held,
            f"Simulated worlds in which the {100 * LEVEL:g} % interval of the year's count held "
            "the truth",
            "1", method="interval_coverage", percent=True,
            extra={"nominal": LEVEL, "acceptance_region": region},
        ),
        _result(
            "coverage-90.lowest-expected", region[0], f"Lower end of what chance allows {about}",
            "1", method="interval_coverage", percent=True,
        ),
        _result(
            "coverage-90.highest-expected", region[1], f"Upper end of what chance allows {about}",
            "1", method="interval_coverage", percent=True,
        ),
    ]  # fmt: skip


def _sentences(found: dict[str, Result], together: bool) -> list[Result]:
    """What the study says, in words that change with it."""
    held = found[f"{_STEM}.coverage-90"]
    low, high = held.extra["acceptance_region"]
    share = float(held.value or 0)
    case = "narrow" if share < low else "wide" if share > high else "expected"
    each = found[f"{_STEM}.inside"]
    verdict = "fails" if not together else "passes" if each.value == each.extra["of"] else "some"
    return [
        phrase(
            "verdict", verdict, "calibration", found,
            [f"{_STEM}.inside", f"{_STEM}.inside-together"], stem=_STEM,
        ),
        phrase(
            "coverage-90.verdict", case, "calibration", found, [f"{_STEM}.coverage-90"],
            stem=_STEM,
        ),
    ]  # fmt: skip


def _result(
    name: str, value: float | str, statement: str, unit: str, *, method: str = "study",
    percent: bool = False, extra: dict[str, Any] | None = None,
) -> Result:  # fmt: skip
    return Result(
        key=f"{_STEM}.{name}", value=value, unit=unit, kind="simulated", statement=statement,
        method=f"analysis.strikes.calibration.{method}", inputs=_INPUTS, percent=percent,
        why_no_interval="a count or a distance over the committed study", extra=extra or {},
    )  # fmt: skip
