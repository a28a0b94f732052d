"""Generated pages: lineage of each result, dictionary of each table, contents.

Text in, text out: every function returns MyST Markdown or plain data.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from html import escape
from importlib import import_module
from pathlib import Path
from typing import Any

from analysis import paths
from analysis.report import scope
from analysis.report.staged import source_target
from analysis.results import Result, Results
from analysis.words import Words, plain, result_label

FIRST = (
    "claims", "strike-statistics", "facility-growth", "workforce-housing",
    "site-growth", "site-housing",
)  # fmt: skip
"""Analyses in reading order; others follow by name."""
FRONT, METHODS, DATA, REFERENCES, CORRECTIONS, ABOUT = (
    "index", "methods", "data", "references", "corrections", "about",
)  # fmt: skip


def contents(
    notebooks: Iterable[str], lineage: Iterable[str], w: Words, without: Collection[str] = ()
) -> dict[str, Any]:
    """Table of contents of an edition, as Jupyter Book reads it; ``without`` some pages."""
    basis = (name for name in (METHODS, DATA, "dictionary", REFERENCES) if name not in without)
    end = (name for name in (CORRECTIONS, ABOUT) if name not in without)
    names = sorted(notebooks, key=lambda n: (FIRST.index(n) if n in FIRST else len(FIRST), n))
    return {
        "format": "jb-book",
        "root": FRONT,
        "parts": [
            {"caption": w("report.part_analyses"), "chapters": _files(names)},
            {
                "caption": w("report.part_basis"),
                "chapters": _files(basis),
            },
            {
                "caption": w("report.part_audit"),
                "chapters": [
                    {"file": "lineage", "sections": _files(sorted(lineage))},
                    *_files(end),
                ],
            },
        ],
    }


def _files(names: Iterable[str]) -> list[dict[str, Any]]:
    return [{"file": name} for name in names]


def chapter(result: Result) -> str:
    """Lineage page on which a result stands."""
    return f"lineage-{result.key.partition('.')[0]}"


def lineage(found: Results, record: Mapping[str, Any], sources: set[str], w: Words) -> dict:
    """Lineage pages by name: the index, and one for each first word of the keys."""
    groups: dict[str, list[Result]] = {}
    for result in found.values():
        groups.setdefault(chapter(result), []).append(result)
    pages = {
        name: _page(
            w("report.lineage_title", chapter=name.removeprefix("lineage-")),
            (_entry(r, record, sources, w) for r in group),
        )
        for name, group in groups.items()
    }
    intro = [w("report.lineage_intro"), w("report.lineage_files")]
    pages["lineage"] = _page(w("report.lineage_index"), intro)
    return pages


def _page(title: str, blocks: Iterable[str]) -> str:
    return "\n\n".join([f"# {title}", *blocks]) + "\n"


def _entry(result: Result, record: Mapping[str, Any], sources: set[str], w: Words) -> str:
    """One result with all that it came from."""
    place = result.extra
    rows = [
        (w("report.is"), f"{{result}}`{result.key}`"),
        (w("report.kind"), _kind(result.kind, record, w)),
        (w("report.method"), _method(result.method)),
        (w("report.from"), ", ".join(_input(n, record, sources) for n in sorted(result.inputs))),
        (w("report.cell"), f"[{place['notebook']}]({place['notebook']}.ipynb), `{place['cell']}`"),
    ]
    intervals = {} if result.interval_kind == "exact" else dict(result.intervals)
    if result.interval_kind == "bounds":  # certain, so the same at every level
        intervals = dict(list(intervals.items())[:1])
    for level, (low, high) in sorted(intervals.items()):
        ends = f"{_exact(low)} … {'∞' if high is None else _exact(high)}"
        rows.append((w(f"report.interval_{result.interval_kind}", level=level), ends))
    for name in ("why_no_value", "why_no_interval", "coverage"):
        if getattr(result, name):
            rows.append((w(f"report.{name}"), plain(str(getattr(result, name)))))
    if result.calibration:
        rows.append((w("report.calibration"), ", ".join(f"`{c}`" for c in result.calibration)))
    if isinstance(result.value, int | float):
        rows.append((w("report.exact_value"), _exact(result.value)))
    body = "\n".join(f"- {name}: {text}" for name, text in rows if text)
    head = (
        f"({result_label(result.key)})=\n::::{{admonition}} `{result.key}`\n:class: lineage-entry\n"
    )
    return f"{head}\n{plain(result.statement)}\n\n{body}\n::::"


def _kind(kind: str, record: Mapping[str, Any], w: Words) -> str:
    meaning = {"meaning": simulated(record, w)} if kind == "simulated" else {}
    return w(f"report.kind_{kind}", **meaning)


def simulated(record: Mapping[str, Any], w: Words) -> str:
    """What it means, in an edition of this scope, that a number rests on simulated scenes."""
    return w(f"report.simulated_key.{scope.recorded(record).about}")


def _exact(value: Any) -> str:
    return f"`{value:.10g}`" if isinstance(value, int | float) else f"`{value}`"


def _method(name: str) -> str:
    """A method with the file and line where it stands."""
    module, _, function = name.rpartition(".")
    try:
        target = inspect.unwrap(getattr(import_module(module), function))
        file = Path(inspect.getsourcefile(target) or "")
        line = inspect.getsourcelines(target)[1]
        return f"`{name}` (`{file.relative_to(paths.project_root()).as_posix()}`:{line})"
    except (ImportError, AttributeError, TypeError, OSError, ValueError):
        return f"`{name}`"


def _input(name: str, record: Mapping[str, Any], sources: set[str]) -> str:
    kind, _, what = name.partition(":")
    if kind == "source" and what in sources:
        # A citation role costs a hundred times as much, and there are thousands.
        return f'<a href="references.html#{source_target(what)}">{escape(what)}</a>'
    if kind == "result":
        return f"{{ref}}`{what} <{result_label(what)}>`"
    if kind == "file" and what in record.get("inputs", {}):
        return f"`{what}` (SHA-256 `{record['inputs'][what][:12]}…`)"
    return f"`{name}`"


def dictionary(package: Mapping[str, Any], w: Words) -> str:
    """Dictionary of every table of the evidence package, from its schema."""
    blocks = [w("report.dictionary_intro")]
    for resource in package["resources"]:
        fields = resource.get("schema", {}).get("fields", [])
        licences = ", ".join(x.get("title") or x["name"] for x in resource.get("licenses", []))
        rows = "\n".join(f"| `{f['name']}` | {_type(f)} | {_about(f)} |" for f in fields)
        blocks.append(
            f"## {resource.get('title', resource['name'])}\n\n"
            f"{plain(resource.get('description', ''))}\n\n"
            f"`data/evidence/{resource['path']}` · {w('report.licence')}: {plain(licences)} · "
            f"{{download}}`CSV <tables/{resource['path']}>`\n\n"
            f"| {w('report.column')} | {w('report.type')} | {w('report.meaning')} |\n"
            f"| --- | --- | --- |\n{rows}"
        )
    return _page(w("report.dictionary_title"), blocks)


def _type(field: Mapping[str, Any]) -> str:
    unit = f", {field['unit']}" if field.get("unit") else ""
    return plain(f"{field.get('type', 'string')}{unit}")


def _about(field: Mapping[str, Any]) -> str:
    text = plain(field.get("description") or field.get("title") or "")
    values = field.get("constraints", {}).get("enum")
    return f"{text} ({', '.join(f'`{v}`' for v in values)})" if values else text


def results_block(records: Sequence[Mapping[str, Any]], w: Words) -> str:
    """The results that a cell recorded, as a table of bound numbers."""
    rows = "\n".join(f"| {plain(r['statement'])} | {{result}}`{r['key']}` |" for r in records)
    head = f"| {w('report.recorded')} | {w('report.value')} |\n| --- | --- |"
    return f":::{{dropdown}} {w('report.recorded_here', n=len(records))}\n{head}\n{rows}\n:::"


def figure_block(about: Mapping[str, Any], w: Words) -> str:
    """A figure with alt text, caption, sources, results and its data."""
    name = about["name"]
    cited = f"{{cite:p}}`{','.join(about['sources'])}`" if about["sources"] else ""
    keys = ", ".join(f"{{ref}}`{k} <{result_label(k)}>`" for k in about["keys"])
    basis = [
        f"{w('report.figure_sources')}: {cited}" if cited else "",
        f"{w('report.figure_results')}: {keys}" if keys else "",
    ]
    dropdown = "\n\n".join(b for b in basis if b)
    data = f"{{download}}`{w('report.figure_data')} <figures/{name}.csv>`"
    title, _, subtitle = about["title"].rpartition("\n")  # a title may have several lines
    # Where the picture is wider than the screen, its title stands above it as text.
    above = f'<p class="figure-title"><b>{escape(title)}</b> {escape(subtitle)}</p>\n\n'
    return (
        f"{above if title else ''}::::{{figure}} figures/{name}.svg\n"
        f":alt: {about['alt']}\n:name: fig-{name}\n\n"
        f"{about['caption']} {data}\n\n"
        + (f":::{{dropdown}} {w('report.figure_basis')}\n{dropdown}\n:::\n" if dropdown else "")
        + "::::"
    )


def dump(content: Mapping[str, Any]) -> str:
    """JSON that is also YAML, for the table of contents and small data files."""
    return json.dumps(content, indent=1, ensure_ascii=False, sort_keys=False) + "\n"
