"""The tables of the footprint studies for people, written from the results beside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from analysis.growth.validation import ASKED
from bench.record import FOLDER

FILE = FOLDER / "footprints.md"

WITHIN = (ASKED["low"], ASKED["high"])
"""Between which a coverage was asked to lie."""

Record = dict[str, Any]


def main() -> None:
    """Write ``bench/results/footprints.md``."""
    FILE.write_text(text(), encoding="utf-8")


def text(folder: Path = FOLDER) -> str:
    """All tables as Markdown."""
    areas, law = (
        json.loads((folder / f"footprints-{n}.json").read_text(encoding="utf-8"))
        for n in ("areas", "resolvability")
    )
    return "\n".join([
        "# Footprints: what the studies found", "",
        "Written by `python -m bench.footprints_tables` from `footprints-areas.json` and "
        "`footprints-resolvability.json`; intervals in brackets are 90 % bootstraps of worlds.", "",
        *_areas(areas), "", "## The law", "", *_law(law), "", "## Worlds", "", *_worlds(areas, law),
        "",
    ])  # fmt: skip


def _percent(value: float, digits: int = 1) -> str:
    return f"{100 * value:.{digits}f} %"


def _span(ends: list[float], digits: int = 0) -> str:
    low, high = (f"{100 * e:.{digits}f}" for e in ends)
    return f"({low} to {high} %)"


def _error(e: Record) -> str:
    return f"{_percent(e['rmse'])} ({100 * e['bias']:+.1f} %), n = {e['n']}"


def _covered(c: Record, share: str, ends: str) -> str:
    return f"{_percent(c[share])} {_span(c[ends])}"


def _later(d: Record, name: str) -> str:
    """Coverage over worlds that were opened after intervals had been stretched."""
    own = d["studies"][name].get("later")
    if own is None:
        return "none"
    areas = _covered(own["areas"], "share", "interval90")
    return f"{areas}; {_covered(own['ratio'], 'coverage', 'coverage_interval90')}"


def _areas(d: Record) -> list[str]:
    """Errors and coverage by study, against what was asked."""
    names = ("mixed", "matched")
    area = {n: d["studies"][n]["areas"] for n in names}
    ratio = {n: d["studies"][n]["ratio"] for n in names}
    seconds = {n: area[n]["seconds_per_footprint"]["mean"] for n in names}
    crossed, limit = d["transfer"], d["against_limit"]

    def errors(part: str) -> list[str]:
        return [_error(area[n]["errors"][part]) if area[n]["errors"][part]["n"] else "none"
                for n in names]  # fmt: skip

    held = {n: area[n]["coverage"] for n in names}
    rows = [
        ["area, RMSE (bias)", "", *errors("all"), ""],
        ["median absolute error", "",
         *(_percent(area[n]["errors"]["all"]["median_absolute"]) for n in names), ""],
        ["area of 1,200 to 2,000 m2 at 10 m", _percent(ASKED["small"], 0),
         *errors("1200_to_2000_m2"),
         _met(area["mixed"]["errors"]["1200_to_2000_m2"]["rmse"] <= ASKED["small"])],
        ["halls with a before", "", *errors("with_before"), ""],
        ["older halls, no before", "", *errors("without_before"), ""],
        ["sum of fractions", "", *errors("sum_of_fractions"), ""],
        ["ratio (0.25 to 2.5), RMSE (bias)", "",
         *(f"{_between(ratio[n])} ({ratio[n]['bias']:+.3f}), n = {ratio[n]['n']}" for n in names),
         ""],
        ["ratio, farthest off; RMSE without it", "",
         *(f"{ratio[n]['farthest']:.3f}; {ratio[n]['rmse_but_farthest']:.3f}" for n in names), ""],
        ["ratio, relative RMSE; median absolute error", "",
         *(f"{_percent(ratio[n]['relative_rmse'])}; {ratio[n]['median_absolute']:.3f}"
           for n in names), ""],
        ["coverage of areas at 90 %", _span(list(WITHIN))[1:-1],
         *(_covered(held[n], "share", "interval90") for n in names),
         _met(_inside(held["mixed"]["interval90"]))],
        ["coverage of the ratio at 90 %", _span(list(WITHIN))[1:-1],
         *(_covered(ratio[n], "coverage", "coverage_interval90") for n in names),
         _met(_inside(ratio["mixed"]["coverage_interval90"]))],
        ["worlds after those that were known, areas; ratio", "", *(_later(d, n) for n in names),
         ""],
        ["median width, area; ratio", "",
         *(f"{_percent(held[n]['median_width'])}; {ratio[n]['median_width']:.2f}" for n in names),
         ""],
        ["mean interval score, area (relative); ratio", "",
         *(f"{held[n]['interval_score']:.3f}; {ratio[n]['interval_score']:.3f}" for n in names),
         ""],
        ["calibrated on single mismatches, unstretched, areas; ratio",
         _percent(ASKED["crossed"], 0),
         f"{_covered(crossed['areas'], 'share', 'interval90')}, width "
         f"{_percent(crossed['areas']['median_width'])}; "
         f"{_covered(crossed['ratio'], 'coverage', 'coverage_interval90')}", "",
         _met(crossed["areas"]["share"] >= ASKED["crossed"])],
        ["RMSE over the van Trees bound", f"{ASKED['limit']}", "",
         "{ratio:.2f} ({0:.2f} to {1:.2f})".format(*limit["all"]["interval90"], **limit["all"]),
         _met(limit["all"]["ratio"] <= ASKED["limit"])],
        ["seconds of processor for a footprint, mean", f"{ASKED['seconds']}",
         *(f"{seconds[n]:.1f}" for n in names), _met(seconds["mixed"] <= ASKED["seconds"])],
        ["halls not measurable", "", *(str(d["not_measurable"][n]) for n in names), ""],
    ]  # fmt: skip
    few = sorted(
        (c["coverage"], c["pixels"], c["contrast"], c["after"], c["n"])
        for c in held["mixed"]["crossed"] if c["n"] >= 5 and c["coverage"] < 0.8
    )  # fmt: skip
    said = "; ".join(
        f"{pixels} pixels, contrast {contrast}, {after} scenes ({_percent(c, 0)} of {n})"
        for c, pixels, contrast, after, n in few
    )
    return [
        *_table(["what", "asked", "mixed", "matched", ""], rows), "",
        "Cells of areas at 10 m, by size, contrast and scenes, with five halls or more whose "
        f"coverage is under 80 %: {said or 'none'}.",
    ]  # fmt: skip


def _between(errors: Record) -> str:
    low, high = errors["rmse_interval90"]
    return f"{errors['rmse']:.3f} ({low:.3f} to {high:.3f})"


def _inside(ends: list[float]) -> bool:
    return WITHIN[0] <= ends[0] and ends[1] <= WITHIN[1]


def _met(good: bool) -> str:
    return "met" if good else "missed"


def _law(d: Record) -> list[str]:
    """Error of a ratio of about 0.65 by pixel and number of scenes."""
    rows = []
    for line in sorted(d["law"].values(), key=lambda r: (-r["gsd"], r["scenes"])):
        power = line["power"]
        rivals = [power["rivals"][n]["interval_excludes"] for n in ("smaller", "larger", "twice")]
        rows.append([
            f"{line['gsd']:.0f} m", str(line["scenes"]), str(line["worlds"]),
            _between(line), f"{line['median_absolute']:.3f}",
            f"{line['bias']:+.3f}", f"{line['bound']:.4f}", f"{line['median_width']:.3f}",
            _percent(line["coverage"], 0), ", ".join(_percent(r, 0) for r in rivals),
            _percent(power["interval_inside_the_band"], 0),
        ])  # fmt: skip
    head = [
        "pixels", "clear scenes with the roof", "worlds", "RMSE", "median absolute", "bias",
        "bound", "width", "coverage", "smaller, larger, twice excluded", "inside the band",
    ]  # fmt: skip
    return _table(head, rows)


def _worlds(areas: Record, law: Record) -> list[str]:
    """How many worlds of each study were run, of how many planned, and for how long."""
    rows = [
        [name, str(len(seeds)), str(d["planned"][name]), str(d["processor_seconds"][name])]
        for d in (areas, law) for name, seeds in d["seeds"].items()
    ]  # fmt: skip
    return _table(["study", "worlds", "planned", "seconds of processor"], rows)


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    return [f"| {' | '.join(r)} |" for r in (head, ["---"] * len(head), *rows)]


if __name__ == "__main__":
    main()
