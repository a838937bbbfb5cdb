"""The public navigator: the filter's own numbers, late measurements, refusals, and being lost."""

import numpy as np
import pytest
from assumed_descent import MOON, SETUP, Flight, path
from sample_navigation import onboard_map

from farside.ext.navigation._filter import Navigation
from farside.ext.navigation._guarded import NavigationTable
from farside.mission import load_mission
from farside.navigation import (
    NAVIGATION_ESTIMATE,
    LeftOut,
    NavigationStatus,
    Navigator,
    Trust,
    navigation_table,
)
from farside.terrain import OnboardMap

MISSION = load_mission("chang-e-6")
START = ((0.0, 0.0, 2000.0), (0.0, 0.0, -30.0), (1.0, 0.0, 0.0, 0.0))


def public(flight, **setup):
    """Return a public navigator for an assumed flight: without a table of gravity."""
    place, heights, sigma = onboard_map(flight.map_m, 150.0)
    table = NavigationTable(
        SETUP | setup, MOON, place | {"heights_m": heights, "sigma_m": sigma}, None
    )
    return Navigator.of(table, flight.first())


def filters_own(flight):
    place, heights, sigma = onboard_map(flight.map_m, 150.0)
    return Navigation(SETUP, MOON, flight.first(), place, heights, sigma)


def test_a_measurement_later_than_the_memory_through_its_clone():
    """2.5 s late: the state and P of the filter with the same clone, to the bit."""
    flight, tag, late = Flight(2), 3000, 250
    measured = flight.measured[: tag + late + 1].copy()
    source = flight.measured[flight.measured["star_tick"] == tag - tag % 10][-1]
    measured["star_valid"][tag + late], measured["star_tick"][tag + late] = 1, tag
    measured["q_inertial_body"][tag + late] = source["q_inertial_body"]
    one, own = public(flight), filters_own(flight)
    out = np.zeros(len(measured), NAVIGATION_ESTIMATE)
    one.core.navigate_many(0, measured[: tag + 1], out)
    own.navigate(0, measured[: tag + 1], np.zeros((tag + 1, 10)))
    one.keep_pose()
    own.clone_pose(tag)
    assert one.core.navigate_many(tag + 1, measured[tag + 1 :], out) == 0
    own.navigate(tag + 1, measured[tag + 1 :], np.zeros((late, 10)))
    assert np.array_equal(one.covariance, own.covariance)
    state = own.state
    assert out["filter_r_site"][late - 1].tolist() == list(state["r_site"])
    assert out["heard_tick"][late - 1, 0] == tag + late
    one.forget_pose(tag)
    assert one.covariance.shape == (42, 42)
    with pytest.raises(ValueError, match=f"no pose of tick {tag} is kept"):
        one.forget_pose(tag)


def test_places_count_against_a_map_made_here():
    flight = Flight(3)
    one = public(flight)
    with pytest.raises(ValueError, match="no estimate to make a map with"):
        one.tie_map()
    out = np.zeros(20_000, NAVIGATION_ESTIMATE)
    one.core.navigate_many(0, flight.measured[:20_000], out)
    one.tie_map()
    one.measured[:] = flight.measured[20_000]
    e = one.tick(20_000)[0]
    # what is known of the site is not what is known of the map
    assert e["place_sigma_m"][0] < 0.2 < 50.0 < e["position_sigma_m"][0]
    assert e["tie_sigma_m"][0] == pytest.approx(e["position_sigma_m"][0], rel=1e-3)
    assert e["r_site"][:2] == pytest.approx(e["filter_r_site"][:2] - e["tie_m"])


def test_sigmas_are_those_of_the_covariance():
    flight = Flight(3)
    one = public(flight)
    out = np.zeros(5000, NAVIGATION_ESTIMATE)
    one.core.navigate_many(0, flight.measured[:5000], out)
    P, e = one.covariance, out[-1]
    sigma = np.sqrt(np.diag(P))
    assert e["position_sigma_m"].tolist() == sigma[:3].tolist()
    assert e["attitude_sigma_rad"].tolist() == sigma[6:9].tolist()
    assert e["accel_bias_sigma"].tolist() == sigma[12:15].tolist()
    assert e["height_sigma_m"] == pytest.approx(np.sqrt(P[2, 2] - 2.0 * P[2, 16] + P[16, 16]))
    true = path()
    off = np.abs(e["filter_r_site"] - true.r[4999]) / e["position_sigma_m"]
    assert (off < 4.0).all()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (((0.0, 0.0), *START[1:]), r"r_site of shape \(2,\): give 3 numbers"),
        ((START[0], START[1], (1.0, 0.0, 0.0)), r"q_site_body of shape \(3,\): give 4"),
        ((START[0], START[1], (1.0, 1.0, 0.0, 0.0)), "a first estimate that cannot be"),
        ((START[0], (0.0, 0.0, np.nan), START[2]), "a first estimate that cannot be"),
    ],
)
def test_a_beginning_that_cannot_be_is_refused(arguments, says):
    with pytest.raises(ValueError, match=says):
        Navigator(MISSION, *arguments)


def test_ticks_go_up_from_0():
    one = Navigator(MISSION, *START, mass_kg=2000.0)
    with pytest.raises(ValueError, match="tick 1 after tick -1"):
        one.tick(1)
    one.tick(0)
    for tick in (0, -1, 102, 2**40):
        with pytest.raises(ValueError, match=f"tick {tick} after tick 0"):
            one.tick(tick)
    one.measured["imu_tick"] = 101
    one.tick(101)
    assert one.left_out == [LeftOut.LEFT_TICKS]
    assert one.estimate["missed"][0] == 100


def test_a_tag_of_increments_that_nobody_sets_is_said():
    """With a command told the unit is late then, and refused."""
    one = Navigator(MISSION, *START, mass_kg=2000.0)
    for tick in range(200):
        one.command(2000.0 * 1.62, (0.0, 0.0, 0.0))
        one.measured["dv_body"], one.measured["dtheta_body"] = 0.0162 + 1e-7 * tick, 1e-9 * tick
        one.tick(tick)
        assert (LeftOut.LEFT_IMU in one.left_out) == (tick > 63)
    assert one.trust[6] == Trust.TRUST_REJECTED


@pytest.mark.parametrize("tag", [2**62, -(2**63), 1000])
def test_one_tag_of_another_time_is_not_held_against_what_comes_after(tag):
    """Were it, later increments would all seem late, and gyros be refused for the whole flight."""
    one = Navigator(MISSION, *START, mass_kg=2000.0)
    for tick in range(250):
        one.command(2000.0 * 1.62, (0.0, 0.0, 0.0))
        one.measured["imu_tick"] = tag if tick == 100 else tick
        one.measured["dv_body"], one.measured["dtheta_body"] = 0.0162 + 1e-7 * tick, 1e-9 * tick
        one.tick(tick)
        assert (LeftOut.LEFT_IMU in one.left_out) == (tick == 100)
    assert one.trust[6] == Trust.TRUST_BELIEVED


def test_a_map_of_the_approach_is_read():
    flat = np.zeros((4, 4), np.float32)
    coarse = OnboardMap(flat + 500.0, flat + 20.0, -8000.0, -8000.0, 8000.0)
    table = navigation_table(MISSION, START[0], onboard_map=coarse)
    one = Navigator(MISSION, *START, table=table)
    one.tick(0)
    one.measured["range_valid"], one.measured["range_m"] = 1, 1500.0
    one.measured["range_direction"] = 0.0, 0.0, -1.0
    one.measured["range_tick"] = 0
    e = one.tick(1)[0]
    assert abs(e["innovation"][1]) < 1.0
    assert e["relief_m"] == pytest.approx(0.0, abs=1.0)
    with pytest.raises(ValueError, match="a number that cannot be"):
        navigation_table(MISSION, START[0], onboard_map=coarse, map_radius_m=np.nan)


def test_a_navigator_that_is_lost_says_so_and_holds_its_estimate():
    """With noise that no number holds, P is not finite after a step."""
    flight = Flight(3)
    one = public(flight, accel_psd=1e300)
    out = np.zeros(30, NAVIGATION_ESTIMATE)
    one.core.navigate_many(0, flight.measured[:30], out)
    lost = out["status"] == NavigationStatus.NAVIGATION_LOST
    assert lost.any() and lost[np.argmax(lost) :].all()
    held = out[np.argmax(lost) - 1]
    for name in ("r_site", "v_site", "q_site_body", "position_sigma_m", "tick"):
        assert np.array_equal(out[-1][name], held[name])
        assert np.isfinite(out[-1][name]).all()
    with pytest.raises(ValueError, match="no pose to keep"):
        one.keep_pose()
    one.core.start(flight.first())
    assert one.core.navigate(0, flight.measured[:1], out) == NavigationStatus.NAVIGATION_OK


def test_what_is_kept_goes_on_with_the_same_bits():
    flight = Flight(3)
    one = public(flight)
    out = np.zeros(400, NAVIGATION_ESTIMATE)
    one.core.navigate_many(0, flight.measured[:400], out)
    kept = one.core.kept()
    ends = []
    for _ in range(2):
        one.core.put_back(kept)
        one.core.navigate_many(400, flight.measured[400:700], out)
        ends.append(out[:300].tobytes())
    assert ends[0] == ends[1]
    for bad in (kept[:-1], b"\0" * len(kept)):
        with pytest.raises(ValueError, match="another farside"):
            one.core.put_back(bad)
