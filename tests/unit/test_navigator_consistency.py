"""Whether the navigator's covariance is that of its errors: NEES over descents as it assumes them.

NEES, the normalised estimation error squared: e' P^-1 e with e = truth less estimate. Over N
independent flights of a consistent filter its sum is chi-square with N n degrees of freedom, n
states each (Bar-Shalom, Li and Kirubarajan, Estimation with Applications to Tracking and
Navigation, 5.4).
"""

from functools import cache

import numpy as np
import pytest
from assumed_descent import SETUP, Flight, path
from scipy.stats import chi2

FLIGHTS = 30
#: From 5 s after initiation to 5 s before contact.
EPOCHS = (500, 5000, 10_000, 20_000, 30_000, 40_000, 50_000, 60_000, 65_000, 70_000, 75_000)
BLOCKS = {
    "position": slice(0, 3),
    "velocity": slice(3, 6),
    "attitude": slice(6, 9),
    "gyro_bias": slice(9, 12),
    "accel_bias": slice(12, 15),
}
#: What makes up Q, all of it a variance.
Q = ("accel_psd", "gyro_psd", "gyro_bias_drive", "accel_bias_drive", "relief_walk_m2pm")


def scaled(factor):
    """Return settings whose Q is so many times that of the truth."""
    root = factor**0.5
    return {key: factor * SETUP[key] for key in Q} | {
        "gyro_mount_rad": root * SETUP["gyro_mount_rad"],
        "gravity_sigma_mps2": root * SETUP["gravity_sigma_mps2"],
    }


@cache
def nees(factor=1.0, flights=FLIGHTS):
    """Mean NEES over flights, by block and epoch."""
    sums = {name: np.zeros(len(EPOCHS) + 1) for name in BLOCKS}
    for seed in range(flights):
        flight = Flight(1000 + seed)
        navigation, done = flight.navigation(**scaled(factor)), 0
        for k, epoch in enumerate((*EPOCHS, path().count - 500)):
            rows = flight.measured[done : epoch + 1]
            navigation.navigate(done, rows, np.zeros((len(rows), 10)))
            done = epoch + 1
            error, P = flight.error(epoch, navigation), navigation.covariance
            for name, block in BLOCKS.items():
                e = error[block]
                sums[name][k] += e @ np.linalg.solve(P[block, block], e) / flights
    return sums


def band(flights, share):
    low, high = chi2.ppf([0.5 * (1.0 - share), 0.5 * (1.0 + share)], 3 * flights)
    return low / flights, high / flights


@pytest.mark.slow
@pytest.mark.parametrize("block", BLOCKS)
def test_the_covariance_is_that_of_the_errors(block):
    """Of 60 pairs of block and epoch hardly one may lie outside 99.9 %; they hang together."""
    low, high = band(FLIGHTS, 0.999)
    found = nees()[block]
    assert ((low < found) & (found < high)).all()


@pytest.mark.slow
@pytest.mark.parametrize("factor", [0.1, 10.0])
def test_the_bounds_refuse_a_tenth_of_the_noise_and_ten_times_it(factor):
    """Q too small: the position near the end. Q too large: the gyros' bias in mid-braking."""
    flights = 24
    low, high = band(flights, 0.999)
    if factor < 1.0:
        assert nees(factor, flights)["position"][-1] > high
    else:
        assert nees(factor, flights)["gyro_bias"][EPOCHS.index(40_000)] < low
