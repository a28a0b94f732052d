"""Words: how numbers and dates are printed, and that no text is missing."""

from __future__ import annotations

import ast
import math
import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import UserError
from analysis.results import Result, bounds
from analysis.words import languages, places, plain, result_label, round_half_up, words
from tests.checkout import ROOT

SOURCES = sorted((ROOT / "src" / "analysis").rglob("*.py"))


def printed(value: float | str | None, low=None, high=None, *, unit: str = "1", **more) -> str:
    intervals = {} if low is None else {"0.9": (low, high)}
    given_ = {
        "interval_kind": "credible" if intervals else "exact",
        "why_no_interval": None if intervals else "a count",
        "why_no_value": "no point is preferred" if value is None else None,
    }
    result = Result(
        key="a.b", value=value, unit=unit, kind="derived", statement="s", method="m",
        inputs=("source:a",), intervals=intervals, **(given_ | more),
    )  # fmt: skip
    return words("en").result(result).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [(2.5, 0, "3"), (3.5, 0, "4"), (-2.5, 0, "-3"), (0.125, 2, "0.13"), (1.005, 2, "1.01"),
     (2.675, 2, "2.68"), (0.285, 2, "0.29"), (145, -1, "150"), (1e15 + 0.5, 0, "1000000000000001")],
)  # fmt: skip
def test_halves_go_away_from_zero_as_a_reader_would_round(value, decimals, expected) -> None:
    assert Decimal(round_half_up(value, decimals)) == Decimal(expected)


@given(st.floats(-1e12, 1e12), st.integers(-3, 6))
def test_rounding_moves_a_number_by_half_a_place_at_most(value: float, decimals: int) -> None:
    moved = abs(Decimal(repr(value)) - round_half_up(value, decimals))
    assert moved <= Decimal(1).scaleb(-decimals) / 2


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ((0.6543, 0.61, 0.70), "0.654 (0.610 to 0.700)"),  # width 0.09: its second digit is 0.001
        ((1234.5, 1000.0, 2000.5), "1,200 (1,000 to 2,000)"),
        ((60, 55, 65), "60 (55 to 65)"),
        ((0.000123,), "0.0001"),
        ((1234567,), "1,234,567"),
        ((-1234.5, -2000.5, -1000.0), "−1,200 (−2,000 to −1,000)"),
        ((None, 6, 67), "6 to 67"),
        ((None, 55, None), "at least 55"),
        ((0,), "0"),
        ((3.14159,), "3.14"),
    ],
    ids=str,
)
def test_a_number_is_printed_to_the_second_digit_of_its_intervals_width(given_, expected) -> None:
    assert printed(*given_) == expected


def test_a_share_is_printed_in_percent_with_its_bounds() -> None:
    share = {"percent": True, "interval_kind": "bounds"}
    assert printed(None, 0.1, 1 / 3, **share) == "10 to 33 %"
    assert printed(0.5, 0.25, 0.75, **share) == "50 (25 to 75) %"


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_percentage_never_shows_more_than_one_decimal(low: float, high: float) -> None:
    ends = sorted((low, high))
    text = printed(None, *ends, percent=True, interval_kind="bounds")
    assert max((len(d) for d in re.findall(r"\.(\d+)", text)), default=0) <= 1


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9))
def test_a_number_is_printed_inside_its_printed_interval(low: float, width: float) -> None:
    middle = low + width / 2
    text = printed(middle, low, low + width).replace("−", "-").replace(",", "")
    numbers = [Decimal(n) for n in re.findall(r"-?\d+(?:\.\d+)?", text)]
    assert numbers[1:] == sorted(numbers[1:])
    assert numbers[1] <= numbers[0] <= numbers[-1]


def test_a_null_without_an_interval_prints_its_reason() -> None:
    assert printed(None) == "no value: no point is preferred"


def test_dates_are_written_out_and_terms_stay_as_they_are() -> None:
    assert printed("2024-11-22", unit="date") == "22 November 2024"
    assert printed("not tested", unit="text").startswith("not tested")
    assert words("en").date("2024-10-01", partial="month") == "October 2024"
    assert words("en").date("2024-10-01", partial="year") == "2024"


def test_the_words_that_must_stand_beside_a_number_do() -> None:
    assert printed(13, label="of whole salvos", unit="persons").endswith("(of whole salvos)")


def test_certain_bounds_that_meet_are_one_number() -> None:
    certain = {"intervals": bounds(5, 5), "interval_kind": "bounds", "why_no_interval": None}
    result = Result(key="a.b", value=5, unit="1", kind="derived", statement="s", method="m",
                    inputs=("source:a",), **certain)  # fmt: skip
    assert words("en").result(result) == "5"


@given(st.floats(-1e12, 1e12), st.floats(1e-9, 1e12))
def test_places_are_bounded(value: float, width: float) -> None:
    result = Result(key="a.b", value=value, unit="1", kind="derived", statement="s", method="m",
                    inputs=("source:a",), intervals={"0.9": (value, value + width)},
                    interval_kind="credible")  # fmt: skip
    assert -2 <= places(result) <= 4 or math.isclose(width, 0)


def test_a_language_without_texts_is_refused_with_those_there_are() -> None:
    with pytest.raises(UserError, match="'de' has no texts; there is: en"):
        words("de")


def test_an_unknown_text_is_an_error() -> None:
    with pytest.raises(KeyError, match=r"no text 'report\.nothing'"):
        words("en")("report.nothing")


@pytest.mark.parametrize("key", ["a.b", "strikes.share.bounds.with_s300", "a-b.c_d"])
def test_a_results_target_can_stand_in_an_address(key: str) -> None:
    assert re.fullmatch(r"[a-z0-9-]+", result_label(key))


@given(st.text())
def test_untrusted_text_stays_on_one_line(text: str) -> None:
    assert "\n" not in plain(text)


def texts_asked_for(path: Path) -> list[tuple[int, str]]:
    """Text keys that stand as literals in calls of words: ``w("chapter.name")``."""
    chapters = "|".join(words("en").texts)
    key = re.compile(rf"(?:{chapters})(?:\.[a-z0-9_-]+)+")
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.id if isinstance(node.func, ast.Name) else ""
            asked = node.args[0].value
            if called in ("w", "words") and isinstance(asked, str) and key.fullmatch(asked):
                found.append((node.lineno, asked))
    return found


@pytest.mark.parametrize("language", languages())
def test_every_text_that_code_asks_for_exists(language: str) -> None:
    w = words(language)
    missing = []
    asked = 0
    for path in SOURCES:
        for line, key in texts_asked_for(path):
            asked += 1
            try:
                w(key)
            except KeyError:
                missing.append(f"{path.relative_to(ROOT)}:{line}: {key}")
    assert asked > 20
    assert not missing


def test_every_kind_of_result_and_interval_has_its_words() -> None:
    w = words("en")
    for kind in ("simulated", "assumed", "derived", "published", "measured"):
        assert w(f"report.kind_{kind}")
    for kind in ("bounds", "credible", "scenario"):
        assert w(f"report.interval_{kind}", level="0.9")
