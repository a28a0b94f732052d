"""A hall in a ring of dug ground: its own size is found, and no ring where there is none."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from shapely.geometry import Polygon

from analysis.growth import footprint
from analysis.growth.forward import Geometry
from analysis.growth.model import Model
from analysis.growth.outline import of_polygon
from analysis.simulate import SPECS, cube, draw

from .worlds import fit, outlines, seen

APRON_M = 6.0
HALLS = ("hall-new", "hall-02")
SEEDS = (3, 7, 11, 12)


@cache
def dug(seed: int):
    world = draw(seed, replace(SPECS["matched"], halls=3, ratio=(0.6, 0.7), apron=APRON_M))
    return world, cube(world)


def error(seed: int, identity: str) -> float:
    world, scenes = dug(seed)
    return fit(world, scenes, identity).area() / world.by_id[identity].size("roof") - 1


def test_a_hall_in_an_apron_is_as_large_as_its_roof(monkeypatch):
    found = [error(seed, i) for seed in SEEDS for i in HALLS]
    monkeypatch.setattr(footprint, "APRONS_M", ())
    without = [error(seed, i) for seed in SEEDS for i in HALLS]
    assert np.median(np.abs(found)) < 0.03
    assert np.median(np.abs(found)) < 0.5 * np.median(np.abs(without))
    assert np.median(without) > 0.03


@pytest.mark.parametrize("identity", [*HALLS, "hall-a"])
def test_no_apron_is_found_where_none_is(identity, monkeypatch):
    """Although one is tried."""
    world, scenes = seen()
    monkeypatch.setattr(footprint, "POOR", 0.0)
    tried = []
    plain = footprint._in_apron
    monkeypatch.setattr(footprint, "_in_apron", lambda *of: tried.append(1) or plain(*of))
    one = fit(world, scenes, identity)
    assert tried
    assert not any(m.apron for m in one.models)


def test_a_rejected_trial_leaves_everything_as_it_was():
    world, scenes = dug(3)
    model = fit(world, scenes, "hall-02").models[0]
    kept, cost = model.state(), model.apron_cost()
    residual = model.residual()
    model.apron, model._curvature = 3.0, 2 * model._curvature
    assert model.apron_cost() != cost
    model.restore(kept, residual)
    assert model.apron == APRON_M
    assert model.apron_cost() == cost


def test_a_ring_that_closes_a_notch_is_no_shape():
    """Edges of a narrow notch would pass each other."""
    world, scenes = dug(3)
    one = fit(world, scenes, "hall-02")
    model, ring = one.models[0], Polygon([
        (-40, -20), (40, -20), (40, 20), (6, 20), (6, -5), (-6, -5), (-6, 20), (-40, 20),
    ])  # fmt: skip
    model.outline, values = of_polygon(ring)
    at = Geometry(values, 0.0, 0.0)
    model.yard, model.taken = np.full(4, 0.12), np.full(4, 0.5)
    model.apron = 3.0
    assert model.apron_is_ground(at)
    model.apron = 10.0
    assert not model.apron_is_ground(at)


def test_derivatives_with_an_apron_are_those_of_the_picture(monkeypatch):
    """Of the outline: residuals against differences."""
    world, scenes = dug(3)
    assert set(HALLS) < set(outlines(world))
    one = fit(world, scenes, "hall-new")
    at, model = Geometry(one.geometry.values, one.geometry.lift, 0.0), one.models[0]
    model.apron, model.calm = APRON_M, 1e-3
    model.yard, model.taken = np.full(4, 0.12), np.full(4, 0.6)
    kept = []
    plain = Model._derivatives
    monkeypatch.setattr(Model, "_mixed", lambda self, slide, bend: 0.0)
    monkeypatch.setattr(
        Model, "_derivatives", lambda self, *of: kept.append(plain(self, *of)) or kept[-1]
    )
    model.system(at)
    jac = kept[0][0]
    step = 0.02
    for i in range(one.outline.parameters):
        by = step * (0.1 if i == 2 else 1.0)
        rest = []
        for sign in (1, -1):
            moved = at.values.copy()
            moved[i] += sign * by
            model.system(Geometry(moved, at.lift, at.height))
            rest.append(model.residual()[0])
        seen = -(rest[0] - rest[1]) / (2 * by)
        expected = jac[:, i].transpose(1, 0, 2)
        assert np.abs(seen - expected).max() < 0.1 * np.abs(expected).max()
