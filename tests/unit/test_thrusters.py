"""Attitude thrusters: what they owe, how short they burn, what they cost, where they push."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_dynamics import ground_of

from farside.dynamics.lander import PLANT_ROW
from farside.dynamics.site_gravity import moon_numbers
from farside.dynamics.vehicle import build_vehicle, without_troubles
from farside.ext.dynamics._plant import PlantModel
from farside.mission import load_mission
from farside.mission.frames import SiteFrame

FRAME = SiteFrame(-41.6385, 206.0148, 1732144.0)
VEHICLE = without_troubles(build_vehicle(load_mission("chang-e-6")))
LARGE, SMALL = 420.0, 28.0  # N m: two of 150 N, and of 10 N, at 1.4 m
TICK = 0.01
# the command may turn round in the first of a large pulse's two ticks: 420 N m for both; then half
# a small pulse may already have been given too much
MOST_OWED = LARGE * 2 * TICK + 0.5 * SMALL * TICK + 1e-9


def drive(demand, vehicle=VEHICLE, moon=None):
    """Torque fired at each tick (n, 3) [N m], the log, and the plant, for torques wanted (n, 3)."""
    demand = np.ascontiguousarray(np.broadcast_to(demand, (len(demand), 3)), np.float64)
    start = {
        "r_site": [0.0, 0.0, 1e5],
        "v_site": [0.0] * 3,
        "q_site_body": [1.0, 0.0, 0.0, 0.0],
        "omega_body": [0.0] * 3,
        "mass_kg": 3730.0,
    }
    numbers = {**moon_numbers(FRAME), **(moon or {})}
    model = PlantModel(vehicle, numbers, ground_of(FRAME.radius_m), start)
    log = np.zeros(len(demand), PLANT_ROW)
    model.fly(np.zeros(len(demand)), demand, log)
    return log["torque_body"], log, model.plant


def test_authority_is_that_of_the_couples():
    assert VEHICLE["large_torque_nm"] == pytest.approx(LARGE)
    assert VEHICLE["small_torque_nm"] == pytest.approx(SMALL)
    fired, _, _ = drive(np.full((100, 3), 1e4))
    assert (fired == LARGE + SMALL).all()


@given(st.lists(st.tuples(st.floats(-440.0, 440.0), st.integers(1, 60)), min_size=1, max_size=25))
def test_impulse_follows_the_command_to_a_large_pulse(holds):
    wanted = np.repeat([torque for torque, _ in holds], [ticks for _, ticks in holds])
    fired, _, _ = drive(np.stack([wanted, -wanted, 0.5 * wanted], axis=1))
    owed = np.cumsum(np.stack([wanted, -wanted, 0.5 * wanted], axis=1) - fired, axis=0) * TICK
    assert np.abs(owed).max() <= MOST_OWED


def test_no_impulse_is_forgotten_however_often_the_command_turns_round():
    rng = np.random.default_rng(11)
    levels = np.array([-448.0, 448.0, -300.0, 300.0, -27.0, 27.0, 0.0])
    wanted = rng.choice(levels, (60_000, 3))
    wanted[20_000:] = np.where(np.arange(40_000)[:, None] // 3 % 2, 448.0, -448.0)
    wanted[40_000:] = np.repeat(rng.choice(levels, (5_000, 3)), 4, axis=0)
    fired, _, _ = drive(wanted)
    assert np.abs(np.cumsum(wanted - fired, axis=0) * TICK).max() <= MOST_OWED


@given(st.floats(-27.0, 27.0))
def test_small_commands_are_met_by_small_couples_to_half_their_pulse(torque):
    fired, _, _ = drive(np.full((400, 3), torque))
    assert set(np.unique(np.abs(fired))) <= {0.0, SMALL}
    owed = (torque * 400 - fired.sum(axis=0)) * TICK
    assert np.abs(owed).max() <= 0.5 * SMALL * TICK + abs(torque) * TICK + 1e-9


def test_nothing_fires_inside_the_deadband():
    fired, _, plant = drive(np.array([[0.13 / TICK] * 3] + [[0.0] * 3] * 50))  # 0.13 N m s owed
    assert (fired == 0.0).all()
    assert plant["thruster_used_kg"] == 0.0


def test_large_pulses_burn_two_ticks_at_least():
    rng = np.random.default_rng(3)
    fired, _, _ = drive(rng.uniform(-300.0, 300.0, (4000, 3)))
    large = np.abs(fired) > 200.0
    for axis in range(3):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], large[:, axis], [0]])))
        lengths = edges[1::2] - edges[::2]
        assert lengths[:-1].min() >= 2


def test_couples_push_nowhere_and_cost_their_flow():
    fired, log, plant = drive(np.full((500, 3), [420.0, -28.0, 0.0]))
    assert (log["dv_body"] == 0.0).all()
    # two thrusters at 1.4 m: force times time over exhaust speed
    forces = np.abs(fired).sum() / 1.4
    assert plant["thruster_used_kg"] == pytest.approx(forces * TICK / (285.0 * 9.80665))
    assert 3730.0 - log["mass_kg"][-1] == pytest.approx(plant["thruster_used_kg"], abs=1e-9)


def test_torque_turns_the_lander_by_its_inertia():
    fired, log, _ = drive(np.full((100, 3), [0.0, 0.0, 420.0]))
    spin = fired[:, 2].sum() * TICK / 4200.0
    assert log["omega_body"][-1, 2] == pytest.approx(spin, rel=1e-3)  # inertia falls by 3e-4


def test_no_number_is_no_command():
    fired, _, _ = drive(np.full((50, 3), np.nan))
    assert (fired == 0.0).all()
