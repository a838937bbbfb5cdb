"""A braking as its docstring flies it, held to its gate by another integrator."""

import numpy as np
import pytest

from farside.guidance import BrakingGate, BrakingStart, Levels, Thrust, optimal_braking


@pytest.mark.parametrize(
    ("levels", "omega"),
    [(Levels(), (0.0, 0.0, 0.0)), (Levels(0.9, 0.997, 0.98, 100.0, 120.0), (0.0, 2e-6, -1.8e-6))],
)
def test_a_braking_flies_to_its_gate(levels, omega):
    gate = BrakingGate(2500.0, 0.0, -30.0, 35.0)
    start = BrakingStart(
        (-450e3, 0.0, -45e3), (1650.0, 0.0, 150.0), 3780.0, Thrust(1500.0, 7500.0, 3040.0),
        omega_site=omega,
    )  # fmt: skip
    found = optimal_braking(start, gate, levels=levels)
    assert found.found
    way = found.fly(np.linspace(0.0, found.duration_s, 101))
    centre = way[:, :3] + [0.0, 0.0, start.radius_m]
    height_m = np.linalg.norm(centre, axis=1) - start.radius_m
    up = centre[-1] / np.linalg.norm(centre[-1])
    # the law's twelve steps leave metres here, from 700 km out (0.8 m in decision 014)
    assert height_m[-1] == pytest.approx(gate.altitude_m, abs=5.0)
    assert way[-1, 3:6] @ up == pytest.approx(gate.vertical_speed_mps, abs=0.1)
    sideways = np.linalg.norm(way[-1, 3:6] - (way[-1, 3:6] @ up) * up)
    assert sideways == pytest.approx(gate.horizontal_speed_mps, abs=0.1)
    assert 3780.0 - way[-1, 6] == pytest.approx(found.propellant_kg, abs=1e-6)
