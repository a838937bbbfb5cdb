"""Every law with every exit: a row ends, neither at once nor never, or the file is refused."""

import math

import numpy as np
import pytest
from sample_rows import ENDS, KEYS, around, read, row_of, seconds_of, table_of

from farside.guidance import Autopilot
from farside.mission import MissionError, load_mission
from farside.mission.exits import EXITS, LAW_EXITS
from farside.mission.phases import LAWS

PAIRS = [(law, leaves) for law in LAWS for leaves in EXITS]
#: Where a row with a law begins: place [m, site] and velocity [m/s]; the rest begin the approach.
APPROACH = ((1900.0, 0.0, 2500.0), (-35.0, 0.0, -30.0))
START_M = load_mission("chang-e-6").start_altitude_m
LOW = ((0.0, 0.0, 32.0), (0.0, 0.0, -3.0))
HIGH_GATE = ((3000.0, 0.0, 2000.0), (-60.0, 0.0, -35.0))
STARTS = {
    "hover": ((0.0, 0.0, 101.75), (0.0, 0.0, 0.0)),
    "descend": LOW,
    "hold": LOW,
    "off": LOW,
    "null_velocity": LOW,
    "quadratic": HIGH_GATE,
}


def chosen(law, leaves):
    """Return a row that is flown: an exit between where it begins and what it steers to."""
    keys = {}
    if leaves in ("height", "altitude") and law not in ("descend", "hold", "off", "null_velocity"):
        keys["exit_m"] = {"adjust": 2300.0, "braking": 9000.0}.get(law, 1500.0)
    if leaves == "contact" and "altitude_m" in KEYS[law]:
        keys["altitude_m"] = 0.0
        if "vertical_speed_mps" in KEYS[law]:
            keys["vertical_speed_mps"] = -1.5
    if leaves == "site":
        keys["scan"] = True
    if law == "hold":
        keys["throttle"] = 0.3
        if leaves == "attitude":
            keys |= {"pitch_deg": 45.0, "azimuth_deg": 90.0}
    return row_of(law, leaves, **keys)


def line_of(table):
    with pytest.raises(MissionError) as caught:
        read(table)
    assert str(caught.value).isprintable()
    return "\n".join(caught.value.faults)


def test_every_law_and_exit_is_looked_at():
    assert set(LAW_EXITS) == set(LAWS)
    assert {leaves for ends in LAW_EXITS.values() for leaves in ends} == set(EXITS)
    assert set(KEYS) == set(LAWS)
    assert set(ENDS) == set(EXITS)


@pytest.mark.parametrize(("law", "leaves"), PAIRS)
def test_a_pair_is_read_or_refused(law, leaves):
    table = table_of(around(chosen(law, leaves)))
    if leaves in LAW_EXITS[law]:
        read(table)
        return
    wanted = f'phases[row].exit: law = "{law}" '
    assert wanted in line_of(table)
    assert f"give one of {', '.join(LAW_EXITS[law])}" in line_of(table)


FLOWN = [
    (law, leaves) for law, leaves in PAIRS
    if leaves in LAW_EXITS[law] and law not in ("braking", "trim") and leaves != "rest"
]  # fmt: skip


@pytest.mark.parametrize(("law", "leaves"), FLOWN)
def test_a_row_ends(law, leaves):
    """Flown by the lander: later than a pass of guidance, and within five minutes."""
    mission = read(table_of(around(chosen(law, leaves))))
    r, v = STARTS.get(law, APPROACH)
    q = (1.0, 0.0, 0.0, 0.0)
    if (law, leaves) in (("off", "attitude"), ("adjust", "attitude")):
        q = (math.cos(math.radians(20.0)), 0.0, math.sin(math.radians(20.0)), 0.0)
    lasted, _ = seconds_of(mission, r, v, q, site_at_s=5.0 if leaves == "site" else None)
    assert lasted is not None
    assert lasted > 0.1
    if leaves == "elapsed":
        assert lasted == 3.0  # a whole number of ticks
    if leaves == "site":
        assert lasted == pytest.approx(5.0, abs=0.02)  # a tick after the site is given


@pytest.mark.parametrize(("law", "leaves"), [("braking", e) for e in LAW_EXITS["braking"]])
def test_braking_ends(law, leaves):
    """From initiation; by altitude and height early, for the flight there is long."""
    planned_s = Autopilot(load_mission("chang-e-6")).plan.unknowns[5]
    keys = {"exit_m": START_M - 10.0} if leaves in ("altitude", "height") else {}
    keys |= {"exit_s": planned_s - 20.0} if leaves == "time_to_go" else {}
    mission = read(table_of(around(row_of(law, leaves, **keys))))
    plan = Autopilot(mission).plan
    # the gate is a little nearer than Chang'e 6's own: its time-to-go comes in the first minute
    assert plan.unknowns[5] == pytest.approx(planned_s, abs=20.0)
    pitched = (math.cos(math.radians(45.0)), 0.0, math.sin(math.radians(45.0)), 0.0)
    lasted, _ = seconds_of(mission, plan.r_site, plan.v_site, pitched, most_s=120.0)
    assert lasted is not None
    assert lasted > 0.1


@pytest.mark.parametrize("leaves", LAW_EXITS["trim"])
def test_trim_ends(leaves):
    mission = read(table_of(around(row_of("trim", leaves))))
    lasted, commands = seconds_of(mission, *HIGH_GATE, most_s=60.0)
    assert lasted == pytest.approx(25.0 if leaves == "time_to_go" else 3.0, abs=0.11)  # a pass
    assert np.all(commands["thrust_n"][:-1] == mission.vehicle.engine.thrust_min_n)


@pytest.mark.slow
@pytest.mark.parametrize("exit_s", [0.0, 0.004])
@pytest.mark.parametrize("law", ["polynomial", "optimal", "e_guidance"])
def test_a_time_to_go_that_passes_zero_ends_the_row(law, exit_s):
    """The countdown steps over an exit_s below a tick; the row must not start anew behind it."""
    mission = read(table_of(around(row_of(law, "time_to_go", exit_s=exit_s))))
    lasted, _ = seconds_of(mission, *APPROACH)
    assert lasted is not None
    assert 30.0 < lasted < 200.0


@pytest.mark.parametrize(("pitch", "azimuth"), [(60.0, 30.0), (90.0, None), (10.0, None)])
def test_hold_points_and_thrusts_as_told(pitch, azimuth):
    keys = {"pitch_deg": pitch, "throttle": 0.4} | ({"azimuth_deg": azimuth} if azimuth else {})
    mission = read(table_of(around(row_of("hold", "elapsed", exit_s=25.0, **keys))))
    lasted, commands = seconds_of(mission, (500.0, 300.0, 3000.0), (0.0, 0.0, 0.0))
    assert lasted == 25.0
    last = commands[-2]
    azimuth = 90.0 if azimuth is None else azimuth  # against the arrival, 270 deg
    level = math.cos(math.radians(pitch))
    wanted = (
        level * math.sin(math.radians(azimuth)),
        level * math.cos(math.radians(azimuth)),
        math.sin(math.radians(pitch)),
    )
    # 580 m from the site the level leans by 0.02 deg
    assert np.degrees(np.arccos(np.dot(last["direction_site"], wanted))) < 0.1
    assert last["thrust_n"] == pytest.approx(0.4 * 7500.0)  # N
    w, x, y, z = last["q_site_body"]
    axis = (2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y))
    assert np.degrees(np.arccos(np.clip(np.dot(axis, wanted), -1, 1))) < 0.1


def test_hold_keeps_what_it_finds():
    mission = read(table_of(around(row_of("hold", "elapsed", exit_s=8.0, throttle=0.0))))
    q = np.array([math.cos(0.3), 0.1 * math.sin(0.3), math.sqrt(0.99) * math.sin(0.3), 0.0])
    lasted, commands = seconds_of(mission, (0.0, 0.0, 900.0), (-20.0, 5.0, -10.0), tuple(q))
    assert lasted == 8.0
    turned = 2.0 * np.arccos(np.clip(np.abs(commands[-2]["q_site_body"] @ q), -1.0, 1.0))
    assert np.degrees(turned) < 0.05  # deg: the first tick's own rounding
    assert np.all(commands["thrust_n"] == 0.0)


def test_hold_keeps_the_thrust_of_the_row_before():
    rows = around(row_of("descend", "elapsed"))
    rows.insert(2, {"name": "wait", "law": "hold", "exit": "elapsed", "exit_s": 2.0})
    mission = read(table_of(rows))
    pilot = Autopilot(mission)
    pilot.begin("row")
    e = pilot.estimate
    e["q_site_body"] = (1.0, 0.0, 0.0, 0.0)
    e["mass_kg"], e["r_site"], e["height_m"] = 2030.0, (0.0, 0.0, 40.0), np.nan
    thrusts = [(pilot.tick(k)[0]["thrust_n"], pilot.phase) for k in range(520)]
    before = [thrust for thrust, phase in thrusts if phase == "row"][-1]
    held = [thrust for thrust, phase in thrusts if phase == "wait"]
    assert len(held) == 200  # two seconds
    assert set(held) == {before}


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (around(row_of("hover", "site")), 'phases[row].scan: missing; exit = "site" needs a scan'),
        (around(row_of("polynomial", "altitude", exit_m=2600.0)), "2600 is met as the row begins"),
        (around(row_of("descend", "altitude", exit_m=2500.0)), "2500 is met as the row begins"),
        (around(row_of("optimal", "altitude", exit_m=100.0)), "100 is never met"),
        (around(row_of("e_guidance", "height", exit_m=40.0)), "40 is never met"),
        (around(row_of("braking", "altitude", exit_m=2000.0)), "2000 is not above altitude_m"),
        (around(row_of("braking", "altitude", exit_m=START_M)), f"{START_M:g} is met as the row"),
        (around(row_of("polynomial", "contact")), 'exit = "contact" needs 0'),
        (around(row_of("polynomial", "time_to_go", exit_s=110.0)), "is not below duration_s"),
        (around(row_of("trim", "time_to_go", exit_s=30.0)), "is not below duration_s"),
        (around(row_of("descend", "time_to_go", exit_s=2000.0)), "from 2500 m it has 833 s to go"),
        (around(row_of("off", "elapsed", exit_s=0.0)), "0 ends the row as it begins"),
        (around(row_of("quadratic", "time_to_go", cycle_s=2.0)), "1 is below cycle_s, 2"),
        (around(row_of("adjust", "attitude", exit_deg=180.0)), "must be above 0 and below 180"),
        (around(row_of("hold", "elapsed", azimuth_deg=10.0)), "pitch_deg: missing; azimuth_deg"),
        (around(row_of("hold", "attitude", limit_s=5.0)), 'pitch_deg: missing; exit = "attitude"'),
        (around(row_of("hold", "elapsed", throttle=0.1)), "0.1 is below the engine's least, 0.2"),
        (around(row_of("hold", "elapsed", throttle=1.2)), "must be at least 0 and at most 1"),
        (around(row_of("hold", "elapsed", altitude_m=9.0)), "takes no such key"),
        (around(row_of("descend", "elapsed", scan=True)), "takes no such key"),
    ],
    ids=range(20),
)
def test_rows_that_cannot_end_or_do_nothing(rows, says):
    assert says in line_of(table_of(rows))


def test_rows_out_of_place():
    rows = around(row_of("descend", "elapsed"))
    rows.insert(2, row_of("braking", "time_to_go") | {"name": "again"})
    assert "phases[braking].exit: braking goes on behind this row" in line_of(table_of(rows))
    rows[0] |= {"exit": "elapsed", "exit_s": 100.0}
    assert "phases[row].law: braking is planned from initiation" in line_of(table_of(rows))
    rows = around(row_of("descend", "contact"))
    rows.insert(2, row_of("hover", "elapsed") | {"name": "late"})
    assert "phases[late].law: on the ground after phases[row]" in line_of(table_of(rows))
    scan = row_of("hover", "site", scan=True)
    rows = around(scan)
    rows.insert(2, scan | {"name": "again", "altitude_m": 50.0})
    assert "phases[again].scan: phases[row] has chosen the site" in line_of(table_of(rows))


def test_a_gate_that_is_never_reached_is_told_for_both_rows():
    """Two rows at fault are both named, though each alone is enough to refuse the file."""
    rows = around(row_of("optimal", "altitude", exit_m=100.0))
    rows.insert(2, row_of("hover", "time_to_go") | {"name": "wait"})
    said = line_of(table_of(rows))
    assert "phases[row].exit_m: 100 is never met" in said
    assert 'phases[wait].exit: law = "hover" has no time-to-go' in said
