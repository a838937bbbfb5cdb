"""Copies and pickles of the environments: they go on with the bits of the original.

A copy holds the episodes' state as the kernel's bytes (`GymCore.dump`, which checks them), the
scenario instead of the world made of it, and everything else as it is. `copy.deepcopy` shares the
world, which nothing changes; a pickle makes it anew from the scenario.
"""

from __future__ import annotations

import copy
from typing import Any, Self

from farside.adapters.gym.setup import World, make_world
from farside.ext.adapters._gym import GymCore


class Copied:
    """Return an environment with a `world`, a `core` and `_shape` (count, numbers) its copies."""

    world: World
    core: GymCore
    _shape: tuple[int, ...]

    def __getstate__(self) -> dict[str, Any]:
        """Return the members, with the world as its scenario and the core as bytes."""
        held = {k: v for k, v in self.__dict__.items() if k not in ("world", "core")}
        return {**held, "scenario": self.world.scenario, "episodes": self.core.dump()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Go on from `__getstate__`.

        Raises
        ------
        ValueError
            Where the episodes are damaged, or of another farside.
        """
        self._take(state, make_world(state["scenario"]))

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return a copy that shares the world."""
        twin = object.__new__(type(self))
        memo[id(self)] = twin
        state = self.__getstate__()
        scenario, episodes = state.pop("scenario"), state.pop("episodes")
        held: dict[str, Any] = copy.deepcopy(state, memo)
        twin._take({**held, "scenario": scenario, "episodes": episodes}, self.world)
        return twin

    def _take(self, state: dict[str, Any], world: World) -> None:
        self.__dict__.update({k: v for k, v in state.items() if k not in ("scenario", "episodes")})
        self.world = world
        self.core = world.core(self._shape[0])
        self.core.load(state["episodes"])
