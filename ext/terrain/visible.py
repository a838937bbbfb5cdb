"""The visibility kernel for this CPU, chosen when imported: AVX-512, AVX2 or plain x86-64.

All three are compiled from visible_kernel.pxi and give the same bits. The environment variable
FARSIDE_ISA (x86_64, avx2, avx512) overrides the choice.
"""

from typing import Any

from farside.ext.common.dispatch import ISA, built_for

CHORDS = 15  # of a disc, as visible.pxi has them


def load_watch(isa: str) -> Any:
    """Return `watch` of visible_kernel.pxi as built for an instruction set.

    Raises
    ------
    ValueError
        If this CPU, or this build, does not have the instruction set.
    """
    return built_for(isa, "terrain.visible").watch


watch = load_watch(ISA)
