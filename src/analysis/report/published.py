"""What was published: a digest of every file of the edition, and what is not as it was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from analysis import steps
from analysis.report.runs import Run

BESIDE = ("results.json", "run.json")
"""Copies of files of the run, which are compared with those; one of them holds the digests."""


def digests(html: Path) -> dict[str, str]:
    """SHA-256 of every file below a folder, by its name there, but for those `BESIDE`."""
    files = {path.relative_to(html).as_posix(): path for path in html.rglob("*") if path.is_file()}
    return {name: steps.digest(files[name]) for name in sorted(set(files) - set(BESIDE))}


def altered(run: Run) -> Iterator[str]:
    """What is wrong with the files of an edition, each with its name and the way out."""
    again = "`feb11 report" + f"{'' if run.name == 'default' else f' --run {run.name}'}` builds it"
    known, now = run.record.get("pages"), digests(run.path / "html")
    if not known:
        yield f"run.json holds no digests of the pages; {again} anew"
        return
    for name in sorted({*known, *now}):
        if name not in now:
            yield f"html/{name}: is gone; {again} anew"
        elif name not in known:
            yield f"html/{name}: was not there when the book was built; {again} anew"
        elif now[name] != known[name]:
            yield f"html/{name}: was changed after the book was built; {again} anew"
