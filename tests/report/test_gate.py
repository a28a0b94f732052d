"""The gate: what stands in an executed notebook and keeps it from being published."""

from __future__ import annotations

import copy

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from analysis.errors import CheckFailed
from analysis.report import gate
from tests.checkout import ROOT

TOPS = ("home", "root", "Users", "work", "tmp", "var", "opt", "mnt", "private", "srv", "usr",
        "workspace", "workspaces", "builds")  # fmt: skip
"""Folders at the top of a file system that only a machine has."""

PATH = f"/{TOPS[0]}/jane/in.csv"


def executed(*cells: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """An executed notebook with a good cell in front of those given."""
    good = new_code_cell("1 + 1", id="good", execution_count=1,
                         outputs=[new_output("execute_result", {"text/plain": "2"},
                                             execution_count=1)])  # fmt: skip
    return new_notebook(cells=[good, *cells])


def printing(text: str, **data: str) -> nbformat.NotebookNode:
    outputs = [new_output("stream", name="stdout", text=text)]
    outputs += [new_output("display_data", {kind: value}) for kind, value in data.items()]
    return new_code_cell("show()", id="shown", execution_count=2, outputs=outputs)


def refusal(notebook: nbformat.NotebookNode) -> str:
    with pytest.raises(CheckFailed) as caught:
        gate.check(notebook, "facility-growth")
    assert str(caught.value).startswith("notebook facility-growth is not fit to publish: cell ")
    return str(caught.value)


def test_a_whole_notebook_passes() -> None:
    text = "see https://example.org/home/page, ./data/in.csv, 2024/11/22 and a/usr/b, file:///etc"
    gate.check(executed(printing(text), new_markdown_cell("[claims](claims.ipynb)")), "good")


@pytest.mark.parametrize("top", TOPS)
def test_an_absolute_path_is_refused_whatever_its_top_folder(top: str) -> None:
    said = refusal(executed(printing(f"read /{top}/jane/in.csv at once")))
    assert "'shown' holds an absolute path" in said


@pytest.mark.parametrize("before", ["first line\n", "\t", "file://"])
def test_an_absolute_path_is_refused_wherever_it_begins(before: str) -> None:
    assert "'shown' holds an absolute path" in refusal(executed(printing(f"{before}{PATH}")))


def test_a_path_on_a_drive_is_refused() -> None:
    assert "'shown' holds an absolute path" in refusal(executed(printing("D:\\data\\in.csv")))


@pytest.mark.parametrize("kind", ["text/html", "image/svg+xml", "text/markdown"])
def test_a_path_in_any_kind_of_output_is_refused(kind: str) -> None:
    cell = printing("", **{kind: f"<p>'{PATH}'</p>"})
    assert "absolute path" in refusal(executed(cell))


def test_the_folder_of_the_checkout_is_refused_wherever_it_lies() -> None:
    said = refusal(executed(printing(f"read {ROOT / 'data'} at once")))
    assert "an absolute path" in said or "the folder of the checkout" in said


def test_a_path_in_a_source_or_a_text_is_refused() -> None:
    source = new_code_cell(f"open('{PATH}')", id="shown", execution_count=2)
    assert "absolute path" in refusal(executed(source))
    text = new_markdown_cell(f"Data lie in {PATH}.", id="shown")
    assert "absolute path" in refusal(executed(text))


def test_the_name_of_the_user_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(variable, "jane.doe")
    assert "'shown' holds the name of the user" in refusal(executed(printing("by jane.doe")))
    gate.check(executed(printing("by john")), "good")


def test_the_home_folder_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/data/people/jane")
    said = refusal(executed(printing("in /data/people/jane/project")))
    assert "the home folder of the user" in said


@pytest.mark.parametrize("variable", ["PL_API_KEY", "SERVICE_TOKEN", "db_password", "MY_SECRET"])
def test_a_secret_of_the_environment_is_refused_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "PLAK-0123456789")
    said = refusal(executed(printing("token=PLAK-0123456789")))
    assert f"holds the value of {variable}" in said
    assert "PLAK-0123456789" not in said


def test_a_secret_with_signs_that_json_escapes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PL_API_KEY", 'quo"ted\\é-secret')
    assert "PL_API_KEY" in refusal(executed(printing('quo"ted\\é-secret')))


def test_an_error_is_refused() -> None:
    failed = new_code_cell("1 / 0", id="shown", execution_count=2)
    failed.outputs = [new_output("error", ename="ZeroDivisionError", evalue="", traceback=[])]
    assert "cell 'shown' holds an error: ZeroDivisionError" in refusal(executed(failed))


def test_a_cell_that_was_not_executed_is_refused() -> None:
    assert "cell 'late' was not executed" in refusal(executed(new_code_cell("1", id="late")))


def test_an_empty_cell_need_not_be_executed() -> None:
    gate.check(executed(new_code_cell("  ", id="empty")), "good")


def machine_traces(seconds: int) -> nbformat.NotebookNode:
    """An executed notebook as papermill leaves it at some time of day."""
    cell = printing(f"<object at 0x7f{seconds:04x}>", **{"text/html": f"<b at 0x7f{seconds:04x}>"})
    cell.execution_count = seconds
    cell.metadata["papermill"] = {"duration": seconds}
    cell.metadata["execution"] = {"iopub.execute_input": f"2024-11-22T10:00:{seconds}Z"}
    cell.outputs.append(new_output("stream", name="stderr", text="building the font cache"))
    injected = new_code_cell(
        "run_dir = '_build/staging/default'",
        id=f"random{seconds}",
        execution_count=1,
        metadata={"tags": ["injected-parameters"]},
    )
    notebook = executed(injected, cell)
    notebook.metadata["papermill"] = {"start_time": f"10:00:{seconds}"}
    return notebook


def test_two_executions_are_the_same_byte_for_byte_once_normalised() -> None:
    first, second = machine_traces(11), machine_traces(42)
    assert first != second
    for notebook in (first, second):
        gate.normalise(notebook, "_build/staging/default", "_build/runs/default")
    assert nbformat.writes(first) == nbformat.writes(second)
    assert "_build/runs/default" in first.cells[1].source
    assert "staging" not in nbformat.writes(first)


def test_what_cells_wrote_to_stderr_goes_to_the_log_and_not_to_the_page() -> None:
    notebook = machine_traces(11)
    assert "font cache" in gate.normalise(notebook, "staged", "published")
    assert "font cache" not in nbformat.writes(notebook)


def test_a_normalised_notebook_stays_as_it_is() -> None:
    once = machine_traces(11)
    gate.normalise(once, "staged", "published")
    twice = copy.deepcopy(once)
    gate.normalise(twice, "staged", "published")
    assert once == twice
