"""The audit: a whole run passes, and every planted fault is named with its place."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.checkout import PARAMETERS, Checkout

SECRET = "PLAK-0123456789abcdef"
CHECKS = {
    "evidence-validates", "no-typed-numbers", "notebooks-without-outputs", "sources-used",
    "locks-without-addresses", "results-obey-the-contract", "inputs-unchanged", "run-unaltered",
    "notebooks-fit-to-publish", "figures-described", "site-keeps-to-itself",
    "studies-of-this-code",
}  # fmt: skip


def audit(checkout: Checkout, *arguments: str, **environment: str) -> tuple[int, dict[str, Any]]:
    done = checkout.feb11("audit", "--json", *arguments, **environment)
    listed = json.loads(done.stdout)
    checks = {c["name"]: c for c in listed["checks"]}
    assert listed["ok"] == all(c["ok"] for c in listed["checks"]) == (done.returncode == 0)
    return done.returncode, checks


def test_a_published_run_passes_every_check(published: Checkout) -> None:
    code, checks = audit(published)
    assert {name: c["detail"] for name, c in checks.items() if not c["ok"]} == {}
    assert code == 0
    assert set(checks) >= CHECKS


def test_without_a_run_its_checks_do_not_hold(checkout: Checkout) -> None:
    code, checks = audit(checkout)
    assert code == 1
    assert checks["evidence-validates"]["ok"]
    assert "feb11 report" in checks["inputs-unchanged"]["detail"]


def test_a_run_that_is_not_there_is_an_error_of_the_user(published: Checkout) -> None:
    done = published.feb11("audit", "--run", "later")
    assert done.returncode == 2
    assert "no run named 'later'; there is: default" in done.stderr


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.fixture(scope="module")
def planted(
    published: Checkout, tmp_path_factory: pytest.TempPathFactory
) -> tuple[int, dict[str, Any]]:
    """Outcome of an audit of a checkout with a fault of every kind."""
    root = tmp_path_factory.mktemp("planted") / "checkout"
    shutil.copytree(published.root, root, symlinks=True)
    c = Checkout(root)

    _edit(root / "book" / "about.md", "A test.", "A test.\n\nSome 60 missiles {cite}`nobody_1`.")
    c.notebook("third", [("text-answer", "Thus\nabout a third.")], parameters=PARAMETERS)
    stored = root / "notebooks" / "second.ipynb"
    _edit(stored, '"execution_count": null', '"execution_count": 3')
    _edit(root / "data/evidence/incidents.csv", "joint-label", "joint-lable")
    _edit(root / "requirements" / "test.lock", "\n", "\n--index-url https://example.org/simple\n")

    _edit(c.run / "results.json", '"value": 42', '"value": 43')
    _edit(c.run / "results.json", "source:UADT_CSV", "source:nobody_2")
    off = json.loads((c.run / "results.json").read_text())
    off["results"][0]["intervals"] = {"0.9": [50, 60]}
    (c.run / "results.json").write_text(json.dumps(off))
    record = json.loads((c.run / "run.json").read_text())
    record["inputs"]["data/evidence/launches.csv"] = "0" * 64
    (c.run / "run.json").write_text(json.dumps(record))
    executed = c.run / "notebooks" / "first.ipynb"
    _edit(
        executed, "from analysis import results", f"key = '{SECRET}'\\nfrom analysis import results"
    )
    (c.run / "figures" / "line.csv").unlink()
    foreign = '<script src="https://cdn.example.org/x.js"></script><img src="x.png"></body>'
    _edit(c.site / "about.html", "</body>", foreign)
    _edit(c.site / "index.html", "42\u00a0missiles", "43\u00a0missiles")
    (c.site / "methods.html").unlink()
    shutil.copy(c.site / "about.html", c.site / "more.html")
    return audit(c, PL_API_KEY=SECRET)


@pytest.mark.parametrize(
    ("check", "finding"),
    [
        ("evidence-validates", "joint-lable"),
        ("no-typed-numbers", "book/about.md:5: the number '60' is typed by hand"),
        ("no-typed-numbers", "notebooks/third.ipynb, cell 'text-answer', line 2: the number"),
        ("notebooks-without-outputs", "notebooks/second.ipynb: cell 'parameters' is stored with"),
        ("sources-used", "about.md: cites 'nobody_1', which is not in the sources table"),
        ("locks-without-addresses", "requirements/test.lock:2: an address stands in a lock file"),
        ("run-unaltered", "results.json"),
        ("run-unaltered", "html/index.html: was changed after the book was built; `feb11 report`"),
        ("run-unaltered", "html/methods.html: is gone"),
        ("run-unaltered", "html/more.html: was not there when the book was built"),
        ("results-obey-the-contract", "source 'nobody_2' is not in the sources table"),
        ("results-obey-the-contract", "tiny.answer: 43 lies outside its interval at 0.9"),
        ("inputs-unchanged", "data/evidence/launches.csv: has changed since the run"),
        ("inputs-unchanged", "data/evidence/incidents.csv: has changed since the run"),
        ("notebooks-fit-to-publish", "first.ipynb: cell 'record' holds the value of PL_API_KEY"),
        ("figures-described", "figure line: line.csv is missing"),
        ("site-keeps-to-itself", "about.html: loads https://cdn.example.org/x.js"),
        ("site-keeps-to-itself", "about.html: picture x.png has no alt text"),
    ],
)
def test_a_planted_fault_is_named_with_its_place(
    planted: tuple[int, dict[str, Any]], check: str, finding: str
) -> None:
    code, checks = planted
    assert code == 1
    assert not checks[check]["ok"]
    assert finding in checks[check]["detail"]


def test_a_secret_is_never_repeated(planted: tuple[int, dict[str, Any]]) -> None:
    assert SECRET not in json.dumps(planted[1])
