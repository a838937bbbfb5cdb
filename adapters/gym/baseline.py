"""What to compare a learner with: our autopilot, and policies that know nothing."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.adapters.gym.env import LunarLanding
from farside.adapters.gym.setup import Ending
from farside.ext.common.errors import FarsideError
from farside.guidance import Autopilot
from farside.mission.integers import seed_number, whole_number

Policy = Callable[[NDArray[np.float32]], NDArray[np.float32]]


@dataclass(frozen=True)
class Scores:
    """Episodes flown: their rewards, how they ended, what they used.

    Parameters
    ----------
    returns : ndarray, (episodes,)
        Rewards of each episode, shaping included [-].
    scores : ndarray, (episodes,)
        The same without the shaping [-].
    infos : tuple of dict
        The facts of each end.

    Examples
    --------
    >>> from farside.adapters.gym import LunarLanding, fly_autopilot
    >>> scores = fly_autopilot(LunarLanding(), episodes=2, seed=0)
    >>> scores.landed, scores.scores.shape
    (1.0, (2,))
    >>> f"{scores.mean('propellant_kg'):.0f} kg"
    '142 kg'
    """

    returns: NDArray[np.float64]
    scores: NDArray[np.float64]
    infos: tuple[dict[str, Any], ...]

    @property
    def landed(self) -> float:
        """The share that landed inside the limits."""
        return float(np.mean([i["ending"] == Ending.LANDED for i in self.infos]))

    def mean(self, fact: str) -> float:
        """Return the mean of one fact over all episodes.

        Parameters
        ----------
        fact : str
            Such as "propellant_kg" or "miss_m".

        Returns
        -------
        float
            In the fact's unit (docs/integrate/gymnasium.md).
        """
        return float(np.mean([i[fact] for i in self.infos]))


def fly_policy(env: LunarLanding, policy: Policy, *, episodes: int, seed: int = 0) -> Scores:
    """Fly a policy from observations to actions.

    Parameters
    ----------
    env : LunarLanding
        With the actions and observations that the policy knows.
    policy : callable
        From an observation to an action.
    episodes, seed : int
        Episode k begins with seed + k.

    Returns
    -------
    Scores
        Of each episode.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.adapters.gym import Ending, LunarLanding, fly_policy
    >>> off = np.array([-1.0, 0.0, 0.0, 0.0], np.float32)  # engine and thrusters off
    >>> fallen = fly_policy(LunarLanding(), lambda observed: off, episodes=1, seed=0)
    >>> fallen.landed, Ending(fallen.infos[0]["ending"]).name
    (0.0, 'CRASHED')
    """

    def begin(observed: NDArray[np.float32]) -> Policy:
        return policy

    return _fly(env, begin, episodes, seed)


def fly_autopilot(env: LunarLanding, *, episodes: int, seed: int = 0) -> Scores:
    """Fly our autopilot on the exact state, towards the target, with no imaging.

    Parameters
    ----------
    env : LunarLanding
        With `action="torque"` and a `frame_skip` of 1: the autopilot flies every tick.
    episodes, seed : int
        Episode k begins with seed + k.

    Returns
    -------
    Scores
        Of each episode.

    Raises
    ------
    ValueError
        For an environment of other actions.

    Examples
    --------
    >>> from farside.adapters.gym import LunarLanding, fly_autopilot
    >>> flown = fly_autopilot(LunarLanding(ground="synthetic"), episodes=1, seed=0)
    >>> flown.landed, f"{flown.mean('miss_m'):.2f} m"
    (1.0, '0.02 m')
    """
    scenario = env.world.scenario
    if scenario.action != "torque" or scenario.frame_skip != 1:
        raise FarsideError("the autopilot flies torque actions at frame_skip 1")
    autopilot = Autopilot(env.world.mission, env.world.ground.radius_m)
    phases = [phase.name for phase in env.world.mission.phases]
    # The gate behind braking, past any quick change of attitude.
    first = phases[2] if env.world.mission.phases[1].law == "adjust" else phases[1]
    target = tuple(env.world.setup["target_site"])

    def begin(observed: NDArray[np.float32]) -> Policy:
        autopilot.begin(phases[0] if scenario.start == "pdi" else first)
        autopilot.retarget(target)
        return lambda _: autopilot_action(env, autopilot)

    return _fly(env, begin, episodes, seed)


def autopilot_action(env: LunarLanding, autopilot: Autopilot) -> NDArray[np.float32]:
    """Return the autopilot's command of this tick as an action.

    Parameters
    ----------
    env : LunarLanding
        With torque actions and a `frame_skip` of 1.
    autopilot : Autopilot
        Of the environment's mission, begun with the episode.

    Returns
    -------
    ndarray, (4,), float32
    """
    truth, estimate = env.truth, autopilot.estimate
    estimate["r_site"] = truth[0:3]
    estimate["v_site"] = truth[3:6]
    estimate["q_site_body"] = truth[6:10]
    estimate["omega_body"] = truth[10:13]
    estimate["mass_kg"] = truth[13]
    estimate["accel_mps2"] = truth[15]
    # as the touchdown sensor: nothing measures the height from farther away
    near = truth[16] <= env.world.mission.sensors.touchdown.range_max_m
    estimate["height_m"] = truth[16] if near else math.nan
    command = autopilot.tick(env.ticks)[0]
    vehicle = env.world.vehicle
    most = vehicle["large_torque_nm"] + vehicle["small_torque_nm"]
    action = np.empty(4, np.float32)
    action[0] = 2.0 * command["thrust_n"] / vehicle["thrust_max_n"] - 1.0
    action[1:] = command["torque_nm"] / most
    return action


def _fly(
    env: LunarLanding,
    begin: Callable[[NDArray[np.float32]], Policy],
    episodes: int,
    seed: int,
) -> Scores:
    episodes, seed = whole_number("episodes", episodes, 1), seed_number(seed)
    returns, infos = np.zeros(episodes), []
    for k in range(episodes):
        observed, info = env.reset(seed=seed + k)
        policy, over = begin(observed), False
        while not over:
            observed, reward, terminated, truncated, info = env.step(policy(observed))
            returns[k] += reward
            over = terminated or truncated
        infos.append(info)
    return Scores(returns, np.array([i["score"] for i in infos]), tuple(infos))
