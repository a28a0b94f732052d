"""Execute the notebooks that are out of date, in parallel, into a staged run."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import nbformat

from analysis import figure_output, paths, results, steps
from analysis.errors import CheckFailed, Feb11Error, UserError
from analysis.report import gate, kernel, runs
from analysis.report.notebooks import Notebook
from analysis.results import Result

Progress = Callable[[str, str], None]
"""Called with a notebook's name and what happened to it."""


@dataclass
class Execution:
    """What has been executed so far in one staged run."""

    staged: Path
    parameters: Mapping[str, Any]
    earlier: runs.Run | None
    fingerprints: dict[str, str] = field(default_factory=dict)
    results: dict[str, list[Result]] = field(default_factory=dict)
    executed: list[str] = field(default_factory=list)

    def upstream(self, notebook: Notebook) -> str:
        """Digest of the results that ``notebook`` reads."""
        read = [r.to_json() for name in notebook.after for r in self.results[name]]
        return hashlib.sha256(json.dumps(read, sort_keys=True).encode()).hexdigest()

    def write_results(self, name: str) -> None:
        """Write what has been recorded so far to the staged ``results.json``."""
        recorded = [r for found in self.results.values() for r in found]
        results.write(self.staged / "results.json", results.Results(name, recorded))


def up_to_date(notebooks: Mapping[str, Notebook], run: runs.Run) -> bool:
    """Whether no notebook of ``run`` would be executed again."""
    known = run.record["notebooks"]
    if set(known) != set(notebooks):
        return False
    of_run: dict[str, list[Result]] = {name: [] for name in notebooks}
    for result in run.results.values():
        of_run[result.extra["notebook"]].append(result)
    state = Execution(run.path, run.parameters, run, results=of_run)
    return all(
        known[n.name] == runs.fingerprint(n, run.parameters, state.upstream(n))
        for n in notebooks.values()
    )


def execute(
    name: str,
    notebooks: Mapping[str, Notebook],
    parameters: Mapping[str, Any],
    staged: Path,
    earlier: runs.Run | None,
    jobs: int,
    progress: Progress,
) -> Execution:
    """Bring all notebooks into the staged run, executing only what changed.

    Raises
    ------
    CheckFailed
        If a notebook fails, is not fit to publish, or an input changed while
        it ran.
    UserError
        If a notebook stops over something that the user can put right.
    ResultError
        If a notebook records what it did not declare.
    """
    (staged / "notebooks").mkdir()
    (staged / "figures").mkdir()
    state = Execution(staged, parameters, earlier)
    waiting = dict(notebooks)
    running: dict[Future, tuple[Notebook, float]] = {}
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context) as pool:
        try:
            while waiting or running:
                for notebook in [n for n in waiting.values() if set(n.after) <= set(state.results)]:
                    del waiting[notebook.name]
                    state.write_results(name)
                    mark = runs.fingerprint(notebook, parameters, state.upstream(notebook))
                    state.fingerprints[notebook.name] = mark
                    if _reuse(state, notebook, mark):
                        progress(notebook.name, "unchanged")
                        continue
                    progress(notebook.name, "running")
                    running[_submit(pool, state, notebook)] = (notebook, monotonic())
                finished, _ = wait(running, return_when=FIRST_COMPLETED) if running else ((), ())
                for future in finished:
                    notebook, since = running.pop(future)
                    _fail(notebook, future.result(), staged)
                    _accept(state, notebook, name)
                    state.executed.append(notebook.name)
                    progress(notebook.name, f"done in {monotonic() - since:.0f} s")
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    _unchanged_inputs(state, notebooks)
    state.write_results(name)
    return state


def _submit(pool: ProcessPoolExecutor, state: Execution, notebook: Notebook) -> Future:
    own = {k: v for k, v in state.parameters.items() if k in notebook.defaults}
    if "run_dir" in notebook.defaults:
        own["run_dir"] = state.staged.relative_to(paths.project_root()).as_posix()
    return pool.submit(
        kernel.execute,
        notebook.path,
        state.staged / "notebooks" / notebook.path.name,
        own,
        kernel.environment(paths.project_root(), runs.commit_epoch()),
        paths.build_dir() / "log" / f"{notebook.name}.kernel.txt",
    )


def _reuse(state: Execution, notebook: Notebook, mark: str) -> bool:
    """Take the earlier execution over if nothing that it rests on has changed."""
    earlier = state.earlier
    if earlier is None or earlier.record["notebooks"].get(notebook.name) != mark:
        return False
    executed = earlier.path / "notebooks" / notebook.path.name
    if not executed.is_file():
        return False
    shutil.copy2(executed, state.staged / "notebooks")
    content = nbformat.read(executed, as_version=4)
    _take(state, notebook, content)
    return True


def _fail(notebook: Notebook, failure: kernel.Failure | None, staged: Path) -> None:
    if failure is None:
        return
    kept = paths.build_dir() / "failed" / notebook.path.name
    source = staged / "notebooks" / notebook.path.name
    where = ""
    if source.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, kept)
        where = f"\nas far as it got: {kept.relative_to(paths.project_root())}"
    if failure.error == "UserError":
        raise UserError(f"notebook {notebook.name}, cell {failure.cell!r}: {failure.message}")
    raise CheckFailed(
        f"notebook {notebook.name} failed in cell {failure.cell!r} (number {failure.number}): "
        f"{failure.error}: {failure.message}{where}"
    )


def _accept(state: Execution, notebook: Notebook, run: str) -> None:
    """Normalise an executed notebook and let it through the gate."""
    path = state.staged / "notebooks" / notebook.path.name
    content = nbformat.read(path, as_version=4)
    staged = state.staged.relative_to(paths.project_root()).as_posix()
    warnings = gate.normalise(content, staged, f"_build/runs/{run}")
    if warnings:
        log = paths.build_dir() / "log" / f"{notebook.name}.txt"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(warnings, encoding="utf-8")
    gate.check(content, notebook.name)
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
    _take(state, notebook, content)


def _take(state: Execution, notebook: Notebook, content: nbformat.NotebookNode) -> None:
    """Gather the results and figures of one executed notebook."""
    found = results.gather(content.cells, notebook.name)
    notebook.check_results(found)
    state.results[notebook.name] = found
    for cell in content.cells:
        for output in cell.get("outputs", ()):
            about = output.get("data", {}).get(figure_output.MIME)
            if about:
                _write_figure(state.staged / "figures", about, output.data["image/svg+xml"])


def _write_figure(folder: Path, about: Mapping[str, Any], picture: str) -> None:
    place = folder / f"{about['name']}.svg"
    if place.exists():
        raise Feb11Error(f"two figures are named {about['name']!r}; names are unique in a run")
    place.write_text(picture, encoding="utf-8")
    place.with_suffix(".csv").write_text(about["csv"], encoding="utf-8")


def _unchanged_inputs(state: Execution, notebooks: Mapping[str, Notebook]) -> None:
    steps.forget_sources()
    for notebook in notebooks.values():
        mark = runs.fingerprint(notebook, state.parameters, state.upstream(notebook))
        if mark != state.fingerprints[notebook.name]:
            raise CheckFailed(
                f"an input of notebook {notebook.name} changed while the report ran; "
                "run `feb11 report` again"
            )
