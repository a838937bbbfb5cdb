"""The constrained descent: its search in time, tilt at the end, speeds flatter than a limit."""

import numpy as np
import pytest

from farside.guidance import (
    Limits,
    SolverOptions,
    SolverStatus,
    Target,
    Thrust,
    constrained_descent,
)

MOON = Thrust(1500.0, 7500.0, 3040.0)


@pytest.mark.parametrize(
    ("r", "v", "mass_kg", "thrust", "limits", "gravity", "intervals", "least_kg"),
    [
        # a swerve aside within a steep glide slope: 25 s, where 6.7 s do without limits
        (
            (-8.371, 1.262, 28.5), (0.786, -9.585, -4.016), 2295.18,
            Thrust(243.55, 12940.56, 2268.18), Limits(32.654, 23.878), (0.0, 0.0, -1.62), 75, 46.63,
        ),
        # 41 m/s aside with a tilt of 6.9 deg: 450 s, where 41 s do
        (
            (0.0, 0.0, 786.7), (-40.981, -4.631, -0.56), 5227.3,
            Thrust(0.0, 26566.03, 4406.62), Limits(None, 6.9428), (0.0, 0.0, -1.62), 11, 800.81,
        ),
        # gravity that leans: 169 s, where 39 s do
        (
            (0.0, 0.0, 489.893), (36.713, -39.511, -4.275), 9072.85,
            Thrust(601.28, 43317.31, 2116.80), Limits(3.3571, 29.8446, end_tilt_deg=10.037),
            (0.20496, -0.1453, -1.6004), 15, 1205.5,
        ),
    ],
)  # fmt: skip
def test_plans_far_longer_than_the_free_descent_are_found(
    r, v, mass_kg, thrust, limits, gravity, intervals, least_kg
):
    found = constrained_descent(
        r, v, mass_kg, thrust, limits,
        gravity_mps2=gravity, options=SolverOptions(intervals=intervals, nearest=False),
    )  # fmt: skip
    # the optimum of another solver (Clarabel) with these nodes, searched in time
    assert found.status == SolverStatus.SOLVED
    assert found.propellant_kg == pytest.approx(least_kg, rel=1e-3)


@pytest.mark.parametrize("intervals", [48, 50, 100])
@pytest.mark.parametrize(("end_tilt_deg", "mass_kg"), [(5.785, 239.37), (12.0, 230.0)])
def test_a_turn_that_is_held_ends_within_the_tilt_at_the_end(end_tilt_deg, mass_kg, intervals):
    # the least thrust lifts the lander, and so it turns over on the way
    found = constrained_descent(
        (98.877, -50.492, 126.614), (-8.55, 8.504, -25.16), mass_kg,
        Thrust(352.327, 866.326, 4445.9), Limits(None, 79.572, True, end_tilt_deg, -49.13),
        gravity_mps2=(-0.10775, 0.25481, -1.5962), options=SolverOptions(intervals=intervals),
    )  # fmt: skip
    assert found.status <= SolverStatus.CLOSE
    last = found.thrust_n[-1]
    # a hundredth of a degree is what the cones' tolerance leaves
    assert np.degrees(np.arccos(last[2] / np.linalg.norm(last))) < end_tilt_deg + 0.01


@pytest.mark.parametrize(
    ("limits", "arrival"),
    [
        (Limits(glide_slope_deg=30.0), (2.0, 0.0, -0.3)),
        (Limits(glide_slope_deg=10.0), (0.0, -6.0, -0.2)),
        (Limits(), (0.0, 0.0, 1.0)),
    ],
)
def test_a_speed_flatter_than_the_limit_is_infeasible(limits, arrival):
    found = constrained_descent(
        (100.0, 20.0, 300.0),
        (-10.0, 0.0, -10.0),
        2500.0,
        MOON,
        limits,
        target=Target(v_mps=arrival),
    )
    assert found.status == SolverStatus.INFEASIBLE and not len(found.t_s)


@pytest.mark.parametrize(
    ("limits", "arrival"),
    [
        # steeper than the slope, or flatter by what no one can see: 0.1 mm under it
        (Limits(glide_slope_deg=30.0), (2.0, 0.0, -1.2)),
        (Limits(glide_slope_deg=30.0), (0.02, 0.0, 0.0)),
        (Limits(floor_m=-1.0), (0.0, 0.0, 1.0)),
    ],
)
def test_a_speed_as_steep_as_the_limit_is_solved(limits, arrival):
    found = constrained_descent(
        (100.0, 20.0, 300.0),
        (-10.0, 0.0, -10.0),
        2500.0,
        MOON,
        limits,
        target=Target(v_mps=arrival),
    )
    assert found.status == SolverStatus.SOLVED
    r = found.fly(np.linspace(0.0, found.time_s, 4001))[0]
    assert np.allclose(found.v_mps[-1], arrival, atol=1e-6)
    low = r[:, 2] - limits.floor_m
    if limits.glide_slope_deg is not None:
        low = r[:, 2] - np.tan(np.radians(30.0)) * np.hypot(r[:, 0], r[:, 1])
    assert low.min() > -0.02
