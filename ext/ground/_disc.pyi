from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

def fit_discs(
    z: NDArray[np.float32],
    first: tuple[int, int],
    step: int,
    footprint: Mapping[str, float],
    tangent_limit: float,
    tangent: NDArray[np.float32],
    residual: NDArray[np.float32],
) -> None: ...
def plane_discs(
    sums: NDArray[np.float64],
    moments: NDArray[np.float64],
    step: int,
    footprint: Mapping[str, float],
    planes: NDArray[np.float32],
) -> None: ...
def span_discs(
    rough: NDArray[np.float32],
    features: NDArray[np.float32],
    step: int,
    footprint: Mapping[str, float],
    rough_planes: NDArray[np.float32],
    feature_planes: NDArray[np.float32],
    limit: float,
    spans: NDArray[np.float64],
) -> None: ...
def count_discs(
    spans: NDArray[np.float64],
    rough_planes: NDArray[np.float32],
    feature_planes: NDArray[np.float32],
    pushes: NDArray[np.float64],
    tangent_limit: float,
    first: float,
    apart: float,
    steps: NDArray[np.int32],
) -> None: ...
