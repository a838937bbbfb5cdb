"""The disc kernel for this CPU, chosen when imported: AVX-512, AVX2 or plain x86-64.

All three are compiled from disc.pxi and give the same bits. The environment variable FARSIDE_ISA
(x86_64, avx2, avx512) overrides the choice, for tests and comparisons.
"""

import importlib
import os
from typing import Any

from farside.ext._isa import supported_isas


def load_kernel(isa: str) -> Any:
    """Give the DiscKernel class built for an instruction set.

    Raises
    ------
    ValueError
        If this CPU, or this build, does not have the instruction set.
    """
    if isa not in supported_isas():
        raise ValueError(
            f"FARSIDE_ISA={isa}: this CPU runs {', '.join(supported_isas())}; choose one of them"
        )
    return importlib.import_module(f"farside.ext._disc_{isa}").DiscKernel


ISA: str = os.environ.get("FARSIDE_ISA") or supported_isas()[0]
DiscKernel: Any = load_kernel(ISA)
