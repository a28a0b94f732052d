"""Buildings with known truth are found again, and what cannot be measured is not."""

import numpy as np
import pytest
import shapely
from shapely import affinity
from shapely.geometry import box

from analysis.growth import footprint, window
from analysis.growth.below import with_ground
from analysis.growth.joint import join

from .worlds import fit, fitted, outlines, seen, stages


@pytest.mark.parametrize("identity", ["hall-new", "hall-a", "hall-02"])
def test_area_of_a_plain_hall_is_found_to_three_percent(identity):
    world, _ = seen()
    area = fitted("matched", 3, identity).area()
    assert area == pytest.approx(world.by_id[identity].size("roof"), rel=0.03)


def test_outline_lies_where_the_hall_is():
    world, _ = seen()
    truth = outlines(world)["hall-new"]
    found = fitted("matched", 3, "hall-new").polygon()
    assert found.intersection(truth).area / found.union(truth).area > 0.95


def test_sum_of_fractions_agrees_with_the_outline():
    one = fitted("matched", 3, "hall-new")
    fractions, variance = one.models[0].fractions()
    assert fractions.sum() * 100 == pytest.approx(one.area(), rel=0.04)
    assert (variance > 0).all()


def test_height_is_read_from_the_shadows():
    world, _ = seen("terrain", 2)
    one = fitted("terrain", 2, "hall-new")
    assert one.geometry.height == pytest.approx(world.by_id["hall-new"].height, abs=2.0)
    assert one.area() == pytest.approx(world.by_id["hall-new"].size("roof"), rel=0.06)


def test_ground_beside_a_known_outline_tells_of_the_ground_below_it():
    world, scenes = seen()
    truth = outlines(world)
    others = [p for k, p in truth.items() if k != "hall-a"]
    hall = world.by_id["hall-a"]
    assert hall.ground_broken is None
    rough = window.cut(scenes, truth["hall-a"], others=others, **stages(hall))
    local = affinity.translate(truth["hall-a"], -rough.origin[0], -rough.origin[1])
    known = with_ground(rough, [local], 0.0)
    # more is known of the ground under the walls, and nothing less anywhere beside it
    rim = shapely.contains_xy(local.boundary.buffer(8.0), rough.x, rough.y)
    sure = [np.linalg.slogdet(w.precision)[1] for w in (rough, known)]
    assert np.median(sure[1][rim] - sure[0][rim]) > 0.5


def test_same_scenes_give_the_same_area_to_the_last_digit():
    world, scenes = seen()
    assert fit(world, scenes, "hall-new").area() == fitted("matched", 3, "hall-new").area()


def test_moving_the_whole_scene_moves_the_outline_and_keeps_the_area():
    world, scenes = seen()
    moved = scenes.assign_coords(shift_x=scenes.shift_x - 0.4)
    one, two = fitted("matched", 3, "hall-new"), fit(world, moved, "hall-new")
    assert two.area() == pytest.approx(one.area(), rel=0.01)
    east = two.polygon().centroid.x - one.polygon().centroid.x
    assert east == pytest.approx(4.0, abs=0.5)


def test_candidate_cut_by_the_edge_is_not_measurable():
    _, scenes = seen()
    west, north = float(scenes.x[0]), float(scenes.y[0])
    with pytest.raises(window.NotMeasurable, match="cut by the edge"):
        window.cut(
            scenes, box(west - 20, north - 60, west + 60, north - 30),
            before_until=None, after_from=None,
        )  # fmt: skip


def test_hall_without_a_clear_scene_is_not_measurable():
    world, scenes = seen()
    with pytest.raises(window.NotMeasurable, match="no clear scene"):
        window.cut(
            scenes.assign(valid=scenes.valid & False), outlines(world)["hall-new"],
            **stages(world.by_id["hall-new"]),
        )  # fmt: skip


def test_hall_hidden_by_another_is_not_measurable():
    world, scenes = seen()
    shape = outlines(world)["hall-new"]
    with pytest.raises(window.NotMeasurable, match="another building"):
        window.cut(
            scenes, shape, others=[affinity.scale(shape, 1.2, 1.2)],
            **stages(world.by_id["hall-new"]),
        )  # fmt: skip


def test_open_ground_gives_no_confident_hall():
    """Where nothing stands, either no number comes out, or one that nothing pins down."""
    world, scenes = seen()
    taken = [p.buffer(60) for p in outlines(world).values()]
    x, y = np.meshgrid(scenes.x[20:-20:6], scenes.y[20:-20:6])
    spot = next(
        c for a, b in zip(x.ravel(), y.ravel(), strict=True)
        if not any((c := box(a - 30, b - 12, a + 30, b + 12)).intersects(t) for t in taken)
    )  # fmt: skip
    middle = scenes.time.values[12]
    try:
        one = window.cut(scenes, spot, before_until=middle, after_from=middle)
        joint = join({"nothing": footprint.fit([one], spot)})
    except window.NotMeasurable:
        return
    assert joint.deviation()[0] > 0.1 * joint.estimate[0]


def test_sensors_must_be_cut_at_one_start():
    world, scenes = seen()
    shapes = outlines(world)
    one, two = (
        window.cut(scenes, shapes[i], **stages(world.by_id[i])) for i in ("hall-new", "hall-a")
    )
    with pytest.raises(ValueError, match="one start"):
        footprint.fit([one, two], shapes["hall-new"])


def test_two_cubes_in_one_fit_agree_with_one():
    world, scenes = seen()
    shape = outlines(world)["hall-02"]
    others = [p for k, p in outlines(world).items() if k != "hall-02"]
    when = stages(world.by_id["hall-02"])
    late = np.flatnonzero(scenes.time.values >= np.datetime64(when["after_from"]))
    drop = {0: late[::2], 1: late[1::2]}
    halves = [
        window.cut(scenes.drop_isel(time=drop[i]), shape, others=others, **when) for i in (0, 1)
    ]
    both = footprint.fit(halves, shape)
    assert both.area() == pytest.approx(world.by_id["hall-02"].size("roof"), rel=0.03)
    assert len(both.models) == 2
