"""A recorded descent with places on a map given on the way, as the Python door navigates it."""

from functools import cache
from types import SimpleNamespace

import numpy as np
from recorded_descent import recorded

from farside.navigation import NAVIGATION_ESTIMATE, FixStatus, Navigator, map_fix

TICKS = 1100
#: The ticks at which a map was made and chosen, and the variance of its places.
SCANNED, CHOSEN, VARIANCE_M2 = 400, 700, 0.01
AXIS, FINE, GATE = (0.6, 0.8), (0.01, 0.04), 15.1
#: Tick: how long before it the place was true, its offset east, since when it outvotes, its fate.
PLACES = {
    750: (0, 0.05, 0.0, FixStatus.FIX_TAKEN),
    800: (0, 900.0, 0.0, FixStatus.FIX_OUTSIDE),
    850: (40, 0.02, 0.0, FixStatus.FIX_TAKEN),
    900: (90, 0.02, 0.0, FixStatus.FIX_FORGOTTEN),
    950: (0, np.nan, 0.0, FixStatus.FIX_UNFIT),
    1000: (10, 4.0, 8.0, FixStatus.FIX_TAKEN),
}


@cache
def fixed():
    """Return estimates (TICKS,), the fixes by tick with their codes, and the last covariance."""
    flight = recorded()
    navigator = Navigator.of(flight.table, flight.first)
    estimates, fixes = np.zeros(TICKS, NAVIGATION_ESTIMATE), {}
    for tick in range(TICKS):
        navigator.measured[:] = flight.measured[tick]
        estimates[tick] = navigator.tick(tick)[0]
        if tick in PLACES:
            late, off_m, since_s, code = PLACES[tick]
            place = estimates["r_site"][tick - late, :2] + (off_m, 0.0)
            fix = map_fix(tick - late, place, AXIS, FINE, GATE, since_s)
            assert navigator.take_fix(fix) == code
            fixes[tick] = (fix, code)
        if tick == CHOSEN:
            navigator.tie_to_kept(SCANNED, VARIANCE_M2)
        if tick == SCANNED:
            navigator.keep_pose()
    taken = [code for _, code in fixes.values()].count(FixStatus.FIX_TAKEN)
    assert estimates["fixes"][-1] == taken == 3
    return SimpleNamespace(estimates=estimates, fixes=fixes, covariance=navigator.covariance)
