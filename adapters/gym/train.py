"""Train a baseline: python -m farside.adapters.gym.train --seed 1 --out run.

Writes run/policy.npz and run/curve.csv. One core, one thread: the same seed on the same machine and
packages gives the same bits.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

# XLA splits a sum among threads as they are free: one thread, before jax is imported.
os.environ.setdefault(
    "XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
)
os.environ.setdefault("JAX_PLATFORMS", "cpu")

from farside.adapters.gym.learned import (
    FEATURES,
    FLOWN_WITH,
    NUMBERS,
    action_of,
    features_of,
    save_policy,
)
from farside.adapters.gym.ppo import Flown, Learner, Recipe, advantages, begin, explore, update
from farside.adapters.gym.setup import FAILURE, Ending
from farside.adapters.gym.vector import LunarLandingVector

#: Rewards are divided by this for the learner: about what an episode's spread is.
REWARD_SCALE = 50.0
#: A training episode is over then [s]; what still flies is charged as a failure, to the learner
#: alone, for else it would do to hover.
TRAINING_TIME_S = 200.0
#: The deceleration that the learner is led to [m/s^2], and the height that is added for the way
#: level [m], which else would be asked for ever faster.
LED_MPS2, LEVEL_M = 0.5, 25.0
COLUMNS = ("steps", "cpu_s", "episodes", "landed", "score", "vertical_mps", "miss_m")


def potential(observed: NDArray[Any]) -> NDArray[np.float64]:
    """Return the potential that leads the learner, a number for each observation in SI.

    Height h falls at a constant deceleration a, places p level go as the cube of the time left, so
    that the way level is over before the ground:

        v_led = (-3/2 p sqrt(2 a / (h + 25 m)), -sqrt(2 a h + 1))
        Phi = -0.03 |r| - e - 15 ln(1 + e) - 50 tilt / pi - 40 |w|,   e = |v - v_led|

    Rewarded is Phi(s') - Phi(s), with Phi = 0 at every end but a crash: over an episode it adds up
    to -Phi(start), whatever was flown (Ng, Harada & Russell, ICML 1999, with a discount of 1; with
    their gamma before Phi(s') a hover far from the target is paid for each step).
    """
    x = np.asarray(observed, np.float64)
    place = x[:, [0, 1, 3]]
    far = np.linalg.norm(place, axis=1)
    high = np.maximum(place[:, 2], 0.0)
    led = -1.5 * place * np.sqrt(2.0 * LED_MPS2 / (high + LEVEL_M))[:, None]
    led[:, 2] = -np.sqrt(2.0 * LED_MPS2 * high + 1.0)
    off = np.linalg.norm(x[:, 4:7] - led, axis=1)
    tilt = np.arccos(np.clip(1.0 - 2.0 * (x[:, 8] ** 2 + x[:, 9] ** 2), -1.0, 1.0))
    rate = np.linalg.norm(x[:, 11:14], axis=1)
    total: NDArray[np.float64] = (
        -0.03 * far - off - 15.0 * np.log1p(off) - 50.0 / np.pi * tilt - 40.0 * rate
    )
    return total


def charged(fact: dict[str, Any], observed: NDArray[Any]) -> float:
    """Return what an end pays the learner besides its score.

    A touchdown that fails pays the potential it ends with in place of -100: a gentle one is the
    way to one that lands. An episode without a touchdown pays -200 in all.
    """
    if fact["ending"] == Ending.LANDED:
        return 0.0
    if fact["ending"] == Ending.CRASHED:
        return FAILURE + float(potential(observed[None])[0])
    return -FAILURE if fact["ending"] == Ending.OUTSIDE else -2.0 * FAILURE


@dataclass
class Row:
    """A point of the learning curve: what the noisy policy flew in one round, means."""

    steps: int
    cpu_s: float
    episodes: int
    landed: float
    score: float
    vertical_mps: float
    miss_m: float


class Trainer:
    """Fly, update, tell.

    Parameters
    ----------
    recipe : Recipe
    seed : int
        Of weights and noise; environment i flies the episodes of seed + i.
    choices : dict, optional
        Of the environment, over those that the policy flies in.
    """

    def __init__(self, recipe: Recipe, seed: int, choices: dict[str, Any] | None = None) -> None:
        flown = {**FLOWN_WITH, "max_time_s": TRAINING_TIME_S, "shaping": False, **(choices or {})}
        self.recipe = recipe
        self.env = LunarLandingVector(recipe.envs, "SameStep", **flown)
        self.learner: Learner = begin(recipe, seed)
        observed = self.env.reset(seed=seed)[0]
        self.features = features_of(observed).astype(np.float32)
        self.observed = observed
        self.led = potential(observed)
        self.steps, self.sigma = 0, recipe.noise

    def round(self) -> tuple[Flown, NDArray[np.float32], list[dict[str, Any]]]:
        """Fly `horizon` steps of every environment with the policy's noise.

        Returns
        -------
        flown : Flown
        last : ndarray, (envs,)
            Values of the states after.
        facts : list of dict
            Of the episodes that ended.
        """
        r = self.recipe
        shape = (r.horizon, r.envs)
        flown = Flown(
            np.empty((*shape, FEATURES), np.float32),
            np.empty((*shape, NUMBERS), np.float32),
            *(np.empty(shape, np.float32) for _ in range(4)),
        )
        weights, _, key = self.learner
        facts: list[dict[str, Any]] = []
        for t in range(r.horizon):
            outputs, chances, values, key = explore(weights, key, self.features, self.sigma)
            flown.features[t], flown.outputs[t] = self.features, outputs
            flown.chances[t], flown.values[t] = chances, values
            action = action_of(flown.outputs[t].astype(np.float64), self.observed)
            observed, rewards, terminated, truncated, info = self.env.step(action)
            ended = terminated | truncated
            for i in np.flatnonzero(ended):
                fact = {k: v[i] for k, v in info["final_info"].items() if k[0] != "_"}
                facts.append(fact)
                rewards[i] += charged(fact, info["final_obs"][i])
            led = potential(observed)
            rewards += np.where(ended, 0.0, led) - self.led
            self.led, self.observed = led, observed
            flown.rewards[t], flown.ends[t] = rewards / REWARD_SCALE, ended
            self.features = features_of(observed).astype(np.float32)
        last = np.asarray(explore(weights, key, self.features, self.sigma)[2])
        self.learner = self.learner._replace(key=key)
        self.steps += r.horizon * r.envs
        return flown, last, facts

    def learn(self, flown: Flown, last: NDArray[np.float32]) -> None:
        """Update both networks by what was flown."""
        gained = advantages(self.recipe, flown, last)
        samples = {
            "features": flown.features,
            "outputs": flown.outputs,
            "chances": flown.chances,
            "gained": gained,
            "returns": gained + flown.values,
        }
        count = self.recipe.horizon * self.recipe.envs
        flat = {k: v.reshape(count, *v.shape[2:]) for k, v in samples.items()}
        self.learner = update(self.recipe, self.learner, flat, self.sigma)

    def rows(self) -> Iterator[Row]:
        """Yield a point of the curve for each round, and learn from it."""
        begun = time.process_time()
        for done in range(self.recipe.rounds):
            self.sigma = self.recipe.sigma(done)
            flown, last, facts = self.round()
            self.learn(flown, last)

            def mean(name: str, facts: list[dict[str, Any]] = facts) -> float:
                return float(np.mean([f[name] for f in facts])) if facts else float("nan")

            yield Row(
                self.steps,
                time.process_time() - begun,
                len(facts),
                mean("is_success"),
                mean("score"),
                mean("vertical_mps"),
                mean("miss_m"),
            )

    @property
    def weights(self) -> dict[str, NDArray[np.float32]]:
        """The policy's weights, as `save_policy` takes them."""
        held = self.learner.weights
        return {f"{k}{n}": np.asarray(held[f"{k}{n}"]) for n in range(3) for k in "wb"}


def train(
    recipe: Recipe,
    seed: int,
    folder: Path,
    tell: Callable[[Row], None] = lambda row: None,
) -> Path:
    """Train a policy; write policy.npz and curve.csv.

    Returns
    -------
    Path
        The weights.
    """
    folder.mkdir(parents=True, exist_ok=True)
    trainer = Trainer(recipe, seed)
    with (folder / "curve.csv").open("w", newline="", encoding="utf-8") as out:
        table = csv.writer(out)
        table.writerow(COLUMNS)
        for row in trainer.rows():
            held = [getattr(row, f.name) for f in fields(row)]
            table.writerow([f"{v:.6g}" if isinstance(v, float) else v for v in held])
            out.flush()
            tell(row)
    return save_policy(folder / "policy.npz", trainer.weights)


def main(arguments: list[str] | None = None) -> int:
    """Read the command line, train, say where the policy is."""
    parser = argparse.ArgumentParser(
        prog="python -m farside.adapters.gym.train", description=__doc__
    )
    parser.add_argument("--seed", type=int, default=1, help="of weights, noise and episodes")
    parser.add_argument("--out", type=Path, default=Path("run"), help="folder of the two files")
    for field in fields(Recipe):
        kind = type(field.default)
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=kind, default=field.default)
    given = vars(parser.parse_args(arguments))
    seed, folder = given.pop("seed"), given.pop("out")

    def tell(row: Row) -> None:
        print(
            f"{row.steps:9d} steps {row.cpu_s:6.0f} s  landed {100 * row.landed:5.1f} %  "
            f"score {row.score:7.1f}  {row.vertical_mps:6.2f} m/s  miss {row.miss_m:8.2f} m",
            flush=True,
        )

    if seed < 0:
        parser.error(f"--seed {seed}: give a whole number from 0")
    try:
        print(train(Recipe(**given), seed, folder, tell))
    except ValueError as why:
        parser.error(str(why))
    except OSError as why:
        parser.error(f"--out {folder}: cannot be written: {why.strerror or why}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
