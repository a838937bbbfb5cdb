from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.ext._autopilot import AutopilotCore

class BasiliskCore:
    ground_m: float
    def __init__(
        self,
        core: AutopilotCore,
        estimate: NDArray[np.void],
        command: NDArray[np.void],
        link: dict[str, Any],
    ) -> None: ...
    def reset(self) -> None: ...
    @property
    def function(self) -> int: ...
    @property
    def address(self) -> int: ...
    @property
    def landed(self) -> bool: ...
    @property
    def touchdown(self) -> dict[str, Any]: ...
