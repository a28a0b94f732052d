"""Planet's mask, in both versions: what counts as ground in plain sight."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.scenes import masks

CHANNELS = (
    "clear", "snow", "shadow", "light_haze", "heavy_haze", "cloud", "confidence", "unusable",
)  # fmt: skip
"""In the order of Planet's file."""

PIXELS = (
    "clear", "snow", "shadow", "light_haze", "heavy_haze", "cloud", "blackfill", "unexplained",
)  # fmt: skip
"""One pixel of each sort."""


def numbers(version: str) -> dict[str, np.ndarray]:
    """The mask of one row of pixels; since version 2.1 all haze stands in the light channel."""
    found = {f"udm2_{name}": np.zeros((1, len(PIXELS)), dtype=np.float32) for name in CHANNELS}
    found["udm2_confidence"][:] = 87
    for place, name in enumerate(PIXELS):
        if name == "heavy_haze" and version == "2.1":
            name = "light_haze"
        if name == "blackfill":
            found["udm2_unusable"][0, place] = 1
        elif name != "unexplained":
            found[f"udm2_{name}"][0, place] = 1
    return found


def bands() -> dict[str, np.ndarray]:
    level = np.full((1, len(PIXELS)), 0.1, dtype=np.float32)
    return dict.fromkeys(("red", "green", "blue", "nir"), level)


def sorts(flag: np.ndarray) -> set[str]:
    return {name for name, on in zip(PIXELS, flag[0], strict=True) if on}


@pytest.mark.parametrize("version", ["2.0", "2.1"])
def test_each_sort_of_pixel_is_what_its_channel_says(version):
    cover, layer = masks.of_numbers(numbers(version), bands())
    assert layer == "udm2"
    assert sorts(cover.snow) == {"snow"}
    assert sorts(cover.shadow) == {"shadow"}
    assert sorts(cover.bad) == {"blackfill", "unexplained"}


def test_the_light_haze_of_the_older_version_hides_nothing():
    cover, _ = masks.of_numbers(numbers("2.0"), bands())
    assert sorts(cover.cloud) == {"cloud", "heavy_haze"}


def test_the_one_haze_of_the_newer_version_covers():
    cover, _ = masks.of_numbers(numbers("2.1"), bands())
    assert sorts(cover.cloud) == {"cloud", "heavy_haze", "light_haze"}


def test_a_pixel_that_the_file_does_not_reach_is_no_ground():
    given = numbers("2.0")
    given["udm2_unusable"][0, 0] = np.nan
    cover, _ = masks.of_numbers(given, bands())
    assert "clear" in sorts(cover.bad)


def test_a_pixel_without_reflectance_is_no_ground_whatever_the_mask_says():
    shown = bands() | {"nir": np.full((1, len(PIXELS)), np.nan, dtype=np.float32)}
    cover, _ = masks.of_numbers(numbers("2.0"), shown)
    assert cover.bad.all()
