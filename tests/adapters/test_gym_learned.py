"""The policy that ships: it lands, its bits are kept, and files that are no weights are refused."""

import importlib.util
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
SCORES = [176.37048865587485, 166.35438161290594]
# looked for, not imported: jax warns of every fork of a process that holds it
needs_jax = pytest.mark.skipif(
    importlib.util.find_spec("jax") is None or importlib.util.find_spec("optax") is None,
    reason="the learn extra is not installed: no jax and optax",
)


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


@pytest.mark.slow
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
    by_columns = {k: np.asfortranarray(v) for k, v in drawn(3).items()}
    assert save_policy(tmp_path / "policy.npz", by_columns) == file
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
        """Return what a pickle of this would call."""
        return (print, ("unpickled",))


def huge():
    """Return an array of a header that asks for 8 TB, and nothing behind."""
    out = io.BytesIO()
    header = {"descr": "<f8", "fortran_order": False, "shape": (10**12,)}
    np.lib.format.write_array_header_1_0(out, header)
    return out.getvalue()


def flipped():
    """Return a file whose deflated array has a wrong byte."""
    whole = bytearray(packed("w0.npy", array_bytes(np.arange(300.0))))
    whole[120] ^= 0x55
    return bytes(whole)


def lying():
    """Return a file whose array of 1 MB is said to take 100 bytes."""
    whole = bytearray(packed("w0.npy", array_bytes(np.zeros(125_000))))
    at = whole.index(b"PK\x01\x02")
    whole[at + 24 : at + 28] = (100).to_bytes(4, "little")
    return bytes(whole)


def squeezed():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("w0.npy", array_bytes(np.zeros(3)))
    return out.getvalue()


def header_of(text):
    data = text.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(data).to_bytes(2, "little") + data


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (flipped(), "no weights"),
        (lying(), "no weights|longer than it says"),
        (squeezed(), "as numpy does not"),
        (packed("w0.npy", header_of("((((")), "no weights"),
        (packed("w0.npy", header_of("-" * 100 + "1")), "no weights"),
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


def test_the_policy_that_ships_lands_with_the_bits_it_was_scored_with():
    """Seeds that it was not trained on; docs/learners.md has two hundred."""
    assert SHIPPED.stat().st_size < WEIGHTS_MOST_BYTES
    policy = load_policy()
    flown = fly_policy(LunarLanding(**policy.choices), policy, episodes=8, seed=HELD_OUT)
    assert flown.landed == 1.0
    assert flown.scores[:2].tolist() == SCORES


@pytest.mark.slow
@needs_jax
@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--envs", "2", "--horizon", "4"], "no gradient is taken"),
        (["--noise", "nan"], "noise = nan"),
        (["--envs", "0"], "envs = 0"),
        (["--discount", "1.5"], "give 1 at most"),
        (["--seed", "-1"], "--seed -1"),
        (["--steps", "8", "--out", "/dev/null/run"], "cannot be written"),
    ],
)
def test_a_training_that_trains_nothing_is_refused(options, why, capsys):
    from farside.adapters.gym.train import main

    with pytest.raises(SystemExit) as ended:
        main(options)
    assert ended.value.code == 2
    assert why in capsys.readouterr().err


def trained(folder, *options):
    command = [sys.executable, "-m", "farside.adapters.gym.train", "--out", str(folder), *options]
    subprocess.run(command, check=True, capture_output=True, timeout=140)
    # but for the column of seconds
    curve = [line.split(",") for line in (folder / "curve.csv").read_text().splitlines()]
    return (folder / "policy.npz").read_bytes(), [row[:1] + row[2:] for row in curve]


@needs_jax
@pytest.mark.slow
def test_a_training_is_the_same_for_the_same_seed_and_another_for_another(tmp_path):
    options = (
        "--steps 8192 --envs 16 --horizon 256 --batch 2048 --hidden 8 --epochs 2 --seed".split()
    )
    one, again, other = (
        trained(tmp_path / name, *options, seed)
        for name, seed in (("one", "1"), ("again", "1"), ("other", "2"))
    )
    assert one == again
    assert one[0] != other[0] and one[1] != other[1]
    assert len(one[1]) == len(other[1]) == 3
    for name in ("again", "other"):
        load_policy(tmp_path / name / "policy.npz")


PIECES = """
import numpy as np
from farside.adapters.gym.learned import LearnedPolicy, action_of, features_of
from farside.adapters.gym.ppo import Flown, Recipe, advantages, begin, network

learner = begin(Recipe(hidden=8), 3)
weights = {k: np.asarray(v) for k, v in learner.weights.items() if not k.startswith("value")}
weights["w2"] = np.asarray(weights["w2"]) * 100.0
seen = np.random.default_rng(0).normal(0.0, 5.0, (6, 16))
ours = LearnedPolicy(weights)(seen)
theirs = action_of(np.asarray(network(weights, features_of(seen).astype(np.float32))), seen)
assert np.abs(ours - theirs).max() < 1e-5 and np.abs(ours - ours[0]).max() > 1e-3

draws = np.random.default_rng(1)
shape, recipe = (6, 2), Recipe(discount=0.9, trace=0.8)
rewards, values = draws.normal(size=shape), draws.normal(size=shape)
ends = np.zeros(shape)
ends[2, 0] = 1.0
last = draws.normal(size=2)
none = np.empty(0)
found = advantages(recipe, Flown(none, none, none, values, rewards, ends), last)
# the sum of (16), written out
after = np.vstack([values[1:], last])
for i in range(2):
    for t in range(6):
        stop = 2 if i == 0 and t <= 2 else 5
        delta = [
            rewards[k, i] + 0.9 * after[k, i] * (1.0 - ends[k, i]) - values[k, i]
            for k in range(t, stop + 1)
        ]
        wanted = sum(0.72**n * d for n, d in enumerate(delta))
        assert abs(found[t, i] - wanted) < 1e-12
print("same")
"""


@pytest.mark.slow
@needs_jax
def test_what_is_trained_is_what_flies_and_advantages_are_their_sum():
    """In a process of its own: jax starts threads, and tests fork."""
    ran = subprocess.run(
        [sys.executable, "-c", PIECES], capture_output=True, text=True, timeout=300
    )
    assert ran.stdout.strip() == "same", ran.stderr
