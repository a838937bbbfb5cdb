"""Copies and pickles in flight: the rest of the flight has the bits of the original's."""

import copy
import pickle
import zlib

import gymnasium
import numpy as np
import pytest
from sample_pilot import MISSION, estimate

from farside.adapters.gym import ENV_ID, LunarLanding
from farside.dynamics import build_vehicle, without_troubles
from farside.ext.guidance.autopilot._autopilot import core_from
from farside.ext.loop._ideal import IdealPlant
from farside.flight.ideal import central_moon, ideal_start, site_frame
from farside.guidance import COMMAND, Autopilot, Status

WAYS = {
    "deepcopy": copy.deepcopy,
    "pickle": lambda x: pickle.loads(pickle.dumps(x)),
    "pickle 2": lambda x: pickle.loads(pickle.dumps(x, protocol=2)),
}


@pytest.fixture(scope="module")
def flown():
    """Every estimate of a nominal descent, without imaging."""
    pilot = Autopilot(MISSION)
    pilot.retarget((3.0, -2.0, 0.0), heading_rad=0.4)
    first = ideal_start(MISSION, pilot)
    plant = IdealPlant(
        without_troubles(build_vehicle(MISSION)), central_moon(site_frame(MISSION)), first.numbers()
    )
    rows = []
    while not (rows and rows[-1]["contact"]):
        plant.observe(pilot.estimate)
        rows.append(pilot.estimate[0].copy())
        pilot.tick(len(rows) - 1)
        plant.step(pilot.command)
    return np.array(rows)


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("share", [0.0, 0.4, 0.93])
def test_a_copied_autopilot_flies_on_with_the_same_bits(flown, way, share):
    """Before the first tick, in braking, and on the approach with a plan asked for."""
    pilot = Autopilot(MISSION)
    pilot.retarget((3.0, -2.0, 0.0), heading_rad=0.4)
    at = int(share * len(flown))
    commands = np.zeros(len(flown), COMMAND)
    pilot.core.tick_many(0, flown[:at], commands[:at])
    twin = WAYS[way](pilot)
    assert twin.core is not pilot.core and twin.names == pilot.names and twin.phase == pilot.phase
    assert np.array_equal(twin.plan.unknowns, pilot.plan.unknowns)
    again = commands.copy()
    pilot.core.tick_many(at, flown[at:], commands[at:])
    # the original has flown on, and the copy has not moved with it
    twin.core.tick_many(at, flown[at:], again[at:])
    assert again.tobytes() == commands.tobytes()
    assert set(commands["status"]) >= {Status.OK}


def test_a_pickle_keeps_estimate_and_command_and_an_unanswered_request(flown):
    pilot = Autopilot(MISSION)
    pilot.begin("approach")
    pilot.estimate[:] = estimate(
        r_site=[0.0, -1900.0, 2500.0], v_site=[0.0, 50.0, -30.0], mass_kg=2000.0
    )
    pilot.tick(0, plan=False)
    assert pilot.wants_plan
    twin = pickle.loads(pickle.dumps(pilot))
    assert twin.estimate.tobytes() == pilot.estimate.tobytes()
    assert twin.command.tobytes() == pilot.command.tobytes()
    assert twin.wants_plan and twin.make_plan() and pilot.wants_plan
    # its arrays are its own
    twin.estimate["mass_kg"] = 1.0
    assert pilot.estimate["mass_kg"][0] == 2000.0


def test_the_bytes_of_an_autopilot_are_checked():
    """Size, version, checksum of the table, phase: nothing of them is evaluated."""
    make, (kept,) = Autopilot(MISSION).core.__reduce__()
    assert make is core_from and isinstance(kept, bytes)
    assert core_from(kept).phase == 0

    def spoilt(at, byte):
        return kept[:at] + bytes([kept[at] ^ byte]) + kept[at + 1 :]

    def sealed(held):
        """With the CRC-32 that these bytes have."""
        return held[:16] + zlib.crc32(held[24:]).to_bytes(4, "little") + held[20:]

    version = 36  # of the table, behind its size
    assert kept[version : version + 4] == kept[12:16] and sealed(kept) == kept
    for bad, why in (
        (kept[:-1], "bytes"),
        (kept + b"0", "bytes"),
        (b"", "bytes"),
        (spoilt(0, 1), "no autopilot"),
        (spoilt(8, 1), "no autopilot"),
        (spoilt(12, 1), "no autopilot"),
        (spoilt(version, 1), "damaged"),
        (spoilt(len(kept) - 9, 1), "damaged"),
        (sealed(spoilt(version, 1)), "may not be flown"),
        (sealed(spoilt(200, 255)), "may not be flown"),
    ):
        with pytest.raises(ValueError, match=why):
            core_from(bad)
    with pytest.raises(TypeError):
        core_from("text")


# ---- environments --------------------------------------------------------------------------------

CHOICES = [
    {},
    {"action": "target", "frame_skip": 10, "observation": "si", "start": "pdi"},
    {"ground": "synthetic", "ground_seed": 4, "render_mode": "rgb_array"},
]


def same(one, other):
    """Whether two steps are the same to the bit, infos included."""
    return (
        all(np.array_equal(a, b) for a, b in zip(one[:4], other[:4], strict=True))
        and one[4].keys() == other[4].keys()
        and all(np.array_equal(one[4][k], other[4][k]) for k in one[4])
    )


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("choices", CHOICES)
def test_a_copied_environment_goes_on_with_the_same_bits(way, choices):
    """In flight, wrapped as Gymnasium makes it, to the end and into the next episode."""
    env = gymnasium.make(ENV_ID, **choices)
    env.reset(seed=9)
    env.action_space.seed(1)
    for _ in range(40):
        env.step(env.action_space.sample())
    twin = WAYS[way](env)
    assert twin.unwrapped is not env.unwrapped and twin.unwrapped.core is not env.unwrapped.core
    over, steps = False, 0
    while not over and steps < 20_000:
        action = env.action_space.sample()
        assert np.array_equal(action, twin.action_space.sample())
        one, other = env.step(action), twin.step(action)
        assert same(one, other)
        over, steps = one[2] or one[3], steps + 1
    assert over and np.array_equal(env.unwrapped.truth, twin.unwrapped.truth)
    if choices.get("render_mode"):
        assert np.array_equal(env.render(), twin.render())
    assert np.array_equal(env.reset()[0], twin.reset()[0])


def test_the_original_does_not_move_with_its_copy():
    env = LunarLanding()
    env.reset(seed=0)
    before = env.truth.copy()
    twin = copy.deepcopy(env)
    for _ in range(100):
        twin.step(np.zeros(4, np.float32))
    assert np.array_equal(env.truth, before) and env.ticks == 0 and twin.ticks == 100
    shallow = copy.copy(env)
    shallow.step(np.zeros(4, np.float32))
    assert env.ticks == 0 and shallow.ticks == 1


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("mode", ["NextStep", "SameStep", "Disabled"])
def test_a_copied_vector_goes_on_with_the_same_bits(way, mode):
    env = gymnasium.make_vec(
        ENV_ID, num_envs=4, vectorization_mode="vector_entry_point", autoreset_mode=mode,
        frame_skip=50, max_time_s=40.0,
    )  # fmt: skip
    env.reset(seed=3)
    actions = np.random.default_rng(2).uniform(-1.0, 1.0, (60, 4, 4)).astype(np.float32)
    for action in actions[:20]:
        env.step(action)
    twin = WAYS[way](env)
    for action in actions[20:]:
        one, other = env.step(action), twin.step(action)
        assert all(np.array_equal(a, b) for a, b in zip(one[:4], other[:4], strict=True))
        if mode == "Disabled" and (one[2] | one[3]).any():
            mask = {"reset_mask": one[2] | one[3]}
            assert np.array_equal(env.reset(options=mask)[0], twin.reset(options=mask)[0])
    assert all(np.array_equal(env.truth(i), twin.truth(i)) for i in range(4))


def test_the_bytes_of_episodes_are_checked():
    env, other = LunarLanding(), LunarLanding(max_time_s=100.0)
    env.reset(seed=0)
    kept = env.core.dump()
    flipped = kept[:100] + bytes([kept[100] ^ 1]) + kept[101:]
    for bad in (kept[:-8], kept + b"12345678", b"", flipped, b"X" + kept[1:]):
        with pytest.raises(ValueError, match="state of"):
            env.core.load(bad)
    with pytest.raises(ValueError, match="another scenario"):
        other.core.load(kept)
    env.core.load(kept)
