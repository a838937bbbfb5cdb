"""Which point of the input space a run is flown at.

Run K's point depends on the seed and on K alone, so that the first runs of a campaign are a
campaign, and a longer one only adds to it.
"""

from __future__ import annotations

from inspect import signature

import numpy as np
from numpy.typing import NDArray

from farside.ext.common.version import version
from farside.mission.integers import seed_number

SOBOL, PLAIN = "sobol", "plain"
SAMPLINGS = (SOBOL, PLAIN)

#: Bits of a coordinate: 2^30 points, each its own.
BITS = 30
#: Moves the points off 0, where no inverse distribution function is finite: half a step.
HALF_STEP = 2.0 ** -(BITS + 1)


def sampler(sampling: str) -> str:
    """Describe by what points come about: scipy scrambles otherwise in another version."""
    return f"scipy {version('scipy')}" if sampling == SOBOL else "streams of the run"


def sobol_points(dimensions: int, seed: int, runs: range) -> NDArray[np.float64]:
    """Return points of a scrambled Sobol sequence.

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
    # 0.4 to 0.9 s to import: only where points are drawn
    from scipy.stats import qmc

    # only its whole numbers are used, which are the same on every CPU
    stream = np.random.default_rng(seed_number(seed))
    # the argument's name changed with scipy 1.15
    named = "rng" if "rng" in signature(qmc.Sobol.__init__).parameters else "seed"
    sequence = qmc.Sobol(dimensions, scramble=True, bits=BITS, **{named: stream})
    # scipy goes forward by one or more, and warns where the first draw is no power of two
    if runs.start == 0:
        first = sequence.random(1)
        points = np.concatenate([first, sequence.random(len(runs) - 1)])
    else:
        sequence.fast_forward(runs.start)
        points = sequence.random(len(runs))
    moved: NDArray[np.float64] = points + HALF_STEP
    return moved
