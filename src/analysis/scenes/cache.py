"""A cache of decoded pixels, keyed by what they were read from.

Safe for two processes (write beside, rename), and for a power cut (a checksum
stands before the content: what is not whole is not there). It can be deleted
at any time.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from analysis import paths

_MAGIC = b"feb11 1\n"
_DIGEST = 32


@dataclass(frozen=True)
class Entry:
    """One stored thing: arrays by name, and what is known of them."""

    arrays: Mapping[str, np.ndarray]
    about: Mapping[str, Any]


def folder() -> Path:
    """Where the entries lie."""
    return paths.cache_dir() / "scenes"


def key(*parts: Any) -> str:
    """A name for a thing that is made from these plain values."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:40]


def load(name: str) -> Entry | None:
    """The entry of this name, or ``None`` when it is missing or not whole."""
    try:
        content = _place(name).read_bytes()
    except OSError:
        return None
    payload = content[len(_MAGIC) + _DIGEST :]
    stored = content[len(_MAGIC) : len(_MAGIC) + _DIGEST]
    if not content.startswith(_MAGIC) or hashlib.sha256(payload).digest() != stored:
        return None
    with np.load(io.BytesIO(payload), allow_pickle=False) as found:
        arrays = {name: found[name] for name in found.files if name != "about"}
        about = json.loads(bytes(found["about"]).decode())
    return Entry(arrays, about)


def store(name: str, entry: Entry) -> None:
    """Write an entry; the last of two writers of the same name wins, both wrote the same."""
    buffer = io.BytesIO()
    about = np.frombuffer(json.dumps(entry.about, sort_keys=True).encode(), dtype=np.uint8)
    np.savez(buffer, allow_pickle=False, about=about, **entry.arrays)
    payload = buffer.getvalue()
    place = _place(name)
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=place.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_MAGIC + hashlib.sha256(payload).digest() + payload)
        os.replace(temporary, place)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def get(name: str, make: Callable[[], Entry]) -> Entry:
    """The entry of this name, made and stored when it is not there."""
    found = load(name)
    if found is None:
        found = make()
        store(name, found)
    return found


def _place(name: str) -> Path:
    return folder() / name[:2] / f"{name}.feb11"
