"""What the committed studies promise, and a few of their worlds made again."""

import json

import numpy as np
import pytest
from bench import alarms, conformal, dates, oracles, record
from bench.worlds import matched

from analysis.growth import timeline

RESULTS = record.FOLDER


def test_conformal_margins_come_from_the_study_and_are_read_back():
    kept = timeline.read_calibration(RESULTS / "dates.json")
    assert kept is not None
    for event in timeline.EVENTS:
        assert kept.margin(event, 0.9) == kept.margins[event]["0.9"]
        assert kept.margin(event, 0.85) == kept.margins[event]["0.9"]


def test_a_missing_study_is_no_calibration(tmp_path):
    assert timeline.read_calibration(tmp_path / "dates.json") is None


def test_the_pair_method_beats_plain_change_vectors_at_95_percent():
    study = json.loads((RESULTS / "pairs.json").read_text())
    for block in study["difference_to"]["plain"].values():
        assert block["f1"][0] > 0
        assert block["average_precision"][0] > 0
        assert block["average_precision_mean_of_scenes"][0] > 0
    assert study["null_series"]["ours"] < study["null_series"]["three residuals"]


def test_every_variant_that_was_tried_is_logged():
    log = json.loads((RESULTS / "pair-variants.json").read_text())["variants"]
    assert len(log) > 100
    assert log[0]["variant"].startswith("plain")


def test_a_drawn_world_gives_dates_for_most_of_its_halls():
    row = dates.one(("matched", dates.FIRST_SEED["calibrate"], 24))["rows"]
    dated = [r for r in row if "roof_on" in r]
    assert len(dated) >= 0.6 * len(row)
    inside = [r["roof_on"]["spans"]["0.99"] for r in dated]
    truth = [r["roof_on"]["truth"] for r in dated]
    held = [low <= t <= high for t, (low, high) in zip(truth, inside, strict=True)]
    assert np.mean(held) >= 0.5


def test_irmad_is_blind_to_gain_and_offset_and_sees_change():
    rng = np.random.default_rng(1)
    one = rng.normal(size=(3, 60, 60)) + np.arange(3)[:, None, None]
    two = 2.5 * one + 4 + 0.05 * rng.normal(size=one.shape)
    two[:, 10:16, 10:16] += np.array([3.0, -2.0, 4.0])[:, None, None]
    score, _ = oracles.irmad(one, two)
    assert score[10:16, 10:16].min() > np.quantile(np.delete(score.ravel(), 0), 0.98)
    again, _ = oracles.irmad(one, 7 * two - 1)
    assert np.allclose(score, again, rtol=0.05)


def test_matching_names_no_building_without_a_candidate():
    from analysis import simulate

    world = simulate.draw(1, simulate.MATCHED)
    cube = simulate.cube(world)
    assert all(m.candidate is None for m in matched(world, cube, []))


@pytest.mark.parametrize("level", [0.5, 0.9])
def test_margin_of_worlds_that_are_all_inside_is_not_positive(level):
    assert conformal.margin([[-1.0, -2.0]] * 40, level) <= 0


def test_conformal_margin_covers_new_worlds_nine_times_in_ten():
    rng = np.random.default_rng(2)

    def misses(worlds):
        shared = rng.normal(size=(worlds, 1))
        return shared + 0.5 * rng.normal(size=(worlds, 8))

    margin = conformal.margin(list(misses(400)), 0.9)
    assert np.mean(misses(4000) <= margin) == pytest.approx(0.9, abs=0.03)


def _study(name):
    return json.loads((RESULTS / f"{name}.json").read_text())


def test_dates_hold_nine_times_in_ten_on_worlds_that_break_the_model():
    study = _study("dates")
    widths = {"ground_broken": 3.0, "roof_on": 4.0}
    for event, widest in widths.items():
        scored = study["scored"][event]
        assert 0.87 <= scored["interval90"][0] <= scored["interval90"][1] <= 0.93
        assert scored["median_floor_gaps"] < scored["median_width_gaps"] <= widest
        assert min(c["share"] for c in study["cells"][event].values() if c) >= 0.8
    own, others = (range(*_span(study["seeds"][role])) for role in ("calibrate", "score"))
    assert not set(own) & set(others)


def _span(seeds):
    first, count = seeds
    return first, first + count


def test_still_ground_alarms_less_than_once_in_five_square_kilometre_years():
    study = _study("alarms")
    assert study["exposure_km2_years"] >= alarms.EXPOSURE
    assert study["interval90"]["objects"][1] <= 0.2
    assert study["interval90"]["new_footprints"][1] <= 0.2


@pytest.mark.parametrize("number", [1, 7])
def test_a_still_world_made_again_gives_the_alarms_that_were_recorded(number):
    kept = _study("alarms")["worlds"][number]
    again = alarms.one((kept["spec"], kept["seed"], kept["scenes"]))
    assert again["classes"] == kept["classes"]
    assert again["threshold"] == pytest.approx(kept["threshold"], rel=1e-3)


def test_ten_thousand_injections_take_less_than_a_minute_and_agree_with_the_detector():
    study = _study("injections")
    assert study["injections"] == 10_000
    assert study["slowest_seconds"]["processor"] < 60
    assert study["slowest_seconds"]["wall"] < 60
    assert study["agreement"]["same"] >= 0.9 * study["agreement"]["compared"]
    assert all(c["found_without_contrast"] == 0 for c in study["cubes"])


def test_the_scan_is_faster_than_its_peers_and_linear_in_dates():
    study = _study("speed")
    assert study["times_as_fast_as"]["ruptures KernelCPD"]["processor"] >= 6
    assert study["times_as_fast_as"]["nrt CuSum, as many bands"]["processor"] >= 3
    seconds = study["by_dates_processor_seconds"]
    assert seconds["240"] <= 2 * 8 * seconds["30"]
