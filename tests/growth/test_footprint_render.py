"""Rendering against integrals that are known, and derivatives against differences."""

import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.special import ndtr
from shapely import affinity
from shapely.geometry import Polygon, box

from analysis.growth import outline, render

EAST = np.arange(-75, 76, 10.0)
NORTH = EAST[::-1].copy()


def lattice():
    return render.Lattice(EAST, NORTH, 10.0, 30.0)


@settings(max_examples=25, deadline=None)
@given(
    st.floats(-12, 12), st.floats(-12, 12), st.floats(0, 3.2), st.floats(12, 90), st.floats(8, 45)
)
def test_coverage_is_exact_cell_by_cell(east, north, angle, length, width):
    shape = outline.rectangle(length, width)
    values = shape.start((east, north), angle)
    cover = render.coverage(shape.corners(values), -80.0, -80.0, 5.0, (32, 32))
    polygon = shape.polygon(values)
    assert cover.sum() * 25 == pytest.approx(
        polygon.intersection(box(-80, -80, 80, 80)).area, rel=1e-6
    )
    for row, column in ((15, 15), (12, 18), (17, 14)):
        cell = box(-80 + 5 * column, -80 + 5 * row, -75 + 5 * column, -75 + 5 * row)
        assert cover[row, column] * 25 == pytest.approx(polygon.intersection(cell).area, abs=1e-6)


def test_blurred_rectangle_is_a_product_of_error_functions():
    shape = outline.rectangle(60, 25)
    values, sigma, shift = shape.start((3.3, -2.1), 0.6), 5.2, np.array([1.0, 2.0])
    drawn = lattice()
    seen = drawn.sample(drawn.draw(shape.corners(values)), sigma, shift)
    x, y = np.meshgrid(EAST - shift[0] - 3.3, NORTH - shift[1] + 2.1)
    u, v = np.cos(0.6) * x + np.sin(0.6) * y, np.cos(0.6) * y - np.sin(0.6) * x

    def side(w, size):
        return ndtr((w + size / 2) / sigma) - ndtr((w - size / 2) / sigma)

    assert seen == pytest.approx(side(u, 60) * side(v, 25), abs=5e-4)


def test_turning_building_and_pixels_together_changes_nothing():
    shape = outline.rectangle(50, 20)
    drawn = lattice()
    one = drawn.sample(drawn.draw(shape.corners(shape.start((4.0, 7.0), 0.4))), 5.0, np.zeros(2))
    turned = shape.start((-7.0, 4.0), 0.4 + np.pi / 2)
    two = drawn.sample(drawn.draw(shape.corners(turned)), 5.0, np.zeros(2))
    assert np.rot90(one) == pytest.approx(two, abs=1e-7)


def test_moving_the_scene_by_a_pixel_moves_the_picture_by_a_pixel():
    shape = outline.rectangle(50, 20)
    drawn = lattice()
    fine = drawn.draw(shape.corners(shape.start((4.0, 7.0), 0.4)))
    still = drawn.sample(fine, 5.0, np.zeros(2))
    moved = drawn.sample(fine, 5.0, np.array([10.0, 0.0]))
    assert moved[:, 1:] == pytest.approx(still[:, :-1], abs=1e-7)


def test_several_widths_at_once_are_the_pictures_of_each():
    shape = outline.rectangle(50, 20)
    drawn = lattice()
    fine = drawn.draw(shape.corners(shape.start((4.0, 7.0), 0.4)))
    widths, shift = np.array([4.0, 5.0, 9.0]), np.array([1.0, -2.0])
    together = drawn.samples(fine, widths, shift)
    for one, width in zip(together, widths, strict=True):
        assert one == pytest.approx(drawn.sample(fine, float(width), shift), abs=1e-7)
    assert not drawn.samples(np.zeros_like(fine), widths, shift).any()


def test_a_roof_runs_along_the_long_walls_of_an_l_shape_however_it_is_turned():
    shape, values = outline.of_polygon(
        affinity.rotate(box(-50, -15, 50, 15).union(box(20, -40, 50, 0)), 25, origin=(0, 0))
    )
    along, across = shape.axes(values)
    assert abs(along @ [np.cos(np.radians(25)), np.sin(np.radians(25))]) == pytest.approx(1.0)
    assert along @ across == pytest.approx(0.0, abs=1e-12)
    values[2] = 0.3
    assert abs(shape.axes(values)[0] @ along) == pytest.approx(np.cos(0.3))


def test_derivatives_are_those_of_the_picture():
    base = outline.rectangle(60, 25)
    shape = base.with_knots(base.start(), 10.0)
    values = shape.start((3.3, -2.1), 0.6)
    values[7:] += np.random.default_rng(0).normal(0, 1, values.size - 7)
    drawn = lattice()
    x, y = (v.ravel() for v in np.meshgrid(EAST, NORTH))
    q = shape.parameters
    sigma = np.array([5.2, 6.1])
    rates, shifted = np.zeros((2, q, x.size)), np.zeros((2, 2, x.size))
    wider, strength = np.zeros((2, x.size)), np.ones((2, x.size))
    strength[1] = -3.0
    corners, along = shape.corners(values), shape.velocities(values)
    render.edge_moves(x, y, corners, along, sigma, strength, rates, shifted, wider)
    slid, bends = np.zeros((2, 2, x.size)), np.zeros((3, 2, x.size))
    render.edge_bends(x, y, corners, sigma, slid, bends)
    rate, moved, widened, bent = rates[0], shifted[:, 0], wider[0], bends[:, 0]
    assert slid[:, 0] == pytest.approx(moved)
    assert -3 * slid[:, 1] == pytest.approx(shifted[:, 1])

    def picture(v, sigma=5.2, shift=(0.0, 0.0)):
        return drawn.sample(drawn.draw(shape.corners(v)), sigma, np.array(shift)).ravel()

    for number in range(q):
        step = np.zeros(q)
        step[number] = 1e-3
        expected = (picture(values + step) - picture(values - step)) / 2e-3
        assert rate[number] == pytest.approx(expected, abs=0.01 * np.abs(expected).max())
    h = np.log(1.001)
    expected = (picture(values, 5.2 * 1.001) - picture(values, 5.2 / 1.001)) / (2 * h)
    assert widened == pytest.approx(expected, abs=2e-3)
    expected = (picture(values, shift=(0.01, 0)) - picture(values, shift=(-0.01, 0))) / 0.02
    assert moved[0] == pytest.approx(expected, abs=2e-4)
    step = 0.5
    around = picture(values, shift=(step, 0)) + picture(values, shift=(-step, 0))
    assert bent[0] == pytest.approx((around - 2 * picture(values)) / step**2, abs=1e-4)


def test_edges_moved_outwards_make_the_rectangle_larger_by_just_that():
    shape = outline.rectangle(60, 25)
    values = shape.start()
    values[3:] = [1.0, 2.0, 3.0, 4.0]
    assert shape.area(values) == pytest.approx((60 + 2 + 4) * (25 + 1 + 3))


def test_shadow_of_a_convex_outline_is_the_swept_area():
    base = outline.rectangle(60, 25)
    shape = base.with_knots(base.start(), 10.0)
    values = shape.start((0.0, 0.0), 0.5)
    ring, number, moved = outline.sweep(shape, shape.corners(values), np.array([3.0, 11.0]))
    across = abs(3.0 * np.sin(0.5) - 11.0 * np.cos(0.5)) * 60
    along = abs(3.0 * np.cos(0.5) + 11.0 * np.sin(0.5)) * 25
    assert Polygon(ring).area == pytest.approx(1500 + across + along, rel=1e-9)
    assert set(moved) == {0.0, 1.0}
    assert len(number) == len(ring)


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 6.3), st.floats(-25, 25), st.floats(-25, 25), st.booleans())
@example(0.0, 19.0, -25.0, False)  # ends exactly on another edge
@example(0.0, 25.0, 0.0, True)
def test_swept_outline_is_all_that_it_passes_on_its_way(angle, east, north, bay):
    wing = box(-15, -40, 15, 0) if bay else box(20, -40, 50, 0)
    shape, placed = outline.of_polygon(
        affinity.rotate(box(-50, -15, 50, 15).union(wing), angle, use_radians=True)
    )
    corners, offset = shape.corners(placed), np.array([east, north])
    ring, number, moved = outline.sweep(shape, corners, offset)
    passed = [Polygon(corners + u * offset) for u in np.linspace(0, 1, 80)]
    whole = shapely.union_all(passed)
    assert Polygon(ring).buffer(0).area >= shape.area(placed) - 1e-6
    # between two of the copies lie slivers that the sweep has and the copies have not
    slivers = np.hypot(east, north) / 79 * 2 * Polygon(corners).length
    assert shapely.difference(whole, Polygon(ring).buffer(1e-6)).area < 1e-3
    assert Polygon(ring).area <= whole.area + slivers + 1e-6
    assert len(number) == len(moved) == len(ring)


def test_shadow_of_an_l_shape_leaves_its_notch_open():
    notched = box(-30, -15, 30, 15).difference(box(10, 0, 30, 15))
    shape, placed = outline.of_polygon(notched)
    corners = shape.corners(placed)
    ring, _, _ = outline.sweep(shape, corners, np.array([1.0, 1.0]))
    swept = Polygon(ring)
    assert swept.area < Polygon(corners).convex_hull.area
    assert swept.buffer(1e-6).contains(Polygon(corners))
