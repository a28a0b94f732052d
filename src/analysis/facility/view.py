"""How the notebook shows this chapter: figures with alt text and data, and one table."""

from __future__ import annotations

import pandas as pd
from IPython.display import Markdown, display

from analysis import figures
from analysis.facility import figures as drawn
from analysis.facility import figures_map
from analysis.facility.drift import CLASSES
from analysis.facility.locator import Locator
from analysis.words import plain, words


def show_timeline(rows: pd.DataFrame, language: str) -> None:
    """Show the chronology (rows of `analysis.facility.chronology.entries`)."""
    text = words(language)
    figures.show(
        drawn.timeline(rows, language),
        name="published-chronology",
        alt=text("facility.chronology.alt", **drawn.timeline_values(rows, language)),
        caption=text("facility.chronology.caption"),
        keys=["facility.visits.stated", "facility.visits.candidates",
              *(f"facility.date.{r.id}" for r in rows.itertuples() if r.standing != "unused")],
        sources=_keys(rows["sources"]),
        data=rows.assign(**{end: rows[end].dt.date for end in ("low", "high")}),
    )  # fmt: skip


def show_drift(rows: pd.DataFrame, language: str) -> None:
    """Show the drift of the claim (rows of `analysis.facility.drift.retellings`)."""
    text = words(language)
    figures.show(
        drawn.drift(rows, language),
        name="size-claim-drift",
        alt=text("facility.drift.alt", **drawn.drift_values(rows)),
        caption=text("facility.drift.caption"),
        keys=[f"facility.drift.{what}.{name}" for what in ("items", "families", "languages")
              for name in CLASSES],
        sources=_keys(rows["source_key"]),
        data=rows,
    )  # fmt: skip


def show_locator(found: Locator, language: str) -> None:
    """Show the locator map (what `analysis.facility.locator.layers` returns)."""
    text = words(language)
    figures.show(
        figures_map.locator(found, language),
        name="locator",
        alt=text("facility.locator.alt", **figures_map.values(found, language)),
        caption=text("facility.locator.caption"),
        keys=["facility.separation.building-a_building-b", "facility.distance.city_plant"],
        sources=_keys(found.points["source"]),
        data=found.points[["lat", "lon", "source"]].rename_axis("point").reset_index(),
    )


def show_conflicts(rows: pd.DataFrame, language: str) -> None:
    """Show the contradictions as a table (rows of `analysis.facility.contradictions.conflicts`)."""
    display(Markdown(conflicts_table(rows, language)))


def conflicts_table(rows: pd.DataFrame, language: str) -> str:
    """The contradictions as a MyST table: question, both statements, our reading."""
    text = words(language)
    columns = ("question", "claim", "rival", "reading")
    head = " | ".join(text(f"facility.conflict.column.{name}") for name in columns)
    lines = [f"| {head} |", "|" + " --- |" * len(columns)]
    for conflict, group in rows.groupby("id", sort=False):
        first = group.iloc[0]
        rivals = "<br>".join(
            _said(row.rival, row.rival_by, row.rival_source) for row in group.itertuples()
        )
        cells = (
            f"**{text(f'facility.conflict.question.{conflict}')}**",
            _said(first["claim"], first["claim_by"], first["claim_source"]),
            rivals,
            text(f"facility.conflict.reading.{conflict}"),
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _said(statement: str, claimant: str, sources: str) -> str:
    keys = sources.replace(" ", "")
    return f"{plain(statement)}: {plain(claimant)} {{cite:p}}`{keys}`"


def _keys(joined: pd.Series) -> list[str]:
    """Source keys of a column that may hold several each, sorted, each once."""
    return sorted({key for cell in joined for key in str(cell).split(", ")})
