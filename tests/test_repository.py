"""The repository as a newcomer finds it: what it promises is there, and nothing else."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
import yaml

from analysis.report import notebooks
from tests.checkout import ROOT, feb11

PARAMETERS = {"site", "source", "start", "end", "before", "after", "seed", "level", "run_dir",
              "language"}  # fmt: skip
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
README = (ROOT / "README.md").read_text(encoding="utf-8")
PICTURE_BYTES = 300_000
LONGEST_CELL = 30

# What may be imported by what: a module imports from its own layer and those below.
LAYERS = (
    {
        "errors",
        "paths",
        "results",
        "steps",
        "words",
        "figures",
        "figure_output",
        "geojson",
        "places",
        "",
    },
    {"site", "evidence", "scenes"},
    {"growth", "housing", "strikes", "facility", "simulate"},
    {"claims", "claims_balance", "claims_bands", "claims_sources", "claims_view", "sites"},
    {"report", "audit"},
    {"cli", "doctor"},
)


def tracked(*patterns: str) -> list[Path]:
    """Files under version control, or all that are not ignored where there is no git."""
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", *patterns],
        check=True, capture_output=True, text=True,
    ).stdout.split("\0")  # fmt: skip
    return [ROOT / name for name in listed if name and (ROOT / name).is_file()]


def texts() -> Iterator[tuple[str, str]]:
    """Name and content of every text file under version control."""
    for path in tracked():
        content = path.read_bytes()
        if b"\0" not in content[:8000]:
            yield path.relative_to(ROOT).as_posix(), content.decode("utf-8")


def test_no_text_tells_of_a_machine() -> None:
    machine = re.compile(r"(?<![\w.:/~-])/(?:work|root|home|Users|tmp)/[a-z]")
    told = ((name, machine.search(text)) for name, text in texts())
    assert [f"{name}: {match.group()}" for name, match in told if match] == []


def test_no_text_has_line_ends_of_another_system() -> None:
    assert [name for name, text in texts() if "\r" in text and not name.endswith(".svg")] == []


def test_nothing_that_is_made_is_under_version_control() -> None:
    made = ("_build/", "node_modules/", ".venv/", "__pycache__", ".ipynb_checkpoints", ".egg-info")
    names = [p.relative_to(ROOT).as_posix() for p in tracked()]
    assert [n for n in names if any(m in n for m in made)] == []
    assert [n for n in names if n.endswith((".js", ".woff2", ".min.css"))] == []


def layer(module: str) -> int:
    return next((i for i, names in enumerate(LAYERS) if module in names), -1)


def package_imports() -> Iterator[tuple[str, str, str]]:
    """File, importing part and imported part of the package, for every import."""
    for path in sorted((ROOT / "src" / "analysis").rglob("*.py")):
        own = path.relative_to(ROOT / "src" / "analysis").parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [a.name for a in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module == "analysis":
                names = [f"analysis.{a.name}" for a in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            for name in names:
                if name.startswith("analysis."):
                    yield f"{path.relative_to(ROOT)}", own, name.split(".")[1]


def test_data_walks_one_way() -> None:
    for place, own, imported in package_imports():
        if own in ("__init__", imported):
            continue
        assert layer(own) >= 0, f"{place}: {own} has no layer"
        assert layer(imported) >= 0, f"{place}: {imported} has no layer"
        assert layer(imported) <= layer(own), f"{place} imports analysis.{imported}"


def test_what_simulates_and_what_measures_share_nothing() -> None:
    pairs = {(own, imported) for _, own, imported in package_imports()}
    assert ("simulate", "growth") not in pairs
    assert ("growth", "simulate") not in pairs


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_is_an_essay_with_short_cells(path: Path) -> None:
    content = nbformat.read(path, as_version=4)
    nbformat.validate(content)
    kinds = [c.cell_type for c in content.cells]
    assert kinds[0] == "markdown"
    assert content.cells[0].source.startswith("# ")
    assert kinds.count("markdown") >= 3
    for cell in content.cells:
        assert re.fullmatch(r"[a-z][a-z0-9-]*", cell.id), f"cell {cell.id!r} has no name"
        assert not re.fullmatch(r"[0-9a-f]{8,}", cell.id), f"cell {cell.id!r} has no name"
        if cell.cell_type == "code":
            assert len(cell.source.splitlines()) <= LONGEST_CELL, f"cell {cell.id!r} is long"
            assert "open(" not in cell.source, f"cell {cell.id!r} opens a file"
            assert "read_csv" not in cell.source, f"cell {cell.id!r} opens a file"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_every_notebook_has_the_parameters_of_the_contract(path: Path) -> None:
    found = notebooks.discover()[path.stem]
    assert set(found.defaults) >= PARAMETERS
    extra = {"period_start", "period_end"} if path.stem == "strike-statistics" else set()
    assert set(found.defaults) >= extra
    assert found.keys


def commands_in(text: str) -> list[str]:
    blocks = re.findall(r"```bash\n(.*?)```", text, re.DOTALL)
    return [line.partition("#")[0].strip() for b in blocks for line in b.splitlines() if line]


def test_every_command_of_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    lines = commands_in(README)
    assert {"make report", "make test"} <= set(lines)
    for line in lines:
        program, *arguments = line.split()
        if program == "make":
            assert set(arguments) <= targets, line
        elif program == ".venv/bin/feb11":
            assert feb11(arguments[0], "--help").returncode == 0, line
        else:
            assert program == ".venv/bin/papermill", line
            assert (ROOT / arguments[0]).is_file(), line


def test_the_readme_shows_the_report_and_names_what_exists() -> None:
    ((alt, place),) = re.findall(r"!\[([^\]]+)\]\(([^)]+)\)", README)
    assert len(alt) > 60
    picture = ROOT / place
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size < PICTURE_BYTES
    for folder in re.findall(r"^\| `([^`]+/)`", README, re.MULTILINE):
        assert folder == "_build/" or (ROOT / folder).is_dir(), folder
    for name in re.findall(r"`([A-Za-z./]+\.(?:md|cff|yml))`", README):
        assert (ROOT / name).is_file(), name


def test_the_readme_says_that_no_image_service_was_run_against() -> None:
    assert "no image service has been run against for real" in README


def test_citation_licence_and_changelog_say_the_same_as_the_package() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= set(citation)
    assert citation["version"] == project["version"]
    assert citation["license"] == project["license"] == "MIT"
    assert (ROOT / "LICENSE").read_text().startswith("MIT License")
    assert f"## {project['version']}" in (ROOT / "CHANGELOG.md").read_text()


def test_the_licence_of_every_table_is_named() -> None:
    package = json.loads((ROOT / "data/evidence/datapackage.json").read_text(encoding="utf-8"))
    named = {x["name"] for r in package["resources"] for x in r["licenses"]}
    listed = (ROOT / "LICENSES.md").read_text(encoding="utf-8")
    assert named
    for name in named:
        assert name.replace("-", " ").split(".")[0].split()[0] in listed.replace("-", " "), name
    launches = next(r for r in package["resources"] if r["path"] == "launches.csv")
    assert "ODC-BY" in launches["licenses"][0]["name"].upper()


@pytest.mark.parametrize("name", ["test", "publish"])
def test_workflows_pin_their_actions_and_ask_for_little(name: str) -> None:
    workflow = yaml.safe_load((ROOT / f".github/workflows/{name}.yml").read_text())
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        for step in job["steps"]:
            assert re.fullmatch(r"actions/[a-z-]+@v\d+", step.get("uses", "actions/none@v1"))
            assert "${{ inputs" not in step.get("run", ""), "an input is no code"


def test_a_manual_publication_takes_the_dates() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/publish.yml").read_text())
    inputs = workflow[True]["workflow_dispatch"]["inputs"]  # YAML reads `on` as true
    assert set(inputs) == {"period_start", "period_end"}
    assert workflow[True]["push"]["branches"] == ["main"]


def test_continuous_integration_runs_the_commands_of_the_readme() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    text = script.read_text()
    assert text.startswith("#!/usr/bin/env bash")
    assert "set -euo pipefail" in text
    assert re.search(r"^make report\b.*\nmake test\b", text, re.MULTILINE)
    bash = shutil.which("bash")
    assert bash
    subprocess.run([bash, "-n", str(script)], check=True)
