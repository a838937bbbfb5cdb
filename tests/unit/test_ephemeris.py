"""Sun and Earth in the sky of landings, against NASA's table and another ephemeris program."""

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

from farside.mission import SiteFrame, earth_direction, load_mission, sun_direction
from farside.mission.ephemeris import TT_MINUS_TAI_S, _tdb_days, parse_utc
from farside.mission.moon import MEAN_RADIUS_M

APOLLO_11 = SiteFrame(0.67416, 23.47314, MEAN_RADIUS_M - 1927.0)
EAGLE_LANDED = "1969-07-20T20:17:40Z"

# missions.md, section 2: astronomy-engine with the IAU rotation, which leaves out the small terms
# of the Moon's true attitude. Name, UTC, place, Sun, Earth, subsolar point; all degrees.
LANDINGS = """
Apollo-11    1969-07-20T20:17:40Z   0.67416  23.47314 10.70  88.80  59.23 272.20  1.300  102.782
Change-3     2013-12-14T13:11:18Z  44.1214  -19.5116  24.39 114.12  42.10 145.70  1.166   36.734
Change-4     2019-01-03T02:26:00Z -45.4446  177.5991  31.51  50.70 -39.20 190.32  0.367 -141.119
Change-5     2020-12-01T15:11:00Z  43.059   -51.9208  37.49 135.03  28.83 122.02  0.307  -17.815
Change-6     2024-06-01T22:23:00Z -41.6385  206.0148  36.72  45.45 -42.69 143.64  1.312 -119.140
Chandrayaan-2 2019-09-06T20:23:00Z -70.881   22.784    6.33  66.95  20.77 343.85  1.334   88.962
Chandrayaan-3 2023-08-23T12:33:00Z -69.373   32.319    8.61  62.05  12.99 319.00  1.322   93.203
SLIM         2024-01-19T15:20:00Z -13.316    25.251   37.21  81.63  68.17 296.32 -1.519   77.269
Beresheet    2019-04-11T19:23:00Z  32.5956   19.3496   9.34  97.88  51.10 221.65 -1.523   97.241
Hakuto-M1    2023-04-25T16:40:00Z  47.581    44.094   11.36 102.65  24.90 226.10  0.034  117.154
Hakuto-M2    2025-06-05T19:15:00Z  60.5      -4.6     11.86 108.34  31.37 170.94  1.556   63.724
IM-1         2024-02-22T23:23:00Z -80.13      1.44    10.47  18.61  15.43   1.57 -1.106   19.733
IM-2         2025-03-06T17:30:00Z -84.7906   29.1957   2.47  65.67  11.19 335.85 -0.313   94.751
Blue-Ghost   2025-03-02T08:34:00Z  18.5623   61.8103   3.43  91.62  25.72 258.30 -0.443  148.047
Luna-25      2023-08-21T11:00:00Z -69.545    43.544    3.95  75.35  13.26 308.60  1.357  118.438
"""
ROWS = [row.split() for row in LANDINGS.split("\n") if row]


def unit(azimuth_deg, elevation_deg):
    azimuth, elevation = np.radians([azimuth_deg, elevation_deg])
    level = np.cos(elevation)
    return np.array([level * np.sin(azimuth), level * np.cos(azimuth), np.sin(elevation)])


def angle_deg(a, b):
    return np.degrees(2.0 * np.arcsin(0.5 * np.linalg.norm(a - b)))


def test_apollo_11_sky_as_nasa_gives_it():
    """NASA ALSJ: Sun 10.65 / 88.81, Earth 59.43 / 272.16.

    Its Earth stands 0.2 deg off both our ephemeris and the other program's (59.23), so 0.3 deg.
    """
    sun = sun_direction(EAGLE_LANDED, APOLLO_11)
    assert sun.elevation_deg == pytest.approx(10.65, abs=0.1)
    assert sun.azimuth_deg == pytest.approx(88.81, abs=0.1)
    earth = earth_direction(EAGLE_LANDED, APOLLO_11)
    assert earth.elevation_deg == pytest.approx(59.43, abs=0.3)
    assert earth.azimuth_deg == pytest.approx(272.16, abs=0.3)


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_landings(row):
    utc = row[1]
    lat, lon, sun_el, sun_az, earth_el, earth_az, subsolar_lat, subsolar_lon = map(float, row[2:])
    frame = SiteFrame(lat, lon, MEAN_RADIUS_M)
    sun, earth = sun_direction(utc, frame), earth_direction(utc, frame)
    # 0.03 deg: the printed digits, and what the IAU rotation leaves out
    assert angle_deg(sun.unit_site, unit(sun_az, sun_el)) < 0.03
    assert angle_deg(earth.unit_site, unit(earth_az, earth_el)) < 0.03
    overhead = sun_direction(utc, SiteFrame(subsolar_lat, subsolar_lon, MEAN_RADIUS_M))
    assert overhead.elevation_deg > 89.97


@pytest.mark.parametrize(("name", "elevation_deg"), [("chang-e-6", -42.69), ("chang-e-4", -39.2)])
def test_no_direct_link_from_the_far_side(name, elevation_deg):
    mission = load_mission(name)
    site = mission.site
    frame = SiteFrame(site.latitude_deg, site.longitude_deg, site.radius_m)
    for utc in (mission.epoch.pdi_utc, mission.epoch.landing_utc):
        assert earth_direction(utc, frame).elevation_deg == pytest.approx(elevation_deg, abs=0.05)


@pytest.mark.parametrize(
    ("utc", "tt_minus_utc_s"),
    [  # IERS: the leaps of 1972, 1999 and 2017 from either side
        ("1972-01-01T00:00:00Z", 42.184),
        ("1998-12-31T23:59:59Z", 63.184),
        ("1999-01-01T00:00:00Z", 64.184),
        ("2016-12-31T23:59:59Z", 68.184),
        ("2017-01-01T00:00:00Z", 69.184),
        ("2024-06-01T22:23:00Z", 69.184),
    ],
)
def test_leap_seconds(utc, tt_minus_utc_s):
    since_noon = (parse_utc(utc) - datetime(2000, 1, 1, 12, tzinfo=UTC)).total_seconds()
    assert _tdb_days(parse_utc(utc)) * 86400.0 - since_noon == pytest.approx(
        tt_minus_utc_s, abs=1e-6
    )
    assert TT_MINUS_TAI_S == 32.184


def test_earth_scarcely_moves_while_the_sun_rises():
    """A lunar day is 29.53 Earth days: near the equator 0.508 deg of Sun an hour."""
    later = parse_utc(EAGLE_LANDED) + timedelta(hours=1)
    sun, earth = sun_direction(later, APOLLO_11), earth_direction(later, APOLLO_11)
    assert sun.elevation_deg - sun_direction(EAGLE_LANDED, APOLLO_11).elevation_deg == (
        pytest.approx(360.0 / 29.53 / 24.0, abs=0.02)
    )
    before = earth_direction(EAGLE_LANDED, APOLLO_11)
    assert angle_deg(earth.unit_site, before.unit_site) < 0.1


def test_ways_to_write_a_time():
    sun = sun_direction("2024-06-01T22:23:00Z", APOLLO_11)
    beijing = timezone(timedelta(hours=8))
    assert sun == sun_direction("2024-06-01T22:23:00", APOLLO_11)
    assert sun == sun_direction("2024-06-02T06:23:00+08:00", APOLLO_11)
    assert sun == sun_direction(datetime(2024, 6, 2, 6, 23, tzinfo=beijing), APOLLO_11)


@pytest.mark.parametrize("utc", ["yesterday", "", "1700-01-01T00:00:00Z", "2400-01-01T00:00:00Z"])
def test_times_that_cannot_be_served(utc):
    with pytest.raises(ValueError, match=r"write it like|the ephemeris reaches"):
        sun_direction(utc, APOLLO_11)
