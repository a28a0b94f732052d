"""What became of the size claim in the retellings.

Each retelling was put into a class by one coder, from the wording alone. The
retellings are those that a search brought up: a convenience sample, from which
nothing follows for retellings that were not found.
"""

from __future__ import annotations

import pandas as pd

from analysis.evidence import load
from analysis.steps import step

CLASSES = ("same", "inverted", "inflated", "other")
"""``same``: the new hall has the published share of the older one; ``inverted``:
it is smaller by that share; ``inflated``: it is larger; ``other``: the figure
is lost."""


@step(reads=("evidence",))
def retellings() -> pd.DataFrame:
    """The retellings, by class, family and language.

    Columns: ``drift_id``, ``source_key``, ``publisher``, ``language``,
    ``family`` (texts that copy one another), ``wording`` (one of `CLASSES`),
    ``ratio_low`` and ``ratio_high`` (new over older hall as the wording
    implies; missing where no figure is left), ``paraphrase``.
    """
    table = load().claim_drift.rename(columns={"text_family": "family", "wording_class": "wording"})
    columns = ["drift_id", "source_key", "publisher", "language", "family", "wording",
               "ratio_low", "ratio_high", "paraphrase"]  # fmt: skip
    order = table["wording"].astype(str).map({name: n for n, name in enumerate(CLASSES)})
    return (
        table[columns]
        .astype({"wording": "string"})
        .assign(order=order)
        .sort_values(["order", "family", "language"], kind="stable")
        .drop(columns="order")
        .reset_index(drop=True)
    )


def tally(rows: pd.DataFrame) -> pd.DataFrame:
    """Items, families and languages of each class, and of all (index: `CLASSES`, ``all``).

    A family or a language can be in several classes, so their rows need not
    add up to ``all``.
    """
    groups = {name: rows[rows["wording"] == name] for name in CLASSES}
    groups["all"] = rows
    return pd.DataFrame(
        {
            name: {
                "items": len(group),
                "families": group["family"].nunique(),
                "languages": group["language"].nunique(),
            }
            for name, group in groups.items()
        }
    ).T


def split_families(rows: pd.DataFrame) -> list[str]:
    """Families whose texts ended in more than one class, sorted."""
    classes = rows.groupby("family")["wording"].nunique()
    return sorted(classes[classes > 1].index)
