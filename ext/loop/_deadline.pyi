from typing import final

import numpy as np
from numpy.typing import NDArray

PERIOD_MOST_NS: int

@final
class Metronome:
    def __init__(self, period_ns: int, room: int) -> None: ...
    @property
    def late_ns(self) -> NDArray[np.int64]: ...
    @property
    def took_ns(self) -> NDArray[np.int64]: ...
    @property
    def held_ns(self) -> int: ...
