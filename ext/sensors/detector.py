"""The camera's detector for this CPU, chosen when imported.

All three builds come from detector.pxi and give the same bits; FARSIDE_ISA overrides the choice.
"""

from typing import Any

from farside.ext.common.dispatch import ISA, built_for


def load_detector(isa: str) -> Any:
    """Return the module with `detect`, `spread` and `smear` built for an instruction set.

    Raises
    ------
    ValueError
        If this CPU, or this build, does not have the instruction set.
    """
    return built_for(isa, "sensors.detector")


_BUILT = load_detector(ISA)
detect: Any = _BUILT.detect
spread: Any = _BUILT.spread
smear: Any = _BUILT.smear
