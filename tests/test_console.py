"""What is printed into a pipe or a file is not folded."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.checkout import FEB11, Checkout, feb11


def printed(checkout: Checkout, **environment: str) -> list[str]:
    inherited = {k: v for k, v in os.environ.items() if k != "COLUMNS"}
    done = subprocess.run(
        [str(FEB11), "results"], capture_output=True, text=True, check=True, timeout=120,
        env=inherited | {"FEB11_ROOT": str(checkout.root)} | environment,
    )  # fmt: skip
    return done.stdout.splitlines()


@pytest.mark.parametrize("columns", [{}, {"COLUMNS": ""}], ids=["none", "empty"])
def test_a_pipe_gets_whole_lines(published: Checkout, columns: dict[str, str]) -> None:
    (row,) = (line for line in printed(published, **columns) if "tiny.answer" in line)
    assert "A number of the test" in row


def test_a_width_that_is_asked_for_is_kept(published: Checkout) -> None:
    assert max(map(len, printed(published, COLUMNS="40"))) == 40


def test_the_version_is_told() -> None:
    done = feb11("--version")
    assert (done.returncode, done.stdout) == (0, "feb11 0.1.0\n")


def test_a_service_is_not_asked_without_its_key(checkout: Checkout) -> None:
    done = checkout.feb11("report", "--source", "planet", PL_API_KEY="")
    assert done.returncode == 2
    assert done.stderr == "feb11: source planet needs a key: set PL_API_KEY in the environment\n"


def test_no_more_halls_are_drawn_than_make_sense() -> None:
    done = feb11("measure", "--drawn", "1001")
    assert done.returncode == 2
    assert "1000" in done.stderr
