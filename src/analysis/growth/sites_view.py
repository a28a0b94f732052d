"""How the notebook shows the figures of one site: the map, its history, and the choices."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
from matplotlib.figure import Figure

from analysis import figures
from analysis.growth import figures_sites as drawn
from analysis.growth import gis
from analysis.growth.buildings import Measured
from analysis.growth.history import History, roofed
from analysis.scenes.prepare import Prepared
from analysis.site import Site
from analysis.words import Words, words

SAID = 1.0
"""Change, percent or number, from which the alternative text names it."""


def show_map(found: Measured, done: Prepared, language: str, keys: Iterable[str] = ()) -> None:
    """Show the site with its outlines."""
    text = words(language)
    values = drawn.map_values(found, done, text)
    table = pd.DataFrame(gis.footprints(found, done.site).drop(columns="geometry"))
    story = " ".join(
        text("growth_maps.map.alt_class", n=n, name=text(f"growth_maps.map.{kind}"))
        for kind, n in table["class"].value_counts(sort=False).items()
    )
    _show(drawn.site_map(found, done, language), "map", found.kind, keys, table,
          text("growth_maps.map.alt", story=story, **values),
          text("growth_maps.map.caption", **values))  # fmt: skip


def show_history(found: Measured, site: Site, language: str, keys: Iterable[str] = ()) -> None:
    """Show roofed area by date."""
    text, grown = words(language), roofed(found, site)
    values = drawn.history_values(grown, text)
    steps = " ".join(
        text("growth_maps.history.alt_step", id=row.id, area=text.number(row.area, -1),
             date=text.date(row.since))
        for row in grown.buildings.itertuples() if row.since
    )  # fmt: skip
    _show(drawn.history(found, site, language), "history", found.kind, keys,
          grown.table.round(1),
          text("growth_maps.history.alt", story=steps, events=_events(grown, text),
               count=values["count"]),
          text("growth_maps.history.caption"))  # fmt: skip


def _events(grown: History, text: Words) -> str:
    return " ".join(
        text(f"growth_maps.history.alt_{'event' if row.value else 'open'}", id=row.id,
             date=text.date(row.value or row.low))
        for row in grown.re_roofings.itertuples()
    )  # fmt: skip


def show_tornado(frame: pd.DataFrame, language: str, keys: Iterable[str] = ()) -> None:
    """Show how far the headline numbers move with the analyst's choices."""
    text = words(language)
    tables = {h: drawn.changes(frame, h) for h in drawn.headlines(frame)}
    story = " ".join(_panel(h, table, text) for h, table in tables.items())
    data = pd.concat([t.assign(headline=h) for h, t in tables.items()], ignore_index=True)
    _show(drawn.tornado(frame, language), "choices", frame.attrs["kind"], keys,
          data[["choice", "setting", "headline", "change"]].round(3),
          text("growth_maps.tornado.alt", story=story),
          text("growth_maps.tornado.caption"))  # fmt: skip


def _panel(headline: str, table: pd.DataFrame, text: Words) -> str:
    """What moves one headline number, the small changes left out."""
    moves = [
        text("growth_maps.tornado.alt_move", choice=drawn.choice_name(str(row.choice), text),
             setting=text(f"growth_maps.tornado.{row.setting}"),
             change=drawn.signed(float(row.change), text, headline == "new"))
        for row in table.itertuples() if abs(row.change) >= SAID
    ]  # fmt: skip
    named = drawn.name_of(headline, text)
    if not moves:
        return text("growth_maps.tornado.alt_still", headline=named)
    return text("growth_maps.tornado.alt_panel", headline=named, moves="; ".join(moves))


def _show(
    figure: Figure, name: str, kind: str, keys: Iterable[str], data: pd.DataFrame, alt: str,
    caption: str,
) -> None:  # fmt: skip
    figures.show(figure, name=f"{gis.PREFIX[kind]}site-{name}", alt=alt, caption=caption,
                 keys=keys, data=data.assign(kind=kind))  # fmt: skip
