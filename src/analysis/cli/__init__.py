"""The command `feb11`: it parses, calls and prints, nothing else."""

from __future__ import annotations

import sys
import traceback
from importlib.metadata import version
from typing import Annotated

import typer

from analysis.cli import imagery, report
from analysis.errors import Feb11Error

COMMANDS = (
    report.report, report.claims, report.results, report.audit,
    imagery.simulate, imagery.scenes, imagery.measure, imagery.benchmark,
    report.doctor,
)  # fmt: skip
"""In the order of `feb11 --help`."""

CTRL_C = 130
"""Exit code after Ctrl-C, as shells have it."""

INTERRUPTED = "interrupted; earlier results are as they were"

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="A reproducible, auditable report on the February 11 Plant, and the tool that re-runs it.",
)
for _command in COMMANDS:
    app.command()(_command)


def _version(asked: bool) -> None:
    if asked:
        print(f"feb11 {version('feb11')}")
        raise typer.Exit


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version and stop.", callback=_version,
                     is_eager=True),
    ] = False,
) -> None:  # fmt: skip
    """Options of every command."""


def main() -> None:
    """Run the command and turn errors into one or two lines and an exit code."""
    debug = "--debug" in sys.argv
    arguments = [a for a in sys.argv[1:] if a != "--debug"]
    try:
        app(args=arguments, prog_name="feb11", standalone_mode=True)
    except Feb11Error as error:
        _stop(str(error), error.exit_code, debug)
    except KeyboardInterrupt:
        _stop(INTERRUPTED, CTRL_C, debug)
    except SystemExit as end:
        if end.code == CTRL_C:  # typer ends so, without a word
            _stop(INTERRUPTED, CTRL_C, debug)
        raise
    except Exception as error:
        note = "this is a fault of the program; `--debug` shows where"
        _stop(f"{type(error).__name__}: {error}\n{note}", 3, debug)


def _stop(message: str, code: int, debug: bool) -> None:
    if debug:
        traceback.print_exc()
    print(f"feb11: {message}", file=sys.stderr)
    sys.exit(code)
