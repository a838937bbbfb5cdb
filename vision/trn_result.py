"""What a match with the onboard map gives: matches, a pose, or the reason why there is none."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from farside.vision.camera_check import CameraCheck
from farside.vision.view import CameraView

Array = NDArray[np.float64]

#: A match: place in the image, place on the map, variance on each axis of the image.
MATCH: Final = np.dtype([("px", "f8", 2), ("p_site", "f8", 3), ("variance_px2", "f8")])


class TrnCode(IntEnum):
    """How a match ended."""

    FIX = 0
    DARK = 1
    BLANK = 2
    SATURATED = 3
    OFF_MAP = 4
    FEW_LANDMARKS = 5
    INDISTINCT = 6
    DISAGREE = 7
    IMPROBABLE = 8
    NIGHT = 9
    LIGHT = 10
    CAMERA = 11


#: What a code says, and the way out.
SAYS: Final = {
    TrnCode.FIX: "a fix",
    TrnCode.DARK: "the image is dark; expose longer or check the Sun",
    TrnCode.BLANK: "the image shows no contrast; check the lens and the exposure",
    TrnCode.SATURATED: "most of the image is saturated; expose shorter",
    TrnCode.OFF_MAP: "the map does not cover what the camera sees; give a larger map or a better "
    "guess",
    TrnCode.FEW_LANDMARKS: "too few landmarks are lit and in view; give a finer map or another Sun",
    TrnCode.INDISTINCT: "no place of the map stands out; check site, Sun and guess",
    TrnCode.DISAGREE: "the matches do not agree on one pose; check site, Sun, camera and guess",
    TrnCode.IMPROBABLE: "the matches ask for a pose far outside the guess; widen its sigma",
    TrnCode.LIGHT: "the image is lit from the other side than the Sun given; check time and Sun",
    TrnCode.CAMERA: "the camera does not point where the attitude says; check mounting, lens and "
    "attitude",
    TrnCode.NIGHT: "the Sun is below the horizon; nothing is lit",
}


@dataclass(frozen=True, eq=False)
class TrnResult:
    """What an image says of the pose.

    Attributes
    ----------
    code : TrnCode
        FIX, or why there is none: then nothing else may be used.
    matches : ndarray of MATCH, (n,)
        Those that agree: px (2), p_site (3) [m], variance_px2 on each axis.
    view : CameraView
        The pose the matches and the estimate give together; the estimate itself without a fix.
    covariance : ndarray, (6, 6)
        Of it, position [m] and rotation vector [rad], site frame; the map's registration excluded.
    bias_m : float
        Horizontal error that all matches share [m], 1 sigma, for the light is not the map's.
    landmarks, inliers : int
        Tried, and those that agree.
    chance : float
        log10 of the chance that so many agree by accident.
    coarse_height, coarse_ratio : float
        Of the joint peak of the coarse stage; NaN where there was none.
    cell_m : float
        Posting of the level that was matched [m].
    height_m2 : float
        Variance of a match's height for that level's noise, with what matches share [m^2].
    check : CameraCheck, optional
        What the matches say of their camera, where they can.
    radius_m : ndarray, (n,)
        Rims of the matches, where they are craters; else none.
    """

    code: TrnCode
    matches: NDArray[np.void]
    view: CameraView
    covariance: Array
    bias_m: float = math.nan
    landmarks: int = 0
    inliers: int = 0
    chance: float = 0.0
    coarse_height: float = math.nan
    coarse_ratio: float = math.nan
    cell_m: float = math.nan
    height_m2: float = 0.0
    check: CameraCheck | None = None
    radius_m: Array = field(default_factory=lambda: np.zeros(0))

    @property
    def says(self) -> str:
        """One line: a fix, or why there is none, and the way out."""
        if self.code is TrnCode.CAMERA and self.check is not None:
            return f"{SAYS[self.code]}: {self.check.says}"
        return SAYS[self.code]
