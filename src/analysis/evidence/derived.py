"""Recompute the derived rows of the table of aggregate claims.

Rows of basis ``derived`` (D01 to D30) are figures that follow from the other
tables. Each is computed again here from launches and incidents, over the
period that the row itself names, so that a wrong total cannot stand.

Families of labels, in the words of the table ``labels``: the *family* is
Iskander-M, joint and KN-23; by label alone, its low end holds the missiles
named KN-23 outright and its high end those under the joint label as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from analysis.evidence.incidents import located, total
from analysis.evidence.lineage import parents
from analysis.evidence.package import Evidence

Ends = tuple[float | None, float | None]
"""Low and high end; nothing where the row states none."""

ROUNDING = 0.0005
"""Shares stand in the table with three decimals."""


@dataclass(frozen=True)
class Launches:
    """Rows of the launch series in one period, with the flags of their labels."""

    rows: pd.DataFrame
    """Rows of ``launches`` of role ``series``, joined with ``labels``."""

    def of(self, *families: str) -> pd.DataFrame:
        """Rows whose label is of one of the families."""
        return self.rows[self.rows["family"].isin(families)]

    def missiles(self, *families: str) -> int:
        """Missiles launched under labels of the families; rows without a number add none."""
        return int(self.of(*families)["launched"].sum())

    def family(self) -> int:
        """Missiles under the pure labels of the family."""
        return self.missiles("iskander-m", "joint", "kn-23")

    def mixed(self) -> int:
        """Missiles of mixed rows that may hold some of the family."""
        rows = self.of("mixed")
        return int(rows[rows["may_hold_iskander_family"]]["launched"].sum())

    def without_crimea(self) -> Launches:
        """The same without the joint rows that name Crimea as a launch area."""
        rows = self.rows
        return Launches(rows[~((rows["family"] == "joint") & rows["names_crimea"])])


def launches(evidence: Evidence, start: date, end: date) -> Launches:
    """The launch series from the first to the last day, both included."""
    rows = evidence.launches
    inside = rows["date"].between(pd.Timestamp(start), pd.Timestamp(end))
    return Launches(rows[inside & (rows["role"] == "series")].merge(evidence.labels, on="label"))


def recompute(evidence: Evidence) -> dict[str, Ends]:
    """Low and high end of every derived row that can be computed, by claim id.

    Units are those of the rows; a row whose period is blank is left out.
    """
    table = evidence.aggregate_claims
    found: dict[str, Ends] = {}
    for row in table[table["basis"] == "derived"].itertuples(index=False):
        rule = RULES.get(str(row.claim_id))
        if rule is None or pd.isna(row.period_start) or pd.isna(row.period_end):
            continue
        found[str(row.claim_id)] = rule(evidence, row)
    return found


def agrees(stated: float | None, computed: float | None, unit: str) -> bool:
    """Whether a stated end is the computed one, to the rounding of its unit."""
    if stated is None or computed is None:
        return stated is None and computed is None
    slack = ROUNDING + 1e-9 if unit.startswith("share") else 1e-9
    return abs(stated - computed) <= slack


def _in(evidence: Evidence, row: Any) -> Launches:
    return launches(evidence, row.period_start.date(), row.period_end.date())


def _by_label(found: Launches) -> tuple[int, int]:
    return found.missiles("kn-23"), found.missiles("kn-23", "joint")


def _plain(evidence: Evidence, row: Any) -> Ends:
    count = _in(evidence, row).missiles("iskander-m")
    return count, count


def _labelled(evidence: Evidence, row: Any) -> Ends:
    return _by_label(_in(evidence, row))


def _labelled_without_crimea(evidence: Evidence, row: Any) -> Ends:
    return _by_label(_in(evidence, row).without_crimea())


def _family_and_mixed(evidence: Evidence, row: Any) -> Ends:
    found = _in(evidence, row)
    return found.family(), found.family() + found.mixed()


def _family(evidence: Evidence, row: Any) -> Ends:
    count = _in(evidence, row).family()
    return count, count


def _aeroballistic(evidence: Evidence, row: Any) -> Ends:
    count = _in(evidence, row).missiles("aeroballistic")
    return count, count


def _share_of_missiles(evidence: Evidence, row: Any) -> Ends:
    found = _in(evidence, row)
    low, high = _by_label(found)
    return low / found.family(), high / found.family()


def _share_without_crimea(evidence: Evidence, row: Any) -> Ends:
    """Joint rows that name Crimea leave the numerator, not the denominator."""
    found = _in(evidence, row)
    low, high = _by_label(found.without_crimea())
    return low / found.family(), high / found.family()


def _share_of_days(evidence: Evidence, row: Any) -> Ends:
    found = _in(evidence, row)
    days = found.of("iskander-m", "joint", "kn-23")["date"].nunique()
    return (
        found.of("kn-23")["date"].nunique() / days,
        found.of("kn-23", "joint")["date"].nunique() / days,
    )


def _share_of_rows(evidence: Evidence, row: Any) -> Ends:
    found = _in(evidence, row)
    rows = len(found.of("iskander-m", "joint", "kn-23"))
    return len(found.of("kn-23")) / rows, len(found.of("kn-23", "joint")) / rows


def _claimed(evidence: Evidence, claim: str) -> float:
    table = evidence.aggregate_claims.set_index("claim_id")
    return float(table.at[claim, "low"])


def _claimed_share(evidence: Evidence, row: Any) -> Ends:
    share = _claimed(evidence, "C37") / _claimed(evidence, "C38")
    return share, share


def _with_s300(evidence: Evidence, row: Any) -> Ends:
    found = _in(evidence, row)
    low = found.family() + found.missiles("s300")
    return low, low + found.missiles("aeroballistic")


def _claimed_over_denominators(evidence: Evidence, row: Any) -> Ends:
    claimed = _claimed(evidence, "C37")
    _, widest = _with_s300(evidence, row)
    assert widest is not None
    return claimed / widest, claimed / (_claimed(evidence, "C38") + claimed)


def _with_mixed_kn23(evidence: Evidence, row: Any) -> Ends:
    """Upper end open: the joint row of 27 February has no number."""
    found = _in(evidence, row)
    mixed = found.of("mixed")
    named = int(mixed[mixed["names_kn23"]]["launched"].sum())
    return found.missiles("kn-23") / (found.family() + named), None


def _fewest_to_a_third(evidence: Evidence, row: Any) -> Ends:
    """The share once the fewest plain Iskander-M that make a third are added."""
    found = _in(evidence, row)
    _, high = _by_label(found)
    share = max(high, -(-found.family() // 3)) / found.family()
    return share, share


def _launch_region_rule(evidence: Evidence, row: Any) -> Ends:
    """Launches from the regions that the prosecutors name.

    Low: every named place is Belgorod, Kursk or Voronezh. High: one of them is
    named among others, or a mixed row says only "north".
    """
    found = _in(evidence, row)
    pure = found.rows[found.rows["iskander_family"]]
    low = int(pure[pure["pgo_regions_only"]]["launched"].sum())
    some = int(pure[pure["pgo_region"]]["launched"].sum())
    mixed = found.of("mixed")
    north = mixed[mixed["pgo_region"] | (mixed["origin"] == "north").fillna(False)]
    return low, some + int(north[north["may_hold_iskander_family"]]["launched"].sum())


def _sum_of_parents(what: Any) -> Callable[[Evidence, Any], Ends]:
    def rule(evidence: Evidence, row: Any) -> Ends:
        ids = parents(evidence).get(str(row.claim_id), set())
        table = evidence.incidents
        count = total(table[table["incident_id"].isin(ids)], what)
        return count, count

    return rule


def _located(what: Any, *, open_end: bool) -> Callable[[Evidence, Any], Ends]:
    """Attributed incidents; the high end, where there is one, adds joint-label ones."""

    def rule(evidence: Evidence, row: Any) -> Ends:
        start, end = row.period_start.date(), row.period_end.date()
        low = located(evidence.incidents, start, end, what, joint=False)
        if open_end:
            return low, None
        return low, located(evidence.incidents, start, end, what, joint=True)

    return rule


RULES: dict[str, Callable[[Evidence, Any], Ends]] = {
    "D01": _plain,
    "D02": _labelled,
    "D03": _family_and_mixed,
    "D04": _labelled_without_crimea,
    "D05": _family_and_mixed,
    "D06": _labelled,
    "D07": _aeroballistic,
    "D08": _family_and_mixed,
    "D09": _family,
    "D10": _share_of_missiles,
    "D11": _claimed_share,
    "D12": _share_of_missiles,
    "D13": _share_without_crimea,
    "D14": _share_of_days,
    "D15": _share_of_rows,
    "D16": _share_of_days,
    "D17": _share_of_rows,
    "D18": _with_s300,
    "D19": _claimed_over_denominators,
    "D20": _with_mixed_kn23,
    "D21": _fewest_to_a_third,
    "D22": _launch_region_rule,
    "D23": _sum_of_parents("killed"),
    "D24": _sum_of_parents("injured"),
    "D25": _located("killed", open_end=True),
    "D26": _located("injured", open_end=True),
    "D27": _located("killed", open_end=True),
    "D28": _located("injured", open_end=True),
    "D29": _located("killed", open_end=False),
    "D30": _located("injured", open_end=False),
}
"""How each derived row follows from the tables."""
