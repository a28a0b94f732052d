"""Dates as people give them."""

from datetime import UTC, date, datetime

import pytest

from analysis.errors import UserError
from analysis.scenes.windows import Window, asked, parse


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2024-10-05", date(2024, 10, 5), date(2024, 10, 5)),
        ("2023-11..2024-02", date(2023, 11, 1), date(2024, 2, 29)),
    ],
)
def test_a_part_of_a_date_is_a_window(text, first, last):
    assert parse(text) == Window(first, last)


@pytest.mark.parametrize("text", ["2024-13", "05.10.2024", "yesterday", "2024-02-30", "", "a/b/c"])
def test_what_is_no_date_is_named(text):
    with pytest.raises(UserError, match="not a date"):
        parse(text, "--start")


def test_one_of_before_and_after_alone_is_refused():
    with pytest.raises(UserError, match="--before '2020' without --after"):
        asked(before="2020")


def test_before_must_end_before_after_starts():
    with pytest.raises(UserError, match="does not end before"):
        asked(before="2024", after="2024-06")


def test_two_windows_leave_out_what_lies_between():
    dates = asked(before="2020", after="2024-10")
    assert dates.role(datetime(2020, 5, 1, tzinfo=UTC)) == "before"
    assert dates.role(datetime(2022, 5, 1, tzinfo=UTC)) is None
    assert dates.role(datetime(2024, 10, 31, 23, tzinfo=UTC)) == "after"
    assert dates.whole() == Window(date(2020, 1, 1), date(2024, 10, 31))


def test_an_end_that_is_a_month_includes_its_last_day():
    assert datetime(2024, 10, 31, tzinfo=UTC) in asked(end="2024-10").series
