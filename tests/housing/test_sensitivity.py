"""Sobol indices against functions whose indices are known in closed form."""

import numpy as np
import pytest

from analysis.housing import sensitivity


def ishigami(u, a=7.0, b=0.1):
    x = np.pi * (2 * u - 1)
    return np.sin(x[0]) + a * np.sin(x[1]) ** 2 + b * x[2] ** 4 * np.sin(x[0])


def ishigami_truth(a=7.0, b=0.1):
    """Ishigami and Homma (1990), indices in closed form."""
    v1 = 0.5 * (1 + b * np.pi**4 / 5) ** 2
    v2 = a**2 / 8
    v13 = b**2 * np.pi**8 * (1 / 18 - 1 / 50)
    v = v1 + v2 + v13
    return np.array([v1, v2, 0]) / v, np.array([v1 + v13, v2, v13]) / v


def test_indices_of_the_ishigami_function_are_the_analytic_ones():
    first, total = ishigami_truth()
    found = sensitivity.sobol(ishigami, 3, seed=1)
    assert np.allclose([f[0] for f in found], first, atol=0.02)
    assert np.allclose([f[1] for f in found], total, atol=0.02)
    for (_, _, intervals), truth in zip(found, total, strict=True):
        low, high = intervals["0.99"]
        assert low <= truth <= high
        assert low <= intervals["0.9"][0] <= intervals["0.9"][1] <= high


def test_total_orders_of_an_additive_function_are_its_variance_shares():
    weights = np.array([1.0, 2.0, 3.0])
    found = sensitivity.sobol(lambda u: weights @ u, 3, seed=2)
    share = weights**2 / (weights**2).sum()
    assert [f[1] for f in found] == pytest.approx(share, abs=0.005)
    assert sum(f[1] for f in found) == pytest.approx(1, abs=0.01)


def test_an_input_that_does_nothing_has_no_index():
    found = sensitivity.sobol(lambda u: u[0] ** 2, 2, seed=3)
    assert found[1][1] == 0
    assert found[0][1] == pytest.approx(1, abs=0.01)


def test_the_same_seed_gives_the_same_indices_and_intervals():
    assert sensitivity.sobol(ishigami, 3, seed=4) == sensitivity.sobol(ishigami, 3, seed=4)
    assert sensitivity.sobol(ishigami, 3, seed=4) != sensitivity.sobol(ishigami, 3, seed=5)


def test_knowing_the_only_uncertain_parameter_leaves_nothing(one_parameter_open):
    found = sensitivity.saving(one_parameter_open, "households_per_block", seed=1)
    assert found.shrink == pytest.approx(1)
    assert found.factor_after == pytest.approx(1)


def test_known_storeys_within_one_help_less_than_known_storeys(scenarios):
    roof = scenarios["open-roof"]
    exact = sensitivity.saving(roof, "storeys", seed=1)
    known = sensitivity.known_within(roof["storeys"], 1)
    rough = sensitivity.saving(roof, "storeys", seed=1, known=known)
    assert 0 < rough.shrink < exact.shrink < 1
    assert 1 < exact.factor_after < rough.factor_after < exact.factor_before


def test_a_tornado_bar_is_the_product_at_the_ends_of_one_parameter(one_parameter_open):
    bar, *known = sensitivity.tornado(one_parameter_open)
    # Households evenly from 10 to 20, two workers each: 5 % and 95 % are 10.5 and 19.5.
    assert (bar.low, bar.high) == pytest.approx((21.0, 39.0))
    assert all(other.low == other.high == 30 for other in known)
