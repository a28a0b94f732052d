"""What tests share: small checkouts, and the real report, built once."""

from __future__ import annotations

import json
import shutil
import subprocess
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
def published(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A small checkout whose report was made once; tests leave it as it is."""
    made = small.make(tmp_path_factory.mktemp("published") / "checkout")
    made.report()
    return made


@pytest.fixture
def workshop(published: Checkout, tmp_path: Path) -> Checkout:
    """A copy of the published checkout, to be changed and reported again."""
    root = tmp_path / "checkout"
    shutil.copytree(published.root, root, symlinks=True)
    return Checkout(root)


@pytest.fixture(scope="session")
def report() -> subprocess.CompletedProcess[str]:
    """The real report, brought up to date by the command that readers use.

    Where tests run in several processes, the first one makes it.
    """
    (ROOT / "_build").mkdir(exist_ok=True)
    with FileLock(ROOT / "_build" / "tests.lock"):
        done = small.feb11("report")
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="session")
def edition(report: subprocess.CompletedProcess[str]) -> Path:
    """Folder of the real report's pages."""
    return Path(report.stdout.splitlines()[-1]).parent


@pytest.fixture(scope="session")
def asked(report: subprocess.CompletedProcess[str]) -> Callable[..., Any]:
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
