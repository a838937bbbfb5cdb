"""How far the estimate is off, held against the filter's own covariance.

Of a block of three states with the error e (truth less estimate) and the covariance P,

    NEES = e' P^-1 e                                                             (1)

is chi-square with three degrees of freedom where the filter is consistent, 3 in the mean (Bar-
Shalom, Li & Kirubarajan, Estimation with Applications to Tracking and Navigation, 2001, 5.4.2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside.flight.wiring import Flight

Floats = NDArray[np.float64]

#: First state of each block of three, in the order of ext/navigation/state.pxd.
BLOCKS = {"position": 0, "velocity": 3, "attitude": 6, "gyro_bias": 9, "accel_bias": 12}
#: Degrees of freedom of a block.
STATES = 3
#: Of the blocks that a row of telemetry holds: truth, estimate, covariance.
TOLD = {
    "position": ("r_site", "nav_r_site", "nav_r_cov"),
    "velocity": ("v_site", "est_v_site", "nav_v_cov"),
    "attitude": ("q_site_body", "est_q_site_body", "nav_attitude_cov"),
}
_UPPER = np.array([[0, 1, 2], [1, 3, 4], [2, 4, 5]])


@dataclass(frozen=True)
class FilterErrors:
    """Errors of the estimate at a tick, each with what the filter says of it."""

    error: dict[str, Floats]  # by block, (3,): truth less estimate; attitude as rotation vector
    covariance: dict[str, Floats]  # by block, (3, 3)

    def nees(self) -> dict[str, float]:
        """Return (1) of each block."""
        return {name: nees_of(self.error[name], self.covariance[name]) for name in self.error}


def nees_of(error: Floats, covariance: Floats) -> float:
    """Return e' P^-1 e; NaN where P cannot be inverted."""
    try:
        return float(error @ np.linalg.solve(covariance, error))
    except np.linalg.LinAlgError:
        return float("nan")


def rotation_error(q_true: Floats, q_estimated: Floats) -> Floats:
    """Return theta of q_true = exp(theta) q_estimated [rad], (..., 3) in site axes."""
    p, q = np.asarray(q_true, float), np.asarray(q_estimated, float)
    # q_true conj(q_estimated)
    scalar = (p * q).sum(axis=-1, keepdims=True)
    vector = q[..., :1] * p[..., 1:] - p[..., :1] * q[..., 1:] - np.cross(p[..., 1:], q[..., 1:])
    sine = np.linalg.norm(vector, axis=-1, keepdims=True)
    angle = 2.0 * np.arctan2(sine, np.abs(scalar))
    # of two quaternions that mean the same turn, the one nearer to no turn
    sense = np.where(scalar < 0.0, -1.0, 1.0)
    turn: Floats = sense * vector * np.where(sine > 0.0, angle / np.maximum(sine, 1e-300), 2.0)
    return turn


def errors_now(flight: Flight) -> FilterErrors:
    """Return the errors of a flight's estimate at the last tick flown, all five blocks."""
    told = errors_of_row(flight.flown[-1])
    truth, said = flight.loop.true_biases, flight.loop.estimated
    P = np.array(said["P"])
    error = told.error | {name: np.array(truth[name]) - np.array(said[name]) for name in truth}
    covariance = {name: P[at : at + STATES, at : at + STATES].copy() for name, at in BLOCKS.items()}
    return FilterErrors({name: error[name] for name in BLOCKS}, covariance)


def errors_of_row(row: np.void) -> FilterErrors:
    """Return the errors that a row of telemetry tells: position, velocity and attitude."""
    error, covariance = {}, {}
    for name, (true, estimated, cov) in TOLD.items():
        a, b = np.array(row[true]), np.array(row[estimated])
        error[name] = rotation_error(a, b) if name == "attitude" else a - b
        covariance[name] = np.array(row[cov], dtype=np.float64)[_UPPER]
    return FilterErrors(error, covariance)
