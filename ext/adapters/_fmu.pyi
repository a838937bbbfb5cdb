from collections.abc import Mapping
from typing import Any

from farside.ext.dynamics._plant import PlantModel
from farside.ext.ground._ground import GroundModel
from farside.ext.guidance.autopilot._autopilot import AutopilotCore
from farside.ext.loop._lander import LanderModel

def autopilot_block(core: AutopilotCore, plant: PlantModel) -> bytes: ...
def lander_block(
    lander: LanderModel, ground: GroundModel, snapshot: Mapping[str, Any] | None
) -> bytes: ...
