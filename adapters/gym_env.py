"""One lander as a Gymnasium environment."""

from __future__ import annotations

from typing import Any, cast

import gymnasium
import numpy as np
from numpy.typing import NDArray

from farside.adapters.gym_setup import Scenario, World, facts_of, make_world
from farside.ext._gym import FACTS, OBSERVED, TRUTH

#: The kernel's autoreset that leaves an ended episode as it is.
DISABLED = 2
#: Seeds of Philox are 64 bits; of numpy's integers, 63 are sure.
SEEDS = 2**63


class LunarLanding(gymnasium.Env[NDArray[np.float32], NDArray[np.float32]]):
    """Land on the far side of the Moon: six degrees of freedom, the truth's own kernels.

    Observations, actions, rewards and endings are tabled in docs/integrate/gymnasium.md. An
    episode is the same for the same seed and count of resets since, whatever was flown before.

    Parameters
    ----------
    render_mode : None
        There is nothing to render.
    **choices
        The members of `Scenario`.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012

    def __init__(self, render_mode: None = None, **choices: Any) -> None:
        if render_mode is not None:
            raise ValueError(f"render_mode {render_mode!r}: there is none but None")
        self.render_mode = render_mode
        self.world: World = make_world(Scenario(**choices))
        self.core = self.world.core(1)
        self.action_space = cast("Any", self.world.action_space)
        self.observation_space = cast("Any", self.world.observation_space)
        self._shape = (1, *self.world.action_space.shape)
        self._seeded = False
        self._reward = np.zeros(1)
        self._terminated = np.zeros(1, np.uint8)
        self._truncated = np.zeros(1, np.uint8)
        self._final = np.zeros((1, OBSERVED), np.float32)
        self._facts = np.zeros((1, FACTS))
        self._truth = np.zeros(TRUTH)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Begin an episode: the first of a seed, or the next where none is given.

        Parameters
        ----------
        seed : int, optional
            Key of the counter-based generator.
        options : dict, optional
            "state": a dict with r_site [m], v_site [m/s], q_site_body, omega_body [rad/s] and
            mass_kg of the centre of mass, to begin there with the engine off.
        """
        super().reset(seed=seed)
        if seed is None and not self._seeded:
            seed = int(self.np_random.integers(SEEDS))
        if seed is None:
            self.core.again(0)
        else:
            self.core.reseed(0, seed)
        self._seeded = True
        self._terminated[0] = self._truncated[0] = 0
        if options and "state" in options:
            self.core.place(0, options["state"])
        observed = np.empty((1, OBSERVED), np.float32)
        self.core.observe(observed)
        return observed[0], {}

    def step(
        self, action: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Hold an action for `frame_skip` ticks of 10 ms, or to the first contact.

        Outside [-1, 1] it is held at the bounds; one with a NaN is no command: engine and
        thrusters off, or in target mode engine off and the attitude held.

        Raises
        ------
        RuntimeError
            Where no episode is under way.
        """
        if not self._seeded or self._terminated[0] or self._truncated[0]:
            raise RuntimeError("no episode is under way: call reset() first")
        observed = np.empty((1, OBSERVED), np.float32)
        ended = self.core.step(
            np.ascontiguousarray(action, np.float32).reshape(self._shape),
            DISABLED,
            observed,
            self._reward,
            self._terminated,
            self._truncated,
            self._final,
            self._facts,
        )
        info = facts_of(self._facts[0]) if ended else {}
        return (
            observed[0],
            float(self._reward[0]),
            bool(self._terminated[0]),
            bool(self._truncated[0]),
            info,
        )

    @property
    def truth(self) -> NDArray[np.float64]:
        """The exact state, SI, (17,).

        r_site (3), v_site (3), q_site_body (4), omega_body (3), mass, thrust [N], acceleration
        felt along body z, height of the base above the ground. The same array each time.
        """
        self.core.truth(0, self._truth)
        return self._truth

    @property
    def ticks(self) -> int:
        """How many ticks of 10 ms this episode has flown."""
        return self.core.ticks(0)
