"""The policy that ships: it lands, its bits are kept, and files that are no weights are refused."""

import io
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from farside.adapters.gym import LearnedPolicy, LunarLanding, PolicyError, fly_policy, load_policy
from farside.adapters.gym.learned import (
    FEATURES,
    SHIPPED,
    WEIGHTS_MOST_BYTES,
    action_of,
    features_of,
    save_policy,
)

HELD_OUT = 1_000_000


def drawn(seed=0, hidden=8, **changed):
    draws = np.random.default_rng(seed)
    widths = (FEATURES, hidden, hidden, 3)
    weights = {f"w{k}": draws.normal(0.0, 0.3, widths[k : k + 2]) for k in range(3)}
    weights |= {f"b{k}": draws.normal(0.0, 0.3, widths[k + 1]) for k in range(3)}
    return {**weights, **changed}


def test_a_policy_is_the_network_of_its_weights():
    weights, observed = drawn(1), np.random.default_rng(2).normal(0.0, 5.0, (7, 16))
    held = features_of(observed)
    for k in range(2):
        held = np.tanh(held @ weights[f"w{k}"] + weights[f"b{k}"])
    wanted = action_of(held @ weights["w2"] + weights["b2"], observed)
    policy = LearnedPolicy(weights)
    assert np.abs(policy(observed) - wanted).max() < 1e-6
    # one by one: the bits of all at once
    assert all(np.array_equal(policy(observed[i]), policy(observed)[i]) for i in range(7))


@given(arrays.arrays(np.float64, 16, elements=st.floats(-1e5, 1e5)))
def test_any_observation_gives_an_action_inside_the_bounds(observed):
    action = LearnedPolicy(drawn())(observed)
    assert action.dtype == np.float32 and np.abs(action).max() <= 1.0


def test_at_the_ground_no_output_asks_for_more_than_the_limit_of_tilt():
    observed = np.zeros(16)
    action = action_of(np.array([1.0, 0.0, 0.0]), observed).astype(float)
    assert np.degrees(np.arctan2(action[0], action[2])) < 6.0
    observed[3] = 500.0
    action = action_of(np.array([1.0, 0.0, 0.0]), observed).astype(float)
    assert np.degrees(np.arctan2(action[0], action[2])) > 45.0


def test_an_observation_that_is_none_is_refused():
    policy = LearnedPolicy(drawn())
    with pytest.raises(ValueError, match="16 numbers"):
        policy(np.zeros(15))
    with pytest.raises(ValueError, match="not finite"):
        policy(np.full(16, np.nan))


@pytest.mark.parametrize(
    ("weights", "why"),
    [
        ({}, "none: train a policy"),
        (drawn(w3=np.zeros(3)), "train a policy"),
        (drawn(w1=np.zeros((9, 8))), "another network"),
        (drawn(b0=np.zeros((8, 1))), "another network"),
        (drawn(b2=np.full(3, np.nan)), "not finite"),
        (drawn(w2=np.zeros((8, 4)), b2=np.zeros(4)), "3 numbers"),
    ],
)
def test_weights_that_are_none_are_refused_and_not_written(weights, why, tmp_path):
    with pytest.raises(PolicyError, match=why):
        save_policy(tmp_path / "policy.npz", weights)
    assert not list(tmp_path.iterdir())


def test_what_is_saved_comes_back(tmp_path):
    file = save_policy(tmp_path / "policy.npz", drawn(3))
    observed = np.random.default_rng(4).normal(0.0, 5.0, (5, 16))
    assert np.abs(load_policy(file)(observed) - LearnedPolicy(drawn(3))(observed)).max() < 1e-5
    assert [p.name for p in tmp_path.iterdir()] == ["policy.npz"]


def packed(name, data):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return out.getvalue()


def array_bytes(array, cut=None):
    out = io.BytesIO()
    np.lib.format.write_array(out, array, version=(1, 0))
    return out.getvalue()[:cut]


class Evil:
    def __reduce__(self):
        return (print, ("unpickled",))


def huge():
    """Return an array of a header that asks for 8 TB, and nothing behind."""
    out = io.BytesIO()
    header = {"descr": "<f8", "fortran_order": False, "shape": (10**12,)}
    np.lib.format.write_array_header_1_0(out, header)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "no weights"),
        (b"not a zip", "no weights"),
        (b"0" * (WEIGHTS_MOST_BYTES + 1), "at most"),
        (packed("w0.npy", b"0" * (WEIGHTS_MOST_BYTES + 1)), "this is more"),
        (packed("w0.npy", array_bytes(np.array([Evil()], object))), "real numbers"),
        (packed("w0.npy", array_bytes(np.zeros(3, np.int64))), "real numbers"),
        (packed("w0.npy", array_bytes(np.zeros(300), cut=-8)), "cut off"),
        (packed("w0.npy", huge()), "cut off"),
        (packed("w0.npy", b"text"), "no weights"),
        (packed("w0.npy", array_bytes(np.zeros((20, 8)))), "train a policy"),
    ],
)
def test_a_file_that_holds_no_weights_is_refused_in_a_line(data, why, tmp_path, capsys):
    file = tmp_path / "policy.npz"
    file.write_bytes(data)
    with pytest.raises(PolicyError, match=why) as refused:
        load_policy(file)
    assert "\n" not in str(refused.value) and str(file) in str(refused.value)
    assert "unpickled" not in capsys.readouterr().out


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(PolicyError, match="No such file"):
        load_policy(tmp_path / "none.npz")
