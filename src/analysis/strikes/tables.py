"""What the strike chapter works on, read once from the evidence."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis import evidence
from analysis.steps import step
from analysis.strikes import rivals
from analysis.strikes.bulletin import Row, inside, series
from analysis.strikes.casualties import Event, events
from analysis.strikes.rivals import Agreement, Claim
from analysis.strikes.windows import Window, windows


@dataclass(frozen=True)
class Band:
    """What counts as agreeing with a CNN figure (choices ``band.*``)."""

    low: float
    high: float | None
    """``None`` for a floor."""
    choice: str


@dataclass(frozen=True)
class Tables:
    """Launches, events, claims and choices of the chapter."""

    rows: tuple[Row, ...]
    """The launch series."""
    events: tuple[Event, ...]
    claims: dict[str, Claim]
    """Published figures by claim id."""
    links: tuple[tuple[str, str, bool], ...]
    """(child, parent, inferred) between published claims."""
    agreements: dict[str, Agreement]
    """Per CNN figure."""
    voices: dict[str, dict[str, int]]
    """Per CNN figure, claim id to number of its lineage."""
    lineages: dict[str, tuple[int, int]]
    """Per CNN figure, lineages of its rivals with inferred links kept, and cut."""
    bands: dict[str, Band]
    """Per CNN figure."""
    said: dict[str, str]
    """Per CNN figure, what the claim that holds it says."""
    windows: dict[str, Window]
    """``year``, ``surge``, ``aug-sep`` and ``period``."""
    early_regions: dict[str, str]
    """Row id to how its launch area agrees with the prosecutors' regions:
    ``only``, ``some``, ``unsplit`` (north, not named) or ``none``."""

    def inside(self, window: str) -> list[Row]:
        """Rows of the launch series in a window."""
        return inside(self.rows, self.windows[window])


@step(reads=("evidence",))
def tables(period_start: str, period_end: str) -> Tables:
    """Read the evidence for one period.

    Raises
    ------
    UserError
        If the period is no period, or a table is broken.
    """
    found = evidence.load()
    rows = series(found.launches, found.labels)
    claims = rivals.claims(found)
    bands = {
        "missiles": band(found, "band.missiles"),
        "killed": band(found, "band.killed"),
        "injured": band(found, "band.injured"),
        "share": band(found, "band.third"),
    }
    links = rivals.links(found.lineage)
    return Tables(
        rows=tuple(rows),
        events=tuple(events(found, rows)),
        claims={c.claim_id: c for c in claims},
        links=tuple(links),
        agreements={
            f: rivals.agreement(found, claims, f, band.low, band.high) for f, band in bands.items()
        },
        voices={f: rivals.voices(found, claims, f) for f in bands},
        lineages={f: rivals.counted(found, claims, f) for f in bands},
        bands=bands,
        said={f: said(found, f) for f in bands},
        windows={w.name: w for w in windows(found.choices, period_start, period_end)},
        early_regions={
            str(r.row_id): "only" if r.pgo_regions_only
            else "some" if r.pgo_region
            else "unsplit" if str(r.origin) == "north"
            else "none"
            for r in found.launches.itertuples()
        },
    )  # fmt: skip


def band(found: evidence.Evidence, choice: str) -> Band:
    """The band that is registered under a choice ``band.*``."""
    row = found.choices.set_index("choice_id").loc[choice]
    high = row["high"]
    return Band(float(row["low"]), None if pd.isna(high) else float(high), choice)


def said(found: evidence.Evidence, figure: str) -> str:
    """What was published: the phrase of the claim that carries a CNN figure."""
    links = found.claim_lineage
    carried = links[(links["role"] == "carries") & (links["aggregate_claim"] == rivals.CNN[figure])]
    claims = found.claims.set_index("claim_id")["said"]
    return str(claims[carried["claim_id"].iloc[0]])
