"""OmniCloudMask: how its classes are read, and what is said where it is not installed.

The model itself never runs here: it is in no lock, and fetches its weights over the network.
Where a test needs its answer, a stand-in gives one in the shape that its documentation states.
"""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

import numpy as np
import pytest

from analysis.errors import UserError
from analysis.scenes import omnicloud
from analysis.scenes.masks import Cover
from analysis.scenes.prepare import Request, prepare


def test_where_it_is_not_installed_the_message_says_how_before_anything_is_read(
    monkeypatch, catalogue
):
    monkeypatch.setattr(omnicloud, "PACKAGE", "a_package_that_is_nowhere")
    with pytest.raises(UserError, match=r"--cloudmask needs.*\.\[cloudmask\]"):
        prepare(Request(source=str(catalogue), cloudmask=True))


def test_its_clouds_and_shadows_replace_those_of_the_scene_and_its_snow_stays():
    none = np.zeros((1, 5), dtype=bool)
    own = Cover(~none, none, np.array([[0, 1, 0, 0, 0]], bool), np.array([[0, 0, 0, 0, 1]], bool))
    found = omnicloud.of_classes(np.array([[0, 1, 2, 3, 1]]), own)
    np.testing.assert_array_equal(found.cloud, [[False, True, True, False, False]])
    np.testing.assert_array_equal(found.shadow, [[False, False, False, True, False]])
    np.testing.assert_array_equal(found.snow, own.snow)
    np.testing.assert_array_equal(found.bad, own.bad)


def stand_in(monkeypatch, answer):
    """A package of that name whose model is ``answer``: bands ``(3, y, x)`` to classes."""
    module = ModuleType(omnicloud.PACKAGE)
    module.__spec__ = ModuleSpec(omnicloud.PACKAGE, None)
    module.predict_from_array = lambda bands: answer(bands)[np.newaxis]
    monkeypatch.setitem(sys.modules, omnicloud.PACKAGE, module)


def test_the_model_is_given_red_green_and_near_infrared_without_gaps(monkeypatch):
    given = []
    stand_in(monkeypatch, lambda bands: given.append(bands) or np.zeros(bands.shape[1:], int))
    bands = {"blue": 0.1, "green": 0.2, "red": np.nan, "nir": 0.4}
    classes = omnicloud.predicted({name: np.full((2, 3), v) for name, v in bands.items()})
    assert classes.shape == (2, 3)
    assert given[0].dtype == np.float32
    np.testing.assert_array_equal(given[0][:, 0, 0], np.array([0, 0.2, 0.4], np.float32))


def test_ground_that_the_model_calls_cloud_is_not_used(monkeypatch, catalogue):
    """Its class of thin cloud over the upper third of every date, nothing elsewhere."""

    def upper_third(bands):
        classes = np.zeros(bands.shape[1:], dtype=int)
        classes[: len(classes) // 3] = 2
        return classes

    stand_in(monkeypatch, upper_third)
    done = prepare(Request(source=str(catalogue), cloudmask=True))
    assert {sheet.mask for sheet in done.sheets} == {omnicloud.PACKAGE}
    valid = done.cube.valid.values
    third = valid.shape[1] // 3
    assert not valid[:, :third].any()
    assert valid[:, third + 20 :].mean() > 0.9
