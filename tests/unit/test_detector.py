"""The detector: statistics of its numbers, point spread and blur, the same in each build."""

import math

import numpy as np
import pytest

from farside.ext.common._isa import supported_isas
from farside.ext.sensors.detector import detect, load_detector, smear, spread

SETUP = {
    "dark": 0.0, "prnu": 0.0, "full_well": 20000.0, "read": 0.0, "gain": 1.0,
    "full_scale": 65535.0, "seed": 7, "frame": 3, "noise": 11, "response": 12,
}  # fmt: skip


def numbers(light, shape=(512, 512), build=detect, place=(0, 0), columns=None, **keys):
    out = np.empty(shape, np.uint16)
    given = np.full(shape, light, np.float32) if np.isscalar(light) else light
    build(given, SETUP | keys, columns or shape[1], *place, out)
    return out


@pytest.mark.parametrize("mean", [0.03, 0.8, 5.0, 11.9, 12.1, 40.0, 900.0, 15000.0])
def test_electrons_are_poisson(mean):
    n = numbers(mean).astype(float).ravel()
    error = math.sqrt(mean / n.size)
    assert abs(n.mean() - mean) < 5.0 * error + 2e-3
    assert n.var() == pytest.approx(mean, rel=5.0 * math.sqrt((2.0 + 1.0 / mean) / n.size) + 2e-3)
    third = ((n - n.mean()) ** 3).mean() / mean**1.5
    noise = 5.0 * math.sqrt((6.0 + 30.0 / mean + 1.0 / mean**2) / n.size)
    assert abs(third - mean**-0.5) < noise + 0.01


@pytest.mark.parametrize("mean", [4.0, 12.5, 25.0])
def test_each_count_has_its_own_share(mean):
    n = numbers(mean, (1024, 1024)).ravel()
    most = int(mean + 5 * math.sqrt(mean))
    share = [math.exp(-mean + k * math.log(mean) - math.lgamma(k + 1)) for k in range(most)]
    found = np.bincount(n, minlength=most)[:most] / n.size
    sigma = np.sqrt(np.array(share) / n.size)
    assert (np.abs(found - share) < 5.5 * sigma + 3e-5).all()


def test_read_noise_gain_and_limits():
    n = numbers(1000.0, read=25.0, gain=4.0).astype(float)
    assert n.std() == pytest.approx(4.0 * math.sqrt(1000.0 + 625.0), rel=0.01)
    assert numbers(1e6, full_scale=255.0, gain=255.0 / 20000.0).min() == 255
    assert numbers(30000.0).max() == 20000
    assert numbers(0.0, dark=0.0).max() == 0
    assert numbers(0.0, dark=9.0).mean() == pytest.approx(9.0, rel=0.01)


def test_the_response_of_a_pixel_is_the_same_in_each_frame():
    first, second = (
        numbers(15000.0, prnu=0.03, frame=frame).astype(float).ravel() for frame in (1, 2)
    )
    # shot noise is 0.8 %, the response's spread 3 %
    assert np.corrcoef(first, second)[0, 1] > 0.9
    assert first.std() / first.mean() == pytest.approx(
        math.hypot(0.03, 1 / math.sqrt(15000)), rel=0.02
    )
    other = numbers(15000.0, prnu=0.03, seed=8).astype(float).ravel()
    assert abs(np.corrcoef(first, other)[0, 1]) < 0.02


def test_any_rectangle_has_the_bits_of_the_whole():
    light = np.random.default_rng(0).uniform(0.0, 60.0, (90, 131)).astype(np.float32)
    whole = numbers(light, light.shape, dark=1.0, read=3.0, prnu=0.1)
    for row, col, rows, cols in (
        (0, 0, 90, 131),
        (7, 3, 20, 50),
        (89, 130, 1, 1),
        (33, 17, 5, 114),
    ):
        part = np.ascontiguousarray(light[row : row + rows, col : col + cols])
        alone = numbers(
            part, part.shape, place=(row, col), columns=131, dark=1.0, read=3.0, prnu=0.1
        )
        assert np.array_equal(alone, whole[row : row + rows, col : col + cols])


def test_every_build_gives_the_same_bits():
    rng = np.random.default_rng(1)
    light = rng.uniform(0.0, 3e4, (61, 77)).astype(np.float32) * (rng.random((61, 77)) > 0.3)
    weights = np.array([0.1, 0.2, 0.4, 0.2, 0.1], np.float32)
    flow = rng.uniform(-3.0, 3.0, (2, 3, 4)).astype(np.float32)
    made = []
    for isa in supported_isas():
        built = load_detector(isa)
        soft, moved = np.empty((57, 73), np.float32), np.empty((51, 67), np.float32)
        built.spread(light, weights, soft)
        built.smear(light, flow, 32, 9, (-2, 5), 5, moved, (0, len(moved)))
        made.append((numbers(light, light.shape, built.detect, read=20.0, prnu=0.01), soft, moved))
    for other in made[1:]:
        assert all(np.array_equal(a, b) for a, b in zip(made[0], other, strict=True))


def test_a_point_is_spread_and_a_moving_one_is_drawn_out():
    point = np.zeros((41, 41), np.float32)
    point[20, 20] = 1.0
    weights = np.array([0.25, 0.5, 0.25], np.float32)
    out = np.empty((39, 39), np.float32)
    spread(point, weights, out)
    assert np.array_equal(out[18:21, 18:21], np.outer(weights, weights))
    assert out.sum() == 1.0
    flow = np.zeros((2, 2, 2), np.float32)
    flow[0], flow[1] = 6.0, 3.0
    moved = np.empty((31, 31), np.float32)
    smear(point, flow, 32, 49, (0, 0), 5, moved, (0, len(moved)))
    y, x = np.mgrid[:31, :31] - 15
    mean_x, mean_y = (moved * x).sum(), (moved * y).sum()
    assert moved.sum() == pytest.approx(1.0, abs=1e-5)
    assert abs(mean_x) < 1e-4 and abs(mean_y) < 1e-4
    # a way of 6 px has a variance of 6^2 / 12, and the pixel's own triangle 1 / 6 at most
    assert (moved * x * x).sum() == pytest.approx(3.0 + 1 / 6, abs=0.1)
    assert (moved * x * y).sum() == pytest.approx(1.5, abs=0.1)


def test_rows_smeared_by_themselves_have_the_bits_of_the_whole():
    rng = np.random.default_rng(2)
    light = rng.uniform(0.0, 3e4, (61, 77)).astype(np.float32)
    flow = rng.uniform(-3.0, 3.0, (2, 3, 4)).astype(np.float32)
    whole, parts = np.empty((51, 67), np.float32), np.empty((51, 67), np.float32)
    smear(light, flow, 32, 9, (-2, 5), 5, whole, (0, 51))
    for band in ((17, 51), (0, 1), (1, 17)):
        smear(light, flow, 32, 9, (-2, 5), 5, parts, band)
    assert np.array_equal(whole, parts)


def zeros(*shape):
    return np.zeros(shape, np.float32)


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (lambda: numbers(1.0, gain=0.0), "full well"),
        (lambda: numbers(1.0, full_scale=1e6), "16 bits"),
        (lambda: spread(zeros(9, 9), zeros(4), zeros(5, 5)), "odd"),
        (lambda: spread(zeros(9, 9), zeros(3), zeros(5, 5)), "reach"),
        (
            lambda: smear(zeros(9, 9), zeros(2, 2, 2), 32, 3, (0, 0), 1, zeros(9, 9), (0, 9)),
            "margin",
        ),
        (lambda: smear(zeros(9, 9), zeros(2, 1, 2), 32, 3, (0, 0), 0, zeros(9, 9), (0, 9)), "flow"),
        (
            lambda: smear(zeros(9, 9), zeros(2, 2, 2), 32, 3, (0, 0), 0, zeros(9, 9), (3, 10)),
            "rows",
        ),
    ],
)
def test_wrong_sizes_are_refused(call, line):
    with pytest.raises(ValueError, match=line):
        call()
