"""The displacement and turn of a camera that carry places of one image nearest to those found.

x = (D, theta): displacement [m], turn of the camera at j about its axes [rad]
r = f (found - seen) in focal lengths,  A = f d seen / d x
dx = (A' A + prior^-1)^-1 A' r                                                 (1)

Over a plane, a displacement and a turn look nearly alike in a narrow image. The prior keeps (1)
solvable; only what is left of r is of use, not x.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.mission.pinhole import Pinhole
from farside.vision.plane_view import seen_on_plane, seen_turned
from farside.vision.predicted_motion import PredictedMotion

Array = NDArray[np.float64]

_STEPS = 2
#: Deviations of the prior: of the displacement, as a share of the height, and of the turn [rad];
#: a pair counts as known to a pixel beside them.
_SHARE, _TURN_RAD = 0.2, 0.02


def fitted_motion(
    places: Array, found: Array, pinhole: Pinhole, motion: PredictedMotion
) -> PredictedMotion:
    """Return the motion that carries `places` (n, 2) of image i next to `found` of image j [px]."""
    ground = motion.ground(pinhole, places)
    rays = pinhole.rays(found)
    wanted = rays[:, :2] / rays[:, 2:]
    focal = 0.5 * (pinhole.focal_px[0] + pinhole.focal_px[1])
    metres = _SHARE * motion.height_m
    prior = [1.0 / (metres * metres)] * 3 + [1.0 / (_TURN_RAD * _TURN_RAD)] * 3
    moved, axes = motion.displacement_m, motion.axes_j
    for _ in range(_STEPS):
        seen, slopes = seen_on_plane(ground, axes, moved)
        turns = [seen_turned(ground, axes, moved, k) for k in range(3)]
        columns = [focal * slopes[:, :, k].ravel() for k in range(3)]
        columns += [focal * turn.ravel() for turn in turns]
        left = focal * (wanted - seen).ravel()
        # exact sums: the same whichever of two columns stands first
        half = [[_total(a, b) for b in columns[: k + 1]] for k, a in enumerate(columns)]
        normal = [[half[max(i, k)][min(i, k)] for k in range(6)] for i in range(6)]
        for k in range(6):
            normal[k][k] += prior[k]
        step = solved(normal, [_total(a, left) for a in columns])
        moved = moved + np.array(step[:3])
        # a point that turns by theta x P is one seen by axes that turn the other way
        axes = deterministic.product(_small_turn(step[3:]), axes)
    return replace(motion, displacement_m=moved, axes_j=axes)


def _total(a: Array, b: Array) -> float:
    """Return the sum of products, rounded once."""
    return math.fsum((a * b).tolist())


def solved(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Return the solution of a symmetric, positive definite system, by Cholesky."""
    n = len(right)
    low = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1):
            total = matrix[i][j]
            for k in range(j):
                total -= low[i][k] * low[j][k]
            low[i][j] = math.sqrt(total) if i == j else total / low[j][j]
    out = list(right)
    for i in range(n):
        for k in range(i):
            out[i] -= low[i][k] * out[k]
        out[i] /= low[i][i]
    for i in reversed(range(n)):
        for k in range(i + 1, n):
            out[i] -= low[k][i] * out[k]
        out[i] /= low[i][i]
    return out


def _small_turn(theta: list[float]) -> Array:
    """Return the rotation matrix of P -> P + theta x P, made orthonormal to second order."""
    x, y, z = theta
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.asarray(np.eye(3) + cross + 0.5 * deterministic.product(cross, cross))
