"""How good a map of change is against labels, pooled over pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata


@dataclass(frozen=True)
class Scores:
    """Scores of the changed class; ``None`` where they have no meaning."""

    f1: float | None
    iou: float | None
    precision: float | None
    recall: float | None
    auroc: float | None
    average_precision: float | None


def against(truth: np.ndarray, changed: np.ndarray, score: np.ndarray) -> Scores:
    """Scores of one scene.

    Parameters
    ----------
    truth, changed
        Boolean ``(pixel,)``: labelled as changed, called changed. Pixels without a label are
        left out beforehand.
    score
        Continuous, higher for more change.
    """
    hit = int(np.count_nonzero(truth & changed))
    called, real = int(np.count_nonzero(changed)), int(np.count_nonzero(truth))
    if real == 0:
        return Scores(None, None, 0.0 if called else None, None, None, None)
    return Scores(
        f1=2 * hit / (called + real),
        iou=hit / (called + real - hit),
        precision=hit / called if called else 0.0,
        recall=hit / real,
        auroc=auroc(truth, score),
        average_precision=average_precision(truth, score),
    )


def average_precision(truth: np.ndarray, score: np.ndarray) -> float:
    """Area under precision over recall, in steps; ties are taken together."""
    order = np.argsort(-score, kind="stable")
    hits = np.cumsum(truth[order])
    ends = np.flatnonzero(np.diff(score[order], append=np.nan) != 0)
    hits = hits[ends]
    precision = hits / (ends + 1)
    return float(np.sum(precision * np.diff(hits, prepend=0)) / hits[-1])


def auroc(truth: np.ndarray, score: np.ndarray) -> float | None:
    """Chance that a changed pixel scores above an unchanged one; ties count half."""
    real = int(np.count_nonzero(truth))
    rest = truth.size - real
    if real == 0 or rest == 0:
        return None
    ranks = rankdata(score)
    return float((ranks[truth].sum() - real * (real + 1) / 2) / (real * rest))
