"""Proximal policy optimisation in JAX: the network, the loss and one update of it.

The clipped objective of Schulman et al. (2017, arXiv:1707.06347), (7), with generalised advantage
estimation (arXiv:1506.02438), (16). Optax holds Adam, its schedule and the limit of the gradient.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from functools import partial
from typing import Any, NamedTuple

try:
    import jax
    import jax.numpy as jnp
    import optax
except ImportError as missing:
    raise ImportError("training needs jax and optax: pip install 'farside[learn]'") from missing

import numpy as np
from numpy.typing import NDArray

from farside.adapters.gym.learned import FEATURES, NUMBERS
from farside.ext.common.errors import FarsideError

#: A network's weights by name, of jax or numpy.
Weights = dict[str, Any]


@dataclass(frozen=True)
class Recipe:
    """What a training is told; the defaults trained the policy that ships.

    Parameters
    ----------
    steps : int
        Of the policy, over all environments.
    envs, horizon : int
        Environments side by side, and the steps of each between updates.
    epochs, batch : int
        Passes over what was flown, and samples of one gradient.
    hidden : int
        Units of each of the two hidden layers, of policy and of value.
    rate : float
        Of Adam at the start; it falls linearly to a tenth.
    discount, trace, clip : float
        gamma and lambda of the advantage, epsilon of the objective.
    noise, noise_end : float
        1 sigma of what is added to the outputs, at the start and at the end of the training; it
        falls exponentially.

    Raises
    ------
    ValueError
        For numbers that train nothing: not above 0, not finite, a batch larger than a round.
    """

    steps: int = 2_500_000
    envs: int = 128
    horizon: int = 128
    epochs: int = 8
    batch: int = 2048
    hidden: int = 64
    rate: float = 7e-4
    discount: float = 0.995
    trace: float = 0.97
    clip: float = 0.2
    noise: float = 0.5
    noise_end: float = 0.05

    def __post_init__(self) -> None:
        """Refuse what trains nothing."""
        for field in fields(self):
            value = getattr(self, field.name)
            if not 0.0 < value < math.inf:
                raise FarsideError(f"{field.name} = {value}: give a number above 0")
        for name in ("discount", "trace"):
            if getattr(self, name) > 1.0:
                raise FarsideError(f"{name} = {getattr(self, name)}: give 1 at most")
        if self.batch > self.envs * self.horizon:
            raise FarsideError(
                f"batch = {self.batch} of {self.envs} x {self.horizon} steps a round: no gradient "
                "is taken; give a smaller batch, or more envs or horizon"
            )

    @property
    def rounds(self) -> int:
        """How many times it flies and updates."""
        return max(1, self.steps // (self.envs * self.horizon))

    def sigma(self, done: int) -> float:
        """Return the noise after so many rounds."""
        return float(self.noise * (self.noise_end / self.noise) ** (done / self.rounds))


class Learner(NamedTuple):
    """What an update changes: both networks, the optimiser's moments, the random key."""

    weights: Weights
    moments: Any
    key: Any


class Flown(NamedTuple):
    """What a round flew, (horizon, envs, ...)."""

    features: NDArray[np.float32]
    outputs: NDArray[np.float32]
    chances: NDArray[np.float32]  # log density of the outputs
    values: NDArray[np.float32]
    rewards: NDArray[np.float32]
    ends: NDArray[np.float32]  # 1 where the episode ended with this step


def begin(recipe: Recipe, seed: int) -> Learner:
    """Return a learner that knows nothing, the same for the same seed."""
    key = jax.random.PRNGKey(seed)
    weights: Weights = {}
    sizes = [FEATURES, recipe.hidden, recipe.hidden]
    for net, last, gain in (("", NUMBERS, 0.01), ("value_", 1, 1.0)):
        widths = [*sizes, last]
        for layer in range(3):
            key, own = jax.random.split(key)
            scale = gain if layer == 2 else 2.0**0.5
            draw = jax.nn.initializers.orthogonal(scale)
            weights[f"{net}w{layer}"] = draw(own, (widths[layer], widths[layer + 1]), jnp.float32)
            weights[f"{net}b{layer}"] = jnp.zeros(widths[layer + 1], jnp.float32)
    return Learner(weights, optimiser(recipe).init(weights), key)


def optimiser(recipe: Recipe) -> optax.GradientTransformation:
    """Return Adam with a gradient of at most 0.5 and a rate that falls to a tenth."""
    count = recipe.rounds * recipe.epochs * (recipe.envs * recipe.horizon // recipe.batch)
    rate = optax.linear_schedule(recipe.rate, 0.1 * recipe.rate, count)
    return optax.chain(optax.clip_by_global_norm(0.5), optax.adam(rate, eps=1e-5))


def network(weights: Weights, x: Any, net: str = "") -> Any:
    """Return a network's outputs: two layers of tanh and a linear one."""
    for layer in range(2):
        x = jnp.tanh(x @ weights[f"{net}w{layer}"] + weights[f"{net}b{layer}"])
    return x @ weights[f"{net}w2"] + weights[f"{net}b2"]


def log_density(outputs: Any, means: Any, sigma: Any) -> Any:
    """Return the log density of outputs about their means, less its constant."""
    off = (outputs - means) / sigma
    return -0.5 * (off * off).sum(-1)


@jax.jit
def explore(weights: Weights, key: Any, features: Any, sigma: Any) -> tuple[Any, Any, Any, Any]:
    """Return noisy outputs, their log density, the state's value, and the next key."""
    key, own = jax.random.split(key)
    means = network(weights, features)
    outputs = means + sigma * jax.random.normal(own, means.shape)
    chance = log_density(outputs, means, sigma)
    return outputs, chance, network(weights, features, "value_")[..., 0], key


def advantages(recipe: Recipe, flown: Flown, last: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return generalised advantages, (horizon, envs).

        delta_t = r_t + gamma V(s_t+1) - V(s_t)
        A_t = delta_t + gamma lambda A_t+1          (16) of arXiv:1506.02438

    with nothing from beyond the end of an episode.
    """
    gained = np.zeros_like(flown.rewards)
    after, follow = np.zeros_like(last), last
    for t in range(len(gained) - 1, -1, -1):
        on = 1.0 - flown.ends[t]
        delta = flown.rewards[t] + recipe.discount * follow * on - flown.values[t]
        after = delta + recipe.discount * recipe.trace * on * after
        gained[t], follow = after, flown.values[t]
    return gained


@partial(jax.jit, static_argnums=0)
def update(recipe: Recipe, learner: Learner, samples: dict[str, Any], sigma: Any) -> Learner:
    """Return the learner after `epochs` passes over samples in a drawn order.

    Parameters
    ----------
    recipe : Recipe
    learner : Learner
    samples : dict of ndarray, (horizon x envs, ...)
        features, outputs, chances, gained (advantages) and returns.
    sigma : float
        The noise they were flown with.
    """
    change = optimiser(recipe)
    count = samples["chances"].shape[0]
    batches = count // recipe.batch

    def loss(weights: Weights, part: dict[str, Any]) -> Any:
        means = network(weights, part["features"])
        chance = log_density(part["outputs"], means, sigma)
        ratio = jnp.exp(chance - part["chances"])
        gained = (part["gained"] - part["gained"].mean()) / (part["gained"].std() + 1e-8)
        held = jnp.clip(ratio, 1.0 - recipe.clip, 1.0 + recipe.clip)
        policy = -jnp.minimum(ratio * gained, held * gained).mean()  # (7)
        value = network(weights, part["features"], "value_")[..., 0]
        return policy + 0.5 * ((value - part["returns"]) ** 2).mean()

    def step(held: tuple[Weights, Any], rows: Any) -> tuple[tuple[Weights, Any], None]:
        weights, moments = held
        slope = jax.grad(loss)(weights, {k: v[rows] for k, v in samples.items()})
        by, moments = change.update(slope, moments, weights)
        return (optax.apply_updates(weights, by), moments), None

    key, own = jax.random.split(learner.key)
    orders = [jax.random.permutation(k, count) for k in jax.random.split(own, recipe.epochs)]
    rows = jnp.stack([o[: batches * recipe.batch] for o in orders])
    held, _ = jax.lax.scan(step, (learner.weights, learner.moments), rows.reshape(-1, recipe.batch))
    return Learner(*held, key)
