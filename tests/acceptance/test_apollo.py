"""Apollo 11's load: the numbers, the plane flight of anchor A9, and the landing in closed loop."""

import dataclasses

import numpy as np
import pytest
from apollo_replay import FT, LBF, first, fly, recovery
from flown import landing, phases

from farside.mission import load_mission
from farside.mission.frames import SiteFrame
from farside.report.gate_table import gate_rows
from farside.report.page import render_page

MISSION = load_mission("apollo-11")
ROWS = {row.name: row for row in MISSION.phases}
#: Anchor A9 of docs/sources.md, in feet and seconds: position, velocity, acceleration, jerk along.
LOAD = {
    "p63": ((171.835, 0, -10678.596), (-105.876, 0, -1.04), (0.6241, 0, -9.1044), -0.01882677),
    "p64": ((111.085, 0, -26.794), (-4.993, 0, 0.248), (-0.2624, 0, -0.512), 0.00180772),
}


@pytest.fixture(scope="module")
def landed():
    return landing("apollo-11", nominal=True)


@pytest.mark.parametrize("name", LOAD)
def test_the_load_is_that_of_the_anchor(name):
    row, (r, v, a, jerk) = ROWS[name], LOAD[name]
    # Six digits: a millimetre on the target, a micrometre a second squared.
    assert np.array(row.target_m) / FT == pytest.approx(r, rel=2e-6)
    assert np.array(row.target_mps) / FT == pytest.approx(v, rel=1e-5)
    assert np.array(row.target_mps2) / FT == pytest.approx(a, rel=1e-5)
    assert row.target_mps3 / FT == pytest.approx(jerk, rel=1e-5)
    assert (row.lead_s, row.cycle_s) == (2.2, 2.0)


#: Luminary's single and double precision words: value over 2^14 or 2^28, ones' complement.
def words(*octal):
    """Return the fraction that one or two octal words stand for."""
    value = 0.0
    for i, text in enumerate(octal):
        word = int(text, 8)
        word = word - 0o77777 if word > 0o37777 else word
        value += word / 2.0 ** (14 * (i + 1))
    return value


def test_the_octal_words_that_flew_say_the_same():
    """Flown Apollo 11 LGC Padload: addresses 2402 on, 2506 on, and 3423 on; scales of L099."""
    p63, p64, p65, engine = ROWS["p63"], ROWS["p64"], ROWS["p65"], MISSION.vehicle.engine
    up, along = words("00000", "01506"), words("77774", "72222")
    # RBRFG in metres over 2^24: the last bit is 1/16 m.
    assert np.array([up, along]) * 2**24 == pytest.approx(
        [p63.target_m[0], p63.target_m[2]], abs=0.07
    )
    # VBRFG in metres a centisecond over 2^10: the last bit is 0.4 mm/s.
    up, along = words("77772", "72612"), words("77777", "76300")
    assert np.array([up, along]) * 2**10 * 100.0 == pytest.approx(
        [p63.target_mps[0], p63.target_mps[2]], abs=5e-4
    )
    assert words("00000", "01036") * 2**24 == pytest.approx(p64.target_m[0], abs=0.07)
    # Times in centiseconds over 2^17: the last bit is 0.08 s.
    assert words("01407") * 2**17 / 100.0 == p63.exit_s
    assert words("00226") * 2**17 / 100.0 == p64.exit_s
    assert -words("75240") * 2**17 / 100.0 == p64.later_s
    assert -words("77743") * 2**17 / 100.0 == pytest.approx(p63.lead_s, abs=0.08)
    assert words("00567") * 2**17 / 100.0 == p63.frame_hold_s
    assert words("77777", "73242") * 2**10 * 100.0 == pytest.approx(
        p65.vertical_speed_mps, abs=5e-4
    )
    assert words("01750") * 2**14 / 100.0 == p65.tau_s
    # LOWCRIT, HIGHCRIT in pulses of 12.532 N (1 / BITPERF)
    assert int("04114", 8) / 7.97959872e-2 == pytest.approx(engine.throttle_low_n, abs=1.0)
    assert int("04454", 8) / 7.97959872e-2 == pytest.approx(engine.throttle_high_n, abs=1.0)


#: A9's computed column: thrust [lbf]; P64's start [s, ft/s, ft/s, ft], its end [s, ft, ft/s].
COLUMN = {9870.0: (500.0, 538.0, -143.0, 7810.0), 10000.0: (508.0, 537.0, -142.5, 7775.0)}


@pytest.mark.parametrize("thrust_lbf", COLUMN)
def test_the_plane_flight_is_the_anchors(thrust_lbf):
    """Where P63 sees its time: one 2 s pass later is 290 ft lower and 15 ft/s slower."""
    passes = fly(thrust_lbf)
    gate = first(passes, 64)
    seconds, speed, climb, height = COLUMN[thrust_lbf]
    assert gate.t == pytest.approx(seconds, abs=1.0)
    # A third of a pass: the anchor's trim and integrator are not known to the foot.
    assert gate.speed_ftps == pytest.approx(speed, abs=5.0)
    assert gate.climb_ftps == pytest.approx(climb, abs=2.5)
    assert gate.up_ft == pytest.approx(height, abs=100.0)


def test_throttle_recovery_and_the_end_of_p64_are_the_anchors():
    passes = fly(9870.0)
    again = recovery(passes)
    assert again.t == pytest.approx(396.0, abs=1.0)  # 6:36
    # One pass of braking at full thrust is 20 ft/s.
    assert again.speed_ftps == pytest.approx(1353.0, abs=10.0)
    # Above the site's radius: the curve of the Moon under the range still to go is in it.
    radius_ft = 1735418.0316 / FT
    altitude = np.hypot(radius_ft + again.up_ft, again.along_ft) - radius_ft
    assert altitude == pytest.approx(23427.0, abs=200.0)
    low = first(passes, 65)
    assert low.t == pytest.approx(658.0, abs=1.0)  # 10:58
    assert low.up_ft == pytest.approx(151.0, abs=5.0)
    assert low.speed_ftps == pytest.approx(6.8, abs=0.7)
    # Below 63 % once recovered, it never runs flat out again.
    later = [p for p in passes if p.t > again.t]
    assert not any(p.full for p in later)


def test_the_trim_ends_where_the_load_wants_throttle_up(landed):
    """RIGNX, RIGNZ and VIGN, from an initiation that the file has worked back."""
    telemetry = landed.telemetry
    row = telemetry[2600]
    frame = SiteFrame(MISSION.site.latitude_deg, MISSION.site.longitude_deg, landed.radius_m)
    inertial = row["v_site"] + np.cross(frame.omega_site, row["r_site"] - frame.centre_site)
    # Due west: along is -x. The centre of mass is 3.2 m off the base, and the ground of the site
    # 15 m lower than the load's; ignition takes 0.3 s of the trim and the turn some of its aim.
    assert -row["r_site"][0] == pytest.approx(-1432597.3 * FT, abs=50.0)
    assert row["r_site"][2] == pytest.approx(-130519.86 * FT, abs=25.0)
    assert np.linalg.norm(inertial) == pytest.approx(5545.46 * FT, abs=0.5)
    assert (row["phase"], telemetry[2599]["phase"]) == (1, 0)


def test_it_lands_softly_by_itself(landed):
    down = landed.touchdown
    assert landed.outcome == "landed" and landed.safe
    assert 0.0 < -down.vertical_speed_mps < 3.05 and down.horizontal_speed_mps < 0.1
    assert down.miss_m < 10.0
    assert landed.propellant_kg < MISSION.vehicle.usable_propellant_kg
    # from memory: the plan takes 714 s, probe to the ground
    assert landed.duration_s == pytest.approx(714.0, abs=10.0)


def test_its_gates_are_those_of_the_plan(landed):
    """High gate at 506 s +-12 s and 7515 ft +-400 ft: from memory; a pass is 290 ft."""
    gates = {gate.name: gate for gate in landed.gates}
    high = gates["high gate"]
    assert high.secondary and high.published_time_s == 506.0
    assert high.time_s == pytest.approx(506.0, abs=12.0)
    assert high.altitude_m / FT == pytest.approx(7515.0, abs=400.0)
    assert high.speed_mps / FT == pytest.approx(506.0, abs=15.0)
    low = gates["low gate"]
    assert low.time_s == pytest.approx(606.0, abs=12.0)
    assert low.speed_mps == pytest.approx(low.published_speed_mps, abs=1.5)
    assert gates["throttle recovery"].time_s == pytest.approx(384.0, abs=12.0)
    assert [g["name"] for g in landed.to_dict()["gates"]] == list(gates)


def test_its_gates_are_told_beside_the_plan(landed):
    rows = gate_rows(landed)
    assert [row[0] for row in rows[::2]] == [gate.name for gate in landed.gates]
    assert all(row[0] == "published *" for row in rows[1::2])
    assert rows[3][1:4] == ("506", "2,291", "7,515")
    page = render_page(landed, {}, "farside land apollo-11 --nominal")
    assert "7,515" in page and "TN D-6846" in page


def test_passes_are_two_seconds_apart_and_the_engine_obeys_its_forbidden_band(landed):
    rows = landed.telemetry
    engine = MISSION.vehicle.engine
    flying = (rows["phase"] >= 1) & (rows["phase"] <= 3)
    changes = np.flatnonzero(np.diff(rows["cmd_thrust_n"][flying])) + np.flatnonzero(flying)[0] + 1
    assert np.all(rows["tick"][changes] % 200 == 0)
    thrust = rows["cmd_thrust_n"][flying]
    assert not np.any((thrust > engine.throttle_high_n + 1.0) & (thrust < engine.thrust_max_n))
    starts = phases(landed)
    assert all(starts[name].start_s % 2.0 == 0.0 for name in ("p63", "p64", "p65"))


def test_a_mission_can_be_seen_not_to_scan(landed):
    assert landed.site.scans == 0 and landed.imaging is None
    assert MISSION.sensors.lidar is None


def test_thrust_moves_high_gate_as_the_anchor_says():
    """At 9870 lbf the gate comes earlier, and still inside the plan's tolerance."""
    from farside.flight import land

    engine = dataclasses.replace(MISSION.vehicle.engine, thrust_max_n=9870.0 * LBF)
    vehicle = dataclasses.replace(MISSION.vehicle, engine=engine)
    flown = land(dataclasses.replace(MISSION, vehicle=vehicle), nominal=True)
    high = next(gate for gate in flown.gates if gate.name == "high gate")
    assert high.time_s == pytest.approx(506.0, abs=12.0) and high.time_s < 506.0
    assert high.altitude_m / FT == pytest.approx(7515.0, abs=400.0)
    assert flown.outcome == "landed"
