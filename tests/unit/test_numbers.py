"""What is no number is refused wherever numbers are asked for, by an error of the package's own."""

import ast
import datetime
from pathlib import Path

import numpy as np
import pytest

from farside.ext.common.errors import FarsideError
from farside.ext.common.numbers import numbers, times
from farside.guidance import (
    AscentOrbit,
    AscentStage,
    Autopilot,
    BrakingStart,
    DivertState,
    Estimate,
    SolverOptions,
    Thrust,
    constrained_descent,
    divert_map,
    optimal_ascent,
    optimal_descent,
)
from farside.mission import load_mission
from farside.navigation import HeightMap, Navigator, motion_pairs
from farside.terrain import ElevationMap, OnboardMap, map_hazards
from farside.terrain.hazards import HazardLimits
from farside.terrain.sites import choose_sites

ROOT = Path(__file__).parents[2]
ENGINE = Thrust(least_n=1500.0, full_n=7500.0, exhaust_mps=3040.0)
STATE = (600.0, 150.0, 2000.0), (-20.0, 5.0, -30.0), 2500.0
MISSION = load_mission("chang-e-6")

# NumPy makes three numbers of each; behind the mask of the last stands one that nobody measured
NO_NUMBERS = {
    "text": ["600", "150", "2000"],
    "dates": np.array(["2024-06-01"] * 3, "datetime64[s]"),
    "truth": [True, False, True],
    "complex": np.array([600.0 + 1j, 150.0, 2000.0]),
    "objects": [datetime.timedelta(1)] * 3,
    "ragged": [[600.0], [150.0, 1.0], [2000.0]],
    "masked": np.ma.array([600.0, 150.0, 2000.0], mask=[True, False, False]),
}


def taken(name):
    """Return what takes three numbers, by name."""
    start = Autopilot(MISSION).plan
    return {
        "optimal": lambda v: optimal_descent(v, *STATE[1:], ENGINE),
        "constrained": lambda v: constrained_descent(v, *STATE[1:], ENGINE),
        "ascent": lambda v: optimal_ascent(
            v, (0.0, 0.0, 0.0), AscentStage(ENGINE, 700.0, 400.0), AscentOrbit(15e3, 60e3)
        ),
        "braking": lambda v: BrakingStart(v, (1700.0, 0.0, 0.0), 3730.0, ENGINE),
        "estimate": lambda v: Estimate(v, (0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0), 2000.0),
        "retarget": Autopilot(MISSION).retarget,
        "navigator": lambda v: Navigator(MISSION, v, start.v_site, (1.0, 0.0, 0.0, 0.0)),
        "along": lambda v: HeightMap(np.zeros((9, 9)), 0.0, 0.0, 10.0, 1737400.0, v, 3.0),
    }[name]


@pytest.mark.parametrize("kind", NO_NUMBERS)
@pytest.mark.parametrize(
    "name",
    ["optimal", "constrained", "ascent", "braking", "estimate", "retarget", "navigator", "along"],
)
def test_what_is_no_number_is_refused(name, kind):
    with pytest.raises(FarsideError):
        taken(name)(NO_NUMBERS[kind])


def test_numbers_keep_their_bits_and_are_a_copy():
    given = np.arange(6.0).reshape(2, 3)[:, ::2]
    held = numbers(given, "a map")
    assert held.flags.c_contiguous
    assert held.tobytes() == given.tobytes()
    held[:] = 0.0
    assert given.any()
    assert numbers(np.float32(0.1), "one") == np.float64(np.float32(0.1))
    assert numbers([], "none").shape == (0,)


@pytest.mark.parametrize("wrong", [np.nan, -1.0, 1e9, [0.0, np.inf]])
def test_a_time_outside_the_way_is_refused(wrong):
    """The thrust at NaN seconds was a finite one, and that at -1 s another problem's."""
    way = optimal_descent(*STATE, ENGINE)
    plan = constrained_descent(*STATE, ENGINE)
    for asked in (way.fly, way.thrust_n, plan.fly):
        with pytest.raises(FarsideError, match="the way is known from 0 to"):
            asked(wrong)
    assert np.isfinite(way.thrust_n([0.0, way.time_s])).all()


def test_times_that_do_not_rise_are_refused():
    assert times([0.0, 1.0, 1.0], 1.0 - 1e-12, rising=True)[-1] == 1.0 - 1e-12
    with pytest.raises(FarsideError, match="rises"):
        times([1.0, 0.0], 1.0, rising=True)


@pytest.mark.parametrize("site", [(0.0, 0.0), (0.0,) * 4, (1e308, 0.0, 0.0), 5.0])
def test_a_site_is_three_metres_of_the_moon(site):
    autopilot = Autopilot(MISSION)
    with pytest.raises(FarsideError, match="a site"):
        autopilot.retarget(site)


@pytest.mark.parametrize("corner", [np.nan, np.inf, "12", None, [1.0, 2.0]])
def test_a_map_begins_somewhere(corner):
    with pytest.raises(FarsideError, match="where the map begins"):
        ElevationMap.from_array(np.zeros((4, 4)), 1.0, east_m=corner)


def test_maps_hold_numbers_alone():
    masked = np.ma.array(np.zeros((9, 9)), mask=np.eye(9))
    for heights in (masked, np.zeros((9, 9), complex)):
        with pytest.raises(FarsideError):
            OnboardMap(heights, np.ones((9, 9)), 0.0, 0.0, 10.0)
        with pytest.raises(FarsideError):
            HeightMap(heights, 0.0, 0.0, 10.0, 1737400.0, (1.0, 0.0, 0.0), 3.0)
    with pytest.raises(FarsideError):
        motion_pairs(np.zeros((4, 2)), np.zeros((4, 2), complex), variance_px2=0.01)


@pytest.mark.parametrize("apart", [np.inf, 1e308])
def test_sites_farther_apart_than_the_moon_is_wide_are_one(apart):
    ground = ElevationMap.from_array(
        np.random.default_rng(1).normal(0.0, 0.01, (80, 80)), 0.1, trusted=True
    )
    hazard = map_hazards(ground, HazardLimits(8.0, 0.2), 3.0, 0.5)
    assert len(choose_sites(hazard, (4.0, 4.0), count=3, separation_m=apart)) == 1
    with pytest.raises(FarsideError, match="apart"):
        choose_sites(hazard, (4.0, 4.0), separation_m=np.nan)


def test_no_module_raises_a_bare_value_error():
    """docs/api/index.md: what a module refuses is a FarsideError."""
    folders = sorted(p.parent for p in ROOT.glob("*/__init__.py"))
    wrong = []
    for path in (p for folder in folders for p in folder.rglob("*.py")):
        if path.is_relative_to(ROOT / "adapters" / "c" / "lib"):
            continue  # scripts of the source tree
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                if getattr(node.exc.func, "id", "") == "ValueError":
                    wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert not wrong


@pytest.mark.parametrize("cell", [(-1, 3), (3, 60), (3.7, 3), (True, 3), (np.nan, 3)])
def test_a_way_is_to_a_cell_of_the_map(cell):
    """Row -1 took the northmost row's height for a place south of the map."""
    ground = np.random.default_rng(1).normal(0.0, 0.1, (60, 60))
    elevation = ElevationMap.from_array(ground, 1.0, east_m=-30.0, north_m=-30.0)
    state = DivertState((300.0, 75.0, 1000.0), *STATE[1:], ENGINE, dry_mass_kg=2410.0)
    found = divert_map(state, elevation)
    with pytest.raises(FarsideError, match="of the map"):
        found.descent(*cell)
    assert found.descent(59, 3).propellant_kg == pytest.approx(found.propellant_kg[59, 3], abs=1e-5)


@pytest.mark.parametrize("guess", [np.nan, np.inf, -1.0, 0.0])
def test_a_guess_of_a_time_is_a_time(guess):
    with pytest.raises(FarsideError, match="a guess of"):
        SolverOptions(guess_s=guess)
