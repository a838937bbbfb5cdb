"""The divert map beside the scalar solver, its ways beside the flown descent, and its verdicts."""

import dataclasses

import numpy as np
import pytest

from farside.ext.common._isa import supported_isas
from farside.ext.guidance.divert.divert import load_divert_kernel
from farside.guidance import divert_march
from farside.guidance.divert import DivertError, PathLimits, Reach, divert_map
from farside.guidance.divert_march import DivertState
from farside.guidance.optimal import Optimality, Target, Thrust, optimal_descent
from farside.mission import load_mission
from farside.terrain import ElevationMap, HazardLimits, LanderFootprint, assess

# Anchor A8: the lunar vehicle of docs/sources.md
THRUST = Thrust(1500.0, 7500.0, 310.0 * 9.80665)
STATE = ((600.0, 150.0, 2000.0), (-20.0, 5.0, -30.0))
MASS_KG = 2500.0
GRAVITY = (0.0, 0.0, -1.625)


def flat(side=48, half_m=400.0):
    heights = np.zeros((side, side), np.float32)
    return ElevationMap.from_array(
        heights, 2.0 * half_m / (side - 1), east_m=-half_m, north_m=-half_m
    )


def rough(rows=41, cols=53, seed=1, amplitude_m=15.0):
    """Hills, and rocks of a metre from cell to cell."""
    rng = np.random.default_rng(seed)
    north, east = np.mgrid[0 : 2.0 * np.pi : rows * 1j, 0 : 2.0 * np.pi : cols * 1j]
    hills = amplitude_m * (np.sin(2.0 * east + 1.0) * np.cos(3.0 * north) + np.cos(east + north))
    heights = (hills + rng.normal(0.0, 0.5, (rows, cols))).astype(np.float32)
    return ElevationMap.from_array(heights, 15.0, cell_north_m=18.0, east_m=-400.0, north_m=-350.0)


def lander(state=STATE, thrust=THRUST, **more):
    return DivertState(*state, MASS_KG, thrust, **({"gravity_mps2": GRAVITY} | more))


def make(elevation, state=STATE, **more):
    asked = {name: more.pop(name) for name in ("limits", "lone_tries") if name in more}
    return divert_map(lander(state, **more), elevation, **asked)


def some(elevation, count, seed=0):
    """Return the four corners and random cells."""
    rows, cols = elevation.shape
    rng = np.random.default_rng(seed)
    corners = [(0, 0), (0, cols - 1), (rows - 1, 0), (rows - 1, cols - 1)]
    return corners + [(int(rng.integers(rows)), int(rng.integers(cols))) for _ in range(count)]


def test_corners_of_the_anchor():
    # an independent prototype with 6 nodes, 256 x 256 cells, printed to 0.1 g
    divert = make(flat(side=64))
    published = {(0, 0): 115.0627, (-1, 0): 106.9003, (0, -1): 116.5934, (-1, -1): 109.3163}
    for (row, col), kg in published.items():
        assert divert.propellant_kg[row, col] == pytest.approx(kg, abs=2e-4)


def test_the_anchor_itself_is_the_middle():
    divert = make(flat(side=41))
    assert divert.propellant_kg[20, 20] == pytest.approx(106.9364, abs=2e-4)
    assert divert.time_s[20, 20] == pytest.approx(60.2301, abs=2e-4)


STATES = (
    STATE,
    ((-559.0, -610.0, 2188.0), (8.7, 5.1, -4.8)),  # the primer turns over within moments
    ((0.0, -14.0, 1241.0), (0.4, 0.1, -18.0)),  # nearly vertical
    ((-621.0, -352.0, 2558.0), (-6.3, 0.2, -9.1)),  # both structures
    ((1111.0, -709.0, 568.0), (0.7, -7.8, -48.3)),  # low and fast
    ((1403.0, 351.0, 643.0), (25.2, -17.9, 46.4)),  # rising
)


@pytest.mark.parametrize("state", STATES)
def test_every_cell_is_what_it_would_be_alone(state):
    divert = make(rough(), state)
    assert np.isfinite(divert.propellant_kg).all()
    for row, col in some(divert.elevation, 40):
        one = divert.descent(row, col)
        # a milligram in a hundred kilograms is 1e-8; Newton stops where it owes 0.1 g
        assert divert.propellant_kg[row, col] == pytest.approx(one.propellant_kg, abs=2e-4)
        assert divert.time_s[row, col] == pytest.approx(one.time_s, abs=2e-3)


@pytest.mark.parametrize("state", STATES[:4])
def test_propellant_is_continuous_across_structures(state):
    # 2.5 m between cells: no gradient of these maps is above 0.05 kg/m, and second differences
    # are of the order of 1 g, at a switch too
    divert = make(flat(side=160, half_m=200.0), state)
    kg = divert.propellant_kg
    assert len(np.unique(divert.structure)) >= (2 if state in (STATE, STATES[3]) else 1)
    for axis in (0, 1):
        assert np.abs(np.diff(kg, axis=axis)).max() < 0.12
        assert np.abs(np.diff(kg, 2, axis=axis)).max() < 3e-3


@pytest.mark.parametrize("isa", supported_isas())
def test_same_bits_on_every_instruction_set(isa, monkeypatch):
    def with_build(build, state, elevation):
        monkeypatch.setattr(divert_march, "divert_kernel", load_divert_kernel(build))
        return make(elevation, state, lone_tries=4)

    # part of the last map is out of reach: cells are lost, and tried again
    for state, elevation in (
        (STATE, rough()),
        (STATES[1], rough(37, 43)),
        (((300.0, 100.0, 200.0), (-25.0, 0.0, -25.0)), flat(side=40)),
    ):
        plain = with_build("x86_64", state, elevation)
        other = with_build(isa, state, elevation)
        for name in ("propellant_kg", "time_s", "spare_clearance_m", "tilt_deg", "reach"):
            np.testing.assert_array_equal(getattr(plain, name), getattr(other, name))


def test_a_shift_of_map_and_lander_changes_nothing():
    here = rough()
    shift = np.array([1234.0, -567.0, 89.0])
    there = ElevationMap.from_array(
        here.heights + np.float32(shift[2]),
        here.cell_m,
        cell_north_m=here.cell_north_m,
        east_m=here.east_m + shift[0],
        north_m=here.north_m + shift[1],
    )
    first, second = make(here), make(there, (np.array(STATE[0]) + shift, STATE[1]))
    # heights are single precision: 8 um at 100 m
    np.testing.assert_allclose(first.propellant_kg, second.propellant_kg, atol=1e-4)
    np.testing.assert_array_equal(first.structure, second.structure)


def test_a_turn_of_gravity_changes_nothing():
    # all scaled: twice the gravity and thrust, and speeds by the square root of two
    faster = lander(
        (STATE[0], np.sqrt(2.0) * np.array(STATE[1])),
        Thrust(3000.0, 15000.0, np.sqrt(2.0) * THRUST.exhaust_mps),
        gravity_mps2=(0.0, 0.0, -3.25),
    )
    twice = divert_map(faster, rough())
    once = make(rough())
    np.testing.assert_allclose(once.propellant_kg, twice.propellant_kg, atol=1e-6)
    np.testing.assert_allclose(once.time_s, np.sqrt(2.0) * twice.time_s, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("state", [STATES[0], STATES[1], STATES[4]])
def test_ways_are_those_of_the_flown_descent(state):
    divert = make(rough(), state)
    elevation = divert.elevation
    for row, col in some(elevation, 6, seed=3):
        one = divert.descent(row, col)
        times = np.linspace(0.0, one.time_s, 3000)[:-1]
        way = one.fly(times)[:, :3] - [
            *elevation.position_m(row, col),
            elevation.heights[row, col],
        ]
        glide = np.degrees(np.arctan2(way[:, 2], np.hypot(way[:, 0], way[:, 1])))
        pull = one.thrust_n(np.linspace(0.0, one.time_s, 3000))
        tilt = np.degrees(np.arccos(pull[:, 2] / np.linalg.norm(pull, axis=1)))
        # its least lies between two of 16 samples: under half a degree away
        assert divert.glide_slope_deg[row, col] == pytest.approx(glide.min(), abs=0.6)
        assert divert.glide_slope_deg[row, col] > glide.min() - 0.2
        assert divert.tilt_deg[row, col] == pytest.approx(tilt.max(), abs=0.02)
        assert divert.end_tilt_deg[row, col] == pytest.approx(tilt[-1], abs=0.01)


def test_a_wall_before_the_site_is_held_against_it():
    elevation = flat(side=81)
    wall = elevation.heights.copy()
    wall[:, 52:55] = 250.0
    walled = ElevationMap.from_array(
        wall, elevation.cell_m, east_m=elevation.east_m, north_m=elevation.north_m
    )
    # from the east: what lies close behind the wall is out of reach, what lies far is not
    limits = PathLimits(glide_slope_deg=-90.0)
    low = make(walled, ((900.0, 0.0, 500.0), (-40.0, 0.0, -20.0)), limits=limits)
    open_ground = make(elevation, ((900.0, 0.0, 500.0), (-40.0, 0.0, -20.0)), limits=limits)
    assert (open_ground.reach[40, 20:80] == Reach.REACHED).all()
    assert low.reach[40, 48] == Reach.NEAR_GROUND
    assert (low.reach[40, 60:78] == Reach.REACHED).all()
    # what the limits ask for is what is missing
    asked = make(walled, ((900.0, 0.0, 500.0), (-40.0, 0.0, -20.0)), limits=PathLimits(0.0, -90.0))
    assert (asked.spare_clearance_m >= low.spare_clearance_m).all()


def test_every_verdict_is_reached():
    elevation = flat(side=64)
    heights = elevation.heights.copy()
    heights[10:12, 10:14] = np.nan
    holes = ElevationMap.from_array(heights, elevation.cell_m, east_m=-400.0, north_m=-400.0)
    assert set(np.unique(make(holes).reach)) == {Reach.REACHED, Reach.UNSEEN}
    assert np.isnan(make(holes).propellant_kg[10, 10])
    tank = make(elevation, dry_mass_kg=MASS_KG - 110.0)
    np.testing.assert_array_equal(tank.reach == Reach.TANK_EMPTY, tank.propellant_kg > 110.0)
    assert 0.1 < (tank.reach == Reach.TANK_EMPTY).mean() < 0.9
    for limits, verdict in (
        (PathLimits(glide_slope_deg=60.0), Reach.SHALLOW),
        (PathLimits(tilt_deg=60.0), Reach.TILTED),
        (PathLimits(end_tilt_deg=10.0), Reach.TILTED),
    ):
        reach = make(elevation, limits=limits).reach
        assert set(np.unique(reach)) == {Reach.REACHED, verdict}
    low = make(elevation, ((300.0, 100.0, 200.0), (-25.0, 0.0, -25.0)), lone_tries=4)
    assert (low.reach == Reach.NOT_FOUND).any()
    assert (low.reach == Reach.NEAR_GROUND).any()


def test_out_of_reach_altogether():
    divert = make(flat(), ((0.0, 0.0, 300.0), (0.0, 0.0, -60.0)), lone_tries=4)
    assert (divert.reach == Reach.NOT_FOUND).all()
    assert np.isnan(divert.propellant_kg).all()
    assert np.isinf(divert.cost).all()


def test_flights_at_full_thrust_all_the_way():
    # so low and fast that some cells leave no time to coast: the lanes do not know that structure
    divert = make(flat(side=40), ((1000.0, 0.0, 400.0), (-50.0, 0.0, -20.0)))
    full = np.argwhere(divert.structure == 6)
    assert len(full) > 0
    assert np.isfinite(divert.propellant_kg).all()
    row, col = full[len(full) // 2]
    one = divert.descent(row, col)
    assert divert.propellant_kg[row, col] == pytest.approx(one.propellant_kg, abs=1e-4)


def test_target_speed_and_height():
    elevation = rough()
    divert = make(elevation, target_mps=(0.0, 0.0, -2.0), above_m=30.0)
    for row, col in some(elevation, 10, seed=5):
        east, north = elevation.position_m(row, col)
        one = optimal_descent(
            *STATE,
            MASS_KG,
            THRUST,
            target=Target(
                (east, north, float(elevation.heights[row, col]) + 30.0), (0.0, 0.0, -2.0)
            ),
            gravity_mps2=GRAVITY,
        )
        assert divert.propellant_kg[row, col] == pytest.approx(one.propellant_kg, abs=2e-4)


def test_cost_is_what_the_choice_of_sites_takes():
    divert = make(flat(), dry_mass_kg=MASS_KG - 110.0)
    reached = divert.reach == Reach.REACHED
    assert divert.cost.dtype == np.float32
    assert divert.cost.shape == divert.elevation.shape
    np.testing.assert_array_equal(np.isfinite(divert.cost), reached)
    assert divert.cost[reached].max() <= 110.0


def test_sites_are_chosen_by_propellant():
    mission = load_mission("chang-e-6")
    elevation = ElevationMap.from_array(
        np.zeros((200, 200), np.float32), 1.0, east_m=-100.0, north_m=-100.0
    )
    assessment = assess(elevation, LanderFootprint.of(mission), HazardLimits(8.0, 0.2))
    # 18 kg to the best cell, 2 kg more to the worst: the weight of a kilogram is a lander's size
    divert = make(elevation, ((30.0, 10.0, 60.0), (-1.0, 0.0, -3.0)))
    best = assessment.sites(1, cost=divert.cost)[0]
    row, col = round(best.north_m + 100.0), round(best.east_m + 100.0)
    assert best.cost == pytest.approx(float(divert.cost[row, col]))
    assert best.cost < float(np.nanmin(divert.propellant_kg)) + 0.5
    dear = make(elevation, ((30.0, 10.0, 60.0), (-1.0, 0.0, -3.0)), dry_mass_kg=MASS_KG - 1.0)
    assert assessment.sites(1, cost=dear.cost) == []


def test_a_map_partly_out_of_reach_misses_nothing_that_can_be_found_alone():
    divert = make(flat(side=64), ((300.0, 100.0, 200.0), (-25.0, 0.0, -25.0)))
    found = divert.structure > 0
    assert 0.6 < found.mean() < 0.95
    for row, col in some(divert.elevation, 60, seed=7):
        one = divert.descent(row, col)
        # A flight that ends thrusting downwards comes through the ground: the map has none.
        if one.status == Optimality.OPTIMAL and one.primer[2] > 0.0:
            assert found[row, col]
            assert divert.propellant_kg[row, col] == pytest.approx(one.propellant_kg, abs=2e-4)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"r_m": (np.nan, 0.0, 1.0)}, "three finite numbers"),
        ({"v_mps": (1.0, 2.0)}, "three finite numbers"),
        ({"target_mps": (np.inf, 0.0, 0.0)}, "three finite numbers"),
        ({"gravity_mps2": (0.0, 0.0, 0.0)}, "no gravity"),
        ({"mass_kg": np.nan}, "dry"),
        ({"dry_mass_kg": 3000.0}, "dry"),
        ({"above_m": np.nan}, "finite number"),
    ],
)
def test_impossible_numbers(change, words):
    given = {"r_m": STATE[0], "v_mps": STATE[1], "mass_kg": MASS_KG, "thrust": THRUST} | change
    with pytest.raises(DivertError, match=words):
        DivertState(**given)


def test_a_map_without_heights():
    seen = flat()
    unseen = dataclasses.replace(seen, heights=np.full_like(seen.heights, np.nan))
    with pytest.raises(DivertError, match="no height"):
        make(unseen)


@pytest.mark.parametrize(
    "limits", [{"clearance_m": -1.0}, {"glide_slope_deg": 90.0}, {"tilt_deg": 0.0}]
)
def test_impossible_limits(limits):
    with pytest.raises(DivertError):
        PathLimits(**limits)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (9, 1), (3, 17)])
def test_small_maps(shape):
    elevation = ElevationMap.from_array(np.zeros(shape, np.float32), 5.0)
    divert = make(elevation)
    assert divert.propellant_kg.shape == shape
    assert (divert.reach == Reach.REACHED).all()


def test_an_engine_that_can_be_off():
    # the first burn ends where the switching function is zero, whatever the thrust of the coast
    elevation = flat(side=16)
    off, low = (
        divert_map(lander(STATE, Thrust(least_n, 7500.0, THRUST.exhaust_mps)), elevation)
        for least_n in (0.0, 1e-3)
    )
    assert set(np.unique(off.structure)) == {7, 8}
    # 1 mN for half a minute: 10 mg of propellant
    np.testing.assert_allclose(off.propellant_kg, low.propellant_kg, atol=1e-4)
    assert (off.propellant_kg < make(elevation).propellant_kg).all()
