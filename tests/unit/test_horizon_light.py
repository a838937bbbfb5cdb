"""What Sun, Earth and relay do over horizons: the disc, the counts, the dates, real sites."""

import math

import numpy as np
import pytest
from horizon_cases import DEGREES, SOUTH, marched_light, raster, ridge, rough

from farside.ext.common._isa import supported_isas
from farside.ext.terrain.visible import load_watch
from farside.mission import SiteFrame, earth_direction, load_mission, sun_direction
from farside.mission.sky_places import apparent_places
from farside.survey.errors import SurveyError
from farside.survey.horizon import Dates, earth, horizons, mission_bodies, relay, sun
from farside.survey.horizon_bodies import lunation
from farside.survey.horizon_site import site_sky
from farside.terrain.visible import follow

YEAR = "2026-01-01..2027-01-01"


def one_cell(horizon_deg, elevation_deg, bearing_deg=90.0, radius_deg=0.0, **options):
    """Share of a disc at some elevations over the horizon of one cell, far away."""
    axes = np.zeros((10, 1))
    axes[[0, 4, 8], 0] = 1.0  # right x, up y, zenith z; at the Moon's centre
    e, b = np.radians(elevation_deg), math.radians(bearing_deg)
    places = np.stack([np.cos(e) * math.sin(b), np.cos(e) * math.cos(b), np.sin(e)], 1) * 1e11
    table = np.asarray(horizon_deg, np.float32)[:, None]
    tallies, shares = follow(
        table, axes, places, np.full(len(places), radius_deg), keep=True, **options
    )
    return tallies, shares[:, 0]


@pytest.mark.parametrize("azimuths", [360, 1440])
@pytest.mark.parametrize("elevation", [40.0, 60.0, 75.0])
def test_a_high_disc_is_as_wide_in_azimuth_as_it_is(azimuths, elevation):
    # the Earth in a pit whose wall begins 1 deg beside it: x radii are x radius / cos e of azimuth
    bearing = 360.0 / azimuths * np.arange(azimuths)
    wall = np.where((bearing >= 1.0) & (bearing < 180.0), 89.0, 0.0)
    _, shares = one_cell(wall, np.array([elevation]), 0.0, 0.95)
    x = np.linspace(-1.0, 1.0, 200_001)
    azimuth = (x * 0.95 / math.cos(math.radians(elevation))) % 360.0
    free = np.interp(azimuth, bearing, wall, period=360.0) < elevation
    wanted = 2.0 / math.pi * np.trapezoid(np.sqrt(1.0 - x * x) * free, x)
    # a wall falls between two of 15 chords
    assert shares[0] == pytest.approx(wanted, abs=0.08)


def segment(depth):
    """Share of a disc above a straight line `depth` radii above its middle."""
    d = np.clip(depth, -1.0, 1.0)
    return (np.arccos(d) - d * np.sqrt(1.0 - d * d)) / math.pi


@pytest.mark.parametrize("slope", [0.0, 0.5, -2.0])
def test_the_disc_over_a_slope_is_a_segment_of_a_circle(slope):
    # a straight profile about bearing 90: rises by `slope` deg a deg
    bearing = np.arange(360.0)
    profile = 2.0 + slope * np.clip(bearing - 90.0, -5.0, 5.0)
    elevation = 2.0 + np.linspace(-0.6, 0.6, 241)
    _, share = one_cell(profile, elevation, radius_deg=0.27)
    # the sky near the level is as wide as it is high, within 0.1 %
    depth = (2.0 - elevation) / 0.27 / math.hypot(1.0, slope)
    assert share == pytest.approx(segment(depth), abs=0.004)
    assert share.mean() == pytest.approx(segment(depth).mean(), abs=2e-4)


def test_the_disc_over_a_notch_is_summed_over_both_its_sides():
    bearing = np.arange(360.0)
    profile = 1.0 + 3.0 * np.minimum(np.abs(bearing - 90.0), 2.0)
    elevation = np.linspace(0.5, 2.5, 81)
    _, share = one_cell(profile, elevation, radius_deg=0.27)
    x = np.linspace(-1.0, 1.0, 20_001)
    half = np.sqrt(1.0 - x * x)
    for k in range(0, 81, 5):
        low = (1.0 + 3.0 * np.abs(0.27 * x) - elevation[k]) / 0.27
        area = np.trapezoid(np.clip(half - low, 0.0, 2.0 * half), x) / math.pi
        assert share[k] == pytest.approx(area, abs=0.012)


def test_a_body_without_a_disc_counts_by_its_centre_and_above_its_mask():
    elevation = np.array([4.0, 4.9, 5.1, 9.0, 4.0, 4.0, 6.0, 4.0])
    tallies, share = one_cell(np.full(36, 5.0), elevation)
    assert share.tolist() == [0, 0, 1, 1, 0, 0, 1, 0]
    assert tallies.total[0] == tallies.seen[0] == 3
    assert (tallies.first[0], tallies.last[0]) == (2, 6)
    assert (tallies.longest_hidden[0], tallies.longest_seen[0]) == (2, 2)
    tallies, share = one_cell(np.full(36, 5.0), elevation, lowest_deg=8.0)
    assert share.tolist() == [0, 0, 0, 1, 0, 0, 0, 0]
    tallies, _ = one_cell(np.full(36, 50.0), elevation, radius_deg=0.27)
    assert tallies.first[0] == tallies.last[0] == -1 and tallies.longest_hidden[0] == 8


@pytest.mark.parametrize("bearing", [0.0, 0.001, 89.999, 180.0, 269.5, 359.9999])
def test_every_bearing_finds_its_place_in_the_table(bearing):
    table = 10.0 * np.cos(np.radians(np.arange(720) / 2.0))
    edge = 10.0 * math.cos(math.radians(bearing))
    _, share = one_cell(table, np.array([edge - 0.01, edge + 0.01]), bearing)
    assert share.tolist() == [0, 1]


def test_the_same_bits_on_every_instruction_set(monkeypatch):
    found = horizons(rough(40), cell_m=100.0, azimuths=36, reach_m=4000.0)
    seen = {}
    for isa in supported_isas():
        monkeypatch.setattr("farside.terrain.visible.watch", load_watch(isa))
        light = found.visible(sun("2026-01-01..2026-02-01"), site=(-86.0, 30.0), keep=True)
        assert light.series is not None and 0.1 < light.share.mean() < 0.9
        seen[isa] = light.share.tobytes() + light.series.tobytes()
    assert len(set(seen.values())) == 1


@pytest.mark.parametrize("body, single", [("sun", sun_direction), ("earth", earth_direction)])
def test_many_instants_are_where_one_alone_is(body, single):
    frame = SiteFrame(-41.6, 206.0, 1_732_000.0)
    start = Dates.of("1969-07-20T20:17:40..1969-07-21").start
    seconds = np.array([0.0, 3.6e3, 1.7e9, -2.0e9])
    places = apparent_places(body, start, seconds)
    for k, second in enumerate(seconds):
        one = single(Dates(start, float(second) or 1.0, 1).at(1.0 if second else 0.0), frame)
        way = frame.moon_to_site @ places[k] - np.array([0.0, 0.0, frame.radius_m])
        assert way / np.linalg.norm(way) == pytest.approx(one.unit_site, abs=1e-6)


@pytest.mark.parametrize(
    "span, words",
    [
        ("2026-01-01", "two times"),
        ("soon..later", "no time"),
        ("2026-02-01..2026-01-01", "not after"),
        ("1700-01-01..1700-02-01", "1850"),
        ("2140-01-01..2190-01-01", "2149"),
        ("1900-01-01..2149-01-01", "instants"),
    ],
)
def test_dates_that_cannot_be_are_said_in_one_line(span, words):
    with pytest.raises(SurveyError, match=words) as told:
        sun(span)
    assert "\n" not in str(told.value)


def sky_of(name, step_h=1.0, **more):
    """Return a lunation of the sky of a shipped mission's site."""
    plan = load_mission(name)
    bodies = mission_bodies(plan, lunation(plan, step_h))
    return site_sky((plan.site.latitude_deg, plan.site.longitude_deg), bodies, **more)


@pytest.mark.parametrize("name, height", [("chang-e-6", -42.7), ("chang-e-4", -39.2)])
def test_the_far_side_never_sees_the_earth(name, height):
    sky = sky_of(name, azimuths=180)
    track = sky.tracks["earth"]
    assert track.elevation_deg[0] == pytest.approx(height, abs=0.05)
    assert track.share.max() == 0.0
    assert track.elevation_deg.max() < sky.horizon_deg.min()
    assert float(track.visibility.longest_gap_h[0, 0]) == sky.dates.hours
    # half a lunation of day, less what the crater's rim takes
    assert 0.47 < sky.tracks["sun"].share.mean() < 0.51
    assert sky.tracks["sun"].elevation_deg[0] == pytest.approx(
        sun_direction(sky.dates.start, SiteFrame(sky.latitude_deg, sky.longitude_deg, 1732e3))[1],
        abs=1e-3,
    )


def test_the_relay_is_heard_when_the_flight_says_so():
    plan = load_mission("chang-e-6")
    body = relay(plan.relay, plan.epoch.pdi_utc, (plan.epoch.pdi_utc, "2024-06-02T22:00"), 0.1)
    sky = site_sky((plan.site.latitude_deg, plan.site.longitude_deg), [body], azimuths=90)
    track = sky.tracks[plan.relay.name]
    heard = track.share > 0.0
    assert heard.any() and not heard.all()
    assert track.elevation_deg[heard].min() > plan.relay.mask_deg
    assert [b.name for b in mission_bodies(plan, lunation(plan, 24.0))] == [
        "sun", "earth", plan.relay.name,
    ]  # fmt: skip


def test_a_pit_at_the_pole_is_dark_all_year():
    y, x = np.mgrid[-20:21, -20:21] * 100.0
    pit = 1500.0 * np.minimum(1.0, np.hypot(x, y) / 1500.0)
    found = horizons(pit, cell_m=100.0, azimuths=72, reach_m=4000.0)
    light = found.visible(sun(YEAR, 6.0), site=(-89.0, 0.0))
    assert light.share[20, 20] == 0.0 and np.isnan(light.first_h[20, 20])
    assert light.longest_gap_h[20, 20] == 365 * 24
    assert light.share[0, 0] > 0.2


@pytest.mark.slow
def test_a_ridge_by_the_pole_is_lit_as_a_march_of_rays_says(tmp_path):
    heights, place = ridge(), (20e3, 24e3, 150.0)
    path = raster(tmp_path / "ridge.tif", heights, SOUTH, *place)
    body = sun(YEAR, 97.0)
    found = horizons(path, azimuths=720, moon=False, eye_m=10.0, reach_m=60e3)
    share = found.visible(body).share.ravel()
    # at the border the profile jumps where the ground ends, within one azimuth
    inner = np.arange(36 * 36).reshape(36, 36)[6:-6, 6:-6].ravel()
    rough_share = marched_light(heights, place, body.places_m, 10.0, 100.0, inner)
    best = inner[np.argsort(rough_share)[-8:]]
    truth = marched_light(heights, place, body.places_m, 10.0, 5.0, best)
    assert 0.6 < truth.min() < truth.max() < 0.97
    assert share[best] == pytest.approx(truth, abs=0.02)
    assert abs(np.mean(share[best] - truth)) < 0.005
    assert share[inner].max() == pytest.approx(truth.max(), abs=0.01)


def test_a_region_across_the_pole_has_one_sky(tmp_path):
    """Cells on both sides of the pole see the Sun where one place alone does."""
    path = raster(tmp_path / "pole.tif", rough(24, 50.0), SOUTH, -1200.0, 1200.0, 100.0)
    found = horizons(path, azimuths=36, reach_m=20e3, moon=False)
    dates = Dates.of("2026-01-01..2026-01-08", 6.0)
    whole = found.visible(earth(dates), keep=True)
    for row, col in ((2, 2), (2, 21), (21, 2), (11, 12)):
        longitude, latitude = found.geometry.longitude_latitude(row, col)
        azimuth, seen = found.profile(row, col)
        for k in (0, 13, 27):
            frame = SiteFrame(latitude, longitude, 1_737_400.0 + found.heights_m[row, col])
            one = earth_direction(dates.at(k), frame)
            low = np.interp(one.azimuth_deg, azimuth, seen, period=360.0)
            if abs(one.elevation_deg - low) > 0.1:
                assert whole.series[k, row, col] == (one.elevation_deg > low)


def test_a_region_across_180_deg_is_one(tmp_path):
    path = raster(tmp_path / "dem.tif", rough(64), DEGREES, 179.75, -10.0, 1.0 / 128.0)
    found = horizons(path, azimuths=12, reach_m=100e3)
    assert np.isfinite(found.elevation_deg).all()
    light = found.visible(sun("2026-01-01..2026-01-30", 3.0))
    assert np.ptp(light.share) < 0.3 and 0.3 < light.share.mean() < 0.6
    assert found.geometry.longitude_latitude(0, 63)[0] < -179.0


@pytest.mark.slow
def test_shared_dems_hide_the_earth_from_the_landing_of_chang_e_6():
    from pathlib import Path

    dem = Path(__file__).parents[3] / "shared/data/ce6_apollo_gld100_256ppd.tif"
    if not dem.is_file():
        pytest.skip("../shared/data holds no GLD100 crop")
    sky = sky_of("chang-e-6", dems=[dem], azimuths=90, reach_m=100e3, step_h=6.0)
    assert sky.source == dem.name and sky.elevation_m == pytest.approx(-5271.0, abs=1.0)
    assert sky.tracks["earth"].share.max() == 0.0
    assert sky.tracks["earth"].elevation_deg[0] == pytest.approx(-42.7, abs=0.05)
