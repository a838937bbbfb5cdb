"""Coasts between burns of braking: predicted through, flown through, and refused where none is."""

import dataclasses
import math

import numpy as np
import pytest

from farside.flight import land
from farside.guidance import BrakingGate, BrakingStart, Thrust, optimal_braking
from farside.guidance.braking import plan_braking
from farside.guidance.braking_start import BrakingError
from farside.mission import load_mission
from farside.mission.coasts import coasts_of
from farside.mission.odd_sky import site_frame
from farside.mission.rows import first_faults

ENGINE = Thrust(least_n=1500.0, full_n=7500.0, exhaust_mps=3040.0)
GATE = BrakingGate(
    altitude_m=2500.0, range_m=0.0, vertical_speed_mps=-30.0, horizontal_speed_mps=35.0
)
START = BrakingStart((-450e3, 0.0, -45e3), (1650.0, 0.0, 150.0), 3780.0, ENGINE)
COASTS = ((100.0, 160.0), (300.0, 340.0))
BASE = load_mission("chang-e-3")


def with_coasts(*times_s):
    """Chang'e 3 with its braking cut into burns and coasts that last so long, in turn."""
    braking, rows = BASE.phases[0], []
    for i, seconds in enumerate(times_s):
        law = {"law": "hold", "throttle": 0.0} if i % 2 else {}
        name = f"{'coast' if i % 2 else 'burn'}-{i}"
        row = dataclasses.replace(braking, name=name, exit="elapsed", exit_s=float(seconds), **law)
        rows.append(row)
    return dataclasses.replace(BASE, phases=(*rows, *BASE.phases))


def test_no_coast_is_the_braking_as_it_was():
    a, b = optimal_braking(START, GATE), optimal_braking(START, GATE, coasts=())
    np.testing.assert_array_equal(a.unknowns, b.unknowns)


def test_another_integrator_reaches_the_gate_through_the_coasts():
    braking = optimal_braking(START, GATE, coasts=COASTS)
    assert braking.found
    times = np.array([0.0, 100.0, 160.0, 300.0, 340.0, braking.duration_s])
    way = braking.fly(times)
    # no mass goes in a coast, and Kepler's energy stays
    assert way[2, 6] == way[1, 6] and way[4, 6] == way[3, 6] and way[3, 6] < way[2, 6]
    rho = way[:, :3] + [0.0, 0.0, START.radius_m]
    energy = 0.5 * np.sum(way[:, 3:6] ** 2, axis=1) - 4.9028e12 / np.linalg.norm(rho, axis=1)
    assert abs(energy[2] - energy[1]) < 1e-2 and abs(energy[4] - energy[3]) < 1e-2
    assert np.linalg.norm(rho[-1]) - START.radius_m == pytest.approx(2500.0, abs=3.0)
    up = rho[-1] / np.linalg.norm(rho[-1])
    climb = way[-1, 3:6] @ up
    assert climb == pytest.approx(-30.0, abs=0.1)
    assert np.linalg.norm(way[-1, 3:6] - climb * up) == pytest.approx(35.0, abs=0.1)
    # the burn takes what it burns: duration less coasts at full thrust
    burnt = (braking.duration_s - 100.0) * ENGINE.full_n / ENGINE.exhaust_mps
    assert braking.propellant_kg == pytest.approx(burnt, rel=1e-9)
    assert way[-1, 6] == pytest.approx(START.mass_kg - burnt, abs=1e-3)
    # and never less than without them
    assert braking.propellant_kg > optimal_braking(START, GATE).propellant_kg


@pytest.mark.parametrize(
    "coasts",
    [
        ((10.0, 5.0),),
        ((50.0, 60.0), (40.0, 70.0)),
        ((-1.0, 5.0),),
        ((0.0, math.inf),),
        tuple((20.0 * k, 20.0 * k + 5.0) for k in range(7)),
    ],
)
def test_coasts_that_do_not_follow_one_another_are_refused(coasts):
    with pytest.raises(BrakingError, match="at most 6 coasts"):
        optimal_braking(START, GATE, coasts=coasts)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [None, 1])
def test_a_flight_through_coasts_comes_to_its_gate(seed):
    mission = with_coasts(150, 50, 100, 40)
    assert coasts_of(mission.phases) == ((150.0, 200.0), (300.0, 340.0))
    flown = land(mission, seed=seed or 0, nominal=seed is None, imaging=False, cameras=False)
    rows = flown.telemetry
    for number in (1, 3):
        coast = rows[rows["phase"] == number]
        assert len(coast) == (5000, 4000)[number == 3]
        assert not coast["cmd_thrust_n"].any()
        # ignition falls out within a second of cut-off; what is left burns for the attitude
        assert coast["mass_kg"][100] - coast["mass_kg"][-1] < 0.5
    gate = next(start for start in flown.phases if start.name == mission.phases[5].name)
    asked = mission.phases[4]
    assert gate.vertical_speed_mps == pytest.approx(asked.vertical_speed_mps, abs=2.0)
    assert gate.horizontal_speed_mps == pytest.approx(asked.horizontal_speed_mps, abs=3.0)
    assert gate.altitude_m == pytest.approx(asked.altitude_m, abs=150.0)
    plan = plan_braking(mission, site_frame(mission))
    assert gate.start_s == pytest.approx(plan.unknowns[5], abs=8.0)


def test_a_coast_in_the_closing_part_is_refused():
    with pytest.raises(BrakingError, match="coast earlier"):
        plan_braking(with_coasts(430, 80), site_frame(BASE))


@pytest.mark.parametrize(
    ("row", "change", "said"),
    [
        (1, {"throttle": 0.5}, "the engine is off"),
        (1, {"exit": "altitude", "exit_m": 9000.0}, "planned with the time"),
        (0, {"exit": "time_to_go", "exit_s": 1.0}, "planned with the time"),
        (0, {"altitude_m": 2600.0}, "fly to one gate"),
        (1, {"law": "off", "throttle": None}, "none but law"),
    ],
)
def test_what_no_prediction_goes_through(row, change, said):
    rows = list(with_coasts(150, 50).phases)
    rows[row] = dataclasses.replace(rows[row], **change)
    assert any(said in text for _, text in first_faults(rows))


def test_what_is_predicted_through_is_no_fault():
    assert not list(first_faults(with_coasts(*(20,) * 12).phases))
    assert any("7 coasts" in text for _, text in first_faults(with_coasts(*(20,) * 14).phases))
