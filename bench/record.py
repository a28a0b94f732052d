"""Write a study's results where they are committed: with code hash and machine, no time of day."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from analysis.steps import source_digest
from bench.machine import machine

FOLDER = Path(__file__).parent / "results"

ROW = re.compile(r"\[\n[^][{}]*\n\s*\]")
"""A list of plain values: a row of a table, which reads best on one line."""


def code(modules: Sequence[str]) -> str:
    """One key over the source of some modules and all of the project that they import."""
    return hashlib.sha256("".join(source_digest(m) for m in modules).encode()).hexdigest()


def write(name: str, record: dict[str, Any], modules: Sequence[str]) -> Path:
    """Write ``bench/results/NAME.json``."""
    whole = {"study": name, "code": code(modules), "modules": list(modules), "machine": machine()}
    file = FOLDER / f"{name}.json"
    text = json.dumps(whole | record, indent=1, sort_keys=True)
    file.write_text(ROW.sub(_on_one_line, text) + "\n", encoding="utf-8")
    return file


def _on_one_line(row: re.Match[str]) -> str:
    return re.sub(r"\n\s*", " ", row.group()).replace("[ ", "[").replace(" ]", "]")
