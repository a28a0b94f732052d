"""What the renderer does to light: none is lost, edges blur as the optics say, things lie right."""

import math
from dataclasses import replace

import numpy as np
import pytest
import shapely
from scipy.special import ndtr
from shapely.geometry import Polygon

from analysis import simulate
from analysis.simulate.compose import cast_shadow
from analysis.simulate.coverage import Grid, coverage, window
from analysis.simulate.outlines import SHAPES, outline
from analysis.simulate.psf import FAMILIES, Psf, gaussian_sigma
from analysis.simulate.sensors import SENSORS


def painted(renderer, shape):
    """Coverage of a shape on the renderer's fine grid."""
    grid = renderer.fine_grid
    fine = np.zeros(grid.shape)
    part = window(grid, shape)
    fine[part.rows, part.columns] = coverage(shape, grid, part)
    return fine


def with_optics(world, family="gaussian", mtf=0.26, native=None):
    optics = {
        n: replace(o, psf={b: Psf(family, mtf) for b in o.psf}, native=native)
        for n, o in world.optics.items()
    }
    return replace(world, optics=optics)


def still(scene, **changes):
    return replace(scene, shift_m=(0.0, 0.0), **changes)


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_coverage_of_each_cell_is_the_area_that_shapely_finds(shape):
    grid = Grid(-31.0, 24.0, 1.7, 34, 37)
    polygon = outline(shape, 420.0, 2.3, 33.0, (-3.0, 1.5))
    part = window(grid, polygon)
    found = coverage(polygon, grid, part) * grid.step**2
    rows, columns = part.shape
    for r in range(rows):
        for c in range(columns):
            west = grid.west + (part.columns.start + c) * grid.step
            north = grid.north - (part.rows.start + r) * grid.step
            cell = shapely.box(west, north - grid.step, west + grid.step, north)
            assert found[r, c] == pytest.approx(cell.intersection(polygon).area, abs=1e-9)


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_area_is_conserved_through_every_point_spread_function(plain_world, family):
    world = with_optics(plain_world, family)
    renderer = simulate.Renderer(world, "sim-10m", np.float64, ("red",))
    roof = outline("l-shape", 1500.0, 2.5, 21.0, (13.0, -4.0))
    seen = renderer.blurred(painted(renderer, roof), "red", world.scenes[0])
    # the rings of an aperture carry 0.2 % of the light beyond the chip
    lost = 3e-3 if family == "airy-box" else 1e-3
    assert seen.sum() * 100.0 == pytest.approx(roof.area, rel=lost)


def test_area_is_nearly_conserved_when_pixels_are_resampled(plain_world):
    world = with_optics(plain_world, native=(1.1, 6.0, 0.3, 0.7))
    renderer = simulate.Renderer(world, "sim-10m", np.float64, ("red",))
    roof = outline("rectangle", 3000.0, 2.5, 21.0, (13.0, -4.0))
    seen = renderer.blurred(painted(renderer, roof), "red", world.scenes[0])
    assert seen.sum() * 100.0 == pytest.approx(roof.area, rel=0.01)


def test_areas_are_recovered_from_a_noiseless_scene(plain_world):
    """A whole scene, rendered twice: the brightened roof adds brightness times its area."""
    scene = still(plain_world.scenes[-1])
    for building in plain_world.buildings:
        cover = building.covers[-1]
        brighter = replace(cover, colours=tuple(tuple(v + 0.1 for v in c) for c in cover.colours))
        changed = replace(building, covers=(brighter,))
        others = [changed if b.id == building.id else b for b in plain_world.buildings]
        world = replace(plain_world, buildings=tuple(others))
        before = simulate.Renderer(plain_world, "sim-10m", np.float64, ("nir",)).frame(scene)
        after = simulate.Renderer(world, "sim-10m", np.float64, ("nir",)).frame(scene)
        added = (after.surface["nir"] - before.surface["nir"]).sum()
        assert added * 100.0 / 0.1 == pytest.approx(building.size("roof"), rel=1e-3)


@pytest.mark.parametrize("family", sorted(FAMILIES))
@pytest.mark.parametrize("mtf", [0.15, 0.26, 0.35])
def test_transfer_is_one_at_zero_and_as_asked_at_nyquist(family, mtf):
    psf = Psf(family, mtf)
    zero, half = np.zeros(1), np.full(1, 0.5)
    assert psf.transfer(zero, zero) == pytest.approx(1.0, abs=1e-6)
    assert psf.transfer(half, zero) == pytest.approx(mtf, rel=1e-3)
    assert psf.transfer(zero, half) == pytest.approx(mtf, rel=1e-3)


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_a_pattern_at_nyquist_comes_out_with_the_published_transfer(plain_world, family):
    world = with_optics(plain_world, family, 0.26)
    renderer = simulate.Renderer(world, "sim-10m", np.float64, ("red",))
    east, _ = renderer.fine_grid.centres()
    # the mean over a fine cell of a cosine with crests on the centres of every other pixel
    cell = renderer.fine_grid.step
    wave = np.cos(math.pi * (east / 10.0 - 0.5)) * np.sinc(cell / 20.0)
    fine = np.broadcast_to(wave, renderer.fine_grid.shape)
    seen = renderer.blurred(fine, "red", still(world.scenes[0]))
    assert seen.max() == pytest.approx(0.26, rel=1e-3)
    assert seen.min() == pytest.approx(-0.26, rel=1e-3)


def test_a_straight_edge_blurs_to_the_error_function(plain_world):
    world = with_optics(plain_world)
    renderer = simulate.Renderer(world, "sim-10m", np.float64, ("red",))
    edge = 3.7
    land = shapely.box(-250.0, -2000.0, edge, 2000.0)
    seen = renderer.blurred(painted(renderer, land), "red", still(world.scenes[0]))
    east, _ = renderer.grid.centres()
    expected = ndtr((edge - east) / (10.0 * gaussian_sigma(0.26)))
    near = np.abs(east - edge) < 60
    assert np.abs(seen[40, near] - expected[near]).max() < 0.004


def test_content_lies_where_the_scene_was_shifted(plain_world):
    world = with_optics(plain_world)
    renderer = simulate.Renderer(world, "sim-10m", np.float64, ("red",))
    roof = outline("rectangle", 1500.0, 2.0, 10.0, (40.0, -30.0))
    east, north = renderer.grid.centres()
    for shift in ((0.0, 0.0), (3.1, 0.0), (0.0, -4.4), (-7.0, 2.5)):
        scene = replace(world.scenes[0], shift_m=shift)
        seen = renderer.blurred(painted(renderer, roof), "red", scene)
        centre = (seen.sum(0) @ east / seen.sum(), seen.sum(1) @ north / seen.sum())
        assert centre == pytest.approx((40.0 + shift[0], -30.0 + shift[1]), abs=0.02)


def test_resampled_pixels_lie_where_the_others_do(plain_world):
    roof = outline("rectangle", 1500.0, 2.0, 10.0, (40.0, -30.0))
    for native in (None, (1.12, 7.0, 0.4, 0.8)):
        world = with_optics(plain_world, native=native)
        renderer = simulate.Renderer(world, "sim-10m", np.float64, ("red",))
        seen = renderer.blurred(painted(renderer, roof), "red", still(world.scenes[0]))
        east, north = renderer.grid.centres()
        centre = (seen.sum(0) @ east / seen.sum(), seen.sum(1) @ north / seen.sum())
        assert centre == pytest.approx((40.0, -30.0), abs=0.15)


def tall(world, height):
    return replace(world, buildings=tuple(replace(b, height=height) for b in world.buildings))


@pytest.mark.parametrize("azimuth", [110.0, 162.0, 200.0])
def test_shadows_fall_away_from_the_sun(plain_world, azimuth):
    scene = still(plain_world.scenes[-1], sun_azimuth=azimuth, sun_elevation=30.0, incidence=0.0)
    low = simulate.Renderer(plain_world, "sim-10m", np.float64, ("nir",)).frame(scene)
    high = simulate.Renderer(tall(plain_world, 12.0), "sim-10m", np.float64, ("nir",)).frame(scene)
    dark = low.surface["nir"] - high.surface["nir"]
    renderer = simulate.Renderer(plain_world, "sim-10m", np.float64, ("nir",))
    east, north = renderer.grid.centres()
    middles = [Polygon(b.roof).centroid for b in plain_world.buildings]
    areas = []
    for building, middle in zip(plain_world.buildings, middles, strict=True):
        near = np.hypot(east[None, :] - middle.x, north[:, None] - middle.y) < 100
        others = [m for m in middles if m is not middle and m.distance(middle) < 200]
        if others:
            continue
        weight = np.where(near, dark, 0)
        step = (
            (weight.sum(0) @ east) / weight.sum() - middle.x,
            (weight.sum(1) @ north) / weight.sum() - middle.y,
        )
        toward = math.degrees(math.atan2(*step)) % 360
        roof = Polygon(building.roof)
        expected = cast_shadow(roof, 12.0, scene).difference(roof).centroid
        assert toward == pytest.approx(
            math.degrees(math.atan2(expected.x - middle.x, expected.y - middle.y)) % 360, abs=2.0
        )
        away = math.radians(azimuth + 180)
        assert step[0] * math.sin(away) + step[1] * math.cos(away) > 5
        areas.append(weight.sum())
    assert areas


def test_a_shadow_is_as_long_as_height_over_the_tangent_of_the_sun(plain_world):
    scene = still(plain_world.scenes[0], sun_azimuth=180.0, sun_elevation=25.0)
    roof = shapely.box(-50, -15, 50, 15)
    shade = cast_shadow(roof, 10.0, scene)
    assert shade.bounds[3] - 15 == pytest.approx(10 / math.tan(math.radians(25)))
    assert shade.area == pytest.approx(roof.area + 100 * 10 / math.tan(math.radians(25)))


def test_roofs_lean_away_from_the_point_below_the_platform(plain_world):
    building = next(b for b in plain_world.buildings if b.covers and b.roof_on is None)
    world = tall(plain_world, 12.0)
    scene = still(world.scenes[-1], incidence=8.0, view_azimuth=90.0)
    renderer = simulate.Renderer(world, "sim-10m", np.float64, ("nir",))
    cover = building.covers[-1]
    brighter = replace(cover, colours=tuple(tuple(v + 0.1 for v in c) for c in cover.colours))
    changed = tuple(
        replace(b, covers=(brighter,)) if b.id == building.id else b for b in world.buildings
    )
    other = simulate.Renderer(replace(world, buildings=changed), "sim-10m", np.float64, ("nir",))
    roof = other.frame(scene).surface["nir"] - renderer.frame(scene).surface["nir"]
    east, north = renderer.grid.centres()
    middle = Polygon(building.roof).centroid
    lean = 12.0 * math.tan(math.radians(8.0))
    assert roof.sum(0) @ east / roof.sum() - middle.x == pytest.approx(lean, abs=0.05)
    assert roof.sum(1) @ north / roof.sum() - middle.y == pytest.approx(0.0, abs=0.05)


def test_offset_decodes_to_the_same_reflectance_across_the_baselines(plain_world):
    scene = plain_world.scenes[3]
    renderer = simulate.Renderer(plain_world, "sim-10m", np.float64, ("red", "nir"))
    old = renderer.frame(replace(scene, offset=0, baseline="03.01"))
    new = renderer.frame(replace(scene, offset=1000, baseline="04.00"))
    for band in ("red", "nir"):
        decoded = new.numbers(band).astype(int) - 1000
        assert (decoded == old.numbers(band).astype(int)).all()
        assert new.numbers(band).min() > 900


def test_noise_has_the_tails_and_the_neighbours_that_its_name_says(plain_world):
    residual = {}
    for kind in ("white", "heavy", "correlated"):
        world = simulate.draw(3, replace(plain_world.spec, noise=kind))
        renderer = simulate.Renderer(world, "sim-10m", np.float64, ("red",))
        frames = [renderer.frame(s) for s in world.scenes[:8]]
        residual[kind] = np.array([f.observed["red"] - f.surface["red"] for f in frames])
    spread = {k: v.std() for k, v in residual.items()}
    assert spread["heavy"] == pytest.approx(spread["white"], rel=0.1)
    assert spread["correlated"] == pytest.approx(spread["white"], rel=0.1)

    def kurtosis(v):
        return ((v - v.mean()) ** 4).mean() / v.var() ** 2

    def neighbour(v):
        return np.corrcoef(v[:, :, 1:].ravel(), v[:, :, :-1].ravel())[0, 1]

    assert kurtosis(residual["white"]) < 3.6
    assert kurtosis(residual["heavy"]) > 4.0
    assert abs(neighbour(residual["white"])) < 0.03
    assert neighbour(residual["correlated"]) > 0.2
    assert SENSORS["sim-10m"].noise_floor < spread["white"] < 0.004
