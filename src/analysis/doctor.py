"""What this machine offers: versions, disk, browser, which keys are present."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil

from analysis import paths

PACKAGES = ("feb11", "papermill", "jupyter-book", "sphinx", "pymc", "nutpie", "frictionless")
KEYS = ("PL_API_KEY",)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def examine() -> dict[str, dict[str, str]]:
    """Findings by section; keys of services are named, their values never read out."""
    root = paths.project_root()
    free = shutil.disk_usage(root).free / 1e9
    browser = next((b for b in BROWSERS if shutil.which(b)), None)
    atlas = root / "node_modules" / "world-atlas"
    return {
        "versions": {"python": platform.python_version()} | {p: _version(p) for p in PACKAGES},
        "machine": {
            "free disk": f"{free:.0f} GB",
            "processors": str(os.cpu_count()),
            "browser": browser or "none found; only the browser tests need one",
            "base map": "installed" if atlas.is_dir() else "missing: `make report` installs it",
        },
        "keys": {k: "present" if os.environ.get(k) else "not set" for k in KEYS},
        "image sources": {"all": "none is read by this version"},
    }


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
