"""The instruction set whose builds of the map kernels are used: the CPU's best, or FARSIDE_ISA's.

Kernels that are built three times (`_disc_avx512`, `_disc_avx2`, `_disc_x86_64` ...) give the same
bits in all; the environment variable is for tests and comparisons.
"""

import importlib
import os
from types import ModuleType

from farside.ext.common._isa import supported_isas
from farside.ext.common.errors import FarsideError


class IsaError(FarsideError):
    """An instruction set that this CPU, or this build, does not have."""


def check_isa(isa: str) -> str:
    """Return an instruction set's name; raise IsaError if there is none of it here."""
    if isa not in supported_isas():
        raise IsaError(
            f"FARSIDE_ISA={isa}: this CPU runs {', '.join(supported_isas())}; choose one of them"
        )
    return isa


ISA: str = check_isa(os.environ.get("FARSIDE_ISA") or supported_isas()[0])


def built_for(isa: str, kernel: str) -> ModuleType:
    """Return the module of a kernel ("terrain.disc" ...) that is built for an instruction set.

    Raises
    ------
    IsaError
        If this CPU, or this build, does not have the instruction set.
    """
    wing, _, name = kernel.rpartition(".")
    return importlib.import_module(f"farside.ext.{wing}._{name}_{check_isa(isa)}")
