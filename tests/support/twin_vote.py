"""Accelerometers against thrust and beams, once more: a line through all reports by numpy.

Written from the words of ext/navigation/accel_vote.pxd in another form: a whole record at once,
with a dead reckoning of its own in place of the filter's, and weighted least squares in place of
sums that fade.
"""

import numpy as np

DT = 0.01
GM, RADIUS_M, TURN_RADPS = 4.902800118e12, 1_737_400.0, 2.6617e-6


def rotations(q):
    """Return R(q), (N, 3, 3), of quaternions (N, 4)."""
    w, x, y, z = q.T
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    ).transpose(2, 0, 1)


def slopes(measured, told_n, estimates, radius_m=RADIUS_M):
    """Return ticks, lambda and its sigma at each report of three beams: (N,) each.

    Parameters
    ----------
    measured, told_n, estimates
        Of the same ticks: what is measured, F [N], and the estimates (attitude, mass, place).
    """
    R = rotations(estimates["q_site_body"])
    read = measured["dv_body"]
    told = np.zeros_like(read)
    told[:, 2] = told_n / estimates["mass_kg"] * DT
    x = np.cumsum(np.einsum("nij,nj->ni", R, told - read), axis=0)
    # the Moon's turn bends the way by 1e-3 m/s^2 at most, and over seconds alike for all
    rho = estimates["r_site"] + [0.0, 0.0, radius_m]
    pull = -GM * rho / np.linalg.norm(rho, axis=1)[:, None] ** 3
    reckoned = np.cumsum(np.einsum("nij,nj->ni", R, read) + pull * DT, axis=0)
    at = np.flatnonzero(measured["velocity_valid"] == 7)
    ticks, found, sigmas = [], [], []
    beams = []
    for k in at:
        then = k - (measured["imu_tick"][k] - measured["velocity_tick"][k])
        if then < 0:
            continue
        u = np.linalg.solve(measured["velocity_direction"][k], measured["velocity_mps"][k])
        beams.append((k, x[k], R[then] @ u - reckoned[then]))
        n = len(beams)
        if n < 30:
            continue
        weight = 0.99 ** (np.arange(n)[::-1] / 2.0)
        X = np.array([b[1] for b in beams])
        Y = np.array([b[2] for b in beams])
        design = np.zeros((3 * n, 4))
        design[:, 0] = X.ravel()
        for i in range(3):
            design[i::3, 1 + i] = 1.0
        w = np.repeat(weight, 3)
        fit, *_ = np.linalg.lstsq(design * w[:, None], Y.ravel() * w, rcond=None)
        left = np.sum((w * (Y.ravel() - design @ fit)) ** 2)
        mean = (weight**2 @ X) / np.sum(weight**2)
        spread = np.sum(weight[:, None] ** 2 * (X - mean) ** 2)
        ticks.append(k)
        found.append(fit[0])
        sigmas.append(np.sqrt(left / (np.sum(weight**2) * spread)))
    return np.array(ticks), np.array(found), np.array(sigmas)
