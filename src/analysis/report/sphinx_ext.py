"""Sphinx extension: bind numbers to prose, and keep the pages to themselves.

The roles read ``results.json`` and ``claims.json`` in the book's source folder
and tell Sphinx about it, so that a page is rebuilt when a number changes. An
unknown key is a warning, and published builds turn warnings into errors.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from pybtex.plugin import register_plugin
from pybtex.style.formatting.plain import Style as PlainStyle
from pybtex.style.labels import BaseLabelStyle
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

from analysis import results
from analysis.report.staged import CLAIMS, EDITION, RESULTS, source_target
from analysis.words import Words, result_label, words

log = logging.getLogger(__name__)

_ENTRY = re.compile(
    r'(<div class="citation" id="[^"]*" role="doc-biblioentry">\s*'
    r'<span class="label"><span class="fn-bracket">\[</span>)([^<]+)'
)
"""Start of an entry of the bibliography, up to its label."""


def claim_label(claim_id: str) -> str:
    """Name of a claim's target on the claims page."""
    return f"claim-{claim_id}"


@lru_cache(maxsize=8)
def _results(path: str, changed: int) -> results.Results:
    return results.read(Path(path))


@lru_cache(maxsize=8)
def _json(path: str, changed: int) -> dict[str, Any]:
    return json.loads(Path(path).read_text(encoding="utf-8"))


class _KeyLabels(BaseLabelStyle):
    """Label each reference by its source key: the same in tables, text and list."""

    def format_labels(self, sorted_entries: list[Any]) -> Iterator[str]:
        """One label per entry."""
        return (entry.key for entry in sorted_entries)


class _KeyedStyle(PlainStyle):
    """The plain bibliography style with source keys as labels."""

    default_label_style = "feb11"


class _BoundRole(SphinxRole):
    """What the two roles share: one file, one lookup, one linked inline node."""

    def _path(self, name: str) -> Path:
        self.env.note_dependency(name)
        return Path(self.env.srcdir) / name

    def _words(self) -> Words:
        return words(self.config.language or "en")

    def _unknown(self, what: str) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        log.warning("unknown %s %r", what, self.text, location=self.get_location())
        return [nodes.problematic(self.rawtext, self.rawtext)], []

    def _linked(self, text: str, target: str, classes: list[str]) -> nodes.Node:
        """A link inside a marked span: what is inside a reference is lost when it resolves."""
        reference = addnodes.pending_xref(
            "", refdomain="std", reftype="ref", reftarget=target, refexplicit=True, refwarn=True
        )
        reference += nodes.inline(self.rawtext, text)
        reference["refdoc"] = self.env.docname
        return nodes.inline("", "", reference, classes=classes)


class ResultRole(_BoundRole):
    """``{result}`key` `` prints value, interval and unit, linked to the lineage."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Nodes of one result; a warning for a key that no notebook recorded."""
        path = self._path(RESULTS)
        found = _results(str(path), path.stat().st_mtime_ns)
        if self.text not in found:
            return self._unknown("result")
        result = found[self.text]
        text = self._words().result(result)
        classes = ["result", f"result-{result.kind}"]
        out: list[nodes.Node] = [self._linked(text, result_label(result.key), classes)]
        if result.kind == "simulated":
            mark = self._words()("report.simulated_mark")
            out.append(nodes.superscript("", mark, classes=["simulated-mark"]))
        return out, []


class ClaimRole(_BoundRole):
    """``{claim}`id` `` prints what was published, linked to the claim's verdict."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Nodes of one claim; a warning for an unknown id."""
        path = self._path(CLAIMS)
        found = _json(str(path), path.stat().st_mtime_ns)
        if self.text not in found:
            return self._unknown("claim")
        return [self._linked(found[self.text], claim_label(self.text), ["claim"])], []


def _tidy_assets(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Drop scripts that would call another host or that are loaded twice.

    Thebe (live code from a public hub) is declared on every page of a default
    book and fails when the page is opened from disk.
    """
    seen: set[str] = set()
    kept = []
    for script in context.get("script_files", []):
        name = str(getattr(script, "filename", script))
        body = (getattr(script, "attributes", None) or {}).get("body", "") or ""
        if "thebe" in (name + body).lower() or (name and name in seen):
            continue
        if name != "None":
            seen.add(name)
        kept.append(script)
    context["script_files"] = kept
    context["css_files"] = [
        c for c in context.get("css_files", []) if "thebe" not in str(getattr(c, "filename", c))
    ]


def _notebook_bar(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Offer each analysis page's notebook in four forms; stamp every page with its run."""
    path = Path(app.srcdir) / EDITION
    if not path.is_file() or "body" not in context:
        return
    edition = _json(str(path), path.stat().st_mtime_ns)
    w = words(app.config.language or "en")
    if pagename in edition["notebooks"]:
        forms = ("executed", "template", "script", "html")
        files = edition["notebooks"][pagename]
        to_root = context["pathto"]("", 1) if "pathto" in context else ""
        links = " · ".join(
            f'<a href="{to_root}{escape(files[f])}"{"" if f == "html" else " download"}>'
            f"{escape(w(f'report.notebook_{f}'))}</a>"
            for f in forms
        )
        bar = f'<p class="notebook-bar">{escape(w("report.notebook_bar"))} {links}</p>'
        context["body"] = _below_title(context["body"], bar)
    context["body"] += f'<p class="run-stamp">{escape(edition["stamp"])}</p>'


def _name_sources(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Give every entry of the bibliography a target by its key, which stays the same."""
    if "body" in context and 'role="doc-biblioentry"' in context["body"]:
        context["body"] = _ENTRY.sub(
            lambda m: f'<span id="{source_target(m.group(2))}"></span>{m.group(1)}{m.group(2)}',
            context["body"],
        )


def _below_title(body: str, bar: str) -> str:
    """Put the bar behind the first heading, so that the answer still comes first."""
    head, end, rest = body.partition("</h1>")
    return head + end + bar + rest if end else bar + body


def _drop_thebe(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for node in list(doctree.findall(nodes.raw)):
        if "thebe" in node.astext():
            node.parent.remove(node)


def _explain_mark(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Say what the mark of simulated numbers means, once, below the first block that bears it."""
    for mark in doctree.findall(nodes.superscript):
        if "simulated-mark" in mark["classes"]:
            break
    else:
        return
    block: nodes.Node = mark
    while block.parent and not isinstance(block.parent, nodes.section | nodes.document):
        block = block.parent
    w = words(app.config.language or "en")
    path = Path(app.srcdir) / EDITION
    meaning = _json(str(path), path.stat().st_mtime_ns)["simulated"]
    key = nodes.paragraph("", classes=["simulated-key"])
    key += nodes.superscript("", w("report.simulated_mark"), classes=["simulated-mark"])
    key += nodes.Text(f" {meaning}")
    block.parent.insert(block.parent.index(block) + 1, key)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register roles and page hooks."""
    register_plugin("pybtex.style.labels", "feb11", _KeyLabels)
    register_plugin("pybtex.style.formatting", "feb11", _KeyedStyle)
    app.add_role("result", ResultRole())
    app.add_role("claim", ClaimRole())
    app.connect("doctree-resolved", _drop_thebe)
    app.connect("doctree-resolved", _explain_mark)
    app.connect("html-page-context", _tidy_assets, priority=950)
    app.connect("html-page-context", _notebook_bar, priority=960)
    app.connect("html-page-context", _name_sources, priority=970)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
