from numpy import float64
from numpy.typing import NDArray

def pack_terms(c: NDArray[float64], s: NDArray[float64]) -> NDArray[float64]: ...
def gravity_of_harmonics(
    terms: NDArray[float64],
    degree: int,
    gm: float,
    reference_radius_m: float,
    directions: NDArray[float64],
    radius_m: NDArray[float64],
    g: NDArray[float64],
) -> None: ...
