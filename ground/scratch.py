"""Arrays that a kernel works in and nobody keeps: each thread's own, taken again.

Fresh memory costs more than what is done in it: the system clears its pages one by one.
"""

import math
import threading

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

#: Numbers kept at most, 16 MB a thread; what needs more has fresh memory.
_MOST = 2**22


class _Kept(threading.local):
    """The numbers of one thread."""

    def __init__(self) -> None:
        self.numbers = np.empty(0, np.float32)


_KEPT = _Kept()


def scratch(*shapes: tuple[int, int]) -> tuple[Floats, ...]:
    """Return float32 arrays of some shapes, with whatever stands in them.

    They are good until the same thread asks again: for the work of one kernel alone.

    Parameters
    ----------
    *shapes : tuple of int

    Examples
    --------
    >>> white, smooth = scratch((4, 8), (4, 3))
    >>> white.shape, smooth.shape, white.flags.c_contiguous
    ((4, 8), (4, 3), True)
    """
    sizes = [math.prod(shape) for shape in shapes]
    need = sum(sizes)
    numbers = _KEPT.numbers
    if numbers.size < need:
        numbers = np.empty(need, np.float32)
        if need <= _MOST:
            _KEPT.numbers = numbers
    ends = np.cumsum(sizes)
    return tuple(
        numbers[end - size : end].reshape(shape)
        for shape, size, end in zip(shapes, sizes, ends, strict=True)
    )
