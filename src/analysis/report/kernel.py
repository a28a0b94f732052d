"""Execute one notebook with papermill, in a process of its own."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECRET_WORDS = ("KEY", "TOKEN", "SECRET", "PASSWORD", "CREDENTIAL")


@dataclass(frozen=True)
class Failure:
    """Why a notebook did not finish."""

    cell: str
    """Id of the cell that failed, or ``-`` if the kernel did."""
    number: int
    """Place of that cell, from 1."""
    error: str
    """Class name of the error."""
    message: str


def execute(
    source: Path,
    target: Path,
    parameters: Mapping[str, Any],
    environment: Mapping[str, str],
    log: Path,
) -> Failure | None:
    """Run ``source`` to ``target`` with ``parameters``; ``None`` when it finished.

    What the kernel itself prints goes to ``log``, since it would break up the
    progress on the terminal. Kernels talk over IPC sockets, each in a folder of
    its own: with papermill's default two kernels collide, and over TCP every
    notebook prints a warning.
    """
    import papermill
    from traitlets.config import Config

    logging.getLogger("papermill").setLevel(logging.ERROR)
    os.environ.update(environment)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as file:
        os.dup2(file.fileno(), 2)
    sockets = tempfile.mkdtemp(prefix="k")
    try:
        papermill.execute_notebook(
            source,
            target,
            parameters=dict(parameters),
            progress_bar=False,
            record_timing=False,
            cwd=source.parent,
            start_timeout=120,
            config=Config({"KernelManager": {"transport": "ipc", "ip": f"{sockets}/k"}}),
        )
    except papermill.PapermillExecutionError as error:
        return Failure(_cell_id(target, error.cell_index), error.cell_index + 1, error.ename,
                       str(error.evalue))  # fmt: skip
    except Exception as error:  # a dead kernel, a full disk: all end this notebook alike
        return Failure("-", 0, type(error).__name__, str(error))
    finally:
        shutil.rmtree(sockets, ignore_errors=True)
    return None


def _cell_id(notebook: Path, index: int) -> str:
    import nbformat

    # papermill puts a banner cell in front of the notebook and another before
    # the failing cell, so the index fits the notebook as it was executed.
    cells = [
        c
        for c in nbformat.read(notebook, as_version=4).cells
        if "papermill-error-cell-tag" not in c.metadata.get("tags", ())
    ]
    return cells[index].get("id", str(index)) if index < len(cells) else str(index)


def environment(root: Path, epoch: int) -> dict[str, str]:
    """Environment that makes two executions of one notebook the same."""
    return {
        "FEB11_ROOT": str(root),
        "SOURCE_DATE_EPOCH": str(epoch),
        "PYTHONHASHSEED": "0",
        "OMP_NUM_THREADS": "1",
        "MPLBACKEND": "agg",
    }
