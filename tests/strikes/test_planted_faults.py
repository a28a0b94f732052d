"""Faults planted in a copy of the tables stop the report, with table, row and reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.checkout import Checkout

Lines = list[str]


def edit(folder: Path, table: str, change: Callable[[Lines], Lines]) -> None:
    """Change the lines of one table."""
    path = folder / f"{table}.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(change(lines)), encoding="utf-8")


def at(lines: Lines, start: str) -> int:
    """Place of the one line that starts so."""
    (place,) = (i for i, line in enumerate(lines) if line.startswith(start))
    return place


def wrong_total(folder: Path) -> str:
    """The compilers' sum of the labels, one too high."""

    def change(lines: Lines) -> Lines:
        i = at(lines, "D02,")
        assert ",6,67," in lines[i]
        lines[i] = lines[i].replace(",6,67,", ",6,68,")
        place.append(i + 1)
        return lines

    place: list[int] = []
    edit(folder, "aggregate_claims", change)
    return f"aggregate_claims.csv row {place[0]} column high: D02 says 68, but its rows give 67"


def duplicated_rival(folder: Path) -> str:
    """One rival report of an event, entered again as a third, with its source."""
    place: list[int] = []

    def change(lines: Lines) -> Lines:
        i = at(lines, "I02b,")
        place.append(i + 2)
        copy = lines[i].replace("I02b,I02,b,", "I02c,I02,c,")
        return [*lines[: i + 1], copy, *lines[i + 1 :]]

    edit(folder, "incidents", change)
    edit(
        folder, "incident_sources",
        lambda lines: [
            *lines, *(x.replace("I02b,", "I02c,", 1) for x in lines if x.startswith("I02b,"))
        ],
    )  # fmt: skip
    return f"incidents.csv row {place[0]}: I02c repeats another report word for word"


def doubled_claim(folder: Path) -> str:
    """The claimed count, entered a second time under an id of its own."""
    for table in ("aggregate_claims", "aggregate_claim_agencies", "aggregate_claim_sources"):
        edit(
            folder, table,
            lambda lines: [
                *lines, *(x.replace("C37,", "C99,", 1) for x in lines if x.startswith("C37,"))
            ],
        )  # fmt: skip
    return "C99 is C37 again: same body, quantity, period, value and day; it would count twice"


def future_date(folder: Path) -> str:
    """The last bulletin, from a day that has not come."""
    place: list[int] = []

    def change(lines: Lines) -> Lines:
        i = max(k for k, line in enumerate(lines) if ",series," in line)
        cells = lines[i].split(",")
        lines[i] = ",".join([cells[0], "2031-01-02", *cells[2:]])
        place.append(i + 1)
        return lines

    edit(folder, "launches", change)
    return f"launches.csv row {place[0]} column date: 2031-01-02 lies after the collection"


@pytest.mark.parametrize("plant", [wrong_total, duplicated_rival, doubled_claim, future_date])
def test_a_planted_fault_stops_the_report_and_names_its_place(
    checkout: Checkout, plant: Callable[[Path], str]
) -> None:
    said = plant(checkout.root / "data" / "evidence")
    done = checkout.feb11("report")
    assert done.returncode == 2
    assert said in " ".join(done.stderr.split())
    assert len(done.stderr.strip().splitlines()) <= 2
    assert "Traceback" not in done.stderr
    assert not checkout.run.exists()
