"""libfarside's navigator takes images: the bits of the Python door, and any input at all."""

import ctypes
from types import SimpleNamespace

import numpy as np
import pytest
from assumed_descent import MAP_SIGMA_M, MOON, SETUP, Flight, onboard_map
from c_library import NEEDS_GCC
from navigate_library import CNavigator, compiled, declare
from seen_ground import EYE_SETUP, Eyes

from farside.ext.navigation._guarded import NavigationTable
from farside.navigation import LANDMARK, NAVIGATION_ESTIMATE, FixStatus, Navigator, place_fix

pytestmark = NEEDS_GCC
TICK = 71_000
TAKEN, OUTSIDE, FORGOTTEN, UNFIT, NO_NAVIGATOR, SCATTERED = FixStatus


@pytest.fixture(scope="module")
def flight():
    flight = Flight(9)
    place, heights, sigma = onboard_map(flight.map_m, MAP_SIGMA_M)
    table = NavigationTable(
        SETUP | EYE_SETUP, MOON, place | {"heights_m": heights, "sigma_m": sigma}
    )
    return SimpleNamespace(flight=flight, measured=flight.measured, table=table,
                           first=flight.first())  # fmt: skip


@pytest.fixture(scope="module")
def lib(library):
    return declare(library)


@pytest.fixture(scope="module")
def begun(lib, built, flight):
    """Return a C navigator at TICK, and its memory there."""
    navigator = CNavigator(lib, compiled(built, flight, "seeing"))
    navigator.fly(0, flight.measured[: TICK + 1])
    return navigator, navigator.room.copy()


@pytest.fixture
def navigator(begun):
    begun[0].room[:] = begun[1]
    return begun[0]


def landmarks_in_c(navigator, tick, matches, camera=0):
    return navigator.lib.farside_navigation_landmarks(
        navigator.config, navigator.memory, camera, tick, matches.ctypes.data, len(matches)
    )


def motion_in_c(navigator, ticks, pairs):
    at = (ctypes.c_int64 * 2)(*ticks)
    return navigator.lib.farside_navigation_motion(
        navigator.config, navigator.memory, 0, at, pairs.ctypes.data, len(pairs)
    )


@pytest.mark.slow
def test_images_have_the_bits_of_python(flight, navigator):
    """Landmarks in time and late, motion, and one of another place."""
    python, eyes = Navigator.of(flight.table, flight.first), Eyes(flight.flight, 2)
    out = np.zeros(TICK + 1, NAVIGATION_ESTIMATE)
    python.core.navigate_many(0, flight.measured[: TICK + 1], out)
    last, codes = TICK, []
    keep, forget = navigator.lib.farside_navigation_keep, navigator.lib.farside_navigation_forget
    for tick in range(TICK, TICK + 500, 100):
        assert keep(navigator.config, navigator.memory) == 0
        python.keep_pose()
        on = np.zeros(100, NAVIGATION_ESTIMATE)
        rows = flight.measured[tick + 1 : tick + 101]
        python.core.navigate_many(tick + 1, rows, on)
        assert navigator.fly(tick + 1, rows).tobytes() == on.tobytes()
        matches = eyes.landmarks(tick, moved=(3e3 * (tick == TICK + 300), 0.0, 0.0))
        code = python.take_landmarks(tick, matches)
        assert landmarks_in_c(navigator, tick, matches) == code
        codes.append(code)
        if tick > last:
            pairs = eyes.pairs(last, tick, wrong=0.2)
            code = python.take_motion((last, tick), pairs)
            assert motion_in_c(navigator, (last, tick), pairs) == code == TAKEN
            python.forget_pose(last)
            assert forget(navigator.memory, last) == 0
        last = tick
    place = python.core.covariance[:2, :2].diagonal() ** 0.5 + on["filter_r_site"][-1, :2]
    fix = place_fix(tick + 100, place, (0.6, 0.8), (400.0, 900.0), 100.0)
    code = python.take_place(fix)
    give = navigator.lib.farside_navigation_place
    assert give(navigator.config, navigator.memory, fix.ctypes.data) == code == TAKEN
    assert give(navigator.config, None, fix.ctypes.data) == NO_NAVIGATOR
    assert give(navigator.config, navigator.memory, None) == NO_NAVIGATOR
    assert codes == [TAKEN, TAKEN, TAKEN, OUTSIDE, TAKEN]
    tick += 101
    rows = flight.measured[tick : tick + 1]
    python.core.navigate_many(tick, rows, on)
    assert navigator.fly(tick, rows).tobytes() == on[:1].tobytes()
    assert np.array_equal(navigator.covariance(), python.covariance)
    told = on[0]
    assert (told["landmarks"], told["landmarks_taken"], told["landmarks_refused"]) == (0, 4, 1)
    assert (told["motion_taken"], told["motion_refused"]) == (4, 0)
    assert told["landmarks_inside"] > 120 and told["motion_inside"] > 90
    assert navigator.intact()


def test_images_without_a_navigator_or_a_camera(lib, navigator, flight):
    matches = Eyes(flight.flight, 2).landmarks(TICK)
    give, at, count = lib.farside_navigation_landmarks, matches.ctypes.data, len(matches)
    config, memory = navigator.config, navigator.memory
    assert give(config, None, 0, TICK, at, count) == NO_NAVIGATOR
    assert give(None, memory, 0, TICK, at, count) == NO_NAVIGATOR
    assert give(config, memory, 0, TICK, None, count) == NO_NAVIGATOR
    for bad in (-1, 0, 513, 2**31 - 1):
        assert give(config, memory, 0, TICK, at, bad) == UNFIT
    for camera in (-1, 1, 2, 2**31 - 1):
        assert give(config, memory, camera, TICK, at, count) == UNFIT
    for tick in (-1, TICK + 1, 2**62, -(2**62)):
        assert give(config, memory, 0, tick, at, count) == FORGOTTEN
    assert lib.farside_navigation_motion(config, memory, 0, None, at, 1) == NO_NAVIGATOR
    ticks = (ctypes.c_int64 * 2)(-(2**63), 2**63 - 1)
    assert lib.farside_navigation_motion(config, memory, 0, ticks, at, 8) in (UNFIT, FORGOTTEN)


def test_random_bytes_leave_the_estimate_finite(navigator, flight):
    rng = np.random.default_rng(12)
    for k in range(200):
        matches = np.zeros(rng.integers(1, 120), LANDMARK)
        raw = matches.view(np.uint8)
        raw[:] = rng.integers(0, 256, raw.size)
        landmarks_in_c(navigator, TICK + k, matches)
        motion_in_c(navigator, (TICK + k - 20, TICK + k), matches)
        out = navigator.fly(TICK + k + 1, flight.measured[TICK + k + 1 : TICK + k + 2])
        assert out["status"][0] <= 1
    assert np.isfinite(navigator.covariance()).all()
    assert navigator.intact()
