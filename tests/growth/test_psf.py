"""The blur makes and loses no light, and has the transfer that was asked for."""

import numpy as np
import pytest
from scipy.special import ndtr

from analysis.growth import psf, render


def test_a_gaussian_of_that_width_has_that_transfer_at_nyquist():
    for transfer in (0.15, 0.26, 0.3):
        x = np.linspace(-12, 12, 20001)
        sigma = psf.gaussian_sigma(transfer)
        line = np.exp(-0.5 * (x / sigma) ** 2)
        seen = np.trapezoid(line * np.cos(np.pi * x), x) / np.trapezoid(line, x)
        assert seen == pytest.approx(transfer, abs=1e-6)


def test_no_transfer_outside_zero_and_one():
    for transfer in (0.0, 1.0, 1.3):
        with pytest.raises(ValueError, match="no blur"):
            psf.gaussian_sigma(transfer)


def test_prior_lets_bands_differ_less_than_all_of_them_together():
    precision = psf.Blur.of(10.0).precision(4)
    together, apart = np.ones(4), np.array([1.0, -1.0, 0.0, 0.0])
    assert apart @ precision @ apart / 2 > 5 * (together @ precision @ together / 4)


def test_width_follows_pixel_size():
    assert psf.Blur.of(10.0).sigma == pytest.approx(5.22, abs=0.01)
    assert 1.5 < psf.Blur.of(3.0).sigma < 2.2


def test_light_of_a_building_is_kept():
    east = np.arange(-150, 151, 10.0)
    lattice = render.Lattice(east, east[::-1].copy(), 10.0, 40.0)
    ring = np.array([[-31.0, -12], [28, -15], [31, 14], [-29, 13]])
    x, y = ring.T
    area = 0.5 * np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)
    seen = lattice.sample(lattice.draw(ring), 5.2, np.zeros(2)).sum() * 100
    assert seen == pytest.approx(area, rel=1e-3)


def test_edge_of_a_large_building_is_the_error_function():
    east = np.arange(-200, 201, 10.0)
    lattice = render.Lattice(east, east.copy(), 10.0, 40.0)
    ring = np.array([[-3.7, -150.0], [150, -150], [150, 150], [-3.7, 150]])
    row = lattice.sample(lattice.draw(ring), 5.0, np.zeros(2))[20]
    expected = ndtr((east + 3.7) / 5.0) * ndtr((150 - east) / 5.0)
    # an edge along the cells is the worst case: its place inside a cell is forgotten
    assert row == pytest.approx(expected, abs=3e-3)
