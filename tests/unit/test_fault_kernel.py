"""The kernel of the faults against a numpy twin, over synthetic series of measurements."""

import math

import numpy as np
import pytest
from reference_faults import rotated, spoiled
from scipy.spatial.transform import Rotation

from farside.ext.common._random import uniforms
from farside.ext.ground._ground import GroundModel
from farside.ext.loop._faults import FaultBench, blank_measurements
from farside.flight.faults import fault_rows
from farside.mission import load_mission
from farside.mission.fault_kinds import UNITS
from farside.mission.faults import with_faults
from farside.sensors import sensor_setup

MISSION = load_mission("chang-e-6")
SETUP = sensor_setup(MISSION, {})
PERFECT = sensor_setup(MISSION, None)
SEED, TICKS, FIRST = 77, 400, 120
RADIUS = 1.7374e6


def times(stem, first):
    """Return ticks between reports, the first of them, and the latency."""
    return SETUP[f"{stem}_every"], first, SETUP[f"{stem}_latency"]


def due_at(every, first, latency):
    then = np.arange(TICKS) - latency
    return (then >= 0) & (then % every == first % every)


#: Of a unit: where its numbers are, their flag, ticks between reports, first tick, latency.
PLACES = {
    "accelerometer": ("dv_body", None, 1, 0, 0),
    "gyro": ("dtheta_body", None, 1, 0, 0),
    "altimeter": ("range_m", "range_valid", *times("range", 0)),
    "velocimeter": ("velocity_mps", "velocity_valid", *times("beam", 2)),
    "height": ("height_m", "height_valid", *times("height", 1)),
}
STATE = {
    "r_site": [30.0, -40.0, 900.0],
    "v_site": [4.0, -3.0, -25.0],
    "q_site_body": [1.0, 0.0, 0.0, 0.0],
    "omega_body": [0.0, 0.0, 0.0],
    "mass_kg": 2000.0,
}
#: What a unit's own number is in the record's: increments of a tick, radians.
SCALES = {"accelerometer": 0.01, "gyro": 0.01 * math.pi / 180.0}
SIGMAS = {
    "accelerometer": SETUP["accel_noise"],
    "gyro": SETUP["gyro_noise"],
    "altimeter": SETUP["range_noise_m"],
    "velocimeter": SETUP["beam_noise_mps"],
    "height": SETUP["height_noise_m"],
}


#: Ends of scales inside the series below.
ENDS = {"accelerometer": 50.0, "gyro": 3000.0, "altimeter": 50.0, "velocimeter": 0.5, "height": 4.0}


def due_of(unit):
    return due_at(*PLACES[unit][2:])


def series():
    """Measurements that differ from tick to tick; a unit is valid in most of its reports."""
    rng = np.random.default_rng(5)
    m = blank_measurements(TICKS)
    for field in ("dv_body", "dtheta_body", "velocity_mps", "velocity_direction"):
        m[field] = rng.normal(size=m[field].shape)
    m["range_m"], m["height_m"] = rng.uniform(10, 90, TICKS), rng.uniform(1, 9, TICKS)
    q = rng.normal(size=(TICKS, 4))
    m["q_inertial_body"] = q / np.linalg.norm(q, axis=1)[:, None]
    m["range_direction"] = [0.0, 0.0, -1.0]
    for unit, bits in (("altimeter", 1), ("height", 1), ("velocimeter", 7)):
        seen = due_of(unit) & (rng.uniform(size=TICKS) < 0.8)
        m[PLACES[unit][1]] = np.where(seen, bits, 0)
    m["star_valid"] = due_at(*times("star", 4))
    m["contact"] = rng.integers(0, 16, TICKS)
    for tag in ("imu_tick", "star_tick", "range_tick", "velocity_tick", "height_tick"):
        m[tag] = np.arange(TICKS)
    return m


def bench_of(lines, setup=SETUP):
    mission = with_faults(MISSION, lines)
    rows = fault_rows(mission, range(len(lines)), setup)
    ground = GroundModel(RADIUS, RADIUS, [1.0, 0.0, 0.0], [0.0, 1.0, 0.0])
    return FaultBench(rows, SEED, SETUP, ground)


def run(lines, m, heights=None, phases=None, setup=SETUP):
    out = m.copy()
    bench = bench_of(lines, setup)
    heights = np.full(TICKS, 1e4) if heights is None else heights
    phases = np.zeros(TICKS, np.intc) if phases is None else phases
    computer = bench.spoil(out, 0, STATE, heights, phases)
    return out, bench.begun, computer


def drawn(slot, count):
    out = np.empty(count)
    uniforms(SEED, 0, 65536 + slot, out)
    return out


def readings(m, unit):
    field, flag = PLACES[unit][:2]
    x = np.asarray(m[field], float).reshape(TICKS, -1)
    if flag is None:
        return x, np.ones_like(x, bool)
    bits = np.asarray(m[flag])[:, None] >> np.arange(x.shape[1]) & 1
    return x, bits.astype(bool)


CASES = [
    (unit, kind)
    for unit in PLACES
    for kind in UNITS[unit].kinds
    if kind != "misaligned"
]  # fmt: skip


@pytest.mark.parametrize(("unit", "kind"), CASES)
def test_each_kind_is_what_its_table_says(unit, kind):
    m = series()
    value = UNITS[unit].default(kind)
    if kind in ("saturated", "weak_echo"):
        value = ENDS[unit]
    size = "" if value is None else f" {value}"
    out, begun, _ = run([f"{unit} {kind}{size} from {FIRST / 100} s for 2 s"], m)
    assert begun == [FIRST]
    on = (np.arange(TICKS) >= FIRST) & (np.arange(TICKS) < FIRST + 200)
    if value is not None and UNITS[unit].kinds[kind].unit == "measured":
        value *= SCALES.get(unit, 1.0)
    x, valid = readings(m, unit)
    want, flags = spoiled(
        kind, x, valid, due_of(unit), on, value=value, sigma=SIGMAS[unit],
        uniforms=drawn(0, 3 * TICKS),
    )  # fmt: skip
    got, seen = readings(out, unit)
    if PLACES[unit][1] is None:
        flags[:] = True  # the inertial unit has none: a gap is zeros
    assert np.array_equal(seen, flags)
    # an invalid reading's number is nobody's
    assert np.allclose(got[flags], want[flags], rtol=0.0, atol=1e-12)
    if kind not in ("silent", "flag", "weak_echo"):
        assert not np.array_equal(got[on], x[on])
    untouched = [name for name in m.dtype.names if name not in PLACES[unit][:2]]
    if kind == "late":
        untouched = [name for name in untouched if not name.endswith(("_tick", "_direction"))]
    if kind == "pinned" and unit in ("accelerometer", "gyro"):
        # the three axes say that they are at the end of their scale, and no other does
        bits = 7 if unit == "accelerometer" else 7 << 3
        assert np.array_equal(out["saturated"], m["saturated"] | np.where(on, bits, 0))
        untouched.remove("saturated")
    for name in untouched:
        assert np.array_equal(out[name], m[name]), name


def test_a_part_alone_fails():
    m = series()
    out, _, _ = run(["velocimeter.beam2 bias 3 from 0 s", "accelerometer.z zero from 0 s"], m)
    due = due_of("velocimeter")
    want = m["velocity_mps"] + np.where(due[:, None], [0.0, 3.0, 0.0], 0.0)
    assert np.array_equal(out["velocity_mps"], want)
    assert np.array_equal(out["dv_body"], m["dv_body"] * [1.0, 1.0, 0.0])
    out, _, _ = run(["velocimeter.beam2 silent from 0 s"], m)
    assert np.array_equal(out["velocity_valid"], m["velocity_valid"] & 5)


@pytest.mark.parametrize(
    ("line", "turn"),
    [
        ("star_tracker.x bias 2 from 0 s", lambda t: [np.radians(2.0), 0, 0]),
        ("star_tracker bias 2 from 0 s", lambda t: np.radians([2.0, 2.0, 2.0])),
        ("star_tracker.z drift 0.5 from 0 s", lambda t: [0, 0, np.radians(0.5 * t)]),
        ("star_tracker misaligned 170 from 0 s", lambda t: [0, np.radians(170.0), 0]),
    ],
)
def test_an_attitude_is_turned(line, turn):
    m = series()
    out, _, _ = run([line], m)
    for k in np.flatnonzero(m["star_valid"]):
        want = rotated(m["q_inertial_body"][k], turn(k / 100.0))
        got = out["q_inertial_body"][k]
        assert min(np.abs(got - want).max(), np.abs(got + want).max()) < 1e-12
    out, _, _ = run(["star_tracker sign from 0 s"], m)
    at = m["star_valid"] == 1
    assert np.array_equal(out["q_inertial_body"][at], (m["q_inertial_body"] * [1, -1, -1, -1])[at])


def test_noise_of_an_attitude_is_that_of_its_axes():
    m = series()
    m["star_valid"] = 1
    setup = dict(SETUP, star_every=1, star_latency=0)
    mission = with_faults(MISSION, ["star_tracker noise 50 from 0 s"])
    rows = fault_rows(mission, [0], SETUP)
    ground = GroundModel(RADIUS, RADIUS, [1.0, 0.0, 0.0], [0.0, 1.0, 0.0])
    out = m.copy()
    FaultBench(rows, SEED, setup, ground).spoil(
        out, 0, STATE, np.full(TICKS, 1e4), np.zeros(TICKS, np.intc)
    )
    before = Rotation.from_quat(m["q_inertial_body"], scalar_first=True)
    after = Rotation.from_quat(out["q_inertial_body"], scalar_first=True)
    turns = (before.inv() * after).as_rotvec() / math.sqrt(50.0**2 - 1.0)
    boresight = np.array(SETUP["star_boresight"])
    across = np.cross(boresight, [0.0, 1.0, 0.0])
    across /= np.linalg.norm(across)
    axes = np.array([boresight, across, np.cross(boresight, across)])
    turns = turns @ axes.T / [SETUP["star_roll_rad"], *[SETUP["star_cross_rad"]] * 2]
    # 400 draws: one sigma to 3.5 %, four of these allowed
    assert turns.std(axis=0) == pytest.approx([1.0, 1.0, 1.0], abs=0.15)


def test_a_misaligned_unit_reads_along_its_true_axes():
    m = series()
    m["range_valid"] = due_of("altimeter")
    m["velocity_valid"] = np.where(due_of("velocimeter"), 7, 0)
    angle = np.radians(7.0)
    turn = np.array(
        [[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]]
    )
    lines = [f"{unit} misaligned 7 from 0 s" for unit in
             ("imu", "altimeter", "velocimeter", "height")]  # fmt: skip
    out, _, _ = run(lines, m)
    assert np.allclose(out["dv_body"], m["dv_body"] @ turn, atol=1e-12)
    assert np.allclose(out["dtheta_body"], m["dtheta_body"] @ turn, atol=1e-12)
    due = due_of("velocimeter")
    b = m["velocity_direction"]
    want = m["velocity_mps"] + (b @ turn.T - b) @ STATE["v_site"]
    assert np.allclose(out["velocity_mps"][due], want[due], atol=1e-12)
    # From 900 m over a sphere as large as the Moon the slant range is 900 m / cos to 0.01 m
    due = due_of("altimeter")
    longer = (900.0 + 50.0**2 / (2 * RADIUS)) * (1.0 / np.cos(angle) - 1.0)
    assert np.allclose(out["range_m"][due] - m["range_m"][due], longer, atol=0.02)
    due = due_of("height")
    assert np.allclose(out["height_m"][due], m["height_m"][due] / np.cos(angle), atol=1e-9)


SWITCHES = {
    "silent": lambda c, held, u: c & ~held[1],
    "flag": lambda c, held, u: c ^ held[1],
    "stuck": lambda c, held, u: (c & ~held[1]) | (held[0] & held[1]),
    "spike": lambda c, held, u: np.where(u < 0.1, c | held[1], c),
}


@pytest.mark.parametrize("kind", SWITCHES)
@pytest.mark.parametrize(("part", "bits"), [("", 15), (".leg2", 2)])
def test_contact_switches(kind, part, bits):
    m = series()
    out, _, _ = run([f"contact{part} {kind} from 1 s"], m)
    c = m["contact"]
    u = np.concatenate([np.ones(100), drawn(0, TICKS - 100)])
    want = SWITCHES[kind](c, (c[99], bits), u)
    assert np.array_equal(out["contact"][100:], want[100:])
    assert np.array_equal(out["contact"][:100], c[:100])


def test_late_readings_say_when_they_were_true():
    m = series()
    out, _, _ = run(["imu late 0.07 from 1 s"], m)
    assert np.array_equal(out["imu_tick"][107:], m["imu_tick"][100:-7])
    assert not out["dv_body"][100:107].any()


def test_a_beginning_is_to_the_tick_and_once():
    m = series()
    heights = np.full(TICKS, 500.0)
    heights[50:60] = 99.9  # a hill passes beneath
    phases = np.zeros(TICKS, np.intc)
    phases[80:90] = [row.name for row in MISSION.phases].index("hover")
    out, begun, _ = run(
        ["accelerometer.x zero below 100 m for 0.2 s", "gyro.x zero in hover for 0.05 s",
         "gyro.y zero from 3.999 s", "gyro.z zero below 10 m"],
        m, heights, phases,
    )  # fmt: skip
    # A phase begins with its command, behind the measurement of its first tick
    assert begun == [50, 80, -1, -1]
    assert np.array_equal(np.flatnonzero(out["dv_body"][:, 0] == 0.0), np.arange(50, 70))
    assert np.array_equal(np.flatnonzero(out["dtheta_body"][:, 0] == 0.0), np.arange(81, 85))
    assert np.array_equal(out["dtheta_body"][:, 1:], m["dtheta_body"][:, 1:])


def test_nothing_is_stuck_that_has_said_nothing():
    m = series()
    m["range_valid"][:200] = 0
    out, _, _ = run(["altimeter stuck from 1 s"], m)
    assert not out["range_valid"].any()


def test_a_row_s_stream_is_its_place_in_the_mission():
    """What else fails, and which faults before it were drawn, leaves its random numbers alone."""
    m = series()
    lines = ["gyro silent from 0 s".replace("silent", "sign"), "altimeter noise 5 from 0 s"]
    mission = with_faults(MISSION, lines)
    ground = GroundModel(RADIUS, RADIUS, [1.0, 0.0, 0.0], [0.0, 1.0, 0.0])
    alone = m.copy()
    bench = FaultBench(fault_rows(mission, [1], SETUP), SEED, SETUP, ground)
    bench.spoil(alone, 0, STATE, np.full(TICKS, 1e4), np.zeros(TICKS, np.intc))
    both, _, _ = run(lines, m)
    assert np.array_equal(alone["range_m"], both["range_m"])
    assert not np.array_equal(alone["range_m"], m["range_m"])


def test_ticks_of_the_computer():
    m = series()
    _, _, state = run(["computer stolen 13 from 1 s"], m)
    assert set(state[100:]) == {0, 1} and not state[:100].any()
    assert np.array_equal(state[100:] == 1, drawn(0, TICKS - 100) < 0.13)
    _, _, state = run(["computer stolen 100 from 1 s for 0.5 s"], m)
    assert np.array_equal(np.flatnonzero(state), np.arange(100, 150))
    _, _, state = run(["computer restart from 1 s for 0.5 s"], m)
    assert np.array_equal(state[99:151], [0, *[3] * 50, 0])
    _, _, state = run(["computer reset from 1 s for 0.5 s"], m)
    assert np.array_equal(state[99:152], [0, *[3] * 50, 2, 0])


def test_a_table_that_does_not_fit_is_refused():
    row = fault_rows(with_faults(MISSION, ["imu late 0.5 from 0 s"]), [0], SETUP)[0]
    for wrong in ({"line": 4}, {"value": [400.0, 0.0]}, {"slot": 5000}):
        with pytest.raises(ValueError, match="no table can hold"):
            FaultBench([row | wrong], SEED, SETUP, GroundModel(1.0, 1.0, [1, 0, 0], [0, 1, 0]))
    with pytest.raises(ValueError, match="at most"):
        FaultBench([row] * 17, SEED, SETUP, GroundModel(1.0, 1.0, [1, 0, 0], [0, 1, 0]))
