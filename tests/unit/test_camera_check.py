"""A camera that is turned or shifted is told from a place that is off, by one image's matches."""

import numpy as np
import pytest

from farside.mission.pinhole import Pinhole
from farside.vision.camera_check import (
    DRIFT,
    MOST,
    SHIFT_PX,
    WORTH,
    CameraCheck,
    CameraWatch,
    camera_check,
    heights_variance,
    whitened,
)
from farside.vision.image_map import LEAST_SIDE, MapLevel
from farside.vision.pose import solve_pose
from farside.vision.trn_result import MATCH, TrnCode, TrnResult
from farside.vision.view import CameraView

LENS = Pinhole(512, 512, (618.0, 618.0), (255.5, 255.5))
DOWN = np.array([[1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, -1.0]])
VIEW = CameraView(LENS, np.array([0.0, 0.0, 6000.0]), DOWN)
POINTING = np.eye(3) * 4e-4**2
SIGMA_PX, HEIGHT_M = 0.2, 4.0
PRIOR = np.diag([4e-4**2] * 3 + [SHIFT_PX**2] * 2)
OFF = np.array([80.0, -50.0, 20.0])


def prior(sigma_m=50.0):
    return np.diag([sigma_m**2] * 3 + [4e-4**2] * 3)


def matches_of(
    seed, turn_rad=(0.0, 0.0, 0.0), shift_px=(0.0, 0.0), relief_m=300.0, count=150, noise=1.0
):
    """Return matches as VIEW, turned and shifted, sees them; and the estimate, off by OFF."""
    rng, count = np.random.default_rng(seed), 150
    out = np.zeros(count, MATCH)
    out["p_site"][:, :2] = rng.uniform(-2200.0, 2200.0, (count, 2))
    out["p_site"][:, 2] = rng.uniform(-relief_m, relief_m, count)
    true = out["p_site"] + noise * rng.normal(0.0, HEIGHT_M, (count, 1)) * [0.0, 0.0, 1.0]
    seen = VIEW.moved(np.zeros(3), np.array(turn_rad)).project(true) + shift_px
    out["px"] = seen + noise * rng.normal(0.0, SIGMA_PX, (count, 2))
    out["variance_px2"] = SIGMA_PX**2
    return out, VIEW.moved(OFF, np.zeros(3))


def checked(matches, estimate):
    worth = matches["variance_px2"] * len(matches) / WORTH
    solved = solve_pose(estimate, matches["px"], matches["p_site"], worth, prior())
    return camera_check(solved, matches, POINTING, HEIGHT_M**2 * len(matches) / WORTH)


def sigmas(check):
    return np.sqrt(np.diag(check.covariance))


def said(statistic, sigma_px=2.0):
    """Return a check of a camera that is shifted by 20 px, where it sees as much."""
    both = np.diag([1e-6] * 3 + [sigma_px**2] * 2)
    shift = np.array([20.0, 0.0])
    return CameraCheck(statistic, np.zeros(3), shift, both, np.zeros(3), np.eye(3), PRIOR)


def fault_of(rng, size):
    """Return a turn and shift x in any direction, with x' P5^-1 x = size."""
    way = rng.normal(size=5)
    return np.sqrt(size / (way @ way)) * np.sqrt(np.diag(PRIOR)) * way


def image_of(rng, fault, worse):
    """Return what one image says of a fault where its covariance is so many times the prior."""
    C = np.diag(worse * np.diag(PRIOR))
    d = fault + np.sqrt(np.diag(C)) * rng.normal(size=5)
    T = float(d @ np.linalg.solve(C + PRIOR, d))
    return CameraCheck(T, d[:3], d[3:], C, np.zeros(3), np.eye(3), PRIOR)


def test_a_place_that_is_off_is_no_fault_of_the_camera():
    """T is chi-square of five where n matches are worth WORTH: here their noise is that large."""
    rng, found = np.random.default_rng(7), []
    for seed in range(60):
        turn, shift = rng.normal(0.0, 4e-4, 3), rng.normal(0.0, SHIFT_PX, 2)
        matches, estimate = matches_of(seed, turn, shift, noise=np.sqrt(150.0 / WORTH))
        found.append(checked(matches, estimate).statistic)
    # of a mean of 60: its deviation is sqrt(2 / (5 60)) of it
    assert np.mean(found) == pytest.approx(5.0, rel=0.25)
    assert np.max(found) < MOST / 1.5


def test_a_turned_camera_says_how_far():
    turn = np.radians([0.3, 0.9, -0.1])
    check = checked(*matches_of(1, turn_rad=turn))
    assert check.off and check.statistic > 3.0 * MOST
    assert (np.abs(check.turn - turn) < 4.0 * sigmas(check)[:3]).all()
    assert 0.7 < np.degrees(np.linalg.norm(check.turn)) < 1.2
    assert check.says.startswith("turned by ") and " deg, or shifted by " in check.says


def test_a_shifted_camera_says_how_far_where_the_ground_has_relief():
    check = checked(*matches_of(2, shift_px=(20.0, 0.0)))
    assert check.off
    assert (np.abs(check.shift_px - [20.0, 0.0]) < 4.0 * sigmas(check)[3:]).all()
    # over level ground a shift is a place that is off, and the check knows that it cannot tell
    level = checked(*matches_of(2, shift_px=(20.0, 0.0), relief_m=0.0))
    assert not level.off
    assert (sigmas(level)[3:] > 5.0 * sigmas(check)[3:]).all()


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault", [{"turn_rad": (0.0, 0.0175, 0.0)}, {"shift_px": (20.0, -10.0)}, {}]
)
def test_the_place_holds_whatever_the_camera_is_off_by(fault):
    errors = []
    for seed in range(40):
        check = checked(*matches_of(seed, **fault))
        error = check.place - VIEW.r_site
        errors.append(error @ np.linalg.solve(check.place_covariance, error))
        assert np.linalg.norm(error[:2]) < 60.0
    # 3 WORTH / n of independent matches, and what one step leaves of a turn that is large
    assert 1.5 * WORTH / 150 < np.mean(errors) < 6.0 * WORTH / 150


def test_what_is_whitened_has_unit_variance():
    rng = np.random.default_rng(5)
    H = rng.normal(size=(8, 5))
    variance = rng.uniform(0.1, 1.0, 4)
    rows, seen = whitened(H, rng.normal(size=(4, 2)), variance, 9.0)
    for i in range(4):
        pair = slice(2 * i, 2 * i + 2)
        up = H[pair, 2]
        V = variance[i] * np.eye(2) + 9.0 * np.outer(up, up)
        assert rows[pair].T @ rows[pair] == pytest.approx(H[pair].T @ np.linalg.solve(V, H[pair]))
    assert seen.shape == (8,)


def test_a_camera_is_off_for_long_and_is_taken_back():
    watch = CameraWatch()
    assert not any(watch.take(said(20.0)) for _ in range(1000))
    assert [watch.take(said(T)) for T in (31.0, 31.0)] == [False, True]
    assert all(watch.take(said(1000.0)) for _ in range(50))
    # images that could not show it do not clear it
    assert all(watch.take(said(0.0, sigma_px=5.0)) for _ in range(500))
    # what is remembered is limited: the way back is 14 images of a camera that is well
    codes = [watch.take(said(1.0)) for _ in range(20)]
    assert codes.index(False) == 13 and not any(codes[13:])


@pytest.mark.parametrize(
    ("size", "worse"), [(22.0, 0.9), (25.0, 0.9), (30.0, 0.9), (25.0, 0.3), (49.0, 0.9)]
)
def test_images_that_could_not_show_a_fault_do_not_clear_it(size, worse):
    """20 good images find it; 60 worse ones, in which the fault lasts, show too little of it."""
    rng, off = np.random.default_rng(int(size)), 0
    for _ in range(30):
        watch, fault = CameraWatch(), fault_of(rng, size)
        for _ in range(20):
            watch.take(image_of(rng, fault, 0.02))
        found = watch.off
        off += found
        # what is believed of it is as good as all images that spoke against it
        assert (np.abs(watch.fault - fault) < 1.5 * np.sqrt(np.diag(PRIOR))).all()
        codes = [watch.take(image_of(rng, fault, worse)) for _ in range(60)]
        assert not found or all(codes), codes.index(False)
    # 22 is little above DRIFT: 20 images find it in 18 of 30
    assert off == 30 or (off >= 15 and size < 25.0)


@pytest.mark.parametrize(("size", "worse"), [(25.0, 0.1), (36.0, 0.5), (64.0, 0.9)])
def test_a_fault_that_is_gone_is_cleared_by_images_that_would_show_it(size, worse):
    rng = np.random.default_rng(int(size))
    for _ in range(30):
        watch, fault = CameraWatch(), fault_of(rng, size)
        for _ in range(20):
            watch.take(image_of(rng, fault, 0.02))
        assert watch.off
        codes = [watch.take(image_of(rng, np.zeros(5), worse)) for _ in range(30)]
        assert 1 <= codes.index(False) < 20 and not any(codes[20:])


def test_an_image_shows_of_a_fault_what_its_statistic_is():
    """(5): T is d' (C + P5)^-1 d, P5 correlated, and so what `would_show` asks of its own d."""
    turned = np.array([[9.0, 2.0, -1.0], [2.0, 4.0, 1.0], [-1.0, 1.0, 16.0]]) * 1e-8
    for seed, size in ((1, 0.0), (2, 0.01), (3, 0.02)):
        matches, estimate = matches_of(seed, (0.0, size, 0.0), (3.0, -4.0))
        worth = matches["variance_px2"] * len(matches) / WORTH
        solved = solve_pose(estimate, matches["px"], matches["p_site"], worth, prior())
        check = camera_check(solved, matches, turned, HEIGHT_M**2 * len(matches) / WORTH)
        d = check.found
        both = check.covariance + check.prior
        assert check.prior[:3, :3] == pytest.approx(turned)
        assert check.statistic == pytest.approx(d @ np.linalg.solve(both, d), rel=1e-6)
        edge = np.sqrt(DRIFT / check.statistic)
        assert check.would_show(1.001 * edge * d) and not check.would_show(0.999 * edge * d)


def test_a_fault_is_remembered_since_the_sum_was_0():
    rng, watch = np.random.default_rng(6), CameraWatch()
    assert not watch.fault.any() and not image_of(rng, np.zeros(5), 0.1).would_show(watch.fault)
    first, second = fault_of(rng, 200.0), fault_of(rng, 200.0)
    for fault in (first, second):
        for _ in range(9):
            watch.take(image_of(rng, fault, 0.01))
        assert watch.off
        assert (np.abs(watch.fault - fault) < 0.2 * np.sqrt(np.diag(PRIOR))).all()
        assert not [watch.take(image_of(rng, np.zeros(5), 0.1)) for _ in range(60)][-1]
        assert watch.sum == 0.0
    # one whose covariance has no inverse shows nothing, and adds nothing to what is believed
    flat = np.zeros((5, 5))
    blind = CameraCheck(50.0, np.ones(3), np.ones(2), flat, np.zeros(3), np.eye(3), flat)
    assert watch.take(blind) and not watch.fault.any() and not blind.would_show(second)


def test_few_matches_say_nothing_of_the_camera():
    matches, estimate = matches_of(3)
    solved = solve_pose(
        estimate, matches["px"], matches["p_site"], matches["variance_px2"], prior()
    )
    assert camera_check(solved, matches[:5], POINTING) is None
    assert camera_check(solved, matches, np.zeros((3, 3))) is None


def test_the_result_says_what_the_camera_is_off_by():
    check = checked(*matches_of(1, turn_rad=(0.0, 0.0175, 0.0)))
    result = TrnResult(TrnCode.CAMERA, np.zeros(0, MATCH), VIEW, np.eye(6), check=check)
    assert result.says.startswith("the camera does not point where the attitude says")
    assert check.says in result.says


def test_heights_are_free_where_the_window_of_the_map_lets_them():
    rng = np.random.default_rng(8)
    square = rng.uniform(-0.5, 0.5, (3000, 3))
    side = (LEAST_SIDE, LEAST_SIDE)
    grids = np.zeros(side, np.float32), np.ones(side, np.uint8)
    level = MapLevel(0.0, 0.0, 3.2, 12.0, 4.0, *grids)
    # 12 m: alike over 65 144 m^2, a square of 255 m
    for side_m, free in ((100.0, 1.0), (510.0, 4.0), (765.0, 9.0), (9000.0, WORTH)):
        found = heights_variance(side_m * square, level)
        assert found == pytest.approx(16.0 * 3000 / free, rel=0.05)
    assert heights_variance(9000.0 * square[:10], level) == 16.0
