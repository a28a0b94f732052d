"""Priors of the share with mislabelling, stated so that anybody can argue with them.

The reasons stand in ``words/<language>/strike_models.toml``, under the names
used here. The first prior is the reference.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SharePrior:
    """Beliefs about one period's missiles before any label is read.

    Each tuple is a Dirichlet concentration over the labels KN-23, joint,
    Iskander-M, S-300 or S-400.
    """

    share: tuple[float, float]
    """Beta prior of the share attributed to North Korea, S-300 included."""
    label_given_nk: tuple[float, float, float, float]
    """P(label | North Korean); debris speaks to this."""
    label_given_ru: tuple[float, float, float, float]
    """P(label | Russian); no debris speaks to this."""


SHARE_PRIORS: dict[str, SharePrior] = {
    "informative": SharePrior((1, 3), (2, 4, 2, 1), (0.5, 1.5, 6, 6)),
    "flat": SharePrior((1, 1), (1, 1, 1, 1), (1, 1, 1, 1)),
    "habit": SharePrior((1, 3), (1, 3, 5, 2), (0.5, 3, 5, 6)),
    "hidden": SharePrior((1, 3), (1, 2, 4, 6), (0.5, 1.5, 6, 6)),
}
"""Priors of the share, the reference first."""

LULL_SHARE = (0.5, 30.0)
"""Beta prior of the share from 28 Feb to 30 Jul 2024 under every prior: nobody
claims use in these months, and the mean is one missile in sixty."""
