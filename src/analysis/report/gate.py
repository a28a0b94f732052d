"""The publication gate: normalise an executed notebook, then let it pass or not.

A notebook that failed, is incomplete, or holds an absolute path, a user name
or a secret never reaches the site.
"""

from __future__ import annotations

import getpass
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import nbformat

from analysis import paths
from analysis.errors import CheckFailed
from analysis.report.kernel import SECRET_WORDS

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
# A path with at least two parts below a folder that only a machine has; the
# interpreter line of a script is the same on every machine.
_ABSOLUTE = re.compile(
    r"(?:(?<![\w.:/~-])|(?<=file://))(?!/usr/bin/env\b)"
    r"/(?:home|root|Users|work|tmp|var|opt|mnt|private|srv|usr|workspaces?|builds)/[\w.@-]+"
    r"|\b[A-Za-z]:\\\\?[\w.-]+\\"
)
_SHORTEST_SECRET = 8
_COMMON_USERS = {"root", "user", "runner", "admin", "vscode", "jovyan"}
"""Account names that are words or belong to a service: no one is named by them."""


def normalise(notebook: nbformat.NotebookNode, staged: str, published: str) -> str:
    """Drop times, machine details and random ids, in place; return the warnings.

    ``staged`` is the folder that the run worked in; ``published`` the name
    that stands for it. What cells wrote to stderr belongs to the machine (a
    font cache being built, say) and is taken out for the log.
    """
    warnings = []
    notebook.metadata.pop("papermill", None)
    notebook.metadata.pop("language_info", None)
    count = 0
    for cell in notebook.cells:
        for name in ("papermill", "execution", "collapsed"):
            cell.metadata.pop(name, None)
        if "injected-parameters" in cell.metadata.get("tags", ()):
            cell["id"] = "injected-parameters"
        cell.source = cell.source.replace(staged, published)
        if cell.cell_type == "code" and cell.source.strip():
            count += 1
            cell.execution_count = count
            for output in cell.outputs:
                if "execution_count" in output:
                    output.execution_count = count
                _clean(output)
            warnings += [o.text for o in cell.outputs if _is_stderr(o)]
            cell.outputs = [o for o in cell.outputs if not _is_stderr(o)]
    return "".join(warnings)


def _is_stderr(output: nbformat.NotebookNode) -> bool:
    return output.output_type == "stream" and output.name == "stderr"


def _clean(output: nbformat.NotebookNode) -> None:
    if "text" in output:
        output.text = _ADDRESS.sub("", output.text)
    for kind, value in output.get("data", {}).items():
        if kind.startswith("text/") and isinstance(value, str):
            output.data[kind] = _ADDRESS.sub("", value)


def check(notebook: nbformat.NotebookNode, name: str) -> None:
    """Let an executed notebook pass, or refuse it.

    Raises
    ------
    CheckFailed
        Naming the notebook, the cell and what stands in it.
    """
    for problem in problems(notebook):
        raise CheckFailed(f"notebook {name} is not fit to publish: {problem}")


def problems(notebook: nbformat.NotebookNode) -> Iterator[str]:
    """What keeps an executed notebook from being published."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            if cell.execution_count is None and cell.source.strip():
                yield f"cell {cell.id!r} was not executed"
            for output in cell.outputs:
                if output.output_type == "error":
                    yield f"cell {cell.id!r} holds an error: {output.ename}"
        # one search for a cell: figures are thousands of short texts
        whole = "\n".join(_texts(cell))
        yield from (f"cell {cell.id!r} holds {leak}" for leak in leaks(whole))


def _texts(content: object) -> Iterator[str]:
    """Every string of a cell as it is: in JSON a line's first sign follows an ``n``."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, Mapping):
        yield from (text for value in content.values() for text in _texts(value))
    elif isinstance(content, list):
        yield from (text for value in content for text in _texts(value))


def leaks(text: str) -> Iterator[str]:
    """Absolute paths, this user's name and secrets of the environment in a text."""
    for match in _ABSOLUTE.finditer(text):
        yield f"an absolute path ({match.group()})"
    if str(paths.project_root()) in text:
        yield "the folder of the checkout"
    home = str(Path.home())
    user = _user()
    if user and user not in _COMMON_USERS and re.search(rf"\b{re.escape(user)}\b", text):
        yield "the name of the user who ran it"
    if len(home) > len("/root") and home in text:
        yield "the home folder of the user who ran it"
    for variable, value in os.environ.items():
        secret = any(word in variable.upper() for word in SECRET_WORDS)
        if secret and len(value) >= _SHORTEST_SECRET and value in text:
            yield f"the value of {variable}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
