"""Which point of the input space a run is flown at.

Run K's point depends on the seed and on K alone, so that the first runs of a campaign are a
campaign, and a longer one only adds to it.
"""

from __future__ import annotations

from inspect import signature

import numpy as np
from numpy.typing import NDArray

SOBOL, PLAIN = "sobol", "plain"
SAMPLINGS = (SOBOL, PLAIN)

#: Bits of a coordinate: 2^30 points, each its own.
BITS = 30
#: Moves the points off 0, where no inverse distribution function is finite: half a step.
HALF_STEP = 2.0 ** -(BITS + 1)


def sobol_points(dimensions: int, seed: int, runs: range) -> NDArray[np.float64]:
    """Give points of a scrambled Sobol sequence.

    Parameters
    ----------
    dimensions : int
        How many inputs are dispersed.
    seed : int
        Of the campaign; scrambles the sequence (linear matrix scrambling and a digital shift).
    runs : range
        Which points, consecutive.

    Returns
    -------
    ndarray (len(runs), dimensions)
        In (0, 1); whole multiples of 2^-31, hence the same on every CPU.
    """
    # 0.4 to 0.9 s to import: only for those who draw
    from scipy.stats import qmc

    # whole random numbers of a counter, which no CPU and no version of numpy draws otherwise
    stream = np.random.Generator(np.random.Philox(key=seed))
    # the argument's name changed with scipy 1.15
    named = "rng" if "rng" in signature(qmc.Sobol.__init__).parameters else "seed"
    sequence = qmc.Sobol(dimensions, scramble=True, bits=BITS, **{named: stream})
    sequence.fast_forward(runs.start)
    points: NDArray[np.float64] = sequence.random(len(runs)) + HALF_STEP
    return points
