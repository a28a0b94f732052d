"""Which studies under ``bench/results`` tested the code that is here.

A study names the modules that it tested and the digest of their source, with all of
the package that they import. The same digest is taken of the code at hand; where the
two differ, what the study measured is about other code.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import importlib.util
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis import steps

FOLDER = "bench/results"
"""Where studies are committed, relative to the checkout."""

_PACKAGE = "bench"


@dataclass(frozen=True)
class State:
    """One committed study beside the code at hand."""

    name: str
    """File name without ending; results cite it as ``bench:NAME``."""
    problem: str | None
    """Why it says nothing about this code; ``None`` where it does."""
    unlisted: tuple[str, ...] = ()
    """Modules of ``bench`` that the named ones import and the study does not name: a
    change in them leaves the digest as it is."""


def states(root: Path) -> list[State]:
    """Every study of a checkout, by name."""
    with _importable(root):
        return [_state(path) for path in sorted((root / FOLDER).glob("*.json"))]


def cited(found: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Study to the keys of the results that cite or read it.

    Parameters
    ----------
    found
        Results as plain dictionaries: ``calibration`` names ``bench:NAME``, ``inputs``
        may name ``file:bench/results/NAME.json``.
    """
    studies: dict[str, list[str]] = {}
    for result in found:
        names = {n.removeprefix("bench:") for n in result.get("calibration", ())}
        for name in result["inputs"]:
            if name.startswith(f"file:{FOLDER}/"):
                names.add(Path(name).stem)
        for name in names:
            studies.setdefault(name, []).append(result["key"])
    return studies


def digest(modules: Sequence[str]) -> str:
    """One key over the source of some modules: the one that a study writes down.

    Raises
    ------
    ModuleNotFoundError
        If one of them is not there, naming it.
    """
    for module in modules:
        if importlib.util.find_spec(module) is None:
            raise ModuleNotFoundError(f"No module named {module!r}", name=module)
    return hashlib.sha256("".join(map(steps.source_digest, modules)).encode()).hexdigest()


def _state(path: Path) -> State:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        modules, written = _tested(record)
    except (ValueError, KeyError, TypeError, AttributeError):
        return State(path.stem, "does not say which code it tested")
    try:
        now = digest(modules) if "code" in record else steps.source_digest(modules[0])
    except ModuleNotFoundError as error:
        return State(path.stem, f"tested {error.name}, which is not there any more")
    missing = tuple(sorted(_imported(modules) - set(modules)))
    named = ", ".join(modules)
    changed = f"the code it tested has changed since ({named}); `make bench` runs it again"
    return State(path.stem, None if now == written else changed, missing)


def _tested(record: Mapping[str, Any]) -> tuple[list[str], str]:
    """Modules and digest of a record: several as ``code``, one alone as ``source_digest``."""
    if "code" in record:
        return [str(m) for m in record["modules"]], str(record["code"])
    return [str(record["model"])], str(record["source_digest"])


def _imported(modules: Iterable[str]) -> set[str]:
    """Modules of ``bench`` below some modules, but for those that only write records."""
    found: set[str] = set()
    queue = [m for m in modules if m.startswith(f"{_PACKAGE}.")]
    while queue:
        spec = importlib.util.find_spec(queue.pop())
        if spec is None or spec.origin is None:
            continue
        source = Path(spec.origin).read_bytes()
        for name in {*steps.imports(source), *_from_package(source)}:
            inner = name.startswith(f"{_PACKAGE}.") and name not in found
            if inner and name not in (f"{_PACKAGE}.record", f"{_PACKAGE}.machine"):
                found.add(name)
                queue.append(name)
    return found


def _from_package(source: bytes) -> Iterator[str]:
    """Modules that ``from bench import ...`` names."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module == _PACKAGE:
            yield from (f"{_PACKAGE}.{alias.name}" for alias in node.names)


@contextmanager
def _importable(root: Path) -> Iterator[None]:
    """Let ``bench`` be found at the root of the checkout, whatever else bears that name."""
    others = {n: m for n, m in sys.modules.items() if n.partition(".")[0] == _PACKAGE}
    for name in others:
        del sys.modules[name]
    sys.path.insert(0, str(root))
    importlib.invalidate_caches()
    steps.forget_sources()
    try:
        yield
    finally:
        sys.path.remove(str(root))
        for name in [n for n in sys.modules if n.partition(".")[0] == _PACKAGE]:
            del sys.modules[name]
        sys.modules.update(others)
        steps.forget_sources()
