"""The sky over a landing: directions, horizons, unpublished orbits, links on the way down."""

import dataclasses
import json

import numpy as np
import pytest
from flown import landing

from farside.cli.main import main
from farside.ext.common.errors import FarsideError
from farside.mission import load_mission, parse_mission
from farside.mission.moon import MEAN_RADIUS_M
from farside.survey.site_horizon import skyline
from farside.survey.sky import clear_of_moon, mission_sky, spans
from farside.survey.sky_descent import descent_sky

SIX = load_mission("chang-e-6")


@pytest.fixture(scope="module")
def sky():
    return mission_sky(SIX)


@pytest.mark.parametrize(
    ("name", "sun", "earth"),
    [
        ("chang-e-6", (36.72, 45.45), (-42.69, 143.64)),
        ("chang-e-4", (31.51, 50.70), (-39.2, 190.32)),
    ],
)
def test_sun_and_earth_stand_where_others_computed_them(name, sun, earth):
    found = mission_sky(load_mission(name), step_h=24.0)
    for body, (elevation, azimuth) in (("sun", sun), ("earth", earth)):
        track = found.track(body)
        assert track.elevation_deg[found.landing] == pytest.approx(elevation, abs=0.02)
        assert track.azimuth_deg[found.landing] == pytest.approx(azimuth, abs=0.02)
    # on the far side never over the terrain, whatever the libration
    assert not found.track("earth").seen.any()


def test_the_sun_is_up_for_half_a_month_and_sets_behind_the_terrain(sky):
    sun = sky.track("sun")
    (first, last), *_ = spans(sun.seen)
    assert first == 0 and sky.dates.step_s * last / 86400.0 == pytest.approx(10.2, abs=0.3)
    # at sunset its upper limb is at the terrain
    edge = sun.elevation_deg[last] + sun.radius_deg - sun.horizon_deg[last]
    assert -0.1 < edge < 0.0 and sun.radius_deg == pytest.approx(0.263, abs=0.002)


def test_an_unpublished_orbit_is_told_by_all_of_its_nodes_and_phases(sky):
    # 13.3 to 22.1 hours of 24.3 by node, mean 18.8, above a mask of 5 deg (two-body sweep)
    relay = sky.track("relay")
    assert relay.anyhow_share == pytest.approx(18.8 / 24.32, abs=0.02)
    assert sky.track("ICUBE-Q").anyhow_share > 0.4
    known = dataclasses.replace(SIX.observers[0], phase_known=True)
    found = mission_sky(dataclasses.replace(SIX, observers=(known,)), step_h=24.0)
    assert found.track(known.name).anyhow_share is None


def test_queqiao_is_seen_from_chang_e_4_at_every_phase():
    found = mission_sky(load_mission("chang-e-4"), step_h=6.0)
    relay = found.track("relay")
    assert relay.anyhow_share == 1.0 and relay.seen.all() and relay.sees_earth.all()
    assert 20.0 < relay.elevation_deg.min() and relay.elevation_deg.max() < 65.0
    assert any("periodic in three bodies" in note for note in found.notes)
    assert not any("two bodies" in note for note in found.notes)


def test_an_observer_with_a_camera_has_a_pixel_and_a_phase_angle():
    orbiter = dataclasses.replace(SIX.observers[0], pixel_urad=10.0)
    found = mission_sky(dataclasses.replace(SIX, observers=(orbiter,)), step_h=24.0)
    track, sun = found.track(orbiter.name), found.track("sun")
    k = found.landing
    assert track.pixel_m[k] == pytest.approx(1e-5 * track.range_m[k])
    # the angle at the site by the law of cosines of directions
    e, s = np.radians([track.elevation_deg[k], sun.elevation_deg[k]])
    across = np.radians(track.azimuth_deg[k] - sun.azimuth_deg[k])
    cosine = np.sin(e) * np.sin(s) + np.cos(e) * np.cos(s) * np.cos(across)
    assert track.phase_deg[k] == pytest.approx(np.degrees(np.arccos(cosine)), abs=1e-6)


def test_the_moon_is_in_the_way_of_what_is_behind_it():
    r = MEAN_RADIUS_M
    places = np.array(
        [[2 * r, 0.0, 0.0], [-2 * r, 0.0, 0.0], [-2 * r, 1.2 * r, 0.0], [0.0, 3 * r, 0.0]]
    )
    earth = np.tile([4e8, 0.0, 0.0], (4, 1))
    assert clear_of_moon(places, earth).tolist() == [True, False, True, True]


def test_from_high_up_the_horizon_is_that_of_the_sphere():
    for eye in (5e3, 15e3, 60e3, 100e3, 200e3):
        around = skyline(20.0, 340.0, eye, azimuths=72)  # a mare, 2 km below the sphere
        radius = MEAN_RADIUS_M - 2e3
        dip = -np.degrees(np.arccos(radius / (MEAN_RADIUS_M + around.ground_m + eye)))
        # relief of some km stands up to half a degree over it
        assert -0.15 < np.median(around.elevation_deg) - dip < 0.6


@pytest.mark.parametrize("place", [(0.684757606352504, 31.61199865180584), (0.0, 0.0)])
def test_a_place_on_an_edge_of_cells_has_a_horizon(place):
    assert np.isfinite(skyline(*place, 12607.4, azimuths=8).elevation_deg).all()


@pytest.mark.slow
def test_links_on_the_way_down():
    text = (
        SIX.to_toml()
        + """
[[links]]
to = "ICUBE-Q"
frequency_hz = 8.4e9
power_w = 10.0
rate_bps = 1e4
receiver_db_per_k = 15.0

[[links]]
to = "ICUBE-Q"
frequency_hz = 8.4e9
power_w = 10.0
rate_bps = 1e4
receiver_db_per_k = 15.0
boresight_body = [0.0, 0.0, -1.0]
half_beam_deg = 40.0

[[links]]
to = "Earth"
frequency_hz = 8.4e9
power_w = 10.0
rate_bps = 1e4
receiver_db_per_k = 60.0
"""
    )
    flown = landing(nominal=True, imaging=False)
    found = descent_sky(dataclasses.replace(flown, plan=parse_mission(text)))
    by_name = {each.name: each for each in found.overhead}
    all_round, downwards = by_name["ICUBE-Q"].margins
    assert all_round.heard.all() and not downwards.heard[-1]
    # nearer than 9000 km: 20 log10 of the range is all that changes
    far = by_name["ICUBE-Q"].range_m
    assert np.ptp(all_round.margin_db + 20.0 * np.log10(far)) < 1e-9
    # on the far side no power reaches the Earth
    assert not by_name["Earth"].margins[0].heard.any() and not by_name["Earth"].seen.any()
    assert found.height_m[0] == pytest.approx(12.5e3, abs=200.0) and found.height_m[-1] < 60.0


@pytest.mark.slow
def test_the_command_writes_a_figure_and_numbers(tmp_path, capsys):
    assert main(["sky", "chang-e-4", "--no-flight", "--out", str(tmp_path / "a")]) == 0
    said = capsys.readouterr().out
    assert "Earth" in said and "3.8 km a cell" in said
    facts = json.loads((tmp_path / "a" / "sky.json").read_text())
    sun, earth = facts["bodies"][:2]
    assert sun["seen"] and not earth["seen"] and earth["spans_utc"] == []
    assert (tmp_path / "a" / "sky.png").stat().st_size > 30_000
    # written again in the same place
    assert main(["sky", "chang-e-4", "--no-flight", "--out", str(tmp_path / "a")]) == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--dates", "2020-01-01..2020-02-01"], "give a span with it"),
        (["--dates", "2019-01-01"], "give two times"),
        (["--dates", "2019-01-01..2300-01-01"], "instants|ephemeris"),
        (["--eye", "-1"], "an eye -1 m above the ground"),
        (["--dem", "nowhere.tif"], "nowhere.tif"),
    ],
)
def test_bad_input_is_one_line(words, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["sky", "chang-e-4", "--no-flight", *words]) == 2
    line = capsys.readouterr().err
    assert line.count("\n") == 1 and any(part in line for part in said.split("|"))
    assert list(tmp_path.iterdir()) == []


def test_a_step_of_nothing_is_refused():
    with pytest.raises(FarsideError, match="step"):
        mission_sky(SIX, step_h=0.0)
