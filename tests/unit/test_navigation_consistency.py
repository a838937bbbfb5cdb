"""Whether the filter's covariance is that of its errors: NEES between two-sided bounds."""

from functools import cache

import numpy as np
import pytest
from consistency import bounds, drawn, level, nees, run_to_end, sensed
from sample_navigation import braking

FLIGHTS = 100
#: Above `level` 20 m of relief, over `braking` 50 m: there altitudes count from the onboard map.
#: Lower, where they count from the ground beneath, the altitude's error above the site is no error.
CASES = {"level": (level, 20.0), "braking": (lambda: braking(60.0), 50.0)}
STATES = {
    "horizontal": [0, 1],
    "altitude": [2],
    "velocity": [3, 4, 5],
    "scale": [6],
    "relief": [7],
    "all": list(range(8)),
}


@cache
def flown(case, inflation=1.0, source=drawn):
    flight, sigma = CASES[case]
    runs = [run_to_end(flight(), seed, sigma, inflation, source) for seed in range(FLIGHTS)]
    errors, covariances = zip(*runs, strict=True)
    return np.array(errors), np.array(covariances)


def mean_nees(case, states, *how):
    return np.mean(nees(*flown(case, *how), STATES[states]))


@pytest.mark.parametrize("states", STATES)
@pytest.mark.parametrize("case", CASES)
def test_the_covariance_is_that_of_the_errors(case, states):
    """Errors as the filter assumes them: no more than they claim, and no less."""
    least, most = bounds(FLIGHTS, len(STATES[states]))
    assert least < mean_nees(case, states) < most


@pytest.mark.parametrize("states", STATES)
@pytest.mark.parametrize("case", CASES)
def test_the_bounds_refuse_a_covariance_ten_times_too_large_or_too_small(case, states):
    """The test of the test above: all variances wrong by 10, so that the gains stay."""
    least, most = bounds(FLIGHTS, len(STATES[states]))
    assert mean_nees(case, states, 10.0) < least
    assert mean_nees(case, states, 0.1) > most


@pytest.mark.parametrize("states", ["altitude", "velocity"])
@pytest.mark.parametrize("case", CASES)
def test_with_the_errors_of_sensors_it_errs_on_the_safe_side(case, states):
    """Constant errors of an accelerometer are carried as a random walk.

    At time t that is worth bias_time_s / t of their variance, 300 s / 60 s here, so the NEES lies
    below its number of states; a covariance ten times too large would lie below the bound.
    """
    least, most = bounds(FLIGHTS, len(STATES[states]))
    assert 0.5 * least < mean_nees(case, states, 1.0, sensed) < most
    assert mean_nees(case, states, 10.0, sensed) < 0.5 * least
