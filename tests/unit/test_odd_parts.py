"""What mission check finds odd of clusters, dropped motors, ramps, moved targets and orbits."""

import pytest

from farside.mission import load_mission, oddities, parse_mission

MOVE = """
[[redesignations]]
source = "a test"
"""


def odd(text):
    return [line.partition(":")[0] for line in oddities(parse_mission(text))]


@pytest.mark.parametrize(
    ("name", "keys", "found"),
    [
        ("chang-e-6", {"ground.slope_5m_deg": 16.8}, "ground.slope_5m_deg: 16.8 deg rms"),
        ("chandrayaan-3", {"vehicle.engine.cluster.radius_m": 50.0}, "vehicle.engine.cluster"),
        ("surveyor-1", {"vehicle.retro.case_kg": 1e11}, "vehicle.retro.case_kg"),
        ("surveyor-1", {"vehicle.retro.inertia_kgm2": [1e11] * 3}, "vehicle.retro.inertia_kgm2"),
        ("clps", {"hazards.ramp.foot_m": 100.0}, "hazards.ramp.foot_m"),
        ("clps", {"hazards.ramp.rover_m": 100.0}, "hazards.ramp.rover_m"),
        ("chang-e-6", {"relay.apolune_altitude_m": 1e12}, "relay.apolune_altitude_m"),
    ],
)
def test_a_part_of_no_lander_is_odd(name, keys, found):
    mission = load_mission(name)
    before = set(oddities(mission))
    more = [line for line in oddities(mission.replace(keys)) if line not in before]
    assert any(line.startswith(found) for line in more), more


@pytest.mark.parametrize(
    ("move", "found"),
    [
        ("at_s = 36000.0\nalong_m = 100.0\n", ["redesignations[0].at_s"]),
        ("at_s = 700.0\nalong_m = 1e5\n", ["redesignations[0].along_m"]),
        ("at_s = 700.0\nright_m = -3e4\n", ["redesignations[0].right_m"]),
        ("at_s = 700.0\nalong_m = 100.0\n", []),
    ],
)
def test_a_move_that_is_never_made_or_out_of_reach_is_odd(move, found):
    assert odd(load_mission("chang-e-6").to_toml() + MOVE + move) == found
