"""The horizon kernel for this CPU, chosen when imported: AVX-512, AVX2 or plain x86-64.

All three are compiled from horizon_kernel.pxi and give the same bits. The environment variable
FARSIDE_ISA (x86_64, avx2, avx512) overrides the choice.
"""

from typing import Any

from farside.ext.common.dispatch import ISA, built_for
from farside.ext.terrain._horizon_path import crossings

__all__ = ["HORIZON", "PADDING", "crossings", "load_horizon"]

PADDING = 16  # columns of observers come in multiples of this many, for every instruction set


def load_horizon(isa: str) -> Any:
    """Return the module of horizon_kernel.pxi as built for an instruction set.

    Raises
    ------
    ValueError
        If this CPU, or this build, does not have the instruction set.
    """
    return built_for(isa, "terrain.horizon")


HORIZON = load_horizon(ISA)
