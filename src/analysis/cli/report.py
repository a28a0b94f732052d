"""Commands of the report: make it, read its claims and results, check it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from analysis.cli.console import err, out, print_json, whole
from analysis.cli.options import AsJson, Imagery, RunName, Verbose, unfolded
from analysis.errors import CheckFailed, UserError

if TYPE_CHECKING:
    from analysis.results import Result, Scalar

MOST_HINTS = 8
"""Keys that are named where none is meant exactly."""


@unfolded
def report(
    *,
    run: RunName = "default",
    imagery: Imagery,
    parameter: Annotated[
        list[str] | None,
        typer.Option("-p", "--parameter", metavar="NAME=VALUE", help="Set a notebook parameter."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a run that had other parameters.")
    ] = False,
    jobs: Annotated[
        int | None, typer.Option("--jobs", min=1, help="Notebooks to run at once.", metavar="N")
    ] = None,
    verbose: Verbose = False,
) -> None:
    """Execute what is out of date, build the edition, print its page.

    A site whose file names no claims has a report of its own, without claims and strikes.

    Examples:

        feb11 report

        feb11 report --run to-2025 -p period_end=2025-12-31

        feb11 report --run free-imagery --source earth-search --start 2017

        feb11 report --run elsewhere --source world/catalog.json
    """
    from analysis.report import edition

    imagery.check()
    given = [*imagery.parameters(), *(parameter or [])]

    def progress(name: str, state: str) -> None:
        if verbose or state != "unchanged":
            err.print(f"[bold]{name}[/bold]  {state}")

    made = edition.make(
        run, given, force=force, jobs=jobs or edition.cpu_count(), progress=progress
    )
    if not made.executed:
        err.print("nothing had changed, no notebook was executed")
    print(made.page)


def claims(run: RunName = "default", as_json: AsJson = False) -> None:
    """Every claim of the CNN report with its verdict; none where the site has no claims.

    Examples:

        feb11 claims

        feb11 claims --run to-2025 --json
    """
    from analysis import claims as verdicts
    from analysis.report import runs, scope

    of = runs.get(run)
    listed = verdicts.listing(of.results)
    if as_json:
        print_json({"claims": listed})
        return
    if not listed:
        site = scope.recorded(of.record).name
        print(f"Run {run} has no claims: its site, {site}, names no table of claims.")
        return
    columns = map(whole, ("claim", "said as", "verdict", "why"))
    table = Table(*columns, title=f"Claims, run {run}", expand=out.is_terminal)
    for item in listed:
        table.add_row(item["id"], item["modality"], item["verdict"], item["why"])
    out.print(table)


def results(
    key: Annotated[str | None, typer.Argument(help="Key of one result.", metavar="[KEY]")] = None,
    run: RunName = "default",
    as_json: AsJson = False,
) -> None:
    """Results of a run; with a key, that result and all that it rests on.

    Examples:

        feb11 results

        feb11 results strikes.share.bounds.surge.missile.iskander-family --json
    """
    from analysis.report import runs
    from analysis.words import words

    found = runs.get(run).results
    if key is not None and key not in found:
        from difflib import get_close_matches

        begun = [name for name in found if name.startswith(key.rstrip(".") + ".")]
        near = begun[:MOST_HINTS] or get_close_matches(key, list(found), n=3)
        hint = f"; did you mean {' or '.join(near)}?" if near else "; `feb11 results` lists them"
        raise UserError(f"run {run!r} has no result {key!r}{hint}")
    chosen = [found[key], *found.upstream(key)] if key else list(found.values())
    if as_json:
        records = [r.to_json() for r in chosen]
        listed = {"result": records[0], "upstream": records[1:]} if key else {"results": records}
        print_json({"run": run, **listed})
        return
    w = words("en")
    if key:
        for name, said in _told(chosen[0], w.result(chosen[0])):
            out.print(f"{name:9} {said}", soft_wrap=True, markup=False)
    rows = chosen[1:] if key else chosen
    title = f"It rests on, run {run}" if key else f"Results, run {run}"
    table = Table(
        *map(whole, ("key", "value", "kind", "statement")),
        title=title,
        expand=out.is_terminal,
        title_justify="left",
    )
    for r in rows:
        table.add_row(r.key, w.result(r), r.kind, r.statement)
    if rows:
        out.print(table)


def _told(result: Result, value: str) -> Iterator[tuple[str, str]]:
    """One result for people, line by line, nothing cut."""
    yield "key", result.key
    yield "value", value
    yield "says", result.statement
    yield "kind", result.kind
    if result.intervals:
        ends = (f"{_plain(low)} to {_plain(high)} at {level}"
                for level, (low, high) in result.intervals.items())  # fmt: skip
        yield "interval", f"{result.interval_kind}: {'; '.join(ends)}"
    elif result.why_no_interval:
        yield "interval", f"none: {result.why_no_interval}"
    if result.coverage:
        yield "coverage", ", ".join([result.coverage, *result.calibration])
    yield "method", result.method
    for name in result.inputs:
        yield "input", name


def _plain(end: Scalar) -> str:
    return "no limit" if end is None else f"{end:.6g}" if isinstance(end, float) else str(end)


def audit(run: RunName = "default", as_json: AsJson = False) -> None:
    """Check the evidence, the pages' sources and a run; exit code 1 if a check does not hold.

    Examples:

        feb11 audit

        feb11 audit --run to-2025 --json
    """
    from analysis.audit import checks

    outcomes = checks.run_all(run)
    ok = all(o.ok for o in outcomes)
    if as_json:
        listed = [{"name": o.name, "ok": o.ok, "detail": o.detail} for o in outcomes]
        print_json({"ok": ok, "checks": listed})
    else:
        table = Table(
            "check",
            "",
            "detail",
            title=f"Audit, run {run}",
            expand=out.is_terminal,
            title_justify="left",
        )
        for o in outcomes:
            table.add_row(o.name, "holds" if o.ok else "FAILS", o.detail)
        out.print(table)
    if not ok:
        failed = ", ".join(o.name for o in outcomes if not o.ok)
        raise CheckFailed(f"these checks do not hold: {failed}")


def doctor(as_json: AsJson = False) -> None:
    """Versions, disk, browser and which keys are present (never their values).

    Examples:

        feb11 doctor

        feb11 doctor --json
    """
    from analysis.doctor import examine

    found = examine()
    if as_json:
        print_json(found)
        return
    for section, values in found.items():
        for name, value in values.items():
            out.print(f"{section:10} {name:22} {value}")
