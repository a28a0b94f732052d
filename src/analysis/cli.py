"""The command `feb11`: it parses, calls and prints, nothing else."""

from __future__ import annotations

import json
import sys
import traceback
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from analysis.errors import CheckFailed, Feb11Error, UserError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="A reproducible, auditable report on the February 11 Plant, and the tool that re-runs it.",
)
err = Console(stderr=True, highlight=False)
out = Console(highlight=False)

RunName = Annotated[str, typer.Option("--run", help="Name of the run.", metavar="NAME")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON alone on standard output.")]
Source = Annotated[
    str,
    typer.Option(
        "--source",
        help="bundled, earth-search, planetary-computer, planet, an address, a catalogue, "
        "a manifest or a folder of GeoTIFFs.",
        metavar="S",
    ),
]
SiteFile = Annotated[str, typer.Option("--site", help="The site's GeoJSON.", metavar="FILE")]
Start = Annotated[str, typer.Option("--start", help="First date.", metavar="D")]
End = Annotated[str, typer.Option("--end", help="Last date.", metavar="D")]
Before = Annotated[str, typer.Option("--before", help="Earlier window.", metavar="W")]
After = Annotated[str, typer.Option("--after", help="Later window.", metavar="W")]
Observed = Annotated[
    bool, typer.Option("--observed", help="Declare that the scenes were observed.")
]
Months = Annotated[
    list[int] | None, typer.Option("--month", help="Only this month of the year.", metavar="M")
]
Orbits = Annotated[
    list[int] | None, typer.Option("--orbit", help="Only this relative orbit.", metavar="N")
]
Trust = Annotated[
    str,
    typer.Option(
        "--trust",
        help="Where catalogue and pixels disagree on the offset: metadata or pixels.",
        metavar="WHAT",
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Order at Planet without asking; spends quota.")]
Verbose = Annotated[bool, typer.Option("-v", help="Say more on standard error.")]


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Options of every command."""


def _print_json(content: Any) -> None:
    sys.stdout.write(json.dumps(content, indent=1, ensure_ascii=False, sort_keys=False) + "\n")


@app.command()
def report(
    run: RunName = "default",
    source: Source = "",
    site: SiteFile = "",
    start: Start = "",
    end: End = "",
    before: Before = "",
    after: After = "",
    observed: Observed = False,
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
    verbose: Annotated[bool, typer.Option("-v", help="Say more on standard error.")] = False,
) -> None:
    """Execute what is out of date, build the edition, print its page.

    Examples:

        feb11 report

        feb11 report --run to-2025 -p period_end=2025-12-31

        feb11 report --run free-imagery --source earth-search --start 2017
    """
    from analysis.report import edition

    scenes = {"source": source, "site": site, "start": start, "end": end, "before": before,
              "after": after, "observed": "true" if observed else ""}  # fmt: skip
    given = [*(f"{name}={value}" for name, value in scenes.items() if value), *(parameter or [])]

    def progress(name: str, state: str) -> None:
        if verbose or state != "unchanged":
            err.print(f"[bold]{name}[/bold]  {state}")

    made = edition.make(
        run, given, force=force, jobs=jobs or edition.cpu_count(), progress=progress
    )
    if not made.executed:
        err.print("nothing had changed, no notebook was executed")
    print(made.page)


@app.command()
def claims(run: RunName = "default", as_json: AsJson = False) -> None:
    """Every claim of the CNN report with its verdict.

    Examples:

        feb11 claims

        feb11 claims --run to-2025 --json
    """
    from analysis import claims as verdicts
    from analysis.report import runs

    listed = verdicts.listing(runs.get(run).results)
    if as_json:
        _print_json({"claims": listed})
        return
    table = Table("claim", "said as", "verdict", "why", title=f"Claims, run {run}", expand=True)
    for item in listed:
        table.add_row(item["id"], item["modality"], item["verdict"], item["why"])
    out.print(table)


@app.command()
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

        near = get_close_matches(key, list(found), n=3)
        hint = f"; did you mean {' or '.join(near)}?" if near else "; `feb11 results` lists them"
        raise UserError(f"run {run!r} has no result {key!r}{hint}")
    chosen = [found[key], *found.upstream(key)] if key else list(found.values())
    if as_json:
        records = [r.to_json() for r in chosen]
        listed = {"result": records[0], "upstream": records[1:]} if key else {"results": records}
        _print_json({"run": run, **listed})
        return
    w = words("en")
    table = Table("key", "value", "kind", "statement", title=f"Results, run {run}", expand=True)
    for r in chosen:
        table.add_row(r.key, w.result(r), r.kind, r.statement)
    out.print(table)
    if key:
        out.print(f"method: {chosen[0].method}\ninputs: {', '.join(chosen[0].inputs)}")


@app.command()
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
        _print_json({"ok": ok, "checks": listed})
    else:
        table = Table("check", "", "detail", title=f"Audit, run {run}", expand=True)
        for o in outcomes:
            table.add_row(o.name, "holds" if o.ok else "FAILS", o.detail)
        out.print(table)
    if not ok:
        failed = ", ".join(o.name for o in outcomes if not o.ok)
        raise CheckFailed(f"these checks do not hold: {failed}")


@app.command()
def simulate(
    directory: Annotated[str, typer.Argument(help="Folder to make.", metavar="DIR")],
    seed: Annotated[
        int | None, typer.Option("--seed", help="Of the first world; default: the bundled one.")
    ] = None,
    worlds: Annotated[int, typer.Option("--worlds", help="How many to draw.", metavar="N")] = 1,
    verbose: Annotated[bool, typer.Option("-v", help="Name each scene on standard error.")] = False,
) -> None:
    """Draw invented worlds with known truth, each as a catalogue of simulated scenes.

    Without --seed the bundled catalogue is drawn again, pixel by pixel.

    Examples:

        feb11 simulate _build/bundled-again

        feb11 simulate _build/worlds --seed 100 --worlds 5
    """
    from analysis.simulate import BUNDLED_SEED, write

    def progress(world: int, scene: str, done: int, total: int) -> None:
        if verbose or done == total:
            err.print(f"world {world}: {done} of {total} scenes" + verbose * f", {scene}")

    first = BUNDLED_SEED if seed is None else seed
    for catalogue in write(directory, seed=first, worlds=worlds, progress=progress):
        print(catalogue)


@app.command()
def scenes(
    source: Source = "bundled",
    site: SiteFile = "",
    start: Start = "",
    end: End = "",
    before: Before = "",
    after: After = "",
    observed: Observed = False,
    month: Months = None,
    orbit: Orbits = None,
    trust: Trust = "",
    cloudmask: Annotated[
        bool,
        typer.Option("--cloudmask", help="Clouds by OmniCloudMask, an extra that brings torch."),
    ] = False,
    manifest: Annotated[
        str, typer.Option("--manifest", help="Write the choice to this file.", metavar="FILE")
    ] = "",
    yes: Yes = False,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """List the scenes that a run would use, and why others were left out.

    Examples:

        feb11 scenes

        feb11 scenes --source earth-search --start 2017 --end 2024-11 --month 4 --month 10

        feb11 scenes --source folder/of/tifs --site site.geojson --before 2020 --after 2024-10
    """
    from pathlib import Path

    from analysis.scenes import Request, listing, prepared
    from analysis.scenes import manifest as manifests

    request = Request(
        source=source, site=site, start=start, end=end, before=before, after=after,
        observed=observed, months=tuple(month or ()), orbits=tuple(orbit or ()), trust=trust,
        cloudmask=cloudmask, yes=yes,
    )  # fmt: skip
    done = prepared(request, lambda text: err.print(text))
    content = listing.listing(done)
    if manifest and done.sheets:
        manifests.write(Path(manifest), done)
    if as_json:
        _print_json(content)
    else:
        table = Table("date", "scene", "sensor", "cloud %", "kind", "used", expand=True)
        for row in content["scenes"]:
            if row["used"] or verbose or row["reason"] != "outside the dates":
                cloud = "" if row["cloud"] is None else f"{row['cloud']:.0f}"
                day, used = (row["datetime"] or "")[:10], "yes" if row["used"] else row["reason"]
                table.add_row(day, row["id"], row["sensor"] or "", cloud, row["kind"] or "", used)
        out.print(table)
        for line in listing.summary(content):
            err.print(line)
    done.require()


@app.command()
def measure(
    source: Source = "bundled",
    site: SiteFile = "",
    start: Start = "",
    end: End = "",
    before: Before = "",
    after: After = "",
    observed: Observed = False,
    month: Months = None,
    orbit: Orbits = None,
    trust: Trust = "",
    yes: Yes = False,
    seed: Annotated[int, typer.Option("--seed", help="Of the draws.", min=0)] = 20241125,
    level: Annotated[float, typer.Option("--level", help="Of the intervals.", metavar="L")] = 0.9,
    gis: Annotated[
        str, typer.Option("--gis", help="Write GeoParquet, GeoJSON and COGs here.", metavar="DIR")
    ] = "",
    force: Annotated[
        bool, typer.Option("--force", help="Replace the GIS files of another run.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Measure facility growth alone: what was built, where, how large, when, and the ratio.

    Examples:

        feb11 measure

        feb11 measure --source world/catalog.json --json

        feb11 measure --source tifs/ --site site.geojson --observed --before 2015 --after 2018
    """
    from pathlib import Path

    from analysis.growth import measured_json, measured_text
    from analysis.growth.measured import measured
    from analysis.scenes import Request, prepared

    request = Request(
        source=source, site=site, start=start, end=end, before=before, after=after,
        observed=observed, months=tuple(month or ()), orbits=tuple(orbit or ()), trust=trust,
        yes=yes,
    )  # fmt: skip
    found = measured(request, seed=seed, level=level, progress=lambda text: err.print(text))
    where = prepared(request).site
    content = measured_json.content(found, where)
    if gis:
        from analysis.growth import gis as files
        from analysis.growth.missed import missed

        recovery, why = missed(request, seed=seed, level=level)
        if why:
            err.print(f"no map of detectability: {why}")
        for file in files.write(found, where, Path(gis), recovery, replace=force):
            err.print(f"wrote {file}")
    if as_json:
        _print_json(content)
        return
    for table in measured_text.tables(content):
        out.print(table)
    for line in measured_text.remarks(content):
        err.print(line)


@app.command()
def benchmark(
    directory: Annotated[
        str, typer.Argument(help="A scene's folder, or any folder above scenes.", metavar="DIR")
    ],
    as_json: AsJson = False,
) -> None:
    """Score change detection on real image pairs and null series.

    A scene is a folder with t1.tif, t2.tif and change.tif or label.tif, or with a null series.

    Examples:

        feb11 benchmark ../shared/benchmark/oscd/dev

        feb11 benchmark ../shared/benchmark --json
    """
    from pathlib import Path

    from analysis.growth import benchmark as scoring

    rows = scoring.run(Path(directory), warn=lambda text: err.print(f"[yellow]{text}[/yellow]"))
    if as_json:
        _print_json({"scenes": rows})
        return
    shown = ("f1", "average_precision", "precision", "recall", "auroc", "false_alarm_fraction")
    table = Table("scene", "method", *(s.replace("_", " ") for s in shown), "s", expand=True)
    for row in rows:
        cells = ("" if row[s] is None else f"{row[s]:.3f}" for s in shown)
        table.add_row(row["name"], row["method"], *cells, f"{row['seconds']:.1f}")
    out.print(table)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Versions, disk, browser and which keys are present (never their values).

    Examples:

        feb11 doctor

        feb11 doctor --json
    """
    from analysis.doctor import examine

    found = examine()
    if as_json:
        _print_json(found)
        return
    for section, values in found.items():
        for name, value in values.items():
            out.print(f"{section:10} {name:22} {value}")


def main() -> None:
    """Run the command and turn errors into one or two lines and an exit code."""
    debug = "--debug" in sys.argv
    arguments = [a for a in sys.argv[1:] if a != "--debug"]
    try:
        app(args=arguments, prog_name="feb11", standalone_mode=True)
    except Feb11Error as error:
        _stop(str(error), error.exit_code, debug)
    except KeyboardInterrupt:
        _stop("stopped; earlier results are as they were", 1, debug)
    except Exception as error:
        note = "this is a fault of the program; `--debug` shows where"
        _stop(f"{type(error).__name__}: {error}\n{note}", 3, debug)


def _stop(message: str, code: int, debug: bool) -> None:
    if debug:
        traceback.print_exc()
    print(f"feb11: {message}", file=sys.stderr)
    sys.exit(code)
