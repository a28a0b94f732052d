"""Synthetic buildings in a cube drawn here, whose pixels are known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.errors import UserError
from analysis.growth import blend, candidates, detectability, injection
from analysis.growth.detectability import Recovery
from tests.growth.test_scan import cube, world

LARGE = injection.Drawing(area_px=(8.0, 20.0), begin=(0.25, 0.6), stage_days=(30.0, 200.0))


@pytest.fixture(scope="module")
def meadow():
    return cube(world(11, times=60, size=64))


@pytest.fixture(scope="module")
def recovery(meadow):
    return injection.inject(meadow, 1, 1500)


def flat(value=0.2, size=40, times=20):
    """Ground without noise or season, always seen."""
    made = world(1, times=times, size=size)
    return cube((np.full_like(made[0], value), np.ones_like(made[1]), made[2], made[3]))


def one(site, **changes):
    """One square of 5 x 5 pixels, begun after the first five dates and roofed after ten."""
    times = site.days.size
    drawn = {
        "row": np.array([20.3]), "column": np.array([19.6]), "length": np.array([5.0]),
        "width": np.array([5.0]), "angle": np.array([0.4]), "first": site.days[5:6],
        "second": site.days[10:11], "roof": np.full((1, 4), 0.5),
        "works": np.full((1, times, 4), 0.3), "shift": np.zeros((1, times, 2)),
    }  # fmt: skip
    return blend.Buildings(**drawn | changes)


def test_a_building_adds_its_area_times_its_contrast_and_no_more():
    plain = flat()
    site = blend.ground(plain, 10.0)
    made = blend.built(plain, site, one(site))
    for band in site.bands:
        added = (made[band] - plain[band]).sum(("y", "x")).values
        assert np.allclose(added[:5], 0)
        assert np.allclose(added[5:10], 25 * 0.1, rtol=0.01)
        assert np.allclose(added[10:], 25 * 0.3, rtol=0.01)
    assert made.attrs["kind"] == "injected"


def test_a_shift_moves_a_building_and_keeps_its_area():
    plain = flat()
    site = blend.ground(plain, 10.0)
    still = blend.blend(site, one(site))
    shift = np.zeros((1, site.days.size, 2))
    shift[0, :, 1] = 0.3
    moved = blend.blend(site, one(site, shift=shift))
    for drawn in (still, moved):
        assert (drawn.stack[-1, 0] - 0.2).sum() == pytest.approx(25 * 0.3, rel=0.02)
    middle = [np.average(d.at[1], weights=d.stack[-1, 0] - 0.2) for d in (still, moved)]
    assert middle[1] - middle[0] == pytest.approx(0.3, abs=0.03)


def test_ground_far_away_is_untouched_and_clouds_stay(meadow):
    site = blend.ground(meadow, 10.0)
    made = blend.built(meadow, site, one(site))
    far = np.hypot(*np.meshgrid(np.arange(64) - 20.3, np.arange(64) - 19.6, indexing="ij")) > 8
    for band in site.bands:
        assert np.array_equal(made[band].values[:, far], meadow[band].values[:, far])
        hidden = ~meadow["valid"].values
        assert np.array_equal(made[band].values[hidden], meadow[band].values[hidden])
    assert np.array_equal(made["valid"], meadow["valid"])


def test_the_dates_own_noise_stays_under_a_roof(meadow):
    site = blend.ground(meadow, 10.0)
    drawn = blend.blend(site, one(site, length=np.array([9.0]), width=np.array([9.0])))
    inside = drawn.cover > 0.999
    y, x = (a[inside] for a in drawn.at)
    roofed, seen = site.days >= site.days[10], drawn.clear[:, inside]
    new = drawn.stack[:, 1, inside][roofed][seen[roofed]]
    design = blend.noise.waves(site.days)
    season = np.einsum("tk,kp->tp", design, site.season[:, 1][:, y, x])
    noise = (site.stack[:, 1, y, x] - season)[roofed][seen[roofed]]
    assert np.allclose(new, 0.5 + noise, atol=2e-3)


def test_a_glaring_building_is_always_found(meadow):
    found = injection.inject(meadow, 3, 150, drawing=LARGE, strength=2.0).table
    assert found["detected"].all()
    assert found["roof_error_days"].abs().median() < 60


def test_no_contrast_is_found_no_more_often_than_the_null_allows(meadow):
    none = injection.inject(meadow, 3, 400, strength=0.0)
    patch_km2_years = 400 * 200 * 100 / 1e6 * 5
    assert none.table["detected"].sum() <= candidates.ALARMS * patch_km2_years


def test_the_quick_look_agrees_with_the_whole_detector(meadow):
    site = blend.ground(meadow, 10.0)
    rng = np.random.default_rng(5)
    drawing = replace(LARGE, area_px=(1.0, 12.0))
    taken = np.zeros((64, 64), bool)
    made, _ = injection.draw(rng, site, drawing, 16, taken, None, 0.2)
    series = injection.layout.from_cube(meadow)
    held = candidates.find(meadow)[1]
    views = injection.layout.directions(meadow)
    quick = injection.look(site, series, made, 1.0, held.threshold, views, 0.2, 0.9, None)
    whole = []
    for i in range(16):
        standing = blend.built(meadow, site, made.take(slice(i, i + 1)))
        at = np.array([made.row[i], made.column[i]])
        near = [np.hypot(*(c.pixels - at).T).min() < 1.5 for c in candidates.find(standing)[0]]
        whole.append(any(near))
    assert np.mean(quick["detected"].to_numpy() == np.array(whole)) >= 0.85


def test_a_recovery_says_that_its_buildings_are_synthetic(recovery):
    assert recovery.kind == "injected"
    assert "synthetic" in recovery.note
    assert recovery.dropped == 0
    facts = recovery.table
    assert len(facts) == 1500
    assert set(facts["half_year"]) == {"winter", "summer"}
    assert facts.loc[~facts["detected"], "roof_value"].isna().all()


def test_the_same_seed_draws_the_same_buildings(meadow, recovery):
    pd.testing.assert_frame_equal(injection.inject(meadow, 1, 1500).table, recovery.table)


def test_larger_buildings_are_found_more_often(recovery):
    shares = injection.curve(recovery, bins=4)["share"]
    assert shares.is_monotonic_increasing
    assert shares.iloc[-1] > 0.9
    held = injection.smallest(recovery)
    assert held.low < held.area_m2 < held.high
    assert held.side_m == pytest.approx(held.area_m2**0.5)


def test_a_place_that_was_always_hidden_and_a_cube_too_small_are_told(meadow):
    nowhere = np.zeros((64, 64), bool)
    with pytest.raises(UserError, match="no room"):
        injection.inject(meadow, 1, 20, where=nowhere)
    with pytest.raises(UserError, match="too few"):
        injection.inject(meadow.isel(time=slice(0, 5)), 1, 20)


def table(area, found, y=None, half_year="winter"):
    size = len(area)
    return pd.DataFrame({
        "area_m2": area, "detected": found, "half_year": half_year,
        "y": np.zeros(size) if y is None else y, "x": np.random.default_rng(0).random(size) * 100,
    })  # fmt: skip


def known(area, found, **more):
    return Recovery(table(area, found, **more), 12.0, 10.0, (0.0, 100.0, 0.0, 100.0), 0, 1.0, 0,
                    "simulated")  # fmt: skip


def drawn(seed, n=3000, ceiling=0.98, middle=200.0, slope=3.0):
    rng = np.random.default_rng(seed)
    area = np.exp(rng.uniform(np.log(25), np.log(3000), n))
    share = ceiling / (1 + (area / middle) ** -slope)
    return area, rng.random(n) < share


def test_the_smallest_building_is_that_of_the_curve_it_was_drawn_from():
    truth = 200.0 * (0.9 / 0.98 / (1 - 0.9 / 0.98)) ** (1 / 3.0)
    held = [injection.smallest(known(*drawn(seed))) for seed in range(40)]
    inside = [h.low <= truth <= h.high for h in held]
    assert np.mean([h.area_m2 for h in held]) == pytest.approx(truth, rel=0.05)
    assert 0.75 <= np.mean(inside) <= 1.0


def test_completeness_covers_the_curve_it_was_drawn_from():
    areas, inside = np.array([100.0, 300.0, 1000.0]), []
    for seed in range(30):
        _, low, high = injection.completeness(known(*drawn(seed)), areas)
        truth = 0.98 / (1 + (areas / 200.0) ** -3.0)
        inside.append((low <= truth) & (truth <= high))
    assert 0.8 <= np.mean(inside) <= 0.99
    assert np.isnan(injection.completeness(known(*drawn(1)), 1e6)[0])


def test_what_is_not_reached_is_no_number():
    held = injection.smallest(known(*drawn(1, ceiling=0.7)))
    assert np.isnan(held.area_m2)
    assert "not reached up to 29" in held.why
    none = injection.smallest(known(np.full(50, 100.0), np.zeros(50, bool)))
    assert np.isnan(none.area_m2)
    assert none.why


def test_the_map_shows_where_more_is_missed():
    rng = np.random.default_rng(4)
    y = rng.random(4000) * 100
    area, _ = drawn(5, 4000)
    middle = np.where(y < 50, 100.0, 500.0)
    found = rng.random(4000) < 0.98 / (1 + (area / middle) ** -3.0)
    half = np.where(np.arange(4000) % 2 == 0, "winter", "summer")
    made = injection.detectability_map(known(area, found, y=y, half_year=half), cells=4)
    truth = np.array([100.0, 100.0, 500.0, 500.0]) * (0.9 / 0.98 / (1 - 0.9 / 0.98)) ** (1 / 3.0)
    assert np.allclose(made["smallest_m2"].mean(("half_year", "x")), truth, rtol=0.2)
    assert made.attrs["kind"] == "injected"
    assert int(made["tried"].sum()) == 4000


def test_a_cell_without_buildings_is_empty_on_the_map():
    area, found = drawn(2, 800)
    made = injection.detectability_map(known(area, found, y=np.full(800, 10.0)), cells=4)
    assert np.isnan(made["smallest_m2"].sel(half_year="winter").values[-1]).all()
    assert np.isnan(made["smallest_m2"].sel(half_year="summer").values).all()


def test_intervals_of_shares_hold_nine_times_in_ten():
    rng = np.random.default_rng(1)
    found = rng.binomial(60, 0.93, 20000)
    low, high = detectability.jeffreys(found, np.full(20000, 60), 0.9)
    assert np.mean((low <= 0.93) & (high >= 0.93)) == pytest.approx(0.9, abs=0.05)
