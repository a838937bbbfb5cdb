from collections.abc import Mapping, Sequence
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from farside.ext.ground._ground import GroundModel

UNIT_CODES: dict[str, int]
KIND_CODES: dict[str, int]
BEGIN_CODES: dict[str, int]
EVENT_CODES: dict[str, int]
ALL_PARTS: int
MOST_FAULTS: int
MOST_LINES: int
MOST_LATE_TICKS: int

def blank_measurements(n: int) -> NDArray[np.void]: ...

@final
class FaultBench:
    def __init__(
        self,
        rows: Sequence[Mapping[str, Any]],
        seed: int,
        sensors: Mapping[str, Any],
        ground: GroundModel,
    ) -> None: ...
    def spoil(
        self,
        measured: NDArray[np.void],
        first: int,
        state: Mapping[str, Any],
        heights_m: NDArray[np.float64],
        phases: NDArray[np.intc],
    ) -> NDArray[np.intc]: ...
    @property
    def begun(self) -> list[int]: ...
