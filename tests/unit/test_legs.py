"""Touchdown on the true ground: what a lander on four crushing legs must do."""

import math

import numpy as np
import pytest
from reference_dynamics import ground_of, matrix

from farside.dynamics.site_gravity import moon_numbers
from farside.dynamics.vehicle import build_vehicle, without_troubles
from farside.ext.dynamics._plant import PlantModel
from farside.mission import load_mission
from farside.mission.frames import SiteFrame

MISSION = load_mission("chang-e-6")
FRAME = SiteFrame(-41.6385, 206.0148, 1732144.0)
VEHICLE = without_troubles(build_vehicle(MISSION))
ZERO = np.zeros(3)
MASS = VEHICLE["mass_dry_kg"] + 103.0  # a twentieth of the propellant left
COM = 1.75 + 0.05 * 0.15  # m above the footpads, so loaded
INERTIA = np.array([2700.0, 2700.0, 2300.0]) + 0.05 * np.array([2500.0, 2500.0, 1900.0])
GRAVITY = 1.6340  # m/s^2 at the site's radius


def lander(height=None, base=2.0, velocity=(0.0, 0.0, -1.5), tilt_deg=0.0, **vehicle):
    """Put a lander with its base over the site's origin, tilted about body y, engine off."""
    half = math.radians(tilt_deg) / 2.0
    q = [math.cos(half), 0.0, math.sin(half), 0.0]
    place = np.array([0.0, 0.0, base]) + COM * matrix(q)[:, 2]
    state = {
        "r_site": place.tolist(),
        "v_site": list(velocity),
        "q_site_body": q,
        "omega_body": [0.0, 0.0, 0.0],
        "mass_kg": MASS,
    }
    ground = ground_of(FRAME.radius_m, height)
    return PlantModel({**VEHICLE, **vehicle}, moon_numbers(FRAME), ground, state)


def settle(model, seconds=30.0):
    """Coast until it is at rest; the plant then."""
    for _ in range(round(seconds * 10.0)):
        model.step(0.0, ZERO, 10)
        now = model.plant
        if now["at_rest"] or now["lost"]:
            break
    return now


def tilt_deg(plant):
    return math.degrees(math.acos(min(1.0, matrix(plant["state"]["q_site_body"])[2, 2])))


def crushes(plant):
    return np.array([touch["crush_m"] for touch in plant["contacts"]["touch"][:4]])


def slope(angle_deg):
    """Make a plane that falls towards the east."""
    fall = math.tan(math.radians(angle_deg))
    return lambda u, v: -fall * u


def on_slope(angle_deg, **vehicle):
    """Stand a lander on a slope, its pads 1 cm above it along its axis."""
    return lander(slope(angle_deg), 0.01, (0.0, 0.0, 0.0), angle_deg, **vehicle)


def energy(model):
    """Mechanical energy on flat ground [J]: of motion, height, and the springs at the pads."""
    plant = model.plant
    state = plant["state"]
    r, v, omega = (np.array(state[k]) for k in ("r_site", "v_site", "omega_body"))
    total = 0.5 * MASS * v @ v + 0.5 * omega @ (INERTIA * omega)
    total -= MASS * np.array(model.gravity(np.zeros(3))) @ r
    for i, touch in enumerate(plant["contacts"]["touch"][:4]):
        point = np.array(VEHICLE["point_base_m"][3 * i : 3 * i + 3])
        point[2] += touch["crush_m"] - COM
        place = r + matrix(state["q_site_body"]) @ point
        hold = np.array([touch["hold"][axis] for axis in "xyz"])
        if touch["touching"] and place[2] < 0.0:
            stretch = np.hypot(*(place - hold)[:2])
            total += 0.5 * VEHICLE["stiffness_npm"] * (place[2] ** 2 + stretch**2)
    return total


# ---- flat ground -------------------------------------------------------------------------------


def test_drop_from_cut_off_comes_to_rest_upright():
    now = settle(lander())
    assert now["at_rest"] and not now["tipped"] and not now["contacts"]["belly_struck"]
    assert now["contacts"]["pads_ever"] == 0b1111
    assert tilt_deg(now) < 0.1
    # first contact at sqrt(1.5^2 + 2 g 2 m), as an energy says
    speed = math.sqrt(1.5**2 + 2.0 * GRAVITY * 2.0)
    assert -now["touchdown"]["v_site"][2] == pytest.approx(speed, abs=2e-3)
    # each leg takes a quarter of what came in: crush force times crush, the damper the rest
    came_in = 0.5 * MASS * speed**2 / 4.0
    assert 0.5 * came_in < 11000.0 * crushes(now).mean() < came_in + MASS * GRAVITY / 4.0 * 0.35
    assert np.ptp(crushes(now)) < 1e-3


def test_standing_lander_weighs_what_it_should():
    now = settle(lander())
    touches = now["contacts"]["touch"][:4]
    assert sum(touch["push_n"] for touch in touches) == pytest.approx(MASS * GRAVITY, rel=1e-3)
    # and its centre of mass stands above the pads less crush and squeeze
    sunk = crushes(now).mean() + MASS * GRAVITY / 4.0 / 250e3
    assert now["state"]["r_site"][2] == pytest.approx(COM - sunk, abs=1e-4)


@pytest.mark.parametrize("speed", [3.0, 3.8])
def test_legs_stop_the_design_speed_inside_their_stroke(speed):
    now = settle(lander(base=0.01, velocity=(0.0, 0.0, -speed)))
    assert crushes(now).max() < 0.35
    assert not now["contacts"]["belly_struck"]


def test_too_fast_a_landing_strikes_the_belly():
    now = settle(lander(base=0.5, velocity=(0.0, 0.0, -10.0)))
    np.testing.assert_allclose(crushes(now), 0.35)
    assert now["contacts"]["belly_struck"] and not now["contacts"]["body_struck"]


@pytest.mark.parametrize(
    "velocity", [(0.0, 0.0, -1.5), (1.0, 0.5, -1.5), (0.7, -0.7, -2.0), (2.0, 0.0, -1.0)]
)
def test_energy_never_grows_in_contact(velocity):
    model = lander(base=0.3, velocity=velocity)
    before = first = energy(model)
    for _ in range(600):
        model.step(0.0, ZERO)
        now = energy(model)
        assert now - before < 1e-6 * first
        before = now
    assert np.linalg.norm(model.plant["state"]["v_site"]) < 0.01  # and the rest is height


def test_sliding_stops_where_friction_says():
    """Set down flat at 1 m/s with stiff legs: v^2 / 2 mu g."""
    model = lander(base=0.0, velocity=(1.0, 0.0, 0.0), crush_force_n=[1e6] * 8, damping_nspm=2e4)
    now = settle(model)
    assert now["state"]["r_site"][0] == pytest.approx(1.0 / (2.0 * 0.6 * GRAVITY), rel=0.05)


def test_imu_feels_the_stop():
    model = lander(base=0.2)
    felt = 0.0
    for _ in range(400):
        model.step(0.0, ZERO)
        felt += model.plant["dv_body"]["z"]
    # from -1.5 m/s to rest under gravity for 4 s, upright
    assert felt == pytest.approx(1.5 + 4.0 * GRAVITY, abs=2e-3)


# ---- slopes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("angle_deg", [5.0, 10.0, 25.0])
def test_rests_on_a_slope_without_creeping(angle_deg):
    model = on_slope(angle_deg)
    now = settle(model)
    assert now["at_rest"]
    assert tilt_deg(now) == pytest.approx(angle_deg, abs=0.3)
    place = np.array(now["state"]["r_site"])
    model.step(0.0, ZERO, 6000)
    assert np.linalg.norm(np.array(model.plant["state"]["r_site"]) - place) < 1e-4  # 0.1 mm/min


def test_slides_above_the_angle_of_friction_as_coulomb_says():
    """Friction 0.6 holds to 31 deg; at 35 deg it slides by g (sin - mu cos)."""
    angle = math.radians(35.0)
    model = on_slope(35.0)
    model.step(0.0, ZERO, 200)
    early = np.linalg.norm(model.plant["state"]["v_site"])
    model.step(0.0, ZERO, 400)
    late = np.linalg.norm(model.plant["state"]["v_site"])
    expected = GRAVITY * (math.sin(angle) - 0.6 * math.cos(angle))
    assert (late - early) / 4.0 == pytest.approx(expected, rel=0.03)
    assert not model.plant["at_rest"]


def test_upright_drop_on_a_slope_lies_down_to_it():
    now = settle(lander(slope(10.0), base=1.0))
    assert now["at_rest"] and not now["tipped"]
    assert tilt_deg(now) == pytest.approx(10.0, abs=1.0)


def test_steep_slope_tips_it_over():
    """At 35 deg, dropped upright from 1 m above the slope's highest pad, with a rough hold."""
    now = settle(lander(slope(35.0), base=2.4, friction=1.5), 12.0)
    assert now["tipped"] and now["contacts"]["body_struck"]


# ---- tipping -----------------------------------------------------------------------------------


def wall(u, v):
    """Raise a bank 1 m high just before the leading footpads."""
    return np.clip((u - 1.95) / 0.3, 0.0, 1.0)


@pytest.mark.parametrize(("speed", "tips"), [(1.0, False), (2.0, False), (3.0, True), (4.0, True)])
def test_a_bank_trips_a_fast_lander(speed, tips):
    """To lift 1.75 m over pads 1.70 m away takes 2.3 m/s at least, and some goes into the legs."""
    now = settle(lander(wall, 0.03, (speed, 0.0, -0.5)))
    assert bool(now["tipped"]) == tips
    assert (tilt_deg(now) > 60.0) == tips


def test_sideways_on_flat_ground_it_slides_rather_than_tips():
    """Friction 0.6 pulls at 1.05 m of lever for each 1.70 m that the pads stand out."""
    now = settle(lander(velocity=(3.0, 0.0, -1.5)))
    assert now["at_rest"] and not now["tipped"]
    assert now["state"]["r_site"][0] > 2.0


def test_upside_down_it_rests_on_its_body():
    now = settle(lander(base=5.0, velocity=(0.0, 0.0, 0.0), tilt_deg=170.0))
    assert now["tipped"] and now["at_rest"] and now["contacts"]["body_struck"]


# ---- uneven ground -----------------------------------------------------------------------------


def test_a_rock_lifts_the_pad_that_stands_on_it():
    """A rock 0.2 m high under the north-east pad: the lander leans away from it."""

    def rock(u, v):
        return 0.2 * ((np.hypot(u - 1.70, v - 1.70) < 0.35) * 1.0)

    now = settle(lander(rock, base=0.3, velocity=(0.0, 0.0, -0.3)))
    axis = matrix(now["state"]["q_site_body"])[:, 2]
    assert now["at_rest"]
    # 0.2 m over the 4.8 m of the diagonal; two of four pads carry, so it leans half or all of it
    assert -axis[0] == pytest.approx(-axis[1], abs=0.01)
    lean = math.degrees(math.asin(math.hypot(axis[0], axis[1])))
    assert 0.8 < lean < math.degrees(math.asin(0.2 / 2.4)) + 0.5


def test_a_rock_between_the_legs_strikes_the_belly():
    def rock(u, v):
        return 0.5 * ((np.hypot(u, v) < 0.4) * 1.0)

    now = settle(lander(rock))
    assert now["contacts"]["belly_struck"]


def test_rough_ground_holds_every_pad_on_its_surface():
    rng = np.random.default_rng(4)
    phases = rng.uniform(0.0, 2.0 * math.pi, (12, 3))

    def waves(u, v):
        z = np.zeros_like(u)
        for heading, first, _ in phases:
            z += 0.02 * np.sin(1.7 * (u * math.cos(heading) + v * math.sin(heading)) + first)
        return z

    model = lander(waves, base=0.8)
    now = settle(model)
    assert now["at_rest"] and not now["tipped"]
    state, up = now["state"], []
    for i in range(4):
        point = np.array(VEHICLE["point_base_m"][3 * i : 3 * i + 3])
        point[2] += crushes(now)[i] - COM
        u, v, z = np.array(state["r_site"]) + matrix(state["q_site_body"]) @ point
        up.append(z - float(waves(np.array(u), np.array(v))))
    # no pad hangs deep in the ground, nor do fewer than three touch it (a pad's disc may bridge)
    assert min(up) > -0.03
    assert sum(height < 0.03 for height in up) >= 3


def test_an_engine_left_running_still_lands_softly():
    """Hover thrust on the ground: no jump, no number lost."""
    model = lander(base=0.5, velocity=(0.0, 0.0, -0.5))
    model.step(0.6 * MASS * GRAVITY, np.array([50.0, 0.0, 0.0]), 1000)
    now = model.plant
    assert now["contacts"]["pads_now"] == 0b1111 and not now["lost"]
    assert np.linalg.norm(now["state"]["v_site"]) < 0.01
