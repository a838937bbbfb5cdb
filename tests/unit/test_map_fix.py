"""Places on the map in use: the textbook's update, gates, and two fixes that outvote."""

import numpy as np
import pytest
from assumed_descent import Flight

from farside.ext.navigation._filter import PLACES, SIZE

TAG, TICK, SCAN = 70_010, 70_030, 69_000
TAKEN, OUTSIDE, FORGOTTEN, UNFIT = range(4)
AXIS = (0.6, 0.8)
GATE = 15.1
TIE = 18


def tied(until=TICK, height_m=0.0):
    """Return a navigation whose map was made at a scan, 10 s before."""
    flight = Flight(3)
    navigation = flight.navigation()
    navigation.navigate(0, flight.measured[: SCAN + 1], np.zeros((SCAN + 1, 10)))
    navigation.clone_pose(SCAN)
    rows = flight.measured[SCAN + 1 : until + 1]
    navigation.navigate(SCAN + 1, rows, np.zeros((len(rows), 10)))
    assert navigation.tie_to_scan(SCAN, 0.01, height_m)
    return navigation


@pytest.fixture(scope="module")
def kept():
    return tied()


@pytest.fixture
def navigation(kept):
    return kept.copy()


def place(navigation):
    s = navigation.state
    return np.array(s["r_site"][:2]) - s["tie_m"] - s["map_off_m"]


def test_the_tie_is_that_of_the_scan(navigation):
    """What is known of a place on the map: it grew from the map's own 0.1 m."""
    P = navigation.covariance
    apart = (
        P[:2, :2] - P[:2, TIE : TIE + 2] - P[TIE : TIE + 2, :2] + P[TIE : TIE + 2, TIE : TIE + 2]
    )
    sigma = np.sqrt(np.diag(apart))
    assert np.all(sigma > 0.1) and np.all(sigma < 2.0)  # 0.1 m/s at most, for 10 s
    assert np.sqrt(P[0, 0]) > 10.0
    assert not navigation.tie_to_scan(SCAN, 0.01)  # its clone is left


def test_the_lidars_mounting_is_the_same_in_map_and_fix():
    """Seen from the height of the scan, and upright, nothing of it is left; from the ground all."""
    plain, turned = tied(), tied(height_m=100.0)
    P, turn = turned.covariance, PLACES["lidar_turn"]
    tau = np.sqrt(P[turn, turn])
    assert tau > 0.0 and P[turn, TIE] != 0.0

    def place_variance(navigation, height_m):
        before, P = place(navigation), navigation.covariance
        # S of a fix by what it takes from P: the fall of (r - tie) along the axis is g^2 / S
        other = navigation.copy()
        assert other.take_fix(TICK, TICK, before, AXIS, (1e-6, 1e6), GATE, 0.0, height_m) == TAKEN
        h = np.zeros(len(P))
        h[:2], h[TIE : TIE + 2] = AXIS, -np.array(AXIS)
        return h @ P @ h, h @ other.covariance @ h

    prior, _ = place_variance(plain, 0.0)
    whole, low = place_variance(turned, 0.0)
    _, high = place_variance(turned, 100.0)
    assert whole == pytest.approx(prior + (100.0 * tau) ** 2, rel=0.02)
    # from the ground the place on the map is known; from 100 m but for the mounting
    assert low < 1e-4
    assert high == pytest.approx((100.0 * tau) ** 2, rel=0.1)


def test_it_is_the_textbooks_update(navigation):
    """K = P H' / S along each axis, Joseph's form, considered states left."""
    before, P = place(navigation), navigation.covariance
    z, variance = before + np.array([0.05, -0.02]), (0.04, 0.01)
    x = np.zeros(len(P))
    for axis, r in zip((AXIS, (-AXIS[1], AXIS[0])), variance, strict=True):
        h = np.zeros(len(P))
        h[:2], h[TIE : TIE + 2] = axis, -np.array(axis)
        s = h @ P @ h + r
        gain = P @ h / s
        gain[20:36] = 0.0
        x = x + gain * (np.dot(axis, z - before) - h @ x)
        left = np.eye(len(P)) - np.outer(gain, h)
        P = left @ P @ left.T + r * np.outer(gain, gain)
    assert navigation.take_fix(TICK, TICK, z, AXIS, variance, GATE) == TAKEN
    scale = np.sqrt(np.diag(P))
    scale[scale == 0.0] = 1.0
    assert navigation.covariance / np.outer(scale, scale) == pytest.approx(
        P / np.outer(scale, scale), abs=1e-8
    )
    moved = place(navigation) - before
    assert moved == pytest.approx(x[:2] - x[TIE : TIE + 2], abs=1e-9)


def test_one_of_a_while_ago_is_held_against_the_place_of_then(navigation):
    """0.2 s ago, exactly where the estimate had it: nothing moves."""
    s = navigation.state
    at = {p["tick"]: p for p in s["past"]}[TAG]
    then = np.array(at["r_site"][:2]) + s["corrected_r"][:2] - s["tie_m"] - s["map_off_m"]
    before = place(navigation)
    assert navigation.take_fix(TAG, TICK, then, AXIS, (1e-4, 1e-4), GATE) == TAKEN
    assert place(navigation) == pytest.approx(before, abs=1e-9)


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
        ({"tag": TICK - 100}, FORGOTTEN),
        ({"tag": TICK + 1}, FORGOTTEN),
        ({"tag": -1}, FORGOTTEN),
    ],
)
def test_one_that_is_refused_changes_nothing(navigation, change, code):
    words = {"tag": TICK, "place_m": place(navigation), "axis": AXIS, "variance_m2": (0.01, 0.01),
             "gate": GATE, "since_s": 0.0} | change  # fmt: skip
    state, P = navigation.state, navigation.covariance
    assert navigation.take_fix(tick=TICK, **words) == code
    assert str(navigation.state) == str(state)
    np.testing.assert_array_equal(navigation.covariance, P)


def test_fixes_that_outvote_put_the_rest_into_the_speed(navigation):
    """4 m in 8 s: 0.5 m/s are taken off, on both axes."""
    before, v = place(navigation), np.array(navigation.state["v_site"][:2])
    off = np.array([4.0, -2.0])
    assert navigation.take_fix(TICK, TICK, before + off, AXIS, (0.01, 0.01), GATE) == OUTSIDE
    code = navigation.take_fix(TICK, TICK, before + off, AXIS, (0.01, 0.01), GATE, since_s=8.0)
    assert code == TAKEN
    assert place(navigation) - before == pytest.approx(off, abs=0.02)
    assert navigation.state["v_site"][:2] - v == pytest.approx(off / 8.0, abs=0.02)
    values = np.linalg.eigvalsh(navigation.covariance[:36, :36])
    assert values.min() > -1e-9 * values.max()
    assert len(navigation.covariance) == SIZE
