"""How far the estimate is off, held against the filter's own covariance.

Of a block of three states with the error e (truth less estimate) and the covariance P,

    NEES = e' P^-1 e                                                             (1)

is chi-square with three degrees of freedom where the filter is consistent, 3 in the mean (Bar-
Shalom, Li & Kirubarajan, Estimation with Applications to Tracking and Navigation, 2001, 5.4.2).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ext.common._records import TICK_HZ
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
    """Return e' P^-1 e by P = L D L', the same bits on every CPU; NaN where D is not positive."""
    e, P = error.tolist(), covariance.tolist()
    y: list[float] = []
    D: list[float] = []
    L: list[list[float]] = []
    total = 0.0
    for i in range(len(e)):
        row: list[float] = []
        for j in range(i):
            left = P[i][j] - sum(row[k] * D[k] * L[j][k] for k in range(j))
            row.append(left / D[j])
        pivot = P[i][i] - sum(row[k] * row[k] * D[k] for k in range(i))
        if not pivot > 0.0:
            return math.nan
        y.append(e[i] - sum(row[k] * y[k] for k in range(i)))
        L.append(row)
        D.append(pivot)
        total += y[i] * y[i] / pivot
    return total


def rotation_error(q_true: Floats, q_estimated: Floats) -> Floats:
    """Return theta of q_true = exp(theta) q_estimated [rad], (3,) in site axes."""
    p, q = np.asarray(q_true, float), np.asarray(q_estimated, float)
    # q_true conj(q_estimated)
    scalar = deterministic.dot(p, q)
    vector = q[0] * p[1:] - p[0] * q[1:] - np.cross(p[1:], q[1:])
    sine = deterministic.length(vector)
    # of two quaternions that mean the same turn, the one nearer to no turn
    sense = -1.0 if scalar < 0.0 else 1.0
    angle = 2.0 * deterministic.angle_of(sine, abs(scalar))
    turn: Floats = sense * (angle / sine if sine > 0.0 else 2.0) * vector
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


#: What a campaign keeps: after so long [s], every block; at contact, those of the telemetry.
EPOCHS_S = (20, 100, 300, 500)
CONTACT = "contact"


def nees_columns() -> tuple[tuple[str, str, str], ...]:
    """Return name, block and epoch of each number that `NeesWatch` gives."""
    timed = [(block, f"{epoch}_s") for epoch in EPOCHS_S for block in BLOCKS]
    last = [(block, CONTACT) for block in TOLD]
    return tuple((f"nees_{block}_{epoch}", block, epoch) for block, epoch in (*timed, *last))


class NeesWatch:
    """Looks at a flight on its way: called as `farside.flight.land.fly` tells its progress."""

    def __init__(self, flight: Flight) -> None:
        self.flight = flight
        self.found = {name: math.nan for name, _, _ in nees_columns()}

    def __call__(self, stage: str, done: float) -> None:
        """Take the blocks where an epoch is reached; there a flight stops to tell its progress."""
        loop = self.flight.loop
        epoch = f"{loop.tick_count // TICK_HZ}_s"
        if loop.tick_count % TICK_HZ or f"nees_position_{epoch}" not in self.found:
            return
        if loop.touchdown is None:
            for block, value in errors_now(self.flight).nees().items():
                self.found[f"nees_{block}_{epoch}"] = value

    def row(self) -> dict[str, float]:
        """Return all numbers by name, of a flight that has ended; NaN where an epoch never came."""
        contact = self.flight.loop.touchdown
        if contact is not None and contact[0] > 0:
            told = errors_of_row(self.flight.flown[contact[0] - 1])
            self.found |= {f"nees_{block}_{CONTACT}": x for block, x in told.nees().items()}
        return self.found
