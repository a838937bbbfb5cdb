"""The camera's view of the ground for this CPU, chosen when imported.

All three builds come from view_frame.pxi and give the same bits; FARSIDE_ISA overrides the choice.
"""

from typing import Any

from farside.ext.common.dispatch import ISA, built_for


def load_view(isa: str) -> Any:
    """Return the module with `View` and `sweep` built for an instruction set.

    Raises
    ------
    ValueError
        If this CPU, or this build, does not have the instruction set.
    """
    return built_for(isa, "sensors.view")


_BUILT = load_view(ISA)
View: Any = _BUILT.View
sweep: Any = _BUILT.sweep
