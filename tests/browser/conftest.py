"""A real browser that walks through the real edition, from disk and from a local server."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests import browser_setup

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage",
    "--disable-component-update", "--disable-sync", "--no-first-run",
)  # fmt: skip
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}

LOOK = """() => ({
  links: [...document.querySelectorAll('a[href]')].map(a => a.href),
  ids: [...document.querySelectorAll('[id]')].map(e => e.id),
  pictures: [...document.images].map(i => ({src: i.currentSrc || i.src, alt: i.alt,
                                            drawn: i.complete && i.naturalWidth > 0})),
  headings: [...document.querySelectorAll('.bd-article h1')].map(h => h.textContent),
  language: document.documentElement.lang,
  title: document.title,
  width: document.documentElement.scrollWidth,
  cut: [...document.querySelectorAll('.bd-article :is(li, p, a, code, td, th)')].filter(e => {
    const right = e.getBoundingClientRect().right;
    for (let a = e.parentElement; a && a !== document.body; a = a.parentElement) {
      const over = getComputedStyle(a).overflowX;
      if (['auto', 'scroll'].includes(over)) return false;
      if (['hidden', 'clip'].includes(over)) return right > a.getBoundingClientRect().right + 1;
    }
    return false;
  }).map(e => e.textContent.slice(0, 60)),
})"""


@dataclass
class Seen:
    """What a browser found on one page, on a phone's width."""

    name: str
    url: str
    found: dict[str, Any] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    """Errors and warnings on the console, and errors that nobody caught."""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = browser_setup.find()
    assert path, "no Chromium; `python tests/browser_setup.py` installs one"
    with sync_playwright() as p:
        opened = p.chromium.launch(executable_path=path, args=list(FLAGS))
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def server(edition: Path) -> Iterator[str]:
    """Address of a local server of the edition."""
    handler = functools.partial(_Quiet, directory=str(edition))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


@pytest.fixture(scope="session", params=["disk", "server"])
def base(request: pytest.FixtureRequest, edition: Path) -> str:
    """Where the edition's root is, as an address without a slash at its end."""
    return edition.as_uri() if request.param == "disk" else request.getfixturevalue("server")


def watched(page: Page, seen: Seen) -> None:
    """Write down what a page asks for and what it complains about."""
    page.on("request", lambda r: seen.requests.append(r.url))
    page.on("requestfailed", lambda r: seen.failures.append(f"{r.url}: {r.failure}"))
    page.on("response", lambda r: r.status >= 400 and seen.failures.append(f"{r.url}: {r.status}"))
    page.on("pageerror", lambda e: seen.complaints.append(str(e)))
    page.on(
        "console",
        lambda m: m.type in ("error", "warning") and seen.complaints.append(f"{m.type}: {m.text}"),
    )


@pytest.fixture(scope="session")
def walked(browser: Browser, base: str, edition: Path) -> dict[str, Seen]:
    """Every page of the edition, opened once, by its path."""
    context = browser.new_context(viewport=PHONE)
    pages = {}
    for path in sorted([*edition.glob("*.html"), *edition.glob("downloads/*.html")]):
        name = path.relative_to(edition).as_posix()
        seen = Seen(name, f"{base}/{name}")
        page = context.new_page()
        watched(page, seen)
        page.goto(seen.url, wait_until="load")
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        page.evaluate("document.querySelectorAll('img').forEach(i => i.loading = 'eager')")
        page.wait_for_function("[...document.images].every(i => i.complete)")
        seen.found = page.evaluate(LOOK)
        page.close()
        pages[name] = seen
    context.close()
    return pages


def host(url: str) -> str:
    """Host of an address, empty for a file or data in the page itself."""
    return urlsplit(url).hostname or ""
