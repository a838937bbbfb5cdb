"""The update by an image in plain numpy: H by finite differences, one batch.

Pixels by OpenCV, the textbook's gain of all numbers at once, its considered rows zero.
"""

import numpy as np
from scipy.spatial.transform import Rotation
from seen_ground import ARM, CENTRE, EYE, project, rays

from farside.ext.navigation._filter import CAMERA_SIZE, FIRST_CONSIDERED, SIZE
from farside.mission.camera import camera_axes

AXES = camera_axes(EYE)


def matrix_of(q):
    w, x, y, z = q
    return Rotation.from_quat([x, y, z, w]).as_matrix()


def turned(theta):
    return Rotation.from_rotvec(theta).as_matrix()


def pixels_seen(r, q, places, x):
    """Pixels of places from a pose with its error x: r, theta, tau, off, and a shift of rays."""
    R = turned(x[3:6]) @ matrix_of(q)
    start = r + x[:3] + R @ ARM
    axes = AXES @ turned(x[6:9]).T
    seen = (places - x[9:12] - start) @ R @ axes.T
    seen = seen / seen[:, 2:]
    seen[:, :2] += x[12:14]
    return project(seen)


def feet(r, q, pixels, ground_m, x):
    """Where pixels meet level ground at a distance from the Moon's centre.

    x is r, theta, tau, height, and the slope of the ground east and north.
    """
    R = turned(x[3:6]) @ matrix_of(q)
    start = r + x[:3] + R @ ARM
    w = rays(pixels) @ (R @ turned(x[6:9]) @ AXES.T).T
    s = start + CENTRE
    rise = np.zeros(len(w))
    for _ in range(20):
        a, b = np.sum(w * w, axis=1), w @ s
        root = b * b - a * (s @ s - (ground_m + x[9] + rise) ** 2)
        places = start + ((-b - np.sqrt(root)) / a)[:, None] * w
        rise = (places - r - x[:3])[:, :2] @ x[10:12]
    return places


def derivatives(function, count, steps):
    """Central differences of a function of an error, (numbers, count)."""
    columns = []
    for i in range(count):
        x = np.zeros(count)
        x[i] = steps[i]
        columns.append((function(x) - function(-x)).ravel() / (2.0 * steps[i]))
    return np.array(columns).T


def schmidt(P, H, R, nu):
    """Return the correction and the covariance after it, by the textbook."""
    S = H @ P @ H.T + R
    gain = np.linalg.solve(S, H @ P).T
    gain[FIRST_CONSIDERED : SIZE + CAMERA_SIZE] = 0.0
    left = np.eye(len(P)) - gain @ H
    return gain @ nu, left @ P @ left.T + gain @ R @ gain.T


def stacked(variance_px2):
    """Return the variance of n pixels, (2 n, 2 n), of column, column with row, row of each."""
    R = np.zeros((2 * len(variance_px2), 2 * len(variance_px2)))
    for i, (xx, xy, yy) in enumerate(variance_px2):
        R[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = [[xx, xy], [xy, yy]]
    return R
