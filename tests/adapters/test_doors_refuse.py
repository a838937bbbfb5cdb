"""What the adapters refuse, in one line each: copies, damaged pickles, options, odd numbers."""

import copy
import pickle

import numpy as np
import pytest
from sample_pilot import MISSION, estimate

import farside.adapters.udp.link as udp
from farside.adapters.basilisk.autopilot import AutopilotModule
from farside.adapters.basilisk.lander import BasiliskLander
from farside.adapters.gym import LunarLanding, LunarLandingVector, Scenario
from farside.adapters.jsbsim.lander import JsbsimLander
from farside.campaign.plan import shard_of
from farside.campaign.sampling import sobol_points
from farside.ext.guidance.autopilot._autopilot import core_from
from farside.flight.ideal import ideal_start
from farside.flight.inputs import drawn_inputs
from farside.flight.keys import flight_key
from farside.guidance import Autopilot
from farside.sensors.streams import draw_normals

COPIES = [copy.copy, copy.deepcopy, *(lambda x, p=p: pickle.dumps(x, p) for p in range(6))]


@pytest.mark.parametrize(
    "make",
    [
        AutopilotModule,
        BasiliskLander,
        lambda mission: JsbsimLander(mission, ideal_start(mission, Autopilot(mission))),
        udp.Link,
    ],
)
def test_what_another_simulator_holds_is_not_copied(make):
    """A shallow copy of a module shared Basilisk's object and was freed with it."""
    held = make(MISSION)
    for way in COPIES:
        with pytest.raises(TypeError, match=f"{type(held).__name__} cannot be copied") as refused:
            way(held)
        assert "\n" not in str(refused.value)
    # what it refers to can be
    if hasattr(held, "autopilot"):
        assert copy.deepcopy(held.autopilot).names == held.autopilot.names


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_byte_of_a_kept_autopilot_is_checked(protocol):
    """Before, only table and phase were: 9 of 10 flipped bits of the state were flown with."""
    pilot = Autopilot(MISSION)
    pilot.estimate[:] = estimate()
    pilot.tick(0)
    twin = pickle.loads(pickle.dumps(pilot, protocol))
    _, (kept,) = twin.core.__reduce__()
    assert core_from(kept).phase == pilot.core.phase
    for at in np.random.default_rng(protocol).integers(0, len(kept), 60):
        spoilt = bytearray(kept)
        spoilt[at] ^= 0x40
        with pytest.raises(ValueError, match="autopilot"):
            core_from(bytes(spoilt))


@pytest.mark.parametrize("choice", [{"shaping": "no"}, {"shaping": 1}, {"shaping": None}])
def test_a_shaping_that_is_no_truth_is_refused(choice):
    with pytest.raises(ValueError, match="give True or False"):
        Scenario(**choice)
    assert Scenario(shaping=np.False_).shaping is False


@pytest.mark.parametrize("seconds", ["3", True, np.nan, -1.0, 2**70, [1.0]])
def test_a_time_that_is_none_is_refused(seconds):
    with pytest.raises(ValueError, match="max_time_s is"):
        Scenario(max_time_s=seconds)
    assert Scenario(max_time_s=np.int64(3)).max_time_s == 3


@pytest.mark.parametrize("count", [0, -2, 1.0, True, "4", None, 2**40, 2**70])
def test_a_count_of_environments_that_cannot_be_is_refused(count):
    with pytest.raises(ValueError, match="num_envs"):
        LunarLandingVector(count)


@pytest.mark.parametrize("ticks", [-1, 1.5, True, "4", 2**70])
def test_a_flight_in_basilisk_of_ticks_that_cannot_be_is_refused(ticks):
    with pytest.raises(ValueError, match="ticks"):
        BasiliskLander(MISSION).advance(ticks)


def test_options_that_do_not_exist_are_refused():
    """A misspelt one, or one of the other kind of environment, was ignored."""
    state = {
        "r_site": [0.0, 0.0, 100.0],
        "v_site": [0.0, 0.0, 0.0],
        "q_site_body": [1.0, 0.0, 0.0, 0.0],
        "omega_body": [0.0, 0.0, 0.0],
        "mass_kg": 2000.0,
    }
    env, vector = LunarLanding(), LunarLandingVector(2)
    for options in ({"stat": state}, {"reset_mask": np.ones(1, np.bool_)}):
        with pytest.raises(ValueError, match="reset takes 'state' and 'faults' only"):
            env.reset(seed=0, options=options)
    with pytest.raises(ValueError, match="reset takes 'reset_mask' only"):
        vector.reset(seed=0, options={"state": state})
    for wrong in ({**state, "mass": 2.0}, {"r_site": [0.0, 0.0, 9.0]}, 7):
        with pytest.raises(ValueError, match="'state' is a dict of r_site"):
            env.reset(seed=0, options={"state": wrong})
    env.reset(seed=0, options={"state": state})
    assert env.truth[13] == 2000.0
    env.reset(seed=0, options={})
    vector.reset(seed=0, options={"reset_mask": np.ones(2, np.bool_)})


# ---- whole numbers of the parts that an analyst calls --------------------------------------------


@pytest.mark.parametrize("k", [np.int8(5), np.uint64(5), np.array(5)])
def test_runs_and_seeds_of_any_integer_type(k):
    """A run of numpy's was an OverflowError, or added with 8 bits."""
    assert flight_key(k, k) == flight_key(5, 5)
    assert np.array_equal(drawn_inputs(MISSION, k, k).values, drawn_inputs(MISSION, 5, 5).values)
    assert np.array_equal(draw_normals(k, k, k), draw_normals(5, 5, 5))
    assert np.array_equal(sobol_points(2, k, range(4)), sobol_points(2, 5, range(4)))
    assert shard_of(10, k, 5) == shard_of(10, 5, 5) == range(8, 10)


def test_longer_seeds_are_hashed_everywhere():
    assert np.array_equal(draw_normals(2**64, 1, 3), draw_normals(flight_key(2**64, 0), 1, 3))
    assert not np.array_equal(draw_normals(2**200, 1, 3), draw_normals(2**64, 1, 3))


@pytest.mark.parametrize("k", [1.0, -1, True, None, "7", 2.5])
def test_what_is_no_run_is_refused(k):
    """1.0 and True were taken for 1 in silence."""
    for call in (
        lambda: flight_key(k, 0),
        lambda: flight_key(0, k),
        lambda: drawn_inputs(MISSION, 0, k),
        lambda: draw_normals(k, 0, 2),
        lambda: draw_normals(0, k, 2),
        lambda: draw_normals(0, 0, k),
        lambda: sobol_points(2, k, range(4)),
        lambda: shard_of(10, k, 2),
    ):
        with pytest.raises(ValueError) as refused:
            call()
        assert "\n" not in str(refused.value)
    for call in (lambda: flight_key(0, 2**64), lambda: draw_normals(0, 2**32, 2)):
        with pytest.raises(ValueError, match="give a whole number"):
            call()
