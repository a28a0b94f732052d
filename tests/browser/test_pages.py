"""The built site in a real browser: it keeps to itself, works, and fits a phone."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from playwright.sync_api import Browser

from analysis.report import notebooks
from tests.browser.conftest import DESKTOP, PHONE, Seen, host, watched
from tests.checkout import ROOT

SCREENSHOTS = ROOT / "_build" / "screenshots"


def test_every_chapter_has_its_page(walked: dict[str, Seen]) -> None:
    chapters = {n.name for n in notebooks.discover().values() if n.about != "site"}
    assert len(chapters) > 3
    for name in chapters:
        assert f"{name}.html" in walked
        assert f"downloads/{name}.html" in walked
    assert {"index.html", "data.html", "references.html", "lineage.html"} <= set(walked)


def test_no_page_asks_another_host_for_anything(walked: dict[str, Seen]) -> None:
    asked = {u for seen in walked.values() for u in seen.requests}
    assert len(asked) > len(walked)
    assert {u for u in asked if host(u) not in ("", "127.0.0.1")} == set()


def test_no_page_complains_on_the_console(walked: dict[str, Seen]) -> None:
    assert {s.name: s.complaints for s in walked.values() if s.complaints} == {}


def test_nothing_that_a_page_asks_for_is_missing(walked: dict[str, Seen]) -> None:
    assert {s.name: s.failures for s in walked.values() if s.failures} == {}


def test_every_link_inside_the_site_leads_somewhere(
    walked: dict[str, Seen], base: str, edition: Path
) -> None:
    broken = []
    for seen in walked.values():
        for link in seen.found["links"]:
            if not link.startswith(base + "/"):
                assert not link.startswith(("file:", "http://127")), f"{seen.name}: {link}"
                continue
            parts = urlsplit(link)
            name = unquote(parts.path).removeprefix(unquote(urlsplit(base).path)).lstrip("/")
            target = name or "index.html"
            if not (edition / target).is_file():
                broken.append(f"{seen.name} -> {link}")
            elif parts.fragment and target in walked:
                ids = walked[target].found["ids"]
                if unquote(parts.fragment) not in ids:
                    broken.append(f"{seen.name} -> {target}#{parts.fragment}")
    assert broken == []


def test_every_picture_is_drawn_and_has_an_alt_text(walked: dict[str, Seen]) -> None:
    pictures = [(s.name, p) for s in walked.values() for p in s.found["pictures"]]
    assert len(pictures) > 5
    assert [f"{name}: {p['src'][:80]}" for name, p in pictures if not p["drawn"]] == []
    assert [f"{name}: {p['src'][:80]}" for name, p in pictures if len(p["alt"]) < 20] == []


def test_every_page_fits_a_phone(walked: dict[str, Seen]) -> None:
    wide = {s.name: s.found["width"] for s in walked.values()}
    assert {name: width for name, width in wide.items() if width > PHONE["width"]} == {}


def test_no_key_and_no_path_is_cut_off_on_a_phone(walked: dict[str, Seen]) -> None:
    cut = {s.name: s.found["cut"][:5] for s in walked.values() if s.found["cut"]}
    assert cut == {}


def test_every_page_says_its_language_its_title_and_one_heading(walked: dict[str, Seen]) -> None:
    for seen in walked.values():
        assert seen.found["language"] == "en", seen.name
        assert seen.found["title"], seen.name
        if not seen.name.startswith(("downloads/", "search.html", "genindex.html")):
            assert len(seen.found["headings"]) == 1, seen.name


def test_the_front_page_answers_at_once(browser: Browser, base: str) -> None:
    """Screenshots of it are kept in ``_build/screenshots``."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for size in (DESKTOP, PHONE):
        context = browser.new_context(viewport=size)
        page = context.new_page()
        page.goto(f"{base}/index.html", wait_until="load")
        page.wait_for_timeout(400)  # the theme slides its sidebars away
        name = f"front-{size['width']}x{size['height']}.png"
        page.screenshot(path=SCREENSHOTS / name)
        first_screen = page.evaluate(
            """() => [...document.querySelectorAll('.bd-article a')]
               .filter(a => a.getBoundingClientRect().bottom < window.innerHeight)
               .map(a => a.getAttribute('href'))"""
        )
        context.close()
        assert any("lineage-" in href for href in first_screen), (
            f"no number on the first screen {size}"
        )
    assert all((SCREENSHOTS / f"front-{w}.png").stat().st_size > 10_000
               for w in ("1280x900", "390x844"))  # fmt: skip


def test_verdicts_stand_on_the_first_screen_of_a_desk(browser: Browser, base: str) -> None:
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    page.goto(f"{base}/index.html", wait_until="load")
    top = page.evaluate("document.querySelector('.bd-article table').getBoundingClientRect().top")
    rows = page.locator(".bd-article table tbody tr").count()
    context.close()
    assert top < DESKTOP["height"]
    assert rows >= 4


def test_a_number_leads_to_its_lineage(browser: Browser, base: str) -> None:
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    page.goto(f"{base}/index.html", wait_until="load")
    number = page.locator(".bd-article a[href^='lineage-strikes.html#']").first
    key = (number.get_attribute("href") or "").partition("#")[2]
    number.click()
    page.wait_for_url("**/lineage-strikes.html#*")
    entry = page.locator(f"[id='{key}']")
    text = entry.evaluate("e => (e.closest('.admonition') || e.nextElementSibling || e).innerText")
    context.close()
    assert "strikes." in text
    assert "src/analysis/strikes/" in text


def test_the_search_finds_a_page_without_a_server(browser: Browser, base: str) -> None:
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    seen = Seen("search", "")
    watched(page, seen)
    page.goto(f"{base}/search.html?q=perimeter", wait_until="load")
    page.wait_for_selector("#search-results li a", timeout=20_000)
    found = page.locator("#search-results li a").count()
    context.close()
    assert found >= 1
    assert {u for u in seen.requests if host(u) not in ("", "127.0.0.1")} == set()


def test_code_is_out_of_the_way_until_it_is_asked_for(browser: Browser, base: str) -> None:
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    page.goto(f"{base}/claims.html", wait_until="load")
    cell = page.locator("div.cell details.hide").first
    closed = cell.evaluate("d => d.open")
    cell.locator("summary").click()
    opened = cell.evaluate("d => d.open")
    context.close()
    assert (closed, opened) == (False, True)
