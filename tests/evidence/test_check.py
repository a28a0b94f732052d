"""A sound package has no problems; a planted fault is named by table, row and column."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analysis.errors import UserError
from analysis.evidence import Evidence, Problem, load, problems, validate

from .tables import FOLDER, read, write


def only(problems: list[Problem], table: str, row: int | None, column: str | None) -> Problem:
    found = [p for p in problems if (p.table, p.row, p.column) == (table, row, column)]
    assert found, "\n".join(map(str, problems)) or "no problem found"
    return found[0]


def test_the_package_is_sound():
    assert validate(FOLDER) == []
    assert problems() == []


def test_a_wrong_total_is_named_with_its_reason(copy: Path, plant):
    row = plant("aggregate_claims", "D02", high="68")
    problem = only(validate(copy), "aggregate_claims", row, "high")
    assert str(problem) == (
        f"aggregate_claims.csv row {row} column high: D02 says 68, but its rows give 67 missiles"
    )


def test_a_lost_launch_row_upsets_the_totals(copy: Path):
    rows = [r for r in read(copy / "launches.csv") if r["row_id"] != "L0010"]
    dropped = next(r for r in read(copy / "launches.csv") if r["row_id"] == "L0010")
    write(copy / "launches.csv", rows)
    assert dropped["role"] == "series"
    assert any(p.table == "aggregate_claims" for p in validate(copy))


def test_a_wrong_share_and_a_wrong_toll_are_found(copy: Path, plant):
    share = plant("aggregate_claims", "D14", high="0.330")
    toll = plant("aggregate_claims", "D30", low="136")
    problems = validate(copy)
    assert "D14 says 0.33" in only(problems, "aggregate_claims", share, "high").message
    assert "give 135 persons" in only(problems, "aggregate_claims", toll, "low").message


def test_a_rival_turned_into_a_second_main_reading(copy: Path, plant):
    row = plant("incidents", "I02b", is_alternative="false", reading="a")
    problems = validate(copy)
    assert "counted more than once" in only(problems, "incidents", row, "is_alternative").message
    assert "reading a twice" in "\n".join(map(str, problems))


def test_a_duplicated_report(copy: Path):
    rows = read(copy / "incidents.csv")
    rows.append(
        {
            **next(r for r in rows if r["incident_id"] == "I17"),
            "incident_id": "I46",
            "event_id": "I46",
        }
    )
    write(copy / "incidents.csv", rows)
    links = read(copy / "incident_sources.csv")
    write(copy / "incident_sources.csv", [*links, {"incident_id": "I46", "source_key": "UADT_CSV"}])
    problem = only(validate(copy), "incidents", 59, None)
    assert "repeats another report" in problem.message


def test_a_duplicated_id(copy: Path):
    rows = read(copy / "incidents.csv")
    write(copy / "incidents.csv", [*rows, rows[3]])
    assert any(p.table == "incidents" and p.row == 59 for p in validate(copy))


def test_a_claim_doubled_in_one_lineage(copy: Path):
    rows = read(copy / "aggregate_claims.csv")
    double = {**next(r for r in rows if r["claim_id"] == "C40"), "claim_id": "C61"}
    write(copy / "aggregate_claims.csv", [*rows, double])
    for table, extra in (
        ("sources", {"source_key": "cnn_2024_de"}),
        ("agencies", {"agency": "PGO"}),
    ):
        path = copy / f"aggregate_claim_{table}.csv"
        write(path, [*read(path), {"claim_id": "C61", **extra}])
    problem = only(validate(copy), "aggregate_claims", len(rows) + 2, "claim_id")
    assert "C61 is C40 again" in problem.message


def test_a_row_that_carries_one_claim_twice(copy: Path):
    path = copy / "claim_lineage.csv"
    rows = read(path)
    write(path, [*rows, rows[0]])
    problem = only(validate(copy), "claim_lineage", len(rows) + 2, None)
    assert "count twice in one lineage" in problem.message


def test_a_lineage_that_runs_in_a_circle(copy: Path):
    path = copy / "lineage.csv"
    rows = read(path)
    blank = dict.fromkeys(rows[0], "")
    write(
        path,
        [
            *rows,
            {
                **blank,
                "link_id": "N900",
                "child_claim": "C37",
                "parent_claim": "C45",
                "inferred": "true",
            },
        ],
    )
    assert "circle" in only(validate(copy), "lineage", len(rows) + 2, None).message


def test_a_date_after_the_collection(copy: Path, plant):
    row = plant("launches", "L0300", date="2026-11-23")
    problem = only(validate(copy), "launches", row, "date")
    assert "2026-11-23 lies after the collection was closed (2026-11-22)" in problem.message


CAUSES = [
    ("incidents", "I10", dict.fromkeys(("date", "date_low", "date_high"), "2026-12-01"), "after"),
    ("launches", "L0300", {"date": "2026-11-23"}, "lies after the collection was closed"),
    ("incidents", "I13", {"killed": "-7"}, "minimum"),
    ("incidents", "I02b", {"is_alternative": "false", "reading": "a"}, "is reading b, not a"),
]


@pytest.mark.parametrize(("table", "key", "cells", "said"), CAUSES)
def test_a_wrong_row_is_named_before_the_totals_that_it_upsets(
    copy: Path, plant, table: str, key: str, cells: dict[str, str], said: str
):
    row = plant(table, key, **cells)
    first, *others = validate(copy)
    assert (first.table, first.row) == (table, row)
    assert said in first.message
    assert others[-1].table == "aggregate_claims"


BAD_CELLS = [
    ("incidents", "I10", {"killed": "-1"}, "killed"),
    ("incidents", "I13", {"attribution": "rumour"}, "attribution"),
    ("incidents", "I25a", {"disputed_why": ""}, "disputed_why"),
    ("incidents", "I12", {"part_of": "I99"}, "part_of"),
    ("incidents", "I11", {"nk_missiles_high": "7"}, "nk_missiles_high"),
    ("sources", "tvp", {"seen_as": "skimmed"}, "seen_as"),
    ("sources", "zum_kr", {"source_type": "press"}, "source_type"),
    ("sources", "nako_2024", {"accessed": "2026-11-22"}, "accessed"),
    ("sources", "sata24", {"url": "https:///x"}, "url"),
    ("launches", "L0001", {"label": "Iskander-Z"}, "label"),
    ("launches", "L0002", {"source_key": "NOBODY"}, "source_key"),
    ("launches", "L0003", {"names_crimea": "true"}, "names_crimea"),
    ("launches", "L0004", {"intercepted": "99"}, "intercepted"),
    ("housing_parameters", "H01", {"low": "8"}, "low"),
    ("aggregate_claims", "C04", {"low": "51"}, "low"),
    ("claims", "denials", {"rule": "vote"}, "rule"),
    ("claims", "throughput-intent", {"not_measurable": "false"}, "not_measurable"),
    ("claim_bands", "hall-size-60-70-percent", {"low": "0.8"}, "low"),
    (
        "facility_claims",
        "FC004",
        {"statement_date": "2024-10"},
        "statement_date_low,statement_date_high",
    ),
]


def test_each_bad_cell_is_named(copy: Path, plant):
    rows = [plant(table, key, **cells) for table, key, cells, _ in BAD_CELLS]
    problems = validate(copy)
    for row, (table, _, _, column) in zip(rows, BAD_CELLS, strict=True):
        problem = only(problems, table, row, column)
        assert str(problem).startswith(f"{table}.csv row {row} column {column}: ")


def test_a_cell_of_another_type_is_named(copy: Path, plant):
    row = plant("incidents", "I10", killed="one")
    assert "'one'" in only(validate(copy), "incidents", row, "killed").message


def test_a_claim_without_a_source(copy: Path):
    path = copy / "claim_sources.csv"
    write(path, [r for r in read(path) if r["claim_id"] != "troops-sent"])
    assert any("no source states troops-sent" in p.message for p in validate(copy))


def test_line_ends_and_strays_are_named(copy: Path):
    path = copy / "labels.csv"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    (copy / "scratch.csv").write_text("a\n1\n")
    problems = validate(copy)
    assert "LF" in only(problems, "labels", None, None).message
    assert "not described" in only(problems, "scratch", None, None).message


def test_loading_names_a_missing_column(copy: Path):
    path = copy / "incidents.csv"
    rows = read(path)
    for row in rows:
        del row["killed"]
    write(path, rows)
    with pytest.raises(UserError, match=r"incidents\.csv row 1: columns missing: killed"):
        load(copy)


def test_loading_names_a_bad_cell_and_a_missing_file(copy: Path, plant):
    row = plant("incidents", "I10", killed="one")
    with pytest.raises(UserError, match=rf"incidents\.csv row {row} column killed: 'one'"):
        load(copy)
    (copy / "incidents.csv").unlink()
    with pytest.raises(UserError, match=r"incidents\.csv is missing"):
        load(copy)
    assert any(p.message == "the file is missing" for p in validate(copy))


def test_a_descriptor_may_not_lead_out_of_the_folder(copy: Path):
    path = copy / "datapackage.json"
    package = json.loads(path.read_text())
    package["resources"][0]["path"] = "../sources.csv"
    path.write_text(json.dumps(package))
    assert validate(copy)
    with pytest.raises(UserError, match=r"no table sources\.csv"):
        load(copy)


def test_no_package_at_all(tmp_path: Path):
    with pytest.raises(UserError, match=r"no datapackage\.json"):
        load(tmp_path)


def test_every_number_has_a_unit_and_every_table_a_licence():
    package = json.loads((FOLDER / "datapackage.json").read_text(encoding="utf-8"))
    for resource in package["resources"]:
        assert resource["licenses"]
        assert resource["sources"]
        assert resource["attribution"]
        for field in resource["schema"]["fields"]:
            assert field["title"]
            assert field["description"]
            if field["type"] in ("integer", "number"):
                assert field["unit"], (resource["name"], field["name"])
    launches = next(r for r in package["resources"] if r["name"] == "launches")
    assert launches["licenses"][0]["name"] == "ODC-BY-1.0"
    assert "Petro Ivaniuk" in launches["attribution"]


def test_types_of_loaded_columns(evidence: Evidence):
    assert str(evidence.incidents["killed"].dtype) == "Int64"
    assert str(evidence.incidents["is_alternative"].dtype) == "boolean"
    assert evidence.launches["date"].dtype.kind == "M"
    assert str(evidence.launches["label"].dtype) == "string"
    classes = evidence.housing_parameters["applicability"]
    assert classes.min() == "same-city"
    assert classes.max() == "no-observation"


def test_collected_keys_are_unchanged_and_unique():
    keys = [row["source_key"] for row in read(FOLDER / "sources.csv")]
    assert len(keys) == len(set(keys)) == 248
    assert keys == sorted(keys, key=lambda key: (key.lower(), key))
    assert {"UADT_CSV", "cnn_2024_de", "acw_202412"} <= set(keys)
