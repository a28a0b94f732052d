"""The real notebooks: the same results by any route, and the real edition as it is published."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from analysis import results
from analysis.report import notebooks
from tests.checkout import ROOT, feb11

NAMES = sorted(n.name for n in notebooks.discover().values() if n.about != "site")
"""Chapters of the report on the plant."""
PAPERMILL = Path(sys.executable).parent / "papermill"


def plain(record: dict[str, Any]) -> dict[str, Any]:
    """A result without the place where it was recorded."""
    return {k: v for k, v in record.items() if k not in ("notebook", "cell")}


def by_papermill(name: str, folder: Path, *parameters: str) -> dict[str, dict[str, Any]]:
    """Results of one notebook, executed by papermill's own command."""
    out = folder / f"{name}.ipynb"
    subprocess.run(
        [str(PAPERMILL), f"notebooks/{name}.ipynb", str(out), "--no-progress-bar", *parameters],
        cwd=ROOT, check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    found = results.gather(nbformat.read(out, as_version=4).cells, name)
    return {r.key: plain(json.loads(json.dumps(r.to_json()))) for r in found}


def recorded(key: str) -> results.Result:
    return results.Result(
        key=key, value=1.0, unit="1", kind="simulated", statement="a number",
        method="analysis.growth.record.results", inputs=("file:data/scenes/catalog.json",),
        why_no_interval="made here",
    )  # fmt: skip


def test_a_chapter_may_lack_what_a_site_may_not_have_and_nothing_else() -> None:
    growth = notebooks.discover()["facility-growth"]
    least = [recorded(pattern.replace("*", "some")) for pattern in growth.keys]
    growth.check_results(least)
    growth.check_results([*least, recorded("growth.candidate-1.area")])
    with pytest.raises(results.ResultError, match="without declaring it"):
        growth.check_results([*least, recorded("growth.surprise")])
    with pytest.raises(results.ResultError, match="records none"):
        growth.check_results(least[1:])


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_papermill_alone_gives_the_results_of_the_report(
    edition: Path, tmp_path: Path, name: str
) -> None:
    content = json.loads((edition / "results.json").read_text(encoding="utf-8"))
    published = {r["key"]: plain(r) for r in content["results"] if r["notebook"] == name}
    assert published
    assert by_papermill(name, tmp_path) == published


@pytest.mark.slow
def test_another_period_changes_the_results_of_the_period_alone(
    edition: Path, tmp_path: Path
) -> None:
    content = json.loads((edition / "results.json").read_text(encoding="utf-8"))
    published = {r["key"]: plain(r) for r in content["results"]}
    given = ("-p", "period_start", "2024-08-01", "-p", "period_end", "2024-09-30")
    found = by_papermill("strike-statistics", tmp_path, *given)
    changed = {k for k, r in found.items() if r != published.get(k)}
    assert changed
    assert {k for k in changed if ".bounds.year." in k or ".bounds.surge." in k} == set()
    assert any(".period." in k for k in changed)


def test_a_second_report_of_the_real_notebooks_executes_nothing(report) -> None:
    done = feb11("report")
    assert done.returncode == 0
    assert "no notebook was executed" in done.stderr
    assert done.stdout == report


def test_every_figure_is_published_with_its_data(edition: Path) -> None:
    figures = edition.parent / "figures"
    pictures = {p.stem for p in figures.glob("*.svg")}
    assert len(pictures) >= len(NAMES) - 1
    assert pictures == {p.stem for p in figures.glob("*.csv")}
    offered = {p.stem for p in edition.glob("_downloads/*/*.csv")}
    assert pictures <= offered


def test_the_run_names_every_input_that_its_results_rest_on(edition: Path) -> None:
    record = json.loads((edition / "run.json").read_text(encoding="utf-8"))
    content = json.loads((edition / "results.json").read_text(encoding="utf-8"))
    named = {i for r in content["results"] for i in r["inputs"] if i.startswith("file:")}
    assert {i.removeprefix("file:") for i in named} <= set(record["inputs"])
    assert set(record["notebooks"]) == set(NAMES)
    assert record["packages"]["papermill"]
    assert record["parameters"] == {}
