"""The word SIMULATED, burnt into the margin of every image that is written."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

WORD = "SIMULATED"

_LETTERS = {
    "S": ("01111", "10000", "01110", "00001", "11110"),
    "I": ("11111", "00100", "00100", "00100", "11111"),
    "M": ("10001", "11011", "10101", "10001", "10001"),
    "U": ("10001", "10001", "10001", "10001", "01110"),
    "L": ("10000", "10000", "10000", "10000", "11111"),
    "A": ("01110", "10001", "11111", "10001", "10001"),
    "T": ("11111", "00100", "00100", "00100", "00100"),
    "E": ("11111", "10000", "11110", "10000", "11111"),
    "D": ("11110", "10001", "10001", "10001", "11110"),
}
"""Five rows of five pixels each."""

INK, PAPER = 9_000, 400
"""Digital numbers of the letters and of the margin around them, without an offset."""

_GAP = 8
"""Pixels between two repetitions of the word."""


def word() -> NDArray[np.bool_]:
    """The word as rows and columns; true where there is ink."""
    parts = []
    for letter in WORD:
        pixels = np.array([[c == "1" for c in row] for row in _LETTERS[letter]])
        parts += [pixels, np.zeros((5, 1), bool)]
    return np.concatenate(parts, axis=1)


def burn(image: NDArray[np.uint16], margin: int, offset: int = 0) -> NDArray[np.uint16]:
    """A copy of a square ``image`` (rows, columns) whose margin carries the word.

    ``offset`` is what the pixels carry on top of reflectance, so that the mark
    is the same on all dates.
    """
    marked = image.copy()
    side = image.shape[0]
    inside = np.zeros(image.shape, bool)
    inside[margin:-margin, margin:-margin] = True
    marked[~inside] = PAPER + offset
    ink = word()
    if margin < ink.shape[0]:  # a coarse band: its margin is too narrow for letters
        marked[~inside & (np.indices(image.shape).sum(axis=0) % 4 < 2)] = INK + offset
        return marked
    top = (margin - ink.shape[0]) // 2
    line = np.zeros((margin, side), bool)
    for start in range(margin, side - margin - ink.shape[1] + 1, ink.shape[1] + _GAP):
        line[top : top + ink.shape[0], start : start + ink.shape[1]] = ink
    for turns in range(4):
        marked[np.rot90(_banner(line, side), turns)] = INK + offset
    return marked


def _banner(line: NDArray[np.bool_], side: int) -> NDArray[np.bool_]:
    """A whole image with ``line`` along its upper side."""
    full = np.zeros((side, side), bool)
    full[: line.shape[0]] = line
    return full
