"""The truth in flight: invariants, closed forms, and a second integration of the same physics."""

import math

import numpy as np
import pytest
from reference_dynamics import (
    GM,
    ROTATION,
    Twin,
    degree_two_potential,
    ground_of,
    matrix,
    product,
    site_to_inertial,
    turn_about_z,
)

from farside.dynamics.lander import PLANT_ROW, Lander, LanderState
from farside.dynamics.site_gravity import moon_numbers
from farside.dynamics.vehicle import Dispersion, build_vehicle, without_troubles
from farside.ext.dynamics._plant import PlantModel
from farside.mission import load_mission
from farside.mission.frames import SiteFrame

MISSION = load_mission("chang-e-6")
FRAME = SiteFrame(-41.6385, 206.0148, 1737400.0 - 5256.0)
VEHICLE = without_troubles(build_vehicle(MISSION))
ZERO = np.zeros(3)
UPRIGHT = {
    "r_site": [0.0, 0.0, 15000.0],
    "v_site": [0.0, 0.0, 0.0],
    "q_site_body": [1.0, 0.0, 0.0, 0.0],
    "omega_body": [0.0, 0.0, 0.0],
    "mass_kg": 3730.0,
}


def plant(state=UPRIGHT, vehicle=VEHICLE, moon=None, tick_s=0.01):
    """Make a plant over a sphere far below."""
    ground = ground_of(FRAME.radius_m)
    return PlantModel(
        vehicle, {**moon_numbers(FRAME), **(moon or {})}, ground, {**UPRIGHT, **state}, tick_s
    )


def inertial(model, t):
    state = model.plant["state"]
    return site_to_inertial(FRAME, state["r_site"], state["v_site"], t)


# ---- orbits ------------------------------------------------------------------------------------

ORBIT = {"r_site": [20e3, -10e3, 40e3], "v_site": [-1560.0, 680.0, 30.0]}
PERIOD_S = 7200


def orbit(moon):
    """Inertial place and velocity at quarters of a revolution at 100 Hz, with the times."""
    model = plant(ORBIT, moon=moon)
    places = [(0.0, *inertial(model, 0.0))]
    for quarter in range(1, 5):
        model.step(0.0, ZERO, PERIOD_S * 25)
        places.append((PERIOD_S / 4.0 * quarter, *inertial(model, PERIOD_S / 4.0 * quarter)))
    assert not model.plant["touched"]
    return places


def relative_change(values):
    values = np.array(values)
    return np.abs(values - values[0]).max() / np.linalg.norm(values[0])


def test_point_mass_keeps_energy_and_the_vector_of_angular_momentum():
    places = orbit({"j2": 0.0, "c22": 0.0})
    assert relative_change([v @ v / 2.0 - GM / np.linalg.norm(r) for _, r, v in places]) < 1e-10
    assert relative_change([np.cross(r, v) for _, r, v in places]) < 1e-10


def test_oblate_moon_keeps_energy_and_polar_angular_momentum():
    places = orbit({"c22": 0.0})
    energy = [v @ v / 2.0 - degree_two_potential(r, c22=0.0) for _, r, v in places]
    polar = [np.cross(r, v)[2:] for _, r, v in places]
    across = [np.cross(r, v)[:2] for _, r, v in places]
    assert relative_change(energy) < 1e-10
    assert relative_change(polar) < 1e-10
    assert relative_change(across) > 1e-6  # the node does turn


def test_triaxial_moon_keeps_the_jacobi_integral():
    places = orbit({})
    jacobi, energy = [], []
    for t, r, v in places:
        r_moon = turn_about_z(-ROTATION * t) @ r
        # E - w . (r x v), which is v_rel^2 / 2 - |w x r|^2 / 2 - U
        energy.append(v @ v / 2.0 - degree_two_potential(r_moon))
        jacobi.append(energy[-1] - ROTATION * np.cross(r, v)[2])
    assert relative_change(jacobi) < 1e-10
    assert relative_change(energy) > 1e-9  # which the turning field changes


def test_radial_fall_takes_the_time_of_the_closed_form():
    """A fall from rest in inertial space: t = sqrt(r0^3 / 2 GM) (acos s + s sqrt(1 - s^2))."""
    turning = {"omega_site": {"x": 0.0, "y": 0.0, "z": 0.0}}
    model = plant(moon={"j2": 0.0, "c22": 0.0, **turning})
    model.step(0.0, ZERO, 12000)
    r0 = FRAME.radius_m + 15000.0
    share = (FRAME.radius_m + model.plant["state"]["r_site"][2]) / r0
    s = math.sqrt(share)
    time = math.sqrt(r0**3 / (2.0 * GM)) * (math.acos(s) + s * math.sqrt(1.0 - share))
    assert time == pytest.approx(120.0, abs=1e-7)


# ---- attitude ----------------------------------------------------------------------------------


def test_free_body_keeps_rotational_energy_and_angular_momentum():
    model = plant(
        {"omega_body": [0.3, -0.2, 0.1], "r_site": [0.0, 0.0, 3e6]},
        {**VEHICLE, "inertia_full_kgm2": [5200.0, 4700.0, 4200.0]},
    )
    inertia = np.array([5200.0, 4700.0, 4200.0])

    def spin(t):
        state = model.plant["state"]
        omega = np.array(state["omega_body"])
        momentum_site = matrix(state["q_site_body"]) @ (inertia * omega)
        momentum = turn_about_z(ROTATION * t) @ FRAME.moon_to_site.T @ momentum_site
        return omega @ (inertia * omega), momentum

    spins = [spin(0.0)]
    for k in range(1, 7):
        model.step(0.0, ZERO, 10000)
        spins.append(spin(100.0 * k))
    energy, momentum = zip(*spins, strict=True)
    assert relative_change(energy) < 1e-9
    assert relative_change(momentum) < 1e-9


# ---- engine ------------------------------------------------------------------------------------


def test_rocket_equation_and_what_the_imu_felt():
    model = plant(moon={"gm": 0.0})
    log = np.zeros(30000, PLANT_ROW)
    model.fly(np.full(30000, 7000.0), np.zeros((30000, 3)), log)
    state = model.plant["state"]
    speed = 310.0 * 9.80665 * math.log(3730.0 / state["mass_kg"])
    # without gravity the turning frame alone bends the way: compare the inertial change
    start = site_to_inertial(FRAME, UPRIGHT["r_site"], UPRIGHT["v_site"], 0.0)[1]
    assert np.linalg.norm(inertial(model, 300.0)[1] - start) == pytest.approx(speed, abs=1e-8)
    assert log["dv_body"][:, 2].sum() == pytest.approx(speed, abs=1e-8)
    assert model.plant["engine_used_kg"] == pytest.approx(3730.0 - state["mass_kg"], abs=1e-8)


def test_ignition_waits_and_thrust_lags():
    model = plant()
    log = np.zeros(200, PLANT_ROW)
    command = np.full(200, 6000.0)
    command[150:] = 0.0
    model.fly(command, np.zeros((200, 3)), log)
    thrust = log["thrust_n"]
    assert (thrust[:30] == 0.0).all() and thrust[30] > 0.0  # 0.30 s
    # after one lag 1 - 1/e of the command; after the cut 1/e of what was
    assert thrust[44] == pytest.approx(6000.0 * (1.0 - math.exp(-1.0)), rel=1e-12)
    assert thrust[149] > 0.99 * 6000.0
    assert thrust[164] == pytest.approx(thrust[149] * math.exp(-1.0), rel=1e-12)


@pytest.mark.parametrize(
    ("command", "settled"),
    [(1.0, 1500.0), (99999.0, 7500.0), (math.inf, 7500.0), (math.nan, 0.0), (-5.0, 0.0)],
)
def test_throttle_stays_inside_its_limits(command, settled):
    model = plant()
    model.step(command, ZERO, 600)
    assert model.plant["engine"]["thrust_n"] == pytest.approx(settled, rel=1e-9)


def test_dry_tanks_end_the_burn():
    model = plant({"mass_kg": VEHICLE["mass_dry_kg"] + 5.0, "r_site": [0.0, 0.0, 1e5]})
    model.step(7500.0, np.array([400.0, 0.0, 0.0]), 2000)
    after = model.plant
    assert after["empty"] and not after["engine"]["burning"] and after["engine"]["thrust_n"] < 1e-6
    # what the lag leaves running: 7500 N for 0.15 s, and a tick
    assert 0.0 < VEHICLE["mass_dry_kg"] - after["state"]["mass_kg"] < 0.45
    model.step(7500.0, np.array([400.0, 0.0, 0.0]), 10)
    assert model.plant["state"]["mass_kg"] == pytest.approx(after["state"]["mass_kg"], abs=1e-6)


def test_dispersions_change_what_they_say():
    true = without_troubles(build_vehicle(MISSION, Dispersion(mass=1.002, thrust=0.99, isp=1.001)))
    model = plant({"mass_kg": true["mass_full_kg"]}, true)
    model.step(7500.0, ZERO, 1000)
    assert model.plant["engine"]["thrust_n"] == pytest.approx(7425.0, rel=1e-9)
    burned = model.plant["engine_used_kg"]
    impulse = 7425.0 * (10.0 - 0.30 - 0.15)  # N s: the delay and the lag cost their time
    assert burned == pytest.approx(impulse / (310.0 * 1.001 * 9.80665), rel=1e-6)
    assert true["mass_full_kg"] - true["mass_dry_kg"] == pytest.approx(2060.0)


def test_offset_centre_of_mass_turns_the_lander():
    car = build_vehicle(MISSION, Dispersion(com_offset_m=(0.01, 0.02)))
    model = plant(vehicle=without_troubles(car))
    model.step(7000.0, ZERO, 31 + 75)  # past ignition and five lags
    before = np.array(model.plant["state"]["omega_body"])
    model.step(7000.0, ZERO, 10)
    turned = (np.array(model.plant["state"]["omega_body"]) - before) / 0.1
    # thrust left of the centre of mass lifts that side: 70 N m about y, -140 about x, over 5200
    np.testing.assert_allclose(turned, [-140.0 / 5200.0, 70.0 / 5200.0, 0.0], rtol=0.02, atol=1e-6)


# ---- the step ----------------------------------------------------------------------------------


def test_the_step_is_of_fourth_order():
    """Halving the step divides the error by 16, in place and in attitude."""
    car = {**VEHICLE, "lag_s": 0.0, "ignition_ticks": 0}
    turning = {"omega_body": [0.9, -0.7, 0.5]}

    def end(tick_s):
        model = plant(turning, car, tick_s=tick_s)
        model.step(7000.0, ZERO, round(16.0 / tick_s))
        state = model.plant["state"]
        return np.array(state["r_site"]), np.array(state["q_site_body"])

    ends = [end(tick_s) for tick_s in (0.16, 0.08, 0.04, 0.01)]
    for part in (0, 1):
        errors = [np.linalg.norm(e[part] - ends[-1][part]) for e in ends[:-1]]
        assert 13.0 < errors[0] / errors[1] < 20.0
        assert 13.0 < errors[1] / errors[2] < 20.0


def braking(seconds, seed=5):
    """Fly 110 km up, throttle and torques changing: model, start, vehicle, throttle, log."""
    rng = np.random.default_rng(seed)
    car = without_troubles(build_vehicle(MISSION, Dispersion(0.999, 1.003, 0.998, (0.004, -0.003))))
    start = {
        "r_site": [430e3, 3e3, 62e3],
        "v_site": [-1650.0, 12.0, 350.0],
        "q_site_body": [0.72, 0.05, 0.69, 0.02],
        "omega_body": [0.01, -0.02, 0.005],
        "mass_kg": car["mass_full_kg"],
    }
    n = round(seconds * 100)
    throttle = np.repeat(rng.uniform(1000.0, 8000.0, n // 10 + 1), 10)[:n]
    throttle[n // 2 : n // 2 + 40] = 0.0  # a cut, and a second ignition
    steer = np.repeat(rng.uniform(-60.0, 60.0, (n // 10 + 1, 3)), 10, axis=0)[:n]
    model = plant(start, car)
    log = np.zeros(n, PLANT_ROW)
    model.fly(throttle, steer, log)
    assert not model.plant["touched"] and not model.plant["empty"]
    return model, start, car, throttle, log


def replay(seconds):
    """Differences of place [m] and velocity [m/s] between the truth and its twin, each second."""
    _, start, car, throttle, log = braking(seconds)
    twin = Twin(car, FRAME, start)
    worst_m = worst_mps = 0.0
    for k in range(len(log)):
        twin.tick(throttle[k], log["torque_body"][k])
        if k % 100 == 99:
            r, v = site_to_inertial(FRAME, log["r_site"][k], log["v_site"][k], (k + 1) * 0.01)
            worst_m = max(worst_m, np.linalg.norm(r - twin.y[:3]))
            worst_mps = max(worst_mps, np.linalg.norm(v - twin.y[3:6]))
    assert twin.y[13] == pytest.approx(log["mass_kg"][-1], abs=1e-6)
    return worst_m, worst_mps


def test_commands_replayed_through_dop853_end_in_the_same_place():
    metres, metres_per_second = replay(4.0)
    # 1 mm and 1 mm/s are asked of minutes; the first seconds do better
    assert metres < 1e-5
    assert metres_per_second < 1e-6


@pytest.mark.slow
def test_minutes_with_a_cut_and_a_second_ignition_replayed_through_dop853():
    """Whole descents as flown, with liquid and lag, are test_flight_replay's."""
    metres, metres_per_second = replay(120.0)
    assert metres < 1e-3
    assert metres_per_second < 1e-3


def test_what_the_imu_saw_integrates_back_to_the_state():
    """Strapdown from the increments alone, in inertial axes, with gravity from the twin's field."""
    _, start, _, _, log = braking(20.0)
    r, v = site_to_inertial(FRAME, start["r_site"], start["v_site"], 0.0)
    twin = Twin(VEHICLE, FRAME, start)
    q = twin.y[6:10]
    previous = np.zeros(3)
    for k, row in enumerate(log):
        turned, kicked = row["dtheta_body"], row["dv_body"]
        # second-order sculling and coning corrections (Savage, J. Guid. Control Dyn. 21, 1998)
        push = matrix(q) @ (kicked + 0.5 * np.cross(turned, kicked))
        gravity = twin.rate(k * 0.01, np.concatenate([r, v, q, [0, 0, 0, 3000, 0]]), 0, ZERO, 0)
        r, v = r + 0.01 * v + 0.005 * (push + 0.01 * gravity[3:6]), v + push + 0.01 * gravity[3:6]
        angle = turned + np.cross(previous, turned) / 12.0
        previous = turned
        size = np.linalg.norm(angle)
        half = np.concatenate([[math.cos(size / 2.0)], angle / size * math.sin(size / 2.0)])
        q = product(q, half)
    r_true, v_true = site_to_inertial(FRAME, log["r_site"][-1], log["v_site"][-1], 20.0)
    end = {**start, "q_site_body": log["q_site_body"][-1]}
    turn = np.array([math.cos(ROTATION * 10.0), 0.0, 0.0, math.sin(ROTATION * 10.0)])
    q_true = product(turn, Twin(VEHICLE, FRAME, end).y[6:10])
    # gravity held over a tick costs 1.6 m/s^2 * 1e-3 rad/s * 0.01 s / 2 over 20 s: 2e-4 m/s
    np.testing.assert_allclose(v, v_true, atol=5e-4)
    np.testing.assert_allclose(r, r_true, atol=5e-3)
    assert abs(q @ q_true) == pytest.approx(1.0, abs=1e-12)


def test_same_commands_same_bits():
    logs = [braking(5.0)[4].tobytes() for _ in range(2)]
    assert logs[0] == logs[1]


# ---- any state, any command --------------------------------------------------------------------


@pytest.mark.slow
def test_wild_states_stay_finite():
    rng = np.random.default_rng(11)
    for _ in range(300):
        state = {
            "r_site": rng.normal(size=3) * 10.0 ** rng.uniform(-1, 6, 3),
            "v_site": rng.normal(size=3) * 10.0 ** rng.uniform(-2, 4.5, 3),
            "q_site_body": rng.normal(size=4) * 10.0 ** rng.uniform(-3, 3),
            "omega_body": rng.normal(size=3) * 10.0 ** rng.uniform(-3, 2.5, 3),
            "mass_kg": 10.0 ** rng.uniform(0.5, 5),
        }
        model = plant({k: v.tolist() if k != "mass_kg" else v for k, v in state.items()})
        command = rng.choice([0.0, 1e300, -1.0, math.nan, math.inf, 5000.0])
        model.step(command, rng.choice([0.0, 1e300, math.nan, -math.inf, 100.0], 3), 300)
        now = model.plant
        for name in ("r_site", "v_site", "q_site_body", "omega_body", "mass_kg"):
            assert np.isfinite(now["state"][name]).all(), (state, command)
        for name in ("dv_body", "dtheta_body", "torque_body"):
            assert np.isfinite(list(now[name].values())).all(), (state, command)


@pytest.mark.parametrize("broken", [{"mass_kg": 0.0}, {"r_site": [math.nan, 0.0, 0.0]}])
def test_a_state_that_is_none_is_refused(broken):
    with pytest.raises(ValueError, match="finite numbers"):
        plant(broken)


def test_lander_flies_from_python():
    state = LanderState([0, 0, 5000], [0, 0, -10], [1, 0, 0, 0], [0, 0, 0], 2000)
    lander = Lander(MISSION, FRAME, ground_of(FRAME.radius_m), state)
    log = lander.fly(np.full(500, 3200.0), [0.0, 20.0, 0.0])
    assert log["tick"][-1] == 500 and log["thrust_n"][-1] == pytest.approx(3202.5)  # 427 steps
    assert lander.coast(1.0)["r_site"][-1, 2] < 5000.0
    assert (lander.crush_m == 0.0).all()
