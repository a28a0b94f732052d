"""Split-conformal calibration by world (Vovk; Lei et al. 2018).

All buildings of a world share its clouds, so a world is one unit: its buildings share its weight.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def miss(low: float, high: float, truth: float, gap: float) -> float:
    """Clear gaps by which an interval misses the truth; negative for how far inside it lies."""
    return max(low - truth, truth - high) / gap


def margin(misses: Sequence[Sequence[float]], level: float) -> float:
    """Margin so that intervals moved out by it hold at ``level`` in a new world, worlds alike.

    A world counts once however many buildings it has.

    Parameters
    ----------
    misses
        For each world, the `miss` of each of its buildings. A world without buildings is left out.
    """
    worlds = [w for w in misses if len(w)]
    values = np.concatenate([np.asarray(w, dtype=float) for w in worlds])
    # one more world, unseen, whose misses could be anything
    share = np.concatenate([np.full(len(w), 1.0 / len(w)) for w in worlds]) / (len(worlds) + 1)
    order = np.argsort(values)
    reached = np.cumsum(share[order])
    at = int(np.searchsorted(reached, level))
    return float(values[order][min(at, values.size - 1)])
