"""Failures of engine, thrusters and legs: each does what it says, and none changes no bit."""

import math

import numpy as np
import pytest
from reference_dynamics import ground_of

from farside.dynamics.lander import PLANT_ROW
from farside.dynamics.site_gravity import moon_numbers
from farside.dynamics.vehicle import build_vehicle, without_troubles
from farside.ext.dynamics._plant import PlantModel
from farside.mission import load_mission
from farside.mission.frames import SiteFrame

FRAME = SiteFrame(-41.6385, 206.0148, 1732144.0)
VEHICLE = without_troubles(build_vehicle(load_mission("chang-e-6")))
ZERO = np.zeros(3)
LARGE_NM = VEHICLE["large_torque_nm"]


def plant(height_m=1e5, velocity=(0.0, 0.0, 0.0), mass_kg=3730.0, **vehicle):
    """Put an upright lander over a sphere, its centre of mass so high."""
    start = {
        "r_site": [0.0, 0.0, height_m],
        "v_site": list(velocity),
        "q_site_body": [1.0, 0.0, 0.0, 0.0],
        "omega_body": [0.0] * 3,
        "mass_kg": mass_kg,
    }
    car = {**VEHICLE, **vehicle}
    return PlantModel(car, moon_numbers(FRAME), ground_of(FRAME.radius_m), start)


def burning(thrust_n=6000.0):
    """Burn until the thrust has settled."""
    model = plant()
    model.step(thrust_n, ZERO, 500)
    assert model.plant["engine"]["thrust_n"] == pytest.approx(thrust_n, rel=1e-9)
    return model


def landed(**faults):
    """Drop an almost empty lander at 2.5 m/s; the plant 3 s later."""
    model = plant(1.9, (0.0, 0.0, -2.5), VEHICLE["mass_dry_kg"] + 50.0)
    model.fail(**faults)
    model.step(0.0, ZERO, 300)
    return model.plant


def test_no_fault_changes_no_bit():
    logs = []
    for zeros in ({}, {"thrust_loss": math.nan, "couple_loss": [math.nan] * 6}):
        model = plant()
        model.fail(**zeros)
        log = np.zeros(400, PLANT_ROW)
        torque = np.random.default_rng(2).uniform(-300.0, 300.0, (400, 3))
        model.fly(np.full(400, 5000.0), torque, log)
        logs.append(log.tobytes())
    assert logs[0] == logs[1]


@pytest.mark.parametrize(("loss", "thrust_n"), [(0.3, 4200.0), (-0.1, 6600.0), (9.0, 0.0)])
def test_a_share_of_the_thrust_is_missing(loss, thrust_n):
    model = burning()
    model.fail(thrust_loss=loss)
    model.step(6000.0, ZERO, 600)
    assert model.plant["engine"]["thrust_n"] == pytest.approx(thrust_n, rel=1e-9, abs=1e-9)


def test_an_engine_out_burns_on_when_it_comes_back_without_a_new_ignition():
    model = burning()
    model.fail(engine_out=True)
    model.step(6000.0, ZERO, 600)
    assert model.plant["engine"]["burning"] and model.plant["engine"]["thrust_n"] < 1e-9
    model.fail(engine_out=False)
    model.step(6000.0, ZERO, 20)  # less than the 0.30 s of an ignition
    assert model.plant["engine"]["thrust_n"] > 3000.0


def test_no_start_keeps_a_burning_engine_and_an_unlit_one_off():
    model = burning()
    model.fail(no_start=True)
    model.step(6000.0, ZERO, 100)
    assert model.plant["engine"]["thrust_n"] == pytest.approx(6000.0, rel=1e-9)
    model.step(0.0, ZERO, 600)
    model.step(6000.0, ZERO, 600)
    assert not model.plant["engine"]["burning"] and model.plant["engine"]["thrust_n"] < 1e-9


def test_a_stuck_throttle_keeps_its_thrust_until_the_engine_is_off():
    model = burning(4000.0)
    model.fail(throttle_stuck=True)
    model.step(7000.0, ZERO, 600)
    assert model.plant["engine"]["thrust_n"] == pytest.approx(4000.0, rel=1e-9)
    model.step(0.0, ZERO, 600)
    assert model.plant["engine"]["thrust_n"] < 1e-9
    model.step(7000.0, ZERO, 600)
    assert model.plant["engine"]["thrust_n"] == pytest.approx(4000.0, rel=1e-9)


@pytest.mark.parametrize(("couple", "axis", "sign"), [(0, 0, 1), (1, 0, -1), (2, 1, 1), (5, 2, -1)])
def test_a_couple_that_lost_a_share_turns_less_its_own_way_only(couple, axis, sign):
    loss = [0.0] * 6
    loss[couple] = 0.25
    given = []
    for way in (sign, -sign):
        model = plant()
        model.fail(couple_loss=loss)
        wanted = np.zeros(3)
        wanted[axis] = way * LARGE_NM
        model.step(0.0, wanted, 10)
        torque = model.plant["torque_body"]["xyz"[axis]]
        given.append((torque, model.plant["thruster_used_kg"]))
    assert given[0][0] == pytest.approx(-0.75 * given[1][0])
    assert given[0][1] == pytest.approx(0.75 * given[1][1])


@pytest.mark.parametrize(("couple", "axis", "sign"), [(0, 0, 1), (3, 1, -1), (4, 2, 1)])
def test_a_couple_that_is_stuck_on_turns_and_uses_propellant_all_the_time(couple, axis, sign):
    on = [0] * 6
    on[couple] = 1
    model = plant()
    model.fail(couple_on=on)
    model.step(0.0, ZERO, 100)
    now = model.plant
    assert now["torque_body"]["xyz"[axis]] == sign * LARGE_NM
    assert now["thruster_used_kg"] == pytest.approx(VEHICLE["large_flow_kgps"])
    # a command of the same couple opens nothing more, one of the other stands against it
    wanted = np.zeros(3)
    wanted[axis] = sign * LARGE_NM
    model.step(0.0, wanted, 1)
    assert abs(model.plant["torque_body"]["xyz"[axis]]) == LARGE_NM
    model.step(0.0, -2.0 * wanted, 5)
    assert abs(model.plant["torque_body"]["xyz"[axis]]) < 0.2 * LARGE_NM


@pytest.mark.parametrize(
    ("loss", "command", "flows"),
    [
        ((0.0, 0.0), 0.0, 2.0),  # both of an axis are stuck on: no torque, all the propellant
        ((0.0, 0.25), 0.0, 1.75),
        ((0.0, 0.25), -LARGE_NM, 1.75),
        ((0.0, 1.0), -LARGE_NM, 1.0),  # the other has failed closed: it takes nothing
    ],
)
def test_couples_that_are_open_against_each_other_both_use_propellant(loss, command, flows):
    model = plant()
    model.fail(couple_on=[1, loss[1] < 1.0, 0, 0, 0, 0], couple_loss=[*loss, 0.0, 0.0, 0.0, 0.0])
    wanted = np.array([command, 0.0, 0.0])
    model.step(0.0, wanted, 100)
    now = model.plant
    assert now["torque_body"]["x"] == pytest.approx(LARGE_NM * (loss[1] - loss[0]))
    assert now["thruster_used_kg"] == pytest.approx(flows * VEHICLE["large_flow_kgps"])


def test_a_weak_leg_crushes_more_than_its_neighbours():
    whole, weak = landed(), landed(leg_loss=[0.5] + [0.0] * 7)
    crushed = [
        [touch["crush_m"] for touch in now["contacts"]["touch"][:4]] for now in (whole, weak)
    ]
    assert max(crushed[0]) - min(crushed[0]) < 1e-3
    assert crushed[1][0] > 1.2 * max(crushed[1][1:])


def test_a_lost_leg_touches_nothing_and_the_lander_falls_towards_it():
    now = landed(leg_gone=[1] + [0] * 7)
    assert not now["contacts"]["pads_ever"] & 1
    assert now["contacts"]["pads_ever"] & 0b1110
    w, x, y, z = now["state"]["q_site_body"]
    axis = np.array([2.0 * (x * z + w * y), 2.0 * (y * z - w * x)])
    assert axis @ VEHICLE["point_base_m"][:2] > 0.1


def test_an_unknown_member_is_refused():
    with pytest.raises(TypeError, match="no nozzle that fails"):
        plant().fail(nozzle=1.0)
