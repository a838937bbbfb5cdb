"""The choice of a landing site: rank, separation, monotone score, and the least bad."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_disc import moonscape

from farside.terrain import (
    ElevationMap,
    HazardLimits,
    HazardMap,
    LanderFootprint,
    Reason,
    SiteWeights,
    assess,
    choose_sites,
    least_bad,
    map_hazards,
)
from farside.terrain.sites import cost_score, mark_out_of_reach

LIMITS = HazardLimits(8.0, 0.2)


def hazards_of(heights, navigation_error_m=0.6, **geometry):
    elevation = ElevationMap.from_array(heights, 0.1, **geometry)
    return map_hazards(elevation, LIMITS, 5.0, navigation_error_m)


@pytest.fixture(scope="module")
def hazard():
    return hazards_of(moonscape(300, seed=5), east_m=-15.0, north_m=-14.0)


def test_sites_are_safe_ranked_and_apart(hazard):
    sites = choose_sites(hazard, (0.0, 0.0), count=6, separation_m=3.0)
    assert len(sites) == 6
    assert [s.score for s in sites] == sorted((s.score for s in sites), reverse=True)
    for n, site in enumerate(sites):
        row, col = round((site.north_m + 14.0) / 0.1), round((site.east_m + 15.0) / 0.1)
        assert hazard.safe[row, col] and not site.least_bad and site.reasons == Reason(0)
        assert site.slope_deg == hazard.slope_deg[row, col] <= 8.0
        assert site.clearance_m == hazard.clearance_m[row, col] > 0.6
        assert site.height_m == hazard.elevation.heights[row, col]
        assert site.cost == pytest.approx(np.hypot(site.east_m, site.north_m), abs=1e-4)
        for other in sites[:n]:
            assert np.hypot(site.east_m - other.east_m, site.north_m - other.north_m) >= 3.0 - 1e-9


def test_the_first_site_is_the_best_cell(hazard):
    """Against the documented score, cell by cell."""
    safe = np.argwhere(hazard.safe)
    w = SiteWeights()
    best = 0.0
    for i, j in safe:
        east, north = hazard.elevation.position_m(i, j)
        c = hazard.clearance_m[i, j]
        best = max(
            best,
            w.clearance * c / (c + w.clearance_scale_m)
            + w.slope * (1 - hazard.slope_deg[i, j] / 8.0)
            + w.roughness * (1 - hazard.roughness_m[i, j] / 0.2)
            + w.cost / (1 + np.hypot(east - 3.0, north) / 20.0),  # 4 footprints
        )
    assert choose_sites(hazard, (3.0, 0.0), count=1)[0].score == pytest.approx(best, abs=1e-6)


cells = st.floats(0.0, 1.0)


@settings(max_examples=100, deadline=None)
@given(cells, cells, cells, cells, st.integers(0, 3), st.floats(0.01, 0.5))
def test_score_is_monotone_in_each_part(clearance, slope, roughness, cost, part, gain):
    """Of two cells alike but for one part, the better one is chosen."""
    elevation = ElevationMap.from_array(np.zeros((1, 2)), 0.1)
    parts = np.array([[clearance * 10], [slope * 7], [roughness * 0.15], [cost * 100]])
    parts = np.repeat(parts, 2, axis=1)
    better = np.array([10.0, -7.0, -0.15, -100.0])[part] * gain
    parts[part, 0 if better < 0 else 1] += abs(better)
    grid = parts.astype(np.float32)[:, None, :]
    hazard = HazardMap(
        elevation, LIMITS, 5.0, 0.0, grid[1], grid[2], grid[0], np.zeros((1, 2), np.uint8)
    )
    site = choose_sites(hazard, (0.0, 0.0), count=1, cost=grid[3])[0]
    assert site.east_m == pytest.approx(0.1)


def test_cost_map_rules_cells_out(hazard):
    cost = np.full(hazard.elevation.shape, np.inf, np.float32)
    assert choose_sites(hazard, (0.0, 0.0), cost=cost) == []
    row, col = np.argwhere(hazard.safe)[17]
    cost[row, col] = 4.0
    (site,) = choose_sites(hazard, (0.0, 0.0), cost=cost)
    assert (site.east_m, site.north_m) == hazard.elevation.position_m(row, col)
    assert site.cost == 4.0
    with pytest.raises(ValueError, match="cost map"):
        choose_sites(hazard, (0.0, 0.0), cost=cost[1:])


def test_nearer_is_better_on_even_ground():
    even = hazards_of(np.zeros((200, 200)))
    flat = dataclasses.replace(even, clearance_m=np.ones_like(even.clearance_m))
    site = choose_sites(flat, (9.0, 11.0), count=1)[0]
    assert (site.east_m, site.north_m) == pytest.approx((9.0, 11.0))


def test_least_bad_says_so_and_takes_the_smallest_exceedance():
    j = np.mgrid[0:200, 0:200][1] * 0.1
    # Everything is too steep, least around column 100.
    heights = np.cumsum(0.1 * np.tan(np.radians(10.0 + np.abs(j - 10.0))), axis=1)
    hazard = hazards_of(heights)
    assert choose_sites(hazard, (0.0, 5.0)) == []
    site = least_bad(hazard, (0.0, 5.0))
    assert site is not None and site.least_bad and Reason.SLOPE in site.reasons
    assert site.east_m == pytest.approx(10.0, abs=0.15)
    assert site.north_m == pytest.approx(5.0, abs=0.01)  # all rows tie: the nearest
    # slopes of 10 to 12.5 deg under the disc: 10.9 on the line, 11.0 at 0.6 m from it
    assert 10.9 / 8.0 < site.exceedance < 12.0 / 8.0
    assert site.score == 0.0


def test_least_bad_keeps_away_from_worse_ground():
    """Two hollows alike at their best cell: the one with room around it is taken."""
    heights = np.random.default_rng(0).choice([0.0, 0.5], (120, 200)).astype(np.float32)
    hazard = hazards_of(heights)
    rough = np.full(hazard.elevation.shape, 0.9, np.float32)
    rough[60, 50] = 0.3
    rough[50:70, 130:150] = 0.3
    hazard = dataclasses.replace(hazard, roughness_m=rough, slope_deg=np.zeros_like(rough))
    site = least_bad(hazard, (5.0, 6.0))
    assert site is not None and 13.5 < site.east_m < 14.5
    assert site.exceedance == pytest.approx(1.5)


def test_least_bad_of_a_narrow_map_and_of_nothing():
    hazard = hazards_of(np.random.default_rng(1).normal(0, 1.0, (51, 51)))
    site = least_bad(hazard, (0.0, 0.0))
    assert site is not None and site.east_m == pytest.approx(2.5)
    assert least_bad(hazards_of(np.zeros((40, 40))), (0.0, 0.0)) is None


def test_weights_are_checked():
    with pytest.raises(ValueError, match="add up to 1"):
        SiteWeights(clearance=0.9)
    with pytest.raises(ValueError, match="above 0"):
        SiteWeights(cost_scale=0.0)


# ---- the price and its unit --------------------------------------------------------------------

prices = st.lists(st.floats(0.0, 50.0), min_size=2, max_size=40).map(
    lambda kg: np.array([kg], np.float32)
)


@given(prices, st.floats(1.0, 500.0), st.floats(0.1, 30.0))
def test_a_price_ranks_alike_in_any_unit_and_above_any_offset(kg, offset_kg, cost_scale_kg):
    """Grams rank as kilograms do, and what every cell costs alike tells none from another."""
    share = cost_score(kg, False, 5.0, cost_scale_kg)
    assert ((share > 0.0) & (share <= 1.0)).all()
    np.testing.assert_allclose(
        cost_score(np.float32(1000.0) * kg, False, 5.0, 1000.0 * cost_scale_kg), share, rtol=1e-5
    )
    # single precision leaves 0.06 g of 500 kg
    np.testing.assert_allclose(
        cost_score(kg + np.float32(offset_kg), False, 5.0, cost_scale_kg), share, atol=1e-3
    )


def test_the_median_cell_above_the_cheapest_is_worth_half_by_default():
    kg = np.array([[16.0, 16.1, 16.3, 16.9, np.inf]], np.float32)
    assert cost_score(kg, False, 5.0, None) == pytest.approx(
        np.array([[1.0, 2 / 3, 0.4, 0.2 / 1.1, 0.0]]), abs=1e-4
    )
    # the middle of four is between two
    assert cost_score(np.array([[1.0, 2.0, 3.0]], np.float32), False, 5.0, None)[0, 1] == 0.5
    assert cost_score(np.array([[0.0, 20.0]], np.float32), True, 5.0, None)[0, 1] == 0.5


@pytest.mark.parametrize("kg", [7.0, np.inf, np.nan])
def test_where_all_cost_the_same_none_is_dearer(kg):
    share = cost_score(np.full((3, 3), kg, np.float32), False, 5.0, None)
    assert (share == (1.0 if np.isfinite(kg) else 0.0)).all()


@pytest.mark.parametrize("scale", [0.0, -1.0, np.nan, np.inf])
def test_a_scale_is_above_nothing(hazard, scale):
    with pytest.raises(ValueError, match="above 0"):
        cost_score(np.ones((1, 2), np.float32), False, 5.0, scale)
    with pytest.raises(ValueError, match="above 0"):
        assess(
            hazard.elevation, LanderFootprint(5.0, 4, 4.8, 0.4, 0.45), LIMITS, leg_cells="none"
        ).sites(cost_scale=scale)


def test_out_of_reach_is_a_reason_beside_the_others(hazard):
    cost = np.ones(hazard.elevation.shape, np.float32)
    cost[:, 150:] = np.nan
    reasons = mark_out_of_reach(hazard.reasons, cost)
    assert reasons.dtype == np.uint16
    assert ((reasons & Reason.OUT_OF_REACH) != 0).tolist() == np.isnan(cost).tolist()
    np.testing.assert_array_equal(reasons & 0xFF, hazard.reasons)
    cut = dataclasses.replace(hazard, reasons=reasons)
    assert not cut.safe[:, 150:].any() and cut.safe[:, :150].any()
    sites = choose_sites(cut, (0.0, 0.0))
    assert sites and all(site.east_m < 0.0 for site in sites)


def test_the_least_bad_is_in_reach():
    j = np.mgrid[0:200, 0:200][1] * 0.1
    heights = np.cumsum(0.1 * np.tan(np.radians(10.0 + np.abs(j - 10.0))), axis=1)
    hazard = hazards_of(heights)
    cost = np.ones(hazard.elevation.shape, np.float32)
    cost[:, 60:] = np.inf
    site = least_bad(hazard, (0.0, 5.0), cost)
    # the gentlest ground that is reached is the last before the edge of reach
    assert site is not None and site.east_m == pytest.approx(5.9)
    assert least_bad(hazard, (0.0, 5.0), np.full_like(cost, np.inf)) is None
    marked = dataclasses.replace(hazard, reasons=mark_out_of_reach(hazard.reasons, cost))
    same = least_bad(marked, (0.0, 5.0))
    assert (
        same is not None and same.east_m == site.east_m and Reason.OUT_OF_REACH not in same.reasons
    )
