"""Steps: computed once, computed again when anything they rest on has changed."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from analysis import steps
from tests.checkout import ROOT, python

TRIAL = '''
"""A step that writes down each time it really runs."""
import time
from pathlib import Path
from analysis import paths
from analysis.constant import FACTOR
from analysis.steps import step

@step(reads=("data/in.txt", "data/series/{name}"))
def weigh(name, factor=1):
    with (paths.project_root() / "log.txt").open("a") as log:
        log.write("ran\\n")
    time.sleep(0.3)
    folder = paths.project_root() / "data"
    read = (folder / "in.txt").read_text() + (folder / "series" / name).read_text()
    return {"weight": len(read) * factor * FACTOR}

@step(reads=("data/in.txt",))
def peek():
    return (paths.project_root() / "data" / "other.txt").read_text()

@step()
def outer():
    return weigh("a")["weight"] + 1

@step(reads=("data/in.txt", "data/series"))
def outer_declared():
    return weigh("a")["weight"] + 1
'''


@dataclass(frozen=True)
class Laboratory:
    """A checkout with a copy of the package and one step on trial."""

    root: Path

    def call(self, expression: str) -> subprocess.CompletedProcess[str]:
        code = f"from analysis import trial; print(trial.{expression})"
        return python(code, root=self.root, PYTHONPATH=str(self.root / "src"))

    def value(self, expression: str) -> str:
        done = self.call(expression)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    @property
    def computed(self) -> int:
        """How often the step has really run."""
        log = self.root / "log.txt"
        return len(log.read_text().splitlines()) if log.exists() else 0


@pytest.fixture
def laboratory(tmp_path: Path) -> Laboratory:
    (tmp_path / "data" / "evidence").mkdir(parents=True)
    (tmp_path / "data" / "series").mkdir()
    for name in ("in.txt", "other.txt", "series/a", "series/b"):
        (tmp_path / "data" / name).write_text("four")
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "report.lock").write_text("numpy==2.0\n")
    package = tmp_path / "src" / "analysis"
    shutil.copytree(ROOT / "src" / "analysis", package,
                    ignore=shutil.ignore_patterns("__pycache__"))  # fmt: skip
    (package / "constant.py").write_text("FACTOR = 10\n")
    (package / "trial.py").write_text(TRIAL)
    return Laboratory(tmp_path)


def test_two_processes_at_once_compute_a_step_once(laboratory: Laboratory) -> None:
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(laboratory.value, ["weigh('a')"] * 2))
    assert both == ["{'weight': 80}"] * 2
    assert laboratory.computed == 1


def test_what_a_step_rests_on_decides_whether_it_runs_again(laboratory: Laboratory) -> None:
    data, source = laboratory.root / "data", laboratory.root / "src" / "analysis"

    def runs_again(expression: str, weight: int) -> bool:
        before = laboratory.computed
        assert laboratory.value(expression) == str({"weight": weight})
        return laboratory.computed > before

    assert runs_again("weigh('a')", 80)
    assert not runs_again("weigh('a')", 80)
    assert not runs_again("weigh(name='a', factor=1)", 80), "the same call, spelled differently"
    assert runs_again("weigh('a', factor=2)", 160), "another argument"
    assert runs_again("weigh('b')", 80), "another file by its argument"

    (data / "in.txt").write_text("seven..")
    assert runs_again("weigh('a')", 110), "a changed file"
    (data / "other.txt").write_text("changed")
    assert not runs_again("weigh('a')", 110), "a file that it does not read"
    (source / "constant.py").write_text("FACTOR = 100\n")
    assert runs_again("weigh('a')", 1100), "source that it imports"
    (source / "housing" / "chain.py").write_text("# changed\n")
    assert not runs_again("weigh('a')", 1100), "source that it does not import"
    (laboratory.root / "requirements" / "report.lock").write_text("numpy==2.1\n")
    assert runs_again("weigh('a')", 1100), "another environment"


@pytest.mark.parametrize("damage", ["truncated", "empty", "other bytes"])
def test_a_damaged_cache_is_computed_again(laboratory: Laboratory, damage: str) -> None:
    laboratory.value("weigh('a')")
    (stored,) = (p for p in (laboratory.root / "_build/cache/steps/weigh").iterdir()
                 if p.suffix != ".lock")  # fmt: skip
    whole = stored.read_bytes()
    changed = {"truncated": whole[:-5], "empty": b"", "other bytes": whole[:-5] + b"abcde"}
    stored.write_bytes(changed[damage])
    assert laboratory.value("weigh('a')") == "{'weight': 80}"
    assert laboratory.computed == 2
    assert stored.read_bytes() == whole


def test_a_cache_can_be_deleted_at_any_time(laboratory: Laboratory) -> None:
    laboratory.value("weigh('a')")
    shutil.rmtree(laboratory.root / "_build")
    assert laboratory.value("weigh('a')") == "{'weight': 80}"


def test_a_step_that_opens_an_undeclared_file_is_stopped(laboratory: Laboratory) -> None:
    done = laboratory.call("peek()")
    assert done.returncode
    assert "UndeclaredInput: a step opened" in done.stderr
    assert "data/other.txt without declaring it" in done.stderr


def test_a_step_declares_what_the_steps_that_it_calls_read(laboratory: Laboratory) -> None:
    """Else its own key would stay the same when that file changed."""
    assert "data/in.txt without declaring it" in laboratory.call("outer()").stderr
    assert laboratory.value("outer_declared()") == "81"


def test_a_missing_input_is_named(laboratory: Laboratory) -> None:
    (laboratory.root / "data" / "in.txt").unlink()
    done = laboratory.call("weigh('a')")
    assert "UserError: input" in done.stderr
    assert "data/in.txt does not exist" in done.stderr


def test_arguments_of_a_step_are_plain_values(laboratory: Laboratory) -> None:
    done = laboratory.call("weigh('a', factor=object())")
    assert "arguments must be plain" in done.stderr


def test_a_large_file_is_digested_without_being_held_in_memory(tmp_path: Path) -> None:
    large, size = tmp_path / "series.tif", 64_000_000
    with large.open("wb") as file:
        file.truncate(size)
    tracemalloc.start()
    try:
        found = steps.digest(large)
        held = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found == hashlib.sha256(bytes(size)).hexdigest()
    assert held < size / 20


def test_texts_and_style_are_part_of_what_a_module_rests_on(laboratory: Laboratory) -> None:
    """A figure with an old title must not be reused because only its words changed."""
    code = "from analysis import steps; print(steps.source_digest('analysis.figures'),"
    code += " steps.source_digest('analysis.claims_view'))"

    def digests() -> list[str]:
        return python(code, root=laboratory.root, PYTHONPATH=str(laboratory.root / "src")
                      ).stdout.split()  # fmt: skip

    before = digests()
    words = laboratory.root / "src/analysis/words/en/claims.toml"
    words.write_text(words.read_text() + '\nanother = "text"\n')
    after_words = digests()
    style = laboratory.root / "src/analysis/figures.mplstyle"
    style.write_text(style.read_text() + "\nlines.linewidth: 3\n")
    after_style = digests()
    assert before[1] != after_words[1]
    assert after_words[0] != after_style[0]


def test_source_is_read_anew_once_it_is_forgotten(tmp_path, monkeypatch) -> None:
    module = tmp_path / "changing.py"
    monkeypatch.syspath_prepend(str(tmp_path))
    module.write_text("ONE = 1\n")
    before = steps.source_digest("changing")
    module.write_text("ONE = 2\n")
    assert steps.source_digest("changing") == before
    steps.forget_sources()
    assert steps.source_digest("changing") != before


def test_a_key_is_told_without_importing_what_it_covers() -> None:
    code = "import sys; from analysis import steps; steps.source_digest('analysis.growth.measured')"
    done = python(code + "; print([m for m in sys.modules if m.startswith('analysis.growth')])")
    assert done.stdout == "[]\n", done.stderr
