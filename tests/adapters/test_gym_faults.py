"""Faults of the environments: the plant's, from the same table as a flight's."""

import copy
import pickle

import gymnasium
import numpy as np
import pytest

from farside.adapters.gym import ENV_ID
from farside.mission import MissionError

FULL = np.array([1.0, 0.0, 0.0, 0.0], np.float32)
TURN = np.array([1.0, 1.0, 0.0, 0.0], np.float32)
HIGH = {
    "r_site": [0.0, 0.0, 2000.0],
    "v_site": [0.0, 0.0, -20.0],
    "q_site_body": [1.0, 0.0, 0.0, 0.0],
    "omega_body": [0.0, 0.0, 0.0],
    "mass_kg": 2200.0,
}


def made(**choices):
    return gymnasium.make(ENV_ID, **choices).unwrapped


def flown(env, ticks, action=FULL, **options):
    """Return the exact states of an episode: thrust is number 14, rates 10 to 12."""
    env.reset(seed=3, options={"state": HIGH, **options})
    told = []
    for _ in range(ticks):
        env.step(action)
        told.append(env.truth.copy())
    return np.array(told)


def test_an_engine_fails_when_it_is_said_to():
    env = made()
    well = flown(env, 600)
    cut = flown(env, 600, faults=["engine cut from 3 s for 1 s"])
    assert np.array_equal(cut[:300], well[:300])
    # thrust dies with its lag, and comes back
    assert cut[399, 14] < 0.01 * well[399, 14] and cut[599, 14] > 0.98 * well[599, 14]
    weak = flown(env, 600, faults=["engine weak 0.8 from 0 s"])
    assert weak[599, 14] == pytest.approx(0.8 * well[599, 14], rel=1e-3)
    # faults of one episode are not those of the next
    assert np.array_equal(flown(env, 600), well)


def test_those_of_the_scenario_fail_in_every_episode_and_in_a_vector():
    lines = ["thruster.x_plus stuck_off from 1 s", "engine weak 0.9 below 1995 m"]
    env = made(faults=lines)
    one = flown(env, 250, TURN)
    assert np.array_equal(one, flown(env, 250, TURN))
    assert np.array_equal(one, flown(made(), 250, TURN, faults=lines))
    # no more torque about x: the rate grows no more, and the liquid moves it by a twentieth
    assert 0.1 < one[100, 10] and np.ptp(one[105:, 10]) < 0.05 * one[100, 10]
    many = gymnasium.make_vec(
        ENV_ID, num_envs=2, vectorization_mode="vector_entry_point", faults=lines
    )
    other = gymnasium.make_vec(ENV_ID, num_envs=2, vectorization_mode="vector_entry_point")
    many.reset(seed=3), other.reset(seed=3)
    for _ in range(150):
        failed, *_ = many.step(np.array([TURN, TURN]))
        well, *_ = other.step(np.array([TURN, TURN]))
    assert not np.array_equal(failed, well)


def test_a_copy_goes_on_with_its_faults():
    env = made()
    env.reset(seed=3, options={"state": HIGH, "faults": ["engine cut from 1 s for 2 s"]})
    for _ in range(150):
        env.step(FULL)
    twins = [copy.deepcopy(env), pickle.loads(pickle.dumps(env))]
    for _ in range(250):
        env.step(FULL)
        for twin in twins:
            twin.step(FULL)
    for twin in twins:
        assert np.array_equal(twin.truth, env.truth)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["velocimeter silent from 1 s"], "the exact state is observed"),
        (["engine cut in hover"], "flies no phase table"),
        (["leg lost at contact"], "ends at the first contact"),
        (["engine cut from 1"], "write UNIT"),
        ("engine cut from 1 s", "give a list"),
    ],
)
def test_what_no_environment_can_have_is_one_line(lines, said):
    with pytest.raises((MissionError, ValueError, TypeError), match=said) as why:
        made(faults=lines)
    assert "\n" not in str(why.value)
    env = made()
    with pytest.raises((MissionError, TypeError), match=said):
        env.reset(seed=1, options={"faults": lines})


def test_none_is_no_fault():
    assert np.array_equal(flown(made(faults=None), 20, faults=None), flown(made(), 20))
