"""The network of hazards for this CPU, chosen when imported: AVX-512, AVX2 or plain x86-64.

All three are compiled from layers.pxi, which reorders no sum, and give the same bits. The
environment variable FARSIDE_ISA (x86_64, avx2, avx512) overrides the choice.
"""

from typing import Any

from farside.ext.common.dispatch import ISA, built_for


def load_evaluate(isa: str) -> Any:
    """Return `evaluate` of layers.pxi as built for an instruction set.

    Raises
    ------
    ValueError
        If this CPU, or this build, does not have the instruction set.
    """
    return built_for(isa, "vision.layers").evaluate


evaluate = load_evaluate(ISA)
