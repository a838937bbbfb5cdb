"""Motion between two images: the textbook's update, and a landing whose velocimeter has died."""

import numpy as np
import pytest
from assumed_descent import SETUP, Flight, path
from sample_navigation import RADIUS
from seen_ground import EYE_SETUP, LENS, Eyes
from twin_images import derivatives, feet, pixels_seen, schmidt, stacked

from farside.ext.navigation._filter import PLACES
from farside.navigation import MOTION_PAIR, FixStatus, motion_pairs

TAKEN, OUTSIDE, FORGOTTEN, UNFIT, _, SCATTERED = FixStatus
FIRST, SECOND = 72_000, 72_100
#: 2 km above the ground.
DEAD = 71_000
TURN, GROUND = PLACES["camera_turn"], PLACES["camera_turn"] + 6


def on(flight, navigation, first, last):
    rows = flight.measured[first : last + 1]
    navigation.navigate(first, rows, np.zeros((len(rows), 10)))


def give(navigation, pairs, tags=(FIRST, SECOND), tick=SECOND):
    return FixStatus(navigation.take_motion(tick, 0, tags, pairs))


@pytest.fixture(scope="module")
def flight():
    flight = Flight(6)
    flight.measured["velocity_valid"][DEAD:] = 0
    return flight


@pytest.fixture(scope="module")
def kept(flight):
    navigation = flight.navigation(**EYE_SETUP)
    on(flight, navigation, 0, FIRST)
    navigation.clone_pose(FIRST)
    on(flight, navigation, FIRST + 1, SECOND)
    navigation.clone_pose(SECOND)
    return navigation


@pytest.fixture
def navigation(kept):
    return kept.copy()


@pytest.fixture
def eyes(flight):
    return Eyes(flight, 3)


def clones_of(navigation):
    state = navigation.state
    found = {clone["tick"]: (i, clone) for i, clone in enumerate(state["clone"])}
    return [(state["clones_at"] + 6 * found[tick][0], found[tick][1]) for tick in (FIRST, SECOND)]


@pytest.mark.slow
def test_it_is_the_textbooks_update(navigation, eyes):
    """H by finite differences of the whole model: ray, ground, and the second image."""
    give(navigation, eyes.pairs(FIRST, SECOND))
    before, P = navigation.state, navigation.covariance
    pairs = eyes.pairs(FIRST, SECOND, 90)
    (at_i, i), (at_j, j) = clones_of(navigation)
    under = before["beneath"]
    ground = under["map_m"] + under["b_b"] * before["relief_m"]
    ground += under["b_s"] * before["relief_slope"]
    keys, shift = SETUP["image"], SETUP["image"]["shift_px"] / LENS.focal_px[0]
    r_i, r_j = np.array(i["r_site"]), np.array(j["r_site"])
    rise = keys["relief_share"] * (r_i[2] - ground)

    def seen(x, up=0.0):
        """x: r_i, theta_i, r_j, theta_j, tau, height, slopes, shift."""
        first = np.concatenate([x[:6], x[12:15], x[15:16] + up, x[16:18]])
        places = feet(r_i, i["q_site_body"], pairs["pixel_from"], RADIUS + ground, first)
        second = np.concatenate([x[6:15], np.zeros(3), x[18:]])
        return pixels_seen(r_j, j["q_site_body"], places, second)

    pose, turn = [0.1] * 3 + [1e-5] * 3, [1e-5] * 3
    D = derivatives(seen, 20, [*pose, *pose, *turn, 0.1, 1e-4, 1e-4, 1e-5, 1e-5])
    H = np.zeros((len(D), len(P)))
    H[:, at_i : at_i + 6], H[:, at_j : at_j + 6] = D[:, :6], D[:, 6:12]
    H[:, TURN : TURN + 3] = D[:, 12:15]
    H[:, PLACES["relief"]] = under["b_b"] * D[:, 15]
    H[:, PLACES["relief_slope"]] = under["b_s"] * D[:, 15]
    H[:, GROUND] = rise * D[:, 15]
    H[:, GROUND + 1 : GROUND + 3] = keys["slope"] * D[:, 16:18]
    R = stacked(pairs["variance_px2"])
    for k in range(len(pairs)):
        at = slice(2 * k, 2 * k + 2)
        R[at, at] += rise**2 * np.outer(D[at, 15], D[at, 15])
    common = np.column_stack([np.sqrt(rise**2 + under["variance_m2"]) * D[:, 15],
                              keys["slope"] * D[:, 16:18], shift * D[:, 18:]])  # fmt: skip
    R += common @ common.T
    dx, after = schmidt(P, H, R, (pairs["pixel_to"] - seen(np.zeros(20))).ravel())
    assert give(navigation, pairs) == TAKEN
    assert navigation.state["motion"]["inside"] == len(pairs)
    scale, now = np.sqrt(np.diag(P)), navigation.state
    for name, at in (("r_site", 0), ("v_site", 3), ("accel_bias", 12)):
        moved = np.array(now[name]) - before[name]
        assert moved == pytest.approx(dx[at : at + 3], abs=2e-2 * scale[at])
    assert np.abs(dx[3:6]).max() > 0.03 * scale[3]
    scale[scale == 0.0] = 1.0
    units = np.outer(scale, scale)
    assert navigation.covariance / units == pytest.approx(after / units, abs=2e-2)


def landed(seed, looks=True, every=100, late=50, hills_m=0.0):
    """Return error of the speed and its covariance at touchdown, and the codes on the way."""
    flight = Flight(seed)
    flight.measured["velocity_valid"][DEAD:] = 0
    eyes, navigation = Eyes(flight, seed, hills_m=hills_m), flight.navigation(**EYE_SETUP)
    on(flight, navigation, 0, DEAD)
    navigation.clone_pose(DEAD)
    last, tick, codes, end = DEAD, DEAD, [], path().count - 1
    while tick + every + late <= end:
        image = tick + every
        on(flight, navigation, tick + 1, image)
        navigation.clone_pose(image)
        on(flight, navigation, image + 1, image + late)
        tick = image + late
        pairs = eyes.pairs(last, image, wrong=0.1)
        if looks and len(pairs) > 20:
            codes.append(give(navigation, pairs, (last, image), tick))
        navigation.forget_clone(last)
        last = image
    on(flight, navigation, tick + 1, end)
    return flight.error(end, navigation)[3:6], navigation.covariance[3:6, 3:6], codes


@pytest.mark.slow
def test_a_landing_without_velocimeter_from_two_kilometres():
    """0.1 m/s across at touchdown is asked, 95 %: half of that is one deviation."""
    with_eyes, without = [], []
    for seed in range(20, 24):
        e, P, codes = landed(seed, hills_m=1.0)
        with_eyes.append(e[:2])
        assert codes.count(TAKEN) > 0.85 * len(codes)
        assert np.all(np.abs(e[:2]) < 4.5 * np.sqrt(np.diag(P)[:2]))
        without.append(landed(seed, looks=False)[0][:2])
    rms = [np.sqrt(np.mean(np.square(each))) for each in (with_eyes, without)]
    assert rms[0] < 0.02
    assert rms[1] > 4.0 * rms[0]


@pytest.mark.slow(cpu_s=20)
def test_its_errors_are_what_the_covariance_says():
    e, P, _ = zip(*[landed(seed) for seed in range(30, 60)], strict=True)
    across = np.mean([x[:2] @ np.linalg.solve(p[:2, :2], x[:2]) for x, p in zip(e, P, strict=True)])
    assert 0.6 < across < 3.2  # chi-square of 60 over 30: 1.35 to 2.77 in 95 %
    assert np.percentile([np.linalg.norm(x[:2]) for x in e], 95) < 0.1


@pytest.mark.parametrize("wrong", [0.0, 0.3, 0.5])
def test_wrong_pairs_are_left_out(navigation, eyes, wrong):
    assert give(navigation, eyes.pairs(FIRST, SECOND, wrong=wrong)) == TAKEN
    count = navigation.state["motion"]
    assert abs(count["inside"] - count["given"] * (1.0 - wrong)) < 25


def test_a_speed_that_is_off_is_outvoted(flight):
    """3 m/s along and across that P knows nothing of: refused twice, then taken."""
    navigation, eyes = flight.navigation(**EYE_SETUP), Eyes(flight, 3)
    on(flight, navigation, 0, FIRST)
    before = np.array(flight.error(FIRST, navigation)[3:6])
    off = np.array([3.0, -3.0, 0.0])
    n = len(navigation.covariance)
    for k in range(2):  # an update that believes in nonsense
        h = np.zeros(n)
        h[3 + k] = 1.0
        navigation.update(h, -off[k] * (1.0 + 1e-4), 1e-8)
    assert np.linalg.norm(flight.error(FIRST, navigation)[3:5] - before[:2]) > 3.0
    navigation.clone_pose(FIRST)
    codes, last = [], FIRST
    for tick in range(FIRST + 100, FIRST + 900, 100):
        on(flight, navigation, last + 1, tick)
        navigation.clone_pose(tick)
        codes.append(give(navigation, eyes.pairs(last, tick, wrong=0.1), (last, tick), tick))
        navigation.forget_clone(last)
        last = tick
    assert codes[:3] == [OUTSIDE, OUTSIDE, TAKEN]
    assert np.linalg.norm(flight.error(last, navigation)[3:5]) < 0.5


def test_pairs_that_cannot_be_taken(navigation, eyes):
    pairs = eyes.pairs(FIRST, SECOND)
    assert give(navigation, pairs[:5]) == UNFIT
    assert give(navigation, pairs, (SECOND, FIRST)) == UNFIT
    assert give(navigation, pairs, (SECOND, SECOND)) == UNFIT
    assert give(navigation, pairs, (FIRST - 1, SECOND)) == FORGOTTEN
    assert give(navigation, np.zeros(513, MOTION_PAIR)) == UNFIT
    mixed = pairs.copy()
    mixed["pixel_to"] = eyes.rng.permutation(pairs["pixel_to"])
    assert give(navigation, mixed) == SCATTERED
    for name in ("pixel_from", "pixel_to", "variance_px2", "above_m", "above_variance_m2"):
        for value in (np.nan, np.inf, -1e300):
            bad = pairs.copy()
            bad[name] = value
            assert give(navigation, bad) == UNFIT
    assert np.isfinite(navigation.covariance).all()
    assert give(navigation, pairs) == TAKEN


def test_pair_records_are_checked():
    with pytest.raises(ValueError, match="pixels_from of shape"):
        motion_pairs([[1.0]], [[1.0, 2.0]], 1.0)
    assert motion_pairs([[1.0, 2.0]], [[3.0, 4.0]], 0.09, 5.0, 4.0)["above_m"] == 5.0
