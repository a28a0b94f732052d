"""The chain computed by hand, and what must hold whatever the parameters are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.housing import chain, scenarios
from analysis.housing.parameters import DOMAINS, Parameter

BLOCK = {
    "households_per_block": 20.0,
    "household_size": 4.0,
    "active_share": 0.5,
    "plant_workers_per_household": 1.5,
}


def arrays(values):
    return {name: np.array([value]) for name, value in values.items()}


def only(values):
    return {name: float(value[0]) for name, value in values.items()}


def test_a_block_of_twenty_households_by_hand():
    assert only(chain.run("households", arrays(BLOCK))) == {
        "dwellings": 20, "residents": 80, "active": 40, "workers": 30,
    }  # fmt: skip


def test_a_thousand_square_metres_of_roof_by_hand():
    x = {k: v for k, v in BLOCK.items() if k != "households_per_block"} | {
        "storeys": 5.0, "net_to_gross": 0.75, "dwelling_size": 62.5,
    }  # fmt: skip
    found = only(chain.run("floor-area", arrays(x)))
    # 1000 m2 x 5 storeys x 0.75 / 62.5 m2 = 60 dwellings.
    assert found == pytest.approx(
        {"floor_area": 5000, "dwellings": 60, "residents": 240, "active": 120, "workers": 90}
    )
    half = only(chain.run("floor-area", arrays(x | {"footprint": 500.0})))
    assert half["residents"] == pytest.approx(120)


def test_dormitories_by_hand():
    beds = {"beds_per_storey": 95.0, "storeys": 7.0, "plant_workers_per_bed": 0.4}
    assert only(chain.run("beds", arrays(beds))) == {"residents": 665, "workers": 266}
    area = {"plate": 1200.0, "storeys": 5.0, "area_per_bed": 10.0, "plant_workers_per_bed": 1.0}
    assert only(chain.run("bed-area", arrays(area))) == {
        "floor_area": 6000, "residents": 600, "workers": 600,
    }  # fmt: skip


def test_no_household_sends_more_workers_than_it_has_economically_active_members():
    x = arrays(BLOCK | {"plant_workers_per_household": 3.0})
    found = only(chain.run("households", x))
    assert found["workers"] == found["active"] == 40


def test_known_parameters_give_an_interval_of_one_point(scenarios):
    known = scenarios["low-rise"].replaced(*(Parameter(n, v, v) for n, v in BLOCK.items()))
    drawn = chain.sample(known, seed=1, samples=64)
    assert chain.span(drawn["residents"], drawn["residents"], 0.99) == (80, 80)
    assert chain.span(drawn["workers_low"], drawn["workers_high"], 0.9) == (30, 30)


def test_the_link_between_household_and_plant_is_carried_with_both_its_ends(scenarios):
    drawn = chain.sample(scenarios["small-apartment"], seed=1, samples=256)
    assert np.array_equal(drawn["workers_low"], drawn["dwellings"])
    assert (drawn["workers_high"] <= drawn["active"] + 1e-9).all()
    assert (drawn["workers_low"] <= drawn["workers"] + 1e-9).all()
    assert (drawn["workers"] <= drawn["workers_high"] + 1e-9).all()
    assert (drawn["workers_high"] > 1.4 * drawn["workers_low"]).all()


def test_the_share_of_ages_sixteen_and_over_is_never_used(scenarios):
    for scenario in scenarios.values():
        rows = {row for parameter in scenario.parameters for row in parameter.rows}
        assert "H54" not in rows
        if scenario.plan.building == "family":
            assert (scenario["active_share"].low, scenario["active_share"].high) == (0.507, 0.523)


def test_the_same_seed_gives_the_same_draws(scenarios):
    one, same, other = (chain.sample(scenarios["low-rise"], seed=s) for s in (1, 1, 2))
    assert all(np.array_equal(one[q], same[q]) for q in one)
    assert not np.array_equal(one["residents"], other["residents"])


def test_draws_agree_with_exact_quantiles_of_one_uniform_parameter(one_parameter_open):
    drawn = chain.sample(one_parameter_open, seed=3)
    assert chain.span(drawn["residents"], drawn["residents"], 0.9) == pytest.approx(
        (42, 78), rel=1e-3
    )


def test_whole_storeys_have_equal_chances():
    storeys = Parameter("storeys", 5, 7, shape="whole")
    drawn = storeys.quantile((np.arange(9000) + 0.5) / 9000)
    assert [int((drawn == s).sum()) for s in (5, 6, 7)] == [3000, 3000, 3000]


def test_triangular_quantiles_are_those_of_scipy():
    u = np.linspace(0.001, 0.999, 999)
    mine = Parameter("dwelling_size", 26.45, 100, 62.5, "triangular").quantile(u)
    width = 100 - 26.45
    assert np.allclose(mine, stats.triang.ppf(u, (62.5 - 26.45) / width, 26.45, width))


POSITIVE = {
    "floor-area": ("footprint", "storeys", "net_to_gross", "household_size", "active_share",
                   "plant_workers_per_household"),
    "households": ("households_per_block", "household_size", "active_share",
                   "plant_workers_per_household"),
    "beds": ("beds_per_storey", "storeys", "plant_workers_per_bed"),
    "bed-area": ("plate", "storeys", "plant_workers_per_bed"),
}  # fmt: skip
NEGATIVE = {"floor-area": ("dwelling_size",), "bed-area": ("area_per_bed",)}


def inside(name):
    domain = DOMAINS[name]
    low = max(domain.low, 0.01)
    return st.floats(low, domain.high, allow_nan=False)


@given(data=st.data(), route=st.sampled_from(sorted(POSITIVE)))
def test_more_of_anything_never_means_fewer_people(data, route):
    names = (*POSITIVE[route], *NEGATIVE.get(route, ()))
    x = {name: data.draw(inside(name), label=name) for name in names}
    grown = data.draw(st.sampled_from(names))
    more = x | {grown: data.draw(st.floats(x[grown], DOMAINS[grown].high), label="more")}
    before, after = (only(chain.run(route, arrays(v))) for v in (x, more))
    for quantity in ("residents", "workers"):
        low, high = before[quantity], after[quantity]
        if grown in NEGATIVE.get(route, ()):
            low, high = high, low
        assert low <= high * (1 + 1e-12)


@given(data=st.data())
def test_workers_never_exceed_the_economically_active_nor_they_the_residents(data):
    x = {name: data.draw(inside(name), label=name) for name in POSITIVE["households"]}
    found = only(chain.run("households", arrays(x)))
    assert found["workers"] <= found["active"] * (1 + 1e-12)
    assert found["active"] <= found["residents"]


def test_every_scenario_states_its_people_per_block_or_per_roof():
    assert {p.name for p in scenarios.PLANS if p.per_roof} == {
        "low-rise-roof", "small-apartment-roof", "apartment-roof", "by-area-roof", "open-roof",
    }  # fmt: skip
