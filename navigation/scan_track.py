"""The track of a lander over the time of a scan, without the steps of its position's corrections.

    r'(t) = r(T) - integral of v from t to T,      T the last tick of the scan

A range to the ground moves the estimated height at once, by what the relief under the beam is off
the map: centimetres to a metre, between the frames of a scan and within them. A fused map would
take such a step for noise. The estimated velocity has none of it: over two seconds its integral is
off by the velocity's error times the time, a few centimetres.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farside.ext.common._records import TICK_S

Array = NDArray[np.float64]


def steady_track(r_site: Array, v_site: Array) -> Array:
    """Return the places of consecutive ticks by the velocity alone, up to the last one's.

    Parameters
    ----------
    r_site, v_site : ndarray (n, 3)
        Estimated places [m] and velocities [m/s], one tick apart.

    Returns
    -------
    ndarray (n, 3)
        [m]; the last is that of `r_site`. The trapezoidal rule joins the velocities.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.navigation import steady_track
    >>> r_site = np.array([[0.0, 0.0, 100.0], [0.5, 0.0, 100.0], [0.0, 0.0, 100.0]])  # it jumps
    >>> v_site = np.array([[0.0, 0.0, -2.0]] * 3)
    >>> steady_track(r_site, v_site).round(2).tolist()
    [[0.0, 0.0, 100.04], [0.0, 0.0, 100.02], [0.0, 0.0, 100.0]]
    """
    moved = np.zeros_like(r_site)
    np.cumsum(0.5 * TICK_S * (v_site[1:] + v_site[:-1]), axis=0, out=moved[1:])
    return np.asarray(r_site[-1] - (moved[-1] - moved), np.float64)
