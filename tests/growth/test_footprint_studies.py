"""What the committed studies of footprints promise, and some of their worlds made again."""

import json
from dataclasses import replace

import numpy as np
import pytest
from bench import edges, footprint_worlds, footprints_report, footprints_tables, record
from scipy import stats

from analysis.growth import joint, posterior

AREAS = record.FOLDER / "footprints-areas.json"
LAW = record.FOLDER / "footprints-resolvability.json"


def areas():
    return json.loads(AREAS.read_text())


def law():
    return json.loads(LAW.read_text())


@pytest.mark.parametrize("study", ["matched", "mixed"])
def test_a_logged_world_made_again_gives_the_same_areas_and_intervals(study):
    kept = areas()
    seed = kept["ratio_rows"][study][0][0]
    world = footprint_worlds.measure(study, seed)
    inflation, measured = posterior.read_inflation(AREAS)
    assert measured
    again = footprints_report.area_rows([world], inflation)
    rows = [r for r in kept["rows"][study] if r[0] == seed]
    assert len(rows) == len(again)
    for old, new in zip(rows, again, strict=True):
        assert old[:4] == list(new[:4])
        # truth, estimate and interval; another processor rounds otherwise
        assert old[4:8] == pytest.approx(list(new[4:8]), rel=1e-3)
        assert old[8:10] == list(new[8:10])
    ratio = footprints_report.ratio_rows([world], inflation)[0]
    assert kept["ratio_rows"][study][0] == pytest.approx(list(ratio), rel=1e-3)


def test_the_tables_for_people_are_those_of_the_results():
    assert footprints_tables.FILE.read_text(encoding="utf-8") == footprints_tables.text()


def test_no_seed_that_was_scored_was_calibrated_on():
    seeds = areas()["seeds"] | law()["seeds"]
    taken = [set(s) for s in seeds.values()]
    assert len(set.union(*taken)) == sum(map(len, taken))


def test_errors_of_the_edges_come_from_the_study_for_each_pixel_size(tmp_path):
    kept = areas()["inflation"]
    for gsd in kept:
        found, measured = posterior.read_inflation(AREAS, float(gsd))
        assert measured
        assert found.scale == kept[gsd]["scale"]
    assert posterior.read_inflation(AREAS, 0.5) == (posterior.INFLATION, False)
    assert posterior.read_inflation(tmp_path / "none.json") == (posterior.INFLATION, False)


def test_errors_that_do_not_know_of_each_other_add_in_quadrature():
    one = posterior.Inflation(2.0, 0.3, 0.0, 0.1, 0.0, 0.4)
    two = posterior.Inflation(0.5, 0.4, 0.2, 0.0, 0.0, 0.3)
    both = edges.together([one, two])
    assert both.scale == pytest.approx(2.0)
    assert both.edge_common == pytest.approx(0.5)
    assert both.edge_own == pytest.approx(0.2)
    assert both.unseen == pytest.approx(0.5)
    assert edges.together([two, one]) == both


def logged(worlds: int, first: int, excess: float) -> list[dict]:
    """Worlds of three halls whose errors are ``excess`` times what their spread says.

    Half of the spread is common to the halls of a world, the errors are not: areas need one
    factor, ratios a larger one.
    """
    made = []
    for seed in range(first, first + worlds):
        chance = np.random.default_rng(seed)
        names = ["hall-a", "hall-b", "hall-new"]
        truth = chance.uniform(2000, 6000, 3)
        spread = np.outer(truth, truth) * 0.02**2 * (0.5 + 0.5 * np.eye(3))
        estimate = truth * np.exp(excess * 0.02 * chance.normal(size=3))
        made.append({
            "seed": seed, "buildings": {n: {"truth": t} for n, t in zip(names, truth, strict=True)},
            "joint": {"names": names, "estimate": estimate, "spread": spread,
                      "perimeter": 4 * np.sqrt(truth), "misfit": np.ones(3), "bulge": np.zeros(3),
                      "widths": np.zeros(4), "gsd": 10.0, "before": [9, 9, 9]},
        })  # fmt: skip
    return made


def held(records, inflation):
    areas, ratios = [], []
    for r in records:
        drawn = posterior.draw(edges.joint_of(r), r["seed"], inflation)
        areas += [posterior.need(drawn.of(n), r["buildings"][n]["truth"], 0.9) for n in drawn.names]
        ratios += [
            posterior.need(d, t, 0.9) for d, t in footprints_report.ratio_draws(r, inflation)
        ]
    return np.mean(np.array(areas) <= 1), np.mean(np.array(ratios) <= 1)


def test_calibrated_intervals_hold_fresh_worlds_as_often_as_they_say(monkeypatch):
    # the errors of the edges at their first guess: stretching alone has to mend them
    monkeypatch.setattr(edges, "fit_inflation", lambda *_, **__: posterior.INFLATION)
    fresh = logged(1500, 50_000, 3.0)
    bare = held(fresh, posterior.INFLATION)
    assert max(bare) < 0.85
    known = edges.calibrate(logged(400, 0, 3.0), footprints_report.ratio_draws, 1500.0)
    told = known.inflation
    assert told.stretch > 1.1
    assert told.ratio_stretch > 1.0
    assert held(fresh, told) == pytest.approx((0.9, 0.9), abs=0.03)
    for name, factor in (("areas", told.stretch), ("ratios", told.ratio_stretch)):
        low, high = known.stretches[name]["interval90"]
        assert low < factor < high
        assert known.stretches[name]["worlds"] == 400


def test_errors_are_shrunk_where_they_were_too_large(monkeypatch):
    monkeypatch.setattr(edges, "fit_inflation", lambda *_, **__: posterior.INFLATION)
    known = edges.calibrate(logged(200, 0, 0.3), footprints_report.ratio_draws, 1500.0)
    assert known.inflation.stretch < 0.7


def test_errors_that_judge_a_world_were_fitted_without_it(monkeypatch):
    seen = {}

    def fitted(records, **_):
        made = replace(posterior.INFLATION, edge_own=0.2 + 1e-9 * len(seen))
        seen[made.edge_own] = {r["seed"] for r in records}
        return made

    judged = []

    def ratios_of(record, inflation):
        judged.append((record["seed"], inflation.edge_own))
        return footprints_report.ratio_draws(record, inflation)

    monkeypatch.setattr(edges, "fit_inflation", fitted)
    edges.calibrate(logged(40, 0, 1.0), ratios_of, 1500.0)
    assert len(seen) == 1 + edges.FOLDS
    assert {seed for seed, _ in judged} == set(range(40))
    assert not any(seed in seen[edge] for seed, edge in judged)
    # neighbours in number are of different kinds: no fold holds one kind alone
    assert all(len({s % 2 for s in range(40) if s not in own}) == 2 or len(own) == 40
               for own in seen.values())  # fmt: skip


def test_too_few_worlds_stretch_nothing(monkeypatch):
    monkeypatch.setattr(edges, "fit_inflation", lambda *_, **__: posterior.INFLATION)
    few = edges.calibrate(logged(6, 0, 1.0), footprints_report.ratio_draws, 1500.0)
    assert (few.inflation.stretch, few.inflation.ratio_stretch) == (1.0, 1.0)
    without = edges.calibrate(logged(60, 0, 3.0), lambda *_: [], 1500.0)
    assert without.inflation.stretch != 1.0
    assert without.stretches["ratios"] == {"factor": 1.0, "worlds": 0}


def test_worlds_scored_apart_are_later_than_all_that_were_known():
    kept = areas()
    for name, own in kept["studies"].items():
        if "later" in own:
            rows = [r for r in kept["rows"][name] if r[0] >= own["later"]["from_seed"]]
            assert own["later"]["areas"]["n"] <= len(rows) < len(kept["rows"][name])


def test_no_study_reaches_the_worlds_on_which_the_fit_was_improved():
    for _, first in footprint_worlds.STUDIES.values():
        assert first + 10_000 <= footprint_worlds.DEVELOPED_ON


def test_tables_follow_from_their_rows():
    kept = areas()
    for study, rows in kept["rows"].items():
        made = footprints_report.areas([tuple(r) for r in rows], 10.0)
        told = kept["studies"][study]["areas"]
        assert made["coverage"]["share"] == pytest.approx(told["coverage"]["share"], abs=1e-4)
        assert made["errors"]["all"]["rmse"] == pytest.approx(
            told["errors"]["all"]["rmse"], rel=1e-3
        )
    for entry in law()["law"].values():
        off = np.array([r[2] - r[1] for r in entry["rows"]])
        assert entry["rmse"] == pytest.approx(float(np.sqrt((off**2).mean())), rel=2e-3)


def test_the_law_keeps_to_the_ratio_of_the_claim():
    for entry in law()["law"].values():
        assert entry["worlds"] == len(entry["rows"])
        assert all(0.63 < row[1] < 0.67 for row in entry["rows"])
        assert 0 < entry["bound"] < 1


def test_probabilities_of_readings_are_probabilities():
    for study in areas()["studies"].values():
        for one in study["readings"]["bins"]:
            assert one["from"] <= one["stated"] <= one["to"]
            assert 0 <= one["true"] <= 1


def drawn_worlds(true: posterior.Inflation, count: int) -> list[dict]:
    """Logged worlds whose errors were drawn from known errors of the edges."""
    chance = np.random.default_rng(5)
    made = []
    for seed in range(count):
        truth = chance.uniform(1500, 6000, 5)
        edge, misfit = 4.2 * np.sqrt(truth), 1 + chance.exponential(2.0, 5)
        bulge, before = chance.choice([0.0, 3.0], 5), np.r_[0, chance.integers(1, 9, 4)]
        spread = np.diag((0.004 * truth) ** 2)
        own = joint.Joint(tuple("abcde"), truth, spread, edge, misfit, bulge, np.zeros(4), 10.0,
                          before)  # fmt: skip
        whole = posterior.covariance(own, true) / np.outer(truth, truth)
        away = np.linalg.cholesky(whole) @ chance.standard_normal(5)
        away *= np.sqrt(true.freedom / chance.chisquare(true.freedom))
        made.append({
            "seed": seed,
            "buildings": {n: {"truth": t} for n, t in zip("abcde", truth, strict=True)},
            "joint": {"names": list("abcde"), "estimate": truth * np.exp(away), "spread": spread,
                      "perimeter": edge, "misfit": misfit, "bulge": bulge, "widths": np.zeros(4),
                      "gsd": 10.0, "before": before.tolist()},
        })  # fmt: skip
    return made


def test_errors_of_the_edges_that_were_drawn_are_found_again():
    true = posterior.Inflation(scale=2.0, edge_common=0.15, edge_own=0.2, misfit_edge=0.1,
                               shape=0.05, unseen=0.4, freedom=4.0)  # fmt: skip
    worlds = drawn_worlds(true, 150)
    found = edges.fit_inflation(worlds)
    for name in ("scale", "edge_common", "edge_own", "freedom", "unseen"):
        assert getattr(found, name) == pytest.approx(getattr(true, name), rel=0.5), name
    # what counts is the width that it gives
    for of in (edges.joint_of(w) for w in worlds[:20]):
        wide, right = (np.sqrt(np.diag(posterior.covariance(of, i))) for i in (found, true))
        factor = stats.t.ppf(0.95, found.freedom) / stats.t.ppf(0.95, true.freedom)
        assert factor * wide == pytest.approx(right, rel=0.25)
