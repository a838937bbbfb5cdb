import numpy as np
from numpy.typing import NDArray

class FromEcef:
    def __init__(self, moon_to_site: NDArray[np.float64], radius_m: float) -> None: ...
    def write(
        self,
        estimate: NDArray[np.void],
        x: float,
        y: float,
        z: float,
        vx: float,
        vy: float,
        vz: float,
        p: float,
        q: float,
        r: float,
        ecef_to_body: NDArray[np.float64],
    ) -> None: ...
