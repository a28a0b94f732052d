"""Statistics of what is drawn, and the rules that no world may break."""

import ast
import hashlib
import json
import math
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import kstest
from shapely.geometry import Polygon

from analysis import simulate
from analysis.simulate import materials, sun
from analysis.simulate.calendar import BOA_OFFSET, scenes
from analysis.simulate.masks import CLOUD_HIGH, CLOUD_MEDIUM, scene_classes
from analysis.simulate.spec import CENTURY, GEOMETRY_STEP, OFFSET_STEP
from analysis.simulate.world import DEFINITIONS, World

SOURCE = Path(simulate.__file__).parent


def test_ratios_are_log_uniform_from_a_quarter_to_two_and_a_half():
    worlds = [simulate.draw(seed, simulate.MATCHED) for seed in range(120)]
    ratios = [w.ratios()["roof"]["hall-a"] for w in worlds]
    low, high = math.log(0.25), math.log(2.5)
    assert low < math.log(min(ratios))
    assert math.log(max(ratios)) < high
    share = (np.log(ratios) - low) / (high - low)
    assert kstest(share, "uniform").pvalue > 0.01
    assert len(set(ratios)) == len(ratios)


def test_ratio_does_not_depend_on_how_often_a_layout_was_tried():
    """Sizes have a stream of their own: no draw is given up in favour of a smaller hall."""
    matched = simulate.draw(5, simulate.MATCHED).ratios()["roof"]["hall-a"]
    crowded = simulate.draw(5, replace(simulate.MATCHED, halls=14)).ratios()["roof"]["hall-a"]
    assert crowded == pytest.approx(matched)


@pytest.mark.parametrize("name", sorted(simulate.SPECS))
def test_buildings_stand_apart_and_are_built_in_order(name):
    world = simulate.draw(2, simulate.SPECS[name])
    outlines = [Polygon(b.foundation) for b in world.buildings]
    for i, one in enumerate(outlines):
        assert one.is_valid
        assert not any(one.intersects(other) for other in outlines[i + 1 :])
    for building in world.buildings:
        assert building.size("wall") <= building.size("roof") + 1e-9
        if building.roof_on is not None:
            assert building.ground_broken is not None
            assert building.ground_broken < building.roof_on
            assert building.covers[0].since == building.roof_on
        days = [c.since for c in building.covers[1:]]
        assert days == sorted(days)
    assert len([b for b in world.buildings if b.role == "new"]) == 1
    assert world.references


def test_the_new_hall_is_the_largest_new_building_inside_the_perimeter_but_for_references():
    for seed in range(6):
        world = simulate.draw(seed)
        wall = Polygon(world.zones["perimeter"][0])
        rivals = [
            b
            for b in world.buildings
            if b.ground_broken and b.role in ("other", "older") and wall.contains(Polygon(b.roof))
        ]
        assert wall.contains(Polygon(world.new.roof))
        assert all(b.size("roof") < 0.6 * world.new.size("roof") for b in rivals)


@pytest.mark.parametrize("kind", [simulate.PLANT, simulate.MATCHED])
def test_nothing_happens_in_a_still_world(kind):
    world = simulate.draw(3, replace(kind, still=True, recover=0.0))
    assert all(b.ground_broken is None and b.roof_on is None for b in world.buildings)
    assert all(len(b.covers) == 1 and b.covers[0].since is None for b in world.buildings)
    assert all(p.since is None and p.until is None for p in world.patches)


def test_a_truth_file_is_the_world(plant_world):
    text = json.dumps(plant_world.to_record())
    assert World.from_record(json.loads(text)) == plant_world


def test_a_broken_truth_file_is_refused(plant_world):
    record = json.loads(json.dumps(plant_world.to_record()))
    with pytest.raises(ValueError, match="schema"):
        World.from_record({**record, "schema": 99})
    del record["world"]["optics"]["sim-10m"]["psf"]
    with pytest.raises(ValueError, match="no field 'psf'"):
        World.from_record(record)


DIGEST = """
import hashlib, json, numpy as np
from analysis import simulate
world = simulate.draw(4, simulate.MISMATCHED["all"])
frame = simulate.Renderer(world, "sim-10m", np.float64, ("red",)).frame(world.scenes[2])
text = json.dumps(world.to_record(), sort_keys=True).encode()
print(hashlib.sha256(text + frame.numbers("red").tobytes()).hexdigest())
"""


def test_the_same_seed_gives_the_same_pixels_in_another_process():
    run = subprocess.run([sys.executable, "-c", DIGEST], capture_output=True, text=True, check=True)
    world = simulate.draw(4, simulate.MISMATCHED["all"])
    renderer = simulate.Renderer(world, "sim-10m", np.float64, ("red",))
    renderer.frame(world.scenes[7])  # scenes may be drawn in any order
    frame = renderer.frame(world.scenes[2])
    text = json.dumps(world.to_record(), sort_keys=True).encode()
    own = hashlib.sha256(text + frame.numbers("red").tobytes()).hexdigest()
    assert run.stdout.strip() == own


def test_simulate_imports_nothing_of_the_measuring():
    """Neither growth nor scenes; of this package only errors, and itself."""
    for path in SOURCE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [a.name for a in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path.name}: relative import"
                names = [node.module or ""]
            for name in names:
                if name.split(".")[0] == "analysis":
                    allowed = ("analysis.simulate", "analysis.errors")
                    assert name.startswith(allowed), f"{path.name} imports {name}"


def test_the_sun_stands_as_the_almanac_says():
    """Noon elevation is 90 - latitude + declination; the sun is in the south then."""
    for month, day, declination in ((3, 20, 0.0), (6, 21, 23.43), (12, 21, -23.43)):
        noon = max(
            (sun.position(datetime(2120, month, day, 14, m, tzinfo=UTC), 39.92, -40.0)
             for m in range(20, 60)),
            key=lambda p: p[1],
        )  # fmt: skip
        assert noon[1] == pytest.approx(90 - 39.92 + declination, abs=0.3)
        assert noon[0] == pytest.approx(180, abs=1.5)
    morning = sun.position(datetime(2120, 6, 21, 13, 27, tzinfo=UTC), 39.92, -40.0)
    assert 60 < morning[0] < 180


def test_dates_pass_for_no_acquisition_and_keep_the_calendar():
    for scene in simulate.draw(0).scenes:
        assert 2117 <= scene.date.year <= 2124
    for year in range(2017, 2025):
        leap = date(year, 12, 31).timetuple().tm_yday
        assert date(year + CENTURY, 12, 31).timetuple().tm_yday == leap


def test_offset_and_geometry_change_when_they_should():
    spec = replace(simulate.PLANT, plans=(replace(simulate.PLANT.plans[0], scenes=200),))
    before, after = [], []
    for seed in range(8):
        for scene in scenes(seed, spec):
            assert (scene.offset == BOA_OFFSET) == (scene.date >= OFFSET_STEP)
            assert (scene.declared_offset, scene.declared_baseline) == (
                scene.offset,
                scene.baseline,
            )
            (after if scene.date >= GEOMETRY_STEP else before).append(scene.shift_m)
    assert 3.0 < np.std(before) < 5.5  # metres
    assert 1.0 < np.std(after) < 2.5


def test_wrong_flags_are_as_many_as_asked_and_leave_the_pixels_alone():
    flagged = scenes(3, replace(simulate.PLANT, wrong_flags=4))
    plain = scenes(3, simulate.PLANT)
    wrong = [s for s in flagged if s.declared_offset != s.offset]
    assert len(wrong) == 4
    assert [s.offset for s in flagged] == [s.offset for s in plain]
    assert all((s.declared_baseline == "04.00") == bool(s.declared_offset) for s in wrong)


def test_fields_are_green_in_summer_and_bare_in_winter():
    late = 0.0
    for kind in ("maize", "rice", "fallow"):
        summer = materials.crop(kind, date(2120, 8, 10), late)[0]
        winter = materials.crop(kind, date(2120, 1, 20), late)[0]
        assert summer > winter + 0.25
    assert materials.crop("rice", date(2120, 5, 25), late)[1] > 0.8
    assert materials.greenness(date(2120, 7, 20), 0.0, 0.9) > 0.6
    assert materials.greenness(date(2120, 1, 20), 0.0, 0.9) < 0.1


def test_bright_roofs_are_often_called_cloud_under_a_clear_sky():
    world = simulate.draw(9, replace(simulate.MATCHED, clouds=False))
    white = tuple(
        replace(b, roof_on=None, ground_broken=None,
                covers=(replace(b.covers[0], since=None, colours=(materials.ROOFS["white"],)),))
        for b in world.buildings
    )  # fmt: skip
    dark = tuple(
        replace(b, covers=(replace(b.covers[0], colours=(materials.ROOFS["dark"],)),))
        for b in white
    )
    called = []
    for buildings in (white, dark):
        place = replace(world, buildings=buildings)
        renderer = simulate.Renderer(place, "sim-10m", np.float32, ("red", "nir"))
        classes = [scene_classes(place, renderer.frame(s), 0) for s in world.scenes[:10]]
        called.append(np.isin(classes, (CLOUD_MEDIUM, CLOUD_HIGH)).mean())
    assert called[0] > 0.005
    assert called[0] > 4 * called[1]


def test_a_cube_has_the_form_of_loaded_scenes():
    spec = simulate.with_scenes(replace(simulate.MATCHED, halls=4), 5)
    world = simulate.draw(1, spec)
    cube = simulate.cube(world)
    assert cube.attrs["kind"] == "simulated"
    assert set(cube.data_vars) == {"blue", "green", "red", "nir", "valid"}
    assert cube["red"].dims == ("time", "y", "x")
    assert cube["red"].dtype == np.float32
    assert cube["valid"].dtype == bool
    assert (np.diff(cube["time"].values) > np.timedelta64(0)).all()
    assert 0.0 < float(cube["red"].median()) < 0.4
    classes = simulate.cube(world, masks="classes")
    assert (classes["red"] == cube["red"]).all()


def test_definitions_of_size_differ_when_roofs_overhang(plant_world):
    ratios = plant_world.ratios()
    assert set(ratios) == set(DEFINITIONS)
    assert len({round(ratios[d]["hall-a"], 6) for d in DEFINITIONS}) == len(DEFINITIONS)
