"""Flights with gyros that fail, of an assumed descent: the torque told is Euler's of its path."""

import numpy as np
from assumed_descent import DT, SETUP, Flight, path

IMU = 6
#: In braking, where the lander turns by 0.1 deg/s.
BRAKING = 40_000
DEG = np.pi / 180.0
#: What a torque that is told may be too much by.
EXTRA_NM = np.array([10.0, 0.0, 0.0])


def inertia(mass_kg):
    share = (mass_kg - SETUP["mass_dry_kg"]) / (SETUP["mass_full_kg"] - SETUP["mass_dry_kg"])
    full, dry = np.array(SETUP["inertia_full"]), np.array(SETUP["inertia_dry"])
    return dry + share * (full - dry)


def torque(k, mass_kg):
    """Return what turns the lander about tick k as recorded, over 0.1 s: thrusters pulse."""
    moments, omega = inertia(mass_kg), path().omega
    change = (omega[k + 6] - omega[k - 4]) / (10.0 * DT)
    return moments * change + np.cross(omega[k], moments * omega[k])


def slew():
    """Return the tick at which the fastest turn of the flight begins."""
    fast = np.linalg.norm(path().omega[:-6000], axis=1)
    top = int(np.argmax(fast))
    return top - int(np.argmax(fast[:top][::-1] < 0.3 * DEG))


def flown(spoil, start=BRAKING, ticks=300, told=True, stars=True, **setup):
    """Fly on from a tick with rows that `spoil` changed; yield each navigation and its tick."""
    flight = Flight(4)
    navigation = flight.navigation(**setup)
    navigation.navigate(0, flight.measured[:start], np.zeros((start, 10)))
    rows = flight.measured[start : start + ticks].copy()
    spoil(rows)
    if not stars:
        rows["star_valid"] = 0
    out = np.zeros((1, 10))
    for k in range(start, start + ticks):
        navigation.navigate(k, rows[k - start : k - start + 1], out)
        if told:
            mass = navigation.state["mass_kg"]
            navigation.command(100.0 * mass * path().dv[k + 1, 2], torque(k, mass))
        yield navigation, k


def off_deg(navigation, k):
    """Angle between the estimated attitude and the true one [deg]."""
    cosine = abs(np.dot(navigation.state["q_site_body"], path().q[k]))
    return np.degrees(2.0 * np.arccos(min(1.0, cosine)))
