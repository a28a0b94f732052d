"""The evidence package, whole, and as a copy that a test may damage."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.evidence import Evidence, load

from .tables import FOLDER, read, write


@pytest.fixture(scope="session")
def evidence() -> Evidence:
    return load(FOLDER)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / "evidence"
    shutil.copytree(FOLDER, folder)
    return folder


@pytest.fixture
def plant(copy: Path) -> Callable[..., int]:
    """Change cells of the row with a given key; returns its row in the file."""

    def change(table: str, key: str, **cells: str) -> int:
        path = copy / f"{table}.csv"
        rows = read(path)
        column = next(iter(rows[0]))
        number, row = next((n, r) for n, r in enumerate(rows, 2) if r[column] == key)
        row.update(cells)
        write(path, rows)
        return number

    return change
