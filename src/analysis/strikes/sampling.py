"""Sampling: one way to compile a model and to draw from it.

PyMC models are compiled by nutpie on numba, without a C compiler and without
``fastmath`` (with it, a cold and a warm cache gave different draws from one
seed). Compiled code is kept in the project's cache.
"""

from __future__ import annotations

import functools
import itertools
import os
import sys
import warnings
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
import xarray as xr

from analysis import paths
from analysis.errors import Feb11Error

CHAINS = 4
TUNE = 1000
DRAWS = 2000
OPTIMISATION = 1
"""Level of LLVM: compiles in three quarters of the time of level 3, samples as fast."""
TARGET_ACCEPT = 0.95
"""Small steps: the claims' rounding cells are narrow."""


def backend() -> Any:
    """PyMC, after PyTensor was told how to compile and where to keep it.

    Raises
    ------
    Feb11Error
        If PyTensor was imported before with other settings: they cannot be
        changed in a running process.
    """
    folder = paths.cache_dir() / "pytensor"
    if "pytensor" not in sys.modules:
        folder.mkdir(parents=True, exist_ok=True)
        flags = os.environ.get("PYTENSOR_FLAGS", "")
        ours = f"base_compiledir={folder},cxx=,numba__fastmath=False"
        os.environ["PYTENSOR_FLAGS"] = f"{flags},{ours}".lstrip(",")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pymc
        import pytensor

    if pytensor.config.numba__fastmath:
        raise Feb11Error(
            "PyTensor was imported with fastmath on, which makes draws depend on the cache: "
            "import analysis.strikes.sampling.backend first"
        )
    _name_functions_apart()
    return pymc


@functools.cache
def _name_functions_apart() -> None:
    """Let numba name compiled functions apart across processes.

    Numba names them by a counter that starts at one in every process, and PyTensor
    gives all functions of a kind the same Python name. Functions that two processes
    put into the cache can so bear one name; a third process that loads both links
    one model to the parts of the other. Seen with numba 0.68 and PyTensor 2.38: a
    model that failed wherever another one was loaded before it.
    """
    from numba.core.bytecode import FunctionIdentity

    start = int.from_bytes(os.urandom(6), "big")
    FunctionIdentity._unique_ids = itertools.count(start)


def tensors() -> SimpleNamespace:
    """The functions of `likelihood.NUMPY`, for PyTensor variables."""
    backend()
    import pytensor.tensor as pt

    return SimpleNamespace(
        exp=pt.exp, log=pt.log, expm1=pt.expm1, softplus=pt.softplus, column=lambda x: x.T,
    )  # fmt: skip


def data(name: str, shape: tuple[int, ...]) -> Any:
    """Exchangeable data of the PyMC model on the stack, of a fixed shape."""
    pm = backend()
    import pytensor.tensor as pt

    return pt.specify_shape(pm.Data(name, np.ones(shape)), shape)


def compile_model(build: Callable[[], Any]) -> Any:
    """Compile a PyMC model for nutpie.

    Parameters
    ----------
    build
        Function without arguments that returns the model; its ``pm.Data`` can
        be exchanged in the compiled model without compiling again.
    """
    backend()
    import numba

    settings: Any = numba.config
    level, settings.OPT = settings.OPT, OPTIMISATION
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import nutpie

            return nutpie.compile_pymc_model(build(), backend="numba")
    finally:
        settings.OPT = level


def draw(
    compiled: Any,
    values: Mapping[str, np.ndarray],
    seed: int,
    *,
    chains: int = CHAINS,
    tune: int = TUNE,
    draws: int = DRAWS,
) -> xr.Dataset:
    """Posterior draws with dims ``chain, draw``; ``diverging`` is among them."""
    import nutpie

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trace = nutpie.sample(
            compiled.with_data(**values),
            draws=draws, tune=tune, chains=chains, cores=min(2, chains), seed=seed,
            target_accept=TARGET_ACCEPT, save_warmup=False, progress_bar=False,
        )  # fmt: skip
    posterior = trace.posterior.load()
    return posterior.assign(diverging=trace.sample_stats["diverging"].load())
