from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.ext.dynamics._plant import PlantModel
from farside.ext.guidance.autopilot._autopilot import AutopilotCore

def autopilot_block(core: AutopilotCore, plant: PlantModel) -> bytes: ...
def lander_block(
    core: AutopilotCore,
    plant: PlantModel,
    sensors: Mapping[str, Any],
    seed: int,
    navigation: Mapping[str, Any],
    initial_estimate: Mapping[str, Any],
    chart: Mapping[str, Any],
    heights: NDArray[np.float32],
    sigma: NDArray[np.float32],
    frozen: Mapping[str, Any] | None,
) -> bytes: ...
