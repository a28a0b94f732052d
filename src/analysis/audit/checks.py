"""The checks: evidence, prose, notebooks, locks, and one run with its site."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd

from analysis import evidence, figure_output, paths, results, steps
from analysis.audit import prose, studies
from analysis.audit.registry import Note, Outcome, check
from analysis.audit.registry import run_all as _run_all
from analysis.report import gate, notebooks, published, runs
from analysis.report.runs import Run

__all__ = ["Outcome", "run_all"]


def run_all(name: str) -> list[Outcome]:
    """Every check on the run of that name (the others hold without a run)."""
    run = runs.find(name) if name == runs.DEFAULT else runs.get(name)
    return _run_all(run)


@check("evidence-validates")
def evidence_validates() -> Iterable[str]:
    """Tables obey their schema and the rules that no schema can state."""
    return map(str, evidence.validate())


@check("no-typed-numbers")
def no_typed_numbers() -> Iterable[str]:
    """No number in a page or a notebook's text is typed by hand."""
    root = paths.project_root()
    table = pd.read_csv(paths.evidence_dir() / "designations.csv", dtype=str)
    names = list(table["designation"])
    yield from map(str, prose.in_pages(root / "book", names))
    yield from map(str, prose.in_notebooks(root / "notebooks", names))


@check("notebooks-without-outputs")
def notebooks_without_outputs() -> Iterable[str]:
    """Templates are stored without outputs, with the kernel that everybody has."""
    for notebook in notebooks.discover().values():
        content = nbformat.read(notebook.path, as_version=4)
        for cell in content.cells:
            if cell.get("outputs") or cell.get("execution_count"):
                yield f"notebooks/{notebook.path.name}: cell {cell.id!r} is stored with its output"
        if content.metadata.get("kernelspec", {}).get("name") != "python3":
            yield f"notebooks/{notebook.path.name}: its kernel is not python3"


@check("locks-without-addresses")
def locks_without_addresses() -> Iterable[str]:
    """Locks pin by hash and name no registry, so that they say the same everywhere."""
    root = paths.project_root()
    for lock in [*sorted((root / "requirements").glob("*.lock")), root / "package-lock.json"]:
        for number, line in enumerate(lock.read_text(encoding="utf-8").splitlines(), start=1):
            if re.search(r"https?://(?!spdx)", line) and '"funding"' not in line:
                yield f"{lock.relative_to(root)}:{number}: an address stands in a lock file"


@check("results-obey-the-contract", needs_run=True)
def results_obey_the_contract(run: Run) -> Iterable[str]:
    """Results read back, values lie in their intervals, upstream exists, and kinds follow it."""
    known = set(evidence.load().sources["source_key"])
    found = run.results
    for result in found.values():
        for level in sorted(result.intervals):
            if _outside(result.value, *result.intervals[level]):
                yield f"{result.key}: {result.value} lies outside its interval at {level}"
        for name in result.inputs:
            kind, _, what = name.partition(":")
            if kind == "result" and what not in found:
                yield f"{result.key}: rests on {what!r}, which is no result of this run"
            elif kind == "result" and _stronger(result.kind, found[what].kind):
                yield f"{result.key} is {result.kind}, but rests on {what}, {found[what].kind}"
            elif kind == "source" and what not in known:
                yield f"{result.key}: source {what!r} is not in the sources table"
            elif kind == "file" and what not in run.record["inputs"]:
                yield f"{result.key}: file {what!r} is not among the run's inputs"


def _outside(value: Any, low: Any, high: Any) -> bool:
    """Whether a number or an ISO date lies outside an interval, of which an end may be open."""
    if value is None:
        return False
    return bool((low is not None and value < low) or (high is not None and value > high))


def _stronger(kind: str, other: str) -> bool:
    return results.KINDS.index(kind) > results.KINDS.index(other)


@check("inputs-unchanged", needs_run=True)
def inputs_unchanged(run: Run) -> Iterable[str]:
    """The inputs that the run recorded are still what they were."""
    for name, digest in run.record["inputs"].items():
        path = paths.project_root() / name
        if name.startswith("data/evidence/"):
            path = paths.evidence_dir() / name.removeprefix("data/evidence/")
        if not path.exists():
            yield f"{name}: is gone"
        elif steps.digest(path) != digest:
            yield f"{name}: has changed since the run; `feb11 report` brings it up to date"


@check("run-unaltered", needs_run=True)
def run_unaltered(run: Run) -> Iterable[str]:
    """Results, executed notebooks and all that was published are what the digests were taken of."""
    if runs.digest(run.path) != run.record["digest"]:
        yield "results.json or an executed notebook is not what the run's digest was taken of"
    for name in published.BESIDE:
        inside = run.path / "html" / name
        if not inside.is_file() or inside.read_bytes() != (run.path / name).read_bytes():
            yield f"html/{name}: is not the run's {name}"
    yield from published.altered(run)


@check("notebooks-fit-to-publish", needs_run=True)
def notebooks_fit_to_publish(run: Run) -> Iterable[str]:
    """Executed notebooks are whole, without error, path, user name or secret."""
    for path in sorted((run.path / "notebooks").glob("*.ipynb")):
        for problem in gate.problems(nbformat.read(path, as_version=4)):
            yield f"{path.name}: {problem}"


@check("figures-described", needs_run=True)
def figures_described(run: Run) -> Iterable[str]:
    """Every figure has an alt text, keys that exist, known sources, and its data."""
    known = set(evidence.load().sources["source_key"])
    found = run.results
    for path in sorted((run.path / "notebooks").glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            for output in cell.get("outputs", ()):
                about = output.get("data", {}).get(figure_output.MIME)
                if about:
                    yield from _figure_problems(about, run.path, known, set(found))


def _figure_problems(about: dict, folder: Path, sources: set[str], keys: set[str]) -> Iterator[str]:
    name = about["name"]
    if len(about["alt"]) < 40 or about["alt"] == about["caption"]:
        yield f"figure {name}: its alt text does not say what it shows"
    if not about["sources"] and not about["keys"]:
        yield f"figure {name}: names neither a source nor a result"
    for unknown in [*set(about["sources"]) - sources, *set(about["keys"]) - keys]:
        yield f"figure {name}: {unknown!r} is unknown"
    for ending in (".svg", ".csv"):
        if not (folder / "figures" / (name + ending)).is_file():
            yield f"figure {name}: {name}{ending} is missing"


@check("studies-of-this-code", needs_run=True)
def studies_of_this_code(run: Run) -> Iterable[str]:
    """Studies that a result cites or reads tested the code that is here.

    A study that nobody cites, and a gap in what a study says of its code, is noted.
    """
    cited = studies.cited(r.to_json() for r in run.results.values())
    states = studies.states(paths.project_root())
    for state in states:
        where, keys = f"{studies.FOLDER}/{state.name}.json", cited.get(state.name)
        if state.problem and keys:
            more = f" and {len(keys) - 1} more" if len(keys) > 1 else ""
            yield f"{where}: {state.problem}; {keys[0]}{more} cite it"
        elif state.problem:
            yield Note(f"note: {where}: {state.problem}; no result cites it")
        if state.unlisted:
            yield Note(
                f"note: {where}: imports {', '.join(state.unlisted)} without naming it among the "
                "modules it tested"
            )
    for name in sorted(set(cited) - {s.name for s in states}):
        yield f"{cited[name][0]}: cites the study {name!r}, which is not in {studies.FOLDER}"


class _Assets(HTMLParser):
    """Addresses that a page loads by itself, and pictures without alt text."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.nameless: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag loads."""
        given = dict(attrs)
        if tag in {"script", "img", "iframe", "source", "video", "audio", "embed"}:
            self.loaded.append(given.get("src") or "")
        if tag == "link" and (given.get("rel") or "") not in {"canonical", "license", "author"}:
            self.loaded.append(given.get("href") or "")
        if tag == "img" and not (given.get("alt") or "").strip():
            self.nameless.append(given.get("src") or "?")


@check("site-keeps-to-itself", needs_run=True)
def site_keeps_to_itself(run: Run) -> Iterable[str]:
    """No page loads anything from another host; no page tells of this machine."""
    html = run.path / "html"
    if not (html / "index.html").is_file():
        yield "the edition has no front page"
    for page in sorted(html.rglob("*.html")):
        text = page.read_text(encoding="utf-8")
        parser = _Assets()
        parser.feed(text)
        name = page.relative_to(html).as_posix()
        for address in parser.loaded:
            if re.match(r"(?:https?:)?//", address):
                yield f"{name}: loads {address}"
        yield from (f"{name}: picture {src} has no alt text" for src in parser.nameless)
        yield from (f"{name}: holds {leak}" for leak in gate.leaks(text))


@check("sources-used")
def sources_used() -> Iterable[str]:
    """Every source that a text or a table names exists."""
    known = set(evidence.load().sources["source_key"])
    root = paths.project_root()
    cite = re.compile(r"\{cite:?[pt]?\}`([^`]+)`")
    texts = {p.name: p.read_text(encoding="utf-8") for p in sorted((root / "book").rglob("*.md"))}
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        texts[path.name] = "\n".join("".join(c["source"]) for c in cells)
    for name, text in texts.items():
        for match in cite.finditer(text):
            for key in match.group(1).split(","):
                if key.strip() not in known:
                    yield f"{name}: cites {key.strip()!r}, which is not in the sources table"
