"""Phrases that a comparison of results chooses, so that a changed table changes them.

Prose that says *inside*, *above* or *hardly* would stay when the evidence moves. Here
each such phrase is a result: its case follows from other results by a rule that is
stated, its text stands in ``words/<language>/strike_conclusions.toml``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from analysis import results
from analysis.results import Result
from analysis.strikes.bounds import DENOMINATORS, UNITS, inside_band
from analysis.strikes.tables import Band
from analysis.words import words

Found = Mapping[str, Result]

NEAR = 0.2
"""Part of a range that counts as near its end."""

_CNN = ("missiles", "killed", "injured", "share")


def phrase(
    name: str, case: str, group: str, found: Found, rests: Iterable[str], *others: str,
    method: str = "phrase", stem: str = "strikes.conclusion", **values: object,
) -> Result:  # fmt: skip
    """The phrase of a case as a result, resting on those that it compares.

    Parameters
    ----------
    name
        End of the key, after ``stem``.
    case, group
        Text ``strike_conclusions.<group>.<case>``.
    rests
        Keys of the compared results.
    others
        Further inputs, such as the choice of a band.
    """
    keys = sorted(set(rests))
    return Result(
        key=f"{stem}.{name}",
        value=words("en")(f"strike_conclusions.{group}.{case}", **values), unit="text",
        kind=results.weakest(found[k].kind for k in keys),
        statement="What the comparison of its inputs says",
        method=f"analysis.strikes.conclusions.{method}",
        inputs=(*(f"result:{k}" for k in keys), *others),
        why_no_interval="words chosen by a comparison", extra={"case": case},
    )  # fmt: skip


def ends(result: Result) -> tuple[float, float] | None:
    """Sharp ends of a result as numbers; an open end is infinite, none is ``None``."""
    pair = result.interval("1")
    if pair is None or pair[0] is None:
        return None
    return float(pair[0]), float("inf") if pair[1] is None else float(pair[1])


def lies(band: Band, result: Result) -> str:
    """Where a claimed band lies against bounds: inside, edge, above, below, or nothing."""
    pair = ends(result)
    if pair is None:
        return "nothing"
    low, high = band.low, float("inf") if band.high is None else band.high
    if low > pair[1]:
        return "above"
    if high < pair[0]:
        return "below"
    return "inside" if pair[0] <= low and high <= pair[1] else "edge"


def place(value: float, result: Result) -> str:
    """Where a number lies in a range: below, lower, inside, upper or above."""
    pair = ends(result)
    if pair is None or value < pair[0]:
        return "below"
    if value > pair[1]:
        return "above"
    at = (value - pair[0]) / (pair[1] - pair[0]) if pair[1] > pair[0] else 0.5
    return "lower" if at < NEAR else "upper" if at > 1 - NEAR else "inside"


def of_the_chapter(found: Found, bands: Mapping[str, Band]) -> Iterator[Result]:
    """Conclusions from the bounds, the ladder and the specifications."""
    yield from _shares(found, bands["share"])
    claimed = float(found["strikes.claimed.missiles"].value or 0)
    for name, key in (("labels", "strikes.count.bounds.year"),
                      ("prosecutors", "strikes.count.scenario.with-prosecutors")):  # fmt: skip
        yield phrase(
            f"count.{name}", place(claimed, found[key]), "count", found,
            ("strikes.claimed.missiles", key), method="place",
        )  # fmt: skip
    yield from _early(found)
    yield claimed_shares(found, bands["share"])
    yield from _tolls(found)
    yield whole(found, bands)


def _shares(found: Found, band: Band) -> Iterator[Result]:
    cases = {}
    for window in ("year", "surge"):
        for unit in UNITS:
            key = f"strikes.share.bounds.{window}.{unit}.iskander-family"
            cases[window, unit] = case = lies(band, found[key])
            yield phrase(
                f"share.{window}.{unit}", case, "lies", found, [key], f"choice:{band.choice}",
                method="lies",
            )  # fmt: skip
    short = [cases["year", unit] == "above" for unit in UNITS]
    yield phrase(
        "share.year", "short" if all(short) else "some" if any(short) else "reached", "year",
        found, [f"strikes.share.bounds.year.{u}.iskander-family" for u in UNITS],
        f"choice:{band.choice}", method="lies",
    )  # fmt: skip


def _early(found: Found) -> Iterator[Result]:
    """The prosecutors' early count against all launches of the type in the same weeks."""
    claim = "strikes.claimed.prosecutors"
    keys = [f"strikes.bulletin.february.{name}" for name in ("launched", "from-regions")]
    above = [place(_number(found, claim), found[k]) == "above" for k in keys]
    case = "both" if all(above) else "one" if any(above) else "neither"
    yield phrase("count.february", case, "february", found, [claim, *keys], method="place")


def claimed_shares(found: Found, band: Band) -> Result:
    """How many quotients of the claimed count lie in the band of the claimed share."""
    keys = [k for k in found if k.startswith("strikes.share.claimed.")]
    high = float("inf") if band.high is None else band.high
    inside = sum(inside_band(_number(found, k), band.low, high, 2) for k in keys)
    return phrase(
        "share.claimed", "some" if inside else "none", "claimed", found, keys,
        f"choice:{band.choice}", method="claimed_shares", n=inside,
    )  # fmt: skip


def _tolls(found: Found) -> Iterator[Result]:
    for name, stem in (("", "residual"), (".with-joint", "residual-with-joint")):
        keys = [f"strikes.{q}.{stem}.pgo-nov" for q in ("killed", "injured")]
        above = [_number(found, k) > 0 for k in keys]
        case = "above" if all(above) else "mixed" if any(above) else "below"
        yield phrase(
            f"tolls.november{name}",
            case,
            "november",
            found,
            keys,
            method="of_the_chapter",
        )
    keys = ["strikes.killed.residual.pgo-feb", "strikes.killed.residual.sbu-feb"]
    first, second = (_number(found, k) for k in keys)
    yield phrase(
        "tolls.signs", "change" if first * second < 0 else "keep", "signs", found, keys,
        method="of_the_chapter",
    )  # fmt: skip
    keys = [f"strikes.multiverse.{q}.agree" for q in ("killed", "injured")]
    levels = [found[k].extra["by_choice"]["events"] for k in keys]
    agreeing = {name for by in levels for name, (k, _) in by.items() if k}
    joint = {name for name in agreeing if "joint" in name}
    case = "without" if agreeing - joint else "joint" if joint else "never"
    yield phrase(
        "tolls.specifications",
        case,
        "tolls",
        found,
        keys,
        method="of_the_chapter",
    )


def whole(found: Found, bands: Mapping[str, Band]) -> Result:
    """Whether the bounds confirm or refute any of the four figures under every reading."""
    keys = {
        "missiles": [k for k in found if k.startswith("strikes.count.bounds.year")],
        "share": [
            f"strikes.share.bounds.{window}.{unit}.{name}"
            for window in ("year", "surge") for unit in UNITS for name in DENOMINATORS
        ],
    } | {q: [f"strikes.{q}.located-attributed.floor"] for q in ("killed", "injured")}  # fmt: skip
    verdicts = [_verdict(bands[figure], [found[k] for k in keys[figure]]) for figure in _CNN]
    confirmed, refuted = verdicts.count("confirmed"), verdicts.count("refuted")
    return phrase(
        "whole", "decided" if confirmed or refuted else "open", "whole", found,
        [k for group in keys.values() for k in group],
        *(f"choice:{bands[f].choice}" for f in _CNN), method="whole",
        confirmed=confirmed, refuted=refuted,
    )  # fmt: skip


def _verdict(band: Band, found: Iterable[Result]) -> str:
    """``confirmed`` if all bounds lie inside the band, ``refuted`` if all lie outside."""
    low, high = band.low, float("inf") if band.high is None else band.high
    pairs = [pair for pair in map(ends, found) if pair is not None]
    if pairs and all(low <= a and b <= high for a, b in pairs):
        return "confirmed"
    return "refuted" if pairs and all(b < low or a > high for a, b in pairs) else "open"


def of_the_models(
    found: Found, reference: str, early: Iterable[float], inputs: Iterable[str]
) -> Iterator[Result]:
    """Conclusions from the models' fits.

    Parameters
    ----------
    reference
        The prior whose fit the prose is about.
    early
        Published counts of the first weeks that the model weighs, missiles.
    inputs
        What these counts rest on.
    """
    m = "of_the_models"
    key = f"strikes.count.in-band.{reference}"
    likely = _number(found, key) > 0.5
    case = "likely" if likely else "one-of-many"
    yield phrase("models.band", case, "band", found, [key], method=m)
    key = f"strikes.count.contraction.{reference}.bias"
    taken = _number(found, key)
    steps = {"silent": 0.1, "little": 0.3, "some": 0.7}
    case = next((name for name, below in steps.items() if taken < below), "most")
    yield phrase("models.bias", case, "bias", found, [key], method=m)
    key = f"strikes.count.posterior.{reference}.winter"
    median, numbers = _number(found, key), list(early)
    case = "below" if median < min(numbers) else "above" if median > max(numbers) else "between"
    yield phrase("models.winter", case, "between", found, [key], *inputs, method=m)
    year = f"strikes.count.posterior.{reference}"
    others = [k for k in found if k.startswith("strikes.count.selection.")]
    moved = max(abs(_number(found, k) / _number(found, year) - 1) for k in others)
    less = moved < _number(found, "strikes.count.moved")
    yield phrase(
        "models.selection", "less" if less else "more", "selection", found,
        [year, *others, "strikes.count.moved"], method=m,
    )  # fmt: skip
    key = "strikes.share.sensitivity.informative.debris"
    yield phrase(
        "models.debris", "silent" if _number(found, key) < 0.05 else "matters", "debris", found,
        [key], method=m,
    )  # fmt: skip


def _number(found: Found, key: str) -> float:
    value = found[key].value
    if not isinstance(value, int | float):
        raise TypeError(f"{key} holds no number")
    return float(value)
