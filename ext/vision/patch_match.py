"""The kernel of patch_match.pxi for this CPU, chosen when imported: AVX-512, AVX2 or plain x86-64.

All three are compiled from one source whose sums are whole numbers, and give the same bits. The
environment variable FARSIDE_ISA (x86_64, avx2, avx512) overrides the choice.
"""

from typing import Any

from farside.ext.common.dispatch import ISA, built_for


def load_match_patches(isa: str) -> Any:
    """Return `match_patches` as built for an instruction set.

    Raises
    ------
    IsaError
        If this CPU, or this build, does not have the instruction set.
    """
    return built_for(isa, "vision.patch_match").match_patches


match_patches = load_match_patches(ISA)
