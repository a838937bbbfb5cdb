from enum import IntEnum
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from farside.ext.ground._ground import GroundModel
from farside.ext.guidance.autopilot._autopilot import AutopilotCore
from farside.ext.loop._lander import LanderModel

class Event(IntEnum):
    EVENT_NONE = 0
    EVENT_GROUND = 1
    EVENT_SCAN = 2
    EVENT_ENDED = 3
    EVENT_FULL = 4

@final
class ClosedLoop:
    timed: bool
    scans: bool
    plan_after: int
    def __init__(
        self,
        lander: LanderModel,
        ground: GroundModel,
        autopilot: AutopilotCore,
        rows: NDArray[np.void],
        scans: bool,
    ) -> None: ...
    @property
    def tick_count(self) -> int: ...
    @property
    def position(self) -> tuple[float, float, float]: ...
    @property
    def ended_how(self) -> dict[str, bool]: ...
    @property
    def touchdown(self) -> tuple[int, dict[str, Any]] | None: ...
    @property
    def propellant_kg(self) -> tuple[float, float]: ...
    @property
    def staged(self) -> bool: ...
    @property
    def fault_ticks(self) -> list[int | None]: ...
    def fault_active(self, i: int) -> bool: ...
    def grow(self, rows: NDArray[np.void]) -> None: ...
    def run(self, ticks: int) -> int: ...
