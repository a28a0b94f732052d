"""Runs: one execution of all notebooks with one set of parameters.

A run is staged in a folder of its own and becomes visible in one rename, when
everything in it is whole; whatever fails leaves the earlier run as it was.
``_build/runs/NAME`` is a link to the folder that holds the run.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sysconfig
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from analysis import paths, results, steps
from analysis.errors import CheckFailed, UserError
from analysis.report.notebooks import Notebook
from analysis.scenes.source import SERVICES

DEFAULT = "default"
SCHEMA_VERSION = 1
INPUT_FOLDERS = ("data/evidence", "data/sites", "data/scenes", "bench/results")
"""Inputs that every notebook may read; all are hashed into its fingerprint."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


@dataclass(frozen=True)
class Run:
    """A finished run on disk."""

    name: str
    path: Path
    record: Mapping[str, Any]
    """Content of ``run.json``."""

    @property
    def results(self) -> results.Results:
        """Its recorded results."""
        return results.read(self.path / "results.json")

    @property
    def parameters(self) -> dict[str, Any]:
        """Parameters that differ from the notebooks' defaults."""
        return dict(self.record["parameters"])


def check_name(name: str) -> str:
    """A run's name as given, if it can be a folder.

    Raises
    ------
    UserError
        If it cannot.
    """
    if not _NAME.fullmatch(name):
        raise UserError(
            f"run name {name!r}: use up to 64 of a-z, 0-9, - and _, starting with a letter or digit"
        )
    return name


def find(name: str) -> Run | None:
    """The run of that name, or ``None``.

    Raises
    ------
    UserError
        If its record cannot be read.
    """
    path = paths.runs_dir() / check_name(name)
    if not (path / "run.json").is_file():
        return None
    try:
        record = json.loads((path / "run.json").read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"run {name!r}: {path / 'run.json'} cannot be read: {error}") from None
    return Run(name, path, record)


def get(name: str) -> Run:
    """The run of that name.

    Raises
    ------
    UserError
        If there is none; the message lists those there are.
    """
    run = find(name)
    if run is None:
        folder = paths.runs_dir()
        names = sorted(p.name for p in folder.glob("[!.]*")) if folder.is_dir() else []
        there = f"there is: {', '.join(names)}" if names else "there is none yet"
        raise UserError(f"no run named {name!r}; {there}; `feb11 report --run {name}` makes it")
    return run


@contextmanager
def staging(name: str) -> Iterator[Path]:
    """An empty folder to build a run in; deleted unless it was promoted.

    Raises
    ------
    CheckFailed
        If another process is building the same run.
    """
    folder = paths.build_dir() / "staging" / name
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder.with_suffix(".lock"), timeout=0):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)
    except Timeout:
        raise CheckFailed(
            f"another process is building run {name!r}; wait for it, or choose --run NAME"
        ) from None


def promote(staged: Path, name: str) -> Path:
    """Make a staged run the run of that name, in one rename.

    ``_build/html`` leads to the edition of the default run through the same
    link, so that site and results can never be of two runs.
    """
    folder = paths.runs_dir()
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / name
    earlier = link.resolve() if link.is_symlink() else None
    store = folder / f".{name}-{uuid.uuid4().hex[:12]}"
    os.replace(staged, store)
    _link(link, store.name)
    if name == DEFAULT:
        _link(paths.build_dir() / "html", f"runs/{DEFAULT}/html")
    if earlier is not None and earlier.parent == folder:
        shutil.rmtree(earlier, ignore_errors=True)
    return link


def _link(place: Path, target: str) -> None:
    if place.is_symlink() and os.readlink(place) == target:
        return
    if place.exists() and not place.is_symlink():
        shutil.rmtree(place)
    temporary = place.with_name(f".{place.name}-link-{uuid.uuid4().hex[:8]}")
    temporary.symlink_to(target)
    os.replace(temporary, place)


def fingerprint(notebook: Notebook, parameters: Mapping[str, Any], upstream: str) -> str:
    """Key of one execution, from all that can change its outcome.

    ``upstream`` stands for the results that the notebook reads.
    """
    own = {k: v for k, v in parameters.items() if k in notebook.defaults}
    parts = [
        steps.digest(notebook.path),
        json.dumps(own, sort_keys=True),
        upstream,
        steps.environment_digest(),
        *(steps.source_digest(m) for m in sorted(_imported(notebook.path))),
        *(steps.digest(folder) for folder in _inputs()),
        *own_files(own).values(),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def own_files(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Files and folders of the user that parameters name, each with its digest."""
    root, found = paths.project_root(), {}
    for parameter in ("parameters_file", "site", "source"):
        name = str(parameters.get(parameter) or "")
        place = root / name
        if not name or name in ("bundled", *SERVICES) or "://" in name or not place.exists():
            continue
        # what a catalogue lists lies beside and below it
        whole = place.parent if parameter == "source" and place.is_file() else place
        found[os.path.relpath(whole, root)] = steps.digest(whole)
    return found


def _inputs() -> list[Path]:
    folders = [steps.resolve("evidence" if f == "data/evidence" else f) for f in INPUT_FOLDERS]
    lock = paths.project_root() / "package-lock.json"
    return [p for p in (*folders, lock) if p.exists()]


def _imported(path: Path) -> set[str]:
    """Modules of this package that a notebook imports."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    source = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
    return {m for m in steps.imports(source.encode()) if m.split(".")[0] == "analysis"}


def record(
    name: str,
    parameters: Mapping[str, Any],
    fingerprints: Mapping[str, str],
    executed: Path,
) -> dict[str, Any]:
    """Content of ``run.json``: enough to audit and to repeat the run; no time of day."""
    files = {
        f"{folder}/{p.relative_to(steps.resolve(_name_of(folder))).as_posix()}": steps.digest(p)
        for folder in INPUT_FOLDERS
        for p in sorted(steps.resolve(_name_of(folder)).rglob("*"))
        if p.is_file() and "__pycache__" not in p.parts
    }
    commit, dirty, when = commit_state()
    content: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "run": name,
        "parameters": dict(parameters),
        "notebooks": dict(fingerprints),
        "scenes": _scenes(executed),
        "inputs": files | own_files(parameters),
        "seeds": {"seed": parameters.get("seed")} if "seed" in parameters else {},
        "environment": steps.environment_digest(),
        "packages": _packages(),
        "commit": commit,
        "commit_date": when,
        "uncommitted_changes": dirty,
    }
    content["digest"] = digest(executed)
    return content


def _scenes(run: Path) -> list[str]:
    """Names of all scenes that a result of the run rests on."""
    found = results.read(run / "results.json")
    named = {name for key in found for name in found[key].inputs if name.startswith("scene:")}
    return sorted(name.removeprefix("scene:") for name in named)


def digest(run: Path) -> str:
    """SHA-256 of what a run found: its results and executed notebooks."""
    outcome = steps.digest(run / "results.json") + steps.digest(run / "notebooks")
    return hashlib.sha256(outcome.encode()).hexdigest()


def _name_of(folder: str) -> str:
    return "evidence" if folder == "data/evidence" else folder


def _packages() -> dict[str, str]:
    # not those that setuptools carries within itself and puts on the path when it is imported
    own = [sysconfig.get_path(kind) for kind in ("purelib", "platlib")]
    found = importlib.metadata.distributions(path=own)
    return dict(sorted((d.metadata["Name"].lower(), d.version) for d in found))


def commit_state() -> tuple[str | None, bool | None, str | None]:
    """Commit, whether the checkout differs from it, and the commit's date (ISO)."""

    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", "-C", str(paths.project_root()), *arguments],
            check=True, capture_output=True, text=True, timeout=60,
        ).stdout.strip()  # fmt: skip

    try:
        return git("rev-parse", "HEAD"), bool(git("status", "--porcelain")), git(
            "show", "-s", "--format=%cs", "HEAD"
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None, None, None


def commit_epoch() -> int:
    """Seconds of the commit's date, for every date that a tool would take from the clock."""
    from datetime import UTC, datetime

    when = commit_state()[2] or "1980-01-01"
    return int(datetime.fromisoformat(when).replace(tzinfo=UTC).timestamp())
