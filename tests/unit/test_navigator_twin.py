"""The navigator against a twin in numpy: full matrices, another form, a whole descent."""

import copy

import numpy as np
import pytest
import twin_navigator as twins
from assumed_descent import CONFIG, MAP_SIGMA_M, MOON, SETUP, Flight
from test_navigator_class import public
from twin_navigator import BA, BB, BG, CONSIDERED, GR, HB, RB, S_, TH, V_, N, Twin, matrix_of

from farside.navigation.estimate import first_sigmas

#: What a state is counted in: its first deviation, those of the tie and none else being zero.
UNITS = np.array(first_sigmas(CONFIG))
UNITS[UNITS == 0.0] = 1.0
#: Ticks of a descent.
LAST = 80_000
#: No gate: the twin has none.
OPEN = {"gate_1": 1e300, "gate_3": 1e300, "stuck_after": 10**6}


def compare(first, last, count):
    """Fly navigator and twin over ticks of a descent; compare at so many of them."""
    flight = Flight(5)
    navigator = flight.navigation(health=SETUP["health"] | OPEN)
    door = public(flight, health=SETUP["health"] | OPEN)
    twin = Twin(SETUP, MOON, flight.first(), flight.map_m, MAP_SIGMA_M)
    twin.map_m = float(np.float32(flight.map_m))
    out = np.zeros((1, 10))
    stops = set(np.linspace(first, last, count).astype(int))
    for k in range(last + 1):
        navigator.navigate(k, flight.measured[k : k + 1], out)
        door.core.navigate(k, flight.measured[k : k + 1], door.estimate)
        twin.tick(k, flight.measured[k])
        if k in stops:
            same(navigator, door)
            yield k, navigator, twin


def same(navigator, door):
    """Compare the public navigator with the filter, to the bit: the twin then speaks of both."""
    s, e = navigator.state, door.estimate[0]
    assert e["status"] == 0
    assert np.array_equal(door.covariance, navigator.covariance)
    for name, own in (("filter_r_site", "r_site"), ("v_site", "v_site")):
        assert e[name].tolist() == list(s[own])
    assert e["q_site_body"].tolist() == list(s["q_site_body"])
    assert e["gyro_bias"].tolist() == list(s["gyro_bias"])
    assert e["accel_bias"].tolist() == list(s["accel_bias"])


def agree(navigator, twin):
    """State to 1e-9 of its size, P to 1e-8 of its deviations."""
    s = navigator.state
    assert s["r_site"] == pytest.approx(twin.r, rel=1e-9, abs=1e-6)
    assert s["v_site"] == pytest.approx(twin.v, rel=1e-9, abs=1e-9)
    assert matrix_of(s["q_site_body"]) == pytest.approx(twin.R, abs=1e-9)
    assert s["gyro_bias"] == pytest.approx(twin.bg, rel=1e-9, abs=1e-9 * UNITS[9])
    assert s["accel_bias"] == pytest.approx(twin.ba, rel=1e-9, abs=1e-9 * UNITS[12])
    assert s["beam_scale"] == pytest.approx(twin.s, rel=1e-9, abs=1e-9 * UNITS[15])
    assert s["relief_m"] == pytest.approx(twin.b, rel=1e-9, abs=1e-9 * UNITS[16])
    sigma = np.sqrt(np.diag(twin.P))
    sigma[sigma == 0.0] = 1.0
    assert navigator.covariance / np.outer(sigma, sigma) == pytest.approx(
        twin.P / np.outer(sigma, sigma), rel=1e-8, abs=1e-8
    )


@pytest.mark.slow
def test_the_first_minute_is_that_of_the_twin():
    for _, navigator, twin in compare(100, 2000, 4):
        agree(navigator, twin)


@pytest.fixture(scope="module")
def descent():
    """Fly both over a descent; return them as they stood at 16 moments of it."""
    return [(n.copy(), copy.copy(twin)) for _, n, twin in compare(5000, LAST, 16)]


@pytest.mark.slow(cpu_s=60)
def test_a_whole_descent_is_that_of_the_twin(descent):
    for navigator, twin in descent:
        agree(navigator, twin)


# What a descent tells of each state: deviations at its end over those at its begin. The Gramian of
# F and H alone says little here: with no process noise 800 s of the gradient of gravity show even
# the place across. What is left of a deviation counts the noise in.
@pytest.mark.slow(cpu_s=60)
def test_what_a_descent_tells_and_what_it_cannot(descent, monkeypatch):
    ours = np.sqrt(np.diag(descent[-1][1].P))
    monkeypatch.setattr(twins, "CONSIDERED", N)
    flight = Flight(5)
    twin = Twin(SETUP, MOON, flight.first(), flight.map_m, MAP_SIGMA_M)
    twin.map_m = float(np.float32(flight.map_m))
    first = np.sqrt(np.diag(twin.P))
    for k in range(LAST + 1):
        twin.tick(k, flight.measured[k])
    all_estimated = np.sqrt(np.diag(twin.P))
    counted = np.where(first > 0.0, first, 1.0)  # the tie begins with none
    left, could = ours / counted, all_estimated / counted
    # nothing measures the place across, nor a gyro's bias of 6e-3 deg/h in 800 s
    assert left[:2].min() > 0.9 and left[BG : BG + 3].min() > 0.9
    assert left[2] < 0.2 and left[V_ : V_ + 3].max() < 0.35 and left[TH : TH + 3].max() < 0.6
    assert left[S_] < 0.15 and left[BA : BA + 3].max() < 0.6
    # what is considered stays as it was ...
    assert ours[CONSIDERED:GR] == pytest.approx(first[CONSIDERED:GR], rel=1e-9)
    # ... and would be told little of: biases of altimeter, touchdown sensor and beams
    assert min(could[RB], could[HB], *could[BB : BB + 3]) > 0.35
    # what that costs the speed at the end: a factor of 2 on one axis, 1.2 on the others
    cost = ours[V_ : V_ + 3] / all_estimated[V_ : V_ + 3]
    assert cost.max() < 2.1 and np.median(cost) < 1.5
