"""The pair method on drawn pairs whose change is known."""

import numpy as np
import pytest
from scipy import ndimage

from analysis.growth import pairs, scores
from analysis.growth.plain import change_vectors

BANDS = ("blue", "green", "red", "nir", "swir1", "swir2")


@pytest.fixture(scope="module")
def pair():
    """Textured ground in two seasons, the later date 0.6 pixel off, two new roofs and a field."""
    rng = np.random.default_rng(7)
    size, fine = 120, 5
    ground = ndimage.gaussian_filter(rng.normal(size=(size * fine, size * fine)), 2 * fine)
    ground = 0.2 + 0.06 * ground / ground.std()
    level = np.array([0.5, 0.7, 1.0, 1.3, 1.5, 1.2])[:, None, None]
    one = ground * level
    two = one * np.array([1.1, 1.1, 1.15, 0.9, 1.0, 1.05])[:, None, None] + 0.01
    truth = np.zeros((size, size), bool)
    for y, x, h, w in ((20, 30, 8, 12), (70, 80, 6, 9)):
        truth[y : y + h, x : x + w] = True
        roof = np.array([0.40, 0.42, 0.45, 0.46, 0.5, 0.5])[:, None, None]
        two[:, y * fine : (y + h) * fine, x * fine : (x + w) * fine] = roof
    leaf = np.array([0.03, 0.08, 0.04, 0.45, 0.2, 0.1])[:, None, None]
    two[:, 90 * fine : 110 * fine, 10 * fine : 40 * fine] = leaf  # a crop has grown

    def seen(world, dx):
        world = np.roll(world, dx, axis=2)
        blurred = ndimage.gaussian_filter(world, (0, 2.5, 2.5))
        pixels = blurred.reshape(6, size, fine, size, fine).mean(axis=(2, 4))
        return pixels + rng.normal(scale=0.004, size=pixels.shape)

    return seen(one, 0), seen(two, 3), truth


def _change(one, two, **other):
    return pairs.change(one, two, BANDS, pixel_m=10.0, **({"reflectance": True} | other))


def test_new_roofs_are_called_and_crops_are_not(pair):
    one, two, truth = pair
    found = _change(one, two)
    assert found.changed[truth].mean() > 0.8
    assert found.changed[95:105, 15:35].mean() == 0.0
    assert found.changed[~ndimage.binary_dilation(truth, iterations=3)].mean() < 0.01


def test_the_shift_between_the_dates_is_found(pair):
    one, two, _ = pair
    y, x = _change(one, two).shift
    assert y == pytest.approx(0.0, abs=0.1)
    assert x == pytest.approx(0.6, abs=0.1)


def test_it_beats_plain_change_vectors(pair):
    one, two, truth = pair
    found = _change(one, two)
    length, called = change_vectors(one, two)
    ours = scores.against(truth.ravel(), found.changed.ravel(), found.score.ravel())
    plain = scores.against(truth.ravel(), called.ravel(), length.ravel())
    assert ours.f1 > plain.f1
    assert ours.average_precision > plain.average_precision


def test_gain_and_offset_of_a_date_change_nothing_of_uncalibrated_pixels(pair):
    one, two, _ = pair
    same = _change(one, two, reflectance=False)
    other = _change(one, 3.7 * two + 11.0, reflectance=False)
    assert np.allclose(same.score, other.score, atol=1e-6)


def test_pixels_that_a_date_lacks_are_never_called(pair):
    one, two, _ = pair
    valid = np.ones(one.shape[1:], bool)
    valid[15:35] = False
    found = _change(one, two, valid=valid)
    assert not found.changed[15:35].any()
    assert np.isfinite(found.score).all()


def test_two_equal_images_have_no_change(pair):
    one, _, _ = pair
    assert not _change(one, one.copy()).changed.any()


def test_nothing_to_see_is_no_change():
    empty = np.full((3, 40, 40), np.nan)
    found = pairs.change(empty, empty, ("red", "green", "blue"), pixel_m=10, reflectance=False)
    assert not found.changed.any()


def test_scores_agree_with_counting_by_hand():
    truth = np.array([1, 1, 0, 0, 0, 1], bool)
    called = np.array([1, 0, 1, 0, 0, 1], bool)
    score = np.array([0.9, 0.2, 0.8, 0.1, 0.1, 0.7])
    got = scores.against(truth, called, score)
    assert got.precision == pytest.approx(2 / 3)
    assert got.recall == pytest.approx(2 / 3)
    assert got.f1 == pytest.approx(2 / 3)
    assert got.iou == pytest.approx(1 / 2)
    # descending: 0.9 hit, 0.8 miss, 0.7 hit, 0.2 hit: (1 + 2/3 + 3/4) / 3
    assert got.average_precision == pytest.approx((1 + 2 / 3 + 3 / 4) / 3)
    pairs_won = sum((a > b) + 0.5 * (a == b) for a in score[truth] for b in score[~truth])
    assert got.auroc == pytest.approx(pairs_won / 9)


def test_a_scene_without_change_has_no_recall():
    nothing = np.zeros(10, bool)
    got = scores.against(nothing, nothing, np.arange(10.0))
    assert got.f1 is None
    assert got.auroc is None
