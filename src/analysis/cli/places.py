"""Where a command is asked to write: refused before work is done for nothing."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from analysis.errors import UserError


def writable(option: str, name: str) -> Path:
    """The place that an option names, if something new can be put there.

    Raises
    ------
    UserError
        If a file stands where a folder is needed, or nothing can be written.
    """
    place = Path(name).expanduser()
    above = next(p for p in place.resolve().parents if p.exists())
    if not above.is_dir():
        raise UserError(f"{option} {name}: {above} is a file, not a folder; name another place")
    try:
        os.rmdir(tempfile.mkdtemp(prefix=".feb11-", dir=above))
    except OSError as error:
        why = error.strerror or error
        raise UserError(
            f"{option} {name}: nothing can be written in {above} ({why}); name another place"
        ) from None
    return place


def folder(option: str, name: str) -> Path:
    """The folder that an option names, there already or to be made.

    Raises
    ------
    UserError
        As `writable`, and if it is a file.
    """
    place = writable(option, name)
    if place.exists() and not place.is_dir():
        raise UserError(f"{option} {name}: it is a file; name a folder")
    return place
