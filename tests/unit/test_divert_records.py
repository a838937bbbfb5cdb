"""The records of the divert map's kernels, and what they refuse."""

import dataclasses

import numpy as np
import pytest

from farside.ext.guidance.divert.divert import (
    BLOCK,
    CELL,
    CELL_NUMBERS,
    CLEARANCE,
    PATH_TABLES,
    PROBLEM,
    cell_planes,
    load_divert_kernel,
)
from farside.guidance import DivertError, DivertState, Thrust

STATE = DivertState(
    (600.0, 150.0, 2000.0), (-20.0, 5.0, -30.0), 2500.0, Thrust(1500.0, 7500.0, 3040.0)
)


def test_the_kernel_refuses_other_shapes():
    kernel = load_divert_kernel("x86_64")
    good = {
        "problem": np.zeros(1, PROBLEM),
        "columns": np.ones((3, BLOCK)),
        "ups": np.ones((2, 3)),
        "heights": np.ones((2, BLOCK)),
        "seed": np.zeros(1, CELL),
        "row": 0,
        "col": 0,
        "found": np.zeros((2, CELL_NUMBERS, BLOCK)),
    }
    for change in (
        {"problem": np.zeros(2, PROBLEM)},
        {"problem": np.ones(15)},
        {"seed": np.zeros(0, CELL)},
        {"columns": np.ones((3, BLOCK + 1)), "heights": np.ones((2, BLOCK + 1))},
        {"ups": np.ones((3, 3))},
        {"found": np.zeros((2, CELL_NUMBERS - 1, BLOCK))},
        {"row": 2},
        {"col": -1},
    ):
        with pytest.raises(ValueError):
            kernel.march(**(good | change))


def test_the_check_of_ways_refuses_other_shapes():
    kernel = load_divert_kernel("x86_64")
    good = {
        "problem": np.zeros(1, PROBLEM),
        "clearance": np.ones(1, CLEARANCE),
        "heights": np.ones((2, BLOCK)),
        "ground": np.ones((2, BLOCK), np.float32),
        "speeds": PATH_TABLES[0],
        "places": PATH_TABLES[1],
        "found": np.zeros((2, CELL_NUMBERS, BLOCK)),
        "out": np.empty((4, 2, BLOCK)),
    }
    for change in (
        {"problem": np.zeros(0, PROBLEM)},
        {"clearance": np.ones(1, PROBLEM)},
        {"clearance": np.ones(2, CLEARANCE)},
        {"ground": np.ones((2, BLOCK + 1), np.float32)},
        {"places": np.ones((15, 6))},
        {"out": np.empty((3, 2, BLOCK))},
    ):
        with pytest.raises(ValueError):
            kernel.check_paths(**(good | change))


def test_planes_of_cells_are_cells_by_name():
    row = np.zeros(1, cell_planes(BLOCK))
    cell = np.zeros(1, CELL)
    for k, name in enumerate(("t_f", "t_2", "t_1", "kind")):
        cell[name] = row[name][0, 3] = 1.0 + k
    for name in ("q", "p"):
        cell[name][0] = row[name][0, :, 3] = np.arange(len(cell[name][0])) - 9.0
    numbers = row.view(np.float64).reshape(CELL_NUMBERS, BLOCK)
    np.testing.assert_array_equal(numbers[:, 3], cell.view(np.float64))


def test_a_state_is_changed_by_name():
    state = dataclasses.replace(STATE, dry_mass_kg=2000.0)
    assert state.dry_mass_kg == 2000.0
    np.testing.assert_array_equal(state.r_m, STATE.r_m)
    with pytest.raises(DivertError, match="dry"):
        dataclasses.replace(state, mass_kg=1999.0)
