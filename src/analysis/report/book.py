"""Build the edition of a run: stage the book's sources, compile, add downloads."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
import yaml

from analysis import claims, claims_view, evidence, figure_output, paths, results, steps
from analysis.errors import CheckFailed
from analysis.report import gate, pages, published, runs, scope, site_pages
from analysis.report.notebooks import Notebook
from analysis.report.staged import CLAIMS, EDITION, RESULTS
from analysis.words import Words, words

_ROLE = re.compile(r"\{(result|claim|cite:?[pt]?)\}`([^`]+)`")
BUILD_TIMEOUT_S = 1200
CONFIG = "_config.yml"


def edition_key(run_digest: str) -> str:
    """Key of an edition: the run and all that shows it."""
    root = paths.project_root()
    shown = [
        root / "book",
        root / "_config.yml",
        Path(__file__).parent,
        root / "src/analysis/words",
    ]
    parts = [run_digest, steps.environment_digest(), *(steps.digest(p) for p in shown)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def build(run: Path, record: Mapping[str, Any], notebooks: Mapping[str, Notebook]) -> None:
    """Build ``run/html`` from a staged run that is whole but for its pages.

    Raises
    ------
    CheckFailed
        If the book does not build without a warning, or a page is not fit to
        publish.
    """
    language = record["parameters"].get("language", "en")
    w = words(language)
    source = run / "book"
    stage(run, source, record, notebooks, w)
    out = run / "out"
    _compile(source, out, record)
    os.replace(out / "_build" / "html", run / "html")
    _downloads(run, notebooks, w)
    shutil.rmtree(source)
    shutil.rmtree(out)
    _check_pages(run / "html")


def publish_data(run: Path) -> None:
    """Put the run's results and its record beside the pages.

    Raises
    ------
    CheckFailed
        If one of them is not fit to publish.
    """
    for name in published.BESIDE:
        shutil.copy2(run / name, run / "html" / name)
        _check_page(run / "html", name)


def stage(
    run: Path, source: Path, record: Mapping[str, Any], notebooks: Mapping[str, Notebook], w: Words
) -> None:
    """Lay out everything that Jupyter Book reads, in one folder."""
    about = scope.recorded(record)
    shutil.copytree(paths.project_root() / "book", source)
    shutil.copytree(run / "figures", source / "figures")
    shutil.copy2(run / "results.json", source / RESULTS)
    found = results.read(run / "results.json")
    tables = evidence.load()
    sources = tables.sources if about.claims else site_pages.used(tables.sources, found)
    known = set(sources["source_key"])
    (source / "references.bib").write_text(evidence.bibliography(sources), encoding="utf-8")
    said = dict(zip(tables.claims["claim_id"], tables.claims["said"], strict=True))
    (source / CLAIMS).write_text(pages.dump(said), encoding="utf-8")
    (source / EDITION).write_text(pages.dump(_edition(record, notebooks, w)), encoding="utf-8")

    generated = pages.lineage(found, record, known, w)
    chapters = [n for n in generated if n.startswith("lineage-")]
    without: tuple[str, ...] = ()
    if about.claims:
        generated |= _evidence_pages(source, found, tables, w)
    else:
        generated |= site_pages.stage(source, found, w)
        without = site_pages.without(known)
    (source / "generated").mkdir()
    for name, text in generated.items():
        (source / f"{name}.md").write_text(text, encoding="utf-8")
    for name in notebooks:
        executed = nbformat.read(run / "notebooks" / f"{name}.ipynb", as_version=4)
        nbformat.write(for_book(executed, w), source / f"{name}.ipynb")
    contents = pages.contents(notebooks, chapters, w, without)
    (source / "_toc.yml").write_text(pages.dump(contents), "utf-8")
    (source / CONFIG).write_text(pages.dump(_config(about)), "utf-8")


def _evidence_pages(
    source: Path, found: results.Results, tables: evidence.Evidence, w: Words
) -> dict[str, str]:
    """Pages of the tables and of the verdicts by name; the tables are laid beside them."""
    package = json.loads((paths.evidence_dir() / "datapackage.json").read_text(encoding="utf-8"))
    (source / "tables").mkdir()
    for resource in package["resources"]:
        shutil.copy2(paths.evidence_dir() / resource["path"], source / "tables")
    return {
        "dictionary": pages.dictionary(package, w),
        "generated/verdicts": claims_view.summary(claims.listing(found, tables), w),
    }


def _config(about: scope.Scope) -> dict[str, Any]:
    """The book's configuration, under the name of a site that has a report of its own."""
    own = yaml.safe_load((paths.project_root() / CONFIG).read_text(encoding="utf-8"))
    return own if about.claims else site_pages.config(own, about.name)


def _edition(record: Mapping[str, Any], notebooks: Mapping[str, Notebook], w: Words) -> dict:
    commit = (record["commit"] or "?")[:10]
    state = w("report.uncommitted") if record["uncommitted_changes"] else ""
    files = {
        name: {
            "executed": f"downloads/{name}.executed.ipynb",
            "template": f"downloads/{name}.ipynb",
            "script": f"downloads/{name}.py",
            "html": f"downloads/{name}.html",
        }
        for name in notebooks
    }
    stamp = w(
        "report.stamp",
        run=record["run"],
        digest=record["digest"][:12],
        commit=commit,
        state=state,
        date=w.date(record["commit_date"]) if record["commit_date"] else "?",
    )
    return {"notebooks": files, "stamp": stamp, "simulated": pages.simulated(record, w)}


def for_book(executed: nbformat.NotebookNode, w: Words) -> nbformat.NotebookNode:
    """An executed notebook as a page: numbers bound, figures with caption and alt text."""
    for cell in executed.cells:
        tags = list(cell.metadata.get("tags", ()))
        if cell.cell_type == "code" and not cell.get("outputs"):
            # Nothing to read here; the notebook itself is offered in full.
            tags.append("remove-cell")
        elif cell.cell_type == "code" and "hide-input" not in tags:
            tags.append("hide-input")
        cell.metadata["tags"] = tags
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            if figure_output.MIME in data:
                output.data = {"text/markdown": pages.figure_block(data[figure_output.MIME], w)}
            elif results.MIME in data:
                block = pages.results_block(data[results.MIME]["results"], w)
                output.data = {"text/markdown": block}
    return executed


def _compile(source: Path, out: Path, record: Mapping[str, Any]) -> None:
    """Run Jupyter Book in a process of its own; warnings are errors."""
    command = [
        sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build",
        str(source), "--config", str(source / CONFIG), "--path-output", str(out), "-W", "-n",
        "--keep-going", "--quiet",
    ]  # fmt: skip
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=BUILD_TIMEOUT_S,
        env=os.environ | {"SOURCE_DATE_EPOCH": str(runs.commit_epoch()), "PYTHONHASHSEED": "0"},
    )  # fmt: skip
    if done.returncode or not (out / "_build" / "html" / "index.html").is_file():
        text = done.stderr + done.stdout
        lines = [x for x in text.splitlines() if "WARNING" in x or "ERROR" in x or "rror:" in x]
        shown = "\n".join(dict.fromkeys(x.replace(f"{source}/", "") for x in lines[:12]))
        log = paths.build_dir() / "log" / "book.txt"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(text, encoding="utf-8")
        where = log.relative_to(paths.project_root())
        raise CheckFailed(f"the book does not build cleanly; all of it in {where}:\n{shown}")


def _downloads(run: Path, notebooks: Mapping[str, Notebook], w: Words) -> None:
    """Each notebook as executed, as template, as script and as one HTML file."""
    from nbconvert.exporters import PythonExporter

    folder = run / "html" / "downloads"
    folder.mkdir()
    found = results.read(run / "results.json")
    for name, notebook in notebooks.items():
        executed = run / "notebooks" / f"{name}.ipynb"
        shutil.copy2(executed, folder / f"{name}.executed.ipynb")
        shutil.copy2(notebook.path, folder / f"{name}.ipynb")
        template = nbformat.read(notebook.path, as_version=4)
        script, _ = PythonExporter().from_notebook_node(template)
        (folder / f"{name}.py").write_text(script, encoding="utf-8")
        page = nbformat.read(executed, as_version=4)
        page.metadata["title"] = notebook.title
        _spell_out(page, found, w)
        html, _ = _html_exporter().from_notebook_node(page)
        (folder / f"{name}.html").write_text(html, encoding="utf-8")


def _html_exporter() -> Any:
    """An exporter whose pages ask no other host for anything."""
    from nbconvert.exporters import HTMLExporter

    return HTMLExporter(
        template_name="feb11",
        extra_template_basedirs=[str(Path(__file__).parent / "templates")],
        embed_images=True,
    )


def _spell_out(page: nbformat.NotebookNode, found: results.Results, w: Words) -> None:
    """Put numbers where the roles stand: outside the book nothing resolves them."""
    tables = evidence.load()
    said = dict(zip(tables.claims["claim_id"], tables.claims["said"], strict=True))

    def text(match: re.Match[str]) -> str:
        role, what = match.groups()
        if role == "result":
            return w.result(found[what]) if what in found else match.group()
        return said.get(what, match.group()) if role == "claim" else f"[{what}]"

    for cell in page.cells:
        if cell.cell_type == "markdown":
            cell.source = _ROLE.sub(text, cell.source)


def _check_pages(html: Path) -> None:
    """No page, script or data file of the edition may tell of this machine."""
    for path in sorted(html.rglob("*")):
        if path.suffix in {".html", ".json", ".ipynb", ".csv", ".py", ".txt"} and path.is_file():
            _check_page(html, path.relative_to(html).as_posix())


def _check_page(html: Path, name: str) -> None:
    for leak in gate.leaks((html / name).read_text(encoding="utf-8", errors="replace")):
        raise CheckFailed(f"page {name} is not fit to publish: it holds {leak}")
