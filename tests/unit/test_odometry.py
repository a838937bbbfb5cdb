"""Features of one image found in the next: motions that are known, and images that tell nothing."""

import math

import cv2
import numpy as np
import pytest
from plane_images import digitised, plane_image, texture

from farside.ext.common._isa import supported_isas
from farside.ext.vision.corners import load_corners
from farside.ext.vision.patch_match import load_match_patches
from farside.mission.camera import Camera
from farside.vision import (
    TRACK_PAIRS,
    CameraState,
    FeatureTracker,
    TrackerLimits,
    TrackVerdict,
    VisionError,
    camera_levels,
    estimate_displacement,
    predicted_motion,
    track_features,
)
from farside.vision.camera_levels import noise_variance
from farside.vision.track_consensus import consensus
from farside.vision.tracks import corners

UPRIGHT = np.array([1.0, 0.0, 0.0, 0.0])
CAMERA = Camera(name="half", pixels=(512, 512))
LENS = Camera(name="bent", pixels=(512, 512), distortion=(-0.2, 0.05, 1e-3, -1e-3, 0.0))


def turned(axis, degrees):
    half = math.radians(degrees) / 2.0
    q = np.zeros(4)
    q[0], q[1 + axis] = math.cos(half), math.sin(half)
    return q


@pytest.fixture(scope="module")
def ground():
    return texture(seed=3, side=2048)


def pair(ground, move, height, *, camera=CAMERA, q=(UPRIGHT, UPRIGHT), guess=None, **known):
    """Return both images, the prediction from a guess of the move, and the true motion."""
    told = {"displacement_sigma_m": 0.0, "height_sigma_m": 0.0} | known
    motion = predicted_motion(camera, q, move if guess is None else guess, height, **told)
    true = predicted_motion(camera, q, move, height, displacement_sigma_m=0.0, height_sigma_m=0.0)
    place = np.array([0.0, 0.0, height])
    posting = 0.7 * min(height, height + move[2]) / camera.focal_px
    first = plane_image(camera, true.axes_i, place, ground, posting, seed=1)
    second = plane_image(camera, true.axes_j, place + np.array(move), ground, posting, seed=2)
    return first, second, motion, true


MOVES = [
    ((0.0, 0.0, 0.0), 500.0, (UPRIGHT, UPRIGHT), CAMERA),
    ((30.0, -12.0, -25.0), 1000.0, (turned(0, 4.0), turned(1, 3.0)), CAMERA),
    ((2.0, 1.0, -14.0), 100.0, (UPRIGHT, turned(2, 8.0)), CAMERA),
    ((30.0, 10.0, -20.0), 800.0, (turned(1, -6.0), turned(1, -4.0)), LENS),
]


@pytest.mark.parametrize(("move", "height", "q", "camera"), MOVES)
def test_features_are_found_where_they_are(ground, move, height, q, camera):
    guess = np.array(move) + height * np.array([0.01, -0.008, 0.004])
    first, second, motion, true = pair(
        ground, move, height, camera=camera, q=q, guess=guess, displacement_sigma_m=0.01 * height
    )
    tracks = track_features(first, second, camera, motion)
    assert tracks.verdict is TrackVerdict.TRACKED and len(tracks) > 60
    off = tracks.pairs["px_j"] - true.carry(camera.pinhole, tracks.pairs["px_i"])
    assert np.sqrt((off**2).mean()) < 0.08
    assert np.abs(off.mean(axis=0)).max() < 0.02
    assert 0.5 < np.sqrt((off**2).mean() / tracks.pairs["variance"].mean()) < 1.6
    found = estimate_displacement(tracks.pairs, camera.pinhole, motion, height_sigma_m=0.0)
    assert np.abs(found.metres - move).max() < 4.0 * np.sqrt(found.covariance_m2.max())
    # 0.02 px of a focal length across, ten times as much along the line of sight
    assert np.abs(found.metres[:2] - move[:2]).max() < 0.05 * height / camera.focal_px


def test_the_covariance_holds_errors_of_height_and_turn(ground):
    move, height = (20.0, 5.0, 0.0), 500.0
    first, second, motion, _ = pair(ground, move, 500.0, displacement_sigma_m=1.0)
    pairs = track_features(first, second, CAMERA, motion).pairs
    # attitudes and height that are wrong by a known amount
    lean = predicted_motion(
        CAMERA,
        (UPRIGHT, turned(0, math.degrees(1e-3))),
        move,
        height,
        displacement_sigma_m=0.0,
        height_sigma_m=0.0,
    )
    told = {"height_sigma_m": 0.0, "common_px": 0.0}
    plain = estimate_displacement(pairs, CAMERA.pinhole, motion, **told)
    wrong = estimate_displacement(pairs, CAMERA.pinhole, lean, **told)
    shift = np.abs(wrong.metres - plain.metres)
    sure = estimate_displacement(pairs, CAMERA.pinhole, motion, turn_sigma_rad=1e-3, **told)
    grown = np.sqrt(np.diag(sure.covariance_m2))
    assert shift.max() == pytest.approx(height * 1e-3, rel=0.2)
    assert (shift < 1.2 * grown).all() and grown.max() < 2.0 * height * 1e-3
    high = predicted_motion(
        CAMERA,
        (UPRIGHT, UPRIGHT),
        move,
        1.05 * height,
        displacement_sigma_m=0.0,
        height_sigma_m=0.0,
    )
    scaled = estimate_displacement(pairs, CAMERA.pinhole, high, **told)
    assert np.allclose(scaled.metres, 1.05 * plain.metres, atol=1e-6)
    loose = estimate_displacement(
        pairs, CAMERA.pinhole, motion, height_sigma_m=0.05 * height, common_px=0.0
    )
    assert math.sqrt(loose.covariance_m2[0, 0]) == pytest.approx(0.05 * 20.0, rel=0.05)


def test_rocks_that_move_are_left_out(ground):
    first, second, motion, true = pair(ground, (5.0, 0.0, 0.0), 500.0, displacement_sigma_m=5.0)
    # a third of the image shows something else that moves on its own
    second[:170] = np.roll(second[:170], 4, axis=1)
    tracks = track_features(first, second, CAMERA, motion)
    assert tracks.verdict is TrackVerdict.TRACKED
    off = tracks.pairs["px_j"] - true.carry(CAMERA.pinhole, tracks.pairs["px_i"])
    assert np.abs(off).max() < 1.0
    assert len(tracks) < tracks.matches - 10


def flat(level):
    return digitised(CAMERA, np.full((512, 512), level, np.float32), seed=5)


def test_images_that_tell_nothing(ground):
    first, second, motion, _ = pair(ground, (5.0, 0.0, 0.0), 500.0, displacement_sigma_m=1.0)
    for spoilt, verdict in (
        (flat(0.5), TrackVerdict.BLANK),
        (flat(0.005), TrackVerdict.DARK),
        (flat(1.5), TrackVerdict.SATURATED),
    ):
        assert track_features(spoilt, second, CAMERA, motion).verdict is verdict
    assert track_features(first, flat(0.5), CAMERA, motion).verdict is TrackVerdict.FEW_MATCHES
    assert track_features(first, flat(0.005), CAMERA, motion).verdict is TrackVerdict.DARK
    # dust: the ground's contrast falls to a fortieth of itself
    dusty = digitised(CAMERA, (0.6 + 0.025 * (second / 255.0 - 0.5)).astype(np.float32), seed=6)
    told = track_features(dusty, dusty, CAMERA, motion)
    assert told.verdict is TrackVerdict.BLANK and len(told) == 0


def test_other_ground_does_not_match(ground):
    first, _, motion, _ = pair(ground, (5.0, 0.0, 0.0), 500.0, displacement_sigma_m=1.0)
    second = pair(ground[::-1].copy(), (5.0, 0.0, 0.0), 500.0)[1]
    told = track_features(first, second, CAMERA, motion)
    assert told.verdict in (TrackVerdict.FEW_MATCHES, TrackVerdict.NO_CONSENSUS)


def test_motion_beyond_the_search(ground):
    first, second, motion, _ = pair(
        ground, (100.0, 0.0, 0.0), 500.0, guess=(0.0, 0.0, 0.0), displacement_sigma_m=1.0
    )
    told = track_features(first, second, CAMERA, motion)
    assert told.verdict in (TrackVerdict.FEW_MATCHES, TrackVerdict.NO_CONSENSUS)
    unsure = predicted_motion(
        CAMERA,
        (UPRIGHT, UPRIGHT),
        (0.0, 0.0, 0.0),
        500.0,
        displacement_sigma_m=200.0,
        height_sigma_m=1.0,
    )
    assert track_features(first, second, CAMERA, unsure).verdict is TrackVerdict.BEYOND_SEARCH
    away = predicted_motion(
        CAMERA,
        (UPRIGHT, UPRIGHT),
        (900.0, 0.0, 0.0),
        500.0,
        displacement_sigma_m=1.0,
        height_sigma_m=1.0,
    )
    assert track_features(first, second, CAMERA, away).verdict is TrackVerdict.OUT_OF_VIEW


def test_a_wide_search_finds_a_large_error(ground):
    first, second, motion, true = pair(
        ground, (60.0, -40.0, 0.0), 500.0, guess=(0.0, 0.0, 0.0), displacement_sigma_m=30.0
    )
    tracks = track_features(first, second, CAMERA, motion)
    assert tracks.verdict is TrackVerdict.TRACKED
    off = tracks.pairs["px_j"] - true.carry(CAMERA.pinhole, tracks.pairs["px_i"])
    assert np.sqrt((off**2).mean()) < 0.1


@pytest.mark.slow
def test_the_next_image_waits_for_the_flow(ground):
    tracker = FeatureTracker(CAMERA, TrackerLimits(flow_px=20.0, longest_s=10.0))
    taken = []
    for tick in range(0, 350, 50):
        place = np.array([10.0 * tick / 100.0, 0.0, 400.0])
        motion = predicted_motion(
            CAMERA,
            (UPRIGHT, UPRIGHT),
            (0.0, 0.0, 0.0),
            400.0,
            displacement_sigma_m=0.0,
            height_sigma_m=0.0,
        )
        posting = 0.7 * 400.0 / CAMERA.focal_px
        image = plane_image(CAMERA, motion.axes_i, place, ground, posting, seed=tick)
        state = CameraState(tick, place + np.array([0.3, 0.2, 0.0]), UPRIGHT, 400.0, 2.0, 0.5)
        result = tracker.take(image, state)
        if result is not None:
            taken.append(result)
            assert result.tracks.verdict is TrackVerdict.TRACKED
            found = estimate_displacement(
                result.tracks.pairs, CAMERA.pinhole, result.motion, height_sigma_m=2.0
            )
            seconds = (result.tick_j - result.tick_i) / 100.0
            assert found.metres[0] / seconds == pytest.approx(10.0, abs=0.05)
    # 618 px at 400 m and 10 m/s are 15.5 px/s: a comparison every 1.5 s
    assert [each.tick_j - each.tick_i for each in taken] == [150] * 2


def test_growth_alone_makes_a_comparison_due():
    tracker = FeatureTracker(CAMERA, TrackerLimits(flow_px=500.0, longest_s=100.0))
    image = flat(0.5)
    state = CameraState(0, np.array([0.0, 0.0, 100.0]), UPRIGHT, 100.0, 1.0, 0.5)
    assert tracker.take(image, state) is None
    near = CameraState(50, np.array([0.0, 0.0, 95.0]), UPRIGHT, 95.0, 1.0, 0.5)
    assert tracker.take(image, near) is None
    below = CameraState(100, np.array([0.0, 0.0, 90.0]), UPRIGHT, 90.0, 1.0, 0.5)
    assert tracker.take(image, below).tracks.verdict is TrackVerdict.BLANK
    with pytest.raises(VisionError, match="after one of 100"):
        tracker.take(image, below)
    with pytest.raises(VisionError, match="stop tracking"):
        tracker.take(image, CameraState(101, np.zeros(3), UPRIGHT, 0.0, 1.0, 0.5))


def test_corners_are_those_of_opencv(ground):
    image = pair(ground, (0.0, 0.0, 0.0), 500.0)[0]
    levels = camera_levels(image, CAMERA, 0)
    ours = corners(levels)
    grey = levels.pyramid[0].astype(np.float32)
    right = cv2.filter2D(grey, -1, np.array([[-1.0, 0.0, 1.0]]))
    down = cv2.filter2D(grey, -1, np.array([[-1.0], [0.0], [1.0]]))
    a, b, c = (cv2.boxFilter(x, -1, (7, 7)) for x in (right * right, right * down, down * down))
    score = 0.5 * (a + c - np.sqrt((a - c) ** 2 + 4.0 * b * b))
    for x, y in ours[:20].astype(int):
        cell = score[y // 32 * 32 : y // 32 * 32 + 32, x // 32 * 32 : x // 32 * 32 + 32]
        inner = cell[max(12 - y // 32 * 32, 0) :, max(12 - x // 32 * 32, 0) :]
        edge = y // 32 == 15 or x // 32 == 15
        assert edge or score[y, x] == pytest.approx(inner.max(), rel=1e-4)


@pytest.mark.parametrize("isa", supported_isas())
def test_every_build_gives_the_same_bits(isa, ground):
    first, second, _, _ = pair(ground, (10.0, 4.0, -3.0), 500.0)
    levels = [camera_levels(image, CAMERA, 2) for image in (first, second)]
    places = np.ascontiguousarray(corners(levels[0]))
    turn = np.tile([1.01, 0.02, -0.015, 0.99], (len(places), 1))
    results = []
    for name in ("x86_64", isa):
        best_corners, halve = load_corners(name)
        best = np.empty((16, 16, 3))
        best_corners(levels[0].pyramid[0], 3, 32, 12, best)
        half = np.empty((256, 256), np.int16)
        halve(levels[0].pyramid[0], half)
        match = load_match_patches(name)
        found = np.empty((2, len(places), 4))
        for k, radius in enumerate((9, 0)):
            pyramid = (levels[0].pyramid[0], levels[1].pyramid[0])
            match(*pyramid, places, places + 1.3, turn, radius, 21.0, found[k])
        results.append((best.tobytes(), half.tobytes(), found.tobytes()))
    assert results[0] == results[1]


def test_noise_of_the_camera_is_what_an_even_image_shows():
    camera = Camera(name="twelve", pixels=(512, 512), bits=12, prnu=0.0)
    image = digitised(camera, np.full((512, 512), 0.4, np.float32), seed=1)
    assert noise_variance(camera, 0.4 * 4095) == pytest.approx(image.var(), rel=0.02)


def test_a_consensus_needs_agreement():
    rng = np.random.default_rng(0)
    told = {"displacement_sigma_m": 0.0, "height_sigma_m": 0.0}
    guess = predicted_motion(CAMERA, (UPRIGHT, UPRIGHT), (0.0, 0.0, 0.0), 100.0, **told)
    q = turned(0, 0.3)
    true = predicted_motion(CAMERA, (UPRIGHT, q), (2.0, 1.0, -3.0), 100.0, **told)
    places = rng.uniform(50.0, 450.0, (80, 2))
    found = true.carry(CAMERA.pinhole, places) + rng.normal(size=(80, 2)) * 0.05
    found[::3] += rng.uniform(-30.0, 30.0, (27, 2))
    agreed = consensus(places, found, CAMERA.pinhole, guess, 1.0, 0.03)
    assert agreed is not None
    good = np.ones(80, bool)
    good[::3] = False
    assert (agreed.agree & good).sum() >= 50 and (agreed.agree & ~good).sum() <= 1
    assert agreed.scatter_px == pytest.approx(0.05, rel=0.3)
    assert consensus(places[:5], found[:5], CAMERA.pinhole, guess, 1.0, 0.03) is None
    nowhere = rng.uniform(50.0, 450.0, (80, 2))
    spread = consensus(places, nowhere, CAMERA.pinhole, guess, 1.0, 0.03)
    assert spread is None or spread.agree.sum() < 12


@pytest.mark.parametrize(
    ("image", "line"),
    [
        (np.zeros((512, 511), np.uint16), "512 rows of 512"),
        (np.zeros((512, 512), np.float32), "unsigned numbers"),
        (np.full((512, 512), 256, np.uint16), "8 bits end at 255"),
    ],
)
def test_an_image_of_another_camera_is_refused(image, line):
    with pytest.raises(VisionError, match=line):
        camera_levels(image, CAMERA, 1)


@pytest.mark.parametrize(
    ("q", "move", "height", "sigma", "line"),
    [
        (UPRIGHT, (0.0, np.nan, 0.0), 10.0, 1.0, "three finite"),
        (UPRIGHT, (0.0, 0.0, -11.0), 10.0, 1.0, "above the ground"),
        (UPRIGHT, (0.0, 0.0, 0.0), math.nan, 1.0, "above"),
        (UPRIGHT, (0.0, 0.0, 0.0), 10.0, -1.0, "0 or more"),
        (np.zeros(4), (0.0, 0.0, 0.0), 10.0, 1.0, "quaternion"),
    ],
)
def test_a_motion_that_cannot_be_is_refused(q, move, height, sigma, line):
    with pytest.raises(VisionError, match=line):
        predicted_motion(
            CAMERA, (q, UPRIGHT), move, height, displacement_sigma_m=sigma, height_sigma_m=0.0
        )


def test_pairs_that_tell_no_displacement_are_refused():
    motion = predicted_motion(
        CAMERA,
        (UPRIGHT, UPRIGHT),
        (0.0, 0.0, 0.0),
        10.0,
        displacement_sigma_m=0.0,
        height_sigma_m=0.0,
    )
    pairs = np.zeros(9, TRACK_PAIRS)
    pairs["px_i"] = pairs["px_j"] = 100.0
    with pytest.raises(VisionError, match="no variance"):
        estimate_displacement(pairs, CAMERA.pinhole, motion, height_sigma_m=0.0)
    pairs["variance"] = 0.01
    with pytest.raises(VisionError, match="one place"):
        estimate_displacement(pairs, CAMERA.pinhole, motion, height_sigma_m=0.0)
    with pytest.raises(VisionError, match="4 pairs or more"):
        estimate_displacement(pairs[:3], CAMERA.pinhole, motion, height_sigma_m=0.0)


def test_kernels_refuse_what_they_cannot_read():
    best_corners, halve = load_corners("x86_64")
    match = load_match_patches("x86_64")
    image = np.zeros((64, 64), np.int16)
    with pytest.raises(ValueError, match="0 to 4095"):
        best_corners(image - 1, 3, 16, 12, np.empty((4, 4, 3)))
    with pytest.raises(ValueError, match="all border"):
        best_corners(image, 3, 16, 32, np.empty((4, 4, 3)))
    with pytest.raises(ValueError, match="row for each cell"):
        best_corners(image, 3, 16, 12, np.empty((3, 4, 3)))
    with pytest.raises(ValueError, match="half as large"):
        halve(image, np.empty((31, 32), np.int16))
    places, turn, found = np.full((1, 2), 30.0), np.array([[1.0, 0, 0, 1]]), np.empty((1, 4))
    with pytest.raises(ValueError, match="0 to 64"):
        match(image, image, places, places, turn, 65, 1.0, found)
    with pytest.raises(ValueError, match="one row"):
        match(image, image, places, np.zeros((2, 2)), turn, 1, 1.0, found)
    # not-a-number, and far outside: no answer, no crash
    for place in (np.nan, -1e300, 1e300, 62.9):
        match(image, image, np.full((1, 2), place), places, turn, 3, 1.0, found)
        assert found[0, 2] == -1.0
        match(image, image, places, np.full((1, 2), place), turn, 3, 1.0, found)
        assert not found[0, 2] > 0.0
