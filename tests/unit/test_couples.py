"""Failed couples of thrusters: found from how a rigid body turns, which is flown here in numpy."""

import math

import numpy as np
import pytest
from sample_pilot import TABLE, core, estimate

from farside.guidance import COMMAND

LARGE_NM = TABLE["torque_limit"][0]
SMALL_NM = TABLE["torque_small_nm"]
INERTIA = np.array(TABLE["inertia_full"])
NAMES = ["x_plus", "x_minus", "y_plus", "y_minus", "z_plus", "z_minus"]
LOST = 4096


def turned(q, angle):
    """Return q turned by a rotation vector, body axes."""
    size = math.sqrt(angle @ angle)
    s = math.sin(0.5 * size) / size if size > 1e-12 else 0.5
    w, x, y, z = math.cos(0.5 * size), *(s * angle)
    a, b, c, d = q
    return np.array(
        [
            a * w - b * x - c * y - d * z,
            a * x + b * w + c * z - d * y,
            a * y - b * z + c * w + d * x,
            a * z + b * y - c * x + d * w,
        ]
    )


def flown(seconds, offset_nm, left=(1.0,) * 6, stuck=None, from_s=10.0, kick_s=2.0):
    """Hold a hover's attitude while the target moves to and fro; return the pilot and its rates.

    left: shares of the couples x+, x-, y+, ... from from_s on; stuck: the couple that fires always.
    """
    pilot = core("hover", "avoid", "descend", "fall", "settle")
    e, c = estimate(), np.zeros(1, COMMAND)
    q, omega, found = np.array([1.0, 0.0, 0.0, 0.0]), np.zeros(3), None
    rng, rates = np.random.default_rng(58), []
    for k in range(round(100 * seconds)):
        if k % round(100 * kick_s) == 0:
            # A place to go to: the lander leans there, one way and the other.
            e["r_site"][0, :2] = rng.uniform(-20.0, 20.0, 2)
        e["q_site_body"], e["omega_body"] = q, omega + 2e-5 * rng.normal(size=3)
        pilot.tick(k, e, c, False)
        failed = 0.01 * k >= from_s
        torque = np.array(offset_nm, float)
        for axis, asked in enumerate(c["torque_nm"][0]):
            share = left[2 * axis + (asked < 0.0)] if failed else 1.0
            torque[axis] += share * np.clip(asked, -LARGE_NM - SMALL_NM, LARGE_NM + SMALL_NM)
        if failed and stuck is not None:
            axis, sign = stuck // 2, -1.0 if stuck % 2 else 1.0
            torque[axis] += sign * LARGE_NM
            # What is asked of a couple that fires already brings its small thrusters alone.
            asked = c["torque_nm"][0, axis]
            if sign * asked > 0.0:
                torque[axis] -= asked - sign * min(abs(asked), SMALL_NM)
        omega = omega + 0.01 * (torque - np.cross(omega, INERTIA * omega)) / INERTIA
        q = turned(q, 0.01 * omega)
        q /= math.sqrt(q @ q)
        rates.append(omega)
        if found is None and pilot.watch["couples"]:
            found = 0.01 * k
    return pilot, np.array(rates), found


@pytest.mark.slow
def test_whole_couples_are_never_named():
    for offset in ([0.0, 0.0, 0.0], [60.0, -40.0, 2.0]):
        pilot, _, found = flown(40.0, offset)
        assert found is None
        # A thrust of nothing here: the offset is constant, so none is found through it.
        assert np.abs(np.array(pilot.watch["shares"]) - 1.0).max() < 0.2


@pytest.mark.parametrize("couple", range(4))
def test_a_lost_couple_is_named_within_seconds(couple):
    left = np.ones(6)
    left[couple] = 0.0
    pilot, _, found = flown(25.0, [0.0, 0.0, 0.0], left)
    assert found is not None and found < 18.0
    assert pilot.watch["couples"] & (1 << couple)
    assert pilot.watch["couples"] & LOST
    axis, side = divmod(couple, 2)
    assert pilot.watch["shares"][axis][side] < 0.25
    assert pilot.watch["shares"][axis][1 - side] == pytest.approx(1.0, abs=0.25)


def test_a_couple_of_one_thruster_is_driven_harder():
    left = [1.0, 1.0, 1.0, 0.5, 1.0, 1.0]
    pilot, _, found = flown(30.0, [0.0, 0.0, 0.0], left)
    assert found is not None and pilot.watch["couples"] == 1 << 3
    assert pilot.watch["shares"][1][1] == pytest.approx(0.5, abs=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("couple", range(4))
def test_a_couple_that_fires_always_is_balanced(couple):
    pilot, rates, found = flown(40.0, [0.0, 0.0, 0.0], stuck=couple, kick_s=100.0)
    assert found is not None and found < 11.5
    assert pilot.watch["couples"] & (64 << couple)
    assert pilot.watch["stuck"][couple // 2] == (-1 if couple % 2 else 1)
    # The large couple of the other sense takes it out, the small ones hold: at rest again.
    assert np.abs(rates[-200:, couple // 2]).max() < math.radians(0.5)


def test_without_a_couple_about_z_the_rate_about_it_stays():
    """Heading is given up: a kick that the lost couple would have to undo never builds up."""
    left = [1.0, 1.0, 1.0, 1.0, 0.0, 1.0]
    _, rates, _ = flown(40.0, [0.0, 0.0, 0.5], left)
    assert np.abs(rates[:, 2]).max() < math.radians(1.0)
