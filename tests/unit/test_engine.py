"""The engine and the thrusters as they are: aim, flow, valve, noise, rise and net force."""

import math

import numpy as np
import pytest
from reference_dynamics import ground_of
from scipy.integrate import quad

from farside.dynamics.lander import PLANT_ROW
from farside.dynamics.site_gravity import moon_numbers
from farside.dynamics.vehicle import Dispersion, build_vehicle, without_troubles
from farside.ext.dynamics._plant import PlantModel
from farside.mission import load_mission
from farside.mission.frames import SiteFrame

MISSION = load_mission("chang-e-6")
FRAME = SiteFrame(-41.6385, 206.0148, 1732144.0)
PLAIN = without_troubles(build_vehicle(MISSION))
STILL = {"gm": 0.0, "j2": 0.0, "c22": 0.0, "omega_site": {"x": 0.0, "y": 0.0, "z": 0.0}}
LARGE = PLAIN["large_torque_nm"]
ARM = PLAIN["large_arm_m"]


def flown(throttle, torque=(0.0, 0.0, 0.0), fail=None, **changes):
    """Fly in free space from rest: the log and the plant."""
    start = {
        "r_site": [0.0, 0.0, 1e5],
        "v_site": [0.0] * 3,
        "q_site_body": [1.0, 0.0, 0.0, 0.0],
        "omega_body": [0.0] * 3,
        "mass_kg": 3730.0,
    }
    numbers = {**moon_numbers(FRAME), **STILL}
    model = PlantModel({**PLAIN, **changes}, numbers, ground_of(FRAME.radius_m), start)
    if fail:
        model.fail(**fail)
    throttle = np.asarray(throttle, float)
    log = np.zeros(len(throttle), PLANT_ROW)
    model.fly(throttle, np.broadcast_to(torque, (len(throttle), 3)).copy(), log)
    return log, model.plant


def test_thrust_off_its_axis_pushes_sideways_and_turns():
    """0.1 deg about y tips the thrust towards x, below the centre of mass: it turns about -y."""
    true = build_vehicle(MISSION, Dispersion(thrust_turn_deg=(0.0, 0.1), thrust_line_m=(0, 0.002)))
    log, _ = flown(
        np.full(50, 7000.0), thrust_axis_body=true["thrust_axis_body"], lag_s=0.0,
        thrust_at_base_m=true["thrust_at_base_m"], ignition_ticks=0,
    )  # fmt: skip
    side = 7000.0 * math.sin(math.radians(0.1))
    assert log["dv_body"][0, 0] == pytest.approx(side / 3730.0 * 0.01, rel=1e-3)
    lever = 1.90 - 1.2
    turn = log["omega_body"][0] / 0.01
    assert turn[1] == pytest.approx(-side * lever / 5200.0, rel=1e-3)
    assert turn[0] == pytest.approx(7000.0 * 0.002 / 5200.0, rel=1e-3)


def test_products_of_inertia_turn_other_axes():
    products = [300.0, -200.0, 250.0]
    log, _ = flown(
        np.zeros(2), (LARGE, 0.0, 0.0), products_full_kgm2=products, products_dry_kgm2=products
    )
    tensor = np.array([[5200.0, 300, -200], [300, 5200, 250], [-200, 250, 4200]])
    turned = np.linalg.solve(tensor, [log["torque_body"][0, 0], 0.0, 0.0]) * 0.01
    np.testing.assert_allclose(log["omega_body"][0], turned, rtol=1e-3)


def test_centre_of_mass_moves_sideways_as_the_tanks_empty():
    for share in (1.0, 0.25):
        mass = PLAIN["mass_dry_kg"] + share * 2060.0
        start = {"r_site": [0, 0, 1e5], "v_site": [0] * 3, "q_site_body": [1, 0, 0, 0],
                 "omega_body": [0] * 3, "mass_kg": mass}  # fmt: skip
        car = {**PLAIN, "com_shift_m": [0.008, 0.0], "lag_s": 0.0, "ignition_ticks": 0}
        model = PlantModel(car, {**moon_numbers(FRAME), **STILL}, ground_of(FRAME.radius_m), start)
        model.step(7000.0, np.zeros(3))
        inertia = 2700.0 + share * 2500.0
        expected = 7000.0 * 0.008 * (1.0 - share) / inertia * 0.01
        assert model.plant["state"]["omega_body"][1] == pytest.approx(expected, rel=1e-3, abs=1e-8)


def test_specific_impulse_falls_along_the_throttle():
    """Flow T (1/c) with 1/c linear in T, through a lag, against quadrature."""
    g0 = 9.80665
    slow, fast = 1.0 / (300.0 * g0), 1.0 / (310.0 * g0)

    def flow(thrust):
        return thrust * (fast + (7500.0 - thrust) / 6000.0 * (slow - fast))

    for wanted, isp in ((1500.0, 300.0), (7500.0, 310.0)):
        assert flow(wanted) == pytest.approx(wanted / (isp * g0), rel=1e-12)
        _, now = flown(
            np.full(400, wanted), exhaust_least_mps=300.0 * g0, ignition_ticks=0, lag_s=0.15
        )
        expected, _ = quad(lambda t, w=wanted: flow(w * (1.0 - math.exp(-t / 0.15))), 0.0, 4.0)
        assert now["engine_used_kg"] == pytest.approx(expected, rel=1e-9)


def test_valve_stands_at_whole_steps_and_moves_no_faster_than_its_rate():
    command = np.concatenate([np.full(100, 3001.0), np.full(200, 6999.0)])
    log, _ = flown(
        command, throttle_step_n=7.5, throttle_rate_nps=5000.0, lag_s=0.0, ignition_ticks=0
    )
    thrust = log["thrust_n"]
    assert thrust[0] == 3000.0 and thrust[99] == 3000.0  # set before ignition
    assert np.abs(np.diff(thrust)).max() <= 50.0 + 1e-9
    assert thrust[-1] == 6997.5 and thrust[100 + 79] == pytest.approx(6997.5, abs=50.0)


def test_ignition_overshoots_and_settles():
    log, _ = flown(
        np.full(400, 6000.0), overshoot=0.05, overshoot_s=0.2, lag_s=0.0, ignition_ticks=30
    )
    thrust = log["thrust_n"]
    assert thrust[29] == 0.0 and thrust[30] == pytest.approx(6300.0)
    assert thrust[50] == pytest.approx(6000.0 * (1.0 + 0.05 * math.exp(-1.0)))
    assert thrust[199] == pytest.approx(6000.0, rel=1e-4)
    # to the end: cut off at 1e-9, it left a turn of 1e-11 rad/s
    assert thrust[399] - 6000.0 == pytest.approx(300.0 * math.exp(-369 / 20.0), rel=1e-5)


def test_noise_has_its_size_and_its_band_and_is_of_its_key():
    """A first-order Gauss-Markov process: 1 sigma, and the correlation of 0.05 s at 3 Hz."""
    still = {"lag_s": 0.0, "ignition_ticks": 0, "noise_share": 0.01, "noise_hz": 3.0,
             "exhaust_mps": 1e9, "exhaust_least_mps": 1e9}  # fmt: skip
    felt = []
    for key in (4, 4, 5):
        log, now = flown(np.full(40_000, 6000.0), noise_key=key, **still)
        felt.append(log["dv_body"][:, 2] / 0.01 / (6000.0 / 3730.0) - 1.0)
        assert now["engine"]["thrust_n"] == 6000.0
    assert (felt[0] == felt[1]).all() and abs(np.corrcoef(felt[0], felt[2])[0, 1]) < 0.1
    assert felt[0].std() == pytest.approx(0.01, rel=0.05)
    alike = np.corrcoef(felt[0][:-5], felt[0][5:])[0, 1]
    assert alike == pytest.approx(math.exp(-2.0 * math.pi * 3.0 * 0.05), abs=0.04)


def test_thrusters_rise_and_fall_and_give_their_whole_impulse():
    wanted = np.zeros((60, 3))
    wanted[5:25, 0] = LARGE
    given = []
    for rise in (0.0, 0.015):
        start = flown(np.zeros(1))[1]["state"]
        model = PlantModel(
            {**PLAIN, "large_rise_s": rise}, {**moon_numbers(FRAME), **STILL},
            ground_of(FRAME.radius_m), {**start, "omega_body": [0.0] * 3},
        )  # fmt: skip
        log = np.zeros(60, PLANT_ROW)
        model.fly(np.zeros(60), wanted, log)
        given.append((log["torque_body"][:, 0], model.plant["thruster_used_kg"]))
    (sharp, sharp_kg), (slow, slow_kg) = given
    assert slow.sum() == pytest.approx(sharp.sum(), rel=1e-3)
    assert slow_kg == pytest.approx(sharp_kg, rel=1e-3)
    first = int(np.flatnonzero(sharp)[0])
    # the mean of 1 - exp(-t/15 ms) over the first 10 ms
    mean = 1.0 - 1.5 * (1.0 - math.exp(-1.0 / 1.5))
    assert slow[first] == pytest.approx(LARGE * mean, rel=1e-9)


@pytest.mark.parametrize(("axis", "force"), [(0, 2), (1, 2), (2, 0)])
def test_unequal_and_failed_couples_push(axis, force):
    """3 % apart: 3 % of both thrusts; half lost: the thruster that is left pushes alone."""
    wanted = np.zeros(3)
    wanted[axis] = LARGE
    log, _ = flown(np.zeros(4), wanted, imbalance=[0.03, 0.03, 0.03])
    whole = LARGE / ARM
    assert log["force_body"][1, force] == pytest.approx(0.03 * whole)
    loss = [0.0] * 6
    loss[2 * axis] = 0.5
    log, _ = flown(np.zeros(4), wanted, {"couple_loss": loss})
    assert log["torque_body"][1, axis] == pytest.approx(0.5 * LARGE)
    assert log["force_body"][1, force] == pytest.approx(-0.5 * whole)
    assert log["dv_body"][1, force] == pytest.approx(-0.5 * whole / 3730.0 * 0.01, rel=1e-2)
    loss[2 * axis] = 1.0
    log, _ = flown(np.zeros(4), wanted, {"couple_loss": loss})
    assert (log["torque_body"] == 0.0).all() and (log["force_body"] == 0.0).all()
