"""Seeds and whole numbers of any integer type and length, wherever one is taken."""

import hashlib

import gymnasium
import numpy as np
import pytest
from flown import flight

from farside.adapters.fmi import FmuError, export_fmu
from farside.adapters.gym import ENV_ID, LunarLanding, LunarLandingVector
from farside.campaign import CampaignError, plan_campaign
from farside.flight.keys import flight_key
from farside.flight.land import land
from farside.ground import Ground
from farside.mission import load_mission
from farside.mission.integers import seed_key, whole_number
from farside.scenes import SceneError, make_scene

MISSION = load_mission("chang-e-6")
INTEGERS = [np.int8, np.uint8, np.int16, np.int32, np.uint32, np.int64, np.uint64, np.array, int]
NONE = [1.5, 2.0, np.float64(3.0), "4", None, True, -1, np.int8(-1), -(2**70), [1]]
NONE += [np.array([1, 2])]


@pytest.mark.parametrize("kind", INTEGERS)
def test_any_integer_type_is_the_plain_int(kind):
    assert type(whole_number("n", kind(7), 0, 9)) is int
    assert whole_number("n", kind(7), 0, 9) == seed_key(kind(7)) == 7


@pytest.mark.parametrize("value", NONE)
def test_what_is_none_is_refused_in_one_line(value):
    with pytest.raises(ValueError, match="give a whole number, 0 or more") as refused:
        seed_key(value)
    assert "\n" not in str(refused.value)


def test_longer_seeds_are_hashed_and_shorter_ones_are_themselves():
    for seed in (0, 1, 2**63, 2**64 - 1):
        assert seed_key(seed) == seed
    # by SHA-256 of the big-endian bytes
    expected = hashlib.sha256(bytes([1] + [0] * 8)).digest()[:8]
    assert seed_key(2**64) == int.from_bytes(expected, "big")
    assert len({seed_key(2**64 + i) for i in range(1000)} | {seed_key(2**500)}) == 1001
    assert seed_key(np.random.SeedSequence(0).entropy or 0) == 0
    assert flight_key(2**80, 0) == seed_key(2**80)
    assert flight_key(2**80, 3) == flight_key(seed_key(2**80), 3) != flight_key(2**80, 4)


def test_environments_take_what_gymnasium_hands_out():
    env = gymnasium.make(ENV_ID)
    seeds = [0, 2**63, 2**64 - 1, 2**64, np.random.SeedSequence(5).generate_state(1, np.uint64)[0]]
    seeds += [np.random.SeedSequence().entropy, np.int16(3)]
    starts = {env.reset(seed=seed)[0].tobytes() for seed in seeds}
    assert len(starts) == len(seeds)
    for seed in seeds:
        again = LunarLanding().reset(seed=int(seed))[0]
        assert np.array_equal(again, env.reset(seed=seed)[0])
    for bad in (-1, 1.5, "x"):
        with pytest.raises(ValueError, match="seed"):
            env.reset(seed=bad)


def test_a_vector_counts_on_beyond_64_bits():
    """Environment i of seed s is the single environment of s + i, over 2^64 as well."""
    first = 2**64 - 2
    observed, _ = LunarLandingVector(num_envs=np.int32(4)).reset(seed=first)
    for i in range(4):
        assert np.array_equal(observed[i], LunarLanding().reset(seed=first + i)[0])
    listed = [2**70, np.uint64(2**63), 5, np.int8(6)]
    observed, _ = LunarLandingVector(num_envs=4).reset(seed=listed)
    for row, seed in zip(observed, listed, strict=True):
        assert np.array_equal(row, LunarLanding().reset(seed=seed)[0])
    with pytest.raises(ValueError, match="seed -3"):
        LunarLandingVector(num_envs=2).reset(seed=[1, -3])


def test_choices_of_an_environment_take_any_integer_type():
    env = LunarLanding(frame_skip=np.int16(20), ground="synthetic", ground_seed=np.uint64(2**63))
    assert env.world.scenario.frame_skip == 20 and type(env.world.scenario.ground_seed) is int
    for bad in ({"frame_skip": 2.0}, {"frame_skip": True}, {"ground_seed": -1}):
        with pytest.raises(ValueError, match=next(iter(bad))):
            LunarLanding(**bad)
    with pytest.raises(ValueError, match="num_envs"):
        LunarLandingVector(num_envs=0)


@pytest.mark.slow
def test_a_flight_of_a_numpy_seed_is_that_of_the_int(tmp_path):
    flown = land(MISSION, seed=np.int64(3), imaging=False)
    assert type(flown.seed) is int
    plain = flight("chang-e-6", seed=3, imaging=False).flown
    assert flown.telemetry["r_site"].tobytes() == plain["r_site"].tobytes()


@pytest.mark.slow
def test_a_flight_of_a_long_seed_lands_and_keeps_it():
    long = land(MISSION, seed=2**64 + 1, imaging=False)
    assert long.seed == 2**64 + 1 and long.outcome == "landed"
    key = seed_key(2**64 + 1)
    plain = land(MISSION, seed=key, imaging=False)
    assert long.telemetry["r_site"].tobytes() == plain.telemetry["r_site"].tobytes()


@pytest.mark.parametrize("bad", [-1, 1.5, "3"])
def test_a_bad_seed_is_refused_everywhere(bad, tmp_path):
    with pytest.raises(ValueError, match="seed"):
        land(MISSION, seed=bad)
    with pytest.raises(CampaignError, match="seed"):
        plan_campaign("chang-e-6", 4, seed=bad)
    with pytest.raises(FmuError, match="seed"):
        export_fmu(MISSION, tmp_path, kind="autopilot", seed=bad)
    with pytest.raises(ValueError, match="seed"):
        Ground(MISSION, seed=bad, flat=True)
    with pytest.raises(SceneError, match="there is no scene"):
        make_scene(bad)


def test_campaigns_scenes_and_exports_take_numpy_integers(tmp_path):
    plan = plan_campaign("chang-e-6", np.int32(4), seed=np.uint64(2**64 - 1))
    assert type(plan.runs) is int and plan.seed == 2**64 - 1 and type(plan.seed) is int
    hashed = plan_campaign("chang-e-6", 4, seed=2**90, sampling="sobol")
    assert hashed.points(range(4)).shape[0] == 4
    scenes = [make_scene(kind(3)).elevation_m for kind in (np.int64, int)]
    assert np.array_equal(*scenes, equal_nan=True)
    folders = tmp_path / "a", tmp_path / "b"
    paths = [
        export_fmu(MISSION, folder, kind="lander", fmi=kind(2), seed=kind(5), flat=True)
        for folder, kind in zip(folders, (int, np.int64), strict=True)
    ]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    long = export_fmu(MISSION, tmp_path, kind="lander", seed=2**70, flat=True)
    assert long.read_bytes() != paths[0].read_bytes()
