"""Ground that yields under a pad: sinkage from energy, rest from weight, and convergence."""

import math

import numpy as np
import pytest
from reference_dynamics import ground_of, matrix

from farside.dynamics.site_gravity import moon_numbers
from farside.dynamics.vehicle import build_vehicle, without_troubles
from farside.ext.dynamics._plant import PlantModel
from farside.flight.outcome import name_outcome
from farside.mission import MissionError, load_mission
from farside.mission.frames import SiteFrame
from farside.mission.regolith import Regolith

MISSION = load_mission("chang-e-6")
FRAME = SiteFrame(-41.6385, 206.0148, 1732144.0)
RIGID = without_troubles(build_vehicle(MISSION))
BEARING = MISSION.regolith.bearing(0.2)
SOFT = {**RIGID, "bearing_npmn": BEARING}
MASS = RIGID["mass_dry_kg"] + 103.0
GRAVITY = 1.6340
ZERO = np.zeros(3)


def lander(vehicle, speed=2.0, base=0.005, height=None, tick_s=0.01, sideways=0.0):
    """Put an upright lander just above the ground, coming down."""
    state = {
        "r_site": [0.0, 0.0, 1.7575 + base],
        "v_site": [sideways, 0.0, -speed],
        "q_site_body": [1.0, 0.0, 0.0, 0.0],
        "omega_body": [0.0] * 3,
        "mass_kg": MASS,
    }
    ground = ground_of(FRAME.radius_m, height)
    return PlantModel(vehicle, moon_numbers(FRAME), ground, state, tick_s)


def settled(model, seconds=20.0, tick_s=0.01):
    for _ in range(round(seconds / (10 * tick_s))):
        model.step(0.0, ZERO, 10)
        if model.plant["at_rest"]:
            break
    return model.plant


def of_pads(plant, name):
    return np.array([touch[name] for touch in plant["contacts"]["touch"][:4]])


def test_published_strengths_are_met():
    """Surveyor's 0.2 N/cm^2 at 1 mm and 5.5 at 5 cm within a factor of 3; Bekker's numbers."""
    ground = Regolith()
    area = math.pi * 0.2**2
    pressure = [ground.bearing(0.2) * z / area for z in (0.001, 0.05)]
    assert pressure[1] == pytest.approx(0.05 * (1400.0 / 0.2 + 820e3))
    assert 2e3 / 3.0 < pressure[0] < 2e3 and 5.5e4 / 3.0 < pressure[1] < 5.5e4
    assert Regolith(rigid=True).bearing(0.2) == 0.0


def test_a_slow_pad_sinks_until_the_ground_has_taken_its_energy():
    """Legs that do not crush, nearly without give: m v^2/8 + m g z/4 = B z^2/2 for each of four."""
    stiff = {**SOFT, "crush_force_n": [1e9] * 8, "stiffness_npm": 5e7, "damping_nspm": 0.0}
    speed = 0.6
    sunk = of_pads(settled(lander(stiff, speed), 3.0), "sunk_m")
    share, weight = MASS / 4.0, MASS * GRAVITY / 4.0
    fall = 0.5 * share * (speed**2 + 2.0 * GRAVITY * 0.005)
    expected = (weight + math.sqrt(weight**2 + 2.0 * BEARING * fall)) / BEARING
    np.testing.assert_allclose(sunk, expected, rtol=0.02)


def test_a_leg_crushed_to_its_stop_is_as_stiff_on_firm_ground_as_on_rigid():
    firm = {**RIGID, "bearing_npmn": 1e12}
    lowest = []
    for vehicle in (RIGID, firm):
        model, low = lander(vehicle, 9.0), 10.0
        for _ in range(60):
            model.step(0.0, ZERO)
            low = min(low, model.plant["state"]["r_site"][2])
        assert of_pads(model.plant, "crush_m") == pytest.approx(RIGID["stroke_m"][0])
        lowest.append(low)
    # one substep of 9 m/s, until it bears, and no more
    assert lowest[0] - 0.005 < lowest[1] < lowest[0] + 0.001


def test_hard_landings_sink_as_apollos_pads_did():
    """2 to 20 cm; then the leg, at the force that crushes it, and the ground have shared it."""
    now = settled(lander(SOFT, 2.8))
    sunk, crushed = of_pads(now, "sunk_m"), of_pads(now, "crush_m")
    assert now["at_rest"] and 0.02 < sunk.min() and sunk.max() < 0.20
    # the ground bears the crush force where it stops to sink
    assert sunk.max() <= RIGID["crush_force_n"][0] / BEARING + 1e-3
    rigid = settled(lander(RIGID, 2.8))
    assert crushed.max() < of_pads(rigid, "crush_m").min()


def test_a_standing_lander_weighs_what_it_should():
    now = settled(lander(SOFT))
    assert of_pads(now, "push_n").sum() == pytest.approx(MASS * GRAVITY, rel=2e-3)


@pytest.mark.parametrize("exponent", [0.7, 1.0, 1.4])
def test_half_the_step_gives_the_same_sinkage(exponent):
    """Substeps of 0.5 and 0.125 ms: within 2 % of each other, whatever the law's exponent."""
    car = {**SOFT, "bearing_exponent": exponent}
    sunk = [
        of_pads(settled(lander(car, 2.0, tick_s=tick), 4.0, tick), "sunk_m")
        for tick in (0.01, 0.0025)
    ]
    np.testing.assert_allclose(sunk[0], sunk[1], rtol=0.02)
    assert sunk[0].min() > 0.005


def test_a_lander_on_yielding_ground_keeps_still():
    now = settled(lander(SOFT, 1.5, sideways=0.4))
    assert now["at_rest"] and not now["tipped"] and not now["lost"]
    assert matrix(now["state"]["q_site_body"])[2, 2] > math.cos(math.radians(2.0))


def test_a_pad_that_comes_down_elsewhere_finds_fresh_ground():
    """A hop of its engine, tilted through the centre of mass: down again softly, a pad away."""
    tilted = {
        **SOFT, "thrust_axis_body": [0.4, 0.0, 0.9165], "thrust_at_base_m": [0.0, 0.0, 1.7575],
        "lag_s": 0.0, "ignition_ticks": 0,
    }  # fmt: skip
    model = lander(tilted, 2.5)
    first = of_pads(settled(model), "sunk_m")
    place = np.array([at["x"] for at in of_pads(model.plant, "sunk_at")])
    model.step(4000.0, ZERO, 70)
    now = settled(model)
    moved = np.array([at["x"] for at in of_pads(now, "sunk_at")]) - place
    assert now["at_rest"] and moved.min() > 0.25
    assert of_pads(now, "sunk_m").max() < 0.7 * first.min()


@pytest.mark.parametrize(
    ("belly", "outcome"), [(True, "belly_struck"), (False, "landed")], ids=["struck", "clear"]
)
def test_a_belly_strike_is_an_outcome(belly, outcome):
    class Loop:
        touchdown = (
            100,
            {"r_site": np.zeros(3), "v_site": np.array([0.0, 0.0, -2.0])},
        )

    class Flight:
        loop, mission, frame = Loop, MISSION, FRAME

    ended = {"rest": True, "tipped": False, "belly": belly, "body": False, "empty": False,
             "lost": False}  # fmt: skip
    assert name_outcome(Flight, ended) == outcome


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("regolith.frictional_npm3", 0.0),
        ("regolith.exponent", 3.0),
        ("regolith.cohesive_npm2", -1.0),
        ("vehicle.engine.noise_hz", 51.0),
        ("vehicle.engine.overshoot", 1.0),
        ("vehicle.engine.throttle_step_n", -1.0),
        ("vehicle.thrusters.large_rise_s", -0.1),
        ("vehicle.body.products_full_kgm2", (5000.0, 0.0, 0.0)),
        ("dispersions.thrust_misalignment_deg", 11.0),
        ("dispersions.thruster_imbalance_percent", 46.0),
    ],
)
def test_values_out_of_range_are_refused_in_one_line(key, value):
    if key.startswith("dispersions."):
        value = {"three_sigma": value}
    with pytest.raises(MissionError) as refused:
        MISSION.replace(key, value)
    assert key.rpartition(".")[2] in str(refused.value) and "\n" not in str(refused.value)
