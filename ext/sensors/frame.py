"""The lidar's frames for this CPU, chosen when imported.

All three builds come from lidar_frame.pxi and give the same bits; FARSIDE_ISA overrides the choice.
"""

from typing import Any

from farside.ext.common.dispatch import ISA, built_for


def load_frame_scanner(isa: str) -> Any:
    """Return the FrameScanner class built for an instruction set.

    Raises
    ------
    ValueError
        If this CPU, or this build, does not have the instruction set.
    """
    return built_for(isa, "sensors.frame").FrameScanner


FrameScanner: Any = load_frame_scanner(ISA)
