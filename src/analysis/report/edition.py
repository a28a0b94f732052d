"""From parameters to a published edition: the one path that `feb11 report` takes."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis import evidence, results
from analysis.errors import UserError
from analysis.report import book, execute, notebooks, published, runs, scope


@dataclass(frozen=True)
class Made:
    """What a call of `make` did."""

    page: Path
    """Front page of the edition."""
    executed: tuple[str, ...]
    """Notebooks that were executed; none when nothing had changed."""
    built: bool
    """Whether the book was built anew."""


def make(
    run: str,
    given: Sequence[str],
    *,
    force: bool,
    jobs: int,
    progress: Callable[[str, str], None],
) -> Made:
    """Execute what is out of date, build the edition, and publish both at once.

    Parameters
    ----------
    run
        Name of the run.
    given
        ``NAME=VALUE`` parameters.
    force
        Allow other parameters than the run of that name had.

    Raises
    ------
    UserError
        For bad parameters or evidence, other parameters than the run had, or some that only
        concern chapters which this run does not have.
    CheckFailed
        If a notebook fails, a page is not fit to publish, or the book does not
        build. The earlier run stays as it was.
    """
    runs.check_name(run)
    every = notebooks.discover()
    parameters = notebooks.read_parameters(given, every)
    earlier = _earlier(run, parameters, force)
    if earlier is not None and _up_to_date(earlier, parameters, every):
        scope.check_given(scope.recorded(earlier.record), given, every)
        return Made(earlier.path / "html" / "index.html", (), False)
    about = scope.of(parameters)
    scope.check_given(about, given, every)
    found = scope.chapters(about, every)
    _check_evidence()

    with runs.staging(run) as staged:
        state = execute.execute(run, found, parameters, staged, earlier, jobs, progress)
        scope.confirm(about, parameters, results.read(staged / "results.json"))
        record = runs.record(run, parameters, state.fingerprints, staged)
        record["site"] = about.to_json()
        record["edition"] = book.edition_key(record["digest"])
        if earlier is not None and _reusable(earlier, record):
            shutil.copytree(earlier.path / "html", staged / "html")
            built = False
        else:
            progress("book", "running")
            book.build(staged, record, found)
            progress("book", "done")
            built = True
        record["pages"] = published.digests(staged / "html")
        text = json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False)
        (staged / "run.json").write_text(text + "\n", encoding="utf-8")
        book.publish_data(staged)
        place = runs.promote(staged, run)
    page = place / "html" / "index.html"
    return Made(page, tuple(state.executed), built)


def _earlier(run: str, parameters: dict, force: bool) -> runs.Run | None:
    earlier = runs.find(run)
    if earlier is not None and earlier.parameters != parameters and not force:
        had = ", ".join(f"{k}={v}" for k, v in sorted(earlier.parameters.items()))
        raise UserError(
            f"run {run!r} was made with other parameters ({had or 'the defaults'}); "
            "name a new one with --run NAME, or replace it with --force"
        )
    return earlier


def _check_evidence() -> None:
    """Refuse broken tables before anything is computed from them."""
    problems = evidence.problems()
    if problems:
        more = f"\nand {len(problems) - 1} more: `feb11 audit` lists them" if problems[1:] else ""
        raise UserError(f"the evidence does not validate: {problems[0]}{more}")


def _up_to_date(run: runs.Run, parameters: dict, every: dict[str, notebooks.Notebook]) -> bool:
    """Whether a report would come out as the run is; its tables were valid when it was made.

    What it is about is as recorded: a site file that changed is an input that changed.
    """
    if run.parameters != parameters or not scope.is_recorded(run.record):
        return False
    found = scope.chapters(scope.recorded(run.record), every)
    return execute.up_to_date(found, run) and _same_edition(run)


def _same_edition(run: runs.Run) -> bool:
    """Whether the pages are those that would be built, and nobody changed them since."""
    same = run.record.get("edition") == book.edition_key(run.record["digest"])
    return same and not any(published.altered(run))


def _reusable(earlier: runs.Run, record: dict) -> bool:
    same_stamp = all(earlier.record.get(k) == record[k] for k in ("edition", "commit"))
    return same_stamp and _same_edition(earlier)


def cpu_count() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
