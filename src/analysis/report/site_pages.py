"""Pages of a report on a site without claims, where they differ from those of the plant's."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.report import pages
from analysis.results import Results
from analysis.sites import table
from analysis.words import Words, plain

FOLDER = "site"
"""In ``book/``: pages that take the place of those of the same name."""

MOST = 8
"""Rows of candidates on the front page: more than a screen of a table says less than a link."""

LOOK_ALIKE = str.maketrans("<>", "‹›")
"""The theme puts titles into its pages unescaped: a name from a file must bring no markup."""


def stage(source: Path, found: Results, w: Words) -> dict[str, str]:
    """Put the site's own pages in their places; return the generated ones by name."""
    shutil.copytree(source / FOLDER, source, dirs_exist_ok=True)
    shutil.rmtree(source / FOLDER)
    return {"generated/buildings": table.buildings(found, w, MOST)}


def without(known: Collection[str]) -> tuple[str, ...]:
    """Pages that such an edition does not have: of the tables, and of sources if none is used."""
    left_out = (pages.DATA, "dictionary", pages.CORRECTIONS)
    return left_out if known else (*left_out, pages.REFERENCES)


def used(sources: pd.DataFrame, found: Results) -> pd.DataFrame:
    """The sources that a result of the run rests on."""
    named = {name for result in found.values() for name in result.inputs}
    return sources[("source:" + sources["source_key"]).isin(named)]


def config(own: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The configuration with the site's name as title, which its front page takes up.

    The authors of the program are not those of such a report, so none is named.
    """
    shown = name.translate(LOOK_ALIKE)
    parse = {"myst_substitutions": {"site": plain(shown)}}
    return {**own, "title": shown, "author": "", "copyright": "", "parse": parse}
