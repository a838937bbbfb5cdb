"""One lander as a Gymnasium environment."""

from __future__ import annotations

from typing import Any, cast

import gymnasium
import numpy as np
from numpy.typing import NDArray

from farside.adapters.gym.copying import Copied
from farside.adapters.gym.picture import Painter, Picture
from farside.adapters.gym.setup import Scenario, World, episode_faults, facts_of, make_world
from farside.adapters.gym.window import Window
from farside.ext.adapters._gym import DISABLED, OBSERVED, TRUTH
from farside.ext.common._records import TICK_HZ
from farside.ext.common.errors import FarsideError
from farside.mission.integers import seed_key, seed_number

#: Keys that are drawn where no seed is given: of numpy's integers, 63 bits are sure.
SEEDS = 2**63
RENDER_MODES = ("human", "rgb_array")
#: What a reset to a state is told of it.
STATE_NAMES = ("r_site", "v_site", "q_site_body", "omega_body", "mass_kg")


def rendered(
    render_mode: str | None, frame_skip: int, modes: tuple[str, ...] = RENDER_MODES
) -> dict[str, Any]:
    """Return the metadata of an environment: a picture a step, played as fast as it flies.

    Raises
    ------
    ValueError
        For a render mode that does not exist.
    """
    if render_mode is not None and render_mode not in modes:
        raise FarsideError(
            f"render_mode {render_mode!r}: choose {' or '.join(map(repr, modes))}, or None"
        )
    return {"render_modes": list(modes), "render_fps": TICK_HZ / frame_skip}


class LunarLanding(Copied, gymnasium.Env[NDArray[np.float32], NDArray[np.float32]]):
    """Land on the far side of the Moon: six degrees of freedom, the truth's own kernels.

    Observations, actions, rewards and endings are tabled in docs/integrate/gymnasium.md. An
    episode is the same for the same seed and count of resets since, whatever was flown before.

    It can be copied and pickled in flight; a copy goes on with the bits of the original.

    Parameters
    ----------
    render_mode : {None, "human", "rgb_array"}
        "rgb_array" lets `render` draw the lander from the side; "human" shows each step in a
        window, as fast as it flies.
    **choices
        The members of `Scenario`.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.adapters.gym import LunarLanding
    >>> env = LunarLanding(render_mode="rgb_array")
    >>> observed, _ = env.reset(seed=0)
    >>> env.render().shape
    (480, 640, 3)
    >>> action = np.array([1.0, 0.0, 0.0, 0.0], np.float32)  # full thrust, no torque
    >>> observed, reward, terminated, truncated, info = env.step(action)
    >>> observed.shape, terminated, truncated
    ((16,), False, False)
    """

    metadata: dict[str, Any] = rendered(None, 1)

    def __init__(self, render_mode: str | None = None, **choices: Any) -> None:
        scenario = Scenario(**choices)
        self.metadata = rendered(render_mode, scenario.frame_skip)
        self.render_mode = render_mode
        self.world: World = make_world(scenario)
        self.painter = painter_of(self.world)
        self.window = Window(self.metadata["render_fps"])
        self.core = self.world.core(1)
        self.action_space = cast("Any", self.world.action_space)
        self.observation_space = cast("Any", self.world.observation_space)
        self._shape = (1, *self.world.action_space.shape)
        self._seeded = False
        self._reward = np.zeros(1)
        self._terminated = np.zeros(1, np.uint8)
        self._truncated = np.zeros(1, np.uint8)
        self._truth = np.zeros(TRUTH)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Begin an episode: the first of a seed, or the next where none is given.

        Parameters
        ----------
        seed : int, optional
            From 0 on, of any integer type and length: below 2^64 the key of the counter-based
            generator, from there on hashed to one.
        options : dict, optional
            "state": a dict with r_site [m], v_site [m/s], q_site_body, omega_body [rad/s] and
            mass_kg of the centre of mass, to begin there with the engine off. "faults": a list of
            faults of this episode in place of the scenario's.

        Returns
        -------
        observed : ndarray, (16,), float32
        info : dict
            Empty.

        Raises
        ------
        ValueError
            For a seed that is no whole number from 0 on, an option that does not exist, or a state
            that no lander can be in.
        MissionError
            For a fault that cannot be read, or that no environment can have: one line.
        """
        seed = None if seed is None else seed_number(seed)
        known_options(options, "state", "faults")
        state = None if not options else checked_state(options.get("state"))
        faults = None if not options else options.get("faults")
        failing = None if faults is None else episode_faults(self.world.mission, faults)
        super().reset(seed=seed)
        if seed is None and not self._seeded:
            seed = int(self.np_random.integers(SEEDS))
        if seed is None:
            self.core.again(0)
        else:
            self.core.reseed(0, seed_key(seed))
        self._seeded = True
        self.painter.forget()
        self._terminated[0] = self._truncated[0] = 0
        if state is not None:
            self.core.place(0, state)
        if failing is not None:
            self.core.fail(0, failing)
        observed = np.empty((1, OBSERVED), np.float32)
        self.core.observe(observed)
        if self.render_mode == "human":
            self.window.shut = False
            self.render()
        return observed[0], {}

    def step(
        self, action: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Hold an action for `frame_skip` ticks of 10 ms, or to the first contact.

        Outside [-1, 1] it is held at the bounds; one with a NaN is no command: engine and
        thrusters off, or in target mode engine off and the attitude held.

        Parameters
        ----------
        action : ndarray, (4,) or (3,), float32
            Throttle and torque about body x, y, z, or a thrust acceleration east, north, up; each
            of its most (docs/integrate/gymnasium.md) [-].

        Returns
        -------
        observed : ndarray, (16,), float32
        reward : float
        terminated, truncated : bool
            Touched down or lost; out of the box or of time.
        info : dict
            At the end how it ended (docs/integrate/gymnasium.md); empty before.

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
        )
        info = facts_of(self.core.facts[0]) if ended else {}
        if self.render_mode == "human":
            self.render()
        return (
            observed[0],
            float(self._reward[0]),
            bool(self._terminated[0]),
            bool(self._truncated[0]),
            info,
        )

    def render(self) -> Any:
        """Draw the lander from the side, and the way it was drawn on since the reset.

        Returns
        -------
        ndarray, (480, 640, 3), uint8
            None without a render mode, and of "human", which `reset` and `step` show by themselves.

        Raises
        ------
        RuntimeError
            Where no episode was begun, or no window can be opened.
        """
        if self.render_mode is None:
            gymnasium.logger.warn("render() draws nothing: make it with render_mode='rgb_array'")
            return None
        if not self._seeded:
            raise RuntimeError("no episode is under way: call reset() first")
        picture = picture_of(self.painter, self.world, self.truth, self.ticks)
        if self.render_mode == "human":
            return self.window.show(picture)
        return picture

    def close(self) -> None:
        """Close the window, if one is open."""
        self.window.close()
        super().close()

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


def known_options(options: dict[str, Any] | None, *names: str) -> None:
    """Refuse options of `reset` that do not exist.

    Raises
    ------
    ValueError
        With the options that do.
    """
    for name in options or {}:
        if name not in names:
            raise FarsideError(
                f"options {name!r}: reset takes {' and '.join(map(repr, names))} only"
            )


def checked_state(state: Any) -> dict[str, Any] | None:
    """Return the state of a reset with every name that it needs, and no other.

    Raises
    ------
    ValueError
        For a name that is missing, or that there is none of.
    """
    if state is None:
        return None
    if not isinstance(state, dict) or set(state) != set(STATE_NAMES):
        given = sorted(map(str, state)) if isinstance(state, dict) else repr(state)
        raise FarsideError(f"options 'state' is a dict of {', '.join(STATE_NAMES)}, not {given}")
    return state


def painter_of(world: World) -> Painter:
    """Return what draws the episodes of a world."""
    return Painter(world.mission, world.setup["target_site"], world.vehicle["thrust_max_n"])


def picture_of(painter: Painter, world: World, truth: NDArray[np.float64], ticks: int) -> Picture:
    """Return a picture of one episode."""
    return painter.draw(truth, ticks, world.ground.model)
