"""What this machine offers: versions, disk, browser, which keys are present, who answers."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from http.client import HTTPException

from analysis import paths
from analysis.scenes.source import SERVICES

PACKAGES = ("feb11", "papermill", "jupyter-book", "sphinx", "pymc", "nutpie", "frictionless")
KEYS = ("PL_API_KEY",)
ANSWER_S = 4.0
"""Seconds in which a service has to answer."""
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
        "image sources": sources(),
    }


def sources() -> dict[str, str]:
    """Which of the named services answer, all asked at once."""
    with ThreadPoolExecutor() as pool:
        told = pool.map(_answers, (service.url for service in SERVICES.values()))
        return {"bundled": "in data/scenes", **dict(zip(SERVICES, told, strict=True))}


def _answers(url: str) -> str:
    try:
        with urllib.request.urlopen(url, timeout=ANSWER_S) as reply:
            return "answers" if reply.status == HTTPStatus.OK else f"answers {reply.status}"
    except (OSError, HTTPException) as error:
        return f"does not answer ({type(error).__name__})"


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
