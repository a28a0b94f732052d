"""Results: one number, date or verdict each, under a key, with its lineage.

A leaf of the package. Notebooks record results as cell outputs of their own
MIME type; the report gathers them after execution, because a kernel does not
know the id of the cell it runs. Nothing else writes ``results.json``.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from html import escape
from pathlib import Path
from typing import Any, Literal

from analysis.errors import Feb11Error, UserError

MIME = "application/vnd.feb11.results+json"
"""MIME type of a cell output that holds results."""

SCHEMA_VERSION = 1

Scalar = float | int | str | None
"""A plain JSON number, an ISO date, a string, or null."""

KINDS = ("simulated", "assumed", "derived", "published", "measured")
"""What a result rests on; the leftmost of its inputs absorbs the others."""

INPUT_TYPES = ("scene", "source", "file", "result", "choice")

IntervalKind = Literal["bounds", "credible", "scenario", "exact"]
"""``bounds`` hold with certainty under the stated readings; ``credible`` are
posterior or Monte Carlo intervals; ``scenario`` spans stated alternatives;
``exact`` is a count with nothing to vary."""

_KEY = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9_-]+)*")
_CLAIM_LEVELS = ("0.9", "0.99", "1")


class ResultError(Feb11Error):
    """A result breaks the contract: a fault of the notebook or of the code."""


@dataclass(frozen=True)
class Result:
    """One recorded result.

    Raises
    ------
    ResultError
        If the key, kind, inputs, value or an interval breaks the contract.
    """

    key: str
    """Dotted lower-case name, such as ``strikes.killed.located``."""
    value: Scalar
    """Number, ISO date or string; ``None`` only with ``why_no_value``."""
    unit: str
    """Unit of value and intervals: ``1`` for a ratio, ``missiles``, ``m2``, ``date``."""
    kind: str
    """One of `KINDS`."""
    statement: str
    """What it is, in one line, in English."""
    method: str
    """Dotted name of the function that computed it."""
    inputs: tuple[str, ...]
    """``type:name`` of all that it rests on; see `INPUT_TYPES`."""
    intervals: Mapping[str, tuple[Scalar, Scalar]] = field(default_factory=dict)
    """Level (``"0.9"``) to (low, high); sharp bounds hold at every level."""
    interval_kind: IntervalKind = "exact"
    why_no_value: str | None = None
    why_no_interval: str | None = None
    label: str | None = None
    """Words that must stand beside the number wherever it is printed."""
    percent: bool = False
    """Print a ratio as a percentage."""
    calibration: tuple[str, ...] = ()
    """Studies that tested the method; they leave the kind alone."""
    coverage: str | None = None
    """``simulated``, ``injected`` or ``unproven`` where an interval claims coverage."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Further plain fields of this result, such as ``of`` for a count k of n."""

    def __post_init__(self) -> None:
        problems = list(_problems(self))
        if problems:
            raise ResultError(f"result {self.key!r}: " + "; ".join(problems))

    def to_json(self) -> dict[str, Any]:
        """The result as a plain dictionary, as it stands in ``results.json``."""
        own = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "extra"}
        own["intervals"] = {level: list(pair) for level, pair in self.intervals.items()}
        own["inputs"] = sorted(set(self.inputs))
        own["calibration"] = sorted(self.calibration)
        optional = ("why_no_value", "why_no_interval", "label", "percent")
        return {k: v for k, v in own.items() if v or k not in optional} | dict(self.extra)

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Result:
        """Read one record of ``results.json`` back (notebook and cell go to ``extra``)."""
        names = {f.name for f in fields(cls)} - {"extra"}
        known = {k: v for k, v in record.items() if k in names}
        known["intervals"] = {k: (v[0], v[1]) for k, v in known.get("intervals", {}).items()}
        for name in ("inputs", "calibration"):
            known[name] = tuple(known.get(name, ()))
        return cls(**known, extra={k: v for k, v in record.items() if k not in names})

    def interval(self, level: str = "0.9") -> tuple[Scalar, Scalar] | None:
        """The interval at ``level``, or ``None``."""
        return self.intervals.get(level)


def _plain(value: object) -> bool:
    if value is None or isinstance(value, str):
        return True
    if isinstance(value, bool) or type(value) not in (int, float):
        return False
    return math.isfinite(value)  # type: ignore[arg-type]


def _problems(result: Result) -> Iterator[str]:
    if not _KEY.fullmatch(result.key):
        yield "the key is not a dotted lower-case name"
    if result.kind not in KINDS:
        yield f"kind {result.kind!r} is not one of {', '.join(KINDS)}"
    if not _plain(result.value):
        yield f"value {result.value!r} is not a plain finite number, date or string"
    if result.value is None and not result.why_no_value:
        yield "a null value needs why_no_value"
    if not result.intervals and not result.why_no_interval:
        yield "a missing interval needs why_no_interval"
    if not result.statement or not result.method:
        yield "statement and method are needed"
    if not result.inputs:
        yield "at least one input is needed"
    for name in result.inputs:
        if name.partition(":")[0] not in INPUT_TYPES or not name.partition(":")[2]:
            yield f"input {name!r} does not read type:name"
    for level, (low, high) in result.intervals.items():
        if not (_plain(low) and _plain(high)) or low is None:
            yield f"interval {level} is not plain"
        elif high is not None and low > high:  # type: ignore[operator]
            yield f"interval {level} runs from {low} down to {high}"
    if result.unit == "date" and isinstance(result.value, str):
        try:
            date.fromisoformat(result.value)
        except ValueError:
            yield f"{result.value!r} is not an ISO date"


def weakest(kinds: Iterable[str]) -> str:
    """The kind of what is made from inputs of these kinds."""
    return min(kinds, key=KINDS.index)


def bounds(low: float, high: float | None) -> dict[str, tuple[Scalar, Scalar]]:
    """Sharp bounds as intervals: what is certain holds at every level.

    An open upper end (``None``) is kept open.
    """
    return dict.fromkeys(_CLAIM_LEVELS, (low, high))


def record(*results: Result) -> None:
    """Record results from a notebook: shown as a table, kept as a cell output."""
    from IPython.display import display

    rows = "".join(
        f"<tr><td><code>{escape(r.key)}</code></td><td>{escape(r.statement)}</td>"
        f"<td>{escape(_brief(r))}</td></tr>"
        for r in results
    )
    bundle = {
        MIME: {"results": [r.to_json() for r in results]},
        "text/html": f"<table><thead><tr><th>key</th><th>result</th><th>value</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>",
        "text/plain": "\n".join(f"{r.key} = {_brief(r)}" for r in results),
    }
    display(bundle, raw=True)


def _brief(result: Result) -> str:
    """Value, interval and unit at full precision, for the raw notebook."""
    value = "" if result.value is None else f"{result.value}"
    pair = result.interval("0.9")
    span = "" if pair is None else f" [{pair[0]}, {'open' if pair[1] is None else pair[1]}]"
    why = f" ({result.why_no_value})" if result.value is None and not span else ""
    return f"{value}{span} {result.unit}{why}".strip()


class Results(Mapping[str, Result]):
    """The results of a run, by key, in sorted order."""

    def __init__(self, run: str, results: Iterable[Result]) -> None:
        self.run = run
        self._by_key: dict[str, Result] = {}
        for result in sorted(results, key=lambda r: r.key):
            if result.key in self._by_key:
                first = self._by_key[result.key].extra.get("notebook", "?")
                raise ResultError(
                    f"key {result.key!r} is recorded twice, by {first} and "
                    f"{result.extra.get('notebook', '?')}"
                )
            self._by_key[result.key] = result

    def __getitem__(self, key: str) -> Result:
        return self._by_key[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_key)

    def __len__(self) -> int:
        return len(self._by_key)

    def to_json(self) -> dict[str, Any]:
        """The whole file as a plain dictionary."""
        return {
            "schema_version": SCHEMA_VERSION,
            "run": self.run,
            "results": [r.to_json() for r in self.values()],
        }

    def upstream(self, key: str) -> list[Result]:
        """All results that ``key`` rests on, nearest first."""
        found: dict[str, Result] = {}
        queue = [key]
        while queue:
            for name in self[queue.pop(0)].inputs:
                other = name.removeprefix("result:")
                if name.startswith("result:") and other in self and other not in found:
                    found[other] = self[other]
                    queue.append(other)
        return list(found.values())


def gather(cells: Iterable[Mapping[str, Any]], notebook: str) -> list[Result]:
    """Results that the executed cells of one notebook recorded, with their place."""
    found = []
    for cell in cells:
        for output in cell.get("outputs", ()):
            payload = output.get("data", {}).get(MIME)
            for item in payload["results"] if payload else ():
                result = Result.from_json(item)
                place = {"notebook": notebook, "cell": cell["id"]}
                found.append(replace(result, extra={**result.extra, **place}))
    return found


def write(path: Path, results: Results) -> None:
    """Write ``results.json`` with sorted keys, one serialiser for all."""
    text = json.dumps(results.to_json(), indent=1, sort_keys=True, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def read(path: Path) -> Results:
    """Read ``results.json``.

    Raises
    ------
    UserError
        If the file is missing or is not a results file.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Results(content["run"], [Result.from_json(r) for r in content["results"]])
    except FileNotFoundError:
        raise UserError(f"no results at {path}: run `feb11 report` first") from None
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is not a results file: {error}") from None
