"""Clouds and their shadows by OmniCloudMask (Wright et al. 2025), where that is installed.

It is an optional extra that brings torch, fetches its weights over the network when
it is first used, and is off unless it is asked for. No test of this project has run
it: what is tested is that its classes are read as its documentation gives them, and
what is said when it is not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec

import numpy as np

from analysis.errors import UserError
from analysis.scenes.masks import Cover

PACKAGE = "omnicloudmask"

BANDS = ("red", "green", "nir")
"""In the order that the model takes them."""

CLOUD = (1, 2)
"""Thick and thin cloud, among the model's classes."""

SHADOW = 3


def require() -> None:
    """Stop when the package is not there.

    Raises
    ------
    UserError
        With the way to install it.
    """
    if find_spec(PACKAGE) is None:
        raise UserError("--cloudmask needs OmniCloudMask, which brings torch: "
                        "uv pip install -e '.[cloudmask]'")  # fmt: skip


def predicted(bands: Mapping[str, np.ndarray]) -> np.ndarray:
    """The model's classes, ``(y, x)``: 0 clear, 1 thick cloud, 2 thin cloud, 3 shadow."""
    require()
    from omnicloudmask import predict_from_array

    stack = np.stack([np.nan_to_num(bands[name], nan=0.0) for name in BANDS])
    return np.asarray(predict_from_array(stack.astype(np.float32)))[0]


def of_classes(classes: np.ndarray, own: Cover) -> Cover:
    """Cover with the model's clouds and shadows; snow and missing pixels stay the scene's own."""
    cloud, shadow = np.isin(classes, CLOUD), classes == SHADOW
    return Cover(cloud & ~own.bad, shadow & ~own.bad, own.snow, own.bad)
