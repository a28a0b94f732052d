"""A small checkout in a folder of its own: real tables, real kernels, tiny notebooks.

It shares the package's source with the real checkout, so that what is tested
is the program, and nothing else: two notebooks, and pages with a line each.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FEB11 = Path(sys.executable).parent / "feb11"
TIMEOUT_S = 300
REPORT_TIMEOUT_S = 2400
"""Of the real report where nothing was built before, beside other tests."""

PARAMETERS = """\
seed = 20241125
level = 0.9
period_start = "2024-01-01"
period_end = "2024-11-22"
run_dir = ""
language = "en"
"""

RECORD = """\
from analysis import results
results.record(results.Result(
    key="{key}", value={value}, unit="missiles", kind="derived", statement="A number of the test",
    method="analysis.strikes.bounds.share", inputs=("source:UADT_CSV",),
    why_no_interval="a count", interval_kind="exact"))"""

FIGURE = """\
import pandas as pd
from analysis import figures
figure, axes = figures.new(2.0)
axes.plot([1, 2], [1, 2])
figures.finish(figure, "A line that rises", "values, unitless", "Source: none")
figures.show(figure, name="line", alt="A line that rises from one to two, drawn for a test.",
             caption="A line that rises.", keys=["tiny.answer"], sources=["UADT_CSV"],
             data=pd.DataFrame({"x": [1, 2]}))"""


@dataclass(frozen=True)
class Checkout:
    """A checkout that tests may damage."""

    root: Path

    @property
    def build(self) -> Path:
        """Folder of what is made."""
        return self.root / "_build"

    @property
    def site(self) -> Path:
        """The published edition."""
        return self.build / "html"

    @property
    def run(self) -> Path:
        """The default run."""
        return self.build / "runs" / "default"

    def feb11(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the command on this checkout."""
        return feb11(*arguments, root=self.root, **environment)

    def report(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Make the report, which has to succeed."""
        done = self.feb11("report", *arguments, **environment)
        assert done.returncode == 0, done.stderr
        return done

    def results(self) -> dict[str, Any]:
        """Results of the default run by key, as they stand in the file."""
        content = json.loads((self.run / "results.json").read_text(encoding="utf-8"))
        return {r["key"]: r for r in content["results"]}

    def notebook(
        self,
        name: str,
        cells: Sequence[tuple[str, str]],
        *,
        keys: Sequence[str] = (),
        after: Sequence[str] = (),
        parameters: str = PARAMETERS,
        about: str | None = None,
    ) -> None:
        """Write a notebook; a cell is its id and its source, Markdown if the id says so."""
        listed = [
            _cell("title", f"# {name.title()}", "markdown"),
            _cell("parameters", parameters, "code", "parameters"),
            *(_cell(i, s, "markdown" if i.startswith("text") else "code") for i, s in cells),
        ]
        declared = {"title": name.title(), "keys": list(keys), "after": list(after)}
        declared |= {"about": about} if about else {}
        write_notebook(self.root / "notebooks" / f"{name}.ipynb", listed, declared)

    def fingerprint(self) -> dict[str, str]:
        """Digest of every published file, by its name."""
        return {
            f"{folder.name}/{path.relative_to(folder).as_posix()}": hashlib.sha256(
                path.read_bytes()
            ).hexdigest()
            for folder in (self.site, self.run)
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }


def feb11(*arguments: str, root: Path = ROOT, timeout: float = TIMEOUT_S, **environment: str):
    """Run the command `feb11` in a process of its own."""
    return subprocess.run(
        [str(FEB11), *arguments], cwd=root, capture_output=True, text=True, timeout=timeout,
        env=os.environ | {"FEB11_ROOT": str(root), "COLUMNS": "200"} | environment,
    )  # fmt: skip


def python(code: str, *arguments: str, root: Path = ROOT, **environment: str):
    """Run some code in a Python process of its own."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=root, capture_output=True, text=True,
        timeout=TIMEOUT_S, env=os.environ | {"FEB11_ROOT": str(root)} | environment,
    )  # fmt: skip


def _cell(name: str, source: str, kind: str, *tags: str) -> dict[str, Any]:
    cell: dict[str, Any] = {
        "cell_type": kind, "id": name, "metadata": {"tags": list(tags)}, "source": source,
    }  # fmt: skip
    return cell | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def write_notebook(path: Path, cells: Sequence[dict[str, Any]], about: dict[str, Any]) -> None:
    """Write cells as a notebook."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    content = {
        "cells": list(cells),
        "metadata": {"kernelspec": kernel, "feb11": about},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")


PAGES = {
    "index": "# A small report\n\nThe answer is {result}`tiny.answer`, the rest"
    " {result}`tiny.second` {cite:p}`UADT_CSV`.\n",
    "methods": "# Methods\n\nNone.\n",
    "data": "# Data\n\nAs published.\n",
    "references": "# References\n\n```{bibliography}\n```\n",
    "corrections": "# Corrections\n\nNone so far.\n",
    "about": "# About\n\nA test.\n",
}


def make(root: Path) -> Checkout:
    """Lay out a small checkout below ``root``."""
    checkout = Checkout(root)
    for name in ("data", "requirements"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("scenes", ".*"))
    for name in ("_config.yml", "package-lock.json", "pyproject.toml"):
        shutil.copy2(ROOT / name, root)
    (root / "src").symlink_to(ROOT / "src")
    shutil.copytree(ROOT / "book" / "static", root / "book" / "static")
    for name, text in PAGES.items():
        (root / "book" / f"{name}.md").write_text(text, encoding="utf-8")
    (root / "notebooks").mkdir()
    checkout.notebook(
        "first",
        [("record", RECORD.format(key="tiny.answer", value=42)), ("figure", FIGURE)],
        keys=["tiny.answer"],
    )
    checkout.notebook(
        "second",
        [("text-answer", "It was {result}`tiny.answer`."),
         ("record", RECORD.format(key="tiny.second", value="seed % 1000"))],
        keys=["tiny.second"],
    )  # fmt: skip
    return checkout
