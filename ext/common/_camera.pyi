from collections.abc import Mapping

from numpy import float64
from numpy.typing import NDArray

def project(
    model: Mapping[str, object], points: NDArray[float64], px: NDArray[float64]
) -> None: ...
def unproject(
    model: Mapping[str, object], px: NDArray[float64], rays: NDArray[float64]
) -> None: ...
