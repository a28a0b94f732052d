"""Heights from shadows: by hand, on a drawn estate, and as the committed study has them."""

import json
import math
from dataclasses import replace

import matplotlib
import numpy as np
import pytest
from bench import heights as bench
from bench import record
from shapely import affinity
from shapely.geometry import Polygon

from analysis import housing
from analysis.housing import (
    figures_heights,
    heights,
    heights_results,
    imagery_results,
    study_heights,
    zone,
)
from analysis.simulate.world import ORIGIN
from tests.housing.estates import site_of

matplotlib.use("Agg")
SEED = 990_501
"""Looked at during development; the study has others."""

SURE = heights.Errors(1.0, 0.2, 0.05, 0.0, 0.02)


@pytest.fixture(scope="module")
def drawn():
    before = bench.prior()
    world, storeys = bench.world(SEED, "noise", "sim-3m", 24, before)
    found, cube = bench.measured(world, "sim-3m", SEED)
    truth = {b.id: affinity.translate(Polygon(b.roof), *ORIGIN) for b in world.buildings}
    return world, storeys, found, cube, truth


@pytest.fixture(scope="module")
def told(drawn):
    """True building, height and reason of every candidate that is a block."""
    world, _, found, cube, truth = drawn
    rows = []
    for b in found.candidates:
        own = max(truth, key=lambda n: truth[n].intersection(b.outline).area)
        rows.append((world.by_id[own], b, *heights.of_block(b.thing, b.fit, cube, SURE)))
    return rows


@pytest.fixture(scope="module")
def study():
    return json.loads((record.FOLDER / "heights.json").read_text(encoding="utf-8"))


def test_a_shadow_under_enough_suns_tells_the_height(told):
    seen = [(building, height) for building, _, height, _ in told if height is not None]
    assert len(seen) >= 2
    for building, height in seen:
        assert height.metres == pytest.approx(building.height, abs=1.5)
        assert height.angles >= heights.ANGLES


def test_storeys_that_follow_are_those_that_were_drawn(drawn, told):
    _, storeys, *_ = drawn
    before = bench.prior()
    for building, _, height, _ in told:
        if height is None:
            continue
        numbers, chances = before.chances(height)
        assert chances.sum() == pytest.approx(1)
        assert chances[numbers == storeys[building.id]][0] > 0.05
        low, high = before.quantiles(height, (0.01, 0.99))
        assert low - 0.5 <= building.height <= high + 0.5


def test_a_foundation_has_no_height(told, drawn):
    _, building, _, _ = told[0]
    works = replace(building.thing, kind="ground-works")
    assert heights.of_block(works, building.fit, drawn[3], SURE) == (None, heights.FOUNDATION)
    unroofed = replace(building.thing, roof_on=None)
    assert heights.of_block(unroofed, building.fit, drawn[3], SURE)[0] is None


def test_without_an_outline_a_study_or_enough_suns_nothing_is_told(told, drawn):
    cube = drawn[3]
    _, building, *_ = next(row for row in told if row[2] is not None)
    thing, fit = building.thing, building.fit
    assert heights.of_block(thing, None, cube, SURE) == (None, heights.NO_OUTLINE)
    assert heights.of_block(thing, fit, cube, None) == (None, heights.NO_STUDY)
    late = cube.isel(time=slice(0, 12))
    assert heights.of_block(thing, fit, late, SURE) == (None, heights.FEW_ANGLES)
    unknown = cube.drop_vars("sun_elevation")
    assert heights.of_block(thing, fit, unknown, SURE) == (None, heights.FEW_ANGLES)


def test_suns_that_stand_alike_count_once(drawn):
    cube = drawn[3]
    outline = next(iter(drawn[4].values()))
    every = heights.sun_angles(cube, outline, None, None)
    assert heights.ANGLES < every <= cube.sizes["time"]
    twice = cube.isel(time=np.r_[0 : cube.sizes["time"], 0 : cube.sizes["time"]])
    assert heights.sun_angles(twice, outline, None, None) == every
    still = cube.assign_coords(
        sun_elevation=("time", np.full(cube.sizes["time"], 40.0)),
        sun_azimuth=("time", 170 + 0.1 * np.arange(cube.sizes["time"])),
    )
    assert heights.sun_angles(still, outline, None, None) == 1
    hidden = cube.assign(valid=cube["valid"] & False)
    assert heights.sun_angles(hidden, outline, None, None) == 0


def test_storeys_by_hand():
    before = heights.Prior.of((1, 7), (3.0, 3.0 + 1e-9), (0.0, 1e-9))
    seen = heights.Height(9.0, 0.2, 0.0, 8)
    numbers, chances = before.chances(seen)
    assert list(numbers) == [1, 2, 3, 4, 5, 6, 7]
    assert chances[2] > 0.99
    unsure = heights.Height(9.0, 0.2, 1.0, 8)
    assert before.chances(unsure)[1] == pytest.approx(np.full(7, 1 / 7))


def test_a_height_between_two_numbers_of_storeys_leaves_both():
    before = heights.Prior.of((1, 7), (2.7, 3.3), (0.0, 1.5))
    _, chances = before.chances(heights.Height(16.0, 0.3, 0.01, 9))
    assert chances[4] > 0.2
    assert chances[3] + chances[4] + chances[5] > 0.95
    assert before.quantiles(None, (0.5,))[0] == pytest.approx(12.75, abs=0.3)


def test_a_height_that_no_source_allows_falls_back_on_the_prior():
    before = heights.Prior.of((1, 2), (2.7, 3.3), (0.0, 1.5))
    _, chances = before.chances(heights.Height(30.0, 0.2, 0.05, 9))
    assert chances == pytest.approx([0.5, 0.5], abs=0.05)


def test_errors_are_learnt_from_the_misses():
    rng = np.random.default_rng(3)
    own, metres, each = rng.uniform(0.1, 0.3, 400), rng.uniform(3, 22, 400), np.arange(400)
    off = rng.standard_t(5, 400) * np.hypot(np.hypot(2.0 * own, 0.2), 0.05 * metres)
    found = heights.learn(off, metres, own, np.ones(400), each)
    for height in (5.0, 20.0):
        expected = math.hypot(2.0 * 0.2, 0.2, 0.05 * height)
        assert found.deviation(height, 0.2, 1.0) == pytest.approx(expected, rel=0.2)
    assert found.odd < 0.03
    off[::20] = rng.uniform(-15, 15, 20)
    again = heights.learn(off, metres, own, np.ones(400), each)
    assert again.odd == pytest.approx(0.05, abs=0.03)
    assert again.deviation(10.0, 0.2, 1.0) > found.deviation(10.0, 0.2, 1.0)


def test_errors_that_an_estate_shares_are_not_taken_for_many():
    """Blocks on one slope are all too tall or all too low: few estates tell less than they seem."""
    rng = np.random.default_rng(5)
    held = []
    for _ in range(12):
        slope = np.repeat(rng.normal(0, 0.06, 40), 4)
        metres, estates = rng.uniform(3, 22, 160), np.repeat(np.arange(40), 4)
        off = slope * metres + rng.normal(0, 0.05, 160)
        tuned = estates < 20
        own, one = np.full(160, 0.05), np.ones(160)
        found = heights.learn(off[tuned], metres[tuned], own[tuned], one[tuned], estates[tuned])
        sd = np.array([found.deviation(m, 0.05, 1.0) for m in metres[~tuned]])
        held.append(np.mean(np.abs(off[~tuned]) < 2.015 * sd))
    assert np.mean(held) >= 0.87


def test_only_a_study_of_such_pixels_that_was_good_enough_is_used(tmp_path):
    file = tmp_path / "heights.json"
    assert heights.read(file, 3.0) is None
    errors = {"scale": 1.0, "floor": 0.3, "share": 0.05, "misfit": 0.1, "odd": 0.02}
    part = {"gsd": 3.0, "usable": True, "errors": errors}
    file.write_text(json.dumps({"sensors": {"fine": part}}))
    assert heights.read(file, 3.2) == heights.Errors(**errors)
    assert heights.read(file, 10.0) is None
    file.write_text(json.dumps({"sensors": {"fine": part | {"usable": False}}}))
    assert heights.read(file, 3.0) is None


def _zone(drawn, told, *, measured):
    """The estate as a zone, with its shadows read or not."""
    world, _, found, cube, _ = drawn
    site = site_of(((-140, -70), (140, -70), (140, 70), (-140, 70)))
    shapes = (Polygon([(ORIGIN[0] + x, ORIGIN[1] + y) for x, y in
                       ((-160, -160), (160, -160), (160, 160), (-160, 160))]),)  # fmt: skip
    view = zone.view("sim-3m", cube, shapes, site, found, SEED)
    by_id = {b.id: (height, why) for _, b, height, why in told}
    made = tuple(
        replace(b, height=by_id[b.id][0] if measured else None,
                why_no_height=by_id[b.id][1] if measured else heights.NO_STUDY)
        for b in view.blocks
    )  # fmt: skip
    crs = str(cube.attrs["crs"])
    return zone.Zone("simulated", "simulated", 0.9, crs, shapes, (replace(view, blocks=made),),
                     "", ("drawn",))  # fmt: skip


def test_measured_storeys_are_stated_per_block_and_per_roof_and_stay_simulated(drawn, told):
    model = housing.model(20241125)
    seen = _zone(drawn, told, measured=True)
    found = {r.key: r for r in imagery_results.results(seen, model)}
    count = sum(height is not None for *_, height, _ in told)
    assert found["housing.imagery.storeys.measured"].value == count
    storeys, metres = found["housing.imagery.storeys"], found["housing.imagery.height"]
    assert 1 <= storeys.interval("0.9")[0] <= storeys.value <= storeys.interval("0.9")[1] <= 7
    true = [b.height for b, _, height, _ in told if height is not None]
    assert metres.interval("0.99")[0] <= np.median(true) <= metres.interval("0.99")[1]
    people = {k: r for k, r in found.items() if ".measured" in k and "persons" in r.unit}
    assert {r.unit for r in people.values()} == {"persons per block",
                                                 "persons per 1,000 m² of roof"}  # fmt: skip
    assert {r.kind for r in people.values()} == {"simulated"}
    assert people["housing.imagery.workers.family.measured"].value is None
    for result in found.values():
        for name in result.inputs:
            assert not name.startswith("result:") or name.removeprefix("result:") in found, name
    narrow, wide = (r.interval("0.9") for r in (
        people["housing.imagery.residents.family.measured.per_roof"],
        {r.key: r for r in housing.results(20241125)}["housing.residents.family.per_roof"],
    ))  # fmt: skip
    assert narrow[1] - narrow[0] < wide[1] - wide[0]


def test_where_no_shadow_is_read_storeys_keep_their_prior_and_say_why(drawn, told):
    seen = _zone(drawn, told, measured=False)
    found = {r.key: r for r in imagery_results.results(seen, housing.model(20241125))}
    assert found["housing.imagery.storeys.measured"].value == 0
    storeys = found["housing.imagery.storeys"]
    assert storeys.value is None
    assert heights.NO_STUDY in storeys.why_no_value
    assert heights_results.PRIOR in storeys.why_no_value
    assert not any(".measured" in k and "persons" in r.unit for k, r in found.items())


def test_the_study_meets_the_limit_that_lets_shadows_be_used(study):
    for name, part in study["sensors"].items():
        score = part["score"]
        assert score["of_foundations"] == 0, name
        narrower = score["mean_width_m"] < score["prior_width_m"]
        assert part["usable"] == (score["rmse_m"] <= heights.MOST_RMSE_M and narrower), name
    fine = study["sensors"]["sim-3m"]
    assert fine["usable"]
    assert fine["score"]["rmse_m"] <= 2.5
    assert fine["score"]["coverage"] >= 0.85
    assert fine["score"]["rmse_m"] < fine["score"]["prior_rmse_m"] / 2


def test_a_block_of_the_study_is_scored_with_the_errors_of_the_other_half(study):
    before = bench.prior()
    ends = (0.05, 0.5, 0.95)
    for part in study["sensors"].values():
        halves = {h: [r for r in part["blocks"] if r["half"] == h] for h in bench.FIRST}
        errors = bench.errors_of(halves["one"])
        row = halves["other"][0]
        assert row["seed"] >= bench.FIRST["other"]
        assert all(r["seed"] < bench.FIRST["other"] for r in halves["one"])
        sd = errors.deviation(row["fitted"], row["own"], row["misfit"])
        again = heights.Height(row["fitted"], sd, errors.odd, row["angles"])
        told = [row["low"], row["median"], row["high"]]
        assert before.quantiles(again, ends) == pytest.approx(told, abs=0.02)


def test_the_results_of_the_study_and_its_figure_say_that_they_are_simulated():
    made = {r.key: r for r in study_heights.results()}
    assert {r.kind for r in made.values()} == {"simulated"}
    assert made[f"{study_heights.STEM}.sim-3m.rmse"].unit == "m"
    figure = figures_heights.predicted(study_heights.read(), "en")
    marks = [t for a in figure.axes for t in a.texts if t.get_text() == "SIMULATED"]
    assert len(marks) == len(figure.axes)
    assert figures_heights.alt(study_heights.read(), "en")
    data = figures_heights.values(study_heights.read())
    assert set(data["kind"]) == {"simulated"}
