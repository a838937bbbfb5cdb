"""One accelerometer against the thrust commanded, while the two others are sound."""

from functools import cache

import numpy as np
import pytest
from assumed_descent import DT, SETUP, Flight, path
from twin_axes import refused_axes

from farside.ext.navigation._filter import PLACES
from farside.navigation import Trust

IMU = 6
#: In braking, at full thrust and without a velocimeter: nothing else mends a velocity.
START = 40_000
NOISE_MPS = np.sqrt(SETUP["accel_psd"] * DT)
STEP_MPS = 1e-4
#: Scale and leans of the accelerometers among the states of P.
MOUNT = slice(PLACES["accel_mount"], PLACES["accel_mount"] + 3)


def in_steps(read, step):
    """Count readings (N, 3) in steps, what is left of one kept for the next."""
    counted = np.diff(np.round(np.cumsum(read, axis=0) / step), axis=0, prepend=0.0)
    return step * counted


def rows_of(spoil, ticks=400, step=0.0):
    """Return what is measured up to `ticks` beyond START; `spoil` changes what is beyond it.

    Counted in steps before that, and what is read as long as it stays keeps its number.
    """
    rows = Flight(4).measured[: START + ticks].copy()
    if step:
        rows["dv_body"] = in_steps(rows["dv_body"], step)
    spoil(rows[START:])
    return rows


@cache
def at_start(step):
    """Return a navigation that has come to START with readings counted in steps."""
    navigation = Flight(4).navigation()
    navigation.navigate(0, rows_of(nothing, 0, step), np.zeros((START, 10)))
    return navigation


def flown(rows, share=1.0, told=True, step=0.0):
    """Fly rows; yield each navigation beyond START, where `share` of the path's thrust is told."""
    navigation = at_start(step).copy()
    out = np.zeros((1, 10))
    for k in range(START, len(rows)):
        if told:
            navigation.command(share * navigation.mass_kg * path().dv[k, 2] / DT)
        navigation.navigate(k, rows[k : k + 1], out)
        yield navigation


def last(spoil, **how):
    *_, navigation = flown(rows_of(spoil, **how), step=how.get("step", 0.0))
    return navigation


def never_refused(rows, **how):
    return not any(any(refused(each)) for each in flown(rows, **how))


def nothing(rows):
    pass


def held(axis, value, first=0, end=200):
    """Return what holds an axis at a value; None: at its reading of the tick before."""

    def spoil(rows):
        now = rows["dv_body"][first, axis] if value is None else value
        rows["dv_body"][first:end, axis] = now

    return spoil


def flagged(axis, end=200):
    def spoil(rows):
        rows["dv_body"][:end, axis] = 0.05
        rows["saturated"][:end] |= 1 << axis

    return spoil


def refused(navigation):
    return [why != Trust.TRUST_BELIEVED for why in navigation.alone]


@pytest.mark.parametrize(
    ("spoil", "why", "step"),
    [
        (held(2, 0.0), Trust.TRUST_ZERO, 0.0),
        (held(2, 0.0), Trust.TRUST_ZERO, STEP_MPS),
        # a count that stays is stuck only where the thrust has moved: below
        (held(2, 0.02), Trust.TRUST_STUCK, 0.0),
        (flagged(2), Trust.TRUST_SATURATED, 0.0),
        (flagged(2), Trust.TRUST_SATURATED, STEP_MPS),
        (held(0, 5e-4), Trust.TRUST_STUCK, 0.0),
        (held(0, 5e-4), Trust.TRUST_STUCK, STEP_MPS),
        (flagged(1), Trust.TRUST_SATURATED, STEP_MPS),
    ],
)
def test_the_thrust_commanded_stands_in_for_one_axis(spoil, why, step):
    """Two seconds of it at 2.4 m/s^2, named within a second, and 5 m/s are not lost."""
    good, seen, alone = last(nothing, step=step), [], []
    for navigation in flown(rows_of(spoil, step=step), step=step):
        seen.append(navigation.trust[IMU])
        alone.append(refused(navigation))
    assert why in seen[:100]
    assert max(map(sum, alone)) == 1
    # believed again half a second after it is right
    assert any(alone[240]) and not any(alone[-1])
    assert seen[-1] == Trust.TRUST_BELIEVED
    off = np.subtract(navigation.state["v_site"], good.state["v_site"])
    # 1 % of 6 m/s; across the thrust 2e-3 of it
    assert np.linalg.norm(off) < 0.1
    assert np.allclose(
        np.diag(navigation.covariance)[MOUNT], np.diag(good.covariance)[MOUNT], rtol=1e-9
    )


def test_a_count_that_stays_is_stuck_once_the_thrust_has_moved():
    """At steady thrust a step of 0.1 mm/s is 4 s of burning; what was missed by then is put in."""
    stays = held(2, None, end=1500)
    good, when = last(nothing, ticks=1500, step=STEP_MPS), None
    for k, navigation in enumerate(flown(rows_of(stays, 1500, STEP_MPS), step=STEP_MPS)):
        if when is None and any(refused(navigation)):
            when = k
    assert 50 < when < 1200
    off = np.subtract(navigation.state["v_site"], good.state["v_site"])
    assert np.linalg.norm(off) < 0.25  # 1 % of 24 m/s


def test_what_speaks_against_all_three_refuses_them_together():
    """All at the end of their scale, flags up: the whole unit is stuck, no axis alone."""

    def spoil(rows):
        rows["dv_body"][:200] = 0.05
        rows["saturated"][:200] |= 7

    together = []
    for navigation in flown(rows_of(spoil)):
        assert not any(refused(navigation))
        together.append(navigation.trust[IMU])
    assert together[100] == Trust.TRUST_STUCK
    assert together[-1] == Trust.TRUST_BELIEVED


def test_three_axes_that_fail_one_by_one_are_named():
    """Along the thrust 0, x stays, y is flagged with numbers that change: not the whole unit."""

    def spoil(rows):
        held(2, 0.0)(rows)
        held(0, 5e-4, 20, 200)(rows)
        rows["saturated"][40:200] |= 2

    seen = [(sum(refused(each)), each.trust[IMU]) for each in flown(rows_of(spoil))]
    assert seen[150][0] == 3
    assert seen[150][1] == Trust.TRUST_STUCK
    assert seen[-1] == (0, Trust.TRUST_BELIEVED)


def test_the_other_axes_are_still_read():
    """A push of 0.05 m/s^2 across the thrust, while the axis along it reads 0: 0.1 m/s in 2 s."""

    def push(rows):
        rows["dv_body"][:200, 1] += 0.05 * DT

    def both(rows):
        push(rows)
        held(2, 0.0)(rows)

    alone, together = last(held(2, 0.0), ticks=200), last(both, ticks=200)
    felt = np.subtract(together.state["v_site"], alone.state["v_site"])
    assert np.linalg.norm(felt) == pytest.approx(0.1, rel=0.01)


def test_the_doubt_of_the_thrust_is_carried_along_that_axis_alone():
    """1 % of the thrust, 2.4 cm/s^2 for 3 s behind the first; and of what was missed."""
    good, bad = last(nothing, ticks=200), last(held(2, 0.0), ticks=200)
    growth = np.trace(bad.covariance[3:6, 3:6]) - np.trace(good.covariance[3:6, 3:6])
    assert 0.02**2 < growth < 0.2**2
    across = last(held(0, 5e-4), ticks=200)
    less = np.trace(across.covariance[3:6, 3:6]) - np.trace(good.covariance[3:6, 3:6])
    assert 0.0 < less < 0.1 * growth


@pytest.mark.parametrize("share", [0.5, 0.95, 1.05, 2.0])
@pytest.mark.parametrize("step", [0.0, STEP_MPS])
def test_a_wrong_command_refuses_no_axis(share, step):
    """An engine that gives less or more than it was told, a mass that is not what is thought."""
    assert never_refused(rows_of(nothing, step=step), share=share, step=step)


@pytest.mark.parametrize("step", [0.0, STEP_MPS])
def test_an_engine_that_is_out_refuses_no_axis(step):
    """All that is left are noise and the turning of the lander."""
    rows = Flight(4).measured[: START + 1000].copy()
    rows["dv_body"][START:, 2] -= path().dv[START : START + 1000, 2]
    if step:
        rows["dv_body"] = in_steps(rows["dv_body"], step)
    assert never_refused(rows, step=step)


@pytest.mark.parametrize("step", [1e-3, 3e-3])
def test_coarse_steps_without_visible_noise_are_not_stuck(step):
    """A count of 1 mm/s is near a whole number of steps for a second, and 0 in free fall."""
    rows = Flight(4).measured[: START + 600].copy()
    rows["dv_body"][START:, 2] = 0.024
    rows["dv_body"][START + 300 :, 2] = 0.0
    rows["dv_body"] = in_steps(rows["dv_body"], step)
    assert never_refused(rows, step=step)


def test_without_a_command_one_axis_that_reads_zero_is_believed():
    assert never_refused(rows_of(held(2, 0.0)), told=False)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_runs_of_any_kind_are_told_as_by_another_program(seed):
    """Zeros and numbers that stay, in steps of any size: the twin looks at it whole."""
    rng = np.random.default_rng([96, seed])
    step, ticks = [0.0, 2e-5, STEP_MPS, 3e-4][seed % 4], 3000

    def spoil(rows):
        for _ in range(6):
            axis, first = int(rng.integers(3)), int(rng.integers(ticks - 400))
            value = [0.0, None, 5 * STEP_MPS][int(rng.integers(3))]
            held(axis, value, first, first + int(rng.integers(20, 300)))(rows)

    rows = rows_of(spoil, ticks, step)
    found, told = [], [at_start(step).mass_kg]
    for navigation in flown(rows, step=step):
        found.append(refused(navigation))
        told.append(navigation.mass_kg)
    # F dt / m with the mass of the tick before, and no more than the engine gives
    mass = np.array(told[:-1])
    told = np.minimum(path().dv[START : START + ticks, 2], DT * SETUP["thrust_full_n"] / mass)
    twin = refused_axes(
        rows["dv_body"][START - 2000 :],
        np.concatenate([np.full(2000, told[0]), told]),
        SETUP["thrust_across_sigma"],
        NOISE_MPS,
    )
    assert np.any(found) == (step < 3.0 * NOISE_MPS)
    assert np.array_equal(found, twin[2000:])
