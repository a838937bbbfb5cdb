from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from farside.ext.guidance.autopilot._autopilot import AutopilotCore

def inside_basilisk() -> bool: ...
def raise_later(error: BaseException) -> None: ...

@final
class BasiliskCore:
    ground_m: float
    def __init__(
        self,
        core: AutopilotCore,
        estimate: NDArray[np.void],
        command: NDArray[np.void],
        interface: dict[str, Any],
    ) -> None: ...
    def reset(self, nanos: int = ...) -> None: ...
    def shut(self) -> None: ...
    @property
    def function(self) -> int: ...
    @property
    def address(self) -> int: ...
    @property
    def landed(self) -> bool: ...
    @property
    def touchdown(self) -> dict[str, Any]: ...
