"""The instruction set whose builds of the map kernels are used: the CPU's best, or FARSIDE_ISA's.

Kernels that are built three times (`_disc_avx512`, `_disc_avx2`, `_disc_x86_64` ...) give the same
bits in all; the environment variable is for tests and comparisons.
"""

import importlib
import os
from types import ModuleType

from farside.ext.common._isa import supported_isas

ISA: str = os.environ.get("FARSIDE_ISA") or supported_isas()[0]


def built_for(isa: str, kernel: str) -> ModuleType:
    """Return the module of a kernel ("terrain.disc" ...) that is built for an instruction set.

    Raises
    ------
    ValueError
        If this CPU, or this build, does not have the instruction set.
    """
    if isa not in supported_isas():
        raise ValueError(
            f"FARSIDE_ISA={isa}: this CPU runs {', '.join(supported_isas())}; choose one of them"
        )
    wing, _, name = kernel.rpartition(".")
    return importlib.import_module(f"farside.ext.{wing}._{name}_{isa}")
