"""Rival reports of one event stay apart and cannot be added up by accident."""

from __future__ import annotations

import pytest

from analysis.errors import UserError
from analysis.evidence import Evidence, events, total


def test_rival_tolls_cannot_be_summed(evidence: Evidence):
    with pytest.raises(UserError, match="rival reports of one event"):
        total(evidence.incidents, "killed")


def test_a_part_cannot_be_added_to_its_whole(evidence: Evidence):
    rows = events(evidence.incidents)
    with pytest.raises(UserError, match="I12 in I11"):
        total(rows, "killed")
    assert total(rows[rows["event_id"] != "I12"], "killed") > 0
    assert total(rows[rows["event_id"] == "I12"], "killed") == 0


def test_an_event_keeps_its_rivals_as_a_range(evidence: Evidence):
    rows = events(evidence.incidents).set_index("event_id")
    poltava = rows.loc["I25"]
    assert (poltava["killed"], poltava["killed_low"], poltava["killed_high"]) == (51, 51, 55)
    assert (poltava["injured_low"], poltava["injured_high"]) == (200, 330)
    assert (poltava["nk_missiles_low"], poltava["nk_missiles_high"]) == (0, 3)
    assert poltava["readings"] == 3
    assert poltava["disputed"]
    assert set(rows.index[rows["disputed"]]) == {"I05", "I25", "I40"}


def test_blank_and_none_differ(evidence: Evidence):
    rows = events(evidence.incidents).set_index("event_id")
    assert rows["killed"].isna()["I01"]
    assert rows.at["I16", "killed"] == 0


def test_undated_strikes_have_their_window(evidence: Evidence):
    rows = events(evidence.incidents).set_index("event_id")
    for event in ("I06", "I07", "I08"):
        assert str(rows.at[event, "date_low"].date()) == "2023-12-30"
        assert str(rows.at[event, "date_high"].date()) == "2024-02-07"
        assert "not stated" not in rows.at[event, "place"]
    assert rows.at["I26", "date"] == "2024-09"
