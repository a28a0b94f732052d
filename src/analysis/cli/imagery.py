"""Commands of the imagery: draw scenes, list them, measure them, score the method."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from analysis.cli import places
from analysis.cli.console import err, out, print_json, whole
from analysis.cli.options import AsJson, Selection, Verbose, unfolded

MOST_DRAWN = 1000
"""Most times that halls are drawn: some seconds each, and no interval asks for more."""


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

    places.folder("DIR", directory)
    first = BUNDLED_SEED if seed is None else seed
    for catalogue in write(directory, seed=first, worlds=worlds, progress=progress):
        print(catalogue)


@unfolded
def scenes(
    selection: Selection,
    cloudmask: Annotated[
        bool,
        typer.Option("--cloudmask", help="Clouds by OmniCloudMask, an extra that brings torch."),
    ] = False,
    manifest: Annotated[
        str, typer.Option("--manifest", help="Write the choice to this file.", metavar="FILE")
    ] = "",
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """List the scenes that a run would use, and why others were left out.

    Examples:

        feb11 scenes

        feb11 scenes --source earth-search --start 2017 --end 2024-11 --month 4 --month 10

        feb11 scenes --source folder/of/tifs --site site.geojson --before 2020 --after 2024-10
    """
    selection.check()
    from analysis.scenes import listing
    from analysis.scenes import manifest as manifests
    from analysis.scenes.cached import prepared

    if manifest:
        places.writable("--manifest", manifest)
    done = prepared(selection.request(cloudmask=cloudmask), lambda text: err.print(text))
    content = listing.listing(done)
    if manifest and done.sheets:
        manifests.write(Path(manifest), done)
    if as_json:
        print_json(content)
    else:
        table = Table("date", whole("scene"), "sensor", "cloud %", "kind", "used",
                      expand=out.is_terminal)  # fmt: skip
        for row in content["scenes"]:
            if row["used"] or verbose or row["reason"] != "outside the dates":
                cloud = "" if row["cloud"] is None else f"{row['cloud']:.0f}"
                day, used = (row["datetime"] or "")[:10], "yes" if row["used"] else row["reason"]
                table.add_row(day, row["id"], row["sensor"] or "", cloud, row["kind"] or "", used)
        out.print(table)
        for line in listing.summary(content):
            err.print(line)
    done.require()


@unfolded
def measure(
    selection: Selection,
    seed: Annotated[int, typer.Option("--seed", help="Of the draws.", min=0)] = 20241125,
    level: Annotated[float, typer.Option("--level", help="Of the intervals.", metavar="L")] = 0.9,
    drawn: Annotated[
        int,
        typer.Option(
            "--drawn",
            help="Calibrate the halls' intervals: draw each hall N times into these scenes "
            "(9 or more for intervals of 90 %).",
            metavar="N",
            min=0,
            max=MOST_DRAWN,
        ),
    ] = 0,
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
    selection.check()  # before anything heavy is loaded
    from analysis.growth import measured_json, measured_text
    from analysis.growth.measured import measured
    from analysis.scenes.cached import prepared

    if gis:
        places.folder("--gis", gis)
    request = selection.request()
    found = measured(
        request, seed=seed, level=level, drawn=drawn, progress=lambda text: err.print(text)
    )
    done = prepared(request)
    where = done.site
    for text in done.lost:
        err.print(f"lost: {text}")
    content = measured_json.content(found, where)
    if as_json:
        print_json(content)
    else:
        for table in measured_text.tables(content):
            out.print(table)
        for line in measured_text.remarks(content):
            err.print(line)
    if gis:
        from analysis.growth import gis as files
        from analysis.growth.missed import missed

        err.print("what could have been missed: buildings are drawn in and looked for")
        recovery, why = missed(request, seed=seed, level=level)
        if why:
            err.print(f"no map of detectability: {why}")
        for file in files.write(found, where, Path(gis), recovery, replace=force):
            err.print(f"wrote {file}")


def benchmark(
    directory: Annotated[
        str, typer.Argument(help="A scene's folder, or any folder above scenes.", metavar="DIR")
    ],
    as_json: AsJson = False,
) -> None:
    """Score change detection on real image pairs and null series.

    A scene is a folder with t1.tif, t2.tif and change.tif or label.tif, or with a null series.

    Examples:

        feb11 benchmark oscd/dev/dubai_west

        feb11 benchmark oscd --json
    """
    from analysis.growth import benchmark as scoring

    rows = scoring.run(Path(directory), warn=lambda text: err.print(f"[yellow]{text}[/yellow]"))
    if as_json:
        print_json({"scenes": rows})
        return
    shown = {
        "f1": "F1", "average_precision": "AP", "precision": "prec.", "recall": "recall",
        "auroc": "AUROC", "false_alarm_fraction": "false",
    }  # fmt: skip
    table = Table(whole("scene"), "by", *shown.values(), "s")
    methods = list(dict.fromkeys(row["method"] for row in rows))
    for row in rows:
        cells = ("" if row[s] is None else f"{row[s]:.3f}" for s in shown)
        by = str(methods.index(row["method"]) + 1)
        table.add_row(row["name"], by, *cells, f"{row['seconds']:.1f}")
    out.print(table)
    for number, method in enumerate(methods, start=1):
        out.print(f"{number} = {method}")
    out.print("AP = average precision, false = share of the pixels that are false alarms")
