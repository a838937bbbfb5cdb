"""Gymnasium: `import farside.adapters.gym` registers `farside/LunarLanding-v0`.

Observations, actions, rewards and scores are in docs/integrate/gymnasium.md.
"""

try:
    import gymnasium
except ImportError as missing:
    raise ImportError(
        "farside.adapters.gym needs gymnasium: pip install 'farside[gym]'"
    ) from missing

from farside.adapters.gym.baseline import Scores, fly_autopilot, fly_policy
from farside.adapters.gym.env import LunarLanding
from farside.adapters.gym.learned import LearnedPolicy, PolicyError, load_policy
from farside.adapters.gym.setup import Ending, Scenario
from farside.adapters.gym.vector import LunarLandingVector

#: Its name in Gymnasium's registry.
ENV_ID = "farside/LunarLanding-v0"

if ENV_ID not in gymnasium.registry:
    gymnasium.register(
        ENV_ID,
        entry_point="farside.adapters.gym.env:LunarLanding",
        vector_entry_point="farside.adapters.gym.vector:LunarLandingVector",
    )

__all__ = [
    "ENV_ID",
    "Ending",
    "LearnedPolicy",
    "LunarLanding",
    "LunarLandingVector",
    "PolicyError",
    "Scenario",
    "Scores",
    "fly_autopilot",
    "fly_policy",
    "load_policy",
]
