"""A recorded flight flown again: estimates through the autopilot, commands through physics."""

import numpy as np
import pytest
from flown import flight
from reference_dynamics import Twin, site_to_inertial

from farside.dynamics import build_vehicle
from farside.dynamics.site_gravity import moon_numbers
from farside.ext.dynamics._plant import PLANT_ROW, PlantModel
from farside.ext.guidance.autopilot._autopilot import replay
from farside.flight.assembly import TRACK_STEP_M, onboard_map, track_profile
from farside.guidance import Autopilot
from farside.guidance.records import COMMAND
from farside.mission.gravity_table import descent_table


def retargets(rows):
    """Return the ticks at which the target changed, the targets, and which of them were final."""
    target, final = rows["target_site"], (rows["flags"] >> 2) & 1
    moved = np.any(np.diff(target, axis=0, prepend=0.0) != 0.0, axis=1)
    moved |= np.diff(final, prepend=np.uint8(0)) != 0
    at = np.flatnonzero(moved)
    return (
        np.ascontiguousarray(rows["tick"][at], np.int64),
        np.column_stack([target[at], rows["cmd_heading_rad"][at]]),
        np.ascontiguousarray(final[at], np.uint8),
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mission", "imaging"), [("chang-e-6", True), ("chang-e-6", False), ("chang-e-4", True)]
)
def test_recorded_estimates_give_the_recorded_commands_to_the_bit(mission, imaging):
    flown = flight(mission, seed=1, imaging=imaging)
    rows = flown.flown
    again = Autopilot(flown.mission, flown.ground.radius_m)
    again.load_track(TRACK_STEP_M, track_profile(onboard_map(flown.ground)))
    commands = np.zeros(len(rows), COMMAND)
    replay(again.core, rows, *retargets(rows), commands, np.zeros((len(rows), 2), np.int64))
    for recorded, replayed in (
        ("phase", "phase"),
        ("status", "status"),
        ("cmd_thrust_n", "thrust_n"),
        ("cmd_torque_nm", "torque_nm"),
        ("cmd_q_site_body", "q_site_body"),
        ("direction_site", "direction_site"),
        ("time_to_go_s", "time_to_go_s"),
    ):
        np.testing.assert_array_equal(rows[recorded], commands[replayed], err_msg=recorded)


@pytest.mark.slow(cpu_s=97)
@pytest.mark.parametrize(("mission", "seed"), [("chang-e-6", 1)])
def test_recorded_commands_through_dop853_from_descent_to_first_contact(mission, seed):
    """A second integration of the same physics, restarted each tick: within 1 mm and 1 mm/s.

    What is left grows with a slow turn, some 1e-12 rad/s: the truth holds the mass and the height
    of the liquid over a tick.

    In the last tick the ground is within reach: there the truth stops the liquid at one blow, which
    this twin does not, so that tick's velocity (2 mm/s) is not compared.

    The thrusters fire whole pulses of what is asked of them: their torques are read from the plant
    as it flies the recorded commands, to the same bits as in the flight.
    """
    flown = flight(mission, seed=seed)
    rows, start = flown.flown, flown.start
    contact, _ = flown.loop.touchdown
    vehicle = build_vehicle(flown.mission, start.vehicle, noise_key=flown.key)
    plan, mission_of = flown.autopilot.plan, flown.mission
    table = descent_table(
        mission_of.site,
        mission_of.orbit,
        plan.r_site,
        flown.frame.radius_m,
        mission_of.gravity.degree,
    )

    def field(r_site):
        g = np.empty((1, 3))
        table.at(r_site[None], g)
        return g[0]

    state = {
        "r_site": start.r_site.tolist(),
        "v_site": start.v_site.tolist(),
        "q_site_body": start.q_site_body.tolist(),
        "omega_body": start.omega_body.tolist(),
        "mass_kg": vehicle["mass_full_kg"],
    }
    model = PlantModel(vehicle, moon_numbers(flown.frame), flown.ground.model, state, field=table)
    log = np.zeros(contact - 1, PLANT_ROW)
    throttle = np.ascontiguousarray(rows["cmd_thrust_n"][: len(log)])
    model.fly(throttle, np.ascontiguousarray(rows["cmd_torque_nm"][: len(log)]), log)
    assert not model.plant["touched"]
    # A log's row is the state after its tick, a telemetry's row the one before.
    np.testing.assert_array_equal(log["r_site"], rows["r_site"][1:contact])
    twin = Twin(vehicle, flown.frame, state, field)
    spent = np.diff(log["thruster_used_kg"], prepend=0.0)
    worst_m = worst_mps = 0.0
    for k, row in enumerate(log):
        twin.tick(throttle[k], row["torque_body"], force=row["force_body"], flow=spent[k] / 0.01)
        if k % 100 == 99 or k >= len(log) - 2:
            r, v = site_to_inertial(flown.frame, row["r_site"], row["v_site"], (k + 1) * 0.01)
            worst_m = max(worst_m, float(np.linalg.norm(r - twin.y[:3])))
            if k < len(log) - 1:
                worst_mps = max(worst_mps, float(np.linalg.norm(v - twin.y[3:6])))
    print(f"\n{mission}: {worst_m * 1e3:.6f} mm, {worst_mps * 1e3:.6f} mm/s")
    assert worst_m < 1e-3
    assert worst_mps < 1e-3
