"""Parameters of the chain: what they may be, and distributions over sourced values.

A parameter takes the span of the rows of ``housing_parameters.csv`` that a
scenario names. No row gets a weight: the ends come from the rows, and the shape
between them is a registered choice (``choice:housing.shape``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import Feb11Error
from analysis.results import weakest

Array = NDArray[np.float64]

Shape = Literal["uniform", "triangular", "whole", "log-uniform"]
"""``whole`` gives each whole number between the ends the same chance."""


@dataclass(frozen=True)
class Domain:
    """Values that a parameter can have at all."""

    low: float
    high: float
    unit: str
    open_low: bool = False
    """The lower end itself is not allowed: an area or a count above zero."""
    whole: bool = False


DOMAINS: Mapping[str, Domain] = {
    "households_per_block": Domain(0, 2_000, "households per block", open_low=True),
    "footprint": Domain(0, 20_000, "m² per block", open_low=True),
    "storeys": Domain(1, 60, "storeys", whole=True),
    "net_to_gross": Domain(0, 1, "1", open_low=True),
    "dwelling_size": Domain(5, 500, "m² per dwelling"),
    "household_size": Domain(1, 20, "persons per household"),
    "active_share": Domain(0, 1, "1"),
    "plant_workers_per_household": Domain(0, 20, "plant workers per household"),
    "beds_per_storey": Domain(0, 2_000, "beds per storey", open_low=True),
    "plate": Domain(0, 20_000, "m² per storey", open_low=True),
    "area_per_bed": Domain(1, 200, "m² gross per bed"),
    "plant_workers_per_bed": Domain(0, 1, "plant workers per bed"),
}
"""Parameters by name, in the order of the chain. The upper ends only catch slips."""


@dataclass(frozen=True)
class Pick:
    """Which rows give a parameter in a scenario, and how."""

    rows: tuple[str, ...]
    """Values of ``parameter_id`` (H01 and so on); their span is taken."""
    shape: Shape = "uniform"
    central: str | None = None
    """The row whose central value is the mode of a triangular shape."""
    per: str | None = None
    """A row to divide by: the storeys that a total was published for."""


@dataclass(frozen=True)
class Parameter:
    """One parameter in one scenario: a distribution and where it comes from."""

    name: str
    low: float
    high: float
    mode: float | None = None
    """Most probable value; ``None`` when every value has the same chance."""
    shape: Shape = "uniform"
    rows: tuple[str, ...] = ()
    applicability: tuple[str, ...] = ()
    """Classes of the rows, nearest first."""
    kind: str = "published"
    inputs: tuple[str, ...] = ()
    """``source:``, ``choice:`` and ``file:`` names for the results that use it."""

    @property
    def fixed(self) -> bool:
        """Whether there is one value only."""
        return self.low == self.high

    def quantile(self, u: Array) -> Array:
        """Values at probabilities ``u``, of the shape of ``u``."""
        if self.fixed:
            return np.full(np.shape(u), self.low)
        width = self.high - self.low
        if self.mode is not None:
            drawn = _triangular(np.asarray(u), self.low, self.mode, self.high)
            return np.rint(drawn) if self.shape == "whole" else drawn
        if self.shape == "whole":
            return np.minimum(self.low + np.floor(np.asarray(u) * (width + 1)), self.high)
        if self.shape == "log-uniform":
            return self.low * (self.high / self.low) ** np.asarray(u)
        return self.low + np.asarray(u) * width


def _triangular(u: Array, low: float, mode: float, high: float) -> Array:
    """Quantiles of the triangular distribution (scipy's are twenty times slower)."""
    width, rise = high - low, mode - low
    rising = low + np.sqrt(u * width * rise)
    falling = high - np.sqrt((1 - u) * width * (high - mode))
    return np.where(u * width < rise, rising, falling)


def from_rows(name: str, table: pd.DataFrame, pick: Pick) -> Parameter:
    """The parameter that the rows of a pick span.

    Parameters
    ----------
    name
        One of `DOMAINS`.
    table
        ``housing_parameters`` of the evidence.
    pick
        Rows, shape and mode.

    Raises
    ------
    Feb11Error
        If a row is not in the table.
    """
    indexed = table.set_index("parameter_id")
    missing = [row for row in (*pick.rows, *([pick.per] if pick.per else ()))
               if row not in indexed.index]  # fmt: skip
    if missing:
        raise Feb11Error(f"housing parameter {name}: no row {', '.join(missing)} in the table")
    chosen = indexed.loc[list(pick.rows)]
    scale = 1.0 if pick.per is None else float(indexed.loc[pick.per, "mode"])
    ends = chosen[["low", "mode", "high"]].astype(float) / scale
    used = (*pick.rows, pick.per) if pick.per else pick.rows
    classes = indexed.loc[list(used), "applicability"]
    shape: Shape = "triangular" if pick.central else pick.shape
    return Parameter(
        name=name,
        low=float(ends.min(axis=None)),
        high=float(ends.max(axis=None)),
        mode=float(ends.loc[pick.central, "mode"]) if pick.central else None,
        shape=shape,
        rows=tuple(used),
        applicability=tuple(str(c) for c in classes.sort_values().drop_duplicates()),
        kind=weakest(["derived" if pick.per else "published", _kind(indexed.loc[list(used)])]),
        inputs=(
            *(f"source:{key}" for key in sorted(set(indexed.loc[list(used), "source_key"]))),
            "choice:housing.shape",
        ),
    )


def _kind(rows: pd.DataFrame) -> str:
    """Kind of a parameter; a foreign analogue standing in for the country is assumed."""
    assumed = rows["applicability"].isin(["analogue", "no-observation"]).any()
    return weakest([*map(str, rows["kind"]), *(["assumed"] if assumed else [])])


def from_choice(name: str, table: pd.DataFrame, choice: str) -> Parameter:
    """The parameter whose ends are a registered choice because no source has one."""
    row = table.set_index("choice_id").loc[choice]
    return Parameter(
        name, float(row["low"]), float(row["high"]), applicability=("no-observation",),
        kind="assumed", inputs=(f"choice:{choice}",),
    )  # fmt: skip


def inputs_of(parameters: Iterable[Parameter]) -> tuple[str, ...]:
    """All inputs of some parameters, sorted, each once."""
    return tuple(sorted({name for p in parameters for name in p.inputs}))
