"""The constrained descent's kernel for this CPU, chosen when imported, as in disc.py.

All three are compiled from build.pxi and give the same bits. The environment variable
FARSIDE_ISA (x86_64, avx2, avx512) overrides the choice, for tests and comparisons.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.ext.common.dispatch import ISA, built_for

_KERNEL: Any = built_for(ISA, "guidance.constrained.constrained")

#: The records of build.pxi: a scaled problem, a node of its plan, and what became of it.
PROBLEM: np.dtype[Any] = _KERNEL.PROBLEM
NODE: np.dtype[Any] = _KERNEL.NODE
RESULT: np.dtype[Any] = _KERNEL.RESULT
MOST_INTERVALS: int = _KERNEL.MOST_INTERVALS
MOST_STEPS: int = _KERNEL.MOST_STEPS
#: What the least thrust may lack between two nodes, where its direction turns: 1 %.
CHORD_LACK = 0.01
_DEFAULTS = {
    "g": (0.0, 0.0, -1.0),
    "cos_tilt": -1.0,
    "cos_end": -1.0,
    "between": True,
    "most_steps": MOST_STEPS,
    "chord": CHORD_LACK,
}


def new_problem(intervals: int = 20, **fields: Any) -> NDArray[np.void]:
    """Return one PROBLEM: gravity down, at the target at rest, no limits; then the fields given.

    Parameters
    ----------
    intervals : int
        Of the plan; it has one node more.
    **fields
        Scaled numbers by the names of DescentProblem in transcription.pxi.

    Returns
    -------
    ndarray, (1,), of PROBLEM
    """
    problem = np.zeros(1, PROBLEM)
    record = problem[0]
    record["intervals"] = intervals
    for name, value in {**_DEFAULTS, **fields}.items():
        record[name] = value
    return problem


def load_kernel(isa: str) -> Any:
    """Return the ConstrainedSolver class built for an instruction set.

    Raises
    ------
    ValueError
        If this CPU, or this build, does not have the instruction set.
    """
    return built_for(isa, "guidance.constrained.constrained").ConstrainedSolver


ConstrainedSolver: Any = _KERNEL.ConstrainedSolver
