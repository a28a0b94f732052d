"""Find numbers that somebody typed into prose.

A number in a text has to come from a result. Digits are allowed in dates,
section numbers, citations, code and designations from a reviewed list.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_ALLOWED = re.compile(
    r"\{[\w:-]+\}`[^`]*`"  # a role: bound to a result, a claim, a source
    r"|`[^`]*`"  # code
    r"|<[^>]*>|\]\([^)]*\)|https?://\S+"  # addresses and HTML
    r"|^\([\w-]+\)=$|^:(?!alt)[\w-]+:.*$"  # a target, an option of a directive
    r"|\b\d{4}-\d{2}(?:-\d{2})?\b"  # ISO dates
    rf"|\b(?:\d{{1,2}}(?: (?:to|and|or) \d{{1,2}})? )?(?:{_MONTHS})(?: \d{{4}})?\b"
    r"|\b(?:19|20)\d{2}s?\b"  # years
    r"|\b(?:[Ss]ection|[Cc]hapter|[Ff]igure|[Tt]able)s? \d+(?:\.\d+)*\b"
)
_NUMBER = re.compile(r"(?<![A-Za-z\d])\d[\d.,]*")
_TEENS = "eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_SPELLED = re.compile(
    rf"\b(?:(?:{_TENS})(?:-\w+)?|{_TEENS}|hundreds?|thousands?|million|dozens?"
    r"|(?:a|one|two) (?:third|quarter|half|fifth)s?|half of|per ?cent)\b",
    re.IGNORECASE,
)
_FENCE = re.compile(r"^\s*(```|~~~|:::)[`~:]*(.*)$")
_CODE = {"code", "code-block", "literalinclude", "math", "bibliography", "include"}
"""Directives whose content is not prose."""


@dataclass(frozen=True)
class Typed:
    """One number that stands in prose without a result behind it."""

    file: str
    line: int
    """Line of the file, or of the cell of a notebook, from 1."""
    cell: str
    """Id of the cell, empty for a page."""
    number: str

    def __str__(self) -> str:
        """Where it stands and what it is."""
        place = f"{self.file}:{self.line}" if not self.cell else (
            f"{self.file}, cell {self.cell!r}, line {self.line}"
        )  # fmt: skip
        return f"{place}: the number {self.number!r} is typed by hand; bind it with {{result}}`KEY`"


def in_pages(folder: Path, designations: Iterable[str]) -> Iterator[Typed]:
    """Typed numbers in the Markdown pages below a folder."""
    for path in sorted(folder.rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        for line, number in find(text, designations):
            yield Typed(f"{folder.name}/{path.relative_to(folder).as_posix()}", line, "", number)


def in_notebooks(folder: Path, designations: Iterable[str]) -> Iterator[Typed]:
    """Typed numbers in the Markdown cells of the notebooks in a folder."""
    for path in sorted(folder.glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "markdown":
                for line, number in find("".join(cell["source"]), designations):
                    yield Typed(f"{folder.name}/{path.name}", line, cell["id"], number)


def find(text: str, designations: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Line and number of each typed number in one Markdown text."""
    names = sorted(designations, key=len, reverse=True)
    listed = re.compile("|".join(rf"(?<!\w){re.escape(n)}(?!\w)" for n in names) or r"(?!)")
    fences: list[bool] = []
    for number, line in enumerate(text.splitlines(), start=1):
        mark = _FENCE.match(line)
        if mark:
            _step_over(fences, mark)
        elif not any(fences):
            rest = _ALLOWED.sub(" ", listed.sub(" ", line))
            yield from ((number, m.group().rstrip(".,")) for m in _NUMBER.finditer(rest))
            yield from ((number, m.group()) for m in _SPELLED.finditer(rest))


def _step_over(fences: list[bool], mark: re.Match[str]) -> None:
    """Keep the stack of open blocks; true stands for one that holds code."""
    info = mark.group(2).strip()
    if not info and fences:
        fences.pop()
    else:
        directive = re.match(r"\{([\w-]+)\}", info)
        fences.append(directive.group(1) in _CODE if directive else mark.group(1) != ":::")
