"""Where commands print: results on standard output, what is said beside them on the other."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from rich.console import Console
from rich.table import Column

FILE_COLUMNS = 10_000
"""Width of what goes into a file or a pipe: no line is folded there, so that keys can be searched
for, unless ``COLUMNS`` asks for a width."""


def _console(stderr: bool) -> Console:
    made = Console(stderr=stderr, highlight=False)
    if not made.file.isatty() and not os.environ.get("COLUMNS", "").isdigit():
        made.width = FILE_COLUMNS
    return made


err, out = _console(stderr=True), _console(stderr=False)


def print_json(content: Any) -> None:
    """Write JSON alone on standard output."""
    sys.stdout.write(json.dumps(content, indent=1, ensure_ascii=False, sort_keys=False) + "\n")


def whole(name: str) -> Column:
    """A column in which a long key folds onto further lines and is never cut."""
    return Column(name, overflow="fold")
