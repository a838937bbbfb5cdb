"""Naive options: each changes its keys and nothing else, and no mission pays for them."""

import tomllib

import numpy as np
import pytest

from farside.flight.failures import contacts, fall_s
from farside.flight.land import land
from farside.mission import MissionError, failure_names, load_mission, parse_mission
from farside.mission.as_flown import as_flown, naive_options, with_logic, with_options
from farside.mission.changes import value_of
from farside.mission.cutoff_gains import CutoffGains
from farside.mission.health import Health
from farside.mission.naive import OPTIONS
from farside.mission.navigation import Navigation

MISSION = load_mission("chang-e-6")


def differing(a, b, key=""):
    """Return the keys in which two missions differ: of tables, and of rows by their names."""
    if isinstance(a, dict) and isinstance(b, dict):
        names = {**a, **b}
        return {
            found
            for name in names
            for found in differing(a.get(name), b.get(name), f"{key}.{name}" if key else name)
        }
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        found = set()
        for x, y in zip(a, b, strict=True):
            name = x.get("name") if isinstance(x, dict) else None
            found |= differing(x, y, f"{key}[{name}]")
        return found
    return set() if a == b else {key}


def tables(mission):
    return tomllib.loads(mission.to_toml())


@pytest.mark.parametrize("name", OPTIONS)
def test_an_option_changes_what_it_says(name):
    flown = with_options(MISSION, [name])
    keys = OPTIONS[name].keys
    for key, value in keys.items():
        assert value_of(flown, key) == value
        assert value_of(MISSION, key) != value
        assert isinstance(value_of(flown, key), type(value_of(MISSION, key)))
    assert flown.replace({key: value_of(MISSION, key) for key in keys}) == MISSION
    written = {key for key in differing(tables(MISSION), tables(flown))}
    # a table that stood by default is written whole, or its keys are
    assert all(any(key.startswith(each) for each in written) for key in keys)
    assert len(written) <= len(keys)


def test_defaults_are_the_logic_that_is_shipped():
    navigation, health, cutoff = Navigation(), Health(), CutoffGains()
    assert navigation.integrate_saturated == navigation.attitude_apart == 0
    assert navigation.height_by_sensor == health.latch_altimeter == 0
    assert cutoff.needs_reading == cutoff.keep_early == 0


@pytest.mark.parametrize("name", failure_names())
def test_a_failure_s_own_keys_stand_above_its_options(name):
    mission = load_mission(name)
    flown = as_flown(mission)
    for row in mission.failure.keys:
        assert value_of(flown, row.key) == row.value
        assert value_of(mission, row.key) != row.value
    # what is no logic stays: the lander, its sensors, the truth and the faults
    for part in ("vehicle", "sensors", "faults", "dispersions", "ground", "orbit", "site"):
        assert getattr(flown, part) == getattr(mission, part)
    assert parse_mission(flown.to_toml()) == flown


def test_names_are_told_and_refused():
    assert naive_options(MISSION, False) == ()
    assert naive_options(MISSION, ["no_altimeter"]) == ("no_altimeter",)
    assert with_logic(MISSION, False) is MISSION
    failed = load_mission("failures/hakuto-r-m1")
    assert naive_options(failed, True) == failed.failure.as_flown
    assert with_logic(failed, True).health.latch_altimeter == 1
    with pytest.raises(MissionError, match="did you mean latched_rejection") as why:
        with_options(MISSION, ["latched_rejections"])
    assert "\n" not in str(why.value)
    with pytest.raises(MissionError, match="failure: missing"):
        land(MISSION, as_flown=True)
    with pytest.raises(MissionError, match="no such row"):
        with_options(MISSION, [], {"phases[last].limit_s": 5.0})


@pytest.mark.parametrize(
    "chosen", ["no_altimeter", "", 1, None, [1], [b"x"], {"no_altimeter"}, iter(["no_altimeter"])]
)
def test_what_is_no_list_of_names_is_refused_before_a_flight(chosen):
    # an iterator would be used up by the names, and the flight would go without the options
    with pytest.raises(TypeError, match=r"^as_flown .*: give True, False or a list of names$"):
        land(MISSION, as_flown=chosen)


class Told:
    """A landing of which only switches and thrust are looked at."""

    def __init__(self, closed, thrust, contact_s):
        self.telemetry = np.zeros(len(closed), [("flags", "u1"), ("thrust_n", "f8")])
        self.telemetry["flags"] = np.where(closed, 16, 0)
        self.telemetry["thrust_n"] = thrust
        self.duration_s = contact_s


def test_a_contact_counts_once_for_each_time_that_the_lander_comes_down():
    closed = np.zeros(1000, bool)
    closed[100:130] = closed[150:160] = True  # a leg that swings out: 0.2 s
    closed[300:310] = closed[400:] = True
    assert contacts(Told(closed, 1.0, 1.0)) == 3
    closed[20:25] = True  # a false one long before: in flight
    assert contacts(Told(closed, 1.0, 1.0)) == 3
    assert contacts(Told(closed & False, 1.0, 1.0)) == 1
    assert contacts(Told(closed & False, 1.0, float("nan"))) == 0


def test_the_fall_is_what_is_flown_without_thrust():
    thrust = np.where(np.arange(1000) < 400, 50.0, 0.0)
    assert fall_s(Told(thrust > 1e9, thrust, 9.0)) == pytest.approx(5.0, abs=0.02)
    assert np.isnan(fall_s(Told(thrust > 1e9, thrust, float("nan"))))
