"""The notebooks of the report: what each declares, and its parameters."""

from __future__ import annotations

import ast
import fnmatch
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import nbformat

from analysis import paths, site, words
from analysis.errors import UserError
from analysis.results import Result, ResultError
from analysis.scenes import windows as scene_windows

NUMERIC = (int, float)

ABOUT = ("claims", "site")
"""What a run may be about; see `analysis.report.scope`."""


@dataclass(frozen=True)
class Notebook:
    """One template in ``notebooks/``."""

    name: str
    """File name without ending."""
    path: Path
    title: str
    keys: tuple[str, ...]
    """Keys, or patterns of keys, of the results that it promises to record."""
    after: tuple[str, ...]
    """Notebooks whose results it reads."""
    defaults: Mapping[str, Any]
    """Parameters with their default values."""
    optional: tuple[str, ...] = ()
    """Keys, or patterns of keys, of what a site may not have: a candidate, a reference."""
    about: str | None = None
    """Of which runs it is a chapter: those about ``claims``, those about a ``site`` that has
    none, or of all."""

    def check_results(self, results: Sequence[Result]) -> None:
        """Hold the recorded results against the declared keys.

        Raises
        ------
        ResultError
            If a key was not declared, or a declared one is missing.
        """
        recorded = [r.key for r in results]
        for key in recorded:
            if not any(fnmatch.fnmatchcase(key, p) for p in (*self.keys, *self.optional)):
                raise ResultError(f"notebook {self.name} records {key!r} without declaring it")
        for pattern in self.keys:
            if not any(fnmatch.fnmatchcase(key, pattern) for key in recorded):
                raise ResultError(f"notebook {self.name} declares {pattern!r} but records none")


def discover(folder: Path | None = None) -> dict[str, Notebook]:
    """All notebooks, each after those that it reads from.

    Raises
    ------
    UserError
        If a notebook cannot be read, lacks its parameters cell, is about what no run is, or
        waits for a notebook that does not exist.
    """
    folder = folder or paths.project_root() / "notebooks"
    found = {p.stem: _read(p) for p in sorted(folder.glob("*.ipynb"))}
    ordered: dict[str, Notebook] = {}
    while len(ordered) < len(found):
        ready = [
            n for n in found.values() if n.name not in ordered and set(n.after) <= ordered.keys()
        ]
        if not ready:
            waiting = ", ".join(sorted(found.keys() - ordered.keys()))
            raise UserError(f"notebooks wait for each other or for one that is missing: {waiting}")
        ordered |= {n.name: n for n in ready}
    return ordered


def _read(path: Path) -> Notebook:
    try:
        content = nbformat.read(path, as_version=4)
    except Exception as error:
        raise UserError(f"{path} is not a notebook: {error}") from None
    declared = content.metadata.get("feb11", {})
    cells = [c for c in content.cells if "parameters" in c.metadata.get("tags", ())]
    if len(cells) != 1 or not declared.get("title"):
        raise UserError(f"{path} needs one cell tagged `parameters` and a title in its metadata")
    return Notebook(
        name=path.stem,
        path=path,
        title=declared["title"],
        keys=tuple(declared.get("keys", ())),
        optional=tuple(declared.get("optional", ())),
        after=tuple(declared.get("after", ())),
        defaults=_assignments(cells[0].source, path),
        about=_about(declared.get("about"), path),
    )


def _about(declared: Any, path: Path) -> str | None:
    if declared not in (None, *ABOUT):
        known = " or ".join(f"`{a}`" for a in ABOUT)
        raise UserError(f"{path} is about {declared!r}; its metadata may say {known}, or nothing")
    return declared


def _assignments(source: str, path: Path) -> dict[str, Any]:
    """``name = literal`` lines of a parameters cell; papermill's rules, but strict."""
    values: dict[str, Any] = {}
    targets: list[ast.expr]
    for node in ast.parse(source).body:
        try:
            if isinstance(node, ast.AnnAssign) and node.value is not None:
                targets, value = [node.target], ast.literal_eval(node.value)
            elif isinstance(node, ast.Assign):
                targets, value = [*node.targets], ast.literal_eval(node.value)
            else:
                continue
        except ValueError:
            raise UserError(f"{path}: parameter defaults must be plain values") from None
        values |= {t.id: value for t in targets if isinstance(t, ast.Name)}
    return values


def read_parameters(given: Sequence[str], notebooks: Mapping[str, Notebook]) -> dict[str, Any]:
    """``NAME=VALUE`` strings as typed, checked parameters.

    Raises
    ------
    UserError
        For a name that no notebook declares, a value of the wrong type, or
        values that contradict each other.
    """
    defaults = {k: v for n in notebooks.values() for k, v in n.defaults.items()}
    values: dict[str, Any] = {}
    for item in given:
        name, equals, text = item.partition("=")
        if not equals:
            raise UserError(f"parameter {item!r} does not read NAME=VALUE")
        if name not in defaults:
            known = ", ".join(sorted(defaults.keys() - {"run_dir"}))
            raise UserError(f"no notebook has a parameter {name!r}; there is: {known}")
        if name == "run_dir":
            raise UserError("parameter 'run_dir' is set by the run itself; name runs with --run")
        values[name] = _typed(name, _portable(name, text), defaults[name])
    check_parameters(defaults | values)
    return {k: v for k, v in values.items() if v != defaults[k]}


def _portable(name: str, text: str) -> str:
    """A place on disk as it is seen from the checkout: a run names no folder of a machine."""
    place = Path(text).expanduser()
    if name in ("source", "site") and "://" not in text and place.exists():
        return os.path.relpath(place.resolve(), paths.project_root())
    return text


def _typed(name: str, text: str, default: Any) -> Any:
    if isinstance(default, str):
        return text
    kind = "true or false" if isinstance(default, bool) else type(default).__name__
    try:
        if isinstance(default, bool):
            return {"true": True, "false": False}[text.lower()]
        return type(default)(text)
    except (ValueError, KeyError):
        raise UserError(f"parameter {name}={text!r} is not of type {kind}") from None


def check_parameters(values: Mapping[str, Any]) -> None:
    """Hold a full set of parameters against each other, before any kernel starts.

    Raises
    ------
    UserError
        If a value is out of its domain or two contradict each other.
    """
    for name in ("period_start", "period_end"):
        if name in values:
            _day(name, values[name])
    _in_order(values, "period_start", "period_end")
    if values.get("site"):
        site.read(site.locate(values["site"]))
    scene_windows.asked(*(values.get(n, "") for n in ("start", "end", "before", "after")))
    level = values.get("level", 0.9)
    if not (isinstance(level, NUMERIC) and 0.5 <= level < 1):
        raise UserError(f"parameter level={level!r} is not in 0.5 to 1 (1 excluded)")
    seed = values.get("seed", 0)
    if not (isinstance(seed, int) and 0 <= seed < 2**32):
        raise UserError(f"parameter seed={seed!r} is not a whole number from 0 to 2**32 - 1")
    words.words(values.get("language", "en"))
    if values.get("parameters_file"):
        _own_parameters(values["parameters_file"])


def _own_parameters(name: str) -> None:
    """Check a file of own housing parameters; a run can only name one inside the checkout."""
    from analysis import housing

    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise UserError(
            f"parameters_file {name}: a run names its inputs by their place in the checkout; "
            "put the file there and give its relative path"
        )
    housing.own_parameters(name)


def _day(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        raise UserError(f"parameter {name}={text!r} is not a date such as 2024-11-22") from None


def _in_order(values: Mapping[str, Any], first: str, last: str) -> None:
    low, high = values.get(first), values.get(last)
    if low and high and low > high:
        raise UserError(f"{first}={low} is after {last}={high}: swap them")
