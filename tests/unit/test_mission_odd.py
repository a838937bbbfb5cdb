"""What of a mission is allowed but odd: each oddity by two missions, and none in those that fly."""

import pytest

from farside.mission import load_mission, oddities, parse_mission
from farside.mission.reference import example

SIX = load_mission("chang-e-6")
FOUR = load_mission("chang-e-4")
ELEVEN = load_mission("apollo-11")
UP = [0.0, 0.0, 1.0]


@pytest.mark.parametrize("mission", [SIX, FOUR, parse_mission(example())], ids=lambda m: m.name)
def test_a_mission_that_is_as_it_should_be(mission):
    assert oddities(mission) == []


def test_apollo_has_no_star_tracker_to_speak_of():
    (line,) = oddities(ELEVEN)
    assert line.startswith("sensors.star_tracker.slew_limit_dps: 1e-09 is below")


@pytest.mark.parametrize(
    ("mission", "changes", "says"),
    [
        (SIX, {"sensors.altimeter.range_max_m": 2000}, "2000 sees nothing at the end of braking"),
        (FOUR, {"sensors.altimeter.range_max_m": 7000}, "at 8000 m; raise it"),
        (SIX, {"sensors.altimeter.range_max_m": 25}, "25 never sees before the touchdown sensor"),
        (ELEVEN, {"sensors.velocimeter.range_max_m": 30}, "30 never sees before the touchdown"),
        (FOUR, {"sensors.velocimeter.range_max_m": 5000}, "velocimeter.range_max_m: 5000 sees no"),
        (SIX, {"sensors.altimeter.range_min_m": 40}, "leaves no height down to"),
        (SIX, {"sensors.altimeter.landing_boresight_body": UP}, "does not point down when upright"),
        (SIX, {"sensors.altimeter.landing_boresight_body": [1, 0, 0]}, "never sees the ground"),
        (FOUR, {"sensors.velocimeter.landing_boresight_body": UP}, "one misses the ground"),
        (SIX, {"sensors.velocimeter.landing_boresight_body": [0.96, 0.0, -0.28]}, "one misses"),
        (SIX, {"sensors.altimeter.braking_boresight_body": [-0.6, 0, 0.8]}, "all through braking"),
        (SIX, {"sensors.lidar.boresight_body": UP}, "a scan has no returns"),
        (SIX, {"sensors.star_tracker.slew_limit_dps": 1e-6}, "it never gives a fix"),
        (SIX, {"phases[descend].exit_m": 29.0, "sensors.touchdown.range_max_m": 20}, "stands in"),
        (SIX, {"sensors.velocimeter.rate_hz": 30}, "30 is flown as 33.33"),
        (FOUR, {"sensors.touchdown.rate_hz": 80}, "80 is flown as 100"),
        (ELEVEN, {"guidance.thrust_margin": 0.02}, "only law = \"braking\" reads it"),
        (ELEVEN, {"sensors.lidar.frames": 3}, "no phase scans, so nothing reads it"),
        (SIX, {"vehicle.engine.throttle_low_n": 2e3, "vehicle.engine.throttle_high_n": 3e3}, "on"),
        (SIX, {"relay": None}, "dispersions.relay_node_deg: there is no [relay] to disperse"),
        (SIX, {"phases[braking].exit_s": 60}, "braking ends 60 s short of its gate"),
        (SIX, {"phases[approach].altitude_m": 3000, "phases[hover].altitude_m": 3000}, "a climb"),
        (SIX, {"phases[hover].altitude_m": 180}, "is not where the row before ends, at 100 m"),
        (FOUR, {"phases[hover].limit_s": 60}, "60 is below hazards.hover_limit_s, 150"),
        (SIX, {"vehicle.engine.thrust_max_n": 2700}, "does not lift the lander even with dry"),
        (FOUR, {"vehicle.engine.thrust_min_n": 3000}, "it cannot come down slowly"),
        (SIX, {"vehicle.engine.isp_s": 200}, "gives 1576 m/s, not the 1714.1 m/s of the orbit"),
        (FOUR, {"vehicle.usable_propellant_kg": 1100}, "not the 1692.3 m/s of the orbit; raise"),
        (SIX, {"phases[descend].exit_m": 6}, "touches at 4.7 m/s"),
        (FOUR, {"phases[descend].vertical_speed_mps": -4}, "above touchdown.vertical_speed_mps"),
    ],
)  # fmt: skip
def test_odd_missions(mission, changes, says):
    changed = (
        parse_mission(ELEVEN.to_toml() + "\n[sensors.lidar]\n")
        if mission is ELEVEN and "sensors.lidar.frames" in changes
        else mission
    ).replace(changes)
    lines = oddities(changed)
    assert any(says in line for line in lines), lines
    assert all("\n" not in line and len(line) < 250 for line in lines)
