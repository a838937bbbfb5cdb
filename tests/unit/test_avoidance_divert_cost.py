"""The divert cost from a hover: against single descents, an empty tank, and in a flight."""

import dataclasses
import math

import numpy as np
import pytest
from flown import changed, landing

from farside.avoidance.choice import RULES, Criteria, ScannedGround
from farside.avoidance.divert_cost import HoverState, coarsened, divert_costs
from farside.flight import land
from farside.guidance.optimal import Target, Thrust, optimal_descent
from farside.mission import load_mission
from farside.report import figures
from farside.terrain import ElevationMap, HazardLimits, LanderFootprint, Reason, Sensing
from farside.terrain.assessment import Workspace

MISSION = load_mission("chang-e-6")
LANDER = LanderFootprint.of(MISSION)
LIMITS = HazardLimits(8.0, 0.2)
SIDE, CELL_M = 500, 0.1
MIDDLE = 0.5 * (SIDE - 1) * CELL_M
SPARE_KG = 250.0
CELLS = MISSION.avoidance.cost_cells


def ground():
    """Return gentle waves, 0.6 m high."""
    north, east = CELL_M * np.mgrid[0:SIDE, 0:SIDE]
    return ElevationMap.from_array(0.3 * np.sin(east / 9.0) * np.cos(north / 11.0), CELL_M)


def hover(propellant_kg=SPARE_KG, v_mps=(0.2, -0.1, 0.0)):
    mass_kg = MISSION.vehicle.dry_mass_kg + propellant_kg
    return HoverState(np.array([MIDDLE, MIDDLE, 100.0]), np.array(v_mps), mass_kg)


def scanned(cost, ranked_by="kilograms"):
    elevation = ground()
    return ScannedGround(
        elevation,
        Sensing(sensor_m=(MIDDLE, MIDDLE, 100.0)),
        taken_from=(MIDDLE, MIDDLE, 100.0),
        workspace=Workspace(elevation.shape, (CELL_M, CELL_M), LANDER),
        criteria=Criteria(LIMITS, 0.0, 0.6, ranked_by),
        divert_cost=cost,
    )


def test_a_cell_costs_what_the_descent_to_it_costs():
    """Each solved alone, from nothing; coarsened cells are worth 40 g, the map spans 0.6 kg."""
    elevation, now = ground(), hover()
    cost = divert_costs(MISSION, now, elevation)
    assert not cost.has_unreachable and np.ptp(cost.cost_kg) > 0.4
    for row, col in ((0, 0), (90, 430), (250, 250), (499, 499), (380, 40)):
        alone = optimal_descent(
            now.base_m,
            now.v_mps,
            now.mass_kg,
            Thrust.of(MISSION, 0.1),
            target=Target(
                (*elevation.position_m(row, col), float(elevation.heights[row, col])),
                (0.0, 0.0, -1.5),
            ),
        )
        assert cost.cost_kg[row, col] == pytest.approx(alone.propellant_kg, abs=0.04)
    assert cost.cheapest_kg == pytest.approx(cost.cost_kg.min(), abs=0.01)
    assert cost.cost_scale_kg == pytest.approx(SPARE_KG - cost.cheapest_kg, abs=1e-3)


def test_coarser_cells_are_means_of_what_was_seen():
    heights = np.random.default_rng(4).normal(0.0, 1.0, (50, 37)).astype(np.float32)
    heights[:16, :16] = np.nan
    heights[20:30, 18:36] = np.nan
    elevation = ElevationMap.from_array(heights, 0.1, east_m=3.0, north_m=-2.0)
    coarse = coarsened(elevation, CELLS)
    assert coarse.shape == (4, 3) and coarse.cell_m == pytest.approx(1.6)
    for i in range(4):
        for j in range(3):
            square = heights[i * CELLS : (i + 1) * CELLS, j * CELLS : (j + 1) * CELLS]
            if np.isfinite(square).any():
                assert coarse.heights[i, j] == pytest.approx(np.nanmean(square), abs=1e-4)
    assert np.isfinite(coarse.heights).all()
    first = elevation.position_m(0, 0)
    assert coarse.position_m(0, 0) == pytest.approx((first[0] + 0.75, first[1] + 0.75))


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("ranked_by", ["kilograms", "metres"])
def test_what_the_tank_does_not_reach_is_never_chosen(rule, ranked_by):
    """16.6 kg of propellant: the middle of the map can be landed on, its corners cannot."""
    elevation = ground()
    full = divert_costs(MISSION, hover(), elevation)
    cost = divert_costs(MISSION, hover(float(np.median(full.cost_kg)) * 0.885), elevation)
    assert cost.has_unreachable
    beyond = ~np.isfinite(cost.cost_kg)
    assert beyond[0, 0] and not beyond[SIDE // 2, SIDE // 2]
    judged, sites = RULES[rule](scanned(cost, ranked_by))
    np.testing.assert_array_equal((judged.reasons & np.uint16(Reason.OUT_OF_REACH)) != 0, beyond)
    assert len(sites) > 1
    for chosen in sites:
        row, col = round(chosen.north_m / CELL_M), round(chosen.east_m / CELL_M)
        assert not beyond[row, col] and not chosen.least_bad
        unit = cost.cost_kg[row, col] if ranked_by == "kilograms" else np.hypot(
            chosen.east_m - MIDDLE, chosen.north_m - MIDDLE
        )  # fmt: skip
        assert chosen.cost == pytest.approx(unit, abs=1e-3)


def test_where_nothing_has_a_cost_there_is_none():
    assert divert_costs(MISSION, hover(3.0), ground()) is None
    assert divert_costs(MISSION, hover(v_mps=(0.0, 0.0, -60.0)), ground()) is None
    lost = dataclasses.replace(hover(), mass_kg=float("nan"))
    assert divert_costs(MISSION, lost, ground()) is None


@pytest.mark.parametrize("rule", RULES)
def test_without_a_cost_metres_rank(rule):
    _, by_kilograms = RULES[rule](scanned(None))
    _, by_metres = RULES[rule](scanned(None, "metres"))
    assert by_kilograms == by_metres


def test_a_flight_says_what_its_site_costs():
    landed = landing(seed=0)
    facts, cost = landed.to_dict()["site"], landed.imaging.divert_cost
    assert facts["ranked_by"] == "kilograms"
    least_kg, least_s = cost.of(landed.imaging.chosen)
    assert (facts["least_propellant_kg"], facts["least_time_s"]) == (least_kg, least_s)
    assert facts["above_cheapest_kg"] == pytest.approx(least_kg - cost.cheapest_kg)
    # no flight beats the optimum; the one flown takes 40 s to the optimum's 15
    rows = landed.telemetry
    began = next(p.start_s for p in landed.phases if p.name == "avoid")
    flown_kg = rows["mass_kg"][round(100.0 * began)] - rows["mass_kg"][-1]
    assert facts["flown_propellant_kg"] == pytest.approx(flown_kg, abs=0.1)
    assert 10.0 < least_kg < flown_kg < 60.0 and 10.0 < least_s < 20.0


@pytest.mark.slow
def test_a_flight_may_count_in_metres():
    landed = land(changed(MISSION, "hazards", price="metres"), seed=0)
    facts = landed.to_dict()["site"]
    assert landed.safe and facts["ranked_by"] == "metres"
    chosen = landed.imaging.chosen
    # a map's half diagonal, and the sidestep after which it was seen
    assert math.hypot(chosen.east_m, chosen.north_m) < 36.0 + MISSION.hazards.sidestep_m
    assert chosen.cost == pytest.approx(facts["divert_m"], abs=0.5)
    assert facts["least_propellant_kg"] > 10.0


def test_a_flight_without_a_scan_has_no_cost():
    facts = landing(seed=0, imaging=False).to_dict()["site"]
    assert facts["least_propellant_kg"] is None and facts["above_cheapest_kg"] is None


@pytest.mark.slow
def test_the_report_rules_the_relief_with_it():
    """The words on the relief are costs that the map holds, and every contour has its own."""
    landed = landing(seed=0)
    figure = figures(landed)["hazards"]
    figure.canvas.draw()
    (relief,) = (axes for axes in figure.axes if axes.get_title(loc="left").startswith("relief"))
    levels = {float(text.get_text()) for text in relief.texts}
    cost = landed.imaging.divert_cost.divert.propellant_kg
    assert levels and cost.min() <= min(levels) and max(levels) <= cost.max()
