"""Frozen dataclasses to plain JSON values and back, so that a truth file is a world."""

from __future__ import annotations

import dataclasses
import types
from datetime import date, datetime
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


def plain(value: Any) -> Any:
    """A JSON value; dates become ISO strings, dataclasses objects, tuples lists."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    return value


def build(kind: type[T], value: Any) -> T:
    """The ``kind`` that `plain` turned into ``value``.

    A field that has been added since, with a default, may be missing.

    Raises
    ------
    ValueError
        If a field is missing or of another type.
    """
    return _build(kind, value, kind.__name__)


def _build(kind: Any, value: Any, where: str) -> Any:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        options = [k for k in get_args(kind) if k is not type(None)]
        return None if value is None else _build(options[0], value, where)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        own = {}
        for known in dataclasses.fields(kind):
            if known.name in value:
                own[known.name] = _build(
                    hints[known.name], value[known.name], f"{where}.{known.name}"
                )
            elif known.default is dataclasses.MISSING:
                raise ValueError(f"{where}: no field {known.name!r}")
        return kind(**own)
    if origin is tuple:
        inner = get_args(kind)
        each = [inner[0]] * len(value) if inner[-1] is Ellipsis else inner
        return tuple(_build(k, v, where) for k, v in zip(each, value, strict=True))
    if origin is dict:
        key, inner_kind = get_args(kind)
        return {key(k): _build(inner_kind, v, f"{where}.{k}") for k, v in value.items()}
    if kind is datetime:
        return datetime.fromisoformat(value)
    if kind is date:
        return date.fromisoformat(value)
    if kind is float and isinstance(value, int | float):
        return float(value)
    if not isinstance(value, kind):
        raise ValueError(f"{where}: {value!r} is not a {kind.__name__}")
    return value
