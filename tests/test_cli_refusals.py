"""What the command refuses before it works, and what it says when it is interrupted."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from analysis.cli import places
from analysis.errors import UserError
from tests.checkout import FEB11, feb11


@pytest.fixture
def file(tmp_path: Path) -> Path:
    place = tmp_path / "file"
    place.touch()
    return place


def test_a_place_that_can_be_made_is_left_as_it_is(tmp_path: Path) -> None:
    assert places.folder("--gis", str(tmp_path / "new/inner")) == tmp_path / "new/inner"
    assert list(tmp_path.iterdir()) == []


def test_a_file_where_a_folder_is_needed_is_named(file: Path) -> None:
    with pytest.raises(UserError, match=f"--gis {file}: it is a file; name a folder"):
        places.folder("--gis", str(file))
    with pytest.raises(UserError, match=f"--gis {file}/x/y: {file} is a file, not a folder"):
        places.folder("--gis", f"{file}/x/y")


def test_a_folder_that_nothing_can_be_written_in_is_named() -> None:
    with pytest.raises(UserError, match="--gis /proc/x: nothing can be written in /"):
        places.folder("--gis", "/proc/x")


@pytest.mark.parametrize("command", [["measure", "--gis"], ["scenes", "--manifest"], ["simulate"]])
def test_no_command_starts_what_it_cannot_write(command: list[str], file: Path) -> None:
    done = feb11(*command, f"{file}/x")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert f"{file} is a file, not a folder" in done.stderr


def test_an_interrupted_command_says_so_in_one_line(tmp_path: Path) -> None:
    running = subprocess.Popen(
        [str(FEB11), "simulate", str(tmp_path / "worlds"), "--worlds", "99", "-v"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        # who started the tests in the background ignores interrupts, and so would the command
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    assert running.stderr is not None
    assert "world" in running.stderr.readline()
    running.send_signal(signal.SIGINT)
    try:
        said = running.communicate(timeout=240)[1].splitlines()
    finally:
        running.kill()
    assert running.returncode == 130
    assert said[-1] == "feb11: interrupted; earlier results are as they were"
