"""A solid motor that is dropped: what it gives and weighs, in truth, aboard and in flight."""

import math

import numpy as np
import pytest
from reference_dynamics import ground_of
from test_thrusters import FRAME, TICK

from farside.dynamics.lander import PLANT_ROW
from farside.dynamics.site_gravity import moon_numbers
from farside.dynamics.vehicle import build_vehicle, without_troubles
from farside.ext.dynamics._plant import PlantModel
from farside.flight import land
from farside.flight.ideal import ideal_start
from farside.mission import MissionError, load_mission, oddities
from farside.mission.retro import retro_numbers

MISSION = load_mission("surveyor-1")
RETRO = MISSION.vehicle.retro
VEHICLE = without_troubles(build_vehicle(MISSION))


def coast(seconds, torque_nm=(0.0, 0.0, 0.0), vehicle=VEHICLE):
    """Return the log of a plant far up, its engine off, body z up."""
    ticks = round(seconds / TICK)
    start = {
        "r_site": [0.0, 0.0, 1e6], "v_site": [0.0] * 3, "q_site_body": [1.0, 0.0, 0.0, 0.0],
        "omega_body": [0.0] * 3, "mass_kg": MISSION.vehicle.start_mass_kg,
    }  # fmt: skip
    model = PlantModel(vehicle, moon_numbers(FRAME), ground_of(FRAME.radius_m), start)
    log = np.zeros(ticks, PLANT_ROW)
    model.fly(np.zeros(ticks), np.tile(np.array(torque_nm, np.float64), (ticks, 1)), log)
    return log


def test_it_gives_what_the_rocket_equation_says_and_goes():
    log = coast(RETRO.gone_s + 2.0)
    m0 = MISSION.vehicle.start_mass_kg
    ideal = RETRO.isp_s * 9.80665 * math.log(m0 / (m0 - RETRO.propellant_kg))
    assert log["dv_body"][:, 2].sum() == pytest.approx(ideal, rel=2e-5)
    lit, out = round(RETRO.ignition_s / TICK), round((RETRO.ignition_s + RETRO.burn_s) / TICK)
    assert (log["dv_body"][: lit - 1, 2] == 0.0).all()
    assert (log["dv_body"][out + 1 :, 2] == 0.0).all()
    gone = round(RETRO.gone_s / TICK)
    assert log["mass_kg"][out] == pytest.approx(m0 - RETRO.propellant_kg)
    assert log["mass_kg"][gone - 3] == pytest.approx(m0 - RETRO.propellant_kg)
    assert log["mass_kg"][gone + 2] == pytest.approx(MISSION.vehicle.descent_mass_kg)
    assert log["thruster_used_kg"][-1] == 0.0


def test_it_makes_the_lander_harder_to_turn_while_it_is_there():
    """A pulse of the same torque before and after: I = torque over angular acceleration."""
    torque = (0.0, 10.0, 0.0)
    loaded = coast(1.0, torque)["omega_body"][-1, 1]
    none = {**VEHICLE, "retro": retro_numbers(None)}
    alone = coast(1.0, torque, none)["omega_body"][-1, 1]
    own = MISSION.vehicle.body.inertia_full_kgm2[1]
    assert alone / loaded == pytest.approx((own + RETRO.inertia_kgm2[1]) / own, rel=0.02)


def test_a_lander_without_one_has_none():
    numbers = build_vehicle(load_mission("chang-e-6"))["retro"]
    assert numbers == retro_numbers(None)
    assert load_mission("chang-e-6").vehicle.start_mass_kg == 3730.0


def test_the_flight_side_knows_its_mass_and_place_through_the_burn():
    landing = land(MISSION, seed=1)
    rows = landing.telemetry
    after = rows[round((RETRO.gone_s + 1.0) / TICK)]
    assert after["est_mass_kg"] == pytest.approx(after["mass_kg"], rel=0.015)
    off = np.linalg.norm(after["est_v_site"] - after["v_site"])
    assert off < 1.0
    assert landing.outcome == "landed"
    start = next(phase for phase in landing.phases if phase.name == "start")
    # from memory: about 130 to 137 m/s after the motor, 10 to 11 km up
    assert 90.0 < -start.vertical_speed_mps < 180.0
    assert 9e3 < start.height_m < 12e3
    # the motor is no propellant of the lander's
    assert landing.propellant_kg < MISSION.vehicle.usable_propellant_kg
    assert landing.landed_mass_kg == pytest.approx(294.0, rel=0.05)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("vehicle.retro.thrust_n", 1e9, "burns for"),
        ("vehicle.retro.propellant_kg", -1.0, "propellant_kg"),
        ("orbit.pdi_speed_mps", 3100.0, "below 3000"),
    ],
)
def test_what_is_none_is_refused(key, value, said):
    with pytest.raises(MissionError, match=said):
        MISSION.replace(key, value)


def test_what_is_odd_is_told():
    late = oddities(MISSION.replace("vehicle.retro.drop_s", 30.0))
    assert any(line.startswith("vehicle.retro.drop_s: the motor is dropped at") for line in late)
    strong = oddities(MISSION.replace("vehicle.retro.isp_s", 400.0))
    assert any("more than the 2600 m/s there are" in line for line in strong)


def test_a_world_without_the_motor_refuses_it():
    with pytest.raises(MissionError, match="a motor that is dropped"):
        ideal_start(MISSION)
