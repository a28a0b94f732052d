"""What a study ran on: processor, cores and versions, no name of a host or a person."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version


def machine() -> str:
    """One line: architecture, cores, Python, and the sampler's packages."""
    packages = ", ".join(f"{p} {version(p)}" for p in ("numpy", "numba", "pymc", "nutpie"))
    return (
        f"{platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, {packages}"
    )
