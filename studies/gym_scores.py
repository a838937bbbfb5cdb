"""Scores of our autopilot and of policies that know nothing: writes the table of a page.

    python -m studies.gym_scores

The table of docs/integrate/gymnasium.md; tests/adapters/test_gym_scores.py holds the page to it.
Takes five seconds of a core.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from studies.page import write

from farside.adapters.gym import LunarLanding, Scores, fly_autopilot, fly_policy

PAGE = Path(__file__).parents[1] / "docs" / "integrate" / "gymnasium.md"
EPISODES = 20


def _autopilot() -> Scores:
    return fly_autopilot(LunarLanding(), episodes=EPISODES)


def _zero() -> Scores:
    still = np.zeros(4, np.float32)
    return fly_policy(LunarLanding(), lambda _: still, episodes=EPISODES)


def _off() -> Scores:
    off = np.array([-1.0, 0.0, 0.0, 0.0], np.float32)
    return fly_policy(LunarLanding(), lambda _: off, episodes=EPISODES)


def _random() -> Scores:
    draws = np.random.default_rng(0)
    return fly_policy(
        LunarLanding(),
        lambda _: draws.uniform(-1.0, 1.0, 4).astype(np.float32),
        episodes=EPISODES,
    )


POLICIES: dict[str, Callable[[], Scores]] = {
    "our autopilot, exact state": _autopilot,
    "zero (half thrust, no torque)": _zero,
    "engine off": _off,
    "random": _random,
}


def row(name: str) -> str:
    """Return a policy's row of the table."""
    flown = POLICIES[name]()
    return (
        f"| {name} | {100.0 * flown.landed:.0f} % | {flown.scores.mean():.1f} ± "
        f"{flown.scores.std():.1f} | {flown.returns.mean():.1f} | "
        f"{flown.mean('propellant_kg'):.1f} kg |"
    )


def main() -> None:
    """Write the table."""
    head = ["| policy | landed | score | with shaping | propellant |", "|---|---|---|---|---|"]
    write("gym-scores", [*head, *(row(name) for name in POLICIES)], PAGE)


if __name__ == "__main__":
    main()
