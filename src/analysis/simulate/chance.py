"""Random numbers: one independent stream for each purpose, the same in every process."""

from __future__ import annotations

import math
import zlib

import numpy as np


def stream(seed: int, *purpose: str | int) -> np.random.Generator:
    """Generator for one purpose of one world, whatever else has been drawn before."""
    words = [p if isinstance(p, int) else zlib.crc32(p.encode()) for p in purpose]
    return np.random.default_rng([seed, *words])


def uniform(chance: np.random.Generator, bounds: tuple[float, float]) -> float:
    """A number between the bounds."""
    return float(chance.uniform(*bounds))


def log_uniform(chance: np.random.Generator, bounds: tuple[float, float]) -> float:
    """A positive number between the bounds, uniform in its logarithm."""
    return float(math.exp(chance.uniform(math.log(bounds[0]), math.log(bounds[1]))))
