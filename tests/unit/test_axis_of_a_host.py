"""An accelerometer that fails alone where its host falls silent, is away, or rests the engine."""

import numpy as np
import pytest
from recorded_descent import recorded

from farside.navigation import NAVIGATION_ESTIMATE, Navigator, Trust

IMU = 6
START = 40_000  # ticks: in braking, at 2.7 m/s^2


@pytest.fixture(scope="module")
def begun():
    """Navigate the recorded descent to START; the core, and how it goes back there."""
    flight = recorded()
    navigator = Navigator.of(flight.table, flight.first)
    out = np.zeros(START, NAVIGATION_ESTIMATE)
    navigator.core.navigate_many(0, flight.measured[:START], out, flight.commands[:START])
    return navigator.core, navigator.core.kept()


def flown(begun, ticks, spoil=None, away=(0, 0), untold=(0, 0), off=(0, 0)):
    """Fly on without ranges and beams; return velocities and what is trusted.

    Ticks from START: `away` is not navigated, `untold` is without a command, in `off` the engine
    rests.
    """
    core, kept = begun
    core.put_back(kept)
    rows = recorded().measured[START : START + ticks].copy()
    commands = recorded().commands[START : START + ticks].copy()
    rows["velocity_valid"] = rows["range_valid"] = 0
    rows["dv_body"][slice(*off), 2] = 0.0
    commands[slice(*off), 0] = 0.0
    if spoil is not None:
        rows["dv_body"][:, 2] = spoil(rows["dv_body"][:, 2])
    out = np.zeros(ticks, NAVIGATION_ESTIMATE)
    for k in range(ticks):
        if away[0] <= k < away[1]:
            continue
        if not untold[0] <= k < untold[1]:
            core.command(commands[k, 0], commands[k, 1:].copy())
        core.navigate(START + k, rows[k : k + 1], out[k : k + 1])
    return out["v_site"], out["trust"][:, IMU]


def zero(read):
    return np.zeros_like(read)


def off_mps(begun, ticks, spoil, **how):
    """How far the velocity ends from that with sound readings [m/s]."""
    good, bad = flown(begun, ticks, **how)[0], flown(begun, ticks, spoil, **how)[0]
    return np.linalg.norm(bad[-1] - good[-1])


def test_what_was_missed_is_put_in_once(begun):
    """51 ticks of 2.7 m/s^2 are 1.4 m/s; the tick of the refusal is the model's."""
    assert off_mps(begun, 60, zero) < 0.006


def test_a_host_that_falls_silent_and_speaks_again(begun):
    """Without a command the readings of 0 count for 0.5 s, 1.4 m/s; 55 were put in twice before."""
    assert off_mps(begun, 1400, zero, untold=(1000, 1150)) < 2.0


def test_a_computer_that_was_away(begun):
    """Nothing is held to the command in what is made up: the axis stays refused alone."""
    assert off_mps(begun, 1400, zero, away=(1000, 1060)) < 0.3


def test_one_that_reads_zero_through_a_rest_of_the_engine_has_missed_nothing(begun):
    assert off_mps(begun, 1060, zero, off=(0, 1000)) < 0.1


@pytest.mark.parametrize("rest", [(0, 0), (0, 30)])
def test_one_that_is_stuck_while_the_engine_rests_is_found_when_it_burns(begun, rest):
    """As a dead one that reads its offset: 82 m/s off after 30 s before."""

    def stuck(read):
        return np.full_like(read, 3e-5)

    _, trust = flown(begun, 3000, stuck, off=rest)
    assert (trust == Trust.TRUST_STUCK).any()
    assert off_mps(begun, 3000, stuck, off=rest) < 0.4
