"""The classics as rows of the phase table: a mission chooses, and what it cannot choose."""

import copy
import dataclasses
import tomllib
from importlib.resources import files

import numpy as np
import pytest
from sample_pilot import RADIUS, mixed

from farside.ext.guidance.autopilot._autopilot import AutopilotCore
from farside.flight.imaging import Scanner
from farside.flight.land import fly
from farside.flight.wiring import wire
from farside.guidance import COMMAND, Autopilot
from farside.guidance.table import autopilot_table, phase_row
from farside.mission import MissionError, SiteFrame, load_mission
from farside.mission.place import FieldPath
from farside.mission.reader import read_table
from farside.mission.schema import Mission

MISSION = load_mission("chang-e-6")
CLASSIC = ("trim", "quadratic", "null_velocity", "e_guidance", "polynomial")
TABLE = tomllib.loads(files("farside.mission").joinpath("apollo-11.toml").read_text("utf-8"))


def with_approach(**changes):
    """Return Chang'e 6 with another approach."""
    rows = [
        dataclasses.replace(row, **changes) if row.name == "approach" else row
        for row in MISSION.phases
    ]
    return dataclasses.replace(MISSION, phases=tuple(rows))


def flown(mission):
    """Fly it over flat ground with perfect sensors: telemetry, and the first row of the hover."""
    flight = wire(mission, seed=0, nominal=True, dems=(), imaging=False, flat=True)
    fly(flight, Scanner(flight))
    rows = flight.flown
    hover = [row.name for row in mission.phases].index("hover")
    return rows, rows[int(np.argmax(rows["phase"] == hover))]


@pytest.fixture(scope="module")
def polynomial():
    return flown(with_approach(law="polynomial"))


@pytest.mark.slow
def test_an_approach_by_e_guidance_takes_its_own_time_and_less_propellant(polynomial):
    rows, hover = flown(with_approach(law="e_guidance", duration_s=0.0, time_weight=0.0))
    # Unconstrained in its end it does not wait for the thrust to stand upright: some 70 s, not 110.
    approach = [row.name for row in MISSION.phases].index("approach")
    assert 60.0 < np.count_nonzero(rows["phase"] == approach) / 100.0 < 90.0
    assert hover["mass_kg"] > polynomial[1]["mass_kg"] + 20.0
    assert hover["r_site"][2] == pytest.approx(100.0, abs=5.0)
    assert np.linalg.norm(hover["v_site"]) < 3.0
    assert rows["flags"][-1] & 3 == 3


def test_a_polynomial_aimed_beyond_arrives_with_gains_that_stay_small(polynomial):
    rows, hover = flown(with_approach(law="polynomial", beyond_s=10.0))
    # The row ends 1 s before its time, as the polynomial's does.
    assert hover["r_site"][2] == pytest.approx(polynomial[1]["r_site"][2], abs=1.5)
    assert np.linalg.norm(hover["v_site"]) < 0.7
    assert hover["mass_kg"] == pytest.approx(polynomial[1]["mass_kg"], abs=1.0)
    assert rows["flags"][-1] & 3 == 3


def pilots():
    """Return missions whose rows wild states are given to: Apollo's from each on, and ours."""
    apollo = load_mission("apollo-11")
    for i in range(4):
        rows = apollo.phases[i:]
        if rows[0].law == "quadratic":
            rows = (dataclasses.replace(rows[0], later_s=0.0, duration_s=300.0), *rows[1:])
        yield dataclasses.replace(apollo, phases=rows)
    yield with_approach(law="e_guidance", duration_s=0.0)
    yield with_approach(law="polynomial", beyond_s=10.0)


@pytest.mark.slow
@pytest.mark.parametrize("mission", list(pilots()), ids=lambda m: f"{m.name} {m.phases[0].name}")
def test_any_state_gives_a_command_inside_the_limits(mission):
    """Half of the states a lander of some mission could be in, half with numbers gone wild."""
    rng = np.random.default_rng(5)
    pilot = Autopilot(mission)
    core, begin = pilot.core, [row.law in CLASSIC for row in mission.phases].index(True)
    engine = mission.vehicle.engine
    least, full = engine.thrust_min_n, engine.thrust_max_n
    # To the row that is meant, where braking stands before it.
    states = mixed(rng, 3000)
    # Masses of this vehicle: the states are of another's.
    states["mass_kg"] *= mission.vehicle.descent_mass_kg / 3730.0
    commands = np.zeros(len(states), COMMAND)
    if begin:
        rows = [phase_row(row, 45.0) for row in mission.phases[begin:]]
        frame = SiteFrame(mission.site.latitude_deg, mission.site.longitude_deg, RADIUS)
        core = AutopilotCore(autopilot_table(mission, frame, pilot.plan), rows)
    # The row that is meant ends within a thousand wild states: each thousand begins it again.
    for first in range(0, len(states), 1000):
        part = slice(first, first + 1000)
        core.reset()
        core.tick_many(0, states[part], commands[part])
    for name in COMMAND.names:
        assert np.isfinite(commands[name]).all(), name
    on = commands["thrust_n"] != 0.0
    assert on.any() or mission.phases[begin].law == "null_velocity"
    assert np.all((commands["thrust_n"][on] >= least) & (commands["thrust_n"][on] <= full))
    assert np.abs(np.linalg.norm(commands["q_site_body"], axis=1) - 1.0).max() < 1e-12
    assert np.all(commands["time_to_go_s"] >= 0.0)


def line_of(table):
    with pytest.raises(MissionError) as caught:
        read_table(Mission, table, FieldPath("mine.toml"))
    return str(caught.value)


def changed(path, value):
    table = copy.deepcopy(TABLE)
    at = table
    for key in path[:-1]:
        at = at[key]
    if value is None:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return table


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (("phases", 1, "later_s"), 10.0, "takes either duration_s or later_s"),
        (("phases", 2, "later_s"), None, "takes either duration_s or later_s"),
        (("phases", 1, "target_m"), None, 'missing; law = "quadratic"'),
        (("phases", 1, "target_m"), [1.0, 2.0], "2 elements; give 3"),
        (("phases", 1, "gamma"), 1.0, 'law = "quadratic"'),
        (("phases", 3, "vertical_speed_mps"), 0.0, "0 never comes down"),
        (("phases", 3, "tau_s"), 0.0, "must be above 0"),
        (("orbit", "pdi_range_m"), None, 'orbit.pdi_range_m: missing; law = "trim" needs it'),
        (("vehicle", "engine", "throttle_low_n"), None, "throttle limits come together"),
        (("vehicle", "engine", "throttle_low_n"), 3e4, "must rise between thrust_min_n and"),
        (("gates", 1, "phase"), "p68", "no phase p68"),
        (("gates", 1, "below_m"), 100.0, "a gate is one of phase, below_m and recovery"),
        (("gates", 1, "phase"), None, "a gate is one of phase, below_m and recovery"),
    ],
)
def test_what_cannot_be_flown_says_why(path, value, says):
    assert says in line_of(changed(path, value))


def test_trim_needs_what_it_points_for():
    table = copy.deepcopy(TABLE)
    del table["phases"][1]
    assert "phases[p64].later_s: later than what?" in line_of(table)
    del table["phases"][1]
    assert 'trim points as a law = "quadratic" row' in line_of(table)


def test_a_phase_that_scans_needs_a_lidar():
    table = tomllib.loads(files("farside.mission").joinpath("chang-e-6.toml").read_text("utf-8"))
    del table["sensors"]["lidar"]
    assert "sensors.lidar: missing" in line_of(table)
