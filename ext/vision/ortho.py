"""The kernels of the expected view for this CPU, chosen when imported.

All three builds come from ortho.pxi and give the same bits; FARSIDE_ISA overrides the choice.
"""

from types import ModuleType

from farside.ext.common.dispatch import ISA, built_for


def load_ortho(isa: str) -> ModuleType:
    """Return the kernels of ortho.pxi as built for an instruction set.

    Raises
    ------
    ValueError
        If this CPU, or this build, does not have the instruction set.
    """
    return built_for(isa, "vision.ortho")


kernels = load_ortho(ISA)
