"""The Gymnasium door: the contract of the API, episodes by seed, physics in closed form."""

import math
import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode

import farside.adapters.gym as door
from farside.adapters.gym import ENV_ID, Ending
from farside.mission import load_mission

OFF = np.array([-1.0, 0.0, 0.0, 0.0], np.float32)


@pytest.fixture(autouse=True)
def no_display(monkeypatch):
    """check_env makes an environment of every render mode: windows go to SDL's dummy."""
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")


def made(**choices):
    return gymnasium.make(ENV_ID, **choices).unwrapped


def vector(count, **choices):
    return gymnasium.make_vec(
        ENV_ID, num_envs=count, vectorization_mode="vector_entry_point", **choices
    )


def upright(height_m, velocity=(0.0, 0.0, 0.0), omega=(0.0, 0.0, 0.0)):
    return {
        "r_site": [0.0, 0.0, height_m],
        "v_site": list(velocity),
        "q_site_body": [1.0, 0.0, 0.0, 0.0],
        "omega_body": list(omega),
        "mass_kg": 2200.0,
    }


@pytest.mark.parametrize(
    "choices",
    [
        {},
        {"action": "target", "frame_skip": 10},
        {"observation": "si", "start": "pdi"},
        {"ground": "synthetic"},
    ],
)
def test_it_passes_the_checker_without_a_warning(choices):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(made(**choices))


def test_a_seed_gives_its_episodes_whatever_came_before():
    one, two = made(), made()
    first, _ = one.reset(seed=7)
    second, _ = one.reset()
    two.reset(seed=3)
    for _ in range(50):
        two.step(OFF)
    again, _ = two.reset(seed=7)
    assert np.array_equal(first, again)
    assert np.array_equal(second, two.reset()[0])
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("mode", list(AutoresetMode)[:2])
@pytest.mark.parametrize("action", ["torque", "target"])
def test_the_vector_is_the_single_environment_bit_for_bit(mode, action):
    choices = {"action": action, "frame_skip": 100, "max_time_s": 60.0}
    ours = vector(5, autoreset_mode=mode, **choices)
    theirs = gymnasium.make_vec(
        ENV_ID,
        num_envs=5,
        vectorization_mode="sync",
        vector_kwargs={"autoreset_mode": mode},
        **choices,
    )
    assert np.array_equal(ours.reset(seed=11)[0], theirs.reset(seed=11)[0])
    draws = np.random.default_rng(0)
    ends = 0
    for _ in range(150):
        actions = draws.uniform(-1.0, 1.0, ours.action_space.shape).astype(np.float32)
        a, b = ours.step(actions), theirs.step(actions)
        for mine, other in zip(a[:4], b[:4], strict=True):
            assert np.array_equal(mine, other)
        assert a[4].keys() == b[4].keys()
        for key in a[4]:
            if key != "final_info":
                assert all(np.array_equal(p, q) for p, q in zip(a[4][key], b[4][key], strict=True))
        ends += int((a[2] | a[3]).sum())
    assert ends >= 5


def test_an_environment_is_the_same_whatever_their_number():
    few, many = vector(2), vector(9)
    few.reset(seed=5)
    many.reset(seed=5)
    for _ in range(100):
        a = few.step(np.zeros((2, 4), np.float32))
        b = many.step(np.zeros((9, 4), np.float32))
        assert np.array_equal(a[0], b[0][:2]) and np.array_equal(a[1], b[1][:2])


def test_without_autoreset_a_mask_begins_what_is_over():
    env = vector(3, autoreset_mode="Disabled", max_time_s=1.0, frame_skip=100)
    env.reset(seed=0)
    assert env.step(np.zeros((3, 4), np.float32))[3].all()
    with pytest.raises(RuntimeError, match="reset_mask"):
        env.step(np.zeros((3, 4), np.float32))
    env.reset(options={"reset_mask": np.ones(3, np.bool_)})
    env.step(np.zeros((3, 4), np.float32))


def test_free_fall_keeps_its_energy_and_follows_the_parabola():
    mission = load_mission("chang-e-6")
    env = made(observation="si", shaping=False)
    env.reset(seed=0, options={"state": upright(2500.0)})
    start = env.truth.copy()
    seconds = 20.0
    for _ in range(round(100.0 * seconds)):
        _, reward, *_ = env.step(OFF)
        assert reward == 0.0
    fallen = start[2] - env.truth[2]
    radius = 1737400.0 + mission.site.elevation_m
    # published GM; gravity grows by h / R in the fall, degree two and the turning stay below 2e-3
    gravity = 4.9028001e12 / (radius + 2500.0) ** 2
    assert fallen == pytest.approx(0.5 * gravity * seconds**2, rel=3e-3)
    assert 0.5 * env.truth[5] ** 2 == pytest.approx(gravity * fallen, rel=3e-3)
    assert env.truth[13] == start[13]


def test_throttle_and_torque_are_what_the_table_says():
    env = made(observation="si")
    env.reset(seed=0, options={"state": upright(2500.0)})
    for _ in range(300):
        observed, *_ = env.step(np.array([1.0, 0.0, 0.0, 1.0], np.float32))
    # full thrust after ignition and twenty lags, within the dispersion of 1 %
    assert env.truth[14] == pytest.approx(7500.0, rel=0.015)
    # both couples about z, 3 s: 448 N m on some 2600 kg m^2
    assert observed[13] == pytest.approx(448.0 * 3.0 / 2700.0, rel=0.1)
    for _ in range(300):
        env.step(np.array([-0.82, 0.0, 0.0, 0.0], np.float32))
    # 675 N is below half of the least: off
    assert env.truth[14] < 1.0
    for _ in range(300):
        env.step(np.array([-0.78, 0.0, 0.0, 0.0], np.float32))
    # 825 N is held at the least
    assert env.truth[14] == pytest.approx(1500.0, rel=0.015)


@pytest.mark.parametrize("action", ["torque", "target"])
def test_wild_actions_are_held_and_nan_is_no_command(action):
    env, twin = made(action=action), made(action=action)
    width = env.action_space.shape[0]
    env.reset(seed=1)
    twin.reset(seed=1)
    for wild, tame in ((np.inf, 1.0), (-7.0, -1.0)):
        a = env.step(np.full(width, wild, np.float32))
        b = twin.step(np.full(width, tame, np.float32))
        assert np.array_equal(a[0], b[0]) and a[1] == b[1]
    broken = np.ones(width, np.float32)
    broken[-1] = np.nan
    nothing = OFF if action == "torque" else np.zeros(3, np.float32)
    for _ in range(200):
        a, b = env.step(broken), twin.step(nothing)
        assert np.isfinite(a[0]).all() and math.isfinite(a[1])
        assert np.array_equal(a[0], b[0])


def test_time_and_the_box_truncate():
    env = made(max_time_s=0.05)
    env.reset(seed=0)
    ends = [env.step(OFF)[2:] for _ in range(5)]
    assert [end[1] for end in ends] == [False] * 4 + [True]
    assert ends[-1][2]["ending"] == Ending.OUT_OF_TIME and not ends[-1][0]
    with pytest.raises(RuntimeError, match="reset"):
        env.step(OFF)
    env = made()
    env.reset(seed=0, options={"state": upright(3995.0, (0.0, 0.0, 100.0))})
    truncated = terminated = False
    while not (truncated or terminated):
        _, _, terminated, truncated, info = env.step(OFF)
    # the base has 7 m to go at 1 m a step
    assert truncated and 6 <= env.ticks <= 8 and info["ending"] == Ending.OUTSIDE


@pytest.mark.parametrize(
    ("velocity", "omega", "ending"),
    [
        ((0.0, 0.0, -3.0), (0.0, 0.0, 0.0), Ending.LANDED),
        ((0.0, 0.0, -4.5), (0.0, 0.0, 0.0), Ending.CRASHED),
        ((1.2, 0.0, -3.0), (0.0, 0.0, 0.0), Ending.CRASHED),
        ((0.0, 0.0, -3.0), (0.0, 0.0, 0.06), Ending.CRASHED),
    ],
)
def test_first_contact_is_judged_by_the_missions_limits(velocity, omega, ending):
    env = made(shaping=False)
    env.reset(seed=0, options={"state": upright(2.2, velocity, omega)})
    over = False
    while not over:
        _, reward, over, _, info = env.step(OFF)
    assert info["ending"] == ending
    assert info["is_success"] == (ending == Ending.LANDED)
    assert reward == pytest.approx(info["score"])
    assert (reward > 100.0) == (ending == Ending.LANDED)


def test_shaping_adds_up_to_the_potentials_gain():
    shaped, plain = made(), made(shaping=False)
    states = [upright(1000.0, (0.0, 0.0, -10.0)), upright(500.0, (0.0, 0.0, -10.0))]
    gains = []
    for state in states:
        shaped.reset(seed=4, options={"state": state})
        plain.reset(seed=4, options={"state": state})
        gains.append(sum(shaped.step(OFF)[1] - plain.step(OFF)[1] for _ in range(100)))
    # 10.8 m nearer of 3140 m, 1.62 m/s faster of 50 m/s: 100 (0.00344 - 0.0324), anywhere
    assert gains == pytest.approx([-2.9, -2.9], abs=0.1)


def test_the_autopilot_lands_what_the_idle_policies_crash():
    env = made()
    flown = door.fly_autopilot(env, episodes=3)
    assert flown.landed == 1.0
    assert flown.scores.min() > 140.0
    assert flown.mean("miss_m") < 1.0
    idle = door.fly_policy(env, lambda _: OFF, episodes=3)
    assert idle.landed == 0.0 and idle.scores.max() < -99.0


@pytest.mark.slow
def test_the_autopilot_lands_from_initiation():
    flown = door.fly_autopilot(made(start="pdi"), episodes=1)
    assert flown.landed == 1.0


@pytest.mark.slow
def test_a_mission_without_a_gate_starts_at_initiation():
    with pytest.raises(ValueError, match="use 'pdi'"):
        made(mission="apollo-11")
    assert door.fly_autopilot(made(mission="apollo-11", start="pdi"), episodes=1).landed == 1.0


def test_a_plain_law_lands_by_targets():
    def law(observed):
        place, velocity = observed[:3].astype(float), observed[4:7].astype(float)
        level = np.clip(-0.005 * place[:2] - 0.15 * velocity[:2], -1.2, 1.2)
        sink = -min(1.5 + 0.05 * max(place[2], 0.0), 35.0)
        up = max(1.62 + 0.4 * (sink - velocity[2]), 0.8)
        return np.array([*level, up], np.float32) / 5.0

    env = made(action="target", observation="si", frame_skip=10)
    assert door.fly_policy(env, law, episodes=5).landed == 1.0


@pytest.mark.parametrize(
    "choices",
    [{"start": "orbit"}, {"action": "wish"}, {"frame_skip": 0}, {"max_time_s": -1.0}],
)
def test_a_choice_that_does_not_exist_says_so(choices):
    with pytest.raises(ValueError, match=next(iter(choices))):
        door.LunarLanding(**choices)


# ---- pictures ------------------------------------------------------------------------------------


@pytest.mark.parametrize("choices", [{}, {"ground": "synthetic", "frame_skip": 7}])
def test_it_passes_the_checker_with_pictures(choices):
    """check_env makes an environment of every declared mode and renders it."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        env = made(render_mode="rgb_array", **choices)
        check_env(env)
    assert env.metadata["render_modes"] == ["human", "rgb_array"]
    # a picture a step, played as fast as it flies
    assert env.metadata["render_fps"] == pytest.approx(100.0 / choices.get("frame_skip", 1))


def white(picture):
    """Return the mean column and row of the lander's hull."""
    rows, columns = np.nonzero((picture > 220).all(axis=2)[100:450])  # between the words
    return columns.mean(), rows.mean() + 100


def test_a_picture_shows_where_the_lander_is():
    env = made(render_mode="rgb_array")
    seen = []
    for height in (60.0, 30.0):
        env.reset(seed=0, options={"state": upright(height)})
        picture = env.render()
        assert picture.shape == (480, 640, 3) and picture.dtype == np.uint8
        seen.append(white(picture))
        assert np.array_equal(picture, env.render())
    # over the target: in the middle; lower down and in a nearer view no higher
    assert abs(seen[0][0] - 320) < 3 and abs(seen[1][0] - 320) < 3
    env.reset(seed=0, options={"state": {**upright(30.0), "r_site": [25.0, 0.0, 30.0]}})
    aside = white(env.render())
    # the flight goes to the right: short of the target is left of it
    assert aside[0] < 300
    tilt = math.sqrt(0.5)
    env.reset(seed=0, options={"state": {**upright(30.0), "q_site_body": [tilt, 0.0, tilt, 0.0]}})
    tilted = env.render()
    hull = (tilted > 220).all(axis=2)[100:450]
    assert np.ptp(np.nonzero(hull)[1]) > np.ptp(np.nonzero(hull)[0])


def test_the_flame_is_as_long_as_the_thrust():
    env = made(render_mode="rgb_array")
    burning = []
    for action in (OFF, np.array([1.0, 0.0, 0.0, 0.0], np.float32)):
        env.reset(seed=0, options={"state": upright(100.0)})
        for _ in range(120):
            env.step(action)
        picture = env.render().astype(int)
        burning.append(int(((picture[..., 0] > 200) & (picture[..., 2] < 120)).sum()))
    assert burning[0] == 0 and burning[1] > 20


def test_a_vector_draws_each_of_its_landers():
    env = vector(3, render_mode="rgb_array", frame_skip=50, max_time_s=2.0)
    env.reset(seed=1)
    single = made(render_mode="rgb_array", frame_skip=50, max_time_s=2.0)
    single.reset(seed=2)
    for _ in range(3):
        env.step(np.zeros((3, 4), np.float32))
        single.step(np.zeros(4, np.float32))
        pictures = env.render()
        assert len(pictures) == 3 and np.array_equal(pictures[1], single.render())
        assert not np.array_equal(pictures[0], pictures[1])
    # an episode that begins by itself begins its way anew
    for _ in range(4):
        env.step(np.zeros((3, 4), np.float32))
        env.render()
    assert len(env.painters[0].trail) < 4


def test_without_a_mode_there_is_no_picture_and_one_that_is_none_is_named():
    for env in (made(), vector(2)):
        env.reset(seed=0)
        with pytest.warns(UserWarning, match="rgb_array"):
            assert env.render() is None
    with pytest.raises(ValueError, match="'ansi': choose 'human' or 'rgb_array'"):
        door.LunarLanding(render_mode="ansi")
    with pytest.raises(ValueError, match="'human': choose 'rgb_array'"):
        door.LunarLandingVector(render_mode="human")
    with pytest.raises(RuntimeError, match="reset"):
        made(render_mode="rgb_array").render()
