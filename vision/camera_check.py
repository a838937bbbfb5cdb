"""Whether an image's own matches say that its camera points as thought: turned, or shifted.

A place that is off moves a match by f t / Z, Z its depth; a camera that is turned by phi about its
axes moves it by f (1 + x^2) phi and f x y phi (x, y tangents of the field angles), and one whose
pixels are shifted by c moves all by c alike. One image with depths or angles enough tells them
apart. Of matches at the pose they ask for, with dr the place, left free,

    px - pi = H_r dr + H_phi phi + c + noise                                       (1)
    J0 = min |noise|^2 + (phi + m)' P^-1 (phi + m) + c' c / SHIFT_PX^2             (2)
    J1 = min |noise|^2,    T = J0 - J1                                             (3)

m being the turn that the pose has been given already. T is chi-square with five degrees of freedom
where phi and c are what attitude, mounting and lens allow for (the generalised likelihood ratio of
a mean shift: Kay, Fundamentals of Statistical Signal Processing II, 1998, 7.7). A map that is
tilted looks like a turned camera; its heights would have to be off by the turn times the width of
the view. Over images T is added up (Page, Continuous inspection schemes, Biometrika 41, 1954):

    S <- min(max(S + T - DRIFT, 0), REMEMBERED),    off where S > MOST - DRIFT      (4)

Straight above level ground T is small with any shift: a camera that is off is cleared only by
images that would show what was seen of it. Of a turn and shift d = x + N(0, C) as an image finds
them, place free, with P5 = diag(P, SHIFT_PX^2 I) that of a camera as thought,

    T = min over y of (d - y)' C^-1 (d - y) + y' P5^-1 y = d' (C + P5)^-1 d         (5)
    E T = x' (C + P5)^-1 x + tr (C + P5)^-1 C                                       (6)

so that S cannot be expected to fall while the fault x lasts, if

    x' (C + P5)^-1 x > DRIFT                                                        (7)
    x = (sum C^-1)^-1 sum C^-1 d, over the images with T > DRIFT since S was 0      (8)

One image's d will not do for x: by (5) an image with T > DRIFT always meets (7) with its own d,
however much of d is noise. (5) to (8) are theory (9.7) to (9.10).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.vision.image_map import MapLevel
from farside.vision.pose import Solved, inverse, mahalanobis, slopes

Array = NDArray[np.float64]

#: Matches of an image are worth so many free ones: measured, docs/trn.md.
WORTH: Final = 25.0
#: Deviation of the low-pass of a map's height errors [resolutions]: a stereo DTM errs over its
#: matching window, several postings wide.
WINDOW: Final = 6.0
#: A lens's principal point as calibrated, and what light shifts all matches by [px], 1 sigma.
SHIFT_PX: Final = 0.5
#: T of one image that nothing but a camera that is off gives: chi-square of five degrees, as far
#: out as five deviations of a normal.
MOST: Final = 40.6
#: (4): what each image may have, and how much of what is beyond is remembered at most. A camera
#: keeps the mounting of its flight, and T with it: each may have what one in a thousand has.
DRIFT, REMEMBERED = 20.5, 290.0


@dataclass(frozen=True, eq=False)
class CameraCheck:
    """What an image says of its own camera.

    Attributes
    ----------
    statistic : float
        (3): chi-square of five degrees of freedom where the camera is as thought.
    turn : ndarray, (3,)
        Rotation vector from the attitude and mounting thought [rad], site; place and shift free.
    shift_px : ndarray, (2,)
        Of all pixels, columns and rows; place and turn free.
    covariance : ndarray, (5, 5)
        Of both [rad, px], the place free.
    place : ndarray, (3,)
        Of the camera on the map [m], site; turn and shift free.
    place_covariance : ndarray, (3, 3)
        [m^2].
    prior : ndarray, (5, 5)
        Covariance of turn and shift of a camera that is as thought: P5 of (5) [rad, px].
    """

    statistic: float
    turn: Array
    shift_px: Array
    covariance: Array
    place: Array
    place_covariance: Array
    prior: Array

    @property
    def off(self) -> bool:
        """Whether the camera is not as thought."""
        return self.statistic > MOST

    @property
    def found(self) -> Array:
        """Turn and shift (5,) [rad, px]."""
        return np.concatenate([self.turn, self.shift_px])

    def would_show(self, fault: Array) -> bool:
        """Whether the image's T may be expected above DRIFT with a turn and shift (5,) [rad, px].

        One whose covariance has no inverse shows nothing.
        """
        # (7): x' (C + P5)^-1 x
        return DRIFT < mahalanobis(fault, self.covariance + self.prior) < math.inf

    @property
    def says(self) -> str:
        """One line: what it is off by, if it is turned and if it is shifted."""
        turn_deg = deterministic.length(self.turn) * 57.29577951308232
        columns, rows = self.shift_px.tolist()
        return f"turned by {turn_deg:.2f} deg, or shifted by {columns:.1f}, {rows:.1f} px"


class CameraWatch:
    """What the images of one camera have said of it so far: (4) and (8).

    Examples
    --------
    >>> watch = CameraWatch()
    >>> watch.off
    False
    """

    def __init__(self) -> None:
        self.sum = 0.0
        self._information = np.zeros((5, 5))
        self._pull = np.zeros(5)

    def take(self, check: CameraCheck) -> bool:
        """Take what an image says; return whether its camera is off."""
        more = check.statistic - DRIFT
        if more > 0.0:
            self._remember(check)
        elif self.off and not check.would_show(self.fault):
            return True
        self.sum = min(max(self.sum + more, 0.0), REMEMBERED)
        return self.off

    def _remember(self, check: CameraCheck) -> None:
        """Add what an image found to (8), begun anew where the sum is 0."""
        if self.sum == 0.0:
            self._information, self._pull = np.zeros((5, 5)), np.zeros(5)
        information = inverse(check.covariance)
        if information is not None:
            self._information = self._information + information
            self._pull = self._pull + deterministic.product(information, check.found)

    @property
    def fault(self) -> Array:
        """Turn and shift (5,) seen by the images that spoke against it [rad, px]; 0 of none."""
        # (8): (sum C^-1)^-1 sum C^-1 d
        covariance = inverse(self._information)
        return np.zeros(5) if covariance is None else deterministic.product(covariance, self._pull)

    @property
    def off(self) -> bool:
        """Whether the camera is off by what its images have said so far."""
        return self.sum > MOST - DRIFT


def camera_check(
    solved: Solved, matches: NDArray[np.void], pointing: Array, height_m2: float = 0.0
) -> CameraCheck | None:
    """Return what matches that agree say of their camera; None where they cannot.

    Parameters
    ----------
    solved : Solved
        The pose that they and the estimate ask for.
    matches : ndarray of MATCH, (n,)
        With the variance of each by itself: n count as WORTH.
    pointing : ndarray, (3, 3)
        Covariance of the camera's attitude: the lander's and the mounting's [rad^2], site.
    height_m2 : float
        Variance of the map's heights, with what matches have in common: `heights_variance` [m^2].

    Examples
    --------
    A camera 6000 m up that looks down, and is turned about east by 0.02 rad, 1.15 deg:

    >>> from farside.mission.pinhole import Pinhole
    >>> from farside.vision.pose import solve_pose
    >>> from farside.vision.trn_result import MATCH
    >>> from farside.vision.view import CameraView
    >>> lens = Pinhole(512, 512, (618.0, 618.0), (255.5, 255.5))
    >>> view = CameraView(lens, np.array([0.0, 0.0, 6000.0]), np.diag([1.0, -1.0, -1.0]))
    >>> matches = np.zeros(100, MATCH)
    >>> east, north = np.meshgrid(np.linspace(-2e3, 2e3, 10), np.linspace(-2e3, 2e3, 10))
    >>> up = 300.0 * np.cos(np.arange(100.0)).reshape(10, 10)
    >>> matches["p_site"] = np.stack([east, north, up], -1).reshape(-1, 3)
    >>> turned = view.moved(np.zeros(3), np.array([0.02, 0.0, 0.0]))
    >>> matches["px"] = turned.project(matches["p_site"])
    >>> matches["variance_px2"] = 0.04
    >>> attitude = np.eye(3) * 4e-4**2
    >>> prior = np.diag([50.0**2] * 3 + [4e-4**2] * 3)
    >>> worth = matches["variance_px2"] * len(matches) / WORTH
    >>> solved = solve_pose(view, matches["px"], matches["p_site"], worth, prior)
    >>> check = camera_check(solved, matches, attitude, height_m2=96.0)
    >>> check.off, (check.turn.round(3) + 0.0).tolist()
    (True, [0.02, 0.0, 0.0])
    """
    stated, p_site = inverse(pointing), matches["p_site"]
    if stated is None or len(matches) < 6:
        return None
    H = np.hstack([slopes(solved.view, p_site), np.tile(np.eye(2), (len(p_site), 1))])
    off = matches["px"] - solved.view.project(p_site)
    shared = max(len(matches) / WORTH, 1.0)
    rows, seen = whitened(H, off, shared * matches["variance_px2"], height_m2)
    free = deterministic.product(rows.T, rows)
    pull = deterministic.product(rows.T, seen)
    free_inverse = inverse(free)
    held, m = free.copy(), solved.moved[3:]
    held[3:6, 3:6] += stated
    held[6, 6] += 1.0 / (SHIFT_PX * SHIFT_PX)
    held[7, 7] += 1.0 / (SHIFT_PX * SHIFT_PX)
    prior = np.diag([0.0, 0.0, 0.0, SHIFT_PX * SHIFT_PX, SHIFT_PX * SHIFT_PX])
    prior[:3, :3] = pointing
    held_inverse = inverse(held)
    if free_inverse is None or held_inverse is None:
        return None
    turned = deterministic.product(stated, m)
    held_pull = pull.copy()
    held_pull[3:6] -= turned
    # both without |px - pi|^2, which they share
    at = deterministic.product(free_inverse, pull)
    j1 = -deterministic.dot(pull, at)
    j0 = deterministic.dot(m, turned) - deterministic.dot(
        held_pull, deterministic.product(held_inverse, held_pull)
    )
    return CameraCheck(
        statistic=max(j0 - j1, 0.0),
        turn=at[3:6] + m,
        shift_px=at[6:],
        covariance=free_inverse[3:, 3:],
        place=solved.view.r_site + at[:3],
        place_covariance=free_inverse[:3, :3],
        prior=prior,
    )


def whitened(
    H: Array, residuals_px: Array, variance_px2: Array, height_m2: float
) -> tuple[Array, Array]:
    """Return slopes (2 n, k) and residuals (2 n,) of unit variance.

    A height that is off by dh moves a match by -H_z dh: V = s^2 I + sigma_h^2 H_z H_z' (2 x 2), and
    each pair of rows is divided by V's Cholesky factor.

    Parameters
    ----------
    H : ndarray, (2 n, k)
        By place (3) first.
    residuals_px : ndarray, (n, 2)
    variance_px2 : ndarray, (n,)
    height_m2 : float
    """
    up = math.sqrt(height_m2) * H[:, 2].reshape(-1, 2)
    first = np.sqrt(variance_px2 + up[:, 0] * up[:, 0])
    side = up[:, 0] * up[:, 1] / first
    second = np.sqrt(variance_px2 + up[:, 1] * up[:, 1] - side * side)
    rows = np.dstack([H.reshape(len(first), 2, -1), residuals_px[:, :, None]])
    top = rows[:, 0] / first[:, None]
    below = (rows[:, 1] - side[:, None] * top) / second[:, None]
    both = np.stack([top, below], axis=1).reshape(len(H), -1)
    return both[:, :-1], both[:, -1]


def heights_variance(p_site: Array, level: MapLevel) -> float:
    """Return the variance [m^2] to give each of n matches for the heights of their map.

    Errors of a map that was low-passed with a deviation s are alike over an area of 4 pi s^2. As
    many of these as the matches cover, and WORTH at most, are free: sigma_h^2 n over their number.

    Parameters
    ----------
    p_site : ndarray, (n, 3)
    level : MapLevel
        Of the map: its height_sigma_m and resolution_m.
    """
    n, east, north = len(p_site), p_site[:, 0], p_site[:, 1]
    east, north = east - math.fsum(east) / n, north - math.fsum(north) / n
    xx, yy = math.fsum(east * east) / n, math.fsum(north * north) / n
    xy = math.fsum(east * north) / n
    # of a square of side a each variance is a^2 / 12
    area_m2 = 12.0 * math.sqrt(max(xx * yy - xy * xy, 0.0))
    window_m = WINDOW * level.resolution_m
    free = min(max(area_m2 / (4.0 * math.pi * window_m * window_m), 1.0), WORTH)
    return level.height_sigma_m * level.height_sigma_m * max(n / free, 1.0)
