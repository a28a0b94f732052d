"""A small checkout with a published report, and copies of it that tests may damage."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests import checkout as small
from tests.checkout import Checkout


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
