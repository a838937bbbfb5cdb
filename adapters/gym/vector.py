"""Many landers as one Gymnasium vector environment, stepped in one loop of the kernel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from farside.adapters.gym.copying import Copied
from farside.adapters.gym.env import SEEDS, known_options, painter_of, picture_of, rendered
from farside.adapters.gym.setup import Scenario, World, facts_of, make_world
from farside.ext.adapters._gym import DISABLED, NEXT_STEP, OBSERVED, SAME_STEP, TRUTH
from farside.ext.common.errors import FarsideError
from farside.mission.integers import seed_key, seed_number, whole_number

Array = NDArray[np.float32]
#: Environments of one vector: their states alone are a gigabyte.
MOST_ENVS = 1_000_000
_MODES = {
    AutoresetMode.NEXT_STEP: NEXT_STEP,
    AutoresetMode.SAME_STEP: SAME_STEP,
    AutoresetMode.DISABLED: DISABLED,
}


class LunarLandingVector(Copied, VectorEnv[Array, Array, NDArray[Any]]):
    """`num_envs` of `LunarLanding`, bit for bit those of Gymnasium's own SyncVectorEnv.

    Environment i of seed s is the single environment of seed s + i, however many there are. One
    vector environment belongs to one thread; its steps run without the GIL.

    Parameters
    ----------
    num_envs : int
        How many.
    autoreset_mode : AutoresetMode or str
        What follows an end, as Gymnasium has it: `NextStep`, `SameStep` or `Disabled`.
    render_mode : {None, "rgb_array"}
        "rgb_array" lets `render` draw every lander from the side.
    **choices
        The members of `Scenario`.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.adapters.gym import LunarLanding, LunarLandingVector
    >>> many = LunarLandingVector(3)
    >>> observed, _ = many.reset(seed=5)
    >>> action = np.zeros((3, 4), np.float32)
    >>> observed, rewards, terminated, truncated, info = many.step(action)
    >>> observed.shape, rewards.shape, bool(terminated.any())
    ((3, 16), (3,), False)
    >>> one = LunarLanding()  # that of seed 5 + 2 is number 2
    >>> _ = one.reset(seed=7), one.step(action[2])
    >>> bool((one.truth == many.truth(2)).all())
    True
    """

    def __init__(
        self,
        num_envs: int = 1,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        render_mode: str | None = None,
        **choices: Any,
    ) -> None:
        num_envs = whole_number("num_envs", num_envs, 1, MOST_ENVS)
        scenario = Scenario(**choices)
        mode = AutoresetMode(autoreset_mode)
        self.metadata = {
            # a window shows one lander
            **rendered(render_mode, scenario.frame_skip, ("rgb_array",)),
            "autoreset_mode": mode,
        }
        self.render_mode = render_mode
        self.num_envs = num_envs
        self.world: World = make_world(scenario)
        self.painters = [painter_of(self.world) for _ in range(num_envs if render_mode else 0)]
        self.core = self.world.core(num_envs)
        self.single_action_space = self.world.action_space
        self.single_observation_space = self.world.observation_space
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self._mode = mode
        self._seeded = False
        self._shape = (num_envs, *self.world.action_space.shape)
        self._ended = np.zeros(num_envs, np.bool_)

    def reset(
        self,
        *,
        seed: int | Sequence[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[Array, dict[str, Any]]:
        """Begin episodes: the first of their seeds, or the next where none is given.

        Parameters
        ----------
        seed : int or sequence, optional
            Of environment i: seed + i, or seed[i]; from 0 on, of any integer type and length.
        options : dict, optional
            "reset_mask", (num_envs,) of bool: which to begin anew.

        Returns
        -------
        observed : ndarray, (num_envs, 16), float32
        info : dict
            Empty.

        Raises
        ------
        ValueError
            For seeds that are no whole numbers from 0 on, or not as many as environments.
        """
        if seed is not None and np.ndim(cast("Any", seed)) == 0:
            first = seed_number(seed)
            super().reset(seed=first)
            seeds: list[int | None] = [first + i for i in range(self.num_envs)]
        elif seed is None:
            seeds = [None] * self.num_envs
        else:
            given = cast("Sequence[int | None]", seed)
            seeds = [None if one is None else seed_number(one) for one in given]
        if len(seeds) != self.num_envs:
            raise FarsideError(f"{self.num_envs} environments take as many seeds, not {len(seeds)}")
        known_options(options, "reset_mask")
        mask = self._mask(options)
        for i, one in enumerate(seeds):
            if one is None and not self._seeded:
                one = int(self.np_random.integers(SEEDS))
            if not mask[i] and self._seeded:
                continue
            if one is None:
                self.core.again(i)
            else:
                self.core.reseed(i, seed_key(one))
            if self.painters:
                self.painters[i].forget()
        self._seeded = True
        self._ended = self._ended & ~mask
        observed = np.empty((self.num_envs, OBSERVED), np.float32)
        self.core.observe(observed)
        return observed, {}

    def step(
        self, actions: Array
    ) -> tuple[Array, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """Step every environment under its action, (num_envs, 4 or 3).

        Parameters
        ----------
        actions : ndarray, (num_envs, 4 or 3), float32
            As of `LunarLanding.step`, a row each.

        Returns
        -------
        observed : ndarray, (num_envs, 16), float32
        rewards : ndarray, (num_envs,)
        terminated, truncated : ndarray, (num_envs,), bool
        info : dict
            Of those that ended how they did, as Gymnasium's vectors tell it.

        Raises
        ------
        RuntimeError
            Before the first reset; or without autoreset, where an episode is over.
        """
        if not self._seeded:
            raise RuntimeError("no episode is under way: call reset() first")
        if self._mode is AutoresetMode.DISABLED and self._ended.any():
            raise RuntimeError("an episode is over: reset it with options={'reset_mask': ...}")
        count = self.num_envs
        observed = np.empty((count, OBSERVED), np.float32)
        rewards = np.empty(count)
        terminated = np.empty(count, np.bool_)
        truncated = np.empty(count, np.bool_)
        ended = self.core.step(
            np.ascontiguousarray(actions, np.float32).reshape(self._shape),
            _MODES[self._mode],
            observed,
            rewards,
            terminated.view(np.uint8),
            truncated.view(np.uint8),
        )
        info: dict[str, Any] = {}
        if self._mode is AutoresetMode.DISABLED:
            self._ended = terminated | truncated
        if ended:
            info = self._infos(terminated | truncated)
        return observed, rewards, terminated, truncated, info

    def truth(self, i: int) -> NDArray[np.float64]:
        """Return the exact state of environment i.

        Parameters
        ----------
        i : int
            From 0.

        Returns
        -------
        ndarray, (17,)
            SI, as `LunarLanding.truth`; a new array each time.
        """
        out = np.empty(TRUTH)
        self.core.truth(i, out)
        return out

    def render(self) -> Any:
        """Draw every lander from the side.

        Returns
        -------
        tuple of ndarray, (480, 640, 3), uint8
            None without a render mode.

        Raises
        ------
        RuntimeError
            Before the first reset.
        """
        if self.render_mode is None:
            gymnasium.logger.warn("render() draws nothing: make it with render_mode='rgb_array'")
            return None
        if not self._seeded:
            raise RuntimeError("no episode is under way: call reset() first")
        return tuple(
            picture_of(painter, self.world, self.truth(i), self.core.ticks(i))
            for i, painter in enumerate(self.painters)
        )

    def _infos(self, ended: NDArray[np.bool_]) -> dict[str, Any]:
        info: dict[str, Any] = {}
        for i in np.flatnonzero(ended):
            facts = facts_of(self.core.facts[i])
            if self._mode is AutoresetMode.SAME_STEP:
                facts = {"final_obs": self.core.final[i].copy(), "final_info": facts}
            info = self._add_info(info, facts, int(i))
        return info

    def _mask(self, options: dict[str, Any] | None) -> NDArray[np.bool_]:
        if not options or "reset_mask" not in options:
            return np.ones(self.num_envs, np.bool_)
        mask = np.asarray(options["reset_mask"])
        if mask.shape != (self.num_envs,) or mask.dtype != np.bool_:
            raise FarsideError(
                f"reset_mask is {self.num_envs} bools, not {mask.dtype} {mask.shape}"
            )
        return mask
