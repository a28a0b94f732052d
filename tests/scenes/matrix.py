"""The table of faults in the book: each file of tests answers for the rows that it makes."""

from __future__ import annotations

import os
from pathlib import Path

PLACE = Path(__file__).resolve().parents[2] / "book" / "static" / "fault-matrix.txt"
HEAD = ["| fault | what is said | what survives |", "|---|---|---|"]


def compare(seen: dict[str, tuple[str, str]], *sections: str) -> None:
    """Hold the rows of some sections to what was seen; with FEB11_WRITE_FAULTS=1 write them."""
    lines = PLACE.read_text().splitlines()[2:] if PLACE.is_file() else []
    starts = tuple(f"| {section}: " for section in sections)
    mine = [f"| {fault} | {said.replace('|', '/')} | {left} |"
            for fault, (said, left) in seen.items()]  # fmt: skip
    assert all(row.startswith(starts) for row in mine)
    if os.environ.get("FEB11_WRITE_FAULTS"):
        rest = [row for row in lines if not row.startswith(starts)]
        lines = sorted(rest + mine)
        PLACE.parent.mkdir(parents=True, exist_ok=True)
        PLACE.write_text("\n".join([*HEAD, *lines]) + "\n")
    kept = [row for row in lines if row.startswith(starts)]
    assert kept == sorted(mine), "FEB11_WRITE_FAULTS=1 writes the table anew"
