"""The scan on small worlds drawn here, whose events are known."""

import numpy as np
import pytest
import xarray as xr

from analysis.growth import candidates, recover, scan, series, timeline, windows

BANDS = ("blue", "green", "red", "nir")
SUMMER = np.array([0.04, 0.07, 0.05, 0.35])
WINTER = np.array([0.07, 0.09, 0.12, 0.20])
SOIL = np.array([0.13, 0.17, 0.22, 0.29])
ROOF = np.array([0.24, 0.25, 0.27, 0.30])
BLUE_ROOF = np.array([0.22, 0.16, 0.12, 0.18])


def world(seed=1, times=60, size=40, years=5, clear=0.65, noise=0.010):
    """Meadow with a season and texture, clouds, and nothing else."""
    rng = np.random.default_rng(seed)
    days = np.sort(rng.choice(int(years * 365), times, replace=False)).astype(float) + 20000
    warm = (0.5 + 0.5 * np.cos(2 * np.pi * (days / 365.25 - 0.55)))[:, None]
    ground = WINTER + warm * (SUMMER - WINTER)
    stack = ground[:, :, None, None] * (1 + 0.1 * rng.normal(size=(size, size)))
    stack = stack * (1 + 0.02 * rng.normal(size=(times, 1, 1, 1)))
    stack = stack + noise * rng.normal(size=stack.shape)
    seen = rng.random((times, size, size)) < clear
    return stack.astype(np.float32), seen, days, rng


def build(made, box, broken, roofed, roof=ROOF, soil=SOIL, restless=0.12):
    """Put ground works, restless in brightness, and then a roof into a world."""
    stack, _, days, rng = made
    y, x = box
    shape = stack[:, :, y, x].shape
    works, roofs = (days >= broken) & (days < roofed), days >= roofed
    dug = soil[None, :, None, None] * (1 + restless * rng.normal(size=(shape[0], 1, 1, 1)))
    stack[:, :, y, x][works] = (dug + 0.015 * rng.normal(size=shape))[works]
    stack[:, :, y, x][roofs] = (roof[None, :, None, None] + 0.010 * rng.normal(size=shape))[roofs]


def cube(made):
    stack, seen, days, _ = made
    time = (days * 86400).astype("datetime64[s]").astype("datetime64[ns]")
    data = {b: (("time", "y", "x"), stack[:, i]) for i, b in enumerate(BANDS)}
    data["valid"] = (("time", "y", "x"), seen)
    side = np.arange(stack.shape[2]) * 10.0
    return xr.Dataset(data, coords={"time": time, "y": -side, "x": side})


def scanned(made, **options):
    stack, seen, days, _ = made
    return scan.scan(series.lay_out(stack, seen, days, BANDS), **options)


def test_stable_ground_is_left_alone():
    found = np.concatenate([scanned(world(seed)).evidence.ravel() for seed in range(3)])
    assert np.mean(found > 0) < 0.002
    assert found.max() < candidates.LEAST


def test_a_building_is_found_with_both_dates():
    made = world()
    build(made, np.s_[10:16, 12:20], 20700, 20900)
    found = scanned(made)
    inside = np.s_[10:16, 12:20]
    assert found.evidence[inside].min() > candidates.LEAST
    assert np.median(found.first[1][inside]) == pytest.approx(20700, abs=45)
    assert np.median(found.second[1][inside]) == pytest.approx(20900, abs=45)
    outside = np.ones((40, 40), bool)
    outside[inside] = False
    assert np.mean(found.evidence[outside] > 0) < 0.01


def test_nominal_intervals_hold_the_dates_of_the_model_that_they_assume():
    covered = {0: [], 1: []}
    for seed in range(12):
        made = world(seed, size=24)
        broken = 20350 + 80 * seed
        build(made, np.s_[8:14, 8:14], broken, broken + 60 + 10 * seed)
        found = scanned(made)
        for event, truth, got in (
            (0, broken, found.first),
            (1, broken + 60 + 10 * seed, found.second),
        ):
            covered[event].append(got[0, 10, 10] <= truth <= got[2, 10, 10])
    assert np.mean(covered[0]) >= 0.7
    assert np.mean(covered[1]) >= 0.7


def test_posterior_sums_to_one_and_its_quantiles_agree():
    made = world()
    build(made, np.s_[10:16, 12:20], 20700, 20900)
    found = scanned(made, posterior=True)
    assert np.allclose(found.posterior.sum(axis=1), 1, atol=1e-4)
    days = made[2]
    for event, kept in ((0, found.first), (1, found.second)):
        by_hand = timeline.quantiles(found.posterior[event, :, 12, 14], days, scan.LEVELS)
        assert np.allclose(by_hand, kept[:, 12, 14], atol=0.1)


def test_posterior_agrees_with_summing_over_all_pairs_of_dates():
    """The running sums against a brute-force sum with dense Gaussian likelihoods."""
    made = world(3, times=14, size=12, clear=0.9, noise=0.05)
    build(made, np.s_[2:9, 2:9], 20900, 21150)
    stack, seen, days, _ = made
    laid = series.lay_out(stack, seen, days, BANDS)
    found = scan.scan(laid, posterior=True)
    gaps, times, p = scan.gap_days(days), days.size, 5 * 12 + 5
    block, lane = divmod(p, series.LANES)
    z, ok = laid.values[block, :, :, lane].astype(float), laid.clear[block, :, lane] > 0

    def normal(rows, covariance):
        rows = rows[ok[rows]]
        if rows.size == 0:
            return 0.0
        part = covariance[np.ix_(rows, rows)]
        _, logdet = np.linalg.slogdet(part)
        return -0.5 * sum(z[rows, b] @ np.linalg.solve(part, z[rows, b]) + logdet
                          for b in range(len(BANDS)))  # fmt: skip

    x = laid.design.astype(float)
    season = x @ np.diag(laid.prior) @ x.T + np.eye(times)
    works = (1 + scan.PIXELS.spread * (laid.spread - 1)) * np.eye(times)
    roof = laid.spread + scan.ROOF_NOISE * np.eye(times)
    dates, joint = np.arange(times), np.full((times, times), -np.inf)
    for a in range(1, times):
        for b in range(a, times):
            prior = gaps[a] / (days[-1] - days[0]) * gaps[b] / scan.PIXELS.days
            prior *= 0.5 if a == b else np.exp(-(days[b] - days[a]) / scan.PIXELS.days)
            joint[a, b] = (
                normal(dates[:a], season) + normal(dates[a:b], works) + normal(dates[b:], roof)
                + np.log(prior)
            )  # fmt: skip
    top = joint.max()
    weight = np.exp(joint - top)
    y, column = divmod(p, 12)
    assert np.allclose(weight.sum(1) / weight.sum(), found.posterior[0, :, y, column], atol=0.02)
    assert np.allclose(weight.sum(0) / weight.sum(), found.posterior[1, :, y, column], atol=0.02)


def test_a_missing_date_says_nothing():
    made = world()
    build(made, np.s_[10:16, 12:20], 20700, 20900)
    whole = scanned(made)
    stack, seen, days, rng = made
    junk = np.where(seen[:, None], stack, 9.9).astype(np.float32)
    again = scanned((junk, seen, days, rng))
    assert np.allclose(whole.evidence, again.evidence, atol=1e-3)


def test_one_missed_cloud_is_not_a_roof():
    made = world()
    stack, seen, days, _ = made
    stack[-1] += 0.4
    stack[30] += 0.4
    found = scanned(made)
    assert np.mean(found.evidence > candidates.LEAST) < 0.01


def test_a_bright_roof_that_always_stood_is_no_event():
    made = world()
    build(made, np.s_[10:16, 12:20], 0, 0, roof=np.array([0.5, 0.52, 0.55, 0.6]))
    assert scanned(made).evidence[10:16, 12:20].max() < candidates.LEAST


def _classes(made):
    found, _ = candidates.find(cube(made))
    return found


def test_classes_of_what_was_built():
    made = world(4, times=70)
    build(made, np.s_[5:11, 5:13], 20700, 20850)  # a hall
    build(made, np.s_[25:31, 5:12], 0, 0, roof=ROOF)  # an old one, painted later
    build(made, np.s_[25:31, 5:12], 20950, 20950, roof=BLUE_ROOF)
    build(made, np.s_[25:31, 25:33], made[2][-8], 99999, restless=0.3)  # open ground
    kinds = {}
    for c in _classes(made):
        y, x = c.pixels.mean(axis=0)
        kinds.setdefault((y > 20, x > 20), (c.kind, len(c.pixels), c))
    assert kinds[(False, False)][0] == "new-footprint"
    assert abs(kinds[(False, False)][1] - 48) <= 6
    assert kinds[(True, False)][0] == "re-roofing"
    assert kinds[(True, False)][2].ground_broken is None
    assert (True, True) not in kinds or kinds[(True, True)][0] == "ground-works"


def test_a_field_that_changes_its_crop_is_no_building():
    made = world(5, times=70)
    stack, _, days, rng = made
    warm = 0.5 + 0.5 * np.cos(2 * np.pi * (days / 365.25 - 0.35))
    crop = np.array([0.1, 0.13, 0.17, 0.22]) + warm[:, None] * np.array([-0.05, -0.05, -0.11, 0.2])
    late = days > 20800
    stack[:, :, 5:15, 5:15][late] = (
        crop[:, :, None, None] + 0.01 * rng.normal(size=stack[:, :, 5:15, 5:15].shape)
    )[late]
    assert all(c.kind == "other" for c in _classes(made))


def test_a_roof_that_was_painted_later_keeps_its_date():
    made = world(6, times=80)
    build(made, np.s_[10:17, 10:18], 20600, 20750)
    build(made, np.s_[10:17, 10:18], 21300, 21300, roof=BLUE_ROOF)
    (hall,) = (c for c in _classes(made) if len(c.pixels) > 20)
    assert hall.kind == "new-footprint"
    assert hall.roof_on.value == pytest.approx(20750, abs=60)
    assert hall.recovered is not None
    assert hall.recovered.before < 21300 <= hall.recovered.since


def test_a_roof_that_stays_is_not_parted():
    made = world(6, times=80)
    build(made, np.s_[10:17, 10:18], 20600, 20750)
    laid = series.lay_out(*made[:3], BANDS)
    stack, seen = made[0][:, :, 12:14, 12:14].mean((2, 3)), made[1][:, 12, 12]
    alone = series.of_objects(laid, stack[:, :, None], seen[:, None])
    assert recover.recoverings(alone) == [None]


def test_threshold_follows_the_null_of_the_site():
    rng = np.random.default_rng(1)
    quiet = -8 + rng.exponential(1.0, (200, 200))
    loud = -8 + rng.exponential(5.0, (200, 200))
    stable = np.ones((200, 200), bool)
    held = candidates.null(quiet, 5.0, 100.0, stable)
    other = candidates.null(loud, 5.0, 100.0, stable)
    assert held.threshold == candidates.LEAST
    assert other.threshold > held.threshold
    assert other.exposure == pytest.approx(20.0)
    peaks = (loud > other.threshold).sum()
    assert peaks <= 4 * candidates.ALARMS * other.exposure + 3


def test_calibration_widens_and_is_named():
    posterior = np.zeros(20)
    posterior[8:11] = (0.2, 0.6, 0.2)
    days, seen = np.arange(20.0) * 30, np.ones(20, bool)
    bare = timeline.interval(posterior, days, seen, "roof_on", 0.9, None)
    kept = timeline.Calibration({e: {"0.9": 1.5} for e in timeline.EVENTS})
    wide = timeline.interval(posterior, days, seen, "roof_on", 0.9, kept)
    assert (bare.coverage, wide.coverage) == ("unproven", "simulated")
    assert wide.low == pytest.approx(bare.low - 45)
    assert wide.high == pytest.approx(bare.high + 45)


def test_two_windows_find_the_building_and_say_that_they_are_weaker():
    made = world(8, times=60, clear=0.9)
    build(made, np.s_[10:18, 10:20], 20700, 20850)
    whole = cube(made)
    days = made[2]
    found = windows.compare(whole.isel(time=days < 20600), whole.isel(time=days > 20950))
    first = found.groups[0]
    inside = np.mean((first >= [9, 9]).all(1) & (first < [19, 21]).all(1))
    assert inside > 0.9
    assert found.between[0] < 20700 < 20850 < found.between[1]
    assert any("season" in text for text in found.weaker)


def test_windows_in_the_wrong_order_or_empty_are_refused():
    made = world(8, times=20, size=12)
    whole, days = cube(made), made[2]
    with pytest.raises(windows.UserError, match="wrong order"):
        windows.compare(whole.isel(time=days > 20900), whole.isel(time=days < 20600))
    with pytest.raises(windows.UserError, match="no clear scene"):
        windows.compare(whole.isel(time=days < 0), whole.isel(time=days > 20900))


def test_cost_grows_no_faster_than_the_number_of_dates():
    from time import perf_counter

    def seconds(times):
        stack, seen, days, _ = world(1, times=times, size=96, years=12)
        laid = series.lay_out(stack, seen, days, BANDS)
        scan.scan(laid)
        best = np.inf
        for _ in range(3):
            start = perf_counter()
            scan.scan(laid)
            best = min(best, perf_counter() - start)
        return best

    assert seconds(160) < 2 * 4 * seconds(40)


def _leaning(seed):
    """A roof that always stood, whose edge lies elsewhere from another orbit; one orbit comes
    to show the place only late."""
    made = world(seed, times=60)
    stack, _, days, rng = made
    build(made, np.s_[10:16, 12:20], 0, 0, roof=np.array([0.4, 0.41, 0.43, 0.45]))
    orbit = np.where(days < np.quantile(days, 0.5), 62, rng.choice([62, 105], days.size))
    edge = np.s_[10:16, 20:22]
    share = np.where(orbit == 105, 0.25, 0.05)[:, None, None, None]
    roof = np.array([0.4, 0.41, 0.43, 0.45])[None, :, None, None]
    stack[:, :, *edge] += (share * (roof - stack[:, :, *edge])).astype(np.float32)
    return cube(made).assign_coords(orbit=("time", orbit))


def test_an_edge_that_moves_from_orbit_to_orbit_is_no_building():
    blind, seeing = [], []
    for seed in range(4):
        leaning = _leaning(seed)
        blind += candidates.find(leaning.drop_vars("orbit"))[0]
        seeing += candidates.find(leaning)[0]
    assert len(blind) > 0
    assert len(seeing) == 0


def test_a_building_is_found_whatever_the_orbits():
    made = world(2)
    build(made, np.s_[10:16, 12:20], 20700, 20900)
    orbit = np.where(np.arange(60) % 3 == 0, 62, 105)
    (hall,) = candidates.find(cube(made).assign_coords(orbit=("time", orbit)))[0]
    assert hall.kind == "new-footprint"
    assert hall.roof_on.value == pytest.approx(20900, abs=60)
