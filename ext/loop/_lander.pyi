from collections.abc import Mapping, Sequence
from typing import Any, final

from farside.ext.common._gravity_table import GravityTableCore
from farside.ext.dynamics._plant import PlantModel
from farside.ext.guidance.autopilot._autopilot import AutopilotCore

@final
class LanderModel:
    def __init__(
        self,
        plant: PlantModel,
        autopilot: AutopilotCore,
        sensors: Mapping[str, Any],
        seed: int,
        navigation: Mapping[str, Any],
        initial_estimate: Mapping[str, Any],
        onboard_map: Mapping[str, Any],
        field_aboard: GravityTableCore | None = ...,
    ) -> None: ...
    def write_checkpoints(self, every_ticks: int) -> None: ...
    def carry(self, upper: Mapping[str, Any], navigation: Mapping[str, Any]) -> None: ...
    def fail(self, rows: Sequence[Mapping[str, Any]]) -> None: ...
    @property
    def field(self) -> GravityTableCore | None: ...
    @property
    def field_aboard(self) -> GravityTableCore | None: ...
    @property
    def map_heights(self) -> Any: ...
    @property
    def map_sigmas(self) -> Any: ...
