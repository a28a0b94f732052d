"""OmniCloudMask: how its classes are read, and what is said where it is not installed."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

from analysis.errors import UserError
from analysis.scenes import Request, omnicloud, prepare
from analysis.scenes.masks import Cover

MISSING = find_spec(omnicloud.PACKAGE) is None


@pytest.mark.skipif(not MISSING, reason="OmniCloudMask is installed")
def test_where_it_is_not_installed_the_message_says_how_before_anything_is_read(catalogue):
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
