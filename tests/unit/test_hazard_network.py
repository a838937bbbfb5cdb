"""The network that makes a probability of what shading shows, and its inputs."""

import math

import numpy as np
import pytest

from farside.ext.common._isa import supported_isas
from farside.ext.vision.layers import load_evaluate
from farside.vision.hazard_model import EVERY, NUMBERS, PLANES, Scene, _spread, layers
from farside.vision.texture import BAND_M, neighbours, shifted, square_mean, texture

RNG = np.random.default_rng(4)


def weights(planes=7, first=5, second=3):
    def some(*shape):
        return RNG.normal(0.0, 0.5, shape).astype(np.float32)

    return some(first, planes), some(first), some(second, first), some(second), some(second)


@pytest.mark.parametrize("isa", supported_isas())
def test_the_kernel_is_the_network_and_has_the_same_bits_on_every_cpu(isa):
    x = RNG.normal(size=(PLANES, 640)).astype(np.float32)
    v, b, w, c, u = weights(PLANES, 32, 16)
    out, plain = np.empty(640, np.float32), np.empty(640, np.float32)
    load_evaluate(isa)(x, v, b, w, c, u, 0.25, out)
    load_evaluate("x86_64")(x, v, b, w, c, u, 0.25, plain)
    assert out.tobytes() == plain.tobytes()
    hidden = np.maximum(v.astype(float) @ x + b[:, None], 0.0)
    hidden = np.maximum(w.astype(float) @ hidden + c[:, None], 0.0)
    assert out == pytest.approx(u.astype(float) @ hidden + 0.25, abs=2e-4)


@pytest.mark.parametrize(
    ("cells", "cut", "match"),
    [
        (65, {}, "multiple of 64"),
        (64, {"v": np.zeros((5, 6), np.float32)}, "first layer"),
        (64, {"w": np.zeros((3, 4), np.float32)}, "second layer"),
        (64, {"u": np.zeros(2, np.float32)}, "last layer"),
    ],
)
def test_weights_that_do_not_fit_are_refused(cells, cut, match):
    given = dict(zip("vbwcu", weights(), strict=True)) | cut
    x, out = np.zeros((7, cells), np.float32), np.zeros(cells, np.float32)
    with pytest.raises(ValueError, match=match):
        load_evaluate("x86_64")(x, *given.values(), 0.0, out)


def test_the_weights_fit_the_model():
    net = layers()
    assert net.v.shape[1] == PLANES and net.numbers.shape == (len(net.b), NUMBERS)
    assert net.w.shape == (len(net.u), len(net.b)) and math.isfinite(net.d)


@pytest.mark.parametrize("rows", [5, 6])
def test_between_two_cells_stands_their_mean(rows):
    full = np.tile(np.arange(float(rows), dtype=np.float32)[:, None], (1, 3))
    out = _spread(full[::EVERY], rows)
    assert (out[: rows - 1] == full[: rows - 1]).all()
    assert out[-1, 0] == full[::EVERY][-1, 0]


def test_the_scenes_numbers():
    slope = np.where(np.arange(400) % 2 == 0, 1.0, -0.5).reshape(20, 20)
    scene = Scene.of(slope, 2.0, 0.1, (3.0, 2.0))
    assert len(scene.numbers()) == NUMBERS
    assert scene.size == pytest.approx(math.log(0.75), abs=2e-3)
    assert scene.square == pytest.approx(0.5 * math.log(0.625), abs=1e-4)
    assert scene.numbers()[:3] == pytest.approx([math.log(n) for n in (2.0, 0.1, 3.0)])


def test_a_hollow_turns_one_way_and_a_mound_the_other():
    cell = 1.9
    at = (np.arange(41) - 20.0) * cell
    x, y = np.meshgrid(at, at)
    # the slope of a bowl along x: negative before its middle, positive behind it
    bowl = np.where(np.hypot(x, y) < 12.0, x / 6.0, 0.0)
    planes = texture(bowl, 1.0 + 0.1 * bowl, (1.0, 0.0), cell)
    hollow = planes[-1][20, 20]
    assert hollow > 1.0
    assert texture(-bowl, 1.0 - 0.1 * bowl, (1.0, 0.0), cell)[-1][20, 20] == pytest.approx(-hollow)
    assert texture(bowl, 1.0 + 0.1 * bowl, (-1.0, 0.0), cell)[-1][20, 20] == pytest.approx(-hollow)
    # strength is where the bowl is, and the least and greatest brightness bracket the mean
    assert planes[1][20, 20] > 0.2 > planes[1][2, 2] == 0.0
    assert (planes[9] <= planes[7] + 1e-3).all() and (planes[7] <= planes[10] + 1e-3).all()
    assert len(planes) == 13 and len(BAND_M) == 3


def test_neighbours_stand_along_and_across_the_light():
    slope = np.zeros((21, 21))
    slope[10, 14] = 1.0  # 8 m east of the middle
    along = neighbours(slope, (1.0, 0.0), 2.0)
    assert [k for k in range(25) if along[k][10, 10] > 0.0] == [22]  # i = 2, j = 0
    across = neighbours(slope, (0.0, 1.0), 2.0)
    assert [k for k in range(25) if across[k][10, 10] > 0.0] == [10]  # i = 0, j = -2


def test_means_and_shifts():
    values = RNG.uniform(-1.0, 1.0, (12, 15))
    mean = square_mean(values, 5.0, 1.0)
    # 5 m is half a cell more than 2 on each side: 3
    assert mean[6, 7] == pytest.approx(values[3:10, 4:11].mean(), abs=1e-3)
    moved = shifted(values.astype(np.float32), 2, -1)
    assert moved[5, 5] == np.float32(values[4, 7]) and moved[0, 0] == np.float32(values[0, 2])
