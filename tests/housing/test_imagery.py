"""The housing zone from scenes: drawn estates against their truth, and scenes that show nothing."""

import json
import math
import re
from dataclasses import replace

import matplotlib
import numpy as np
import pandas as pd
import pytest
from bench import blocks as bench
from bench import record
from matplotlib.text import Text

from analysis import evidence, figures, housing, simulate
from analysis.errors import UserError
from analysis.growth import measure as growth
from analysis.housing import blocks, figures_zone, imagery, imagery_results, zone
from analysis.housing.study import results as study_results
from analysis.simulate.world import ORIGIN
from analysis.words import words
from tests.housing.estates import InMemory, cube_of, estate, site_of

matplotlib.use("Agg")
SEED = 950_001
"""Looked at during development; the study has others."""


@pytest.fixture(scope="module")
def model():
    return housing.model(20241125)


@pytest.fixture(scope="module")
def drawn():
    return estate(SEED)


def test_blocks_are_counted_outlined_and_dated_as_they_were_drawn(drawn):
    truth = drawn.world.buildings
    assert len(truth) >= 5
    low, _, high = blocks.interval(drawn.view.chances, 0.9)
    assert low <= len(truth) <= high
    assert drawn.view.chances.sum() == pytest.approx(1)
    assert drawn.view.before.shape == drawn.view.chances.shape
    for block in drawn.view.blocks:
        assert block.area is not None
        east, north = block.outline.centroid.x - ORIGIN[0], block.outline.centroid.y - ORIGIN[1]
        own = min(truth, key=lambda b: math.dist(np.mean(b.roof, axis=0), (east, north)))
        assert math.dist(np.mean(own.roof, axis=0), (east, north)) < 3.0
        assert np.median(block.area) == pytest.approx(own.size("roof"), rel=0.1)
        roof = float(np.datetime64(own.roof_on, "D").astype(int))
        assert block.roof_on.low - 120 <= roof <= block.roof_on.high + 120


def test_results_of_simulated_scenes_are_simulated_and_per_block(drawn, model):
    found = {r.key: r for r in imagery_results.results(drawn.zone, model)}
    assert {r.kind for r in found.values()} == {"simulated"}
    people = [r for k, r in found.items() if re.search(r"\.(residents|workers)\.", k)]
    assert people
    assert all(re.fullmatch(r"persons per (block|1,000 m² of roof)", r.unit) for r in people)
    size = found["housing.imagery.footprint"].value
    per_roof = {r.key: r for r in housing.results(20241125)}
    whole = per_roof["housing.residents.family.apartment.per_roof"].value
    block = found["housing.imagery.residents.family.apartment"].value
    assert block == pytest.approx(whole * size / 1000, rel=0.1)
    workers = found["housing.imagery.workers.family.apartment"]
    assert workers.value is None
    assert workers.interval("0.9")[0] < workers.interval("0.9")[1]


def test_every_input_of_the_zone_exists(drawn, model):
    tables = evidence.load()
    choices = set(tables.choices["choice_id"])
    found = imagery_results.results(drawn.zone, model)
    keys = {r.key for r in found}
    for result in found:
        for name in result.inputs:
            kind, _, value = name.partition(":")
            assert kind != "choice" or value in choices, name
            assert kind != "result" or value in keys, name


def test_no_count_of_simulated_scenes_becomes_one_of_the_plant(drawn):
    plant = imagery_results.block_count(drawn.zone)
    assert plant.value is None
    assert not plant.intervals
    assert "simulated" in plant.why_no_value
    assert imagery_results.block_count(None).value is None


def test_observed_scenes_give_a_count_of_their_own_kind(drawn):

    real = replace(drawn.zone, kind="observed", zone_kind="assumed")
    count = imagery_results.block_count(real)
    low, high = count.interval("0.9")
    assert low <= len(drawn.world.buildings) <= count.value + high
    assert count.kind == "assumed", "the zone's own outline is assumed"


def test_the_wait_for_a_roof_is_measured_from_the_roof(drawn):
    waits = imagery_results.delays(drawn.view.looked)
    assert len(waits) == drawn.view.looked.share("settled")[0]
    assert waits.min() >= 0
    assert 0 < np.median(waits) < 400


def test_blocks_that_stood_from_the_start_are_not_counted(drawn):
    """An older block changes nothing: the estate without its dates is an empty zone."""

    old = tuple(
        replace(b, ground_broken=None, roof_on=None,
                covers=tuple(replace(c, since=None) for c in b.covers))
        for b in drawn.world.buildings
    )  # fmt: skip
    spec = drawn.world.spec
    plan = replace(spec.plans[0], pixels=bench.PIXELS["sim-3m"])
    world = replace(drawn.world, buildings=old, spec=replace(spec, plans=(plan,)))
    done = InMemory({"sim-3m": simulate.cube(world)}, drawn.site, "sim-3m")
    found = growth.measure(done, seed=1, level=0.9)
    view = zone.view("sim-3m", done.cube, drawn.zone.shapes, drawn.site, found, 1)
    assert view.blocks == ()
    assert view.chances[0] == view.chances.max()


def test_ten_metre_pixels_give_no_number():
    coarse = estate(SEED, sensor="sim-10m")
    assert coarse.view.chances is None
    assert coarse.view.looked is not None, "what would be found is told all the same"
    assert coarse.view.why == zone.COARSE
    assert coarse.zone.best is None
    assert "blocks of one row" in imagery_results.why_not(coarse.zone)


def test_a_zone_in_which_nothing_was_found_still_has_all_keys(drawn, model):

    view = replace(drawn.view, blocks=())
    empty = replace(drawn.zone, views=(view,))
    found = {r.key: r for r in imagery_results.results(empty, model)}
    assert found["housing.imagery.blocks.seen"].value == 0
    assert found["housing.imagery.footprint"].value is None
    assert found["housing.imagery.first_roof"].why_no_value == imagery_results.NONE_SEEN


def test_a_site_without_a_housing_zone_says_so_and_keeps_its_keys(drawn, model):
    done = InMemory({"sim-3m": drawn.cube}, site_of((), housing=False), "sim-3m")
    nothing = zone.look(done, {"sim-3m": drawn.measured}, seed=1, level=0.9)
    assert nothing.why == zone.NO_ZONE
    found = {r.key: r for r in imagery_results.results(nothing, model)}
    full = {r.key for r in imagery_results.results(drawn.zone, model)}
    promised = {k for k in full if "sim-3m" not in k and "residents" not in k
                and "workers" not in k}  # fmt: skip
    assert promised <= set(found)
    assert all(r.value is None and r.why_no_value == zone.NO_ZONE for k, r in found.items()
               if not k.endswith(("storeys", "height")))  # fmt: skip
    assert figures_zone.verdict(nothing, words("en"))


def test_one_scene_is_no_series_and_leaves_the_scenarios(drawn, model):
    lone = drawn.cube.isel(time=[5])
    done = InMemory({"sim-3m": lone}, drawn.site, "sim-3m")
    with pytest.raises(UserError, match="a series needs"):
        growth.measure(done, seed=1, level=0.9)
    seen = zone.look(done, {"sim-3m": "1 clear scene of sim-3m"}, seed=1, level=0.9)
    assert seen.best is None
    found = {r.key: r for r in imagery_results.results(seen, model)}
    assert "1 clear scene" in found["housing.imagery.blocks"].why_no_value


def test_a_users_parameters_reach_what_a_measured_block_could_hold(drawn, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("storeys: 5\nhousehold_size: 3\n")
    own = housing.own_parameters(str(file))
    usual, mine = (
        {r.key: r for r in housing.results(20241125, o, 0.9, drawn.zone)} for o in (None, own)
    )
    key = "housing.imagery.residents.family.apartment"
    assert mine[key].value != usual[key].value
    assert any("mine.yaml" in name for name in mine[key].inputs)
    assert not any("mine.yaml" in name for name in mine["housing.imagery.blocks"].inputs)


def test_the_plan_is_marked_simulated_in_every_frame(drawn):
    for found in (drawn.zone, estate(SEED, sensor="sim-10m").zone):
        figure = figures_zone.plan(found, "en")
        marks = [t for a in figure.axes for t in a.texts if t.get_text() == "SIMULATED"]
        assert len(marks) == len(figure.axes)
        sizes = [t.get_fontsize() for t in figure.findobj(Text) if t.get_text().strip()]
        assert min(sizes) >= 8
        assert figures.svg(figure).startswith("<?xml")
        assert figures_zone.alt(found, "en")
    data = figures_zone.values(drawn.zone)
    assert set(data["kind"]) == {"simulated"}
    assert (data["what"] == "block").sum() == len(drawn.view.blocks)


def by_thirds() -> imagery.Looked:
    """Twelve slices of ten days from day 100: three before the count, six in it, three after."""
    table = pd.DataFrame({"ground_broken": np.array([131, 190, 191, 219], "datetime64[D]")})
    found, tried = np.arange(12), np.full(12, 11)
    return imagery.Looked(table, np.linspace(100.0, 220.0, 13), found, tried, slice(3, 9))


def test_parts_of_the_time_have_their_own_days_and_shares():
    looked = by_thirds()
    assert looked.days("settled") == (130.0, 190.0)
    assert looked.days("recent") == (190.0, 220.0)
    assert looked.share("settled") == (3 + 4 + 5 + 6 + 7 + 8, 66)
    assert looked.share("recent") == (9 + 10 + 11, 33)
    assert [len(looked.rows(part)) for part in imagery.PARTS] == [2, 2]


def test_injected_blocks_lie_in_the_slices_of_their_days(drawn):
    looked = drawn.view.looked
    assert looked.tried.sum() == len(looked.table)
    assert looked.found.sum() == looked.table["detected"].sum()
    for part in imagery.PARTS:
        assert looked.share(part) == (looked.rows(part)["detected"].sum(), len(looked.rows(part)))
    clear = np.sort(drawn.cube["time"].values.astype("datetime64[D]").astype(float))
    assert looked.edges[-1] == pytest.approx(clear[-1])
    assert clear[0] < looked.edges[0] < looked.days("settled")[0] < looked.days("recent")[0]


def test_a_block_that_was_begun_before_the_count_is_not_in_it():
    spans = [(20.0, 90.0), (110.0, 150.0), (140.0, 160.0), (215.0, 230.0)]
    assert [by_thirds().counted(s) for s in spans] == pytest.approx([0.0, 0.5, 1.0, 1.0])


def test_a_number_that_stays_open_has_no_point(drawn, model):
    nothing = replace(drawn.view, blocks=(), chances=drawn.view.before)
    found = imagery_results.results(replace(drawn.zone, views=(nothing,)), model)
    count = next(r for r in found if r.key == "housing.imagery.blocks")
    assert count.value is None
    assert count.why_no_value == imagery_results.OPEN
    most = drawn.view.chances.size - 1
    assert count.interval("0.9")[1] - count.interval("0.9")[0] >= 0.7 * most


def test_an_interval_is_shared_out_over_the_slices_it_reaches():
    shares = by_thirds().slices([(105.0, 125.0), (60.0, 80.0), (230.0, 231.0), (112.0, 112.0)])
    assert shares[0, :4] == pytest.approx([0.25, 0.5, 0.25, 0.0])
    assert [shares[1, 0], shares[2, -1], shares[3, 1]] == pytest.approx([1.0, 1.0, 1.0])
    assert shares.sum(axis=1) == pytest.approx(np.ones(4))


@pytest.fixture(scope="module")
def study():
    return json.loads((record.FOLDER / "blocks.json").read_text(encoding="utf-8"))


def test_the_count_holds_its_level_on_drawn_estates_and_a_miss_would_be_told(study):
    found = study["all"]
    assert found["worlds"] >= 300
    assert found["mean_width"] > 0
    told = {r.key: r.value for r in study_results()}
    inside = found["pit_gap"] <= found["pit_band95"]
    assert told["housing.imagery.study.verdict"] == ("inside" if inside else "outside")
    assert told["housing.imagery.study.coverage"] == found["coverage"]
    assert found["coverage"] >= 0.87
    assert inside


def test_a_world_of_the_study_comes_out_again(study):
    first = study["worlds"][0]
    again = bench.one((first["spec"], first["seed"], first["scenes"], first["sensor"]))
    assert {k: v for k, v in again.items() if k != "classes"} == first


def test_an_estate_is_begun_in_the_time_that_is_counted():
    world, outline, cube = cube_of(SEED, 16)
    assert cube.sizes["time"] == 16
    assert len(outline) == 4
    assert len(world.buildings) <= bench.MOST
    first, low, high = imagery.window(cube)
    assert 0 < first < low < high
    days = cube["time"].values.astype("datetime64[D]").astype(float)
    begun = [float(np.datetime64(b.ground_broken, "D").astype(int)) for b in world.buildings]
    share = (np.array(begun) - days[0]) / (days[-1] - days[0])
    assert (share >= low - 0.02).all()
    assert (share <= high).all()


def test_too_few_clear_dates_leave_no_time_to_count():
    _, _, cube = cube_of(SEED, 16)
    with pytest.raises(UserError, match="clear dates"):
        imagery.window(cube.isel(time=slice(0, 6)))
