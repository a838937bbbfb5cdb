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
    def base(
        self, estimate: NDArray[np.void], com_height_m: float
    ) -> tuple[float, float, float]: ...
    def told(
        self, estimate: NDArray[np.void], mass_kg: float, accel_mps2: float, height_m: float
    ) -> None: ...
