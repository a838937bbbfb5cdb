"""JSBSim flies our autopilot: an independent truth, and the way between its frames and ours."""

import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farside.adapters.jsbsim.aircraft import write_aircraft
from farside.adapters.jsbsim.lander import (
    FOOT_M,
    HALF_TURN,
    READS,
    JsbsimLander,
    land_in_jsbsim,
)
from farside.ext.adapters._ecef import FromEcef
from farside.flight.ideal import IdealStart, ideal_flight, ideal_start, site_frame
from farside.ground import Ground
from farside.guidance.records import ESTIMATE
from farside.mission import SiteFrame, load_mission
from farside.mission.attitude import rotation_matrix
from farside.mission.moon import MEAN_RADIUS_M

NAMES = ("chang-e-6", "chang-e-4", "apollo-11")
finite = st.floats(-1e6, 1e6)
quaternions = st.tuples(*[st.floats(-1.0, 1.0)] * 4).filter(lambda q: np.linalg.norm(q) > 0.1)


@cache
def ours(name):
    return ideal_flight(load_mission(name))


@cache
def theirs(name, rate_hz=100, settle_s=5.0):
    return land_in_jsbsim(load_mission(name), rate_hz=rate_hz, settle_s=settle_s)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_two_truths_agree(name):
    a, b = theirs(name), ours(name)
    assert abs(a.time_s - b.time_s) < 0.3
    assert abs(a.propellant_kg - b.propellant_kg) < 1.0
    assert np.linalg.norm(a.r_site - b.r_site) < 2.0


@pytest.mark.parametrize("name", NAMES)
def test_stands_on_the_legs_of_the_mission(name):
    landing = theirs(name)
    assert landing.rest_tilt_deg < 0.5
    assert landing.rest_speed_mps < 0.01


def test_half_the_step_half_the_difference():
    """The first minute under our flight's commands: JSBSim's forces act a step late, first order.

    Without the autopilot in the loop, which would take the difference away.
    """
    mission, off = load_mission("chang-e-6"), []
    history = ours("chang-e-6").history
    for rate_hz in (100, 200):
        lander = JsbsimLander(mission, ideal_start(mission), rate_hz=rate_hz)
        for command in history["command"][:6000]:
            lander.step(float(command["thrust_n"]), command["torque_nm"])
        estimate = np.zeros(1, ESTIMATE)
        lander.observe(estimate)
        off.append(np.linalg.norm(estimate["r_site"][0] - history["estimate"]["r_site"][6000]))
    assert off[0] < 2.0
    assert off[1] == pytest.approx(0.5 * off[0], rel=0.02)


def test_mass_and_inertia_full():
    for name in NAMES:
        mission = load_mission(name)
        lander = JsbsimLander(mission, ideal_start(mission))
        slug_ft2 = 1.3558179483314
        got = [lander.fdm[f"inertia/i{a}{a}-slugs_ft2"] * slug_ft2 for a in "xyz"]
        # to the six figures of JSBSim's own conversions
        assert got == pytest.approx(mission.vehicle.body.inertia_full_kgm2, rel=2e-4)
        com_in = lander.fdm["inertia/cg-z-in"] * 0.0254
        assert com_in == pytest.approx(mission.vehicle.body.com_height_full_m, abs=1e-4)


def test_attitude_from_weight_and_spin_is_that_of_the_matrix():
    """Tumbling: two vectors tell the attitude to what their differences hold, 1e-10 rad."""
    mission = load_mission("chang-e-6")
    lander, seen, told = JsbsimLander(mission, ideal_start(mission)), *np.zeros((2, 1), ESTIMATE)
    convert = FromEcef(lander.frame.moon_to_site, lander.frame.radius_m)
    rng = np.random.default_rng(3)
    off = []
    for _ in range(200):
        for _ in range(20):
            lander.step(3000.0, rng.uniform(-80.0, 80.0, 3))
        lander.observe(seen)
        x = np.array([lander.fdm[name] for name in READS[:9]])
        convert.write(told, x, lander.fdm.get_propagate().get_Tec2b())
        assert seen["r_site"].tolist() == told["r_site"].tolist()
        off.append(
            rotation_matrix(seen["q_site_body"][0]) - rotation_matrix(told["q_site_body"][0])
        )
    assert np.linalg.norm(seen["omega_body"]) > 0.01
    assert 0.0 < np.abs(off).max() < 1e-10


def test_near_a_pole_the_matrix_tells_the_attitude():
    """There the Moon's spin is along the weight and says nothing about the heading."""
    mission = load_mission("chang-e-6")
    mission = replace(mission, site=replace(mission.site, latitude_deg=-89.0))
    first = ideal_start(mission)
    q = np.array([0.5, 0.5, -0.5, 0.5])
    still = IdealStart(np.array([0.0, 0.0, 900.0]), np.zeros(3), q, np.zeros(3), first.mass_kg)
    lander, estimate = JsbsimLander(mission, still), np.zeros(1, ESTIMATE)
    lander.observe(estimate)
    np.testing.assert_allclose(
        rotation_matrix(estimate["q_site_body"][0]), rotation_matrix(q), atol=1e-9
    )


def test_no_air():
    mission = load_mission("chang-e-6")
    lander = JsbsimLander(mission, ideal_start(mission))
    for _ in range(300):
        lander.step(7500.0, np.zeros(3))
    thrust_n = lander.fdm["propulsion/engine[0]/thrust-lbs"] * 4.4482216152605
    assert thrust_n == pytest.approx(7500.0, rel=1e-5)


@pytest.mark.slow
@given(
    st.floats(-89.0, 89.0),
    st.floats(0.0, 360.0),
    st.tuples(finite, finite, finite),
    st.tuples(finite, finite, finite),
    quaternions,
)
def test_frames_and_back(lat, lon, r, v, q):
    """Our state in JSBSim's numbers, made with matrices here, comes back as it was."""
    frame = SiteFrame(lat, lon, MEAN_RADIUS_M)
    q = np.array(q) / np.linalg.norm(q)
    omega = np.array([0.1, -0.2, 0.3])
    place = frame.to_moon(np.array(r)) / FOOT_M
    velocity = frame.vector_to_moon(np.array(v)) / FOOT_M
    tec2b = HALF_TURN @ rotation_matrix(q).T @ frame.moon_to_site
    estimate = np.zeros(1, ESTIMATE)
    FromEcef(frame.moon_to_site, MEAN_RADIUS_M).write(
        estimate, np.concatenate([place, velocity, HALF_TURN @ omega]), tec2b
    )
    e = estimate[0]
    np.testing.assert_allclose(e["r_site"], r, atol=1e-8)
    np.testing.assert_allclose(e["v_site"], v, atol=1e-8)
    np.testing.assert_allclose(rotation_matrix(e["q_site_body"]), rotation_matrix(q), atol=1e-12)
    np.testing.assert_allclose(e["omega_body"], omega, atol=1e-15)


@pytest.mark.parametrize(
    "q", [(1, 0, 0, 0), (0.6, 0, 0.8, 0), (0.5, 0.5, 0.5, 0.5), (0.1, -0.7, 0.5, 0.3)]
)
def test_jsbsim_starts_where_it_is_told(q):
    """Through JSBSim itself: place, velocity, attitude and rate of a start."""
    mission = load_mission("chang-e-6")
    first = ideal_start(mission)
    q = np.array(q) / np.linalg.norm(q)
    first = IdealStart(first.r_site, first.v_site, q, np.array([0.01, -0.02, 0.03]), 3730.0)
    lander, estimate = JsbsimLander(mission, first), np.zeros(1, ESTIMATE)
    lander.observe(estimate)
    e = estimate[0]
    # JSBSim goes by latitude and altitude: its own way there and back loses millimetres
    np.testing.assert_allclose(e["r_site"], first.r_site, atol=0.01)
    np.testing.assert_allclose(e["v_site"], first.v_site, atol=1e-6)
    np.testing.assert_allclose(rotation_matrix(e["q_site_body"]), rotation_matrix(q), atol=1e-9)
    np.testing.assert_allclose(e["omega_body"], first.omega_body, atol=1e-9)


def test_our_ground_is_under_the_lander():
    mission = load_mission("chang-e-6")
    ground = Ground(mission, flat=True)
    lander = JsbsimLander(mission, ideal_start(mission), ground=ground)
    lander.observe(np.zeros(1, ESTIMATE))
    level = lander.fdm["position/terrain-elevation-asl-ft"] * FOOT_M
    assert level == pytest.approx(mission.site.elevation_m, abs=1e-4)
    assert site_frame(mission).radius_m == ground.radius_m


def test_files_are_written_for_others(tmp_path):
    path = write_aircraft(load_mission("apollo-11"), tmp_path)
    root = ElementTree.parse(path).getroot()
    assert len(root.findall("ground_reactions/contact")) == 4
    assert len(root.findall("propulsion/tank")) == 4
    assert (Path(tmp_path) / "engine" / "engine.xml").exists()


def test_says_what_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "jsbsim", None)
    mission = load_mission("chang-e-6")
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'farside\[jsbsim\]'"):
        JsbsimLander(mission, ideal_start(mission))


def test_a_rate_that_does_not_fit_is_refused():
    mission = load_mission("chang-e-6")
    with pytest.raises(ValueError, match="multiple of the 100 Hz"):
        JsbsimLander(mission, ideal_start(mission), rate_hz=150)
