"""libfarside's navigator: the bits of a flight, the numpy twin's numbers, and any input at all."""

import ctypes

import numpy as np
import pytest
from c_library import NEEDS_GCC
from fixed_descent import CHOSEN, SCANNED, TICKS, VARIANCE_M2, fixed
from hostile import one_by_one, sound, spoilt
from navigate_library import STRUCTS, CNavigator, compiled, declare
from recorded_descent import navigated, pieces, recorded

from farside.ext.common._records import MEASUREMENTS
from farside.ext.navigation._guarded import LANDMARK, MAP_FIX, MOTION_PAIR, NAVIGATION_ESTIMATE
from farside.guidance.records import ESTIMATE
from farside.navigation import FixStatus, LeftOut, NavigationStatus, map_fix

pytestmark = [NEEDS_GCC, pytest.mark.xdist_group("recorded_descent")]
OK, LEFT_OUT, BAD_CONFIG, NOT_STARTED, BAD_START, BAD_TICK, NO_CLONE, LOST, MISSING = (
    NavigationStatus
)


@pytest.fixture(scope="module")
def loaded(built):
    return compiled(built)


@pytest.fixture(scope="module")
def lib(library):
    return declare(library)


@pytest.fixture
def navigator(lib, loaded):
    return CNavigator(lib, loaded)


@pytest.fixture(scope="module")
def low(lib, loaded):
    """Return the memory of a navigator at a late tick, with everything measured; the tick."""
    at = len(recorded().measured) - 3000
    navigator = CNavigator(lib, loaded)
    for begin, end in pieces(recorded()):
        navigator.fly(begin, recorded().measured[begin : min(end, at)])
        if end >= at:
            break
        lib.farside_navigation_tie(navigator.config, navigator.memory)
    return navigator.room.copy(), at


@pytest.mark.slow
def test_the_structs_are_those_of_the_package(loaded):
    sizes = {name: ctypes.c_ulong.in_dll(loaded, f"size_of_{name}").value for name in STRUCTS}
    assert sizes["measurements"] == MEASUREMENTS.itemsize
    assert sizes["estimate"] == NAVIGATION_ESTIMATE.itemsize
    assert sizes["fix"] == MAP_FIX.itemsize
    assert (sizes["landmark"], sizes["pair"]) == (LANDMARK.itemsize, MOTION_PAIR.itemsize)
    assert sizes["config"] == recorded().table.fields["size"]


def test_the_bits_of_a_flight_over_a_whole_descent(lib, loaded):
    """C and Python give what the closed loop gave to its autopilot, tick by tick."""
    flight, rows = recorded(), recorded().rows
    navigator = CNavigator(lib, loaded)
    out = np.zeros(len(flight.measured), NAVIGATION_ESTIMATE)
    for begin, end in pieces(flight):
        part = slice(begin, end)
        navigator.fly(begin, flight.measured[part], out[part], flight.commands[part])
        assert lib.farside_navigation_tie(navigator.config, navigator.memory) == OK
    assert out.tobytes() == navigated().tobytes()
    for name in ("r_site", "v_site", "q_site_body", "omega_body", "mass_kg", "accel_mps2"):
        np.testing.assert_array_equal(out[name], rows[f"est_{name}"])
    np.testing.assert_array_equal(out["height_m"], rows["est_height_m"])
    np.testing.assert_array_equal(out["trust"], rows["trust"])
    np.testing.assert_array_equal(np.float32(out["gyro_bias"]), rows["nav_bias"][:, :3])
    assert (out["status"] == OK).all()
    assert navigator.intact()


def test_what_an_autopilot_reads_is_the_beginning_of_an_estimate(lib):
    source, read = navigated()[-1:].copy(), np.zeros(1, ESTIMATE)
    lib.farside_navigation_read(source.ctypes.data, read.ctypes.data)
    for name in ESTIMATE.names:
        np.testing.assert_array_equal(read[name], source[name])


def test_a_late_measurement_is_used_through_its_clone(lib, navigator):
    """A range 1 s late is used; without its clone it is too late, and left out."""
    flight = recorded()
    late = np.array(flight.measured[:401])
    source = late[(late["range_tick"] == 200) & (late["range_valid"] == 1)][0]
    late["range_valid"][290:] = 0
    for name in ("range_m", "range_direction", "range_tick", "range_valid"):
        late[name][300] = source[name]
    out = navigator.fly(0, late[:201])
    assert lib.farside_navigation_keep(navigator.config, navigator.memory) == OK
    assert navigator.covariance().shape == (48, 48)
    out = navigator.fly(201, late[201:])
    assert (out["status"] == OK).all() and (out["clones"] == 1).all()

    assert out["heard_tick"][99, 1] == 300
    assert out["believed"][99, 1] == out["believed"][98, 1] + 1

    assert lib.farside_navigation_forget(navigator.memory, 200) == OK
    assert lib.farside_navigation_forget(navigator.memory, 200) == NO_CLONE
    late["range_tick"][300], late["imu_tick"][300] = 401, 502
    navigator.fly(401, np.repeat(late[:1], 101))
    again = navigator.fly(502, late[300:301])
    assert again["status"][0] == LEFT_OUT
    assert again["left_out"][0] == LeftOut.LEFT_RANGE


def test_clones_are_bounded(lib, navigator):
    measured = recorded().measured
    for tick in range(6):
        navigator.fly(tick, measured[tick : tick + 1])
        assert lib.farside_navigation_keep(navigator.config, navigator.memory) == OK
    navigator.fly(6, measured[6:7])
    assert lib.farside_navigation_keep(navigator.config, navigator.memory) == NO_CLONE
    assert navigator.covariance().shape == (78, 78)
    few = np.zeros(78 * 78 - 1)
    args = (navigator.memory, few.ctypes.data, few.size)
    assert lib.farside_navigation_covariance(*args) == 0


def test_missed_ticks_hold_the_increments_and_widen_the_covariance(lib, navigator):
    measured = recorded().measured
    navigator.fly(0, measured[:1000])
    before = navigator.covariance()
    out = navigator.fly(1050, measured[1050:1051])
    assert out["status"][0] == LEFT_OUT
    assert out["left_out"][0] & LeftOut.LEFT_TICKS
    assert out["missed"][0] == 50
    true = recorded().rows["est_v_site"][1050]
    off = np.abs(out["v_site"][0] - true)
    # half a second at 2 m/s^2, held: a hundredth of it is lost
    assert (off < 0.02).all()
    sigma = np.sqrt(np.diag(navigator.covariance())[3:6] - np.diag(before)[3:6])
    assert (sigma > off).all()


@pytest.mark.parametrize("tick", [-1, 1, 5, 2**62])
def test_a_flight_begins_at_tick_0(navigator, tick):
    out = navigator.fly(tick, recorded().measured[:1])
    assert out["status"][0] == BAD_TICK


@pytest.mark.parametrize("tick", [-(2**63), -1, 0, 99, 201, 2**40, 2**63 - 1])
def test_a_tick_that_cannot_be_changes_nothing(navigator, tick):
    navigator.fly(0, recorded().measured[:100])
    before = navigator.room.copy()
    out = navigator.fly(tick, recorded().measured[100:101])
    assert out["status"][0] == BAD_TICK
    assert out["tick"][0] == 99
    assert np.array_equal(before, navigator.room)


def test_every_value_of_every_field_by_itself(low, navigator):
    """From a tick of the last half minute: the estimate stays finite, and so it goes on."""
    room, at = low
    measured = recorded().measured
    for name, value in one_by_one():
        for place in range(int(np.prod(MEASUREMENTS[name].shape, dtype=int))):
            navigator.room[:] = room
            bad = np.array(measured[at : at + 3])
            bad[name].reshape(3, -1)[0, place] = value
            out = navigator.fly(at, bad)
            assert sound(out), (name, value)
            assert (out["status"] <= LEFT_OUT).all(), (name, value)
    assert navigator.intact()


def test_numbers_that_cannot_be_are_left_out_and_said_so(low, navigator):
    room, at = low
    measured, rest = recorded().measured, np.nan
    for name, valid, bit in (
        ("dv_body", None, LeftOut.LEFT_IMU),
        ("dtheta_body", None, LeftOut.LEFT_IMU),
        ("q_inertial_body", "star_valid", LeftOut.LEFT_STAR),
        ("range_m", "range_valid", LeftOut.LEFT_RANGE),
        ("range_direction", "range_valid", LeftOut.LEFT_RANGE),
        ("height_m", "height_valid", LeftOut.LEFT_HEIGHT),
        ("valve_s", None, LeftOut.LEFT_VALVE),
    ):
        navigator.room[:] = room
        bad = np.array(measured[at : at + 1])
        bad[name] = rest
        if valid is not None:
            bad[valid], bad[valid.replace("valid", "tick")] = 1, at
        out = navigator.fly(at, bad)
        assert out["left_out"][0] == bit, name
        assert out["status"][0] == LEFT_OUT
    navigator.room[:] = room
    bad = np.array(measured[at : at + 1])
    bad["velocity_valid"], bad["velocity_tick"] = 7, at
    bad["velocity_direction"] = [[0, 0, -1], [0, np.inf, -1], [0, 0, -1]]
    bad["velocity_mps"] = [1.0, 1.0, np.nan]
    out = navigator.fly(at, bad)
    assert out["left_out"][0] == LeftOut.LEFT_BEAM_2 | LeftOut.LEFT_BEAM_3
    assert out["refused"][0, 2] + out["believed"][0, 2] > 0


def test_a_hundred_thousand_calls_with_any_numbers(low, lib, loaded):
    """Some fields of each tick, or all of its bytes, cannot be; from three parts of a descent."""
    rng = np.random.default_rng([14, 1])
    room, at = low
    early = CNavigator(lib, loaded)
    early.fly(0, recorded().measured[:2000])
    navigator, measured, calls = CNavigator(lib, loaded), recorded().measured, 0
    starts = [(early.room.copy(), 2000), (room, at), (room, at)]
    while calls < 100_000:
        for memory, tick in starts:
            navigator.room[:] = memory
            out = navigator.fly(tick, spoilt(measured[tick : tick + 2000], rng))
            assert sound(out)
            assert (out["status"] <= LEFT_OUT).all()
            assert np.isfinite(navigator.covariance()).all()
            calls += len(out)
    assert navigator.intact()


def test_wrong_versions_memory_and_pointers(lib, navigator, loaded):
    config, first, memory = navigator.config, navigator.first, navigator.memory
    measured, out = recorded().measured[:1].copy(), np.zeros(1, NAVIGATION_ESTIMATE)
    start, navigate = lib.farside_navigation_start, lib.farside_navigate
    m, o = measured.ctypes.data, out.ctypes.data
    assert start(None, first, memory, navigator.size) == BAD_CONFIG
    assert start(config, None, memory, navigator.size) == BAD_START
    assert start(config, first, None, navigator.size) == NOT_STARTED
    assert start(config, first, memory, navigator.size - 1) == NOT_STARTED
    assert start(config, first, memory + 4, navigator.size) == NOT_STARTED
    assert navigate(config, memory, None, 0, o) == MISSING
    assert navigate(config, memory, m, 0, None) == MISSING
    assert navigate(None, memory, m, 0, o) == BAD_CONFIG
    assert navigate(config, None, m, 0, o) == NOT_STARTED
    assert out["status"][0] == NOT_STARTED
    assert navigate(config, memory + 4, m, 0, o) == NOT_STARTED
    assert navigate(config, memory, m, 0, o) == OK
    fits = lib.farside_navigation_fits
    assert [fits(memory, size) for size in (navigator.size, navigator.size - 8, 0)] == [1, 0, 0]
    assert not fits(None, navigator.size) and not fits(memory + 4, navigator.size)
    navigator.room[0] += 1  # size and version stand first
    assert not fits(memory, navigator.size)
    assert navigate(config, memory, m, 1, o) == NOT_STARTED
    for call in (lib.farside_navigation_keep, lib.farside_navigation_tie):
        assert call(config, memory) == NOT_STARTED
    assert lib.farside_navigation_covariance(memory, None, 10**6) == 0
    assert navigator.intact()


def test_a_configuration_that_was_changed_is_refused_until_it_is_sealed(lib, loaded, navigator):
    size = recorded().table.fields["size"]
    check, seal = lib.farside_navigation_check, lib.farside_navigation_seal
    original = ctypes.string_at(navigator.config, size)
    assert check(navigator.config) == OK
    assert check(None) == seal(None) == BAD_CONFIG
    rng = np.random.default_rng(3)
    # of the header, of every number, of the pointers' counts
    for at in [0, 4, 8, *rng.integers(16, 16 + 8 * 20, 40)]:
        held = ctypes.create_string_buffer(original, size)
        held[int(at)] = bytes([held[int(at)][0] ^ 1])
        assert check(held) == BAD_CONFIG, at
    held = ctypes.create_string_buffer(original, size)
    np.frombuffer(held, np.float64, 1, 16)[0] *= 1.001  # GM
    assert check(held) == BAD_CONFIG
    assert seal(held) == OK
    assert check(held) == OK
    for bad in (np.nan, np.inf, -1.0, 0.0):
        np.frombuffer(held, np.float64, 1, 16)[0] = bad
        assert seal(held) == OK
        assert check(held) == BAD_CONFIG


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ("r_site", [np.nan, 0.0, 0.0]),
        ("v_site", [0.0, 1e9, 0.0]),
        ("q_site_body", [1.0, 1.0, 0.0, 0.0]),
        ("q_site_body", [0.0, 0.0, 0.0, 0.0]),
        ("omega_body", [0.0, 0.0, np.inf]),
        ("mass_kg", 0.0),
        ("mass_kg", np.nan),
        ("P", -np.eye(42)),
        ("P", np.full((42, 42), np.nan)),
        ("P", np.eye(42) + np.eye(42, k=1)),
        ("P", np.eye(42) + 2.0 * (np.eye(42, k=1) + np.eye(42, k=-1))),
    ],
)
def test_a_first_estimate_that_cannot_be_is_refused(change, value):
    from farside.navigation import Navigator

    first = recorded().first | {change: value.tolist() if change == "P" else value}
    with pytest.raises(ValueError, match="a first estimate that cannot be"):
        Navigator.of(recorded().table, first)


def test_places_on_the_map_have_the_bits_of_python(lib, navigator):
    """Taken, outside its gate, late, outvoting; on the map of a scan 3 s before its choice."""
    measured, config, memory = recorded().measured, navigator.config, navigator.memory
    expected = fixed()
    for tick in range(TICKS):
        out = navigator.fly(tick, measured[tick : tick + 1])
        assert out.tobytes() == expected.estimates[tick].tobytes(), tick
        if tick in expected.fixes:
            fix, code = expected.fixes[tick]
            assert lib.farside_navigation_fix(memory, fix.ctypes.data) == code
        if tick == CHOSEN:
            assert lib.farside_navigation_tie_kept(config, memory, SCANNED, VARIANCE_M2) == OK
        if tick == SCANNED:
            assert lib.farside_navigation_keep(config, memory) == OK
    np.testing.assert_array_equal(navigator.covariance(), expected.covariance)
    assert navigator.intact()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e308, -1.0, 0.0])
@pytest.mark.parametrize("name", ["place_m", "axis", "variance_m2", "gate", "since_s"])
def test_a_place_of_any_numbers_leaves_the_estimate_finite(lib, navigator, name, value):
    navigator.fly(0, recorded().measured[:50])
    fix = map_fix(49, (0.0, 0.0), (0.6, 0.8), (0.01, 0.01), 1e300)
    fix[name] = value
    lib.farside_navigation_fix(navigator.memory, fix.ctypes.data)
    out = navigator.fly(50, recorded().measured[50:80])
    assert sound(out)
    assert (out["status"] <= LEFT_OUT).all()


def test_a_place_without_a_navigator_is_refused(lib, navigator):
    fix = map_fix(0, (0.0, 0.0), (1.0, 0.0), (1.0, 1.0), 1.0)
    give = lib.farside_navigation_fix
    assert give(None, fix.ctypes.data) == FixStatus.FIX_NO_NAVIGATOR
    assert give(navigator.memory, fix.ctypes.data) == FixStatus.FIX_NO_NAVIGATOR  # no tick yet
    navigator.fly(0, recorded().measured[:1])
    assert give(navigator.memory, None) == FixStatus.FIX_NO_NAVIGATOR
    tie = lib.farside_navigation_tie_kept
    assert tie(navigator.config, navigator.memory, 0, 0.0) == NO_CLONE
    assert lib.farside_navigation_keep(navigator.config, navigator.memory) == OK
    for variance in (-1.0, np.nan, np.inf):
        assert tie(navigator.config, navigator.memory, 0, variance) == NO_CLONE
    assert tie(navigator.config, navigator.memory, 0, 1.0) == OK


def test_a_copy_of_the_memory_goes_on_with_the_same_bits(navigator):
    measured = recorded().measured
    navigator.fly(0, measured[:500])
    kept = navigator.room.copy()
    one = navigator.fly(500, measured[500:800])
    navigator.room[:] = kept
    two = navigator.fly(500, measured[500:800])
    assert one.tobytes() == two.tobytes()
