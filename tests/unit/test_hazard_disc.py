"""The disc kernel against brute force in double precision, shape by shape, on every CPU."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_disc import disc_by_force, disc_offsets, moonscape

from farside.ext.common._isa import supported_isas
from farside.ext.terrain.disc import lay_out_disc, load_disc_kernel
from farside.terrain import ElevationMap, Footprint, FootprintError
from farside.terrain.footprint import half_widths

CELL_M = 0.1
# Fixed point: at most quantum sum|e| / (2 sum e^2) cells of slope, 0.0004 deg at 2^-16 m; what is
# met is its rms, 1e-5 deg, several fold.
SLOPE_DEG = 1e-4
# Rounding of single precision: heights under 16 m have 1e-6 m, and a deviation is four such sums.
DEVIATION_M = 1e-5


def measure(heights, footprint_m=5.0, cell_m=CELL_M, **options):
    elevation = ElevationMap.from_array(heights, cell_m)
    return Footprint(elevation.shape, cell_m, footprint_m).measure(elevation, **options)


def check_against_force(heights, footprint_m=5.0, deviation_m=DEVIATION_M, slope_deg=SLOPE_DEG):
    slope, roughness, state = measure(heights, footprint_m)
    true_slope, true_deviation = disc_by_force(
        np.asarray(heights, np.float32), CELL_M, footprint_m / 2 / CELL_M
    )
    np.testing.assert_array_equal(np.isnan(slope), np.isnan(true_slope))
    np.testing.assert_array_equal(state == 0, np.isfinite(true_slope))
    np.testing.assert_allclose(slope, true_slope, atol=slope_deg, rtol=0)
    np.testing.assert_allclose(roughness, true_deviation, atol=deviation_m, rtol=0)
    return slope, roughness


def test_footprint_of_five_metres_has_2009_cells():
    assert Footprint((60, 60), 0.1, 5.0).cells == 2009
    assert len(disc_offsets(25.0)) == 2009


@pytest.mark.parametrize("radius", [1.0, 1.5, 2.0, 3.0, 4.7, 7.0, 8.0, 12.5, 25.0, 40.0, 63.3])
def test_disc_of_any_radius(radius):
    width = half_widths(radius)
    offsets = {tuple(o) for o in disc_offsets(radius).tolist()}
    reach = len(width) - 1
    assert offsets == {
        (d, e) for d in range(-reach, reach + 1) for e in range(-width[abs(d)], width[abs(d)] + 1)
    }
    # Blocks hold every cell of the disc in each phase, and none outside.
    layout = lay_out_disc(width, width)
    for phase in range(8):
        met = set()
        for block in layout.blocks[layout.phases[phase] : layout.phases[phase + 1]]:
            for row, col, cells in layout.runs[block[3] : block[4]].tolist():
                met |= {(row, col + k) for k in range(cells)}
        assert met == offsets
    rng = np.random.default_rng(0)
    side = 2 * reach + 21
    check_against_force(rng.normal(0, 0.05, (side, side + 5)), 2 * radius * CELL_M)


@pytest.mark.slow
def test_a_million_sites():
    """Slope, deviation and both verdicts on 10^6 sites with every kind of hazard."""
    heights = moonscape(1056)
    sites = np.isfinite(slope_and_force(heights)[0])
    slope, roughness, true_slope, true_deviation, bound = slope_and_force(heights)
    assert sites.sum() >= 1_000_000
    assert np.nanmax(np.abs(slope - true_slope)) < SLOPE_DEG
    assert np.nanmax(np.abs(roughness - true_deviation)) < DEVIATION_M
    clear = sites & (np.abs(true_deviation - 0.2) > 1e-5) & (np.abs(true_slope - 8.0) > SLOPE_DEG)
    truth = (true_deviation <= 0.2) & (true_slope <= 8.0)
    for rough in (roughness, bound):
        assert not np.any(((rough <= 0.2) & (slope <= 8.0))[clear] != truth[clear])
    # The verdict's number is a bound on the right side of the limit.
    np.testing.assert_array_equal((bound <= np.float32(0.2)), (roughness <= np.float32(0.2)))
    assert 0.2 < truth[sites].mean() < 0.8


_CACHE = {}


def slope_and_force(heights):
    if "million" not in _CACHE:
        slope, roughness, _ = measure(heights)
        _, bound, _ = measure(heights, limit_m=0.2)
        _CACHE["million"] = (slope, roughness, *disc_by_force(heights, CELL_M, 25.0), bound)
    return _CACHE["million"]


def test_plane_has_its_slope_and_no_roughness():
    i, j = np.mgrid[0:70, 0:80] * CELL_M
    slope, roughness = check_against_force(0.1 * j - 0.05 * i)
    inside = np.isfinite(slope)
    assert np.allclose(slope[inside], np.degrees(np.arctan(np.hypot(0.1, 0.05))), atol=1e-4)
    assert roughness[inside].max() < 2e-6  # heights of 8 m in single precision


def test_flat_ground_is_exactly_flat():
    slope, roughness, _ = measure(np.full((60, 60), -3.25))
    assert (slope[25:35, 25:35] == 0).all() and (roughness[25:35, 25:35] == 0).all()


def test_cone():
    i, j = (np.mgrid[0:90, 0:90] - 44.5) * CELL_M
    slope, _ = check_against_force(2.0 - 0.3 * np.hypot(i, j))
    assert slope[44, 44] < 0.7 < slope[44, 26]  # at the tip the sides cancel


def test_step():
    heights = np.zeros((80, 90))
    heights[:, 47:] = 1.0
    _, roughness = check_against_force(heights)
    assert 0.4 < roughness[40, 47] < 1.0


@pytest.mark.slow
@pytest.mark.parametrize("shift", [(x / 4, y / 4) for x in range(4) for y in range(4)])
def test_single_rock_at_every_subcell_position(shift):
    i, j = np.mgrid[0:90, 0:90] * CELL_M
    r = np.hypot(i - 4.5 - shift[0] * CELL_M, j - 4.4 - shift[1] * CELL_M) / 0.2
    rock = 0.22 * np.sqrt(np.maximum(0, 1 - r * r))
    _, roughness = check_against_force(0.03 * i + rock)
    whole = np.isfinite(roughness)
    under = disc_by_force(rock, CELL_M, 25.0)[1] > 0.9 * rock.max()
    # The rock is met wherever the footprint holds its top, and nothing else is rough.
    assert (roughness[under & whole] > 0.9 * rock.max()).all()
    assert (roughness[whole & ~under] < rock.max()).all()


@pytest.mark.parametrize("pattern", ["one", "corner", "stripe", "scatter", "half", "all_but_some"])
def test_unseen_cells(pattern):
    rng = np.random.default_rng(5)
    heights = moonscape(130, seed=3)
    match pattern:
        case "one":
            heights[61, 57] = np.nan
        case "corner":
            heights[:9, :13] = np.nan
        case "stripe":
            heights[:, 66] = np.inf
        case "scatter":
            heights[rng.random(heights.shape) < 3e-4] = np.nan
        case "half":
            heights[:, 70:] = -np.inf
        case "all_but_some":
            heights[rng.random(heights.shape) < 0.5] = np.nan
    heights = np.where(np.isfinite(heights), heights, np.nan)
    check_against_force(heights)
    state = measure(heights)[2]
    assert (state[:25] == 2).all() and (state[25:-25, 25:-25] < 2).all()


@pytest.mark.parametrize("shape", [(1, 300), (300, 1), (50, 50), (51, 51), (51, 52), (67, 53)])
def test_maps_hardly_larger_than_the_footprint_or_smaller(shape):
    rng = np.random.default_rng(2)
    slope, _ = check_against_force(rng.normal(0, 0.1, shape))
    assert np.isfinite(slope).sum() == max(0, shape[0] - 50) * max(0, shape[1] - 50)


def test_heights_far_from_zero():
    """At -5256 m single precision steps by 0.49 mm; the answer is exact for heights so rounded."""
    heights = (moonscape(110, seed=8).astype(np.float64) - 5256.0).astype(np.float32)
    check_against_force(heights)


def test_great_relief_coarsens_the_quantum_and_stays_within_its_bound():
    rng = np.random.default_rng(4)
    heights = rng.normal(0, 1, (80, 80))
    heights[40:] += 900.0
    footprint = Footprint((80, 80), CELL_M, 5.0)
    quantum = footprint.quantum_m(910.0, 910.0)
    worst = 0.5 * quantum * 21304 / 314032 / CELL_M  # sum|e| and sum e^2 of the 2009 cells
    check_against_force(heights, deviation_m=1e-3 + 25 * worst, slope_deg=np.degrees(worst) + 1e-4)


def test_the_same_bits_on_every_instruction_set():
    isas = supported_isas()
    heights = moonscape(300, seed=6)
    unseen = (np.random.default_rng(0).random(heights.shape) < 1e-4).astype(np.uint8)
    noisy = heights + np.random.default_rng(1).normal(0, 0.017, heights.shape).astype(np.float32)
    layout = lay_out_disc(half_widths(25.0), half_widths(25.0))
    for ground in (heights, noisy - noisy.min()):
        for limit in (-1.0, 0.2):
            answers = []
            for isa in isas:
                kernel = load_disc_kernel(isa)(*heights.shape, layout)
                kernel.load(ground, unseen, 2.0**-16, float(ground.max()), True)
                out = [np.zeros(heights.shape, t) for t in (np.float32, np.float32, np.uint8)]
                kernel.map(CELL_M, CELL_M, limit, *out)
                answers.append(b"".join(a.tobytes() for a in out))
            assert len(set(answers)) == 1, f"{isas} differ at limit {limit}"


def test_an_instruction_set_this_cpu_lacks_is_named():
    with pytest.raises(ValueError, match="choose one of"):
        load_disc_kernel("altivec")


def test_a_workspace_can_be_used_again():
    footprint = Footprint((120, 130), CELL_M, 5.0)
    holed = moonscape(130, seed=1)[:120]
    holed[60, 60] = np.nan
    first = ElevationMap.from_array(moonscape(130, seed=2)[:120], CELL_M)
    before = footprint.measure(first)
    footprint.measure(ElevationMap.from_array(holed, CELL_M))
    after = footprint.measure(first)
    for a, b in zip(before, after, strict=True):
        np.testing.assert_array_equal(a, b)


terrain = st.integers(0, 2**31).map(
    lambda seed: np.random.default_rng(seed).normal(0, 0.08, (40, 44)).astype(np.float32)
)


@settings(max_examples=25, deadline=None)
@given(terrain, st.integers(1, 3), st.booleans())
def test_turning_and_mirroring_the_ground_turns_the_answer(heights, quarters, mirrored):
    def turn(a):
        return np.ascontiguousarray(np.rot90(a[:, ::-1] if mirrored else a, quarters))

    for straight, turned in zip(measure(heights, 2.4), measure(turn(heights), 2.4), strict=True):
        np.testing.assert_allclose(turn(straight), turned, atol=1e-5)


@settings(max_examples=25, deadline=None)
@given(terrain, st.floats(-0.3, 0.3), st.floats(-0.3, 0.3))
def test_adding_a_plane_adds_its_slope_and_no_roughness(heights, a, b):
    i, j = np.mgrid[0:40, 0:44] * 0.1
    tilted = (heights + a * j + b * i).astype(np.float32)
    true_slope, _ = disc_by_force(tilted, 0.1, 12)
    slope, roughness, _ = measure(tilted, 2.4)
    np.testing.assert_allclose(slope, true_slope, atol=SLOPE_DEG * 4)  # a disc of 4 times the lever
    np.testing.assert_allclose(roughness, measure(heights, 2.4)[1], atol=DEVIATION_M)


@settings(max_examples=25, deadline=None)
@given(terrain, st.integers(0, 39), st.integers(0, 43), st.floats(0.5, 3.0))
def test_a_tall_rock_never_makes_a_site_smoother(heights, row, col, height):
    """Raised well above everything, a cell is the greatest deviation wherever it is met."""
    raised = heights.copy()
    raised[row, col] = heights.max() + height
    before, after = measure(heights, 2.4)[1], measure(raised, 2.4)[1]
    met = np.isfinite(before)
    assert (after[met] >= before[met] - 1e-5).all()


def test_what_makes_no_sense_is_refused_in_one_line():
    for footprint_m, cell_m in ((0.1, 0.1), (-5.0, 0.1), (np.nan, 0.1), (5.0, 0.0), (5.0, -1.0)):
        with pytest.raises(FootprintError) as refusal:
            Footprint((60, 60), cell_m, footprint_m)
        assert "\n" not in str(refusal.value)
    other = ElevationMap.from_array(np.zeros((60, 61)), CELL_M)
    with pytest.raises(FootprintError, match="does not fit"):
        Footprint((60, 60), CELL_M, 5.0).measure(other)
