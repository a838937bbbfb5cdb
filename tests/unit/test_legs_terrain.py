"""The lander on its legs against brute force in double precision, shape by shape, on every CPU."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_disc import moonscape
from reference_legs import stands_by_force

from farside.ext.common._isa import supported_isas
from farside.ext.terrain.legs import lay_out_legs, load_legs_kernel
from farside.terrain import ElevationMap, FootprintError, LanderFootprint
from farside.terrain.footprint import half_widths
from farside.terrain.legs import LegContact

CELL_M = 0.1
LANDER = LanderFootprint(5.0, 4, 4.8, 0.4, 0.45)
SMALL = LanderFootprint(1.6, 4, 1.4, 0.3, 0.2, headings=12)
# Single precision: heights under 16 m have 1e-6 m, and a plane takes a handful of them.
RISE_M, SLOPE_DEG = 1e-5, 1e-4


def planes_on(heights, lander=SMALL, cell_m=(CELL_M, CELL_M), **options):
    elevation = ElevationMap.from_array(heights, cell_m[0], cell_north_m=cell_m[1])
    contact = LegContact(elevation.shape, cell_m, lander)
    return contact.measure(elevation, contact.known(elevation)[1], **options)


def check_against_force(heights, lander=SMALL, cell_m=(CELL_M, CELL_M), count=200, seed=0):
    planes = planes_on(heights, lander, cell_m)
    where = np.argwhere(np.isfinite(planes.rise_worst_m))
    sites = np.random.default_rng(seed).permutation(where)[:count]
    truth = stands_by_force(np.asarray(heights, np.float32), cell_m, lander, sites)
    at = tuple(sites.T)
    np.testing.assert_allclose(
        planes.slope_worst_deg[at], truth.slope_deg.max(1), atol=SLOPE_DEG, rtol=0
    )
    np.testing.assert_allclose(planes.rise_worst_m[at], truth.rise_m.max(1), atol=RISE_M, rtol=0)
    best = np.rint(planes.heading_best_deg[at] / lander.heading_deg(1)).astype(int)
    every = np.arange(len(sites))
    np.testing.assert_allclose(
        planes.slope_best_deg[at], truth.slope_deg[every, best], atol=SLOPE_DEG, rtol=0
    )
    np.testing.assert_allclose(
        planes.rise_best_m[at], truth.rise_m[every, best], atol=RISE_M, rtol=0
    )
    # The best is the flattest whose belly is clear.
    clear = truth.rise_m <= lander.belly_clearance_m
    flattest = np.where(clear, truth.slope_deg, 1e3 + truth.slope_deg).min(1) % 1e3
    tied = (np.abs(truth.rise_m - lander.belly_clearance_m) < RISE_M).any(1)
    off = np.abs(flattest - planes.slope_best_deg[at]) > SLOPE_DEG
    assert not (off & ~tied).any()
    return planes


@pytest.mark.parametrize("legs", [3, 4, 5, 6, 7, 8])
def test_any_number_of_legs(legs):
    lander = LanderFootprint(2.4, legs, 2.2, 0.3, 0.2, headings=9)
    check_against_force(moonscape(90, seed=legs), lander, count=120)


@pytest.mark.slow
def test_ten_thousand_sites_and_no_false_safe():
    heights = moonscape(220, seed=21)
    elevation = ElevationMap.from_array(heights, CELL_M)
    contact = LegContact(elevation.shape, (CELL_M, CELL_M), LANDER)
    planes = contact.measure(elevation, contact.known(elevation)[1], band_m=0.0)
    sites = np.random.default_rng(0).permutation(np.argwhere(np.isfinite(planes.rise_worst_m)))
    sites = sites[:10_000]
    at = tuple(sites.T)
    safe = (planes.slope_worst_deg[at] <= 8.0) & (planes.rise_worst_m[at] <= 0.45)
    assert len(sites) == 10_000 and 0.1 < safe.mean() < 0.9
    # Every heading of a few, and a heading in six of all, at the kernel's own headings.
    fewer = LanderFootprint(5.0, 4, 4.8, 0.4, 0.45, headings=12)
    for part in np.array_split(np.arange(10_000), 20):
        truth = stands_by_force(heights, CELL_M, fewer, sites[part], 0.45)
        slope, rise = truth.slope_deg.max(1), truth.rise_m.max(1)
        assert not (safe[part] & ((slope > 8.0 + SLOPE_DEG) | (rise > 0.45 + RISE_M))).any()
    few = sites[:150]
    truth = stands_by_force(heights, CELL_M, LANDER, few, 0.45)
    slope, rise = truth.slope_deg.max(1), truth.rise_m.max(1)
    tie = (np.abs(slope - 8.0) < SLOPE_DEG) | (np.abs(rise - 0.45) < RISE_M)
    np.testing.assert_array_equal(safe[:150][~tie], ((slope <= 8.0) & (rise <= 0.45))[~tie])
    np.testing.assert_allclose(planes.slope_worst_deg[tuple(few.T)], slope, atol=SLOPE_DEG)


def test_band_only_coarsens_what_is_outside_it():
    heights = moonscape(150, seed=3)
    exact = planes_on(heights, LANDER)
    seen = np.isfinite(exact.rise_worst_m)
    for band_m in (0.0, 0.05, 0.2):
        coarse = planes_on(heights, LANDER, band_m=band_m)
        np.testing.assert_array_equal(coarse.slope_worst_deg, exact.slope_worst_deg)
        for rise, true in (
            (coarse.rise_worst_m[seen], exact.rise_worst_m[seen]),
            (coarse.rise_best_m[seen], exact.rise_best_m[seen]),
        ):
            np.testing.assert_array_equal(rise <= 0.45, true <= 0.45)
            inside = np.abs(true - 0.45) < band_m
            np.testing.assert_allclose(rise[inside], true[inside], atol=RISE_M, rtol=0)


def test_plane_is_rested_on_as_it_is():
    i, j = np.mgrid[0:60, 0:70] * CELL_M
    for a, b in ((0.1, 0.0), (0.05, -0.12), (0.0, 0.2)):
        planes = check_against_force(a * j + b * i, count=40)
        seen = np.isfinite(planes.slope_worst_deg)
        slope = np.degrees(np.arctan(np.hypot(a, b)))
        assert np.abs(planes.slope_worst_deg - slope)[seen].max() < 1e-3
        assert np.abs(planes.slope_best_deg - slope)[seen].max() < 1e-3
        # The pads stand on the uphill rim of what is under them.
        assert planes.rise_worst_m[seen].max() < 1e-5


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.floats(-0.1, 0.1), st.floats(-0.1, 0.1))
def test_adding_a_plane_adds_its_slope(seed, a, b):
    """With pads of one cell: a larger one also finds a place further uphill."""
    lander = LanderFootprint(1.6, 3, 1.4, 0.05, 0.2, headings=1)
    i, j = np.mgrid[0:30, 0:30] * CELL_M
    ground = np.random.default_rng(seed).normal(0, 0.02, (30, 30))
    ours, plus = planes_on(ground, lander), planes_on(ground + a * j + b * i, lander)
    np.testing.assert_allclose(plus.rise_worst_m, ours.rise_worst_m, atol=3e-6)
    # A plane on top of ground of another slope: at most the sum, at least the difference.
    own, added = np.tan(np.radians(ours.slope_worst_deg)), np.hypot(a, b)
    total = np.tan(np.radians(plus.slope_worst_deg))
    inside = np.isfinite(own)
    assert (total <= own + added + 1e-5)[inside].all()
    assert (total >= np.abs(own - added) - 1e-5)[inside].all()


@pytest.mark.parametrize("legs", [3, 4, 6])
def test_turning_or_mirroring_the_ground_turns_the_answer(legs):
    heights = moonscape(80, seed=5)[:, :70]
    lander = LanderFootprint(1.6, legs, 1.4, 0.3, 0.2, headings=12)
    plain = planes_on(heights, lander)
    moves = [np.fliplr, np.flipud, np.rot90] if legs == 4 else [np.flipud]
    for move in moves:
        moved = planes_on(np.ascontiguousarray(move(heights)), lander)
        # Rounding follows the order of the pads, and nothing else changes.
        np.testing.assert_allclose(moved.slope_worst_deg, move(plain.slope_worst_deg), atol=2e-5)
        np.testing.assert_allclose(moved.rise_worst_m, move(plain.rise_worst_m), atol=2e-6)
        np.testing.assert_allclose(moved.slope_best_deg, move(plain.slope_best_deg), atol=2e-5)


def test_cone_step_and_crest():
    i, j = (np.mgrid[0:80, 0:80] - 39.5) * CELL_M
    check_against_force(1.0 - 0.3 * np.hypot(i, j))
    check_against_force(np.where(j > 0.33, 0.5, 0.0))
    check_against_force(-0.2 * np.abs(i + 0.3 * j))


@pytest.mark.parametrize("shift", [(x / 4, y / 4) for x in range(4) for y in range(4)])
def test_single_rock_at_every_subcell_position(shift):
    i, j = np.mgrid[0:50, 0:50] * CELL_M
    r = np.hypot(i - 2.5 - shift[0] * CELL_M, j - 2.5 - shift[1] * CELL_M) / 0.2
    planes = check_against_force(0.25 * np.sqrt(np.maximum(0, 1 - r * r)), count=120)
    # In the middle the rock is under the belly, not under a pad.
    assert planes.slope_worst_deg[25, 25] == 0
    assert 0.2 < planes.rise_worst_m[25, 25] <= 0.25


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 49), st.integers(0, 49), st.floats(0.01, 1.0))
def test_raising_a_rock_under_the_belly_never_lowers_the_rise(seed, row, col, by_m):
    """Where it is under no pad; under a pad it lifts the lander as well."""
    heights = np.random.default_rng(seed).normal(0, 0.05, (50, 50)).astype(np.float32)
    raised = heights.copy()
    raised[row, col] += np.float32(by_m)
    before, after = planes_on(heights), planes_on(raised)
    i, j = np.mgrid[0:50, 0:50]
    belly = np.hypot(i - row, j - col) * CELL_M < 0.7 - 0.15 - 0.15
    belly &= np.isfinite(before.rise_worst_m)
    assert (after.rise_worst_m >= before.rise_worst_m)[belly].all()
    np.testing.assert_array_equal(after.slope_worst_deg[belly], before.slope_worst_deg[belly])


def test_unseen_ground_is_never_stood_on():
    heights = moonscape(100, seed=8)
    rng = np.random.default_rng(1)
    for share in (0.0005, 0.01):
        holed = heights.copy()
        holed[rng.random(heights.shape) < share] = np.nan
        whole, part = planes_on(heights), planes_on(holed)
        stood = np.isfinite(part.rise_worst_m)
        np.testing.assert_array_equal(part.rise_worst_m[stood], whole.rise_worst_m[stood])
        np.testing.assert_array_equal(part.slope_worst_deg[stood], whole.slope_worst_deg[stood])
        for i, j in np.argwhere(stood)[::7]:
            assert np.isfinite(holed[i - 8 : i + 9, j - 8 : j + 9][DISC_OF_8]).all()


DISC_OF_8 = np.hypot(*(np.mgrid[-8:9, -8:9])) <= 8.5


@pytest.mark.parametrize("shape", [(1, 1), (1, 200), (200, 1), (17, 19), (20, 21), (33, 70)])
def test_small_maps(shape):
    heights = np.random.default_rng(0).normal(0, 0.05, shape)
    planes = planes_on(heights)
    inside = np.isfinite(planes.rise_worst_m)
    assert inside.any() == (min(shape) >= 17)
    if inside.any():
        check_against_force(heights, count=30)


@pytest.mark.parametrize("cell_m", [(0.1, 0.2), (0.25, 0.1), (0.13, 0.1)])
def test_oblong_cells(cell_m):
    lander = LanderFootprint(2.6, 4, 2.4, 0.4, 0.3, headings=10)
    check_against_force(moonscape(100, seed=4), lander, cell_m, count=100)


@pytest.mark.parametrize("isa", supported_isas())
def test_same_bits_on_every_instruction_set(isa):
    heights = moonscape(130, seed=6)[:, :121].copy()
    layout = lay_out_legs(4, 72, 2.4, (0.1, 0.1), half_widths(25.0), half_widths(2.0))
    wanted = np.zeros(heights.shape, np.uint8)
    wanted[27:-27, 27:-27] = np.random.default_rng(0).random((76, 67)) < 0.7
    digests = []
    for build in ("x86_64", isa):
        kernel = load_legs_kernel(build)(*heights.shape, layout)
        kernel.load(heights, float(heights.max()))
        for band_m in (0.0, 0.03, 1e30):
            maps = np.full((5, *heights.shape), np.nan, np.float32)
            kernel.map(wanted, 0.45, band_m, maps)
            digests.append(maps.tobytes())
    assert digests[:3] == digests[3:]


def test_what_cannot_be_stood_with_is_refused():
    with pytest.raises(FootprintError, match="finer map"):
        LegContact((50, 50), (5.0, 5.0), LANDER)
    for change, says in (
        ((5.0, 2, 4.8, 0.4, 0.4), "3 to 8"),
        ((5.0, 4, 5.8, 0.4, 0.4), "does not hold"),
        ((5.0, 4, 4.8, 4.9, 0.4), "span above"),
        ((5.0, 4, 4.8, 0.4, -0.1), "0 or more"),
    ):
        with pytest.raises(ValueError, match=says):
            LanderFootprint(*change)


def test_part_of_a_map_gives_the_same_bits():
    heights = moonscape(200, seed=3)
    whole = planes_on(heights, LANDER, band_m=0.02)
    part = planes_on(heights[40:160, 30:170].copy(), LANDER, band_m=0.02)
    for name in ("slope_worst_deg", "slope_best_deg", "heading_best_deg", "rise_worst_m"):
        ours, theirs = getattr(part, name), getattr(whole, name)[40:160, 30:170]
        seen = np.isfinite(ours)
        assert seen.any()
        np.testing.assert_array_equal(ours[seen], theirs[seen])
