"""A mission in which laws come back under other names, with a hold and timed exits between them."""

import dataclasses
from functools import cache

from farside.flight import land
from farside.mission import Mission, load_mission, parse_mission
from farside.mission.gates import Gate
from farside.mission.phases import Phase


@cache
def twice() -> Mission:
    """Return Chang'e 6 with every law of its descent flown twice."""
    six = load_mission("chang-e-6")
    rows = {row.name: row for row in six.phases}
    high = dataclasses.replace(rows["approach"], name="approach-high", altitude_m=400.0)
    slow = dataclasses.replace(
        rows["descend"], name="descend-slow", vertical_speed_mps=-1.0, exit_m=2.0
    )
    phases = (
        rows["braking"],
        Phase(name="fix", law="hold", exit="elapsed", exit_s=2.0),
        rows["adjust"],
        high,
        Phase(name="hover-high", law="hover", altitude_m=400.0, exit="elapsed", exit_s=4.0),
        dataclasses.replace(rows["approach"], name="approach-low", duration_s=45.0),
        rows["hover"],
        rows["avoid"],
        dataclasses.replace(rows["descend"], exit="altitude", exit_m=15.0),
        Phase(name="upright", law="hold", exit="elapsed", exit_s=0.5, pitch_deg=90.0, throttle=0.4),
        slow,
        rows["fall"],
        rows["settle"],
    )
    gates = (
        Gate(name="second hover", source="ours", phase="hover", published_altitude_m=100.0),
        Gate(name="slow", source="ours", phase="descend-slow", published_altitude_m=14.0),
    )
    mission = dataclasses.replace(six, name="twice", phases=phases, gates=gates)
    assert parse_mission(mission.to_toml()) == mission
    return mission


@cache
def flown_twice(imaging=True):
    """Fly it once a session."""
    return land(twice(), seed=2, imaging=imaging)
