"""Bounds on the share equal totals added up by hand from the launch table."""

from datetime import date
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import UserError
from analysis.strikes import results
from analysis.strikes.bounds import (
    DENOMINATORS,
    HEADLINE,
    ISKANDER,
    READINGS,
    UNITS,
    needed_m,
    shares,
    smallest,
)
from analysis.strikes.bulletin import Row

WINDOWS = {
    "year": ("2024-01-01", "2024-11-22"),
    "surge": ("2024-07-31", "2024-11-22"),
    "aug-sep": ("2024-08-01", "2024-09-30"),
}
JOINT, OUTRIGHT = "Iskander-M/KN-23", "KN-23"
LABELS = {
    "iskander-family": {"Iskander-M", JOINT, OUTRIGHT},
    "with-aeroballistic": {"Iskander-M", JOINT, OUTRIGHT, "X-47 Kinzhal", "3M22 Zircon"},
    "with-s300": {"Iskander-M", JOINT, OUTRIGHT, "C-300", "C-400", "C-300/C-400"},
    "with-s300-and-aeroballistic": {
        "Iskander-M", JOINT, OUTRIGHT, "X-47 Kinzhal", "3M22 Zircon", "C-300", "C-400",
        "C-300/C-400",
    },
}  # fmt: skip


def by_hand(rows, unit):
    if unit == "missile":
        return sum(int(r["launched"]) for r in rows if r["launched"])
    return len({r["date"] for r in rows}) if unit == "day" else len(rows)


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("denominator", LABELS)
def test_bounds_equal_sums_by_hand(bulletins, found, window, unit, denominator):
    start, end = WINDOWS[window]
    rows = [r for r in bulletins if start <= r["date"] <= end]
    whole = by_hand([r for r in rows if r["label"] in LABELS[denominator]], unit)
    low = by_hand([r for r in rows if r["label"] == OUTRIGHT], unit)
    high = by_hand([r for r in rows if r["label"] in (OUTRIGHT, JOINT)], unit)
    result = found[f"strikes.share.bounds.{window}.{unit}.{denominator}"]
    assert result.interval("1") == (low / whole, high / whole)
    assert result.value is None
    assert result.why_no_value
    assert result.extra["numerator"] == [low, high]


@pytest.mark.parametrize(
    ("window", "unit", "numerator", "crimea", "whole"),
    [
        ("year", "missile", (6, 67), 53, 260),
        ("year", "day", (2, 20), 14, 115),
        ("year", "row", (2, 20), 14, 134),
        ("surge", "missile", (6, 61), 47, 127),
        ("surge", "day", (2, 18), 12, 56),
        ("surge", "row", (2, 18), 12, 67),
        ("aug-sep", "missile", (6, 48), 40, 87),
        ("aug-sep", "day", (2, 12), 9, 33),
        ("aug-sep", "row", (2, 12), 9, 41),
    ],
)
def test_bounds_equal_the_published_table_of_the_collection(
    found, window, unit, numerator, crimea, whole
):
    stem = f"strikes.share.bounds.{window}.{unit}.iskander-family"
    assert found[stem].extra["numerator"] == list(numerator)
    assert found[stem].extra["denominator"] == [whole, whole]
    assert found[f"{stem}.without-crimea"].interval("1")[1] == crimea / whole


def test_a_third_of_the_year_needs_what_the_collection_says(found):
    third = "strikes.share.third.year"
    assert found[f"{third}.hidden-iskander-m"].value == 20
    assert found[f"{third}.hidden-iskander-m"].extra["of"] == 193
    assert found[f"{third}.unnumbered"].value == 30
    assert Fraction(68 + 29, 263 + 29) < Fraction(1, 3) <= Fraction(68 + 30, 263 + 30)
    assert Fraction(67 + 29, 260 + 29) < Fraction(1, 3) <= Fraction(67 + 30, 260 + 30)
    assert found[f"{third}.unnumbered-pure"].value == 30
    assert found["strikes.share.early-hidden"].interval("1") == (111 / 310, 111 / 304)


def test_claimed_number_stays_inside_every_denominator_it_is_divided_by(found):
    for name, whole in (
        ("iskander-family", 260), ("with-aeroballistic", 338), ("with-s300", 479),
        ("with-s300-and-aeroballistic", 557), ("published-plus-claimed", 254),
    ):  # fmt: skip
        result = found[f"strikes.share.claimed.{name}"]
        assert result.value == 60 / whole
        assert result.extra["numerator"] <= result.extra["denominator"]


def test_mixed_rows_hold_one_missile_of_each_type_they_name(chapter):
    """Three rows of the year: 12 of S-300 and Iskander-M, 2 of Kinzhal and the
    joint label, 2 of Iskander-M and Iskander-K. At the upper end they hold 1, 1
    and 1 of the family, the joint one North Korean; at the lower 11, 1 and 1.
    """
    rows = chapter.inside("year")
    for m in (0, 5, 30):
        found = shares(rows, "missile", ISKANDER, HEADLINE, mixed=True, m=m)
        assert (found.numerator[1], found.denominator[1]) == (67 + 1 + m, 260 + 3 + m)
        assert found.denominator[0] == 260 + 13 + m


def test_shares_of_rows_by_every_split_and_origin():
    rows = [
        Row("L0001", date(2024, 1, 1), "", ("iskander-m",), 3, False),
        Row("L0002", date(2024, 1, 2), "", ("s300", "iskander-m"), 4, False),
        Row("L0003", date(2024, 1, 3), "", ("aeroballistic", "joint"), 3, False),
        Row("L0004", date(2024, 1, 4), "", ("joint", "kn-23", "other"), 4, False),
    ]

    def splits(total, parts):
        if parts == 1:
            return [(total,)]
        return [
            (n, *rest) for n in range(1, total - parts + 2) for rest in splits(total - n, parts - 1)
        ]

    for (name, families), reading in product(
        DENOMINATORS.items(), ("joint-none", "joint-all", "hidden-iskander-m", "hidden-s300")
    ):
        may = READINGS[reading].families
        possible = set()
        for way in product(*(splits(r.launched, len(r.families)) for r in rows)):
            held = [(f, n) for r, w in zip(rows, way, strict=True)
                    for f, n in zip(r.families, w, strict=True)]  # fmt: skip
            below = sum(n for f, n in held if f in families)
            certain = sum(n for f, n in held if f == "kn-23")
            optional = sum(n for f, n in held if f in may)
            hidden = sum(n for f, n in held if f in may and f not in families)
            possible.add(Fraction(certain, below))
            possible.add(Fraction(certain + optional, below + hidden))
        found = shares(rows, "missile", families, READINGS[reading], mixed=True)
        assert Fraction(found.numerator[0], found.denominator[0]) == min(possible), name
        assert Fraction(found.numerator[1], found.denominator[1]) == max(possible), name


def test_period_moves_its_own_bounds_and_no_others(bulletins, found):
    other = {r.key: r for r in results("2024-01-01", "2025-12-31")}
    rows = [r for r in bulletins if "2024-01-01" <= r["date"] <= "2025-12-31"]
    high = by_hand([r for r in rows if r["label"] in (OUTRIGHT, JOINT)], "missile")
    whole = by_hand([r for r in rows if r["label"] in LABELS["iskander-family"]], "missile")
    key = "strikes.share.bounds.period.missile.iskander-family"
    assert other[key].interval("1")[1] == high / whole
    assert other[key] != found[key]
    moved = {k for k in found if other[k] != found[k]}
    assert moved
    assert all(".period" in k for k in moved)


def test_an_empty_period_is_null_with_a_reason():
    empty = {r.key: r for r in results("2022-01-01", "2022-01-31")}
    result = empty["strikes.share.bounds.period.missile.iskander-family"]
    assert result.value is None
    assert not result.intervals
    assert "nothing" in result.why_no_interval


@pytest.mark.parametrize(
    ("start", "end", "word"),
    [("2024-05-01", "2024-01-01", "before"), ("May 2024", "2024-11-22", "period_start")],
)
def test_a_period_that_is_none_is_refused(start, end, word):
    with pytest.raises(UserError, match=word):
        results(start, end)


PURE = st.sampled_from([("iskander-m",), ("joint",), ("kn-23",), ("s300",), ("aeroballistic",)])
MIXED = st.sampled_from([("s300", "iskander-m"), ("aeroballistic", "joint"), ("joint", "other")])


@st.composite
def series(draw):
    rows = draw(
        st.lists(
            st.tuples(
                st.one_of(PURE, MIXED),
                st.one_of(st.none(), st.integers(1, 20)),
                st.booleans(),
                st.integers(1, 28),
            ),
            max_size=12,
        )
    )
    return [
        Row(f"L{i:04}", date(2024, 1, day), "/".join(families), families, launched, crimea)
        for i, (families, launched, crimea, day) in enumerate(rows)
    ]


@given(
    series(), st.sampled_from(UNITS), st.sampled_from(sorted(DENOMINATORS)),
    st.sampled_from(sorted(READINGS)), st.booleans(), st.one_of(st.none(), st.integers(1, 9)),
)  # fmt: skip
def test_numerator_is_always_a_part_of_the_denominator(rows, unit, name, reading, mixed, m):
    found = shares(rows, unit, DENOMINATORS[name], READINGS[reading], mixed=mixed, m=m)
    for above, below in zip(found.numerator, found.denominator, strict=True):
        assert 0 <= above <= below
    if found.low is not None and found.high is not None:
        assert found.low <= found.high <= 1


@given(series(), st.sampled_from(UNITS), st.sampled_from(sorted(DENOMINATORS)), st.booleans())
def test_a_wider_reading_never_narrows_the_bounds(rows, unit, name, mixed):
    chains = (
        ("joint-none", "without-crimea", "joint-all", "hidden-iskander-m", "hidden-anywhere"),
        ("joint-all", "hidden-s300", "hidden-anywhere"),
    )
    for chain in chains:
        found = [shares(rows, unit, DENOMINATORS[name], READINGS[r], mixed=mixed) for r in chain]
        lows = [s.low for s in found if s.low is not None]
        highs = [s.high for s in found if s.high is not None]
        assert len(set(lows)) <= 1
        assert highs == sorted(highs)


@given(series(), st.integers(1, 9), st.integers(10, 20))
def test_needed_m_is_the_first_that_reaches(rows, above, below):
    target = Fraction(above, below)

    def at(m):
        return shares(rows, "missile", ISKANDER, HEADLINE, m=m)

    def reaches(m):
        end = at(m)
        return Fraction(end.numerator[1]) >= target * end.denominator[1]

    first = next((m for m in range(400) if reaches(m)), None)
    needed = needed_m(at, target)
    assert needed == first or (first is None and (needed is None or needed >= 400))


def test_smallest_is_none_where_nothing_suffices():
    assert smallest(lambda n: (n, 100), Fraction(1, 2), 10) is None
    assert smallest(lambda n: (n, 10), Fraction(1, 2), 10) == 5
