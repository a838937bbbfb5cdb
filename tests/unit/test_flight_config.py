"""What goes aboard of a mission: nothing of the truth."""

import dataclasses

import numpy as np
import pytest

from farside.guidance import Autopilot
from farside.mission import FlightConfig, Mission, load_mission

MISSION = load_mission("chang-e-6")
#: Tables of a mission that only the truth, the clock or a verdict reads.
LEFT_OUT = {"title", "epoch", "touchdown", "ground", "dispersions", "gates", "relay"}


def test_it_holds_the_tables_of_the_flight_side():
    config = FlightConfig.of(MISSION)
    names = {each.name for each in dataclasses.fields(FlightConfig)}
    tables = {each.name for each in dataclasses.fields(Mission)} - LEFT_OUT
    assert names == tables | {"known_position_sigma_m", "known_velocity_sigma_mps"}
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


def test_the_autopilot_reads_nothing_else():
    """It is made of the record alone, and plans the same braking to the bit."""
    whole, aboard = Autopilot(MISSION), Autopilot(FlightConfig.of(MISSION))
    assert np.array_equal(whole.plan.unknowns, aboard.plan.unknowns)
