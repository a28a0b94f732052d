"""Parameters are checked before any kernel starts, and the message says what to do."""

from __future__ import annotations

import pytest

from analysis.errors import UserError
from analysis.report import notebooks, runs
from tests.checkout import Checkout

BAD = {
    "an unknown name": ("perod_start=2024-01-01", "no notebook has a parameter 'perod_start'"),
    "no equals sign": ("seed", "'seed' does not read NAME=VALUE"),
    "a word for a number": ("seed=many", "seed='many' is not of type int"),
    "a fraction for a whole number": ("seed=1.5", "seed='1.5' is not of type int"),
    "a negative seed": ("seed=-1", "seed=-1 is not a whole number from 0"),
    "a seed that is too large": ("seed=4294967296", "is not a whole number from 0 to 2**32 - 1"),
    "a level of one": ("level=1", "level=1.0 is not in 0.5 to 1"),
    "a level in percent": ("level=90", "level=90.0 is not in 0.5 to 1"),
    "a level that is no number": ("level=nan", "level=nan is not in 0.5 to 1"),
    "a day that does not exist": ("period_end=2024-02-30", "'2024-02-30' is not a date"),
    "a date in words": ("period_end=November", "period_end='November' is not a date"),
    "reversed dates": ("period_end=2023-11-22", "period_start=2024-01-01 is after period_end"),
    "a language without texts": ("language=xx", "language 'xx' has no texts"),
    "the run's own folder": ("run_dir=elsewhere", "name runs with --run"),
}


@pytest.mark.parametrize(("given_", "said"), BAD.values(), ids=BAD.keys())
def test_a_bad_parameter_is_named(checkout: Checkout, given_: str, said: str) -> None:
    found = notebooks.discover(checkout.root / "notebooks")
    with pytest.raises(UserError) as caught:
        notebooks.read_parameters([given_], found)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_bad_parameter_stops_the_command_before_any_kernel_starts(checkout: Checkout) -> None:
    done = checkout.feb11("report", "-p", "period_start=2025-01-01")
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line == (
        "feb11: period_start=2025-01-01 is after period_end=2024-11-22: swap them"
    )  # fmt: skip
    assert not checkout.build.exists(), "nothing was begun"


def test_good_parameters_are_typed_and_defaults_are_left_out(checkout: Checkout) -> None:
    found = notebooks.discover(checkout.root / "notebooks")
    given_ = ["seed=7", "level=0.8", "period_end=2025-12-31", "language=en"]
    read = notebooks.read_parameters(given_, found)
    assert read == {"seed": 7, "level": 0.8, "period_end": "2025-12-31"}


@pytest.mark.parametrize("name", ["Default", "a b", "../up", "", ".hidden", "x" * 65, "-p"])
def test_a_run_that_could_not_be_a_folder_is_refused(name: str) -> None:
    with pytest.raises(UserError) as caught:
        runs.check_name(name)
    assert repr(name) in str(caught.value)


def test_a_run_outside_its_folder_is_refused_by_every_command(checkout: Checkout) -> None:
    for command in ("report", "claims", "results", "audit"):
        done = checkout.feb11(command, "--run=../up")
        assert done.returncode == 2
        assert "run name '../up'" in done.stderr
    assert not checkout.build.exists()


def test_notebooks_come_after_those_that_they_read(checkout: Checkout) -> None:
    checkout.notebook("a-summary", [], after=["second", "first"])
    assert list(notebooks.discover(checkout.root / "notebooks"))[-1] == "a-summary"


@pytest.mark.parametrize(
    ("after", "said"),
    [(["missing"], "wait for each other or for one that is missing: third"),
     (["third"], "third")],
)  # fmt: skip
def test_a_notebook_that_waits_forever_is_named(checkout: Checkout, after, said) -> None:
    checkout.notebook("third", [], after=after)
    with pytest.raises(UserError, match=said):
        notebooks.discover(checkout.root / "notebooks")


def test_a_notebook_without_parameters_is_named(checkout: Checkout) -> None:
    path = checkout.root / "notebooks" / "first.ipynb"
    path.write_text(path.read_text().replace('"parameters"', '"other"'))
    with pytest.raises(UserError, match=r"first\.ipynb needs one cell tagged `parameters`"):
        notebooks.discover(checkout.root / "notebooks")


def test_a_file_that_is_no_notebook_is_named(checkout: Checkout) -> None:
    (checkout.root / "notebooks" / "third.ipynb").write_text("not JSON")
    done = checkout.feb11("report")
    assert done.returncode == 2
    assert "third.ipynb is not a notebook" in done.stderr


def test_parameter_defaults_are_plain_values(checkout: Checkout) -> None:
    checkout.notebook("third", [], parameters="seed = 5 * 5\nlevel = float('0.9')\n")
    with pytest.raises(UserError, match="parameter defaults must be plain values"):
        notebooks.discover(checkout.root / "notebooks")
