"""Which point of the input space a run is flown at.

Run K's point depends on the seed and on K alone, so that the first runs of a campaign are a
campaign, and a longer one only adds to it.
"""

from __future__ import annotations

import re
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


#: Independent scrambles of a sequence. Run K is point K // 16 of scramble K % 16.
SCRAMBLES = 16
#: Fewer than this do not tell how scrambles differ: no bound is given then.
FEWEST_SCRAMBLES = 10
_NAMED = re.compile(r", (\d{1,4}) scrambles$")


def sampler(sampling: str) -> str:
    """Describe by what points come about: scipy scrambles otherwise in another version."""
    if sampling == PLAIN:
        return "streams of the run"
    return f"scipy {version('scipy')}, {SCRAMBLES} scrambles"


def scrambles_of(sampling: str, sampler: str) -> int:
    """Return how many independent scrambles drew the points of a campaign.

    Parameters
    ----------
    sampling, sampler : str
        As its manifest has them.

    Returns
    -------
    int
        0 for plain draws; 1 where the sampler names no number, as before there were several.
    """
    if sampling == PLAIN:
        return 0
    named = _NAMED.search(sampler)
    return int(named[1]) if named and int(named[1]) > 0 else 1


def sobol_points(dimensions: int, seed: int, runs: range) -> NDArray[np.float64]:
    """Return points of independently scrambled Sobol sequences, taken in turn.

    Each scramble has its own order of the inputs. One scramble spreads some pairs of inputs worse
    than independent draws do, with a variance up to 14 times theirs (Pan & Owen 2023); which pair
    that is changes from scramble to scramble here, and over 16 of them no pair stands out
    (decision 025).

    Parameters
    ----------
    dimensions : int
        How many inputs are dispersed.
    seed : int
        Of the campaign; scrambles the sequences (linear matrix scrambling and a digital shift).
    runs : range
        Which points, consecutive.

    Returns
    -------
    ndarray (len(runs), dimensions)
        In (0, 1); whole multiples of 2^-31, hence the same on every CPU.

    References
    ----------
    Pan, Z. & Owen, A. B. (2023), The nonzero gain coefficients of Sobol's sequences are always
    powers of two, Journal of Complexity 75.
    """
    points = np.empty((len(runs), dimensions))
    for scramble in range(SCRAMBLES):
        ours = range(runs.start + (scramble - runs.start) % SCRAMBLES, runs.stop, SCRAMBLES)
        if ours:
            rows = slice(ours.start - runs.start, None, SCRAMBLES)
            points[rows] = _one_scramble(
                dimensions, (seed_number(seed), scramble), ours.start // SCRAMBLES, len(ours)
            )
    return points


def _one_scramble(
    dimensions: int, seed: tuple[int, int], first: int, count: int
) -> NDArray[np.float64]:
    """Return consecutive points of one scramble, its inputs in an order of its own."""
    # 0.4 to 0.9 s to import: only where points are drawn
    from scipy.stats import qmc

    # only its whole numbers are used, which are the same on every CPU
    stream = np.random.default_rng(seed)
    # the argument's name changed with scipy 1.15
    named = "rng" if "rng" in signature(qmc.Sobol.__init__).parameters else "seed"
    sequence = qmc.Sobol(dimensions, scramble=True, bits=BITS, **{named: stream})
    order = stream.permutation(dimensions)
    # scipy goes forward by one or more, and warns where the first draw is no power of two
    if first == 0:
        points = np.concatenate([sequence.random(1), sequence.random(count - 1)])
    else:
        sequence.fast_forward(first)
        points = sequence.random(count)
    moved: NDArray[np.float64] = points[:, order] + HALF_STEP
    return moved
