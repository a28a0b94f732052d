"""A user's own parameters: a small YAML file, checked before anything is computed.

::

    household_size: {low: 3.2, mode: 3.6, high: 4.0}   # in every scenario
    footprint: 480                                      # one value: known
    small-apartment:                                    # in this scenario only
      households_per_block: {low: 18, high: 24}
"""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from analysis import paths
from analysis.errors import UserError
from analysis.housing.parameters import DOMAINS

LARGEST_FILE = 100_000
"""Bytes; a file of parameters is a few lines."""

_ENDS = ("low", "mode", "high")


def read(name: str, scenarios: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """Read and check a file of own parameters.

    Parameters
    ----------
    name
        Path of the file; relative paths start at the checkout. Empty: none.
    scenarios
        Names of the scenarios, each with the parameters that it uses.

    Returns
    -------
    dict
        Plain values: ``file`` (as results name it), ``sha256``, and ``values``:
        a list of ``[scenario or "", parameter, low, mode or None, high]``.
        Empty when there is no file.

    Raises
    ------
    UserError
        If the file cannot be read, or a key or a value is refused; the message
        names file, key and reason.
    """
    if not name:
        return {}
    path = Path(name) if Path(name).is_absolute() else paths.project_root() / name
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"parameters_file {name}: {error.strerror or error}") from None
    if len(content) > LARGEST_FILE:
        raise UserError(f"parameters_file {name}: larger than {LARGEST_FILE} bytes")
    shown = _shown(path)
    return {
        "file": shown,
        "sha256": hashlib.sha256(content).hexdigest(),
        "values": [list(v) for v in check(_parsed(content, shown), shown, scenarios)],
    }


def _shown(path: Path) -> str:
    """The name that results carry: inside the checkout its place, otherwise the bare name."""
    plain = Path(os.path.normpath(path))
    root = paths.project_root()
    return plain.relative_to(root).as_posix() if plain.is_relative_to(root) else path.name


class _Loader(yaml.SafeLoader):
    """Safe YAML that refuses a key given twice, instead of keeping the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.MarkedYAMLError(problem=f"key {key!r} is given twice",
                                           problem_mark=node.start_mark)  # fmt: skip
        return super().construct_mapping(node, deep)


def _parsed(content: bytes, file: str) -> Mapping[str, Any]:
    try:
        found = yaml.load(content.decode("utf-8"), _Loader)
    except (yaml.YAMLError, UnicodeDecodeError, TypeError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise UserError(f"{file} is not readable as YAML: {reason}") from None
    if not isinstance(found, Mapping) or not found:
        raise UserError(f"{file} must map names of parameters to values")
    return found


def check(
    content: Mapping[Any, Any], file: str, scenarios: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[str, str, float, float | None, float]]:
    """Check what a file says, value by value.

    Raises
    ------
    UserError
        Naming file, key and reason.
    """
    for key, value in content.items():
        if key in scenarios:
            if not isinstance(value, Mapping):
                raise UserError(f"{file}: {key}: a scenario needs parameters below it")
            for inner, spec in value.items():
                if inner not in scenarios[key]:
                    used = ", ".join(scenarios[key])
                    raise UserError(f"{file}: {key}.{inner}: not used there; it uses {used}")
                yield (str(key), inner, *_ends(spec, f"{file}: {key}.{inner}", inner))
        elif key in DOMAINS:
            yield ("", key, *_ends(value, f"{file}: {key}", key))
        else:
            raise UserError(
                f"{file}: {key}: unknown; parameters are {', '.join(DOMAINS)}; "
                f"scenarios are {', '.join(scenarios)}"
            )


def _ends(spec: Any, where: str, name: str) -> tuple[float, float | None, float]:
    if not isinstance(spec, Mapping):
        value = _number(spec, where, name)
        return value, None, value
    unknown = [str(key) for key in spec if key not in (*_ENDS, "note")]
    if unknown:
        raise UserError(f"{where}: unknown key {', '.join(unknown)}; low, mode, high, note exist")
    absent = [key for key in ("low", "high") if key not in spec]
    if absent:
        raise UserError(f"{where}: {' and '.join(absent)} missing")
    low, high = (_number(spec[end], f"{where}.{end}", name) for end in ("low", "high"))
    mode = None if spec.get("mode") is None else _number(spec["mode"], f"{where}.mode", name)
    if low > high:
        raise UserError(f"{where}: low {low:g} lies above high {high:g}")
    if mode is not None and not low <= mode <= high:
        raise UserError(f"{where}: mode {mode:g} lies outside {low:g} to {high:g}")
    return low, mode if low < high else None, high


def _number(value: Any, where: str, name: str) -> float:
    domain = DOMAINS[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise UserError(f"{where}: {value!r} is not a number")
    below = value <= domain.low if domain.open_low else value < domain.low
    if below or value > domain.high:
        least = "above" if domain.open_low else "from"
        raise UserError(
            f"{where}: {value:g} is outside its domain, {least} {domain.low:g} "
            f"to {domain.high:g} ({domain.unit})"
        )
    if domain.whole and value != int(value):
        raise UserError(f"{where}: {value:g} is not a whole number of {domain.unit}")
    return float(value)
