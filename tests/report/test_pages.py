"""Pages that code writes: titles of figures stand above them as text."""

from __future__ import annotations

from analysis.report import pages
from analysis.words import words


def test_a_title_of_two_lines_is_not_run_into_the_subtitle() -> None:
    about = {"name": "map", "title": "Two points;\nthe middle\nIn three frames", "alt": "A map.",
             "caption": "A map.", "keys": [], "sources": []}  # fmt: skip
    above, _, _ = pages.figure_block(about, words("en")).partition("\n\n")
    assert above == '<p class="figure-title"><b>Two points;\nthe middle</b> In three frames</p>'
