"""What imagery of a resolution and a number of scenes can decide about a ratio of halls.

The study (`bench.footprints`) drew worlds with the claim's ratio, under physics that the fitter
does not assume, and measured them; here it is read, and told as results. They are statements about
the method: no world of the study shows a real place.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis import paths
from analysis.errors import UserError
from analysis.growth.detectability import jeffreys
from analysis.results import Result
from analysis.steps import step
from analysis.words import words

STUDY = "bench/results/footprints-resolvability.json"
STEM = "growth.resolvability"
FEWEST = 5
"""Worlds below which a share or a spread is not told."""

SOME = 3
"""Clear scenes from which it is asked what more of them bring: one scene has its clouds."""

USUAL = 60
"""Clear scenes with the roof on that some two years of free imagery hold."""

RIVALS = ("smaller", "larger", "twice")
ODDS = 20
"""Likelihood ratio from which a reading counts as refuted, as in the verdicts."""

LEVEL = 0.9
"""Of the study's intervals."""

SHARES = ((0.9, "nearly"), (0.5, "most"), (0.05, "some"), (0.0, "few"))
"""Above which share of the worlds a word for it is used."""

_FEW = "fewer than five worlds were measured"


@step(reads=(STUDY,))
def table() -> pd.DataFrame:
    """One row for each pixel size and number of scenes.

    Columns: ``gsd`` (metres), ``scenes``, ``worlds``, ``rmse``, ``rmse_low``, ``rmse_high``,
    ``median`` (of the absolute errors), ``gross`` (share of worlds whose ratio is off by more than
    a tenth), ``bias``, ``width`` (median of the 90 % intervals), ``coverage``, ``coverage_low``,
    ``coverage_high``, ``bound``, ``inside`` (share of worlds whose interval lies inside the claim's
    band), and ``smaller larger twice`` (shares of worlds that refute each reading).

    Raises
    ------
    UserError
        If the study is missing.
    """
    place = paths.project_root() / STUDY
    if not place.is_file():
        raise UserError(f"{STUDY} is missing: `make bench` measures it, or restore it")
    law = json.loads(place.read_text(encoding="utf-8"))["law"]
    rows = [_row(cell) for cell in law.values() if cell.get("worlds")]
    return pd.DataFrame(rows).sort_values(["gsd", "scenes"], ignore_index=True)


def _row(cell: Mapping[str, Any]) -> dict[str, Any]:
    power, low_high = cell["power"], _share(cell["coverage"], cell["worlds"])
    return {
        "gsd": cell["gsd"], "scenes": cell["scenes"], "worlds": cell["worlds"],
        "rmse": cell["rmse"], "rmse_low": cell["rmse_interval90"][0],
        "rmse_high": cell["rmse_interval90"][1], "bias": cell["bias"],
        "median": cell["median_absolute"], "gross": gross(cell["rows"]),
        "width": cell["median_width"], "coverage": cell["coverage"],
        "coverage_low": low_high[0], "coverage_high": low_high[1], "bound": cell["bound"],
        "inside": power["interval_inside_the_band"],
        **{r: power["rivals"][r][f"likelihood_ratio_{ODDS}"] for r in RIVALS},
    }  # fmt: skip


def gross(rows: Sequence[Sequence[float]]) -> float:
    """Share of worlds (``seed truth estimate low high``) off by more than a tenth of the truth."""
    truth, estimate = np.array(rows, dtype=float).T[1:3]
    return float((np.abs(estimate - truth) > 0.1 * truth).mean())


def _share(share: float, worlds: int) -> tuple[float, float]:
    """90 % interval of a share of independent worlds; also where all of them, or none, have it."""
    low, high = jeffreys(np.array([round(share * worlds)]), np.array([worlds]), 0.9)
    return float(low[0]), float(high[0])


def results() -> list[Result]:
    """Error, width, coverage, bound and power for each pixel size and number of scenes."""
    rows, found = table(), []
    for row in rows.itertuples(index=False):
        found += _cell(row)
    return [*found, *_answers(rows), _too_short(rows), _leaning(rows), *_more_scenes(rows)]


def _answers(rows: pd.DataFrame) -> Iterator[Result]:
    """Two sentences for each pixel size, at the usual number of scenes: in words, in numbers."""
    text = words("en")
    for gsd, own in rows.groupby("gsd"):
        usual = own[(own["worlds"] >= FEWEST) & (own["scenes"] == USUAL)]
        plain = full = None
        for row in usual.itertuples():
            power = min(getattr(row, r) for r in RIVALS)
            given = {"scenes": f"{row.scenes:.0f}", "gsd": f"{row.gsd:g}",
                     "worlds": f"{row.worlds:.0f}"}  # fmt: skip
            plain = text(
                "resolvability.plain", **given,
                refute=text(f"resolvability.how_many.{how_many(power)}"),
                inside=text(f"resolvability.how_many.{how_many(row.inside)}"),
            )  # fmt: skip
            full = text(
                "resolvability.answer", **given,
                rmse=text.number(row.rmse, 3), low=text.number(row.rmse_low, 3),
                high=text.number(row.rmse_high, 3), median=text.number(row.median, 3),
                gross=text.number(row.gross * row.worlds), width=text.number(row.width, 2),
                coverage=text.number(100 * row.coverage), power=text.number(100 * power),
                inside=text.number(100 * row.inside),
            )  # fmt: skip
        about = f"What imagery with pixels of {gsd:g} m can decide, over simulated worlds"
        yield _sentence(f"plain.{gsd:g}m", plain, f"{about}, in words")
        yield _sentence(f"answer.{gsd:g}m", full, about)


def how_many(share: float) -> str:
    """A share of worlds as a word."""
    if share in (0, 1):
        return "all" if share else "none"
    return next(word for least, word in SHARES if share > least)


def _too_short(rows: pd.DataFrame) -> Result:
    """Pixel sizes whose intervals hold the truth less often than their level lets chance do."""
    text, cells = words("en"), []
    for gsd, own in rows[rows["worlds"] >= FEWEST].groupby("gsd"):
        worlds = int(own["worlds"].sum())
        share = float((own["coverage"] * own["worlds"]).sum() / worlds)
        if _share(share, worlds)[1] < LEVEL:
            cells.append(text("resolvability.too_short_cell", gsd=f"{gsd:g}",
                              coverage=text.number(100 * share), worlds=str(worlds)))  # fmt: skip
    told = (text("resolvability.too_short", cells="; ".join(cells)) if cells
            else text("resolvability.none_too_short"))  # fmt: skip
    return _sentence("too_short", told, "Where nominal 90 % intervals of the ratio are too short")


def _leaning(rows: pd.DataFrame) -> Result:
    """In how many cells ratios come out too large in the mean."""
    text, own = words("en"), rows[rows["worlds"] >= FEWEST]
    large = int((own["bias"] > 0).sum())
    mostly = 2 * large > len(own)
    told = text(
        "resolvability.leaning",
        large_ones=text("resolvability.leaning_large") if mostly else "",
        large=str(large),
        cells=str(len(own)),
        least=text.number(own["bias"].min(), 3),
        most=text.number(own["bias"].max(), 3),
    )
    return _sentence("leaning", told if len(own) else None, "To which side ratios are off")


def _more_scenes(rows: pd.DataFrame) -> Iterator[Result]:
    """Whether more scenes than a few make the error smaller, by pixel size."""
    text = words("en")
    for gsd, own in rows.groupby("gsd"):
        own = own[(own["worlds"] >= FEWEST) & (own["scenes"] >= SOME)].sort_values("scenes")
        told = None
        if len(own) > 1:
            first, last = own.iloc[0], own.iloc[-1]
            falls = last["rmse_high"] < first["rmse_low"]
            errors = ", ".join(text.number(v, 3) for v in own["rmse"])
            told = text(
                f"resolvability.more_scenes.{'falls' if falls else 'stays'}",
                errors=errors,
                gsd=f"{gsd:g}",
                scenes=", ".join(f"{n:.0f}" for n in own["scenes"]),
            )
        yield _sentence(
            f"more_scenes.{gsd:g}m",
            told,
            f"What more scenes with pixels of {gsd:g} m do to the error of the ratio",
        )


def _sentence(name: str, value: str | None, statement: str) -> Result:
    return Result(
        key=f"{STEM}.{name}", value=value, unit="text", kind="simulated", statement=statement,
        method="analysis.growth.resolvability.results", inputs=(f"file:{STUDY}",),
        why_no_value=None if value else _FEW, why_no_interval="a sentence",
    )  # fmt: skip


def _cell(row: Any) -> list[Result]:
    stem = f"{STEM}.{row.gsd:g}m.{row.scenes}"
    scenes = "1 clear scene" if row.scenes == 1 else f"{row.scenes} clear scenes"
    where = f"{row.gsd:g} m pixels, {scenes} with the roof on"
    few = row.worlds < FEWEST

    def one(
        name: str, value: float, what: str, interval: tuple[float, float] | None = None, *,
        percent: bool = False, digits: int = 4,
    ) -> Result:  # fmt: skip
        spread = {} if interval is None or few else {"0.9": _rounded(interval, digits)}
        return Result(
            key=f"{stem}.{name}", value=None if few else round(float(value), digits), unit="1",
            kind="simulated", statement=f"{what}; {where}; over simulated worlds",
            method="bench.footprints", inputs=(f"file:{STUDY}",), intervals=spread,
            interval_kind="credible" if spread else "exact",
            why_no_value=_FEW if few else None,
            why_no_interval=None if spread else "a share or middle of the worlds that were drawn",
            percent=percent, coverage="simulated" if spread else None,
            extra={"worlds": int(row.worlds)},
        )  # fmt: skip

    return [
        one("ratio_rmse", row.rmse, "Root mean square error of the ratio of two halls, at the "
            "claim's ratio", (row.rmse_low, row.rmse_high)),
        one("ratio_width", row.width, "Median width of the 90 % interval of the ratio"),
        one("ratio_coverage", row.coverage, "Share of 90 % intervals that held the true ratio: "
            "coverage on simulated worlds", (row.coverage_low, row.coverage_high), percent=True),
        one("ratio_bound", row.bound, "Least error of the ratio that any method could have under "
            "the bound's own assumptions (van Trees)"),
        one("inside_the_band", row.inside, "Share of worlds in which the 90 % interval lies inside "
            "the claim's band", _share(row.inside, row.worlds), percent=True),
        *(one(f"refutes_{r}", getattr(row, r), f"Share of worlds in which the reading {r!r} is at "
              f"least {ODDS} times less likely than the claim's",
              _share(getattr(row, r), row.worlds), percent=True) for r in RIVALS),
    ]  # fmt: skip


def _rounded(pair: tuple[float, float], digits: int) -> tuple[float, float]:
    return round(float(pair[0]), digits), round(float(pair[1]), digits)
