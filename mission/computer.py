"""The flight computer: what survives a restart, `[computer]`."""

from dataclasses import dataclass
from typing import Annotated

from farside.mission.bounds import Doc, Positive, Within
from farside.mission.reader import Table


@dataclass(frozen=True, kw_only=True)
class Computer(Table):
    """Checkpoints in memory that survives a reset, and how navigation goes on after a gap.

    ext/loop/checkpoint.pxd and ext/navigation/bridge.pxd use them.
    """

    checkpoint_s: Annotated[
        float,
        Within(least=0.0, most=600.0),
        Doc(
            "between checkpoints of estimate and guidance, with one at each new row and target; "
            "0: none, a reset begins anew and a gap in the measurements is not bridged",
            "ours: a second of flight is bridged to some metres; Beresheet had none",
        ),
    ] = 1.0
    bridge_accel_mps2: Annotated[
        Positive,
        Doc(
            "1 sigma of the acceleration over a gap, each axis, about its mean at both ends",
            "ours: a tenth of a descent's",
        ),
    ] = 0.3
    bridge_turn_dps2: Annotated[
        Positive,
        Doc(
            "1 sigma of the angular acceleration over a gap, each axis, about its mean",
            "ours: a small couple of thrusters that stays open",
        ),
    ] = 0.5
