"""A touchdown in two stages: one leg first, then over it on to the others, on the lander's side."""

import math

import numpy as np
import pytest
from reference_dynamics import ground_of, matrix

import farside
from farside.dynamics.site_gravity import moon_numbers
from farside.dynamics.vehicle import build_vehicle
from farside.ext.dynamics._plant import PlantModel
from farside.flight.lean import angle_deg
from farside.mission import MissionError, load_mission, parse_mission
from farside.mission.attitude import body_z
from farside.mission.files import mission_text
from farside.mission.frames import SiteFrame
from farside.mission.phases import contact_axis

MISSION = load_mission("slim")
FRAME = SiteFrame(-13.316, 25.251, 1736478.0)
VEHICLE = build_vehicle(MISSION)
MASS = VEHICLE["mass_dry_kg"] + 14.0  # what is left of the propellant
COM = float(MISSION.vehicle.com_height_m(MASS))
GRAVITY = 1.6242  # m/s^2
FEET = range(5)
STILL = np.zeros(3)


def about_y(angle_deg):
    half = 0.5 * math.radians(angle_deg)
    return [math.cos(half), 0.0, math.sin(half), 0.0]


def dropped(q, fall_deg, towards=1.0, speed=1.0, seconds=30.0, torque=STILL, vehicle=VEHICLE):
    """Drop it over a plane that falls towards body x, or away; contacts in order, and the end."""
    fall = towards * math.tan(math.radians(fall_deg))
    turn = matrix(q)
    points = np.array(vehicle["point_base_m"]).reshape(-1, 3)[: vehicle["points"]] - [0.0, 0.0, COM]
    # how high the centre must be for each point to be on the plane
    high = max(-(turn @ p)[2] - fall * (turn @ p)[0] for p in points)
    state = {
        "r_site": [0.0, 0.0, high + 0.2],
        "v_site": [0.0, 0.0, -speed],
        "q_site_body": q,
        "omega_body": [0.0, 0.0, 0.0],
        "mass_kg": MASS,
    }
    ground = ground_of(FRAME.radius_m, lambda u, v: -fall * u)
    model = PlantModel(vehicle, moon_numbers(FRAME), ground, state)
    order, now = [], model.plant
    for _ in range(round(seconds * 50.0)):
        model.step(0.0, torque if now["touched"] else STILL, 2)
        now = model.plant
        order += [i for i in FEET if now["contacts"]["pads_ever"] >> i & 1 and i not in order]
        if now["at_rest"] or now["lost"]:
            break
    return order, now


def off_designed_deg(now):
    """Angle of the lander's back from the vertical."""
    return angle_deg(-matrix(now["state"]["q_site_body"])[:, 0], np.array([0.0, 0.0, 1.0]))


@pytest.mark.parametrize("fall_deg", [0.0, 8.0, 15.0])
def test_from_one_leg_over_to_its_front(fall_deg):
    order, now = dropped(about_y(10.0), fall_deg)
    assert order[0] == 0
    assert set(order[1:3]) == {1, 2}
    assert set(order[3:]) == {3, 4}
    assert now["at_rest"] and not now["tipped"]
    assert not now["contacts"]["body_struck"] and not now["contacts"]["belly_struck"]
    # it lies as the ground does, but for what feet crush and sink
    assert off_designed_deg(now) == pytest.approx(fall_deg, abs=2.5)


def test_upright_is_not_how_it_should_rest():
    """Uphill ahead of it, main leg and the two low feet hold it."""
    order, now = dropped(about_y(0.0), 15.0, towards=-1.0, speed=0.2)
    assert set(order) == {0, 1, 2}
    assert now["at_rest"] and now["tipped"]
    assert off_designed_deg(now) > 60.0


def test_a_stander_on_the_same_feet_has_tipped_where_it_should_lie():
    stander = {**VEHICLE, "rest_body": [0.0, 0.0, 1.0]}
    assert dropped(about_y(10.0), 8.0, vehicle=stander)[1]["tipped"]


def test_the_push_turns_it_over_sooner():
    def over_s(torque):
        """When the high feet touch."""
        for tenths in range(5, 90, 5):
            order, _ = dropped(about_y(10.0), 0.0, seconds=0.1 * tenths, torque=torque)
            if set(order) == set(FEET):
                return 0.1 * tenths
        return math.inf

    couple = np.array([0.0, MISSION.vehicle.thrusters.large_couple_nm, 0.0])
    assert over_s(couple) < over_s(STILL) < 9.0


def test_lying_its_four_feet_crush_and_carry_along_their_own_axis():
    """Dropped flat on its front: the four share weight and energy, the main leg has nothing."""
    _, now = dropped(about_y(90.0), 0.0, speed=1.4)
    touches = now["contacts"]["touch"][:5]
    assert now["at_rest"] and touches[0]["crush_m"] == 0.0
    crush = np.array([touch["crush_m"] for touch in touches[1:]])
    sunk = np.array([touch["sunk_m"] for touch in touches[1:]])
    assert sum(touch["push_n"] for touch in touches) == pytest.approx(MASS * GRAVITY, rel=5e-3)
    assert (sunk > 0.0).all() and (crush + sunk < 0.15).all()
    # what crush and sinkage took is no more than what came in
    came_in = 0.5 * MASS * 1.4**2 + MASS * GRAVITY * (0.2 + (crush + sunk).mean())
    taken = sum(2500.0 * c for c in crush) + 0.5 * VEHICLE["bearing_npmn"] * np.sum(sunk**2)
    assert 0.5 * came_in < taken < 1.02 * came_in
    # and the centre of mass stands over the pads less what is crushed
    assert now["state"]["r_site"][2] == pytest.approx(0.55 - (crush + sunk).mean(), abs=0.02)


# ---- flown -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def landing():
    return farside.land("slim", seed=0, cameras=False)


def test_it_leans_downhill_at_its_rate_and_touches_so(landing):
    names = [row.name for row in MISSION.phases]
    rows = landing.telemetry
    late = rows[rows["phase"] == names.index("lean")][-20:]
    assert np.abs(late["v_site"][:, 2] + 1.0).max() < 0.1
    axis = np.array([math.sin(math.radians(238.0)), math.cos(math.radians(238.0)), 0.0])
    axis = math.cos(math.radians(80.0)) * axis + [0.0, 0.0, math.sin(math.radians(80.0))]
    assert angle_deg(body_z(late["q_site_body"][-1]), axis) < 1.5
    assert landing.touchdown.tilt_deg < 1.5
    assert contact_axis(MISSION.phases) == (80.0, 238.0)


def test_it_rests_on_its_side_and_that_is_a_safe_landing(landing):
    assert landing.outcome == "landed" and landing.safe
    last = landing.telemetry[-1]["q_site_body"]
    assert angle_deg(body_z(last), np.array([0.0, 0.0, 1.0])) > 60.0
    assert landing.touchdown.rest_tilt_deg < 25.0
    # thrusters push once a leg touches, in the row behind the fall, and never after push_s
    rows = landing.telemetry
    number = len(MISSION.phases) - 1
    rolling = rows[rows["phase"] == number]
    torque = np.abs(rolling["cmd_torque_nm"]).max(axis=1)
    couple = MISSION.vehicle.thrusters.large_couple_nm
    assert torque[10:200].max() == pytest.approx(couple)
    assert not torque[305:].any()
    assert not rolling["cmd_thrust_n"].any()


# ---- what a file may say -----------------------------------------------------------------------


def changed(old, new):
    text = mission_text("slim")
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("count = 5 ", "count = 4 ", "4 legs with 5 feet"),
        ('stand = "disc"', 'stand = "legs"', 'give "disc"'),
        ("pitch_deg = 80.0 ", "pitch_deg = 30.0 ", "leans too far"),
        (
            "pitch_deg = 0.0                 # ours\nazimuth_deg = 238.0\npush_s",
            "push_s",
            "push_s needs an axis",
        ),
        ("back_m = -0.95", "back_m = 0.95", "is not below front_m"),
        ("rest_up_body = [-1.0, 0.0, 0.0]", "rest_up_body = [-1.0, 1.0, 0.0]", "unit vector"),
        ("inwards_body = [-1.0, 0.0, 0.0]", "inwards_body = [0.0, 0.0, 0.0]", "unit vector"),
    ],
)
def test_refusals(old, new, said):
    with pytest.raises(MissionError, match=said.replace("(", r"\(")):
        parse_mission(changed(old, new))
