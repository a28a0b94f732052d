"""Totals counted from the CSV files with plain Python, beside the package's own.

The expected numbers are those worked out when the tables were collected; the
counting here shares no code with the package.
"""

from __future__ import annotations

from datetime import date

import pytest

from analysis.evidence import Evidence, derived, events, located

from .tables import FOLDER, read

PLAIN = {"Iskander-M"}
JOINT = {"Iskander-M/KN-23"}
OUTRIGHT = {"KN-23"}
FAMILY = PLAIN | JOINT | OUTRIGHT


def series(start: str, end: str) -> list[dict[str, str]]:
    return [
        row
        for row in read(FOLDER / "launches.csv")
        if row["source_key"] == "UADT_CSV" and start <= row["date"] <= end
    ]


def missiles(rows: list[dict[str, str]], labels: set[str], crimea: bool = True) -> int:
    return sum(
        int(row["launched"] or 0)
        for row in rows
        if row["label"] in labels
        and (crimea or row["label"] not in JOINT or "Crimea" not in row["place"])
    )


def days(rows: list[dict[str, str]], labels: set[str]) -> int:
    return len({row["date"] for row in rows if row["label"] in labels})


def count(rows: list[dict[str, str]], labels: set[str]) -> int:
    return sum(row["label"] in labels for row in rows)


@pytest.mark.parametrize(
    ("start", "end", "of_missiles", "of_days", "of_rows", "without_crimea"),
    [
        ("2024-01-01", "2024-11-22", (6, 67, 260), (2, 20, 115), (2, 20, 134), 53),
        ("2024-07-31", "2024-11-22", (6, 61, 127), (2, 18, 56), (2, 18, 67), 47),
        ("2024-08-01", "2024-09-30", (6, 48, 87), (2, 12, 33), (2, 12, 41), None),
    ],
)
def test_shares_by_label(start, end, of_missiles, of_days, of_rows, without_crimea):
    rows = series(start, end)
    for counted, expected in ((missiles, of_missiles), (days, of_days), (count, of_rows)):
        found = tuple(counted(rows, labels) for labels in (OUTRIGHT, OUTRIGHT | JOINT, FAMILY))
        assert found == expected
    if without_crimea is not None:
        assert missiles(rows, OUTRIGHT | JOINT, crimea=False) == without_crimea


def test_whole_years_and_the_size_of_the_series():
    assert len(series("0000", "9999")) == 546
    assert missiles(series("2024-01-01", "2024-12-31"), FAMILY) == 295
    year = series("2025-01-01", "2025-12-31")
    assert (missiles(year, PLAIN), missiles(year, JOINT), missiles(year, OUTRIGHT)) == (178, 292, 0)
    assert (
        sum(int(r["launched"]) for r in year if r["label"] in JOINT and "Crimea" in r["place"])
        == 133
    )


def test_northern_launches_of_autumn_2024(evidence: Evidence):
    found = derived.launches(evidence, *map(date.fromisoformat, ("2024-08-01", "2024-12-31"))).rows
    north = found[found["northern_only"]]
    assert [
        int(north[north["label"] == name]["launched"].sum())
        for name in ("Iskander-M", "Iskander-M/KN-23", "KN-23")
    ] == [20, 50, 8]


@pytest.mark.parametrize(
    ("start", "end", "joint", "killed", "injured"),
    [
        ("2023-12-30", "2024-02-07", False, 18, 125),
        ("2023-12-30", "2024-02-27", False, 19, 132),
        ("2024-01-01", "2024-11-22", False, 21, 135),
        ("2024-01-01", "2024-11-22", True, 77, 443),
    ],
)
def test_located_tolls(evidence: Evidence, start, end, joint, killed, injured):
    by_hand = [0, 0]
    for row in read(FOLDER / "incidents.csv"):
        if row["incident_id"][-1] in "bc" or row["part_of"] or not row["date"]:
            continue
        if start <= row["date"] <= end and (joint or row["attribution"] != "joint-label"):
            by_hand[0] += int(row["killed"] or 0)
            by_hand[1] += int(row["injured"] or 0)
    assert by_hand == [killed, injured]
    table = evidence.incidents
    period = (date.fromisoformat(start), date.fromisoformat(end))
    assert located(table, *period, "killed", joint=joint) == killed
    assert located(table, *period, "injured", joint=joint) == injured


def test_every_derived_row_has_a_rule_and_agrees(evidence: Evidence):
    rows = evidence.aggregate_claims
    rows = rows[rows["basis"] == "derived"].set_index("claim_id")
    found = derived.recompute(evidence)
    assert list(found) == list(rows.index) == [f"D{n:02d}" for n in range(1, 31)]
    assert found["D02"] == (6, 67)
    assert found["D03"] == (260, 276)
    assert found["D18"] == (479, 557)
    assert found["D22"] == (21, 36)


def test_sizes_of_the_collection(evidence: Evidence):
    assert len(evidence.sources) == 248
    assert len(evidence.incidents) == 57
    assert len(events(evidence.incidents)) == 45
    assert (evidence.aggregate_claims["basis"] == "claim").sum() == 61
    assert len(evidence.launches) == 567
    assert len(evidence.claims) == 20


def test_drift_of_the_size_claim(evidence: Evidence):
    table = evidence.claim_drift
    assert table["wording_class"].value_counts().to_dict() == {
        "same": 17,
        "inflated": 8,
        "inverted": 6,
        "other": 1,
    }
    families = table.groupby("wording_class")["text_family"].nunique().to_dict()
    assert families == {"same": 15, "inflated": 8, "inverted": 4, "other": 1}
    assert table["text_family"].nunique() == 27
    assert table["language"].nunique() == 14
