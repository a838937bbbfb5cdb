"""Aborts flown by the autopilot in the closed loop: the orbit, and what it took."""

import dataclasses
from functools import cache

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from farside.flight import land
from farside.flight.aborted import AbortCause
from farside.flight.imaging import Scanner
from farside.flight.land import fly
from farside.flight.landing import Landing
from farside.flight.track import track_of
from farside.flight.wiring import wire
from farside.guidance.abort import AbortState, abort_boundary
from farside.mission import MissionError, load_mission, parse_mission
from farside.mission.abort import seconds_of, with_abort
from farside.mission.frames import SiteFrame

GM = 4.9028e12  # Konopliv 2013, four digits are enough for a kilometre
RADIUS_M = 1737.4e3
HIGHEST_GROUND_M = 10.8e3  # LOLA: the rim north of Korolev


@cache
def flown(name: str, at_s: float, seed: int = 3) -> Landing:
    return land(name, seed=seed, abort_at_s=at_s)


def apsides_m(landing: Landing) -> tuple[float, float]:
    """Propagate the truth's last state by DOP853 for an orbit, axes that do not turn."""
    site = landing.plan.site
    frame = SiteFrame(site.latitude_deg, site.longitude_deg, landing.radius_m)
    last = landing.telemetry[-1]
    rho = np.add(last["r_site"], (0.0, 0.0, landing.radius_m))
    v = np.array(last["v_site"]) + np.cross(frame.omega_site, rho)

    def rate(_t: float, y: np.ndarray) -> np.ndarray:
        return np.hstack((y[3:], -GM * y[:3] / np.linalg.norm(y[:3]) ** 3))

    way = solve_ivp(
        rate, (0.0, 7500.0), [*rho, *v], method="DOP853", rtol=1e-10, atol=1e-6, max_step=10.0
    )
    heights = np.linalg.norm(way.y[:3], axis=0) - RADIUS_M
    return float(heights.min()), float(heights.max())


def analysed_kg(landing: Landing) -> float:
    """Return the propellant of `farside abort`'s analysis from the moment it was left."""
    rows, track = landing.telemetry, track_of(landing)
    i = int(np.flatnonzero(rows["phase"] >= len(landing.plan.phases))[0])
    row, site = rows[i], landing.plan.site
    state = AbortState(
        time_s=float(row["tick"]) * 0.01,
        r_site=np.array(row["r_site"]),
        v_site=np.array(row["v_site"]),
        mass_kg=float(row["mass_kg"]),
        axis_site=np.array(track.axis[i]),
        height_m=float(track.altitude_m[i]),
    )
    frame = SiteFrame(site.latitude_deg, site.longitude_deg, landing.radius_m)
    point = abort_boundary(landing.plan, frame, [state]).points[0]
    assert point.ascent is not None
    return point.ascent.propellant_kg


CASES = [
    ("chang-e-6", 300.0, "descent_stage"),
    pytest.param("chang-e-6", 480.0, "descent_stage", marks=pytest.mark.slow),
    pytest.param("chang-e-6", 600.0, "both_stages", marks=pytest.mark.slow),
    ("chang-e-6", 800.0, "both_stages"),
    pytest.param("chang-e-6", 50.0, "descent_stage", marks=pytest.mark.slow),
    pytest.param("chang-e-4", 200.0, "descent_stage", marks=pytest.mark.slow),
    pytest.param("apollo-11", 200.0, "descent_stage", marks=pytest.mark.slow),
    pytest.param("apollo-11", 335.0, "both_stages", marks=pytest.mark.slow),
    pytest.param("apollo-11", 680.0, "both_stages", marks=pytest.mark.slow),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "at_s", "way"), CASES)
def test_commanded_abort_reaches_a_safe_orbit(name, at_s, way):
    landing = flown(name, at_s)
    abort = landing.abort
    assert landing.outcome == "aborted"
    assert not landing.safe
    assert abort.reached
    assert abort.cause == "command"
    assert abort.way == way
    assert (abort.parted_s is not None) == (way == "both_stages")
    assert abort.began_s == pytest.approx(at_s, abs=1.5)
    low_m, high_m = apsides_m(landing)
    assert abort.periapsis_m == pytest.approx(low_m, abs=1000.0)
    assert abort.apoapsis_m == pytest.approx(high_m, abs=1000.0)
    # navigation's errors: 1 m/s is 4 km of the apoapsis
    assert low_m > 14e3 > HIGHEST_GROUND_M
    assert high_m > 97e3
    assert abort.propellant_left_kg > 0.0


def least_change_mps(landing: Landing) -> float:
    """Return the least impulse from where the descent was left to an orbit that is safe [m/s].

    Of all orbits with a periapsis from 12 km up to the place, and an apoapsis of 100 km or more.
    """
    rows = landing.telemetry
    row = rows[int(np.flatnonzero(rows["phase"] >= len(landing.plan.phases))[0])]
    site = landing.plan.site
    frame = SiteFrame(site.latitude_deg, site.longitude_deg, landing.radius_m)
    rho = np.add(row["r_site"], (0.0, 0.0, landing.radius_m))
    v = np.array(row["v_site"]) + np.cross(frame.omega_site, rho)
    r = float(np.linalg.norm(rho))
    up = float(v @ rho) / r
    along = float(np.linalg.norm(v - up * rho / r))
    low, high = np.meshgrid(
        np.linspace(RADIUS_M + 12e3, r, 400), RADIUS_M + np.linspace(100e3, 700e3, 400)
    )
    level = np.sqrt(2.0 * GM * low * high / (low + high)) / r
    rise = np.sqrt(np.maximum(2.0 * GM * (1.0 / r - 1.0 / (low + high)) - level**2, 0.0))
    return float(np.hypot(np.abs(up) - rise, level - along).min())


EARLY = [
    ("chang-e-6", {"faults": ["engine no_start from 0 s"]}),
    ("chang-e-6", {"faults": ["engine cut from 5 s"]}),
    ("chang-e-6", {"faults": ["engine cut from 20 s"]}),
    ("chang-e-6", {"abort_at_s": 15.0}),
    ("apollo-11", {"abort_at_s": 1.0}),
    ("apollo-11", {"abort_at_s": 20.0}),
    ("apollo-11", {"abort_at_s": 30.0}),
    ("chandrayaan-3", {"abort_at_s": 1.0}),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "how"), EARLY)
def test_an_abort_from_nearly_an_orbit_stays_in_one(name, how):
    """The engine that does not ignite, and the first half minute: all had ended in the ground."""
    for seed in (0, 3):
        landing = land(name, seed=seed, cameras=False, **how)
        low_m, high_m = apsides_m(landing)
        assert landing.outcome == "aborted" and landing.abort.reached
        # 12 km as the lander has it, which is off by less than a kilometre
        assert low_m > 11.5e3 and high_m > 99e3
        left_kg = landing.telemetry["mass_kg"][-1]
        vehicle = landing.plan.vehicle
        staged = landing.abort.parted_s is not None
        isp_s = vehicle.ascent.isp_s if staged else vehicle.engine.isp_s
        spent_mps = 9.80665 * isp_s * np.log(1.0 + landing.abort.propellant_kg / left_kg)
        # while it turns, and stops, it goes on; attitude takes some kilograms
        assert spent_mps < 1.3 * least_change_mps(landing) + 8.0


def test_an_apoapsis_asked_for_below_the_place_is_reached():
    """From 30 km to an orbit of 15 x 20 km: none that has the place has its apoapsis below it."""
    mission = load_mission("chandrayaan-3")
    mission = dataclasses.replace(
        mission, abort=dataclasses.replace(mission.abort, apoapsis_m=20e3)
    )
    landing = land(mission, seed=3, imaging=False, cameras=False, abort_at_s=25.0)
    assert landing.outcome == "aborted" and landing.abort.reached
    assert apsides_m(landing)[0] > 11.5e3


def test_an_outage_just_before_the_end_does_not_end_the_burn_early():
    whole = land("chang-e-4", seed=13, imaging=False, cameras=False, abort_at_s=40.0)
    end_s = 0.01 * np.flatnonzero(whole.telemetry["thrust_n"] > 0.0)[-1]
    fault = f"engine cut from {end_s - 2.5:.2f} s for 1.95 s"
    cut = land("chang-e-4", seed=13, imaging=False, cameras=False, abort_at_s=40.0, faults=[fault])
    assert cut.abort.reached
    assert cut.abort.apoapsis_m == pytest.approx(whole.abort.apoapsis_m, abs=1500.0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "at_s", "share"),
    [
        ("chang-e-6", 300.0, 0.01),
        ("chang-e-6", 480.0, 0.01),
        ("apollo-11", 200.0, 0.01),
        ("apollo-11", 335.0, 0.01),
        ("apollo-11", 500.0, 0.01),
    ],
)
def test_engines_take_what_the_analysis_says(name, at_s, share):
    # nominal: dispersions of the specific impulse are no error of guidance
    mission = with_abort(load_mission(name), at_s)
    flight = wire(mission, seed=0, nominal=True, dems=(), imaging=True)
    flight.turn(round(100 * at_s))
    before = flight.loop.propellant_kg[0]
    fly(flight, Scanner(flight))
    engines_kg = flight.loop.propellant_kg[0] - before
    landing = land(mission, nominal=True)
    # liquid that comes down as the engine is lit again swings; no thruster has failed
    assert not landing.telemetry["couples"].any()
    assert engines_kg == pytest.approx(analysed_kg(landing), rel=share)


@pytest.mark.slow
def test_weak_engine_ends_in_orbit_not_in_the_ground():
    landing = land("chang-e-6", seed=3, faults=["engine weak 0.8 from 300 s"])
    assert landing.outcome == "aborted"
    assert landing.abort.cause == "propellant"
    assert landing.abort.periapsis_m > 14e3


@pytest.mark.slow
def test_dead_engine_at_1000_m_is_left_behind():
    landing = land("chang-e-6", seed=3, faults=["engine cut below 1000 m"])
    abort = landing.abort
    assert landing.outcome == "aborted"
    assert (abort.cause, abort.way) == ("engine", "ascent_stage")
    low_m, _ = apsides_m(landing)
    assert low_m > 14e3
    # it fell for as long as the ascent stage could still stop it, and never touched
    assert landing.telemetry["height_m"].min() > 10.0


@pytest.mark.slow
def test_dead_engine_of_apollo_at_300_m_is_left_behind():
    landing = land("apollo-11", seed=1, faults=["engine cut below 300 m"])
    assert landing.outcome == "aborted"
    assert landing.abort.way == "ascent_stage"


@pytest.mark.slow
def test_engine_that_comes_back_is_waited_for():
    landing = land("chang-e-6", seed=3, faults=["engine cut from 300 s for 5 s"])
    assert landing.outcome == "landed"
    assert landing.abort is None


@pytest.mark.slow
def test_without_an_ascent_stage_least_harm_is_flown_and_said():
    landing = land("chang-e-4", seed=1, faults=["engine cut below 1000 m"])
    abort = landing.abort
    assert landing.outcome == "crashed"
    assert abort.least_harm_s is not None
    assert abort.cause == "engine"
    assert landing.causes[0].kind == "least_harm"
    assert "least_harm" in {phase.name for phase in landing.phases}
    # upright: within the cone of a hover
    assert landing.touchdown.tilt_deg < 10.0


@pytest.mark.slow
def test_facts_of_an_abort_are_in_landing_json_and_the_causes():
    landing = flown("chang-e-6", 300.0)
    facts = landing.to_dict()
    assert facts["outcome"] == "aborted"
    assert facts["abort"]["reached"] is True
    assert facts["abort"]["periapsis_m"] == landing.abort.periapsis_m
    assert landing.causes[0].kind == "aborted"
    assert facts["duration_s"] > 300.0
    assert [phase["name"] for phase in facts["phases"]] == ["braking", "abort"]
    assert AbortCause(int(landing.telemetry["abort"][-1]) >> 4) is AbortCause.COMMAND


@pytest.mark.parametrize("text", ["soon", "5 min", ""])
def test_time_that_is_none_is_refused(text):
    with pytest.raises(MissionError, match="abort at"):
        seconds_of(text)


@pytest.mark.parametrize("at_s", [-1.0, 1e9, float("nan")])
def test_impossible_time_of_an_abort_is_refused(at_s):
    with pytest.raises(MissionError, match="abort at"):
        with_abort(load_mission("chang-e-6"), at_s)


@pytest.mark.parametrize(
    "change",
    [
        {"periapsis_m": 120e3},
        {"least_periapsis_m": 20e3},
        {"stop_margin": 0.5},
        {"lit_deg": 0.0},
        {"at_s": -5.0},
    ],
)
def test_bad_keys_of_abort_are_refused(change):
    mission = load_mission("chang-e-6")
    bad = dataclasses.replace(mission, abort=dataclasses.replace(mission.abort, **change))
    with pytest.raises(MissionError):
        parse_mission(bad.to_toml())


@pytest.mark.slow
def test_one_reading_of_an_accelerometer_is_no_dead_engine():
    """Each tick of a look at the engine, 29 m up, where no time would be left to wait for it."""
    for k in range(10):
        fault = f"accelerometer zero from {789.5 + 0.01 * k:.2f} s for 0.01 s"
        landing = land("chang-e-6", seed=13, imaging=False, faults=[fault])
        assert landing.outcome == "landed" and landing.abort is None
