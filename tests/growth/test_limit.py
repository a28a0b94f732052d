"""The bound behaves like a bound, and the order of magnitude is the one that was known."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.growth import limit
from analysis.growth.joint import join
from analysis.growth.limit import Setting

FLAT = Setting(
    100, 30, 10.0, 1, 1, contrast=(0.1,), noise=0.02, mixing=((1e-6,),), outer=(140.0,),
    fall=(3.0,), blur_log_sd=1e-3, shift_sd=1e-3, level_sd=1e-4, seasons=False,
)  # fmt: skip
"""A hall of 100 x 30 m in one band, contrast 0.1, noise 0.02, all else known."""


def test_one_scene_gives_six_percent_ten_give_two_and_one_of_3_m_gives_one():
    one, ten = limit.bound(FLAT, 1), limit.bound(replace(FLAT, after=10), 1)
    fine = limit.bound(replace(FLAT, gsd=3.0), 1)
    assert one.relative == pytest.approx(0.06, rel=0.1)
    assert ten.relative == pytest.approx(0.02, rel=0.1)
    assert fine.relative == pytest.approx(0.01, rel=0.2)
    assert ten.relative == pytest.approx(one.relative / np.sqrt(10), rel=0.01)


def test_finer_pixels_more_light_and_known_blur_help():
    base = limit.bound(replace(FLAT, blur_log_sd=0.15), 1).relative
    assert limit.bound(FLAT, 1).relative <= base
    assert limit.bound(replace(FLAT, contrast=(0.2,)), 1).relative < base
    assert limit.bound(replace(FLAT, gsd=5.0), 1).relative < base


def test_textured_ground_hurts_a_hall_that_was_never_seen_before():
    rough = replace(FLAT, mixing=((0.03,),), noise=0.003)
    assert limit.bound(replace(rough, before=0), 1).relative > (
        1.5 * limit.bound(replace(rough, before=6), 1).relative
    )


def test_shared_blur_cancels_between_halls_of_one_size_only():
    loose = replace(FLAT, noise=0.004, blur_log_sd=0.15)
    small = replace(loose, length=40.0, width=15.0)
    alike = limit.ratio_bound(loose, loose, 1)
    assert alike < np.sqrt(2) * limit.bound(loose, 1).relative * 1.001
    assert limit.ratio_bound(small, loose, 1) > alike


def test_assumptions_stand_beside_the_bound():
    text = " ".join(limit.bound(FLAT, 1).assumptions)
    for word in ("rectangle", "blur", "shifts", "roof level", "ground"):
        assert word in text


def test_posterior_is_not_narrower_than_the_bound():
    from .worlds import fitted, seen

    world, _ = seen()
    building = world.by_id["hall-new"]
    one = fitted("matched", 3, "hall-new")
    model = one.models[0]
    contrast = np.abs(model.roof - model._mean.mean(axis=0))
    setting = Setting(
        building.length, building.size("roof") / building.length, 10.0,
        model.window.before, model.window.scenes, contrast=tuple(contrast), noise=0.0025,
    )  # fmt: skip
    deviation = join({"hall-new": one}).deviation()[0]
    assert deviation > 0.5 * limit.bound(setting, 1).deviation
