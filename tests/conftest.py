"""What tests share: small checkouts, and the real report, built once."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings

import analysis  # noqa: F401  before numpy: it sets how many threads a product takes
from tests import checkout as small
from tests.checkout import ROOT, Checkout

# how long drawing an example takes says how busy a machine is, and nothing else
settings.register_profile("feb11", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("feb11")


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A small checkout for one test, without a run."""
    return small.make(tmp_path / "checkout")


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this session that all processes of its tests share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def published(shared: Path) -> Checkout:
    """A small checkout whose report was made once; tests leave it as it is."""
    made = Checkout(shared / "published" / "checkout")
    with FileLock(shared / "published.lock"):
        if not (shared / "published.done").exists():
            shutil.rmtree(made.root, ignore_errors=True)  # of a process that failed over it
            small.make(made.root).report()
            (shared / "published.done").touch()
    return made


@pytest.fixture
def workshop(published: Checkout, tmp_path: Path) -> Checkout:
    """A copy of the published checkout, to be changed and reported again."""
    root = tmp_path / "checkout"
    shutil.copytree(published.root, root, symlinks=True)
    return Checkout(root)


@pytest.fixture(scope="session")
def report(shared: Path) -> str:
    """What the command that readers use prints once the real report is up to date.

    Where tests run in several processes, the first one makes it.
    """
    printed = shared / "report.txt"
    (ROOT / "_build").mkdir(exist_ok=True)
    with FileLock(ROOT / "_build" / "tests.lock"):
        if not printed.exists():
            done = small.feb11("report", timeout=small.REPORT_TIMEOUT_S)
            assert done.returncode == 0, done.stderr
            printed.write_text(done.stdout, encoding="utf-8")
    return printed.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def edition(report: str) -> Path:
    """Folder of the real report's pages."""
    return Path(report.splitlines()[-1]).parent


@pytest.fixture(scope="session")
def asked(report: str) -> Callable[..., Any]:
    """What a command prints about the real report with ``--json``."""

    def ask(*arguments: str) -> Any:
        done = small.feb11(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return ask


@pytest.fixture(scope="session")
def root() -> Path:
    """The real checkout."""
    return ROOT
