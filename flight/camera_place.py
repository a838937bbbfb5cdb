"""A camera that does not point as thought: what its images still tell of the place."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from farside.navigation import place_fix, principal_axes
from farside.vision.camera_check import CameraCheck
from farside.vision.view import CameraView

#: Of the variance of such a place the next one's has so much in common: map and lens are the same.
SHARED: Final = 0.5


def place_of(row: np.void, known: CameraView, check: CameraCheck) -> NDArray[np.void]:
    """Return the place of the centre of mass by an image, its camera's turn and shift left free.

    The matches then tell the place by what a turn and a shift do not explain, five to thirty times
    less well: 12 to 30 m below 9 km (docs/trn.md).

    Parameters
    ----------
    row : record of telemetry
        Of the image's tick.
    known : CameraView
        Where the estimate of that row has the camera.
    check : CameraCheck
        Of the image.

    Returns
    -------
    structured array (1,), dtype `PLACE_FIX`
    """
    moved = check.place - known.r_site
    axis, variance = principal_axes(check.place_covariance[:2, :2])
    at = np.array(row["nav_r_site"], np.float64)[:2] + moved[:2]
    return place_fix(int(row["tick"]), at, axis, variance, SHARED * float(variance[1]))
