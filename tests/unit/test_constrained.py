"""The constrained descent against published optima and its own limits."""

from dataclasses import replace

import numpy as np
import pytest

from farside.ext.guidance.constrained.constrained import MOST_INTERVALS
from farside.guidance.constrained import (
    ConstrainedError,
    Limits,
    SolverOptions,
    SolverStatus,
    constrained_descent,
)
from farside.guidance.optimal import Target, Thrust, optimal_descent

G0 = 9.80665
COS_27 = np.cos(np.radians(27.0))
MARS = Thrust(0.3 * 18600 * COS_27, 0.8 * 18600 * COS_27, 225.0 * G0 * COS_27)
MOON = Thrust(1500.0, 7500.0, 310.0 * G0)
FREE = Limits(above_target=False)

# Anchors of docs/sources.md: state, vehicle, gravity, limits, computed optimum [kg], time [s].
ANCHORS = {
    "A1": ((2000, 0, 1500), (100, 0, -75), 1905, MARS, 3.7114, FREE, 387.8964, 72.194),
    "A2": ((2000, 0, 1500), (100, 0, -75), 1905, MARS, 3.7114, Limits(4.0), 398.127, 77.66),
    "A3": ((2000, 0, 1500), (100, 0, -75), 1905, MARS, 3.7114, Limits(), 390.412, 74.45),
    "A4": ((2000, 500, 1500), (100, 0, -75), 1905, MARS, 3.7114, Limits(4.0), 398.855, 78.01),
    "A6, 30, 90": (
        (450, -330, 2400), (-40, 10, -10), 2000, Thrust(4800, 19200, 2000), 3.71,
        Limits(30.0, 90.0), 200.844, 46.14,
    ),
    "A6, 30, 45": (
        (450, -330, 2400), (-40, 10, -10), 2000, Thrust(4800, 19200, 2000), 3.71,
        Limits(30.0, 45.0), 209.616, 52.64,
    ),
    "A7": ((2000, 0, 1500), (80, 30, -75), 1905, MARS, 3.7114, Limits(4.0, 40.0), 373.330, 74.943),
    "A8": ((600, 150, 2000), (-20, 5, -30), 2500, MOON, 1.625, Limits(10.0, 70.0), 106.946, 60.23),
}  # fmt: skip


def descend(anchor, limits=None, **options):
    r, v, mass, thrust, gravity, own, _, _ = ANCHORS[anchor]
    return constrained_descent(
        r, v, mass, thrust, limits or own,
        gravity_mps2=(0.0, 0.0, -gravity), options=SolverOptions(**options),
    )  # fmt: skip


@pytest.mark.parametrize("anchor", ANCHORS)
def test_anchor(anchor):
    *_, propellant_kg, time_s = ANCHORS[anchor]
    found = descend(anchor, intervals=100)
    assert found.status == SolverStatus.SOLVED
    assert found.loose < 1e-3
    assert found.propellant_kg == pytest.approx(propellant_kg, abs=0.05)
    # The cost is flat in time: 1 s off its best costs 0.1 kg.
    assert found.time_s == pytest.approx(time_s, abs=0.5)
    # A4 is published: 399.4 kg for 55 nodes (Blackmore 2010).
    if anchor == "A4":
        assert found.propellant_kg == pytest.approx(399.4, rel=2e-3)


@pytest.mark.parametrize(
    ("anchor", "time_s", "intervals", "propellant_kg"),
    [("A2", 81.0, 82, 399.420), ("A8", 60.2301, 50, 106.957), ("A8", 60.2301, 100, 106.946)],
)
def test_anchor_in_given_time(anchor, time_s, intervals, propellant_kg):
    found = descend(anchor, time_s=time_s, intervals=intervals)
    assert found.status == SolverStatus.SOLVED
    assert found.propellant_kg == pytest.approx(propellant_kg, abs=0.02)
    # what is computed with limits at the nodes alone; on its glide slope A2 keeps more
    assert found.bound_kg == pytest.approx(propellant_kg, abs=0.02)
    assert (found.solves == 1) == (anchor == "A8")
    assert found.bound_kg <= found.propellant_kg


def test_without_limits_it_is_the_indirect_optimum():
    r, v, mass, thrust, gravity, *_ = ANCHORS["A8"]
    best = optimal_descent(r, v, mass, thrust, gravity_mps2=(0, 0, -gravity))
    found = descend("A8", limits=FREE, intervals=100)
    # First-order hold cannot switch at once: it costs more, never less.
    assert best.propellant_kg < found.propellant_kg < best.propellant_kg + 0.02


def test_an_empty_tank_misses_by_as_little_as_it_can():
    plenty = descend("A2", intervals=50)
    tank = replace(ANCHORS["A2"][5], dry_mass_kg=1905.0 - plenty.propellant_kg + 10.0)
    short = descend("A2", tank, intervals=50)
    assert short.status == SolverStatus.MISSED
    assert 10.0 < np.linalg.norm(short.miss_m) < 500.0
    assert short.propellant_kg < plenty.propellant_kg - 9.9
    assert short.r_m[-1] == pytest.approx([*short.miss_m, 0.0], abs=1e-4)
    assert short.v_mps[-1] == pytest.approx([0, 0, 0], abs=1e-4)
    unasked = descend("A2", tank, intervals=50, nearest=False)
    assert unasked.status == SolverStatus.INFEASIBLE and np.isnan(unasked.propellant_kg)


def test_out_of_reach_is_proven():
    # 80 m up, falling at 25 m/s, 1.4 m/s^2 to spare: it takes 220 m to stop.
    found = constrained_descent((100, 0, 80), (30, 0, -25), 2500, MOON, Limits(10.0, 60.0))
    assert found.status == SolverStatus.INFEASIBLE
    assert found.steps < 400


@pytest.mark.parametrize("anchor", ANCHORS)
@pytest.mark.parametrize("intervals", [20, 50])
def test_limits_hold_between_the_nodes(anchor, intervals):
    *_, thrust, _, limits, _, _ = ANCHORS[anchor]
    found = descend(anchor, intervals=intervals)
    t = np.linspace(0.0, found.time_s, 40 * intervals + 1)
    r, v, u = found.fly(t)
    # The nodes' own states, integrated in the kernel by other sums.
    assert found.fly(found.t_s)[0] == pytest.approx(found.r_m, abs=1e-4)
    assert r[-1] == pytest.approx([0, 0, 0], abs=1e-4)
    assert v[-1] == pytest.approx([0, 0, 0], abs=1e-4)
    size = np.linalg.norm(u, axis=1)
    mass = found.mass_kg[0] * np.exp(
        -np.concatenate([[0], np.cumsum(0.5 * np.diff(t) * (size[1:] + size[:-1]))])
        / thrust.exhaust_mps
    )
    # Thrust: at nodes within 1e-4; between them the chord of two accelerations is shorter than
    # either where the thrust turns, by 1 % at most, as promised.
    nodes_n = np.linalg.norm(found.thrust_n, axis=1)
    assert nodes_n.max() < thrust.full_n * (1 + 1e-5)
    assert nodes_n.min() > thrust.least_n * (1 - 1e-4)
    assert (mass * size).max() < thrust.full_n * 1.005
    assert (mass * size).min() > thrust.least_n * 0.985
    if limits.tilt_deg is not None:
        # A cone is convex: what its ends keep, a chord keeps.
        tilt = np.degrees(np.arccos(u[:, 2] / size))
        assert tilt.max() < limits.tilt_deg + 0.01
    # The way between the nodes is held to 1e-5 of the scale, some 5 km here.
    bend_m = 0.06
    if limits.glide_slope_deg is not None:
        need = np.tan(np.radians(limits.glide_slope_deg)) * np.linalg.norm(r[:, :2], axis=1)
        assert (r[:, 2] - need).min() > -bend_m
        at_nodes = np.tan(np.radians(limits.glide_slope_deg)) * np.hypot(*found.r_m[:, :2].T)
        assert (found.r_m[:, 2] - at_nodes).min() > -1e-3
    elif limits.above_target:
        assert r[:, 2].min() > -bend_m and found.r_m[:, 2].min() > -1e-3


def test_turning_and_scaling_change_nothing():
    base = descend("A7", intervals=30)
    r, v, mass, thrust, gravity, limits, *_ = ANCHORS["A7"]
    c, s = np.cos(1.1), np.sin(1.1)
    turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    turned = constrained_descent(
        turn @ r, turn @ v, mass, thrust, limits,
        gravity_mps2=(0, 0, -gravity), options=SolverOptions(intervals=30),
    )  # fmt: skip
    assert turned.propellant_kg == pytest.approx(base.propellant_kg, abs=1e-3)
    heavy = Thrust(10 * thrust.least_n, 10 * thrust.full_n, thrust.exhaust_mps)
    moved = constrained_descent(
        np.add(r, (7, 8, 9)), v, 10 * mass, heavy, limits, target=Target((7, 8, 9)),
        gravity_mps2=(0, 0, -gravity), options=SolverOptions(intervals=30),
    )  # fmt: skip
    assert moved.propellant_kg == pytest.approx(10 * base.propellant_kg, abs=1e-2)


def test_a_start_below_the_target_has_no_plan():
    found = constrained_descent((100, 0, -50), (0, 0, 5), 2500, MOON, Limits())
    assert found.status == SolverStatus.INFEASIBLE


@pytest.mark.parametrize(
    "change",
    [
        dict(r_m=(np.nan, 0, 1)), dict(mass_kg=0.0), dict(limits=Limits(dry_mass_kg=2500.0)),
        dict(gravity_mps2=(0, 0, 0)), dict(r_m=(0, 0, 0), v_mps=(0, 0, 0)),
    ],
)  # fmt: skip
def test_impossible_numbers_are_refused(change):
    case = dict(r_m=(600, 150, 2000), v_mps=(-20, 5, -30), mass_kg=2500.0, thrust=MOON)
    with pytest.raises(ConstrainedError):
        constrained_descent(**{**case, **change})


@pytest.mark.parametrize(
    "change",
    [
        dict(glide_slope_deg=90.0), dict(tilt_deg=-1.0), dict(end_tilt_deg=180.0),
        dict(floor_m=1.0), dict(dry_mass_kg=-1.0),
    ],
)  # fmt: skip
def test_impossible_limits_are_refused(change):
    with pytest.raises(ConstrainedError):
        Limits(**change)


@pytest.mark.parametrize(
    "change", [dict(intervals=3), dict(intervals=MOST_INTERVALS + 1), dict(time_s=-1.0)]
)
def test_impossible_options_are_refused(change):
    with pytest.raises(ConstrainedError):
        SolverOptions(**change)


def test_a_floor_below_the_target_and_an_upright_end():
    r, v, mass = (300.0, 40.0, 120.0), (-25.0, 0.0, -18.0), 2500.0
    free = constrained_descent(r, v, mass, MOON, Limits(above_target=False))
    low = constrained_descent(r, v, mass, MOON, Limits(floor_m=-1.0))
    level = constrained_descent(r, v, mass, MOON, Limits())
    assert free.r_m[:, 2].min() < -2.0  # else the floor asks nothing
    lowest_m = low.fly(np.linspace(0.0, low.time_s, 2001))[0][:, 2].min()
    assert -1.05 < lowest_m < -0.95 and level.r_m[:, 2].min() > -1e-3
    assert free.propellant_kg < low.propellant_kg < level.propellant_kg
    upright = constrained_descent(r, v, mass, MOON, Limits(end_tilt_deg=2.0))
    lean = np.degrees(np.arccos(upright.thrust_n[:, 2] / np.linalg.norm(upright.thrust_n, axis=1)))
    assert lean[-1] < 2.01 and lean[:-1].max() > 20.0
    same_nodes = constrained_descent(
        r, v, mass, MOON, options=SolverOptions(intervals=len(upright.t_s) - 1)
    )
    assert upright.propellant_kg > same_nodes.propellant_kg
