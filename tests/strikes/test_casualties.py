"""Tolls, totals and residuals, against sums by hand and planted rivals."""

import csv
import shutil

import pytest

from analysis import paths
from analysis.strikes import results

YEAR = ("2024-01-01", "2024-11-22")


def by_hand(incidents, what, joint):
    return sum(
        int(r[what])
        for r in incidents
        if r["reading"] == "a" and r[what]
        and r["date_high"] >= YEAR[0] and r["date_low"] <= YEAR[1]
        and (joint or r["attribution"] != "joint-label")
    )  # fmt: skip


@pytest.mark.parametrize("what", ["killed", "injured"])
@pytest.mark.parametrize(("key", "joint"), [("attributed", False), ("with-joint", True)])
def test_located_totals_equal_sums_by_hand(incidents, found, what, key, joint):
    result = found[f"strikes.{what}.located-{key}"]
    assert result.value == by_hand(incidents, what, joint)
    low, high = result.interval("1")
    assert low <= result.value <= high


def span_by_hand(incidents, what, end, joint):
    """Lowest and highest sum over the reports of each event, to a day, blanks as zero."""
    events = {}
    for r in incidents:
        inside = r["date_high"] >= "2023-12-30" and r["date_low"] <= end and not r["part_of"]
        if inside:
            events.setdefault(r["event_id"], []).append(r)
    low = high = 0
    for reports in events.values():
        if reports[0]["attribution"] == "joint-label" and not joint:
            continue
        tolls = [int(r[what] or 0) for r in reports]
        high += max(tolls)
        low += 0 if any(r["nk_missiles_high"] == "0" for r in reports) else min(tolls)
    return low, high


def test_residuals_over_rival_reports_can_change_sign(incidents, found):
    ends = {"pgo-feb": "2024-02-07", "sbu-feb": "2024-02-22", "pgo-mar": "2024-03-05",
            "pgo-may": "2024-02-27", "pgo-nov": "2024-11-23"}  # fmt: skip
    official = {"killed": (14, 24, 14, 24, 28), "injured": (70, 100, 76, 115, 213)}
    for what, totals in official.items():
        for (rung, end), total in zip(ends.items(), totals, strict=True):
            for name, joint in (("residual", False), ("residual-with-joint", True)):
                result = found[f"strikes.{what}.{name}.{rung}"]
                low, high = span_by_hand(incidents, what, end, joint)
                assert result.interval("1") == (total - high, total - low)
                assert result.interval_kind == "scenario"
    assert found["strikes.killed.residual.pgo-feb"].interval("1") == (-4, 10)
    assert found["strikes.killed.residual-with-joint.pgo-nov"].interval("1") == (-53, 16)


def test_residuals_are_signed_as_the_collection_has_them(found):
    table = {
        "pgo-feb": (-4, -55), "sbu-feb": (5, -32), "pgo-mar": (-5, -56), "pgo-may": (5, -17),
        "pgo-nov": (7, 78),
    }  # fmt: skip
    for rung, (killed, injured) in table.items():
        assert found[f"strikes.killed.residual.{rung}"].value == killed
        assert found[f"strikes.injured.residual.{rung}"].value == injured
    assert found["strikes.killed.residual-with-joint.pgo-nov"].value == -49
    assert found["strikes.injured.residual-with-joint.pgo-nov"].value == -230


def test_at_least_stays_a_floor(found):
    for key in ("killed.official-pgo-nov", "injured.official-pgo-nov", "killed.official-sbu-feb"):
        result = found[f"strikes.{key}"]
        assert result.value is None
        assert result.interval("1")[1] is None
    assert found["strikes.killed.official-pgo-may"].value == 24


def test_blanks_leave_the_floor_open(found):
    result = found["strikes.killed.located-attributed.floor"]
    assert result.extra["blanks"] > 0
    # Kharkiv and Kyiv of 2 January at their lowest, Pokrovsk at none since the governor
    # named S-300, Selydove and Rozhivka: 2 + 2 + 0 + 1 + 2; blanks may add to it.
    assert result.interval("1") == (7, None)
    # 62 + 49 + 0 + 3 (7 February) + 7 + 3.
    assert found["strikes.injured.located-attributed.floor"].interval("1") == (124, None)


def test_two_disputed_events_make_most_of_the_toll(found):
    def fall(total, what):
        pair = [found[f"strikes.killed.located-{name}"] for name in (total, what)]
        return pair[0].value - pair[1].value, pair[0].extra["events"] - pair[1].extra["events"]

    assert fall("with-joint", "without-disputed") == (51 + 11, 2)
    assert fall("attributed", "attributed-without-disputed") == (11, 1)


def test_growth_is_described_and_corrects_nothing(found):
    assert found["strikes.killed.growth.official"].value == 10
    assert found["strikes.injured.growth.official"].value == 39
    for what in ("killed", "injured"):
        assert found[f"strikes.{what}.growth.official"].kind == "derived"
    assert found["strikes.killed.growth.official"].extra["adopted_from"] == ["C14"]
    assert found["strikes.injured.growth.official"].extra["adopted_from"] == []
    scenario = found["strikes.killed.growth.scenario"]
    assert scenario.interval_kind == "scenario"
    assert scenario.interval("0.9") == (28, 48)


def test_a_planted_rival_toll_widens_the_span_and_adds_nothing(tmp_path, monkeypatch, found):
    folder = tmp_path / "evidence"
    shutil.copytree(paths.evidence_dir(), folder)
    with (folder / "incidents.csv").open(encoding="utf-8", newline="") as stream:
        table = list(csv.DictReader(stream))
    rival = dict(next(r for r in table if r["incident_id"] == "I17"))
    table[[r["incident_id"] for r in table].index("I17")]["incident_id"] = "I17a"
    rival |= {"incident_id": "I17b", "reading": "b", "is_alternative": "true", "killed": "9"}
    table.append(rival)
    with (folder / "incidents.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(rival), lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)
    links = (folder / "incident_sources.csv").read_text(encoding="utf-8")
    (folder / "incident_sources.csv").write_text(links.replace("I17,", "I17a,"), encoding="utf-8")
    monkeypatch.setenv("FEB11_EVIDENCE", str(folder))
    planted = {r.key: r for r in results()}
    before, after = (r["strikes.killed.located-attributed"] for r in (found, planted))
    assert after.value == before.value
    assert after.interval("1") == (before.interval("1")[0], before.interval("1")[1] + 7)
    assert planted["strikes.killed.residual.pgo-nov"].value == 7
