"""The keys of [navigation]: each reaches the filter, in the closed loop and in the lander's FMU."""

import struct

import numpy as np
import pytest
from flown import landing

from farside.adapters.fmi.export import contents
from farside.campaign import plan_campaign
from farside.ext.adapters._fmu import lander_layout
from farside.flight import land
from farside.mission import FlightConfig, MissionError, load_mission, parse_mission, sweep
from farside.mission.health import Health
from farside.mission.navigation import Navigation
from farside.mission.reader import schema_of
from farside.navigation import initial_estimate, navigator_setup

MISSION = load_mission("chang-e-6")
#: The degree of gravity is no number of the filter: it makes the table that the filter reads.
KEYS = tuple(key for key in schema_of(Navigation) if key != "gravity_degree")


def halved(key):
    """Return the mission with half of a key's default, 0.5 of none, or a switch's other value."""
    value = getattr(MISSION.navigation, key)
    half = value // 2 or 1 - value if isinstance(value, int) else 0.5 * value or 0.5
    return MISSION.replace(f"navigation.{key}", half)


def given(mission):
    """Return what the filter receives before a flight, nominal and not."""
    state = [0.0] * 3, [0.0] * 3, [1.0, 0.0, 0.0, 0.0], [0.0] * 3
    config = FlightConfig.of(mission)
    firsts = [initial_estimate(config, *state, exact=exact) for exact in (False, True)]
    return navigator_setup(config), firsts


@pytest.mark.parametrize("key", KEYS)
def test_every_key_reaches_the_filter(key):
    # the sensor's own scale error is far above its least deviation
    base = MISSION.replace("sensors.velocimeter.scale", 0.0)
    changed = halved(key).replace("sensors.velocimeter.scale", 0.0)
    assert given(changed) != given(base)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("attitude_sigma_min_rad", 0.0),
        ("gravity_length_m", 0.0),
        ("beam_cosine_min", 1.0),
        ("relief_length_m", -1.0),
        ("mass_min_share", 0.0),
        ("gravity_sigma_mps2", float("nan")),
    ],
)
def test_what_no_filter_can_fly_with_is_refused(key, value):
    with pytest.raises(MissionError, match=rf"navigation\.{key}"):
        MISSION.replace(f"navigation.{key}", value)


def test_a_mission_without_the_table_has_its_defaults():
    assert "[navigation]" in MISSION.to_toml()
    assert MISSION.navigation == Navigation()
    assert parse_mission(MISSION.to_toml()).navigation == Navigation()


@pytest.mark.slow
def test_a_sweep_of_a_key_is_flown():
    """Values one after another: the default's flight to the bit, and others beside it."""
    default = landing(imaging=False).telemetry
    same, wider = (
        land(each, imaging=False).telemetry
        for each in sweep(MISSION, "navigation.attitude_sigma_min_rad", (2e-5, 1e-3))
    )
    for name in ("est_r_site", "est_q_site_body", "r_site"):
        assert np.array_equal(same[name], default[name])
    # another attitude from the first fixes on
    assert (wider["est_q_site_body"][:100] != default["est_q_site_body"][:100]).any()


def test_the_degree_of_gravity_aboard_is_flown():
    """What is left out of gravity aboard moves the estimate, before anything is measured of it."""
    default = landing(imaging=False).telemetry
    coarse = land(MISSION.replace("navigation.gravity_degree", 2), imaging=False).telemetry
    moved = np.linalg.norm(coarse["est_v_site"][100] - default["est_v_site"][100])
    # degree 2 leaves out 1e-3 to 4e-3 m/s^2 of what degree 50 has
    assert 2e-4 < moved < 5e-3


def test_a_campaign_flies_what_it_is_given():
    plan = plan_campaign(MISSION.replace("health.gate_1", 9.0), 3, imaging=False)
    assert plan.mission.health.gate_1 == 9.0
    assert "gate_1 = 9.0" in plan.text


@pytest.mark.parametrize("gate_1", [15.1, 9.0])
def test_the_landers_fmu_holds_the_same_numbers(gate_1):
    mission = MISSION.replace("health.gate_1", gate_1)
    block, _, _ = contents(mission, "lander", seed=0, nominal=True, flat=True)
    at = lander_layout()
    setup = navigator_setup(FlightConfig.of(mission))
    for name, value in {**setup, **{f"health.{k}": v for k, v in setup["health"].items()}}.items():
        if isinstance(value, dict):
            continue
        numbers = np.ravel(value).tolist()
        kinds = "".join("i" if isinstance(number, int) else "d" for number in numbers)
        assert struct.unpack_from(f"<{kinds}", block, at[name]) == tuple(numbers), name


@pytest.mark.parametrize("key", schema_of(Health))
def test_every_key_of_health_reaches_the_filter(key):
    value = getattr(MISSION.health, key)
    changed = MISSION.replace(f"health.{key}", value + 1 if isinstance(value, int) else 1.5 * value)
    assert given(changed) != given(MISSION)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("gate_1", 0.0),
        ("gate_3", float("inf")),
        ("ramp", 1.0),
        ("ramp_most", 0.5),
        ("reject_after", 0),
        ("readmit_after", 2.5),
        ("silent_s", -1.0),
    ],
)
def test_what_no_gate_can_be_is_refused(key, value):
    with pytest.raises(MissionError, match=rf"health\.{key}"):
        MISSION.replace(f"health.{key}", value)
