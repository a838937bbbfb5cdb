"""The ground gives a lander no energy: every energy of a touchdown summed, tick by tick."""

import math

import numpy as np
import pytest
import test_legs
from reference_dynamics import ground_of, matrix

from farside.dynamics.site_gravity import moon_numbers
from farside.dynamics.vehicle import build_vehicle
from farside.ext.dynamics._plant import PlantModel
from farside.mission import load_mission
from farside.mission.frames import SiteFrame

SLIM = load_mission("slim")
VEHICLE = build_vehicle(SLIM)
FRAME = SiteFrame(-13.316, 25.251, 1736478.0)
MASS = VEHICLE["mass_dry_kg"] + 14.0
ZERO = np.zeros(3)


def about(axis, angle):
    """Return the quaternion of a turn [rad] about an axis."""
    return [math.cos(angle / 2), *(math.sin(angle / 2) * axis / np.linalg.norm(axis))]


def dropped(rng):
    """Drop a lander of small pads at any attitude, turning, on a slope of crushing soil."""
    q = about(rng.normal(size=3), rng.uniform(0.0, math.pi))
    fall = math.tan(math.radians(rng.choice([0.0, 8.0, 15.0, 25.0])))
    ground = ground_of(FRAME.radius_m, lambda u, v: -fall * u)
    com = [0.0, 0.0, SLIM.vehicle.com_height_m(MASS)]
    points = np.array(VEHICLE["point_base_m"]).reshape(-1, 3)[: VEHICLE["points"]] - com
    below = min((p := matrix(q) @ point)[2] + fall * p[0] for point in points)
    state = {
        "r_site": [0.0, 0.0, 0.1 - below],
        "v_site": [*rng.normal(0.0, 0.5, 2), -rng.uniform(0.5, 2.5)],
        "q_site_body": q,
        "omega_body": list(rng.normal(0.0, 0.1, 3)),
        "mass_kg": MASS,
    }
    return PlantModel(VEHICLE, moon_numbers(FRAME), ground, state)


def energy(model, gravity):
    """Sum the energies of motion, height and the springs at pads and hull [J]."""
    state = model.plant["state"]
    r, v, omega = (np.array(state[k]) for k in ("r_site", "v_site", "omega_body"))
    dry, full = (np.array(VEHICLE[f"inertia_{k}_kgm2"]) for k in ("dry", "full"))
    filled = (MASS - VEHICLE["mass_dry_kg"]) / (VEHICLE["mass_full_kg"] - VEHICLE["mass_dry_kg"])
    total = 0.5 * MASS * v @ v + 0.5 * ((dry + filled * (full - dry)) * omega) @ omega
    # the Moon's surface falls off below the plane
    total += MASS * gravity * (r[2] + (r[0] ** 2 + r[1] ** 2) / 2.0 / FRAME.radius_m)
    for i, touch in enumerate(model.plant["contacts"]["touch"][: VEHICLE["points"]]):
        if touch["touching"]:
            k = VEHICLE["stiffness_npm" if i < VEHICLE["legs"] else "body_stiffness_npm"]
            total += 0.5 * k * (touch["depth_m"] ** 2 + touch["stretch_m"] ** 2)
    return total


@pytest.mark.parametrize("seed", range(8))
def test_a_touchdown_gains_no_energy(seed):
    """A step of 10 ms may add 0.1 J of some 500; a pad that met its own pit anew added 39 J."""
    model = dropped(np.random.default_rng(seed))
    gravity = -model.gravity(np.zeros(3))[2]
    before = energy(model, gravity)
    for _ in range(1000):
        model.step(0.0, ZERO, 1)
        now = energy(model, gravity)
        assert now < before + 0.1
        before = now
        if model.plant["at_rest"]:
            break


@pytest.mark.parametrize("tilt_deg", [70.0, 100.0])
def test_a_leg_across_the_normal_does_not_crush(tilt_deg):
    """Crushing relieves no depth there, and against the leg it would add some."""
    model = test_legs.lander(None, 4.0, (0.0, 0.0, -2.0), tilt_deg, bearing_npmn=0.0)
    touched = False
    for _ in range(300):
        model.step(0.0, ZERO, 1)
        leg = matrix(model.plant["state"]["q_site_body"])[2, 2]
        if abs(leg) > 0.45:
            break
        touched = touched or bool(model.plant["contacts"]["pads_now"])
        assert not test_legs.crushes(model.plant).any()
    assert touched
