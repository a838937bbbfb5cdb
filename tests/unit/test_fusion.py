"""Fused frames: the noise they tell, its correlation, and holes filled with an honest error."""

import math

import numpy as np
import pytest

from farside.terrain.conditions import ErrorCorrelation, measured_variance
from farside.terrain.correlated import disc_tilt_per_m, tilt_per_m
from farside.terrain.fusion import FrameFusion, fill_holes, fit_correlation, interpolation_error

CELL_M, SIDE = 0.1, 200


def smooth_errors(rng, length_m, side=SIDE + 40):
    """Errors of variance 1 and covariance exp(-distance / length), periodic: by their spectrum."""
    k = np.arange(2 * side)
    along = np.minimum(k, 2 * side - k) * CELL_M
    power = np.fft.rfft2(np.exp(-np.hypot(along[:, None], along) / length_m)).real
    white = rng.normal(size=(2 * side, 2 * side))
    shaped = np.fft.rfft2(white) * np.sqrt(np.maximum(power, 0.0))
    return np.fft.irfft2(shaped, s=white.shape)[:side, :side]


def ground_at(east, north):
    return 0.06 * east - 0.03 * north + 0.1 * np.sin(east / 1.5) * np.cos(north / 2.0)


def fuse(noise_m, frames=9, common=None, every_m=0.12, lost=0.0, seed=1, fill_m=0.0, ghosts=None):
    """Fuse frames of that noise and of common errors, a function of the frame: (errors, sigma)."""
    rng = np.random.default_rng(seed)
    fusion = FrameFusion((SIDE, SIDE), CELL_M)
    fusion.begin(0.0, 0.0)
    n = int(22.0 / every_m)
    for _frame in range(frames):
        east, north = np.meshgrid(*(2 * [every_m * np.arange(n) - 1.0]))
        east, north = (
            part.ravel() + every_m * rng.uniform(-0.5, 0.5, part.size) for part in (east, north)
        )
        up = ground_at(east, north) + noise_m * rng.normal(size=east.size)
        if common is not None:
            row = np.clip(((north + 2.0) / CELL_M).astype(int), 0, SIDE + 39)
            up += common(rng)[row, np.clip(((east + 2.0) / CELL_M).astype(int), 0, SIDE + 39)]
        up[rng.random(up.size) < lost] = np.nan
        fusion.add(np.stack([east, north, up], axis=1))
    fused = fusion.finish(fill_m=fill_m)
    place = CELL_M * np.arange(SIDE)
    return fused, fused.elevation.heights - ground_at(*np.meshgrid(place, place))


@pytest.mark.parametrize("noise_m", [0.01, 0.05, 0.2])
def test_the_noise_told_is_that_of_the_map_in_white_errors(noise_m):
    fused, error = fuse(noise_m)
    whitened = (error / fused.sigma_m)[5:-5, 5:-5]
    # 190^2 cells, of which bilinear weights leave a quarter independent: 1.5 % (1 sigma)
    assert np.mean(whitened**2) == pytest.approx(1.0, abs=0.1)
    assert fused.correlation == ErrorCorrelation()


@pytest.mark.parametrize("length_m", [0.5, 2.0])
def test_the_noise_told_is_that_of_the_map_in_correlated_errors(length_m):
    squares, found = [], []
    for seed in range(3):
        fused, error = fuse(0.02, common=lambda rng: 0.04 * smooth_errors(rng, length_m), seed=seed)
        squares.append(np.mean(((error - error.mean()) / fused.sigma_m) ** 2))
        found.append(fused.correlation)
    # A map of 20 m holds 25 patches of 2 m, three maps 75: 0.16 (1 sigma), 0.05 of 0.5 m; and
    # what all cells share is taken out.
    assert np.mean(squares) == pytest.approx(1.0, abs=0.25 if length_m == 2.0 else 0.1)
    shares = [each.share for each in found]
    lengths = [each.length_m for each in found]
    assert min(shares) > 0.5
    assert math.exp(np.mean(np.log(lengths))) == pytest.approx(length_m, rel=0.5)


def test_lost_returns_leave_a_map_that_is_noisier_and_says_so():
    whole, _ = fuse(0.05)
    thin, error = fuse(0.05, lost=0.6)
    assert np.median(thin.sigma_m) > 1.4 * np.median(whole.sigma_m)
    assert np.nanmean((error / thin.sigma_m)[5:-5, 5:-5] ** 2) == pytest.approx(1.0, abs=0.12)
    # nine frames refill what each lost: a cell is fed by 5 returns for each frame's share of 0.4
    assert thin.elevation.seen.mean() > 0.999


def test_one_frame_tells_no_noise_and_none_no_map():
    fused, _ = fuse(0.05, frames=1)
    assert not fused.sigma_m.any() or np.isfinite(fused.sigma_m).all()
    fusion = FrameFusion((8, 8), CELL_M)
    fusion.begin(0.0, 0.0)
    assert fusion.finish() is None
    fusion.add(np.full((5, 3), np.nan))
    fusion.add(np.array([[900.0, 0.0, 1.0]]))
    assert fusion.finish() is None


def test_returns_above_the_sensor_are_none():
    fusion = FrameFusion((8, 8), CELL_M)
    cells = CELL_M * np.stack(np.meshgrid(np.arange(8.0), np.arange(8.0)), -1).reshape(-1, 2)
    for _ in range(2):
        fusion.begin(0.0, 0.0, below_m=99.0)
        for lift_m in (0.0, 0.1):
            fusion.add(np.column_stack([cells, np.where(cells[:, 0] < 0.15, 1e4, lift_m)]))
        fused = fusion.finish()
        assert 0.0 <= fused.elevation.heights[fused.elevation.seen].max() <= 0.1
        assert fused.elevation.seen[:, -1].all() and not fused.elevation.seen[:, 0].any()
        fusion.begin(0.0, 0.0, below_m=-1.0)
        fusion.add(np.column_stack([cells, np.zeros(64)]))
        assert fusion.finish() is None


def rough(seed=4):
    """Ground of Hurst exponent 0.7, 1 cm rms of one cell to the next."""
    rng = np.random.default_rng(seed)
    k = np.hypot(np.fft.fftfreq(SIDE)[:, None], np.fft.rfftfreq(SIDE))
    k[0, 0] = 1.0
    z = np.fft.irfft2(np.fft.rfft2(rng.normal(size=(SIDE, SIDE))) * k**-1.7, s=(SIDE, SIDE))
    return (0.01 * z / np.std(np.diff(z, axis=0))).astype(np.float32)


@pytest.mark.parametrize("width", [1, 3, 6])
def test_holes_are_filled_within_the_error_they_are_given(width):
    true = rough()
    heights, sigma = true.copy(), np.full(true.shape, 1e-4, np.float32)
    seen = np.ones(true.shape, np.uint8)
    for row in range(10, SIDE - 20, 16):
        for col in range(10, SIDE - 20, 16):
            seen[row : row + width, col : col + width] = 0
    heights[seen == 0] = np.nan
    filled = fill_holes(heights, seen, sigma, 6)
    assert seen.all()
    holes = filled > 0
    assert holes.sum() == 11 * 11 * width**2
    whitened = ((heights - true) / sigma)[holes]
    # the rim of a hole is surer than its middle, whose error all its cells are given
    assert 0.4 < np.mean(whitened**2) < 1.1
    np.testing.assert_array_equal(heights[~holes], true[~holes])


def test_a_wider_hole_is_less_sure_and_one_too_wide_stays_a_hole():
    true = rough()
    heights, sigma = true.copy(), np.zeros(true.shape, np.float32)
    seen = np.ones(true.shape, np.uint8)
    seen[20:25, 20:25] = seen[40, 40] = seen[60:69, 60:69] = seen[:4, 100:104] = 0
    heights[seen == 0] = np.nan
    fill_holes(heights, seen, sigma, 6)
    assert seen[20:25, 20:25].all()
    assert sigma[22, 22] > sigma[40, 40] > 0.0
    assert not seen[60:69, 60:69].any()
    assert np.isnan(heights[60:69, 60:69]).all()
    # what lies on the rim of the map may go on beyond it
    assert not seen[:4, 100:104].any()


def test_the_error_of_interpolating_is_the_structure_function():
    # white heights: z - (a + b) / 2 has 1.5 times their variance
    white = np.random.default_rng(0).normal(size=(400, 400)).astype(np.float32)
    assert interpolation_error(white, 3) == pytest.approx(math.sqrt(1.5), rel=0.01)
    plane = np.add.outer(np.arange(50.0), np.arange(50.0)).astype(np.float32)
    assert interpolation_error(plane, 2) == pytest.approx(0.0, abs=1e-6)
    assert interpolation_error(np.zeros((3, 3), np.float32), 5) == math.inf


def test_a_correlation_is_fitted_back():
    from farside.terrain.fusion import LAGS

    told = [2.0 * 0.6 * math.exp(-lag * CELL_M / 1.6) for lag in LAGS]
    found = fit_correlation(2.0, told, CELL_M)
    assert found.share == pytest.approx(0.6, rel=0.05)
    assert found.length_m == pytest.approx(1.6, rel=0.1)
    assert fit_correlation(2.0, [0.01] * len(LAGS), CELL_M) == ErrorCorrelation()
    # a tilt between the halves makes far errors opposite; a share is no negative number
    opposite = [0.12] + [-0.6] * (len(LAGS) - 1)
    assert fit_correlation(2.0, opposite, CELL_M) == ErrorCorrelation()


def test_the_tilt_of_a_disc_is_that_of_drawn_errors():
    rng = np.random.default_rng(5)
    y, x = np.mgrid[-25:26, -25:26] * CELL_M
    inside = x * x + y * y <= 2.5**2
    for length_m in (0.5, 2.0, 10.0):
        tilts = []
        for _ in range(12):
            z = smooth_errors(rng, length_m, side=160)
            for row, col in ((0, 0), (0, 105), (105, 0), (105, 105)):
                cut = z[row : row + 51, col : col + 51]
                for axis in (x, y):
                    tilts.append((axis * cut)[inside].sum() / (axis**2)[inside].sum())
        # 96 draws, most of them apart: 8 % (1 sigma)
        assert np.std(tilts) == pytest.approx(disc_tilt_per_m(2.5, CELL_M, length_m), rel=0.25)


def test_white_errors_keep_their_tilt_and_shared_ones_tilt_more():
    assert tilt_per_m(0.02, 2.5, CELL_M, ErrorCorrelation()) == 0.02
    half = tilt_per_m(0.02, 2.5, CELL_M, ErrorCorrelation(0.5, 2.0))
    assert 0.02 < half < tilt_per_m(0.02, 2.5, CELL_M, ErrorCorrelation(1.0, 2.0))


def test_a_filled_hole_does_not_excuse_the_deviation_about_it():
    sigma = np.full((60, 60), 0.015, np.float32)
    filled = np.zeros((60, 60), np.bool_)
    filled[20:28, 20:28] = True
    sigma[filled] = 0.12
    variance = measured_variance(sigma, filled)
    np.testing.assert_allclose(variance, 0.015**2, rtol=1e-5)
    # where all was filled nothing else is known
    everywhere = measured_variance(sigma, np.ones_like(filled))
    np.testing.assert_allclose(everywhere, sigma**2, rtol=1e-6)
