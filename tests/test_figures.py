"""Figures: one style, no default look, the same bytes for the same data, and described."""

from __future__ import annotations

import ast
import xml.etree.ElementTree as ET
from pathlib import Path

import matplotlib
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

from analysis import figures
from analysis.errors import Feb11Error
from analysis.words import words
from tests.checkout import ROOT, python

matplotlib.use("agg")
MODULES = [p for p in sorted((ROOT / "src" / "analysis").rglob("*.py")) if "figures" in p.name]


def drawn() -> str:
    figure, axes = figures.new(2.0)
    axes.plot([1, 2], [3, 1], color=figures.BLUE)
    figures.finish(figure, "It falls", "value, unitless", "Source: none")
    picture = figures.svg(figure)
    matplotlib.pyplot.close(figure)
    return picture


def test_a_figure_is_the_same_byte_for_byte_in_another_process() -> None:
    code = "from tests.test_figures import drawn; import hashlib;"
    code += "print(hashlib.sha256(drawn().encode()).hexdigest())"
    digests = {python(code, PYTHONHASHSEED=seed, PYTHONPATH=str(ROOT)).stdout for seed in "12"}
    assert len(digests) == 1
    assert digests != {""}


def test_a_figure_is_as_wide_as_the_text_column() -> None:
    root = ET.fromstring(drawn())
    width = float(root.attrib["width"].removesuffix("pt")) / 72
    assert width <= figures.WIDTH + 0.2


def test_a_figure_tells_no_date() -> None:
    assert "<dc:date>" not in drawn()


@pytest.mark.parametrize("missing", ["alt", "caption"])
def test_a_figure_without_a_description_is_not_shown(missing: str) -> None:
    figure, _ = figures.new(2.0)
    about = {"alt": "It falls from three to one.", "caption": "It falls."} | {missing: ""}
    with pytest.raises(Feb11Error, match="'fall' needs an alt text and a caption"):
        figures.show(figure, name="fall", data=pd.DataFrame(), **about)
    matplotlib.pyplot.close(figure)


def luminance(colour: str) -> float:
    """Relative luminance of a colour, 0 to 1 (WCAG 2.1)."""
    channels = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), channels, strict=True))


def test_the_palette_is_that_of_okabe_and_ito() -> None:
    published = {"#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442",
                 "#000000"}  # fmt: skip
    own = {figures.BLUE, figures.VERMILION, figures.GREEN, figures.PURPLE, figures.ORANGE,
           figures.SKY, figures.YELLOW, figures.BLACK}  # fmt: skip
    assert own == published


def test_lines_and_text_stand_out_from_white() -> None:
    for colour in (figures.BLUE, figures.VERMILION, figures.GREEN, figures.BLACK, figures.GREY):
        assert (1.05) / (luminance(colour) + 0.05) >= 3


def literals(path: Path) -> list[str]:
    """English sentences that stand as literals in functions of a figure module."""
    found = []
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.Module | ast.ClassDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    loose = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    raised = {id(c) for n in ast.walk(tree) if isinstance(n, ast.Raise) for c in ast.walk(n)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            words = node.value.split()
            sentence = len(words) > 2 and all(w.strip(".,:;()%").isalpha() for w in words)
            if sentence and id(node) not in docstrings | loose | raised:
                found.append(f"{path.relative_to(ROOT)}:{node.lineno}: {node.value!r}")
    return found


def test_no_figure_function_holds_an_english_sentence() -> None:
    assert MODULES
    assert [text for path in MODULES for text in literals(path)] == []


def test_no_figure_has_a_second_axis_a_pie_or_a_rainbow() -> None:
    for path in MODULES:
        source = path.read_text(encoding="utf-8")
        for banned in (".twinx(", ".twiny(", ".pie(", "'jet'", '"jet"', '"rainbow"', '"hsv"'):
            assert banned not in source, f"{path.name}: {banned}"


def test_every_frame_of_a_simulated_figure_says_so() -> None:
    figure, _ = figures.new(3, 1, 2)
    figures.mark_simulated(figure, words("en"))
    for axes in figure.axes:
        assert [text.get_text() for text in axes.texts] == ["SIMULATED"]
        box = axes.texts[0].get_window_extent()
        frame = axes.get_window_extent()
        assert frame.x0 <= box.x0 < box.x1 <= frame.x1
        assert frame.y0 <= box.y0 < box.y1 <= frame.y1
