"""What goes aboard of a mission: nothing of the truth."""

import dataclasses
import gc
import types

import numpy as np
import pytest

from farside.avoidance import DecisionReason, HazardAvoidance, HoverEstimate
from farside.guidance import Autopilot
from farside.mission import FlightConfig, Mission, load_mission
from farside.mission.dispersions import Dispersions
from farside.mission.ground_statistics import GroundStatistics
from farside.mission.schema import Epoch, Touchdown

MISSION = load_mission("chang-e-6")
#: Tables of a mission that only the truth, the clock or a verdict reads.
LEFT_OUT = {
    "title", "epoch", "touchdown", "ground", "gravity", "regolith", "dispersions", "faults",
    "gates", "redesignations", "relay", "observers", "links", "failure",
}  # fmt: skip
#: What the flight side must not hold.
TRUTH = (Mission, Dispersions, GroundStatistics, Epoch, Touchdown)
CODE = (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.MethodType)

HOVER = HoverEstimate(r_site=(0.0, 0.0, 102.0), v_site=(0.0, 0.0, 0.0), mass_kg=1900.0)
EAST, NORTH = np.meshgrid(np.arange(-28.0, 28.0, 0.12), np.arange(-32.0, 32.0, 0.12))
POINTS = np.stack([EAST, NORTH, 0.02 * EAST], axis=-1).reshape(-1, 3)


def test_it_holds_the_tables_of_the_flight_side():
    config = FlightConfig.of(MISSION)
    names = {each.name for each in dataclasses.fields(FlightConfig)}
    tables = {each.name for each in dataclasses.fields(Mission)} - LEFT_OUT
    assert names == tables | {
        f"known_{name}" for name in ("position_sigma_m", "velocity_sigma_mps", "attitude_sigma_deg")
    }
    for name in tables:
        assert getattr(config, name) is getattr(MISSION, name)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("dispersions.position_m", 9000.0),
        ("dispersions.mass_percent", 3.0),
        ("dispersions.thrust_percent", 5.0),
        ("dispersions.ignition_delay_s", 1.0),
        ("ground.rock_abundance", 0.2),
        ("touchdown.tilt_deg", 20.0),
    ],
)
def test_the_truth_may_stray_without_its_knowledge(key, value):
    assert FlightConfig.of(MISSION.replace(key, value)) == FlightConfig.of(MISSION)


def test_what_is_known_at_first_is_aboard():
    config = FlightConfig.of(MISSION.replace("dispersions.knowledge_position_m", 600.0))
    assert config.known_position_sigma_m == pytest.approx(200.0)
    assert config.known_velocity_sigma_mps == pytest.approx(0.1)


def test_the_flight_side_reads_nothing_else():
    """Planned braking, autopilot and avoidance are made of the record alone: the same bits."""
    aboard = FlightConfig.of(MISSION)
    whole, pilot = Autopilot(MISSION), Autopilot(aboard)
    assert np.array_equal(whole.plan.unknowns, pilot.plan.unknowns)
    assert repr(whole.core.fields) == repr(pilot.core.fields)
    decided = [HazardAvoidance(each).step(HOVER, POINTS) for each in (MISSION, aboard)]
    assert decided[0] == decided[1]
    assert decided[0].reason in (DecisionReason.ACCEPTED, DecisionReason.CLOSE)


@pytest.mark.parametrize("make", [Autopilot, HazardAvoidance])
def test_of_a_mission_the_flight_side_keeps_nothing_of_the_truth(make):
    held = list(reachable(make(MISSION)))
    assert not [each for each in held if isinstance(each, TRUTH)]
    # the walk finds them where they are
    assert [each for each in reachable([MISSION]) if isinstance(each, TRUTH)]


def reachable(root):
    """Yield what an object holds, and what that holds, but for classes, functions and modules."""
    seen, left = set(), [root]
    while left:
        here = left.pop()
        if id(here) in seen or isinstance(here, CODE):
            continue
        seen.add(id(here))
        yield here
        left += gc.get_referents(here)
