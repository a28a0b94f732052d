"""Find a Chromium for the browser tests, or install one, and say what was done.

``python tests/browser_setup.py`` prints one line. It takes, in this order, the
browser that ``FEB11_CHROMIUM`` names, one that is installed, the package of a
Debian-like system (as root), and the one that Playwright downloads.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
INSTALL_TIMEOUT_S = 900


def system_browser() -> str | None:
    """Path of a Chromium that is installed, or nothing."""
    named = os.environ.get("FEB11_CHROMIUM")
    return named or next((path for name in NAMES if (path := shutil.which(name))), None)


def playwright_browser() -> str | None:
    """Path of the Chromium that Playwright has downloaded earlier, or nothing."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as p:
        path = p.chromium.executable_path
    return path if os.path.exists(path) else None


def find() -> str | None:
    """Path of the Chromium that the tests open pages with, or nothing."""
    return system_browser() or playwright_browser()


def _run(*command: str) -> bool:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    print("browser:", " ".join(command), flush=True)
    done = subprocess.run(
        command, env=environment, timeout=INSTALL_TIMEOUT_S,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    if done.returncode:
        print(done.stderr.strip()[-500:], file=sys.stderr)
    return done.returncode == 0


def install() -> str | None:
    """Install a Chromium: the system's package as root, else Playwright's own."""
    apt = shutil.which("apt-get")
    if apt and os.geteuid() == 0:
        quiet = ("-y", "-qq", "--no-install-recommends")
        if _run(apt, "update", "-qq") and _run(apt, "install", *quiet, "chromium"):
            return system_browser()
    _run(sys.executable, "-m", "playwright", "install", "chromium")
    return playwright_browser()


def main() -> int:
    """Print which browser the tests will use; 1 if there is none to be had."""
    found = find()
    if not found:
        print("browser: none found, installing Chromium for the browser tests", flush=True)
        found = install()
    if not found:
        print(
            "browser: no Chromium could be installed; install one, or name it in FEB11_CHROMIUM",
            file=sys.stderr,
        )
        return 1
    print(f"browser: {found}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
