"""The audit of studies: what a result cites has to have tested the code that is here."""

from __future__ import annotations

import json
import shutil
from typing import Any

import pytest

from analysis.audit import studies
from tests.checkout import PARAMETERS, RECORD, ROOT, Checkout, python

CHECK = "studies-of-this-code"
TINY = """\
from analysis.strikes import windows
from bench.record import write

def main():
    write("tiny", {"answer": 42, "window": windows.Window.__name__},
          ("analysis.strikes.windows", "bench.tiny"))
"""
CITING = RECORD.format(key="tiny.second", value="seed % 1000").replace(
    'interval_kind="exact"', 'interval_kind="exact", calibration=("bench:tiny",)'
)


ONE = """\
import json
from analysis.audit import checks, registry
from analysis.report import runs
only = "studies-of-this-code"
registry._checks = {only: registry._checks[only]}
print(json.dumps([vars(o) for o in checks.run_all(runs.DEFAULT)]))
"""


def checked(checkout: Checkout) -> dict[str, Any]:
    """The outcome of this one check, the others being left out for their time."""
    done = python(ONE, root=checkout.root)
    assert done.returncode == 0, done.stderr
    (outcome,) = json.loads(done.stdout)
    return outcome


@pytest.fixture
def studied(workshop: Checkout) -> Checkout:
    """A published checkout with a study of its own, just run."""
    bench = workshop.root / "bench"
    (bench / "results").mkdir(parents=True)
    for name in ("__init__.py", "record.py", "machine.py"):
        shutil.copy2(ROOT / "bench" / name, bench)
    (bench / "tiny.py").write_text(TINY, encoding="utf-8")
    done = python("from bench import tiny; tiny.main()", root=workshop.root)
    assert done.returncode == 0, done.stderr
    return workshop


def cite(checkout: Checkout) -> None:
    """Let a result of the report cite the study."""
    checkout.notebook(
        "second", [("text-answer", "It was {result}`tiny.answer`."), ("record", CITING)],
        keys=["tiny.second"], parameters=PARAMETERS,
    )  # fmt: skip
    checkout.report()


def test_a_cited_study_of_changed_code_fails_the_audit(studied: Checkout) -> None:
    cite(studied)
    assert checked(studied) == {"name": CHECK, "ok": True, "detail": ""}

    tiny = studied.root / "bench" / "tiny.py"
    tiny.write_text(TINY.replace("42", "43"), encoding="utf-8")
    found = checked(studied)
    assert not found["ok"]
    assert "bench/results/tiny.json: the code it tested has changed since" in found["detail"]
    assert "tiny.second cite" in found["detail"]

    done = studied.feb11("audit", "--json")
    assert done.returncode == 1
    assert found in json.loads(done.stdout)["checks"]

    tiny.unlink()
    assert "tested bench.tiny, which is not there any more" in checked(studied)["detail"]
    (studied.root / "bench" / "results" / "tiny.json").unlink()
    assert "tiny.second: cites the study 'tiny'" in checked(studied)["detail"]


def test_a_stale_study_that_nobody_cites_is_noted(studied: Checkout) -> None:
    file = studied.root / "bench" / "results" / "tiny.json"
    record = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(record | {"code": "0" * 64}), encoding="utf-8")
    (file.parent / "notes.json").write_text('{"study": "notes"}', encoding="utf-8")
    found = checked(studied)
    assert found["ok"]
    assert "note: bench/results/tiny.json: the code it tested has changed" in found["detail"]
    assert "note: bench/results/notes.json: does not say which code it tested" in found["detail"]


def test_a_change_in_the_package_makes_a_study_stale(studied: Checkout) -> None:
    """The digest covers the source of the package that a study reaches, not its name."""
    source = studied.root / "src"
    real = source.resolve()
    source.unlink()
    shutil.copytree(real, source, ignore=shutil.ignore_patterns("__pycache__"))
    code = "import sys; sys.path.insert(0, 'src')\n" + (
        "from pathlib import Path\nfrom analysis.audit import studies\n"
        "print([s.problem for s in studies.states(Path.cwd())])"
    )
    assert python(code, root=studied.root).stdout == "[None]\n"
    tested = source / "analysis" / "strikes" / "windows.py"
    tested.write_text(tested.read_text(encoding="utf-8") + "\nLATER = 1\n", encoding="utf-8")
    assert "has changed since" in python(code, root=studied.root).stdout


def test_a_module_of_bench_that_a_study_does_not_name_is_told(studied: Checkout) -> None:
    (studied.root / "bench" / "tiny.py").write_text(
        "from bench import worlds\n" + TINY, encoding="utf-8"
    )
    (studied.root / "bench" / "worlds.py").write_text("SEED = 1\n", encoding="utf-8")
    (state,) = studies.states(studied.root)
    assert state.unlisted == ("bench.worlds",)


def test_studies_are_cited_by_calibration_and_by_file() -> None:
    found = studies.cited(
        [
            {"key": "a", "inputs": ["source:X"], "calibration": ["bench:dates"]},
            {"key": "b", "inputs": ["file:bench/results/dates.json"], "calibration": []},
            {"key": "c", "inputs": ["file:data/evidence/launches.csv"]},
        ]
    )
    assert found == {"dates": ["a", "b"]}
