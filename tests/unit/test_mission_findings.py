"""What `farside mission check` finds of shipped missions, and of broken ones each its own."""

import math
from datetime import timedelta

import numpy as np
import pytest

from farside.flight import check, land
from farside.flight.braking_sight import braking_attitudes, first_sight_m
from farside.flight.budget import budget_of
from farside.flight.findings import check_loaded
from farside.mission import failure_names, load_mission, mission_names, mission_path
from farside.mission.attitude import body_z
from farside.mission.coasts import last_burn
from farside.mission.ephemeris import sun_direction
from farside.mission.odd_sky import next_day, site_frame

SIX = load_mission("chang-e-6")
SHIPPED = [*mission_names(), *failure_names()]
#: What is odd about the missions that ship, by key; nothing about the others.
EXPECTED = {
    # Apollo and the older probes had no star tracker at work in the descent
    "apollo-11": ["sensors.star_tracker.slew_limit_dps"],
    "apollo-12": ["sensors.star_tracker.slew_limit_dps"],
    "apollo-15": ["sensors.star_tracker.slew_limit_dps"],
    "surveyor-1": ["sensors.star_tracker.slew_limit_dps"],
    "failures/apollo-11-1202": ["sensors.star_tracker.slew_limit_dps"],
    "failures/surveyor-3": ["sensors.star_tracker.slew_limit_dps"],
    # a small engine: it begins at 0.93 of its weight, with most of that carried by the orbit
    "beresheet": ["vehicle.engine.thrust_max_n"],
    "failures/beresheet": ["vehicle.engine.thrust_max_n"],
    # engines for Mars, whose gravity is 2.3 times the Moon's
    "failures/mars-polar-lander": [
        "sensors.star_tracker.slew_limit_dps",
        "vehicle.engine.thrust_max_n",
    ],
    "failures/schiaparelli": ["sensors.star_tracker.slew_limit_dps", "vehicle.engine.thrust_max_n"],
}


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_missions(name):
    found = check(name)
    assert found.flies
    assert [each.key for each in found.findings] == EXPECTED.get(name, [])
    assert {each.kind for each in found.findings} <= {"odd"}
    lines = mission_path(name).read_text("utf-8").splitlines()
    for each in found.findings:
        last = each.key.rpartition(".")[2]
        # a file that is like another has not every key itself
        assert (
            each.line is None
            or last in lines[each.line - 1]
            or not any(line.startswith(f"{last} =") for line in lines)
        )


ENGINE, LEGS, BODY = "vehicle.engine", "vehicle.legs", "vehicle.body"
TORQUE, LATE = "vehicle.thrusters.large_n", "epoch.landing_utc"
BACK_UP = [-math.sqrt(0.5), 0.0, math.sqrt(0.5)]
BROKEN = [
    # so weak that braking outlasts the epoch's fourteen minutes
    ({f"{ENGINE}.thrust_max_n": 5500}, (f"{ENGINE}.thrust_max_n", LATE), "0.91 of the lander's"),
    # so strong that its offset turns the lander
    ({f"{ENGINE}.thrust_max_n": 36000}, (f"{ENGINE}.thrust_max_n", TORQUE), "5.94 of the lander's"),
    ({f"{ENGINE}.isp_s": 490}, f"{ENGINE}.isp_s", "give seconds"),
    ({f"{ENGINE}.thrust_min_n": 3000}, f"{ENGINE}.thrust_min_n", "cannot come down slowly"),
    ({"vehicle.usable_propellant_kg": 1835}, "vehicle.usable_propellant_kg", "leaves about 8 kg"),
    ({"vehicle.usable_propellant_kg": 1770}, "vehicle.usable_propellant_kg", "does not last"),
    (
        {"vehicle.usable_propellant_kg": 3000, f"{ENGINE}.thrust_min_n": 1000},
        "vehicle.usable_propellant_kg",
        "mass ratio 5.1",
    ),
    ({"vehicle.thrusters.large_n": 30}, "vehicle.thrusters.large_n", "cannot be held"),
    ({"guidance.rate_limit_dps": 60}, "vehicle.thrusters.large_n", "takes more than 10 s"),
    ({"vehicle.thrusters.small_min_pulse_s": 6}, "vehicle.thrusters.small_min_pulse_s", "a pulse"),
    ({f"{BODY}.inertia_full_kgm2": [6e5] * 3}, (TORQUE, f"{BODY}.inertia_full_kgm2"), "turns the"),
    ({"hazards.slope_deg": 50.0}, f"{BODY}.com_height_dry_m", "tips over at 44.1 deg"),
    ({f"{LEGS}.crush_force_n": 5000}, f"{LEGS}.crush_force_n", "takes 7000 J"),
    ({"dispersions.thrust_percent": 4.0}, "guidance.thrust_margin", "a weak engine cannot follow"),
    ({"dispersions.position_m": 3e4}, "dispersions.position_m", "reaches the ground"),
    (
        {"phases[braking].vertical_speed_mps": -200.0},
        "phases[braking].vertical_speed_mps",
        "slowed",
    ),
    ({"phases[braking].range_m": 100.0}, "phases[braking].horizontal_speed_mps", "within 100 m"),
    ({"phases[descend].limit_s": 5.0}, "phases[descend].limit_s", "it takes 19 s"),
    ({"hazards.hover_limit_s": 2.0}, "hazards.hover_limit_s", "is over before one scan is, 2.8 s"),
    ({"epoch.landing_utc": "2024-06-02T03:09:00Z"}, "epoch.landing_utc", "lasts minutes"),
    ({"epoch.landing_utc": "2024-06-01T22:14:00Z"}, "epoch.landing_utc", "braking alone takes 698"),
    ({"sensors.velocimeter.range_min_m": 50}, "sensors.velocimeter.range_min_m", "last metres"),
    (
        {"sensors.altimeter.braking_boresight_body": [0.1, math.sqrt(0.99), 0.0]},
        "sensors.altimeter.braking_boresight_body",
        "meets the ground 84 deg off its normal",
    ),
    (
        {"sensors.star_tracker.boresight_body": [0.8, 0.0, -0.6]},
        "sensors.star_tracker.boresight_body",
        "looks at the ground",
    ),
    (
        {"sensors.camera[landing].boresight_body": BACK_UP},
        "sensors.camera[landing].boresight_body",
        "never sees",
    ),
    ({"sensors.lidar.frame_hz": 30}, "sensors.lidar.frame_hz", "flown as 33.33"),
    ({"sensors.camera[descent].rate_hz": 30}, "sensors.camera[descent].rate_hz", "flown as 33.33"),
    (
        {"terrain_navigation.height_least_m": 3e4, "terrain_navigation.height_most_m": 4e4},
        "terrain_navigation.height_least_m",
        "no image is taken",
    ),
    ({"site.elevation_m": 0.0}, "site.elevation_m", "the ground of the whole-Moon DEM"),
    (
        {"epoch.pdi_utc": "2024-06-15T22:09:00Z", "epoch.landing_utc": "2024-06-15T22:23:00Z"},
        "epoch.landing_utc",
        "land by day, as from 2024-06-27T00:00Z to 2024-07-11T11:00Z, or take them out",
    ),
    (
        {"relay": None, "dispersions.relay_node_deg": 0, "dispersions.relay_phase_deg": 0},
        "relay",
        "nobody hears",
    ),
    (
        {"dispersions.relay_node_deg": 0, "dispersions.relay_phase_deg": 0},
        "relay.phase_deg",
        "-37.5 deg at",
    ),
    (
        {"orbit.pdi_speed_mps": 1500.0, "orbit.apolune_altitude_m": None},
        "orbit.pdi_speed_mps",
        "is an orbit of",
    ),
]


@pytest.mark.parametrize(("changes", "key", "says"), BROKEN, ids=lambda part: str(part)[:60])
def test_a_broken_mission_has_its_own_finding_and_no_other(changes, key, says):
    found = check_loaded(SIX.replace(changes)).findings
    assert [each.key for each in found] == ([key] if isinstance(key, str) else list(key))
    assert says in found[0].text
    for each in found:
        assert each.kind == "odd"
        assert "\n" not in each.text and len(each.text) < 300


def test_laws_of_apollo_and_steered_contacts():
    eleven = load_mission("apollo-11")
    low = eleven.replace(
        {f"{ENGINE}.throttle_low_n": 10000.0, f"{ENGINE}.throttle_high_n": 20000.0}
    )
    (_, found) = check_loaded(low).findings
    assert found.key == f"{ENGINE}.throttle_low_n" and "the weight of the landing" in found.text
    near = eleven.replace("orbit.pdi_range_m", 1.5e5)
    (_, found) = check_loaded(near).findings
    assert found.key == "orbit.pdi_range_m" and "is too near" in found.text


def test_what_no_braking_is_found_for_is_an_error():
    found = check_loaded(
        SIX.replace({f"{ENGINE}.thrust_max_n": 3000, f"{ENGINE}.thrust_min_n": 900})
    )
    assert not found.flies
    assert [each.key for each in found.findings if each.kind == "error"] == ["phases[braking]"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["chang-e-6", "chang-e-4", "failures/im-1", "slim"])
def test_the_budget_is_what_nominal_flights_take(name):
    mission = load_mission(name)
    budget = budget_of(mission)
    flown = land(mission, nominal=True, imaging=True)
    rows = flown.telemetry
    behind = rows[rows["phase"] > last_burn(mission.phases)]["mass_kg"]
    assert mission.vehicle.descent_mass_kg - behind[0] == pytest.approx(budget.braking_kg, rel=0.01)
    assert 0.85 < (behind[0] - behind[-1]) / budget.behind_kg < 1.25
    assert budget.spread_kg < 0.02 * budget.usable_kg
    assert budget.left_kg == pytest.approx(budget.usable_kg - budget.braking_kg - budget.behind_kg)


def test_the_planned_attitude_of_braking_is_the_flown_one():
    plan = budget_of(SIX).plan
    altitude_m, pitch_deg = braking_attitudes(SIX, plan)
    rows = land(SIX, nominal=True, imaging=False).telemetry
    rows = rows[rows["phase"] == 0][5000:-4000:2000]
    away = rows["r_site"] + [0.0, 0.0, SIX.site.radius_m]
    up = away / np.linalg.norm(away, axis=1)[:, None]
    flown = [
        math.degrees(math.asin(body_z(q) @ u)) for q, u in zip(rows["q_site_body"], up, strict=True)
    ]
    planned = np.interp(
        rows["tick"] * 0.01, np.linspace(0.0, plan.unknowns[5], len(pitch_deg)), pitch_deg
    )
    assert np.abs(planned - flown).max() < 0.3  # of the last half minute apart, when it re-aims
    assert altitude_m[-1] == pytest.approx(2500.0, abs=2.0)


def test_where_the_sensors_first_see():
    plan = budget_of(SIX).plan
    assert first_sight_m(SIX, plan, "altimeter") == pytest.approx(20256.0, abs=1.0)
    velocimeter = first_sight_m(SIX, plan, "velocimeter")
    assert 9000.0 < velocimeter < 10000.0
    # along the thrust it meets the ground at 90 deg less the pitch, 37 deg at the gate
    along = {"sensors.altimeter.braking_boresight_body": [0.0, 0.0, -1.0]}
    late = first_sight_m(SIX.replace(along), plan, "altimeter")
    assert late < 15000.0
    along["sensors.altimeter.incidence_limit_deg"] = 50.0
    assert first_sight_m(SIX.replace(along), plan, "altimeter") is None
    (found,) = check_loaded(SIX.replace(along)).findings
    assert found.key == "sensors.altimeter.braking_boresight_body"
    assert "the thrust axis 37 deg above the level" in found.text


def test_a_mission_without_braking_has_no_budget():
    assert budget_of(load_mission("apollo-11")) is None


@pytest.mark.parametrize("latitude_deg", [-41.6385, -88.5])
def test_the_next_day_is_one(latitude_deg):
    frame = site_frame(SIX.replace("site.latitude_deg", latitude_deg))
    rises, sets = next_day("2024-06-15T22:23:00Z", frame)
    for hours, up in ((-1.01, False), (0.0, True), (1.0, True)):
        at = sun_direction(rises + timedelta(hours=hours), frame).elevation_deg
        assert (at > 0.0) is up
    assert sun_direction(sets, frame).elevation_deg > 0.0
    assert sun_direction(sets + timedelta(hours=1.01), frame).elevation_deg < 0.0
