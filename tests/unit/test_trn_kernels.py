"""Kernels of terrain-relative navigation: OpenCV's scores, the same bits, plain geometry."""

import cv2
import numpy as np
import pytest

from farside.ext.common._isa import supported_isas
from farside.ext.vision.match import load_correlate_patches
from farside.ext.vision.ortho import kernels, load_ortho
from farside.vision.patches import correlate, landmarks, peaks_of
from farside.vision.relief import contrast, halved

RNG = np.random.default_rng(5)
SMOOTH = cv2.GaussianBlur(RNG.normal(size=(240, 260)), None, 2.0)
GROUND = np.clip(SMOOTH / SMOOTH.std() * 45.0, -127, 127).astype(np.int8)
AT = np.array([[100, 110, 104, 105], [60, 61, 60, 61], [235, 250, 230, 250]], np.int32)


def test_scores_are_opencvs():
    scores = correlate(GROUND, GROUND, AT[:2], 10, (12, 15))
    for (i, j, y, x), one in zip(AT[:2], scores, strict=True):
        template = GROUND[i - 10 : i + 11, j - 10 : j + 11].astype(np.float32)
        window = GROUND[y - 22 : y + 23, x - 25 : x + 26].astype(np.float32)
        expected = cv2.matchTemplate(window, template, cv2.TM_CCOEFF_NORMED)
        assert np.abs(one - expected).max() < 1e-6
    assert np.unravel_index(scores[0].argmax(), scores[0].shape) == (12 - 4, 15 + 5)


@pytest.mark.parametrize("isa", supported_isas())
def test_every_instruction_set_has_the_same_bits(isa):
    image = (1000.0 + 300.0 * SMOOTH).astype(np.uint16)
    image[40:60, 50:90] = 0
    heights = (SMOOTH * 60.0).astype(np.float32)
    outputs = []
    for name in (isa, "x86_64"):
        scores = np.empty((3, 11, 13), np.float32)
        load_correlate_patches(name)(GROUND, GROUND, AT, 10, 0.5, scores)
        grey, lit = np.empty(image.shape, np.int8), np.empty(image.shape, np.uint8)
        load_ortho(name).contrast(image, 9, 0.01, 1.0, grey)
        load_ortho(name).sweep(heights, True, 0.4, np.array([0.5, 1e-4, 1e-4]), lit)
        outputs.append((scores, grey, lit))
    for one, other in zip(*outputs, strict=True):
        assert one.tobytes() == other.tobytes()


def test_what_is_unknown_has_no_score():
    holed = GROUND.copy()
    holed[90:130, 90:130] = -128
    assert (correlate(holed, GROUND, AT[:1], 10, (2, 2)) == -2.0).all()
    assert (correlate(GROUND, np.full_like(GROUND, -128), AT[:1], 10, (2, 2)) == -2.0).all()
    # an even patch has none either
    assert (correlate(np.zeros_like(GROUND), GROUND, AT[:1], 10, (2, 2)) == -2.0).all()


@pytest.mark.parametrize("off", [(0.0, 0.0), (0.3, -0.4), (2.25, 1.6), (-3.5, 0.2)])
def test_a_shift_is_found_to_a_tenth_of_a_cell(off):
    move = np.float32([[1, 0, off[1]], [0, 1, off[0]]])
    moved = cv2.warpAffine(SMOOTH, move, SMOOTH.shape[::-1], flags=cv2.INTER_CUBIC)
    seen = np.clip(moved / SMOOTH.std() * 45.0, -127, 127).astype(np.int8)
    at = landmarks(GROUND, seen, 10, 40)
    assert len(at) >= 20
    peaks = peaks_of(correlate(GROUND, seen, np.hstack([at, at]), 10, (6, 6)), 10)
    assert peaks.good.mean() > 0.9
    error = np.abs(np.median(peaks.shift[peaks.good], axis=0) - off)
    assert error.max() < 0.1
    assert (peaks.second[peaks.good] < peaks.score[peaks.good]).all()


def test_contrast_forgets_gain_slope_and_offset_of_light():
    texture = 0.03 * SMOOTH / SMOOTH.std()
    x = np.arange(SMOOTH.shape[1])[None, :]
    flat = contrast((8000.0 * (1.0 + texture)).astype(np.uint16), 16, 0.002, 1.0)
    steep = contrast(
        (20000.0 * (1.0 + 0.004 * x) * (1.0 + texture)).astype(np.uint16), 16, 0.002, 1.0
    )
    inner = (slice(20, -20), slice(20, -20))
    assert np.corrcoef(flat[inner].ravel(), steep[inner].ravel())[0, 1] > 0.98
    assert 30.0 < flat[inner].std() < 60.0


def test_contrast_knows_what_it_does_not_know():
    image = np.full((80, 80), 500, np.uint16)
    image[:, :50] = 0
    made = contrast(image, 10, 0.01, 1.0)
    assert (made[:, :50] == -128).all() and (made[20:60, 65:] == 0).all()
    assert (halved(image)[:, :25] == 0).all() and (halved(image)[:, 25:] == 500).all()


def test_a_step_throws_a_shadow_of_its_height():
    # a wall of 20 m, the Sun at 45 deg beyond it: 20 cells of 1 m
    heights = np.zeros((60, 40), np.float32)
    heights[10] = 20.0
    lit = np.empty(heights.shape, np.uint8)
    kernels.sweep(heights, True, 0.0, np.array([1.0, 0.0, 0.0]), lit)
    assert (lit[:11] == 1).all() and (lit[11:30] == 0).all() and (lit[31:] == 1).all()
    # from the other side it falls upwards
    kernels.sweep(heights, False, 0.0, np.array([1.0, 0.0, 0.0]), lit)
    assert (lit[0:10] == 0).all() and (lit[10:] == 1).all()


@pytest.mark.parametrize(
    ("half", "share", "shape"), [(0, 0.5, (1, 5, 5)), (10, 0.0, (1, 5, 5)), (10, 0.5, (1, 4, 5)),
                                 (10, 0.5, (2, 5, 5)), (300, 0.5, (1, 5, 5))],
)  # fmt: skip
def test_kernels_refuse_what_is_no_search(half, share, shape):
    with pytest.raises(ValueError, match=r"patch|window|share|odd"):
        load_correlate_patches("x86_64")(
            GROUND, GROUND, AT[:1], half, share, np.empty(shape, np.float32)
        )
