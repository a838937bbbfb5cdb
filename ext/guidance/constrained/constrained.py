"""The constrained descent's kernel for this CPU, chosen when imported, as in disc.py.

All three are compiled from build.pxi and give the same bits. The environment variable
FARSIDE_ISA (x86_64, avx2, avx512) overrides the choice, for tests and comparisons.
"""

from typing import Any

from farside.ext.common.dispatch import ISA, built_for

MOST_INTERVALS = 100
PLAN_NUMBERS = 21
FOUND_NUMBERS = 12
BAD_INPUT = 5  # what the kernel answers to numbers that make no problem


def load_kernel(isa: str) -> Any:
    """Return the ConstrainedSolver class built for an instruction set.

    Raises
    ------
    ValueError
        If this CPU, or this build, does not have the instruction set.
    """
    return built_for(isa, "guidance.constrained.constrained").ConstrainedSolver


ConstrainedSolver: Any = load_kernel(ISA)
