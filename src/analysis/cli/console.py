"""Where commands print: results on standard output, what is said beside them on the other."""

from __future__ import annotations

import json
import sys
from typing import Any

from rich.console import Console
from rich.table import Column

err = Console(stderr=True, highlight=False)
out = Console(highlight=False)


def print_json(content: Any) -> None:
    """Write JSON alone on standard output."""
    sys.stdout.write(json.dumps(content, indent=1, ensure_ascii=False, sort_keys=False) + "\n")


def whole(name: str) -> Column:
    """A column in which a long key folds onto further lines and is never cut."""
    return Column(name, overflow="fold")
