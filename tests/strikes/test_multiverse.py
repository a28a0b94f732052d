"""Specifications are distinct and coherent, and counted as brute force counts them."""

from collections import defaultdict
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.strikes.bounds import inside_band
from analysis.strikes.multiverse import Specification, build, effects
from analysis.strikes.record_multiverse import universes

YEAR = ("2024-01-01", "2024-11-22")
SURGE = ("2024-07-31", "2024-11-22")
PEAK = ("2024-08-01", "2024-09-30")


@pytest.fixture(scope="module")
def all_four(chapter):
    return universes(chapter)


def number(row, counted, one):
    """Most missiles of the counted types: each other type that a label names keeps one."""
    if not row["launched"]:
        return int(one)
    return int(row["launched"]) - sum(part not in counted for part in row["label"].split(" and "))


NAMED = {"KN-23", "Iskander-M/KN-23"}


def is_mixed(row):
    return " and " in row["label"]


def north_korean(row, joint):
    if row["label"] == "KN-23":
        return True
    if "Iskander-M/KN-23" not in row["label"].split(" and "):
        return False
    return joint == "all" or (joint == "no-crimea" and "Crimea" not in row["origin"])


def test_counts_of_missiles_agree_with_brute_force(bulletins, all_four):
    claims = {"bulletins": (0, "2023-12-31"), "C29": (50, "2024-02-27"), "C07": (24, "2024-02-07"),
              "C13": (20, "2024-02-22"), "C28": (20, "2024-02-27")}  # fmt: skip
    found = {}
    for early, joint, mixed, one in product(
        claims, ("none", "no-crimea", "all"), (False, True), (False, True)
    ):
        base, end = claims[early]
        rows = [
            r for r in bulletins
            if YEAR[0] <= r["date"] <= YEAR[1] and r["date"] > end and north_korean(r, joint)
            and (mixed or not is_mixed(r)) and (one or r["launched"])
        ]  # fmt: skip
        content = (early, frozenset(r["row_id"] for r in rows))
        found[content] = base + sum(number(r, NAMED, one) for r in rows)
    universe = all_four["missiles"]
    assert universe.n == len(found)
    assert sorted(s.value for s in universe.distinct) == sorted(found.values())
    assert universe.k == sum(55 <= v <= 65 for v in found.values())


@pytest.mark.parametrize(
    ("what", "floor", "march", "may"), [("killed", 28, 14, 24), ("injured", 213, 76, 115)]
)
def test_tolls_agree_with_brute_force(bulletins, incidents, all_four, what, floor, march, may):
    joint_rows = [r for r in bulletins if r["label"] == "Iskander-M/KN-23"]
    events = defaultdict(list)
    for r in incidents:
        inside = r["date_high"] >= YEAR[0] and r["date_low"] <= YEAR[1]
        if inside and not r["part_of"]:
            events[r["event_id"]].append(r)
    found = {}
    groups = ("debris", "attributed", "no-crimea", "all")
    for base, group, disputed in product((0, march, may), groups, (True, False)):
        total, upper, content = base, base, set()
        for name, reports in events.items():
            first = reports[0]
            same_day = [r for r in joint_rows if r["date"] == first["date"]]
            crimea = bool(same_day) and all("Crimea" in r["origin"] for r in same_day)
            joint = first["attribution"] == "joint-label"
            end = {0: "2023-12-01", march: "2024-03-05", may: "2024-02-27"}[base]
            if first["date_low"] <= end or (first["disputed"] == "true" and not disputed):
                continue
            if group == "debris" and first["attribution"] != "confirmed-by-debris":
                continue
            if (group == "attributed" and joint) or (group == "no-crimea" and joint and crimea):
                continue
            tolls = [int(r[what]) for r in reports if r[what]]
            if tolls:
                content.add(name)
                total += int(first[what] or 0)
                upper += max(tolls)
        found[base, frozenset(content)] = (total, upper)
    universe = all_four[what]
    assert universe.n == len(found)
    assert sorted((s.value, s.high) for s in universe.distinct) == sorted(found.values())
    assert universe.k == sum(upper >= floor for _, upper in found.values())


def test_label_shares_agree_with_brute_force(bulletins, all_four):
    iskander = {"Iskander-M", "Iskander-M/KN-23", "KN-23"}
    air = {"X-47 Kinzhal", "3M22 Zircon"}
    s300 = {"C-300", "C-400", "C-300/C-400"}
    wholes = (iskander, iskander | air, iskander | s300, iskander | air | s300)
    found = {}
    for (start, end), unit, joint, mixed, one, whole in product(
        (YEAR, SURGE, PEAK), ("missile", "row", "day"), ("none", "no-crimea", "all"),
        (False, True), (False, True), wholes,
    ):  # fmt: skip
        rows = [
            r for r in bulletins
            if start <= r["date"] <= end and (mixed or not is_mixed(r))
            and (unit != "missile" or one or r["launched"])
        ]  # fmt: skip
        above = [r for r in rows if north_korean(r, joint)]
        below = [r for r in rows if whole & set(r["label"].split(" and "))]
        if unit == "missile":
            top = sum(number(r, NAMED, one) for r in above)
            value = top / sum(number(r, whole, one) for r in below)
        elif unit == "row":
            value = len(above) / len(below)
        else:
            value = len({r["date"] for r in above}) / len({r["date"] for r in below})
        key = "date" if unit == "day" else "row_id"
        found[unit, frozenset(r[key] for r in above), frozenset(r[key] for r in below)] = value
    universe = all_four["share"]
    labels = [s for s in universe.distinct if s.choices["numerator"] == "labels"]
    assert sorted(s.value for s in labels) == sorted(found.values())
    assert universe.by_choice["numerator"]["labels"] == (
        sum(0.30 <= int(v * 100 + 0.5) / 100 <= 0.37 for v in found.values()),
        len(found),
    )


def test_every_share_is_a_share_and_lies_in_its_bounds(all_four):
    for universe in all_four.values():
        for s in universe.distinct:
            assert s.low <= s.value <= s.high
    assert all(s.low >= 0 and s.high <= 1 for s in all_four["share"].distinct)


def test_rows_of_the_bulletin_never_give_the_claimed_share(all_four):
    k, n = all_four["share"].by_choice["unit"]["row"]
    assert k == 0
    assert n > 0


def test_the_joint_label_moves_share_and_count_most(all_four):
    assert all_four["share"].moves_most == "joint"
    assert all_four["missiles"].moves_most == "joint"


def test_the_published_quotient_is_kept_apart(all_four):
    apart = {i.name: i for i in all_four["share"].incoherent}
    assert (apart["published"].numerator, apart["published"].denominator) == (60, 194)
    assert apart["plain-iskander"].denominator == 193
    values = [s.value for s in all_four["share"].distinct]
    assert 60 / 194 not in values
    assert 60 / 193 not in values


def test_results_say_k_of_n_and_never_probability(found, all_four):
    for figure, universe in all_four.items():
        result = found[f"strikes.multiverse.{figure}.agree"]
        assert (result.value, result.extra["of"]) == (universe.k, universe.n)
        assert "not a probability" in result.statement
        for levels in result.extra["by_choice"].values():
            assert sum(n for _, n in levels.values()) == universe.n
            assert sum(k for k, _ in levels.values()) == universe.k


GRID = st.lists(
    st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"), st.integers(0, 5)),
    min_size=1, max_size=30, unique_by=lambda t: t[:2],
)  # fmt: skip


@given(GRID)
def test_repeated_content_counts_once(grid):
    made = [Specification({"p": p, "q": q}, v, v, v, v) for p, q, v in grid]
    universe = build("missiles", made, lambda s: s.value > 2)
    assert universe.n == len({v for _, _, v in grid})
    assert universe.k == len({v for _, _, v in grid if v > 2})
    assert build("missiles", [*made, *made], lambda s: s.value > 2).n == universe.n


def test_a_choice_without_effect_moves_nothing():
    grid = [
        Specification({"p": p, "q": q}, 10.0 * (p == "a"), 0, 10, (p, q))
        for p in "ab"
        for q in "xy"
    ]
    assert effects(grid) == {"p": 10.0, "q": 0.0}


@pytest.mark.parametrize(
    ("value", "decimals", "inside"),
    [(0.2949, 2, False), (0.295, 2, True), (0.3749, 2, True), (0.376, 2, False), (None, 2, False)],
)
def test_bands_compare_after_rounding_as_published(value, decimals, inside):
    assert inside_band(value, 0.30, 0.37, decimals) is inside
