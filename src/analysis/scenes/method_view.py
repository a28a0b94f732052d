"""How the notebook shows the method page: four figures and the table of faults."""

from __future__ import annotations

import pandas as pd
from IPython.display import Markdown, display
from matplotlib.figure import Figure

from analysis import figures
from analysis.scenes import method_figures as drawn
from analysis.scenes.method import Shown, faults
from analysis.words import plain, words


def show_choice(found: Shown, language: str) -> None:
    """Show which scenes are used."""
    columns = ["id", "date", "sensor", "catalogue_cloud", "used"]
    values = drawn.choice_values(found, words(language))
    _show(drawn.choice(found, language), "choice", values, language,
          ["scenes.used", "scenes.left.low_cloud"], found.scenes[columns])  # fmt: skip


def show_radiometry(found: Shown, language: str) -> None:
    """Show what offsets and normalisation do."""
    columns = ["id", "date", "sensor", "numbers", "reflectance", "normalised"]
    values = drawn.radiometry_values(found, words(language))
    keys = [f"scenes.level.{name}" for name in columns[3:]]
    _show(drawn.radiometry(found, language), "radiometry", values, language, keys,
          found.scenes.loc[found.scenes["used"].astype(bool), columns])  # fmt: skip


def show_masks(found: Shown, language: str) -> None:
    """Show a mask before and after."""
    columns = ["id", "date", "sensor", "flagged", "masked", "perimeter"]
    values = drawn.mask_values(found, words(language))
    _show(drawn.mask(found, language), "masks", values, language,
          ["scenes.flagged.median", "scenes.masked.median"],
          found.scenes.loc[found.scenes["used"].astype(bool), columns])  # fmt: skip


def show_registration(found: Shown, language: str) -> None:
    """Show positions before and after."""
    columns = ["id", "date", "sensor", "true_y", "true_x", "error_y", "error_x", "sd_y", "sd_x"]
    values = drawn.registration_values(found, words(language))
    keys = [f"scenes.registration.10m.{name}" for name in ("before", "random", "step")]
    _show(drawn.registration(found, language), "registration", values, language, keys,
          found.scenes.loc[found.scenes["used"].astype(bool), columns])  # fmt: skip


def _show(figure: Figure, name: str, values: dict, language: str, keys: list[str],
          data: pd.DataFrame) -> None:  # fmt: skip
    text = words(language)
    figures.show(
        figure,
        name=f"simulated-{name}",
        alt=text(f"scenes.{name}.alt", **values),
        caption=text(f"scenes.{name}.caption"),
        keys=keys,
        data=data.assign(kind="simulated").round(6),
    )


def show_faults(language: str) -> None:
    """Show the table of faults as the tests saw it."""
    display(Markdown(faults_table(faults(), language)))


def faults_table(rows: list[tuple[str, str, str]], language: str) -> str:
    """The table of faults in MyST: fault, what is said, what survives."""
    text = words(language)
    head = [text(f"scenes.faults.{name}") for name in ("fault", "said", "survives")]
    lines = [f"| {' | '.join(head)} |", "|" + " --- |" * len(head)]
    return "\n".join([*lines, *(f"| {' | '.join(map(plain, row))} |" for row in rows)])
