"""Landmarks of an image: the textbook's update, acquisition, outliers, and the way back."""

import numpy as np
import pytest
from assumed_descent import (
    MAP_SIGMA_M,
    MOON,
    SETUP,
    Flight,
    exponential,
    multiply,
    onboard_map,
    path,
)
from seen_ground import EYE_SETUP, LENS, Eyes
from twin_images import derivatives, pixels_seen, schmidt, stacked

from farside.ext.navigation._filter import CAMERA_SIZE, PLACES, SIZE, Navigation
from farside.navigation import LANDMARK, FixStatus, landmarks

TICK = 60_000
TAKEN, OUTSIDE, FORGOTTEN, UNFIT, _, SCATTERED = FixStatus
MAP, TURN = PLACES["image_map"], PLACES["camera_turn"]
OFF = np.array([2300.0, -2100.0, 60.0])  # 3.1 km


def started(flight):
    navigation = flight.navigation(**EYE_SETUP)
    on(flight, navigation, 0, TICK)
    return navigation


def lost(flight, off_m, sigma_m):
    """Return a navigation that begins just before TICK, its place off and known to a deviation."""
    place, heights, sigma = onboard_map(flight.map_m, MAP_SIGMA_M)
    p, x, begin = path(), flight.constant, TICK - 101
    first = flight.first()
    P = np.array(first["P"])
    P[:3, :3] = sigma_m**2 * np.eye(3)
    first["P"] = P.tolist()
    first["r_site"], first["v_site"] = list(p.r[begin] - off_m), list(p.v[begin] - x[3:6])
    q = multiply(exponential(-x[None, 6:9]), p.q[begin : begin + 1])[0]
    first["q_site_body"], first["omega_body"] = list(q), list(p.omega[begin])
    navigation = Navigation(SETUP | EYE_SETUP, MOON, first, place, heights, sigma)
    on(flight, navigation, begin + 1, TICK)
    return navigation


def on(flight, navigation, first, last):
    rows = flight.measured[first : last + 1]
    navigation.navigate(first, rows, np.zeros((len(rows), 10)))


@pytest.fixture(scope="module")
def flight():
    return Flight(4)


@pytest.fixture(scope="module")
def kept(flight):
    return started(flight)


@pytest.fixture
def navigation(kept):
    return kept.copy()


@pytest.fixture
def eyes(flight):
    return Eyes(flight, 1)


def give(navigation, matches, tick=TICK, tag=TICK):
    return FixStatus(navigation.take_landmarks(tick, 0, tag, matches))


def miss(flight, eyes, tick, navigation):
    """How far the estimate is off the image map."""
    return np.linalg.norm(flight.error(tick, navigation)[:3] + eyes.map_off)


@pytest.mark.slow
def test_it_is_the_textbooks_update_of_all_numbers_at_once(flight, navigation, eyes):
    give(navigation, eyes.landmarks(TICK, 60))  # from here on the cameras have states
    before, P = navigation.state, navigation.covariance
    matches = eyes.landmarks(TICK, 80, sigma_px=0.2)
    matches["variance_px2"][:, 1] = 0.3 * matches["variance_px2"][:, 0]
    r, q, places = np.array(before["r_site"]), before["q_site_body"], matches["place_site"]

    def seen(x):
        return pixels_seen(r, q, places, x)

    D = derivatives(seen, 14, [0.1] * 3 + [1e-5] * 6 + [0.1] * 3 + [1e-5] * 2)
    up = -D[:, 11]  # a place that is higher; each alone
    R = stacked(matches["variance_px2"])
    for i in range(len(matches)):
        at = slice(2 * i, 2 * i + 2)
        R[at, at] += matches["height_variance_m2"][i] * np.outer(up[at], up[at])
    shift = SETUP["image"]["shift_px"] / LENS.focal_px[0] * D[:, 12:]
    R += shift @ shift.T
    H = np.zeros((len(D), len(P)))
    H[:, :3], H[:, 6:9], H[:, TURN : TURN + 3], H[:, MAP : MAP + 3] = np.split(D[:, :12], 4, axis=1)
    dx, after = schmidt(P, H, R, (matches["pixel"] - seen(np.zeros(14))).ravel())
    assert give(navigation, matches) == TAKEN
    assert navigation.state["landmarks"]["inside"] == len(matches)
    # place, turn, and shift: where the camera is turned looks like where the lander is
    assert navigation.state["landmarks"]["d2_most"] == pytest.approx(25.5, abs=0.1)
    assert navigation.state["landmarks"]["d2"] < 25.5
    scale = np.sqrt(np.diag(P))
    now = navigation.state
    for name, at in (("r_site", 0), ("v_site", 3), ("gyro_bias", 9), ("accel_bias", 12)):
        moved = np.array(now[name]) - before[name]
        assert moved == pytest.approx(dx[at : at + 3], abs=2e-3 * scale[at])
    assert np.abs(dx[:3]).max() > 0.05 * scale[0]
    scale[scale == 0.0] = 1.0
    units = np.outer(scale, scale)
    # H is taken where the image has moved the estimate to
    assert navigation.covariance / units == pytest.approx(after / units, abs=1e-3)
    considered = slice(PLACES["range_bias"], SIZE + CAMERA_SIZE)
    np.testing.assert_array_equal(navigation.covariance[considered, considered],
                                  P[considered, considered])  # fmt: skip


@pytest.mark.slow
def test_three_kilometres_that_are_known_of_are_gone_with_the_first_image():
    """1 km on each axis: LVS asks for 40 m within 10 s."""
    flight = Flight(5)
    eyes, navigation = Eyes(flight, 5), lost(flight, OFF, 1000.0)
    assert np.linalg.norm(flight.error(TICK, navigation)[:2]) > 2000.0
    assert give(navigation, eyes.landmarks(TICK, wrong=0.1)) == TAKEN
    assert miss(flight, eyes, TICK, navigation) < 10.0
    for tick in range(TICK, TICK + 1000, 100):
        now = tick + 100
        on(flight, navigation, tick + 1, now)
        assert give(navigation, eyes.landmarks(now, wrong=0.1), now, now) == TAKEN
    assert miss(flight, eyes, now, navigation) < 5.0
    values = np.linalg.eigvalsh(navigation.covariance)
    assert values.min() > -1e-9 * values.max()


@pytest.mark.slow
def test_three_kilometres_that_nobody_knows_of_are_outvoted():
    """Two images are refused and counted, the third is taken, and what follows agrees."""
    flight = Flight(5)
    eyes, navigation = Eyes(flight, 5), lost(flight, OFF, 50.0)
    codes = []
    for tick in range(TICK, TICK + 600, 100):
        codes.append(give(navigation, eyes.landmarks(tick, wrong=0.1), tick, tick))
        on(flight, navigation, tick + 1, tick + 100)
    assert codes == [OUTSIDE, OUTSIDE, TAKEN, TAKEN, TAKEN, TAKEN]
    assert miss(flight, eyes, tick + 100, navigation) < 10.0


def test_one_image_of_another_place_is_refused_and_forgotten(flight, navigation, eyes):
    """All matches agree with each other, 10 sigma off; then the right ones go on."""
    assert give(navigation, eyes.landmarks(TICK)) == TAKEN
    off = 10.0 * np.sqrt(navigation.covariance[0, 0] + navigation.covariance[MAP, MAP])
    kept, P = navigation.state, navigation.covariance
    assert give(navigation, eyes.landmarks(TICK, moved=(off, 0.0, 0.0))) == OUTSIDE
    assert navigation.state["r_site"] == kept["r_site"]
    np.testing.assert_array_equal(navigation.covariance, P)
    assert give(navigation, eyes.landmarks(TICK)) == TAKEN
    count = navigation.state["landmarks"]
    assert (count["taken"], count["refused"], count["vote"]["agreed"]) == (2, 1, 0)


def test_images_that_disagree_with_each_other_never_outvote(flight, navigation, eyes):
    assert give(navigation, eyes.landmarks(TICK)) == TAKEN
    for k in range(6):
        tick = TICK + 100 * (k + 1)
        on(flight, navigation, tick - 99, tick)
        moved = (900.0 * (-1) ** k, 400.0 * k, 0.0)
        assert give(navigation, eyes.landmarks(tick, moved=moved), tick, tick) == OUTSIDE
    # and one image given again and again is one
    again = eyes.landmarks(tick, moved=(500.0, 0.0, 0.0))
    assert [give(navigation, again, tick, tick) for _ in range(5)] == [OUTSIDE] * 5
    assert give(navigation, eyes.landmarks(tick), tick, tick) == TAKEN


@pytest.mark.parametrize("wrong", [0.0, 0.1, 0.3, 0.5])
def test_wrong_matches_are_left_out(flight, kept, wrong):
    misses = []
    for seed in range(6):
        eyes, navigation = Eyes(flight, 100 + seed), kept.copy()
        assert give(navigation, eyes.landmarks(TICK, wrong=wrong)) == TAKEN
        misses.append(miss(flight, eyes, TICK, navigation))
        inside = navigation.state["landmarks"]["inside"]
        assert abs(inside - 150 * (1.0 - wrong)) < 22
    assert np.sqrt(np.mean(np.square(misses))) < 8.0  # 7 km away, 60 deg off nadir


def test_matches_by_chance_are_refused(flight, navigation, eyes):
    matches = eyes.landmarks(TICK)
    matches["pixel"] = eyes.rng.permutation(matches["pixel"])
    kept = navigation.state["r_site"]
    assert give(navigation, matches) == SCATTERED
    assert navigation.state["r_site"] == kept


def test_a_late_image_is_worth_what_it_is_in_time(flight, kept):
    """Taken a second later at its clone, among other clones: the same, but for second order."""
    silent = flight.measured.copy()
    for name in ("star", "range", "velocity", "height"):
        silent[f"{name}_valid"] = 0
    matches = Eyes(flight, 8).landmarks(TICK, wrong=0.1)
    in_time, late, never = kept.copy(), kept.copy(), kept.copy()
    in_time.propagate_covariance()
    give(in_time, matches)
    late.clone_pose(TICK)
    rows = silent[TICK + 1 : TICK + 101]
    for navigation in (in_time, late, never):
        navigation.navigate(TICK + 1, rows[:50], np.zeros((50, 10)))
        navigation.clone_pose(TICK + 50)  # one more image is under way
        navigation.navigate(TICK + 51, rows[50:], np.zeros((50, 10)))
    assert give(late, matches, TICK + 100, TICK) == TAKEN
    late.forget_clone(TICK)
    n = SIZE + CAMERA_SIZE
    scale = np.sqrt(np.diag(late.covariance)[:20])
    for name, at in (("r_site", 0), ("v_site", 3), ("accel_bias", 12)):
        one, two, none = (np.array(x.state[name]) for x in (in_time, late, never))
        # a correction of 100 m turns gravity by 6e-5: 1e-4 m/s^2 over a second
        assert two == pytest.approx(one, abs=0.02 * scale[at])
        assert np.abs(one - none).max() > 0.1 * scale[at]
    P = late.covariance[:n, :n]
    units = np.sqrt(np.outer(np.diag(P), np.diag(P)))
    units[units == 0.0] = 1.0
    assert P / units == pytest.approx(in_time.covariance[:n, :n] / units, abs=2e-3)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("place_site", np.nan), ("place_site", np.inf), ("place_site", 1e300),
        ("pixel", np.nan), ("pixel", -np.inf), ("pixel", 1e9),
        ("variance_px2", np.nan), ("variance_px2", 0.0), ("variance_px2", -1.0),
        ("variance_px2", 1e300), ("height_variance_m2", np.nan), ("height_variance_m2", -1.0),
    ],
)  # fmt: skip
def test_numbers_that_cannot_be_are_left_out(flight, navigation, eyes, name, value):
    matches = eyes.landmarks(TICK)
    matches[name][::5] = value
    assert give(navigation, matches) == TAKEN
    assert 100 < navigation.state["landmarks"]["inside"] <= 120
    matches[name] = value
    kept = navigation.state["r_site"]
    assert give(navigation, matches) == UNFIT
    assert navigation.state["r_site"] == kept
    assert np.isfinite(navigation.covariance).all()


def test_images_that_cannot_be_taken(navigation, eyes):
    matches = eyes.landmarks(TICK)
    assert give(navigation, matches[:7]) == UNFIT
    assert give(navigation, matches, tag=TICK - 100) == FORGOTTEN
    assert give(navigation, matches, tag=TICK + 1) == FORGOTTEN
    assert give(navigation, np.zeros(513, LANDMARK)) == UNFIT
    for camera in (1, 2, -1, 1 << 30):  # the mission has one
        assert navigation.take_landmarks(TICK, camera, TICK, matches) == UNFIT
    assert give(navigation, matches, tag=TICK - 3) in (TAKEN, OUTSIDE, SCATTERED)


def test_garbage_is_borne(kept):
    rng = np.random.default_rng(77)
    navigation = kept.copy()
    for k in range(60):
        matches = np.zeros(rng.integers(8, 200), LANDMARK)
        raw = matches.view(np.uint8)
        raw[:] = rng.integers(0, 256, raw.size)
        if k % 2:
            matches["pixel"] = rng.uniform(0, 1024, (len(matches), 2))
            matches["variance_px2"] = 10.0 ** rng.uniform(-7, 7, (len(matches), 3))
            matches["place_site"] = rng.normal(0.0, 10.0 ** rng.uniform(0, 8), (len(matches), 3))
            matches["height_variance_m2"] = 10.0 ** rng.uniform(-3, 9, len(matches))
        assert give(navigation, matches) != TAKEN
    assert np.isfinite(navigation.covariance).all()
    assert np.isfinite(navigation.state["r_site"]).all()


@pytest.mark.slow(cpu_s=26)
def test_errors_are_what_the_covariance_says():
    """40 flights from 7 km to 2.5 km, an image each second: NEES of place, speed and attitude."""
    flights, nees, misses = 40, [], []
    for seed in range(flights):
        flight = Flight(500 + seed)
        eyes, navigation = Eyes(flight, seed), started(flight)
        for tick in range(TICK, 69_000, 100):
            assert give(navigation, eyes.landmarks(tick, wrong=0.1), tick, tick) in (TAKEN, OUTSIDE)
            on(flight, navigation, tick + 1, tick + 100)
        e, P = flight.error(tick + 100, navigation)[:9], navigation.covariance
        nees.append([e[k : k + 3] @ np.linalg.solve(P[k : k + 3, k : k + 3], e[k : k + 3])
                     for k in (0, 3, 6)])  # fmt: skip
        misses.append(miss(flight, eyes, tick + 100, navigation))
    mean = np.mean(nees, axis=0)
    # chi-square of 3 x 40 over 40: 99.9 % within 1.9 and 4.3
    assert np.all(mean < 4.3), mean
    assert 2.2 < mean[0]
    # the map's heights are off by 10 m, the camera leans by 30 deg: 5.8 m across before any image
    assert np.sqrt(np.mean(np.square(misses))) < 5.0


def test_records_are_checked():
    with pytest.raises(ValueError, match="places_site of shape"):
        landmarks([[1.0, 2.0]], [[1.0, 2.0]], 1.0)
    with pytest.raises(ValueError, match="variance_px2 of shape"):
        landmarks([[1.0, 2.0, 3.0]], [[1.0, 2.0]], [1.0, 2.0])
    with pytest.raises(ValueError, match="513 matches"):
        landmarks(np.zeros((513, 3)), np.zeros((513, 2)), 1.0)


def given_images(flight, eyes, navigation, every, off_m):
    """Give images so many ticks apart, each off to the east; their codes, and the tick after."""
    codes, tick = [], TICK
    for east_m in off_m:
        matches = eyes.landmarks(tick)
        matches["place_site"] += [east_m, 0.0, 0.0]
        codes.append(give(navigation, matches, tick, tick))
        on(flight, navigation, tick + 1, tick + every)
        tick += every
    return codes, tick


def test_a_camera_that_jumps_does_not_outvote_what_images_have_settled(flight):
    """300 m between two images 1 s apart: an estimate would need 600 m/s^2 for it."""
    eyes, navigation = Eyes(flight, 6), lost(flight, OFF, 1000.0)
    off_m = [300.0 if 3 <= k < 8 else 0.0 for k in range(10)]
    codes, tick = given_images(flight, eyes, navigation, 100, off_m)
    assert codes == [TAKEN] * 3 + [OUTSIDE] * 5 + [TAKEN] * 2
    assert navigation.state["landmarks"]["settled"] == 5
    assert miss(flight, eyes, tick, navigation) < 10.0


def test_a_small_miss_before_it_does_not_let_a_jump_through(flight):
    """The first image that is refused is near enough for a vote; those that follow are not."""
    eyes, navigation = Eyes(flight, 6), lost(flight, OFF, 1000.0)
    off_m = [(14.0 if k == 4 else 1500.0) if k >= 4 else 0.0 for k in range(7)]
    codes, tick = given_images(flight, eyes, navigation, 400, off_m)
    assert codes[:4] == [TAKEN] * 4 and codes[5:] == [OUTSIDE] * 2
    assert miss(flight, eyes, tick, navigation) < 20.0


def test_what_was_settled_wrongly_is_outvoted_by_three_times_as_many(flight):
    """Four images of a place that looks alike, then right ones: nine on end are believed."""
    eyes, navigation = Eyes(flight, 6), lost(flight, OFF, 1000.0)
    off_m = [800.0 if k < 4 else 0.0 for k in range(15)]
    codes, tick = given_images(flight, eyes, navigation, 400, off_m)
    assert codes == [TAKEN] * 4 + [OUTSIDE] * 8 + [TAKEN] * 3
    assert miss(flight, eyes, tick, navigation) < 20.0


def test_two_images_settle_nothing_that_three_do_not_outvote(flight):
    """A first place that looked alike is left for the one that the images agree on."""
    eyes, navigation = Eyes(flight, 6), lost(flight, OFF, 1000.0)
    off_m = [300.0 if k < 2 else 0.0 for k in range(7)]
    codes, tick = given_images(flight, eyes, navigation, 100, off_m)
    assert codes == [TAKEN, TAKEN, OUTSIDE, OUTSIDE, TAKEN, TAKEN, TAKEN]
    assert navigation.state["landmarks"]["settled"] == 3
    assert miss(flight, eyes, tick, navigation) < 10.0
