from collections.abc import Callable, Mapping, Sequence
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

def core_from(kept: bytes) -> AutopilotCore: ...

@final
class AutopilotCore:
    def __init__(self, table: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> None: ...
    def __reduce__(self) -> tuple[Callable[[bytes], AutopilotCore], tuple[bytes]]: ...
    def reset(self) -> None: ...
    @property
    def fields(self) -> dict[str, Any]: ...
    def tick(
        self,
        k: int,
        estimate: NDArray[np.void],
        command: NDArray[np.void],
        plan: bool = ...,
    ) -> None: ...
    def tick_many(
        self, k: int, estimates: NDArray[np.void], commands: NDArray[np.void]
    ) -> None: ...
    def make_plan(self) -> bool: ...
    @property
    def answer(self) -> dict[str, Any]: ...
    @property
    def wants_plan(self) -> bool: ...
    def begin(self, phase: int) -> None: ...
    def retarget(
        self, x: float, y: float, z: float, final: bool, heading_rad: float = ...
    ) -> None: ...
    @property
    def phase(self) -> int: ...
    @property
    def wants_scan(self) -> bool: ...
    @property
    def site(self) -> tuple[float, float, float]: ...

def replay(
    core: AutopilotCore,
    rows: NDArray[np.void],
    target_ticks: NDArray[np.int64],
    targets: NDArray[np.float64],
    final: NDArray[np.uint8],
    commands: NDArray[np.void],
    tick_ns: NDArray[np.int64],
    plan_ns: NDArray[np.int64] | None = ...,
) -> None: ...
def plan_each(
    core: AutopilotCore,
    phase: int,
    estimates: NDArray[np.void],
    plan_ns: NDArray[np.int64],
    steps: NDArray[np.int32],
    reasons: NDArray[np.int32],
    knot_steps: NDArray[np.int32] | None = ...,
    links: NDArray[np.int32] | None = ...,
    burns: NDArray[np.float64] | None = ...,
) -> None: ...
