"""Places on the map in use: the textbook's update, gates, and two fixes that outvote."""

import numpy as np
import pytest
from assumed_descent import Flight
from scipy.spatial.transform import Rotation

from farside.ext.navigation._filter import PLACES, SIZE
from farside.navigation import FixStatus, map_fix

TAG, TICK, SCAN = 70_010, 70_030, 69_000
TAKEN, OUTSIDE, FORGOTTEN, UNFIT, *_ = FixStatus
AXIS = (0.6, 0.8)
GATE = 15.1
TIE = 18


def tied(until=TICK):
    """Return a navigation whose map was made at a scan, 10 s before."""
    flight = Flight(3)
    navigation = flight.navigation()
    navigation.navigate(0, flight.measured[: SCAN + 1], np.zeros((SCAN + 1, 10)))
    navigation.clone_pose(SCAN)
    rows = flight.measured[SCAN + 1 : until + 1]
    navigation.navigate(SCAN + 1, rows, np.zeros((len(rows), 10)))
    assert navigation.tie_to_scan(SCAN, 0.01)
    return navigation


@pytest.fixture(scope="module")
def kept():
    return tied()


@pytest.fixture
def navigation(kept):
    return kept.copy()


def give(navigation, tick, *words, **more):
    return navigation.take_fix(TICK, map_fix(tick, *words, **more))


def place(navigation):
    s = navigation.state
    return np.array(s["r_site"][:2]) - s["tie_m"] - s["map_off_m"]


def test_the_tie_is_that_of_the_scan(navigation):
    """What is known of a place on the map but for the mounting: it grew from the map's 0.1 m."""
    P, turn = navigation.covariance, PLACES["lidar_turn"]
    apart = np.zeros((2, len(P)))
    apart[:, :2], apart[:, TIE : TIE + 2] = np.eye(2), -np.eye(2)
    apart[:, turn : turn + 2] = P[TIE : TIE + 2, turn : turn + 2] / P[turn, turn]
    sigma = np.sqrt(np.diag(apart @ P @ apart.T))
    assert np.all(sigma > 0.1) and np.all(sigma < 2.0)  # 0.1 m/s at most, for 10 s
    assert np.sqrt(P[0, 0]) > 10.0
    assert not navigation.tie_to_scan(SCAN, 0.01)  # its clone is left


def seen_from(navigation):
    """Return the estimated height over the ground, and body x and y in site axes."""
    s = navigation.state
    under = s["beneath"]
    ground = under["map_m"] + under["b_b"] * s["relief_m"] + under["b_s"] * s["relief_slope"]
    w, x, y, z = s["q_site_body"]
    turn = Rotation.from_quat([x, y, z, w]).as_matrix()
    return s["r_site"][2] - ground, turn[:2, :2]


def test_the_map_is_off_by_the_lidars_mounting(kept):
    """From the height of the scan; the same turn as when returns are laid onto it."""
    P, turn = kept.covariance, PLACES["lidar_turn"]
    tau2 = P[turn, turn]
    height, _ = seen_from(kept)
    from_m = -P[TIE + 1, turn + 1] / tau2  # the lander leans along x alone
    assert tau2 > 0.0 and height + 200.0 < from_m < height + 500.0  # 33 m/s down for 10 s


def test_it_is_the_textbooks_update(navigation):
    """K = P H' / S along each axis, Joseph's form, considered states left."""
    before, P = place(navigation), navigation.covariance
    z, variance = before + np.array([0.05, -0.02]), (0.04, 0.01)
    x = np.zeros(len(P))
    turn, (height, body) = PLACES["lidar_turn"], seen_from(navigation)
    for axis, r in zip((AXIS, (-AXIS[1], AXIS[0])), variance, strict=True):
        h = np.zeros(len(P))
        h[:2], h[TIE : TIE + 2] = axis, -np.array(axis)
        h[turn : turn + 2] = -height * np.array(axis) @ body
        s = h @ P @ h + r
        gain = P @ h / s
        gain[PLACES["range_bias"] : PLACES["clones"]] = 0.0
        x = x + gain * (np.dot(axis, z - before) - h @ x)
        left = np.eye(len(P)) - np.outer(gain, h)
        P = left @ P @ left.T + r * np.outer(gain, gain)
    assert give(navigation, TICK, z, AXIS, variance, GATE) == TAKEN
    scale = np.sqrt(np.diag(P))
    scale[scale == 0.0] = 1.0
    assert navigation.covariance / np.outer(scale, scale) == pytest.approx(
        P / np.outer(scale, scale),
        abs=1e-7,  # the first axis turns the attitude for the second
    )
    moved = place(navigation) - before
    assert moved == pytest.approx(x[:2] - x[TIE : TIE + 2], abs=1e-7)


def test_one_of_a_while_ago_is_held_against_the_place_of_then(navigation):
    """0.2 s ago, exactly where the estimate had it: nothing moves."""
    s = navigation.state
    at = {p["tick"]: p for p in s["past"]}[TAG]
    then = np.array(at["r_site"][:2]) + s["corrected_r"][:2] - s["tie_m"] - s["map_off_m"]
    before = place(navigation)
    assert give(navigation, TAG, then, AXIS, (1e-4, 1e-4), GATE) == TAKEN
    assert place(navigation) == pytest.approx(before, abs=1e-8)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"place_m": (1e4, 0.0)}, OUTSIDE),
        ({"place_m": (np.nan, 0.0)}, UNFIT),
        ({"place_m": (np.inf, 0.0)}, UNFIT),
        ({"axis": (0.0, 0.0)}, UNFIT),
        ({"axis": (np.nan, 1.0)}, UNFIT),
        ({"variance_m2": (0.0, 1.0)}, UNFIT),
        ({"variance_m2": (1.0, np.nan)}, UNFIT),
        ({"since_s": -1.0}, UNFIT),
        ({"since_s": np.nan}, UNFIT),
        ({"gate": 0.0}, UNFIT),
        ({"gate": np.nan}, UNFIT),
        ({"tick": TICK - 100}, FORGOTTEN),
        ({"tick": TICK + 1}, FORGOTTEN),
        ({"tick": -1}, FORGOTTEN),
    ],
)
def test_one_that_is_refused_changes_nothing(navigation, change, code):
    words = {"tick": TICK, "place_m": place(navigation), "axis": AXIS, "variance_m2": (0.01, 0.01),
             "gate": GATE, "since_s": 0.0} | change  # fmt: skip
    state, P = navigation.state, navigation.covariance
    assert give(navigation, **words) == code
    assert str(navigation.state) == str(state)
    np.testing.assert_array_equal(navigation.covariance, P)


def test_fixes_that_outvote_put_the_rest_into_the_speed(navigation):
    """4 m in 8 s: 0.5 m/s are taken off, on both axes."""
    before, v = place(navigation), np.array(navigation.state["v_site"][:2])
    off = np.array([4.0, -2.0])
    assert give(navigation, TICK, before + off, AXIS, (0.01, 0.01), GATE) == OUTSIDE
    code = give(navigation, TICK, before + off, AXIS, (0.01, 0.01), GATE, since_s=8.0)
    assert code == TAKEN
    # 1 mrad of the mounting over 330 m of height and 20 deg of lean, since the scan: 0.5 m unknown
    assert place(navigation) - before == pytest.approx(off, abs=0.4)
    assert navigation.state["v_site"][:2] - v == pytest.approx(off / 8.0, abs=0.05)
    values = np.linalg.eigvalsh(navigation.covariance[:36, :36])
    assert values.min() > -1e-9 * values.max()
    assert len(navigation.covariance) == SIZE
