"""Score our autopilot and two idle policies in `farside/LunarLanding-v0`.

It needs `pip install 'farside[gym]'` and takes the number of episodes.
"""

import sys

import gymnasium
import numpy as np

from farside.adapters.gym import ENV_ID, LunarLanding, Scores, fly_autopilot, fly_policy


def line(name: str, flown: Scores) -> str:
    """Return one row of the table of scores."""
    return (
        f"{name:12s} {100.0 * flown.landed:6.0f} % {flown.scores.mean():9.1f} "
        f"{flown.scores.std():7.1f} {flown.returns.mean():9.1f} {flown.mean('propellant_kg'):8.1f}"
    )


def main(episodes: int) -> None:
    """Fly the same seeds under each policy."""
    env = gymnasium.make(ENV_ID).unwrapped
    assert isinstance(env, LunarLanding)
    draws = np.random.default_rng(0)
    print("policy        landed     score  spread    return  kg used")
    print(line("autopilot", fly_autopilot(env, episodes=episodes)))
    idle = np.zeros(4, np.float32)
    print(line("zero", fly_policy(env, lambda _: idle, episodes=episodes)))
    off = np.array([-1.0, 0.0, 0.0, 0.0], np.float32)
    print(line("engine off", fly_policy(env, lambda _: off, episodes=episodes)))

    def guess(_: object) -> np.ndarray:
        return draws.uniform(-1.0, 1.0, 4).astype(np.float32)

    print(line("random", fly_policy(env, guess, episodes=episodes)))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
