"""Limit states with published or exact probabilities; independent standard normals, fail below 0.

Linear: Au & Beck 2001; exact Phi(-beta) in any dimension. Four branches in series: Waarts 2000.
Two in parallel: RP25 of the TNO repository (Rozsas & Slobbe 2019). Sum of exponentials: Engelund &
Rackwitz 1993; exact by the gamma distribution. The values of the middle two are those that
otbenchmark (EDF) gives, integrals that tests/unit/test_rare.py works out again.
"""

import math

import numpy as np
from scipy.stats import gamma, norm

BETA_LINEAR = float(norm.isf(1e-5))
FOUR_BRANCH = 2.2227950661944398e-3
RP25 = 4.148566293759747e-5
_SUM = float(gamma.isf(1e-6, 100))


def noisy(share, probability, seed):
    """Return a linear limit state of which a share of the variance is a stream's.

    margin = beta - sqrt(1 - n) sum(u) / sqrt(D) - sqrt(n) w, w the normal that the number of the
    stream names: a draw that is kept or made anew, and not moved. Each seed has other noise.
    """
    beta, own, alien = norm.isf(probability), math.sqrt(1.0 - share), math.sqrt(share)

    def response(u, streams):
        numbers = streams[:, 0]
        # a longer array begins with the shorter one: a number has the same draw in every batch
        drawn = np.random.default_rng(seed).standard_normal(int(numbers.max()) + 1)
        return beta - own * u.sum(axis=1) / math.sqrt(u.shape[1]) - alien * drawn[numbers]

    return response


def linear(u, _streams):
    """Return beta less the mean of the normals times the root of their number."""
    return BETA_LINEAR - u.sum(axis=1) / math.sqrt(u.shape[1])


def four_branch(u, _streams):
    """Return the least of four branches, k = 7."""
    a, b = u.T
    bent, root = 3.0 + 0.1 * (a - b) ** 2, math.sqrt(2.0)
    return np.min(
        [bent - (a + b) / root, bent + (a + b) / root, a - b + 7.0 / root, b - a + 7.0 / root],
        axis=0,
    )


def parallel(u, _streams):
    """Return the greater of two: both must fail."""
    a, b = u.T
    return np.maximum(a * a - 8.0 * b + 16.0, b - 16.0 * a + 32.0)


def sum_of_exponentials(u, _streams):
    """Return a load less a hundred exponential variables, each -ln Phi(-u)."""
    return _SUM + norm.logsf(u).sum(axis=1)
